package io.github.hectorvent.floci.testing;

/** Stands in for floci's own: the stand-in of REST Assured takes any content type. */
public class RestAssuredJsonUtils {
    public static void configureAwsContentTypes() {}
}
