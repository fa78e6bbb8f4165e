"""How to get at one embedded AWS: where it answers, and the keys that open it and nothing else."""

from __future__ import annotations

import json
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import container_variables as variables
from batch_constructs.local.environment_variables import MARKER, without_aws
from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROL_PATH = "/_batch-constructs/"
"""Below it stands what AWS has no API for."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a client of an embedded AWS needs to know.

    Args:
        endpoint_url: where it answers.
        region: the Region it plays.
        access_key_id: the ID of the account administrator's key, made for this server.
        secret_access_key: the key.
    """

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def new(cls, endpoint_url: str, region: str) -> Access:
        """Return access with keys that nobody has had before."""
        return cls(
            endpoint_url=endpoint_url,
            region=region,
            access_key_id=f"LOCAL{secrets.token_hex(8).upper()}",
            secret_access_key=secrets.token_urlsafe(30),
        )

    def variables(self) -> dict[str, str]:
        """Return what makes an AWS SDK or the ``cdk`` CLI talk to this AWS, and nothing else.

        Profiles, credential files and the instance metadata service are switched off, so that no
        real credential is ever picked up by accident.
        """
        return {
            **self.place(),
            variables.ACCESS_KEY_ID: self.access_key_id,
            variables.SECRET_ACCESS_KEY: self.secret_access_key,
        }

    def place(self) -> dict[str, str]:
        """Return the variables that say where this AWS is, without a key."""
        return {
            variables.ENDPOINT_URL: self.endpoint_url,
            variables.REGION: self.region,
            variables.DEFAULT_REGION: self.region,
            variables.CONFIG_FILE: os.devnull,
            variables.SHARED_CREDENTIALS_FILE: os.devnull,
            variables.NO_INSTANCE_METADATA: "true",
        }

    def environment(self, marker: str) -> dict[str, str]:
        """Return the whole environment for a child process that talks to this AWS.

        With the server's marker, the process ends when the server does.
        """
        return {
            **without_aws(),
            **self.variables(),
            MARKER: marker,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    def control(self, action: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for what AWS has no API for, such as ``reclaim``.

        Raises:
            LocalAwsError: it is refused.
        """
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        body = json.dumps(request).encode()
        asked = AWSRequest("POST", f"{self.endpoint_url}{CONTROL_PATH}{action}", data=body)
        keys = Credentials(self.access_key_id, self.secret_access_key)
        SigV4Auth(keys, "batch-constructs", self.region).add_auth(asked)
        signed = urllib.request.Request(  # noqa: S310 - the loopback server
            asked.url, data=body, headers=dict(asked.headers.items()), method="POST"
        )
        try:
            with urllib.request.urlopen(signed, timeout=30) as answer:  # noqa: S310 - as above
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as refusal:
            raise LocalAwsError(json.load(refusal)["message"]) from refusal
