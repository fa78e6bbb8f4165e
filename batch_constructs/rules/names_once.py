"""Which resources have a name that an account gives once in a Region."""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.access.arn_patterns import EVENT_RULE, LOG_GROUP, QUEUE, ROLE, TOPIC
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    CONSUMABLE_RESOURCE,
    JOB_QUEUE,
    SCHEDULING_POLICY,
    SERVICE_ENVIRONMENT,
)
from batch_constructs.rules.template.state_machine_view import STATE_MACHINE
from batch_constructs.rules.template.submitted_jobs import FUNCTION, SCHEDULE

NAMES: Final = {
    COMPUTE_ENVIRONMENT: "ComputeEnvironmentName",
    CONSUMABLE_RESOURCE: "ConsumableResourceName",
    JOB_QUEUE: "JobQueueName",
    SCHEDULING_POLICY: "Name",
    SERVICE_ENVIRONMENT: "ServiceEnvironmentName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Events::EventBus": "Name",
    EVENT_RULE: "Name",
    FUNCTION: "FunctionName",
    LOG_GROUP: "LogGroupName",
    QUEUE: "QueueName",
    ROLE: "RoleName",
    SCHEDULE: "Name",
    STATE_MACHINE: "StateMachineName",
    TOPIC: "TopicName",
}
"""Type → the property that its ARN ends with."""

AMONG: Final = {EVENT_RULE: "EventBusName", SCHEDULE: "GroupName"}
"""Type → what has each name once: ``default`` where none is given."""

DEFINITION_NAME: Final = "JobDefinitionName"
