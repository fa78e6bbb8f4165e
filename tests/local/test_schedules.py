"""Schedules on the laptop run by their own clock, and call what their role may call."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aws_cdk as cdk
import pytest
from aws_cdk import aws_scheduler as scheduler

from batch_constructs.local.adapter.schedules import next_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws
    from tests.local.wiring import Wiring

BEFORE_SUMMER = datetime(2026, 3, 28, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("cron(0 9 * * ? *)", "UTC", "2026-03-29T09:00:00"),
        ("cron(0 9 * * ?)", "UTC", "2026-03-29T09:00:00"),
        ("cron(0 9 * * ? *)", "Asia/Tokyo", "2026-03-29T00:00:00"),
        ("cron(0 9 * * ? *)", "Europe/Berlin", "2026-03-29T07:00:00"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-30T00:30:00"),
        ("at(2026-03-28T12:00:00)", "America/New_York", "2026-03-28T16:00:00"),
        ("rate(5 minutes)", "Asia/Tokyo", "2026-03-28T10:05:00"),
        ("rate(1hour)", "UTC", "2026-03-28T11:00:00"),
        ("rate(2 days)", "UTC", "2026-03-30T10:00:00"),
    ],
)
def test_a_schedule_is_due_by_the_clock_of_its_time_zone(
    expression: str, zone: str, expected: str
) -> None:
    schedule = {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}

    due = next_time(schedule, BEFORE_SUMMER, BEFORE_SUMMER)

    assert due is not None
    assert due.astimezone(UTC) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_schedule_of_years_that_are_over_is_never_due() -> None:
    schedule = {"ScheduleExpression": "cron(0 9 1 1 ? 2020)"}

    assert next_time(schedule, BEFORE_SUMMER, BEFORE_SUMMER) is None


def moment(zone: str, seconds: float) -> str:
    """Write a moment from now on a zone's clock."""
    then = datetime.now(ZoneInfo(zone)) + timedelta(seconds=seconds)
    return f"at({then:%Y-%m-%dT%H:%M:%S})"


def schedule(wiring: Wiring, kind: str, expression: str, **more: Any) -> None:
    wiring.client("scheduler").create_schedule(
        Name=wiring.named(kind),
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        **more,
    )


@pytest.mark.local_aws
def test_once_in_another_time_zone_means_its_clock(wiring: Wiring) -> None:
    url, arn = wiring.queue("here")
    role = wiring.role("scheduler", "sqs:SendMessage")
    target = {"Arn": arn, "RoleArn": role, "Input": "it is time"}
    zone = {"ScheduleExpressionTimezone": "Asia/Tokyo"}

    schedule(wiring, "later", moment("UTC", 3600), Target={**target, "Input": "early"})
    schedule(wiring, "now", moment("Asia/Tokyo", 1), Target=target, **zone)

    assert [one["Body"] for one in wiring.received(url, 20)] == ["it is time"]


def names(wiring: Wiring) -> list[str]:
    listed = wiring.client("scheduler").list_schedules(NamePrefix=wiring.named(""))["Schedules"]
    return [one["Name"] for one in listed]


@pytest.mark.local_aws
def test_a_schedule_that_is_over_is_deleted_where_it_is_asked_for(wiring: Wiring) -> None:
    url, arn = wiring.queue("here")
    role = wiring.role("scheduler", "sqs:SendMessage")
    target = {"Arn": arn, "RoleArn": role, "Input": "x"}

    schedule(wiring, "kept", moment("UTC", 1), Target=target)
    schedule(wiring, "deleted", moment("UTC", 1), Target=target, ActionAfterCompletion="DELETE")

    deadline = time.monotonic() + 60
    while len(left := names(wiring)) == 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == [wiring.named("kept")]
    assert wiring.received(url, 20)


@pytest.mark.local_aws
def test_a_schedule_outside_of_its_days_does_nothing(wiring: Wiring) -> None:
    url, arn = wiring.queue("here")
    target = {"Arn": arn, "RoleArn": wiring.role("scheduler", "sqs:SendMessage")}
    today, day = datetime.now(UTC), timedelta(days=1)
    names = ("early", "late", "off", "now")
    early, late, off, now = ({**target, "Input": name} for name in names)

    schedule(wiring, "early", moment("UTC", 0), Target=early, StartDate=today + day)
    schedule(wiring, "late", moment("UTC", 0), Target=late, EndDate=today - day)
    schedule(wiring, "off", moment("UTC", 0), Target=off, State="DISABLED")
    schedule(wiring, "now", moment("UTC", 1), Target=now)

    assert [one["Body"] for one in wiring.received(url, 20)] == ["now"]
    assert wiring.received(url, 1) == []


