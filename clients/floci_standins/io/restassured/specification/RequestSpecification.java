package io.restassured.specification;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.equalTo;

import groovy.json.JsonSlurper;
import groovy.util.Eval;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.hamcrest.Matcher;

/** A request, and once it is sent, its answer. Paths are Groovy's, as in REST Assured. */
public class RequestSpecification {
    private final HttpRequest.Builder request = HttpRequest.newBuilder();
    private String sent = "";
    private HttpResponse<String> answer;

    public RequestSpecification header(String name, String value) {
        request.setHeader(name, value);
        return this;
    }

    public RequestSpecification contentType(String value) {
        return header("Content-Type", value);
    }

    public RequestSpecification body(String text) {
        sent = text;
        return this;
    }

    public RequestSpecification formParam(String name, String value) {
        sent += (sent.isEmpty() ? "" : "&") + name + "=" + encoded(value);
        return this;
    }

    public RequestSpecification when() {
        return this;
    }

    public RequestSpecification post(String path) {
        URI place = URI.create(System.getProperty("endpoint") + path);
        request.uri(place).POST(HttpRequest.BodyPublishers.ofString(sent));
        try {
            answer = HttpClient.newHttpClient()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException | InterruptedException problem) {
            throw new AssertionError(problem);
        }
        return this;
    }

    public RequestSpecification then() {
        return this;
    }

    public RequestSpecification extract() {
        return this;
    }

    public RequestSpecification statusCode(int code) {
        assertThat(answer.body(), answer.statusCode(), equalTo(code));
        return this;
    }

    public RequestSpecification body(Matcher<?> expected) {
        return found("the body", answer.body(), expected);
    }

    public RequestSpecification body(String path, Matcher<?> expected) {
        return found(path + " of " + answer.body(), this.<Object>path(path), expected);
    }

    @SuppressWarnings("unchecked")
    public <T> T path(String path) {
        Object document = new JsonSlurper().parseText(answer.body());
        return (T) Eval.x(document, "x?." + path.replace("].", "]?.").replace("}.", "}?."));
    }

    @SuppressWarnings("unchecked")
    private RequestSpecification found(String what, Object value, Matcher<?> expected) {
        assertThat(what, value, (Matcher<Object>) expected);
        return this;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
