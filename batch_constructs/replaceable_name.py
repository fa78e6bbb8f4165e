"""A readable name that does not stand in the way of a replacement.

CloudFormation replaces a resource by creating the new one first, which fails while the old one has
the same name. So the name that a user gives is a prefix; what follows it is a hash of where the
resource stands in the app and of the properties whose change needs a replacement: with these the
name changes too, and with nothing else.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import jsii
from aws_cdk import IResolveContext, IStringProducer, Lazy

from batch_constructs.aws.names import RESOURCE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.arguments import Arguments

HASH_LENGTH = 8

_LONGEST = (RESOURCE_NAME.longest or 0) - len("-") - HASH_LENGTH
NAME_PREFIX = RESOURCE_NAME.replaced(
    longest=_LONGEST,
    allowed=RESOURCE_NAME.allowed.replace(str(RESOURCE_NAME.longest), str(_LONGEST)),
)
"""What a user may give, so that the name as a whole is one that AWS Batch takes."""


class RemembersOverrides:
    """An L1 that knows what was put over its properties, which the CDK does not tell."""

    _overrides: dict[str, Any]

    def add_override(self, path: str, value: Any) -> None:
        """Put a value over what the resource declares, by its path in the template."""
        *steps, last = (step.replace("\\.", ".") for step in _BETWEEN_STEPS.split(path))
        held: dict[str, Any] = self.__dict__.setdefault("_overrides", {})
        for step in steps:
            below = held.get(step)
            held[step] = dict(below) if isinstance(below, Mapping) else {}
            held = held[step]
        held[last] = value
        super().add_override(path, value)  # type: ignore[misc]  # of the L1 beside it

    def with_overrides(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return properties with what was put over them."""
        found = _put({"Properties": properties}, self.__dict__.get("_overrides", {}))
        return found.get("Properties") or {}


_BETWEEN_STEPS: Final = re.compile(r"(?<!\\)\.")


def _put(under: Any, value: Any) -> Any:
    """Return what is under a value that is put over it, as the CDK does.

    Mappings are merged; None takes something away, and what is empty then goes, too.
    """
    if not isinstance(value, Mapping):
        return value
    held = dict(enumerate(under)) if isinstance(under, list) else under
    made: dict[Any, Any] = dict(held) if isinstance(held, Mapping) else {}
    for step, below in value.items():
        name = int(step) if isinstance(under, list) and step.isdecimal() else step
        made[name] = _put(made.get(name), below)
    made = {name: one for name, one in made.items() if one is not None and one != {}}
    return list(made.values()) if isinstance(under, list) else made


def read_name(arguments: Arguments, parameter: str, prefix: Any, exact: Any) -> Any:
    """Return the prefix or the exact name that was given; both are too many."""
    begins = arguments.text(parameter, prefix, bound=NAME_PREFIX)
    whole = arguments.text("exact_name", exact, bound=RESOURCE_NAME)
    if begins is not None and whole is not None:
        noun = parameter.removesuffix("_name").rpartition("_")[2]
        why = f", which is the prefix of a name that changes with the {noun}"
        arguments.only_one("exact_name", parameter, why)
    return begins if whole is None else whole


def replaceable_name(prefix: str, create_only: Callable[[], Mapping[str, object]]) -> str:
    """Return a token that becomes ``PREFIX-HASH`` when the template is written.

    ``create_only`` is asked that late because tags count, and ``Tags.of(app)`` adds them last.
    What it holds of other resources counts by their logical IDs, which stay from one synthesis to
    the next.
    """
    return Lazy.uncached_string(_Producer(prefix, create_only))


@jsii.implements(IStringProducer)
class _Producer:
    def __init__(self, prefix: str, create_only: Callable[[], Mapping[str, object]]) -> None:
        self._prefix = prefix
        self._create_only = create_only

    def produce(self, context: IResolveContext) -> str:
        resolved: Any = context.resolve(dict(self._create_only()))
        text = json.dumps(resolved, sort_keys=True)
        return f"{self._prefix}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"
