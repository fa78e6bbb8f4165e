"""Rules about the launch templates of compute environments."""

from __future__ import annotations

from batch_constructs.aws import ebs, instance_types
from batch_constructs.aws.compute_environment_facts import (
    ECS_IMAGES,
    ENDED_ECS_IMAGES,
    ResourceType,
)
from batch_constructs.aws.credential_names import option_with_credential
from batch_constructs.aws.credentials import credential_in
from batch_constructs.aws.launch_template_facts import (
    HOP_LIMIT,
    HOP_LIMIT_SOURCE,
    USER_DATA_BYTES,
    USER_DATA_BYTES_SOURCE,
    USER_DATA_ENCODING_SOURCE,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api, docs, guide
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.areas.environment_role_rules import profile_of
from batch_constructs.rules.areas.instance_rules import has_own_image
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.values import (
    Base64,
    Properties,
    absent,
    entries,
    flag,
    given,
    is_known,
    listing,
    mapping,
    number,
    show,
    text,
)
from batch_constructs.rules.template.written_strings import secrets_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.launch_template_view import LaunchTemplate
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment


@environment_rule(
    "launch-template-targets",
    title="launch template override for instance types that it cannot target",
    fix="target types or families from InstanceTypes, each in one override only",
    source=api(
        "LaunchTemplateSpecificationOverride.targetInstanceTypes",
        '"This parameter is required when defining a launch template override"; "not allowed:'
        ' optimal, default_x86_64, and default_arm64"; "can target only instance types and'
        ' families that are included within the ComputeResource.instanceTypes set"; "can\'t'
        ' overlap"',
    ),
)
def launch_template_targets(environment: ComputeEnvironment) -> Iterator[Fault]:
    """An override is for some of the environment's instance types.

    Each type can be in only one override.
    """
    taken: list[str] = []
    for place, override in environment.launch_templates[1:]:
        path = f"{place}/TargetInstanceTypes"
        if absent(override, "TargetInstanceTypes"):
            yield path, "TargetInstanceTypes is missing; an override needs it"
        for position, target in enumerate(listing(override, "TargetInstanceTypes") or ()):
            if not isinstance(target, str):
                continue
            wrong: list[str] = []
            if target in instance_types.BUNDLES:
                wrong.append("is not an instance type or family")
            elif instance_types.is_impossible(target):
                wrong.append("does not exist")
            elif not _offers(environment, target):
                wrong.append("is not in InstanceTypes")
            wrong += [f'overlaps with "{one}" of another' for one in taken if _overlap(target, one)]
            for fault in wrong:
                yield (
                    f"{path}/{position}",
                    f'TargetInstanceTypes names "{show(target)}", which {fault}',
                )
            taken.append(target)


def _offers(environment: ComputeEnvironment, target: str) -> bool:
    names = environment.instance_types
    if not names or any(name in instance_types.BUNDLES for name in names):
        return True
    family = target.partition(".")[0]
    return target in names or family in names


def _overlap(one: str, other: str) -> bool:
    return one == other or one.partition(".")[0] == other or other.partition(".")[0] == one


@environment_rule(
    "user-data-mime",
    title="user data that is not MIME multipart",
    fix="put the script into a part of MIME multipart user data",
    source=guide(
        "launch-templates",
        'LaunchTemplateSpecification.launchTemplateId: "Amazon EC2 user data in the launch template'
        " must be in the MIME multi-part archive format, because your user data is merged with"
        ' other Amazon EC2 user data"',
    ),
)
def user_data_mime(environment: ComputeEnvironment) -> Iterator[Fault]:
    """AWS Batch adds a part of its own. With a plain script, the environment becomes INVALID."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for path, _, template in environment.known_launch_templates:
        begin = template.script[:_MOST_LOOKED_AT].lstrip()
        if not begin or begin.startswith(_UNKNOWN_OR_OTHER):
            continue
        if not begin.lower().startswith(("mime-version:", "content-type:")):
            first = begin.splitlines()[0]
            yield (
                path,
                (
                    f'the user data of {template.id} begins with "{show(first)}", which is '
                    "not MIME multipart"
                ),
            )


@environment_rule(
    "user-data-size",
    title="user data that is too long",
    fix="fetch a script from S3 when the instance starts, or include it in the image",
    source=USER_DATA_BYTES_SOURCE,
)
def user_data_size(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 refuses the launch template. Values known only at deployment are not counted."""
    for path, _, template in environment.known_launch_templates:
        length = _length(template)
        if length > USER_DATA_BYTES:
            said = f"the user data of {template.id} has {length} bytes or more"
            yield path, f"{said}; EC2 allows {USER_DATA_BYTES}"


@environment_rule(
    "user-data-secret",
    severity=Severity.WARNING,
    title="sensitive value in user data",
    fix="let the script fetch it from Secrets Manager or Parameter Store with the instance's role",
    source=docs(
        "AWSEC2/latest/UserGuide/ec2-instance-metadata.html",
        '"Anyone who has direct access to the instance, and potentially any software running on the'
        " instance, can view its metadata. Therefore, you should not store sensitive data, such as"
        ' passwords or long-lived encryption keys, as user data."',
    ),
)
def user_data_secret(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Every container on the instance can read it.

    So can anyone who can describe the launch template.
    """
    for path, _, template in environment.known_launch_templates:
        kind = _secret_in_user_data(template)
        if kind is not None:
            yield path, f"{kind} is in the user data of {template.id}"


@once
def _secret_in_user_data(template: LaunchTemplate) -> str | None:
    """Say what kind of secret stands in the user data of a launch template."""
    script = template.script
    kind = credential_in(script)
    if kind is None and option_with_credential([script]) is not None:
        kind = "a password or a token"
    if kind is None and any("UserData" in path for path in secrets_written(template)):
        kind = "the value of a secret"
    return kind


_MOST_LOOKED_AT: Final = 1000
"""Characters of user data that are looked at for how they begin."""


@environment_rule(
    "user-data-encoding",
    title="user data that is not Base64",
    fix="encode it: put it into Fn::Base64",
    source=USER_DATA_ENCODING_SOURCE,
)
def user_data_encoding(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 refuses the launch template: *Invalid BASE64 encoding of user data*."""
    for path, _, template in environment.known_launch_templates:
        written = literal(template.data.get("UserData"))
        wrong = _NOT_BASE64.search(written or "")
        if wrong:
            yield path, f"the user data of {template.id} has {show(wrong[0])}, which Base64 has not"


_NOT_BASE64: Final = pattern(r"[^A-Za-z0-9+/=\s\0]")


@environment_rule(
    "hop-limit",
    title="hop limit of the instance metadata that EC2 refuses",
    fix=f"set HttpPutResponseHopLimit to {HOP_LIMIT.allowed}",
    source=HOP_LIMIT_SOURCE,
)
def hop_limit(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 refuses the launch template."""
    for path, _, template in environment.known_launch_templates:
        hops = number(mapping(template.data, "MetadataOptions"), "HttpPutResponseHopLimit")
        wrong = None if hops is None else HOP_LIMIT.wrong(hops)
        if wrong:
            yield path, f"HttpPutResponseHopLimit of {template.id} {wrong}"


@environment_rule(
    "volume-options",
    severity=Severity.WARNING,
    title="volume with options that exclude each other",
    fix="set VolumeType to gp3 for a throughput, and Encrypted to true for a key",
    source=ebs.OPTIONS_SOURCE,
)
def volume_options(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 does not start such instances, and jobs wait in RUNNABLE."""
    for path, _, template in environment.known_launch_templates:
        for _, device in entries(template.data, "BlockDeviceMappings"):
            volume = mapping(device, "Ebs")
            kind = text(volume, "VolumeType")
            if kind in ebs.LARGEST_GIBIBYTES and kind != ebs.GP3 and given(volume, "Throughput"):
                yield path, f"a volume of {template.id} is {kind} and has Throughput"
            if given(volume, "KmsKeyId") and flag(volume, "Encrypted") is False:
                yield path, f"a volume of {template.id} has KmsKeyId, but Encrypted is false"


@environment_rule(
    "launch-template-ignored",
    severity=Severity.WARNING,
    title="part of a launch template that Batch ignores",
    fix="set it on the compute environment: InstanceTypes, InstanceRole, Subnets, Type SPOT",
    source=guide(
        "launch-templates",
        '"The following launch template parameters are ignored by AWS Batch: Instance type,'
        " Instance role, Network interface subnets, Instance market options, Disable API"
        ' termination"; LaunchTemplateSpecification.launchTemplateId',
    ),
)
def launch_template_ignored(environment: ComputeEnvironment) -> Iterator[Fault]:
    """It has no effect: no Spot price, no other role, no other subnet.

    There is no finding if the environment says the same.
    """
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for path, _, template in environment.known_launch_templates:
        for what in _lost(environment, template.data):
            yield path, f"the launch template {template.id} has {what}, which Batch ignores"


@environment_rule(
    "root-volume-size",
    severity=Severity.WARNING,
    title="root volume that is smaller than its machine image",
    fix=f"set VolumeSize to {ebs.IMAGE_GIBIBYTES} or more, or leave it out",
    source=ebs.IMAGE_SOURCE,
)
def root_volume_size(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 does not start such instances, and jobs wait in RUNNABLE.

    Your own images may be smaller, so there is no finding with them.
    """
    if not _starts_from_images_of_ecs(environment):
        return
    for path, _, template in environment.known_launch_templates:
        size = _root_gibibytes(template)
        if size is not None and size < ebs.IMAGE_GIBIBYTES:
            yield (
                path,
                (
                    f"the root volume of {template.id} has {show(size)} GiB, and images for "
                    f"Amazon ECS have {ebs.IMAGE_GIBIBYTES}"
                ),
            )


@environment_rule(
    "volume-performance",
    severity=Severity.WARNING,
    title="volume that is too small for its IOPS or its throughput",
    fix="make the volume larger, or lower Iops and Throughput",
    source=ebs.RATIO_SOURCE,
)
def volume_performance(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 does not start such instances, and jobs wait in RUNNABLE."""
    for path, _, template in environment.known_launch_templates:
        for wrong in _too_fast(template):
            yield path, f"a volume of {template.id} has {wrong}"


@once
def _too_fast(template: LaunchTemplate) -> list[str]:
    """Say which volumes of a launch template are faster than EC2 allows."""
    found: list[str] = []
    for _, device in entries(template.data, "BlockDeviceMappings"):
        volume = mapping(device, "Ebs")
        kind, iops = text(volume, "VolumeType"), number(volume, "Iops")
        if kind not in ebs.IOPS_OF_ONE_GIBIBYTE:
            continue
        size, throughput = number(volume, "VolumeSize"), number(volume, "Throughput")
        if size is not None and iops is not None and iops > (most := ebs.most_iops(kind, size)):
            found.append(f"{iops} IOPS; {kind} has at most {most} with {size} GiB")
        if kind == ebs.GP3 and "Iops" not in volume:
            iops = ebs.DEFAULT_IOPS
        if kind == ebs.GP3 and throughput is not None and iops is not None:
            needed = throughput * ebs.IOPS_FOR_ONE_MEBIBYTE
            if needed > iops:
                found.append(f"{throughput} MiB/s with {iops} IOPS; it needs {needed}")
    return found


@once
def _root_gibibytes(template: LaunchTemplate) -> int | float | None:
    """Give the size of the root volume of a launch template, where it says one."""
    for _, device in entries(template.data, "BlockDeviceMappings"):
        if text(device, "DeviceName") == ebs.ROOT_DEVICE:
            return number(mapping(device, "Ebs"), "VolumeSize")
    return None


def _starts_from_images_of_ecs(environment: ComputeEnvironment) -> bool:
    """Tell whether instances start from AWS's images for Amazon ECS for sure."""
    if not environment.is_ec2 or environment.is_unmanaged or environment.is_eks is not False:
        return False
    resources = environment.resources
    images = listing(resources, "Ec2Configuration")
    if images is None and not absent(resources, "Ec2Configuration"):
        return False
    return all(
        isinstance(image, dict)
        and not has_own_image(environment, image)
        and (absent(image, "ImageType") or text(image, "ImageType") in _OF_ECS)
        for image in images or [{}]
    )


_OF_ECS: Final = (*ENDED_ECS_IMAGES, *ECS_IMAGES)


def _lost(environment: ComputeEnvironment, data: Properties) -> Iterator[str]:
    """Give what a launch template says, and the environment does not, or says otherwise."""
    if flag(data, "DisableApiTermination"):
        yield "DisableApiTermination"
    if _is_other_profile(environment, mapping(data, "IamInstanceProfile")):
        yield "an IamInstanceProfile other than the InstanceRole of the environment"
    options = mapping(data, "InstanceMarketOptions")
    if text(options, "MarketType") == "spot":
        if environment.kind == ResourceType.EC2:
            yield "InstanceMarketOptions with spot on an environment of the type EC2"
        elif "MaxPrice" in mapping(options, "SpotOptions"):
            yield "MaxPrice"
    wanted, offered = text(data, "InstanceType"), environment.instance_types
    given_types = "InstanceTypes" in environment.resources
    if wanted is not None and (wanted not in offered if offered is not None else not given_types):
        yield f"InstanceType {wanted}, which is not in InstanceTypes"
    subnets = listing(environment.resources, "Subnets")
    for _, interface in entries(data, "NetworkInterfaces"):
        subnet = interface.get("SubnetId")
        known = subnets is not None and all(is_known(one) for one in [*subnets, subnet])
        if subnet is not None and known and subnet not in (subnets or ()):
            yield "a network interface with a SubnetId outside the Subnets of the environment"


def _is_other_profile(environment: ComputeEnvironment, written: Properties) -> bool:
    """Tell whether a launch template names another instance profile for sure."""
    own = environment.resources.get("InstanceRole")
    other = written.get("Arn", written.get("Name"))
    if own is None or other is None:
        return False
    mine, theirs = profile_of(environment, own), profile_of(environment, other)
    if mine is not None and theirs is not None:
        return mine is not theirs
    names = [(literal(one) or "\0").rpartition("/")[2] for one in (own, other)]
    return not any("\0" in name for name in names) and names[0] != names[1]


_UNKNOWN_OR_OTHER: Final = ("\0", "[", "<")
"""What nobody can know yet, the settings of Bottlerocket, and the scripts of Windows."""


@once
def _length(template: LaunchTemplate) -> int:
    """Count the bytes of user data that are known."""
    raw = template.user_data
    encoded = isinstance(template.data.get("UserData"), Base64)
    return len(raw) - (raw.count(b"\0") if encoded else 0)
