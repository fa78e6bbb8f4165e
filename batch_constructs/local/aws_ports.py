"""The services around AWS Batch, over their APIs: each call by the rights of the role it is for."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.error_names import EXISTS_ALREADY
from batch_constructs.aws.metrics import NAMESPACE
from batch_constructs.aws.names import OF_A_PARAMETER, is_arn
from batch_constructs.aws.service_principals import ECS_TASKS
from batch_constructs.local.batch import PortError
from batch_constructs.local.environment_variables import MARKER
from batch_constructs.local.role_sessions import UntrustingRoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_constructs.local.access import Access
    from batch_constructs.local.batch import LogEvent, SecretReference
    from batch_constructs.local.container_endpoints import ContainerEndpoints
    from batch_constructs.local.role_sessions import RoleSessions


class AwsPorts:
    """`Ports` for a job model that is embedded in an AWS.

    Args:
        access: how to get at that AWS.
        client: gives clients that act as the account's administrator.
        roles: gives clients that act as a role.
        endpoints: what containers find their credentials at.
        put_event: puts an event of AWS's own on the default bus.
    """

    def __init__(
        self,
        *,
        access: Access,
        client: Callable[[str], Any],
        roles: RoleSessions,
        endpoints: ContainerEndpoints,
        put_event: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._access = access
        self._client = client
        self._roles = roles
        self._endpoints = endpoints
        self._put_event = put_event
        self._closed = False
        self._streams: set[tuple[str, str]] = set()

    def secret_value(self, secret: SecretReference, *, execution_role_arn: str | None) -> str:
        """Read a secret as the execution role."""
        request = {"SecretId": secret.secret_id}
        if secret.version_stage is not None:
            request["VersionStage"] = secret.version_stage
        if secret.version_id is not None:
            request["VersionId"] = secret.version_id
        manager = self._as_execution_role("secretsmanager", execution_role_arn)
        answer = _asked(manager.get_secret_value, **request)
        text: str = answer.get("SecretString", "")
        if secret.json_key is None:
            return text
        try:
            value = json.loads(text)[secret.json_key]
        except (ValueError, KeyError, TypeError):
            raise PortError(
                f"the secret {secret.secret_id} is not a JSON object with the key {secret.json_key}"
            ) from None
        return value if isinstance(value, str) else json.dumps(value)

    def parameter_value(self, name_or_arn: str, *, execution_role_arn: str | None) -> str:
        """Read a Systems Manager parameter as the execution role."""
        name = name_or_arn.split(OF_A_PARAMETER, 1)[-1] if is_arn(name_or_arn) else name_or_arn
        manager = self._as_execution_role("ssm", execution_role_arn)
        # ECS asks with GetParameters, so that is the right its role needs.
        answer = _asked(manager.get_parameters, Names=[name], WithDecryption=True)
        if not answer["Parameters"]:
            plain = name.removeprefix("/")
            answer = _asked(manager.get_parameters, Names=[plain], WithDecryption=True)
        if not answer["Parameters"]:
            raise PortError(f"there is no Systems Manager parameter {name_or_arn}")
        return str(answer["Parameters"][0]["Value"])

    def put_log_events(
        self, *, log_group: str, log_stream: str, events: Sequence[LogEvent], create_group: bool
    ) -> None:
        """Append lines to a log stream."""
        logs = self._client("logs")
        if (log_group, log_stream) not in self._streams:
            if create_group:
                _unless_it_exists(logs.create_log_group, logGroupName=log_group)
            _unless_it_exists(
                logs.create_log_stream, logGroupName=log_group, logStreamName=log_stream
            )
            self._streams.add((log_group, log_stream))
        _asked(
            logs.put_log_events,
            logGroupName=log_group,
            logStreamName=log_stream,
            logEvents=[
                {"timestamp": event.timestamp, "message": event.message} for event in events
            ],
        )

    def put_event(self, event: Mapping[str, Any]) -> None:
        """Put an event on the bus."""
        if not self._closed:
            self._put_event(event)

    def put_metrics(self, data: Sequence[Mapping[str, Any]]) -> None:
        """Put metric data."""
        if not self._closed:
            put = self._client("cloudwatch").put_metric_data
            put(Namespace=NAMESPACE, MetricData=list(data))

    def create_cluster(self, name: str) -> str:
        """Create an ECS cluster."""
        return str(
            _asked(self._client("ecs").create_cluster, clusterName=name)["cluster"]["clusterArn"]
        )

    def delete_cluster(self, arn: str) -> None:
        """Delete an ECS cluster."""
        _asked(self._client("ecs").delete_cluster, cluster=arn)

    def job_environment(self, *, container: str, job_role_arn: str | None) -> Mapping[str, str]:
        """Return endpoint, Region, ``PATH``, and where metadata and the role's credentials are."""
        variables = {
            "PATH": os.pathsep.join(
                [os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)]
            ),
            "LANG": "C.UTF-8",
            MARKER: os.environ.get(MARKER, ""),
            **self._access.place(),
        }
        try:
            return variables | self._endpoints.variables(container, job_role_arn)
        except UntrustingRoleError as problem:
            raise PortError(str(problem)) from problem

    def close(self) -> None:
        """Drop the events that no target has yet."""
        self._closed = True

    def _as_execution_role(self, service: str, role_arn: str | None) -> Any:
        if role_arn is None:
            raise PortError("the job definition has no execution role to read secrets with")
        try:
            return self._roles.client(service, role_arn, ECS_TASKS)
        except UntrustingRoleError as problem:
            raise PortError(str(problem)) from problem


def _asked(operation: Callable[..., Any], **request: Any) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return operation(**request)
    except (BotoCoreError, ClientError) as refusal:
        raise PortError(str(refusal)) from refusal


def _unless_it_exists(operation: Callable[..., Any], **request: Any) -> None:
    from botocore.exceptions import ClientError

    try:
        operation(**request)
    except ClientError as refusal:
        if refusal.response["Error"]["Code"] != EXISTS_ALREADY:
            raise PortError(str(refusal)) from refusal
