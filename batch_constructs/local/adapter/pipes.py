"""Pipes from a queue: ministack only plays those from a stream of DynamoDB.

Whatever a pipe asks of another service it asks as its role. See
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html
"""

from __future__ import annotations

import contextvars
import json
import logging
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.aws.delivery import OF_PIPES, SQS_EVENTS, SQS_RECEIVED_AT_ONCE
from batch_constructs.aws.names import service_in
from batch_constructs.aws.service_principals import PIPES
from batch_constructs.local.cloudformation.property_values import to_request
from batch_constructs.local.cloudformation.resource_type import ProvisioningError
from batch_constructs.local.pipe_records import dynamic, record_of, transformed
from batch_constructs.local.role_sessions import UntrustingRoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_constructs.local.role_sessions import RoleSessions

    Pipe = Mapping[str, Any]

_LOG = logging.getLogger("batch_constructs.pipes")
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_given = contextvars.ContextVar("pipe", default=_NOTHING)
_KEPT = ("Enrichment", "EnrichmentParameters", "SourceParameters", "TargetParameters")
"""What ministack forgets of a pipe."""


class UnplayedPipeError(Exception):
    """Why a pipe's records stay in its queue."""


def install(roles: RoleSessions) -> None:
    """Play pipes whose source is a queue.

    Args:
        roles: gives clients that act as the pipe's role.
    """
    from ministack.services import pipes
    from ministack.services.cloudformation import provisioners

    poll = pipes._poll_pipe  # noqa: SLF001 - a touch point
    said: dict[str, str] = {}

    def poll_pipe(streams: Any, pipe: Pipe, account: str) -> None:
        source = pipe["Source"]
        if pipe.get("CurrentState") != "RUNNING" or service_in(source) == "dynamodb":
            poll(streams, pipe, account)
            return
        is_played = service_in(source) == "sqs"
        problem = Run(pipe, roles).problem() if is_played else f"no pipe from {source} runs here"
        if problem is not None and said.get(pipe["Arn"]) != problem:
            _LOG.warning("%s could not hand on its messages: %s", pipe["Arn"], problem)
        said[pipe["Arn"]] = problem or ""

    pipes._poll_pipe = poll_pipe  # noqa: SLF001 - a touch point
    pipes.register_pipe = _running_when_complete(pipes.register_pipe)
    for name in ("_create_pipe", "_update_pipe"):
        setattr(pipes, name, _keeping(getattr(pipes, name)))
    handler = provisioners._RESOURCE_HANDLERS["AWS::Pipes::Pipe"]  # noqa: SLF001 - a touch point
    handler["create"] = _keeping(handler["create"])
    handler["update"] = _keeping_changes(handler["update"])


def _running_when_complete(register: Callable[..., Any]) -> Callable[..., Any]:
    """Let a pipe run once all is known of it, for a look into its queue may come in between."""

    def register_pipe(*, desired_state: str = "RUNNING", **options: Any) -> Any:
        pipe = register(desired_state="STOPPED", **options)
        pipe.update(_given.get())
        state = "STOPPED" if str(desired_state).upper() == "STOPPED" else "RUNNING"
        pipe.update(DesiredState=state, CurrentState=state)
        return pipe

    return register_pipe


