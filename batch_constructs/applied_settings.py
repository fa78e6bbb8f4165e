"""What was said of a scope with ``DefaultSettings.of(scope).apply(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.known_scope import identity, made_in

if TYPE_CHECKING:
    from constructs import IConstruct

APPLIED: Final[dict[str, dict[str, Any]]] = {}
"""Scope → what is made in it is made with."""

_SCOPES: Final[dict[str, list[str]]] = {}


def default_for(construct: IConstruct | None, setting: str) -> Any:
    """Give what the nearest scope of a construct says of a setting, or nothing."""
    if not APPLIED or construct is None:
        return None
    above = made_in(construct)
    for scope in _scopes(construct if above is None else above[0]):
        given = APPLIED.get(scope, {}).get(setting)
        if given is not None:
            return given
    return None


def _scopes(construct: IConstruct) -> list[str]:
    """Name the scopes of a construct, from itself to the app; they are asked for once."""
    own = identity(construct)
    if own not in _SCOPES:
        _SCOPES[own] = [identity(one) for one in reversed(construct.node.scopes)]
    return _SCOPES[own]
