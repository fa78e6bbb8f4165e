"""YAML as CloudFormation writes it: short forms of intrinsic functions, no dates."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # pragma: no cover  # a PyYAML without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # the same, slower

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


@cache
def loader() -> type[Any]:
    """Give the loader class."""

    class TemplateLoader(_SafeLoader):
        """A safe loader that knows the tags of CloudFormation."""

    TemplateLoader.yaml_implicit_resolvers = {
        first: [entry for entry in resolvers if entry[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
    }

    TemplateLoader.add_multi_constructor("!", _construct)
    return TemplateLoader
