"""What tells of a construct is not set once that is made: nothing would change for it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

import batch_constructs as bc


@pytest.fixture
def environment(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)


@pytest.fixture
def queue(stack: cdk.Stack, environment: bc.FargateComputeEnvironment) -> bc.JobQueue:
    return bc.JobQueue(stack, "Queue", compute_environments=[environment])


class TeamQueue(bc.JobQueue):
    """An estate's own, which keeps what it likes, under a name of ours as well."""

    spot_rescue: Any

    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.team = "genomics"
        self.enabled_since = 2026


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("priority", r"priority cannot be set once it is made: give JobQueue\(priority=…\)"),
        ("concurrent_jobs", r".* cannot be set once .*: it follows from the .* JobQueue\(…\)"),
        ("resource", r".*, and what CloudFormation makes of them$"),
        (
            "prioritty",
            r"prioritty is not an attribute of JobQueue, .*: give JobQueue\(priority=…\)",
        ),
        ("job_queue_nam", r".*, and has no effect: give JobQueue\(job_queue_name=…\)"),
    ],
)
def test_an_attribute_that_changes_nothing_is_refused_with_what_does(
    queue: bc.JobQueue, name: str, told: str
) -> None:
    with pytest.raises(AttributeError, match=rf"^Stack/Queue: {told}"):
        setattr(queue, name, 5)


def test_a_list_that_was_read_is_not_given_back(
    environment: bc.FargateComputeEnvironment,
) -> None:
    told = r"give FargateComputeEnvironment\(security_groups=…\)"
    with pytest.raises(AttributeError, match=told):
        environment.security_groups = []


def test_what_is_the_user_s_own_is_set_as_ever(
    stack: cdk.Stack, queue: bc.JobQueue, environment: bc.FargateComputeEnvironment
) -> None:
    own = TeamQueue(stack, "Own", compute_environments=[environment])
    for made, name in [(own, "team"), (own, "prioritty"), (own, "spot_rescue"), (queue, "owner")]:
        setattr(made, name, "mine")
        assert getattr(made, name) == "mine"
    with pytest.raises(AttributeError, match=r"Stack/Own: priority cannot .* JobQueue\(priority="):
        setattr(own, "priority", 5)  # noqa: B010  # mypy knows that it cannot


def test_a_name_like_one_that_is_told_or_one_of_several_is_the_user_s_own(
    queue: bc.JobQueue,
) -> None:
    for name in ("concurrent_job", "resources", "job_queue_arns", "compute_environment"):
        setattr(queue, name, "mine")
        assert getattr(queue, name) == "mine"


@pytest.mark.parametrize("name", ["grant_submit", "from_job_queue_arn"])
def test_a_method_is_patched_for_a_test(
    queue: bc.JobQueue, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(queue, name, lambda *_: "patched")

    assert getattr(queue, name)() == "patched"
