"""Rules about references that give something else than what is wanted: a name for an ARN, a URL."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Severity
from batch_constructs.rules.old_limits import Limit, at
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
    ComputeEnvironment,
    JobDefinition,
    JobQueue,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import EVENT_RULE, SCHEDULE, submissions_from
from batch_constructs.rules.template.values import (
    Reference,
    Text,
    entries,
    listing,
    mapping,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "references"
_rule = partial(rule, area=AREA)
_ROLE: Final = "AWS::IAM::Role"


def _wants_arn(user: Resource, value: object) -> str | None:
    """Say that a value is the name of a role where its ARN is wanted."""
    role = user.neighbour(value, _ROLE)
    if role is not None and isinstance(value, Reference) and value.attribute is None:
        return f"Ref of {role.id} is the name of the role; its ARN is allowed"
    if isinstance(value, str) and value and not value.startswith("arn:"):
        return f'"{show(value)}" is no ARN of a role'
    return None


@_rule(
    "job-role-arn",
    JOB_DEFINITION,
    severity=Severity.INFO,
    title="role of a job given by its name",
    fix="use Fn::GetAtt with Arn",
    source="ContainerProperties.jobRoleArn, EcsTaskProperties.taskRoleArn:"
    ' "The Amazon Resource Name (ARN) of the IAM role"',
)
def job_role_arn(job: JobDefinition) -> Iterator[Fault]:
    """``Ref`` of a role gives its name, which works as long as the role has no path."""
    for task in job.tasks:
        if message := _wants_arn(job, task.properties.get(task.role_key)):
            yield f"{task.path}/{task.role_key}", message


@_rule(
    "execution-role-arn",
    JOB_DEFINITION,
    severity=Severity.WARNING,
    title="execution role given by its name",
    fix="use Fn::GetAtt with Arn",
    source="ContainerProperties.executionRoleArn, EcsTaskProperties.executionRoleArn:"
    ' "The Amazon Resource Name (ARN) of the execution role"',
)
def execution_role_arn(job: JobDefinition) -> Iterator[Fault]:
    """The field is documented as an ARN; ``Ref`` of a role gives its name."""
    for task in job.tasks:
        if message := _wants_arn(job, task.properties.get("ExecutionRoleArn")):
            yield f"{task.path}/ExecutionRoleArn", message


@_rule(
    "submitter-role-arn",
    (EVENT_RULE, SCHEDULE),
    title="role of a target given by its name",
    fix="use Fn::GetAtt with Arn",
    source="EventBridge Target.RoleArn: the Amazon Resource Name (ARN) of the IAM role",
)
def submitter_role_arn(source: Resource) -> Iterator[Fault]:
    """``Ref`` of a role gives its name."""
    if not submissions_from(source):
        return
    for path, target in _targets(source):
        if message := _wants_arn(source, target.get("RoleArn")):
            yield f"{path}/RoleArn", message


def _targets(source: Resource) -> Iterator[tuple[str, dict[str, object]]]:
    if source.type == SCHEDULE:
        yield "Target", dict(mapping(source.properties, "Target"))
    for position, target in entries(source.properties, "Targets"):
        yield f"Targets/{position}", dict(target)


_REF_IS_NO_ARN: Final = {"AWS::SQS::Queue": "its URL", "AWS::Lambda::Function": "its name"}


@_rule(
    "target-arn",
    (EVENT_RULE, SCHEDULE, "AWS::Lambda::EventSourceMapping"),
    title="target that is not given by its ARN",
    fix="use Fn::GetAtt with Arn",
    source="EventBridge Target.Arn, DeadLetterConfig.Arn, Lambda"
    " EventSourceMapping.EventSourceArn: the ARN",
)
def target_arn(source: Resource) -> Iterator[Fault]:
    """``Ref`` of an SQS queue gives its URL, ``Ref`` of a function its name."""
    values = [("EventSourceArn", source.properties.get("EventSourceArn"))]
    for path, target in _targets(source):
        values.append((f"{path}/Arn", target.get("Arn")))
        dead_letters = mapping(target, "DeadLetterConfig").get("Arn")
        values.append((f"{path}/DeadLetterConfig/Arn", dead_letters))
    for path, value in values:
        found = source.neighbour(value)
        bare = isinstance(value, Reference) and value.attribute is None
        if found is not None and bare and found.type in _REF_IS_NO_ARN:
            yield path, f"Ref of {found.id} is {_REF_IS_NO_ARN[found.type]}; the ARN is allowed"


@_rule(
    "file-system-reference",
    JOB_DEFINITION,
    title="file system or access point given by its ARN",
    fix="use Ref, which is the ID",
    source='EFSVolumeConfiguration.fileSystemId: "The Amazon EFS file system ID to use.";'
    " EFSAuthorizationConfig.accessPointId",
)
def file_system_reference(job: JobDefinition) -> Iterator[Fault]:
    """Batch wants IDs here."""
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            efs = mapping(volume, "EfsVolumeConfiguration")
            path = f"{task.path}/Volumes/{position}/EfsVolumeConfiguration"
            point = mapping(efs, "AuthorizationConfig").get("AccessPointId")
            for where, value in (
                (f"{path}/FileSystemId", efs.get("FileSystemId")),
                (f"{path}/AuthorizationConfig/AccessPointId", point),
            ):
                if isinstance(value, Reference) and value.attribute == "Arn":
                    yield where, f"the ARN of {value.target} is given; its ID is allowed"


@_rule(
    "log-group-reference",
    JOB_DEFINITION,
    title="log group given by its ARN",
    fix="use Ref, which is the name",
    source="LogConfiguration.options: awslogs-group is the name of the log group",
)
def log_group_reference(job: JobDefinition) -> Iterator[Fault]:
    """The log driver wants a name."""
    for container in job.containers:
        options = mapping(mapping(container.properties, "LogConfiguration"), "Options")
        value = options.get("awslogs-group")
        arn = isinstance(value, Reference) and value.attribute == "Arn"
        if arn or (isinstance(value, str) and value.startswith("arn:")):
            path = f"{container.path}/LogConfiguration/Options/awslogs-group"
            yield path, "the log group is given by its ARN; its name is allowed"


@_rule(
    "launch-template-ref",
    COMPUTE_ENVIRONMENT,
    title="launch template ID where its name belongs",
    fix="give LaunchTemplateId",
    source="LaunchTemplateSpecification.launchTemplateName: the name of the launch template",
)
def launch_template_ref(environment: ComputeEnvironment) -> Iterator[Fault]:
    """``Ref`` of a launch template gives its ID."""
    launch = mapping(environment.resources, "LaunchTemplate")
    value = launch.get("LaunchTemplateName")
    template = environment.neighbour(value, "AWS::EC2::LaunchTemplate")
    if template is not None and isinstance(value, Reference) and value.attribute is None:
        yield (
            "ComputeResources/LaunchTemplate/LaunchTemplateName",
            f"Ref of {template.id} is its ID; the name is allowed",
        )


Limit(
    id="scheduling-policy-arn",
    subject=JOB_QUEUE,
    area=AREA,
    where=at(""),
    key="SchedulingPolicyArn",
    noun="the scheduling policy",
    title="scheduling policy given by something else than its ARN",
    source='CreateJobQueueRequest.schedulingPolicyArn: "The format is'
    ' aws:Partition:batch:Region:Account:scheduling-policy/Name"',
    why="Not its name.",
).matching(r"arn:.*:scheduling-policy/.+", "an ARN such as arn:aws:batch:…:scheduling-policy/name")

_NOT_LOOKED_UP: Final = ("p-12345", "p-67890", "s-12345", "s-67890")
"""What the CDK's ``Vpc.from_lookup`` writes until its CLI has looked."""

