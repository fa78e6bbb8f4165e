"""The logical IDs of an old template, kept by a stack that was written anew.

https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt.old_stack import read_stack
from batch_constructs.adopt.same_resources import (
    RIGHTS,
    Matching,
    Reference,
    Resource,
    is_prefix_of,
)
from batch_constructs.aws.names import as_member, as_property
from batch_constructs.aws.updates import create_only, has_role_of_its_own
from batch_constructs.impact.changes import references
from batch_constructs.impact.verdict import Effect, impact

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    import aws_cdk as cdk

_PATH: Final = "aws:cdk:path"
_METADATA: Final = "AWS::CDK::Metadata"
_BATCH: Final = "AWS::Batch::"
_TAGS: Final = "Tags"
_ROLE: Final = "ServiceRole"
_OF_A_RESOURCE: Final = Reference(["Fn::GetAtt"])
_DESCRIPTIONS: Final = ("GroupDescription", "Description")
"""What cannot be changed and says nothing but where something stands in the app."""


def keep_ids_of(
    stack: cdk.Stack,
    old_template: str | os.PathLike[str],
    *,
    let_go: Sequence[str] = (),
    hold: Sequence[str] = (),
) -> None:
    """Give the resources of a stack the logical IDs from an old template.

    Call it once the stack is complete. A resource is recognized by its type together with its
    logical ID, its path or its physical name; by its references to and from other resources at the
    same property; or by properties that only it has.

    Anything that cannot be updated in place stays as it was: the spelling of ``Type: managed``,
    tags of a compute environment, the description of a security group, and a name without the hash
    that our constructs add. Roles and policies of the old template that the stack does not declare
    stay as L1s below ``Kept``, because jobs submitted earlier use them.

    Args:
        stack: The new stack.
        old_template: The deployed template, as JSON or YAML, or the output of ``cdk synth`` that
            contains it.
        let_go: Logical IDs of the old template that should be deleted.
        hold: Logical IDs of resources that must not be replaced yet, or whose change AWS Batch
            refuses. The properties in question stay as they were until you remove the ID from here.

    Raises:
        ValueError: the template cannot be read, or one of its resources is not in the stack, is
            ambiguous, would be replaced, or is a queue or an environment with a change that AWS
            Batch does not support.

    https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
    """
    from batch_constructs.rules.template import template_files  # noqa: PLC0415  # with PyYAML

    try:
        template = read_stack(Path(old_template), None).template
    except template_files.UnreadableTemplateError as error:
        raise ValueError(f"{old_template}: {error}") from None
    known = _resources(template)
    matching = Matching(old=list(_old(known, let_go)), new=list(_new(stack)))
    matching.match()
    impossible = [
        why
        for before, now in matching.pairs
        for why in _impossible(before, now, held=before.logical_id in hold)
    ]
    if impossible:
        raise ValueError(f"{stack.node.path}: {'; '.join(impossible)}")
    problems = [
        *_problems(matching, known, let_go, hold),
        *(f"no {name}, which let_go names" for name in let_go if name not in known),
        *(f"no {name}, which hold names" for name in hold if name not in known),
    ]
    if problems:
        listed = "; ".join(problems)
        raise ValueError(
            f"{stack.node.path}: {old_template} has {listed}. Declare it, or name it in let_go to "
            "have it deleted"
        )
    _keep(stack, matching, template, let_go=let_go, hold=hold)
    for before, now in matching.pairs:
        if before.logical_id not in hold:
            _warn(before, now)


def _problems(
    matching: Matching, known: Mapping[str, Any], let_go: Sequence[str], hold: Sequence[str]
) -> Iterator[str]:
    """Say which old resources the new stack has not, and what those that it keeps would miss."""
    for before, now in matching.pairs:
        for path, value in _stays(before, now, known, hold).items():
            named = {target for _, target, _ in references(value)}
            for gone in sorted(named.intersection(let_go)):
                yield (
                    f"{before.logical_id} ({before.type}), whose {path} stays and names {gone}, "
                    "which let_go names"
                )
    for one in matching.old:
        if one.type not in RIGHTS:
            yield f"{one.logical_id} ({one.type}) {matching.why_unknown(one)}"
            continue
        named = {name for names in one.refers_to.values() for name in names}
        for gone in sorted(named.intersection(let_go)):
            yield f"{one.logical_id} ({one.type}), which stays and names {gone}, which let_go names"


def _keep(
    stack: cdk.Stack,
    matching: Matching,
    template: Mapping[str, Any],
    *,
    let_go: Sequence[str],
    hold: Sequence[str],
) -> None:
    """Give what is the same its old ID, with what is held, and leave old rights in the stack."""
    from constructs import Construct  # noqa: PLC0415  # with the CDK

    from batch_constructs.adopt.kept_rights import Needs, keep_rights  # noqa: PLC0415  # with it

    known = _resources(template)
    kept = {one.logical_id: known[one.logical_id] for one in matching.old if one.type in RIGHTS}
    back = [_stays(before, now, known, hold) for before, now in matching.pairs]
    needs = Needs(template, [*kept.values(), *back])
    taken = {*known, *needs.names}
    for now in matching.new:
        if now.logical_id in taken:  # CloudFormation changes the type of no logical ID
            now.l1.override_logical_id(f"{now.logical_id}{now.type.rpartition(':')[2]}")
    for (before, now), stays in zip(matching.pairs, back, strict=True):
        if before.logical_id != now.logical_id:
            now.l1.override_logical_id(before.logical_id)
        for path, value in stays.items():
            if path == _TAGS:
                _hold_tags(now.l1, value)
            else:
                _put_back(now.l1, path, value)
    if kept or needs.definitions:
        below = Construct(stack, "Kept")
        needs.declare(stack, below)
        if kept:
            keep_rights(stack, below, kept, let_go)


def _impossible(before: Resource, now: Resource, *, held: bool) -> Iterator[str]:
    """Say what a deployment would replace, or what AWS Batch does to no queue."""
    named = before.logical_id
    policies = [one.at("SchedulingPolicyArn") for one in (before, now)]
    had, has = (one is not None for one in policies)
    if (
        before.type == "AWS::Batch::JobQueue"
        and had != has
        and not any(map(_may_be_none, policies))
    ):
        what = (
            "loses its scheduling policy, which can be replaced but not removed"
            if had
            else "gets a scheduling policy, which AWS Batch gives no queue later"
        )
        yield (
            f"{named} is a queue that {what}: leave that as it was, or name {named} in let_go and "
            "give the new queue another ID"
        )
    if not held and _gets_role_of_another_kind(before, now):
        yield (
            f"{named} is an environment whose {_differ(before, now, [_ROLE])}, and AWS Batch "
            "changes none from its service-linked role to another one, nor back: leave that as it "
            f"was, name {named} in hold to have it stay so, or name {named} in let_go and give the "
            "new environment another ID"
        )
    because = [] if held else _because(before, now)[0]
    if because:
        yield (
            f"{named} ({before.type}) would be replaced by {now.path}, since "
            f"{_differ(before, now, because)}: leave that as it was, name {named} in hold to have "
            "it stay so for now, or in let_go"
        )


def _gets_role_of_another_kind(before: Resource, now: Resource) -> bool:
    """Whether an environment of AWS Batch's own role is to get one of its own, or the reverse."""
    roles = [one.at(_ROLE) for one in (before, now)]
    return (
        before.at("ComputeResources") is not None
        and all(not isinstance(one, Reference) or one == _OF_A_RESOURCE for one in roles)
        and has_role_of_its_own(roles[0]) != has_role_of_its_own(roles[1])
    )


