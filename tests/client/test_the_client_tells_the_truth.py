"""Each way in which a submission fails says whether a job may exist, and what to do.

Against sockets of this machine: what boto3 makes of a dead endpoint, a cut connection, a server
that never answers, or one that speaks no TLS, is what it is.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from batch_constructs.cli import main
from batch_constructs.client import (
    BatchClient,
    NotSubmittedError,
    SubmissionUnclearError,
    batch_client,
    deadline,
)
from batch_constructs.client.deadline import NoWholeAnswerError
from batch_constructs.functions.claims import outcome
from batch_constructs.functions.claims.outcome import Failure, NothingSentError, failure_of


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def listening(
    speak: Callable[[socket.socket], None],
) -> AbstractContextManager[tuple[str, list[bytes]]]:
    """Answer connections so, whatever comes; yield the address and what came."""
    return listening_to(lambda connection, _: speak(connection))


@contextmanager
def listening_to(
    speak: Callable[[socket.socket, bytes], None],
) -> Iterator[tuple[str, list[bytes]]]:
    """Answer connections and what comes first so; yield the address and what came first."""
    server = socket.create_server(("127.0.0.1", 0))
    came: list[bytes] = []
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            held.append(connection)
            came.append(connection.recv(65536))
            with suppress(OSError):  # who called is gone
                speak(connection, came[-1])

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}", came
    finally:
        server.shutdown(socket.SHUT_RDWR)  # or who waits in it would answer once more
        server.close()
        for connection in held:
            connection.close()


def cut(connection: socket.socket) -> None:
    connection.close()


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()


def half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    connection.close()


def nothing(_: socket.socket) -> None:
    """Never answer."""


def expired(connection: socket.socket) -> None:
    body = b'{"message": "The security token included in the request is expired"}'
    head = (
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n"
        f"x-amzn-errortype: ExpiredTokenException\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    connection.close()


def once(*, connect_timeout: float) -> Config:
    """How a client calls that repeats nothing, and that waits for no answer long."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=connect_timeout,
        read_timeout=0.5,
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(outcome, "ONCE", once(connect_timeout=30))
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return Clock()


def submit(clock: Clock, url: str, region: str = "us-east-1", key: str | None = "a") -> str:
    client = client_of(clock, url, region, key)
    return client.submit("once", queue="main", job_definition="report")


def client_of(
    clock: Clock, url: str, region: str = "us-east-1", key: str | None = "a"
) -> BatchClient:
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=key, region_name=region)

    class Session:
        """A session whose clients speak to this address."""

        def client(self, service: str, **options: object) -> object:
            return session.client(service, endpoint_url=url, **options)

    return BatchClient(Session(), clock=clock, sleep=clock.sleep)


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("speak", "kind", "says"),
    [
        (
            None,
            NotSubmittedError,
            "was never sent.*check the Region, the credentials and the network",
        ),
        (
            cut,
            SubmissionUnclearError,
            "the job may exist: look for its name in the queue, a minute",
        ),
        (reset, SubmissionUnclearError, "the job may exist: look for its name"),
        (half, SubmissionUnclearError, "the job may exist: look for its name"),
        (nothing, SubmissionUnclearError, "the job may exist: look for its name"),
        (
            expired,
            NotSubmittedError,
            "does not accept the credentials.*renew them, or set the clock",
        ),
    ],
)
def test_each_way_to_fail_says_whether_a_job_may_exist_and_what_to_do(
    clock: Clock,
    speak: Callable[[socket.socket], None] | None,
    kind: type[Exception],
    says: str,
) -> None:
    began = clock.now
    if speak is None:
        with pytest.raises(kind, match=says):
            submit(clock, f"http://{closed_port()}")
    else:
        with listening(speak) as (address, came):
            with pytest.raises(kind, match=says):
                submit(clock, f"http://{address}")
            assert len(came) == 1  # and is never repeated
    assert clock.now - began < 5


NO_ANSWERS = [
    b"null",
    b"[]",
    b'"hi"',
    b'{"jobs": 5, "jobSummaryList": "x", "jobQueues": {"a": 1}, "jobId": 7}',
    b'{"jobs": ["a"], "jobSummaryList": ["a"], "jobQueues": ["a"], "jobId": {"a": 1}}',
    b"[" * 100_000,
]
"""What is JSON, or begins so, and nothing that AWS says."""


