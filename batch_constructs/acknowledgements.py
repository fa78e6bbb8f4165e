"""What cdk-nag and checkov find in resources of this library and is meant so, with the reason.

checkov reads a template, so it is told in the metadata of resources, written as ``app.synth()``
begins. cdk-nag reads the construct tree: where an app has one of its packs, it is told while the
app is synthesised.

https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import managed_policies
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.actions import KMS_GENERATE_DATA_KEY_ANY, KMS_RE_ENCRYPT_ANY
from batch_constructs.aws.authorization import takes_everything
from batch_constructs.aws.names import every
from batch_constructs.jsii_objects import has_member
from batch_constructs.rules.template.iam_roles import several

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from aws_cdk import CfnResource, Stack
    from aws_cdk.aws_iam import IGrantable
    from aws_cdk.aws_kms import IKey
    from constructs import IConstruct

    from batch_constructs.one_call import Made

_LIKE_EACH_OTHER: Final = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")
_SOLUTIONS: Final = "AwsSolutions"


@dataclass(frozen=True, slots=True)
class Meant:
    """A finding that is meant so.

    Attributes:
        reason: why.
        nag: its names in the packs of laws and standards, which share them.
        solutions: its name in AwsSolutions.
        checkov: its number.
        unless: the property with which it is not found at all.
    """

    reason: str
    nag: tuple[str, ...] = ()
    solutions: str | None = None
    checkov: str | None = None
    unless: str | None = None


MEANT: Final[Mapping[str, tuple[Meant, ...]]] = {
    "AWS::Logs::LogGroup": (
        Meant(
            "CloudWatch Logs encrypts it with its own key; you can pass a key of yours.",
            nag=("CloudWatchLogGroupEncrypted",),
            checkov="CKV_AWS_158",
            unless="KmsKeyId",
        ),
    ),
    "AWS::Lambda::Function": (
        Meant(
            "It uses what the account has left; FunctionSettings reserves concurrency.",
            nag=("LambdaConcurrency",),
            checkov="CKV_AWS_115",
            unless="ReservedConcurrentExecutions",
        ),
        Meant(
            "It only calls AWS's services; FunctionSettings puts it into a VPC.",
            nag=("LambdaInsideVPC",),
            checkov="CKV_AWS_117",
            unless="VpcConfig",
        ),
        Meant(
            "What it cannot process goes to the dead-letter queue of its on-failure destination, "
            "or back to the queue or the deployment that called it.",
            nag=("LambdaDLQ",),
            checkov="CKV_AWS_116",
        ),
        Meant(
            "Its variables contain no secret and are encrypted with Lambda's key; "
            "FunctionSettings can set a key of yours.",
            checkov="CKV_AWS_173",
            unless="KmsKeyArn",
        ),
    ),
    "AWS::DynamoDB::Table": (
        Meant(
            "Its entries expire after two weeks, and nothing is lost with them; FunctionSettings "
            "can turn on point-in-time recovery.",
            nag=("DynamoDBPITREnabled",),
            solutions="DDB3",
            checkov="CKV_AWS_28",
            unless="PointInTimeRecoverySpecification",
        ),
        Meant(
            "Its entries expire, and a backup would outlive them.", nag=("DynamoDBInBackupPlan",)
        ),
        Meant(
            "DynamoDB encrypts it with its own key; FunctionSettings can set a key of yours.",
            checkov="CKV_AWS_119",
            unless="SSESpecification",
        ),
    ),
    "AWS::SQS::Queue": (
        Meant("It is a dead-letter queue itself.", solutions="SQS3", unless="RedrivePolicy"),
        Meant("SQS encrypts it with its own key.", checkov="CKV_AWS_27", unless="KmsMasterKeyId"),
    ),
    "AWS::S3::Bucket": (
        Meant(
            "This library writes its objects, and AWS's services and jobs read them; "
            "CloudTrail's data events record who does, if you turn them on.",
            nag=("S3BucketLoggingEnabled",),
            solutions="S1",
            checkov="CKV_AWS_18",
        ),
        Meant(
            "Each object is written once and never changed.",
            nag=("S3BucketVersioningEnabled", "S3BucketDefaultLockEnabled"),
            checkov="CKV_AWS_21",
            unless="VersioningConfiguration",
        ),
        Meant(
            "Its content is only useful in this Region, and expires.",
            nag=("S3BucketReplicationEnabled",),
        ),
        Meant(
            "S3 encrypts it with its own key; you can pass a key of yours.",
            nag=("S3DefaultEncryptionKMS",),
        ),
    ),
    "AWS::CloudTrail::Trail": (
        Meant(
            "EventBridge writes the calls to AWS Batch to a log group; calls to other services "
            "are not watched here.",
            nag=("CloudTrailCloudWatchLogsEnabled",),
        ),
        Meant("It is in the Region whose jobs are watched.", checkov="CKV_AWS_67"),
    ),
    "AWS::CloudWatch::Alarm": (
        Meant(
            "It is visible in the console and on dashboards; pass an alarm_topic to be notified.",
            nag=("CloudWatchAlarmAction",),
            unless="AlarmActions",
        ),
    ),
    "AWS::StepFunctions::StateMachine": (
        Meant(
            "It logs its errors; a log of all its events would contain the input of jobs.",
            solutions="SF1",
        ),
    ),
    "AWS::IAM::Role": (
        Meant(
            "Its permissions are for this role only, and are deleted with it.",
            nag=("IAMNoInlinePolicy",),
        ),
    ),
    "AWS::IAM::Policy": (
        Meant(
            "Its permissions are only for the role next to it, and are deleted with it.",
            nag=("IAMNoInlinePolicy",),
        ),
    ),
}
"""Type of a resource → what is meant so in those of this library."""

_MANAGED: Final = {
    managed_policies.ECS_INSTANCE: "AWS Batch requires it for its instances",
    managed_policies.BATCH_SERVICE: "AWS Batch requires it for its service role",
    managed_policies.SPOT_FLEET: "AWS Batch requires it for a Spot Fleet role",
    managed_policies.MANAGED_INSTANCE: "Amazon ECS requires it for its instances",
    managed_policies.MANAGED_INFRASTRUCTURE: "Amazon ECS requires it to launch instances",
    **dict.fromkeys(managed_policies.EKS_NODE, "Amazon EKS requires it for its nodes"),
}
"""AWS's managed policy → why it is there."""

