"""The body of the dashboard, as plain data: what waits, runs, fails and why, how long, how full."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_constructs.aws import metrics
from batch_constructs.aws.consoles import batch_console
from batch_constructs.aws.resource_states import Status
from batch_constructs.functions.job_events.cause import Cause
from batch_constructs.functions.own_metrics import VCPUS_IN_USE
from batch_constructs.monitoring.metric_series import (
    Math,
    Series,
    environment_gauge,
    failure_rate,
    failures_by_cause,
    native,
    queue_gauge,
    vcpu_hours_per_day,
)

from . import query_texts, widgets
from .dashboard_usage import usage_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from batch_constructs.monitoring.metric_series import Line

    from .widgets import Widget

_MILLISECONDS_A_MINUTE = 60_000
_DAY = 86_400
_QUARTER_HOUR = 900
_GRAPHS_A_ROW, _MOST_GRAPHS_A_ROW = 4, 5
_STATES_WIDTH = 6
_CAUSES = {
    Cause.EXITED_NON_ZERO: ("exited non-zero", "#d62728"),
    Cause.OUT_OF_MEMORY: ("out of memory", "#7b4173"),
    Cause.TIMED_OUT: ("timed out", "#e377c2"),
    Cause.NEVER_STARTED: ("never started", "#8c564b"),
    Cause.STUCK_IN_QUEUE: ("stuck in RUNNABLE", "#bcbd22"),
    Cause.SPOT_RECLAIMED: ("Spot reclaimed", "#ff7f0e"),
    Cause.DEPENDENCY_FAILED: ("dependency failed", "#17becf"),
    Cause.OTHER: ("other", "#7f7f7f"),
}


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What there is to show."""

    title: str
    region: str
    console: str | None
    queues: Sequence[str]
    environments: Sequence[str] = ()
    gauge_seconds: int | None = None
    """How often the gauges are read; None without gauges."""
    causes: bool = False
    counted_by: Collection[str] = ()
    price_per_vcpu_hour: float | None = None
    event_log: str | None = None
    alarm_arns: Sequence[str] = ()
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def has_gauges(self) -> bool:
        """Whether there are gauges to show."""
        return self.gauge_seconds is not None

    """Of each queue: which alarm has which threshold, in the unit of its graph."""

    def limits(self, queue: str, **named: str) -> dict[str, float]:
        """Return the thresholds of a queue that a graph draws: alarm → label."""
        known = self.thresholds.get(queue, {})
        return {label: known[alarm] for alarm, label in named.items() if alarm in known}


