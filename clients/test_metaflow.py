"""Metaflow with `@batch`: https://docs.metaflow.org/scaling/remote-tasks/aws-batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_FLOW = """
from metaflow import FlowSpec, batch, environment, step

IMAGE_HAS_BOTO3 = {"METAFLOW_SKIP_INSTALL_DEPENDENCIES": "1"}

class Squares(FlowSpec):
    @step
    def start(self):
        self.numbers = [1, 2, 3]
        self.next(self.square, foreach="numbers")

    @environment(vars=IMAGE_HAS_BOTO3)
    @batch(cpu=1, memory=256)
    @step
    def square(self):
        self.result = self.input**2
        self.next(self.join)

    @environment(vars=IMAGE_HAS_BOTO3)
    @batch(cpu=1, memory=256)
    @step
    def join(self, inputs):
        self.total = sum(one.result for one in inputs)
        self.next(self.end)

    @step
    def end(self):
        print("the total is", self.total)


if __name__ == "__main__":
    Squares()
"""


def test_a_foreach_runs_as_jobs_and_hands_its_results_on(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    metaflow = program("metaflow")
    here = account(python=metaflow.environment)
    metaflow.home.mkdir()
    (metaflow.home / "flow.py").write_text(_FLOW)

    said = metaflow.run(
        *("python", "flow.py", "run", "--max-workers", "4"),
        aws=here.as_head(),
        METAFLOW_DEFAULT_DATASTORE="s3",
        METAFLOW_DATASTORE_SYSROOT_S3=f"s3://{here.bucket}/metaflow",
        METAFLOW_BATCH_JOB_QUEUE=here.queue,
        METAFLOW_BATCH_CONTAINER_IMAGE="python:3.11",
        METAFLOW_ECS_S3_ACCESS_IAM_ROLE=here.job_role,
        USERNAME="tester",
    )

    jobs = here.client("batch").list_jobs(jobQueue=here.queue, jobStatus="SUCCEEDED")
    assert "the total is 14" in said
    assert len(jobs["jobSummaryList"]) == 4
