"""A template with what changes from machine to machine left out, and the difference of two."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNSTABLE: Final = (
    (re.compile(r"[0-9a-f]{64}"), "HASH"),
    (re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])"), "ACCOUNT"),
    (re.compile(r"(?<![0-9A-Za-z])[a-z]{2}(?:-(?:gov|iso[a-z]?))?-[a-z]+-\d(?![0-9])"), "REGION"),
)
"""The hash of an asset, an account, a Region (an Availability Zone is ``REGIONa``)."""

_LEFT_OUT: Final = {
    "Parameters": ("BootstrapVersion",),
    "Rules": ("CheckBootstrapVersion",),
    "Conditions": ("CDKMetadataAvailable",),
    "Resources": ("CDKMetadata",),
}
"""What the CDK puts into every template, and changes with its version."""


def stable(template: Mapping[str, Any]) -> str:
    """Write a template, or several by name, as YAML that is the same on every machine."""
    if template and all(
        isinstance(one, dict) and isinstance(one.get("Resources"), dict)
        for one in template.values()
    ):
        several = {_text(name): _stable(one) for name, one in template.items()}
        return yaml.safe_dump(several, sort_keys=True, width=1000)
    return yaml.safe_dump(_stable(template), sort_keys=True, width=1000)


def _stable(template: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, section in template.items():
        if not isinstance(section, dict):
            kept[name] = _value(section)
            continue
        left = {key: one for key, one in section.items() if key not in _LEFT_OUT.get(name, ())}
        if left or name not in _LEFT_OUT:
            kept[name] = _value(left)
    for resource in kept.get("Resources", {}).values():
        if isinstance(resource, dict):
            resource.pop("Metadata", None)
    return kept


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(str(key)): _value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _text(written: str) -> str:
    for pattern, name in _UNSTABLE:
        written = pattern.sub(name, written)
    return written


def difference(new: str, old: str) -> Iterator[str]:
    """Say what differs between two templates as `stable` wrote them, a resource after the other."""
    before, after = yaml.safe_load(old), yaml.safe_load(new)
    was, now = dict(_leaves(before, ())), dict(_leaves(after, ()))
    heading: tuple[str, ...] = ()
    for path in sorted({*was, *now}):
        if path in was and path in now and was[path] == now[path]:
            continue
        of = _part(path)
        if of != heading:
            heading = of
            yield _heading(of, before, after)
        inside = ".".join(path[len(of) :]) or "(all)"
        if path in was:
            yield f"  - {inside}: {was[path]!r}"
        if path in now:
            yield f"  + {inside}: {now[path]!r}"


def _part(path: tuple[str, ...]) -> tuple[str, ...]:
    """Give the part of a path that names a resource, an output, a parameter."""
    place = path.index("Resources") if "Resources" in path[:2] else 0
    return path[: place + 2]


def _heading(of: tuple[str, ...], before: Any, after: Any) -> str:
    old, new = _at(before, of), _at(after, of)
    one = new if old is None else old
    kind = f" ({one['Type']})" if isinstance(one, dict) and "Type" in one else ""
    sign = "+" if old is None else "-" if new is None else "~"
    name = ".".join(part for part in of if part != "Resources")
    return f"{sign} {name}{kind}"


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inside = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    if isinstance(value, dict | list) and value:
        for key, one in inside:
            yield from _leaves(one, (*path, str(key)))
    else:
        yield path, value
