"""A job of a graph, as data, and what each of its fields may be.

Nothing here needs the CDK or boto3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Matching, Whole, as_text, refused, shown
from batch_constructs.aws.names import JOB_NAME
from batch_constructs.aws.states_language import BACKOFF_RATE, RETRIES, RETRY_SECONDS
from batch_constructs.aws.submit_job import (
    ARRAY_SIZE,
    SCHEDULING_PRIORITY,
    SHARE_IDENTIFIER,
)
from batch_constructs.enum_argument import member
from batch_constructs.known_argument import known_flag
from batch_constructs.queue_from_input import PATH, json_path
from batch_constructs.submission_overrides import (
    check_payload,
    folded,
    given_overrides,
    read_environment,
    read_fields,
    read_seconds,
    read_timeout,
)
from batch_constructs.tag_arguments import read_tags
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queue_from_input import QueueFromInput
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.submission_overrides import SubmissionOverrides
    from batch_constructs.tokens import WholeNumber


_A_PATH: Final = "a path into the input such as $.files or $.files[0].key"

NAME: Final = Matching(
    JOB_NAME.pattern,
    "1 to 64 letters, digits, hyphens and underscores, a letter or a digit first",
    64,
)
"""A job's own name is short, since the name of the run comes before it."""


class AfterCatch(StrEnum):
    """What a workflow does after the job that handled a failure."""

    FAIL = "FAIL"
    """The workflow fails, with the error of the job that failed."""
    CONTINUE = "CONTINUE"
    """The workflow goes on as if the job had succeeded."""


@dataclass(frozen=True)
class NToN:
    """A dependency between array children: child *i* waits for child *i* of the other array.

    Both arrays have the same size. See
    https://docs.aws.amazon.com/batch/latest/userguide/job_dependencies.html

    Attributes:
        job: the name of the array job to wait for.
    """

    job: str


@dataclass(frozen=True, kw_only=True)
class StepRetry:
    """How often Step Functions runs a failed job again, beyond the job's own attempts.

    Attributes:
        max_attempts: retries after the first run, 1 or more.
        interval: wait before the first retry, a second or more: a ``timedelta`` or the CDK's
            ``Duration``. Default: 10 seconds.
        backoff_rate: factor by which the wait grows, 1 or more. Default: 2.
    """

    max_attempts: WholeNumber
    interval: timedelta | Duration = timedelta(seconds=10)
    backoff_rate: float = 2.0


@dataclass(frozen=True, kw_only=True)
class WorkflowJob:
    """One job of a graph.

    Values of ``parameters``, ``environment`` and ``tags``, words of ``command`` and a
    ``share_identifier`` that start with ``$.`` are read from the input of the execution: ``$.day``.
    In a job with ``for_each``, ``$.item`` is one element of the list, and ``$.input`` is the whole
    input. ``array_size``, ``scheduling_priority`` and ``timeout`` can be read from it with
    ``sfn.JsonPath.number_at``.

    Attributes:
        name: unique in the graph; letters, digits, ``-`` and ``_``, at most 64.
        job_definition: any job definition (ours, L2, L1), or its name or ARN as a string.
        queue: its queue; in a ``Workflow``, ``QueueFromInput`` if the input names it. Default: the
            queue of the graph.
        depends_on: names of jobs that must succeed first, or ``NToN("name")``.
        array_size: children of an array job, 2 to 10,000. Default: not an array.
        parameters: values for the definition's ``Ref::`` placeholders.
        environment: environment variables, added to the definition's.
        command: replaces the definition's command, one word per element.
        share_identifier: share of a fair-share queue. Default: the graph's.
        scheduling_priority: priority within the share, 0 to 9999.
        timeout: time limit of one attempt, at least a minute: a ``timedelta`` or the CDK's
            ``Duration``. Default: the definition's.
        tags: tags of the job.
        overrides: ``SubmissionOverrides``: sizes, retries, and whatever has no parameter of its
            own.
        step_retry: retries by Step Functions. Default: only those of the definition.
        catch: name of a job that runs if this one fails permanently.
        after_catch: what happens after the catching job: ``AfterCatch.FAIL`` or ``CONTINUE``.
        only_on_failure: this job runs only if others name it in ``catch``.
        for_each: path of a list in the input, ``$.files``: one job for each element.
        max_concurrency: jobs of a ``for_each`` at a time. Default: no limit.
    """

    name: str
    job_definition: AnyJobDefinition | str
    queue: AnyJobQueue | QueueFromInput | str | None = None
    depends_on: Sequence[str | NToN] = ()
    array_size: WholeNumber | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] | None = None
    share_identifier: str | None = None
    scheduling_priority: WholeNumber | None = None
    timeout: timedelta | Duration | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    overrides: SubmissionOverrides | None = None
    step_retry: StepRetry | None = None
    catch: str | None = None
    after_catch: AfterCatch | str = AfterCatch.FAIL
    only_on_failure: bool = False
    for_each: str | None = None
    max_concurrency: WholeNumber | None = None

    def __post_init__(self) -> None:
        """Keep what becomes a part of other texts as the text that it is."""
        for name in ("name", "catch", "for_each"):
            object.__setattr__(self, name, as_text(getattr(self, name)))


