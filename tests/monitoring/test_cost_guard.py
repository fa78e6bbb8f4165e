"""CostGuard: what it makes, may do, and refuses. What it does is tested with its function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_sns as sns

from batch_constructs import (
    BudgetPeriod,
    ComputeEnvironment,
    CostGuard,
    GuardAction,
    JobGauges,
    JobQueue,
    VcpuBudget,
)
from batch_constructs.functions.cost_guard.guard import NOTE
from batch_constructs.monitoring.cost_guard import _NOTE
from tests.monitoring.conftest import Resources, statements_of

Find = Callable[[str], Resources]


def guard_role(resources: Find) -> list[dict[str, Any]]:
    [role] = [
        role
        for name, role in resources("AWS::IAM::Role").items()
        if name.startswith("GuardFunctionRole")
    ]
    return statements_of(role)


def variables(resources: Find) -> dict[str, Any]:
    [function] = [
        function
        for name, function in resources("AWS::Lambda::Function").items()
        if name.startswith("GuardFunction")
    ]
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def test_a_guard_that_only_tells_may_change_nothing_but_its_note(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    guard = CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget(vcpu_hours=500))

    assert guard_role(resources) == [
        {
            "Effect": "Allow",
            "Action": ["batch:DescribeJobQueues", "cloudwatch:GetMetricData"],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["batch:TagResource", "batch:UntagResource"],
            "Resource": stack.resolve(queue.job_queue_arn),
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": [NOTE]}},
        },
    ]
    assert isinstance(guard.gauges, JobGauges)
    assert variables(resources)["BUDGET"] == "500 vCPU-hours a day"
    assert _NOTE == NOTE


def test_a_guard_that_disables_may_update_its_queues_only(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=VcpuBudget(vcpu_hours=500, period=BudgetPeriod.MONTH),
        action=GuardAction.DISABLE_QUEUES,
    )

    assert guard_role(resources)[-1] == {
        "Effect": "Allow",
        "Action": "batch:UpdateJobQueue",
        "Resource": stack.resolve(queue.job_queue_arn),
    }
    assert variables(resources)["PERIOD"] == "MONTH"


def test_a_guard_that_lowers_may_update_its_environments_only(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment, resources: Find
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue])
    topic = sns.Topic(stack, "Money")

    guard = CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=VcpuBudget(money=100, price_per_vcpu_hour=0.05),
        action="LOWER_MAX_VCPUS",
        compute_environments=[environment],
        lowered_max_vcpus=4,
        topic=topic,
        gauges=gauges,
    )

    statements = guard_role(resources)
    arn = stack.resolve(environment.compute_environment_arn)
    assert statements[-1] == {
        "Effect": "Allow",
        "Action": "batch:UpdateComputeEnvironment",
        "Resource": arn,
    }
    assert "batch:DescribeComputeEnvironments" in statements[0]["Action"]
    found = variables(resources)
    assert (found["VCPU_HOURS"], found["LOWERED_MAX_VCPUS"]) == ("2000", "4")
    assert found["BUDGET"] == "100 a day at 0.05 a vCPU-hour"
    assert (guard.gauges, guard.topic) == (gauges, topic)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (VcpuBudget(), "budget has to have one of vcpu_hours and money"),
        (VcpuBudget(vcpu_hours=1, money=1), "budget has to have one of vcpu_hours and money"),
        (VcpuBudget(money=1), "budget.price_per_vcpu_hour is None"),
        (VcpuBudget(vcpu_hours=0), "budget is 0 vCPU-hours; allowed is more than 0"),
        (VcpuBudget(vcpu_hours=1, period="WEEK"), "budget.period is 'WEEK'; allowed are DAY"),
        (VcpuBudget(vcpu_hours=1, warn_at_percent=120), "budget.warn_at_percent is 120"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    stack: Stack, queue: JobQueue, budget: VcpuBudget, said: str
) -> None:
    with pytest.raises(ValueError, match="Platform/Guard") as refusal:
        CostGuard(stack, "Guard", queues=[queue], budget=budget)

    assert said in str(refusal.value)


def test_an_action_that_does_not_fit_is_refused(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment
) -> None:
    budget = VcpuBudget(vcpu_hours=1)

    with pytest.raises(ValueError, match="action is 'STOP'; allowed are NOTIFY"):
        CostGuard(stack, "A", queues=[queue], budget=budget, action="STOP")
    with pytest.raises(ValueError, match="LOWER_MAX_VCPUS without compute_environments"):
        CostGuard(stack, "B", queues=[queue], budget=budget, action=GuardAction.LOWER_MAX_VCPUS)
    with pytest.raises(ValueError, match="which leaves them alone"):
        CostGuard(stack, "C", queues=[queue], budget=budget, compute_environments=[environment])
