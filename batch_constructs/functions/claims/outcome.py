"""What a failed call says of what it was to do: surely not done, or perhaps."""

from __future__ import annotations

import re
from enum import Enum
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSOError,
    TokenRetrievalError,
    UnknownEndpointError,
)
from botocore.parsers import ResponseParserError

from batch_constructs.aws.error_names import SERVER_FAULT, THROTTLING, TOO_MANY_REQUESTS
from batch_constructs.functions.claims.lease import CALL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_NO_CONNECTION = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
)
_CONNECTING = ("urllib3.connection", "connect")
"""The module and function in which a connection is made, by a proxy and TLS where they are."""

_MAKING_HEADERS = ("http.client", "putheader")
_MAKING_WAY_BY_PROXY = ("botocore.httpsession", "_get_connection_manager")
_MAKING = frozenset(
    {
        ("botocore.endpoint", "create_request"),  # and signs it
        _MAKING_WAY_BY_PROXY,
        ("urllib3.poolmanager", "connection_from_url"),
        _MAKING_HEADERS,
    }
)
"""Functions in which a request is made, or a way for it; it is sent when they have ended."""

_UNSENDABLE = (
    "the request cannot be signed or sent: look for a line feed, or another character that a "
    "header cannot contain, in the credentials (AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN) and in the "
    "Region"
)
_NO_PROXY = "the address of the proxy cannot be read: check HTTPS_PROXY and HTTP_PROXY"
_CREDENTIALS = "botocore.credentials"
_CALLING = ("botocore.endpoint", "make_request")


class NothingSentError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """A request was never sent, for a reason that is not in the request."""

    fmt = "{why}"


class NoAnswerOfAwsError(BotoCoreError):  # type: ignore[misc]  # as above
    """What answered is not AWS, but a proxy or a captive portal; perhaps it is done."""

    fmt = "the answer does not come from AWS ({error})"


