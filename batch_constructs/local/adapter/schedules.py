"""How often ministack looks at schedules."""

from __future__ import annotations


def install(tick_seconds: float) -> None:
    """Look at EventBridge rules with schedules, and at Scheduler's, every so many seconds."""
    from ministack.services import eventbridge, scheduler

    eventbridge._SCHEDULER_TICK_INTERVAL = tick_seconds  # noqa: SLF001 - a touch point
    scheduler._SCHEDULE_TICK_INTERVAL = tick_seconds  # noqa: SLF001 - a touch point
