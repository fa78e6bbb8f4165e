"""Regions and accounts: what works only in one place is refused across two, for ARNs and stacks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

import batch_constructs as bc
from tests.constructors import Given
from tests.test_public_api import MADE_BY_US

ACCOUNT = "123456789012"
THERE = f"arn:aws:batch:eu-west-1:{ACCOUNT}"
IMAGE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}


class World:
    """A stack here, and what it might refer to: in another Region, by ARN or by its construct."""

    def __init__(self, way: str) -> None:
        self.app = cdk.App()
        self.here = cdk.Stack(
            self.app, "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1")
        )
        there = cdk.Stack(
            self.app, "There", env=cdk.Environment(account=ACCOUNT, region="eu-west-1")
        )
        vpc = ec2.Vpc(self.here, "Vpc", max_azs=2, nat_gateways=0)
        self.environment: Any = bc.FargateComputeEnvironment(self.here, "Environment", vpc=vpc)
        self.queue = bc.JobQueue(self.here, "Queue", compute_environments=[self.environment])
        self.definition = bc.FargateJobDefinition(self.here, "Job", **IMAGE)
        other: Any
        if way == "ARN":
            other = self.here
            self.other_environment: Any = bc.ComputeEnvironment.from_compute_environment_arn(
                other, "OtherEnvironment", f"{THERE}:compute-environment/a"
            )
            self.other_queue: Any = bc.JobQueue.from_job_queue_arn(
                other, "OtherQueue", f"{THERE}:job-queue/a"
            )
            self.other_definition: Any = bc.JobDefinition.from_job_definition_arn(
                other, "OtherJob", f"{THERE}:job-definition/a:1"
            )
            self.other_policy: Any = bc.SchedulingPolicy.from_scheduling_policy_arn(
                other, "OtherPolicy", f"{THERE}:scheduling-policy/a"
            )
            return
        vpc = ec2.Vpc(there, "Vpc", max_azs=2, nat_gateways=0)
        environment = bc.FargateComputeEnvironment(there, "Environment", vpc=vpc)
        self.other_environment = environment
        self.other_definition = bc.FargateJobDefinition(there, "Job", **IMAGE)
        if way == "ours":
            self.other_queue = bc.JobQueue(there, "Queue", compute_environments=[environment])
            self.other_policy = bc.FairSharePolicy(there, "Policy")
            return
        self.other_queue = batch.JobQueue(there, "Queue", priority=1)
        self.other_policy = batch.FairshareSchedulingPolicy(there, "Policy")


REFUSED: dict[str, tuple[Callable[[World], object], str]] = {
    "an environment of a queue": (
        lambda w: bc.JobQueue(w.here, "X", compute_environments=[w.other_environment]),
        r"compute_environments\[0\]: .* is in Region eu-west-1, and the stack in us-east-1",
    ),
    "the policy of a queue": (
        lambda w: bc.JobQueue(
            w.here, "X", compute_environments=[w.environment], scheduling_policy=w.other_policy
        ),
        "scheduling_policy: .* is in Region eu-west-1",
    ),
    "a queue that rescues": (
        lambda w: bc.JobQueue(
            w.here, "X", compute_environments=[w.environment], spot_rescue_queue=w.other_queue
        ),
        "spot_rescue_queue: .* is in Region eu-west-1",
    ),
    "the definitions of a rescue": (
        lambda w: bc.JobQueue(
            w.here,
            "X",
            compute_environments=[w.environment],
            spot_rescue_queue=w.queue,
            spot_rescue_job_definitions=[w.other_definition],
        ),
        r"spot_rescue_job_definitions\[0\]: .* is in Region eu-west-1",
    ),
    "a schedule's queue": (
        lambda w: bc.ScheduleTrigger(
            w.here,
            "X",
            queue=w.other_queue,
            job_definition=w.other_definition,
            schedule="rate(1 day)",
        ),
        "X: queue: .* is in Region eu-west-1, and the stack in us-east-1; .* every one would fail",
    ),
    "an event's definition": (
        lambda w: bc.EventTrigger(
            w.here,
            "X",
            queue=w.queue,
            job_definition=w.other_definition,
            event_pattern={"source": ["a"]},
        ),
        "X: job_definition: .* is in Region eu-west-1, and .* in us-east-1",
    ),
    "a gateway's queue": (
        lambda w: bc.SubmissionGateway(
            w.here,
            "X",
            queue=w.other_queue,
            job_definition=w.other_definition,
            mode="coalesce",
        ),
        "X: queue: .* is in Region eu-west-1",
    ),
    "a function's queue": (
        lambda w: bc.SubmitFunction(
            w.here, "X", queue=w.other_queue, job_definition=w.other_definition
        ),
        "X: queue: .* is in Region eu-west-1",
    ),
    "a workflow's definition": (
        lambda w: bc.Workflow(
            w.here,
            "X",
            queue=w.queue,
            jobs=[bc.WorkflowJob(name="one", job_definition=w.other_definition)],
        ),
        'job "one": job_definition: .* is in Region eu-west-1',
    ),
    "a grant": (
        lambda w: w.queue.grant_submit(iam.User(w.here, "User"), w.other_definition),
        "Here/Queue: job_definition: .* is in Region eu-west-1",
    ),
    "who is told": (
        lambda w: bc.JobNotifications(w.here, "X", queues=[w.other_queue]),
        r"queues\[0\]: .* let a rule there send the events to a bus here",
    ),
    "what is watched": (
        lambda w: bc.BatchMonitoring(w.here, "X", queues=[w.queue, w.other_queue]),
        r"queues\[1\]: .* is in Region eu-west-1, and the stack in us-east-1",
    ),
}


@pytest.fixture(scope="module", params=["ARN", "ours", "an L2"])
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


@pytest.mark.parametrize(("make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_across_regions_is_refused(
    world: World, make: Callable[[World], object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        make(world)
    assert world.here.node.try_find_child("X") is None


def test_a_rule_of_a_queue_is_made_where_the_queue_is(world: World) -> None:
    """An L2 queue's rules are below it; those of one that was taken in would be here."""
    if isinstance(world.other_queue, bc.JobQueue) and world.other_queue.stack is world.here:
        with pytest.raises(ValueError, match="publishes it only there"):
            world.other_queue.on_job_failed("Failed")
        return
    rule = bc.events_of(world.other_queue).on_job_failed("Failed")
    assert isinstance(rule, events.Rule)
    assert cdk.Stack.of(rule).region == "eu-west-1"