_KEY_GRANTS: Final = frozenset({KMS_GENERATE_DATA_KEY_ANY, KMS_RE_ENCRYPT_ANY})

_ENDINGS: Final = (
    (rf":{every('job', '[*]')}$", "A job has no ID before it is submitted."),
    (
        rf":{every(kinds.SERVICE_JOB, '[*]')}$",
        "A service job has no ID before it is submitted.",
    ),
    (rf"/{kinds.QUOTA_SHARE}/\*$", "Whoever can submit to a queue can choose any of its shares."),
    (
        rf":{every(kinds.JOB_DEFINITION, '[^:/]*')}[*]$",
        (
            "An engine chooses the names that it registers, and a rescue submits whichever job "
            "lost its host."
        ),
    ),
    (r":(task|container-instance)/\*$", "AWS Batch chooses the clusters, and Amazon ECS the IDs."),
    (
        r":access-entry/[^/]+/role/.+/\*$",
        "The ARN of an access entry ends with an ID that EKS chooses.",
    ),
    (r":instance/\*$", "An instance has no ID before it is launched."),
    (
        rf":({every('rule', '[*]')}|{every('schedule', '[*]')})$",
        "Any rule and any schedule can use a revision, and all are read before it is retired.",
    ),
    (r":cluster/\*_Batch_\*$", "AWS Batch names its clusters in this form."),
    (r":cluster/AWSBatch-\*$", "AWS Batch begins the names of its clusters like this."),
    (r"(>|:::[^:/]+)/[^:]*\*$", "The objects below one prefix of one bucket."),
    (r"(>|:log-stream):\*$", "The streams of one log group: their names are the service's."),
    (r":ec2:.+:\*/\*$", "The network interfaces of a function have no ID yet."),
    (r":ec2:.+:\*:(security-group|subnet)/\*$", "Another account may share its VPC."),
    (
        r":ecr:\*:\*:repository[^*]*$",
        "Only the deployment knows the repository, its account and its Region.",
    ),
    (r":\*$", "Every revision of one job definition."),
)
"""The end of an ARN → why there is an asterisk."""


_POLICY: Final = "AWS::IAM::Policy"
"""What users and the CDK add to a role stands in one."""

_ALLOWED: Final[list[tuple[IConstruct, Sequence[str], Sequence[str]]]] = []
"""What constructs have allowed to roles that may be a user's: the role, actions, resources."""

