"""Launch templates: disks, encryption, user data and network interfaces of instances.

https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import jsii
from aws_cdk import ITaggableV2
from aws_cdk import aws_ec2 as ec2
from aws_cdk.interfaces import aws_ec2 as ec2_interfaces

from batch_constructs.arguments import Arguments
from batch_constructs.asked_once import base64
from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.bound import OneOf, as_text
from batch_constructs.aws.ebs import ROOT_DEVICE
from batch_constructs.aws.efa import INTERFACE_TYPES, most_efa
from batch_constructs.aws.launch_template_facts import (
    DOCKER_TIMEOUT_SECONDS,
    HOP_LIMIT,
    USER_DATA_BYTES,
)
from batch_constructs.aws.limits import bound_of
from batch_constructs.batch_resource import BatchResource
from batch_constructs.compute.capacity_reservation import is_reserved_only, reservation_properties
from batch_constructs.compute.instance_tags import TaggedInstances
from batch_constructs.compute.root_volume import RootVolume, ebs_properties
from batch_constructs.compute.tagged_launch_template import TaggedLaunchTemplate
from batch_constructs.compute.user_data import (
    ImagePull,
    agent_settings,
    multipart,
    prefetch,
    scratch,
)
from batch_constructs.construct import given, l1_properties
from batch_constructs.instance_volumes import (
    InstanceStoreVolume,
    expect_plain_path,
    expect_volumes,
    host_path,
    mount_commands,
    note_volumes,
)
from batch_constructs.known_argument import known_flag
from batch_constructs.one_call import members, refer_weakly
from batch_constructs.security_groups import read_security_groups
from batch_constructs.tag_arguments import read_tags
from batch_constructs.tokens import WholeNumber, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from constructs import Construct

    from batch_constructs.compute.capacity_reservation import AnyCapacityReservation
    from batch_constructs.instance_volumes import AnyInstanceVolume

_BLOCKED = {variables.AGENT_NO_INSTANCE_METADATA: "true"}
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ec2-security-considerations.html"""


if TYPE_CHECKING:  # jsii names parameters of protocols otherwise: pyright wants it said
    _Face = ec2.ILaunchTemplate
else:
    _Face = object