@pytest.mark.parametrize(
    "answered", [b"{}", b'{"jobId": ""}', b"<html>Log in to this network</html>", *NO_ANSWERS]
)
def test_an_answer_that_names_no_job_is_no_clear_answer(clock: Clock, answered: bytes) -> None:
    """A captive portal or a proxy says 200 to everything."""
    with (
        saying(answered) as (address, came),
        pytest.raises(
            SubmissionUnclearError,
            match="(names no job|answer does not come from AWS).*look for its name",
        ),
    ):
        submit(clock, f"http://{address}")
    assert len(came) == 1


@contextmanager
def saying(body: bytes, head: str = "200 OK") -> Iterator[tuple[str, list[bytes]]]:
    """Answer everything so; yield the address and what came first."""

    def say(connection: socket.socket) -> None:
        told = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(told.encode() + body)
        while connection.recv(65536):  # closed with a rest unread, it would take the answer along
            pass
        connection.close()

    with listening(say) as both:
        yield both


def trickle(connection: socket.socket) -> None:
    """Send a byte now and then, each in good time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    with suppress(OSError):
        for _ in range(600):
            connection.sendall(b" ")
            time.sleep(0.1)


def test_an_answer_that_never_ends_is_no_clear_answer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_client, "_SUBMIT_SECONDS", 1.0)
    with (
        listening(trickle) as (address, came),
        pytest.raises(SubmissionUnclearError, match="no whole answer within 1 s.*look for"),
    ):
        submit(clock, f"http://{address}")
    assert len(came) == 1


@pytest.mark.parametrize(
    "ask",
    [lambda client: client.describe(["a"]), lambda client: client.named("a", queue="q")],
    ids=["a call", "a list"],
)
def test_every_call_has_a_deadline(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, ask: Callable[[BatchClient], object]
) -> None:
    monkeypatch.setattr(deadline, "CALL_SECONDS", 1.0)
    with (
        listening(trickle) as (address, _),
        pytest.raises(NoWholeAnswerError, match="no whole answer within 1 s"),
    ):
        ask(client_of(clock, f"http://{address}"))


COMMANDS = {
    "submit": "submit night --queue main --definition report",
    "watch": "watch a",
    "watch by name": "watch night --queue main",
    "logs": "logs a",
    "redrive": "redrive a",
    "why": "why a",
    "cost": "cost",
    "cost of a queue": "cost --queue main",
    "impact of a stack": "impact Deployed new.json",
    "adopt a stack": "adopt Deployed",
}
"""Every command that asks AWS."""


@pytest.fixture(params=COMMANDS)
def command(
    request: pytest.FixtureRequest,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[str], str]:
    """Run a command against an address, with short deadlines; return the line that it ends with."""
    del clock
    pauses: list[float] = []
    others = {*threading.enumerate()}  # a call that was given up goes on in its thread

    def pause(seconds: float) -> None:
        if threading.current_thread() not in others:
            pauses.append(seconds)

    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=pause))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which keeps the credentials of before
    monkeypatch.setattr(deadline, "READ_SECONDS", 0.3)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "a")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / "new.json").write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    monkeypatch.chdir(tmp_path)

    def run(url: str | None) -> str:
        if url is not None:
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        words = COMMANDS[request.param].split()
        ended = CliRunner().invoke(main, words, catch_exceptions=False)
        assert (ended.exit_code, ended.stdout) == (2, "")
        *bars, line = ended.stderr.splitlines()
        assert "watch" in words or not bars
        assert len(pauses) < deadline.ATTEMPTS_WITHOUT_CONNECTION
        return line

    return run


def test_a_command_against_a_dead_endpoint_ends_with_the_fix(command: Callable[[str], str]) -> None:
    line = command(f"http://{closed_port()}")

    assert line.startswith("Error: ")
    assert "Could not connect to the endpoint URL" in line
    assert re.search("check the Region, the credentials|local up.*unset AWS_ENDPOINT_URL", line)


@pytest.mark.parametrize(
    "head", ["200 OK", "302 Found\r\nLocation: http://127.0.0.1:9/login", "404 Not Found"]
)
@pytest.mark.parametrize("answered", [b"{}", b"<html>Log in to this network</html>"])
def test_a_command_that_something_else_than_aws_answers_ends_with_the_fix(
    command: Callable[[str], str], head: str, answered: bytes
) -> None:
    """A captive portal or a proxy answers everything."""
    with saying(answered, head) as (address, _):
        line = command(f"http://{address}")

    assert re.search(
        "check the Region.*, then: (batch-constructs|look whether)|look for its name", line
    )
    assert "Error: '" not in line


@pytest.mark.parametrize("answered", NO_ANSWERS)
def test_a_command_that_is_answered_what_aws_never_says_ends_with_the_fix(
    command: Callable[[str], str], answered: bytes
) -> None:
    with saying(answered) as (address, _):
        line = command(f"http://{address}")

    assert re.search(
        "answer does not come from AWS.*check the Region, the endpoint|look for its name", line
    )


def test_a_command_against_one_that_never_answers_ends(command: Callable[[str], str]) -> None:
    with listening(nothing) as (address, came):
        line = command(f"http://{address}")

    assert re.search("Read timeout on endpoint URL.*(check the Region|look for its name)", line)
    assert len(came) <= 2


def test_a_command_against_one_that_never_ends_its_answer_ends(
    command: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "CALL_SECONDS", 0.5)
    monkeypatch.setattr(batch_client, "_SUBMIT_SECONDS", 0.5)
    with listening(trickle) as (address, _):
        line = command(f"http://{address}")

    assert re.search("no whole answer within 0.5 s.*(check the Region|look for its name)", line)


@pytest.mark.parametrize("region", ["us-esat-1", "us east 1"])
def test_a_command_in_a_region_that_is_none_ends_with_the_fix(
    command: Callable[[str | None], str], monkeypatch: pytest.MonkeyPatch, region: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)

    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    line = command(None)

    assert region in line
    assert "check the Region, the credentials and the network" in line


def test_a_client_that_was_answered_once_is_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is gone for a while ends no watch."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n"]

    def once(connection: socket.socket) -> None:
        connection.sendall(answers[0] + b'{"jobs":[]}')
        connection.close()

    with listening(once) as (address, _):
        batch = deadline.patient_client(
            boto3.Session(aws_access_key_id="a", aws_secret_access_key="a").client,
            "batch",
            region_name="us-east-1",
            endpoint_url=f"http://{address}",
        )
        assert batch.describe_jobs(jobs=["a"])["jobs"] == []
    sent: list[object] = []
    batch.meta.events.register("before-send", lambda request, **_: sent.append(request))
    with pytest.raises(EndpointConnectionError):
        batch.describe_jobs(jobs=["a"])
    assert len(sent) == deadline.ATTEMPTS


@pytest.mark.parametrize("region", ["us-esat-1", "us east 1"])
def test_a_region_that_is_none_is_no_submission(clock: Clock, region: str) -> None:
    """One that looks like a Region has no address; one that does not is refused at once."""
    url = f"http://batch.{region.replace(' ', '-')}.amazonaws.invalid"

    with pytest.raises(NotSubmittedError, match=r"was never sent: .*[^.]; check the Region"):
        submit(clock, url, region)


def test_without_credentials_nothing_is_sent(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with listening(cut) as (address, came):
        with pytest.raises(NotSubmittedError, match="was never sent.*Unable to locate credentials"):
            submit(clock, f"http://{address}", key=None)
        assert came == []


def test_a_program_for_credentials_that_never_answers_ends(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("[default]\ncredential_process = /bin/sleep 5\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setattr(deadline, "MAKE_SECONDS", 0.2)

    with pytest.raises(NotSubmittedError, match="was never sent: no credentials came within"):
        submit(clock, "http://127.0.0.1:1", key=None)
    with pytest.raises(NothingSentError, match="no credentials came within"):
        client_of(clock, "http://127.0.0.1:1", "us-east-1", None).describe(["a"])


def plain(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.close()


@pytest.mark.parametrize("speak", [plain, cut, reset, nothing])
def test_an_endpoint_that_never_ends_the_handshake_gets_no_request(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, speak: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(outcome, "ONCE", once(connect_timeout=0.3))
    with listening(speak) as (address, _), pytest.raises(NotSubmittedError, match="was never sent"):
        submit(clock, f"https://{address}")


def tunnel(connection: socket.socket) -> None:
    """Open the way to AWS, and close it."""
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    connection.close()


@pytest.mark.parametrize("speak", [tunnel, plain, cut, nothing])
def test_a_proxy_that_opens_no_way_gets_no_request(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, speak: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(outcome, "ONCE", once(connect_timeout=0.3))
    with listening(speak) as (address, came):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        with pytest.raises(NotSubmittedError, match="was never sent"):
            submit(clock, "https://batch.us-east-1.amazonaws.com")
    assert all(each.startswith(b"CONNECT batch.us-east-1.amazonaws.com:443 ") for each in came)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate for this machine, signed with the key itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.mark.parametrize(("trusted", "kind"), [(True, SubmissionUnclearError), (False, None)])
def test_a_safe_connection_that_breaks_off_may_have_carried_the_request(
    clock: Clock,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
    trusted: bool,  # noqa: FBT001 - a parameter of the test
    kind: type[Exception] | None,
) -> None:
    """botocore calls both by one name: a handshake that failed, and an answer that broke off."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[bytes] = []

    def serve(connection: socket.socket, hello: bytes) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        incoming.write(hello)
        safe = context.wrap_bio(incoming, outgoing, server_side=True)
        for step in (safe.do_handshake, lambda: asked.append(safe.read())):
            while True:
                try:
                    step()
                    break
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
            connection.sendall(outgoing.read())
        connection.close()  # and TLS is never told so

    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate) if trusted else "")
    with listening_to(serve) as (address, _), pytest.raises(kind or NotSubmittedError):
        submit(clock, f"https://localhost:{address.rpartition(':')[2]}")
    assert [each.split()[0] for each in asked] == ([b"POST"] if trusted else [])


