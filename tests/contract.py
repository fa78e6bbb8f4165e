"""What every parameter of every construct makes of the values that people give: the contract."""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from tests.constructors import Given
from tests.reached import UNREADABLE, invalid, written
from tests.value_objects import holding, right_fields

ACCOUNT = "123456789012"
ELSEWHERE = f"arn:aws:batch:eu-west-1:{ACCOUNT}"
KINDS = (
    "token",
    "token within",
    "token as an object",
    "look-up",
    "another Region",
    "L1",
    "L2",
    "value of the CDK",
    "None",
    "NaN",
    "wrong type",
)
"""The columns."""

UNKNOWN_YET = ("token", "token within", "token as an object", "look-up")
"""What is known later than the template is written, so that it has to stand there."""

DECIDES_NOTHING = {
    ("look-up", one): "the CDK refuses the name that the first pass makes up, so it is left out"
    for one in ("JobNotifications.rule_name", "Workflow.state_machine_name")
} | {("look-up", "CostAndUsageExport.tags"): "they stand in an output, not in a resource"}
"""What is taken and stands nowhere in the template, and why that is right."""

NEVER_TAKEN = ("another Region", "NaN", "wrong type")
"""What no parameter takes without a word."""

WORKS_ELSEWHERE = {
    ("another Region", "log_group"),
    ("another Region", "CostAndUsageExport.bucket"),
    ("another Region", "OverviewDashboard.queues"),
    ("another Region", "S3FilesVolume.bucket"),
    ("another Region", "S3MountVolume.bucket"),
}
"""What AWS reaches in another Region: log groups, metrics, and the objects of a bucket."""

INSTEAD_OF: dict[str, tuple[str, ...]] = {"organizational_units": ("accounts",)}
"""Parameter → what is left out where it is given."""

VALUE_OBJECTS = [
    name
    for name in bc.__all__
    if is_dataclass(getattr(bc, name))
    and name not in {"JobSize", "WatchedDelivery", "WatchedFunction"}
]
"""What constructs take; a ``JobSize`` is taken by a function, what is watched is made."""

_NUMBERS = itertools.count()
_WRITTEN_AT_SYNTHESIS = {("token within", "tags")}
"""What aspects write, and no property shows before."""

_MADE_UP = "dummy-value-for-/"


@dataclass(frozen=True)
class Answer:
    """What a constructor said to one value: nothing, or why not."""

    construct: str
    parameter: str
    kind: str
    refusal: str | None
    problem: str | None

    @property
    def told(self) -> str:
        """What the page says of it."""
        if self.problem is not None:
            return "!"
        if self.refusal is not None:
            return "*refuses*"
        why = DECIDES_NOTHING.get((self.kind, f"{self.construct}.{self.parameter}"))
        return "**takes**" if why is None else f"**takes**, decides nothing: {why}"


