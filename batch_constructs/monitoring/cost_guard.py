"""A budget of vCPU-hours or money, and what holds new work back while it is spent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from batch_constructs.arguments import Arguments
from batch_constructs.construct import BatchConstruct
from batch_constructs.shipped_function import ShippedFunction

from .gauges import JobGauges
from .ranges import minutes_from, number_from
from .series import OURS
from .topics import AlertTopic, topic_argument
from .watched import watched_environments, watched_queues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from batch_constructs.compute.environment import AnyComputeEnvironment
    from batch_constructs.queues.reference import AnyJobQueue

    from .watched import Watched

_NOTE = "batch-constructs:cost-guard"
_MOST_PERCENT = 100


class BudgetPeriod(StrEnum):
    """How often a budget starts anew, at midnight UTC."""

    DAY = "DAY"
    MONTH = "MONTH"


class GuardAction(StrEnum):
    """What a cost guard does while its budget is spent."""

    NOTIFY = "NOTIFY"
    """Tell people, and nothing else."""
    DISABLE_QUEUES = "DISABLE_QUEUES"
    """Take no new jobs; those already in the queues still start and run."""
    LOWER_MAX_VCPUS = "LOWER_MAX_VCPUS"
    """Start no more than a few vCPUs' worth of jobs; those that run keep running."""


@dataclass(frozen=True, kw_only=True)
class VcpuBudget:
    """So many vCPU-hours a day or a month; or so much money, at a price you name.

    Attributes:
        vcpu_hours: What may be used; None where ``money`` is given.
        money: What may be spent, in any currency, reckoned at ``price_per_vcpu_hour``.
        price_per_vcpu_hour: What a vCPU costs an hour, memory included.
        period: How often it starts anew, in UTC.
        warn_at_percent: When people hear of it first.
    """

    vcpu_hours: float | None = None
    money: float | None = None
    price_per_vcpu_hour: float | None = None
    period: BudgetPeriod | str = BudgetPeriod.DAY
    warn_at_percent: float = 80


