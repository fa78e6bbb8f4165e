"""Multi-node parallel jobs: ranges that fit, one instance type, roles and logs in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Properties = Callable[[str], Rendered]
Declare = Callable[..., bc.MultiNodeJobDefinition]
DEFINITION = "AWS::Batch::JobDefinition"


def container(**options: Any) -> bc.Container:
    return bc.Container(image="busybox", vcpus=4, memory=cdk.Size.gibibytes(8), **options)


def pod() -> bc.Pod:
    return bc.Pod(
        containers=[bc.PodContainer(image="busybox", vcpus=1, memory=cdk.Size.gibibytes(1))]
    )


def nodes(count: int | str, **options: Any) -> bc.NodeRange:
    return bc.NodeRange(target_nodes=count, **({"container": container()} | options))


@pytest.fixture
def declare(stack: cdk.Stack) -> Declare:
    def make(*ranges: Any, **options: Any) -> bc.MultiNodeJobDefinition:
        return bc.MultiNodeJobDefinition(stack, "Job", node_ranges=ranges, **options)

    return make


def test_ranges_follow_each_other(declare: Declare, properties: Properties) -> None:
    declare(nodes(1), nodes(7))

    rendered = properties(DEFINITION)["NodeProperties"]
    assert rendered["NumNodes"] == 8
    assert rendered["MainNode"] == 0
    assert [one["TargetNodes"] for one in rendered["NodeRangeProperties"]] == ["0:0", "1:7"]


def test_ranges_are_nested_as_aws_writes_them(declare: Declare, properties: Properties) -> None:
    declare(nodes("0:10"), nodes("4:5"))

    rendered = properties(DEFINITION)["NodeProperties"]
    assert rendered["NumNodes"] == 11
    assert [one["TargetNodes"] for one in rendered["NodeRangeProperties"]] == ["0:10", "4:5"]


def test_an_open_range_leaves_the_number_to_the_submission(
    declare: Declare, properties: Properties
) -> None:
    declare(nodes(1), nodes("1:"), num_nodes=4)

    assert properties(DEFINITION)["NodeProperties"]["NumNodes"] == 4


def test_all_nodes_share_roles_and_logs(
    declare: Declare, properties: Properties, resources: Resources
) -> None:
    declare(
        nodes(1),
        nodes(3, container=None, containers=[container(name="a"), container(name="b")]),
    )

    first, second = properties(DEFINITION)["NodeProperties"]["NodeRangeProperties"]
    (task,) = second["EcsProperties"]["TaskProperties"]
    assert len(resources("AWS::IAM::Role")) == 2
    assert len(resources("AWS::Logs::LogGroup")) == 1
    assert first["Container"]["JobRoleArn"] == task["TaskRoleArn"]
    assert first["Container"]["ExecutionRoleArn"] == task["ExecutionRoleArn"]


def test_nodes_on_eks_are_pods_without_roles_or_logs(
    stack: cdk.Stack, declare: Declare, properties: Properties, resources: Resources
) -> None:
    job = declare(nodes(2, container=None, pod=pod()))

    rendered = properties(DEFINITION)
    (only,) = rendered["NodeProperties"]["NodeRangeProperties"]
    assert "PodProperties" in only["EksProperties"]
    assert "PlatformCapabilities" not in rendered
    assert "PropagateTags" not in rendered
    assert list(resources()) == list(resources(DEFINITION))
    for ask in ("job_role", "execution_role", "grant_principal"):
        with pytest.raises(ValueError, match="pods have no roles of their own"):
            getattr(job, ask)
    with pytest.raises(ValueError, match="there is no log group"):
        _ = job.log_group


def test_each_node_consumes_what_it_names(
    stack: cdk.Stack, declare: Declare, properties: Properties
) -> None:
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=8)
    declare(nodes(1, consumable_resources={licences: 2}), nodes(3))

    first, second = properties(DEFINITION)["NodeProperties"]["NodeRangeProperties"]
    (wanted,) = first["ConsumableResourceProperties"]["ConsumableResourceList"]
    assert wanted["Quantity"] == 2
    assert "ConsumableResourceProperties" not in second


@pytest.mark.parametrize(
    ("ranges", "options", "message"),
    [
        ([], {}, "node_ranges is empty; allowed: at least one"),
        ([nodes(2)], {"main_node": 2}, "main_node is 2; allowed: 0 to 1"),
        ([nodes("0:1"), nodes("5:6")], {}, "node_ranges: no node range includes the nodes 2, 3, 4"),
        ([nodes("0:4"), nodes("3:6")], {}, r"node_ranges\[1\].target_nodes: .* overlap"),
        ([nodes("first")], {"num_nodes": 2}, r'node_ranges\[0\]\.target_nodes is "first"'),
        ([nodes("1:")], {}, "num_nodes is left out, and a node range is open"),
        (
            [nodes("0:"), nodes(2)],
            {"num_nodes": 4},
            r"node_ranges\[1\].target_nodes is 2 after an open",
        ),
        ([nodes(0)], {}, r"node_ranges\[0\].target_nodes is 0; allowed: whole numbers from 1"),
        ([bc.NodeRange(target_nodes=1)], {}, r"node_ranges\[0\].container is left out"),
        (
            [nodes(1, pod=pod())],
            {},
            r"node_ranges\[0\].pod is given with container: leave one of them out",
        ),
        (
            [nodes(1, instance_type="c5n.18xlarge"), nodes(1, instance_type="p4d.24xlarge")],
            {},
            "all must use the same",
        ),
        (
            [nodes(1, container=container(name="a"))],
            {},
            r"node_ranges\[0\].container.name is given, but only one of several",
        ),
        ([nodes(1, ipc_mode="host")], {}, r"node_ranges\[0\].ipc_mode is given without containers"),
    ],
)
def test_nodes_that_do_not_fit_are_refused(
    ranges: list[bc.NodeRange], options: dict[str, Any], message: str, declare: Declare
) -> None:
    with pytest.raises(ValueError, match=message):
        declare(*ranges, **options)


def test_a_role_for_pods_is_refused(stack: cdk.Stack, declare: Declare) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    with pytest.raises(ValueError, match="is given for pods, which use their service account"):
        declare(nodes(2, container=None, pod=pod()), job_role=role)


def test_what_is_no_range_is_named(declare: Declare) -> None:
    with pytest.raises(
        (TypeError, ValueError), match=r"node_ranges\[0\] is int 3; expected NodeRange\("
    ):
        declare(3)


@pytest.mark.parametrize(
    ("ranges", "count"),
    [
        ([nodes(":3"), nodes(2)], 6),
        ([nodes("4:7"), nodes("0:1"), nodes(2)], 8),
    ],
)
def test_nodes_are_counted_to_the_last_one_however_they_are_written(
    declare: Declare, properties: Properties, ranges: list[bc.NodeRange], count: int
) -> None:
    declare(*ranges)

    assert properties(DEFINITION)["NodeProperties"]["NumNodes"] == count
