"""A web page gets nothing from the embedded AWS, nor does anybody without its keys."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import shutil
import subprocess
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from batch_constructs.local.lock import refusal
from batch_constructs.local.marked_processes import marked_processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batch_constructs.testing.local_aws import LocalAws

FORM = "application/x-www-form-urlencoded"
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
CREATE_STACK = {"Action": "CreateStack", "StackName": "of-a-page", "TemplateBody": TEMPLATE}
QUERY = f"/?{urlencode(CREATE_STACK | {'Version': '2010-05-15'})}"
OF_CHROMIUM = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Dest": "image",
    "Referer": "https://page.example/",
}
SUBMISSION = json.dumps({"jobName": "x", "jobQueue": "x", "jobDefinition": "x"})


def request(
    aws: LocalAws,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as it is given, with nothing added but the host and the length."""
    port = urlsplit(aws.endpoint_url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    raw = body.encode() if isinstance(body, str) else body
    given = headers if headers is not None else {}
    has_host = any(name.lower() == "host" for name in given)
    connection.putrequest(method, path, skip_host=has_host)
    for name, value in given.items():
        connection.putheader(name, value)
    if raw is not None:
        connection.putheader("Content-Length", str(len(raw)))
    connection.endheaders(raw)
    answer = connection.getresponse()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, found, answer.read()


def signed(
    aws: LocalAws,
    service: str,
    method: str = "POST",
    path: str = "/",
    body: str | None = None,
    **headers: str,
) -> dict[str, str]:
    """Return the headers of a request that the administrator has signed."""
    access = aws.server.record.access
    asked = AWSRequest(method, aws.endpoint_url + path, data=body, headers=headers)
    keys = Credentials(access.access_key_id, access.secret_access_key)
    SigV4Auth(keys, service, access.region).add_auth(asked)
    return dict(asked.headers.items())


def has_no_stack(aws: LocalAws) -> bool:
    stacks = aws.client("cloudformation").list_stacks()["StackSummaries"]
    return all(stack["StackName"] != "of-a-page" for stack in stacks)


PAGE_REQUESTS = {
    "an image": ("GET", QUERY, {}, None),
    "an image of a job's path": ("GET", "/v1/tags/arn", {}, None),
    "a form": ("POST", "/", {"Content-Type": FORM}, urlencode(CREATE_STACK)),
    "a form of parts": ("POST", "/", {"Content-Type": "multipart/form-data; boundary=x"}, "--x--"),
    "a form of text": ("POST", "/v1/submitjob", {"Content-Type": "text/plain"}, SUBMISSION),
    "a beacon": ("POST", "/v1/submitjob", {}, SUBMISSION),
    "a fetch of JSON": ("POST", "/v1/submitjob", {"Content-Type": "application/json"}, SUBMISSION),
    "the control path": ("POST", "/_batch-constructs/reclaim", {}, '{"jobId": "x"}'),
    "ministack's settings": ("POST", "/_ministack/config", {}, "{}"),
    "ministack's reset": ("POST", "/_ministack/reset", {}, ""),
    "ministack's health": ("GET", "/_ministack/health", {}, None),
    "a health path of LocalStack": ("GET", "/_localstack/health", {}, None),
    "an API of the user's": ("GET", "/_aws/execute-api/abc/prod/x", {}, None),
    "a queue by its address": ("GET", "/123456789012/q?Action=PurgeQueue", {}, None),
    "what may be asked": (
        "OPTIONS",
        "/v1/submitjob",
        {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-date"},
        None,
    ),
}
BROWSERS = {
    "Chromium": OF_CHROMIUM,
    "with an origin": {"Origin": "https://page.example"},
    "with an opaque origin": {"Origin": "null"},
    "from this machine": OF_CHROMIUM | {"Sec-Fetch-Site": "same-site"},
    "that says nothing": {},
}


@pytest.mark.local_aws
@pytest.mark.parametrize("browser", BROWSERS.values(), ids=BROWSERS)
@pytest.mark.parametrize("asked", PAGE_REQUESTS.values(), ids=PAGE_REQUESTS)
def test_what_a_page_can_send_is_refused(
    local_aws: LocalAws,
    asked: tuple[str, str, dict[str, str], str | None],
    browser: dict[str, str],
) -> None:
    method, path, headers, body = asked

    status, told, _ = request(local_aws, method, path, headers | browser, body)

    assert status == 403
    assert "access-control-allow-origin" not in told
    assert has_no_stack(local_aws)


@pytest.mark.local_aws
@pytest.mark.parametrize("browser", [one for one in BROWSERS.values() if one])
def test_a_signature_does_not_let_a_browser_in(
    local_aws: LocalAws, browser: dict[str, str]
) -> None:
    headers = signed(local_aws, "batch", path="/v1/describejobqueues", body="{}")

    good = request(local_aws, "POST", "/v1/describejobqueues", headers, "{}")
    bad = request(local_aws, "POST", "/v1/describejobqueues", headers | browser, "{}")

    assert (good[0], bad[0]) == (200, 403)


@pytest.mark.local_aws
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "Text/Plain"])
def test_a_form_is_refused_even_where_its_address_is_presigned(
    local_aws: LocalAws, kind: str
) -> None:
    access = local_aws.server.record.access
    asked = AWSRequest("POST", f"{local_aws.endpoint_url}/?Action=GetCallerIdentity")
    keys = Credentials(access.access_key_id, access.secret_access_key)
    SigV4QueryAuth(keys, "sts", access.region).add_auth(asked)
    path = asked.url.removeprefix(access.endpoint_url)

    assert request(local_aws, "POST", path, {}, "")[0] == 200
    assert request(local_aws, "POST", path, {"Content-Type": kind}, "")[0] == 403


