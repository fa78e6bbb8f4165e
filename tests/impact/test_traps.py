"""Where updates were seen to wedge: our constructs before and after, told and deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

import batch_constructs as bc
from batch_constructs.aws import updates
from batch_constructs.impact.verdict import Effect, Impact, impact
from batch_constructs.local.direct_deployment import DirectDeployment
from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batch_constructs.aws.source import Source
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
STAYS, ANOTHER, FAILS = "stays", "another", "fails"
IMAGE = "public.ecr.aws/docker/library/busybox:stable"


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A change of a program, and what becomes of one resource of it.

    Attributes:
        make: makes it below a scope, as it was or changed.
        effect: what `impact` says.
        did: what the embedded AWS did.
        source: where AWS says so.
        stack_tags: whether the tags of the stack change, too.
    """

    make: Callable[[Construct, bool], object]
    effect: Effect
    did: str
    source: Source
    stack_tags: bool = False


def vpc(scope: Construct, subnet: str = "subnet-12345678") -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=[subnet],
        private_subnet_route_table_ids=["rtb-12345678"],
    )


def groups(scope: Construct) -> list[ec2.ISecurityGroup]:
    return [ec2.SecurityGroup.from_security_group_id(scope, "Group", "sg-12345678")]


def instances(
    scope: Construct, kind: Any = bc.Ec2ComputeEnvironment, **options: Any
) -> bc.JobQueue:
    environment = kind(scope, "It", vpc=vpc(scope), security_groups=groups(scope), **options)
    return bc.JobQueue(scope, "Queue", compute_environments=[environment])


def fargate(
    scope: Construct, subnet: str = "subnet-12345678", **options: Any
) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(
        scope, "It", vpc=vpc(scope, subnet), security_groups=groups(scope), **options
    )


def of(
    before: dict[str, Any], after: dict[str, Any], **always: Any
) -> Callable[[Construct, bool], object]:
    """Give an environment on instances with these options before, and with those after."""
    return lambda scope, changed: instances(scope, **always, **(after if changed else before))


def own_role(**name: str) -> Callable[[Construct, bool], object]:
    """Give an environment that gets a service role of its own."""

    def make(scope: Construct, changed: bool) -> object:  # noqa: FBT001  # a stage of a change
        role = iam.Role.from_role_arn(scope, "Own", "arn:aws:iam::123456789012:role/own")
        return instances(scope, **name, **({"service_role": role} if changed else {}))

    return make


def capacity(**name: str) -> Callable[[Construct, bool], object]:
    """Give an environment on Fargate that becomes one on instances."""

    def make(scope: Construct, changed: bool) -> object:  # noqa: FBT001  # a stage of a change
        if changed:
            return instances(scope, **name)
        return bc.JobQueue(scope, "Queue", compute_environments=[fargate(scope, **name)])

    return make


def launch_template(scope: Construct, changed: bool) -> object:  # noqa: FBT001  # a stage of a change
    template = bc.LaunchTemplate(scope, "Template", detailed_monitoring=changed)
    return instances(scope, launch_template=template)


def architecture_of_a_definition(scope: Construct, changed: bool) -> object:  # noqa: FBT001  # a stage of a change
    return bc.FargateJobDefinition(
        scope,
        "It",
        image=IMAGE,
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        cpu_architecture="ARM64" if changed else "X86_64",
    )


def policy(scope: Construct, *, there: bool) -> object:
    fair = bc.FairSharePolicy(scope, "Fair")
    return bc.JobQueue(
        scope,
        "It",
        compute_environments=[
            bc.FargateComputeEnvironment(
                scope, "Capacity", vpc=vpc(scope), security_groups=groups(scope)
            )
        ],
        scheduling_policy=fair if there else None,
    )


def licences(scope: Construct, changed: bool, **name: Any) -> object:  # noqa: FBT001  # a stage of a change
    return bc.ConsumableResource(scope, "It", total_quantity=3, replenishable=not changed, **name)


