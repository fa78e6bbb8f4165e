"""botocore's model of AWS Batch judges what the embedded AWS answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.validate import ParamValidator

from batch_constructs.local.batch import BatchService
from tests.judges.published_api import model
from tests.local.batch.conftest import ACCOUNT, REGION, RecordingPorts, wait_for
from tests.local.batch.test_conformance import REQUESTS, ask_everything

NEEDS = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "8"}]
CONTAINER = {"image": "busybox", "resourceRequirements": NEEDS}
TASKS = {
    "taskProperties": [
        {
            "containers": [
                {"name": "main", "command": ["true"], **CONTAINER},
                {"name": "side", "command": ["true"], "essential": False, **CONTAINER},
            ]
        }
    ]
}
NODES = {
    "numNodes": 2,
    "mainNode": 0,
    "nodeRangeProperties": [{"targetNodes": "0:", "container": {"command": ["true"], **CONTAINER}}],
}
DEFINITIONS: dict[str, dict[str, Any]] = {
    "good": {"type": "container", "containerProperties": {"command": ["true"], **CONTAINER}},
    "bad": {"type": "container", "containerProperties": {"command": ["false"], **CONTAINER}},
    "never": {"type": "container", "containerProperties": {"command": ["no-such"], **CONTAINER}},
    "tasks": {"type": "container", "ecsProperties": TASKS},
    "nodes": {"type": "multinode", "nodeProperties": NODES},
}
JOBS: dict[str, dict[str, Any]] = {
    **{name: {"jobDefinition": name} for name in DEFINITIONS},
    "array": {"jobDefinition": "bad", "arrayProperties": {"size": 2}},
    "after": {"jobDefinition": "good", "dependsOn": [{"jobId": "{bad}"}]},
}


def wrong(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Say what is not as the model has it: types, required and unknown members, enumerations."""
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        yield f"{path}: {report.generate_report()}"
    yield from unknown(shape, value, path)


def unknown(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, item in value.items():
            if name in shape.members:
                yield from unknown(shape.members[name], item, f"{path}/{name}")
            else:
                yield f"{path}/{name} is unknown"
    elif shape.type_name == "list":
        for item in value:
            yield from unknown(shape.member, item, path)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} is {value}"


def as_the_model_has_it(answer: Any) -> Any:
    """Give jobs that wait a ``startedAt``: the model requires it, AWS's samples do not have it."""
    if isinstance(answer, dict):
        if "jobDefinition" in answer and "jobQueue" in answer:
            answer = {"startedAt": 0, **answer}
        return {key: as_the_model_has_it(item) for key, item in answer.items()}
    return [as_the_model_has_it(item) for item in answer] if isinstance(answer, list) else answer


@pytest.fixture(scope="module")
def ports() -> RecordingPorts:
    return RecordingPorts()


@pytest.fixture(scope="module")
def answers(
    ports: RecordingPorts, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[str, dict[str, Any]]]:
    """Every operation once, and jobs of each kind described as they wait and when they ended."""
    state: Path = tmp_path_factory.mktemp("state")
    service = BatchService(account_id=ACCOUNT, region=REGION, ports=ports, state_directory=state)
    found: list[tuple[str, dict[str, Any]]] = []

    def ask(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = service.handle(operation, request)
        found.append((operation, answer))
        return answer

    resources = {
        "type": "FARGATE",
        "maxvCpus": 2,
        "subnets": ["subnet-1"],
        "securityGroupIds": ["sg-1"],
    }
    ask(
        "CreateComputeEnvironment",
        {"computeEnvironmentName": "ce", "type": "MANAGED", "computeResources": resources},
    )
    order = [{"order": 1, "computeEnvironment": "ce"}]
    ask(
        "CreateJobQueue", {"jobQueueName": "queue", "priority": 1, "computeEnvironmentOrder": order}
    )
    for name, definition in DEFINITIONS.items():
        ask("RegisterJobDefinition", {"jobDefinitionName": name, **definition})
    ids: dict[str, str] = {}
    for name, request in JOBS.items():
        waits = [{"jobId": ids["bad"]}] if "dependsOn" in request else []
        asked = {"jobName": name, "jobQueue": "queue", **request, "dependsOn": waits}
        ids[name] = ask("SubmitJob", asked)["jobId"]
    everyone = [*ids.values(), f"{ids['nodes']}#1", f"{ids['array']}:1"]
    ask("DescribeJobs", {"jobs": everyone})
    ask("GetJobQueueSnapshot", {"jobQueue": "queue"})
    service.start()

    def over() -> bool:
        jobs = service.handle("DescribeJobs", {"jobs": everyone})["jobs"]
        return all(job["status"] in ("SUCCEEDED", "FAILED") for job in jobs)

    wait_for(over)
    ask("DescribeJobs", {"jobs": everyone})
    for status in ("SUCCEEDED", "FAILED"):
        ask("ListJobs", {"jobQueue": "queue", "jobStatus": status})
        ask("ListJobs", {"arrayJobId": ids["array"], "jobStatus": status})
        ask("ListJobs", {"multiNodeJobId": ids["nodes"], "jobStatus": status})
    ask_everything(ask)
    service.stop()
    return found


def test_every_answer_has_the_shape_of_its_operation(
    answers: list[tuple[str, dict[str, Any]]],
) -> None:
    problems = [
        problem
        for operation, answer in answers
        for problem in wrong(
            model().operation_model(operation).output_shape,
            as_the_model_has_it(answer),
            operation,
        )
    ]

    assert problems == []
    assert {operation for operation, _ in answers} == set(REQUESTS)


def test_every_event_tells_of_a_job_as_it_is_described(
    answers: list[tuple[str, dict[str, Any]]], ports: RecordingPorts
) -> None:
    """The detail has the members of ``JobDetail``, or of what describes a service job."""
    assert answers
    statuses = {event["detail"]["status"] for event in ports.events}

    assert statuses >= {"RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED", "FAILED"}
    for event in ports.events:
        detail = as_the_model_has_it(event["detail"])
        of_service = model().operation_model("DescribeServiceJob").output_shape
        shape = of_service if "serviceJobType" in detail else model().shape_for("JobDetail")
        assert list(wrong(shape, detail)) == []


def test_the_judge_can_refuse() -> None:
    shape = model().operation_model("DescribeJobs").output_shape
    job = {"jobName": "a", "jobId": 1, "jobQueue": "q", "status": "LOST", "colour": "red"}

    assert len(list(wrong(shape, {"jobs": [job]}))) == 3