for _key, _id, _prefix, _noun, _member in (
    ("Subnets", "subnet-id", "subnet-", "subnet", "subnets"),
    ("SecurityGroupIds", "security-group-id", "sg-", "security group", "securityGroupIds"),
):

    @_rule(
        _id,
        COMPUTE_ENVIRONMENT,
        title=f"{_noun} that is not given by its ID",
        fix=f"give the ID, which begins with {_prefix}",
        source=f"ComputeResource.{_member}: IDs",
    )
    def _ids(
        environment: ComputeEnvironment,
        key: str = _key,
        prefix: str = _prefix,
        noun: str = _noun,
    ) -> Iterator[Fault]:
        """Names and ARNs are refused."""
        for position, value in enumerate(listing(environment.resources, key) or ()):
            if isinstance(value, str) and not value.startswith((prefix, *_NOT_LOOKED_UP)):
                yield (
                    f"ComputeResources/{key}/{position}",
                    f'the {noun} is "{show(value)}"; IDs that begin with {prefix} are allowed',
                )


Limit(
    id="image-id",
    subject=COMPUTE_ENVIRONMENT,
    area=AREA,
    where=at("ComputeResources"),
    key="ImageId",
    noun="the image",
    title="image that is not given by its ID",
    source='ComputeResource.imageId: "The Amazon Machine Image (AMI) ID"',
    why="Not its name, and no Parameter Store path.",
).matching(r"ami-.+", "an ID such as ami-0123456789abcdef0")


@_rule(
    "environment-by-name",
    JOB_QUEUE,
    severity=Severity.WARNING,
    title="environment of the template given by its name",
    fix="use Ref of the compute environment",
    source="ComputeEnvironmentOrder.computeEnvironment; CloudFormation orders resources by their"
    " references;"
    ' CreateJobQueueRequest.computeEnvironmentOrder: "Compute environments must be in the VALID'
    ' state"',
)
def environment_by_name(queue: JobQueue) -> Iterator[Fault]:
    """CloudFormation may make the queue before the environment, and fails."""
    waits = queue.template.raw(queue.id).get("DependsOn")
    for position, entry in queue.order:
        value = entry.get("ComputeEnvironment")
        if not isinstance(value, str | Text):
            continue
        for environment in queue.environments:
            name = text(environment.properties, "ComputeEnvironmentName")
            written = value if isinstance(value, str) else value.pattern
            mine = name is not None and written.rpartition("/")[2] == name
            if mine and environment.id not in (waits if isinstance(waits, list) else [waits]):
                yield (
                    f"ComputeEnvironmentOrder/{position}/ComputeEnvironment",
                    f"{environment.id} is given by its name, so the queue does not wait for it",
                )
