"""What each action of AWS Batch is authorized against, and the ARNs of what it is about.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html

Where AWS's pages disagree about ``SubmitJob`` (see `SUBMIT_JOB_SOURCES`), grants cover all that any
of them asks for (`submit_job_resources`), and the embedded AWS asks for all of it.
"""

from __future__ import annotations

from batch_constructs.aws import operations
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import (
    BATCH_DESCRIBE_JOBS,
    BATCH_TERMINATE_JOB,
    CLOUDWATCH_GET_METRIC_DATA,
    EC2_DESCRIBE_INSTANCES,
    EC2_DESCRIBE_NETWORK_INTERFACES,
    EC2_DESCRIBE_SUBNETS,
    EVENTS_LIST_EVENT_BUSES,
    EVENTS_LIST_RULES,
    SCHEDULER_LIST_SCHEDULES,
)
from batch_constructs.aws.managed_policies import SESSION_CHANNELS
from batch_constructs.aws.names import every, quota_share
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import REGISTRY_LOGIN, TRACE_ACTIONS
from batch_constructs.aws.source import Source, docs, guide, seen
from batch_constructs.aws.typing_names import Final

POLICY_VERSION: Final = "2012-10-17"
"""The version of the language that policies are written in."""

POLICY_VERSION_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_policies_elements_version.html",
    "2012-10-17: the current version of the policy language; variables such as ${aws:username} are"
    " plain text without it.",
)

SUBMIT: Final = f"batch:{operations.SUBMIT_JOB}"
TAG: Final = f"batch:{operations.TAG_RESOURCE}"
"""What whoever submits a job is allowed, which is tagged as it is submitted."""

EVERYTHING: Final = "*"
"""The resource of an action that AWS knows no resources for."""

RESOURCE_FORMS: Final = {
    kinds.COMPUTE_ENVIRONMENT: every(kinds.COMPUTE_ENVIRONMENT, "${ComputeEnvironmentName}"),
    kinds.CONSUMABLE_RESOURCE: every(kinds.CONSUMABLE_RESOURCE, "${ConsumableResourceName}"),
    kinds.JOB: every(kinds.JOB, "${JobId}"),
    kinds.JOB_DEFINITION: every(kinds.JOB_DEFINITION, "${JobDefinitionName}"),
    kinds.JOB_DEFINITION_REVISION: every(kinds.JOB_DEFINITION, "${JobDefinitionName}:${Revision}"),
    kinds.JOB_QUEUE: every(kinds.JOB_QUEUE, "${JobQueueName}"),
    kinds.QUOTA_SHARE: quota_share(every(kinds.JOB_QUEUE, "${JobQueueName}"), "${QuotaShareName}"),
    kinds.SCHEDULING_POLICY: every(kinds.SCHEDULING_POLICY, "${SchedulingPolicyName}"),
    kinds.SERVICE_ENVIRONMENT: every(kinds.SERVICE_ENVIRONMENT, "${ServiceEnvironmentName}"),
    kinds.SERVICE_JOB: every(kinds.SERVICE_JOB, "${JobId}"),
}
"""Kind of resource → what follows ``arn:PARTITION:batch:REGION:ACCOUNT:`` in its ARN."""


class Authorization(Record):
    """What an action is authorized against.

    Attributes:
        required: the kinds of resources that a policy with resources has to name, each of them.
        optional: the kinds of resources that a request may touch.
        conditions: the condition keys of AWS Batch's own that a policy may ask for.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds of resources; none if the action goes with ``*`` only."""
        return self.required + self.optional


_TAGGED: Final = Authorization(
    optional=tuple(kind for kind in RESOURCE_FORMS if kind != kinds.JOB_DEFINITION)
)


def _on(*required: str) -> Authorization:
    return Authorization(required)


_EKS_IMAGE: Final = "batch:EKSImage"
_EKS_NAMESPACE: Final = "batch:EKSNamespace"
_PRIORITY: Final = "batch:SchedulingPriority"
_SHARE: Final = "batch:ShareIdentifier"

