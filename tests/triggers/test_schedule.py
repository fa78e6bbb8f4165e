"""Jobs by the clock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_cdk import Aws, Duration, Stack, TimeZone
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_batch import CfnJobQueue

from batch_constructs import ScheduleTrigger
from batch_constructs.aws.submit_job import (
    JOB_BYTES,
    OVERRIDES_BYTES,
    job_length,
    overrides_length,
)
from tests.triggers.conftest import DEFINITION, JOBS, QUEUE, joined, only, resources


def trigger(stack: Stack, queue: Any, definition: Any, **more: Any) -> ScheduleTrigger:
    options = {"schedule": "rate(1 hour)", **more}
    return ScheduleTrigger(stack, "Nightly", queue=queue, job_definition=definition, **options)


def test_a_schedule_submits_without_a_function(stack: Stack, queue: Any, definition: Any) -> None:
    trigger(
        stack,
        queue,
        definition,
        schedule="cron(0 3 * * ? *)",
        time_zone="Europe/Berlin",
        flexible_time_window=Duration.minutes(15),
        start=datetime(2026, 12, 1, tzinfo=UTC),
        end=datetime(2027, 12, 1, tzinfo=UTC),
        array_size=10,
        parameters={"mode": "full"},
        environment={"LEVEL": "debug"},
        command=["run", "Ref::mode"],
        timeout=Duration.hours(1),
        description="the nightly report",
    )

    schedule = only(stack, "AWS::Scheduler::Schedule")
    target = schedule.pop("Target")
    assert schedule == {
        "ScheduleExpression": "cron(0 3 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
        "StartDate": "2026-12-01T00:00:00.000Z",
        "EndDate": "2027-12-01T00:00:00.000Z",
        "State": "ENABLED",
        "Description": "the nightly report",
    }
    assert joined(target["Arn"]) == "arn:<AWS::Partition>:scheduler:::aws-sdk:batch:submitJob"
    assert json.loads(target["Input"]) == {
        "JobName": "Nightly",
        "JobQueue": QUEUE,
        "JobDefinition": f"{DEFINITION}:3",
        "ArrayProperties": {"Size": 10},
        "Parameters": {"mode": "full"},
        "ContainerOverrides": {
            "Command": ["run", "Ref::mode"],
            "Environment": [{"Name": "LEVEL", "Value": "debug"}],
        },
        "Timeout": {"AttemptDurationSeconds": 3600},
    }
    assert target["RetryPolicy"] == {
        "MaximumRetryAttempts": 185,
        "MaximumEventAgeInSeconds": 86400,
    }
    assert joined(target["DeadLetterConfig"]["Arn"]).startswith("<NightlyDeadLetterQueue")


def test_its_role_may_submit_this_definition_to_this_queue_and_nothing_else(
    stack: Stack, queue: Any, definition: Any
) -> None:
    trigger(stack, queue, definition)

    role = only(stack, "AWS::IAM::Role")
    (policy,) = role["Policies"]
    submit, put_aside = policy["PolicyDocument"]["Statement"]
    assert submit == {
        "Effect": "Allow",
        "Action": "batch:SubmitJob",
        "Resource": [QUEUE, DEFINITION, f"{DEFINITION}:*", JOBS],
    }
    assert (put_aside["Effect"], put_aside["Action"]) == ("Allow", "sqs:SendMessage")
    assert joined(put_aside["Resource"]).startswith("<NightlyDeadLetterQueue")
    assert role["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        }
    ]


def test_its_dead_letter_queue_is_encrypted_and_keeps_for_two_weeks(
    stack: Stack, queue: Any, definition: Any
) -> None:
    trigger(stack, queue, definition)

    assert only(stack, "AWS::SQS::Queue") == {
        "SqsManagedSseEnabled": True,
        "MessageRetentionPeriod": 14 * 86400,
        "VisibilityTimeout": 360,
    }


def test_a_queue_with_a_policy_gets_its_share_and_priority(
    stack: Stack, shared: Any, definition: Any
) -> None:
    trigger(stack, shared, definition, share_identifier="blue", scheduling_priority=7)

    (schedule,) = resources(stack, "AWS::Scheduler::Schedule").values()
    text = joined(schedule["Target"]["Input"])
    submitted = json.loads(text)
    assert (submitted["ShareIdentifier"], submitted["SchedulingPriorityOverride"]) == ("blue", 7)


def test_a_queue_with_a_policy_and_no_share_is_refused_with_the_fix(
    stack: Stack, shared: Any, definition: Any
) -> None:
    with pytest.raises(ValueError, match=r"Stack/Nightly: share_identifier is left out, .*: give"):
        trigger(stack, shared, definition)


@pytest.mark.parametrize(
    ("schedule", "expression", "zone"),
    [
        (events.Schedule.rate(Duration.minutes(5)), "rate(5 minutes)", None),
        (
            scheduler.ScheduleExpression.cron(
                minute="0", hour="3", time_zone=TimeZone.EUROPE_BERLIN
            ),
            "cron(0 3 * * ? *)",
            "Europe/Berlin",
        ),
        ("at(2026-12-24T18:00:00)", "at(2026-12-24T18:00:00)", None),
    ],
)
def test_the_cdk_s_schedules_are_taken_too(
    stack: Stack, queue: Any, definition: Any, schedule: Any, expression: str, zone: str | None
) -> None:
    trigger(stack, queue, definition, schedule=schedule)

    made = only(stack, "AWS::Scheduler::Schedule")
    assert made["ScheduleExpression"] == expression
    if zone is not None:
        assert made["ScheduleExpressionTimezone"] == zone


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("every hour", "allowed: rate"),
        ("rate(0 hours)", "allowed: rates of 1 or more"),
        ("cron(0 3 * *)", "cron has 4 fields; allowed: 6"),
        ("cron(0 3 * * *)", "allowed: . as the day of month or"),
        ("cron(0 9 3#1 * ? *)", "day of month is 3#1; allowed: #1 to #5"),
        ("cron(0 9 ? * 2#6 *)", "day of week is 2#6; allowed: #1 to #5"),
        ("cron(0 3 * * * *)", "allowed: . as the day of month or"),
        ("cron(60 3 * * ? *)", "minutes is 60; allowed: 0 to 59"),
        ("cron(0 3 ? * MUN *)", "day of week is MUN; allowed: numbers and FRI, MON"),
        ("at(2026-13-01T00:00:00)", "allowed: moments of the calendar"),
    ],
)
def test_an_expression_that_aws_refuses_is_refused(
    stack: Stack, queue: Any, definition: Any, schedule: str, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        trigger(stack, queue, definition, schedule=schedule)


@pytest.mark.parametrize(
    "schedule",
    [
        "cron(0/15 * * * ? *)",
        "cron(0 18 ? * MON-FRI *)",
        "cron(15 10 L * ? 2026-2030)",
        "cron(0 9 ? * 6#3 *)",
        "cron(0 8 1W * ? *)",
        "cron(0,30 8,20 ? JAN,JUL SUN *)",
        "rate(90 minutes)",
        "rate(1 hours)",
        # what Scheduler was measured to take besides
        "cron(0 12 * * ?)",
        "RATE(1minute)",
        "at(2030-01-01T00:00)",
    ],
)
def test_expressions_from_the_documents_pass(
    stack: Stack, queue: Any, definition: Any, schedule: str
) -> None:
    trigger(stack, queue, definition, schedule=schedule)

    assert only(stack, "AWS::Scheduler::Schedule")["ScheduleExpression"] == schedule


def test_all_that_is_wrong_is_said_at_once(stack: Stack, queue: Any, definition: Any) -> None:
    with pytest.raises(ValueError, match="Stack/Nightly") as error:
        trigger(
            stack,
            queue,
            definition,
            schedule="soon",
            time_zone="Europe/Atlantis",
            flexible_time_window=Duration.days(2),
            start=datetime(2026, 1, 1),  # noqa: DTZ001 - what is refused
            job_name="a b",
            array_size=1,
            environment={"AWS_BATCH_X": "1"},
            scheduling_priority=10_000,
            timeout=Duration.seconds(5),
            retry_attempts=186,
            max_event_age=Duration.days(2),
        )

    assert len(str(error.value).splitlines()) == 12
    assert not stack.node.try_find_child("Nightly")


def test_what_is_no_queue_is_refused_by_type(stack: Stack, definition: Any) -> None:
    with pytest.raises(TypeError, match='queue is str "main"; expected a job queue'):
        trigger(stack, "main", definition)


def test_an_end_before_the_start_is_refused(stack: Stack, queue: Any, definition: Any) -> None:
    with pytest.raises(ValueError, match="nothing would run"):
        trigger(
            stack,
            queue,
            definition,
            start=datetime(2026, 2, 1, tzinfo=UTC),
            end=datetime(2026, 1, 1, tzinfo=UTC),
        )


def test_an_end_that_is_the_start_is_refused(stack: Stack, queue: Any, definition: Any) -> None:
    moment = datetime(2099, 1, 1, tzinfo=UTC)

    with pytest.raises(ValueError, match="not after start, .*, so nothing would run"):
        trigger(stack, queue, definition, start=moment, end=moment)


def test_where_a_machine_knows_no_time_zones_every_name_is_taken(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)

    trigger(stack, queue, definition, schedule="cron(0 3 * * ? *)", time_zone="Europe/Berlin")


def test_the_scheduler_may_use_the_key_of_the_dead_letter_queue(
    stack: Stack, queue: Any, definition: Any
) -> None:
    letters = sqs.Queue(stack, "Letters", encryption_master_key=kms.Key(stack, "Key"))

    trigger(stack, queue, definition, dead_letter_queue=letters)

    (key,) = resources(stack, "AWS::KMS::Key")
    policy = only(stack, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]
    assert policy["Statement"][-1] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": {"Fn::GetAtt": [key, "Arn"]},
        "Condition": {
            "StringEquals": {
                "kms:ViaService": {
                    "Fn::Join": ["", ["sqs.", {"Ref": "AWS::Region"}, ".amazonaws.com"]]
                }
            }
        },
    }


def test_a_dead_letter_queue_that_cannot_be_one_is_refused(
    stack: Stack, queue: Any, definition: Any
) -> None:
    fifo = sqs.Queue(stack, "Fifo", fifo=True)

    with pytest.raises(ValueError, match="Stack/Nightly: dead_letter_queue is a FIFO queue"):
        trigger(stack, queue, definition, dead_letter_queue=fifo)
    with pytest.raises(TypeError, match='dead_letter_queue is str "arn"; expected an aws_sqs'):
        trigger(stack, queue, definition, dead_letter_queue="arn")


def test_two_time_zones_are_refused(stack: Stack, queue: Any, definition: Any) -> None:
    schedule = scheduler.ScheduleExpression.cron(hour="3", time_zone=TimeZone.EUROPE_BERLIN)

    with pytest.raises(ValueError, match='"Asia/Tokyo", but schedule has a time zone of its own'):
        trigger(stack, queue, definition, schedule=schedule, time_zone="Asia/Tokyo")


def test_a_time_zone_goes_with_an_expression_that_was_given_none(
    stack: Stack, queue: Any, definition: Any
) -> None:
    schedule = scheduler.ScheduleExpression.cron(hour="3")

    trigger(stack, queue, definition, schedule=schedule, time_zone="Asia/Tokyo")

    made = only(stack, "AWS::Scheduler::Schedule")
    assert made["ScheduleExpressionTimezone"] == "Asia/Tokyo"


def test_an_end_that_is_past_is_refused(stack: Stack, queue: Any, definition: Any) -> None:
    with pytest.raises(
        ValueError, match=r"end is 2020-01-01T00:00:00\+00:00, which is in the past"
    ):
        trigger(stack, queue, definition, end=datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("said", "below", "least", "most", "above"),
    [
        ("array_size", 1, 2, 10_000, 10_001),
        ("scheduling_priority", -1, 0, 9999, 10_000),
        ("retry_attempts", -1, 0, 185, 186),
        ("timeout", Duration.seconds(59), Duration.seconds(60), Duration.days(9), None),
        *(
            (said, Duration.seconds(59), Duration.seconds(60), Duration.days(1), above)
            for said, above in (
                ("max_event_age", Duration.seconds(86_401)),
                ("flexible_time_window", Duration.minutes(1441)),
            )
        ),
        ("share_identifier", "a-b", "a", "a" * 255, "a" * 256),
        ("job_name", "-a", "a", "a" * 128, "a" * 129),
    ],
)
def test_what_a_schedule_says_is_held_to_both_ends(
    stack: Stack, definition: Any, said: str, below: Any, least: Any, most: Any, above: Any
) -> None:
    for_shares = CfnJobQueue(
        stack,
        "Shares",
        compute_environment_order=[],
        priority=1,
        scheduling_policy_arn="arn:aws:batch:us-east-1:123456789012:scheduling-policy/a",
    )

    def make(id: str, value: Any) -> None:
        more = {"share_identifier": "blue", said: value}
        ScheduleTrigger(
            stack, id, schedule="rate(1 hour)", queue=for_shares, job_definition=definition, **more
        )

    make("Least", least)
    make("Most", most)
    for wrong in (below, above):
        if wrong is not None:
            with pytest.raises(ValueError, match=f"Stack/Wrong: {said} (is|has) "):
                make("Wrong", wrong)


def test_a_command_and_variables_that_ecs_refuses_are_refused(
    stack: Stack, queue: Any, definition: Any
) -> None:
    long = {"A": "x" * 8000}

    trigger(stack, queue, definition, environment=long)
    with pytest.raises(ValueError, match="have 8298 characters together; allowed: at most 8192"):
        ScheduleTrigger(
            stack,
            "Wrong",
            schedule="rate(1 hour)",
            queue=queue,
            job_definition=definition,
            environment=long,
            command=["y" * 200],
        )


def test_a_schedule_has_a_name_a_group_and_a_key(stack: Stack, queue: Any, definition: Any) -> None:
    group = scheduler.ScheduleGroup(stack, "Group")
    key = kms.Key(stack, "Key")

    trigger(
        stack,
        queue,
        definition,
        schedule="cron(0 3 * * ? *)",
        time_zone=TimeZone.EUROPE_BERLIN,
        schedule_name="nightly",
        schedule_group=group,
        encryption_key=key,
    )

    schedule = only(stack, "AWS::Scheduler::Schedule")
    assert schedule["Name"] == "nightly"
    assert schedule["GroupName"] == stack.resolve(group.schedule_group_name)
    assert schedule["KmsKeyArn"] == stack.resolve(key.key_arn)
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    (policy,) = only(stack, "AWS::IAM::Role")["Policies"]
    assert policy["PolicyDocument"]["Statement"][-1] == {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": stack.resolve(key.key_arn),
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"schedule_name": "a b"}, 'schedule_name is "a b"; allowed: 1 to 64 letters'),
        ({"schedule_group": "x" * 65}, "schedule_group has 65 characters"),
        ({"encryption_key": "alias/x"}, 'encryption_key is str "alias/x"; expected a kms.IKey'),
    ],
)
def test_wrong_names_and_keys_of_a_schedule_are_refused(
    stack: Stack, queue: Any, definition: Any, options: dict[str, Any], said: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=re.escape(said)):
        trigger(stack, queue, definition, schedule="rate(1 day)", **options)


@pytest.mark.parametrize("beyond", [0, 1])
def test_overrides_are_as_long_as_ecs_takes_them(
    stack: Stack, queue: Any, definition: Any, beyond: int
) -> None:
    room = OVERRIDES_BYTES - overrides_length({"command": [""], "environment": []})
    command = ["x" * (room + beyond)]

    if beyond:
        with pytest.raises(ValueError, match="have 8193 characters together"):
            trigger(stack, queue, definition, command=command)
    else:
        assert trigger(stack, queue, definition, command=command) is not None


@pytest.mark.parametrize("beyond", [0, 1])
def test_parameters_have_the_room_of_a_submission(
    stack: Stack, queue: Any, definition: Any, beyond: int
) -> None:
    room = JOB_BYTES - job_length({"parameters": {"mode": ""}})
    parameters = {"mode": "x" * (room + beyond), "at": Aws.REGION}

    if beyond:
        with pytest.raises(ValueError, match=f"take {JOB_BYTES + 1} bytes of a submission"):
            trigger(stack, queue, definition, parameters=parameters)
    else:
        assert trigger(stack, queue, definition, parameters=parameters) is not None


def test_a_schedule_that_ends_as_it_begins_is_refused(
    stack: Stack, queue: Any, definition: Any
) -> None:
    moment = datetime(2096, 1, 1, tzinfo=UTC)

    with pytest.raises(ValueError, match="not after start"):
        trigger(stack, queue, definition, start=moment, end=moment)


def test_on_a_machine_without_a_database_of_time_zones_each_one_is_taken(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)

    trigger(stack, queue, definition, schedule="cron(0 3 * * ? *)", time_zone="Europe/Berlin")

    made = only(stack, "AWS::Scheduler::Schedule")
    assert made["ScheduleExpressionTimezone"] == "Europe/Berlin"