@pytest.mark.local_aws
def test_text_is_an_object_like_any_other(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="texts")
    kind = {"Bucket": "texts", "ContentType": "text/plain"}

    s3.put_object(Key="whole", Body=b"x", **kind)
    upload = s3.create_multipart_upload(Key="parts", **kind)

    assert s3.head_object(Bucket="texts", Key="whole")["ContentType"] == "text/plain"
    assert upload["UploadId"]


@pytest.mark.local_aws
@pytest.mark.parametrize("place", ["cfn-response", "cfn-signal"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_where_resources_answer_only_a_put_needs_no_signature(
    local_aws: LocalAws, place: str, method: str
) -> None:
    assert request(local_aws, method, f"/_ministack/{place}/x")[0] == 403
    assert request(local_aws, "PUT", f"/_ministack/{place}/x", OF_CHROMIUM, "{}")[0] == 403


@pytest.mark.local_aws
@pytest.mark.parametrize("host", ["page.example", "127.0.0.1.page.example", "localhost.example"])
def test_a_foreign_name_is_refused_even_with_a_signature_for_it(
    local_aws: LocalAws, host: str
) -> None:
    headers = signed(local_aws, "sts", "GET", "/?Action=GetCallerIdentity", host=host)

    status, _, said = request(local_aws, "GET", "/?Action=GetCallerIdentity", headers)

    assert status == 403
    assert "only answers to names of this machine" in said.decode()


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1:4566", True),
        ("127.9.9.9", True),
        ("localhost:1", True),
        ("bucket.localhost:1", True),
        ("[::1]:4566", True),
        ("10.0.0.1", False),
        ("0.0.0.0:4566", False),
        ("[fe80::1]:4566", False),
        ("page.example", False),
        ("localhost.page.example", False),
        ("", False),
    ],
)
def test_only_names_of_this_machine_are_its_names(host: str, *, is_ours: bool) -> None:
    assert (refusal({"host": host}) is None) is is_ours