@jsii.implements(ITaggableV2, ec2.ILaunchTemplate)
class LaunchTemplate(TaggedInstances, BatchResource, _Face):
    """A launch template for compute environments on EC2, in a form that AWS Batch accepts.

    Environments refer to its newest version by number, so a change to the template replaces their
    instances with the next deployment. It is an ``ec2.ILaunchTemplate``, so an ``aws_batch`` L2 or
    an Auto Scaling group can use it, too.

    Creates, below its own ID: ``Resource`` (AWS::EC2::LaunchTemplate).

    Attributes:
        resource: The L1 resource, for escape hatches.
        image_pull: When an image is pulled again; None if the ECS agent decides.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        root_volume: The root volume. Default: encrypted gp3 of the image's size.
        user_data: Shell commands that run when an instance starts, one line per element, up to 16
            KiB in all. They are put into the MIME parts that AWS Batch requires. Default: none.
        scratch_path: Where the instance's own NVMe disks are mounted, joined into one; mount it
            into jobs with ``HostVolume(host_path=…)``. Default: they are not mounted.
        volumes: What instances mount before the ECS agent starts, so no job starts without it:
            ``FsxLustreVolume``, ``S3MountVolume``, ``InstanceStoreVolume``; not on Amazon EKS.
            Environments that use the template get access to them. An instance that cannot mount one
            shuts itself down. Default: none.
        prefetch_images: Images that an instance pulls when it starts, one after the other, before
            it accepts jobs: public images, or images in Amazon ECR that the instance role can pull;
            not on Amazon EKS. Instances take longer to start. Default: none.
        image_pull: When an image that is already on the instance is pulled again; not on Amazon
            EKS. Default: ECS's.
        image_pull_timeout: How long Docker can take to pull an image, at least a minute; not on
            Amazon EKS. Default: ECS's two hours.
        container_create_timeout: How long Docker can take to create a container, at least a minute,
            because a root volume is slow while many images are unpacked; not on Amazon EKS.
            Default: ECS's four minutes.
        container_start_timeout: Likewise, to start one. Default: ECS's three minutes.
        capacity_reservation: The reserved capacity in which instances start:
            ``CapacityReservation``, an ``ec2.CfnCapacityReservation``, the ID of one, or a
            ``CapacityReservationPreference``. Default: EC2's, open reservations that fit.
        efa: Whether instances get an Elastic Fabric Adapter, for multi-node jobs on types that have
            one. Or how many: one on each network card, at most as many as the type has
            (``efa_interfaces("p4d.24xlarge")`` is 4). With more than one, instances get no public
            address. Default: no.
        security_groups: Security groups of that adapter. Default: none; required with ``efa``.
        imdsv2_hop_limit: How many network hops away the instance metadata, and with it the
            credentials of the instance's role, can be read, 1 to 64. With two, containers in bridge
            mode and pods with their own network can read it. Version 2 of the service is always
            required. Default: 1.
        block_task_metadata: Whether the ECS agent hides the instance's metadata from containers
            with their own network interface, as in multi-node jobs; on Amazon Linux only, and not
            on Amazon EKS. Default: yes, if all environments of this library that use the template
            are on Amazon ECS with Amazon Linux images.
        detailed_monitoring: Whether CloudWatch gets metrics every minute. Default: every five
            minutes.
        tags: Tags of the instances and volumes; if the environment has the same tag for its
            instances, AWS uses that one. Default: the tags that ``Tags.of(…)`` sets on
            ``AWS::EC2::Instance``.

    Raises:
        ValueError: arguments that EC2 or AWS Batch would refuse; all of them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-launchtemplate.html
    """

    image_pull: ImagePull | str | None
    resource: ec2.CfnLaunchTemplate

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        root_volume: RootVolume | None = None,
        user_data: Sequence[str] | None = None,
        scratch_path: str | None = None,
        volumes: Sequence[AnyInstanceVolume] | None = None,
        prefetch_images: Sequence[str] | None = None,
        image_pull: ImagePull | str | None = None,
        image_pull_timeout: Duration | None = None,
        container_create_timeout: Duration | None = None,
        container_start_timeout: Duration | None = None,
        capacity_reservation: AnyCapacityReservation | None = None,
        efa: bool | WholeNumber = False,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        imdsv2_hop_limit: WholeNumber = 1,
        block_task_metadata: bool | None = None,
        detailed_monitoring: bool = False,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        self._volumes = expect_volumes(arguments, volumes)
        _expect_one_store(arguments, scratch_path, self._volumes)
        scripts = _scripts(
            arguments,
            user_data,
            scratch_path,
            self._volumes,
            image_pull,
            timeouts={
                "image_pull_timeout": image_pull_timeout,
                "container_create_timeout": container_create_timeout,
                "container_start_timeout": container_start_timeout,
            },
            prefetched=prefetch_images,
        )
        said = block_task_metadata
        self._blocks = said if said is None else known_flag(arguments, "block_task_metadata", said)
        self._agents: list[bool] = []
        self._scripts = scripts
        _expect_room(arguments, scripts)
        listed = read_tags(arguments, tags)
        monitored = arguments.flag("detailed_monitoring", detailed_monitoring)
        data = given(
            **reservation_properties(arguments, capacity_reservation),
            BlockDeviceMappings=[
                {"DeviceName": ROOT_DEVICE, "Ebs": ebs_properties(arguments, root_volume)},
            ],
            MetadataOptions=_metadata_options(_hops(arguments, imdsv2_hop_limit)),
            Monitoring=None if monitored in (None, False) else {"Enabled": monitored},
            NetworkInterfaces=_network_interfaces(arguments, security_groups, efa=efa),
        )
        arguments.refuse()

        specified = [_l1_specification(one) for one in _tag_specifications(listed)]
        self._data = {
            **l1_properties(data),
            **({"tagSpecifications": specified} if listed else {}),
        }
        self.resource = self._resource = TaggedLaunchTemplate(
            self,
            "Resource",
            launch_template_data={**self._data, **_user_data(scripts, block=self._blocks is True)},
        )
        # the number of its newest version is another with each change of the template, which
        # CloudFormation allows of no export that is in use
        refer_weakly(self.resource)
        self._tag_instances(
            self.resource, listed, {"LaunchTemplateData.TagSpecifications": _tag_specifications}
        )
        note_volumes(self, self._volumes)
        self.image_pull = image_pull
        self._prefetches = bool(prefetch_images)
        self._reserved_only = is_reserved_only(capacity_reservation)

    @property
    def volumes(self) -> list[AnyInstanceVolume]:
        """What instances mount."""
        return list(self._volumes)

    @property
    def launch_template_id(self) -> str:
        """The ID."""
        return self.resource.ref

    @property
    def launch_template_name(self) -> None:
        """None: it is known by its ID."""
        return

    @property
    def latest_version_number(self) -> str:
        """The number of the newest version, which changes with the template."""
        return self.resource.attr_latest_version_number

    @property
    def version_number(self) -> str:
        """The same number, under the CDK's name for the version to use."""
        return self.latest_version_number

    @property
    def launch_template_ref(self) -> ec2_interfaces.LaunchTemplateReference:
        """The reference that the CDK uses wherever it needs an ``ILaunchTemplateRef``."""
        return ec2_interfaces.LaunchTemplateReference(launch_template_id=self.launch_template_id)