@pytest.mark.parametrize(
    "target",
    [
        lambda s: sqs.Queue.from_queue_arn(s, "T", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:a"),
        lambda s: sns.Topic.from_topic_arn(s, "T", f"arn:aws:sns:us-east-1:{'2' * 12}:a"),
    ],
)
def test_a_target_that_was_taken_in_from_elsewhere_is_refused_with_the_way_there(
    target: Callable[[cdk.Stack], Any],
) -> None:
    here = World("ARN")
    with pytest.raises(ValueError, match="target: arn:aws:s.s:.* send the events to a bus there"):
        here.queue.on_job_failed("Failed", target=target(here.here))
    assert here.queue.node.try_find_child("Failed") is None


def test_an_account_is_a_place_too() -> None:
    world = World("ARN")
    theirs = bc.JobQueue.from_job_queue_arn(
        world.here, "Theirs", "arn:aws:batch:us-east-1:210987654321:job-queue/a"
    )
    with pytest.raises(ValueError, match="is in account 210987654321, and the stack in 123456"):
        bc.SubmitFunction(world.here, "X", queue=theirs, job_definition=world.definition)


def test_what_only_cloudformation_knows_is_no_other_place() -> None:
    app = cdk.App()
    here, there = (cdk.Stack(app, name) for name in ("Here", "There"))
    vpc = ec2.Vpc(there, "Vpc", max_azs=2, nat_gateways=0)
    environment = bc.FargateComputeEnvironment(there, "Environment", vpc=vpc)
    queue = bc.JobQueue(here, "Queue", compute_environments=[environment])
    by_token = bc.JobDefinition.from_job_definition_arn(
        here, "Job", cdk.CfnParameter(here, "Arn").value_as_string
    )
    bc.SubmitFunction(here, "Submit", queue=queue, job_definition=by_token)
    theirs = batch.JobQueue.from_job_queue_arn(
        here, "Theirs", cdk.CfnParameter(here, "QueueArn").value_as_string
    )
    bc.SubmitFunction(here, "Other", queue=theirs, job_definition=by_token)


def _used_only_in_its_region(stack: cdk.Stack) -> dict[str, Any]:
    """Return a resource of another Region of each kind that is used in its own alone."""
    of_services = {"sns": "topic", "sqs": "letters"}
    there = {name: f"arn:aws:{name}:eu-west-1:{ACCOUNT}:{it}" for name, it in of_services.items()}
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
    topic = sns.Topic.from_topic_arn(stack, "OtherTopic", there["sns"])
    return {
        "topic": topic,
        "alarm_topic": topic,
        "dead_letter_queue": sqs.Queue.from_queue_arn(stack, "OtherLetters", there["sqs"]),
        "encryption_key": (other := kms.Key.from_key_arn(stack, "OtherKey", key)),
        "log_encryption_key": other,
    }


def test_every_parameter_for_what_is_used_in_its_region_alone_refuses_another() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    others, given = _used_only_in_its_region(stack), Given(stack)
    asked = 0
    for name in MADE_BY_US:
        for parameter in set(inspect.signature(getattr(bc, name)).parameters) & set(others):
            asked += 1
            arguments = {**given.arguments(name), parameter: others[parameter]}
            with pytest.raises(ValueError, match=f"{parameter}: .* is in Region eu-west-1"):
                getattr(bc, name)(stack, "X", **arguments)
    assert asked > len(others)


def _templates(app: cdk.App) -> dict[str, dict[str, Any]]:
    """Return the resources of each stack, with warnings of this library's rules as errors."""
    cdk.Validations.of(app).add_plugins(bc.BatchRules(strict=True))
    assembly = app.synth()
    return {stack.stack_name: stack.template.get("Resources", {}) for stack in assembly.stacks}


def _rules(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Events::Rule"]


@pytest.mark.parametrize("kind", [bc.JobNotifications, bc.JobEventLog, bc.JobCounters])
def test_events_of_a_queue_elsewhere_are_heard_on_a_bus_that_they_are_sent_to(
    kind: Any,
) -> None:
    """The rule there forwards them; those here stand on the bus, and nobody warns of that."""
    app = cdk.App()
    here = cdk.Stack(app, "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    queue = bc.JobQueue.from_job_queue_arn(here, "Queue", f"{THERE}:job-queue/a")
    job = bc.JobDefinition.from_job_definition_arn(here, "Job", f"{THERE}:job-definition/a:1")
    bus = events.EventBus(here, "Bus")
    only = {} if kind is bc.JobEventLog else {"job_definitions": [job]}
    kind(here, "X", queues=[queue], event_bus=bus, **only)

    rules = _rules(_templates(app)["Here"])
    assert rules
    for rule in rules:
        assert rule["EventBusName"] == here.resolve(bus.event_bus_name)
        assert rule["EventPattern"]["detail"]["jobQueue"] == [f"{THERE}:job-queue/a"]


def test_the_saved_query_links_to_the_region_of_each_event() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    bus = events.EventBus(stack, "Bus")
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", f"{THERE}:job-queue/a")
    bc.JobEventLog(stack, "X", queues=[queue], event_bus=bus)

    template = cdk.assertions.Template.from_stack(stack)
    queries = template.find_resources("AWS::Logs::QueryDefinition").values()
    (asked,) = (one for one in queries if one["Properties"]["Name"].endswith("last failures"))
    assert 'home?region=", region, "#jobs' in str(asked["Properties"]["QueryString"])


def test_a_queue_sends_its_events_to_a_bus_of_another_region_and_account() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    arn = "arn:aws:events:eu-west-1:210987654321:event-bus/central"
    bus = events.EventBus.from_event_bus_arn(stack, "Central", arn)
    queue.on_job_failed("Failed", target=targets.EventBus(bus))

    (rule,) = _rules(_templates(app)["Here"])
    (target,) = rule["Targets"]
    assert target["Arn"] == arn
    assert "RoleArn" in target


def test_the_role_that_the_cdk_makes_for_a_target_acts_for_this_account_alone() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    bus = events.EventBus(stack, "Bus")
    queue.on_job_failed("Failed", target=targets.EventBus(bus))

    template = cdk.assertions.Template.from_stack(stack)
    (role,) = template.find_resources("AWS::IAM::Role").values()
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("way", ["on_job_failed", "JobNotifications"])
@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda stack: targets.SnsTopic(sns.Topic(stack, "T", fifo=True)), "is a FIFO topic"),
        (lambda stack: targets.SqsQueue(sqs.Queue(stack, "T", fifo=True)), "is a FIFO queue"),
    ],
)
def test_what_takes_no_event_is_no_target(made: Any, says: str, way: str) -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")

    target = made(stack)
    ways: dict[str, Callable[[], object]] = {
        "on_job_failed": lambda: queue.on_job_failed("Failed", target=target),
        "JobNotifications": lambda: bc.JobNotifications(
            stack, "Told", queues=[queue], targets=[target]
        ),
    }
    with pytest.raises(ValueError, match=f"target.* {says}"):
        ways[way]()


