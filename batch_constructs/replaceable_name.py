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
from typing import TYPE_CHECKING, Any, ClassVar

import jsii
from aws_cdk import IResolveContext, IStringProducer, Lazy

from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.updates import create_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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

    CFN_RESOURCE_TYPE_NAME: ClassVar[str]
    _overrides: dict[str, Any]

    def add_override(self, path: str, value: Any) -> None:
        """Put a value over what the resource declares, by its path in the template."""
        if "_overrides" not in self.__dict__:
            self._overrides = {}
        self._overrides[path.removeprefix("Properties.").replace(".", "/")] = value
        super().add_override(path, value)  # type: ignore[misc]  # of the L1 beside it

    def put_over(self, path: str, *, otherwise: Any) -> Any:
        """Return the value that was put over a property, if one was."""
        return self.__dict__.get("_overrides", {}).get(path, otherwise)

    def replacing_overrides(self) -> dict[str, Any]:
        """Return the values put over properties whose change makes another resource."""
        kind = self.CFN_RESOURCE_TYPE_NAME
        table = create_only(kind).always - {f"{kind.rpartition(':')[2]}Name"}
        return {
            path: value
            for path, value in sorted(self.__dict__.get("_overrides", {}).items())
            if any(path == one or path.startswith(f"{one}/") for one in table)
        }


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