_ALLOWED_IN: Final[dict[IConstruct, list[tuple[str, Sequence[str], Sequence[str]]]]] = {}
"""App → the same, by the role's path: a process of many apps asks each role for its own once."""

OURS: Final[list[tuple[str, str]]] = []
"""App and path of each construct of ours that is in no other."""

_UNTOLD: Final[dict[str, list[tuple[Any, list[dict[str, str]]]]]] = {}
"""App → resources whose metadata checkov is to read, until the app is synthesised."""


def tell_checkov(resource: IConstruct | Made[Any], type: str, **given: object) -> None:
    """Note what is meant so in a resource, for `write_metadata`.

    Args:
        resource: the L1, or the L2 above it, made or about to be.
        type: the resource's type.
        given: properties that are there, with which a finding is none.
    """
    skipped = [
        {"id": one.checkov, "comment": one.reason}
        for one in MEANT[type]
        if one.checkov is not None and (one.unless is None or given.get(one.unless) is None)
    ]
    if skipped and OURS:
        app, _ = OURS[-1]  # of the construct that is being made
        _UNTOLD.setdefault(app, []).append((resource, skipped))


def write_metadata(app: str) -> None:
    """Write what checkov reads into the resources of an app that is about to be synthesised.

    What tests render of a stack alone has none of it, so that they do not pay for it.
    """
    from batch_constructs.one_call import tell  # noqa: PLC0415  # jsii is loaded by then

    tell("checkov", [(one, {"skip": skipped}) for one, skipped in _UNTOLD.pop(app, ())])


def tell_cdk_nag(app: IConstruct, templates: Sequence[str], ours: AbstractSet[str]) -> None:
    """Acknowledge what its packs find in resources of ours, where an app may have one of them.

    Users and the CDK add to the policies of a role; of those, what was noted is acknowledged.

    Args:
        app: the app, being synthesised.
        templates: the files of its stacks.
        ours: the paths of the outermost constructs of this library.
    """
    if "cdk_nag" not in sys.modules:
        return
    from aws_cdk import Acknowledgment, CfnResource, Stack, Validations  # noqa: PLC0415  # loaded

    allowed = _allowed_in(app)
    folders = {Path(one).parent for one in templates}
    read: dict[str, Any] = {}
    for one in app.node.find_all():
        if not isinstance(one, CfnResource):
            continue
        kind = one.cfn_resource_type
        mine = is_within(one, ours)
        if mine or kind == _POLICY:
            stack = Stack.of(one)
            file = stack.template_file
            if file not in read:
                [found] = [folder / file for folder in folders if (folder / file).exists()]
                read[file] = json.loads(found.read_text(encoding="utf-8"))["Resources"]
            rendered = read[file].get(stack.resolve(one.logical_id))
            if rendered is None:
                continue  # others make it: iam.Role.customize_roles
            properties = rendered.get("Properties", {})
            meant = dict(
                _meant(kind, properties, _wrote(one, stack, allowed, mine=mine), mine=mine)
            )
            rules = [Acknowledgment(id=rule, reason=why) for rule, why in meant.items()]
            Validations.of(one).acknowledge(*rules)


def note_rights(
    grantee: IGrantable, actions: str | Sequence[str], resources: str | Sequence[str]
) -> None:
    """Note what a role that may be a user's is allowed here: `tell_cdk_nag` asks for it."""
    role: Any = grantee.grant_principal
    if has_member(role, "node"):
        _ALLOWED.append((role, several(actions), several(resources)))


def note_key_grant(grantee: IGrantable, key: IKey | None) -> None:
    """Note that the CDK lets a role that may be a user's encrypt with a key."""
    if key is not None:
        note_rights(grantee, [*_KEY_GRANTS], key.key_arn)


def _allowed_in(app: IConstruct) -> Sequence[tuple[str, Sequence[str], Sequence[str]]]:
    for role, actions, resources in _ALLOWED:
        noted = _ALLOWED_IN.setdefault(role.node.root, [])
        noted.append((role.node.path, actions, resources))
    _ALLOWED.clear()
    return _ALLOWED_IN.get(app.node.root, ())


