"""Runs the attempts of jobs: one process a container, on the host."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.job_states import (
    CANNOT_PULL,
    HOST_LOST,
    NOT_INITIALIZED,
    TIMED_OUT,
    JobState,
)
from batch_constructs.local.batch import container_engine as images
from batch_constructs.local.batch.host_link import HostLink, Message, Mount, end_processes
from batch_constructs.local.batch.image_runtimes import ImageError, ImageRuntimes
from batch_constructs.local.batch.job_directories import JobDirectories
from batch_constructs.local.batch.job_volumes import mounts
from batch_constructs.local.batch.jobs import Job, Stop
from batch_constructs.local.batch.lifecycle import AttemptResult, Lifecycle, lost_attempt
from batch_constructs.local.batch.log_shipping import LogShipper, LogStream
from batch_constructs.local.batch.ports import PortError, Ports
from batch_constructs.local.batch.process_environment import process_environment
from batch_constructs.local.batch.task_attempt import Prepared, Task

if TYPE_CHECKING:
    from pathlib import Path

    from batch_constructs.local.batch.event_loop import Timers
    from batch_constructs.local.batch.job_containers import Container
    from batch_constructs.local.batch.store import Store

_log = logging.getLogger(__name__)

_PREPARERS = 4
_SIGNALLED = 128
_KINDS = ("output", "started", "exited", "failed")
"""What the host says of a process."""


Do = Callable[[Callable[[], None]], None]
"""Has an action done under the service's lock."""


@dataclass(kw_only=True)
class _Process:
    task: Task
    prepared: Prepared
    pid: int | None = None
    exit_code: int | None = None
    error: str | None = None


