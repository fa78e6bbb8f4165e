"""Of so many queues that a statement a rule would find no room, the rules are admitted together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template
from constructs import Construct

from batch_constructs import JobCounters, JobNotifications, JobQueue
from batch_constructs.rules import check_template

Make = Callable[[Stack, list[JobQueue]], Construct]
HERE = {"region": "eu-west-1", "account": "111122223333"}
OF_ANY = "arn:aws:batch:eu-west-1:111122223333:job-queue/"


def counters(stack: Stack, queues: list[JobQueue]) -> Construct:
    return JobCounters(stack, "Told", queues=queues)


def notifications(stack: Stack, queues: list[JobQueue]) -> Construct:
    return JobNotifications(stack, "Told", queues=queues)


def rendered(make: Make, queues: int) -> dict[str, Any]:
    stack = Stack(App(builtin_cloud_formation_validation=False), "Platform", env=HERE)
    arns = [f"{OF_ANY}{f'q{number}':x<120}" for number in range(queues)]
    some = [
        JobQueue.from_job_queue_arn(stack, f"Q{number}", arn) for number, arn in enumerate(arns)
    ]
    make(stack, some)
    return dict(Template.from_stack(stack).to_json())


def of(template: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] == type]


@pytest.mark.parametrize(
    ("make", "queues", "rules", "named"),
    [
        (counters, 165, 15, True),
        (counters, 170, 16, False),
        (notifications, 60, 12, True),
        (notifications, 120, 23, False),
    ],
)
def test_any_number_of_queues_finds_room_in_the_policies(
    make: Make, queues: int, rules: int, *, named: bool
) -> None:
    template = rendered(make, queues)

    assert len(of(template, "AWS::Events::Rule")) == rules
    assert [one.rule for one in check_template(template) if one.severity.value == "error"] == []
    permissions = of(template, "AWS::Lambda::Permission")
    assert len(permissions) == (rules if named else 1)
    assert named or "rule/*" in str(permissions[0]["SourceArn"])
    assert named or permissions[0]["SourceAccount"] == {"Ref": "AWS::AccountId"}
    [policy] = of(template, "AWS::SQS::QueuePolicy")
    of_events = [
        one
        for one in policy["PolicyDocument"]["Statement"]
        if one["Principal"] == {"Service": "events.amazonaws.com"}
    ]
    assert len(of_events) == (rules if named else 1)
    letters = [
        target["DeadLetterConfig"]["Arn"]
        for rule in of(template, "AWS::Events::Rule")
        for target in rule["Targets"]
    ]
    assert len(letters) == rules
    assert all("ToldDeadLetterQueue" in str(one) for one in letters)
