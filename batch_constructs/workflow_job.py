"""A job of a graph, as data, and what each of its fields may be.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Decimal, Matching, OneOf, Whole
from batch_constructs.aws.names import JOB_NAME
from batch_constructs.aws.submit_job import (
    ARRAY_SIZE,
    SCHEDULING_PRIORITY,
    TIMEOUT_SECONDS,
)
from batch_constructs.submission_overrides import folded, problems_of, read_seconds
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_cdk import Duration

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.submission_overrides import SubmissionOverrides
    from batch_constructs.workflows.queue_from_input import QueueFromInput

PATH = re.compile(r"\$(\.[^\s.,\[\]()'\"$]+|\[\d+\]|\['[^'\[\]]+'\])+")
"""A path into the input: ``$.day``, ``$.files[0].key``, ``$.files['a key']``."""

_A_PATH: Final = "a path into the input is written such as '$.files' or '$.files[0].key'"
_MAY_BE_SECRET = {"command", "environment"}
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
    "timeout": TIMEOUT_SECONDS,
    "scheduling_priority": SCHEDULING_PRIORITY,
    "max_concurrency": Whole(1),
    "after_catch": OneOf(("FAIL", "CONTINUE"), any_case=True),
}
_RETRY_BOUNDS: Final[dict[str, Any]] = {
    "max_attempts": Whole(1, 99),
    "interval": Whole(1, 86_400, unit="seconds"),
    "backoff_rate": Decimal(1, 100),
}
_TIMES: Final = ("timeout", "interval")


class AfterCatch(StrEnum):
    """What becomes of a workflow behind the job that caught a failure."""

    FAIL = "FAIL"
    """The workflow fails, with the error of the job that failed."""
    CONTINUE = "CONTINUE"
    """The workflow goes on as if the job had succeeded."""


@dataclass(frozen=True)
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
        interval: wait before the first retry, a second to a day: a ``timedelta`` or the CDK's
            ``Duration``. Default: 10 seconds.
        backoff_rate: factor by which the wait grows, 1 or more. Default: 2.
    """

    max_attempts: int
    interval: timedelta | Duration = timedelta(seconds=10)
    backoff_rate: float = 2.0

    @property
    def interval_seconds(self) -> Any:
        """The wait before the first retry, in seconds."""
        return _seconds("interval", self.interval)[0]


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """One job of a graph.

    Values of ``parameters`` and ``environment`` that start with ``$.`` are read from the input of
    the execution: ``$.day``. In a job with ``for_each`` they see ``$.item``, one element of the
    list, and ``$.input``, the whole input.

    Attributes:
        name: unique in the graph; letters, digits, ``-`` and ``_``, at most 64.
        job_definition: any job definition (ours, L2, L1), or its name or ARN as a string.
        queue: where it waits; in a ``Workflow``, ``QueueFromInput`` for one that the input names.
            Default: the queue of the graph.
        depends_on: names of jobs that have to succeed first, or ``NToN("name")``.
        array_size: children of an array job, 2 to 10,000. Default: not an array.
        parameters: values for the definition's ``Ref::`` placeholders.
        environment: environment variables, added to the definition's.
        command: replaces the definition's command.
        share_identifier: share of a fair-share queue. Default: the graph's.
        scheduling_priority: priority within the share, 0 to 9999.
        timeout: limit of one attempt, a minute or more: a ``timedelta`` or the CDK's ``Duration``.
            Default: the definition's.
        tags: tags of the job.
        overrides: ``SubmissionOverrides``: sizes, retries, and whatever is not said above.
        step_retry: retries by Step Functions. Default: none but those of the definition.
        catch: name of a job that runs when this one failed for good.
        after_catch: what follows the catching job: ``AfterCatch.FAIL`` or ``CONTINUE``.
        only_on_failure: this job runs only where others name it in ``catch``.
        for_each: path of a list in the input, ``$.files``: one job for each element.
        max_concurrency: jobs of a ``for_each`` at a time. Default: no limit of ours.
    """

    name: str
    job_definition: AnyJobDefinition | str
    queue: AnyJobQueue | QueueFromInput | str | None = None
    depends_on: Sequence[str | NToN] = ()
    array_size: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    timeout: timedelta | Duration | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    overrides: SubmissionOverrides | None = None
    step_retry: StepRetry | None = None
    catch: str | None = None
    after_catch: AfterCatch | str = AfterCatch.FAIL
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

    @property
    def timeout_seconds(self) -> Any:
        """The limit of one attempt in seconds, or None."""
        return _seconds("timeout", self.timeout)[0]

    @property
    def goes_on_after_catch(self) -> bool:
        """Whether the workflow continues behind the catching job."""
        return str(self.after_catch).upper() == AfterCatch.CONTINUE

    def with_overrides(self) -> WorkflowJob:
        """Return the same with what its overrides say in the fields of that name."""
        return replace(self, **folded(self, self.overrides))


