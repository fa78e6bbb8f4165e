"""Credentials of IAM roles, as AWS services get them: the role must trust the service."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.service_principals import trusts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIFETIME_SECONDS = 3600
_RENEWED_SECONDS_BEFORE = 1200
"""More than AWS SDKs ask for new ones before the end: 15 minutes."""


class UntrustingRoleError(Exception):
    """A role that a service may not assume, or that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Temporary credentials of a role.

    Args:
        access_key_id: the key's ID.
        secret_access_key: the key.
        session_token: what proves that the key is temporary.
        expires_at: when they end, in seconds since the epoch.
    """

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: float


class RoleSessions:
    """Sessions of roles, one a role and service, renewed before they expire.

    Args:
        client: gives boto3 clients that act as the account's administrator, or with credentials.
        open_session: opens a session of a role by its ARN, under a name, for so many seconds.
    """

    def __init__(
        self,
        client: Callable[..., Any],
        open_session: Callable[[str, str, int], Mapping[str, str]],
    ) -> None:
        self._client = client
        self._open_session = open_session
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Credentials] = {}
        self._clients: dict[tuple[str, str], Any] = {}

    def credentials(self, role_arn: str, service: str) -> Credentials:
        """Return credentials of the role for a service, such as ``ecs-tasks.amazonaws.com``.

        Raises:
            UntrustingRoleError: the role does not exist or does not trust the service.
        """
        with self._lock:
            known = self._sessions.get((role_arn, service))
        if known is not None and time.time() < known.expires_at - _RENEWED_SECONDS_BEFORE:
            return known
        new = self._assume(role_arn, service)
        with self._lock:
            self._sessions[role_arn, service] = new
        return new

    def client(self, name: str, role_arn: str, service: str) -> Any:
        """Return a boto3 client that acts as the role."""
        credentials = self.credentials(role_arn, service)
        key = (name, credentials.access_key_id)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._client(name, credentials)
            return self._clients[key]

    def _assume(self, role_arn: str, service: str) -> Credentials:
        from botocore.exceptions import ClientError

        try:
            role = self._client("iam").get_role(RoleName=role_arn.rsplit("/", 1)[-1])["Role"]
        except ClientError as refusal:
            raise UntrustingRoleError(f"there is no role {role_arn}: {refusal}") from refusal
        if not trusts(role["AssumeRolePolicyDocument"], service):
            raise UntrustingRoleError(
                f"the role {role_arn} does not trust {service}: its trust policy has no "
                "statement that allows it sts:AssumeRole"
            )
        session = self._open_session(role_arn, service.split(".", 1)[0], LIFETIME_SECONDS)
        return Credentials(
            access_key_id=session["AccessKeyId"],
            secret_access_key=session["SecretAccessKey"],
            session_token=session["SessionToken"],
            expires_at=time.time() + LIFETIME_SECONDS,
        )
