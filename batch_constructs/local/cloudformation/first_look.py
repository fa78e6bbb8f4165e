"""A look at the properties of a resource before ministack makes or changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.cloudformation.resource_type import Properties

_PLACES: Final = {"create": 1, "update": 2}
"""Operation of a handler → which of its arguments are the properties that the template gives."""


def look_first(handler: dict[str, Any], look: Callable[[Properties], None]) -> None:
    """Let a handler look at properties, which raises where AWS refuses them, before it goes on."""
    for operation in _PLACES.keys() & handler.keys():
        handler[operation] = _looking(handler[operation], look, _PLACES[operation])


def _looking(
    theirs: Callable[..., Any], look: Callable[[Properties], None], place: int
) -> Callable[..., Any]:
    def look_and_go_on(*arguments: Any) -> Any:
        look(arguments[place])
        return theirs(*arguments)

    return look_and_go_on
