"""How a child finds its message, with nothing but the standard library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from batch_constructs.client import message
from batch_constructs.functions.submission.manifest import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

BODIES = ["first", "größer", "", '{"n": 3}']


class S3:
    """One object, read in ranges; remembers what was asked and how it was signed."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.troubles: list[int] = []
        """What it answers first; 0: it breaks off in the midst of its answer."""
        content = encode(BODIES)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.requests.append((self.path, headers))
                if self.path == "/credentials":
                    body = json.dumps(
                        {"AccessKeyId": "AK", "SecretAccessKey": "SK", "Token": "T"}
                    ).encode()
                else:
                    first, last = headers["range"].removeprefix("bytes=").split("-")
                    body = content[int(first) : int(last) + 1]
                trouble = outer.troubles.pop(0) if outer.troubles else 206
                self.send_response(trouble or 206)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if trouble else body[:1])

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    for name in [n for n in os.environ if n.startswith("AWS_") or n == "ARRAY_INDICES"]:
        monkeypatch.delenv(name)
    server = S3()
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "AKID",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "MESSAGE_MANIFEST": "s3://bucket/manifests/mail 1",
        "MESSAGE_MANIFEST_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.mark.parametrize(("index", "body"), list(enumerate(BODIES)))
def test_child_i_fetches_message_i(
    s3: S3, monkeypatch: pytest.MonkeyPatch, index: int, body: str
) -> None:
    monkeypatch.setenv("AWS_BATCH_JOB_ARRAY_INDEX", str(index))

    assert message.fetch_message() == body
    assert len(s3.requests) == (2 if body else 1)


def test_a_job_that_is_no_array_fetches_the_only_message(s3: S3) -> None:
    assert message.fetch_message() == "first"
    assert s3.requests[0][0] == "/bucket/manifests/mail%201"


def test_a_child_beyond_the_manifest_gets_a_clear_error(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    del s3
    monkeypatch.setenv("AWS_BATCH_JOB_ARRAY_INDEX", "4")

    with pytest.raises(IndexError, match="has no message 4"):
        message.fetch_message()


def test_the_signature_is_the_one_botocore_makes(s3: S3) -> None:
    message.fetch_message()
    path, sent = s3.requests[0]
    request = AWSRequest("GET", s3.url + path, headers={"Range": sent["range"]})
    request.context["timestamp"] = sent["x-amz-date"]
    auth = S3SigV4Auth(Credentials("AKID", "secret"), "s3", "eu-west-1")
    request.headers["X-Amz-Date"] = sent["x-amz-date"]
    request.headers["X-Amz-Content-SHA256"] = sent["x-amz-content-sha256"]

    canonical = auth.canonical_request(request)
    expected = auth.signature(auth.string_to_sign(request, canonical), request)

    assert sent["authorization"].endswith(f"Signature={expected}")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pass the time without waiting; return the pauses."""
    pauses: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: sum(pauses), sleep=pauses.append)
    monkeypatch.setattr(message, "time", clock)
    return pauses


def test_a_child_that_meets_a_busy_s3_asks_again(s3: S3, slept: list[float]) -> None:
    """Ten thousand children ask for their messages at once."""
    s3.troubles = [503, 429, 500, 0]

    assert message.fetch_message() == "first"
    assert len(s3.requests) == 2 + 4
    assert len(slept) == 4


def test_a_child_whose_credentials_do_not_come_at_once_asks_again(
    s3: S3, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{s3.url}/credentials")
    s3.troubles = [500]

    assert message.fetch_message() == "first"
    assert len(slept) == 1


def test_a_child_that_s3_refuses_fails_at_once(s3: S3, slept: list[float]) -> None:
    s3.troubles = [403]

    with pytest.raises(HTTPError, match="403"):
        message.fetch_message()
    assert (len(s3.requests), slept) == (1, [])


@pytest.mark.parametrize("away", [True, False])
def test_a_child_whose_s3_stays_busy_or_away_fails_after_a_minute(
    s3: S3,
    slept: list[float],
    monkeypatch: pytest.MonkeyPatch,
    away: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    s3.troubles = [503] * 100
    if away:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(OSError, match="refused" if away else "503"):
        message.fetch_message()
    assert 45 < sum(slept) <= 60


def test_the_job_role_s_credentials_are_used_in_a_container(
    s3: S3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{s3.url}/credentials")
    token = tmp_path / "token"
    token.write_text("pod\n")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(token))

    message.fetch_message()

    assert s3.requests[0][1]["authorization"] == "pod"
    assert "Credential=AK/" in s3.requests[1][1]["authorization"]
    assert s3.requests[1][1]["x-amz-security-token"] == "T"


def test_the_file_runs_alone_and_loads_nothing_but_the_standard_library(s3: S3) -> None:
    del s3
    source = Path(str(message.__file__))
    code = f"import sys; sys.argv = ['message.py']; exec(open({str(source)!r}).read())"
    shown = (
        f"{code}\nimport sys\n"
        "print(sorted({'boto3', 'botocore', 'batch_constructs'} & set(sys.modules)))"
    )

    out = subprocess.run(
        [sys.executable, "-S", "-c", shown], capture_output=True, text=True, check=True
    )

    assert out.stdout == "first[]\n"


@pytest.mark.parametrize(
    ("listed", "expected"),
    [("3,17-20", [3, 17, 18, 19, 20]), ("0", [0]), ("5-6,9", [5, 6, 9])],
)
def test_a_redriven_child_works_on_the_index_that_failed(
    monkeypatch: pytest.MonkeyPatch, listed: str, expected: list[int]
) -> None:
    monkeypatch.setenv("ARRAY_INDICES", listed)
    found = []
    for child in range(len(expected)):
        monkeypatch.setenv("AWS_BATCH_JOB_ARRAY_INDEX", str(child))
        found.append(message.array_index())

    assert found == expected
    monkeypatch.setenv("AWS_BATCH_JOB_ARRAY_INDEX", str(len(expected)))
    with pytest.raises(IndexError, match="has no entry for child"):
        message.array_index()


@pytest.mark.parametrize("own", ["", "a,b", "1:10", "3-", "9-1", "2,1", "1,1", "x", "0-999999999"])
def test_a_variable_of_the_jobs_own_that_means_something_else_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, own: str
) -> None:
    monkeypatch.setenv("ARRAY_INDICES", own)
    monkeypatch.setenv("AWS_BATCH_JOB_ARRAY_INDEX", "7")

    assert message.array_index() == 7