class World:
    """A stack of a known place, with all that can be given."""

    def __init__(self) -> None:
        app = cdk.App(builtin_cloud_formation_validation=False)
        place = cdk.Environment(account=ACCOUNT, region="us-east-1")
        self.stack = stack = cdk.Stack(app, "Stack", env=place)
        self.given = given = Given(stack)
        self.later = ""
        self._answers: dict[str, list[Answer]] = {}
        self._wrong = ec2.Port.tcp(1)
        arn = given.environment.compute_environment_arn
        theirs = batch.FargateComputeEnvironment(stack, "TheirEnvironment", vpc=given.vpc)
        ordered = batch.OrderedComputeEnvironment(compute_environment=theirs, order=1)
        order = [{"computeEnvironment": arn, "order": 1}]
        container = batch.EcsFargateContainerDefinition(
            stack,
            "TheirContainer",
            image=ecs.ContainerImage.from_registry("busybox"),
            cpu=1,
            memory=cdk.Size.gibibytes(2),
        )
        self.l1: dict[str, Any] = {
            "queue": batch.CfnJobQueue(
                stack, "L1Queue", compute_environment_order=order, priority=1
            ),
            "job_definition": given.definition.resource,
            "compute_environment": given.environment.resource,
            "scheduling_policy": batch.CfnSchedulingPolicy(stack, "L1Policy"),
            "service_environment": given.service_environment.resource,
            "role": iam.CfnRole(stack, "L1Role", assume_role_policy_document={}),
            "topic": sns.CfnTopic(stack, "L1Topic"),
            "key": kms.CfnKey(stack, "L1Key"),
            "bucket": s3.CfnBucket(stack, "L1Bucket"),
            "dead_letter_queue": sqs.CfnQueue(stack, "L1Letters"),
            "vpc": ec2.CfnVPC(stack, "L1Vpc", cidr_block="10.0.0.0/16"),
        }
        self.l2: dict[str, Any] = {
            "queue": batch.JobQueue(stack, "L2Queue", compute_environments=[ordered]),
            "job_definition": batch.EcsJobDefinition(stack, "L2Job", container=container),
            "compute_environment": theirs,
            "scheduling_policy": batch.FairshareSchedulingPolicy(stack, "L2Policy"),
            "role": given.role,
            "topic": given.topic,
            "key": given.key,
            "bucket": given.bucket,
            "dead_letter_queue": given.messages,
            "vpc": given.vpc,
        }
        self.elsewhere: dict[str, Any] = {
            "queue": bc.JobQueue.from_job_queue_arn(
                stack, "OtherQueue", f"{ELSEWHERE}:job-queue/a"
            ),
            "job_definition": bc.JobDefinition.from_job_definition_arn(
                stack, "OtherJob", f"{ELSEWHERE}:job-definition/a:1"
            ),
            "compute_environment": bc.ComputeEnvironment.from_compute_environment_arn(
                stack, "OtherEnvironment", f"{ELSEWHERE}:compute-environment/a"
            ),
            "scheduling_policy": bc.SchedulingPolicy.from_scheduling_policy_arn(
                stack, "OtherPolicy", f"{ELSEWHERE}:scheduling-policy/a"
            ),
            "service_environment": bc.ServiceEnvironment.from_service_environment_arn(
                stack, "OtherService", f"{ELSEWHERE}:service-environment/a"
            ),
            "bucket": s3.Bucket.from_bucket_attributes(
                stack, "OtherBucket", bucket_name="there", region="eu-west-1"
            ),
            "topic": sns.Topic.from_topic_arn(stack, "OtherTopic", _there("sns", "topic")),
            "dead_letter_queue": sqs.Queue.from_queue_arn(
                stack, "OtherLetters", _there("sqs", "letters")
            ),
            "key": kms.Key.from_key_arn(stack, "OtherKey", _there("kms", f"key/{'0' * 36}")),
            "event_bus": events.EventBus.from_event_bus_arn(
                stack, "OtherBus", _there("events", "event-bus/a")
            ),
            "log_group": logs.LogGroup.from_log_group_arn(
                stack, "OtherLogs", _there("logs", "log-group:a:*")
            ),
            "cluster": _there("eks", "cluster/a"),
            **_of_a_stack_there(app),
            "schedule_group": scheduler.ScheduleGroup.from_schedule_group_arn(
                stack, "OtherGroup", _there("scheduler", "schedule-group/a")
            ),
        }
        self.values: dict[str, Any] = {
            "ulimits": [batch.Ulimit(name=batch.UlimitName.NOFILE, hard_limit=2, soft_limit=1)],
            "devices": [batch.Device(host_path="/dev/fuse")],
            "tmpfs": [batch.Tmpfs(container_path="/a", size=cdk.Size.mebibytes(64))],
            "volumes": [batch.EcsVolume.host(name="a", container_path="/a")],
            "shares": [batch.Share(share_identifier="team", weight_factor=1)],
            "cpu_architecture": ecs.CpuArchitecture.X86_64,
            "operating_system_family": ecs.OperatingSystemFamily.LINUX,
            "platform_version": ecs.FargatePlatformVersion.VERSION1_4,
            "image": ecs.ContainerImage.from_registry("busybox"),
            "secrets": {"A": ecs.Secret.from_secrets_manager(given.secret)},
            "retry_policy": batch.RetryStrategy.of(
                batch.Action.RETRY, batch.Reason.SPOT_INSTANCE_RECLAIMED
            ),
            "time_zone": cdk.TimeZone.EUROPE_BERLIN,
            "schedule": events.Schedule.rate(cdk.Duration.days(1)),
            "dns_policy": batch.DnsPolicy.DEFAULT,
            "image_pull_policy": batch.ImagePullPolicy.ALWAYS,
            "medium": batch.EmptyDirMediumType.MEMORY,
            "pid_mode": ecs.PidMode.TASK,
            "volume_type": ec2.EbsDeviceVolumeType.GP3,
            "time_limits": [
                batch.JobStateTimeLimitAction(
                    reason=batch.JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT,
                    max_time=cdk.Duration.hours(1),
                )
            ],
            "reason": batch.JobStateTimeLimitActionsReason.JOB_RESOURCE_REQUIREMENT,
            "allocation_strategy": batch.AllocationStrategy.BEST_FIT,
            "instance_types": [ec2.InstanceType("m5.large"), ec2.InstanceClass.C5],
            "images": [batch.EcsMachineImage(image_type=batch.EcsMachineImageType.ECS_AL2023)],
        }

    def values_of(self, parameter: str, annotation: str) -> Iterator[tuple[str, Any]]:
        """Give a value of each kind that there is for a parameter."""
        listed = "Sequence" in annotation
        for kind, make in known_later(annotation):
            if (kind, parameter) in _WRITTEN_AT_SYNTHESIS:
                continue
            self.later = f"Later{next(_NUMBERS)}"
            yield kind, make(self.later)
        noun = _noun(parameter)
        for kind, known in (
            ("another Region", self.elsewhere),
            ("L1", self.l1),
            ("L2", self.l2),
        ):
            if noun in known:
                yield kind, [known[noun]] if listed else known[noun]
        if parameter in self.values:
            yield "value of the CDK", self.values[parameter]
        yield "None", None
        yield "NaN", math.nan
        yield "wrong type", self._wrong

    def answers(self, name: str) -> list[Answer]:
        """Give each value to each parameter of a construct, or field of a value object, once."""
        if name not in self._answers:
            self._answers[name] = list(self._asked(name))
        return self._answers[name]

    def _asked(self, name: str) -> Iterator[Answer]:
        kind = getattr(bc, name)
        parameters = list(inspect.signature(kind).parameters.items())
        if name not in VALUE_OBJECTS:
            parameters = parameters[2:]
        for parameter, it in parameters:
            without = INSTEAD_OF.get(parameter, ())
            for what, value in self.values_of(parameter, str(it.annotation)):
                right = self._right(name)  # anew: a cluster has one namespace of a name
                others = {key: held for key, held in right.items() if key not in without}
                refusal = problem = None
                try:
                    self.make(kind, {**others, parameter: value})
                except (TypeError, ValueError) as error:
                    refusal = str(error)
                    problem = wrong_with(refusal)
                except BaseException as error:  # noqa: BLE001  # of whatever kind: none is right
                    problem = f"{type(error).__name__}: {error}"
                else:
                    here = {(what, parameter), (what, f"{name}.{parameter}")}
                    if what in NEVER_TAKEN and not here & WORKS_ELSEWHERE:
                        problem = "taken without a word"
                    elif what in UNKNOWN_YET:
                        why = DECIDES_NOTHING.get((what, f"{name}.{parameter}"))
                        problem = self._passed_over(what, self.later, decides=why is None)
                self.stack.node.try_remove_child("X")
                yield Answer(name, parameter, what, refusal, problem)

    def _right(self, name: str) -> dict[str, Any]:
        if name in VALUE_OBJECTS:
            return right_fields(name, self.given)
        return self.given.arguments(name)

    def make(self, kind: Any, arguments: Mapping[str, Any]) -> None:
        """Make a construct, or one that takes a value object."""
        name = str(kind.__name__)
        made = arguments
        if name in VALUE_OBJECTS:
            name, made = holding(name, kind(**arguments), self.given)
        getattr(bc, name)(self.stack, "X", **made)

    def _passed_over(self, kind: str, name: str, *, decides: bool) -> str | None:
        """Say what is wrong with what was made of a value that is known later."""
        below = self.stack.node.find_child("X")
        if kind == "look-up" and (problems := invalid(below)):
            return f"the first pass of look-ups ends in: {problems[0]}"
        try:
            text = written(self.stack, below)
            if name not in text:
                text = written(self.stack, self.stack)
        except RuntimeError as error:
            return str(error)
        if unreadable := UNREADABLE.search(text):
            return f"{unreadable[0]!r} stands in the template"
        if decides is (name in text):
            return None
        where = "nowhere in" if decides else "against what is said of it, in"
        return f"taken without a word, and {where} the template"


