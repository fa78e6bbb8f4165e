"""What Amazon ECS serves to containers: the job role's credentials, and the task's metadata.

Neither is signed, as in AWS. A container proves itself by the token in its environment, for its
credentials, and by the address itself, for its metadata: both are made of a secret that no one
outside of this server has.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.service_principals import ECS_TASKS
from batch_constructs.local.access import CONTROL_PATH
from batch_constructs.local.role_sessions import UntrustingRoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.role_sessions import RoleSessions

PATH = f"{CONTROL_PATH}container/"
_CREDENTIALS, _METADATA = f"{PATH}credentials/", f"{PATH}v4/"


class ContainerEndpoints:
    """The two endpoints.

    Args:
        endpoint_url: where the server answers.
        roles: gives credentials of roles.
        metadata: describes a container by its reference; None where there is no such one. The
            second argument is what of it is asked for: nothing, ``task``, ``taskWithTags``,
            ``stats``, ``task/stats``.
    """

    def __init__(
        self,
        endpoint_url: str,
        roles: RoleSessions,
        metadata: Callable[[str, str], Mapping[str, Any] | None],
    ) -> None:
        self._endpoint_url = endpoint_url
        self._roles = roles
        self._metadata = metadata
        self._secret = secrets.token_bytes(32)

    def variables(self, container: str, job_role_arn: str | None) -> dict[str, str]:
        """Return the variables that tell a container where the endpoints are.

        Raises:
            UntrustingRoleError: the role does not exist, or does not trust Amazon ECS.
        """
        proof = self._proof(_METADATA, container)
        address = f"{self._endpoint_url}{_METADATA}{quote(container, safe='')}/{proof}"
        found = {variables.METADATA_URI: address}
        if job_role_arn is not None:
            self._roles.credentials(job_role_arn, ECS_TASKS)
            path = f"{_CREDENTIALS}{quote(job_role_arn, safe='')}"
            found[variables.CREDENTIALS_URI] = f"{self._endpoint_url}{path}"
            found[variables.CREDENTIALS_PROOF] = self._proof(_CREDENTIALS, job_role_arn)
        return found

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        """Answer a GET below ``PATH``, given as it was sent, with HTTP status and JSON body."""
        if path.startswith(_CREDENTIALS):
            role_arn = unquote(path.removeprefix(_CREDENTIALS))
            if self._is_proof(authorization, _CREDENTIALS, role_arn):
                return self._credentials(role_arn)
        elif path.startswith(_METADATA):
            container, _, rest = path.removeprefix(_METADATA).partition("/")
            proof, _, part = rest.partition("/")
            if self._is_proof(proof, _METADATA, unquote(container)):
                document = self._metadata(unquote(container), part)
                if document is not None:
                    return 200, json.dumps(document).encode()
                return 404, b'{"message": "there is no such metadata here"}'
        return 403, b'{"message": "this is for the containers of jobs"}'

    def _credentials(self, role_arn: str) -> tuple[int, bytes]:
        try:
            found = self._roles.credentials(role_arn, ECS_TASKS)
        except UntrustingRoleError as problem:
            return 400, json.dumps({"message": str(problem)}).encode()
        expires = datetime.fromtimestamp(found.expires_at, tz=UTC)
        return 200, json.dumps(
            {
                "RoleArn": role_arn,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "Token": found.session_token,
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        ).encode()

    def _proof(self, kind: str, what: str) -> str:
        return hmac.new(self._secret, f"{kind}{what}".encode(), hashlib.sha256).hexdigest()

    def _is_proof(self, given: str, kind: str, what: str) -> bool:
        return hmac.compare_digest(given.encode(), self._proof(kind, what).encode())
