"""What a command ends with, word by word: who reads it does what it says, and nothing twice."""

from __future__ import annotations

import errno
import io
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ReadTimeoutError,
)
from click.testing import CliRunner

from batch_constructs.client import plain_errors
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from batch_constructs.client.plain_errors import command, same_command, say
from batch_constructs.functions.claims.outcome import NoAnswerOfAwsError, NothingSentError

AGAIN = "batch-constructs watch a"
NETWORK = f"; check the Region, the endpoint and the network, then: {AGAIN}"
CREDENTIALS = f"; check the Region, the credentials and the network, then: {AGAIN}"
RENEWED = f"; renew your credentials, or set the clock if it is wrong, then: {AGAIN}"
START_IT = (
    '; nothing answers there: start the embedded AWS with eval "$(batch-constructs local up)", or '
    f"unset AWS_ENDPOINT_URL to ask AWS, then: {AGAIN}"
)
SET_IT = f"; set AWS_DEFAULT_REGION, or the region of your AWS profile, then: {AGAIN}"
FIXED = f"; to continue here once that is fixed: {AGAIN}"
GO_ON = f"; to continue here: {AGAIN}"


def of_aws(code: str, status: int = 400) -> ClientError:
    said = {"Code": code, "Message": "no"}
    return ClientError(
        {"Error": said, "ResponseMetadata": {"HTTPStatusCode": status}}, "DescribeJobs"
    )


def aws_says(code: str) -> str:
    return f"An error occurred ({code}) when calling the DescribeJobs operation: no"


def ended(capsys: pytest.CaptureFixture[str], error: BaseException, **how: bool) -> tuple[int, str]:
    """Return the status and the words with which a command ends that meets this."""
    with pytest.raises(SystemExit) as stopped, plain_errors.plain_errors(AGAIN, **how):
        raise error
    captured = capsys.readouterr()
    assert captured.out == ""
    return int(str(stopped.value.code)), captured.err.removesuffix("\n")


ERRORS: list[tuple[Exception, str, str]] = [
    (of_aws("404", 404), f"the answer does not come from AWS (HTTP 404){NETWORK}", ""),
    (
        of_aws("ExpiredTokenException", 403),
        aws_says("ExpiredTokenException") + RENEWED,
        "",
    ),
    (of_aws("ClientException"), aws_says("ClientException"), FIXED),
    (of_aws("TooManyRequestsException", 429), aws_says("TooManyRequestsException"), FIXED),
    (of_aws("ServerException", 500), aws_says("ServerException"), FIXED),
    (
        NoAnswerOfAwsError(error="KeyError"),
        f"the answer does not come from AWS (KeyError){NETWORK}",
        "",
    ),
    (
        EndpointConnectionError(endpoint_url="https://batch"),
        f'Could not connect to the endpoint URL: "https://batch"{CREDENTIALS}',
        "",
    ),
    (
        ReadTimeoutError(endpoint_url="https://batch"),
        f'Read timeout on endpoint URL: "https://batch"{CREDENTIALS}',
        "",
    ),
    (
        EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/v1/describejobs"),
        f'Could not connect to the endpoint URL: "http://127.0.0.1:4566/v1/describejobs"{START_IT}',
        "",
    ),
    (
        NoRegionError(),
        f"You must specify a region{SET_IT}",
        "",
    ),
    (NoCredentialsError(), f"Unable to locate credentials{CREDENTIALS}", ""),
    (NothingSentError(why="no way"), f"no way{CREDENTIALS}", ""),
    (ParamValidationError(report="jobName"), "Parameter validation failed:\njobName", ""),
    (AttributeError("x"), f"the answer does not come from AWS (AttributeError){NETWORK}", ""),
    (IndexError("x"), f"the answer does not come from AWS (IndexError){NETWORK}", ""),
    (KeyError("x"), f"the answer does not come from AWS (KeyError){NETWORK}", ""),
    (TypeError("x"), f"the answer does not come from AWS (TypeError){NETWORK}", ""),
    (JobsNotFoundError("AWS Batch knows no job a"), "AWS Batch knows no job a", FIXED),
    (LookupError("no stack of this name"), "no stack of this name", ""),
    (ValueError("a size"), "a size", ""),
    (RuntimeError("no end in seven days"), "no end in seven days", GO_ON),
    (TimeoutError("no end in an hour"), "no end in an hour", GO_ON),
    (OSError("the disk is full"), "the disk is full", ""),
    (RuntimeError(f"it failed; {AGAIN}"), f"it failed; {AGAIN}", ""),
]


def named(each: object) -> str:
    return type(each).__name__ if isinstance(each, Exception) else ""


@pytest.mark.parametrize(("error", "words", "goes_on"), ERRORS, ids=named)
def test_an_error_is_one_line_with_what_to_do(
    capsys: pytest.CaptureFixture[str], error: Exception, words: str, goes_on: str
) -> None:
    """Only of what finds its jobs again, or reads, how it goes on: else a job would run twice."""
    assert ended(capsys, error) == (2, f"Error: {words}")
    for how in ("only_reads", "finds_its_jobs"):
        assert ended(capsys, error, **{how: True}) == (2, f"Error: {words}{goes_on}")


