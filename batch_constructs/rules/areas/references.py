"""Rules about references that give something else than what is wanted: a name for an ARN, a URL."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.source import api, docs
from batch_constructs.rules.findings import Severity
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
from batch_constructs.rules.template.submitted_jobs import EVENT_RULE, SCHEDULE
from batch_constructs.rules.template.values import (
    Reference,
    Text,
    entries,
    mapping,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "references"
_rule = partial(rule, area=AREA)


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
    source=docs(
        "eventbridge/latest/APIReference/API_Target.html",
        "Arn: the Amazon Resource Name (ARN) of the target; so are the Arn of DeadLetterConfig and"
        " the EventSourceArn of an event source mapping.",
    ),
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
    source=api("EFSVolumeConfiguration.fileSystemId", '"The Amazon EFS file system ID to use."'),
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
    source=api("LogConfiguration.options", "awslogs-group is the name of the log group."),
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
    source=api(
        "LaunchTemplateSpecification.launchTemplateName", '"The name of the launch template."'
    ),
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


@_rule(
    "environment-by-name",
    JOB_QUEUE,
    severity=Severity.WARNING,
    title="environment of the template given by its name",
    fix="use Ref of the compute environment",
    source=api(
        "CreateJobQueueRequest.computeEnvironmentOrder",
        '"Compute environments must be in the VALID state before you can associate them with a job'
        ' queue." CloudFormation orders resources by their references.',
    ),
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
            mine = written.rpartition("/")[2] == name
            if mine and environment.id not in (waits if isinstance(waits, list) else [waits]):
                yield (
                    f"ComputeEnvironmentOrder/{position}/ComputeEnvironment",
                    f"{environment.id} is given by its name, so the queue does not wait for it",
                )
