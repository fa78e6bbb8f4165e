"""Executions of state machines end when they are stopped or their time is up, and so do their jobs.

ministack lets an execution run as long as it takes, and makes a stopped one a failed one when the
state that it was in fails later. AWS ends it, and makes "a best-effort attempt to cancel the task"
where one waits for a job (``.sync``).

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
"""

from __future__ import annotations

import contextvars
import json
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.execution_events import RUNNING, TIMED_OUT
from batch_constructs.aws.service_principals import STATES
from batch_constructs.local.role_sessions import UntrustingRoleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.local.role_sessions import RoleSessions

_TIMEOUT: Final = "TimeoutSeconds"


class AwaitedJobs:
    """The jobs that executions wait for, with the roles that submitted them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_execution: dict[str, dict[str, str]] = {}

    @contextmanager
    def awaited(self, execution: str, job_id: str, role: str) -> Iterator[None]:
        """Note a job for as long as its execution waits for it."""
        with self._lock:
            self._by_execution.setdefault(execution, {})[job_id] = role
        try:
            yield
        finally:
            with self._lock:
                left = self._by_execution[execution]
                del left[job_id]
                if not left:
                    del self._by_execution[execution]

    def cancel(self, execution: str, roles: RoleSessions) -> None:
        """End the jobs of an execution, as far as its role may."""
        from botocore.exceptions import ClientError

        with self._lock:
            there = dict(self._by_execution.get(execution, {}))
        for job_id, role in there.items():
            with suppress(ClientError, UntrustingRoleError):
                batch = roles.client("batch", role, STATES)
                batch.terminate_job(jobId=job_id, reason="The execution that waits for it ended")


def install(jobs: AwaitedJobs, roles: RoleSessions) -> None:
    """Watch over the time of executions, and over those that are stopped.

    Args:
        jobs: those that executions wait for.
        roles: gives clients that act as the state machine's role.
    """
    from ministack.core.responses import now_iso
    from ministack.services import stepfunctions

    run = stepfunctions._run_execution  # noqa: SLF001 - a touch point
    fail = stepfunctions._fail_execution  # noqa: SLF001 - a touch point
    stop = stepfunctions._stop_execution  # noqa: SLF001 - a touch point
    executions = stepfunctions._executions  # noqa: SLF001 - a touch point

    def run_in_time(arn: str) -> None:
        seconds = _time_limit(stepfunctions, arn)
        if seconds is None:
            run(arn)
            return
        here = contextvars.copy_context()  # the account and the Region
        clock = threading.Timer(seconds, here.run, (time_out, arn))
        clock.daemon = True
        clock.start()
        try:
            run(arn)
        finally:
            clock.cancel()

    def time_out(arn: str) -> None:
        execution = executions.get(arn)
        if execution is None or execution["status"] != RUNNING:
            return
        execution.update(status=TIMED_OUT, stopDate=now_iso())
        stepfunctions._add_event(  # noqa: SLF001 - a touch point
            execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}}
        )
        stepfunctions._emit_execution_status_event(execution)  # noqa: SLF001 - a touch point
        jobs.cancel(arn, roles)

    def fail_if_it_runs(execution: Any, *told: Any) -> None:
        if execution["status"] == RUNNING:
            fail(execution, *told)

    def stop_with_its_jobs(data: Mapping[str, Any]) -> Any:
        answer = stop(data)
        arn = data.get("executionArn", "")
        execution = executions.get(arn)
        if execution is not None and execution["status"] != RUNNING:
            # this is the thread that answers requests, and to end a job is one
            here = contextvars.copy_context()
            threading.Thread(target=here.run, args=(jobs.cancel, arn, roles), daemon=True).start()
        return answer

    stepfunctions._run_execution = run_in_time  # noqa: SLF001 - a touch point
    stepfunctions._fail_execution = fail_if_it_runs  # noqa: SLF001 - a touch point
    stepfunctions._stop_execution = stop_with_its_jobs  # noqa: SLF001 - a touch point


def _time_limit(stepfunctions: Any, arn: str) -> float | None:
    """Read how long an execution may run."""
    execution = stepfunctions._executions.get(arn) or {}  # noqa: SLF001 - a touch point
    machine = stepfunctions._state_machines.get(  # noqa: SLF001 - a touch point
        execution.get("stateMachineArn")
    )
    try:
        definition = json.loads(machine["definition"]) if machine else {}
    except ValueError:
        return None
    seconds = definition.get(_TIMEOUT) if isinstance(definition, dict) else None
    return seconds if type(seconds) is int else None
