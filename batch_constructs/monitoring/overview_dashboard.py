"""One page over queues of many accounts and Regions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Unified-Cross-Account.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Aws
from aws_cdk import aws_cloudwatch as cloudwatch

from batch_constructs.arguments import Arguments
from batch_constructs.aws import metrics
from batch_constructs.aws.quotas import DASHBOARD_NAME
from batch_constructs.construct import BatchConstruct
from batch_constructs.monitoring.metric_series import Math, native
from batch_constructs.monitoring.watched_resources import Watched, watched_queues
from batch_constructs.place import Place
from batch_constructs.rules.dashboard import too_much

from . import widgets
from .dashboard_text import dashboard_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from batch_constructs.queues.any_job_queue import AnyJobQueue

    from .widgets import Widget

_MINUTE = 60_000
_GRAPHS = 3


class OverviewDashboard(BatchConstruct):
    """A CloudWatch dashboard for queues in many accounts and Regions, with a row for each.

    It shows AWS Batch's own free metrics: submitted jobs, ended jobs, and waiting times. Metrics of
    another account are visible if CloudWatch shares them with this one; those of another Region
    always are. A dashboard costs 3 USD a month, beyond the three that are free.

    Creates, below its own ID: ``Resource`` (AWS::CloudWatch::Dashboard).

    Attributes:
        resource: The dashboard.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues of this account and Region, and of others by their ARN
            (``JobQueue.from_job_queue_arn``).
        title: The heading. Default: ``Jobs``.
        dashboard_name: A physical name. Default: one that CloudFormation generates.

    Raises:
        ValueError: no queue, or more than fit on a dashboard.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """

    resource: cloudwatch.CfnDashboard

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        title: str = "Jobs",
        dashboard_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues, there=None)
        heading = arguments.text("title", title, required=True)
        name = arguments.text("dashboard_name", dashboard_name, bound=DASHBOARD_NAME)
        arguments.refuse()

        here = Place.of_stack(self)
        places: dict[Place, list[Watched]] = {}
        for one, queue in zip(watched, queues, strict=True):
            its = Place.of(queue, one.arn)
            of_here = its == Place(None, None) or its.beside(here) is None
            places.setdefault(Place(None, None) if of_here else its, []).append(one)
        rows: list[list[Widget]] = [[widgets.text(f"# {heading}", height=1)]]
        for place, those in places.items():
            rows += _rows_of(place, those)
        body = widgets.laid_out(rows)
        problem = too_much(body)
        if problem is not None:
            raise ValueError(
                f"{self.node.path}: the dashboard {problem}: show fewer queues, and create a "
                "second one for the others"
            )
        self.resource = cloudwatch.CfnDashboard(
            self,
            "Resource",
            dashboard_name=name,
            dashboard_body=dashboard_text(body),
        )


def _rows_of(place: Place, queues: Sequence[Watched]) -> list[list[Widget]]:
    """Return the heading and the graphs of one account and Region."""
    region = Aws.REGION if place.region is None else place.region
    called = " ".join(filter(None, (place.account, place.region))) or "here"
    graphs = [
        _graph("Submitted", metrics.JOBS_SUBMITTED, queues, region, "jobs"),
        _graph("Failed", metrics.JOBS_MOVED_TO_FAILED, queues, region, "jobs"),
        _graph(
            "Waiting before the first start",
            metrics.JOB_SUBMITTED_TO_FIRST_STARTING_DURATION,
            queues,
            region,
            "minutes",
        ),
    ]
    if place.account is not None:
        for one in graphs:
            one["properties"]["accountId"] = place.account
    return [[widgets.text(f"## {called}", height=1)], graphs]


def _graph(
    title: str, metric: str, queues: Sequence[Watched], region: str, unit: str
) -> dict[str, Any]:
    lines = []
    for queue in queues:
        series = native(queue.name, metric)
        drawn: Any = series
        if unit == "minutes":
            drawn = Math(expression=f"{{waited}} / {_MINUTE}", uses={"waited": series})
        lines.append(drawn.called(queue.name))
    return widgets.graph(title, lines, region=region, width=widgets.WIDTH // _GRAPHS, left=unit)
