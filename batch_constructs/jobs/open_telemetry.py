"""The collector of OpenTelemetry, as AWS publishes it, as an agent beside a job.

https://aws-otel.github.io/docs/introduction
"""

from __future__ import annotations

import json

from aws_cdk import Size

from batch_constructs.jobs.container import Container

IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.3"
"""AWS's distribution."""


def open_telemetry_collector(
    *,
    image: str = IMAGE,
    vcpus: float = 0.25,
    memory: Size | None = None,
    metrics_namespace: str = "Jobs",
) -> Container:
    """Return the agent for ``with_sidecar``: traces go to AWS X-Ray, metrics to CloudWatch.

    It accepts OTLP on port 4317. The job role needs permission to write both: grant it AWS's
    policies ``AWSXRayDaemonWriteAccess`` and ``CloudWatchAgentServerPolicy``, or less.

    Args:
        image: Its image. Default: AWS's distribution, of one version.
        vcpus: Its vCPUs; on EC2 a whole number. Default: 0.25.
        memory: Its memory. Default: 256 MiB.
        metrics_namespace: The namespace of the metrics in CloudWatch. Default: ``Jobs``.
    """
    pipelines = {
        "traces": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["awsxray"]},
        "metrics": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["awsemf"]},
    }
    settings = {
        "receivers": {"otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}}}},
        "processors": {"batch": {}},
        "exporters": {"awsxray": {}, "awsemf": {"namespace": metrics_namespace}},
        "service": {"pipelines": pipelines},
    }
    return Container(
        name="collector",
        image=image,
        vcpus=vcpus,
        memory=Size.mebibytes(256) if memory is None else memory,
        environment={"AOT_CONFIG_CONTENT": json.dumps(settings)},  # YAML is a superset
    )
