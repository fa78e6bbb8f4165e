"""The logical IDs of an old template, kept by a stack that was written anew.

https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.adopt.old_stack import read_stack
from batch_constructs.adopt.override_path import override_path
from batch_constructs.adopt.python_source import pointed
from batch_constructs.adopt.same_resources import RIGHTS, Matching, Resource
from batch_constructs.adopt.successor import TAGS, Successor, with_capitals
from batch_constructs.aws.template_facts import CONSTRUCT_PATH
from batch_constructs.impact.changes import METADATA_TYPE, changes, references, section
from batch_constructs.impact.known_template import known
from batch_constructs.impact.refused import names_taken

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import aws_cdk as cdk

    from batch_constructs.impact.described_stack import DescribedStack


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
    that our constructs add. Deletion policies, condition and metadata stay unless the new resource
    sets them, and so do exports. Roles and policies of the old template that the stack does not
    declare stay as L1s below ``Kept``, because jobs submitted earlier use them.

    Args:
        stack: The new stack.
        old_template: The deployed template, as JSON or YAML, or the output of ``cdk synth`` that
            contains it.
        let_go: Logical IDs of the old template, also of exports, that should be deleted.
        hold: Logical IDs of resources that must not be replaced yet, or whose change AWS Batch
            refuses. The properties in question stay as they were until you remove the ID from here.

    Raises:
        ValueError: the template cannot be read, or one of its resources is not in the stack, is
            ambiguous, would be replaced, has a change that AWS Batch refuses, or has a name that a
            new one takes.

    https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
    """
    from batch_constructs.rules.template import template_files  # noqa: PLC0415  # with PyYAML

    try:
        read = read_stack(Path(old_template), None)
    except template_files.UnreadableTemplateError as error:
        raise ValueError(f"{old_template}: {error}") from None
    old = replace(read, template=pointed(read.template))
    template, had = old.template, section(old.template, "Resources")
    outputs = section(template, "Outputs")
    absent = f"{old_template} has nothing with that logical ID: give one that it has"
    matching = Matching(old=list(_old(old, let_go)), new=list(_new(stack, old.place)))
    matching.match()
    ids = {one.logical_id: now.logical_id for one, now in matching.pairs}
    kept = [
        Successor(one, now, held=one.logical_id in hold, new_ids=ids) for one, now in matching.pairs
    ]
    impossible = [
        *(f"let_go names {name}: {absent}" for name in let_go if name not in {**had, **outputs}),
        *(f"hold names {name}: {absent}" for name in hold if name not in had),
        *filter(None, (one.refusal for one in kept)),
        *_clashes(matching, had),
    ]
    if impossible:
        raise ValueError(f"{stack.node.path}: {'; '.join(impossible)}")
    problems = [
        *_problems(matching, kept, let_go),
        *_exports_of_what_goes(template, let_go),
    ]
    if problems:
        listed = "; ".join(problems)
        raise ValueError(
            f"{stack.node.path}: {old_template} has {listed}. Declare it, or name it in let_go to "
            "have it deleted"
        )
    _keep(stack, matching, kept, old, let_go)
    for one in kept:
        if one.doubt:
            _warn(one)


def _clashes(matching: Matching, had: Mapping[str, Any]) -> Iterator[str]:
    """Say which new resources have the name of one that the old template has as well."""
    came = {one.logical_id: one for one in matching.new}
    now = {name: {"Type": one.type, "Properties": one.written} for name, one in came.items()}
    before = {f"{name} of the old template": one for name, one in had.items()}
    found = changes({"Resources": before}, {"Resources": with_capitals(now)})
    for name, change in found.items():
        if name in came:
            yield from (f"{came[name].path}: {why}" for why in names_taken(change, found))


def _problems(
    matching: Matching, kept: Sequence[Successor], let_go: Sequence[str]
) -> Iterator[str]:
    """Say which old resources the new stack has not, and what those that it keeps would miss."""
    for one in kept:
        for path, value in one.stays.items():
            named = {target for _, target, _ in references(value)}
            for gone in sorted(named.intersection(let_go)):
                yield (
                    f"{one.before.logical_id} ({one.before.type}), whose {path} stays and names "
                    f"{gone}, which let_go names"
                )
    for left in matching.old:
        if left.type not in RIGHTS:
            yield f"{left.logical_id} ({left.type}) {matching.why_unknown(left)}"
            continue
        named = {name for names in left.refers_to.values() for name in names}
        for gone in sorted(named.intersection(let_go)):
            yield (
                f"{left.logical_id} ({left.type}), which stays and names {gone}, which let_go names"
            )


def _exports_of_what_goes(template: Mapping[str, Any], let_go: Sequence[str]) -> Iterator[str]:
    """Say which exports cannot stay, since what they are of goes."""
    for name, output in section(template, "Outputs").items():
        if name in let_go or "Export" not in output:
            continue
        named = {target for _, target, _ in references(output.get("Value"))}
        for gone in sorted(named.intersection(let_go)):
            yield f"the export {name}, which stays and names {gone}, which let_go names"