def test_a_fifo_queue_with_a_group_is_a_target() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    told = sqs.Queue(stack, "Told", fifo=True)
    with pytest.raises(ValueError, match=r"target is a FIFO queue.*message_group_id"):
        queue.on_job_failed("Refused", target=told)
    queue.on_job_failed("Failed", target=targets.SqsQueue(told, message_group_id="a"))

    (rule,) = cdk.assertions.Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    assert rule["Properties"]["Targets"][0]["SqsParameters"] == {"MessageGroupId": "a"}


def test_a_role_that_iam_customizes_is_reported_and_not_made() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    iam.Role.customize_roles(stack, use_precreated_roles={"Here/Bus/EventsRole": "theirs"})
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    queue.on_job_failed("Failed", target=targets.EventBus(events.EventBus(stack, "Bus")))

    template = cdk.assertions.Template.from_stack(stack)
    assert template.find_resources("AWS::IAM::Role") == {}


def test_a_role_of_that_id_with_a_condition_of_its_own_keeps_it() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    bus = events.EventBus(stack, "Bus")
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/a"}}
    principal = iam.ServicePrincipal("events.amazonaws.com", conditions=condition)
    own = iam.Role(stack, "EventsRole", assumed_by=principal)
    queue.on_job_failed("Failed", target=targets.EventBus(bus, role=own))

    template = cdk.assertions.Template.from_stack(stack)
    (role,) = template.find_resources("AWS::IAM::Role").values()
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == condition


def test_a_role_that_was_given_to_a_target_stays_as_it_is() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    bus = events.EventBus(stack, "Bus")
    own = iam.Role(stack, "Own", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    queue.on_job_failed("Failed", target=targets.EventBus(bus, role=own))

    template = cdk.assertions.Template.from_stack(stack)
    (role,) = template.find_resources("AWS::IAM::Role").values()
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert "Condition" not in trust


def _function(stack: cdk.Stack, name: str | None) -> lambda_.Function:
    return lambda_.Function(
        stack,
        "Target",
        code=lambda_.Code.from_inline("a"),
        handler="a.a",
        runtime=lambda_.Runtime.PYTHON_3_14,
        function_name=name,
    )


def _bus(stack: cdk.Stack, name: str | None) -> targets.EventBus:
    return targets.EventBus(events.EventBus(stack, "Target", event_bus_name=name))


def _two_regions() -> tuple[cdk.App, cdk.Stack, cdk.Stack]:
    app = cdk.App()
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=region))
        for name, region in {"Here": "us-east-1", "There": "eu-west-1"}.items()
    )
    return app, here, there


@pytest.mark.parametrize(
    ("make", "arrives"),
    [
        (lambda stack: sqs.Queue(stack, "Target"), "Target"),
        (lambda stack: targets.SqsQueue(sqs.Queue(stack, "Target")), "Target"),
        (lambda stack: targets.LambdaFunction(_function(stack, "told")), "Target"),
        (lambda stack: _function(stack, cdk.PhysicalName.GENERATE_IF_NEEDED), "Target"),
        (lambda stack: targets.SfnStateMachine(_machine(stack)), "Target"),
    ],
)
def test_a_target_in_another_region_is_told_over_the_bus_there(
    make: Callable[[cdk.Stack], Any], arrives: str
) -> None:
    """The rule is called something there knows, though nobody has named it."""
    app, here, there = _two_regions()
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "a")
    queue.on_job_failed("Failed", target=make(there))

    templates = _templates(app)
    (rule,) = _rules(templates["Here"])
    assert "event-bus/default" in str(rule["Targets"])
    assert any(arrives in str(one["Targets"]) for one in _rules(templates["There"]))