@pytest.mark.local_aws
@pytest.mark.parametrize("is_new", [1, 0])
def test_once_is_due_again_with_a_new_moment_and_with_no_other_change(
    wiring: Wiring, is_new: int
) -> None:
    url, arn = wiring.queue("here")
    role = wiring.role("scheduler", "sqs:SendMessage")
    target = {"Arn": arn, "RoleArn": role, "Input": "x"}
    before = moment("UTC", 0)
    schedule(wiring, "twice", before, Target=target)
    first = wiring.received(url, 20)

    time.sleep(1)  # moments are whole seconds
    wiring.client("scheduler").update_schedule(
        Name=wiring.named("twice"),
        ScheduleExpression=moment("UTC", 0) if is_new else before,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={**target, "Input": "y"},
    )

    assert len(first) == 1
    assert len(wiring.received(url, 20 if is_new else 3)) == is_new


@pytest.mark.local_aws
def test_a_universal_target_calls_any_service(wiring: Wiring) -> None:
    url, _ = wiring.queue("here")
    given = {"QueueUrl": url, "MessageBody": "attempt <aws.scheduler.attempt-number>"}
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": wiring.role("scheduler", "sqs:SendMessage"),
        "Input": json.dumps(given),
    }

    schedule(wiring, "call", moment("UTC", 0), Target=target)

    assert [one["Body"] for one in wiring.received(url, 20)] == ["attempt 1"]


UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"


@pytest.mark.local_aws
@pytest.mark.parametrize(
    ("target", "given", "reason"),
    [
        (f"{UNIVERSAL}sns:publish", {"TopicArn": "any", "Message": "x"}, "sns:Publish"),
        (f"{UNIVERSAL}sns:shout", {}, "there is no operation Shout"),
        (f"{UNIVERSAL}nonsense:shout", {}, "Unknown service"),
        ("arn:aws:sqs:us-east-1:123456789012:another", {}, "sqs:SendMessage"),
    ],
)
def test_what_a_schedule_cannot_call_is_in_its_dead_letter_queue(
    wiring: Wiring, target: str, given: dict[str, str], reason: str
) -> None:
    dead, dead_arn = wiring.queue("dead")
    role = wiring.role("scheduler")
    rights = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": dead_arn}
    wiring.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="dead-letters",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [rights]}),
    )

    schedule(
        wiring,
        "call",
        moment("UTC", 0),
        Target={
            "Arn": target,
            "RoleArn": role,
            "Input": json.dumps(given),
            "DeadLetterConfig": {"Arn": dead_arn},
        },
    )

    [message] = wiring.received(dead, 20)
    assert reason in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


@pytest.mark.local_aws
def test_a_schedule_whose_role_may_not_write_there_loses_what_it_cannot_call(
    wiring: Wiring,
) -> None:
    dead, dead_arn = wiring.queue("dead")
    target = {
        "Arn": f"{UNIVERSAL}sns:publish",
        "RoleArn": wiring.role("scheduler"),
        "Input": "{}",
        "DeadLetterConfig": {"Arn": dead_arn},
    }

    schedule(wiring, "call", moment("UTC", 0), Target=target)

    assert wiring.received(dead, 4) == []


@pytest.mark.local_aws
def test_a_stack_s_schedule_keeps_its_days_and_its_zone(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack], wiring: Wiring
) -> None:
    _, arn = wiring.queue("here")
    role = wiring.role("scheduler", "sqs:SendMessage")

    def with_zone(zone: str | None) -> dict[str, Any]:
        stack = new_stack()
        scheduler.CfnSchedule(
            stack,
            "Schedule",
            name=wiring.named("of-stack"),
            schedule_expression="cron(0 9 * * ? *)",
            schedule_expression_timezone=zone,
            start_date="2030-01-01T00:00:00.000Z",
            end_date="2031-01-01T00:00:00.000Z",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(arn=arn, role_arn=role, input="x"),
        )
        local_aws.deploy(stack)
        found: dict[str, Any] = local_aws.client("scheduler").get_schedule(
            Name=wiring.named("of-stack")
        )
        return found

    made, changed, default = (with_zone(zone) for zone in ("Asia/Tokyo", "Europe/Berlin", None))

    assert made["StartDate"].year == 2030
    assert made["EndDate"].year == 2031
    zones = [one["ScheduleExpressionTimezone"] for one in (made, changed, default)]
    assert zones == ["Asia/Tokyo", "Europe/Berlin", "UTC"]


@pytest.mark.local_aws
def test_a_stack_s_schedule_with_a_new_moment_is_due_again(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack], wiring: Wiring
) -> None:
    url, arn = wiring.queue("here")
    role = wiring.role("scheduler", "sqs:SendMessage")
    received = []
    for _ in range(2):
        stack = new_stack()
        scheduler.CfnSchedule(
            stack,
            "Schedule",
            schedule_expression=moment("UTC", 0),
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(arn=arn, role_arn=role, input="x"),
        )
        local_aws.deploy(stack)
        received.append(len(wiring.received(url, 20)))
        time.sleep(1)  # moments are whole seconds

    assert received == [1, 1]