def use(template: LaunchTemplate, *, has_ecs_agent: bool) -> None:
    """Let an environment use a template, whose instances have the ECS agent of Amazon Linux or not.

    Where nobody said otherwise, the agent then keeps the metadata from multi-node jobs.
    """
    template._agents.append(has_ecs_agent)  # noqa: SLF001  # of this module
    blocks = all(template._agents)  # noqa: SLF001
    if template._blocks is None and (blocks or template._agents.count(False) == 1):  # noqa: SLF001
        written = _user_data(template._scripts, block=blocks)  # noqa: SLF001
        resource: Any = template.resource
        resource.launch_template_data = {**template._data, **written}  # noqa: SLF001


def make_default_launch_template(scope: Construct, *, blocks: bool) -> dict[str, Any]:
    """Make the launch template of an environment that was given none, and return its properties.

    Args:
        scope: The environment.
        blocks: Whether its images have the ECS agent of Amazon Linux, which is told to keep the
            instance's metadata from containers with a network interface of their own.
    """
    data = given(
        MetadataOptions=_metadata_options(1),
        UserData=base64(multipart([agent_settings(_BLOCKED)])) if blocks else None,
    )
    template = TaggedLaunchTemplate(
        scope, "LaunchTemplate", launch_template_data=l1_properties(data)
    )
    its_id, version = members(template, "ref", "attrLatestVersionNumber")
    return {"LaunchTemplateId": its_id, "Version": version}


def _metadata_options(hops: Any) -> dict[str, Any]:
    return {"HttpTokens": "required", "HttpPutResponseHopLimit": hops}


AnyLaunchTemplate: TypeAlias = LaunchTemplate | ec2.ILaunchTemplate
"""Ours or an ``aws_ec2`` L2."""


