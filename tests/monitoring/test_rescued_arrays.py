"""An array whose lost children ran again and succeeded is told as whole, once."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs

from batch_constructs import (
    FargateComputeEnvironment,
    JobNotifications,
    JobQueue,
    JobState,
)
from batch_constructs.functions.claims.effect import NotDoneError
from batch_constructs.functions.job_events.notify import Notifier
from batch_constructs.functions.job_events.rescued_array import Child, rescued_child
from batch_constructs.functions.submission.rescue import rescue_request
from tests.functions.test_conditions_of_watchers import claims, invocation
from tests.monitoring.conftest import one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Find = Callable[[str], dict[str, Any]]

ARRAY = "0a1b2c3d-0000-0000-0000-000000000000"
QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/{}"


class Aws:
    """What the notifier asks AWS Batch, and what it tells people."""

    def __init__(self, **summary: int) -> None:
        self.summary, self.status = summary, "RUNNING"
        self.said: list[str] = []

    def list_jobs(self, **_: Any) -> dict[str, Any]:
        return {"jobSummaryList": []}

    def describe_jobs(self, *, jobs: list[str]) -> dict[str, Any]:
        assert jobs == [ARRAY]
        return {"jobs": [self.array()]}

    def array(self) -> dict[str, Any]:
        return {
            "jobId": ARRAY,
            "jobName": "pages",
            "jobQueue": QUEUE.format("spot"),
            "status": self.status,
            "arrayProperties": {"size": 10, "statusSummary": self.summary},
        }

    def publish(self, *, Subject: str, **_: Any) -> None:  # noqa: N803 - SNS's
        self.said.append(Subject)


def notifier(aws: Aws) -> Notifier:
    return Notifier(
        sns=aws,
        topic_arn="topic",
        claims=claims(),
        batch=aws,
        states=frozenset({"FAILED"}),
        rescues=True,
    )


def event(detail: dict[str, Any]) -> dict[str, Any]:
    return {"detail-type": "Batch Job State Change", "region": "us-east-1", "detail": detail}


def child(index: int, status: str = "SUCCEEDED") -> dict[str, Any]:
    variables = [{"name": "BATCH_RESCUED_CHILD", "value": f"{ARRAY}:{index}"}]
    return {
        "jobId": f"again-{index}",
        "jobName": f"pages-rescue-{ARRAY}-{index}",
        "jobQueue": QUEUE.format("on-demand"),
        "status": status,
        "container": {"environment": variables},
    }


@pytest.mark.parametrize("order", [*itertools.permutations(["3", "7", "end"])])
@pytest.mark.parametrize("deliveries", [1, 2])
def test_it_is_told_once_whatever_comes_last(order: Sequence[str], deliveries: int) -> None:
    aws = Aws(SUCCEEDED=8, FAILED=2)
    by = notifier(aws)
    for step in order:
        if step == "end":
            aws.status = "FAILED"
        detail = aws.array() if step == "end" else child(int(step))
        for _ in range(deliveries):
            by.handle(event(detail), invocation())

    whole = [one for one in aws.said if "is whole" in one]
    assert whole == ["Array job pages is whole: 2 jobs ran again and succeeded"]
    assert len(aws.said) == 2


@pytest.mark.parametrize("again", [[3], [3, 3], []])
def test_an_array_with_a_child_that_did_not_succeed_after_all_is_not_whole(
    again: list[int],
) -> None:
    aws = Aws(SUCCEEDED=8, FAILED=2)
    aws.status = "FAILED"
    by = notifier(aws)
    for detail in (*map(child, again), child(7, "FAILED"), aws.array()):
        by.handle(event(detail), invocation())

    assert not any("is whole" in one for one in aws.said)


def test_what_aws_batch_has_not_counted_yet_is_waited_for() -> None:
    aws = Aws(SUCCEEDED=8, FAILED=1)
    aws.status = "FAILED"
    by = notifier(aws)
    by.handle(event(child(3)), invocation())

    with pytest.raises(NotDoneError, match="not all children"):
        by.handle(event(aws.array()), invocation())
    late = aws.array()
    aws.summary = {"SUCCEEDED": 9, "FAILED": 1}
    by.handle(event(late), invocation())

    assert aws.said[-1] == "Array job pages is whole: 1 job ran again and succeeded"


def test_a_child_asks_aws_batch_for_nothing() -> None:
    """Thousands of them end in the same minutes."""
    aws = Aws()
    aws.describe_jobs = lambda **_: pytest.fail("asked")  # type: ignore[method-assign]
    by = notifier(aws)

    assert by.handle(event(child(3)), invocation()) is None


def test_the_rows_of_an_array_of_ten_thousand_stay_small() -> None:
    aws = Aws(SUCCEEDED=0, FAILED=10_000)
    aws.status = "FAILED"
    by = notifier(aws)
    end = {**aws.array(), "arrayProperties": {"size": 10_000, "statusSummary": aws.summary}}
    by.handle(event(end), invocation())
    for index in range(9_999):
        by.claims.gathered("rescued", ARRAY, str(index % 16), member=str(index))
    by.handle(event(child(9_999)), invocation())

    assert aws.said[-1] == "Array job pages is whole: 10000 jobs ran again and succeeded"
    rows: Any = by.claims.dynamodb
    sizes = [sum(map(len, one["members"]["SS"])) for one in rows.rows.values() if "members" in one]
    assert len(sizes) == 16
    assert max(sizes) < 4_000


def test_an_array_that_failed_without_a_failed_child_is_not_whole() -> None:
    aws = Aws(SUCCEEDED=10, FAILED=0)
    aws.status = "FAILED"
    notifier(aws).handle(event(aws.array()), invocation())

    assert len(aws.said) == 1


def test_where_nothing_is_rescued_no_row_is_written() -> None:
    aws = Aws(SUCCEEDED=8, FAILED=2)
    aws.status = "FAILED"
    by = replace(notifier(aws), rescues=False)
    by.handle(event(aws.array()), invocation())

    rows: Any = by.claims.dynamodb
    assert len(rows.rows) == 1


def test_a_success_that_nobody_asked_for_is_not_told() -> None:
    aws = Aws()
    plain = {**child(3), "container": {}}

    assert notifier(aws).handle(event(plain), invocation()) is None
    assert aws.said == []


@pytest.mark.parametrize(
    "detail",
    [
        lambda variables: {"container": {"environment": variables}},
        lambda variables: {
            "ecsProperties": {"taskProperties": [{"containers": [{"environment": variables}]}]}
        },
        lambda variables: {
            "eksProperties": {"podProperties": {"containers": [{"env": variables}]}}
        },
    ],
)
def test_the_child_is_read_from_containers_and_pods(detail: Callable[[Any], Any]) -> None:
    variables = [{"name": "A", "value": "b"}, {"name": "BATCH_RESCUED_CHILD", "value": "a:7"}]

    assert rescued_child(detail(variables)) == Child(array_id="a", index="7")
    assert rescued_child(detail(variables[:1])) is None


def test_a_rescued_child_says_which_it_is_however_often_it_is_rescued() -> None:
    lost = {
        "jobId": f"{ARRAY}:7",
        "jobName": "pages",
        "jobQueue": "spot",
        "jobDefinition": "d:1",
        "arrayProperties": {"index": 7},
        "container": {"environment": []},
    }
    first = rescue_request(lost, "on-demand")
    assert first is not None
    variables = first["containerOverrides"]["environment"]
    lost_again = {**lost, "jobId": "again", "container": {"environment": variables}}
    second = rescue_request({**lost_again, "arrayProperties": {}}, "on-demand")
    assert second is not None

    for request in (first, second):
        pairs = request["containerOverrides"]["environment"]
        assert [one["value"] for one in pairs if one["name"] == "BATCH_RESCUED_CHILD"] == [
            f"{ARRAY}:7"
        ]


VPC: list[Any] = []
"""The last that was made."""


def rescued_queue(stack: Stack) -> JobQueue:
    from aws_cdk import aws_ec2 as ec2

    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    VPC.append(vpc)
    on_demand, spot = (
        FargateComputeEnvironment(stack, name, vpc=vpc, spot=name == "Spot")
        for name in ("OnDemand", "Spot")
    )
    rescue = JobQueue(stack, "Rescue", compute_environments=[on_demand])
    return JobQueue(stack, "Queue", compute_environments=[spot], spot_rescue_queue=rescue)


def test_a_rule_hears_of_children_that_ran_again(stack: Stack, resources: Find) -> None:
    queue = rescued_queue(stack)
    made = JobNotifications(stack, "Notify", queues=[queue], rule_name="told")

    assert queue.spot_rescue is not None
    [rule] = made.rescued_rules
    rendered = resources("AWS::Events::Rule")[stack.get_logical_id(rule.node.default_child)]  # type: ignore[arg-type]
    pattern = rendered["EventPattern"]["detail"]
    rescue: Any = queue.spot_rescue.rescue_queue
    assert pattern["jobQueue"] == [stack.resolve(rescue.job_queue_arn)]
    assert pattern["status"] == ["SUCCEEDED"]
    assert len(pattern["$or"]) == 3
    assert rendered["Name"] == "told-rescued"
    [target] = rendered["Targets"]
    [job_rule] = made.job_rules
    told = resources("AWS::Events::Rule")[stack.get_logical_id(job_rule.node.default_child)]  # type: ignore[arg-type]
    assert target["Arn"] == told["Targets"][0]["Arn"]


def test_a_child_that_is_rescued_from_the_rescue_queue_is_heard_of_too(
    stack: Stack, resources: Find
) -> None:
    first = rescued_queue(stack)
    assert first.spot_rescue is not None
    middle: Any = first.spot_rescue.rescue_queue
    outer = JobQueue(
        stack,
        "Outer",
        compute_environments=[FargateComputeEnvironment(stack, "More", vpc=VPC[-1], spot=True)],
        spot_rescue_queue=first,
    )
    made = JobNotifications(stack, "Notify", queues=[outer])

    [rule] = made.rescued_rules
    rendered = resources("AWS::Events::Rule")[stack.get_logical_id(rule.node.default_child)]  # type: ignore[arg-type]
    asked = rendered["EventPattern"]["detail"]["jobQueue"]
    assert asked == [stack.resolve(one.job_queue_arn) for one in (first, middle)]


@pytest.mark.parametrize("also", [False, True])
def test_of_a_rescue_queue_that_nobody_named_no_success_is_told(
    stack: Stack,
    resources: Find,
    also: bool,  # noqa: FBT001 - a case
) -> None:
    queue = rescued_queue(stack)
    assert queue.spot_rescue is not None
    rescue: Any = queue.spot_rescue.rescue_queue
    states = [JobState.SUCCEEDED, JobState.FAILED]
    queues = [queue, rescue] if also else [queue]
    JobNotifications(stack, "Notify", queues=queues, states=states)

    functions = resources("AWS::Lambda::Function").values()
    [told] = (
        one["Environment"]["Variables"]
        for one in functions
        if "TOPIC_ARN" in one["Environment"]["Variables"]
    )
    untold = None if also else stack.resolve(rescue.job_queue_arn)
    assert told.get("UNTOLD_QUEUES") == untold
    assert told["RESCUES"] == "true"


def test_what_is_untold_counts_for_its_array_alone() -> None:
    aws = Aws(SUCCEEDED=9, FAILED=1)
    aws.status = "FAILED"
    by = replace(
        notifier(aws),
        states=frozenset({"FAILED", "SUCCEEDED"}),
        untold=frozenset({QUEUE.format("on-demand")}),
    )
    for detail in (aws.array(), child(3)):
        by.handle(event(detail), invocation())

    assert len(aws.said) == 2
    assert aws.said[-1] == "Array job pages is whole: 1 job ran again and succeeded"


@pytest.mark.parametrize("kind", ["plain queue", "targets alone", "successes alone"])
def test_without_rescue_or_messages_of_failures_there_is_no_such_rule(
    stack: Stack, kind: str
) -> None:
    queue = rescued_queue(stack)
    options: dict[str, Any] = {"queues": [queue]}
    if kind == "plain queue":
        options["queues"] = [JobQueue.from_job_queue_name(stack, "Plain", "a")]
    elif kind == "targets alone":
        options["targets"] = [targets.SqsQueue(sqs.Queue(stack, "Inbox"))]
    else:
        options["states"] = [JobState.SUCCEEDED]

    assert JobNotifications(stack, "Notify", **options).rescued_rules == []


def test_the_function_knows_which_ends_people_asked_for(stack: Stack, resources: Find) -> None:
    queue = JobQueue.from_job_queue_name(stack, "Plain", "a")
    states = [JobState.SUCCEEDED, JobState.FAILED]
    JobNotifications(stack, "Notify", queues=[queue], states=states)

    function = one(resources("AWS::Lambda::Function"))
    assert function["Environment"]["Variables"]["STATES"] == "SUCCEEDED,FAILED"
