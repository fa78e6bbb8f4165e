"""A page that says in ten seconds what a platform does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import own_region
from batch_constructs.aws.bound import Decimal
from batch_constructs.aws.quotas import DASHBOARD_NAME
from batch_constructs.construct import BatchConstruct
from batch_constructs.known_argument import known_now
from batch_constructs.monitoring.batch_monitoring import BatchMonitoring
from batch_constructs.monitoring.job_counters import JobCounters
from batch_constructs.monitoring.job_event_log import JobEventLog, written_to
from batch_constructs.monitoring.job_gauges import JobGauges
from batch_constructs.monitoring.watched_resources import (
    same_things,
    watched_environments,
    watched_queues,
)
from batch_constructs.one_call import OneCall
from batch_constructs.place import SEEN_HERE
from batch_constructs.rules.dashboard import too_much
from batch_constructs.topic import topic_argument

from .console_address import console_address
from .dashboard_body import Contents, dashboard_widgets
from .dashboard_text import dashboard_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.queues.any_job_queue import AnyJobQueue


class BatchDashboard(BatchConstruct):
    """A CloudWatch dashboard of jobs: how many wait, run and fail, and why.

    It has a row for each queue, with totals above and the most recent failures below. It shows AWS
    Batch's own free metrics. ``gauges`` add how many jobs are waiting and running now, how full the
    environments are, and the vCPU-hours. ``counters`` add why jobs fail and what they used, by
    queue, and by definition and share if these are counted. ``monitoring`` or ``alarm_topic`` add
    the alarms, and their limits in the graphs. A dashboard costs 3 USD a month, beyond the three
    that are free.

    Creates, below its own ID: ``Resource`` (AWS::CloudWatch::Dashboard); ``Monitoring`` (a
    ``BatchMonitoring``) if an ``alarm_topic`` is given; otherwise ``EventLog`` (a ``JobEventLog``),
    unless one is given or ``monitoring`` has one.

    Attributes:
        resource: The dashboard.
        monitoring: The alarms it shows, or None.
        event_log: The log from which the last failures are read.
        widgets: The same widgets for another dashboard of yours (``dashboard.add_widgets``), or for
            cdk-monitoring-constructs (``facade.add_widget``).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s), in the order of their rows.
        compute_environments: Compute environments of any kind; shown with ``gauges``.
        alarm_topic: Creates a ``BatchMonitoring`` that sends its alarms to this topic.
        monitoring: An existing ``BatchMonitoring``, instead of ``alarm_topic``.
        gauges: ``JobGauges`` of the same queues. Default: none.
        counters: ``JobCounters`` of the same queues. Default: none.
        price_per_vcpu_hour: With ``counters``, the price of a vCPU-hour in US dollars, for a graph
            of the daily cost of each queue's jobs. Default: no such graph.
        event_log: A ``JobEventLog`` of the same queues. Default: that of ``monitoring``, or a new
            one.
        title: The heading. Default: ``Jobs``.
        dashboard_name: A physical name. Default: one that CloudFormation generates.

    Raises:
        ValueError: no queue, both ``monitoring`` and ``alarm_topic``, or a topic that would drop
            alarms; more queues than fit on a dashboard.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
    """

    event_log: JobEventLog
    monitoring: BatchMonitoring | None
    resource: cloudwatch.CfnDashboard

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        alarm_topic: sns.ITopic | None = None,
        monitoring: BatchMonitoring | None = None,
        gauges: JobGauges | None = None,
        counters: JobCounters | None = None,
        price_per_vcpu_hour: float | None = None,
        event_log: JobEventLog | None = None,
        title: str = "Jobs",
        dashboard_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues)
        environments = watched_environments(arguments, compute_environments)
        topic_argument(arguments, "alarm_topic", alarm_topic)
        if alarm_topic is not None and isinstance(monitoring, BatchMonitoring):
            why = ", which has a topic of its own"
            arguments.only_one("alarm_topic", "monitoring", why)
        for parameter, value, kind in (
            ("monitoring", monitoring, BatchMonitoring),
            ("gauges", gauges, JobGauges),
            ("counters", counters, JobCounters),
            ("event_log", event_log, JobEventLog),
        ):
            if value is not None and not isinstance(value, kind):
                arguments.wrong_type(parameter, value, f"{kind.__name__}(…)")
            elif value is not None:
                arguments.of_this_place(parameter, value, SEEN_HERE)
        if isinstance(gauges, JobGauges):
            same_things(arguments, "gauges", watched, gauges.queue_arns)
            same_things(arguments, "gauges", environments, gauges.compute_environment_arns)
        elif environments and gauges is None:
            arguments.wrong_value(
                "compute_environments is given without gauges, and only gauges have data about "
                "them: give gauges=JobGauges(…), or leave it out"
            )
        if isinstance(counters, JobCounters):
            same_things(arguments, "counters", watched, counters.queue_arns)
        price = _price(arguments, price_per_vcpu_hour, counters)
        heading = arguments.text("title", title)
        name = arguments.text("dashboard_name", dashboard_name, bound=DASHBOARD_NAME)
        arguments.refuse()

        self.monitoring = monitoring
        if alarm_topic is not None:
            self.monitoring = BatchMonitoring(
                self,
                "Monitoring",
                queues=queues,
                compute_environments=None if gauges is None else compute_environments,
                alarm_topic=alarm_topic,
                gauges=gauges,
                event_log=event_log,
            )
        self.event_log = self._event_log(queues, event_log)
        self._body = dashboard_widgets(
            Contents(
                title=heading,
                region=own_region(),
                console=console_address(self),
                queues=[queue.name for queue in watched],
                environments=[environment.name for environment in environments],
                gauge_seconds=None if gauges is None else gauges.interval_seconds,
                causes=counters is not None,
                counted_by=() if counters is None else counters.counted_by,
                price_per_vcpu_hour=price,
                event_log=written_to(self.event_log),
                alarm_arns=self.monitoring.alarm_arns if self.monitoring else [],
                thresholds=self.monitoring.thresholds if self.monitoring else {},
            )
        )
        problem = too_much(self._body)
        if problem is not None:
            raise ValueError(
                f"{self.node.path}: the dashboard {problem}: show fewer queues, and create a "
                "second one for the others"
            )
        call = OneCall(self)
        properties = {"dashboardName": name, "dashboardBody": dashboard_text(self._body)}
        self._keep(resource=call.add("aws_cloudwatch.CfnDashboard", "Resource", properties))
        call.make(at_once=True)

    @property
    def widgets(self) -> list[cloudwatch.IWidget]:
        """The widgets, in their order on the dashboard."""
        from .placed_widget import placed  # noqa: PLC0415  # loads the CDK's

        return [placed(widget) for widget in self._body]

    def _event_log(
        self, queues: Sequence[AnyJobQueue], event_log: JobEventLog | None
    ) -> JobEventLog:
        if event_log is not None:
            return event_log
        if self.monitoring is not None:
            return self.monitoring.event_log
        return JobEventLog(self, "EventLog", queues=queues)


def _price(arguments: Arguments, price: float | None, counters: JobCounters | None) -> Any:
    """Read what an hour of a vCPU costs."""
    read = arguments.number(
        "price_per_vcpu_hour",
        known_now(arguments, "price_per_vcpu_hour", price),
        bound=Decimal(0),
    )
    if price is not None and counters is None:
        arguments.wrong_value(
            "price_per_vcpu_hour is given without counters, and only counters know what was "
            "used: give counters=JobCounters(…) of the queues, or leave it out"
        )
    return read