@pytest.mark.local_aws
class TestSignatures:
    def refused(self, aws: LocalAws, code: str, *sent: Any) -> None:
        status, _, said = request(aws, *sent)
        assert status in {400, 403}
        assert code in said.decode()

    @pytest.mark.parametrize("key", ["test", "123456789012", "AKIAIOSFODNN7EXAMPLE"])
    @pytest.mark.parametrize("service", ["batch", "sqs", "s3", "cloudformation", "lambda"])
    def test_a_key_of_somebody_else_opens_nothing(
        self, local_aws: LocalAws, key: str, service: str
    ) -> None:
        asked = AWSRequest("GET", f"{local_aws.endpoint_url}/")
        SigV4Auth(Credentials(key, "test"), service, "us-east-1").add_auth(asked)

        status, _, _ = request(local_aws, "GET", "/", dict(asked.headers.items()))

        assert status in {400, 401, 403}

    def test_a_body_that_was_not_signed_is_refused(self, local_aws: LocalAws) -> None:
        headers = signed(local_aws, "batch", path="/v1/describejobqueues", body="{}")

        sent = ("POST", "/v1/describejobqueues", headers, '{"maxResults": 1}')

        self.refused(local_aws, "does not match the signature", *sent)

    def test_a_body_with_another_digest_than_was_signed_is_refused(
        self, local_aws: LocalAws
    ) -> None:
        digest = {"X-Amz-Content-SHA256": "0" * 64}
        headers = signed(local_aws, "s3", "PUT", "/bucket", **digest)

        self.refused(local_aws, "XAmzContentSHA256Mismatch", "PUT", "/bucket", headers, "")

    def test_another_path_than_was_signed_is_refused(self, local_aws: LocalAws) -> None:
        headers = signed(local_aws, "batch", path="/v1/describejobqueues", body="{}")

        self.refused(
            local_aws, "does not match the signature", "POST", "/v1/listjobs", headers, "{}"
        )

    def test_a_signature_grows_old(
        self, local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        then = time.gmtime(time.time() - 3600)
        monkeypatch.setattr(
            "botocore.auth.get_current_datetime",
            lambda *_, **__: __import__("datetime").datetime(*then[:6]),
        )
        headers = signed(local_aws, "batch", path="/v1/describejobqueues", body="{}")

        self.refused(local_aws, "expired", "POST", "/v1/describejobqueues", headers, "{}")

    @pytest.mark.parametrize("version", [2, 4])
    def test_a_presigned_link_opens_what_it_was_signed_for_and_nothing_else(
        self, local_aws: LocalAws, version: int
    ) -> None:
        from botocore.config import Config

        access = local_aws.server.record.access
        config = Config(signature_version="s3v4" if version == 4 else None)
        s3 = local_aws.server.clients.client("s3", config=config)  # boto3's own default is 2
        s3.create_bucket(Bucket=f"links-{version}")
        s3.put_object(Bucket=f"links-{version}", Key="a b+é", Body=b"x")
        asked = {"Bucket": f"links-{version}", "Key": "a b+é"}
        link = s3.generate_presigned_url("get_object", Params=asked)
        path = link.removeprefix(access.endpoint_url)
        old = s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=-1)

        good = request(local_aws, "GET", path)
        other = request(local_aws, "GET", path.replace("a%20b", "a%20c"))
        written = request(local_aws, "PUT", path, {}, "y")
        late = request(local_aws, "GET", old.removeprefix(access.endpoint_url))

        assert good[2] == b"x"
        assert ("X-Amz-Signature" in link) is (version == 4)
        assert [answer[0] for answer in (other, written, late)] == [403, 403, 403]

    def test_a_presigned_request_of_another_service_is_checked_too(
        self, local_aws: LocalAws
    ) -> None:
        access = local_aws.server.record.access
        for secret, expected in ((access.secret_access_key, 200), ("guessed", 403)):
            asked = AWSRequest("GET", f"{local_aws.endpoint_url}/?Action=GetCallerIdentity")
            keys = Credentials(access.access_key_id, secret)
            SigV4QueryAuth(keys, "sts", access.region).add_auth(asked)

            status, _, _ = request(local_aws, "GET", asked.url.removeprefix(access.endpoint_url))

            assert status == expected

    def test_a_job_s_key_is_not_the_administrator_s(self, local_aws: LocalAws) -> None:
        key = local_aws.client("sts").get_session_token()["Credentials"]
        asked = AWSRequest("POST", f"{local_aws.endpoint_url}/_ministack/config", data="{}")
        keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
        SigV4Auth(keys, "sts", "us-east-1").add_auth(asked)

        sent = ("POST", "/_ministack/config", dict(asked.headers.items()), "{}")

        self.refused(local_aws, "administrator", *sent)

    def test_a_role_s_key_is_nothing_without_its_token(self, local_aws: LocalAws) -> None:
        key = local_aws.client("sts").get_session_token()["Credentials"]
        asked = AWSRequest("GET", f"{local_aws.endpoint_url}/?Action=GetCallerIdentity")
        keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        SigV4Auth(keys, "sts", "us-east-1").add_auth(asked)

        status, _, _ = request(
            local_aws, "GET", "/?Action=GetCallerIdentity", dict(asked.headers.items())
        )

        assert status == 403

    def test_a_function_s_key_cannot_be_computed_from_its_name(self, local_aws: LocalAws) -> None:
        source = "import boto3, os\ndef handler(event, context):\n    return [os.environ['AWS_ACCESS_KEY_ID'], boto3.client('sts').get_caller_identity()['Arn']]"  # noqa: E501
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", source)
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
        role = local_aws.client("iam").create_role(
            RoleName="of-a-function",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
        functions = local_aws.client("lambda")
        arn = functions.create_function(
            FunctionName="keys",
            Role=role,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": packed.getvalue()},
        )["FunctionArn"]

        answer = json.load(functions.invoke(FunctionName="keys")["Payload"])

        computable = hashlib.sha256(f"{arn}:{role}".encode()).hexdigest()[:16].upper()
        assert answer[1].endswith("assumed-role/of-a-function/keys")
        assert answer[0] != f"ASIA{computable}"
        keys = Credentials(
            f"ASIA{computable}",
            *(
                hashlib.sha256(
                    f"{word}:{hashlib.sha256(f'{arn}:{role}'.encode()).hexdigest()}".encode()
                ).hexdigest()
                for word in ("secret", "token")
            ),
        )
        asked = AWSRequest("GET", f"{local_aws.endpoint_url}/?Action=GetCallerIdentity")
        SigV4Auth(keys, "sts", "us-east-1").add_auth(asked)
        status, _, _ = request(
            local_aws, "GET", "/?Action=GetCallerIdentity", dict(asked.headers.items())
        )
        assert status == 403

    def test_two_servers_have_two_keys(self) -> None:
        from batch_constructs.local.access import Access

        one, other = (Access.new("http://127.0.0.1:1", "us-east-1") for _ in range(2))

        assert one.access_key_id != other.access_key_id
        assert one.secret_access_key != other.secret_access_key
        assert one.secret_access_key not in repr(one)

    def test_nobody_else_can_read_the_keys(self, local_aws: LocalAws) -> None:
        record = local_aws.server.directory / "server.json"
        secret = local_aws.server.record.access.secret_access_key

        assert record.stat().st_mode & 0o077 == 0
        assert local_aws.server.directory.stat().st_mode & 0o077 == 0
        told = [" ".join(p.cmdline()) for p in marked_processes(local_aws.server.record.marker)]
        assert told
        assert all(secret not in one for one in told)


@pytest.mark.local_aws
def test_nothing_listens_but_the_one_port(local_aws: LocalAws) -> None:
    ours = {p.pid for p in marked_processes(local_aws.server.record.marker)}
    listening = {
        (found.laddr.ip, found.laddr.port)
        for found in psutil.net_connections("inet")
        if found.status == psutil.CONN_LISTEN and found.pid in ours
    }

    assert listening == {("127.0.0.1", urlsplit(local_aws.endpoint_url).port)}


PAGE = """<!doctype html><title>working</title><body><script>
const asked = %s;
const said = [];
function form(base, kind, fields) {
  const frame = document.createElement("iframe");
  frame.name = "f" + Math.random();
  document.body.append(frame);
  const made = document.createElement("form");
  Object.assign(made, {action: base + "/?kind=form-" + encodeURIComponent(kind), method: "POST",
                       enctype: kind, target: frame.name});
  for (const [name, value] of Object.entries(fields)) {
    const input = document.createElement("textarea");
    Object.assign(input, {name, value});
    made.append(input);
  }
  document.body.append(made);
  made.submit();
}
async function tried(base, what, options) {
  try {
    const answer = await fetch(base + what, options);
    if (options.mode !== "no-cors") said.push(base + what + " " + answer.status);
  } catch (problem) {}
}
for (const base of asked.bases) {
  const query = base + "/?" + new URLSearchParams(asked.fields);
  for (const tag of ["img", "script", "iframe", "audio", "embed"]) {
    const made = document.createElement(tag);
    made.src = query + "&kind=" + tag;
    document.body.append(made);
  }
  const style = document.createElement("link");
  Object.assign(style, {rel: "stylesheet", href: query + "&kind=link"});
  document.head.append(style);
  for (const kind of ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
    form(base, kind, asked.fields);
  navigator.sendBeacon(base + "/?kind=beacon", new URLSearchParams(asked.fields));
  tried(base, "/?kind=no-cors", {method: "POST", mode: "no-cors",
        body: new URLSearchParams(asked.fields)});
  tried(base, "/?kind=cors", {method: "POST", body: new URLSearchParams(asked.fields)});
  tried(base, "/?kind=get", {});
  tried(base, "/?kind=preflight", {method: "PUT", headers: {"X-Amz-Date": "x"}, body: "{}"});
  new EventSource(base + "/?kind=events");
  new WebSocket(base.replace("http", "ws") + "/?kind=socket");
}
setTimeout(() => { fetch("/done", {method: "POST", body: JSON.stringify(said)}); }, 4000);
</script>"""


class Recorder:
    """A page's own server, and a twin of the embedded AWS that notes what browsers send."""

    def __init__(self) -> None:
        self.page = ""
        self.kinds: set[str] = set()
        self.said: list[str] | None = None
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/done":
                    recorder.said = json.loads(body)
                elif "kind=" in self.path:
                    recorder.kinds.add(self.path.rpartition("kind=")[2])
                page = recorder.page.encode() if self.path == "/page" else b""
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            do_GET = do_POST = do_OPTIONS = answer  # noqa: N815 - names of the base class

            def log_message(self, format: str, *args: object) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    found = Recorder()
    yield found
    found.server.shutdown()


@pytest.mark.local_aws
def test_a_real_browser_gets_nothing(
    local_aws: LocalAws, recorder: Recorder, tmp_path: Path
) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed here: apt-get install chromium")
    fields = CREATE_STACK | {"Version": "2010-05-15"}
    bases = [local_aws.endpoint_url, recorder.url]
    recorder.page = PAGE % json.dumps({"bases": bases, "fields": fields})
    browser = subprocess.Popen(
        [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}"),
            f"{recorder.url.replace('127.0.0.1', 'localhost')}/page",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while recorder.said is None and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        browser.terminate()
        browser.wait(30)

    sent = {*("img", "script", "iframe", "link", "beacon", "no-cors", "cors", "get", "preflight")}
    forms = {f"form-{kind}" for kind in ("multipart%2Fform-data", "text%2Fplain")}
    assert recorder.kinds >= sent | forms | {"events", "socket"}
    assert [one for one in recorder.said or [] if one.startswith(local_aws.endpoint_url)] == []
    assert recorder.said is not None
    assert has_no_stack(local_aws)
