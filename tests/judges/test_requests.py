"""botocore's model of AWS Batch judges every request that something of ours makes or renders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.validate import ParamValidator

import batch_constructs as bc
from batch_constructs.aws.admission import Admission
from batch_constructs.client.submit_request import submit_job_request
from batch_constructs.functions.submission.message_reader import read_request
from batch_constructs.functions.submission.repeat import repeat
from batch_constructs.functions.submission.rescue import rescue_request
from batch_constructs.submission_overrides import requirements_of
from tests import rendered
from tests.judges.published_api import model
from tests.judges.test_state_machines import machines, states
from tests.judges.written import read_json, written

Request = Mapping[str, Any]


def wrong(operation: str, request: Request, service: str = "batch") -> list[str]:
    """Say what botocore would refuse, unknown members and values of enumerations among it."""
    shape = model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    return [report.generate_report()] if report.has_errors() else list(_unknown(request, shape, ""))


def _unknown(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}/{name} is unknown"
            else:
                yield from _unknown(item, shape.members[name], f"{path}/{name}")
    elif shape.type_name == "list":
        for item in value:
            yield from _unknown(item, shape.member, path)
    elif shape.type_name == "map":
        for item in value.values():
            yield from _unknown(item, shape.value, path)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path} is {value}"


def in_api_case(value: Any, shape: Any) -> Any:
    """Translate ``JobName`` to ``jobName``, and ``"Key.$": "$.a"`` to what is there, as AWS does.

    Which is a number where the API wants one, and a text elsewhere.
    """
    if shape.type_name == "structure":
        found: dict[str, Any] = {}
        for name, item in value.items():
            plain = name.removesuffix(".$")
            member = plain[:1].lower() + plain[1:]
            within = shape.members.get(member)
            if within is None:
                found[member] = item
            elif name != plain and within.type_name == "integer":
                found[member] = 1
            else:
                found[member] = in_api_case(item, within)
        return found
    if shape.type_name == "list":
        return [in_api_case(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {name.removesuffix(".$"): item for name, item in value.items()}
    return value


def submit_job(request: Request) -> Request:
    translated = in_api_case(request, model().shape_for("SubmitJobRequest"))
    return dict(translated)


def of_schedules() -> Iterator[Request]:
    for _, _, resource in rendered.resources("AWS::Scheduler::Schedule"):
        target = written(resource["Properties"].get("Target", {"Arn": ""}))
        if target["Arn"].endswith(":aws-sdk:batch:submitJob"):
            yield submit_job(read_json(target["Input"]))


def targets() -> Iterator[dict[str, Any]]:
    for _, _, resource in rendered.resources("AWS::Events::Rule"):
        yield from written(resource["Properties"].get("Targets", []))


def body_of(target: Request) -> dict[str, Any]:
    text = target.get("Input") or target.get("InputTransformer", {}).get("InputTemplate", "{}")
    # a field outside of quotes is written as JSON
    found = read_json(re.sub(r"(?<=: )<(\w+)>", r'"<\1>"', text) if isinstance(text, str) else text)
    return found if isinstance(found, dict) else {}


def of_event_rules() -> Iterator[Request]:
    for target in targets():
        if "BatchParameters" in target:
            parameters = {**target["BatchParameters"], "JobQueue": target["Arn"]}
            yield submit_job({**parameters, **body_of(target)})


def of_submit_functions() -> Iterator[Request]:
    for target in targets():
        body = body_of(target)
        name = body.pop("jobName", None)
        if name is not None:
            fixed = {"jobName": name, "jobQueue": "queue", "jobDefinition": "definition"}
            yield {**fixed, **read_request(body, frozenset(Admission))}


def of_functions() -> Iterator[Request]:
    for _, _, resource in rendered.resources("AWS::Lambda::Function"):
        variables = written(resource["Properties"].get("Environment", {})).get("Variables", {})
        if "DEFAULTS" in variables:
            fixed = {"jobName": "a", "jobQueue": "queue", "jobDefinition": "definition"}
            yield {**fixed, **read_json(variables["DEFAULTS"])}


def of_state_machines() -> Iterator[Request]:
    for machine in machines():
        for state in states(machine):
            if ":states:::batch:submitJob" in state.get("Resource", ""):
                yield submit_job(state.get("Arguments", state.get("Parameters", {})))


@pytest.mark.parametrize(
    ("requests", "at_least"),
    [
        (of_schedules, 6),
        (of_event_rules, 4),
        (of_submit_functions, 3),
        (of_functions, 6),
        (of_state_machines, 5),
    ],
)
def test_every_rendered_request_is_one_of_the_api(requests: Any, at_least: int) -> None:
    found = list(requests())

    assert [problem for request in found for problem in wrong("SubmitJob", request)] == []
    assert len(found) >= at_least


def test_every_request_that_the_functions_and_the_client_sent_is_one_of_the_api() -> None:
    assert [
        (operation, problem)
        for service, operation, request in rendered.REQUESTS
        if request.get("timeout") != OF_A_MESSAGE
        for problem in wrong(operation, request, service)
    ] == []


OF_A_MESSAGE = 5
"""A time limit that a test's message says wrongly: it becomes a dead letter, since botocore refuses
it, whatever else is wrong in it."""


WHOLE_ARRAY = {"jobId": "4c7599ae", "arrayProperties": {"size": 4}}
"""An array that waits as a whole, and is rescued as one."""

CONTAINER = {
    "command": ["run"],
    "environment": [{"name": "A", "value": "1"}, {"name": "AWS_BATCH_JQ_NAME", "value": "q"}],
    "resourceRequirements": [{"type": "GPU", "value": "1"}],
    "image": "busybox",
    "logStreamName": "a/b",
}
JOB = {
    "jobId": "4c7599ae:3",
    "jobName": "report",
    "jobQueue": "queue",
    "jobDefinition": "definition:3",
    "status": "FAILED",
    "parameters": {"day": "1"},
    "retryStrategy": {"attempts": 2, "evaluateOnExit": [{"onReason": "*", "action": "EXIT"}]},
    "timeout": {"attemptDurationSeconds": 60},
    "shareIdentifier": "blue",
    "schedulingPriority": 5,
    "propagateTags": True,
    "tags": {"team": "x", "aws:batch:made": "y"},
    "arrayProperties": {"index": 3},
}
TASKS = {"ecsProperties": {"taskProperties": [{"containers": [{"name": "main", **CONTAINER}]}]}}


POD = {
    "eksProperties": {
        "podProperties": {
            "containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}],
            "initContainers": [{"name": "first"}],
            "metadata": {"labels": {"team": "x"}},
        }
    }
}
NODES = {
    "nodeProperties": {
        "numNodes": 2,
        "nodeRangeProperties": [{"targetNodes": "0:1", "container": CONTAINER, **POD}],
    }
}


@pytest.mark.parametrize("shape", [{}, {"container": CONTAINER}, TASKS, POD, NODES, WHOLE_ARRAY])
def test_a_job_that_is_submitted_again_is_a_request_of_the_api(shape: dict[str, Any]) -> None:
    assert wrong("SubmitJob", repeat({**JOB, **shape})) == []
    rescued = rescue_request({**JOB, **shape}, "other")
    assert rescued is not None
    assert wrong("SubmitJob", rescued) == []


def test_a_request_of_the_client_with_all_that_it_may_say_is_one_of_the_api() -> None:
    request = submit_job_request(
        "report",
        queue="queue",
        job_definition="definition",
        array_size=2,
        parameters={"day": "1"},
        environment={"A": "1"},
        command=["run"],
        share_identifier="blue",
        scheduling_priority=5,
        timeout_seconds=60,
        tags={"team": "x"},
        depends_on=[{"jobId": "a", "type": "N_TO_N"}],
        requirements=requirements_of(
            bc.SubmissionOverrides(
                vcpus=0.5, memory_mebibytes=512, gpus=1, retry=bc.RetryPolicy(attempts=2)
            )
        ),
    )

    assert wrong("SubmitJob", request) == []


@pytest.mark.parametrize(
    "request_",
    [
        {"jobName": "a", "jobQueue": "b"},
        {"jobName": "a", "jobQueue": "b", "jobDefinition": "c", "priority": 1},
        {"jobName": "a", "jobQueue": "b", "jobDefinition": "c", "arrayProperties": {"size": "2"}},
        {"jobName": "a", "jobQueue": "b", "jobDefinition": "c", "dependsOn": [{"type": "ALL"}]},
    ],
)
def test_the_judge_refuses_what_aws_refuses(request_: Request) -> None:
    assert wrong("SubmitJob", request_) != []