def waits_for(job: WorkflowJob) -> list[str]:
    """Name the jobs that a job waits for, N-to-N or whole."""
    return [each.job if isinstance(each, NToN) else each for each in job.depends_on]


def n_to_n(job: WorkflowJob) -> list[str]:
    """Name the arrays whose children the children of a job wait for."""
    return [each.job for each in job.depends_on if isinstance(each, NToN)]


def timeout_seconds(job: WorkflowJob) -> Any:
    """Give the limit of one attempt in seconds, or None."""
    return read_seconds(Arguments.of_a_value(), "timeout", job.timeout)


def interval_seconds(retry: StepRetry) -> Any:
    """Give the wait before the first retry, in seconds."""
    return read_seconds(Arguments.of_a_value(), "interval", retry.interval)


def goes_on_after_catch(job: WorkflowJob) -> bool:
    """Tell whether the workflow continues after the catching job."""
    return str(as_text(job.after_catch)).upper() == AfterCatch.CONTINUE


def with_overrides(job: WorkflowJob) -> WorkflowJob:
    """Give a job with what its overrides say in the fields of that name."""
    return replace(job, **folded(job, job.overrides))


def read_job(at: Arguments, job: WorkflowJob) -> None:
    """Look at the fields of a job, each by itself."""
    mappings = dict.fromkeys(("parameters", "environment", "tags"), "a mapping of names to strings")
    for field_name, expected in {"depends_on": "a list of names of jobs", **mappings}.items():
        if getattr(job, field_name) is None:
            at.wrong_type(field_name, None, expected)
    at.within_text(
        share_identifier=job.share_identifier,
        array_size=job.array_size,
        scheduling_priority=job.scheduling_priority,
        catch=job.catch,
        for_each=job.for_each,
        max_concurrency=job.max_concurrency,
    )
    at.text("name", job.name, required=True, bound=NAME)
    share = at.text("share_identifier", job.share_identifier)
    if json_path(share) is None:
        at.bounded("share_identifier", share, SHARE_IDENTIFIER)
    at.number("array_size", job.array_size, bound=ARRAY_SIZE)
    at.number("scheduling_priority", job.scheduling_priority, bound=SCHEDULING_PRIORITY)
    read_timeout(at, job.timeout)
    read_tags(at, job.tags)
    _read_waiting(at, job)
    overrides = given_overrides(at, job.overrides)
    _read_input(at, job, overrides)
    _read_retry(at, job.step_retry)
    in_the_input = json_path(overrides.share_identifier) is not None
    read_fields(
        at.within("overrides"),
        replace(overrides, share_identifier=None) if in_the_input else overrides,
    )
    unset = WorkflowJob(name="", job_definition="")
    for field_name in folded(job, overrides):
        if getattr(job, field_name) != getattr(unset, field_name):
            at.only_one(field_name, f"overrides.{field_name}")


