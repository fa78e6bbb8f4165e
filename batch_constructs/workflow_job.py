"""A job of a graph, as data, and what each of its fields may be.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.bound import Decimal, Matching, OneOf, Whole
from batch_constructs.aws.names import JOB_NAME
from batch_constructs.aws.submit_job import (
    ARRAY_SIZE,
    SCHEDULING_PRIORITY,
    TIMEOUT_SECONDS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = re.compile(r"\$(\.[^\s.,\[\]()'\"$]+|\[\d+\]|\['[^'\[\]]+'\])+")
"""A path into the input: ``$.day``, ``$.files[0].key``, ``$.files['a key']``."""

_A_PATH: Final = "a path into the input is written such as '$.files' or '$.files[0].key'"
_SHORT = 60

NAME: Final = Matching(
    JOB_NAME.pattern,
    "1 to 64 letters, digits, hyphens and underscores, a letter or a digit first",
    64,
)
"""A job's own name is short, since the name of the run comes before it."""

_BOUNDS: Final[dict[str, Any]] = {
    "name": NAME,
    "array_size": ARRAY_SIZE,
    "timeout_seconds": TIMEOUT_SECONDS,
    "scheduling_priority": SCHEDULING_PRIORITY,
    "max_concurrency": Whole(1),
    "after_catch": OneOf(("fail", "continue")),
}
_RETRY_BOUNDS: Final[dict[str, Any]] = {
    "max_attempts": Whole(1, 99),
    "interval_seconds": Whole(1, 86_400, unit="seconds"),
    "backoff_rate": Decimal(1, 100),
}


@dataclass(frozen=True, kw_only=True)
class NToN:
    """A dependency of array children: child *i* waits for child *i* of the other array.

    Both arrays have the same size. See
    https://docs.aws.amazon.com/batch/latest/userguide/job_dependencies.html

    Attributes:
        job: the name of the array job that is waited for.
    """

    job: str


@dataclass(frozen=True, kw_only=True)
class StepRetry:
    """How often Step Functions runs a job again that failed, beyond the job's own attempts.

    Attributes:
        max_attempts: retries after the first run, 1 to 99.
        interval_seconds: wait before the first retry, 1 to 86,400. Default: 10.
        backoff_rate: factor by which the wait grows, 1 or more. Default: 2.
    """

    max_attempts: int
    interval_seconds: int = 10
    backoff_rate: float = 2.0


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """One job of a graph.

    Values of ``parameters`` and ``environment`` that start with ``$.`` are read from the input of
    the execution: ``$.day``. In a job with ``for_each`` they see ``$.item``, one element of the
    list, and ``$.input``, the whole input.

    Attributes:
        name: unique in the graph; letters, digits, ``-`` and ``_``, at most 64.
        job_definition: any job definition (ours, L2, L1), or its name or ARN as a string.
        queue: where it waits. Default: the queue of the graph.
        depends_on: names of jobs that have to succeed first, or ``NToN(job=…)``.
        array_size: children of an array job, 2 to 10,000. Default: not an array.
        parameters: values for the definition's ``Ref::`` placeholders.
        environment: environment variables, added to the definition's.
        command: replaces the definition's command.
        share_identifier: share of a fair-share queue. Default: the graph's.
        scheduling_priority: priority within the share, 0 to 9999.
        timeout_seconds: limit of one attempt, 60 or more. Default: the definition's.
        tags: tags of the job.
        retry: retries by Step Functions. Default: none but those of the definition.
        catch: name of a job that runs when this one failed for good.
        after_catch: ``"fail"`` the workflow after the catching job, or ``"continue"`` as if this
            job had succeeded.
        only_on_failure: this job runs only where others name it in ``catch``.
        for_each: path of a list in the input, ``$.files``: one job for each element.
        max_concurrency: jobs of a ``for_each`` at a time. Default: no limit of ours.
    """

    name: str
    job_definition: Any
    queue: Any = None
    depends_on: Sequence[str | NToN] = ()
    array_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    timeout_seconds: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    retry: StepRetry | None = None
    catch: str | None = None
    after_catch: str = "fail"
    only_on_failure: bool = False
    for_each: str | None = None
    max_concurrency: int | None = None

    @property
    def waits_for(self) -> list[str]:
        """Names of the jobs this one waits for, N-to-N or whole."""
        return [each.job if isinstance(each, NToN) else each for each in self.depends_on]

    @property
    def n_to_n(self) -> list[str]:
        """Names of the arrays whose children this one's children wait for."""
        return [each.job for each in self.depends_on if isinstance(each, NToN)]


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
    retry: object = job.retry
    if retry is not None and not isinstance(retry, StepRetry):
        yield f"retry is {_shown(retry)}; expected StepRetry(max_attempts=…)"
    elif isinstance(retry, StepRetry):
        for of in ("max_attempts", "interval_seconds"):
            value = getattr(retry, of)
            if not _is_whole(value):
                yield f"retry.{of} is {_shown(value)}; expected a whole number"
        rate: object = retry.backoff_rate
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            yield f"retry.backoff_rate is {_shown(rate)}; expected a number"


def wrong_values(job: WorkflowJob) -> Iterator[str]:
    """Say which fields, of the right kinds, hold what they may not."""
    alone = job.max_concurrency is not None and job.for_each is None
    bounds = {
        name: bound for name, bound in _BOUNDS.items() if name != "max_concurrency" or not alone
    }
    yield from _out_of_bounds(job, bounds, "")
    if job.retry is not None:
        yield from _out_of_bounds(job.retry, _RETRY_BOUNDS, "retry.")
    if alone:
        yield "max_concurrency goes with for_each; leave it out, or name a list in for_each"
    for of, values in (("parameters", job.parameters), ("environment", job.environment)):
        for name, value in values.items():
            if value.startswith("$.") and not PATH.fullmatch(value):
                yield f"{of}[{name!r}] is {value!r}; {_A_PATH}"
    each = job.for_each
    if each is not None and not (each.startswith("$.") and PATH.fullmatch(each)):
        yield f"for_each is {each!r}; {_A_PATH}"


def _out_of_bounds(given: object, bounds: Mapping[str, Any], where: str) -> Iterator[str]:
    for field_name, bound in bounds.items():
        value = getattr(given, field_name)
        wrong = None if value is None else bound.wrong(value)
        if wrong:
            yield f"{where}{field_name} {wrong}"


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
