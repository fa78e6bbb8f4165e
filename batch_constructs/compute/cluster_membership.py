"""Instances of an Auto Scaling group that join an ECS cluster, refused where they could not.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/launch_container_instance.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from batch_constructs.aws.bound import shown
from batch_constructs.aws.container_variables import AGENT_CLUSTER
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import JOINED_FROM_HERE, elsewhere
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from constructs import Construct

_SHELL = ("#!", "MIME-Version:", "Content-Type:")
_AGENTLESS = "SsmParameterValueawsserviceamiamazonlinuxlatest"
"""How the CDK calls the parameter of an Amazon Linux image that is not optimized for ECS."""
_AGENTS = ("ecs-init", "amazon-ecs-agent")
_IMAGE = "machine_image=ecs.EcsOptimizedImage.amazon_linux2023()"


@dataclass(frozen=True, kw_only=True)
class JoiningInstances:
    """What instances have that lets them join.

    Attributes:
        role: Their role.
        security_groups: Their security groups.
    """

    role: iam.IRole
    security_groups: Sequence[ec2.ISecurityGroup]


def joining_instances(environment: Construct, group: Any) -> JoiningInstances:
    """Return what a group's instances have, or raise ValueError if they could not join."""
    problem = elsewhere(environment, "", JOINED_FROM_HERE, resource=group)
    if problem is not None:
        raise ValueError(f"{environment.node.path}: auto_scaling_group: {problem}")
    template = "ec2.LaunchTemplate(…, role=…, security_group=…, user_data=ec2.UserData.for_linux())"
    try:
        if group.os_type is ec2.OperatingSystemType.WINDOWS:
            problem = f"run Windows; allowed: Linux: give the group {_IMAGE}"
        else:
            found = JoiningInstances(
                role=group.role, security_groups=group.connections.security_groups
            )
            group.add_user_data()
            problem = _problem(group)
    except RuntimeError as error:
        said = str(error).splitlines()[0].partition(": ")[2].rstrip(".")
        problem = (
            f"cannot be made to join ({said}); allowed: a group whose role, security group and "
            f"shell user data are known: give the group launch_template={template}"
        )
    if problem:
        raise ValueError(f"{environment.node.path}: the instances of {group.node.path} {problem}")
    return found


def _problem(group: Any) -> str:
    written = group.user_data.render()
    if f"{AGENT_CLUSTER}=" in written:
        return (
            "already join a cluster; allowed: one environment, once: create another group for "
            "another environment"
        )
    if not is_token(written) and not written.startswith(_SHELL):
        begin = (
            f"begin with {shown(written.splitlines()[0])}" if written else "are not a shell script"
        )
        return (
            f"have user data that {begin}, as those of Bottlerocket; allowed: a Linux that runs "
            f"shell commands when it starts: give the group {_IMAGE}"
        )
    if _AGENTLESS in _image(group) and not any(agent in written for agent in _AGENTS):
        return (
            "have a plain Amazon Linux without the ECS agent; allowed: an image with it: give "
            f"the group {_IMAGE}, or install ecs-init in its user data"
        )
    return ""


def _image(group: Any) -> str:
    """Return the image of the launch configuration or template that the group made itself."""
    for child in ("LaunchConfig", "LaunchTemplate"):
        made = group.node.try_find_child(child)
        if has_member(made, "image_id"):
            return str(Stack.of(group).resolve(made.image_id))
    return ""
