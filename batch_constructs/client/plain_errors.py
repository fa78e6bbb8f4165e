"""What a command says when something is wrong: one line, with what to do."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import click

from batch_constructs.aws.error_names import NOT_AUTHENTICATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TROUBLE, _INTERRUPTED = 2, 130
_CHECK = "check the Region, the endpoint and the network, then"
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_START_IT = (
    'nothing answers there: start the embedded AWS with eval "$(batch-constructs local up)", or '
    "unset AWS_ENDPOINT_URL to ask AWS, then"
)
_NO_ANSWER = "the answer does not come from AWS"
_CLOSED = "stdout is closed, so nothing was done, because nobody would see the result"
_READ_AMISS = (AttributeError, IndexError, KeyError, TypeError)
_IN_OUR_WORDS = (LookupError, ValueError, RuntimeError, OSError)


@contextmanager
def plain_errors(
    again: str, *, finds_its_jobs: bool = False, only_reads: bool = False
) -> Iterator[None]:
    """Say in one line what AWS or the user did wrong, and how to go on after an interruption.

    A command that finds its own jobs by their names, or only reads, is always told how to go on; of
    another, a job that was perhaps submitted would run twice.
    """
    try:
        yield
    except KeyboardInterrupt:
        end(f"interrupted; the jobs continue. To continue here: {again}", _INTERRUPTED)
    except Exception as error:
        words = _words_of(error, again)
        if words is None:
            raise
        if (finds_its_jobs or only_reads) and again not in words:
            words += _how_to_go_on(error, again)
        end(f"Error: {words}", _TROUBLE)


def _how_to_go_on(error: Exception, again: str) -> str:
    """Say after what was refused or ended how the command goes on; of another error, nothing."""
    from botocore.exceptions import ClientError  # noqa: PLC0415  # loaded when used

    from batch_constructs.client.jobs_not_found import JobsNotFoundError  # noqa: PLC0415  # as above

    if isinstance(error, ClientError | JobsNotFoundError):
        return f"; to continue here once that is fixed: {again}"
    return f"; to continue here: {again}" if isinstance(error, RuntimeError | TimeoutError) else ""


def _words_of(error: Exception, again: str) -> str | None:
    """Put an error into words; None of what is neither AWS's nor the user's."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # loaded when used

    from batch_constructs.functions.claims.outcome import (  # noqa: PLC0415  # as above
        Failure,
        NoAnswerOfAwsError,
        failure_of,
    )

    failure = failure_of(error)
    if isinstance(error, ClientError):
        code = str(error.response["Error"]["Code"])
        if code.isdigit():  # AWS calls its errors by names
            return f"{_NO_ANSWER} (HTTP {code}); {_CHECK}: {again}"
        if code in NOT_AUTHENTICATED:
            fix = "renew your credentials, or set the clock if it is wrong, then"
            return f"{error}; {fix}: {again}"
    if isinstance(error, NoAnswerOfAwsError):
        return f"{error}; {_CHECK}: {again}"
    if isinstance(error, BotoCoreError | ClientError):
        by_aws = isinstance(error, ClientError) and failure is not Failure.NOT_SENT
        known = by_aws or failure is Failure.UNWRITABLE
        return str(error) if known else f"{str(error).removesuffix('.')}; {_fix(error)}: {again}"
    if isinstance(error, _READ_AMISS):
        return f"{_NO_ANSWER} ({type(error).__name__}); {_CHECK}: {again}"
    return str(error) if isinstance(error, _IN_OUR_WORDS) else None


def _fix(error: Exception) -> str:
    """Say what to do where AWS was not reached, which may be one on this machine that has ended."""
    from botocore.exceptions import (  # noqa: PLC0415  # loaded when used
        EndpointConnectionError,
        NoRegionError,
    )

    if isinstance(error, NoRegionError):
        return "set AWS_DEFAULT_REGION, or the region of your AWS profile, then"
    where = error.kwargs["endpoint_url"] if isinstance(error, EndpointConnectionError) else ""
    if urlsplit(where).hostname in _THIS_MACHINE:
        return _START_IT
    return "check the Region, the credentials and the network, then"


def end(words: str, status: int) -> NoReturn:
    """End with these last words, wherever they can still be written."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except (AttributeError, OSError):  # closed, or full: Python would end with 120
            setattr(sys, name, None)
    with suppress(OSError):
        click.echo(words, err=True)
    sys.exit(status)


def say(text: str) -> None:
    """Print what a command was asked for.

    Raises:
        OSError: it cannot be written; what it was is said in the error.
    """
    try:
        click.echo(text)
    except OSError as error:
        why = f"stdout cannot be written to ({error.strerror}); the output would have been"
        raise OSError(f"{why}: {text}") from error


def command(
    again: Callable[..., str] | None = None, *, finds_its_jobs: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command's errors plain.

    ``again`` says how to go on. Default: by the same command, which only reads.
    """

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        @wraps(run)
        def guarded(**arguments: Any) -> None:
            says = (again or same_command)(**arguments)
            with plain_errors(says, finds_its_jobs=finds_its_jobs, only_reads=again is None):
                if sys.stdout is None:
                    raise OSError(_CLOSED)
                run(**arguments)

        return guarded

    return decorate


def same_command(**_: object) -> str:
    """Spell the command as it was given, from what click parsed."""
    context = click.get_current_context()
    words = ["batch-constructs", context.info_name or ""]
    for parameter in context.command.params:
        value = context.params.get(parameter.name or "")
        if value is None or value is False or value == parameter.default:
            continue
        if isinstance(parameter, click.Argument):
            words += [str(each) for each in (value if isinstance(value, tuple) else (value,))]
        elif value is True:
            words.append(parameter.opts[-1])
        else:
            for each in value if isinstance(value, tuple) else (value,):
                words += [parameter.opts[-1], str(each)]
    return shlex.join(words)
