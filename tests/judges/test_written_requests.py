"""botocore's models judge every call of AWS's that stands in the code of functions and client.

Read from the source, so that no call is left out that no test happens to make; what a test makes
of it is judged in `test_requests`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore import xform_name

import batch_constructs as bc
from tests.judges.published_api import model

ROOMS = [Path(bc.__file__).parent / room for room in ("functions", "client")]

SERVICES = {
    "_batch": "batch",
    "_dynamodb": "dynamodb",
    "_lister": "batch",
    "_logs": "logs",
    "_parameters": "ssm",
    "_sqs": "sqs",
    **{
        name: name
        for name in (
            *("batch", "cloudwatch", "dynamodb", "ecs", "eks", "events", "logs", "pricing"),
            *("s3", "scheduler", "sns", "sqs"),
        )
    },
}
"""What a client is called in the code → its service."""


NO_CLIENT = {("functions/submission/gateway.py", "batch"): "a batch of messages"}
"""What is called like a client and is none → what it is."""


class Call(NamedTuple):
    """A call of a client: where it is, what it asks, and what it says."""

    where: str
    service: str
    method: str
    keywords: list[ast.keyword]


@cache
def operations(service: str) -> dict[str, Any]:
    """Give the operations of a service by the names of boto3's methods."""
    found = model(service)
    return {xform_name(name): found.operation_model(name) for name in found.operation_names}


def name_of(receiver: ast.expr) -> str:
    """Give the last name of ``self.batch``, ``batch`` or ``client()``."""
    match receiver:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=function):
            return name_of(function)
    return ""


def calls_in(source: str, where: str) -> Iterator[Call]:
    """Give every call of a client, also through a paginator."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        place, receiver, method = f"{where}:{node.lineno}", node.func.value, node.func.attr
        match receiver:
            case ast.Call(
                func=ast.Attribute(value=client, attr="get_paginator"),
                args=[ast.Constant(value=str(asked))],
            ):
                receiver, method = client, asked
        name = name_of(receiver)
        service = None if (where, name) in NO_CLIENT else SERVICES.get(name)
        if service is not None and method not in ("get_paginator", "register_first"):
            yield Call(place, service, method, node.keywords)


def calls() -> list[Call]:
    return [
        call
        for room in ROOMS
        for file in sorted(room.rglob("*.py"))
        for call in calls_in(file.read_text("utf-8"), str(file.relative_to(room.parent)))
    ]


def wrong(call: Call) -> Iterator[str]:
    """Say what botocore's model has against a call."""
    operation = operations(call.service).get(call.method)
    if operation is None:
        yield f"{call.where}: {call.service} has no {call.method}"
        return
    shape = operation.input_shape
    said = {one.arg: one.value for one in call.keywords if one.arg is not None}
    whole = len(said) == len(call.keywords)  # nothing comes with `**`
    for missing in sorted(set(shape.required_members) - set(said)) if whole else ():
        yield f"{call.where}: {missing} is missing"
    for name, value in said.items():
        if name not in shape.members:
            yield f"{call.where}: {name} is unknown"
        else:
            yield from (f"{call.where}: {one}" for one in _wrong(value, shape.members[name], name))


def _wrong(value: ast.expr, shape: Any, path: str) -> Iterator[str]:
    """Look at what is written out; what is worked out as the code runs is unknown."""
    match value, shape.type_name:
        case ast.Constant(value=constant), kind:
            if not isinstance(constant, KINDS[kind]):
                yield f"{path} is {constant!r}, and no {kind}"
            elif kind == "string" and shape.enum and constant not in shape.enum:
                yield f"{path} is {constant!r}"
        case ast.Dict(), "structure":
            yield from _wrong_structure(value, shape, path)
        case ast.Dict(), "map":
            for item in value.values:
                yield from _wrong(item, shape.value, path)
        case ast.List(), "list":
            for item in value.elts:
                yield from _wrong(item, shape.member, path)
        case ast.Dict() | ast.List(), kind:
            yield f"{path} is no {kind}"


def _wrong_structure(value: ast.Dict, shape: Any, path: str) -> Iterator[str]:
    for key, item in zip(value.keys, value.values, strict=True):
        if isinstance(key, ast.Constant) and key.value not in shape.members:
            yield f"{path}.{key.value!s} is unknown"
        elif isinstance(key, ast.Constant):
            yield from _wrong(item, shape.members[key.value], f"{path}.{key.value!s}")


KINDS: dict[str, Any] = {
    **dict.fromkeys(("list", "map", "structure"), ()),
    "blob": (bytes, str),
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "integer": int,
    "long": int,
    "string": str,
    "timestamp": (),
}
"""Type of a shape → Python's type of one that is written out."""


def test_every_call_in_the_code_is_one_of_the_api() -> None:
    found = calls()

    assert [problem for call in found for problem in wrong(call)] == []


def test_every_function_that_calls_aws_is_among_them() -> None:
    folders = {call.where.split("/")[1] for call in calls() if call.where.startswith("functions/")}
    own = {
        file.parent.name
        for file in ROOMS[0].rglob("*.py")
        if "boto3.client(" in file.read_text("utf-8")
    }

    assert own <= folders | {"job_events"}
    assert {call.service for call in calls()} == set(SERVICES.values())


@pytest.mark.parametrize(
    "source",
    [
        "self.batch.update_job_queue(queue=arn, state='DISABLED')",
        "batch.list_jobs(jobState='FAILED', jobQueue=arn)",
        "batch.list_jobs(jobQueue=arn, jobStatus='BROKEN')",
        "batch.get_paginator('list_jobs').paginate(jobQueues=[arn])",
        "self.batch.describe_jobs()",
        "self.batch.describe_jobs(jobs='a')",
        "self.batch.disable_job_queue(jobQueue=arn)",
        "self._lister.list_jobs(jobQueue=a, filters=[{'name': 'JOB_NAME', 'value': 'a'}])",
        "self.sns.publish(Topic=arn, Message=text)",
        "ecs.tag_resource(resourceArn=arn, tags={'a': 'b'})",
        "self.cloudwatch.get_metric_data(MetricDataQueries=q, StartTime=a, EndTime=b, ScanBy='Up')",
    ],
)
def test_the_judge_can_refuse(source: str) -> None:
    (call,) = (one for one in calls_in(source, "it"))

    assert list(wrong(call))


def test_what_is_only_known_as_the_code_runs_is_no_fault() -> None:
    (call,) = calls_in("batch.list_jobs(jobStatus=state, maxResults=most, **more)", "it")

    assert list(wrong(call)) == []