FAILED_CALL = (
    BotoCoreError,
    ClientError,
    ResponseParserError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a call raises that failed, and what reading it raises where AWS did not answer."""

_NOT_WRITTEN = (ParamValidationError, RecursionError, UnicodeError)
_NOT_SIGNED = (
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    NothingSentError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnknownEndpointError,
)

_INVALID = re.compile(
    r"(?P<where>[^\n]*?)(?:, value: .*?)?(?P<wanted>(?:, type: <class '[\w.]+'>)?, valid "
    r"(?:types: <class '[\w.]+'>(?:, <class '[\w.]+'>)*|min (?:value|length): [\d.-]+))(?:\n|\Z)"
    r"|(?P<whole>(?:Missing required|Unknown) parameter in (?:(?!, value: )[^\n])*)(?:\n|\Z)",
    re.DOTALL,
)
"""One of the lines in which botocore says what is invalid; a value may be of several lines."""

_INVALID_SOMEHOW = "a parameter is not in the form that AWS accepts"

ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=CALL_SECONDS / 3,
    read_timeout=CALL_SECONDS * 2 / 3,
)
"""For a client whose calls do something: a retry after a lost answer would do it again."""

_ATTEMPTS_QUICK = 3
_QUICK_CONNECT_SECONDS, _QUICK_READ_SECONDS = 2, 5

QUICK = Config(
    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS_QUICK},
    connect_timeout=_QUICK_CONNECT_SECONDS,
    read_timeout=_QUICK_READ_SECONDS,
)
"""For a client whose calls may be repeated, of a run that has others to make, whatever hangs."""

QUICK_SECONDS: float = (
    _ATTEMPTS_QUICK * (_QUICK_CONNECT_SECONDS + _QUICK_READ_SECONDS)
    + 2 ** (_ATTEMPTS_QUICK - 1)
    - 1
)  # botocore pauses up to 1, 2, 4 … seconds between attempts
"""How long a call of such a client may take."""

PATIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=_QUICK_CONNECT_SECONDS,
    read_timeout=_QUICK_READ_SECONDS,
)
"""For a client whose calls may be repeated; one that is never answered ends in 35 seconds."""


class Failure(Enum):
    """What became of a call that failed."""

    NO_CONNECTION = "nothing was sent: no connection"
    NOT_SENT = "nothing was sent: the request cannot be signed"
    UNWRITABLE = "nothing was sent: the request cannot be written down"
    THROTTLED = "not done: too many calls"
    REFUSED = "not done: refused"
    UNSURE = "perhaps done: there is no clear answer"

    @property
    def is_sure(self) -> bool:
        """Whether surely nothing was done."""
        return self is not Failure.UNSURE

    @property
    def never_left(self) -> bool:
        """Whether nothing was sent, for a reason that is not in the request."""
        return self in (Failure.NO_CONNECTION, Failure.NOT_SENT)

    @property
    def may_pass(self) -> bool:
        """Whether the same call may go well a little later."""
        return self in (Failure.NO_CONNECTION, Failure.THROTTLED)


def failure_of(error: Exception) -> Failure:
    """Say what became of the call that ended with this error."""
    error = as_told(error)
    passed = set(_passed(error))
    never_sent = not passed.isdisjoint(_MAKING) or _is_about_credentials(passed)
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in THROTTLING or status == TOO_MANY_REQUESTS:
            return Failure.THROTTLED
        if never_sent:  # what was asked for credentials said so
            return Failure.NOT_SENT
        return Failure.UNSURE if status >= SERVER_FAULT else Failure.REFUSED
    if isinstance(error, _NO_CONNECTION) or _CONNECTING in passed:
        return Failure.NO_CONNECTION
    if isinstance(error, _NOT_SIGNED) or never_sent:
        return Failure.NOT_SENT
    return Failure.UNWRITABLE if isinstance(error, _NOT_WRITTEN) else Failure.UNSURE


def as_told(error: Exception) -> Exception:
    """Return what a call raised in words that hold no secret, as an error of botocore's.

    botocore lets through what went wrong while it read credentials, or an answer that is none. It
    repeats a header that cannot be sent, as the session token that ends with a line feed, the
    address of a proxy that cannot be read, with its password, and the value of a parameter that is
    invalid, as a command that is one string.
    """
    passed = set(_passed(error))
    if _MAKING_HEADERS in passed:
        return NothingSentError(why=_UNSENDABLE)
    if _MAKING_WAY_BY_PROXY in passed:
        return NothingSentError(why=_NO_PROXY)
    told: Exception = error
    if isinstance(error, ParamValidationError):
        # not caused by the first, whose words a log would show; it came the same way
        told = ParamValidationError(report=_without_values(str(error.kwargs.get("report"))))
        return told.with_traceback(error.__traceback__)
    if isinstance(error, BotoCoreError | ClientError):
        return told
    if _is_about_credentials(passed):
        said = error if isinstance(error, OSError) else f"{type(error).__name__} while reading them"
        told = NothingSentError(why=f"there are no credentials: {said}")
    elif not passed.isdisjoint(_MAKING):
        told = NothingSentError(why=str(error) if type(error) is ValueError else _UNSENDABLE)
    elif _CALLING in passed:
        told = NoAnswerOfAwsError(error=type(error).__name__)
    if told is not error:
        told.__cause__ = error
    return told


def _without_values(report: str) -> str:
    """Say which parameters are invalid and what is wanted, up to what is in unknown words."""
    told, at = [], 0
    while at < len(report):
        line = _INVALID.match(report, at)
        if line is None:
            told.append(_INVALID_SOMEHOW)
            break
        told.append(line["whole"] or f"{line['where']}{line['wanted']}")
        at = line.end()
    return "\n".join(told)


def _is_about_credentials(passed: set[tuple[str, str]]) -> bool:
    return any(module == _CREDENTIALS for module, _ in passed)


def _passed(error: Exception) -> Iterator[tuple[str, str]]:
    """Name the functions, with their modules, that an error and those within it came through.

    botocore has one name for a handshake that failed and for an answer that broke off, another for
    a proxy and an AWS that are silent, and one for STS and the AWS that is called: where it
    happened tells them apart.
    """
    seen: Any = error
    while isinstance(seen, Exception):
        for frame, _ in walk_tb(seen.__traceback__):
            yield str(frame.f_globals.get("__name__")), frame.f_code.co_name
        if isinstance(seen, BotoCoreError):
            seen = seen.kwargs.get("error")
        else:
            seen = next((each for each in seen.args if isinstance(each, Exception)), seen.__cause__)