class Runner:
    """Runs attempts.

    Preparing one that others are asked for (secrets, roles, images) is done by a few threads of its
    own; everything else happens under the service's lock.

    Args:
        ports: secrets and logs.
        lifecycle: is told how attempts go.
        store: remembers the processes.
        timers: for timeouts.
        do: does an action under the service's lock, at once.
        post: has one done there later, by a thread of its own.
        release: is told that an attempt holds capacity no longer.
        directory: where jobs work, each in a directory of its own.
        grace_seconds: how long after SIGTERM a process is killed that says nothing of it.
        engine: the container engine to run jobs in their images with; None for processes.
        engine_environment: what it runs with.
        images: what stands for images; it comes before the engine.
    """

    def __init__(
        self,
        *,
        ports: Ports,
        lifecycle: Lifecycle,
        store: Store,
        timers: Timers,
        do: Do,
        post: Do,
        release: Callable[[Job], None],
        directory: Path,
        grace_seconds: float,
        engine: str | None,
        engine_environment: Mapping[str, str],
        images: ImageRuntimes,
    ) -> None:
        self._ports = ports
        self._lifecycle = lifecycle
        self._store = store
        self._timers = timers
        self._do = do
        self._post = post
        self._release = release
        self._directories = JobDirectories(directory)
        self._grace_seconds = grace_seconds
        self._engine = engine
        self._engine_environment = engine_environment
        self._images = images
        self._tokens = itertools.count(1)
        self._processes: dict[int, _Process] = {}
        self._tasks: dict[str, Task] = {}
        self._host: HostLink | None = None
        self._logs = LogShipper(ports)
        self._preparers: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Start the host."""
        self._directories.start()
        self._host = self._new_host()
        self._logs.start()
        self._preparers = ThreadPoolExecutor(_PREPARERS, thread_name_prefix="batch-prepare")

    def stop(self) -> None:
        """End every process with its children; called without the service's lock."""
        if self._preparers is not None:
            self._preparers.shutdown(cancel_futures=True)
        host, self._host = self._host, None
        if host is not None:
            host.close()
        self._logs.stop()
        self._directories.remove()

    def kill_host(self) -> None:
        """Kill the host, as if its machine had gone; another takes its place."""
        if self._host is not None:
            os.kill(self._host.pid, signal.SIGKILL)

    def launch(self, job: Job, queue_name: str) -> None:
        """Begin an attempt that has come to STARTING."""
        if self._asks_nobody(job):
            self._prepare(job, len(job.attempts), queue_name)
        elif self._preparers is not None:
            self._preparers.submit(self._prepare, job, len(job.attempts), queue_name)

    def flush(self) -> None:
        """Let the processes begin of the attempts that were launched."""
        if self._host is not None:
            self._host.flush()

    def end(self, job: Job, stop: Stop) -> None:
        """Stop the attempt of a job: SIGTERM, and SIGKILL after the grace time."""
        if job.stop is None:
            job.stop = stop
        task = self._tasks.get(job.id)
        if task is not None:
            task.stopping = True
            self._stop_processes(task)

    def _asks_nobody(self, job: Job) -> bool:
        """Tell whether an attempt can be prepared from what is known here."""
        return not any(
            container.job_role_arn is not None
            or container.properties.get("secrets")
            or self._images.place(container.properties.get("image", "")) is not None
            for container in job.submission.containers
        )

    def _prepare(self, job: Job, attempt: int, queue_name: str) -> None:
        refused = job.submission.document.get("refusedByEcs")
        if refused is not None:
            self._do(lambda: self._give_up(job, refused))
            return
        directory = None
        try:
            directory = self._directories.take()
            prepared = [
                self._prepared(job, container, attempt, queue_name, directory)
                for container in job.submission.containers
            ]
        except ImageError as error:
            reason = f"{CANNOT_PULL}Error: {error}"
        except PortError as error:
            reason = f"{NOT_INITIALIZED}: unable to pull secrets: {error}"
        except OSError as error:
            reason = f"CannotCreateContainerError: no working directory: {error}"
        except Exception as error:  # noqa: BLE001 - a job that cannot be prepared fails, no more
            _log.exception("job %s cannot be prepared", job.id)
            reason = f"CannotCreateContainerError: {error}"
        else:
            task = Task(job, attempt=attempt, directory=directory, prepared=prepared)
            self._do(lambda: self._begin(task))
            return
        if directory is not None:
            self._directories.give_back(directory)
        self._do(lambda: self._give_up(job, reason))

    def _prepared(
        self, job: Job, container: Container, attempt: int, queue: str, directory: Path
    ) -> Prepared:
        task_directory = directory
        if container.node is not None:
            directory /= f"node-{container.node.index}"  # its containers share it
            directory.mkdir(exist_ok=True)
        env = process_environment(
            job,
            container,
            attempt=attempt,
            queue_name=queue,
            directory=directory,
            ports=self._ports,
        )
        _, _, definition = job.submission.definition_arn.rpartition("/")
        _, _, task_id = job.attempts[-1].task_arn.rpartition("/")
        group, stream, create = container.log_destination(definition.partition(":")[0], task_id)
        argv = list(container.properties.get("command", ()))
        name = root = None
        found = self._images.find(container.properties.get("image", ""))
        if found is not None:
            argv = found.argv(argv)
            env = found.environment(env, container.own_variables)
            root = None if found.root is None else (found.root, found.directory)
        elif self._engine is not None:
            name = f"batch-{task_id[:12]}-{container.name.replace('/', '-')}"
            argv = images.container_argv(
                self._engine, container, name=name, variables=_variables(env)
            )
            own = self._engine_environment  # its settings are in the user's home
            env = {**own, **env, "HOME": own.get("HOME", ""), "PATH": own.get("PATH", "")}
        seen: Iterable[Mount] = ()
        if root is not None:
            volumes = self._directories.root.with_name("volumes")
            seen = mounts(container.properties, of_task=task_directory, kept=volumes)
        return Prepared(
            container=container,
            argv=argv,
            env=env,
            stream=LogStream(group=group, name=stream, create_group=create),
            directory=directory,
            engine_name=name,
            root=root,
            mounts=tuple(seen),
        )

    def _give_up(self, job: Job, reason: str) -> None:
        outcomes = job.attempts[-1].containers
        deciding = replace(outcomes[0], reason=reason)
        result = AttemptResult(
            status_reason=reason, containers=(deciding, *outcomes[1:]), deciding=deciding
        )
        self._finish(job, result)

    def _begin(self, task: Task) -> None:
        job = task.job
        if job.stop is not None or self._host is None:
            self._directories.give_back(task.directory)
            reason = "" if job.stop is None else job.stop.reason
            self._finish(job, lost_attempt(job, reason))
            return
        self._tasks[job.id] = task
        self._start_ready(task)

    def _start_ready(self, task: Task) -> None:
        host = self._host
        if host is None:
            return
        for prepared in task.start():
            token = next(self._tokens)
            process = _Process(task=task, prepared=prepared)
            self._processes[token] = process
            prepared.stream.took = partial(host.took, token)
            if not prepared.argv:
                self._failed(token, "the definition has no command, and its image is not used")
                continue
            host.run(
                token,
                argv=prepared.argv,
                env=prepared.env,
                cwd=prepared.directory,
                root=prepared.root,
                mounts=prepared.mounts,
            )

    def _received(self, messages: list[Message]) -> None:
        """Take what the host says; an end counts once what was printed before it is put."""
        at_once: list[Callable[[], None]] = []
        then: list[Callable[[], None]] = []  # a start is told before an end that others tell
        for message in messages:
            if "lost" in message:
                for each in list(self._processes.values()):
                    self._logs.end(each.prepared.stream, lambda: None)
                self._post(self._host_lost)
                continue
            token = next(message[kind] for kind in _KINDS if kind in message)
            process = self._processes.get(token)
            if process is None:
                continue
            stream, act = process.prepared.stream, partial(self._take, token, message)
            if "output" in message:
                stream.used = True
                then.append(partial(self._logs.add, stream, message["data"]))
            elif "started" in message or not stream.used:
                at_once.append(act)
            else:
                then.append(partial(self._logs.end, stream, partial(self._do, act)))
        if at_once:
            self._do(lambda: self._each(at_once))
        for action in then:
            action()

    def _each(self, actions: Sequence[Callable[[], None]]) -> None:
        for action in actions:
            self._do(action)

    def _take(self, token: int, message: Message) -> None:
        if token not in self._processes or self._host is None:
            return
        if "started" in message:
            self._started(token, message["pid"], message["time"])
        elif "failed" in message:
            self._failed(token, message["error"])
        else:
            self._exited(token, message["code"])

    def _started(self, token: int, pid: int, time: str) -> None:
        process = self._processes[token]
        process.pid = pid
        task, job = process.task, process.task.job
        self._store.add_process(pid, time, process.prepared.env[variables.JOB_ID])
        if job.status is JobState.STARTING:
            self._lifecycle.run(job, task.outcomes())
            timeout = job.submission.timeout_seconds
            if timeout is not None:
                self._timers.after(timeout, lambda: self._time_out(task))
        container = process.prepared.container
        patience = container.properties.get("startTimeout")
        if patience is not None:
            self._timers.after(patience, lambda: self._give_up_waiting(task, container.name))
        if task.stopping or job.stop is not None:
            self._stop_processes(task)
        else:
            self._start_ready(task)

    def _give_up_waiting(self, task: Task, name: str) -> None:
        if self._tasks.get(task.job.id) is task and task.give_up(name):
            self._stop_processes(task)

    def _time_out(self, task: Task) -> None:
        if self._tasks.get(task.job.id) is task:
            self.end(task.job, Stop(reason=TIMED_OUT))

    def _failed(self, token: int, error: str) -> None:
        process = self._processes[token]
        where = "in a container" if process.prepared.engine_name else "as a process here"
        where = "in its image" if process.prepared.root else where
        process.error = f"CannotStartContainerError: the job runs {where}; {error}"
        self._exited(token, None)

    def _exited(self, token: int, code: int | None) -> None:
        process = self._processes[token]
        process.exit_code = _SIGNALLED - code if code is not None and code < 0 else code
        if process.pid is not None:
            self._store.delete_process(process.pid)
        if self._engine is not None and process.prepared.engine_name is not None:
            self._remove_container(self._engine, process.prepared.engine_name)
        del self._processes[token]
        task, job = process.task, process.task.job
        lost = job.stop is not None and job.stop.host_lost
        task.end(
            process.prepared.container.name,
            exit_code=None if lost else process.exit_code,
            reason=process.error,
        )
        self._start_ready(task)
        if task.over:
            del self._tasks[job.id]
            self._remove(task.directory)
            self._finish(job, task.result())
        else:
            self._stop_processes(task)

    def _finish(self, job: Job, result: AttemptResult) -> None:
        self._release(job)
        self._lifecycle.finish(job, result)

    def _stop_processes(self, task: Task) -> None:
        for token, process in self._processes.items():
            if process.task is not task or self._host is None:
                continue
            if task.has_to_end(process.prepared.container.name):
                properties = process.prepared.container.properties
                grace = properties.get("stopTimeout", self._grace_seconds)
                self._host.stop(token, grace_seconds=grace)

    def _host_lost(self) -> None:
        if self._host is None:
            return
        self._host.close()
        end_processes(self._store.processes())
        processes, self._processes = self._processes, {}
        tasks, self._tasks = self._tasks, {}
        for process in processes.values():
            if process.pid is not None:
                self._store.delete_process(process.pid)
        self._host = self._new_host()
        for task in tasks.values():
            self._directories.give_back(task.directory)
            reason = f"{HOST_LOST} terminated. The local process that jobs run under has ended."
            self._finish(task.job, lost_attempt(task.job, reason))

    def _new_host(self) -> HostLink:
        return HostLink(self._received)

    def _remove(self, directory: Path) -> None:
        """Remove a job's directory; where something is left in it, nobody waits for that."""
        if not self._directories.give_back_empty(directory) and self._preparers is not None:
            self._preparers.submit(self._directories.give_back, directory)

    def _remove_container(self, engine: str, name: str) -> None:
        argv = images.removal_argv(engine, name)
        if self._preparers is not None:
            self._preparers.submit(
                subprocess.run,
                argv,
                env=dict(self._engine_environment),
                capture_output=True,
                check=False,
                timeout=60,
            )


def _variables(env: dict[str, str]) -> Sequence[str]:
    return [name for name in env if name not in {"HOME", "PATH"}]