def table(answers: Iterable[Answer]) -> str:
    """Write what was answered of one construct: a row a parameter, a column a kind."""
    rows: dict[str, dict[str, str]] = {}
    for one in answers:
        rows.setdefault(one.parameter, {})[one.kind] = one.told
    head = f"| parameter | {' | '.join(KINDS)} |\n" + "|---" * (len(KINDS) + 1) + "|\n"
    return head + "".join(
        f"| `{parameter}` | {' | '.join(told.get(kind, '') for kind in KINDS)} |\n"
        for parameter, told in rows.items()
    )


def known_later(annotation: str) -> Iterator[tuple[str, Callable[[str], Any]]]:
    """Give what makes a value of which a template shows a name, by its kind."""
    numeric = any(kind in annotation for kind in ("int", "float", "WholeNumber"))
    listed = "Sequence" in annotation
    if numeric:
        yield "token", lambda name: cdk.Token.as_number(cdk.Fn.ref(name))
    elif listed:
        yield "token", lambda name: cdk.Token.as_list(cdk.Fn.ref(name))
    else:
        yield "token", cdk.Fn.ref
    if "Mapping[str, str]" in annotation:
        yield "token within", lambda name: {"a": cdk.Fn.ref(name)}
    elif listed and "str" in annotation:
        yield "token within", lambda name: [cdk.Fn.ref(name)]
    yield "token as an object", lambda name: cdk.Token.as_any(cdk.Fn.ref(name))
    if "str" in annotation:
        yield "look-up", lambda name: [_MADE_UP + name] if listed else _MADE_UP + name


