"""Resources in which the rules found nothing to refuse: the same one again is not looked at again.

A suite makes the same environment and the same queue in each of its tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.rules import check_resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules import Finding

_MOST_KEPT: Final = 256
"""Resources that are kept, of a few thousand characters each."""

_FAULTLESS: Final[set[str]] = set()


def refusals(
    resource_type: str,
    properties: Mapping[str, Any],
    *,
    beside: Mapping[str, Mapping[str, object]],
    errors_and: frozenset[str],
) -> list[Finding]:
    """Return what `check_resource` finds in plain data, in which UNKNOWN stands for tokens."""
    asked = repr((resource_type, properties, beside, errors_and))
    if asked in _FAULTLESS:
        return []
    found = check_resource(resource_type, properties, beside=beside, errors_and=errors_and)
    if not found:
        if len(_FAULTLESS) == _MOST_KEPT:
            _FAULTLESS.clear()
        _FAULTLESS.add(asked)
    return found