def _read_waiting(at: Arguments, job: WorkflowJob) -> None:
    for place, each in enumerate(at.items("depends_on", job.depends_on, "names of jobs")):
        name = each.job if isinstance(each, NToN) else each
        if not isinstance(name, str):
            at.wrong_type(f"depends_on[{place}]", name, "a job's name, or NToN(…) of it")
    at.text("catch", job.catch)
    member(at, "after_catch", job.after_catch, AfterCatch)
    if job.catch is None and goes_on_after_catch(job):
        at.wrong_value("after_catch is given without catch: leave it out, or give catch")
    known_flag(at, "only_on_failure", job.only_on_failure)


def _read_input(at: Arguments, job: WorkflowJob, overrides: SubmissionOverrides) -> None:
    """Look at what is read from the input, or may be."""
    each = at.text("for_each", job.for_each)
    parameters = at.mapping("parameters", job.parameters)
    known = {name: text for name, text in parameters.items() if _is_written(text)}
    check_payload(at, known)
    read_environment(at, job.environment)
    _words(at, job.command)
    values = {"for_each": each, **_texts(job)}
    values |= {f"overrides.{where}": text for where, text in _texts(overrides).items()}
    for where, text in values.items():
        if not isinstance(text, str) or is_token(text):
            continue
        if (text.startswith("$.") or where == "for_each") and not PATH.fullmatch(text):
            at.wrong_value(f"{where} {refused(text, _A_PATH)}")
    _no_path(at, {"max_concurrency": job.max_concurrency})
    most = at.number("max_concurrency", job.max_concurrency, bound=Whole(1))
    if most is not None and job.for_each is None:
        at.wrong_value(
            "max_concurrency is given without for_each: leave it out, or name a list in for_each"
        )


def _texts(said: Any) -> dict[str, Any]:
    """Give what may be read from the input, by where it stands: of a job, or of its overrides."""
    texts = {"share_identifier": said.share_identifier}
    for name in ("parameters", "environment", "tags"):
        held = getattr(said, name, None)
        known = held if isinstance(held, Mapping) else {}
        texts |= {f"{name}[{shown(key)}]": value for key, value in known.items()}
    words = said.command if isinstance(said.command, list | tuple) else ()
    return texts | {f"command[{place}]": word for place, word in enumerate(words)}


def _is_written(text: object) -> bool:
    return isinstance(text, str) and not is_token(text) and not text.startswith("$.")


def _words(at: Arguments, command: Any) -> None:
    if is_token(command):
        at.wrong_value(
            "command is a list that only CloudFormation knows, but a state machine needs each "
            "word: give the words, each of which may be a token"
        )
    else:
        at.texts("command", command)


def _no_path(at: Arguments, numbers: Mapping[str, Any]) -> None:
    for name, number in numbers.items():
        if isinstance(number, float) and json_path(number) is not None:
            at.wrong_value(
                f"{name} is made by sfn.JsonPath, but Step Functions reads no path there: give a "
                "number"
            )


def _read_retry(at: Arguments, retry: Any) -> None:
    if retry is None:
        return
    if not isinstance(retry, StepRetry):
        at.wrong_type("step_retry", retry, "StepRetry(max_attempts=…)")
        return
    view = at.within("step_retry")
    numbers = {"max_attempts": retry.max_attempts, "backoff_rate": retry.backoff_rate}
    view.within_text(**numbers)
    _no_path(view, numbers)
    view.number("max_attempts", retry.max_attempts, required=True, bound=RETRIES)
    wait = read_seconds(view, "interval", retry.interval, required=True)
    view.bounded("interval", wait, RETRY_SECONDS)
    view.number("backoff_rate", retry.backoff_rate, required=True, bound=BACKOFF_RATE)