def _tag_specifications(tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what tags instances and their volumes."""
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    return [{"ResourceType": kind, "Tags": listed} for kind in ("instance", "volume")]


def _l1_specification(specification: Mapping[str, Any]) -> dict[str, Any]:
    """Spell it as the L1 takes it: ``l1_properties`` leaves what is below ``Tags`` alone."""
    tags = [l1_properties(tag) for tag in specification["Tags"]]
    return {"resourceType": specification["ResourceType"], "tags": tags}


def _network_interfaces(
    arguments: Arguments,
    security_groups: Sequence[ec2.ISecurityGroup] | None,
    *,
    efa: bool | WholeNumber,
) -> list[dict[str, Any]]:
    some = security_groups is not None
    groups = read_security_groups(arguments, security_groups, some=some)
    cards = 1
    if isinstance(efa, int) and not isinstance(efa, bool) and not is_token(efa):
        cards = efa
        if not most_efa().admits(cards):
            arguments.bounded("efa", cards, most_efa())
            return []
    elif known_flag(arguments, "efa", efa) is not True:
        if security_groups:
            arguments.wrong_value(
                "security_groups is given without efa: leave it out, and give it to the compute "
                "environment"
            )
        return []
    if not security_groups:
        arguments.wrong_value(
            "security_groups is left out with efa; the adapter needs those of its environment: "
            "give the same to both, and allow all traffic between them"
        )
    ids = [group.security_group_id for group in groups]
    return [
        {
            "DeviceIndex": 0 if card == 0 else 1,
            "NetworkCardIndex": card,
            "InterfaceType": INTERFACE_TYPES[0 if card == 0 else 1],
            "DeleteOnTermination": True,
            "Groups": ids,
        }
        for card in range(int(cards))
    ]


def _hops(arguments: Arguments, imdsv2_hop_limit: WholeNumber) -> Any:
    hops = arguments.number("imdsv2_hop_limit", imdsv2_hop_limit, required=True)
    known = isinstance(hops, int | float) and not is_token(hops)
    if known and not (isinstance(hops, int) and HOP_LIMIT.admits(hops)):
        arguments.bounded("imdsv2_hop_limit", hops, HOP_LIMIT)
    return hops


def _scripts(
    arguments: Arguments,
    user_data: Sequence[str] | None,
    scratch_path: str | None,
    volumes: Sequence[AnyInstanceVolume],
    image_pull: ImagePull | str | None,
    *,
    timeouts: Mapping[str, Duration | None],
    prefetched: Sequence[str] | None,
) -> list[list[str]]:
    """Return what instances run as they start, after what is written for the ECS agent."""
    arguments.one_by_one("user_data", user_data)
    commands = arguments.texts("user_data", user_data)
    known = isinstance(commands, list) and all(isinstance(line, str) for line in commands)
    path = arguments.text("scratch_path", scratch_path)
    if isinstance(path, str) and not is_token(path):
        expect_plain_path(arguments, "scratch_path", path)
    pull = arguments.choice("image_pull", image_pull, "an ImagePull")
    if isinstance(pull, str) and not is_token(pull) and pull not in set(ImagePull):
        arguments.bounded("image_pull", pull, OneOf(tuple(ImagePull)))
    arguments.one_by_one("prefetch_images", prefetched)
    images = arguments.texts("prefetch_images", prefetched)
    if isinstance(images, list):
        for place, image in enumerate(images):
            arguments.text(
                f"prefetch_images[{place}]",
                image,
                required=True,
                bound=bound_of("container-image-name"),
            )
    named = isinstance(images, list) and not arguments.is_wrong("prefetch_images")
    return [
        agent_settings({variables.AGENT_IMAGE_PULL: pull}) if isinstance(pull, str) else [],
        agent_settings(_timeouts(arguments, timeouts)),
        scratch(as_text(path)) if isinstance(path, str) else [],
        *([] if arguments.is_wrong("volumes") else map(_mounting, volumes)),
        prefetch(images) if named and images else [],
        commands if known else [],
    ]


def _user_data(scripts: list[list[str]], *, block: bool) -> dict[str, Any]:
    """Return the property with the MIME parts, or nothing where instances run nothing."""
    several = [agent_settings(_BLOCKED) if block else [], *scripts]
    return {"userData": base64(multipart(several))} if any(several) else {}


def _expect_room(arguments: Arguments, scripts: list[list[str]]) -> None:
    """Refuse more than EC2 takes, whatever the ECS agent is told."""
    if not any(scripts):
        return
    written = multipart([agent_settings(_BLOCKED), *scripts])
    length = len(written.encode())
    if length > USER_DATA_BYTES and not is_token(written):
        arguments.wrong_value(
            f"user_data makes {length} bytes with its MIME parts; allowed: at most "
            f"{USER_DATA_BYTES}: fetch a script from S3 when the instance starts, or build it "
            "into the image"
        )


def _timeouts(arguments: Arguments, given_: Mapping[str, Duration | None]) -> dict[str, str]:
    """Return the settings of the ECS agent that say how long Docker may take."""
    settings = {}
    for parameter, value in given_.items():
        seconds = arguments.seconds(parameter, value)
        if not isinstance(seconds, int | float):
            continue
        if not is_token(seconds) and seconds < DOCKER_TIMEOUT_SECONDS:
            arguments.wrong_value(
                f"{parameter} is {seconds} seconds; allowed: {DOCKER_TIMEOUT_SECONDS} seconds or "
                "more, because ECS uses its default for less: give a minute or more"
            )
        settings[variables.AGENT_TIMEOUTS[parameter]] = f"{seconds}s"
    return settings


def _mounting(volume: AnyInstanceVolume) -> list[str]:
    if isinstance(volume, InstanceStoreVolume):
        return scratch(host_path(volume))
    return mount_commands(volume)


def _expect_one_store(
    arguments: Arguments, scratch_path: str | None, volumes: Sequence[AnyInstanceVolume]
) -> None:
    """Refuse to join the same disks twice."""
    stores = [one for one in volumes if isinstance(one, InstanceStoreVolume)]
    if len(stores) + (scratch_path is not None) > 1:
        arguments.wrong_value(
            "volumes: the instance's own disks are mounted twice; allowed: one "
            "InstanceStoreVolume, without scratch_path: leave the other out"
        )