ACTIONS: Final = {
    operations.CANCEL_JOB: _on(kinds.JOB),
    operations.CREATE_COMPUTE_ENVIRONMENT: _on(kinds.COMPUTE_ENVIRONMENT),
    operations.CREATE_CONSUMABLE_RESOURCE: _on(kinds.CONSUMABLE_RESOURCE),
    operations.CREATE_JOB_QUEUE: Authorization(
        (kinds.JOB_QUEUE,),
        (kinds.COMPUTE_ENVIRONMENT, kinds.SCHEDULING_POLICY, kinds.SERVICE_ENVIRONMENT),
    ),
    operations.CREATE_QUOTA_SHARE: _on(kinds.JOB_QUEUE, kinds.QUOTA_SHARE),
    operations.CREATE_SCHEDULING_POLICY: _on(kinds.SCHEDULING_POLICY),
    operations.CREATE_SERVICE_ENVIRONMENT: _on(kinds.SERVICE_ENVIRONMENT),
    operations.DELETE_COMPUTE_ENVIRONMENT: _on(kinds.COMPUTE_ENVIRONMENT),
    operations.DELETE_CONSUMABLE_RESOURCE: _on(kinds.CONSUMABLE_RESOURCE),
    operations.DELETE_JOB_QUEUE: _on(kinds.JOB_QUEUE),
    operations.DELETE_QUOTA_SHARE: _on(kinds.QUOTA_SHARE),
    operations.DELETE_SCHEDULING_POLICY: _on(kinds.SCHEDULING_POLICY),
    operations.DELETE_SERVICE_ENVIRONMENT: _on(kinds.SERVICE_ENVIRONMENT),
    operations.DEREGISTER_JOB_DEFINITION: _on(kinds.JOB_DEFINITION_REVISION),
    operations.DESCRIBE_COMPUTE_ENVIRONMENTS: Authorization(),
    operations.DESCRIBE_CONSUMABLE_RESOURCE: _on(kinds.CONSUMABLE_RESOURCE),
    operations.DESCRIBE_JOB_DEFINITIONS: Authorization(),
    operations.DESCRIBE_JOB_QUEUES: Authorization(),
    operations.DESCRIBE_JOBS: Authorization(),
    operations.DESCRIBE_QUOTA_SHARE: _on(kinds.QUOTA_SHARE),
    operations.DESCRIBE_SCHEDULING_POLICIES: Authorization(),
    operations.DESCRIBE_SERVICE_ENVIRONMENTS: Authorization(),
    operations.DESCRIBE_SERVICE_JOB: Authorization(),
    operations.GET_JOB_QUEUE_SNAPSHOT: _on(kinds.JOB_QUEUE),
    operations.LIST_CONSUMABLE_RESOURCES: Authorization(),
    operations.LIST_JOBS: Authorization(),
    operations.LIST_JOBS_BY_CONSUMABLE_RESOURCE: _on(kinds.CONSUMABLE_RESOURCE),
    operations.LIST_QUOTA_SHARES: _on(kinds.JOB_QUEUE),
    operations.LIST_SCHEDULING_POLICIES: Authorization(),
    operations.LIST_SERVICE_JOBS: Authorization(),
    operations.LIST_TAGS_FOR_RESOURCE: _TAGGED,
    operations.REGISTER_JOB_DEFINITION: Authorization(
        (kinds.JOB_DEFINITION,),
        (kinds.CONSUMABLE_RESOURCE,),
        (
            "batch:AWSLogsCreateGroup",
            "batch:AWSLogsGroup",
            "batch:AWSLogsRegion",
            "batch:AWSLogsStreamPrefix",
            _EKS_IMAGE,
            _EKS_NAMESPACE,
            "batch:EKSPrivileged",
            "batch:EKSRunAsGroup",
            "batch:EKSRunAsUser",
            "batch:EKSServiceAccountName",
            "batch:Image",
            "batch:LogDriver",
            "batch:Privileged",
            "batch:User",
        ),
    ),
    "SetCapacityTags": _on(kinds.COMPUTE_ENVIRONMENT),
    operations.SUBMIT_JOB: Authorization(
        (kinds.JOB, kinds.JOB_QUEUE),
        (kinds.CONSUMABLE_RESOURCE, kinds.JOB_DEFINITION, kinds.JOB_DEFINITION_REVISION),
        (_EKS_IMAGE, _EKS_NAMESPACE, _SHARE),
    ),
    operations.SUBMIT_SERVICE_JOB: Authorization(
        (kinds.JOB_QUEUE, kinds.SERVICE_JOB),
        (kinds.QUOTA_SHARE,),
        (_PRIORITY, _SHARE),
    ),
    operations.TAG_RESOURCE: _TAGGED,
    operations.TERMINATE_JOB: _on(kinds.JOB),
    operations.TERMINATE_SERVICE_JOB: _on(kinds.SERVICE_JOB),
    operations.UNTAG_RESOURCE: _TAGGED,
    operations.UPDATE_COMPUTE_ENVIRONMENT: _on(kinds.COMPUTE_ENVIRONMENT),
    operations.UPDATE_CONSUMABLE_RESOURCE: _on(kinds.CONSUMABLE_RESOURCE),
    operations.UPDATE_JOB_QUEUE: Authorization(
        (kinds.JOB_QUEUE,), (kinds.COMPUTE_ENVIRONMENT, kinds.SCHEDULING_POLICY)
    ),
    operations.UPDATE_QUOTA_SHARE: _on(kinds.QUOTA_SHARE),
    operations.UPDATE_SCHEDULING_POLICY: _on(kinds.SCHEDULING_POLICY),
    operations.UPDATE_SERVICE_ENVIRONMENT: _on(kinds.SERVICE_ENVIRONMENT),
    operations.UPDATE_SERVICE_JOB: Authorization((kinds.SERVICE_JOB,), (), (_PRIORITY,)),
}
"""Action → what it is authorized against. One that is not here does not exist."""

