"""Prefect's tasks for AWS Batch: https://docs.prefect.io/integrations/prefect-aws"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_FLOW = """
import sys

from prefect import flow
from prefect_aws import AwsCredentials
from prefect_aws.batch import batch_submit
from prefect_aws.client_waiter import client_waiter

_, queue, definition = sys.argv
ENDED = {
    "version": 2,
    "waiters": {
        "JobEnded": {
            "delay": 1,
            "operation": "DescribeJobs",
            "maxAttempts": 60,
            "acceptors": [
                {
                    "argument": "jobs[].status",
                    "expected": status,
                    "matcher": "pathAll",
                    "state": state,
                }
                for status, state in (("SUCCEEDED", "success"), ("FAILED", "failure"))
            ],
        }
    },
}


@flow
def submit():
    given = AwsCredentials()
    job = batch_submit("of-a-flow", queue, definition, given)
    client_waiter("batch", "JobEnded", given, waiter_definition=ENDED, jobs=[job])
    return job


print("ended:", submit())
"""


def test_a_flow_submits_a_job_and_waits_for_it(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    prefect, here = program("prefect"), account()
    prefect.home.mkdir()
    (prefect.home / "flow.py").write_text(_FLOW)
    batch = here.client("batch")
    definition = batch.register_job_definition(
        jobDefinitionName="of-a-flow",
        type="container",
        containerProperties={
            "image": "busybox",
            "command": ["true"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
        },
    )["jobDefinitionArn"]

    said = prefect.run("python", "flow.py", here.queue, definition, aws=here.as_head())

    job = said.partition("ended: ")[2].split()[0]
    assert batch.describe_jobs(jobs=[job])["jobs"][0]["status"] == "SUCCEEDED"
