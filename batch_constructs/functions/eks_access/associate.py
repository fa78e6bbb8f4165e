"""The handler of a custom resource: an access policy of Amazon EKS with the entry of AWS Batch.

AWS Batch makes that entry with its compute environment, so no resource of a template has it.
"""

from __future__ import annotations

import time
from typing import Any

import boto3
from botocore.exceptions import ClientError

from batch_constructs.aws.delivery import CUSTOM_RESOURCE_DONE, CUSTOM_RESOURCE_FAILED
from batch_constructs.aws.eks_facts import NAMESPACE_SCOPE
from batch_constructs.aws.error_names import NOT_FOUND
from batch_constructs.functions.claims.outcome import PATIENT
from batch_constructs.functions.ecs_cluster.lookup import send, short

Event = dict[str, Any]


def handler(event: Event, context: object) -> None:
    """Answer CloudFormation; an exception is an answer too, or the stack would wait for an hour."""
    del context
    answer: dict[str, Any] = {
        "Status": CUSTOM_RESOURCE_DONE,
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
    }
    try:
        if event["RequestType"] == "Delete":
            disassociate(event["ResourceProperties"])
        else:
            associate(event["ResourceProperties"], event.get("OldResourceProperties"))
    except Exception as error:  # noqa: BLE001  # whatever it is, CloudFormation has to be told
        answer |= {
            "Status": CUSTOM_RESOURCE_FAILED,
            "Reason": short(f"{type(error).__name__}: {error}"),
        }
    send(event, answer)


def associate(wanted: dict[str, str], before: dict[str, str] | None = None) -> None:
    """Have the namespace among those of the policy, and no longer the one of before.

    An entry has one association of a policy, and whoever associates it anew says all of its
    namespaces. So those of others are kept; and what was written is looked at again, since another
    run may have read the list before this one wrote it.
    """
    eks = boto3.client("eks", config=PATIENT)
    gone = set() if before is None else {before["Namespace"]} - {wanted["Namespace"]}
    if before is not None and _entry(before) != _entry(wanted):
        disassociate(before)
        gone = set()
    _change(eks, wanted, gone=gone, needed={wanted["Namespace"]})


def disassociate(wanted: dict[str, str]) -> None:
    """Take the namespace from the policy, unless it, the entry or the cluster is gone."""
    eks = boto3.client("eks", config=PATIENT)
    try:
        _change(eks, wanted, gone={wanted["Namespace"]}, needed=set())
    except ClientError as error:
        if error.response["Error"]["Code"] != NOT_FOUND:
            raise


def _change(eks: Any, wanted: dict[str, str], *, gone: set[str], needed: set[str]) -> None:
    """Change the namespaces of the policy until they are found to be as they should."""
    is_settled = False
    for _ in range(_LOOKS):
        found = _namespaces(eks, wanted)
        if found is None:
            return
        right = (found - gone) | needed
        if right == found:
            if is_settled:
                return
        elif right:
            scope = {"type": NAMESPACE_SCOPE, "namespaces": sorted(right)}
            eks.associate_access_policy(**_entry(wanted), accessScope=scope)
        else:
            eks.disassociate_access_policy(**_entry(wanted))
        is_settled = True
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    raise RuntimeError("others keep changing the namespaces of the access policy")


_LOOKS = 6
_SECONDS_BETWEEN_LOOKS = 30
"""As long as two calls take that are slow: another run's reading, and its writing after it."""


def _namespaces(eks: Any, wanted: dict[str, str]) -> set[str] | None:
    """Return the namespaces that the policy holds for; None is the whole cluster, which is left."""
    entry = {name: value for name, value in _entry(wanted).items() if name != _POLICY}
    pages = eks.get_paginator("list_associated_access_policies").paginate(**entry)
    for one in (one for page in pages for one in page["associatedAccessPolicies"]):
        if one[_POLICY] == wanted["Policy"]:
            scope = one["accessScope"]
            return set(scope["namespaces"]) if scope["type"] == NAMESPACE_SCOPE else None
    return set()


_POLICY = "policyArn"


def _entry(wanted: dict[str, str]) -> dict[str, str]:
    return {
        "clusterName": wanted["Cluster"],
        "principalArn": wanted["Principal"],
        _POLICY: wanted["Policy"],
    }
