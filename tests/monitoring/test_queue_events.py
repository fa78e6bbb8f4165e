"""Rules on a queue: what EventBridge lets by, tested with its own TestEventPattern."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from batch_constructs import JobDefinition, JobQueue, JobState, events_of
from batch_constructs.queues.job_event_patterns import blocked_pattern, state_change_pattern
from tests.monitoring import job_story as story
from tests.monitoring.conftest import Resources, l1_queue_in, one, plain

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

OTHER_QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/other"


@pytest.fixture
def passes(local_aws: LocalAws) -> Callable[[dict[str, Any], story.Event], bool]:
    events = local_aws.client("events")

    def ask(pattern: dict[str, Any], event: story.Event) -> bool:
        answer = events.test_event_pattern(
            EventPattern=json.dumps(pattern), Event=json.dumps(event)
        )
        return bool(answer["Result"])

    return ask


Passes = Callable[[dict[str, Any], story.Event], bool]


def test_awss_own_sample_passes_for_its_queue_and_state_only(passes: Passes) -> None:
    event = story.sample("job_state_change")
    queue = event["detail"]["jobQueue"]

    assert passes(state_change_pattern(queue_arns=[queue]), event)
    assert passes(state_change_pattern(queue_arns=[queue], states=["RUNNABLE"]), event)
    assert not passes(state_change_pattern(queue_arns=[queue], states=["FAILED"]), event)
    assert not passes(state_change_pattern(queue_arns=[OTHER_QUEUE]), event)
    assert not passes(blocked_pattern(queue_arns=[queue]), event)


@pytest.mark.parametrize("name", ["job_queue_blocked", "service_job_queue_blocked"])
def test_awss_samples_of_blocked_queues_pass_as_blocked_only(passes: Passes, name: str) -> None:
    event = story.sample(name)
    queue = event["detail"]["jobQueue"]

    assert passes(blocked_pattern(queue_arns=[queue]), event)
    assert passes(blocked_pattern(queue_arns=[]), event)
    assert not passes(blocked_pattern(queue_arns=[OTHER_QUEUE]), event)
    assert not passes(state_change_pattern(queue_arns=[queue]), event)


@pytest.mark.parametrize(
    ("life", "ends"),
    [
        (story.retried_job, 0),
        (story.exhausted_job, 1),
        (story.array_job, 1),
        (story.reclaimed_spot_job, 1),
        (story.timed_out_job, 1),
        (story.never_started_job, 1),
        (story.stuck_job, 1),
    ],
)
def test_a_life_passes_the_rule_on_failures_once_or_never(
    passes: Passes, life: Callable[[], list[story.Event]], ends: int
) -> None:
    pattern = state_change_pattern(queue_arns=[story.QUEUE], states=["FAILED"])

    assert sum(passes(pattern, event) for event in life()) == ends


def test_the_children_of_an_array_pass_only_when_asked_for(passes: Passes) -> None:
    events = story.array_job(5, failing=(1, 2, 4))

    alone = state_change_pattern(queue_arns=[story.QUEUE], states=["FAILED"])
    with_children = state_change_pattern(
        queue_arns=[story.QUEUE], states=["FAILED"], include_array_children=True
    )

    assert sum(passes(alone, event) for event in events) == 1
    assert sum(passes(with_children, event) for event in events) == 4


@pytest.mark.parametrize("children", [True, False])
def test_the_nodes_of_a_multi_node_job_never_pass(passes: Passes, *, children: bool) -> None:
    node = {"nodeDetails": {"nodeIndex": 1, "isMainNode": False}}
    life = story.Story(id="4c7599ae-0a82-49aa-ba5a-4727fcce14a8#1", extra=node)
    life.starts()
    life.attempt_ends(exitCode=1)
    pattern = state_change_pattern(queue_arns=[], include_array_children=children)

    assert not passes(pattern, life.ends("FAILED"))


def test_every_revision_of_a_definition_passes_and_no_namesake(passes: Passes) -> None:
    prefix = story.DEFINITION.rpartition(":")[0] + ":"
    pattern = state_change_pattern(queue_arns=[], definition_prefixes=[prefix])
    event = story.exhausted_job()[-1]

    assert passes(pattern, event)
    event["detail"]["jobDefinition"] = prefix + "12"
    assert passes(pattern, event)
    event["detail"]["jobDefinition"] = prefix.replace("import-orders", "import-orders-old") + "1"
    assert not passes(pattern, event)


def test_a_rule_on_failures_has_the_pattern_that_was_tested(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    inbox = sqs.Queue(stack, "Inbox")

    rule = queue.on_job_failed("Failed", target=targets.SqsQueue(inbox), description="why")

    properties = one(resources("AWS::Events::Rule"))
    assert rule.node.path == "Platform/Nightly/Failed"
    assert properties["EventPattern"] == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job State Change"],
        "detail": {
            "nodeDetails": {"nodeIndex": [{"exists": False}]},
            "arrayProperties": {"index": [{"exists": False}]},
            "jobQueue": [stack.resolve(queue.job_queue_arn)],
            "status": ["FAILED"],
        },
    }
    assert properties["Description"] == "why"
    assert len(properties["Targets"]) == 1


def test_a_rule_on_states_of_some_definitions(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    definition = JobDefinition.from_job_definition_arn(stack, "Import", story.DEFINITION)

    queue.on_job_state_change(
        "Ended", states=[JobState.SUCCEEDED, "FAILED"], job_definitions=[definition]
    )

    detail = one(resources("AWS::Events::Rule"))["EventPattern"]["detail"]
    assert detail["status"] == ["SUCCEEDED", "FAILED"]
    assert detail["jobDefinition"] == [{"prefix": story.DEFINITION.removesuffix("7")}]


def test_there_is_one_job_state_and_no_rule_on_the_one_without_events(queue: JobQueue) -> None:
    from batch_constructs import client

    assert client.JobState is JobState
    with pytest.raises(ValueError, match='is "SUBMITTED"') as refusal:
        queue.on_job_state_change("Submitted", states=[JobState.SUBMITTED])
    assert "allowed: PENDING, RUNNABLE, STARTING, RUNNING, SUCCEEDED or FAILED: AWS Batch" in str(
        refusal.value
    )


def test_a_definition_of_this_stack_is_known_by_its_name(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    definition = batch.CfnJobDefinition(
        stack,
        "Import",
        type="container",
        platform_capabilities=["EC2"],
        container_properties={
            "image": "public.ecr.aws/docker/library/busybox:stable",
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
        },
    )

    queue.on_job_failed("Failed", job_definitions=[definition])

    [prefix] = one(resources("AWS::Events::Rule"))["EventPattern"]["detail"]["jobDefinition"]
    assert plain(prefix["prefix"]).endswith("Import[5]:")


def test_a_rule_on_a_blocked_queue(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    queue.on_queue_blocked("Blocked", rule_name="nightly-blocked")

    properties = one(resources("AWS::Events::Rule"))
    assert properties["Name"] == "nightly-blocked"
    assert properties["EventPattern"] == {
        "source": ["aws.batch"],
        "detail-type": ["Batch Job Queue Blocked", "Batch Service Job Queue Blocked"],
        "detail": {"jobQueue": [stack.resolve(queue.job_queue_arn)]},
    }


def test_rules_work_on_l2_and_l1_queues(
    stack: Stack, resources: Callable[[str], Resources]
) -> None:
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", story.QUEUE)
    l1 = l1_queue_in(stack)

    rules = [events_of(each).on_job_failed("Failed") for each in (l2, l1)]

    assert [rule.node.path for rule in rules] == ["Platform/L2Rules/Failed", "Platform/L1/Failed"]
    queues = [
        properties["EventPattern"]["detail"]["jobQueue"]
        for properties in resources("AWS::Events::Rule").values()
    ]
    assert queues == [[{"Ref": "L1"}], [story.QUEUE]]


def test_a_topic_and_a_queue_are_targets_as_they_are_and_are_permitted(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    topic, inbox = sns.Topic(stack, "Topic"), sqs.Queue(stack, "Inbox")

    queue.on_job_failed("Failed", target=topic)
    queue.on_job_succeeded("Succeeded", target=inbox)

    rules = resources("AWS::Events::Rule").values()
    assert {
        (rule["EventPattern"]["detail"]["status"][0], str(rule["Targets"][0]["Arn"]))
        for rule in rules
    } == {
        ("FAILED", str(stack.resolve(topic.topic_arn))),
        ("SUCCEEDED", str(stack.resolve(inbox.queue_arn))),
    }
    assert len(resources("AWS::SNS::TopicPolicy")) == len(resources("AWS::SQS::QueuePolicy")) == 1


def test_a_state_that_aws_does_not_send_is_refused(queue: JobQueue) -> None:
    with pytest.raises(
        ValueError, match=r'Nightly/New: states\[0\] is "SUBMITTED".*sends no event'
    ):
        queue.on_job_state_change("New", states=["SUBMITTED"])
    with pytest.raises(TypeError, match='states is str "FAILED"; expected a list of PENDING'):
        queue.on_job_state_change("New", states="FAILED")


def test_what_is_no_definition_is_refused(stack: Stack, queue: JobQueue) -> None:
    with pytest.raises(TypeError, match=r"job_definitions\[0\] is aws_cdk.Stack"):
        queue.on_job_failed("Failed", job_definitions=[stack])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"target": "orders"}, 'target is str "orders"; expected a Lambda function'),
        ({"job_definitions": "etl"}, 'job_definitions is str "etl"; expected a list'),
        ({"rule_name": "a rule"}, 'rule_name is "a rule"; allowed: 1 to 64'),
        ({"states": []}, "states is empty"),
    ],
)
def test_wrong_arguments_of_a_rule_are_refused_with_its_path(
    queue: JobQueue, wrong: Any, said: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f"Platform/Nightly/Ends: {said}"):
        queue.on_job_state_change("Ends", **wrong)


def test_all_that_is_wrong_with_a_rule_is_said_at_once(queue: JobQueue) -> None:
    wrong: Any = {"job_definitions": ["etl"], "states": ["DONE"], "rule_name": "a rule"}
    with pytest.raises(ValueError, match="Nightly/Ends:") as values:
        queue.on_job_state_change("Ends", **wrong)
    assert [line.split(" is ")[0] for line in str(values.value).splitlines()[1:]] == [
        "  - job_definitions[0]",
        "  - states[0]",
        "  - rule_name",
    ]

    wrong = {"target": 5, "description": 5, "include_array_children": "yes"}
    with pytest.raises(TypeError, match="Nightly/Ends:") as types:
        queue.on_job_state_change("Ends", **wrong)
    assert len(str(types.value).splitlines()) == 1 + len(wrong)
