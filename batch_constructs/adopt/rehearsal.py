"""A rehearsal of what was printed: it is run and compared with the old template, and mended.

What our constructs declare otherwise is put right by an override; a construct that cannot be put
right, or that refuses what it is given, stays as an L1.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from batch_constructs.adopt.override_path import override_path
from batch_constructs.adopt.printed_stack import (
    PrintedStack,
    attributes_of,
    properties_of,
)
from batch_constructs.adopt.python_source import Call, pointed, snake_case
from batch_constructs.adopt.sections import METADATA
from batch_constructs.impact.changes import is_function
from batch_constructs.validation_switches import nothing_validates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.impact.described_stack import DescribedStack

_FILE: Final = "<adopted>"
_ROUNDS: Final = 100
_FEW: Final = 2
_NEVER_EMPTY: Final = ["Tags"]
"""What the CDK leaves out where it is empty, whatever it is told."""


class CannotAdoptError(Exception):
    """A template that the CDK cannot declare; the message says why, in one line."""


def adopted(old: DescribedStack) -> PrintedStack:
    """Print a stack, so that it declares what the old template does and nothing else.

    Raises:
        CannotAdoptError: the CDK refuses the template.
    """
    printed = PrintedStack(old)
    tried: set[str] = set()
    for _ in range(_ROUNDS):
        with nothing_validates():
            try:
                stack, template = _run(printed)
            except Exception as error:  # noqa: BLE001  # whatever a constructor raises is a reason
                _leave(printed, error)
                continue
            if not _mend(printed, stack, template, tried):
                return printed
    raise CannotAdoptError("what the constructs declare does not settle")


def _run(printed: PrintedStack) -> tuple[cdk.Stack, dict[str, Any]]:
    """Run what was printed, and give the stack with its template."""
    names: dict[str, Any] = {"__name__": "adopted"}
    exec(compile(printed.source(), _FILE, "exec"), names)  # noqa: S102  # it was printed here, of literals
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    make: Any = names[printed.class_name]
    stack: cdk.Stack = make(
        app,
        "Stack",
        synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    )
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return stack, template


def _leave(printed: PrintedStack, error: Exception) -> None:
    """Leave the resource whose construct, or what it is given, refused, as an L1."""
    lines = {
        one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == _FILE
    }
    refused = [
        logical_id
        for logical_id, made in printed.lines.items()
        if any(line in one for one in made for line in lines if line is not None)
    ]
    for logical_id in refused:
        printed.as_l1[logical_id] = _reason(error)
        printed.mends.pop(logical_id, None)
    if not refused:
        raise CannotAdoptError(_reason(error)) from error


def _reason(error: Exception) -> str:
    path, colon, rest = str(error).partition(":")
    said = rest if colon and "/" in path and " " not in path else str(error)
    lines = (line.strip().removeprefix("- ") for line in said.splitlines())
    return "; ".join(line for line in lines if line).replace(":; ", ": ")


def _mend(
    printed: PrintedStack, stack: cdk.Stack, template: dict[str, Any], tried: set[str]
) -> bool:
    """Put right what differs; whether anything did."""
    made: dict[str, Any] = {
        logical_id: stack.node.find_child(own) for logical_id, own in printed.ids.items()
    }
    whole = {
        logical_id: [*_renamed(stack, construct, logical_id), *_extra(stack, construct, template)]
        for logical_id, construct in made.items()
    }
    mended = any(whole.values())
    for logical_id, mends in whole.items():
        printed.mends.setdefault(logical_id, []).extend(mends)
    if mended:
        return True  # what refers to these is compared when they have their IDs
    for logical_id in printed.ours:
        mends = _different(printed.resources[logical_id], template["Resources"][logical_id])
        if not mends:
            continue
        mended = True
        if logical_id in tried:
            printed.as_l1[logical_id] = f"no override restores its {_named(mends)}"
            printed.mends.pop(logical_id, None)
            continue
        tried.add(logical_id)
        printed.mends.setdefault(logical_id, []).extend(mends)
    if not mended:
        _expect_nothing_else(printed, template)
    return mended


def _expect_nothing_else(printed: PrintedStack, template: dict[str, Any]) -> None:
    """See that the resources are the same, whoever declares them."""
    for name in {**printed.resources, **template["Resources"]}:
        old, new = printed.resources.get(name), template["Resources"].get(name)
        if name == METADATA or (old is not None and new is not None and not _different(old, new)):
            continue
        how = (
            "of which the template has nothing"
            if old is None
            else "not at all"
            if new is None
            else f"with another {_named(_different(old, new))}"
        )
        raise CannotAdoptError(f"the CDK declares {name} differently from the template: {how}")


def _named(mends: list[Any]) -> str:
    """Name what is put right."""
    return ", ".join(
        str(one[0]).removeprefix("resource.") if isinstance(one, tuple) else str(one.positional[0])
        for one in mends
    )


def _renamed(stack: cdk.Stack, construct: Any, logical_id: str) -> list[Call]:
    """Give a resource its logical ID, where the CDK makes another one."""
    now = stack.resolve(construct.resource.logical_id)
    return [] if now == logical_id else [Call("resource.override_logical_id", [logical_id])]


def _extra(stack: cdk.Stack, construct: Any, template: dict[str, Any]) -> Iterator[Call]:
    """Take away what a construct makes beside its resource, and the old template has not."""
    for child in construct.node.children:
        if child.node.id == "Resource":
            continue
        made = [
            str(stack.resolve(one.logical_id))
            for one in child.node.find_all()
            if cdk.CfnElement.is_cfn_element(one)
        ]
        if any(name in template["Resources"] for name in made):
            yield Call("node.try_remove_child", [child.node.id])


def _different(old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
    """Give what puts a resource right."""
    found = list(_properties(properties_of(old), properties_of(new), []))
    was, is_ = attributes_of(old), attributes_of(new)
    found += [
        Call("resource.add_override", [name, value])
        for name, value in was.items()
        if not _is_same(value, is_.get(name))
    ]
    found += [Call("resource.add_deletion_override", [name]) for name in is_ if name not in was]
    return found


def _properties(old: dict[str, Any], new: dict[str, Any], way: list[str]) -> Iterator[Any]:
    for name in {**old, **new}:
        below = [*way, str(name)]
        if name not in old:
            yield Call("resource.add_property_deletion_override", [override_path(below)])
        elif name not in new or not _is_same(old[name], new[name]):
            yield from _value(old[name], new.get(name), below)


def _value(old: Any, new: Any, way: list[str]) -> Iterator[Any]:
    plain = not is_function(old) and not is_function(new)
    if plain and isinstance(old, dict) and isinstance(new, dict) and old:
        yield from _properties(old, new, way)
    elif plain and isinstance(old, list) and isinstance(new, list) and _fits(old, new):
        entries = [
            mend
            for place, (one, other) in enumerate(zip(old, new, strict=True))
            if not _is_same(one, other)
            for mend in _value(one, other, [*way, str(place)])
        ]
        # Many small overrides of one list say less than the list.
        yield from entries if len(entries) <= _FEW else [_override(way, old)]
    elif old == {} and len(way) == 1 and way != _NEVER_EMPTY:
        yield (f"resource.{snake_case(way[0])}", {})  # an override cannot say an empty mapping
    else:
        yield _override(way, old)


def _is_same(old: Any, new: Any) -> bool:
    """Whether a value is the old one, also by its type; a whole number may have lost its point."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_is_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_is_same, old, new))
    is_flag = isinstance(old, bool), isinstance(new, bool)
    return is_flag[0] == is_flag[1] and new in (old, pointed(old))


def _override(way: list[str], value: Any) -> Call:
    return Call("resource.add_property_override", [override_path(way), value])


def _fits(old: list[Any], new: list[Any]) -> bool:
    """Whether a list is put right entry by entry, which holds mappings then."""
    return len(old) == len(new) and bool(old) and all(isinstance(one, dict) for one in [*old, *new])
