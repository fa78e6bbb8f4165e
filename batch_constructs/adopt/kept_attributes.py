"""What an old template says of a resource beside its properties, kept where a new one is silent.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from batch_constructs.adopt.python_source import snake_case
from batch_constructs.impact.changes import section

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICIES: Final = ("DeletionPolicy", "UpdateReplacePolicy")
_OTHERS: Final = ("CreationPolicy", "UpdatePolicy")
_CONDITION: Final = "Condition"
_OF_THE_CDK: Final = "aws:"


def said_beside(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is kept of a resource beside its properties."""
    kept = {name: resource[name] for name in (*_POLICIES, *_OTHERS, _CONDITION) if name in resource}
    metadata = {
        name: one
        for name, one in section(resource, "Metadata").items()
        if not name.startswith(_OF_THE_CDK)
    }
    return {**kept, **({"Metadata": metadata} if metadata else {})}


def keep_attributes(
    l1: cdk.CfnResource, attributes: Mapping[str, Any], conditions: Mapping[str, cdk.CfnCondition]
) -> None:
    """Have a new resource keep what it says nothing of itself.

    Args:
        l1: The new resource.
        attributes: What the old one says beside its properties.
        conditions: The conditions of the stack, by their names.
    """
    options: Any = l1.cfn_options if attributes else None
    for name, value in attributes.items():
        if name == "Metadata":
            for key, entry in value.items():
                if l1.get_metadata(key) is None:
                    l1.add_metadata(key, entry)
        elif getattr(options, snake_case(name)) is not None:
            continue
        elif name in _POLICIES and isinstance(value, str):
            setattr(options, snake_case(name), cdk.CfnDeletionPolicy[snake_case(value).upper()])
        elif name == _CONDITION and value in conditions:
            options.condition = conditions[value]
        elif name != _CONDITION:
            l1.add_override(name, value)