def _keeping(change: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a request, or a template, says of a pipe; it is the second argument of either."""

    def changed(name: str, said: Mapping[str, Any], *more: Any) -> Any:
        from ministack.services import pipes

        given = {one: said[one] for one in _KEPT if one in said}
        token = _given.set(given)
        try:
            known = pipes._pipes.get(name)  # noqa: SLF001 - a touch point
            if known is not None:
                known.update(given)
            return change(name, said, *more)
        finally:
            _given.reset(token)

    return changed


def _keeping_changes(update: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what a changed template says, and no longer what it does not."""

    def updated(name: str, old: Mapping[str, Any], new: Mapping[str, Any], *more: Any) -> Any:
        said = {**new, **{one: new.get(one) for one in _KEPT}}
        return _keeping(lambda of, _: update(of, old, new, *more))(name, said)

    return updated


class Run:
    """One look of a pipe into its queue.

    Args:
        pipe: the pipe.
        roles: gives clients that act as its role.
    """

    def __init__(self, pipe: Pipe, roles: RoleSessions) -> None:
        self._pipe = pipe
        self._roles = roles
        self._source = pipe.get("SourceParameters") or {}
        self._target = pipe.get("TargetParameters") or {}
        self._region = pipe["Source"].split(":")[3]

    def problem(self) -> str | None:
        """Hand messages on and delete them; say why they stay where that fails."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._hand_on()
        except (
            BotoCoreError,
            ClientError,
            ProvisioningError,
            UnplayedPipeError,
            UntrustingRoleError,
        ) as problem:
            return str(problem)
        return None

    def _client(self, name: str) -> Any:
        return self._roles.client(name, self._pipe["RoleArn"], PIPES)

    def _hand_on(self) -> None:
        from ministack.services import lambda_svc

        queue = self._pipe["Source"]
        sqs = self._client("sqs")
        url = self._url(sqs, queue)
        size = self._source.get("SqsQueueParameters", {}).get("BatchSize", SQS_RECEIVED_AT_ONCE)
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(int(size), SQS_RECEIVED_AT_ONCE),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        records = [record_of(one, queue, self._region) for one in answer.get("Messages", ())]
        criteria = {"FilterCriteria": self._source.get("FilterCriteria") or {}}
        kept = lambda_svc._apply_filter_criteria(records, criteria)  # noqa: SLF001 - a touch point
        if kept:
            self._deliver(self._enriched(kept))
        for record in records:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])

    @staticmethod
    def _url(sqs: Any, arn: str) -> str:
        endpoint, (account, name) = sqs.meta.endpoint_url, arn.split(":")[4:6]
        return f"{endpoint}/{account}/{name}"

    def _words(self) -> dict[str, str]:
        given = {
            "pipe-arn": self._pipe["Arn"],
            "pipe-name": self._pipe["Name"],
            "source-arn": self._pipe["Source"],
            "enrichment-arn": self._pipe.get("Enrichment") or "",
            "target-arn": self._pipe["Target"],
        }
        return {f"{OF_PIPES}{name}": value for name, value in given.items()}

    def _enriched(self, records: Sequence[Any]) -> list[Any]:
        """Return what the function of an enrichment makes of records."""
        function = self._pipe.get("Enrichment")
        if not function:
            return list(records)
        if service_in(function) != "lambda":
            raise UnplayedPipeError(f"an enrichment by {function} is not played here")
        template = (self._pipe.get("EnrichmentParameters") or {}).get("InputTemplate")
        given = [transformed(one, template, self._words()) for one in records]
        made = self._invoke(function, given)
        return made if isinstance(made, list) else [made]

    def _deliver(self, events: Sequence[Any]) -> None:
        target, template = self._pipe["Target"], self._target.get("InputTemplate")
        given = [transformed(one, template, self._words()) for one in events]
        service = service_in(target)
        if service == "lambda":
            self._invoke(target, given)
        elif service == "states":
            states = self._client("stepfunctions")
            states.start_execution(stateMachineArn=target, input=json.dumps(given))
        else:
            deliver = {
                "batch": self._submit,
                "events": self._put,
                "sns": self._publish,
                "sqs": self._send,
            }.get(service)
            if deliver is None:
                raise UnplayedPipeError(f"a pipe to {target} is not played here")
            for event, one in zip(events, given, strict=True):
                deliver(event, json.dumps(one))

    def _invoke(self, function: str, payload: Any) -> Any:
        answer = self._client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(payload).encode()
        )
        text = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise UnplayedPipeError(f"{function} failed: {text.decode()}")
        return json.loads(text) if text else None

    def _submit(self, event: Any, payload: str) -> None:
        del payload  # a job has no input: all of it is in the parameters
        parameters = dynamic(self._target.get("BatchJobParameters") or {}, event)
        request = to_request(
            operations.SUBMIT_JOB, {"JobQueue": self._pipe["Target"], **parameters}
        )
        self._client("batch").submit_job(**request)

    def _put(self, event: Any, payload: str) -> None:
        given = dynamic(self._target.get("EventBridgeEventBusParameters") or {}, event)
        known = {one: given[one] for one in ("Resources", "Source", "DetailType") if given.get(one)}
        entry = {
            "Source": f"Pipe {self._pipe['Name']}",
            "DetailType": f"Event from {SQS_EVENTS}",
            **known,
            "Detail": payload,
            "EventBusName": self._pipe["Target"],
        }
        self._client("events").put_events(Entries=[entry])

    def _publish(self, event: Any, payload: str) -> None:
        del event
        self._client("sns").publish(TopicArn=self._pipe["Target"], Message=payload)

    def _send(self, event: Any, payload: str) -> None:
        sqs, target = self._client("sqs"), self._pipe["Target"]
        given = dynamic(self._target.get("SqsQueueParameters") or {}, event)
        known = ("MessageGroupId", "MessageDeduplicationId")
        more = {one: str(given[one]) for one in known if given.get(one)}
        if target.endswith(".fifo"):
            more.setdefault("MessageDeduplicationId", str(uuid.uuid4()))
        sqs.send_message(QueueUrl=self._url(sqs, target), MessageBody=payload, **more)
