"""What a failed call says of what it was to do: surely not done, or perhaps."""

from __future__ import annotations

from enum import Enum
from traceback import walk_tb
from typing import Any

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

from batch_constructs.aws.error_names import SERVER_FAULT, THROTTLING, TOO_MANY_REQUESTS
from batch_constructs.functions.claims.lease import CALL_SECONDS

_NO_CONNECTION = (
    EndpointConnectionError,
    ConnectTimeoutError,
    ProxyConnectionError,
)
_CONNECTING = ("urllib3.connection", "connect")
"""The module and function in which a connection is made, by a proxy and TLS where they are."""

_NOT_WRITTEN = (ParamValidationError, RecursionError, UnicodeError)
_NOT_SIGNED = (
    CredentialRetrievalError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnknownEndpointError,
)

ONCE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=CALL_SECONDS / 3,
    read_timeout=CALL_SECONDS * 2 / 3,
)
"""For a client whose calls do something: a retry after a lost answer would do it again."""

PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})
"""For a client whose calls may be repeated."""


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
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in THROTTLING or status == TOO_MANY_REQUESTS:
            return Failure.THROTTLED
        return Failure.UNSURE if status >= SERVER_FAULT else Failure.REFUSED
    for kinds, failure in (
        (_NO_CONNECTION, Failure.NO_CONNECTION),
        (_NOT_WRITTEN, Failure.UNWRITABLE),
        (_NOT_SIGNED, Failure.NOT_SENT),
    ):
        if isinstance(error, kinds):
            return failure
    return Failure.NO_CONNECTION if _ended_connecting(error) else Failure.UNSURE


def _ended_connecting(error: Exception) -> bool:
    """Whether a call ended while it made its connection; nothing is sent before there is one.

    botocore has one name for a handshake that failed and for an answer that broke off, and another
    for a proxy and an AWS that are silent: where it happened tells them apart.
    """
    seen: Any = error.kwargs.get("error") if isinstance(error, BotoCoreError) else None
    while isinstance(seen, Exception):
        if any(
            (frame.f_globals.get("__name__"), frame.f_code.co_name) == _CONNECTING
            for frame, _ in walk_tb(seen.__traceback__)
        ):
            return True
        seen = next((each for each in seen.args if isinstance(each, Exception)), seen.__cause__)
    return False
