"""A queue that the input of an execution names, among those that the workflow may submit to.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.bound import refused
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.arguments import Arguments
    from batch_constructs.queues.any_job_queue import AnyJobQueue

PATH: Final = re.compile(r"\$(\.[^\s.,\[\]()'\"$]+|\[\d+\]|\['[^'\[\]]+'\])+")
"""A path into the input: ``$.day``, ``$.files[0].key``, ``$.files['a key']``."""


def json_path(value: Any) -> str | None:
    """Return the path into the input that a value is, written as text or made by ``sfn.JsonPath``.

    https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_stepfunctions/JsonPath.html
    """
    if not is_token(value):
        return value if isinstance(value, str) and value.startswith("$.") else None
    from aws_cdk.aws_stepfunctions import FieldUtils  # noqa: PLC0415  # whoever has tokens has the CDK

    paths = FieldUtils.find_referenced_paths({"value": value})
    return paths[0] if paths else None


@dataclass(frozen=True, kw_only=True)
class QueueFromInput:
    """A queue that the input of an execution names, by its name or ARN.

    The workflow can submit only to these queues; AWS Batch denies any other name.

    Attributes:
        path: The path of its name in the input of the execution, such as ``$.queue``; the same in a
            job with ``for_each``.
        queues: The possible queues, at least one.
    """

    path: str
    queues: Sequence[AnyJobQueue]


def context_path(queue: QueueFromInput) -> str:
    """Give the path of a queue from wherever a state is: into the context object."""
    return f"$$.Execution.Input{queue.path.removeprefix('$')}"


def read_queues(arguments: Arguments, queue: Any) -> list[AnyJobQueue]:
    """Return the queues that a job may wait in, and note what is wrong with them."""
    from batch_constructs.queues.any_job_queue import is_job_queue  # noqa: PLC0415  # it loads the CDK

    if not isinstance(queue, QueueFromInput):
        if is_job_queue(queue):
            return [queue]
        arguments.wrong_type("queue", queue, "a job queue")
        return []
    if not arguments.within_text(**{"queue.path": queue.path}):
        pass
    elif not isinstance(queue.path, str) or not (
        is_made_up(queue.path) or PATH.fullmatch(queue.path)
    ):
        wrong = refused(queue.path, "a path into the input of the execution such as $.queue")
        arguments.wrong_value(f"queue.path {wrong}")
    return arguments.resources(
        "queue.queues",
        queue.queues,
        is_job_queue,
        "a job queue",
        "job queues that the input may name",
        some=True,
    )


def queues_of(queue: AnyJobQueue | QueueFromInput) -> list[AnyJobQueue]:
    """Return the queues that a job may wait in."""
    return list(queue.queues) if isinstance(queue, QueueFromInput) else [queue]
