"""Schedules as they are written: in their time zone, from their start to their end.

ministack takes every time for UTC, and a stack's schedules without start, end and zone. See
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from batch_constructs.aws.resource_states import State
from batch_constructs.aws.schedule_expression import cron_of, moment_of, rate_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Schedule = Mapping[str, Any]

_KEPT = (
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "KmsKeyArn",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
)
"""What ministack's handler of stacks forgets, at once or in an update."""

_DEFAULTS = {
    "ActionAfterCompletion": "NONE",
    "Description": "",
    "ScheduleExpressionTimezone": "UTC",
    "State": State.ENABLED,
}
_LOG = logging.getLogger("batch_constructs.schedules")


def install() -> None:
    """Run schedules by their own clocks, and keep all that a stack says of them."""
    from ministack.services import scheduler
    from ministack.services.cloudformation import provisioners

    scheduler._tick_schedules = _tick  # noqa: SLF001 - a touch point
    for name in ("_create_schedule", "_update_schedule"):
        setattr(scheduler, name, _starting_anew(getattr(scheduler, name)))
    handler = provisioners._RESOURCE_HANDLERS[  # noqa: SLF001 - a touch point
        "AWS::Scheduler::Schedule"
    ]
    create, update = handler["create"], handler["update"]

    def create_schedule(logical_id: str, properties: Any, stack_name: str) -> Any:
        made = create(logical_id, properties, stack_name)
        _keep(made, properties)
        return made

    def update_schedule(physical_id: str, old: Any, new: Any, *more: Any) -> Any:
        made = update(physical_id, old, new, *more)
        _keep(made, new)
        if old.get("ScheduleExpression") != new.get("ScheduleExpression"):
            _forget(made[1]["Arn"].partition(":schedule/")[2])
        return made

    handler.update(create=create_schedule, update=update_schedule)


def _starting_anew(change: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """Forget when a schedule was due whose expression is a new one."""
    from ministack.services import scheduler

    def changed(name: str, body: Any) -> Any:
        key = f"{body.get('GroupName', 'default')}/{name}"
        before = scheduler._schedules.get(key) or {}  # noqa: SLF001 - a touch point
        answer = change(name, body)
        if before.get("ScheduleExpression") != body.get("ScheduleExpression"):
            _forget(key)
        return answer

    return changed


def _forget(key: str) -> None:
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import scheduler

    last = scheduler._schedule_last_fired  # noqa: SLF001 - a touch point
    last.pop((get_account_id(), get_region(), key), None)


def next_time(schedule: Schedule, after: datetime, first: datetime) -> datetime | None:
    """Return when a schedule is due next; None where it never is again.

    Args:
        schedule: as GetSchedule describes it.
        after: when it was due last, or was first looked at.
        first: from when a rate is counted.
    """
    expression, zone = schedule["ScheduleExpression"], _zone(schedule)
    if (moment := moment_of(expression)) is not None:
        return datetime.fromisoformat(moment).replace(tzinfo=zone)
    if (rate := rate_of(expression)) is not None:
        number, unit = rate
        return max(after, first) + timedelta(**{f"{unit}s": number})
    fields = cron_of(expression)
    return None if fields is None else _next_of_cron(fields, after, zone)


def _next_of_cron(fields: Sequence[str], after: datetime, zone: ZoneInfo) -> datetime | None:
    """Look for the next time on the zone's clock, which ministack's calendar takes for UTC."""
    from ministack.services import eventbridge as theirs

    written = f"cron({' '.join(fields)})"
    parsed = theirs._parse_cron_fields(written)  # noqa: SLF001 - a touch point
    clock: datetime | None = after.astimezone(zone).replace(tzinfo=UTC)
    while parsed is not None and clock is not None:
        clock = theirs._cron_next_fire(parsed, clock)  # noqa: SLF001 - a touch point
        found = None if clock is None else clock.replace(tzinfo=zone)
        if found is not None and found.astimezone(UTC).astimezone(zone) == found:
            return found  # else clocks are put forward then, and nothing runs
    return None


def _zone(schedule: Schedule) -> ZoneInfo:
    return ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")


def _tick() -> None:
    """Invoke the target of every schedule that is due."""
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge, scheduler

    now = datetime.now(UTC)
    schedules = scheduler._schedules._data  # noqa: SLF001 - a touch point
    for key, schedule in list(schedules.items()):
        account, region, _ = key
        try:
            is_due, is_over = _look(key, schedule, now)
            if is_due:
                event = _event(schedule, account, region, now)
                with request_scope(account, region):
                    eventbridge._invoke_target(  # noqa: SLF001 - a touch point
                        schedule["Target"], event, schedule
                    )
        except (KeyError, ValueError) as problem:  # a zone or a moment that nobody knows
            _LOG.warning("the schedule %s cannot run: %s", schedule.get("Arn"), problem)
            continue
        if is_over and schedule.get("ActionAfterCompletion") == "DELETE":
            schedules.pop(key, None)
            scheduler._schedule_last_fired.pop(key, None)  # noqa: SLF001 - a touch point


def _look(key: Any, schedule: Schedule, now: datetime) -> tuple[bool, bool]:
    """Tell whether a schedule is due now, and whether it is over, after that."""
    from ministack.services import scheduler

    moment: Callable[[Any], float | None] = scheduler._to_epoch  # noqa: SLF001 - a touch point
    start, end = moment(schedule.get("StartDate")), moment(schedule.get("EndDate"))
    if schedule.get("State") != State.ENABLED:
        return False, False
    if end is not None and now.timestamp() > end:
        return False, True
    last = scheduler._schedule_last_fired  # noqa: SLF001 - a touch point
    is_once = moment_of(schedule["ScheduleExpression"]) is not None
    if is_once and key in last:
        return False, True
    if start is not None and now.timestamp() < start:
        return False, False
    created = schedule.get("CreationDate", now.timestamp())
    first = datetime.fromtimestamp(created, UTC)
    since = datetime.fromtimestamp(last.get(key, created), UTC)
    due = next_time(schedule, since, first)
    if due is None or due > now:
        return False, False
    last[key] = now.timestamp()
    return True, is_once


def _event(schedule: Schedule, account: str, region: str, now: datetime) -> dict[str, Any]:
    return {
        "EventId": str(uuid.uuid4()),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": now.timestamp(),
        "Resources": [schedule.get("Arn", "")],
        "Account": account,
        "Region": region,
    }


def _keep(made: tuple[str, Mapping[str, Any]], properties: Mapping[str, Any]) -> None:
    from ministack.services import scheduler

    key = made[1]["Arn"].partition(":schedule/")[2]
    stored = scheduler._schedules.get(key)  # noqa: SLF001 - a touch point
    if stored is not None:
        stored.update({one: properties.get(one, _DEFAULTS.get(one)) for one in _KEPT})
