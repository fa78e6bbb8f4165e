"""Hundreds of queues, in nested stacks: CloudFormation takes 500 resources in one template.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_cdk import NestedStack

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import shown
from batch_constructs.construct import BatchConstruct
from batch_constructs.jsii_objects import described
from batch_constructs.queues.job_queue import JobQueue

if TYPE_CHECKING:
    from constructs import Construct

STACKS = 16


class NestedJobQueues(BatchConstruct):
    """Hundreds of job queues, distributed over up to sixteen nested stacks automatically.

    The stack of a queue depends only on its ID, so adding a queue never moves another one, which
    would delete it together with its running jobs. AWS Batch allows 50 queues in an account and
    Region until you raise that quota.

    Creates, below its own ID: ``0`` to ``F`` (AWS::CloudFormation::Stack), as many as are needed,
    and in each the queues, below their IDs.

    Attributes:
        queues: The queues, by their IDs.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queues: The ID of each queue → its own arguments of ``JobQueue``.
        shared: Arguments of every queue; its own take precedence. Default: none.

    Raises:
        ValueError: no queue, or arguments that a ``JobQueue`` refuses, with the path of the queue.
        TypeError: arguments of the wrong type.

    https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html
    """

    queues: dict[str, JobQueue]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queues: Mapping[str, Mapping[str, Any]],
        shared: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        if _is_mapping(arguments, "queues", queues, '{"Nightly": {"priority": 5}}'):
            if not queues:
                arguments.wrong_value("queues is empty: name at least one queue")
            for name, own in queues.items():
                if not isinstance(name, str) or not name:
                    arguments.wrong_value(
                        f"a key of queues is {described(name)}; expected a non-empty string, the "
                        "ID of a queue"
                    )
                    continue
                _expect_arguments(arguments, f"queues[{shown(name)}]", own)
        if shared is not None:
            _expect_arguments(arguments, "shared", shared)
        arguments.refuse()
        self.queues = {}
        stacks: dict[str, NestedStack] = {}
        for_all = {} if shared is None else shared
        for name, own in queues.items():
            number = _stack_of(name)
            if number not in stacks:
                stacks[number] = NestedStack(self, number)
            self.queues[name] = JobQueue(stacks[number], name, **{**for_all, **own})


def _stack_of(name: str) -> str:
    """Name the stack of a queue: the same whatever other queues there are."""
    return f"{int(hashlib.sha256(name.encode()).hexdigest(), 16) % STACKS:X}"


def _is_mapping(arguments: Arguments, where: str, value: object, such: str) -> bool:
    """Whether a value is a mapping, which is noted where it is none."""
    if not isinstance(value, Mapping):
        arguments.wrong_type(where, value, f"a mapping such as {such}")
    return isinstance(value, Mapping)


def _expect_arguments(arguments: Arguments, where: str, value: Any) -> None:
    """Note what are no arguments of a queue."""
    if _is_mapping(arguments, where, value, '{"priority": 5}'):
        known = inspect.signature(JobQueue).parameters
        for name in value:
            if name not in known:
                arguments.wrong_value(
                    f"a key of {where} is {shown(name)}; expected a parameter of JobQueue"
                )
