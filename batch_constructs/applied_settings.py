"""What was said of a scope with ``DefaultSettings.of(scope).apply(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from constructs import IConstruct

APPLIED: Final[dict[str, dict[str, Any]]] = {}
"""Scope → what is made in it is made with."""


def default_for(construct: IConstruct | None, setting: str) -> Any:
    """Give what the nearest scope of a construct says of a setting, or nothing."""
    if not APPLIED or construct is None:
        return None
    for scope in reversed(construct.node.scopes):
        given = APPLIED.get(identity(scope), {}).get(setting)
        if given is not None:
            return given
    return None


def identity(construct: IConstruct) -> str:
    """Name a construct of this process."""
    reference: Any = construct
    return str(reference.__jsii_ref__.ref)
