"""Who may write events to log groups: one policy for all of a stack, of the ten of an account.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from aws_cdk import Stack

from batch_constructs.aws.actions import LOGS_CREATE_LOG_STREAM, LOGS_PUT_LOG_EVENTS, SOURCE_ARN
from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.names import every
from batch_constructs.aws.service_principals import EVENTS, LOG_DELIVERY
from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.one_call import OneCall, as_json, of

if TYPE_CHECKING:
    from aws_cdk import aws_logs as logs
    from constructs import Construct

    from batch_constructs.one_call import Made

_ID = "BatchConstructsEventLogPolicy"
_GROUPS_A_POLICY = 10
"""What one policy surely has room for, since each group's ARN stands there twice."""


class EventLogPolicy(BatchConstruct):
    """Lets EventBridge write to the log groups of event logs and audit trails of a stack.

    Creates, below its own ID: ``Resource`` (AWS::Logs::ResourcePolicy).
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._groups: list[str] = []
        self._resource: Made[logs.CfnResourcePolicy] | None = None

    @property
    def is_full(self) -> bool:
        """Tell whether there is no room for another log group."""
        return len(self._groups) == _GROUPS_A_POLICY

    def admit_to(self, arn: str) -> None:
        """Let EventBridge write to a log group of the stack."""
        self._groups.append(arn)
        # EventBridge writes under both names, and says which rule only as it puts events.
        writers: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": {"Service": [EVENTS, LOG_DELIVERY]},
            "Resource": self._groups[0] if len(self._groups) == 1 else self._groups,
        }
        from_rules = {"ArnLike": {SOURCE_ARN: f"{arn_prefix('events')}{every('rule')}"}}
        document = {
            "Version": POLICY_VERSION,
            "Statement": [
                {**writers, "Action": LOGS_CREATE_LOG_STREAM},
                {**writers, "Action": LOGS_PUT_LOG_EVENTS, "Condition": from_rules},
            ],
        }
        if self._resource is not None:
            self._resource.resource.policy_document = Stack.of(self).to_json_string(document)
            return
        name = of("Names.uniqueResourceName", self, {"maxLength": 64})
        properties = {"policyName": name, "policyDocument": as_json(document)}
        call = OneCall(self)
        self._resource = call.add("aws_logs.CfnResourcePolicy", "Resource", properties)
        call.make(at_once=True)


def admit_event_bridge_to(scope: Construct, arn: str) -> None:
    """Let EventBridge write to a log group, by the stack's policy, made where it is not there."""
    stack = Stack.of(scope)
    node = stack.node
    for number in count():
        id_ = f"{_ID}{number or ''}"
        there = node.try_find_child(id_)
        if there is None:
            there = EventLogPolicy(stack, id_)
        if isinstance(there, EventLogPolicy) and not there.is_full:
            there.admit_to(arn)
            return
