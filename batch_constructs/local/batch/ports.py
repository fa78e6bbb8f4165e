"""What the local AWS Batch needs from the world around it.

The service talks to no other AWS service by itself: whoever embeds it hands over a `Ports`.
Methods are called from the service's own threads without its lock, so they may take their time and
may call the service back. Exceptions are the two about clusters, which are called within the
request that needs them, and `job_environment` without a role: they are called with the lock held,
and must not call the service back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class LogEvent:
    """One line of a job's output.

    Args:
        timestamp: when it was read, in milliseconds since the epoch.
        message: the line, without its newline.
    """

    timestamp: int
    message: str


@dataclass(frozen=True, kw_only=True)
class SecretReference:
    """Which value of which secret, as a container's ``valueFrom`` names it.

    Args:
        secret_id: the secret's name or ARN, without the parts below.
        json_key: the key in the secret's JSON object; the whole value where it is None.
        version_stage: such as ``AWSPREVIOUS``; the current version where it is None.
        version_id: a version's ID.
    """

    secret_id: str
    json_key: str | None = None
    version_stage: str | None = None
    version_id: str | None = None


class PortError(Exception):
    """What a port raises when the other service refuses; the message ends in the job's reason."""


class Ports(Protocol):
    """The services around AWS Batch."""

    def secret_value(self, secret: SecretReference, *, execution_role_arn: str | None) -> str:
        """Read a secret by the rights of the execution role.

        Where ``json_key`` is given, the answer is that key's value.

        Raises:
            PortError: the role may not, or there is no such secret, version or key.
        """
        ...

    def parameter_value(self, name_or_arn: str, *, execution_role_arn: str | None) -> str:
        """Read a Systems Manager parameter, decrypted, by the rights of the execution role.

        Raises:
            PortError: the role may not, or there is no such parameter.
        """
        ...

    def put_log_events(
        self, *, log_group: str, log_stream: str, events: Sequence[LogEvent], create_group: bool
    ) -> None:
        """Append lines to a log stream, which is created on first use.

        ``create_group`` says whether a missing log group may be created.

        Raises:
            PortError: the lines cannot be stored; the job goes on without them.
        """
        ...

    def put_event(self, event: Mapping[str, Any]) -> None:
        """Put an EventBridge event: the whole envelope, its source ``aws.batch``."""
        ...

    def put_metrics(self, data: Sequence[Mapping[str, Any]]) -> None:
        """Put data of CloudWatch metrics in AWS Batch's namespace, as PutMetricData takes them."""
        ...

    def create_cluster(self, name: str) -> str:
        """Create the Amazon ECS cluster of a compute environment and return its ARN."""
        ...

    def delete_cluster(self, arn: str) -> None:
        """Delete the Amazon ECS cluster of a compute environment."""
        ...

    def job_environment(self, *, container: str, job_role_arn: str | None) -> Mapping[str, str]:
        """Return the variables every job process starts with.

        These are the endpoint (``AWS_ENDPOINT_URL``), the Region, ``PATH``, and where the container
        finds its metadata and credentials which act as the job role.

        Args:
            container: what `BatchService.container_metadata` knows the container by.
            job_role_arn: the role; None where it has none.

        Raises:
            PortError: the role may not be had.
        """
        ...
