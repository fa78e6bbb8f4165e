"""YAML as CloudFormation writes it: short forms of intrinsic functions, no dates."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover  # a PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # the same, slower

if TYPE_CHECKING:
    from collections.abc import Iterator

_FULL_NAMES = {"Ref": "Ref", "Condition": "Condition"}


def _construct(loader: Any, suffix: str, node: yaml.Node) -> dict[str, object]:
    """Make ``!Sub …`` a mapping with ``Fn::Sub``."""
    value: object
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {_FULL_NAMES.get(suffix, f"Fn::{suffix}"): value}


def _mapping(loader: Any, node: yaml.MappingNode) -> Iterator[dict[object, object]]:
    """Make a mapping; of two entries with one name the first would be lost."""
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value != _MERGE:
            if key.value in seen:
                problem = f'the name "{key.value}" stands twice; keep one, or rename one'
                raise ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
    yield from loader.construct_yaml_map(node)


_MERGE = "<<"


@cache
def loader() -> type[Any]:
    """Give the loader class."""

    class TemplateLoader(_SafeLoader):
        """A safe loader that knows the tags of CloudFormation."""

    TemplateLoader.yaml_implicit_resolvers = {
        first: [entry for entry in resolvers if entry[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    TemplateLoader.add_constructor("tag:yaml.org,2002:map", _mapping)
    TemplateLoader.add_multi_constructor("!", _construct)
    return TemplateLoader