def _of_a_stack_there(app: cdk.App) -> dict[str, Any]:
    """Make what has no Region in its name, in a stack of another one."""
    there = cdk.Stack(app, "There", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"))
    vpc = ec2.Vpc(there, "Vpc", max_azs=1, nat_gateways=0)
    return {
        "vpc": vpc,
        "vpc_subnet": ec2.SubnetSelection(subnets=vpc.public_subnets),
        "security_group": ec2.SecurityGroup(there, "Group", vpc=vpc),
        "launch_template": ec2.LaunchTemplate(there, "Template"),
        "placement_group": ec2.PlacementGroup(there, "Together"),
    }


def _there(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-west-1:{ACCOUNT}:{resource}"


_NOUNS = {
    "rescue_queue": "queue",
    "spot_rescue_queue": "queue",
    "log_encryption_key": "key",
    "encryption_key": "key",
    "alarm_topic": "topic",
    "service_environments": "service_environment",
    "spot_rescue_job_definitions": "job_definition",
}
_UNREADABLE = re.compile(
    r"\n|Token\[|jsii\.|InterfaceDynamicProxy|type of argument|e\+2\d\d|already a Construct"
)


def _noun(parameter: str) -> str:
    """Name what a parameter takes one or several of."""
    if parameter.endswith("_role"):
        return "role"
    return _NOUNS.get(parameter, parameter.removesuffix("s"))


def wrong_with(refusal: str, path: str = "Stack/X: ") -> str | None:
    """Say what is wrong with a refusal: it is one line, with the path, that people can read."""
    if not refusal.startswith(path):
        return f"without the path: {refusal}"
    unreadable = _UNREADABLE.search(refusal)
    return None if unreadable is None else f"{unreadable[0]!r} in: {refusal}"
