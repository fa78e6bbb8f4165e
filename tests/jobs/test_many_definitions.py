"""Many definitions in one call to JavaScript: what their constructor makes, all or none."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Template

import batch_constructs as bc

SIZE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
THREE: dict[str, dict[str, Any]] = {
    "Plain": {},
    "Tagged": {"tags": {"team": "blue"}, "environment": {"STAGE": "test"}},
    "Large": {"vcpus": 4, "memory": cdk.Size.gibibytes(16), "keep_old_revisions": 2},
}


def rendered(stack: cdk.Stack) -> Any:
    return Template.from_stack(stack).to_json()


@pytest.mark.parametrize("kind", [bc.FargateJobDefinition, bc.Ec2JobDefinition])
def test_they_are_what_the_constructor_makes(kind: Any) -> None:
    one_by_one, together = cdk.Stack(cdk.App(), "S"), cdk.Stack(cdk.App(), "S")

    for name, own in THREE.items():
        kind(one_by_one, name, **{**SIZE, **own})
    kind.from_mapping(together, THREE, **SIZE)

    assert rendered(together) == rendered(one_by_one)


def test_pods_are_made_so_as_well(stack: cdk.Stack) -> None:
    pod = [bc.PodContainer(image="busybox", vcpus=1, memory=cdk.Size.gibibytes(1))]

    made = bc.EksJobDefinition.from_mapping(stack, {"A": {}, "B": {}}, containers=pod)

    assert [definition.node.id for definition in made.values()] == ["A", "B"]
    Template.from_stack(stack).resource_count_is("AWS::Batch::JobDefinition", 2)


def test_a_fault_in_any_is_told_with_all_others_and_none_is_made(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="vcpus") as refused:
        bc.FargateJobDefinition.from_mapping(
            stack, {"A": {"vcpus": 3}, "B": {}, "C": {"image": 7}, "D": {"vcpus": 5}}, **SIZE
        )

    lines = str(refused.value).splitlines()
    assert [line.split(":")[0] for line in lines] == [f"{stack.node.id}/{it}" for it in "ACD"]
    assert [child.node.id for child in stack.node.children] == []


def test_only_wrong_types_are_a_type_error(stack: cdk.Stack) -> None:
    with pytest.raises(TypeError, match=r"/A: image is int.*\n.*/B: image is int"):
        bc.FargateJobDefinition.from_mapping(stack, {"A": {}, "B": {}}, **{**SIZE, "image": 7})


def test_a_role_that_was_given_is_granted_nothing_if_one_is_refused(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    with pytest.raises(ValueError, match="vcpus"):
        bc.FargateJobDefinition.from_mapping(
            stack, {"A": {}, "B": {"vcpus": 3}}, execution_role=role, **SIZE
        )

    Template.from_stack(stack).resource_count_is("AWS::IAM::Policy", 0)


def test_an_id_that_is_taken_is_refused_with_the_path_and_the_others_go(stack: cdk.Stack) -> None:
    taken = bc.FargateJobDefinition(stack, "Taken", **SIZE)
    with pytest.raises(ValueError, match=rf"{stack.node.id}/Taken: .*Taken"):
        bc.FargateJobDefinition.from_mapping(stack, {"New": {}, "Taken": {}}, **SIZE)

    assert [child.node.id for child in stack.node.children] == ["Taken"]
    assert taken.resource.node.path == f"{stack.node.id}/Taken/Resource"


def test_each_is_the_very_object_that_the_tree_has(stack: cdk.Stack) -> None:
    made = bc.FargateJobDefinition.from_mapping(stack, {"A": {}, "B": {}}, **SIZE)

    assert made["B"].node.default_child is made["B"].resource
    assert isinstance(made["B"].resource, cdk.aws_batch.CfnJobDefinition)


def test_what_is_asked_for_in_between_is_made_with_all_that_waits(stack: cdk.Stack) -> None:
    """A subclass may look at what it has made, in its own constructor."""

    class Looks(bc.FargateJobDefinition):
        def __init__(self, scope: cdk.Stack, id: str, **arguments: Any) -> None:
            super().__init__(scope, id, **arguments)
            self.path = self.resource.node.path

    made = Looks.from_mapping(stack, {"A": {}, "B": {}}, **SIZE)

    assert [one.path for one in made.values()] == [
        f"{stack.node.id}/{name}/Resource" for name in "AB"
    ]
    Template.from_stack(stack).resource_count_is("AWS::Logs::LogGroup", 2)


def test_a_text_like_what_stands_for_a_name_is_left_alone_elsewhere(stack: cdk.Stack) -> None:
    """What is no resource of the same definition is nobody's: the CDK refuses it as a token."""
    with pytest.raises(ValueError, match="made:Nobody:ref"):
        bc.FargateJobDefinition(stack, "A", environment={"X": "${Token[made:Nobody:ref]}"}, **SIZE)


@pytest.mark.parametrize(
    ("definitions", "told"),
    [
        (["A"], "definitions is list"),
        ({"A": 7}, r'definitions\["A"\] is int 7; expected a mapping of arguments'),
    ],
)
def test_what_is_no_mapping_is_refused(stack: cdk.Stack, definitions: Any, told: str) -> None:
    with pytest.raises(TypeError, match=f"^{stack.node.id}: {told}"):
        bc.FargateJobDefinition.from_mapping(stack, definitions, **SIZE)


def test_what_was_refused_is_not_made_when_the_app_is_synthesised() -> None:
    refused: list[bc.FargateJobDefinition] = []

    class Seen(bc.FargateJobDefinition):
        def __init__(self, scope: cdk.Stack, id: str, **arguments: Any) -> None:
            super().__init__(scope, id, **arguments)
            refused.append(self)

    app = cdk.App()
    stack = cdk.Stack(app, "S")
    with pytest.raises(ValueError, match="vcpus"):
        Seen.from_mapping(stack, {"New": {}, "Wrong": {"vcpus": 3}}, **SIZE)

    app.synth()

    assert [len(one.node.children) for one in refused] == [0]


def test_many_that_a_construct_makes_beside_itself_go_with_it(stack: cdk.Stack) -> None:
    class Pipeline(bc.FargateJobDefinition):
        def __init__(self, scope: cdk.Stack, id: str, **arguments: Any) -> None:
            super().__init__(scope, id, **arguments)
            bc.FargateJobDefinition.from_mapping(scope, {"A": {}, "B": {}}, **SIZE)
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        Pipeline(stack, "Pipeline", **SIZE)

    assert [child.node.id for child in stack.node.children] == []
