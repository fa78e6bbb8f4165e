"""A warning of what nothing uses: only a synthesis knows, because uses come after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsii
from aws_cdk import Annotations, Aspects, IAspect

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct, IConstruct


def warn_if_unused(
    construct: Construct, id: str, text: str, *, is_used: Callable[[], bool]
) -> None:
    """Warn of a construct at synthesis, unless something uses it by then."""

    def look() -> None:
        if not is_used():
            Annotations.of(construct).add_warning_v2(id, text)

    at_synthesis(construct, look)


def at_synthesis(construct: Construct, look: Callable[[], None]) -> None:
    """Look at something when a construct is synthesised."""
    Aspects.of(construct).add(_Look(construct.node.path, look))


@jsii.implements(IAspect)
class _Look:
    def __init__(self, path: str, look: Callable[[], None]) -> None:
        self._path, self._look = path, look

    def visit(self, node: IConstruct) -> None:
        """Look once, and not at what is below the construct."""
        if node.node.path == self._path:
            self._look()
