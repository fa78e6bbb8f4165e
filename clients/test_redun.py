"""Redun's executor for AWS Batch: https://insitro.github.io/redun/executors.html#aws-batch-executor"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_WORKFLOW = """
from redun import task

redun_namespace = "laptop"


@task(executor="batch", vcpus=1, memory=1)
def square(number):
    return number * number


@task(executor="batch", vcpus=1, memory=1)
def total(numbers):
    return sum(numbers)


@task(executor="batch", vcpus=1, memory=1, num_nodes=2)
def on_two_nodes(number):
    return number + 1


@task(executor="batch", vcpus=1, memory=1, script=True)
def shell():
    return "echo a script of $AWS_BATCH_JQ_NAME"


@task(executor="batch", vcpus=1, memory=1)
def fails():
    raise ValueError("no such sample")


@task()
def main():
    return [total([square(number) for number in range(4)]), on_two_nodes(4), shell()]
"""

_SETTINGS = """
[executors.batch]
type = aws_batch
image = redun:latest
queue = {queue}
s3_scratch = s3://{bucket}/redun
role = {role}
job_monitor_interval = 1
"""


def test_tasks_run_as_jobs_as_nodes_and_as_scripts_and_a_failed_one_shows_its_log(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    redun = program("redun")
    here = account(redun=redun.environment)
    (redun.home / ".redun").mkdir(parents=True)
    (redun.home / ".redun" / "redun.ini").write_text(
        _SETTINGS.format(queue=here.queue, bucket=here.bucket, role=here.job_role)
    )
    (redun.home / "workflow.py").write_text(_WORKFLOW)

    said = redun.run("redun", "run", "workflow.py", "main", aws=here.as_head())
    failed = redun.run("redun", "run", "workflow.py", "fails", aws=here.as_head(), ends_with=(1,))

    queue = here.queue.rpartition("/")[2]
    assert f"[14, 5, [0, b'a script of {queue}\\n']]" in said
    assert "CloudWatch logs for AWS Batch job" in failed
    assert "ValueError: no such sample" in failed