def wrong_fields(job: WorkflowJob) -> list[str]:
    """Say which fields of a job are of a wrong kind, with what they should be."""
    return [
        *_wrong_texts(job),
        *_wrong_numbers(job),
        *_wrong_mappings(job),
        *_wrong_lists(job),
        *_wrong_retry(job),
        *_wrong_overrides(job),
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
        "max_concurrency": (job.max_concurrency, "a whole number such as 3"),
    }
    only: object = job.only_on_failure
    if not isinstance(only, bool):
        yield f"only_on_failure is {_shown(only)}; expected True or False"
    for name, (value, expected) in fields.items():
        if value is not None and not _is_whole(value):
            yield f"{name} is {_shown(value)}; expected {expected}"
    yield from _seconds("timeout", job.timeout)[1]


def _seconds(name: str, value: Any) -> tuple[Any, list[str]]:
    """Read a time in seconds, with what is wrong with it."""
    arguments = Arguments.of_a_value()
    return read_seconds(arguments, name, value), arguments.problems


def _wrong_overrides(job: WorkflowJob) -> list[str]:
    wrong = problems_of(job.overrides)
    if wrong:
        return wrong
    unset = WorkflowJob(name="", job_definition="")
    return [
        f"{name} is given, and overrides.{name} too; give one of them"
        for name in folded(job, job.overrides)
        if getattr(job, name) != getattr(unset, name)
    ]


def _wrong_mappings(job: WorkflowJob) -> Iterator[str]:
    fields: dict[str, object] = {
        "parameters": job.parameters,
        "environment": job.environment,
        "tags": job.tags,
    }
    for name, value in fields.items():
        if not isinstance(value, Mapping):
            yield f"{name} is {_kind(name, value)}; expected a mapping of names to strings"
            continue
        for key, item in value.items():
            if not isinstance(key, str) or not key:
                yield f"a name in {name} is {_shown(key)}; expected a string that is not empty"
            elif not isinstance(item, str):
                yield f"{name}[{key!r}] is {_kind(name, item)}; expected a string"


def _wrong_lists(job: WorkflowJob) -> Iterator[str]:
    command: object = job.command
    if command is not None and (
        not _is_list(command) or not all(isinstance(word, str) for word in job.command or ())
    ):
        got = _kind("command", command)
        yield f"command is {got}; expected a list of strings, one element a word"
    if not _is_list(job.depends_on):
        yield f"depends_on is {_shown(job.depends_on)}; expected a list of names of jobs"
    else:
        waited_for: Sequence[object] = job.depends_on
        for each in waited_for:
            name = each.job if isinstance(each, NToN) else each
            if not isinstance(name, str):
                yield f"depends_on holds {_shown(name)}; expected a job's name, or NToN(…) of it"


def _wrong_retry(job: WorkflowJob) -> Iterator[str]:
    retry: object = job.step_retry
    if retry is not None and not isinstance(retry, StepRetry):
        yield f"step_retry is {_shown(retry)}; expected StepRetry(max_attempts=…)"
    elif isinstance(retry, StepRetry):
        most = retry.max_attempts
        if not _is_whole(most):
            yield f"step_retry.max_attempts is {_shown(most)}; expected a whole number"
        if retry.interval is None:
            yield "step_retry.interval is NoneType None; expected a timedelta"
        yield from (f"step_retry.{one}" for one in _seconds("interval", retry.interval)[1])
        rate: object = retry.backoff_rate
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            yield f"step_retry.backoff_rate is {_shown(rate)}; expected a number"


def wrong_values(job: WorkflowJob) -> Iterator[str]:
    """Say which fields, of the right kinds, hold what they may not."""
    alone = job.max_concurrency is not None and job.for_each is None
    bounds = {
        name: bound for name, bound in _BOUNDS.items() if name != "max_concurrency" or not alone
    }
    yield from _out_of_bounds(job, bounds, "")
    if job.step_retry is not None:
        yield from _out_of_bounds(job.step_retry, _RETRY_BOUNDS, "step_retry.")
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
        value = getattr(given, f"{field_name}_seconds" if field_name in _TIMES else field_name)
        wrong = None if value is None or is_token(value) else bound.wrong(value)
        if wrong:
            yield f"{where}{field_name} {wrong}"


def _is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or is_token(value)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _kind(parameter: str, value: object) -> str:
    """Write a wrong value; of what may be secret, its type."""
    return type(value).__name__ if parameter in _MAY_BE_SECRET else _shown(value)


def _shown(value: object) -> str:
    name = getattr(value, "name", None)
    if isinstance(name, str):
        return f"{type(value).__name__} {name!r}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= _SHORT else text[:_SHORT] + '…'}"
