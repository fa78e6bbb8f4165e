"""Submit jobs, look at them, wait for them, stop them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.bound import Matching, refused, shown
from batch_constructs.aws.error_names import (
    CLIENT_EXCEPTION,
    NO_SUCH_OPERATION,
    NOT_AUTHENTICATED,
    OF_OVERRIDES,
)
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import JOB_NAME, RESOURCE_NAME, form, is_arn
from batch_constructs.aws.resource_states import DefinitionStatus
from batch_constructs.aws.submit_job import ARRAY_SIZE, STOPPED_AT_ONCE
from batch_constructs.client.job_status import JobStatus
from batch_constructs.client.jobs_not_found import JobsNotFoundError
from batch_constructs.client.submit_request import for_containers, submit_job_request
from batch_constructs.jsii_objects import described
from batch_constructs.submission_overrides import (
    SubmissionOverrides,
    read_fields,
    requirements_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batch_constructs.jobs.retry_policy import RetryPolicy

__all__ = ["BatchClient", "JobState", "NotSubmittedError", "SubmissionUnclearError"]

_SUBMIT_SECONDS = 30.0
"""How long a whole submission may take."""

_WAIT_DAYS = 7
_FIRST_POLL_SECONDS, _SLOWEST_POLL_SECONDS = 1.0, 15.0

_Boto3 = Any
"""A boto3 session or client."""


class SubmissionUnclearError(RuntimeError):
    """The answer to a submission was lost: the job may exist. Look for its name, then retry."""


class NotSubmittedError(RuntimeError):
    """The request was never sent, denied or throttled: there is no job."""


class BatchClient:
    """AWS Batch at run time.

    Throttled calls are repeated with growing pauses. Submissions stay below
    ``max_submissions_per_second``, and are never repeated if their answer was lost, because
    ``SubmitJob`` would create a second job. The endpoint and the credentials come from the
    environment, as for every boto3 client (``AWS_ENDPOINT_URL``, ``AWS_PROFILE``, …).

    Args:
        session: a boto3 session. Default: a new one.
        max_submissions_per_second: AWS allows an account about 50. Default: 40.
        submission_timeout_seconds: how long a throttled submission is repeated. Default: 300.
        clock: seconds since some moment. Default: ``time.time``.
        sleep: waits so many seconds. Default: ``time.sleep``.
    """

    def __init__(
        self,
        session: _Boto3 = None,
        *,
        max_submissions_per_second: float = 40.0,
        submission_timeout_seconds: float = 300.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        arguments = Arguments.of_a_value()
        for name, value in (
            ("max_submissions_per_second", max_submissions_per_second),
            ("submission_timeout_seconds", submission_timeout_seconds),
        ):
            read = arguments.number(name, value, required=True)
            if isinstance(read, int | float) and read <= 0:
                arguments.wrong_value(f"{name} {refused(read, 'numbers above 0')}")
        arguments.refuse_call()
        self._given_session = session
        self._submission_timeout = submission_timeout_seconds
        self._logs_clients: dict[str | None, _Boto3] = {}
        self._per_second = max_submissions_per_second
        self._clock = clock
        self._sleep = sleep

    @cached_property
    def _session(self) -> _Boto3:
        """The boto3 session."""
        if self._given_session is not None:
            return self._given_session
        import boto3  # noqa: PLC0415  # loaded when used

        return boto3.Session()

    @cached_property
    def _batch(self) -> _Boto3:
        """A boto3 client for AWS Batch that is patient with throttling."""
        return self._boto3_client("batch")

    def _boto3_client(self, service: str, **options: str | None) -> _Boto3:
        """Make a boto3 client that is patient with throttling."""
        from batch_constructs.client.deadline import patient_client  # noqa: PLC0415  # as above

        return patient_client(self._session.client, service, **options)

    def _logs(self, region: str | None) -> _Boto3:
        """Return a boto3 client for CloudWatch Logs, one for each region."""
        if region not in self._logs_clients:
            self._logs_clients[region] = self._boto3_client("logs", region_name=region)
        return self._logs_clients[region]

    def _pause(self, seconds: float) -> None:
        """Wait before the next look."""
        self._sleep(seconds)

    def _deadline(self, timeout: timedelta | None = None) -> Callable[[Sequence[str]], float]:
        """Return what tells the seconds left for jobs not done, or raises ``TimeoutError``."""
        if not isinstance(timeout, timedelta | None):
            raise TypeError(f"timeout is {described(timeout)}; expected a timedelta")
        seconds = _WAIT_DAYS * 86_400 if timeout is None else timeout.total_seconds()
        ends = self._clock() + seconds

        def seconds_left(waiting: Sequence[str]) -> float:
            left = ends - self._clock()
            if left <= 0:
                raise TimeoutError(
                    f"not done after {seconds:g} s: {', '.join(waiting)}; waiting changes nothing: "
                    "wait again, or ask why: batch-constructs why JOB"
                )
            return left

        return seconds_left

    @cached_property
    def _batch_api(self) -> Any:
        from batch_constructs.client.deadline import (  # noqa: PLC0415 - as above
            ATTEMPTS_WITHOUT_CONNECTION,
            Bounded,
            made,
        )
        from batch_constructs.functions.claims.outcome import ONCE  # noqa: PLC0415
        from batch_constructs.functions.submission.batch_api import (  # noqa: PLC0415
            BatchApi,
        )

        return BatchApi(
            Bounded(made(lambda: self._session.client("batch", config=ONCE)), _SUBMIT_SECONDS),
            self._batch,
            per_second=self._per_second,
            clock=self._clock,
            sleep=self._sleep,
            most_without_connection=ATTEMPTS_WITHOUT_CONNECTION,
        )

    def submit(
        self,
        name: str,
        *,
        queue: str,
        job_definition: str,
        array_size: int | None = None,
        parameters: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
        vcpus: float | None = None,
        memory_mebibytes: int | None = None,
        gpus: int | None = None,
        share_identifier: str | None = None,
        scheduling_priority: int | None = None,
        timeout: timedelta | None = None,
        retry: RetryPolicy | None = None,
        tags: Mapping[str, str] | None = None,
        depends_on: Sequence[Mapping[str, str]] = (),
    ) -> str:
        """Submit a job, or an array with ``array_size``, and return its ID.

        Anything you leave out keeps the definition's value.

        Args:
            name: name of the job; letters, digits, ``-`` and ``_``, at most 128.
            queue: name or ARN of the queue.
            job_definition: name, ``name:revision`` or ARN of the definition.
            array_size: children of an array job, 2 to 10,000.
            parameters: values for ``Ref::`` placeholders.
            environment: environment variables, added to the definition's.
            command: replaces the definition's command.
            vcpus: vCPUs of the container.
            memory_mebibytes: memory of the container in MiB.
            gpus: GPUs of the container.
            share_identifier: required by a fair-share queue.
            scheduling_priority: priority within the share, 0 to 9999.
            timeout: time limit of one attempt, at least a minute.
            retry: another ``RetryPolicy``.
            tags: tags of the job.
            depends_on: jobs to wait for, as ``{"jobId": …, "type": "N_TO_N"}``.

        Raises:
            ValueError: arguments that AWS Batch would refuse; all of them are listed.
            SubmissionUnclearError: the answer was lost; the job may exist.
            NotSubmittedError: no connection, no credentials that AWS takes, or throttled all the
                time; no job. botocore.exceptions.ClientError: AWS Batch refused.
        """
        overrides = SubmissionOverrides(
            vcpus=vcpus,
            memory_mebibytes=memory_mebibytes,
            gpus=gpus,
            retry=retry,
            timeout=timeout,
            command=command,
            environment=environment,
            share_identifier=share_identifier,
            scheduling_priority=scheduling_priority,
            tags=tags,
        )
        arguments = Arguments.of_a_value()
        arguments.text("name", name, required=True, bound=JOB_NAME)
        _read_name(arguments, "queue", queue, kinds.JOB_QUEUE, _QUEUE)
        _read_name(arguments, "job_definition", job_definition, kinds.JOB_DEFINITION, _DEFINITION)
        arguments.number("array_size", array_size, bound=ARRAY_SIZE)
        arguments.mapping("parameters", parameters)
        read_fields(arguments, overrides)
        arguments.refuse_call()
        return self._submit_fitting(
            submit_job_request(
                name,
                queue=queue,
                job_definition=job_definition,
                array_size=array_size,
                parameters=parameters,
                environment=environment,
                command=command,
                share_identifier=share_identifier,
                scheduling_priority=scheduling_priority,
                timeout_seconds=None if timeout is None else int(timeout.total_seconds()),
                tags=tags,
                depends_on=depends_on,
                requirements=requirements_of(overrides),
            )
        )

    def submit_request(self, request: Mapping[str, Any]) -> str:
        """Submit a whole ``SubmitJob`` request and return the job's ID."""
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415  # as above

        from batch_constructs.functions.claims.effect import (  # noqa: PLC0415
            OutOfTimeError,
            RefusedError,
            UnsureError,
        )

        arguments = Arguments.of_a_value()
        if isinstance(request, Mapping):
            for member in ("jobName", "jobQueue", "jobDefinition"):
                arguments.text(f"request[{shown(member)}]", request.get(member), required=True)
        else:
            arguments.wrong_type("request", request, "a mapping, as boto3's submit_job takes it")
        arguments.refuse_call()
        name, deadline = request["jobName"], self._clock() + self._submission_timeout
        try:
            api = self._batch_api
        except (BotoCoreError, ValueError) as error:  # no Region, no such profile, no address
            raise _never_left(name, error) from error
        try:
            return str(api.submit(dict(request), deadline=deadline))
        except OutOfTimeError:
            raise NotSubmittedError(
                f"{name!r} was not submitted: AWS Batch throttled it for "
                f"{self._submission_timeout:g} s; submit it again later"
            ) from None
        except RefusedError as error:
            if error.failure.never_left:
                raise _never_left(name, error) from error
            code = getattr(error.__cause__, "response", {}).get("Error", {}).get("Code")
            if code in NOT_AUTHENTICATED:
                raise NotSubmittedError(
                    f"{name!r} was not submitted, because AWS does not accept the credentials: "
                    f"{error}; renew them, or set the clock if it is wrong, and submit it again"
                ) from error
            raise error.__cause__ or error from None
        except UnsureError as error:
            raise SubmissionUnclearError(
                f"the answer to the submission of {name!r} was lost ({error}); the job may "
                "exist: look for its name in the queue, a minute from now, before you submit it "
                "again"
            ) from error

    def _submit_fitting(self, request: dict[str, Any]) -> str:
        """Submit a job; if it is refused, say what changes where its definition takes it."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  # as above

        try:
            return self.submit_request(request)
        except ClientError as error:
            changes, said = request.get("containerOverrides"), error.response["Error"]
            if (
                changes is None
                or said["Code"] != CLIENT_EXCEPTION
                or OF_OVERRIDES not in said["Message"].lower()
            ):
                raise
            definition = self._definition(request["jobDefinition"])
            members = {} if definition is None else for_containers(changes, definition)
            if not members or "containerOverrides" in members:
                raise
        rest = {name: value for name, value in request.items() if name != "containerOverrides"}
        return self.submit_request({**rest, **members})

    def _definition(self, named: str) -> Mapping[str, Any] | None:
        """Describe a job definition; None where there is none, or it cannot be read."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as above

        name = named.rpartition("/")[2]
        asked = (
            {"jobDefinitions": [named]}
            if ":" in name
            else {"jobDefinitionName": name, "status": DefinitionStatus.ACTIVE}
        )
        pages = self._batch.get_paginator("describe_job_definitions").paginate(**asked)
        try:
            found = [definition for page in pages for definition in page["jobDefinitions"]]
        except (BotoCoreError, ClientError):
            return None
        return max(found, key=lambda one: int(one["revision"]), default=None)

    def _submit_once(self, request: dict[str, Any]) -> str:
        """Submit a job that is told by its name; where the answer got lost, look for it."""
        from batch_constructs.functions.claims.lease import LISTED_SECONDS  # noqa: PLC0415

        try:
            return self._submit_fitting(request)
        except SubmissionUnclearError:
            self._pause(LISTED_SECONDS)
            found = self.named(request["jobName"], queue=request["jobQueue"])
            if request["jobName"] not in found:
                raise
            return found[request["jobName"]]

    def named(self, name: str, *, queue: str) -> dict[str, str]:
        """Find jobs of a queue by name, ``*`` at the end for a prefix: name → newest ID."""
        from batch_constructs.functions.submission.batch_api import (  # noqa: PLC0415
            jobs_named,
            newest_of,
        )

        return newest_of(jobs_named(self._batch, queue, name))

    def describe(self, job_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Describe jobs, a hundred in each call, in the given order.

        Raises:
            JobsNotFoundError: AWS Batch does not know one of them, or no longer does.
        """
        from batch_constructs.functions.submission.batch_api import jobs_described  # noqa: PLC0415

        found = {detail["jobId"]: detail for detail in jobs_described(self._batch, job_ids)}
        missing = [job_id for job_id in job_ids if job_id not in found]
        if missing:
            raise JobsNotFoundError(
                f"AWS Batch knows no job {', '.join(missing)}; check the ID and the region "
                f"({self._batch.meta.region_name}); jobs are forgotten a few days after they "
                "end",
                missing=missing,
                told=list(found.values()),
            )
        return [found[job_id] for job_id in job_ids]

    def children(self, array_job_id: str, *, state: JobState) -> Iterator[dict[str, Any]]:
        """List the children of an array in one state, page by page as needed."""
        pages = self._batch.get_paginator("list_jobs").paginate(
            arrayJobId=array_job_id, jobStatus=str(state)
        )
        for page in pages:
            yield from page["jobSummaryList"]

    def wait(
        self,
        job_ids: Sequence[str],
        *,
        on_change: Callable[[JobStatus], None] = lambda _: None,
        timeout: timedelta | None = None,
    ) -> list[JobStatus]:
        """Wait until all jobs succeeded or failed.

        Waiting changes nothing in AWS. After an interruption, wait again.

        Args:
            job_ids: the jobs; an array counts as one.
            on_change: called with every job whose state, or the state of its children, changed.
            timeout: how long to wait. Default: seven days, because a job may stay in its queue
                indefinitely.

        Returns:
            The last status of each, in the given order.

        Raises:
            TypeError: the timeout is not a ``timedelta``.
            TimeoutError: some jobs have not ended in time.
            JobsNotFoundError: AWS Batch never knew one of them, or tells of it no longer, for five
                minutes.
        """
        from batch_constructs.client.patience import Patience  # noqa: PLC0415  # loaded when used

        seen: dict[str, JobStatus] = {}
        patience = Patience(self)
        waiting = list(dict.fromkeys(job_ids))
        seconds_left, pause = self._deadline(timeout), _FIRST_POLL_SECONDS
        while True:
            changed = False
            for detail in patience.look(waiting):
                status = JobStatus.of(detail)
                if seen.get(status.job_id) != status:
                    seen[status.job_id] = status
                    changed = True
                    on_change(status)
            waiting = [job_id for job_id in waiting if not seen[job_id].state.is_final]
            if not waiting:
                return [seen[job_id] for job_id in job_ids]
            left = seconds_left(waiting)
            pause = _FIRST_POLL_SECONDS if changed else min(pause * 1.5, _SLOWEST_POLL_SECONDS)
            self._sleep(min(pause, left))

    def cancel(self, job_ids: Iterable[str], *, reason: str) -> dict[str, str]:
        """Cancel jobs that have not started; running jobs continue.

        Returns:
            The jobs that could not be cancelled, with AWS's reason.
        """
        return self._stop("cancel", job_ids, reason)

    def terminate(self, job_ids: Iterable[str], *, reason: str) -> dict[str, str]:
        """Terminate jobs, whatever their state.

        Returns:
            The jobs that could not be terminated, with AWS's reason.
        """
        return self._stop("terminate", job_ids, reason)

    def _stop(self, verb: str, job_ids: Iterable[str], reason: str) -> dict[str, str]:
        """Stop jobs fifty a call where SDK and service can, else one a call."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  # as above

        bulk = getattr(self._batch, f"{verb}_jobs", None)
        failed: dict[str, str] = {}
        pending = list(dict.fromkeys(job_ids))
        for at in range(0, len(pending), STOPPED_AT_ONCE):
            chunk = pending[at : at + STOPPED_AT_ONCE]
            if bulk is not None:
                try:
                    answer = bulk(jobs=chunk, reason=reason)
                except ClientError as error:
                    if not _is_unknown(error.response):
                        raise
                    bulk = None  # an older service behind a newer SDK
                else:
                    failed |= {each["job"]: each["message"] for each in answer["errors"]}
                    continue
            single = getattr(self._batch, f"{verb}_job")
            for job_id in chunk:
                try:
                    single(jobId=job_id, reason=reason)
                except ClientError as error:
                    if error.response["Error"]["Code"] != CLIENT_EXCEPTION:
                        raise
                    failed[job_id] = error.response["Error"]["Message"]
        return failed


_QUEUE = Matching(RESOURCE_NAME.pattern, "the name or the ARN of a job queue")
_DEFINITION = Matching(
    rf"{RESOURCE_NAME.pattern}(:[1-9]\d*)?",
    "the name of a job definition, with :REVISION or without, or its ARN",
)


def _read_name(
    arguments: Arguments, parameter: str, value: object, resource: str, name: Matching
) -> None:
    """Look at what a resource is called by: its name, or its ARN."""
    by_arn = Matching(form("batch", f"{resource}/{name.pattern}"), name.allowed)
    arguments.text(parameter, value, required=True, bound=by_arn if is_arn(value) else name)


def _never_left(name: str, error: Exception) -> NotSubmittedError:
    why = str(error).rstrip(".")
    return NotSubmittedError(
        f"{name!r} was not submitted, because the request was never sent: {why}; check the "
        "Region, the credentials and the network, and submit it again"
    )


def _is_unknown(response: Mapping[str, Any]) -> bool:
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 404 or response["Error"]["Code"] in NO_SUCH_OPERATION  # noqa: PLR2004 - HTTP
