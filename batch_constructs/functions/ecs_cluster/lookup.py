"""The handler of a custom resource: a compute environment's ARN in, its ECS cluster's ARN out.

AWS Batch makes the cluster shortly after it has answered the creation of the environment, so the
cluster is waited for, as long as the function may run.
"""

from __future__ import annotations

import json
import time
import urllib.request
from typing import Any

import boto3

from batch_constructs.aws.delivery import (
    CUSTOM_RESOURCE_ANSWER_BYTES,
    CUSTOM_RESOURCE_DONE,
    CUSTOM_RESOURCE_FAILED,
)
from batch_constructs.aws.resource_states import Status

_SECONDS_BETWEEN_LOOKS = 5
_SECONDS_LEFT_FOR_THE_ANSWER = 15

Event = dict[str, Any]


def handler(event: Event, context: Any) -> None:
    """Answer CloudFormation; an exception is an answer too, or the stack would wait for an hour."""
    answer: dict[str, Any] = {
        "Status": CUSTOM_RESOURCE_DONE,
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
    }
    if event["RequestType"] != "Delete":
        try:
            arn = cluster_arn(event["ResourceProperties"]["ComputeEnvironment"], context)
            tag(arn, event)
            answer |= {"PhysicalResourceId": arn, "Data": attributes(arn)}
        except Exception as error:  # noqa: BLE001  # whatever it is, CloudFormation has to be told
            answer |= {
                "Status": CUSTOM_RESOURCE_FAILED,
                "Reason": short(f"{type(error).__name__}: {error}"),
            }
    send(event, answer)


def cluster_arn(compute_environment: str, context: Any) -> str:
    """Wait for the ECS cluster of a compute environment.

    Raises:
        LookupError: the environment is gone, is INVALID, or has no cluster in time.
    """
    batch = boto3.client("batch")
    while True:
        found = batch.describe_compute_environments(computeEnvironments=[compute_environment])
        environments = found["computeEnvironments"]
        if not environments:
            raise LookupError(f"there is no compute environment {compute_environment}")
        environment = environments[0]
        arn: str = environment.get("ecsClusterArn", "")
        if arn and environment.get("status") == Status.VALID:
            return arn
        reason = environment.get("statusReason", "no reason given")
        if environment.get("status") == Status.INVALID:
            raise LookupError(f"{compute_environment} is INVALID: {reason}")
        left = context.get_remaining_time_in_millis() / 1000
        if left < _SECONDS_LEFT_FOR_THE_ANSWER + _SECONDS_BETWEEN_LOOKS:
            raise LookupError(f"{compute_environment} has no ECS cluster yet: {reason}")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def tag(cluster: str, event: Event) -> None:
    """Give the cluster its tags, and take away those that it had only from the last deployment."""
    wanted: dict[str, str] = event["ResourceProperties"].get("ClusterTags", {})
    before: dict[str, str] = event.get("OldResourceProperties", {}).get("ClusterTags", {})
    gone = sorted(set(before) - set(wanted))
    ecs = boto3.client("ecs") if wanted or gone else None
    if ecs is not None and wanted:
        ecs.tag_resource(
            resourceArn=cluster,
            tags=[{"key": key, "value": value} for key, value in sorted(wanted.items())],
        )
    if ecs is not None and gone:
        ecs.untag_resource(resourceArn=cluster, tagKeys=gone)


def attributes(arn: str) -> dict[str, str]:
    """Return what templates can take from the resource."""
    return {"EcsClusterArn": arn, "EcsClusterName": arn.rpartition("/")[2]}


def short(reason: str) -> str:
    """Cut a reason to what finds room in an answer, two bytes a character, beside the rest."""
    return reason.encode("ascii", "replace").decode()[: CUSTOM_RESOURCE_ANSWER_BYTES // 4]


def send(event: Event, answer: dict[str, Any]) -> None:
    """Put the answer where CloudFormation waits for it."""
    repeated = {name: event[name] for name in ("RequestId", "StackId", "LogicalResourceId")}
    body = json.dumps({**repeated, **answer}).encode()
    request = urllib.request.Request(  # noqa: S310  # a presigned URL of CloudFormation's
        event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""}
    )
    urllib.request.urlopen(request, timeout=_SECONDS_LEFT_FOR_THE_ANSWER - 5)  # noqa: S310  # above