def _warn(before: Resource, now: Resource) -> None:
    """Tell of what may be replaced, where only the deployment knows."""
    perhaps = _because(before, now)[1]
    if not perhaps:
        return
    from aws_cdk import Annotations  # noqa: PLC0415  # the CDK is loaded when it is needed

    Annotations.of(now.l1).add_warning_v2(
        "batch-constructs:may-be-replaced",
        f"{before.logical_id} ({before.type}) may be replaced by {now.path}, since "
        f"{_differ(before, now, perhaps)}, which only the deployment knows to be the same or not. "
        f"Name {before.logical_id} in hold to have it stay as it was",
    )


def _differ(before: Resource, now: Resource, paths: Sequence[str]) -> str:
    return " and ".join(
        f"{path} is {_told(before.at(path))} in the old template and {_told(now.at(path))} here"
        for path in paths
    )


def _because(before: Resource, now: Resource) -> tuple[list[str], list[str]]:
    """Name the properties that would have a resource replaced, once what is held is held.

    Those that surely would, and those that may, since one of the two values is unknown.
    """
    surely = _replacing(before, now, unknown_is_same=True)
    perhaps = _replacing(before, now, unknown_is_same=False)
    return surely, [path for path in perhaps if path not in surely]


def _replacing(before: Resource, now: Resource, *, unknown_is_same: bool) -> list[str]:
    old = _spelled(before.properties)
    new = _unified(old, _spelled(now.properties), unknown_is_same=unknown_is_same)
    for path, value in _held(before, now).items():
        _put(new, path.split("/"), value)
    found = impact(_template(before, old), _template(before, new))[before.logical_id]
    if found.effect is not Effect.REPLACE:
        return []
    of_batch, always = before.type.startswith(_BATCH), create_only(before.type).always
    return [path for path in found.because if of_batch or path in always]


def _template(before: Resource, properties: Mapping[str, Any]) -> dict[str, Any]:
    resource = {"Type": before.type, "Properties": _with_capitals(properties)}
    return {"Resources": {before.logical_id: resource}}