def _machine(stack: cdk.Stack) -> sfn.StateMachine:
    body = sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass"))
    return sfn.StateMachine(stack, "Target", definition_body=body)


def test_a_rule_whose_target_is_here_is_called_by_cloudformation() -> None:
    app, here, _ = _two_regions()
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "a")
    queue.on_job_failed("Failed", target=targets.SqsQueue(sqs.Queue(here, "Target")))
    bc.JobNotifications(here, "Told", queues=[queue])

    rules = _rules(_templates(app)["Here"])
    assert len(rules) > 1
    assert not any("Name" in one for one in rules)


TELL: dict[str, tuple[Callable[[bc.JobQueue, Any], object], str]] = {
    "a rule of a queue": (lambda q, t: q.on_job_failed("X", target=t), "Here/Queue/X: target"),
    "notifications": (
        lambda q, t: bc.JobNotifications(q.stack, "X", queues=[q], targets=[t]),
        r"Here/X/JobRule: targets\[0\]",
    ),
}


@pytest.mark.parametrize(("tell", "where"), TELL.values(), ids=TELL)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda stack: targets.LambdaFunction(_function(stack, None)), "function_name"),
        (lambda stack: _bus(stack, None), "event_bus_name"),
    ],
)
def test_a_target_elsewhere_that_nobody_can_know_by_a_name_is_refused(
    make: Callable[[cdk.Stack], Any],
    name: str,
    tell: Callable[[bc.JobQueue, Any], object],
    where: str,
) -> None:
    _, here, there = _two_regions()
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "a")
    said = f"^{where}: There/Target is in Region eu-west-1, and .*: give it {name}$"
    with pytest.raises(ValueError, match=said):
        tell(queue, make(there))


def test_a_function_elsewhere_without_a_name_is_refused_before_a_rule_is_made() -> None:
    _, here, there = _two_regions()
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "a")
    with pytest.raises(ValueError, match="X: target: There/Target is in .*: give it function_name"):
        queue.on_job_failed("X", target=_function(there, None))
    assert queue.node.try_find_child("X") is None


QUEUE_THERE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:letters"


@pytest.mark.parametrize(("tell", "where"), TELL.values(), ids=TELL)
def test_a_target_of_the_cdk_s_that_was_taken_in_is_told_of_with_the_parameter_and_the_way(
    tell: Callable[[bc.JobQueue, Any], object], where: str
) -> None:
    _, here, there = _two_regions()
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "a")
    letters = sqs.Queue.from_queue_arn(here, "Letters", QUEUE_THERE)
    said = f"^{where}: {QUEUE_THERE} is in Region eu-west-1, and the stack in us-east-1; .*EventBus"
    with pytest.raises(ValueError, match=said):
        tell(queue, targets.SqsQueue(letters))

    arn = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/told"
    group = logs.LogGroup.from_log_group_arn(here, "Logs", arn)
    with pytest.raises(ValueError, match=f"^{where}: Here/Logs is in Region eu-west-1, .*EventBus"):
        tell(queue, targets.CloudWatchLogGroup(group))

    known = sqs.Queue.from_queue_arn(there, "Letters", QUEUE_THERE)
    tell(queue, targets.SqsQueue(known))


BUS_THERE = f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/a"


@pytest.mark.parametrize(
    "name",
    [one for one in MADE_BY_US if "event_bus" in inspect.signature(getattr(bc, one)).parameters],
)
def test_a_bus_of_another_region_is_refused_where_a_rule_would_stand_on_it(name: str) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    bus = events.EventBus.from_event_bus_arn(stack, "Bus", BUS_THERE)
    arguments = {**Given(stack).arguments(name), "event_bus": bus}

    with pytest.raises(ValueError, match="Here/X: event_bus: .* is in Region eu-west-1"):
        getattr(bc, name)(stack, "X", **arguments)


def _of_a_bucket_elsewhere(stack: cdk.Stack, event_bus: Any) -> Callable[[], object]:
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Bucket", bucket_name="there", region="eu-west-1"
    )
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    job = bc.FargateJobDefinition(stack, "Job", **IMAGE)
    return lambda: bc.ObjectCreatedTrigger(
        stack, "X", bucket=bucket, queue=queue, job_definition=job, event_bus=event_bus
    )


def _of_the_gateway(stack: cdk.Stack, event_bus: Any) -> Callable[[], object]:
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Bucket", bucket_name="there", region="eu-west-1"
    )
    gateway = bc.SubmissionGateway(
        stack,
        "X",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "a"),
        job_definition=bc.FargateJobDefinition(stack, "Job", **IMAGE),
    )
    return lambda: gateway.add_bucket("Objects", bucket, event_bus=event_bus)


@pytest.mark.parametrize("way", [_of_a_bucket_elsewhere, _of_the_gateway])
def test_objects_of_a_bucket_elsewhere_come_over_a_bus_or_are_refused(
    way: Callable[[cdk.Stack, Any], Callable[[], object]],
) -> None:
    app = cdk.App()
    place = cdk.Environment(account=ACCOUNT, region="us-east-1")
    without, stack = (cdk.Stack(app, name, env=place) for name in ("Without", "Here"))
    with pytest.raises(ValueError, match="bucket: there is in Region eu-west-1, and the stack"):
        way(without, None)()

    bus = events.EventBus(stack, "Bus")
    way(stack, bus)()
    resources = _templates(app)["Here"]
    (rule,) = _rules(resources)
    assert rule["EventBusName"] == stack.resolve(bus.event_bus_name)
    assert "Custom::S3BucketNotifications" not in str(resources)