REGISTRY = updates.registry("AWS::Batch::ComputeEnvironment")
NAME = {"compute_environment_name": "nightly"}
BEST_FIT = {"allocation_strategy": "BEST_FIT"}
TRAPS: dict[str, Trap] = {
    "tags of the stack": Trap(
        make=of({}, {}, compute_environment_name="tagged-stack"),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=REGISTRY,
        stack_tags=True,
    ),
    "a name": Trap(
        make=of({"compute_environment_name": "a"}, {"compute_environment_name": "b"}),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=REGISTRY,
    ),
    "tags with an exact name": Trap(
        make=of({}, {"tags": {"Team": "a"}}, exact_name="exactly"),
        effect=Effect.REPLACE,
        did=FAILS,
        source=REGISTRY,
    ),
    "to BEST_FIT": Trap(
        make=of({}, BEST_FIT, compute_environment_name="to-best-fit"),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=updates.REPLACES_BY_DEFAULT,
    ),
    "to BEST_FIT with a generated name": Trap(
        make=of({}, BEST_FIT),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=updates.REPLACES_BY_DEFAULT,
    ),
    "to BEST_FIT with an exact name": Trap(
        make=of({}, BEST_FIT, exact_name="exactly-best"),
        effect=Effect.REPLACE,
        did=FAILS,
        source=updates.REPLACES_BY_DEFAULT,
    ),
    "a service role of its own": Trap(
        make=own_role(compute_environment_name="own-role"),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=REGISTRY,
    ),
    "a service role of its own with a generated name": Trap(
        make=own_role(), effect=Effect.IN_PLACE, did=FAILS, source=updates.ROLE_STAYS
    ),
    "on demand to Spot under one ID": Trap(
        make=lambda scope, changed: instances(
            scope, bc.SpotComputeEnvironment if changed else bc.Ec2ComputeEnvironment
        ),
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "Spot to on demand under one ID": Trap(
        make=lambda scope, changed: instances(
            scope, bc.Ec2ComputeEnvironment if changed else bc.SpotComputeEnvironment
        ),
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "Fargate to EC2 under one ID": Trap(
        make=capacity(compute_environment_name="kinds"),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=REGISTRY,
    ),
    "Fargate to EC2 under one ID with a generated name": Trap(
        make=capacity(), effect=Effect.REPLACE, did=FAILS, source=updates.FARGATE_REFUSES
    ),
    "Fargate to Fargate Spot": Trap(
        make=lambda scope, changed: fargate(
            scope, spot=changed, compute_environment_name="to-spot"
        ),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=REGISTRY,
    ),
    "Fargate to Fargate Spot with a generated name": Trap(
        make=lambda scope, changed: fargate(scope, spot=changed),
        effect=Effect.REPLACE,
        did=FAILS,
        source=updates.FARGATE_REFUSES,
    ),
    "max_vcpus of Fargate": Trap(
        make=lambda scope, changed: fargate(scope, max_vcpus=8 if changed else 4),
        effect=Effect.IN_PLACE,
        did=STAYS,
        source=REGISTRY,
    ),
    "subnets of Fargate": Trap(
        make=lambda scope, changed: fargate(
            scope, "subnet-87654321" if changed else "subnet-12345678"
        ),
        effect=Effect.IN_PLACE,
        did=STAYS,
        source=updates.SCALING,
    ),
    "a version of the launch template": Trap(
        make=launch_template,
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "the image of instances": Trap(
        make=of({}, {"images": [bc.InstanceImage(image_type="ECS_AL2023_NVIDIA")]}),
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "tags of instances": Trap(
        make=of({}, {"instance_tags": {"Team": "a"}}),
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "tags of instances with BEST_FIT": Trap(
        make=of({}, {"instance_tags": {"Team": "a"}}, **BEST_FIT),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=updates.REPLACES_BY_DEFAULT,
    ),
    "the architecture of instances": Trap(
        make=of({"instance_types": ["m7i"]}, {"instance_types": ["m7g"]}),
        effect=Effect.INFRASTRUCTURE_UPDATE,
        did=STAYS,
        source=updates.IN_PLACE,
    ),
    "the architecture of a definition": Trap(
        make=architecture_of_a_definition,
        effect=Effect.IN_PLACE,
        did=STAYS,
        source=updates.registry("AWS::Batch::JobDefinition"),
    ),
    "a policy removed": Trap(
        make=lambda scope, changed: policy(scope, there=not changed),
        effect=Effect.IN_PLACE,
        did=FAILS,
        source=updates.POLICY_STAYS,
    ),
    "a policy added": Trap(
        make=lambda scope, changed: policy(scope, there=changed),
        effect=Effect.IN_PLACE,
        did=FAILS,
        source=updates.NO_POLICY_LATER,
    ),
    "replenishable": Trap(
        make=lambda scope, changed: licences(scope, changed, consumable_resource_name="licences"),
        effect=Effect.REPLACE,
        did=ANOTHER,
        source=updates.registry("AWS::Batch::ConsumableResource"),
    ),
    "replenishable with an exact name": Trap(
        make=lambda scope, changed: licences(scope, changed, exact_name="seats"),
        effect=Effect.REPLACE,
        did=FAILS,
        source=updates.registry("AWS::Batch::ConsumableResource"),
    ),
}
STACKS = {name: f"Trap{place}" for place, name in enumerate(TRAPS)}


def templates(*, changed: bool) -> dict[str, dict[str, Any]]:
    """Make every trap, a stack each, in one app."""
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    for name, trap in TRAPS.items():
        tags = {"Stage": "live" if changed else "test"} if trap.stack_tags else None
        trap.make(cdk.Stack(app, STACKS[name], tags=tags), changed)
    assembly = app.synth()
    return {name: assembly.get_stack_by_name(one).template for name, one in STACKS.items()}


@pytest.fixture(scope="module")
def before() -> dict[str, dict[str, Any]]:
    return templates(changed=False)


@pytest.fixture(scope="module")
def after() -> dict[str, dict[str, Any]]:
    return templates(changed=True)


def deploy(aws: LocalAws, path: Path, stack: str, template: dict[str, Any]) -> dict[str, str]:
    path.write_text(json.dumps(template))
    deployment = DirectDeployment(aws.server.record, aws.client)
    return dict(deployment.deploy(stack, path, None).resources)


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_told_with_its_source_and_the_embedded_aws_does_as_told(
    name: str,
    before: dict[str, dict[str, Any]],
    after: dict[str, dict[str, Any]],
    local_aws: LocalAws,
    tmp_path: Path,
) -> None:
    trap, file = TRAPS[name], tmp_path / "template.json"

    found = impact(before[name], after[name])
    was = deploy(local_aws, file, STACKS[name], before[name])
    try:
        is_now = deploy(local_aws, file, STACKS[name], after[name])
    except LocalAwsError:
        is_now, did = was, FAILS
    else:
        did = STAYS if {*physical(was, found)} == {*physical(is_now, found)} else ANOTHER

    (said,) = (found[one] for one in in_question(found))
    assert (said.effect, did) == (trap.effect, trap.did)
    assert f"see {trap.source.page}" in said.notes
    assert said.fails is (did == FAILS)
    queues = [one for one in was if one.startswith("Queue")]
    assert [is_now[one] for one in queues] == [was[one] for one in queues]


def in_question(found: Mapping[str, Impact]) -> list[str]:
    """Give the logical ID of the resource of AWS Batch that a trap is about."""
    return [
        name
        for name, one in found.items()
        if name.startswith("It") and one.type.startswith("AWS::Batch::")
    ]


def physical(resources: Mapping[str, str], found: Mapping[str, Impact]) -> list[str]:
    """Give its physical ID; of a definition its name, since a revision is another ARN."""
    return [
        resources[one].rpartition(":")[0] if "job-definition" in resources[one] else resources[one]
        for one in in_question(found)
    ]


def test_tags_of_the_app_replace_its_environments_and_no_queue(
    local_aws: LocalAws, tmp_path: Path
) -> None:
    def template(stage: str) -> dict[str, Any]:
        app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
        instances(cdk.Stack(app, "TrapOfApp"), **NAME)
        cdk.Tags.of(app).add("Stage", stage)
        found: dict[str, Any] = app.synth().get_stack_by_name("TrapOfApp").template
        return found

    old, new = template("test"), template("live")
    was, is_now = (
        deploy(local_aws, tmp_path / "template.json", "TrapOfApp", one) for one in (old, new)
    )

    found = impact(old, new)
    replaced = {name for name, one in found.items() if one.effect is Effect.REPLACE}
    assert replaced == {*in_question(found)}
    assert {name for name in was if was[name] != is_now[name]} == replaced
