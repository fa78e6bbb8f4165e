"""Resource types for ministack's CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.updates import create_only

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batch_constructs.local.cloudformation.resource_type import (
        Properties,
        Provisioned,
        ResourceType,
    )

_REPLACED_BY = {
    "Custom::S3AutoDeleteObjects": ("BucketName",),
    "Custom::VpcRestrictDefaultSG": ("DefaultSecurityGroupId",),
}
"""Types that CloudFormation's registry does not have → the properties that replace the resource."""

_SERVERLESS = "AWS::Serverless::"

_STACK_TAGGED = "AWS::Batch::"
_NOT_STACK_TAGGED = ("AWS::Batch::ComputeEnvironment",)
"""Its tags are given once: a stack's tags would replace it, and CloudFormation adds none."""


_NAMED_WITHIN = {"AWS::Batch::QuotaShare": "JobQueue"}
"""Types whose names are those of something else → the property that says of what."""


def install(resource_types: list[ResourceType]) -> None:
    """Register the types: how they are created, updated, replaced, deleted and tagged."""
    from ministack.services.cloudformation import provisioners, stacks

    ours = {one.type_name for one in resource_types}
    theirs = stacks._runs_on_worker_thread  # noqa: SLF001 - a touch point

    def runs_on_worker_thread(resource_type: str) -> bool:
        # Our types talk to the server they live in, so they must not hold up its event loop.
        return resource_type in ours or theirs(resource_type)

    stacks._runs_on_worker_thread = runs_on_worker_thread  # noqa: SLF001 - a touch point
    for one in resource_types:
        _register(provisioners, one)


def install_transforms() -> None:
    """Let a template through whose serverless resources are recorded as they are."""
    from ministack.services.cloudformation import changesets, engine, handlers, provisioners

    theirs = engine._apply_transforms  # noqa: SLF001 - a touch point

    def apply_transforms(template: Any, *rest: Any) -> Any:
        resources = (template.get("Resources") or {}).values()
        types = [one.get("Type") for one in resources if isinstance(one, dict)]
        serverless = {type_ for type_ in types if str(type_).startswith(_SERVERLESS)}
        if serverless and serverless <= {*provisioners._RESOURCE_HANDLERS}:  # noqa: SLF001
            name = engine._SAM_TRANSFORM  # noqa: SLF001 - a touch point
            template = engine._without_transform(template, name)  # noqa: SLF001 - a touch point
        return theirs(template, *rest)

    for module in (changesets, handlers):
        module._apply_transforms = apply_transforms  # noqa: SLF001 - a touch point


def _register(provisioners: Any, one: ResourceType) -> None:
    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Any]:
        del stack_name
        return _pair(one.create(logical_id, properties))

    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> tuple[str, Any]:
        del stack_name
        return _pair(one.update(logical_id, physical_id, old, new))

    def delete(physical_id: str, properties: Properties) -> None:
        one.delete(physical_id, properties)

    name = one.type_name
    provisioners._RESOURCE_HANDLERS[name] = {  # noqa: SLF001 - a touch point
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }
    provisioners._REPLACING_PROPERTIES[name] = (  # noqa: SLF001 - a touch point
        _REPLACED_BY[name] if name in _REPLACED_BY else _top_level(create_only(name).always)
    )
    if one.name_property is not None:
        provisioners._CUSTOM_NAME_REPLACEMENT[name] = {  # noqa: SLF001 - a touch point
            "name": (one.name_property, _NAMED_WITHIN[name])
            if name in _NAMED_WITHIN
            else one.name_property
        }
    if name.startswith(_STACK_TAGGED) and name not in _NOT_STACK_TAGGED:
        kind = "map" if one.tags_are_a_map else "list"
        provisioners._STACK_TAG_PROPERTY[name] = ("Tags", kind)  # noqa: SLF001 - a touch point


def _top_level(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if "/" not in path)


def _pair(resource: Provisioned) -> tuple[str, Any]:
    return resource.physical_id, resource.attributes