@pytest.mark.parametrize("kind", [bc.FargateJobDefinition, bc.Ec2JobDefinition])
def test_jobs_write_to_a_log_group_of_another_region(kind: Any) -> None:
    stack = cdk.Stack(cdk.App(), "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    arn = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:central:*"
    group = logs.LogGroup.from_log_group_arn(stack, "Logs", arn)
    kind(stack, "Job", log_group=group, **IMAGE)

    template = cdk.assertions.Template.from_stack(stack)
    (job,) = template.find_resources("AWS::Batch::JobDefinition").values()
    options = job["Properties"]["ContainerProperties"]["LogConfiguration"]["Options"]
    assert options == {"awslogs-group": "central", "awslogs-region": "eu-west-1"}
    assert f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:central:*" in str(
        template.find_resources("AWS::IAM::Role")
    )


def test_no_job_writes_to_a_log_group_of_another_account() -> None:
    stack = cdk.Stack(cdk.App(), "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    arn = "arn:aws:logs:us-east-1:210987654321:log-group:central:*"
    group = logs.LogGroup.from_log_group_arn(stack, "Logs", arn)
    with pytest.raises(ValueError, match="Here/Job: log_group is in account 210987654321"):
        bc.FargateJobDefinition(stack, "Job", log_group=group, **IMAGE)


def test_the_right_to_write_is_in_the_region_that_the_driver_names() -> None:
    stack = cdk.Stack(cdk.App(), "Here")
    options = {"awslogs-group": "central", "awslogs-region": "eu-west-1"}
    log = bc.LogConfiguration(options=options)
    bc.FargateJobDefinition(stack, "Job", log_configuration=log, **IMAGE)

    roles = cdk.assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    assert ":logs:eu-west-1:" in str(roles)


class Networks:
    """Two stacks of an app in two Regions, and what a job or an instance there starts with."""

    def __init__(self) -> None:
        app = cdk.App()
        self.here, self.there = (
            cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=region))
            for name, region in {"Here": "us-east-1", "There": "eu-west-1"}.items()
        )
        self.vpc, vpc = (
            ec2.Vpc.from_vpc_attributes(
                one,
                "Vpc",
                vpc_id="vpc-1",
                availability_zones=["a"],
                private_subnet_ids=["subnet-1"],
            )
            for one in (self.here, self.there)
        )
        taken_in = ec2.SecurityGroup.from_security_group_id(self.there, "Group", "sg-1")
        self.made, self.taken_in = ec2.SecurityGroup(self.there, "Made", vpc=vpc), taken_in
        self.files = efs.FileSystem.from_file_system_attributes(
            self.there, "Files", file_system_id="fs-01234567", security_group=taken_in
        )
        self.files_here = efs.FileSystem.from_file_system_attributes(
            self.here, "Files", file_system_id="fs-01234567", security_group=taken_in
        )
        self.point = efs.AccessPoint.from_access_point_id(self.there, "Point", "fsap-01234567")
        self.lustre = fsx.LustreFileSystem(
            self.there,
            "Lustre",
            vpc=vpc,
            vpc_subnet=vpc.private_subnets[0],
            storage_capacity_gib=1200,
            lustre_configuration=fsx.LustreConfiguration(
                deployment_type=fsx.LustreDeploymentType.SCRATCH_2
            ),
        )

    def job(self, volume: Any, kind: Any = bc.FargateJobDefinition) -> object:
        return kind(self.here, "X", **IMAGE, volumes=[volume])

    def files_volume(self, **other: Any) -> bc.EfsVolume:
        given = {"file_system": self.files_here, **other}
        return bc.EfsVolume(name="files", container_path="/files", **given)


_FILES = f"arn:aws:s3files:us-east-1:{ACCOUNT}:file-system/fs-01234567"
_OTHER_POINT = f"arn:aws:s3files:us-east-1:{'2' * 12}:file-system/fs-1/access-point/fsap-1"

_RESERVED = f"arn:aws:resource-groups:eu-west-1:{ACCOUNT}:group/reserved"

