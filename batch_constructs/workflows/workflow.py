"""Jobs that wait for jobs, run by Step Functions.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import own_partition
from batch_constructs.aws import execution_events
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_JOBS,
    BATCH_TERMINATE_JOB,
    STATES_START_EXECUTION,
)
from batch_constructs.aws.authorization import (
    STATE_MACHINE_RULE,
    STATE_MACHINE_RULE_ACTIONS,
    SUBMIT,
    TAG,
    submit_job_resources,
)
from batch_constructs.aws.bound import shown
from batch_constructs.aws.quotas import EXECUTION_SECONDS, STATE_MACHINE_NAME
from batch_constructs.aws.service_principals import STATES
from batch_constructs.aws.submit_job import SHARE_IDENTIFIER
from batch_constructs.construct import BatchConstruct, arn_prefix, given, own_account
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.grants import grant
from batch_constructs.job_graph import Graph
from batch_constructs.jobs.job_definition import (
    is_job_definition,
    job_definition_arn,
    job_definition_arn_to_submit,
)
from batch_constructs.jobs.queue_limit import count_in_limit, tell_of_rescue
from batch_constructs.jobs.submit_rights import jobs_of
from batch_constructs.jobs.submitted_containers import (
    check_array,
    check_said,
    said_of_containers,
)
from batch_constructs.log_settings import log_settings
from batch_constructs.one_call import OneCall, new, of
from batch_constructs.place import SUBMIT_THERE, elsewhere
from batch_constructs.queue_from_input import (
    QueueFromInput,
    context_path,
    json_path,
    queues_of,
    read_queues,
)
from batch_constructs.queues.any_job_queue import is_job_queue, job_queue_arn
from batch_constructs.queues.job_queue import JobQueue
from batch_constructs.queues.job_queue_metrics import check_options
from batch_constructs.queues.queue_rules import rule_to
from batch_constructs.reference import JOB_DEFINITION
from batch_constructs.role_policies import RolePolicies, as_document
from batch_constructs.rules import UNKNOWN
from batch_constructs.submission_overrides import (
    name_of_memory,
    requirements_of,
    sizes_said,
)
from batch_constructs.tokens import is_made_up
from batch_constructs.triggers.job_fit import check_parameters, check_platform, check_sizes
from batch_constructs.triggers.job_to_submit import (
    check_length,
    check_places,
    check_priority,
    check_share,
    safe_name,
)
from batch_constructs.workflow_job import n_to_n, timeout_seconds
from batch_constructs.workflows.asl import AslWriter, from_input
from batch_constructs.workflows.state_machine_definition import definition_of, too_long
from batch_constructs.workflows.structure import structure_of
from batch_constructs.workflows.workflow_diagram import mermaid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from aws_cdk import Duration
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_events as events
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_stepfunctions as sfn
    from constructs import Construct

    from batch_constructs.jobs.job_definition import AnyJobDefinition
    from batch_constructs.queues.any_job_queue import AnyJobQueue
    from batch_constructs.queues.job_queue_metrics import MetricOptions
    from batch_constructs.queues.rule_target import RuleTarget
    from batch_constructs.workflow_job import WorkflowJob


class Workflow(BatchConstruct):
    """A graph of jobs as a Step Functions state machine that waits for each job.

    Jobs that do not depend on each other run in parallel. Graphs of sequences and parallel branches
    run exactly as drawn; in other graphs, a job may start later than necessary, but never earlier.
    Throttled submissions are repeated. Stopping an execution terminates its running jobs.

    Creates, below its own ID: ``StateMachine/Resource`` (AWS::StepFunctions::StateMachine,
    standard, with X-Ray), ``Role/Resource`` (AWS::IAM::Role) and ``LogGroup/Resource``
    (AWS::Logs::LogGroup); ``MorePolicy1`` and so on (AWS::IAM::ManagedPolicy) if definitions need
    more than one policy. A state machine of more than 250,000 characters is stored in an S3 object.

    Attributes:
        state_machine: The ``sfn.StateMachine``: for use as a target, and everything else that the
            CDK offers.
        role: Its role.
        log_group: The log group for errors, without the data of executions.
        asl: The Amazon States Language as plain data.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        jobs: The jobs, in any order.
        queue: The queue of jobs without one of their own: a queue, or ``QueueFromInput`` if the
            input names it. Default: each job has its own.
        share_identifier: Share of jobs without one of their own.
        spot_rescue_queue: An On-Demand queue where a job runs again if it lost its Spot host
            (``Host EC2 …``) in its last attempt. Arrays are not rescued, because AWS Batch does not
            say why an array failed. The jobs' own queues cannot have a ``spot_rescue_queue`` then,
            or a job would run twice. Default: no rescue.
        timeout: Time limit of an execution. Default: Step Functions' own, a year.
        state_machine_name: Default: one that CloudFormation generates.
        log_retention: How long errors are kept. Default: a month.
        log_encryption_key: A key for the log group; CloudWatch Logs gets permission to use it.
            Default: the log service's own encryption.

    Raises:
        ValueError: cycles, unknown names, unreachable jobs, missing or superfluous share
            identifiers, and anything that AWS Batch refuses; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html
    """

    asl: dict[str, Any]
    log_group: logs.LogGroup
    role: iam.Role
    state_machine: sfn.StateMachine

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        jobs: Sequence[WorkflowJob],
        queue: AnyJobQueue | QueueFromInput | None = None,
        share_identifier: str | None = None,
        spot_rescue_queue: AnyJobQueue | None = None,
        timeout: Duration | None = None,
        state_machine_name: str | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        listed = arguments.items("jobs", jobs, "WorkflowJob", some=True)
        share = arguments.text(
            "share_identifier",
            share_identifier,
            bound=None if json_path(share_identifier) else SHARE_IDENTIFIER,
        )
        name = arguments.text(
            "state_machine_name", with_tokens(state_machine_name), bound=STATE_MACHINE_NAME
        )
        share = None if share is UNKNOWN else share
        self._graph = _read_graph(arguments, listed, queue=queue, share_identifier=share)
        if spot_rescue_queue is not None and not is_job_queue(spot_rescue_queue):
            arguments.wrong_type("spot_rescue_queue", spot_rescue_queue, "a job queue")
        elif spot_rescue_queue is not None:
            arn = job_queue_arn(spot_rescue_queue)
            problem = elsewhere(self, arn, SUBMIT_THERE, resource=spot_rescue_queue)
            if problem is not None:
                arguments.wrong_value(f"spot_rescue_queue: {problem}")
            for job in self._graph.jobs.values():
                _check_rescue(arguments, job, spot_rescue_queue)
            definitions = [job.job_definition for job in self._graph.jobs.values()]
            tell_of_rescue(self, spot_rescue_queue, definitions)
        seconds = arguments.seconds("timeout", timeout)
        arguments.bounded("timeout", seconds, EXECUTION_SECONDS)
        kept = log_settings(arguments, log_retention, log_encryption_key)
        rights = None if arguments.problems else _Rights.of(self._graph, spot_rescue_queue)
        policies = RolePolicies(
            [] if rights is None else rights.statements,
            lengths=None if rights is None else rights.lengths,
        )
        problem = policies.problem("divide the workflow, or let jobs share definitions")
        if problem is not None:
            arguments.wrong_value(problem)
        arguments.refuse()

        self._prefix = safe_name(id)[:60]
        self._submitted: dict[str, str] = {}
        rescue = None if spot_rescue_queue is None else job_queue_arn(spot_rescue_queue)
        self.asl = AslWriter(
            self._graph,
            request=self._request,
            said_of_containers=lambda job, said: said_of_containers(job.job_definition, said),
            partition=own_partition(),
            rescue_queue=rescue,
        ).write()
        if seconds is not None:
            self.asl["TimeoutSeconds"] = seconds
        # not the CDK's to_json_string, which drops every null, and with it ResultPath
        text = json.dumps(self.asl)
        problem = too_long(text)
        if problem is not None:
            raise ValueError(f"{self.node.path}: {problem}")
        definition = definition_of(text)
        call = OneCall(self)
        log_group = call.add(
            "aws_logs.LogGroup",
            "LogGroup",
            {
                "retention": kept.retention,
                "encryptionKey": kept.encryption_key,
                "removalPolicy": RemovalPolicy.DESTROY,
            },
        )
        tell_checkov(log_group, "AWS::Logs::LogGroup", KmsKeyId=kept.encryption_key)
        role = call.add(
            "aws_iam.Role",
            "Role",
            {
                "assumedBy": new("aws_iam.ServicePrincipal", STATES, {"conditions": own_account()}),
                "inlinePolicies": {"Jobs": as_document(policies.inline)},
            },
        )
        more = policies.attach(call, role)
        state_machine = call.add(
            "aws_stepfunctions.StateMachine",
            "StateMachine",
            {
                # the CDK refuses what a look-up makes up; the second pass has the name
                "stateMachineName": None if name is not None and is_made_up(name) else name,
                "definitionBody": definition.body,
                "definitionSubstitutions": definition.substitutions,
                "role": role,
                "tracingEnabled": True,
                "logs": {
                    "destination": log_group,
                    "level": of("aws_stepfunctions.LogLevel.ERROR"),
                    "includeExecutionData": False,
                },
            },
        )
        if more:
            call.call(state_machine, "node.addDependency", *more)
        call.make(at_once=True)
        self._keep(log_group=log_group, role=role, state_machine=state_machine)

    def grant_start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a grantee to start executions.

        Raises:
            TypeError: the grantee is not an ``IGrantable``.
            ValueError: the grantee is in another account, or has no policies.
        """
        arn = self.state_machine.state_machine_arn
        rights = [([STATES_START_EXECUTION], [arn])]
        return grant(self, arn, grantee, rights, service="Step Functions")

    def on_failed(
        self,
        id: str,
        *,
        target: RuleTarget | None = None,
        description: str | None = None,
        rule_name: str | None = None,
    ) -> events.Rule:
        """Create a rule for executions that failed, timed out or were aborted.

        An execution fails without a failed job if its input lacks a field, if Step Functions is not
        allowed to submit, or if AWS Batch refuses a submission. No job event reports these.

        Args:
            id: The ID of the rule, below the workflow.
            target: The target of the event: a Lambda function, an SNS topic, an SQS queue, or any
                target of ``aws_events_targets``. Default: none until ``add_target``.
            description: What the rule is for.
            rule_name: A physical name. Default: one that CloudFormation generates.

        Returns:
            The rule (AWS::Events::Rule).

        Raises:
            ValueError: the rule's name is wrong.
            TypeError: the target is not a target of a rule.

        https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        pattern = {
            "source": [execution_events.SOURCE],
            "detail-type": [execution_events.EXECUTION_STATUS_CHANGE],
            "detail": {
                "stateMachineArn": [self.state_machine.state_machine_arn],
                "status": list(execution_events.NOT_SUCCEEDED),
            },
        }
        return rule_to(
            Arguments(self),
            id,
            pattern,
            target=target,
            description=description,
            rule_name=rule_name,
        )

    def metric_started(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how many executions started."""
        return self._metric("started", options)

    def metric_succeeded(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how many executions succeeded."""
        return self._metric("succeeded", options)

    def metric_failed(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how many executions failed."""
        return self._metric("failed", options)

    def metric_timed_out(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how many executions ran into their time limit."""
        return self._metric("timed_out", options)

    def metric_aborted(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how many executions were stopped."""
        return self._metric("aborted", options)

    def metric_time(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Return how long executions took, in milliseconds."""
        return self._metric("time", options)

    def _metric(self, name: str, options: MetricOptions) -> cloudwatch.Metric:
        arguments = Arguments(self)
        check_options(arguments, options)
        arguments.refuse()
        made: cloudwatch.Metric = getattr(self.state_machine, f"metric_{name}")(**options)
        return made

    def diagram(self) -> str:
        """Draw the graph as a Mermaid flowchart."""
        return mermaid(self._graph)

    def _request(self, job: WorkflowJob) -> dict[str, Any]:
        command = None if job.command is None else list(job.command)
        requirements = requirements_of(job.overrides)
        share = job.share_identifier
        return {
            "JobName": f"{self._prefix}-{job.name}",
            **_queue(_of_ours(job.queue)),
            "JobDefinition": self._arn_to_submit(_of_ours(job.job_definition)),
            **given(
                ArrayProperties=given(**_number("Size", job.array_size)),
                ContainerOverrides=given(
                    Command=command,
                    ResourceRequirements=[
                        {"Type": one["Type"], **_text("Value", one["Value"])}
                        for one in requirements.resources
                    ],
                ),
                **({} if share is None else _text("ShareIdentifier", share)),
                **_number("SchedulingPriorityOverride", job.scheduling_priority),
                Timeout=given(**_number("AttemptDurationSeconds", timeout_seconds(job))),
                RetryStrategy=_by_number("Attempts", requirements.retry),
                Tags=from_input(job.tags),
            ),
        }

    def _arn_to_submit(self, definition: AnyJobDefinition) -> str:
        """Ask once for each definition, not for each job: every answer is tokens of its own."""
        arn = job_definition_arn(definition)
        if arn not in self._submitted:
            self._submitted[arn] = job_definition_arn_to_submit(definition)
        return self._submitted[arn]


def _number(name: str, number: Any) -> dict[str, Any]:
    """Give a number, or where in the input it stands."""
    path = json_path(number)
    return {name: number} if path is None else {f"{name}.$": path}


def _by_number(name: str, members: dict[str, Any]) -> dict[str, Any]:
    """Give members, of which one is a number that may stand in the input."""
    parts = (_number(name, held) if key == name else {key: held} for key, held in members.items())
    return {key: held for part in parts for key, held in part.items()}


def _text(name: str, text: Any) -> dict[str, Any]:
    """Give a text, or where in the input it stands, as text."""
    path = json_path(text)
    return {name: text} if path is None else from_input({name: path})


def _queue(queue: AnyJobQueue | QueueFromInput) -> dict[str, str]:
    if isinstance(queue, QueueFromInput):
        return {"JobQueue.$": context_path(queue)}
    return {"JobQueue": job_queue_arn(queue)}


def _of_ours(queue_or_definition: object) -> Any:
    """Return a queue or a definition that was looked at: of a workflow it is no string."""
    return queue_or_definition


def _read_graph(
    arguments: Arguments, listed: list[Any], *, queue: Any, share_identifier: str | None
) -> Graph:
    """Check the graph, then each job's queue, definition and share."""
    graph = Graph(jobs={})
    try:
        graph = Graph.of(listed)
        structure_of(graph)
    except ValueError as error:
        for problem in str(error).splitlines():
            arguments.wrong_value(problem)
        graph = Graph(jobs={})
    if not graph.jobs and queue is not None:
        read_queues(arguments, queue)
    complete: dict[str, WorkflowJob] = {}
    waited_for = {name for job in graph.jobs.values() for name in n_to_n(job)}
    for name, job in graph.jobs.items():
        view = arguments.within(f"job {shown(name)}", between=": ")
        full = replace(
            job,
            queue=queue if job.queue is None else job.queue,
            share_identifier=(
                share_identifier if job.share_identifier is None else job.share_identifier
            ),
        )
        complete[name] = full
        if full.queue is None:
            view.wrong_value("queue is left out: give it one, or the whole workflow")
        else:
            for one in read_queues(view, full.queue):
                check_share(view, one, full.share_identifier)
                check_priority(view, one, full.scheduling_priority)
                check_places(view, one, full.job_definition)
                check_platform(view, one, full.job_definition)
                count_in_limit(view.construct, one, full.job_definition)
        if is_job_definition(full.job_definition):
            _check_fit(view, full)
        else:
            view.wrong_type("job_definition", full.job_definition, "a job definition")
        if name in waited_for and (job.step_retry or job.catch):
            field_name = "step_retry" if job.step_retry else "catch"
            view.wrong_value(
                f"{field_name} is given, but another array waits for its children (NToN), so "
                "Step Functions does not wait for this one and can neither retry nor catch it: "
                f"give {field_name} to the array that waits, or retry_policy to the job "
                "definition"
            )
        if job.for_each is not None and (n_to_n(job) or name in waited_for):
            view.wrong_value(
                "for_each is given and creates many arrays, but NToN pairs exactly two: leave "
                "one of them out"
            )
    return Graph(jobs=complete)


def _check_fit(view: Arguments, job: WorkflowJob) -> None:
    """Note what the job's definition, if it is one of ours, does not take."""
    requirements = requirements_of(job.overrides)
    memory = name_of_memory(job.overrides)
    check_sizes(view.within("overrides"), job.job_definition, requirements, memory=memory)
    parameters = dict(job.parameters)
    command = None if job.command is None else list(job.command)
    check_parameters(view, job.job_definition, parameters, command_is_known=command is None)
    check_length(view, command, job.environment)
    check_array(view, job.job_definition, job.array_size)
    of_containers = {"command": command, "environment": job.environment or None}
    said = [(view, name, name) for name, value in of_containers.items() if value is not None]
    check_said(job.job_definition, [*said, *sizes_said(view.within("overrides"), job.overrides)])


def _check_rescue(arguments: Arguments, job: WorkflowJob, rescue: AnyJobQueue) -> None:
    """Note what would run twice, and what the rescue queue would refuse."""
    view = arguments.within(f"job {shown(job.name)}", between=": ")
    on_rescue = view.within("on spot_rescue_queue", between=": ")
    check_share(on_rescue, rescue, job.share_identifier)
    for queue in queues_of(_of_ours(job.queue)):
        if isinstance(queue, JobQueue) and queue.spot_rescue is not None:
            view.wrong_value(
                f"queue is {queue.node.path}, which has a spot_rescue_queue too, so a job that "
                "lost its host would run twice: leave one of them out; the workflow waits only "
                "for its own"
            )


@dataclass(frozen=True, kw_only=True)
class _Rights:
    """What Step Functions needs for ``submitJob.sync``.

    https://docs.aws.amazon.com/step-functions/latest/dg/connect-batch.html#batch-iam

    Attributes:
        statements: What the role may do.
        lengths: The ARN of a definition → how many characters it comes to, at most.
    """

    statements: list[dict[str, Any]]
    lengths: dict[str, int]

    @classmethod
    def of(cls, graph: Graph, rescue: AnyJobQueue | None) -> _Rights:
        """Name each queue and each definition once, however many jobs are of it."""
        resources: dict[str, None] = {}
        jobs: dict[str, None] = {}
        without_revision: dict[str, str] = {}
        lengths: dict[str, int] = {}
        for job in graph.jobs.values():
            definition = _of_ours(job.job_definition)
            arn = job_definition_arn(definition)
            if arn not in without_revision:
                without = without_revision[arn] = JOB_DEFINITION.arn_without_revision(definition)
                longest = JOB_DEFINITION.longest_arn(definition)
                lengths |= {without: longest, f"{without}:*": longest + len(":*")}
            for queue in (*queues_of(_of_ours(job.queue)), rescue):
                if queue is not None:
                    of_queue = jobs_of(queue)
                    found = submit_job_resources(
                        queue=job_queue_arn(queue), definition=without_revision[arn], jobs=of_queue
                    )
                    resources |= dict.fromkeys(found)
                    jobs[of_queue] = None
        of_jobs = [BATCH_TERMINATE_JOB]
        if any(job.tags for job in graph.jobs.values()):
            of_jobs.insert(0, TAG)
        statements: list[dict[str, Any]] = [
            {"Effect": "Allow", "Action": SUBMIT, "Resource": list(resources)},
            # jobs have no ID yet when the policy is written
            {"Effect": "Allow", "Action": of_jobs, "Resource": list(jobs)},
            # AWS knows no resources for DescribeJobs
            {"Effect": "Allow", "Action": BATCH_DESCRIBE_JOBS, "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": list(STATE_MACHINE_RULE_ACTIONS),
                "Resource": f"{arn_prefix('events')}{STATE_MACHINE_RULE}",
            },
        ]
        return cls(statements=statements, lengths=lengths)
