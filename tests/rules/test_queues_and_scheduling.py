"""Faults of queues and of scheduling: which entry, which bound, and what is no fault."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import UNKNOWN, check_resource, check_template

QUEUE = "AWS::Batch::JobQueue"
POLICY = "AWS::Batch::SchedulingPolicy"
SHARE = "AWS::Batch::QuotaShare"
JOB = "AWS::Batch::JobDefinition"
CAPACITY = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
OF_SERVICE_JOBS = "MISCONFIGURATION:SERVICE_ENVIRONMENT_MAX_RESOURCE"
OF_CONTAINER_JOBS = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"
ONE: dict[str, Any] = {"ComputeEnvironmentOrder": [{}]}
SERVICE: dict[str, Any] = {"ServiceEnvironmentOrder": [{}]}


def limits(*actions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**more, "JobStateTimeLimitActions": list(actions)}


def shares(*names: Any) -> dict[str, Any]:
    entries = [{"ShareIdentifier": name} for name in names]
    return {"FairsharePolicy": {"ShareDistribution": entries}}


def sharing(strategy: Any) -> dict[str, Any]:
    return {"ResourceSharingConfiguration": {"Strategy": strategy, "BorrowLimit": 50}}


def consumed(*entries: tuple[str, int]) -> dict[str, Any]:
    listed = [{"ConsumableResource": name, "Quantity": quantity} for name, quantity in entries]
    return {"ConsumableResourceProperties": {"ConsumableResourceList": listed}}


@pytest.mark.parametrize(
    ("rule", "kind", "properties", "expected"),
    [
        # time limits
        ("time-limit-action", QUEUE, limits({"Action": "CANCEL"}, **SERVICE), [
            'JobStateTimeLimitActions/0/Action: the action is "CANCEL"; allowed: TERMINATE',
        ]),
        ("time-limit-action", QUEUE, limits({"Action": "TERMINATE"}, **ONE), [
            'JobStateTimeLimitActions/0/Action: the action is "TERMINATE"; allowed: CANCEL',
        ]),
        ("time-limit-action", QUEUE, limits({}, {"Action": "STOP"}), [
            ('JobStateTimeLimitActions/1/Action: the action is "STOP"; allowed: CANCEL or'
            " TERMINATE"),
        ]),
        ("time-limit-action", QUEUE, limits({"Action": "CANCEL"}, {"Action": "TERMINATE"}), []),
        ("time-limit-action", QUEUE, limits({"Action": "TERMINATE"}, **SERVICE), []),
        ("time-limit-reason-queue", QUEUE, limits({"Reason": OF_SERVICE_JOBS}, **ONE), [
            ("JobStateTimeLimitActions/0/Reason: the queue holds container jobs, to which"
            f" the reason {OF_SERVICE_JOBS} never applies"),
        ]),
        ("time-limit-reason-queue", QUEUE, limits({"Reason": OF_CONTAINER_JOBS}, **SERVICE), [
            ("JobStateTimeLimitActions/0/Reason: the queue holds service jobs, to which the"
            f" reason {OF_CONTAINER_JOBS} never applies"),
        ]),
        ("time-limit-reason-queue", QUEUE, limits({"Reason": CAPACITY}, **SERVICE), []),
        ("time-limit-reason-queue", QUEUE, limits({"Reason": CAPACITY}, **ONE), []),
        ("time-limit-reason-queue", QUEUE, limits({"Reason": OF_SERVICE_JOBS}), []),
        ("duplicate-time-limit", QUEUE, limits({}, {}, {"Reason": ""}, {"Reason": ""}), []),
        # environments
        ("queue-environment-count", QUEUE, {"Priority": 1}, [
            "ComputeEnvironmentOrder: the queue has 0 compute environments; allowed: 1 to 3",
        ]),
        ("queue-environment-count", QUEUE, {"ComputeEnvironmentOrder": []}, [
            "ComputeEnvironmentOrder: the queue has 0 compute environments; allowed: 1 to 3",
        ]),
        ("queue-environment-count", QUEUE, {"JobQueueType": "SAGEMAKER_TRAINING"}, [
            "ServiceEnvironmentOrder: the queue has 0 service environments; allowed: exactly 1",
        ]),
        ("queue-environment-count", QUEUE, {"ServiceEnvironmentOrder": [{}, {}]}, [
            "ServiceEnvironmentOrder: the queue has 2 service environments; allowed: exactly 1",
        ]),
        ("queue-environment-count", QUEUE, {"ComputeEnvironmentOrder": [{}] * 4}, [
            "ComputeEnvironmentOrder: the queue has 4 compute environments; allowed: 1 to 3",
        ]),
        ("queue-environment-count", QUEUE, {"ComputeEnvironmentOrder": UNKNOWN}, []),
        ("queue-environment-count", QUEUE, {"ServiceEnvironmentOrder": UNKNOWN}, []),
        ("queue-environment-count", QUEUE, SERVICE, []),
        ("queue-environment-count", QUEUE, {"ComputeEnvironmentOrder": [], **SERVICE}, []),
        ("queue-both-orders", QUEUE, {"ComputeEnvironmentOrder": [], **SERVICE}, []),
        ("queue-both-orders", QUEUE, {"ComputeEnvironmentOrder": UNKNOWN, **SERVICE}, []),
        ("duplicate-order", QUEUE, {"ComputeEnvironmentOrder": [{"Order": -1}, {"Order": 0}]}, [
            "ComputeEnvironmentOrder/0/Order: the order is -1; allowed: whole numbers from 0",
        ]),
        ("duplicate-order", QUEUE, {"ServiceEnvironmentOrder": [{"Order": 2}, {"Order": 2}]}, [
            "ServiceEnvironmentOrder/1/Order: two environments have the order 2",
        ]),
        ("duplicate-order", QUEUE, {"ComputeEnvironmentOrder": [{}, {"Order": 1}, {"Order": 1}]}, [
            "ComputeEnvironmentOrder/2/Order: two environments have the order 1",
        ]),
        ("duplicate-order", QUEUE, {"ComputeEnvironmentOrder": [{}, {}, {"Order": 1}]}, []),
        ("duplicate-order", QUEUE, {
            "ComputeEnvironmentOrder": [{"Order": 1}], "ServiceEnvironmentOrder": [{"Order": 1}],
        }, []),
        ("duplicate-queue-environment", QUEUE, {
            "ServiceEnvironmentOrder": [{"ServiceEnvironment": "a"}, {"ServiceEnvironment": "a"}],
        }, [("ServiceEnvironmentOrder/1/ServiceEnvironment: the same environment is in the queue"
            " twice")]),
        ("duplicate-queue-environment", QUEUE, {
            "ComputeEnvironmentOrder": [{"ComputeEnvironment": UNKNOWN}] * 2,
        }, []),
        ("duplicate-queue-environment", QUEUE, {
            "ComputeEnvironmentOrder": [{"ComputeEnvironment": one} for one in (UNKNOWN, "a", "a")],
        }, [("ComputeEnvironmentOrder/2/ComputeEnvironment: the same environment is in the queue"
            " twice")]),
        ("duplicate-queue-environment", QUEUE, {"ComputeEnvironmentOrder": [{}, {}]}, []),
        ("job-queue-type-environments", QUEUE, {"JobQueueType": "SAGEMAKER_TRAINING", **ONE}, [
            "JobQueueType: the type is SAGEMAKER_TRAINING, but the queue has compute environments",
        ]),
        ("job-queue-type-environments", QUEUE, {"JobQueueType": "SAGEMAKER_TRAINING"}, []),
        # shares
        ("share-overlap", POLICY, shares("a", "a"), [
            ('FairsharePolicy/ShareDistribution/1/ShareIdentifier: the share identifier "a" is'
            ' given twice'),
        ]),
        ("share-overlap", POLICY, shares("ab*", "b", "a*"), [
            ('FairsharePolicy/ShareDistribution/2/ShareIdentifier: the share identifiers "a*" and'
            ' "ab*" overlap'),
        ]),
        ("share-overlap", POLICY, shares("a*", "b", "ab*"), [
            ('FairsharePolicy/ShareDistribution/2/ShareIdentifier: the share identifiers "ab*" and'
            ' "a*" overlap'),
        ]),
        ("share-overlap", POLICY, shares("", "a", "a"), [
            ('FairsharePolicy/ShareDistribution/2/ShareIdentifier: the share identifier "a" is'
            ' given twice'),
        ]),
        ("share-overlap", POLICY, shares("abc", "ab", "a"), []),
        ("share-overlap", POLICY, shares("a", "ab", "abc"), []),
        ("share-overlap", POLICY, shares(UNKNOWN, UNKNOWN, "", ""), []),
        ("one-scheduling-policy", POLICY, {"FairsharePolicy": {}, "QuotaSharePolicy": UNKNOWN}, []),
        ("borrow-limit-strategy", SHARE, sharing("RESERVE"), [
            ("ResourceSharingConfiguration/BorrowLimit: BorrowLimit is set, but Strategy is"
            " RESERVE; only LEND_AND_BORROW borrows"),
        ]),
        ("borrow-limit-strategy", SHARE, sharing(UNKNOWN), []),
        ("borrow-limit-strategy", SHARE, sharing("BORROW"), []),
        ("borrow-limit-strategy", SHARE, {
            "ResourceSharingConfiguration": {"Strategy": "LEND"},
        }, []),
        ("duplicate-capacity-unit", SHARE, {"CapacityLimits": [{}, {}]}, []),
        # consumable resources
        ("consumable-twice", JOB, consumed(("a", 1), ("b", 1), ("a", 1)), [
            ("ConsumableResourceProperties/ConsumableResourceList/2/ConsumableResource: a is"
            " required twice"),
        ]),
        ("consumable-twice", JOB, {
            "NodeProperties": {
                "NodeRangeProperties": [consumed(("a", 1)), consumed(("a", 1), ("a", 2))],
            },
        }, [("NodeProperties/NodeRangeProperties/1/ConsumableResourceProperties"
            "/ConsumableResourceList/1/ConsumableResource: a is required twice")]),
    ],
)  # fmt: skip
def test_the_fault_is_named_where_it_is_and_nowhere_else(
    rule: str, kind: str, properties: dict[str, Any], expected: list[str]
) -> None:
    assert said(check_resource(kind, properties), rule) == expected


def said(found: Any, rule: str) -> list[str]:
    mine = [one for one in found if one.rule == rule]
    return [f"{one.path.removeprefix('Properties/')}: {one.message}" for one in mine]


def environment(kind: str, **more: Any) -> dict[str, Any]:
    resources = {"Type": kind, **more.pop("resources", {})}
    properties = {"ComputeResources": resources, **more}
    return {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}


def queue(*ids: str, **more: Any) -> dict[str, Any]:
    order = [{"Order": n, "ComputeEnvironment": {"Ref": id_}} for n, id_ in enumerate(ids)]
    return {"Type": QUEUE, "Properties": {"ComputeEnvironmentOrder": order, **more}}


def share(queue: Any, name: str = "a") -> dict[str, Any]:
    return {"Type": SHARE, "Properties": {"JobQueue": queue, "QuotaShareName": name}}


def policy(kind: str) -> dict[str, Any]:
    return {"Type": POLICY, "Properties": {kind: {}}}


FARGATE, EC2 = environment("FARGATE"), environment("EC2")
X86 = environment("EC2", resources={"InstanceTypes": ["m7i"]})
ON_DEMAND = environment("ECS_MANAGED_INSTANCES")
SPOT = environment(
    "ECS_MANAGED_INSTANCES",
    resources={
        "ManagedInstancesProvider": {"InstanceLaunchTemplate": {"CapacityOptionType": "SPOT"}}
    },
)
EITHER = environment(
    "ECS_MANAGED_INSTANCES",
    resources={
        "ManagedInstancesProvider": {
            "InstanceLaunchTemplate": {"CapacityOptionType": {"Fn::ImportValue": "x"}}
        }
    },
)
ANY: dict[str, Any] = {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {}}
OFF, ON = environment("EC2", State="DISABLED"), environment("EC2", State="ENABLED")


@pytest.mark.parametrize(
    ("rule", "resources", "expected"),
    [
        ("queue-mixed-platforms", {"A": FARGATE, "B": EC2, "Q": queue("B", "A")}, [
            "ComputeEnvironmentOrder: the queue mixes EC2 (B) and Fargate (A) environments",
        ]),
        ("queue-mixed-platforms", {"A": FARGATE, "B": ON_DEMAND, "Q": queue("A", "B")}, [
            ("ComputeEnvironmentOrder: the queue mixes Fargate (A) and Managed Instances (B)"
            " environments"),
        ]),
        ("queue-mixed-platforms", {
            "A": FARGATE, "B": environment("EC2", EksConfiguration={}), "Q": queue("A", "B"),
        }, ["ComputeEnvironmentOrder: the queue mixes Fargate (A) and EKS (B) environments"]),
        ("queue-mixed-platforms", {"A": FARGATE, "B": ANY, "Q": queue("A", "B")}, []),
        ("duplicate-queue-environment", {"A": EC2, "Q": {"Type": QUEUE, "Properties": {
            "ComputeEnvironmentOrder": [
                {"ComputeEnvironment": {"Ref": "A"}},
                {"ComputeEnvironment": {"Fn::GetAtt": ["A", "ComputeEnvironmentArn"]}},
            ],
        }}}, [("ComputeEnvironmentOrder/1/ComputeEnvironment: the same environment is in the queue"
            " twice")]),
        ("queue-mixed-architectures", {"A": X86, "B": EC2, "Q": queue("A", "B")}, []),
        ("managed-instances-spot-first", {"A": SPOT, "B": ON_DEMAND, "Q": queue("A", "B")}, [
            "ComputeEnvironmentOrder: Spot (A) is tried before On-Demand (B)",
        ]),
        ("managed-instances-spot-first", {
            "A": environment("SPOT"), "B": environment("EC2"), "Q": queue("A", "B"),
        }, []),
        ("managed-instances-spot-first", {
            "A": EC2, "B": SPOT, "C": ON_DEMAND, "Q": queue("A", "B", "C"),
        }, ["ComputeEnvironmentOrder: Spot (B) is tried before On-Demand (C)"]),
        ("managed-instances-spot-first", {"A": SPOT, "B": EITHER, "Q": queue("A", "B")}, []),
        ("managed-instances-spot-first", {"A": SPOT, "B": SPOT, "Q": queue("A", "B")}, []),
        ("job-queue-type-environments", {
            "A": FARGATE, "B": FARGATE, "Q": queue("A", "B", JobQueueType="EKS"),
        }, ["JobQueueType: the type is EKS, but A makes it ECS_FARGATE"]),
        ("job-queue-type-environments", {
            "A": FARGATE, "Q": queue("A", JobQueueType="SAGEMAKER_TRAINING"),
        }, [("JobQueueType: the type is SAGEMAKER_TRAINING, but the queue has compute"
            " environments")]),
        ("job-queue-type-environments", {"A": ANY, "Q": queue("A", JobQueueType="EKS")}, []),
        ("job-queue-type-environments", {"A": FARGATE, "Q": queue("A")}, []),
        ("queue-disabled-environments", {"A": OFF, "B": OFF, "Q": queue("A", "B")}, [
            "ComputeEnvironmentOrder: every compute environment of the queue is DISABLED",
        ]),
        ("queue-disabled-environments", {"A": OFF, "B": ON, "Q": queue("A", "B")}, []),
        ("queue-disabled-environments", {"A": OFF, "Q": queue("A", "Elsewhere")}, []),
        ("queue-disabled-environments", {"Q": {"Type": QUEUE, "Properties": {}}}, []),
        ("quota-share-queue", {"Q": queue(), "S": share({"Ref": "Q"})}, [
            ("JobQueue: the queue Q has no scheduling policy; a quota share needs a quota-share"
            " policy"),
        ]),
        ("quota-share-queue", {
            "P": policy("FairsharePolicy"), "Q": queue(SchedulingPolicyArn={"Ref": "P"}),
            "S": share({"Ref": "Q"}),
        }, [("JobQueue: the queue Q has a fair-share policy; a quota share needs a quota-share"
            " policy")]),
        ("quota-share-queue", {
            "Q": queue(SchedulingPolicyArn="arn:aws:batch:x"), "S": share({"Ref": "Q"}),
        }, []),
        ("quota-share-queue", {"S": share("elsewhere")}, []),
        ("quota-policy-queue", {
            "P": policy("FairsharePolicy"), "A": EC2,
            "Q": queue("A", SchedulingPolicyArn={"Ref": "P"}),
        }, []),
        ("quota-policy-queue", {"A": EC2, "Q": queue("A")}, []),
        ("duplicate-quota-share", {"A": share("q"), "B": share("q"), "C": share("q", "c")}, [
            'QuotaShareName: the quota share A of the same queue is also called "a"',
        ]),
        ("duplicate-quota-share", {
            "Q": queue(), "A": share({"Ref": "Q"}), "B": share({"Ref": "Q"}),
        }, ['QuotaShareName: the quota share A of the same queue is also called "a"']),
        ("duplicate-quota-share", {
            "A": {"Type": SHARE, "Properties": {"JobQueue": "q"}},
            "B": {"Type": SHARE, "Properties": {"JobQueue": "q"}},
        }, []),
        ("duplicate-quota-share", {
            "A": share({"Fn::ImportValue": "x"}), "B": share({"Fn::ImportValue": "y"}),
        }, []),
        ("consumable-too-much", {
            "R": {"Type": "AWS::Batch::ConsumableResource", "Properties": {"TotalQuantity": 2}},
            "J": {"Type": JOB, "Properties": {"ConsumableResourceProperties": {
                "ConsumableResourceList": [{"ConsumableResource": {"Ref": "R"}, "Quantity": 3}],
            }}},
        }, [("ConsumableResourceProperties/ConsumableResourceList/0/Quantity: the job needs 3 of R,"
            " which has only 2")]),
        ("consumable-twice", {
            "R": {"Type": "AWS::Batch::ConsumableResource", "Properties": {"TotalQuantity": 2}},
            "J": {"Type": JOB, "Properties": {"ConsumableResourceProperties": {
                "ConsumableResourceList": [
                    {"ConsumableResource": {"Ref": "R"}, "Quantity": {"Fn::ImportValue": "x"}},
                    {"ConsumableResource": {"Fn::GetAtt": ["R", "ConsumableResourceArn"]}},
                ],
            }}},
        }, [("ConsumableResourceProperties/ConsumableResourceList/1/ConsumableResource: R is"
            " required twice")]),
        ("consumable-too-much", {
            "R": {"Type": "AWS::Batch::ConsumableResource", "Properties": {}},
            "J": {"Type": JOB, "Properties": {"ConsumableResourceProperties": {
                "ConsumableResourceList": [
                    {"ConsumableResource": {"Ref": "R"}, "Quantity": 3},
                    {"ConsumableResource": {"Fn::ImportValue": "x"}},
                    {"ConsumableResource": {"Fn::ImportValue": "x"}},
                ],
            }}},
        }, []),
    ],
)  # fmt: skip
def test_what_only_a_whole_template_shows_is_named_there(
    rule: str, resources: dict[str, Any], expected: list[str]
) -> None:
    assert said(check_template({"Resources": resources}), rule) == expected