class CostGuard(BatchConstruct):
    """Watches what queues use against a budget; tells people, and holds new work back if asked.

    Usage is the gauge ``VcpusInUse``, so the guard sees jobs while they run. It compares what is
    with what should be every few minutes: a deploy in between is neither broken nor undone by it,
    since CloudFormation writes only what changed in the template, and the guard writes again. What
    it did stands in the tag ``batch-constructs:cost-guard`` on the queue or the environment, and it
    undoes only what it did itself, when the next period starts.

    Creates, below its own ID: ``Function`` (Lambda, its role and log group), ``Schedule``
    (AWS::Events::Rule), ``Gauges`` (a ``JobGauges``) where none is given, and ``AlertTopic`` where
    no topic is given.

    Attributes:
        topic: Where it tells people.
        gauges: What it reads.
        function: The function, with its ``role`` (an ``AuditTrail`` may expect its changes).

    Args:
        scope: The construct that this one belongs to, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s) that share the budget.
        budget: The budget.
        action: What to do while it is spent. Default: tell people.
        compute_environments: Environments to lower with ``GuardAction.LOWER_MAX_VCPUS``.
        lowered_max_vcpus: What they are lowered to: enough for one job, say. Default: 1.
        topic: Where to tell people. Default: an ``AlertTopic`` of its own.
        gauges: ``JobGauges`` of the same queues. Default: some of its own.
        every: How often to compare, in whole minutes. Default: 15 minutes.

    Raises:
        ValueError: no queue, a budget of nothing or of two kinds, environments without the action
            that lowers them or the other way round; all at once.
        TypeError: arguments of a wrong type; all at once.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateJobQueue.html
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        budget: VcpuBudget,
        action: GuardAction | str = GuardAction.NOTIFY,
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        lowered_max_vcpus: int = 1,
        topic: sns.ITopic | AlertTopic | None = None,
        gauges: JobGauges | None = None,
        every: Duration | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues)
        environments = watched_environments(arguments, compute_environments)
        vcpu_hours = _vcpu_hours(arguments, budget)
        _check_action(arguments, action, environments)
        number_from(arguments, "lowered_max_vcpus", lowered_max_vcpus, least=1)
        given_topic = topic_argument(arguments, "topic", topic)
        if gauges is not None and not isinstance(gauges, JobGauges):
            arguments.wrong_type("gauges", gauges, "JobGauges(…)")
        interval = Duration.minutes(15) if every is None else every
        minutes_from(arguments, "every", interval)
        arguments.refuse()

        self.topic: sns.ITopic = (
            AlertTopic(self, "AlertTopic").topic if given_topic is None else given_topic
        )
        self.gauges = JobGauges(self, "Gauges", queues=queues) if gauges is None else gauges
        self.function = ShippedFunction(
            self,
            "Function",
            folder="cost_guard",
            module="guard",
            description="Watches a budget of AWS Batch",
            environment={
                "NAMESPACE": OURS,
                "QUEUES": ",".join(queue.arn for queue in watched),
                "COMPUTE_ENVIRONMENTS": ",".join(each.arn for each in environments),
                "VCPU_HOURS": f"{vcpu_hours:g}",
                "PERIOD": str(budget.period),
                "WARN_AT_PERCENT": f"{budget.warn_at_percent:g}",
                "ACTION": str(action),
                "LOWERED_MAX_VCPUS": str(lowered_max_vcpus),
                "TOPIC_ARN": self.topic.topic_arn,
                "BUDGET": _called(budget),
            },
            statements=_statements(GuardAction(action), watched, environments),
            timeout=Duration.minutes(1),
        )
        self.topic.grant_publish(self.function.role)
        events.Rule(
            self,
            "Schedule",
            description="Compares what AWS Batch uses with a budget",
            schedule=events.Schedule.rate(interval),
            targets=[targets.LambdaFunction(self.function.handler, retry_attempts=0)],
        )


def _vcpu_hours(arguments: Arguments, budget: Any) -> float:
    """Read the budget as vCPU-hours."""
    if not isinstance(budget, VcpuBudget):
        arguments.wrong_type("budget", budget, "VcpuBudget(vcpu_hours=…)")
        return 0
    if str(budget.period) not in set(BudgetPeriod):
        arguments.wrong_value(f"budget.period is {budget.period!r}; allowed are DAY and MONTH")
    if not 0 < budget.warn_at_percent <= _MOST_PERCENT:
        arguments.wrong_value(
            f"budget.warn_at_percent is {budget.warn_at_percent:g}; allowed is more than 0 and at "
            "most 100"
        )
    if (budget.vcpu_hours is None) == (budget.money is None):
        arguments.wrong_value(
            "budget has to have one of vcpu_hours and money; give "
            "VcpuBudget(vcpu_hours=…) or VcpuBudget(money=…, price_per_vcpu_hour=…)"
        )
        return 0
    if budget.money is not None:
        if not budget.price_per_vcpu_hour or budget.price_per_vcpu_hour <= 0:
            arguments.wrong_value(
                f"budget.price_per_vcpu_hour is {budget.price_per_vcpu_hour}; a budget of money "
                "needs a price above 0, such as 0.05"
            )
            return 0
        hours = budget.money / budget.price_per_vcpu_hour
    else:
        hours = budget.vcpu_hours or 0
    if hours <= 0:
        arguments.wrong_value(f"budget is {hours:g} vCPU-hours; allowed is more than 0")
    return hours


def _check_action(arguments: Arguments, action: Any, environments: Sequence[Watched]) -> None:
    if str(action) not in set(GuardAction):
        arguments.wrong_value(f"action is {action!r}; allowed are {', '.join(GuardAction)}")
        return
    lowers = str(action) == GuardAction.LOWER_MAX_VCPUS
    if lowers and not environments:
        arguments.wrong_value(
            "action is LOWER_MAX_VCPUS without compute_environments; give those to be lowered"
        )
    if environments and not lowers:
        arguments.wrong_value(
            f"compute_environments is given, and action is {action}, which leaves them alone; "
            "allowed is action=GuardAction.LOWER_MAX_VCPUS"
        )


def _called(budget: VcpuBudget) -> str:
    period = "a day" if str(budget.period) == BudgetPeriod.DAY else "a month"
    if budget.money is None:
        return f"{budget.vcpu_hours:g} vCPU-hours {period}"
    return f"{budget.money:g} {period} at {budget.price_per_vcpu_hour:g} a vCPU-hour"


def _statements(
    action: GuardAction, queues: Sequence[Watched], environments: Sequence[Watched]
) -> list[dict[str, Any]]:
    queue_arns = [queue.arn for queue in queues]
    environment_arns = [environment.arn for environment in environments]
    reads = ["batch:DescribeJobQueues", "cloudwatch:GetMetricData"]
    reads += ["batch:DescribeComputeEnvironments"] if environments else []
    statements: list[dict[str, Any]] = [
        # None of these reads takes a resource: AWS demands `*`.
        {"Effect": "Allow", "Action": reads, "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["batch:TagResource", "batch:UntagResource"],
            "Resource": [*queue_arns, *environment_arns],
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": [_NOTE]}},
        },
    ]
    if action is GuardAction.DISABLE_QUEUES:
        statements.append(
            {"Effect": "Allow", "Action": "batch:UpdateJobQueue", "Resource": queue_arns}
        )
    if action is GuardAction.LOWER_MAX_VCPUS:
        statements.append(
            {
                "Effect": "Allow",
                "Action": "batch:UpdateComputeEnvironment",
                "Resource": environment_arns,
            }
        )
    return statements
