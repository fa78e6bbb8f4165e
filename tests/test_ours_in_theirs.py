"""Ours stand wherever an ``aws_batch`` L2 or a reference of the CDK's is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import assertions
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk.interfaces import aws_batch as batch_interfaces
from constructs import IMixin

import batch_constructs as bc
from batch_constructs.batch_resource import BatchResource
from batch_constructs.one_call import members
from tests.constructors import MEMORY, Given

Resources = Callable[..., dict[str, dict[str, Any]]]
QUEUE = "AWS::Batch::JobQueue"


@pytest.fixture
def environment(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)


@pytest.fixture
def queue(stack: cdk.Stack, environment: bc.FargateComputeEnvironment) -> bc.JobQueue:
    return bc.JobQueue(stack, "Ours", compute_environments=[environment])


@pytest.fixture
def definition(stack: cdk.Stack) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )


def test_an_l2_queue_takes_our_environments_and_policy(
    stack: cdk.Stack, environment: bc.FargateComputeEnvironment, resources: Resources
) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:compute-environment/known"
    known = bc.ComputeEnvironment.from_compute_environment_arn(stack, "Known", arn)
    policy = bc.FairSharePolicy(stack, "Policy")
    theirs = batch.JobQueue(
        stack,
        "Theirs",
        compute_environments=[
            batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
        ],
        scheduling_policy=policy,
    )
    theirs.add_compute_environment(known, 2)

    assert theirs.scheduling_policy is policy
    (made,) = resources(QUEUE).values()
    properties = made["Properties"]
    arn_of_ours = stack.resolve(environment.compute_environment_arn)
    assert properties["ComputeEnvironmentOrder"] == [
        {"ComputeEnvironment": arn_of_ours, "Order": 1},
        {"ComputeEnvironment": arn, "Order": 2},
    ]
    assert properties["SchedulingPolicyArn"] == stack.resolve(policy.scheduling_policy_arn)


def test_our_trigger_knows_the_policy_of_an_l2_queue_that_is_ours(
    stack: cdk.Stack, environment: bc.FargateComputeEnvironment, definition: bc.FargateJobDefinition
) -> None:
    ordered = batch.OrderedComputeEnvironment(compute_environment=environment, order=1)
    theirs = batch.JobQueue(
        stack,
        "Theirs",
        compute_environments=[ordered],
        scheduling_policy=bc.FairSharePolicy(stack, "Policy"),
    )
    with pytest.raises(ValueError, match="share_identifier is left out, but the queue has"):
        bc.ScheduleTrigger(
            stack, "Nightly", queue=theirs, job_definition=definition, schedule="rate(1 day)"
        )


def test_an_l2_definition_grants_submission_to_our_queue(
    stack: cdk.Stack, queue: bc.JobQueue, resources: Resources
) -> None:
    container = batch.EcsFargateContainerDefinition(
        stack,
        "Container",
        image=cdk.aws_ecs.ContainerImage.from_registry("busybox"),
        cpu=1,
        memory=cdk.Size.gibibytes(2),
    )
    theirs = batch.EcsJobDefinition(stack, "Theirs", container=container)
    user = iam.User(stack, "GrantedByTheL2")
    theirs.grant_submit_job(user, queue)

    (policy,) = (
        one for one in resources("AWS::IAM::Policy").values() if "Users" in one["Properties"]
    )
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert stack.resolve(queue.job_queue_arn) in statement["Resource"]


def test_l1s_take_references_of_ours(
    stack: cdk.Stack, queue: bc.JobQueue, environment: bc.FargateComputeEnvironment
) -> None:
    policy = bc.FairSharePolicy(stack, "Policy")
    l1 = batch.CfnJobQueue(
        stack,
        "L1",
        priority=1,
        compute_environment_order=[
            {"order": 1, "computeEnvironment": environment.compute_environment_arn}
        ],
        scheduling_policy_arn=policy,
    )
    share = batch.CfnQuotaShare(
        stack,
        "Share",
        capacity_limits=[],
        job_queue=queue.job_queue_arn,
        preemption_configuration={"inSharePreemption": "DISABLED"},
        quota_share_name="a",
        resource_sharing_configuration={"strategy": "RESERVE"},
    )
    assert stack.resolve(l1.scheduling_policy_arn) == stack.resolve(policy.scheduling_policy_arn)
    assert share.job_queue


def test_targets_and_tasks_of_the_cdk_take_ours(
    stack: cdk.Stack, queue: bc.JobQueue, definition: bc.FargateJobDefinition, resources: Resources
) -> None:
    rule = events.Rule(stack, "Rule", schedule=events.Schedule.rate(cdk.Duration.days(1)))
    rule.add_target(
        targets.BatchJob(queue.job_queue_arn, queue, definition.job_definition_arn, definition)
    )
    tasks.BatchSubmitJob(
        stack,
        "Task",
        job_name="a",
        job_queue_arn=queue.job_queue_arn,
        job_definition_arn=definition.job_definition_arn,
    )
    (made,) = resources("AWS::Events::Rule").values()
    (target,) = made["Properties"]["Targets"]
    assert target["Arn"] == stack.resolve(queue.job_queue_arn)


def test_every_resource_of_ours_is_a_reference_of_its_kind(
    stack: cdk.Stack,
    queue: bc.JobQueue,
    environment: bc.FargateComputeEnvironment,
    definition: bc.FargateJobDefinition,
) -> None:
    """The annotations are the test, for mypy; the ARNs are it at run time."""
    policy: batch.ISchedulingPolicy = bc.FairSharePolicy(stack, "Policy")
    known: batch.IComputeEnvironment = environment
    queue_ref: batch_interfaces.IJobQueueRef = queue
    definition_ref: batch_interfaces.IJobDefinitionRef = definition
    environment_ref: batch_interfaces.IComputeEnvironmentRef = environment
    policy_ref: batch_interfaces.ISchedulingPolicyRef = policy
    licences: batch_interfaces.IConsumableResourceRef = bc.ConsumableResource(
        stack, "Licences", total_quantity=1
    )
    assert known.enabled is True
    assert known.service_role is None
    assert queue_ref.job_queue_ref.job_queue_arn == queue.job_queue_arn
    assert definition_ref.job_definition_ref.job_definition_arn == definition.job_definition_arn
    assert (
        environment_ref.compute_environment_ref.compute_environment_arn
        == environment.compute_environment_arn
    )
    assert policy_ref.scheduling_policy_ref.scheduling_policy_arn == policy.scheduling_policy_arn
    assert licences.consumable_resource_ref.consumable_resource_arn


def test_a_consumable_resource_has_the_cdk_s_grants(stack: cdk.Stack, resources: Resources) -> None:
    licences: batch.IConsumableResource = bc.ConsumableResource(stack, "Licences", total_quantity=1)
    licences.grants.update(
        iam.Role(stack, "Buyer", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    )

    (policy,) = resources("AWS::IAM::Policy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "batch:UpdateConsumableResource"
    assert statement["Resource"] == stack.resolve(licences.consumable_resource_arn)


def test_an_environment_tells_what_an_l2_environment_tells(
    stack: cdk.Stack, vpc: ec2.Vpc, environment: bc.FargateComputeEnvironment
) -> None:
    """The annotations are the test, for mypy and pyright."""
    public = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
    patient = bc.UpdatePolicy(job_execution_timeout=cdk.Duration.hours(1))
    plain: batch.IFargateComputeEnvironment = environment
    made: batch.IManagedComputeEnvironment = bc.SpotComputeEnvironment(
        stack,
        "Spot",
        vpc=vpc,
        vpc_subnets=public,
        max_vcpus=8,
        update_policy=patient,
    )
    fleet: batch.IUnmanagedComputeEnvironment = bc.UnmanagedComputeEnvironment(
        stack, "Fleet", unmanaged_vcpus=4
    )

    assert (plain.maxv_cpus, plain.spot, plain.vpc_subnets) == (256, False, None)
    assert (plain.terminate_on_update, plain.update_timeout) == (None, None)
    assert plain.update_to_latest_image_version is None
    plain.tags.set_tag("team", "a")
    assert environment.resource.tags.tag_values() == {"team": "a"}
    assert (made.maxv_cpus, made.spot, made.vpc_subnets) == (8, True, public)
    assert (made.replace_compute_environment, made.terminate_on_update) == (False, None)
    assert made.update_timeout is not None
    assert made.update_timeout.to_minutes() == 60
    assert made.update_to_latest_image_version is True
    assert fleet.unmanagedv_cp_us == 4


def test_capacity_of_managed_instances_is_told_to_be_spot(stack: cdk.Stack, vpc: ec2.Vpc) -> None:
    made = [
        bc.ManagedInstancesComputeEnvironment(stack, name, vpc=vpc, spot=name == "Spot")
        for name in ("Spot", "OnDemand")
    ]

    assert [one.spot for one in made] == [True, False]


def test_other_stacks_refer_to_a_queue_as_it_says(app: cdk.App, stack: cdk.Stack) -> None:
    queue = bc.JobQueue(
        stack,
        "Queue",
        compute_environments=[bc.UnmanagedComputeEnvironment(stack, "Environment")],
    )
    queue.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)
    other = cdk.Stack(app, "Other")
    cdk.CfnOutput(other, "Arn", value=queue.job_queue_arn)

    found = app.synth().get_stack_by_name("Other").template["Outputs"]["Arn"]["Value"]
    assert list(found) == ["Fn::GetStackOutput"]


def test_what_was_taken_in_is_referred_to_by_its_arn_alone(stack: cdk.Stack) -> None:
    known = bc.JobQueue.from_job_queue_name(stack, "Known", "a")
    with pytest.raises(ValueError, match="Known: resource is unknown: it was imported"):
        known.apply_cross_stack_reference_strength(cdk.ReferenceStrength.WEAK)
    with pytest.raises(TypeError, match=r"^Stack/Known: strength is str \"weak\"; expected a cdk"):
        known.apply_cross_stack_reference_strength("weak")  # type: ignore[arg-type]


def test_what_was_taken_in_is_where_its_arn_says(stack: cdk.Stack) -> None:
    arn = "arn:aws:batch:eu-west-1:210987654321:job-queue/there"
    there = bc.JobQueue.from_job_queue_arn(stack, "There", arn).env

    assert (there.region, there.account) == ("eu-west-1", "210987654321")


MADE = [
    name
    for name in bc.__all__
    if isinstance(getattr(bc, name), type)
    and issubclass(getattr(bc, name), BatchResource)
    and "_instead" not in vars(getattr(bc, name))
]


def resources_of_ours(stack: cdk.Stack) -> tuple[list[Any], list[Any]]:
    """One of each, made and taken in."""
    given = Given(stack)
    several = bc.FargateJobDefinition.from_mapping(
        stack, {"A": {}, "B": {}}, image="busybox", vcpus=1, memory=MEMORY
    )
    made = [getattr(bc, name)(stack, f"New{name}", **given.arguments(name)) for name in MADE]
    taken_in = [
        bc.JobQueue.from_job_queue_name(stack, "KnownQueue", "a"),
        bc.JobDefinition.from_job_definition_name(stack, "KnownJob", "a"),
        bc.ComputeEnvironment.from_compute_environment_name(stack, "KnownEnvironment", "a"),
    ]
    return [given.queue, *made, *several.values()], taken_in


def test_ours_are_resources_to_the_cdk(stack: cdk.Stack) -> None:
    made, taken_in = resources_of_ours(stack)

    assert len(MADE) > 15
    wrong = [one.node.id for one in (*made, *taken_in) if not cdk.Resource.is_resource(one)]
    assert wrong == []
    assert [one.node.id for one in made if not cdk.Resource.is_owned_resource(one)] == []
    assert [one.node.id for one in taken_in if cdk.Resource.is_owned_resource(one)] == []


def test_what_is_a_resource_to_the_cdk_has_what_its_resources_have(stack: cdk.Stack) -> None:
    made, taken_in = resources_of_ours(stack)

    for one in (*made, *taken_in):
        its_stack, its_env = members(one, "stack", "env")
        assert its_stack is stack, one.node.id
        assert its_env is not None, one.node.id


@jsii.implements(cdk.IAspect)
class KeptWhereverItIsAResource:
    """What teams have: an aspect over whatever is an L2."""

    def visit(self, node: Any) -> None:
        if cdk.Resource.is_resource(node) and cdk.Resource.is_owned_resource(node):
            node.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


@jsii.implements(IMixin)
class KeptByAMixin:
    """A mixin over whatever is an L2."""

    def supports(self, construct: Any) -> bool:
        return bool(cdk.Resource.is_resource(construct))

    def apply_to(self, construct: Any) -> None:
        if cdk.Resource.is_owned_resource(construct):
            construct.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


@pytest.mark.parametrize(
    "apply",
    [
        lambda stack: cdk.Aspects.of(stack).add(KeptWhereverItIsAResource()),
        lambda stack: cdk.Mixins.of(stack).apply(KeptByAMixin()),
        lambda stack: cdk.RemovalPolicies.of(stack).retain(),
    ],
)
def test_a_removal_policy_reaches_ours_however_the_cdk_goes_about(
    apply: Callable[[cdk.Stack], object], stack: cdk.Stack
) -> None:
    made, _ = resources_of_ours(stack)

    apply(stack)

    found = assertions.Template.from_stack(stack).to_json()["Resources"]
    ids = [str(stack.get_logical_id(one.node.default_child)) for one in made]
    assert {id_: found[id_].get("DeletionPolicy") for id_ in ids} == dict.fromkeys(ids, "Retain")


def test_a_log_group_of_a_definition_needs_no_removal_policy(stack: cdk.Stack) -> None:
    """The CDK demands one of each L1 with data that is made below a resource."""
    made = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )
    assert made.log_group is not None
    assert made.log_group.node.scope is made
    assert assertions.Template.from_stack(stack) is not None


def test_a_removal_policy_goes_to_the_resource(
    stack: cdk.Stack, queue: bc.JobQueue, resources: Resources
) -> None:
    queue.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    with pytest.raises(ValueError, match="Known: it was imported"):
        bc.JobQueue.from_job_queue_name(stack, "Known", "a").apply_removal_policy(
            cdk.RemovalPolicy.RETAIN
        )

    assert next(iter(resources(QUEUE).values()))["DeletionPolicy"] == "Retain"


def test_a_queue_has_what_an_l2_queue_has(
    stack: cdk.Stack, environment: bc.FargateComputeEnvironment
) -> None:
    policy = bc.FairSharePolicy(stack, "Policy")
    queue = bc.JobQueue(
        stack,
        "Ours",
        compute_environments=[environment],
        priority=7,
        scheduling_policy=policy,
        enabled=False,
    )
    assert (queue.priority, queue.enabled, queue.scheduling_policy) == (7, False, policy)


def test_a_queue_that_was_taken_in_does_not_make_it_up(stack: cdk.Stack) -> None:
    taken = bc.JobQueue.from_job_queue_name(stack, "Theirs", "a")
    assert (taken.enabled, taken.scheduling_policy) == (None, None)
    with pytest.raises(ValueError, match="^Stack/Theirs: priority is unknown: "):
        assert taken.priority


def test_a_definition_has_what_an_l2_definition_has(stack: cdk.Stack) -> None:
    last_rule = bc.RetryRule(action="EXIT", on_reason="*")
    rules = [bc.RetryRule(action="RETRY", on_exit_code="1"), last_rule]
    made = bc.FargateJobDefinition(
        stack,
        "Job",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["Ref::who"],
        parameters={"who": "world"},
        retry_policy=bc.RetryPolicy(attempts=3, rules=rules),
        scheduling_priority=5,
        timeout=cdk.Duration.hours(2),
    )
    assert made.parameters == {"who": "world"}
    assert (made.retry_attempts, made.scheduling_priority) == (3, 5)
    assert made.timeout is not None
    assert made.timeout.to_hours() == 2
    first, last = made.retry_strategies
    assert (first.action, last.action) == (batch.Action.RETRY, batch.Action.EXIT)
    assert first.on is not None


def test_of_a_definition_that_was_taken_in_nothing_is_said(stack: cdk.Stack) -> None:
    taken = bc.JobDefinition.from_job_definition_name(stack, "Theirs", "a")
    assert (taken.parameters, taken.retry_attempts, taken.timeout) == (None, None, None)
    assert taken.retry_strategies == []


def test_a_rule_for_retries_is_given_with_the_others(definition: bc.FargateJobDefinition) -> None:
    more = batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.NON_ZERO_EXIT_CODE)
    with pytest.raises(ValueError, match=r"^Stack/Job: add_retry_strategy.* give retry_policy="):
        definition.add_retry_strategy(more)


def test_the_cdk_s_environments_and_fleets_take_our_launch_templates(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    ours = bc.LaunchTemplate(stack, "Template")
    ours.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    batch.ManagedEc2EcsComputeEnvironment(stack, "L2", vpc=vpc, launch_template=ours)
    autoscaling.AutoScalingGroup(stack, "Fleet", vpc=vpc, launch_template=ours)
    mixed = autoscaling.MixedInstancesPolicy(launch_template=ours)
    autoscaling.AutoScalingGroup(stack, "Mixed", vpc=vpc, mixed_instances_policy=mixed)

    (environment,) = resources("AWS::Batch::ComputeEnvironment").values()
    used = environment["Properties"]["ComputeResources"]["LaunchTemplate"]
    assert used == {"LaunchTemplateId": stack.resolve(ours.launch_template_id)}
    fleet, other = (
        one["Properties"] for one in resources("AWS::AutoScaling::AutoScalingGroup").values()
    )
    named = {**used, "Version": stack.resolve(ours.latest_version_number)}
    assert fleet["LaunchTemplate"] == named
    written = other["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    assert written == named
    (template,) = resources("AWS::EC2::LaunchTemplate").values()
    assert template["DeletionPolicy"] == "Retain"
    assert ours.launch_template_name is None
    assert ours.launch_template_ref.launch_template_id == ours.launch_template_id