def test_who_interrupts_is_told_that_the_jobs_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    words = f"interrupted; the jobs continue. To continue here: {AGAIN}"
    assert ended(capsys, KeyboardInterrupt()) == (130, words)


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), AssertionError("ours")])
def test_a_mistake_of_ours_is_no_mistake_of_the_users(error: Exception) -> None:
    with pytest.raises(type(error), match="ours"), plain_errors.plain_errors(AGAIN):
        raise error


def test_what_was_refused_as_credentials_were_fetched_was_never_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """STS denied the role: AWS Batch was never asked."""
    module = {"__name__": "botocore.credentials", "error": of_aws("AccessDenied", 403)}
    exec("def load():\n    raise error", module)  # noqa: S102 - a function of that module
    with pytest.raises(ClientError) as refused:
        module["load"]()

    assert ended(capsys, refused.value, only_reads=True) == (
        2,
        f"Error: {aws_says('AccessDenied')}{CREDENTIALS}",
    )


class Closed(io.StringIO):
    """A stream whose reader is gone."""

    def write(self, _: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    def flush(self) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def set_to(**streams: object) -> None:
        for name, stream in streams.items():
            monkeypatch.setattr(sys, name, stream)

    return set_to


@pytest.mark.parametrize("closed", [Closed(), None])
@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_a_stream_that_is_gone_changes_neither_the_status_nor_the_words(
    streams: Callable[..., None], name: str, closed: object
) -> None:
    """Python would flush it once more and end with 120."""
    other = {"stdout": "stderr", "stderr": "stdout"}[name]
    left = io.StringIO()
    streams(**{name: closed, other: left})

    with pytest.raises(SystemExit) as stopped:
        plain_errors.end("last words", 7)

    assert stopped.value.code == 7
    assert getattr(sys, name) is None
    assert getattr(sys, other) is left
    assert left.getvalue() == ("last words\n" if other == "stderr" else "")


def test_what_cannot_be_printed_is_in_the_error(streams: Callable[..., None]) -> None:
    streams(stdout=Closed())

    with pytest.raises(OSError, match=r"^stdout cannot be written to \(Broken pipe\); ") as error:
        say("job-1")

    assert str(error.value).endswith("the output would have been: job-1")


def test_what_is_printed_is_the_answer_alone(capsys: pytest.CaptureFixture[str]) -> None:
    say("job-1")

    assert capsys.readouterr() == ("job-1\n", "")


# -- commands


def going_on(how: dict[str, Any], error: Exception) -> Iterator[str]:
    """Return the words with which a command ends that was decorated so."""

    @click.command
    @click.argument("name")
    @command(**how)
    def look(*, name: str) -> None:
        raise type(error)(f"{name} {error}")

    result = CliRunner().invoke(look, ["night"])
    assert (result.exit_code, result.stdout) == (2, "")
    yield from result.stderr.splitlines()


def test_only_a_command_that_does_nothing_twice_is_told_how_to_go_on() -> None:
    """One that only reads is repeated as it is; one that submits says itself how."""

    def otherwise(**given: str) -> str:
        return f"look for {given['name']}"

    error = RuntimeError("ended")
    reads = "Error: night ended; to continue here: batch-constructs look night"
    assert [*going_on({}, error)] == [reads]
    assert [*going_on({"again": otherwise}, error)] == ["Error: night ended"]
    finds = {"again": otherwise, "finds_its_jobs": True}
    assert [*going_on(finds, error)] == ["Error: night ended; to continue here: look for night"]


def test_a_command_that_nobody_would_see_does_nothing(
    streams: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    run = command(lambda **_: AGAIN)(lambda **_: done.append("done"))
    streams(stdout=None)

    with pytest.raises(SystemExit) as stopped:
        run()

    assert stopped.value.code == 2
    assert done == []
    says = "stdout is closed, so nothing was done, because nobody would see the result"
    assert capsys.readouterr().err == f"Error: {says}\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a b", "c"], ["'a b'", "c"]),
        (["--wait"], ["--wait"]),
        (["-w"], ["--wait"]),
        (["--most", "5"], []),
        (["--most", "6"], ["--most", "6"]),
        (["--name", ""], ["--name", "''"]),
        (["-e", "A=1", "-e", "B=2"], ["--environment", "A=1", "--environment", "B=2"]),
        (["--queue", "q;r"], ["--queue", "'q;r'"]),
    ],
)
def test_the_same_command_is_spelled_as_it_was_given(given: list[str], said: list[str]) -> None:
    """To be pasted into a shell, without what says nothing."""
    spelled: list[str] = []

    @click.command
    @click.argument("jobs", nargs=-1)
    @click.option("-w", "--wait", is_flag=True)
    @click.option("--most", type=int, default=5)
    @click.option("--name")
    @click.option("--queue")
    @click.option("-e", "--environment", multiple=True)
    def look(**_: object) -> None:
        spelled.append(same_command())

    assert CliRunner().invoke(look, given, catch_exceptions=False).exit_code == 0
    assert spelled == [" ".join(["batch-constructs", "look", *said])]
