"""One attempt at a job as a task: which container starts when, and what they come to together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batch_constructs.aws.container_facts import ContainerDependencyCondition
from batch_constructs.aws.job_states import TASK_FAILED_TO_START
from batch_constructs.local.batch.jobs import ContainerOutcome, Job
from batch_constructs.local.batch.lifecycle import AttemptResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batch_constructs.local.batch.host_link import Mount
    from batch_constructs.local.batch.job_containers import Container
    from batch_constructs.local.batch.log_shipping import LogStream

EXITED = "Essential container in task exited"
NOT_STARTED = TASK_FAILED_TO_START
FROM_SAGEMAKER = "Received status from SageMaker:"
"""How the status reasons of service jobs begin that are SageMaker's, not AWS Batch's."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A container that is ready to run.

    Args:
        container: the container.
        argv: the command.
        env: its environment, secrets and all.
        stream: where its output goes.
        directory: where it works.
        engine_name: its name in the container engine; None where it runs as a process.
        root: the root file system that it runs in, and where it works there.
        mounts: what is mounted in it.
    """

    container: Container
    argv: list[str]
    env: dict[str, str]
    stream: LogStream
    directory: Path
    engine_name: str | None = None
    root: tuple[Path, str] | None = None
    mounts: tuple[Mount, ...] = ()


class Task:
    """The containers of one attempt.

    Args:
        job: the job.
        attempt: the number of the attempt, from 1.
        directory: where its processes work.
        prepared: its containers.
    """

    def __init__(
        self, job: Job, *, attempt: int, directory: Path, prepared: Sequence[Prepared]
    ) -> None:
        self.job = job
        self.attempt = attempt
        self.directory = directory
        self.stopping = False
        self._ended_nodes: set[int] = set()
        self._prepared = {each.container.name: each for each in prepared}
        self._waiting = list(self._prepared)
        self._running: set[str] = set()
        self._outcomes = {
            name: ContainerOutcome(name=name, log_stream=each.stream.name)
            for name, each in self._prepared.items()
        }
        self._ended: list[str] = []

    def start(self) -> list[Prepared]:
        """Return the containers whose turn to start has come, and count them as running."""
        ready = [name for name in self._waiting if self._may_start(name)]
        self._waiting = [name for name in self._waiting if name not in ready]
        self._running.update(ready)
        return [self._prepared[name] for name in ready]

    def end(self, name: str, *, exit_code: int | None, reason: str | None) -> None:
        """Note that a container has ended; with an essential one, the others have to end, too.

        They are those of its node; the end of the main node is the end of the job.
        """
        self._running.discard(name)
        self._ended.append(name)
        node, essential = self._node(name), self._prepared[name].container.essential
        self._outcomes[name] = ContainerOutcome(
            name=name,
            exit_code=exit_code,
            reason=reason,
            log_stream=self._prepared[name].stream.name,
            decides=essential and node not in self._ended_nodes,
        )
        if reason is not None:
            self.stopping = True
        if essential or not self._goes_on(node):
            self._ended_nodes.add(node)
            if self._of_main_node(name):
                self.stopping = True

    def has_to_end(self, name: str) -> bool:
        """Tell whether a container may not go on to run."""
        return self.stopping or self._node(name) in self._ended_nodes

    def give_up(self, on: str) -> bool:
        """Start what waits for a container no longer; tell whether anything did."""
        late = [
            name
            for name in self._waiting
            if any(
                other == on and not self._condition_met(other, condition)
                for other, condition in self._prepared[name].container.depends_on
            )
        ]
        for name in late:
            self._waiting.remove(name)
            reason = f"CannotStartContainerError: it waited for {on} longer than its startTimeout"
            self.end(name, exit_code=None, reason=reason)
        return bool(late)

    @property
    def over(self) -> bool:
        """Whether nothing runs, and nothing will."""
        if self._running:
            return False
        return not any(self._may_start(name) for name in self._waiting)

    def outcomes(self) -> tuple[ContainerOutcome, ...]:
        """Return the outcome of each container as things stand."""
        return tuple(self._outcomes.values())

    def result(self) -> AttemptResult:
        """Return what the attempt came to: the first essential container that ended decides.

        Of several nodes, it is one of the main node.
        """
        main = [name for name in self._outcomes if self._of_main_node(name)]
        decisive = [
            name
            for name in self._ended
            if self._outcomes[name].reason is not None
            or (name in main and self._prepared[name].container.essential)
        ]
        failed = [
            name for name in self._ended if name in main and self._outcomes[name].exit_code != 0
        ]
        deciding = self._outcomes[[*decisive, *failed, *main][0]]
        return AttemptResult(
            status_reason=self._reason(deciding),
            containers=self.outcomes(),
            deciding=deciding,
            succeeded=deciding.exit_code == 0 and deciding.reason is None,
        )

    def _reason(self, deciding: ContainerOutcome) -> str:
        if not self.job.submission.is_service_job:
            return EXITED if deciding.reason is None else NOT_STARTED
        if deciding.reason is not None:
            return f"{FROM_SAGEMAKER} {deciding.reason}"
        failed = f"AlgorithmError: the container exited with {deciding.exit_code}"
        return f"{FROM_SAGEMAKER} {failed if deciding.exit_code else 'Training job completed'}"

    def _node(self, name: str) -> int:
        node = self._prepared[name].container.node
        return 0 if node is None else node.index

    def _of_main_node(self, name: str) -> bool:
        node = self._prepared[name].container.node
        return node is None or node.main

    def _goes_on(self, node: int) -> bool:
        """Tell whether something of a node runs, or will."""
        return any(self._node(name) == node for name in self._running) or any(
            self._node(name) == node and self._may_start(name) for name in self._waiting
        )

    def _may_start(self, name: str) -> bool:
        return not self.has_to_end(name) and self._conditions_met(name)

    def _conditions_met(self, name: str) -> bool:
        return all(
            self._condition_met(other, condition)
            for other, condition in self._prepared[name].container.depends_on
        )

    def _condition_met(self, other: str, condition: str) -> bool:
        if condition == ContainerDependencyCondition.START:
            return other in self._running or other in self._ended
        if condition == ContainerDependencyCondition.SUCCESS:
            return other in self._ended and self._outcomes[other].exit_code == 0
        return other in self._ended