def test_an_error_that_says_nothing_of_where_it_came_from_is_unsure() -> None:
    assert failure_of(SSLError(endpoint_url="https://batch", error="text")) is Failure.UNSURE


# -- nothing was sent


SECRET = "Zm9ydHktdHdv"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SESSION_TOKEN", f"{SECRET}\n"),
        ("AWS_SESSION_TOKEN", f"{SECRET}\r"),
        ("AWS_ACCESS_KEY_ID", f"{SECRET}\nb"),
        ("AWS_SESSION_TOKEN", f"{SECRET}\udcff"),
    ],
)
def test_credentials_that_no_header_may_have_are_not_said_and_nothing_is_sent(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """As of an env file that was written on Windows; whoever lets the error through prints all."""
    for each in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(each, "a")
    monkeypatch.setenv(name, value)
    with listening(cut) as (address, came):
        with pytest.raises(
            NotSubmittedError, match="was never sent.*look for a line feed"
        ) as caught:
            submit(clock, f"http://{address}", key=None)
        with pytest.raises(NothingSentError, match="look for a line feed") as asked:
            client_of(clock, f"http://{address}", key=None).describe(["a"])
        assert [each for each in came if each] == []
    for error in (caught.value, asked.value):
        assert SECRET not in "".join(traceback.format_exception(error))


def test_a_command_does_not_say_credentials_that_no_header_may_have(
    command: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{SECRET}\n")
    with listening(cut) as (address, came):
        line = command(f"http://{address}")
        assert [each for each in came if each] == []

    assert re.search("look for a line feed.*check the Region, the credentials", line)
    assert SECRET not in line


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("ftp://127.0.0.1", None),
        ("http://127.0.0.1:99999", None),
        ("http://127.0.0.1:1", f"http://me:{SECRET}@127.0.0.1:99999"),
        ("http://127.0.0.1:1", "::::"),
    ],
)
def test_an_address_that_cannot_be_read_gets_no_request(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    if proxy is not None:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    with pytest.raises(NotSubmittedError, match="was never sent") as caught:
        submit(clock, url)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AWS_PROFILE", "of-nobody", "of-nobody"),
        ("AWS_ENDPOINT_URL", "not an address", "Invalid endpoint: not an address"),
    ],
)
def test_a_client_that_cannot_be_made_submits_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv(name, value)

    with pytest.raises(NotSubmittedError, match=f"was never sent: .*{says}.*check the Region"):
        BatchClient().submit("once", queue="main", job_definition="report")


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Take the credentials as this profile says."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def use(lines: str) -> None:
        (tmp_path / "config").write_text(lines)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    return use


