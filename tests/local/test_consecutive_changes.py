"""Changes drawn by chance, deployed one after the other with jobs in the queues; then destroyed."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.direct_deployment import DirectDeployment
from batch_constructs.local.server import LocalServer
from batch_constructs.testing.local_aws import LocalAws
from tests.local.changing_stack import NAME, Wish, stack_of, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.local_aws

SEED = 17
BY_THE_CLI = int(os.environ.get("CONSECUTIVE_CHANGES", "3"))
"""The CLI takes seconds for each: ``CONSECUTIVE_CHANGES=20 pytest -m cdk_cli`` for all."""


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """An embedded AWS of its own, so that what is left can be seen."""
    with LocalServer() as server:
        yield LocalAws(server)


def submit(aws: LocalAws, *, jobs: int) -> list[str]:
    """Submit jobs to both queues, more than run at once."""
    outputs = DirectDeployment(aws.server.record, aws.client).describe(NAME).outputs
    batch = aws.client("batch")
    return [
        batch.submit_job(
            jobName=f"{size}-{place}",
            jobQueue=outputs[f"{size}QueueArn"],
            jobDefinition=outputs[f"{size}JobName"],
        )["jobId"]
        for place in range(jobs)
        for size in ("Small", "Large")
    ]


def change(aws: LocalAws, deploy: Callable[[Wish], None], number: int) -> list[str]:
    """Deploy a first wish and changes of it, with jobs in the queues; the jobs' IDs."""
    draw, wish = random.Random(SEED), Wish()  # noqa: S311  # a draw that can be repeated
    deploy(wish)
    jobs = submit(aws, jobs=3)
    for _ in range(number):
        wish = wish.changed(draw)
        deploy(wish)
        jobs += submit(aws, jobs=3)
    return jobs


def statuses(aws: LocalAws, jobs: list[str]) -> set[str]:
    return {aws.wait_for_job(job, timeout_seconds=60)["status"] for job in jobs}


def left(aws: LocalAws) -> dict[str, list[Any]]:
    """Give what there is of the stack once it is gone."""
    batch, iam = aws.client("batch"), aws.client("iam")
    names = [one["RoleName"] for one in iam.list_roles()["Roles"]]
    return {
        "queues": batch.describe_job_queues()["jobQueues"],
        "environments": batch.describe_compute_environments()["computeEnvironments"],
        "licences": batch.list_consumable_resources()["consumableResources"],
        "roles": [name for name in names if name.startswith(NAME)],
    }


NOTHING: dict[str, list[Any]] = {"queues": [], "environments": [], "licences": [], "roles": []}


def test_twenty_changes_lose_no_job_and_leave_nothing(aws: LocalAws) -> None:
    jobs = change(aws, lambda wish: void(aws.deploy(stack_of(wish))), 20)
    assert statuses(aws, jobs) == {"SUCCEEDED"}

    submit(aws, jobs=6)
    DirectDeployment(aws.server.record, aws.client).destroy(NAME)

    assert left(aws) == NOTHING


@pytest.mark.cdk_cli
def test_changes_by_the_cdk_cli_lose_no_job_and_leave_nothing(
    aws: LocalAws, tmp_path: Path
) -> None:
    (tmp_path / "tests").symlink_to(Path(__file__).parents[1])
    deployer = CdkDeployer(
        aws.server.record,
        CdkApp(directory=tmp_path, command=f"{sys.executable} -m tests.local.changing_stack"),
        output=tmp_path / "cdk.out",
        show=[].append,
        client=aws.client,
    )
    deployer.bootstrap()

    def deploy(wish: Wish) -> None:
        write(wish, tmp_path / "wish.json")
        deployer.deploy()

    jobs = change(aws, deploy, BY_THE_CLI)
    assert statuses(aws, jobs) == {"SUCCEEDED"}

    submit(aws, jobs=6)
    deployer.destroy()

    assert left(aws) == NOTHING


def void(_: object) -> None:
    """Throw an answer away."""
