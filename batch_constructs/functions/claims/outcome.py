"""What a failed call says of what it was to do: surely not done, or perhaps."""

from __future__ import annotations

from enum import Enum
from ssl import SSLCertVerificationError
from ssl import SSLError as SecureSocketError
from typing import Any

from botocore.config import Config
from botocore.exceptions import (
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
    SSLError,
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
_NO_HANDSHAKE = frozenset(
    {
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)
"""Reasons for which two sides never come to speak; nothing is sent before they do."""

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
    return Failure.NOT_SENT if _is_refused_handshake(error) else Failure.UNSURE


def _is_refused_handshake(error: Exception) -> bool:
    """Whether a connection was never made safe; what breaks off later may have been sent."""
    seen: Any = error.kwargs.get("error") if isinstance(error, SSLError) else None
    while isinstance(seen, Exception):
        if isinstance(seen, SSLCertVerificationError):
            return True
        if isinstance(seen, SecureSocketError) and getattr(seen, "reason", "") in _NO_HANDSHAKE:
            return True
        seen = next((each for each in seen.args if isinstance(each, Exception)), None)
    return False
