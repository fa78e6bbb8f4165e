"""The fields of a job of a graph: whether each is of the kind it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.job_graph import WorkflowJob

PATH = re.compile(r"\$(\.[^\s.,\[\]()'\"$]+|\[\d+\]|\['[^'\[\]]+'\])+")
"""A path into the input: ``$.day``, ``$.files[0].key``, ``$.files['a key']``."""

_SHORT = 60


def wrong_fields(job: WorkflowJob) -> list[str]:
    """Say which fields of a job are of a wrong kind, with what they should be."""
    return [
        *_wrong_texts(job),
        *_wrong_numbers(job),
        *_wrong_mappings(job),
        *_wrong_lists(job),
        *_wrong_retry(job),
    ]


def _wrong_texts(job: WorkflowJob) -> Iterator[str]:
    fields: dict[str, object] = {
        "share_identifier": job.share_identifier,
        "catch": job.catch,
        "after_catch": job.after_catch,
        "for_each": job.for_each,
    }
    for name, value in fields.items():
        if value is not None and not isinstance(value, str):
            yield f"{name} is {_shown(value)}; expected a string"


def _wrong_numbers(job: WorkflowJob) -> Iterator[str]:
    fields: dict[str, tuple[object, str]] = {
        "array_size": (job.array_size, "a whole number such as 5"),
        "scheduling_priority": (job.scheduling_priority, "a whole number such as 5"),
        "timeout_seconds": (job.timeout_seconds, "a whole number of seconds such as 600"),
        "max_concurrency": (job.max_concurrency, "a whole number such as 3"),
    }
    only: object = job.only_on_failure
    if not isinstance(only, bool):
        yield f"only_on_failure is {_shown(only)}; expected True or False"
    for name, (value, expected) in fields.items():
        if value is not None and not _is_whole(value):
            yield f"{name} is {_shown(value)}; expected {expected}"


def _wrong_mappings(job: WorkflowJob) -> Iterator[str]:
    fields: dict[str, object] = {
        "parameters": job.parameters,
        "environment": job.environment,
        "tags": job.tags,
    }
    for name, value in fields.items():
        if not isinstance(value, Mapping):
            yield f"{name} is {_shown(value)}; expected a mapping of names to strings"
            continue
        for key, item in value.items():
            if not isinstance(key, str) or not key:
                yield f"a name in {name} is {_shown(key)}; expected a string that is not empty"
            elif not isinstance(item, str):
                yield f"{name}[{key!r}] is {_shown(item)}; expected a string"


def _wrong_lists(job: WorkflowJob) -> Iterator[str]:
    from batch_constructs.job_graph import NToN  # noqa: PLC0415  # they ask us

    command: object = job.command
    if command is not None and (
        not _is_list(command) or not all(isinstance(word, str) for word in job.command or ())
    ):
        yield f"command is {_shown(command)}; expected a list of strings, one element a word"
    if not _is_list(job.depends_on):
        yield f"depends_on is {_shown(job.depends_on)}; expected a list of names of jobs"
    else:
        waited_for: Sequence[object] = job.depends_on
        for each in waited_for:
            name = each.job if isinstance(each, NToN) else each
            if not isinstance(name, str):
                yield f"depends_on holds {_shown(name)}; expected the name of a job, or NToN(job=…)"


def _wrong_retry(job: WorkflowJob) -> Iterator[str]:
    from batch_constructs.job_graph import StepRetry  # noqa: PLC0415  # as above

    retry: object = job.retry
    if retry is not None and not isinstance(retry, StepRetry):
        yield f"retry is {_shown(retry)}; expected StepRetry(max_attempts=…)"
    elif isinstance(retry, StepRetry):
        for field in ("max_attempts", "interval_seconds"):
            value = getattr(retry, field)
            if not _is_whole(value):
                yield f"retry.{field} is {_shown(value)}; expected a whole number"
        rate: object = retry.backoff_rate
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            yield f"retry.backoff_rate is {_shown(rate)}; expected a number"


def wrong_paths(job: WorkflowJob) -> Iterator[str]:
    """Say which values are paths into the input, and no good ones; the kinds are right."""
    for field, values in (("parameters", job.parameters), ("environment", job.environment)):
        for name, value in values.items():
            if value.startswith("$.") and not PATH.fullmatch(value):
                yield f"{field}[{name!r}] is {value!r}; {_A_PATH}"
    each = job.for_each
    if each is not None and not (each.startswith("$.") and PATH.fullmatch(each)):
        yield f"for_each is {each!r}; {_A_PATH}"


_A_PATH = "a path into the input is written such as '$.files' or '$.files[0].key'"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(value: object) -> str:
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return f"{type(value).__name__} {name!r}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= _SHORT else text[:_SHORT] + '…'}"