ACTIONS_SOURCE: Final[Source] = docs(
    "service-authorization/latest/reference/list_awsbatch.html",
    "Actions defined by AWS Batch, with their resource types and condition keys.",
)

SET_CAPACITY_TAGS_SOURCE: Final[Source] = guide(
    "capacity-tags-access-policy",
    '"batch:SetCapacityTags is a permission-only action. It is not a standalone API operation."',
)

AUTHORIZED_AS: Final = {
    operations.CANCEL_JOBS: operations.CANCEL_JOB,
    operations.TERMINATE_JOBS: operations.TERMINATE_JOB,
    operations.TERMINATE_SERVICE_JOBS: operations.TERMINATE_SERVICE_JOB,
}
"""Operation that has no action of its own → the action it takes on each job."""

AUTHORIZED_AS_SOURCE: Final[Source] = docs(
    "batch/latest/APIReference/API_TerminateJobs.html",
    '"This operation requires batch:TerminateJob permission for each job in the request. There is'
    ' no separate batch:TerminateJobs IAM action."',
)

SUBMIT_BOTH_SOURCE: Final[Source] = guide(
    "iam-example-restrict-job-queue",
    '"When scoping resource-level access for job submission, you must provide both job queue and'
    ' job definition resource types."',
)

SUBMIT_REVISION_SOURCE: Final[Source] = guide(
    "iam-example-restrict-job-submission",
    '"A policy that references only the job definition name without a revision number or wildcard …'
    ' does not match SubmitJob requests, because the request ARN includes the revision"',
)

SUBMIT_JOB_SOURCES: Final[tuple[Source, ...]] = (
    ACTIONS_SOURCE,
    SUBMIT_BOTH_SOURCE,
    SUBMIT_REVISION_SOURCE,
    guide(
        "iam-example-restrict-job-submission-by-tags",
        '"If you submit jobs without specifying a revision, job definition tags will not be'
        ' evaluated"',
    ),
    seen(
        "https://github.com/aws/aws-sdk-js/issues/4280",
        "a submission by name is denied on job-definition/my-job, without a revision, to one who"
        " has job-definition/my-job:*",
    ),
)
"""Open: whether a submission by name is matched against the bare name or the newest revision, and
whether it takes ``job/*``, which the reference requires and the user guide's examples leave out."""