def _keep(
    stack: cdk.Stack,
    matching: Matching,
    kept: Sequence[Successor],
    old: DescribedStack,
    let_go: Sequence[str],
) -> None:
    """Give what is the same its old ID, with what is held, and leave old rights in the stack."""
    from constructs import Construct  # noqa: PLC0415  # with the CDK

    from batch_constructs.adopt.kept_attributes import (  # noqa: PLC0415  # with it
        keep_attributes,
        said_beside,
    )
    from batch_constructs.adopt.kept_outputs import exports_of, keep_exports  # noqa: PLC0415
    from batch_constructs.adopt.kept_rights import Needs, keep_rights  # noqa: PLC0415  # with it

    template, had = old.template, section(old.template, "Resources")
    rights = {one.logical_id: had[one.logical_id] for one in matching.old if one.type in RIGHTS}
    exports = exports_of(template, stack, let_go)
    beside = {one.before.logical_id: said_beside(had[one.before.logical_id]) for one in kept}
    used = [*rights.values(), *(one.stays for one in kept), *beside.values(), *exports.values()]
    needs = Needs(template, used)
    taken = {*had, *needs.names}
    for now in matching.new:
        if now.logical_id in taken:  # CloudFormation changes the type of no logical ID
            now.l1.override_logical_id(f"{now.logical_id}{now.type.rpartition(':')[2]}")
    for one in kept:
        if one.before.logical_id != one.now.logical_id:
            one.now.l1.override_logical_id(one.before.logical_id)
        for path, value in one.stays.items():
            if path == TAGS:
                _hold_tags(one.now.l1, value, old.tags)
            else:
                _put_back(one.now.l1, path, value)
    conditions: dict[str, cdk.CfnCondition] = {}
    l1s = {one.before.logical_id: one.now.l1 for one in kept}
    if rights or exports or needs.definitions:
        below = Construct(stack, "Kept")
        conditions = needs.declare(stack, below)
        keep_exports(stack, below, exports, l1s, conditions)
        if rights:
            keep_rights(stack, below, rights, let_go)
    for name, attributes in beside.items():
        keep_attributes(l1s[name], attributes, conditions)


def _warn(kept: Successor) -> None:
    """Tell of what may be replaced, where only the deployment knows."""
    from aws_cdk import Annotations  # noqa: PLC0415  # the CDK is loaded when it is needed

    Annotations.of(kept.now.l1).add_warning_v2("batch-constructs:may-be-replaced", kept.doubt)


def _put_back(l1: Any, path: str, value: Any) -> None:
    """Write one property as it was, or leave it out as it was left out."""
    at = override_path(path.split("/"))
    if value is None:
        l1.add_property_deletion_override(at)
    else:
        l1.add_property_override(at, value)


def _hold_tags(l1: Any, tags: Any, of_stack: Mapping[str, str] | None) -> None:
    """Keep the tags of a resource that is replaced with them, whatever ``Tags.of`` adds."""
    if not hasattr(l1, "tags"):
        _put_back(l1, TAGS, tags)
        return
    from aws_cdk import AspectPriority, Aspects  # noqa: PLC0415  # with the CDK

    from batch_constructs.adopt.held_tags import HeldTags  # noqa: PLC0415  # with the CDK

    Aspects.of(l1).add(HeldTags(tags, of_stack), priority=AspectPriority.READONLY)


def _old(old: DescribedStack, let_go: Sequence[str]) -> Iterator[Resource]:
    told = section(known(old.template, old.place), "Resources")
    for logical_id, resource in section(old.template, "Resources").items():
        type_ = str(resource.get("Type"))
        if type_ == METADATA_TYPE or logical_id in let_go:
            continue
        path = str(resource.get("Metadata", {}).get(CONSTRUCT_PATH, "")).partition("/")[2]
        written = resource.get("Properties", {})
        yield Resource.of(
            type_, logical_id, path, written, known=told.get(logical_id, {}).get("Properties")
        )


def _new(stack: cdk.Stack, place: Mapping[str, str]) -> Iterator[Resource]:
    from aws_cdk import CfnResource, Stack, Token  # noqa: PLC0415  # loaded when it is needed

    from batch_constructs.adopt.declared_sections import sections  # noqa: PLC0415  # with the CDK

    made: dict[str, tuple[Any, Any]] = {}
    for construct in stack.node.find_all():
        if not CfnResource.is_cfn_resource(construct) or Stack.of(construct) is not stack:
            continue
        l1: Any = construct
        properties = stack.resolve(l1._cfn_properties)  # noqa: SLF001  # has no public name
        made[str(stack.resolve(l1.logical_id))] = l1, properties
    resources = {
        name: {"Type": l1.cfn_resource_type, "Properties": properties}
        for name, (l1, properties) in made.items()
    }
    own = {"AWS::AccountId": stack.account, "AWS::Region": stack.region}
    here = {name: value for name, value in own.items() if not Token.is_unresolved(value)}
    told = known({**sections(stack), "Resources": resources}, {**place, **here})["Resources"]
    for name, (l1, properties) in made.items():
        yield Resource.of(
            l1.cfn_resource_type,
            name,
            str(l1.node.path).partition("/")[2],
            properties,
            known=told.get(name, {}).get("Properties"),
            l1=l1,
        )