OF_ITS_REGION: dict[str, tuple[Callable[[Networks], object], str]] = {
    "a security group of instances": (
        lambda n: bc.Ec2ComputeEnvironment(n.here, "X", vpc=n.vpc, security_groups=[n.made]),
        r"X: security_groups\[0\]: There/Made is in Region eu-west-1, and .* give one in this",
    ),
    "a security group that was taken in there": (
        lambda n: bc.FargateComputeEnvironment(
            n.here, "X", vpc=n.vpc, security_groups=[n.taken_in]
        ),
        r"X: security_groups\[0\]: There/Group is in Region eu-west-1, and the stack in us-east-1",
    ),
    "a security group of an adapter": (
        lambda n: bc.LaunchTemplate(n.here, "X", efa=True, security_groups=[n.taken_in]),
        r"X: security_groups\[0\]: There/Group is in Region eu-west-1",
    ),
    "a security group of a function": (
        lambda n: bc.JobNotifications(
            n.here,
            "X",
            queues=[bc.JobQueue.from_job_queue_name(n.here, "Queue", "a")],
            function_settings=bc.FunctionSettings(vpc=n.vpc, security_groups=[n.taken_in]),
        ),
        r"X: function_settings.security_groups\[0\]: There/Group is in Region eu-west-1",
    ),
    "a network that was taken in there": (
        lambda n: bc.FargateComputeEnvironment(
            n.here,
            "X",
            vpc=ec2.Vpc.from_vpc_attributes(
                n.there,
                "Other",
                vpc_id="vpc-2",
                availability_zones=["a"],
                private_subnet_ids=["subnet-2"],
            ),
        ),
        "X: vpc: There/Other is in Region eu-west-1",
    ),
    "a file system": (
        lambda n: n.job(n.files_volume(file_system=n.files)),
        r"X: volumes\[0\].file_system: There/Files is in Region eu-west-1, .* such as a replica",
    ),
    "an access point": (
        lambda n: n.job(n.files_volume(access_point=n.point)),
        r"X: volumes\[0\].access_point: There/Point is in Region eu-west-1",
    ),
    "an access point of another account": (
        lambda n: n.job(
            bc.S3FilesVolume(
                name="a", container_path="/a", file_system_arn=_FILES, access_point_arn=_OTHER_POINT
            )
        ),
        r"volumes\[0\].access_point_arn: .* is in account 222222222222, and .*: give both of one",
    ),
    "a key pair": (
        lambda n: bc.Ec2ComputeEnvironment(
            n.here, "X", vpc=n.vpc, key_pair=ec2.KeyPair(n.there, "Pair")
        ),
        "X: key_pair: There/Pair is in Region eu-west-1",
    ),
    "reserved capacity": (
        lambda n: bc.LaunchTemplate(
            n.here,
            "X",
            capacity_reservation=ec2.CfnCapacityReservation(
                n.there,
                "Reserved",
                instance_count=1,
                instance_platform="Linux/UNIX",
                instance_type="m5.large",
            ),
        ),
        "X: capacity_reservation: There/Reserved is in Region eu-west-1",
    ),
    "a group of reservations": (
        lambda n: bc.LaunchTemplate(
            n.here, "X", capacity_reservation=bc.CapacityReservation(resource_group_arn=_RESERVED)
        ),
        "X: capacity_reservation.resource_group_arn: .* is in Region eu-west-1",
    ),
    "a group of reservations of Managed Instances": (
        lambda n: bc.ManagedInstancesComputeEnvironment(
            n.here, "X", vpc=n.vpc, reservation_group_arn=_RESERVED
        ),
        "X: reservation_group_arn: .* is in Region eu-west-1",
    ),
    "a file system of instances": (
        lambda n: bc.LaunchTemplate(
            n.here, "X", volumes=[bc.FsxLustreVolume(file_system=n.lustre)]
        ),
        r"X: volumes\[0\].file_system: There/Lustre is in Region eu-west-1",
    ),
}


@pytest.fixture(scope="module")
def networks() -> Networks:
    return Networks()


@pytest.mark.parametrize(("make", "said"), OF_ITS_REGION.values(), ids=OF_ITS_REGION)
def test_what_jobs_and_instances_start_with_is_of_their_region(
    networks: Networks, make: Callable[[Networks], object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        make(networks)
    assert networks.here.node.try_find_child("X") is None


@pytest.mark.parametrize("other", ["region", "account"])
def test_what_is_watched_is_where_it_is_watched_from(other: str) -> None:
    place = {"account": ACCOUNT, "region": "us-east-1"}
    elsewhere = {**place, other: {"region": "eu-west-1", "account": "2" * 12}[other]}
    app = cdk.App()
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(**one))
        for name, one in {"Here": place, "There": elsewhere}.items()
    )
    own, others = (bc.JobQueue.from_job_queue_name(one, "Queue", "a") for one in (here, there))
    job = bc.JobDefinition.from_job_definition_name(there, "Job", "a")
    gateway = bc.SubmissionGateway(there, "Gateway", queue=others, job_definition=job)
    submit = bc.SubmitFunction(there, "Submit", queue=others, job_definition=job)
    log = bc.JobEventLog(there, "Log", queues=[others])

    with pytest.raises(ValueError, match="Here/Watch:") as refused:
        bc.BatchMonitoring(
            here, "Watch", queues=[own], gateways=[gateway], functions=[submit], event_log=log
        )
    lines = [one for one in str(refused.value).splitlines() if re.search("is in (Reg|acc)", one)]
    assert [one.split(":")[0].strip(" -") for one in lines] == [
        "gateways[0]",
        "functions[0]",
        "event_log",
    ]

    with pytest.raises(ValueError, match=f"event_log: There/Log is in .*{elsewhere[other]}"):
        bc.BatchDashboard(here, "Board", queues=[own], event_log=log)


def test_a_file_system_of_another_account_is_mounted_in_a_shared_network() -> None:
    stack = cdk.Stack(cdk.App(), "Here", env=cdk.Environment(account=ACCOUNT, region="us-east-1"))
    arn = f"arn:aws:elasticfilesystem:us-east-1:{'2' * 12}:file-system/fs-01234567"
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")
    files = efs.FileSystem.from_file_system_attributes(
        stack, "Files", file_system_arn=arn, security_group=group
    )
    volume = bc.EfsVolume(name="files", file_system=files, container_path="/files")
    bc.FargateJobDefinition(stack, "Job", volumes=[volume], **IMAGE)


ROLE = "arn:aws:iam::222222222222:role/other"
PROFILE = "arn:aws:iam::222222222222:instance-profile/other"
BOUNDARY = "arn:aws:iam::222222222222:policy/other"


