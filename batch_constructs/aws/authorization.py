"""What each action of AWS Batch is authorized against, and the ARNs of what it is about.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbatch.html

Where AWS's pages disagree about ``SubmitJob`` (see `SUBMIT_JOB_SOURCES`), grants cover all that any
of them asks for (`submit_job_resources`), and the embedded AWS asks for all of it.
"""

from __future__ import annotations

from typing import Final

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
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import REGISTRY_LOGIN
from batch_constructs.aws.source import Source, docs, guide, seen

POLICY_VERSION: Final = "2012-10-17"
"""The version of the language that policies are written in."""

POLICY_VERSION_SOURCE: Final[Source] = docs(
    "IAM/latest/UserGuide/reference_policies_elements_version.html",
    "2012-10-17: the current version of the policy language; variables such as ${aws:username} are"
    " plain text without it.",
)

SUBMIT: Final = "batch:SubmitJob"
TAG: Final = "batch:TagResource"
"""What whoever submits a job is allowed, which is tagged as it is submitted."""

EVERYTHING: Final = "*"
"""The resource of an action that AWS knows no resources for."""

RESOURCE_FORMS: Final = {
    "compute-environment": "compute-environment/${ComputeEnvironmentName}",
    "consumable-resource": "consumable-resource/${ConsumableResourceName}",
    "job": "job/${JobId}",
    "job-definition": "job-definition/${JobDefinitionName}",
    "job-definition-revision": "job-definition/${JobDefinitionName}:${Revision}",
    "job-queue": "job-queue/${JobQueueName}",
    "quota-share": "job-queue/${JobQueueName}/quota-share/${QuotaShareName}",
    "scheduling-policy": "scheduling-policy/${SchedulingPolicyName}",
    "service-environment": "service-environment/${ServiceEnvironmentName}",
    "service-job": "service-job/${JobId}",
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
    optional=tuple(kind for kind in RESOURCE_FORMS if kind != "job-definition")
)


def _on(*required: str) -> Authorization:
    return Authorization(required)


_EKS_IMAGE: Final = "batch:EKSImage"
_EKS_NAMESPACE: Final = "batch:EKSNamespace"
_PRIORITY: Final = "batch:SchedulingPriority"
_SHARE: Final = "batch:ShareIdentifier"

ACTIONS: Final = {
    "CancelJob": _on("job"),
    "CreateComputeEnvironment": _on("compute-environment"),
    "CreateConsumableResource": _on("consumable-resource"),
    "CreateJobQueue": Authorization(
        ("job-queue",), ("compute-environment", "scheduling-policy", "service-environment")
    ),
    "CreateQuotaShare": _on("job-queue", "quota-share"),
    "CreateSchedulingPolicy": _on("scheduling-policy"),
    "CreateServiceEnvironment": _on("service-environment"),
    "DeleteComputeEnvironment": _on("compute-environment"),
    "DeleteConsumableResource": _on("consumable-resource"),
    "DeleteJobQueue": _on("job-queue"),
    "DeleteQuotaShare": _on("quota-share"),
    "DeleteSchedulingPolicy": _on("scheduling-policy"),
    "DeleteServiceEnvironment": _on("service-environment"),
    "DeregisterJobDefinition": _on("job-definition-revision"),
    "DescribeComputeEnvironments": Authorization(),
    "DescribeConsumableResource": _on("consumable-resource"),
    "DescribeJobDefinitions": Authorization(),
    "DescribeJobQueues": Authorization(),
    "DescribeJobs": Authorization(),
    "DescribeQuotaShare": _on("quota-share"),
    "DescribeSchedulingPolicies": Authorization(),
    "DescribeServiceEnvironments": Authorization(),
    "DescribeServiceJob": Authorization(),
    "GetJobQueueSnapshot": _on("job-queue"),
    "ListConsumableResources": Authorization(),
    "ListJobs": Authorization(),
    "ListJobsByConsumableResource": _on("consumable-resource"),
    "ListQuotaShares": _on("job-queue"),
    "ListSchedulingPolicies": Authorization(),
    "ListServiceJobs": Authorization(),
    "ListTagsForResource": _TAGGED,
    "RegisterJobDefinition": Authorization(
        ("job-definition",),
        ("consumable-resource",),
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
    "SetCapacityTags": _on("compute-environment"),
    "SubmitJob": Authorization(
        ("job", "job-queue"),
        ("consumable-resource", "job-definition", "job-definition-revision"),
        (_EKS_IMAGE, _EKS_NAMESPACE, _SHARE),
    ),
    "SubmitServiceJob": Authorization(
        ("job-queue", "service-job"),
        ("quota-share",),
        (_PRIORITY, _SHARE),
    ),
    "TagResource": _TAGGED,
    "TerminateJob": _on("job"),
    "TerminateServiceJob": _on("service-job"),
    "UntagResource": _TAGGED,
    "UpdateComputeEnvironment": _on("compute-environment"),
    "UpdateConsumableResource": _on("consumable-resource"),
    "UpdateJobQueue": Authorization(("job-queue",), ("compute-environment", "scheduling-policy")),
    "UpdateQuotaShare": _on("quota-share"),
    "UpdateSchedulingPolicy": _on("scheduling-policy"),
    "UpdateServiceEnvironment": _on("service-environment"),
    "UpdateServiceJob": Authorization(("service-job",), (), (_PRIORITY,)),
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
    "CancelJobs": "CancelJob",
    "TerminateJobs": "TerminateJob",
    "TerminateServiceJobs": "TerminateServiceJob",
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
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
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
"""What Lambda demands on ``*`` of the role of a function in a VPC: interfaces have no ID yet."""

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
        *NETWORK_OF_FUNCTIONS,
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
