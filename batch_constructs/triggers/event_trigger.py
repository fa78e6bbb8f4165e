"""Jobs on events: EventBridge submits them itself, without a Lambda function where it can.

https://docs.aws.amazon.com/batch/latest/userguide/batch-cwe-target.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam

from batch_constructs.arguments import Arguments
from batch_constructs.aws.actions import LAMBDA_INVOKE_FUNCTION
from batch_constructs.aws.admission import asked_for
from batch_constructs.aws.quotas import DESCRIPTION, RULE_NAME
from batch_constructs.aws.service_principals import EVENTS
from batch_constructs.construct import BatchConstruct, given, once_made, own_account
from batch_constructs.event_bus import event_bus_argument
from batch_constructs.function_alarms import WatchedDelivery, delivery_alarms, tell, undelivered
from batch_constructs.function_settings import (
    FunctionSettings,
    check_alarm_topics,
    read_function_settings,
)
from batch_constructs.known_queue import arn_of, key_of
from batch_constructs.loaded_late import aws_lambda as lambda_
from batch_constructs.one_call import OneCall, new
from batch_constructs.queue_senders import admit_event_bridge, admit_rule
from batch_constructs.role_policies import as_document
from batch_constructs.shared_arguments import only, spells_out
from batch_constructs.topic import topic_argument
from batch_constructs.triggers.delivery_retries import (
    DEFAULTS,
    DeliveryArguments,
    given_or_own_queue,
    read_retries,
)
from batch_constructs.triggers.event_fields import (
    InputTemplate,
    check_fields,
    is_field,
    read_pattern,
)
from batch_constructs.triggers.job_to_submit import (
    SubmissionArguments,
    read_job_to_submit,
    words_of,
)
from batch_constructs.triggers.submit_function import SubmitFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.triggers.job_to_submit import JobToSubmit


class TriggerArguments(SubmissionArguments, DeliveryArguments):
    """What triggers of EventBridge take alike."""


@spells_out(SubmissionArguments, DeliveryArguments, defaults=DEFAULTS)
class EventTrigger(BatchConstruct):
    """Submits a job for every event that matches a pattern, with fields of the event.

    Creates, below its own ID: ``Resource`` (AWS::Events::Rule), ``Role/Resource`` (AWS::IAM::Role,
    which can submit this definition to this queue and do nothing else) and
    ``DeadLetterQueue/Resource`` (AWS::SQS::Queue, for events that did not become jobs). EventBridge
    submits the jobs directly. If it cannot, because of a share identifier, priority, timeout, tags
    or rules of a retry policy, or overrides for a job with nodes, pods or several containers, a
    ``Submit`` (``SubmitFunction``) and its ``Permission`` replace the role.

    EventBridge delivers at least once, so an event can occasionally become two jobs (never with
    ``Submit``).

    Attributes:
        resource: The L1 rule, for escape hatches.
        role: The role with which EventBridge submits; None with ``function``.
        function: The function that submits; None if EventBridge submits directly.
        dead_letter_queue: The events that did not become jobs.
        watched_delivery: What ``BatchMonitoring(triggers=…)`` watches.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        queue: The job queue: ours, an ``aws_batch`` L2 or an L1.
        job_definition: The job definition: ours, an ``aws_batch`` L2 or an L1.
        event_pattern: Which events: a mapping as EventBridge documents it
            (``{"source": ["my.app"], "detail": {"state": ["done"]}}``), or ``events.EventPattern``.
        event_bus: The bus, of this Region and account; a rule elsewhere can forward events to it.
            Default: the account's default bus.
        parameters: Values for the definition's ``Ref::`` placeholders; one that starts with ``$.``
            is a field of the event (``$.detail.id``). Default: the definition's.
        environment: Environment variables, added to the definition's; fields as in ``parameters``.
        command: Replaces the definition's command; words may be fields as in ``parameters``.
            Default: the definition's.
        share_identifier: Required by a queue with a scheduling policy; can be a field as in
            ``parameters``.
        rule_name: A physical name. Default: one that CloudFormation generates.
        description: What the rule is for.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function, where there is one. Default: none.

    Raises:
        ValueError: arguments that AWS would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-events-rule.html
    """

    dead_letter_queue: sqs.IQueue
    function: SubmitFunction | None
    resource: events.CfnRule
    role: iam.Role | None
    watched_delivery: WatchedDelivery

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        queue: AnyJobQueue,
        job_definition: AnyJobDefinition,
        event_pattern: Mapping[str, Any] | events.EventPattern,
        event_bus: events.IEventBus | None = None,
        rule_name: str | None = None,
        description: str | None = None,
        function_settings: FunctionSettings | None = None,
        **shared: Unpack[TriggerArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        job = read_job_to_submit(
            arguments,
            id,
            queue=queue,
            job_definition=job_definition,
            **only(SubmissionArguments, shared),
        )
        check_fields(arguments, "parameters", job.parameters)
        check_fields(arguments, "environment", job.environment)
        arguments.one_by_one("command", job.command)
        check_fields(arguments, "command", words_of(job.command))
        check_fields(arguments, "overrides.tags", job.tags)
        if job.share_identifier is not None:
            check_fields(arguments, "share_identifier", {None: job.share_identifier})
        retries = read_retries(arguments, shared)
        plain = self._read_pattern(arguments, event_pattern)
        state = arguments.state("enabled", shared["enabled"])
        name = arguments.text("rule_name", rule_name, bound=RULE_NAME)
        text = arguments.text("description", description, bound=DESCRIPTION)
        bus = event_bus_argument(arguments, event_bus)
        settings = read_function_settings(arguments, function_settings)
        check_alarm_topics(arguments, shared["alarm_topic"], function_settings)
        told = topic_argument(arguments, "alarm_topic", shared["alarm_topic"])
        if function_settings is not None and not _needs_function(job):
            arguments.wrong_value(
                "function_settings is given, but EventBridge submits such a job by itself, so "
                "there is no function: leave it out"
            )
        arguments.refuse()

        self.dead_letter_queue = given_or_own_queue(self, shared["dead_letter_queue"])
        self.function: SubmitFunction | None = None
        if told is None and _needs_function(job):
            told = settings.alarm_topic
        call, role = OneCall(self), None
        if _needs_function(job):
            target = self._by_function(job, replace(settings, alarm_topic=told))
        else:
            principal = new("aws_iam.ServicePrincipal", EVENTS, {"conditions": own_account()})
            policies = {"Submit": as_document(job.statements())}
            role = call.add(
                "aws_iam.Role", "Role", {"assumedBy": principal, "inlinePolicies": policies}
            )
            target = self._by_event_bridge(job, role.attribute("roleArn"))
        target = {
            "id": "Submit",
            **target,
            "retryPolicy": retries.as_l1(),
            "deadLetterConfig": {"arn": arn_of(self.dead_letter_queue)},
        }
        its_bus = None if bus is None else bus.event_bus_name
        resource = call.add(
            "aws_events.CfnRule",
            "Resource",
            {
                "name": name,
                "description": text,
                "eventBusName": its_bus,
                "eventPattern": plain,
                "state": state,
                "targets": [target],
            },
            tell=["attrArn"],
        )
        call.make(at_once=True)
        self._keep(resource=resource, role=role)
        rule_arn = resource.attribute("attrArn")
        if self.function is not None:
            lambda_.CfnPermission(
                self,
                "Permission",
                action=LAMBDA_INVOKE_FUNCTION,
                function_name=self.function.function.function_arn,
                principal=EVENTS,
                source_arn=rule_arn,
            )
        once_made(lambda: admit_rule(self, self.dead_letter_queue, rule_arn, its_bus))
        admit_event_bridge(key_of(self.dead_letter_queue))
        self.watched_delivery = WatchedDelivery(
            dead_letter_queue=self.dead_letter_queue,
            rules=[self.resource],
            function=None if self.function is None else self.function.watched_function,
        )
        # those of the function are its own
        lost = undelivered([self.resource])
        tell(self, lost if self.function else delivery_alarms(self.watched_delivery), told)

    def _by_event_bridge(self, job: JobToSubmit, role_arn: str) -> dict[str, Any]:
        template = InputTemplate()
        overrides = job.container_overrides()
        for pair in overrides.get("Environment", []):
            pair["Value"] = template.text(pair["Value"])
        if words_of(job.command):
            overrides["Command"] = [template.text(word) for word in overrides["Command"]]
        body = given(Parameters=template.texts(job.parameters), ContainerOverrides=overrides)
        return {
            "arn": job.queue_arn,
            "roleArn": role_arn,
            "batchParameters": {
                "jobDefinition": job.definition_arn,
                "jobName": job.job_name,
                **given(
                    arrayProperties=given(size=job.array_size),
                    retryStrategy=given(attempts=job.requirements.retry.get("Attempts")),
                ),
            },
            # without anything to pass, the job gets nothing of the event: not the whole of it
            **self._input(body, template),
        }

    def _read_pattern(self, arguments: Arguments, event_pattern: Any) -> dict[str, Any]:
        """Read which events are meant."""
        return read_pattern(arguments, event_pattern)

    def _by_function(self, job: JobToSubmit, settings: FunctionSettings) -> dict[str, Any]:
        asked, share = job.defaults(), job.share_identifier
        if is_field(share):
            asked, share = {**asked, "shareIdentifier": share}, None
        self.function = SubmitFunction(
            self,
            "Submit",
            queue=job.queue,
            job_definition=job.job_definition,
            share_identifier=share,
            scheduling_priority=job.scheduling_priority,
            allow=asked_for(asked),
            function_settings=settings,
            # what the function fails at lies where EventBridge leaves what it cannot hand over
            dead_letter_queue=self.dead_letter_queue,
        )
        template = InputTemplate()
        overrides = asked.get("containerOverrides", {})
        overrides.pop("environment", None)  # told as a plain map
        if words_of(job.command):
            overrides["command"] = [template.text(word) for word in overrides["command"]]
        asked |= given(tags=template.texts(job.tags))
        if "shareIdentifier" in asked:
            asked["shareIdentifier"] = template.text(asked["shareIdentifier"])
        body = {
            # the event's ID: an event that is delivered twice becomes one job
            "jobName": f"{job.name_prefix}-{template.text('$.id')}",
            **given(
                **{
                    **asked,
                    "parameters": template.texts(job.parameters),
                    "environment": template.texts(job.environment),
                }
            ),
        }
        return {"arn": self.function.function.function_arn, **self._input(body, template)}

    def _input(self, body: Mapping[str, Any], template: InputTemplate) -> dict[str, Any]:
        text = template.write(Stack.of(self), body)
        if not template.paths:
            return {"input": text}
        return {
            "inputTransformer": {"inputPathsMap": template.paths, "inputTemplate": text},
        }


def _needs_function(job: JobToSubmit) -> bool:
    """Whether an EventBridge target cannot say all of a submission."""
    return (
        job.share_identifier is not None
        or job.scheduling_priority is not None
        or job.timeout_seconds is not None
        or bool(job.tags)
        or "EvaluateOnExit" in job.requirements.retry
        or (job.containers is not None and bool(job.container_overrides()))
    )