class Accounts:
    """What is needed in one account, and roles, profiles and policies of it and of another."""

    def __init__(self) -> None:
        app = cdk.App()
        self.here, self.there, self.anywhere = (
            cdk.Stack(app, name, env=cdk.Environment(account=account, region="eu-west-1"))
            for name, account in {"Here": "1" * 12, "There": "2" * 12, "Anywhere": None}.items()
        )
        self.given = Given(self.here)
        self.theirs = iam.Role.from_role_arn(self.here, "Theirs", ROLE)
        self.made = self.role(self.there)

    def role(self, stack: cdk.Stack) -> iam.Role:
        return iam.Role(stack, "Worker", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    def make(self, kind: str, parameter: str, value: object) -> object:
        arguments = {**self.given.arguments(kind), parameter: value}
        return getattr(bc, kind)(self.here, "X", **arguments)

    def bound(self, policy: iam.IManagedPolicy) -> object:
        queue = bc.JobQueue.from_job_queue_name(self.here, f"Queue{id(policy)}", "a")
        settings = bc.FunctionSettings(permissions_boundary=policy)
        return bc.JobNotifications(self.here, "X", queues=[queue], function_settings=settings)


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return Accounts()


@pytest.mark.parametrize(
    ("parameter", "made"),
    [
        ("launch_template", lambda scope: bc.LaunchTemplate(scope, "Ours")),
        ("launch_template", lambda scope: ec2.LaunchTemplate(scope, "OfTheCdk")),
        ("key_pair", lambda scope: ec2.KeyPair(scope, "Pair")),
    ],
)
def test_what_no_other_account_can_use_is_of_the_account_of_its_environment(
    accounts: Accounts, parameter: str, made: Callable[[cdk.Stack], Any]
) -> None:
    for stack in (accounts.here, accounts.anywhere):
        accounts.make("Ec2ComputeEnvironment", parameter, made(stack))
        accounts.here.node.try_remove_child("X")

    with pytest.raises(ValueError, match=rf"Here/X: {parameter}: There/\w+ is in account 2{{12}},"):
        accounts.make("Ec2ComputeEnvironment", parameter, made(accounts.there))


@pytest.mark.parametrize("way", ["by its ARN", "of a stack"])
@pytest.mark.parametrize(
    ("kind", "parameter"),
    [
        ("FargateJobDefinition", "job_role"),
        ("FargateJobDefinition", "execution_role"),
        ("MultiContainerJobDefinition", "job_role"),
        ("Ec2ComputeEnvironment", "service_role"),
        ("SpotComputeEnvironment", "spot_fleet_role"),
        ("Ec2ComputeEnvironment", "instance_role"),
        ("ManagedInstancesComputeEnvironment", "infrastructure_role"),
    ],
)
def test_a_role_of_another_account_is_refused_since_nobody_passes_it(
    accounts: Accounts, kind: str, parameter: str, way: str
) -> None:
    known = way == "by its ARN"
    role, called = (accounts.theirs, ROLE) if known else (accounts.made, "There/Worker")

    said = f"X: {parameter}: {called} is in account {'2' * 12}, and the stack in {'1' * 12}; a ser"
    with pytest.raises(ValueError, match=said):
        accounts.make(kind, parameter, role)
    assert accounts.here.node.try_find_child("X") is None


def test_a_role_that_is_not_to_be_changed_is_where_it_is_made(accounts: Accounts) -> None:
    with pytest.raises(ValueError, match="X: job_role: There/.* is in account 2+, and the stack"):
        accounts.make("FargateJobDefinition", "job_role", accounts.made.without_policy_updates())


def test_an_engine_passes_no_role_that_another_account_makes(accounts: Accounts) -> None:
    queue = bc.JobQueue.from_job_queue_name(accounts.here, "Engine", "a")
    user = iam.User.from_user_name(accounts.here, "User", "a")
    with pytest.raises(
        ValueError, match=r"Engine: job_roles\[0\]: There/Worker is in account 2+, "
    ):
        queue.grant_engine(user, job_roles=[accounts.made])


def test_an_instance_profile_of_another_account_is_refused(accounts: Accounts) -> None:
    taken_in = iam.InstanceProfile.from_instance_profile_arn(accounts.here, "Profile", PROFILE)
    made = iam.InstanceProfile(accounts.there, "Made")
    for profile, called in ((taken_in, PROFILE), (made, "There/Made")):
        said = f"X: instance_role: {called} is in account {'2' * 12}, .*: give an instance profile"
        with pytest.raises(ValueError, match=said):
            accounts.make("Ec2ComputeEnvironment", "instance_role", profile)


def test_a_boundary_is_of_the_account_or_aws_s_own(accounts: Accounts) -> None:
    theirs = iam.ManagedPolicy.from_managed_policy_arn(accounts.here, "Boundary", BOUNDARY)
    said = f"X: function_settings.permissions_boundary: {BOUNDARY} is in account {'2' * 12}"
    with pytest.raises(ValueError, match=said):
        accounts.bound(theirs)

    accounts.bound(iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"))
    accounts.here.node.try_remove_child("X")


def test_a_role_of_the_account_or_of_a_stack_that_may_be_anywhere_is_taken(
    accounts: Accounts,
) -> None:
    arn = cdk.Fn.import_value("Role")
    taken_in = iam.Role.from_role_arn(accounts.there, "Unknown", arn)
    known = iam.Role.from_role_arn(accounts.here, "Known", f"arn:aws:iam::{'1' * 12}:role/known")
    for role in (known, accounts.role(accounts.anywhere), taken_in):
        accounts.make("FargateJobDefinition", "job_role", role)
        accounts.here.node.try_remove_child("X")

    given = Given(accounts.anywhere)
    arguments = {**given.arguments("FargateJobDefinition"), "job_role": accounts.made}
    bc.FargateJobDefinition(accounts.anywhere, "X", **arguments)


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("way", ["consumable_resources", "max_concurrent_jobs", "of a stack"])
def test_what_limits_jobs_is_of_their_region_and_named_as_it_was_given(
    region: str, way: str
) -> None:
    app = cdk.App()
    here = cdk.Stack(app, "Here", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"))
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region=region))
    if way == "of a stack":
        licences = bc.ConsumableResource(there, "Licences", total_quantity=1)
    else:
        arn = f"arn:aws:batch:{region}:{ACCOUNT}:consumable-resource/licences"
        licences = bc.ConsumableResource.from_consumable_resource_arn(here, "Theirs", arn)
    wanted: Any = {"max_concurrent_jobs": licences}
    if way == "consumable_resources":
        wanted = {way: {licences: 1}}

    if region == "eu-west-1":
        bc.FargateJobDefinition(here, "X", **IMAGE, **wanted)
        return
    said = f"Here/X: {next(iter(wanted))}: .* is in Region us-east-1, and the stack in eu-west-1"
    with pytest.raises(ValueError, match=f"^{said}"):
        bc.FargateJobDefinition(here, "X", **IMAGE, **wanted)


def read_there(way: str) -> Any:
    world = World("ours")
    there: Any = cdk.Stack.of(world.other_environment)
    if way == "a queue":
        return world.here, world.other_queue.metric_jobs_submitted()
    if way == "an L2":
        return world.here, bc.metrics_of(batch.JobQueue(there, "L2")).metric_jobs_submitted()
    if way == "gauges":
        gauges = bc.JobGauges(there, "Gauges", queues=[world.other_queue])
        return world.here, gauges.metric(world.other_queue, "JobsRunning")
    if way == "counters":
        counters = bc.JobCounters(there, "Counters", queues=[world.other_queue])
        return world.here, counters.metric_jobs_failed(world.other_queue)
    queries = bc.JobLogQueries(there, "Queries", log_groups=[world.other_definition.log_group])
    return world.here, queries.add_metric_filter("Mine", metric_name="Errors", pattern="ERROR")


@pytest.mark.parametrize("way", ["a queue", "an L2", "gauges", "counters", "a filter"])
def test_no_alarm_watches_a_metric_of_another_region(way: str) -> None:
    """The CDK refuses it, and a dashboard of elsewhere reads the metric where it is."""
    here, metric = read_there(way)

    assert (metric.account, metric.region) == (ACCOUNT, "eu-west-1")
    with pytest.raises(RuntimeError, match="based on metric .* in 'eu-west-1'"):
        cloudwatch.Alarm(here, "Alarm", metric=metric, threshold=1, evaluation_periods=1)


OTHERS: dict[str, Callable[[cdk.Stack], object]] = {
    "dead_letter_queues": lambda stack: bc.BatchMonitoring(
        stack,
        "It",
        queues=[bc.JobQueue.from_job_queue_name(stack, "Queue", "a")],
        dead_letter_queues=[
            sqs.Queue.from_queue_arn(stack, "L", "arn:aws:sqs:us-east-1:210987654321:letters")
        ],
    ),
    "log_groups": lambda stack: bc.JobLogQueries(
        stack,
        "It",
        log_groups=[
            logs.LogGroup.from_log_group_arn(
                stack, "L", "arn:aws:logs:us-east-1:210987654321:log-group:jobs:*"
            )
        ],
    ),
    "schedule_group": lambda stack: bc.ScheduleTrigger(
        stack,
        "It",
        schedule="rate(1 day)",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "a"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "a"),
        schedule_group=scheduler.ScheduleGroup.from_schedule_group_arn(
            stack, "L", "arn:aws:scheduler:us-east-1:210987654321:schedule-group/nights"
        ),
    ),
}


