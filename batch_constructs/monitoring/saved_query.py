"""Questions that stand ready in the console of CloudWatch Logs Insights.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_Insights-Saving-Queries.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Names

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import allowed
from batch_constructs.aws.quotas import METRIC_FILTERS_A_GROUP
from batch_constructs.construct import BatchConstruct
from batch_constructs.functions.own_metrics import OURS
from batch_constructs.loaded_late import aws_cloudwatch as cloudwatch
from batch_constructs.loaded_late import aws_logs as logs
from batch_constructs.one_call import OneCall

from . import query_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct


def save_queries(
    scope: Construct, log_group_names: Sequence[str], **queries: tuple[str, str]
) -> None:
    """Save queries, in the console under ``AWS Batch``: of each ID a title and what it asks."""
    call, place = OneCall(scope), Names.unique_resource_name(scope, max_length=100)
    for its_id, (title, query) in queries.items():
        call.add(
            "aws_logs.CfnQueryDefinition",
            its_id,
            {
                "name": f"AWS Batch/{place}/{title}",
                "queryString": query,
                "logGroupNames": log_group_names,
            },
        )
    call.make(at_once=True)


class JobLogQueries(BatchConstruct):
    """Saved queries over the logs of jobs, and metrics counted from them.

    Creates, below its own ID: the saved queries ``Errors`` and ``NoisiestJobs``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        log_groups: The log groups of jobs, such as ``[definition.log_group]``.

    Raises:
        ValueError: no log group.
        TypeError: something that is not a log group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AnalyzingLogData.html
    """

    def __init__(self, scope: Construct, id: str, *, log_groups: Sequence[logs.ILogGroup]) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        listed = arguments.resources(
            "log_groups", log_groups, "log_group_name", "a logs.ILogGroup", "log groups", some=True
        )
        for place, group in enumerate(listed):
            arguments.of_this_place(
                f"log_groups[{place}]",
                group,
                "CloudWatch Logs only queries and counts there: create the queries in a stack in "
                "that Region and account",
                str(getattr(group, "log_group_arn", "")),  # an L1 has none
            )
        arguments.refuse()

        self._log_groups = listed
        self._filters = 0
        save_queries(
            self,
            [group.log_group_name for group in listed],
            Errors=("errors", query_texts.ERRORS),
            NoisiestJobs=("noisiest jobs", query_texts.NOISIEST_JOBS),
        )

    def add_metric_filter(self, id: str, *, metric_name: str, pattern: str) -> cloudwatch.Metric:
        """Count the lines that match a filter pattern, as a metric in ``BatchConstructs``.

        Creates a metric filter on each log group, below the ID. The metric costs 0.30 USD a month.

        Args:
            id: The ID of the filters, unique in this construct.
            metric_name: What the metric is called.
            pattern: Such as ``"?ERROR ?Traceback"``.

        Returns:
            The metric: how many lines, over 5 minutes.

        Raises:
            ValueError: a text is empty, or the log groups have a hundred filters of this construct.
            TypeError: arguments of the wrong type.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
        """
        arguments = Arguments(self)
        arguments.text("metric_name", metric_name, required=True)
        arguments.text("pattern", pattern, required=True)
        if self._filters == METRIC_FILTERS_A_GROUP:
            arguments.wrong_value(
                f"pattern makes {METRIC_FILTERS_A_GROUP + 1} metric filters of a log group; "
                f"{allowed(f'at most {METRIC_FILTERS_A_GROUP}')}: match several things with one "
                'pattern, such as "?ERROR ?Traceback"'
            )
        arguments.refuse()
        self._filters += 1
        filters = BatchConstruct(self, id)
        for number, group in enumerate(self._log_groups, start=1):
            logs.MetricFilter(
                filters,
                f"Filter{number}",
                log_group=group,
                metric_namespace=OURS,
                metric_name=metric_name,
                filter_pattern=logs.FilterPattern.literal(pattern),
                metric_value="1",
            )
        counted = cloudwatch.Metric(namespace=OURS, metric_name=metric_name, statistic="Sum")
        return counted.attach_to(self)
