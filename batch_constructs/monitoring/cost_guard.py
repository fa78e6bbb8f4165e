"""A budget of vCPU-hours, or of their cost, and what holds new work back while it is spent."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from aws_cdk import Duration, Names
from aws_cdk import aws_batch as batch

from batch_constructs.arguments import Arguments
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
    BATCH_DESCRIBE_JOB_QUEUES,
    BATCH_UNTAG_RESOURCE,
    BATCH_UPDATE_COMPUTE_ENVIRONMENT,
    BATCH_UPDATE_JOB_QUEUE,
    CLOUDWATCH_GET_METRIC_DATA,
)
from batch_constructs.aws.authorization import TAG
from batch_constructs.aws.bound import Whole, refused
from batch_constructs.aws.compute_environment_facts import EnvironmentType
from batch_constructs.by_way_of import let_publish
from batch_constructs.claims_table import ClaimsTable
from batch_constructs.compute.compute_environment import is_compute_environment
from batch_constructs.construct import BatchConstruct
from batch_constructs.dead_letter_queue import dead_letter_queue
from batch_constructs.enum_argument import member
from batch_constructs.function_alarms import WATCHED_MINUTES, WatchedFunction, watch
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.functions.cost_guard.budget import plain
from batch_constructs.functions.cost_guard.note import HELD_OR_LETTING_GO, NOTE
from batch_constructs.functions.own_metrics import OURS
from batch_constructs.known_argument import known_now
from batch_constructs.monitoring.alert_topic import AlertTopic
from batch_constructs.monitoring.job_gauges import (
    JobGauges,
    gauges_that_read,
    refuse_read_twice,
)
from batch_constructs.monitoring.own_schedule import run_every
from batch_constructs.monitoring.watched_resources import (
    same_things,
    watched_environments,
    watched_queues,
)
from batch_constructs.rules import UNKNOWN
from batch_constructs.shipped_function import ShippedFunction
from batch_constructs.tokens import is_token
from batch_constructs.topic import topic_argument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.monitoring.watched_resources import Watched
    from batch_constructs.queues.any_job_queue import AnyJobQueue

_MEMORY_MEBIBYTES = 1024
"""A month of a hundred queues, read at every run, is much to reckon with."""

_LONGEST_NAME = 64
_MOST_PERCENT = 100


class BudgetPeriod(StrEnum):
    """How often a budget starts again, at midnight UTC."""

    DAY = "DAY"
    MONTH = "MONTH"


class GuardAction(StrEnum):
    """What a cost guard does when its budget is spent."""

    NOTIFY = "NOTIFY"
    """Only notify people."""
    DISABLE_QUEUES = "DISABLE_QUEUES"
    """Accept no new jobs; jobs already in the queues still start and run."""
    LOWER_MAX_VCPUS = "LOWER_MAX_VCPUS"
    """Limit the environments to a few vCPUs; running jobs keep running.

    AWS Batch accepts no maximum below the current vCPUs of an environment on EC2 or Spot. An
    environment that has more is disabled until it has shrunk, then lowered and enabled.
    """


@dataclass(frozen=True, kw_only=True)
class VcpuBudget:
    """How much queues can use; create it with ``of_vcpu_hours(…)`` or ``of_cost(…)``.

    Attributes:
        amount: vCPU-hours or, with a price, an amount in the price's currency.
        price_per_vcpu_hour: The price of a vCPU-hour, memory included; None counts vCPU-hours.
        period: How often it starts again, in UTC.
        warn_at_percent: When people are first notified.
    """

    amount: float
    price_per_vcpu_hour: float | None = None
    period: BudgetPeriod | str = BudgetPeriod.DAY
    warn_at_percent: float = 80
    _called: ClassVar[str] = "amount"

    @classmethod
    def of_vcpu_hours(
        cls,
        vcpu_hours: float,
        *,
        period: BudgetPeriod | str = BudgetPeriod.DAY,
        warn_at_percent: float = 80,
    ) -> VcpuBudget:
        """Return a budget of vCPU-hours for a day or a month."""
        made = cls(amount=vcpu_hours, period=period, warn_at_percent=warn_at_percent)
        object.__setattr__(made, "_called", "vcpu_hours")
        return made

    @classmethod
    def of_cost(
        cls,
        amount: float,
        *,
        price_per_vcpu_hour: float,
        period: BudgetPeriod | str = BudgetPeriod.DAY,
        warn_at_percent: float = 80,
    ) -> VcpuBudget:
        """Return a budget of money at a price that you set, in any currency.

        Raises:
            TypeError: there is no price.
        """
        if price_per_vcpu_hour is None:
            raise TypeError(
                "VcpuBudget.of_cost: price_per_vcpu_hour is None; expected a number above 0, such "
                "as 0.05"
            )
        return cls(
            amount=amount,
            price_per_vcpu_hour=price_per_vcpu_hour,
            period=period,
            warn_at_percent=warn_at_percent,
        )


class WithoutData(StrEnum):
    """What a cost guard does while the gauges report nothing; it notifies people in either case."""

    EXTRAPOLATE = "EXTRAPOLATE"
    """Assume the last known vCPUs."""
    HOLD = "HOLD"
    """Assume the last known vCPUs, and hold back new work until there is data again."""


class CostGuard(BatchConstruct):
    """Compares what queues use with a budget, notifies people, and can hold back new work.

    Usage is the gauge ``VcpusInUse``, so the guard sees jobs while they run. Every few minutes it
    compares the actual state with the intended one. It does not interfere with deployments:
    CloudFormation writes only what changed in the template, and the guard then writes its change
    again. It records its changes in a tag on the queue or the environment (``note``, which begins
    with ``batch-constructs:cost-guard:``), or in its table if a queue already has 50 tags. It
    undoes only its own changes, when the next period starts or the budget is raised, and not while
    another guard holds the same thing back.

    Changing ``action`` from ``DISABLE_QUEUES`` enables at the next run what the guard disabled. The
    changes of a guard that is deleted or gets another ID, and those to environments that you remove
    from it, stay. Undo them by hand: enable the queue or the environment, set its maximum, and
    remove the tag.

    Missing data does not mean zero usage. While the gauges report nothing, the guard assumes the
    last known usage, and notifies people once.

    Creates, below its own ID: ``Function`` (Lambda, its role and log group), ``Schedule``
    (AWS::Events::Rule), ``Claims`` (AWS::DynamoDB::Table), ``DeadLetterQueue`` (AWS::SQS::Queue),
    ``Gauges`` (a ``JobGauges``) unless gauges are given or the stack has gauges that read all
    queues, and ``AlertTopic`` if no topic is given.

    Attributes:
        topic: The topic for its messages.
        gauges: What it reads.
        note: The key of the tag it writes.
        function: The function.
        role: The function's role; an ``AuditTrail`` can expect its changes.
        dead_letter_queue: Runs that failed.
        watched_function: What ``BatchMonitoring(functions=…)`` watches.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: Job queues (ours, ``aws_batch`` L2s or L1s) that share the budget.
        budget: The budget.
        action: What to do when it is spent. Default: notify people.
        compute_environments: Environments to lower with ``GuardAction.LOWER_MAX_VCPUS``.
        lowered_max_vcpus: The value they are lowered to, a whole number, for example enough for one
            job; only with that action. Default: 1.
        topic: The topic for its messages. Default: a new ``AlertTopic``.
        gauges: ``JobGauges`` of the same queues, or more. Default: those in the stack that read all
            of them, or new ones.
        interval: How often to compare, in whole minutes, at most 3½ days. Default: 15 minutes.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function. Default: none.
        without_data: What to do while the gauges report nothing. Default: assume the last known
            vCPUs, and notify people.
        alarm_topic: Receives alarms (below ``Alarms``) when the function fails, is throttled, does
            not run, or puts something into the dead-letter queue. Default: none.

    Raises:
        ValueError: no queue, a budget of nothing, environments without the action that lowers them,
            or the reverse, environments that are unmanaged, or that have a maximum not above or a
            minimum above what they would be lowered to, gauges of other queues, no gauges where
            those of the stack read some of the queues; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateJobQueue.html
    """

    topic: sns.ITopic
    dead_letter_queue: sqs.Queue
    function: lambda_.Function
    role: iam.Role
    gauges: JobGauges
    note: str
    watched_function: WatchedFunction

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Sequence[AnyJobQueue],
        budget: VcpuBudget,
        action: GuardAction | str = GuardAction.NOTIFY,
        compute_environments: Sequence[AnyComputeEnvironment] | None = None,
        lowered_max_vcpus: int | None = None,
        topic: sns.ITopic | None = None,
        gauges: JobGauges | None = None,
        interval: Duration | None = None,
        function_settings: FunctionSettings | None = None,
        without_data: WithoutData | str = WithoutData.EXTRAPOLATE,
        alarm_topic: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        watched = watched_queues(arguments, queues)
        environments = watched_environments(arguments, compute_environments)
        vcpu_hours = _vcpu_hours(arguments, budget)
        wanted = member(arguments, "action", action, GuardAction)
        _check_action(arguments, wanted, environments, lowered_max_vcpus)
        lowered = 1 if lowered_max_vcpus is None else lowered_max_vcpus
        _check_lowered(arguments, lowered, compute_environments, environments)
        given_topic = topic_argument(arguments, "topic", topic)
        if gauges is not None and not isinstance(gauges, JobGauges):
            arguments.wrong_type("gauges", gauges, "JobGauges(…)")
        elif gauges is not None:
            same_things(arguments, "gauges", watched, gauges.queue_arns)
        else:
            gauges = gauges_that_read(self, watched)
            if gauges is None:
                refuse_read_twice(arguments, "gauges", watched)
        pause = Duration.minutes(15) if interval is None else interval
        arguments.bounded("interval", arguments.minutes("interval", pause), WATCHED_MINUTES)
        without = member(arguments, "without_data", without_data, WithoutData)
        if without is WithoutData.HOLD and wanted is GuardAction.NOTIFY:
            arguments.wrong_value(
                "without_data is HOLD, but action is NOTIFY, which holds nothing back: leave "
                "without_data out, or give another action"
            )
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, alarm_topic, function_settings)
        alarmed = topic_argument(arguments, "alarm_topic", alarm_topic)
        arguments.refuse()

        self.note = f"{NOTE}:{Names.unique_resource_name(self, max_length=_LONGEST_NAME)}"
        self.topic = AlertTopic(self, "AlertTopic") if given_topic is None else given_topic
        of_gauges = settings if alarmed is None else replace(settings, alarm_topic=None)
        self.gauges = (
            JobGauges(
                self,
                "Gauges",
                queues=queues,
                function_settings=of_gauges,
                alarm_topic=alarmed,
            )
            if gauges is None
            else gauges
        )
        self.dead_letter_queue = dead_letter_queue(self)
        claims = ClaimsTable(self, settings)
        shipped = ShippedFunction(
            self,
            "Function",
            folder="cost_guard",
            module="guard",
            description="Watches a budget of AWS Batch",
            environment={
                "NAMESPACE": OURS,
                "QUEUES": [queue.arn for queue in watched],
                "COMPUTE_ENVIRONMENTS": [each.arn for each in environments],
                "VCPU_HOURS": plain(vcpu_hours),
                "PERIOD": budget.period.upper(),
                "WARN_AT_PERCENT": plain(budget.warn_at_percent),
                "ACTION": str(wanted),
                "LOWERED_MAX_VCPUS": str(int(lowered)),
                "TOPIC_ARN": self.topic.topic_arn,
                "BUDGET": _called(budget),
                "NOTE": self.note,
                "GAUGE_SECONDS": str(self.gauges.interval_seconds),
                "WITHOUT_DATA": str(without),
                **claims.environment(),
            },
            statements=[
                *_statements(self.note, wanted, watched, environments),
                *claims.statements(),
            ],
            timeout=Duration.minutes(4),
            memory_mebibytes=_MEMORY_MEBIBYTES,
            settings=settings,
            dead_letter_queue=self.dead_letter_queue,
            event_age=Duration.hours(1),  # the next run makes up for an older one
        )
        self.function = shipped.handler
        self.role = shipped.role
        let_publish(self.role, self.topic)
        schedule = run_every(
            self,
            pause,
            self.function,
            self.dead_letter_queue,
            description="Compares what AWS Batch uses with a budget",
        )
        self.watched_function = WatchedFunction(
            handler=self.function,
            dead_letter_queue=self.dead_letter_queue,
            runs_every_seconds=None if pause.is_unresolved() else int(pause.to_seconds()),
            rules=[schedule],
        )
        watch(self, self.watched_function, alarmed, settings)


def _vcpu_hours(arguments: Arguments, budget: Any) -> float:
    """Read the budget as vCPU-hours."""
    if not isinstance(budget, VcpuBudget):
        arguments.wrong_type("budget", budget, "VcpuBudget.of_vcpu_hours(…)")
        return 0
    member(arguments, "budget.period", budget.period, BudgetPeriod)
    if budget.warn_at_percent is None:
        arguments.wrong_type("budget.warn_at_percent", None, "a number")
    percent = _amount(arguments, "warn_at_percent", budget.warn_at_percent)
    if percent is not None and percent > _MOST_PERCENT:
        arguments.wrong_value(
            f"budget.warn_at_percent {refused(percent, 'numbers above 0 and up to 100')}"
        )
    if budget.amount is None:
        arguments.wrong_type(f"budget.{budget._called}", None, "a number")  # noqa: SLF001  # ours
    amount = _amount(arguments, budget._called, budget.amount)  # noqa: SLF001  # ours
    price = _amount(arguments, "price_per_vcpu_hour", budget.price_per_vcpu_hour)
    if amount is None:
        return 0
    return amount if price is None else amount / price


def _amount(arguments: Arguments, name: str, value: Any) -> float | None:
    """Read a number above 0 that is known now; None where it is left out or wrong."""
    number = known_now(arguments, f"budget.{name}", arguments.number(f"budget.{name}", value))
    if number is None or number is UNKNOWN:
        return None
    if number <= 0:
        arguments.wrong_value(f"budget.{name} {refused(number, 'numbers above 0')}")
        return None
    return float(number)


def _check_lowered(
    arguments: Arguments, lowered: Any, given: Any, environments: Sequence[Watched]
) -> None:
    """Look at what environments are lowered to, and whether they can be."""
    value = arguments.number("lowered_max_vcpus", lowered, required=True, bound=Whole(1))
    number = known_now(arguments, "lowered_max_vcpus", value)
    if not environments:
        return
    for place, environment in enumerate(given):
        if not is_compute_environment(environment):
            continue
        is_l1 = isinstance(environment, batch.CfnComputeEnvironment)
        resource = environment if is_l1 else environment.node.default_child
        if not isinstance(resource, batch.CfnComputeEnvironment):
            continue
        if str(resource.type).upper() == EnvironmentType.UNMANAGED:
            arguments.wrong_value(
                f"compute_environments[{place}] is {environment.node.id}, which is unmanaged and "
                "has no maximum to lower; allowed: managed environments: disable the queues "
                "instead"
            )
            continue
        if isinstance(number, int):
            with suppress(RuntimeError):  # an Fn::If of a CfnInclude, which Python cannot read
                _check_room(arguments, number, environment.node.id, resource.compute_resources)


def _check_room(arguments: Arguments, lowered: int, name: str, resources: Any) -> None:
    """Look whether AWS Batch lowers an environment so far, and whether that is any lower."""
    least, most = (
        None if is_token(value) or not isinstance(value, int | float) else value
        for value in (getattr(resources, key, None) for key in ("minv_cpus", "maxv_cpus"))
    )
    if most is not None and lowered >= most:
        arguments.wrong_value(
            f"lowered_max_vcpus is {lowered}, and {name} has max_vcpus of {plain(most)}, so "
            "nothing would be lowered: give less"
        )
    elif least is not None and lowered < least:
        arguments.wrong_value(
            f"lowered_max_vcpus is {lowered}, and {name} has min_vcpus of {plain(least)}, and "
            f"AWS Batch accepts no lower maximum: give at least {plain(least)}, or lower "
            "min_vcpus"
        )


def _check_action(
    arguments: Arguments, action: Any, environments: Sequence[Watched], lowered: Any
) -> None:
    if not isinstance(action, GuardAction):
        return
    lowers = action is GuardAction.LOWER_MAX_VCPUS
    if lowers and not environments:
        arguments.wrong_value(
            "action is LOWER_MAX_VCPUS without compute_environments: name those to be lowered"
        )
    of_lowering = {"compute_environments": environments, "lowered_max_vcpus": lowered is not None}
    for parameter, is_given in of_lowering.items():
        if is_given and not lowers:
            arguments.wrong_value(
                f"{parameter} is given, but action is {action}, which does not change "
                "environments: leave it out, or give action=GuardAction.LOWER_MAX_VCPUS"
            )


def _called(budget: VcpuBudget) -> str:
    period = "a day" if budget.period.upper() == BudgetPeriod.DAY else "a month"
    if budget.price_per_vcpu_hour is None:
        return f"{plain(budget.amount)} vCPU-hours {period}"
    price = plain(budget.price_per_vcpu_hour)
    return f"{plain(budget.amount)} {period} at {price} a vCPU-hour"


def _statements(
    note: str, action: GuardAction, queues: Sequence[Watched], environments: Sequence[Watched]
) -> list[dict[str, Any]]:
    queue_arns = [queue.arn for queue in queues]
    environment_arns = [environment.arn for environment in environments]
    reads = [BATCH_DESCRIBE_JOB_QUEUES, CLOUDWATCH_GET_METRIC_DATA]
    reads += [BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS] if environments else []
    statements: list[dict[str, Any]] = [
        # None of these reads takes a resource: AWS demands `*`.
        {"Effect": "Allow", "Action": reads, "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": [TAG, BATCH_UNTAG_RESOURCE],
            "Resource": [*queue_arns, *environment_arns],
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": [note]}},
        },
    ]
    update: dict[str, Any] = {
        "Effect": "Allow",
        "Action": BATCH_UPDATE_JOB_QUEUE,
        "Resource": queue_arns,
    }
    if action is not GuardAction.DISABLE_QUEUES:
        # To undo what it did under another action: only where its own note stands.
        own = [f"*{end}" for end in HELD_OR_LETTING_GO]
        update["Condition"] = {"StringLike": {f"aws:ResourceTag/{note}": own}}
    statements.append(update)
    if action is GuardAction.LOWER_MAX_VCPUS:
        statements.append(
            {
                "Effect": "Allow",
                "Action": BATCH_UPDATE_COMPUTE_ENVIRONMENT,
                "Resource": environment_arns,
            }
        )
    return statements
