"""Names of alarms, of which an account has each once in a Region: two of ours never share one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import Stack

from batch_constructs.aws.bound import shown
from batch_constructs.monitoring.job_gauges import is_there
from batch_constructs.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from batch_constructs.arguments import Arguments

_MADE: WeakKeyDictionary[Any, dict[tuple[str, str], list[Construct]]] = WeakKeyDictionary()
"""App → what alarms' names begin with, and what they are about → who made some."""


def expect_other_names(arguments: Arguments, prefix: Any, about: Mapping[str, str]) -> None:
    """Refuse a prefix under which another construct makes the alarms of the same already.

    Args:
        arguments: Of what makes the alarms.
        prefix: What their names begin with.
        about: What they are about: its ARN or its path → what it is called.
    """
    construct = arguments.construct
    made = _MADE.get(construct.node.root, {})
    for key, name in about.items():
        for other in made.get((prefix, key), ()):
            if is_there(other) and _are_together(other, construct):
                arguments.wrong_value(
                    f"alarm_name_prefix is {shown(prefix)}, like that of {other.node.path}, "
                    f"which also creates alarms for {name}, and alarm names are unique in an "
                    "account and Region: give another alarm_name_prefix, or create one for both, "
                    "which BatchDashboard(monitoring=…) accepts"
                )
                return


def note_names(construct: Construct, prefix: str, about: Mapping[str, str]) -> None:
    """Note the alarms that a construct makes."""
    made = _MADE.setdefault(construct.node.root, {})
    for key in about:
        made.setdefault((prefix, key), []).append(construct)


def _are_together(one: Construct, other: Construct) -> bool:
    """Whether two constructs are deployed to one account and Region for sure."""
    if Stack.of(one) is Stack.of(other):
        return True
    place = Place.of_stack(one)
    return place == Place.of_stack(other) and None not in (place.region, place.account)