def _wrote(
    one: CfnResource,
    stack: Stack,
    allowed: Sequence[tuple[str, Sequence[str], Sequence[str]]],
    *,
    mine: bool,
) -> Callable[[str, str], bool]:
    """Tell of which resources and actions in a role or a policy this library wrote.

    A role of ours has its statements in itself. In a policy are what users add to a role, what was
    noted, and of a role of ours what the CDK adds to it: on ``*``, and of keys.
    """
    if one.cfn_resource_type != _POLICY:
        return lambda *_: True
    path = one.node.path
    noted = {
        pair
        for role, actions, resources in allowed
        if is_path_within(path, {role})
        for pair in product(map(_flat, stack.resolve(list(resources))), actions)
    }
    return lambda resource, action: (
        (resource, action) in noted or (mine and (resource == "*" or action in _KEY_GRANTS))
    )


def is_within(construct: IConstruct, paths: AbstractSet[str]) -> bool:
    """Whether a construct is at one of these paths, or below."""
    return is_path_within(construct.node.path, paths)


def is_path_within(path: str, paths: AbstractSet[str]) -> bool:
    """Whether a construct's path is one of these, or below one."""
    return not paths.isdisjoint(accumulate(path.split("/"), "{}/{}".format))


def _meant(
    kind: str, properties: Mapping[str, Any], wrote: Callable[[str, str], bool], *, mine: bool
) -> Iterator[tuple[str, str]]:
    """Give identifier and reason of each finding that is meant so."""
    for one in MEANT.get(kind, ()) if mine else ():
        if one.solutions is not None:
            yield _in(_SOLUTIONS, one.solutions), one.reason
        for pack, name in product(_LIKE_EACH_OTHER, one.nag):
            yield _in(pack, name), one.reason
    if kind.startswith("AWS::IAM::"):
        for finding, reasons in _of_rights(properties, wrote).items():
            if None not in reasons:
                yield _in(_SOLUTIONS, finding), " ".join(sorted(map(str, reasons)))


def _in(pack: str, rule: str) -> str:
    """Name a rule of a pack as the CDK does."""
    return f"{pack}::{pack}-{rule}"


def _of_rights(
    properties: Mapping[str, Any], wrote: Callable[[str, str], bool]
) -> Mapping[str, set[str | None]]:
    """Give what is found in a role or a policy, with the reasons; None among them where one is not.

    One finding may stand for several statements, and each needs a reason.
    """
    found: dict[str, set[str | None]] = {}
    for policy in map(_flat, several(properties.get("ManagedPolicyArns", []))):
        reason = _MANAGED.get(policy.partition(":policy/")[2])
        said = reason and f"{reason}, and AWS keeps it up to date."
        found[f"IAM4[Policy::{policy}]"] = {said}
    policies = several(properties.get("Policies", []))
    documents = [one.get("PolicyDocument") for one in policies if isinstance(one, Mapping)]
    for document in [*documents, properties.get("PolicyDocument")]:
        written = document.get("Statement", []) if isinstance(document, Mapping) else []
        statements = [one for one in several(written) if isinstance(one, Mapping)]
        told = (_asterisks(statement, wrote) for statement in statements)
        for finding, reason in chain.from_iterable(told):
            found.setdefault(f"IAM5[{finding}]", set()).add(reason)
    return found


def _asterisks(
    statement: Mapping[str, Any], wrote: Callable[[str, str], bool]
) -> Iterator[tuple[str, str | None]]:
    """Give what cdk-nag says of a statement's asterisks, and the reason for each; None if none."""
    if statement.get("Effect") != "Allow":
        return
    actions = [*map(_flat, several(statement.get("Action", [])))]
    resources = [*map(_flat, several(statement.get("Resource", [])))]
    for action in actions:
        if "*" in action:
            known = action in _KEY_GRANTS and all(wrote(one, action) for one in resources)
            yield f"Action::{action}", "The CDK's own grant of a key." if known else None
    for resource in resources:
        if "*" in resource:
            ours = all(wrote(resource, action) for action in actions)
            yield f"Resource::{resource}", _reason(resource, actions) if ours else None


def _reason(resource: str, actions: Sequence[str]) -> str | None:
    """Say why there is an asterisk in what actions are allowed on."""
    if resource == "*":
        known = all(map(takes_everything, actions))
        return f"AWS supports no resource for {', '.join(sorted(actions))}." if known else None
    return next((reason for end, reason in _ENDINGS if re.search(end, resource)), None)


def _flat(value: Any) -> str:
    """Write a value of a template as cdk-nag does in the name of a finding."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [glue, parts]}:
            return str(glue).join(map(_flat, parts))
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::Sub": inner} | {"Fn::ImportValue": inner}:
            return _flat(inner)
    return json.dumps(value, separators=(",", ":"))
