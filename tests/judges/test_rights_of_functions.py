"""No function of ours may do what its code never asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from batch_constructs import functions
from batch_constructs.aws.authorization import AUTHORIZED_AS
from tests.everything import template_of_everything
from tests.judges.policy_documents import Statement, statements_in

ROOM = Path(functions.__file__).parent
PACKAGE = ROOM.parent

OF_LAMBDA = {
    "logs:CreateLogStream": "writes the log",
    "logs:PutLogEvents": "writes the log",
    "sqs:ChangeMessageVisibility": "an event source mapping reads a queue",
    "sqs:DeleteMessage": "an event source mapping reads a queue",
    "sqs:GetQueueAttributes": "an event source mapping reads a queue",
    "sqs:GetQueueUrl": "an event source mapping reads a queue",
    "sqs:ReceiveMessage": "an event source mapping reads a queue",
    "sqs:SendMessage": "what failed is put into the dead-letter queue",
    "kms:Decrypt": "by way of another service, for what it encrypts",
    "kms:GenerateDataKey*": "by way of another service, for what it encrypts",
}
"""What Lambda does with the role itself, or a service that the code calls → what for."""

BESIDES = {
    "batch:TagResource": "SubmitJob",  # of a job with tags
    "dynamodb:PutItem": "TransactWriteItems",
    "dynamodb:UpdateItem": "TransactWriteItems",
}
"""Action → another operation that takes it."""


def modules_of(handler: str) -> set[Path]:
    """Give the files that a handler imports, and those that these import."""
    found: set[Path] = set()
    waiting = [ROOM.joinpath(*handler.split(".")[:-1]).with_suffix(".py")]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += imported(file)
    return found


def imported(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            whole, *inside = str(node.module).split(".")
            if node.level:
                module = file.parent.joinpath(whole, *inside)
            elif whole == PACKAGE.name:
                module = PACKAGE.joinpath(*inside)
            else:
                continue
            some = [module.with_suffix(".py"), *(module / f"{one.name}.py" for one in node.names)]
            yield from (one for one in some if one.is_file())


def methods_in(handler: str) -> set[str]:
    """Give what a function's code calls, and what it has boto3 go through page by page."""
    found = set()
    for file in modules_of(handler):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Attribute(attr=method):
                    found.add(method)
                case ast.Call(
                    func=ast.Attribute(attr="get_paginator"),
                    args=[ast.Constant(value=str(method))],
                ):
                    found.add(method)
    return found


def unused(allowed: list[str], methods: set[str]) -> Iterator[str]:
    """Say which actions no call asks for."""
    for action in allowed:
        _, _, name = action.partition(":")
        operations = [one for one, other in AUTHORIZED_AS.items() if other == name]
        operations += [name, BESIDES.get(action, name)]
        if action not in OF_LAMBDA and methods.isdisjoint(map(xform_name, operations)):
            yield action


def handlers() -> dict[str, list[str]]:
    """Give the handler of each function in one stack of everything, and what it may do."""
    resources: dict[str, Any] = template_of_everything()["Resources"]
    found: list[Statement] = [one for one in statements_in(resources) if one.beside is None]
    allowed = {}
    for one in resources.values():
        handler = one.get("Properties", {}).get("Handler", "")
        folder, _, _ = handler.partition(".")
        if one["Type"] == "AWS::Lambda::Function" and (ROOM / folder).is_dir() and folder:
            [role, _] = one["Properties"]["Role"]["Fn::GetAtt"]
            actions = {action for some in found if role in some.holders for action in some.actions}
            allowed.setdefault(handler, set()).update(actions)
    return {handler: sorted(actions) for handler, actions in allowed.items()}


def test_a_function_may_do_only_what_its_code_asks_for() -> None:
    found = handlers()
    shipped = {
        f"{file.parent.name}.{file.stem}.handler"
        for file in ROOM.glob("*/*.py")
        if "def handler(" in file.read_text("utf-8")
    }

    assert set(found) == shipped
    assert [
        (handler, problem)
        for handler, allowed in found.items()
        for problem in unused(allowed, methods_in(handler))
    ] == []


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("batch:SubmitJob", False),
        ("batch:TagResource", False),
        ("batch:ListJobs", False),
        ("batch:TerminateJob", True),
        ("sns:Publish", True),
    ],
)
def test_the_judge_can_refuse(action: str, *, told: bool) -> None:
    assert bool([*unused([action], methods_in("submission.submit.handler"))]) is told