@pytest.mark.parametrize("parameter", OTHERS)
def test_what_goes_by_its_name_alone_is_of_the_same_account(parameter: str) -> None:
    """Another of that name, of the stack's own account, would be meant instead."""
    here = cdk.Environment(account=ACCOUNT, region="us-east-1")
    stack = cdk.Stack(cdk.App(), "Here", env=here)

    with pytest.raises(ValueError, match=rf"{parameter}.* is in account 210987654321, and"):
        OTHERS[parameter](stack)


THEIRS = "arn:aws:sns:us-east-1:210987654321:alarms"


def test_a_topic_of_another_account_is_told_by_a_role() -> None:
    here = cdk.Environment(account=ACCOUNT, region="us-east-1")
    stack = cdk.Stack(cdk.App(), "Here", env=here)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    topic = sns.Topic.from_topic_arn(stack, "Topic", THEIRS)
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("events.amazonaws.com"))
    with_role = targets.SnsTopic(topic, role=role, authorize_using_role=True)
    queue.on_job_failed("Failed", target=with_role)

    (rule,) = cdk.assertions.Template.from_stack(stack).find_resources("AWS::Events::Rule").values()
    (target,) = rule["Properties"]["Targets"]
    assert (target["Arn"], target["RoleArn"]) == (THEIRS, stack.resolve(role.role_arn))


@pytest.mark.parametrize("wrapped", [False, True])
def test_without_a_role_it_is_refused_with_the_way_there_is(wrapped: bool) -> None:  # noqa: FBT001
    here = cdk.Environment(account=ACCOUNT, region="us-east-1")
    stack = cdk.Stack(cdk.App(), "Here", env=here)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "a")
    topic = sns.Topic.from_topic_arn(stack, "Topic", THEIRS)

    with pytest.raises(ValueError, match="in account 210987654321.*authorize_using_role=True"):
        queue.on_job_failed("Failed", target=targets.SnsTopic(topic) if wrapped else topic)
