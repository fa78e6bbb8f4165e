"""The handler of a custom resource: an access policy of Amazon EKS with the entry of AWS Batch.

AWS Batch makes that entry with its compute environment, so no resource of a template has it.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from batch_constructs.aws.eks_facts import NAMESPACE_SCOPE
from batch_constructs.aws.error_names import NOT_FOUND
from batch_constructs.functions.claims.outcome import PATIENT
from batch_constructs.functions.ecs_cluster.lookup import send, short

Event = dict[str, Any]


def handler(event: Event, context: object) -> None:
    """Answer CloudFormation; an exception is an answer too, or the stack would wait for an hour."""
    del context
    answer: dict[str, Any] = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
    }
    try:
        if event["RequestType"] == "Delete":
            disassociate(event["ResourceProperties"])
        else:
            associate(event["ResourceProperties"])
    except Exception as error:  # noqa: BLE001  # whatever it is, CloudFormation has to be told
        answer |= {"Status": "FAILED", "Reason": short(f"{type(error).__name__}: {error}")}
    send(event, answer)


def associate(wanted: dict[str, str]) -> None:
    """Associate the policy with the entry, or give the association its namespace."""
    eks = boto3.client("eks", config=PATIENT)
    eks.associate_access_policy(
        **_entry(wanted),
        accessScope={"type": NAMESPACE_SCOPE, "namespaces": [wanted["Namespace"]]},
    )


def disassociate(wanted: dict[str, str]) -> None:
    """Take the policy away, unless it, the entry or the cluster is gone."""
    eks = boto3.client("eks", config=PATIENT)
    try:
        eks.disassociate_access_policy(**_entry(wanted))
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_FOUND:
            raise


def _entry(wanted: dict[str, str]) -> dict[str, str]:
    return {
        "clusterName": wanted["Cluster"],
        "principalArn": wanted["Principal"],
        "policyArn": wanted["Policy"],
    }