ROLE = """
[default]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = base
[profile base]
aws_access_key_id = a
aws_secret_access_key = b
"""
FAILED = (
    b"<ErrorResponse><Error><Code>InternalFailure</Code><Message>x</Message></Error>"
    b"</ErrorResponse>"
)
DENIED = FAILED.replace(b"InternalFailure", b"AccessDenied")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("500 Oops", FAILED),
        ("502 Bad Gateway", b"<html>bad gateway</html>"),
        ("403 Forbidden", DENIED),
        ("200 OK", b"<html>Log in to this network</html>"),
        ("200 OK", b"{}"),
    ],
)
def test_an_error_of_who_gives_the_credentials_is_no_submission(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    profile: Callable[[str], None],
    head: str,
    body: bytes,
) -> None:
    """botocore asks STS, which gives a role's, in the midst of the call."""
    profile(ROLE)
    with saying(body, head) as (sts, _), listening(cut) as (address, came):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://{sts}")
        with pytest.raises(NotSubmittedError, match="was never sent.*the credentials"):
            submit(clock, f"http://{address}", key=None)
        assert came == []


def test_a_command_that_is_given_no_credentials_ends_with_the_fix(
    command: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    profile: Callable[[str], None],
) -> None:
    profile(ROLE)
    with saying(DENIED, "403 Forbidden") as (sts, _), listening(cut) as (address, came):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://{sts}")
        line = command(f"http://{address}")
        assert came == []

    assert re.search("calling the AssumeRole operation.*check the Region, the credentials", line)


