"""The properties of resources as texts: what they name, and what they cannot hold, is read there.

To go through the values of a resource takes ten times as long as to write them as JSON.
"""

from __future__ import annotations

import json
from functools import cached_property

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = pattern(r'"([^"\\]*)": ')
_OBJECT: Final = pattern(r'\{"[^"\\]*": ')


class PropertyText:
    """The properties of a resource as JSON.

    Attributes:
        json: the text.
    """

    def __init__(self, json: str) -> None:
        self.json = json

    def names(self) -> frozenset[str]:
        """Give the names of all members, those of functions included."""
        return frozenset(_NAME.findall(self.json))

    @cached_property
    def opens_no_reference(self) -> bool:
        """Tell that no string has a bracket but such as `Fn::Sub` replaces; False if that is open.

        Each object that has a member has a bracket, which a name and a colon follow.
        """
        brackets = self.json.count("{") - self.json.count("${")
        return brackets == 0 or brackets == len(_OBJECT.findall(self.json))

    @cached_property
    def refers_to_nothing(self) -> bool:
        """Tell that no function of CloudFormation is in it."""
        return '"Ref"' not in self.json and '"Fn::' not in self.json

    @cached_property
    def is_what_it_says(self) -> bool:
        """Tell that nothing in it stands for something else; False if that is open.

        A token of the CDK that is a number has so many digits that it is written with an exponent.
        """
        return (
            self.refers_to_nothing
            and self.opens_no_reference
            and "${" not in self.json
            and "e+" not in self.json
        )


class PropertyTexts:
    """The properties of the resources of a template that was read from a text."""

    def __init__(self, template: Mapping[str, object]) -> None:
        self._resources: Any = template.get("Resources")
        self._known: dict[str, PropertyText | None] = {}

    def of(self, id: str) -> PropertyText | None:
        """Give the properties of a resource; nothing where they are nested too deeply."""
        if id not in self._known:
            self._known[id] = _written(self._resources[id].get("Properties"))
        return self._known[id]


def _written(properties: object) -> PropertyText | None:
    try:
        return PropertyText(json.dumps(properties, ensure_ascii=False))
    except (TypeError, ValueError, RecursionError):
        return None
