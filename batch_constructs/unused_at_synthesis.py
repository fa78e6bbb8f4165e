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
    Aspects.of(construct).add(_Unused(construct.node.path, id, text, is_used))


@jsii.implements(IAspect)
class _Unused:
    def __init__(self, path: str, id: str, text: str, is_used: Callable[[], bool]) -> None:
        self._path, self._id, self._text, self._is_used = path, id, text, is_used

    def visit(self, node: IConstruct) -> None:
        """Look at the construct, and at nothing below it."""
        if node.node.path == self._path and not self._is_used():
            Annotations.of(node).add_warning_v2(self._id, self._text)
