"""The logical IDs of an old template, kept by a stack that was written anew.

https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt.old_stack import read_stack
from batch_constructs.aws.names import as_member
from batch_constructs.aws.updates import create_only

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import aws_cdk as cdk

_PATH: Final = "aws:cdk:path"
_METADATA: Final = "AWS::CDK::Metadata"


@dataclass(frozen=True, kw_only=True)
class _Resource:
    """A resource, old or new, as far as it is compared.

    Attributes:
        logical_id: Its logical ID.
        path: Where it stands below its stack; empty where that is unknown.
        properties: Its properties, with first letters in lower case, and without references.
        l1: The L1 that makes it; None for an old one.
    """

    logical_id: str
    path: str
    properties: dict[str, Any]
    l1: Any = None

    def name(self, type_: str) -> Any:
        """Give its physical name, where it has one of the user's."""
        named = (one for one in create_only(type_).always if one.endswith("Name"))
        return next((self.properties.get(as_member(one)) for one in named), None)

    def alike(self, other: _Resource) -> int:
        """Count the properties that are the same in another one."""
        return sum(other.properties.get(name) == one for name, one in self.properties.items())


def keep_ids_of(
    stack: cdk.Stack, old_template: str | os.PathLike[str], *, let_go: Sequence[str] = ()
) -> None:
    """Give the resources of a stack the logical IDs that they have in an old template.

    To be called once all of the stack is made. A resource is known again by its type and its
    logical ID, its path, its physical name, or else by the properties that are the same in it and
    in no other one. Properties that cannot be changed in place keep the spelling of the old
    template where they differ in capitals alone, such as ``Type: managed``.

    Args:
        stack: The stack that was written anew.
        old_template: The template that is deployed, in JSON or YAML, or the output of
            ``cdk synth`` with it.
        let_go: Logical IDs of the old template that are to be deleted.

    Raises:
        ValueError: the template cannot be read, or a resource of it is none of the stack's, or
            could be several, or a queue of it changes as AWS Batch changes none; a line each.

    https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
    """
    from batch_constructs.rules.template import template_files  # noqa: PLC0415  # with PyYAML

    try:
        template = read_stack(Path(old_template), None).template
    except template_files.UnreadableTemplateError as error:
        raise ValueError(f"{old_template}: {error}") from None
    problems: list[str] = []
    impossible: list[str] = []
    old, new = _old(template, let_go), _new(stack)
    for type_, resources in old.items():
        pairs, unknown = _match(type_, resources, new.get(type_, []))
        for before, now in pairs:
            _keep(type_, before, now)
            impossible += _impossible(type_, before, now)
        problems += [f"{before.logical_id} ({type_}) {why}" for before, why in unknown]
    if impossible:
        raise ValueError(f"{stack.node.path}: {'; '.join(impossible)}")
    known = _resources(template)
    problems += [f"no {name}, which let_go names" for name in let_go if name not in known]
    if problems:
        listed = "; ".join(problems)
        raise ValueError(
            f"{stack.node.path}: {old_template} has {listed}. Declare it, or name it in let_go to "
            "have it deleted"
        )


def _match(
    type_: str, old: list[_Resource], new: list[_Resource]
) -> tuple[list[tuple[_Resource, _Resource]], list[tuple[_Resource, str]]]:
    """Find the new resource that each old one is, and say of which none can be told."""
    pairs: list[tuple[_Resource, _Resource]] = []
    signs: tuple[Callable[[_Resource], Any], ...] = (
        lambda one: one.logical_id,
        lambda one: one.path or None,
        lambda one: one.name(type_),
    )
    for sign in signs:
        for before in list(old):
            value = sign(before)
            found = [now for now in new if value is not None and sign(now) == value]
            if len(found) == 1:
                pairs.append((before, found[0]))
                old.remove(before)
                new.remove(found[0])
    while clear := _clear(old, new):
        pairs.append(clear)
        old.remove(clear[0])
        new.remove(clear[1])
    return pairs, [(before, _why(before, new)) for before in old]


def _clear(old: list[_Resource], new: list[_Resource]) -> tuple[_Resource, _Resource] | None:
    """Find an old resource and a new one that are more like each other than any others."""
    if len(old) == len(new) == 1:
        return old[0], new[0]
    for before in old:
        for now in new:
            best = before.alike(now)
            others = [before.alike(one) for one in new if one is not now]
            rivals = [one.alike(now) for one in old if one is not before]
            if best and all(best > one for one in (*others, *rivals)):
                return before, now
    return None


def _why(before: _Resource, new: list[_Resource]) -> str:
    alike = [one.path for one in new if before.alike(one)]
    if not alike:
        return "which no resource of the stack is"
    return f"which could be {' or '.join(sorted(alike))}: give one of them its logical ID"


def _keep(type_: str, before: _Resource, now: _Resource) -> None:
    if before.logical_id != now.logical_id:
        now.l1.override_logical_id(before.logical_id)
    for name in create_only(type_).always:
        old, new = before.properties.get(as_member(name)), now.properties.get(as_member(name))
        if not (isinstance(old, str) and isinstance(new, str)):
            continue
        if old != new and old.lower() == new.lower():
            now.l1.add_property_override(name, old)


def _impossible(type_: str, before: _Resource, now: _Resource) -> list[str]:
    """Say what AWS Batch does to no queue: give it a scheduling policy, or take it away."""
    had, has = ("schedulingPolicyArn" in one.properties for one in (before, now))
    if type_ != "AWS::Batch::JobQueue" or had == has:
        return []
    what = (
        "loses its scheduling policy, which can be replaced but not removed"
        if had
        else "gets a scheduling policy, which AWS Batch gives no queue later"
    )
    return [
        (
            f"{before.logical_id} is a queue that {what}: leave that as it was, or name "
            f"{before.logical_id} in let_go and give the new queue another ID"
        )
    ]


def _old(template: Mapping[str, Any], let_go: Sequence[str]) -> dict[str, list[_Resource]]:
    found: dict[str, list[_Resource]] = {}
    for logical_id, resource in _resources(template).items():
        type_ = str(resource.get("Type"))
        if type_ == _METADATA or logical_id in let_go:
            continue
        path = str(resource.get("Metadata", {}).get(_PATH, "")).partition("/")[2]
        properties = _plain(resource.get("Properties", {}))
        found.setdefault(type_, []).append(
            _Resource(logical_id=logical_id, path=path, properties=properties)
        )
    return found


def _new(stack: cdk.Stack) -> dict[str, list[_Resource]]:
    from aws_cdk import CfnResource, Stack  # noqa: PLC0415  # the CDK is loaded when it is needed

    found: dict[str, list[_Resource]] = {}
    for construct in stack.node.find_all():
        if not CfnResource.is_cfn_resource(construct) or Stack.of(construct) is not stack:
            continue
        l1: Any = construct
        found.setdefault(l1.cfn_resource_type, []).append(
            _Resource(
                logical_id=str(stack.resolve(l1.logical_id)),
                path=str(l1.node.path).partition("/")[2],
                properties=_plain(stack.resolve(l1._cfn_properties)),  # noqa: SLF001  # has no public name
                l1=l1,
            )
        )
    return found


def _resources(template: Mapping[str, Any]) -> dict[str, Any]:
    found = template.get("Resources", {})
    return dict(found) if isinstance(found, Mapping) else {}


def _plain(value: Any) -> Any:
    """Give a value in one spelling, without the references, whose logical IDs may change."""
    if isinstance(value, Mapping):
        if any(str(name) == "Ref" or str(name).startswith("Fn::") for name in value):
            return sorted(map(str, value))
        return {as_member(str(name)): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value
