"""Airflow's operator, sensors and waiter for AWS Batch: https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/operators/batch.html"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_TASKS = """
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

from airflow.providers.amazon.aws.hooks.batch_client import BatchClientHook
from airflow.providers.amazon.aws.hooks.batch_waiters import BatchWaitersHook
from airflow.providers.amazon.aws.operators.batch import BatchOperator
from airflow.providers.amazon.aws.sensors.batch import (
    BatchComputeEnvironmentSensor,
    BatchJobQueueSensor,
    BatchSensor,
)
from airflow.providers.common.compat.sdk import AirflowException

queue, definition, environment = sys.argv[1:]
here = {"aws_conn_id": None, "region_name": "us-east-1"}
context = {"ti": MagicMock(), "task_instance": MagicMock()}
jobs = {"job_queue": queue, "job_definition": definition, **here}

assert BatchComputeEnvironmentSensor(task_id="a", compute_environment=environment, **here).poke({})
assert BatchJobQueueSensor(task_id="b", job_queue=queue, **here).poke({})
waiters = BatchWaitersHook(**here)
polled = BatchOperator(task_id="c", job_name="polled", awslogs_enabled=True, **jobs).execute(
    context
)
waited = BatchOperator(task_id="d", job_name="waited", waiters=waiters, **jobs).execute(context)
assert BatchSensor(task_id="e", job_id=waited, **here).poke({})
array = BatchOperator(
    task_id="f", job_name="array", array_properties={"size": 2}, **jobs
).execute(context)
submitted = BatchOperator(task_id="g", job_name="custom", wait_for_completion=False, **jobs)
hook = BatchClientHook(**here)
hook.get_waiter("batch_job_complete").wait(
    jobs=[submitted.execute(context)], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
)
try:
    BatchOperator(
        task_id="h", job_name="fails", container_overrides={"command": ["false"]}, **jobs
    ).execute(context)
except AirflowException as error:
    print("refused:", error)
print("done:", polled, waited, array)
"""


def test_the_operator_waits_in_every_way_and_tells_a_failed_job(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    airflow, here = program("airflow"), account()
    batch = here.client("batch")
    queue = batch.describe_job_queues(jobQueues=[here.queue])["jobQueues"][0]
    definition = batch.register_job_definition(
        jobDefinitionName="airflow",
        type="container",
        containerProperties={
            "image": "busybox",
            "command": ["echo", "hello"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
        },
    )
    airflow.home.mkdir()
    (airflow.home / "tasks.py").write_text(_TASKS)

    said = airflow.run(
        *("python", "tasks.py", here.queue, definition["jobDefinitionArn"]),
        queue["computeEnvironmentOrder"][0]["computeEnvironment"],
        aws=here.as_head(),
    )

    assert "refused: " in said
    assert "done: " in said
