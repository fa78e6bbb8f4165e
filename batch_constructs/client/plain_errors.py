"""What a command says when something is wrong: one line, with what to do."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import click

from batch_constructs.aws.error_names import NOT_AUTHENTICATED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TROUBLE, _INTERRUPTED = 2, 130
_CHECK = "check the Region, the endpoint and the network, then"
_NO_ANSWER = "what came back is no answer of AWS Batch"


@contextmanager
def plain_errors(again: str) -> Iterator[None]:
    """Say in one line what AWS or the user did wrong, and how to go on after an interruption."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # loaded when used

    from batch_constructs.functions.claims.outcome import Failure, failure_of  # noqa: PLC0415

    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"interrupted; the jobs go on. To go on here: {again}", err=True)
        sys.exit(_INTERRUPTED)
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code.isdigit():  # AWS calls its errors by names
            _end(f"{_NO_ANSWER} (HTTP {code})", f"; {_CHECK}: {again}")
        fix = "renew your credentials, or set the clock if it is wrong, then"
        _end(error, f"; {fix}: {again}" if code in NOT_AUTHENTICATED else "")
    except BotoCoreError as error:
        fix = "check the Region, the credentials and the network, then"
        _end(error, "" if failure_of(error) is Failure.UNWRITABLE else f"; {fix}: {again}")
    except (KeyError, IndexError):
        _end(_NO_ANSWER, f"; {_CHECK}: {again}")
    except (LookupError, ValueError, RuntimeError, TimeoutError) as error:
        _end(error)


def _end(error: object, fix: str = "") -> NoReturn:
    click.echo(f"error: {error}{fix}", err=True)
    sys.exit(_TROUBLE)


def command(
    again: Callable[..., str] | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a command's errors plain; ``again`` says how to go on, default: the same command."""

    def decorate(run: Callable[..., None]) -> Callable[..., None]:
        @wraps(run)
        def guarded(**arguments: Any) -> None:
            with plain_errors((again or same_command)(**arguments)):
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
