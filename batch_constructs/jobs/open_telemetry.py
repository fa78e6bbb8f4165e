"""The collector of OpenTelemetry, as AWS publishes it, as an agent beside a job.

https://aws-otel.github.io/docs/introduction
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Size

from batch_constructs.aws.metrics import OWN_NAMESPACE
from batch_constructs.aws.names import log_group_in_arn
from batch_constructs.aws.role_actions import METRIC_LOG_ACTIONS, TRACE_ACTIONS
from batch_constructs.construct import arn_prefix
from batch_constructs.jobs.container import Agent
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from batch_constructs.jobs.container import Container

IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
"""AWS's distribution."""

_LOG_GROUP: Final = "/metrics/default"
_KEPT_DAYS: Final = 30
"""Where metrics go on their way to CloudWatch: the collector's own default, kept as other logs."""


def open_telemetry_collector(
    *,
    image: str = IMAGE,
    vcpus: float = 0.25,
    memory: Size | None = None,
    metrics_namespace: str = "Jobs",
) -> Container:
    """Return the agent for ``with_sidecar``: traces go to AWS X-Ray, metrics to CloudWatch.

    It accepts OTLP on port 4317. The job role is allowed to write traces, and to write metrics into
    the log group ``/metrics/default``, which the collector creates and keeps for 30 days; with
    ``use_instance_role``, grant this to the role of the instances.

    Args:
        image: Its image. Default: AWS's distribution, of one version.
        vcpus: Its vCPUs. Default: 0.25; on EC2, ``with_sidecar`` makes it one.
        memory: Its memory. Default: 256 MiB.
        metrics_namespace: The namespace of the metrics in CloudWatch, which cannot begin with
            ``AWS/``. Default: ``Jobs``.

    Raises:
        ValueError: CloudWatch does not accept the namespace, or reserves it.
    """
    wrong = None if is_token(metrics_namespace) else OWN_NAMESPACE.wrong(metrics_namespace)
    if wrong is not None:
        raise ValueError(f"metrics_namespace {wrong}: use one of your own, such as Jobs")
    pipelines = {
        "traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["awsxray"]},
        "metrics": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["awsemf"]},
    }
    settings = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}}}},
        "processors": {"batch": {}},
        "exporters": {
            "awsxray": {},
            "awsemf": {
                "namespace": metrics_namespace,
                "log_group_name": _LOG_GROUP,
                "log_retention": _KEPT_DAYS,
            },
        },
        "service": {"pipelines": pipelines},
    }
    return Agent(
        name="collector",
        image=image,
        vcpus=vcpus,
        memory=Size.mebibytes(256) if memory is None else memory,
        environment={"AOT_CONFIG_CONTENT": json.dumps(settings)},  # YAML is a superset
        job_statements=_statements(),
    )


def _statements() -> list[dict[str, Any]]:
    group = f"{arn_prefix('logs')}{log_group_in_arn(_LOG_GROUP)}"
    allowed: list[tuple[Any, Any]] = [
        (TRACE_ACTIONS, "*"),  # X-Ray takes no resource here
        (METRIC_LOG_ACTIONS, [group, f"{group}:*"]),
    ]
    return [
        {"Effect": "Allow", "Action": [*actions], "Resource": resource}
        for actions, resource in allowed
    ]
