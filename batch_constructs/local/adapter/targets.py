"""AWS Batch as a target of EventBridge rules and of EventBridge Scheduler."""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.names import SCHEDULER_SUBMIT_JOB
from batch_constructs.aws.service_principals import EVENTS, SCHEDULER
from batch_constructs.local.role_sessions import UntrustingRoleError
from batch_constructs.local.target_requests import (
    RefusedInvocationError,
    scheduler_request,
    submit_request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.role_sessions import RoleSessions

    Target = Mapping[str, Any]

SCHEDULER_TICK_SECONDS = 1
"""How often schedules are looked at; ministack's own ten seconds are long to wait at a terminal."""

_REMEMBERED_EVENTS = 1000

_LOG = logging.getLogger("batch_constructs.targets")
_SCHEDULER_TARGET = f"arn:aws:{SCHEDULER_SUBMIT_JOB}"


def install(*, roles: RoleSessions, client: Callable[[str], Any]) -> None:
    """Submit a job where a rule or a schedule has AWS Batch as its target.

    Args:
        roles: gives clients that act as the target's role.
        client: gives clients that act as the account's administrator, for dead-letter queues.
    """
    from ministack.services import eventbridge, scheduler

    eventbridge._SCHEDULER_TICK_INTERVAL = SCHEDULER_TICK_SECONDS  # noqa: SLF001 - a touch point
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULER_TICK_SECONDS  # noqa: SLF001 - a touch point
    theirs = eventbridge._invoke_target  # noqa: SLF001 - a touch point

    def invoke_target(target: Target, event: Any, rule: Any, view: Any = None) -> None:
        arn = target.get("Arn", "")
        if arn == _SCHEDULER_TARGET:
            request = schedule_request(target, event)
        elif arn.split(":")[2:3] == ["batch"]:
            request = rule_request(target, event, rule, view)
        else:
            theirs(target, event, rule, view)
            return
        service = SCHEDULER if arn == _SCHEDULER_TARGET else EVENTS
        invocation = _Invocation(
            target=target,
            source_arn=rule.get("Arn", ""),
            service=service,
            roles=roles,
            client=client,
        )
        # A rule is dispatched on the event loop, and the job is submitted over HTTP.
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(invocation.deliver, request), daemon=True
        ).start()

    eventbridge._invoke_target = invoke_target  # noqa: SLF001 - a touch point


def put_event(event: Mapping[str, Any]) -> None:
    """Put an event of AWS's own (``aws.batch``) on the default bus, if anything listens there.

    ministack remembers every event that was ever put; here only the latest are of use.
    """
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    with request_scope(event["account"], event["region"]):
        rules, archives = eventbridge._rules, eventbridge._archives  # noqa: SLF001 - touch points
        if not archives and not any(rule.get("EventPattern") for rule in rules.values()):
            return
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": list(event["resources"]),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)  # noqa: SLF001
        del eventbridge._events_log_list()[:-_REMEMBERED_EVENTS]  # noqa: SLF001 - a touch point


def rule_request(target: Target, event: Any, rule: Any, view: Any = None) -> Callable[[], Any]:
    """Return what makes the SubmitJob request of a rule's target, once it is delivered."""
    from ministack.services import eventbridge

    seen = view if view is not None else eventbridge._pattern_event_view(event)  # noqa: SLF001

    def request() -> Any:
        payload = "{}"
        if target.get("InputTransformer"):
            payload = eventbridge._apply_input_transformer(  # noqa: SLF001 - a touch point
                target["InputTransformer"], rule, seen
            )
        elif target.get("Input"):
            payload = target["Input"]
        elif target.get("InputPath"):
            value = seen.event_with_detail()
            for part in target["InputPath"].removeprefix("$").strip(".").split("."):
                value = value[part]
            payload = json.dumps(value)
        return submit_request(target, payload)

    return request


def schedule_request(target: Target, event: Any) -> Callable[[], Any]:
    """Return what makes the SubmitJob request of a schedule, once it is delivered."""
    return lambda: scheduler_request(
        target.get("Input", ""),
        {
            "aws.scheduler.schedule-arn": event["Resources"][0],
            "aws.scheduler.scheduled-time": datetime.fromtimestamp(event["Time"], tz=UTC).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
            "aws.scheduler.execution-id": str(uuid.uuid4()),
            "aws.scheduler.attempt-number": "1",
        },
    )


class _Invocation:
    """One invocation of a target."""

    def __init__(
        self,
        *,
        target: Target,
        source_arn: str,
        service: str,
        roles: RoleSessions,
        client: Callable[[str], Any],
    ) -> None:
        self._target = target
        self._source_arn = source_arn
        self._service = service
        self._roles = roles
        self._client = client

    def deliver(self, request: Callable[[], Any]) -> None:
        """Submit the job as the target's role; what fails goes to the dead-letter queue."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            batch = self._roles.client("batch", self._role(), self._service)
            answer = batch.submit_job(**request())
            _LOG.info("%s submitted job %s", self._source_arn, answer["jobId"])
        except (
            BotoCoreError,
            ClientError,
            RefusedInvocationError,
            UntrustingRoleError,
        ) as problem:
            _LOG.warning("%s could not submit a job: %s", self._source_arn, problem)
            self._bury(problem)

    def _role(self) -> str:
        role: str | None = self._target.get("RoleArn")
        if not role:
            raise RefusedInvocationError("the target has no role to submit jobs with")
        return role

    def _bury(self, problem: Exception) -> None:
        queue_arn = self._target.get("DeadLetterConfig", {}).get("Arn")
        if not queue_arn:
            return
        sqs = self._client("sqs")
        url = sqs.get_queue_url(QueueName=queue_arn.rsplit(":", 1)[1])["QueueUrl"]
        attributes = {
            "ERROR_CODE": type(problem).__name__,
            "ERROR_MESSAGE": str(problem),
            "RULE_ARN": self._source_arn,
            "TARGET_ARN": self._target["Arn"],
        }
        sqs.send_message(
            QueueUrl=url,
            MessageBody=str(self._target.get("Input", "{}")),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
                if value
            },
        )