def test_who_gives_the_credentials_and_never_answers_makes_no_submission(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, profile: Callable[[str], None]
) -> None:
    monkeypatch.setattr(batch_client, "_SUBMIT_SECONDS", 1.0)
    profile(ROLE)
    with listening(nothing) as (sts, _), listening(cut) as (address, came):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://{sts}")
        with pytest.raises(
            NotSubmittedError, match="was never sent: no credentials came within 1 s"
        ):
            submit(clock, f"http://{address}", key=None)
        assert came == []


def test_what_is_never_reached_or_never_answered_is_asked_again_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once more, and once more again: an address that comes to life a little later is reached."""
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(deadline, "READ_SECONDS", 1.0)

    def asked(address: str) -> int:
        session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="a")
        url = f"http://{address}"
        batch = deadline.patient_client(
            session.client, "batch", region_name="us-east-1", endpoint_url=url
        )
        sent: list[object] = []  # by this client: a call of another test may still go on
        batch.meta.events.register("before-send", lambda request, **_: sent.append(request))
        with pytest.raises(BotoCoreError):
            batch.describe_jobs(jobs=["a"])
        return len(sent)

    assert asked(closed_port()) == deadline.ATTEMPTS_WITHOUT_CONNECTION
    with listening(nothing) as (address, _):
        assert asked(address) == deadline._ATTEMPTS_WITHOUT_ANSWER


Trouble = Callable[[AWSRequest], object]


def slow_way(request: AWSRequest) -> NoReturn:
    raise ConnectTimeoutError(endpoint_url=request.url)


def broken_off(request: AWSRequest) -> NoReturn:
    raise ConnectionClosedError(endpoint_url=request.url)


def no_answer(request: AWSRequest) -> NoReturn:
    raise ReadTimeoutError(endpoint_url=request.url)


def throttled(request: AWSRequest) -> AWSResponse:
    body = SimpleNamespace(stream=lambda: iter([b"{}"]))
    return AWSResponse(request.url, 429, {"x-amzn-errortype": "TooManyRequestsException"}, body)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Trouble, int], float]:
    """Ask AWS for jobs, with so many troubles before it answers; return how long it took."""

    def ask(trouble: Trouble, times: int) -> float:
        session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="a")
        batch = deadline.patient_client(session.client, "batch", region_name="us-east-1")
        config, seconds, met = batch.meta.config, list[float](), iter(range(times))
        taken: dict[Trouble, float] = {
            slow_way: config.connect_timeout,
            no_answer: config.read_timeout,
        }

        def send(request: AWSRequest, **_: object) -> object:
            if next(met, None) is None:
                body = SimpleNamespace(stream=lambda: iter([b'{"jobs": []}']))
                return AWSResponse(request.url, 200, {}, body)
            seconds.append(taken.get(trouble, 0.0))
            return trouble(request)

        batch.meta.events.register("before-send", send)
        monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=seconds.append))
        try:
            assert batch.describe_jobs(jobs=["a"])["jobs"] == []
        except BotoCoreError:
            return sum(seconds)
        return 0.0

    return ask


@pytest.mark.parametrize("trouble", [slow_way, broken_off])
def test_what_lets_nobody_connect_is_given_up_within_twenty_seconds(
    asking: Callable[[Trouble, int], float], trouble: Trouble
) -> None:
    """And not before it was asked a third time."""
    assert asking(trouble, 2) == 0
    assert 0 < asking(trouble, 100) < 20


def test_what_never_answers_is_given_up_within_three_quarters_of_a_minute(
    asking: Callable[[Trouble, int], float],
) -> None:
    """And not before it was asked again, and had half of that for its answer."""
    assert asking(no_answer, 1) == 0
    assert 30 < asking(no_answer, 100) < 45


def test_aws_that_throttles_a_call_six_times_is_asked_again(
    asking: Callable[[Trouble, int], float],
) -> None:
    assert asking(throttled, 6) == 0


def test_only_what_aws_or_the_network_did_may_pass() -> None:
    assert deadline.may_pass(EndpointConnectionError(endpoint_url="a"))
    assert not deadline.may_pass(RuntimeError("a mistake"))


def test_a_client_that_has_a_deadline_may_be_called_without_one_too() -> None:
    """Whoever made it may go on to use it: nothing of ours stands in the way of its request."""
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="a")
    with saying(b'{"jobs": []}') as (address, came):
        url = f"http://{address}"
        client = session.client("batch", region_name="us-east-1", endpoint_url=url)
        bounded = deadline.Bounded(client, 60)
        assert client.describe_jobs(jobs=["a"])["jobs"] == []
        assert bounded.describe_jobs(jobs=["a"])["jobs"] == []
        assert bounded.meta.region_name == "us-east-1"  # what is no call is handed on

    assert len(came) == 2


@pytest.mark.parametrize("by", ["the deadline", "Ctrl-C"])
def test_a_call_that_was_given_up_before_it_was_sent_is_never_sent(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    come, before = threading.Event(), {*threading.enumerate()}
    join = threading.Thread.join

    def interrupted(thread: threading.Thread, seconds: float | None = None) -> None:
        join(thread, seconds)
        if by == "Ctrl-C" and seconds is not None:
            raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="a")
    with listening(cut) as (address, came):
        url = f"http://{address}"
        client = session.client("batch", region_name="us-east-1", endpoint_url=url)
        client.meta.events.register("before-sign", lambda **_: come.wait(60) and None)
        with pytest.raises(NothingSentError if by == "the deadline" else KeyboardInterrupt):
            deadline.Bounded(client, 0.1).describe_jobs(jobs=["a"])
        late = [each for each in threading.enumerate() if isinstance(each, deadline._Call)]
        come.set()
        for each in {*late} - before:
            each.join()
        assert late
        assert came == []


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ROLE.partition("source")[0] + "web_identity_token_file = /nowhere/token",
            "/nowhere/token",
        ),
        ("[default]\ncredential_process = /nowhere/program", "/nowhere/program"),
        ("[default]\ncredential_process = /bin/echo hello", "JSONDecodeError"),
        ("[default]\ncredential_process = /bin/echo []", "AttributeError"),
    ],
)
def test_a_command_whose_credentials_cannot_be_read_ends_with_the_fix(
    command: Callable[[str], str], profile: Callable[[str], None], lines: str, says: str
) -> None:
    profile(lines)
    with listening(cut) as (address, came):
        line = command(f"http://{address}")
        assert came == []

    assert re.search(f"there are no credentials: .*{says}.*check the Region, the cred", line)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_program_whose_stdout_is_full_says_the_id_of_the_job_and_ends_with_2() -> None:
    """Python itself ends with 120 where it cannot write what is left."""
    words = f"{sys.executable} -m batch_constructs {COMMANDS['submit']}".split()
    given = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "a")
    with saying(b'{"jobId": "1234"}') as (address, _), Path("/dev/full").open("w") as full:
        given |= {"AWS_ENDPOINT_URL": f"http://{address}", "AWS_DEFAULT_REGION": "us-east-1"}
        ended = subprocess.run(
            words, env={**os.environ, **given}, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert ended.returncode == 2
    assert ended.stderr.endswith(b"the output would have been: 1234\n")