def dashboard_widgets(contents: Contents) -> list[Widget]:
    """Return the widgets, placed."""
    rows: list[list[Widget]] = [[widgets.text(_heading(contents))], _summary(contents)]
    if contents.alarm_arns:
        height = 1 + -(-len(contents.alarm_arns) // 4)
        rows.append([widgets.alarms("Alarms", contents.alarm_arns, height=height)])
    for queue in contents.queues:
        rows += [[widgets.text(f"## {queue}", height=1)], *_queue_rows(contents, queue)]
    if contents.causes:
        used = usage_rows(
            contents.queues,
            region=contents.region,
            counted_by=contents.counted_by,
            price_per_vcpu_hour=contents.price_per_vcpu_hour,
        )
        rows += [[widgets.text("## What jobs used", height=1)], *used]
    if contents.environments and contents.has_gauges:
        rows.append(_environments(contents))
    if contents.event_log is not None:
        rows.append([_failures(contents, contents.event_log)])
    return widgets.laid_out(rows)


def _heading(contents: Contents) -> str:
    heading = (
        f"# {contents.title}\nAWS Batch: what waits, what runs, what fails and why. "
        "About one job: `batch-constructs why JOB`."
    )
    if contents.console is None:
        return heading
    console = batch_console(contents.console, contents.region)
    return f"{heading} [jobs]({console}#jobs) | [queues]({console}#queues)"


def _summary(contents: Contents) -> list[Widget]:
    """One number a question, over all queues."""
    if contents.has_gauges:
        lines = [
            _total(contents, "JobsRunnable", "waiting", widgets.WAITING),
            _total(contents, "JobsRunning", "running", widgets.RUNNING),
            _total(contents, VCPUS_IN_USE, "vCPUs in use", widgets.RUNNING),
        ]
        now = [widgets.numbers("Now", lines, region=contents.region, width=9)]
    else:
        now = []
    ended = [
        _total_of(contents, metrics.JOBS_SUBMITTED, "submitted", widgets.MOVING),
        _total_of(contents, metrics.JOBS_MOVED_TO_SUCCEEDED, "succeeded", widgets.SUCCEEDED),
        _total_of(contents, metrics.JOBS_MOVED_TO_FAILED, "failed", widgets.FAILED),
        _total_of(contents, metrics.JOBS_RETRIED, "retried", widgets.RETRIED),
    ]
    last_day = widgets.numbers(
        "Last 24 hours", ended, region=contents.region, width=9 if now else widgets.WIDTH
    )
    if contents.gauge_seconds is None:
        return [last_day]
    used = [vcpu_hours_per_day(q, gauge_seconds=contents.gauge_seconds) for q in contents.queues]
    spent = [_sum("used", used, widgets.RUNNING)]
    cost = widgets.numbers("vCPU-hours, last 24 hours", spent, region=contents.region, width=6)
    return [*now, last_day, cost]


def _queue_rows(contents: Contents, queue: str) -> list[list[Widget]]:
    graphs = [
        _waits_and_runs(contents, queue),
        _ends(contents, queue),
        _how_many_fail(contents, queue),
        _how_long(contents, queue),
        _how_full(contents, queue) if contents.has_gauges else _attempts(contents, queue),
    ]
    if contents.causes:
        graphs.insert(3, _why(contents, queue))
    a_row = len(graphs) if len(graphs) <= _MOST_GRAPHS_A_ROW else -(-len(graphs) // 2)
    rows = [graphs[start : start + a_row] for start in range(0, len(graphs), a_row)]
    return [
        [
            {**graph, "width": width}
            for graph, width in zip(row, widgets.widths(len(row)), strict=True)
        ]
        for row in rows
    ]


def _waits_and_runs(contents: Contents, queue: str) -> Widget:
    if contents.has_gauges:
        lines = [
            queue_gauge(queue, "JobsPending").called("pending", "#c7c7c7"),
            queue_gauge(queue, "JobsRunnable").called("runnable", widgets.WAITING),
            queue_gauge(queue, "JobsStarting").called("starting", "#17becf"),
            queue_gauge(queue, "JobsRunning").called("running", widgets.RUNNING),
        ]
        title = "What waits and runs"
    else:
        lines = [
            native(queue, metrics.JOBS_SUBMITTED).called("submitted", widgets.WAITING),
            native(queue, metrics.JOBS_MOVED_TO_RUNNABLE).called("runnable", widgets.MOVING),
            native(queue, metrics.JOBS_MOVED_TO_RUNNING).called("running", widgets.RUNNING),
        ]
        title = "What comes and starts"
    return _graph(contents, title, lines, left="jobs", stacked=contents.has_gauges)


def _ends(contents: Contents, queue: str) -> Widget:
    lines = [
        _quarterly(queue, metrics.JOBS_MOVED_TO_SUCCEEDED).called("succeeded", widgets.SUCCEEDED),
        _quarterly(queue, metrics.JOBS_MOVED_TO_FAILED).called("failed", widgets.FAILED),
        _quarterly(queue, metrics.JOBS_RETRIED).called("retried", widgets.RETRIED),
    ]
    return _graph(contents, "What ends", lines, left="jobs")


def _how_many_fail(contents: Contents, queue: str) -> Widget:
    rate = failure_rate(queue, at_least_jobs=1, period_seconds=_QUARTER_HOUR)
    lines = [rate.called("% failed", widgets.FAILED)]
    thresholds = contents.limits(queue, FailureRate="alarm: % failed")
    return _graph(contents, "How many fail", lines, left="% of jobs", thresholds=thresholds)


def _why(contents: Contents, queue: str) -> Widget:
    lines = [
        failures_by_cause(queue, cause).over(_QUARTER_HOUR).called(label, color)
        for cause, (label, color) in _CAUSES.items()
    ]
    return _graph(contents, "Why jobs fail", lines, left="jobs", stacked=True)


def _how_long(contents: Contents, queue: str) -> Widget:
    lines = [
        _minutes(native(queue, metrics.JOB_ATTEMPT_RUNNABLE_TO_STARTING_DURATION)).called(
            "waited", widgets.WAITING
        ),
        _minutes(native(queue, metrics.JOB_ATTEMPT_STARTING_TO_RUNNING_DURATION)).called(
            "started in", "#17becf"
        ),
        _minutes(native(queue, metrics.JOB_ATTEMPT_EXECUTION_DURATION)).called(
            "ran", widgets.RUNNING
        ),
    ]
    if contents.has_gauges:
        age = Math(
            expression="{age} / 60", uses={"age": queue_gauge(queue, "HeadOfQueueAge", "Maximum")}
        )
        lines.append(age.called("head of queue", widgets.RETRIED))
    thresholds = contents.limits(
        queue, TimeInRunnable="alarm: waited", HeadOfQueue="alarm: head of queue"
    )
    return _graph(contents, "How long", lines, left="minutes", thresholds=thresholds)


def _how_full(contents: Contents, queue: str) -> Widget:
    lines = [queue_gauge(queue, "VcpuUtilization").called("vCPUs in use", widgets.RUNNING)]
    return _graph(contents, "How full", lines, left="% of the environments' maximum")


def _attempts(contents: Contents, queue: str) -> Widget:
    lines = [
        _quarterly(queue, metrics.JOBS_CANCELLED).called("cancelled", widgets.MOVING),
        _quarterly(queue, metrics.JOBS_TERMINATED).called("terminated", widgets.FAILED),
        _quarterly(queue, metrics.JOBS_RETRIED).called("retried", widgets.RETRIED),
    ]
    return _graph(contents, "What is stopped or retried", lines, left="jobs")


def _environments(contents: Contents) -> list[Widget]:
    size = [
        environment_gauge(name, metric).called(f"{name}: {what}")
        for name in contents.environments
        for metric, what in (("DesiredVcpus", "desired"), ("MaxVcpus", "maximum"))
    ]
    states = [
        _sum(label, [environment_gauge(name, metric) for name in contents.environments], color)
        for metric, label, color in (
            ("EnvironmentInvalid", Status.INVALID, widgets.MOVING),  # a red 0 would alarm
            ("EnvironmentDisabled", "disabled", widgets.MOVING),
        )
    ]
    vcpus = _graph(contents, "Compute environments: vCPUs", size, left="vCPUs")
    health = widgets.numbers(
        "Compute environments",
        states,
        region=contents.region,
        width=_STATES_WIDTH,
        height=widgets.GRAPH_HEIGHT,
    )
    return [{**vcpus, "width": widgets.WIDTH - _STATES_WIDTH}, health]


def _failures(contents: Contents, log_group: str) -> Widget:
    return widgets.table(
        "Last failures",
        query=query_texts.last_failures(contents.region, contents.console),
        log_group=log_group,
        region=contents.region,
    )


def _graph(
    contents: Contents,
    title: str,
    lines: Sequence[Line],
    *,
    left: str,
    stacked: bool = False,
    thresholds: Mapping[str, float] | None = None,
) -> Widget:
    return widgets.graph(
        title,
        lines,
        region=contents.region,
        width=widgets.WIDTH // _GRAPHS_A_ROW,
        left=left,
        stacked=stacked,
        thresholds=thresholds,
    )


def _quarterly(queue: str, metric: str) -> Series:
    """Return a count over quarters of an hour: calmer than five minutes."""
    return native(queue, metric).over(_QUARTER_HOUR)


def _minutes(milliseconds: Series) -> Math:
    return Math(
        expression=f"{{duration}} / {_MILLISECONDS_A_MINUTE}", uses={"duration": milliseconds}
    )


def _total(contents: Contents, gauge: str, label: str, color: str) -> Line:
    return _sum(label, [queue_gauge(queue, gauge) for queue in contents.queues], color)


def _total_of(contents: Contents, metric: str, label: str, color: str) -> Line:
    return _sum(label, [native(queue, metric).over(_DAY) for queue in contents.queues], color)


def _sum(label: str, parts: Sequence[Series | Math], color: str) -> Line:
    """Add up over the queues; a queue without data counts as nothing."""
    terms: list[str] = []
    uses: dict[str, Series] = {}
    for number, part in enumerate(parts):
        if isinstance(part, Series):
            uses[f"q{number}"] = part
            terms.append(f"FILL({{q{number}}}, 0)")
        else:
            term = part.expression
            for name, series in part.uses.items():
                uses[f"q{number}_{name}"] = series
                term = term.replace(f"{{{name}}}", f"FILL({{q{number}_{name}}}, 0)")
            terms.append(term)
    return Math(expression=" + ".join(terms), uses=uses).called(label, color)
