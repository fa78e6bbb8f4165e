"""Luigi's tasks for AWS Batch: https://luigi.readthedocs.io/en/stable/api/luigi.contrib.batch.html"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_TASKS = """
import luigi
from luigi.contrib.batch import BatchClient, BatchTask

BatchClient().register_job_definition("definition.json")


class Job(BatchTask):
    code = luigi.Parameter()
    ended = False

    @property
    def parameters(self):
        return {"code": self.code}

    def run(self):
        super().run()
        self.ended = True

    def complete(self):
        return self.ended

    def on_failure(self, exception):
        print(exception)


for code in ("0", "3"):
    job = Job(job_definition="exits", code=code, poll_time=1)
    print(code, luigi.build([job], local_scheduler=True))
"""


def test_a_task_waits_for_its_job_and_one_that_fails_shows_its_log(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    luigi, here = program("luigi"), account()
    luigi.home.mkdir()
    (luigi.home / "tasks.py").write_text(_TASKS)
    definition = {
        "jobDefinitionName": "exits",
        "type": "container",
        "parameters": {"code": "1"},
        "containerProperties": {
            "image": "busybox",
            "command": ["sh", "-c", 'echo this ends with "$0"; exit "$0"', "Ref::code"],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
        },
    }
    (luigi.home / "definition.json").write_text(json.dumps(definition))

    said = luigi.run("python", "tasks.py", aws=here.as_head())

    assert "0 True" in said
    assert "3 False" in said
    assert "this ends with 3" in said
