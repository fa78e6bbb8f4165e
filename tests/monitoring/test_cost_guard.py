"""CostGuard: what it makes, may do, and refuses. What it does is tested with its function."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Stack, Token
from aws_cdk import aws_batch as batch
from aws_cdk import aws_sns as sns
from aws_cdk.cloudformation_include import CfnInclude

from batch_constructs import (
    BudgetPeriod,
    ComputeEnvironment,
    CostGuard,
    GuardAction,
    JobGauges,
    JobQueue,
    VcpuBudget,
)
from batch_constructs.functions.cost_guard.note import NOTE
from tests.monitoring.conftest import Resources, queue_in, statements_of

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


def test_a_guard_that_only_tells_may_only_undo_what_it_noted(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    guard = CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(500))

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
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": [guard.note]}},
        },
        {
            "Effect": "Allow",
            "Action": "batch:UpdateJobQueue",
            "Resource": stack.resolve(queue.job_queue_arn),
            "Condition": {
                "StringLike": {f"aws:ResourceTag/{guard.note}": ["* disabled", "* lets go"]}
            },
        },
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": {"Fn::GetAtt": ["GuardClaimsB779BBD9", "Arn"]},
        },
    ]
    assert variables(resources)["NOTE"] == guard.note
    assert isinstance(guard.gauges, JobGauges)
    assert variables(resources)["BUDGET"] == "500 vCPU-hours a day"
    assert guard.note.startswith(f"{NOTE}:")


def test_a_guard_that_disables_may_update_its_queues_only(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=VcpuBudget.of_vcpu_hours(500, period=BudgetPeriod.MONTH),
        action=GuardAction.DISABLE_QUEUES,
    )

    assert guard_role(resources)[-2] == {
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
        budget=VcpuBudget.of_cost(100, price_per_vcpu_hour=0.05),
        action="LOWER_MAX_VCPUS",
        compute_environments=[environment],
        lowered_max_vcpus=4,
        topic=topic,
        gauges=gauges,
    )

    statements = guard_role(resources)
    arn = stack.resolve(environment.compute_environment_arn)
    assert statements[-2] == {
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
        (
            VcpuBudget.of_cost(0, price_per_vcpu_hour=1),
            "budget.amount is 0; allowed: numbers above 0",
        ),
        (
            VcpuBudget.of_cost(1, price_per_vcpu_hour=0),
            "budget.price_per_vcpu_hour is 0; allowed: numbers above 0",
        ),
        (VcpuBudget.of_vcpu_hours(0), "budget.vcpu_hours is 0; allowed: numbers above 0"),
        (VcpuBudget(amount=0), "budget.amount is 0; allowed: numbers above 0"),
        (VcpuBudget.of_vcpu_hours(1, period="WEEK"), 'budget.period is "WEEK"; allowed: DAY'),
        (VcpuBudget.of_vcpu_hours(1, warn_at_percent=101), "budget.warn_at_percent is 101"),
        (VcpuBudget.of_vcpu_hours(math.nan), "budget.vcpu_hours is nan"),
        (VcpuBudget.of_vcpu_hours(math.inf), "budget.vcpu_hours is inf"),
        (VcpuBudget.of_vcpu_hours(Token.as_number({"Ref": "X"})), "budget.vcpu_hours is a token"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    stack: Stack, queue: JobQueue, budget: VcpuBudget, said: str
) -> None:
    with pytest.raises(ValueError, match="Platform/Guard") as refusal:
        CostGuard(stack, "Guard", queues=[queue], budget=budget)

    assert said in str(refusal.value)


def test_what_to_do_without_data_is_one_of_two_things(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    budget = VcpuBudget.of_vcpu_hours(1)
    with pytest.raises(ValueError, match='without_data is "WAIT"; allowed: EXTRAPOLATE or HOLD'):
        CostGuard(stack, "A", queues=[queue], budget=budget, without_data="WAIT")

    gauges = JobGauges(stack, "Gauges", queues=[queue], interval=Duration.minutes(10))
    CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=budget,
        action="DISABLE_QUEUES",
        gauges=gauges,
        without_data="HOLD",
    )
    found = variables(resources)
    assert (found["WITHOUT_DATA"], found["GAUGE_SECONDS"]) == ("HOLD", "600")


def test_an_action_that_does_not_fit_is_refused(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment
) -> None:
    budget = VcpuBudget.of_vcpu_hours(1)

    with pytest.raises(ValueError, match='action is "STOP"; allowed: NOTIFY'):
        CostGuard(stack, "A", queues=[queue], budget=budget, action="STOP")
    with pytest.raises(ValueError, match="LOWER_MAX_VCPUS without compute_environments"):
        CostGuard(stack, "B", queues=[queue], budget=budget, action=GuardAction.LOWER_MAX_VCPUS)
    with pytest.raises(ValueError, match="which does not change environments"):
        CostGuard(stack, "C", queues=[queue], budget=budget, compute_environments=[environment])


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            {"lowered_max_vcpus": 1},
            "lowered_max_vcpus is given, but action is NOTIFY, which does not",
        ),
        (
            {"without_data": "HOLD"},
            "without_data is HOLD, but action is NOTIFY, which holds nothing",
        ),
    ],
)
def test_what_only_another_action_would_do_is_refused(
    more: dict[str, Any], problem: str, stack: Stack, queue: JobQueue
) -> None:
    with pytest.raises(ValueError, match=problem):
        CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(5), **more)


def test_a_budget_of_a_wrong_type_is_refused(stack: Stack, queue: JobQueue) -> None:
    text: Any = "500"
    nothing: Any = None

    with pytest.raises(TypeError, match='budget.vcpu_hours is str "500"'):
        CostGuard(stack, "A", queues=[queue], budget=VcpuBudget.of_vcpu_hours(text))
    with pytest.raises(TypeError, match="budget.vcpu_hours is bool True"):
        CostGuard(stack, "B", queues=[queue], budget=VcpuBudget.of_vcpu_hours(vcpu_hours=True))
    with pytest.raises(TypeError, match="budget.vcpu_hours is None"):
        CostGuard(stack, "D", queues=[queue], budget=VcpuBudget.of_vcpu_hours(nothing))
    with pytest.raises(TypeError, match="VcpuBudget.of_cost: price_per_vcpu_hour is None"):
        VcpuBudget.of_cost(1, price_per_vcpu_hour=nothing)
    budget = VcpuBudget.of_vcpu_hours(1, warn_at_percent=nothing)
    with pytest.raises(TypeError, match="budget.warn_at_percent is None"):
        CostGuard(stack, "C", queues=[queue], budget=budget)


def test_a_large_budget_is_written_without_an_exponent(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(1e7))

    assert variables(resources)["VCPU_HOURS"] == "10000000"
    assert variables(resources)["BUDGET"] == "10000000 vCPU-hours a day"


@pytest.mark.parametrize(
    ("lowered", "said"),
    [
        (1.5, "lowered_max_vcpus is 1.5; allowed: whole numbers from 1"),
        (64, "lowered_max_vcpus is 64, and L1 has max_vcpus of 64"),
        (1, "compute_environments[1] is Hand, which is unmanaged"),
        (
            15,
            "L1 has min_vcpus of 16, and AWS Batch accepts no lower maximum: give at least 16, or",
        ),
    ],
)
def test_environments_that_cannot_be_lowered_are_refused(
    stack: Stack, queue: JobQueue, lowered: Any, said: str
) -> None:
    small = batch.CfnComputeEnvironment.ComputeResourcesProperty(
        type="EC2", minv_cpus=16, maxv_cpus=64, subnets=["subnet-1"]
    )
    environments = [
        batch.CfnComputeEnvironment(stack, "L1", type="MANAGED", compute_resources=small),
        batch.CfnComputeEnvironment(stack, "Hand", type="UNMANAGED"),
    ]

    with pytest.raises(ValueError, match="Platform/Guard") as refusal:
        CostGuard(
            stack,
            "Guard",
            queues=[queue],
            budget=VcpuBudget.of_vcpu_hours(1),
            action=GuardAction.LOWER_MAX_VCPUS,
            compute_environments=environments,
            lowered_max_vcpus=lowered,
        )

    assert said in str(refusal.value)


def test_gauges_of_another_queue_are_refused(stack: Stack, queue: JobQueue) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue_in(stack, "Daily", "daily")])

    with pytest.raises(ValueError, match="gauges does not cover Nightly"):
        CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(1), gauges=gauges)


def test_a_queue_is_read_once_whoever_comes_first(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    """vCPU-hours add readings up: twice as many would be told of."""
    budget = VcpuBudget.of_vcpu_hours(1)
    day = CostGuard(stack, "Day", queues=[queue], budget=budget)
    month = CostGuard(stack, "Month", queues=[queue], budget=budget)
    assert month.gauges is day.gauges
    readers = [name for name in resources("AWS::Lambda::Function") if "Gauges" in name]
    assert len(readers) == 1

    once = "Nightly would be read by Platform/Day/Gauges too, but vCPU-hours are sums of readings"
    with pytest.raises(ValueError, match=f"Platform/Gauges.*queues: {once}"):
        JobGauges(stack, "Gauges", queues=[queue])
    more = [queue, queue_in(stack, "Daily", "daily")]
    with pytest.raises(ValueError, match=f"Platform/Both.*gauges: {once}"):
        CostGuard(stack, "Both", queues=more, budget=budget)

    stack.node.try_remove_child("Day")
    assert JobGauges(stack, "Gauges", queues=[queue]).queue_arns == day.gauges.queue_arns

    elsewhere = Stack(None, "Elsewhere")
    assert CostGuard(elsewhere, "Day", queues=more[1:], budget=budget).gauges is not day.gauges


def test_actions_and_periods_are_read_in_any_case(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    budget = VcpuBudget.of_vcpu_hours(5, period="month")

    CostGuard(stack, "Guard", queues=[queue], budget=budget, action="disable_queues")

    found = variables(resources)
    assert (found["PERIOD"], found["ACTION"]) == ("MONTH", "DISABLE_QUEUES")
    assert found["BUDGET"] == "5 vCPU-hours a month"


def test_a_warning_may_come_with_the_whole_budget(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    budget = VcpuBudget.of_vcpu_hours(1, warn_at_percent=100)
    CostGuard(stack, "Guard", queues=[queue], budget=budget)

    assert variables(resources)["WARN_AT_PERCENT"] == "100"


def test_what_cannot_be_read_of_an_included_environment_is_unknown(
    stack: Stack, queue: JobQueue, tmp_path: Path
) -> None:
    """An L1 of ``CfnInclude`` may have a list that only CloudFormation knows."""
    resources = {"Type": "FARGATE", "MaxvCpus": 5, "Subnets": {"Ref": "Subnets"}}
    environment = {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {"Type": "MANAGED", "ComputeResources": resources},
    }
    subnets = {"Type": "List<AWS::EC2::Subnet::Id>"}
    file = tmp_path / "old.json"
    file.write_text(
        json.dumps({"Parameters": {"Subnets": subnets}, "Resources": {"Old": environment}})
    )
    included: Any = CfnInclude(stack, "Included", template_file=str(file))

    made = CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=VcpuBudget.of_vcpu_hours(5),
        action=GuardAction.LOWER_MAX_VCPUS,
        compute_environments=[included.get_resource("Old")],
    )
    assert made.function.function_arn
