"""Every request is signed, with a key of this server, or is not answered.

ministack looks at the signatures of users and roles only where IAM is enforced, and never at the
administrator's. Here all are checked, before it sees the request, in headers and in presigned URLs.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.credentials import TEMPORARY_KEY
from batch_constructs.aws.error_names import UNSIGNED

if TYPE_CHECKING:
    from collections.abc import Mapping

Answer = tuple[int, dict[str, str], bytes]

_CAPABILITIES = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")
"""Where custom resources and wait conditions answer: the path itself is the secret, as in AWS."""

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNSIGNED = (UNSIGNED, "the request is not signed")
_KEYS = (
    'use the keys of this embedded AWS: eval "$(batch-constructs local up)", or the environment '
    "of the fixture local_aws"
)


def install() -> None:
    """Give functions keys that cannot be computed from their names."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc, sts

    theirs = lambda_runtime.execution_credentials
    made: dict[str, dict[str, str]] = {}

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        given: dict[str, str] = theirs(config)
        session = sts._sessions.get(given[variables.ACCESS_KEY_ID])  # noqa: SLF001 - a touch point
        if session is None:
            return given  # IAM is not enforced: the administrator's
        sts._sessions.pop(given[variables.ACCESS_KEY_ID], None)  # noqa: SLF001 - a touch point
        new = made.setdefault(
            given[variables.ACCESS_KEY_ID],
            {
                variables.ACCESS_KEY_ID: f"{TEMPORARY_KEY}{secrets.token_hex(8).upper()}",
                variables.SECRET_ACCESS_KEY: secrets.token_urlsafe(30),
                variables.SESSION_TOKEN: secrets.token_urlsafe(48),
            },
        )
        sts.register_session(
            new[variables.ACCESS_KEY_ID],
            {
                **session,
                "SecretAccessKey": new[variables.SECRET_ACCESS_KEY],
                "SessionToken": new[variables.SESSION_TOKEN],
            },
        )
        return dict(new)

    lambda_runtime.execution_credentials = execution_credentials
    lambda_svc.execution_credentials = execution_credentials


def needed(method: str, path: str) -> bool:
    """Tell whether a request has to be signed."""
    return method != "PUT" or not path.startswith(_CAPABILITIES)


def failure(scope: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Answer | None:
    """Return the answer to a request whose signature is not right; None where it is.

    Args:
        scope: the request as ASGI describes it.
        headers: its headers.
        body: its body as it came.
    """
    from ministack import app
    from ministack.core.iam_evaluator import AuthError

    problem, service = _problem(scope, headers, body)
    if problem is None:
        return None
    code, message = problem
    answer: Answer = app._credential_failure(  # noqa: SLF001 - a touch point
        service, "", str(uuid.uuid4()), AuthError(code, f"{message}; {_KEYS}"), dict(headers)
    )
    return answer


def not_by(administrator: str, headers: Mapping[str, str]) -> Answer | None:
    """Return the answer to a request that only the administrator's key may sign; None where so."""
    if f"Credential={administrator}/" in headers.get("authorization", ""):
        return None
    said = {"message": "only the account's administrator can do this"}
    return 403, {"Content-Type": "application/json"}, json.dumps(said).encode()


def _problem(
    scope: Mapping[str, Any], headers: Mapping[str, str], body: bytes
) -> tuple[tuple[str, str] | None, str]:
    """Return what is wrong with a signature, as code and message, and the service it is for."""
    from ministack.core import iam_evaluator, sigv4

    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    in_header = headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 ")
    presigned = "authorization" not in headers and "X-Amz-Signature" in query
    if "authorization" not in headers and not presigned and "AWSAccessKeyId" in query:
        return _old_link(scope, headers, query), "s3"
    if not in_header and not presigned:
        return _UNSIGNED, ""
    signature = (
        sigv4.parse_query_signature(query) if presigned else sigv4.parse_header_signature(headers)
    )
    if isinstance(signature, tuple):
        return signature, ""
    token = query.get("X-Amz-Security-Token", [""])[0] if presigned else None
    token = headers.get("x-amz-security-token", "") if token is None else token
    account = iam_evaluator.find_iam_access_key_account(signature.access_key_id)
    credential = iam_evaluator.resolve_credential(signature.access_key_id, account, token)
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        return (credential.code, credential.message), signature.service
    return (
        _late(sigv4, signature, query, presigned=presigned)
        or sigv4.header_signature_failure(
            signature,
            credential.secret_access_key,
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            query,
            headers,
            body,
            presigned=presigned,
        )
        or _another_body(headers, body)
    ), signature.service


def _old_link(
    scope: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, list[str]]
) -> tuple[str, str] | None:
    """Check a link to an S3 object as boto3 presigns it by default: with Signature Version 2."""
    from ministack.core import iam_evaluator

    key, path = query["AWSAccessKeyId"][0], scope["raw_path"].decode("latin-1")
    asked = iam_evaluator.SignedRequest(
        key, scope["method"], path, query, headers, sigv2=True, auth_path=path
    )
    account = iam_evaluator.find_iam_access_key_account(key)
    found = iam_evaluator._sigv2_check(asked, account)  # noqa: SLF001 - a touch point
    is_wrong = isinstance(found, iam_evaluator.AuthError)
    return (found.code, found.message) if is_wrong else None


def _late(
    sigv4: Any, signature: Any, query: Mapping[str, list[str]], *, presigned: bool
) -> tuple[str, str] | None:
    if not presigned:
        late: tuple[str, str] | None = sigv4.request_time_failure(signature)
        return late
    try:
        expires = query.get("X-Amz-Expires", ["0"])[0]
        expired = sigv4.presigned_request_is_expired(signature.amz_date, expires)
    except ValueError:
        expired = True
    return ("AccessDenied", "Request has expired") if expired else None


def _another_body(headers: Mapping[str, str], body: bytes) -> tuple[str, str] | None:
    """Say so where the body is not the one whose digest was signed."""
    digest = headers.get("x-amz-content-sha256", "")
    if _HEX_DIGEST.fullmatch(digest) and hashlib.sha256(body).hexdigest() != digest:
        return "XAmzContentSHA256Mismatch", "the body differs from the one that was signed"
    return None
