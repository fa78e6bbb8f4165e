"""Targets of EventBridge rules and of EventBridge Scheduler: AWS Batch, and the rights for all.

A target without a role is one whose own policy has to let EventBridge in. See
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import (
    EVENTS_INVOKE_API_DESTINATION,
    EVENTS_PUT_EVENTS,
    LAMBDA_INVOKE_FUNCTION,
    SNS_PUBLISH,
    SQS_SEND_MESSAGE,
    STATES_START_EXECUTION,
)
from batch_constructs.aws.names import (
    EVENT_BUS,
    SCHEDULER_CALL,
    SCHEDULER_SUBMIT_JOB,
    as_property,
    service_in,
)
from batch_constructs.aws.service_principals import EVENTS, SCHEDULER
from batch_constructs.local.adapter.service_rights import refused_role, refused_service
from batch_constructs.local.role_sessions import UntrustingRoleError
from batch_constructs.local.target_requests import (
    RefusedInvocationError,
    call_operation,
    filled_in,
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
_SCHEDULER_CALL = f"arn:aws:{SCHEDULER_CALL}"
_CLIENTS = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions"}
"""Service, as a universal target calls it → as boto3 does, where that is another name."""

_RIGHTS = {
    "events": EVENTS_PUT_EVENTS,
    "lambda": LAMBDA_INVOKE_FUNCTION,
    "sns": SNS_PUBLISH,
    "sqs": SQS_SEND_MESSAGE,
    "states": STATES_START_EXECUTION,
}
"""Service of a target → the right to invoke it."""


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
        arn, source = target.get("Arn", ""), rule.get("Arn", "")
        invocation = _Invocation(
            target=target,
            source_arn=source,
            service=SCHEDULER if service_in(source) == "scheduler" else EVENTS,
            roles=roles,
            client=client,
        )
        call: Callable[[], str]
        if arn == _SCHEDULER_TARGET:
            call = invocation.submission(schedule_request(target, event))
        elif service_in(arn) == "batch":
            call = invocation.submission(rule_request(target, event, rule, view))
        elif arn.startswith(_SCHEDULER_CALL):
            call = invocation.call(schedule_payload(target, event))
        else:
            refusal = invocation.refusal()
            if refusal is None:
                theirs(target, event, rule, view)
                return
            call = invocation.refused(refusal)
        # A rule is dispatched on the event loop, and what comes now goes over HTTP.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(invocation.deliver, call), daemon=True).start()

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
    return lambda: scheduler_request(*schedule_payload(target, event))


def schedule_payload(target: Target, event: Any) -> tuple[str, dict[str, str]]:
    """Return a schedule's input, and what the words in it stand for that Scheduler fills in."""
    time = datetime.fromtimestamp(event["Time"], tz=UTC)
    return target.get("Input", ""), {
        "aws.scheduler.schedule-arn": event["Resources"][0],
        "aws.scheduler.scheduled-time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws.scheduler.execution-id": str(uuid.uuid4()),
        "aws.scheduler.attempt-number": "1",
    }


def _right_to_invoke(arn: str) -> tuple[str, str] | None:
    """Return which right a target takes; None where it is another one than these."""
    service = service_in(arn)
    if service == "events" and EVENT_BUS not in arn:
        return EVENTS_INVOKE_API_DESTINATION, arn
    action = _RIGHTS.get(service)
    return None if action is None else (action, arn)


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

    def refusal(self) -> str | None:
        """Say why the target may not be invoked; None where it may, or nobody knows."""
        arn, role = str(self._target.get("Arn", "")), self._target.get("RoleArn")
        right = _right_to_invoke(arn)
        if right is None:
            return None
        if role:
            return refused_role(role, self._service, right)
        return refused_service(self._service, self._source_arn, right)

    def refused(self, why: str) -> Callable[[], str]:
        """Return what fails for lack of rights."""

        def call() -> str:
            raise RefusedInvocationError(why)

        return call

    def submission(self, request: Callable[[], Any]) -> Callable[[], str]:
        """Return what submits the job."""

        def call() -> str:
            batch = self._roles.client("batch", self._role(), self._service)
            return f"submitted job {batch.submit_job(**request())['jobId']}"

        return call

    def call(self, payload: tuple[str, Mapping[str, str]]) -> Callable[[], str]:
        """Return what calls an operation of any service, as a universal target names it."""
        service, _, operation = (
            str(self._target["Arn"]).removeprefix(_SCHEDULER_CALL).partition(":")
        )
        name = as_property(operation)

        def call() -> str:
            client = self._roles.client(_CLIENTS.get(service, service), self._role(), self._service)
            call_operation(client, name, filled_in(*payload))
            return f"called {service}:{name}"

        return call

    def deliver(self, call: Callable[[], str]) -> None:
        """Invoke the target as its role; what fails goes to the dead-letter queue."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            _LOG.info("%s %s", self._source_arn, call())
        except (
            BotoCoreError,
            ClientError,
            RefusedInvocationError,
            UntrustingRoleError,
        ) as problem:
            _LOG.warning("%s could not invoke its target: %s", self._source_arn, problem)
            self._bury(problem)

    def _role(self) -> str:
        role: str | None = self._target.get("RoleArn")
        if not role:
            raise RefusedInvocationError("the target has no role to invoke it with")
        return role

    def _bury(self, problem: Exception) -> None:
        queue_arn = self._target.get("DeadLetterConfig", {}).get("Arn")
        if not queue_arn:
            return
        right = SQS_SEND_MESSAGE, queue_arn
        if self._service == SCHEDULER:
            refusal = refused_role(self._target.get("RoleArn", ""), SCHEDULER, right)
        else:
            refusal = refused_service(EVENTS, self._source_arn, right)
        if refusal is not None:
            _LOG.warning("%s has lost an event: %s", self._source_arn, refusal)
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
