"""Commands of submissions whose words an event, or the input of a state machine, decides.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import re

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.state_machine_view import (
    STATE_MACHINES,
    batch_tasks,
)
from batch_constructs.rules.template.values import entries, mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.rules.template.resource_graph import Resource

_OF_EVENT_BRIDGE: Final = frozenset({"$.account", "$.id", "$.region", "$.time", "$.version"})
"""What whoever sends an event does not choose."""

_STRING_OR_FIELD: Final = pattern(r'"(?:[^"\\]|\\.)*"|<[\w.-]+>', re.DOTALL)
FIELD: Final = pattern(r"<([\w.-]+)>")
"""A placeholder of an input transformer of EventBridge."""

_MARK: Final = pattern("Ref::(\\d+)\x02")
_COMPUTED: Final = pattern(r"\{%.*\$states\.(?:input|result)\b.*%\}", re.DOTALL)
_ARRAY: Final = pattern(r"States\.Array\((.*)\)", re.DOTALL)
_ELEMENT: Final = pattern(r"\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^',()]|\([^()]*\))+))\s*(?:,|$)")
_LONGEST: Final = 10_000


class Computed:
    """A command with marks where something is filled in.

    Attributes:
        path: where it stands.
        words: its words; None for one that is not known.
        names: what each mark stands for.
    """

    def __init__(self, path: str, words: list[str | None], names: list[str]) -> None:
        self.path, self.words, self.names = path, words, names

    def filled_in(self, place: int) -> list[str]:
        """Return what is filled in to a word."""
        return [self.names[int(one)] for one in _MARK.findall(self.words[place] or "")]


def mark(name: str, names: list[str]) -> str:
    """Write a mark, which looks like a parameter of AWS Batch, and note what it stands for."""
    names.append(name)
    return f"Ref::{len(names) - 1}\x02"


def computed_commands(
    source: Resource, read: Callable[[str], Mapping[str, Any] | None]
) -> Iterator[Computed]:
    """Give the commands that a rule or a state machine puts together.

    Args:
        source: the rule or the state machine.
        read: reads what a rule hands over as a request in Pascal case.
    """
    for place, target in entries(source.properties, "Targets"):
        transformer = mapping(target, "InputTransformer")
        names: list[str] = []
        template = _with_marks(transformer, names)
        request = read(template) if names else None
        command = None if request is None else mapping(request, "ContainerOverrides").get("Command")
        if isinstance(command, list):
            path = f"Targets/{place}/InputTransformer/InputTemplate"
            yield Computed(path, [literal(word) for word in command], names)
    if source.type in STATE_MACHINES:
        for path, state in batch_tasks(source):
            yield from _of_state(path, state)


def _with_marks(transformer: Mapping[str, Any], names: list[str]) -> str:
    """Write the template of an input with marks for what the sender of an event chooses."""
    paths = mapping(transformer, "InputPathsMap")

    def marked(name: str) -> str:
        path = paths.get(name)
        if not isinstance(path, str) or path in _OF_EVENT_BRIDGE:
            return "x"
        return mark(path, names)

    def filled(one: re.Match[str]) -> str:
        inside = FIELD.sub(lambda field: marked(field[1]), one[0])
        return f'"{inside}"' if one[0][0] == "<" else inside

    return _STRING_OR_FIELD.sub(filled, literal(transformer.get("InputTemplate")) or "")


def _of_state(path: str, state: Mapping[str, Any]) -> Iterator[Computed]:
    for key in ("Arguments", "Parameters"):
        overrides = mapping(mapping(state, key), "ContainerOverrides")
        names: list[str] = []
        words: list[str | None] = []
        command = overrides.get("Command")
        if isinstance(command, list) and key == "Arguments":
            for word in command:
                known = literal(word)
                computed = known is not None and _COMPUTED.fullmatch(known) is not None
                words.append(mark(known or "", names) if computed else known)
        else:
            words = _of_array(overrides.get("Command.$"), names)
        if names:
            yield Computed(f"{path}/{key}/ContainerOverrides/Command", words, names)


def _of_array(written: object, names: list[str]) -> list[str | None]:
    """Read `States.Array('sh', '-c', $.code)`."""
    known = literal(written)
    array = None if known is None or len(known) > _LONGEST else _ARRAY.fullmatch(known)
    return [
        mark(one[2].strip(), names) if one[1] is None and "$" in one[2] else one[1]
        for one in (_ELEMENT.finditer(array[1]) if array else ())
    ]
