"""Container images: where a job's image is pulled from, and what may pull it.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/ECR_on_ECS.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Aws, Fn, Stack
from aws_cdk.region_info import RegionInfo
from constructs import Construct

from batch_constructs.aws import names
from batch_constructs.aws.role_actions import (
    CACHE_PREFIXES,
    IMPORT_ACTIONS,
    PULL_ACTIONS,
    REGISTRY_LOGIN,
)
from batch_constructs.aws.service_principals import DOMAIN
from batch_constructs.jsii_objects import has_member, javascript_error
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam

    from batch_constructs.arguments import Arguments

_HOLE = r"\$\{[\w.:]+(?:\[[^\]]+\])?\}"
_PART = rf"(?:{_HOLE}|[^./:@$])+"
_ECR = re.compile(
    rf"(?P<account>{_PART})\.dkr[.-]ecr(?:-fips)?\.(?P<region>{_PART})\."
    rf"(?:{_PART}\.)*{_PART}/(?P<repository>(?:{_HOLE}|[^:@$])+)"
)
"""``ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG|@DIGEST]``; any part may be a token."""

_CACHED = tuple(f"{prefix}/" for prefix in CACHE_PREFIXES)

_EXPECTED = (
    'an image name such as "public.ecr.aws/docker/library/python:3.13-slim", '
    "or an ecs.ContainerImage"
)


@dataclass(frozen=True)
class NamedImage:
    """An image given by its name; what pulls it is known before any resource is made."""

    name: Any
    pull_statements: list[dict[str, Any]] = field(default_factory=list)


def named_image(scope: Construct, name: str) -> NamedImage:
    """Read an image's name: one in a private ECR repository needs rights to be pulled.

    A name that is one token is looked into: the URI of an image asset is a text with places for
    the account and the Region. Of one that only the deployment knows, such as a parameter of the
    stack, CloudFormation takes the repository out.
    """
    match = _ECR.match(name)
    if match is not None:
        return NamedImage(name, _pull_statements(Aws.PARTITION, match, str))
    if not is_token(name):
        return NamedImage(name)
    stack = Stack.of(scope)
    resolved: Any = stack.resolve(name)
    text = resolved.get("Fn::Sub") if isinstance(resolved, dict) else resolved
    match = _ECR.match(text) if isinstance(text, str) else None
    if match is not None:
        return NamedImage(name, _pull_statements("${AWS::Partition}", match, Fn.sub))
    if isinstance(resolved, dict) and name.startswith("${") and not _is_fetched(resolved):
        return NamedImage(name, _pull(_named_at_the_deployment(stack, name)))
    return NamedImage(name)


def _is_fetched(resolved: dict[str, Any]) -> bool:
    """Whether a dynamic reference stands in a value, which no function of a template sees into."""
    return "{{resolve:" in json.dumps(resolved)


def _named_at_the_deployment(stack: Stack, name: str) -> str:
    """Have CloudFormation take the ARN of a repository out of the name of an image.

    Whatever account and Region it is of: no function takes these out of a name that may be one of
    Docker Hub, which ends in the name of no repository here.
    """
    region = stack.region
    domain = DOMAIN if is_token(region) else RegionInfo.get(region).domain_suffix
    host = f".{domain or DOMAIN}/"
    image = Fn.select(1, Fn.split(host, f"{name}{host}-"))
    for end in ":@":  # a tag, a digest
        image = Fn.select(0, Fn.split(end, image))
    return _repository(image, account="*", region="*", partition=Aws.PARTITION)


def _pull_statements(
    partition: str, image: re.Match[str], spell: Callable[[str], str]
) -> list[dict[str, Any]]:
    """Return what pulls an image from its repository, and from no other.

    Below a prefix that AWS proposes for a pull-through cache, it may be the first pull.
    """
    account, region, repository = image["account"], image["region"], image["repository"]
    arn = spell(_repository(repository, account=account, region=region, partition=partition))
    return _pull(arn, IMPORT_ACTIONS if repository.startswith(_CACHED) else ())


def _pull(arn: str, more: Sequence[str] = ()) -> list[dict[str, Any]]:
    return [
        {
            "Effect": "Allow",
            "Action": ["ecr:BatchCheckLayerAvailability", *PULL_ACTIONS, *more],
            "Resource": arn,
        },
        {
            "Effect": "Allow",
            "Action": REGISTRY_LOGIN,
            "Resource": "*",  # the token is the registry's: AWS takes no resource here
        },
    ]


def _repository(name: str, **place: str) -> str:
    return names.arn("repository", name, service="ecr", **place)


def is_container_image(image: object) -> bool:
    """Whether an argument is an ``ecs.ContainerImage``."""
    return has_member(image, "bind")


def refuse_image(arguments: Arguments, image: object) -> NamedImage:
    """Note that an image is neither a name nor a container image."""
    return NamedImage(arguments.wrong_type("image", image, _EXPECTED))


def bind_image(
    scope: Construct, image: ecs.ContainerImage, execution_role: iam.IRole | None
) -> tuple[str, dict[str, Any] | None]:
    """Bind an ``ecs.ContainerImage``: make its asset, grant the pull, and read its name.

    The CDK binds an image to a container of an ECS task definition and AWS Batch has none, so a
    container stands in, in a task definition that is never synthesised: only its execution role is
    used. Without one, whoever pulls the image has his rights from elsewhere.

    Returns:
        The image's name, and CloudFormation's ``RepositoryCredentials`` where it has credentials.
    """
    from aws_cdk import aws_ecs as ecs  # noqa: PLC0415  # loaded by whoever made the image

    stand_in = ecs.TaskDefinition(
        Stack(None, "NeverSynthesised"),
        "StandIn",
        compatibility=ecs.Compatibility.EXTERNAL,
        execution_role=execution_role,
    ).add_container(
        "Container", image=ecs.ContainerImage.from_registry("stand-in"), memory_limit_mib=4
    )
    try:
        bound = image.bind(_room_for_an_asset(scope), stand_in)
    except RuntimeError as error:
        said = javascript_error(error)
        if not isinstance(said, str):
            raise
        raise ValueError(
            f"{scope.node.path}: image: {said}: give an image that the CDK can bind, such as "
            "ecs.ContainerImage.from_asset of a directory with a Dockerfile"
        ) from None
    _let_import(scope, bound.image_name, execution_role)
    credentials: Any = bound.repository_credentials
    if credentials is None:
        return bound.image_name, None
    return bound.image_name, {"CredentialsParameter": credentials.credentials_parameter}


def _let_import(scope: Construct, name: str, execution_role: iam.IRole | None) -> None:
    """Let the first pull through a cache bring its repository about: the CDK grants pulls alone."""
    statements = named_image(scope, name).pull_statements
    imports = [one for one in statements if set(IMPORT_ACTIONS) <= {*one["Action"]}]
    if imports and execution_role is not None:
        from aws_cdk import aws_iam as iam  # noqa: PLC0415  # as above

        execution_role.add_to_principal_policy(
            iam.PolicyStatement(actions=[*IMPORT_ACTIONS], resources=[imports[0]["Resource"]])
        )


def _room_for_an_asset(scope: Construct) -> Construct:
    """Return a scope without an asset: the CDK calls all of them alike, and a job may have many."""
    room = scope
    number = 2
    while room.node.try_find_child("AssetImage") is not None:
        name, number = f"Image{number}", number + 1
        found = scope.node.try_find_child(name)
        room = Construct(scope, name) if found is None else cast("Construct", found)
    return room