SUBMIT_JOB_RIGHTS: Final = (
    "AWS's pages disagree on what a submission is checked against: allow batch:SubmitJob on the job"
    " queue, on job-definition/NAME, on job-definition/NAME:* and on job/*"
)
"""What to do about it."""

STATE_MACHINE_JOBS: Final = (BATCH_DESCRIBE_JOBS, BATCH_TERMINATE_JOB)
"""What a state machine needs beside batch:SubmitJob to wait for a job."""

STATE_MACHINE_RULE: Final = "rule/StepFunctionsGetEventsForBatchJobsRule"
"""The managed rule of EventBridge that tells a state machine that a job has ended."""

STATE_MACHINE_RULE_ACTIONS: Final = ("events:PutTargets", "events:PutRule", "events:DescribeRule")

STATE_MACHINE_JOBS_SOURCE: Final[Source] = docs(
    "step-functions/latest/dg/connect-batch.html",
    "IAM policies for calling AWS Batch: Run a Job (.sync) has batch:SubmitJob, batch:DescribeJobs"
    " and batch:TerminateJob on every resource, and events:PutTargets, events:PutRule and"
    " events:DescribeRule on rule/StepFunctionsGetEventsForBatchJobsRule.",
)

OTHERS_WITHOUT_RESOURCES: Final = (
    CLOUDWATCH_GET_METRIC_DATA,
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "dynamodb:ListTables",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeInstanceTypes",
    EC2_DESCRIBE_INSTANCES,
    EC2_DESCRIBE_NETWORK_INTERFACES,
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    EC2_DESCRIBE_SUBNETS,
    "ec2:DescribeTags",
    "ec2:DescribeVpcs",
    REGISTRY_LOGIN,
    "ecs:DiscoverPollEndpoint",
    "ecs:ListClusters",
    EVENTS_LIST_EVENT_BUSES,
    EVENTS_LIST_RULES,
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:StopQuery",
    "logs:UpdateLogDelivery",
    "pricing:GetProducts",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    SCHEDULER_LIST_SCHEDULES,
    "secretsmanager:GetRandomPassword",
    "secretsmanager:ListSecrets",
    "sqs:ListQueues",
    "ssm:DescribeParameters",
    *SESSION_CHANNELS,
    "states:ListStateMachines",
    "sts:DecodeAuthorizationMessage",
    "sts:GetCallerIdentity",
    "tag:GetResources",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    *TRACE_ACTIONS,
)
"""Actions of other services, met around jobs, that AWS knows no resources for."""

OTHERS_WITHOUT_RESOURCES_SOURCE: Final[Source] = docs(
    "service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    "Each service's page names the resource types of an action; these have none.",
)

NETWORK_OF_FUNCTIONS: Final = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda demands of the role of a function in a VPC: on all IDs, interfaces have none yet."""

NETWORK_OF_FUNCTIONS_SOURCE: Final[Source] = docs(
    "lambda/latest/dg/configuration-vpc.html",
    "A function in a VPC needs these of its execution role.",
)


def takes_everything(action: str) -> bool:
    """Tell whether an action of a policy goes with ``*`` as its resource only.

    Args:
        action: such as ``batch:DescribeJobs``, in any case, without a wildcard.
    """
    return action.lower() in _TAKE_EVERYTHING


_TAKE_EVERYTHING: Final = frozenset(
    one.lower()
    for one in (
        *(f"batch:{name}" for name, takes in ACTIONS.items() if not takes.kinds),
        *OTHERS_WITHOUT_RESOURCES,
    )
)


def submit_job_resources(*, queue: str, definition: str, jobs: str) -> list[str]:
    """Return all that a submission may be authorized against.

    Args:
        queue: the ARN of the job queue.
        definition: the ARN of the job definition without a revision; it may end with ``*``.
        jobs: the ARN ``…:job/*`` of the queue's account and Region: a job has no ID yet.
    """
    revisions = [] if definition.endswith("*") else [f"{definition}:*"]
    return [queue, definition, *revisions, jobs]
