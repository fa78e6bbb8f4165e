"""Properties that the CDK's L1 does not have yet, which jsii would drop in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.property_paths import places, way_and_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_METADATA: Final = "EksProperties/PodProperties/Metadata"
_A_NODE: Final = "NodeProperties/NodeRangeProperties/*"

PAST_THE_L1: Final = tuple(
    f"{holder}{_METADATA}/{name}"
    for holder in ("", f"{_A_NODE}/")
    for name in ("Annotations", "Namespace")
)
"""The ways to them in a job definition; ``*`` is every entry of a list."""


def past_the_l1(properties: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what the L1 has no property for, with the paths of overrides."""
    for way in PAST_THE_L1:
        within, name = way_and_key(way)
        for place, holder in places(properties, within):
            if name in holder:
                yield f"{place}{name}".replace("/", "."), holder[name]