def _with_capitals(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {as_property(name): _with_capitals(one) for name, one in value.items()}
    return value


def _unified(old: Any, new: Any, *, unknown_is_same: bool) -> Any:
    """Give the new value with each reference as in the old one, where both have one there.

    Args:
        old: The old value.
        new: The new one.
        unknown_is_same: Whether that is so, too, where one of the two is a reference.
    """
    unknown = isinstance(old, Reference), isinstance(new, Reference)
    if all(unknown) or (unknown_is_same and any(unknown) and _may_be_same(old, new)):
        return old
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        found = {
            name: _unified(old.get(name), new.get(name), unknown_is_same=unknown_is_same)
            for name in {**new, **old}
        }
        return {name: one for name, one in found.items() if one is not None}
    if isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            return [
                _unified(one, other, unknown_is_same=unknown_is_same)
                for one, other in zip(old, new, strict=True)
            ]
        if unknown_is_same and any(map(_may_be_none, [*old, *new])):
            return old
    return new


def _may_be_same(old: Any, new: Any) -> bool:
    """Whether a reference and another value may be the same: no reference is nothing but an If."""
    return None not in (old, new) or any(map(_may_be_none, (old, new)))


def _may_be_none(value: Any) -> bool:
    return isinstance(value, Reference) and "Fn::If" in value


def _put(properties: Any, way: Sequence[str], value: Any) -> None:
    for step in map(as_member, way[:-1]):
        properties = properties.setdefault(step, {})
    if value is None:
        properties.pop(as_member(way[-1]), None)
    else:
        properties[as_member(way[-1])] = value


def _spelled(value: Any) -> Any:
    """Give numbers and flags as CloudFormation compares them, as text."""
    if isinstance(value, Mapping):
        return {name: _spelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    return str(value).lower() if isinstance(value, bool | int | float) else value


def _told(value: Any) -> str:
    if isinstance(value, Reference):
        return "a reference"
    return "not there" if value is None else repr(value)


def _held(before: Resource, now: Resource) -> dict[str, Any]:
    """Give what cannot be changed in place and stays as the old template has it, by its path."""
    return {
        path: before.at(path)
        for path in sorted(create_only(before.type).always)
        if path == _TAGS or _is_held(path, before.at(path), now.at(path))
    }


def _is_held(path: str, old: Any, new: Any) -> bool:
    if old == new or not (isinstance(old, str) and isinstance(new, str)):
        return False
    return path in _DESCRIPTIONS or old.lower() == new.lower() or is_prefix_of(old, new)


def _stays(
    before: Resource, now: Resource, known: Mapping[str, Any], hold: Sequence[str]
) -> dict[str, Any]:
    """Give what stays as the old template has it, as it is written there, by its path."""
    paths = list(_held(before, now))
    if before.logical_id in hold:
        paths += [path for both in _because(before, now) for path in both]
        paths += [_ROLE] if _gets_role_of_another_kind(before, now) else []
    was = known[before.logical_id].get("Properties", {})
    return {path: _written(was, path) for path in dict.fromkeys(paths)}


def _written(properties: Any, path: str) -> Any:
    for step in path.split("/"):
        properties = properties.get(step) if isinstance(properties, Mapping) else None
    return properties


def _put_back(l1: Any, path: str, value: Any) -> None:
    """Write one property as it was, or leave it out as it was left out."""
    at = ".".join(step.replace(".", "\\.") for step in path.split("/"))
    if value is None:
        l1.add_property_deletion_override(at)
    else:
        l1.add_property_override(at, value)


def _hold_tags(l1: Any, old: Any) -> None:
    """Keep the tags of a resource that is replaced with them, whatever ``Tags.of`` adds."""
    if not old:
        l1.add_property_deletion_override(_TAGS)
    elif isinstance(old, dict):
        from aws_cdk import AspectPriority, Aspects  # noqa: PLC0415  # with the CDK

        from batch_constructs.adopt.held_tags import HeldTags  # noqa: PLC0415  # with the CDK

        Aspects.of(l1).add(HeldTags(old), priority=AspectPriority.READONLY)


def _old(resources: Mapping[str, Any], let_go: Sequence[str]) -> Iterator[Resource]:
    for logical_id, resource in resources.items():
        type_ = str(resource.get("Type"))
        if type_ == _METADATA or logical_id in let_go:
            continue
        path = str(resource.get("Metadata", {}).get(_PATH, "")).partition("/")[2]
        yield Resource.of(type_, logical_id, path, resource.get("Properties", {}))


def _new(stack: cdk.Stack) -> Iterator[Resource]:
    from aws_cdk import CfnResource, Stack  # noqa: PLC0415  # the CDK is loaded when it is needed

    for construct in stack.node.find_all():
        if not CfnResource.is_cfn_resource(construct) or Stack.of(construct) is not stack:
            continue
        l1: Any = construct
        yield Resource.of(
            l1.cfn_resource_type,
            str(stack.resolve(l1.logical_id)),
            str(l1.node.path).partition("/")[2],
            stack.resolve(l1._cfn_properties),  # noqa: SLF001  # has no public name
            l1,
        )


def _resources(template: Mapping[str, Any]) -> dict[str, Any]:
    found = template.get("Resources", {})
    return dict(found) if isinstance(found, Mapping) else {}
