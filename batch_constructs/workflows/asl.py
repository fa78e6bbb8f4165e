"""A graph of jobs in Amazon States Language.

Every state passes the input of the execution on as it got it (``ResultPath`` null), so that every
job may read it. https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.error_names import (
    ANY_ERROR,
    STEP_FUNCTIONS_THROTTLED,
    STEP_FUNCTIONS_THROTTLED_CAUSE,
    STEP_FUNCTIONS_UNCLEAR,
    TASK_FAILED,
)
from batch_constructs.aws.job_states import HOST_LOST_PATTERN
from batch_constructs.aws.names import STATES_SUBMIT_JOB
from batch_constructs.aws.states_language import NAME_LENGTH
from batch_constructs.aws.submit_job import ArrayDependency
from batch_constructs.workflow_job import (
    goes_on_after_catch,
    interval_seconds,
    n_to_n,
    waits_for,
)
from batch_constructs.workflows.structure import Parallel, Sequence, Together, structure_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from batch_constructs.job_graph import Graph
    from batch_constructs.workflow_job import WorkflowJob
    from batch_constructs.workflows.structure import Structure

States = dict[str, dict[str, Any]]
_FAILURE = "$.failure"
_THROTTLED = {
    "ErrorEquals": list(STEP_FUNCTIONS_THROTTLED),
    "IntervalSeconds": 2,
    "MaxAttempts": 10,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
_SPECIAL = re.compile(r"(\$\{Token\[[^\]]*\]\})|['{}\\]")
"""What a text in a function of Step Functions cannot hold as it is; tokens are left alone."""
_UNCLEAR = list(STEP_FUNCTIONS_UNCLEAR)
_PAUSE = "{% 5 + $floor($random() * 56) %}"
"""Seconds until a throttled submission is repeated: 5 to 60, so that many do not come at once."""


class AslWriter:
    """Writes the states of one graph; names of states are unique in all of it."""

    def __init__(
        self,
        graph: Graph,
        *,
        request: Callable[[WorkflowJob], dict[str, Any]],
        said_of_containers: Callable[[WorkflowJob, dict[str, Any]], dict[str, Any]],
        partition: str,
        rescue_queue: str | None = None,
    ) -> None:
        """Take the graph.

        Args:
            graph: the jobs.
            request: gives the submission of a job, its parameters and environment excluded.
            said_of_containers: gives the members of a request that say what ``ContainerOverrides``
                would say.
            partition: of ARNs: ``aws``.
            rescue_queue: where a job runs again that lost its Spot host.
        """
        self._graph = graph
        self._request = request
        self._said_of_containers = said_of_containers
        self._submit = f"arn:{partition}:{STATES_SUBMIT_JOB}"
        self._rescue_queue = rescue_queue
        self._names: set[str] = set()

    def write(self) -> dict[str, Any]:
        """Write the state machine."""
        self._names = set()
        start, states = self._structure(structure_of(self._graph), None)
        return {"StartAt": start, "States": states}

    def _structure(self, structure: Structure, then: str | None) -> tuple[str, States]:
        if isinstance(structure, Sequence):
            start = ""
            states: States = {}
            for part in reversed(structure.parts):
                start, added = self._structure(part, then)
                states = {**added, **states}
                then = start
            return start, states
        if isinstance(structure, Parallel):
            branches = [self._structure(branch, None) for branch in structure.branches]
            return self._parallel(branches, then)
        return self._together(structure, then)

    def _parallel(self, branches: list[tuple[str, States]], then: str | None) -> tuple[str, States]:
        name = self._name(" | ".join(start for start, _ in branches))
        state = {
            "Type": "Parallel",
            "Branches": [{"StartAt": start, "States": states} for start, states in branches],
            "ResultPath": None,
        }
        return name, {name: _then(state, then)}

    def _together(self, together: Together, then: str | None) -> tuple[str, States]:
        if len(together.jobs) == 1:
            (name,) = together.jobs
            return self._job(self._graph.jobs[name], then)
        waited_for = {n for name in together.jobs for n in n_to_n(self._graph.jobs[name])}
        places = {name: f"$.nToN{i}" for i, name in enumerate(together.jobs) if name in waited_for}
        last = [name for name in together.jobs if name not in waited_for]
        branches = [
            self._job(job, then if len(last) == 1 else None, depends_on=_depends_on(job, places))
            for job in (self._graph.jobs[name] for name in last)
        ]
        start, states = branches[0] if len(branches) == 1 else self._parallel(branches, then)
        for name in reversed([name for name in together.jobs if name in waited_for]):
            job = self._graph.jobs[name]
            state = self._name(name)
            task = self._task(job, depends_on=_depends_on(job, places), wait=False)
            # not waited for: the last array's children wait for this one's
            task |= {"ResultPath": places[name], "Next": start}
            states = {**self._submission(state, task, None), **states}
            start = state
        return start, states

    def _job(
        self,
        job: WorkflowJob,
        then: str | None,
        *,
        depends_on: list[dict[str, str]] | None = None,
    ) -> tuple[str, States]:
        if job.for_each is not None:
            return self._for_each(job, then)
        name = self._name(job.name)
        task = _then(self._task(job, depends_on=depends_on or []), then)
        caught, failing = self._on_failure(job, then)
        if self._rescue_queue is not None:
            caught, rescuing = self._rescue(job, then, caught, depends_on or [])
            failing = {**rescuing, **failing}
        return name, {**self._submission(name, task, caught), **failing}

    def _for_each(self, job: WorkflowJob, then: str | None) -> tuple[str, States]:
        name = self._name(job.name)
        each = self._name(f"each {job.name}")
        caught: str | None = None
        rescuing: States = {}
        if self._rescue_queue is not None:
            caught, rescuing = self._rescue(job, None, None, [])
        task = _then(self._task(job), None)
        inner = {**self._submission(each, task, caught), **rescuing}
        state: dict[str, Any] = {
            "Type": "Map",
            "ItemsPath": job.for_each,
            "ItemSelector": {"item.$": "$$.Map.Item.Value", "input.$": "$"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": each,
                "States": inner,
            },
            "ResultPath": None,
        }
        if job.max_concurrency is not None:
            state["MaxConcurrency"] = job.max_concurrency
        caught_by, failing = self._on_failure(job, then)
        if caught_by is not None:
            state["Catch"] = [_catch(caught_by)]
        return name, {name: _then(state, then), **failing}

    def _on_failure(self, job: WorkflowJob, then: str | None) -> tuple[str | None, States]:
        """Write what happens when a job failed for good; nothing, if it fails the workflow."""
        if job.catch is None:
            return None, {}
        handler = self._graph.jobs[job.catch]
        name = self._name(f"{handler.name} after {job.name}")
        task = self._task(handler)
        if goes_on_after_catch(job):
            return name, self._submission(name, _then(task, then), None)
        fail = self._name(f"{job.name} failed")
        return name, {**self._submission(name, _then(task, fail), None), fail: _fail()}

    def _rescue(
        self,
        job: WorkflowJob,
        then: str | None,
        caught: str | None,
        depends_on: list[dict[str, str]],
    ) -> tuple[str, States]:
        """Write the states that run a job again, on demand, if and only if it lost its host."""
        look = self._name(f"why {job.name} failed")
        read = self._name(f"how {job.name} ended")
        decide = self._name(f"did {job.name} lose its host")
        again = self._name(f"{job.name} on demand")
        states: States = {}
        otherwise = caught
        if otherwise is None:
            otherwise = self._name(f"{job.name} failed")
            states[otherwise] = _fail()
        task = self._task(job, depends_on=depends_on, queue=self._rescue_queue)
        quick = {
            # only a job's failure is JSON; an attempt before the last may have lost its host too
            "Variable": f"{_FAILURE}.Cause",
            "StringMatches": f'*"StatusReason":*"{HOST_LOST_PATTERN}',
            "Next": read,
        }
        parse = {
            "Type": "Pass",
            "Parameters": {"job.$": f"States.StringToJson({_FAILURE}.Cause)"},
            "ResultPath": "$.ended",
            "Next": decide,
        }
        exact = {
            "And": [
                {"Variable": "$.ended.job.StatusReason", "IsPresent": True},
                {"Variable": "$.ended.job.StatusReason", "StringMatches": HOST_LOST_PATTERN},
            ],
            "Next": again,
        }
        return look, {
            look: {"Type": "Choice", "Choices": [quick], "Default": otherwise},
            read: parse,
            decide: {"Type": "Choice", "Choices": [exact], "Default": otherwise},
            **self._submission(again, _then(task, then), caught),
            **states,
        }

    def _submission(self, name: str, task: dict[str, Any], caught: str | None) -> States:
        """Write a task and what repeats it when its submission was throttled.

        Deployed machines report throttling under names that also stand for answers after which
        the job may exist; only the cause tells them apart, and only a Choice can look at it.
        See docs/decisions/0007-throttled-submissions.md.
        """
        throttled = self._name(f"was {name} throttled")
        soon = self._name(f"{name} again soon")
        states: States = {name: task}
        otherwise = caught
        if otherwise is None:
            otherwise = self._name(f"{name} refused")
        task["Catch"] = [_catch(throttled, *_UNCLEAR), *([_catch(caught)] if caught else [])]
        states[throttled] = {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": f"{_FAILURE}.Cause",
                    "StringMatches": STEP_FUNCTIONS_THROTTLED_CAUSE,
                    "Next": soon,
                }
            ],
            "Default": otherwise,
        }
        states[soon] = {
            "Type": "Wait",
            "QueryLanguage": "JSONata",
            "Seconds": _PAUSE,
            "Next": name,
        }
        if caught is None:
            states[otherwise] = _fail()
        return states

    def _task(
        self,
        job: WorkflowJob,
        *,
        depends_on: list[dict[str, str]] | None = None,
        queue: str | None = None,
        wait: bool = True,
    ) -> dict[str, Any]:
        parameters = self._request(job)
        if queue is not None:
            parameters.pop("JobQueue.$", None)
            parameters["JobQueue"] = queue
        if job.parameters:
            parameters["Parameters"] = from_input(job.parameters)
        overrides = dict(parameters.pop("ContainerOverrides", {}))
        if any(word.startswith("$.") for word in job.command or ()):
            overrides["Command.$"] = command_words(overrides.pop("Command"))
        if job.environment:
            overrides["Environment"] = [
                {"Name": name, **from_input({"Value": value})}
                for name, value in job.environment.items()
            ]
        parameters |= self._said_of_containers(job, overrides)
        if depends_on:
            parameters["DependsOn"] = depends_on
        retries: list[dict[str, Any]] = [_THROTTLED]
        if job.step_retry is not None:
            # States.TaskFailed stands for all, and a job that may have been submitted runs once
            retries += [
                {"ErrorEquals": _UNCLEAR, "MaxAttempts": 0},
                {
                    "ErrorEquals": [TASK_FAILED],
                    "IntervalSeconds": interval_seconds(job.step_retry),
                    "MaxAttempts": job.step_retry.max_attempts,
                    "BackoffRate": job.step_retry.backoff_rate,
                },
            ]
        return {
            "Type": "Task",
            "Resource": f"{self._submit}.sync" if wait else self._submit,
            "Parameters": parameters,
            "ResultPath": None,
            "Retry": retries,
        }

    def _name(self, text: str) -> str:
        name, number = text[:NAME_LENGTH], 1
        while name in self._names:
            number += 1
            end = f" {number}"
            name = text[: NAME_LENGTH - len(end)] + end
        self._names.add(name)
        return name


def _depends_on(job: WorkflowJob, places: Mapping[str, str]) -> list[dict[str, str]]:
    """Name the arrays of the same group, by the job IDs that their submissions returned."""
    pairs = set(n_to_n(job))
    return [
        {
            "JobId.$": f"{places[name]}.JobId",
            "Type": ArrayDependency.N_TO_N if name in pairs else ArrayDependency.SEQUENTIAL,
        }
        for name in waits_for(job)
        if name in places
    ]


def command_words(command: Iterable[str]) -> str:
    """Put a command together of which words come from the input, as text.

    https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
    """
    return f"States.Array({', '.join(map(_word, command))})"


def _word(word: str) -> str:
    if word.startswith("$."):
        return _as_text(word)
    escaped = _SPECIAL.sub(lambda found: found[1] or f"\\{found[0]}", word)
    return f"'{word}'" if escaped == word else f"States.Format('{escaped}')"


def _as_text(path: str) -> str:
    return f"States.Format('{{}}', {path})"


def from_input(values: Mapping[str, str]) -> dict[str, str]:
    """Read values that start with ``$.`` from the input, as the text that AWS Batch takes."""
    return {
        f"{name}.$" if value.startswith("$.") else name: (
            _as_text(value) if value.startswith("$.") else value
        )
        for name, value in values.items()
    }


def _then(state: dict[str, Any], name: str | None) -> dict[str, Any]:
    if name is None:
        state["End"] = True
    else:
        state["Next"] = name
    return state


def _catch(name: str, *errors: str) -> dict[str, Any]:
    return {"ErrorEquals": list(errors) or [ANY_ERROR], "ResultPath": _FAILURE, "Next": name}


def _fail() -> dict[str, Any]:
    return {"Type": "Fail", "ErrorPath": f"{_FAILURE}.Error", "CausePath": f"{_FAILURE}.Cause"}
