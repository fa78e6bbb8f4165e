"""A limit: one property of AWS Batch, its bound, and AWS's page that says so.

From the limits come the rules about ranges, values, patterns and numbers of entries with their
tests, the messages of the constructors, and the checks of the embedded AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batch_constructs.aws.bound import Bound
    from batch_constructs.aws.source import Source

HERE: Final = ("",)
"""The properties of the resource itself."""

NODES: Final = "NodeProperties/NodeRangeProperties/*"

TASKS: Final = (
    "ContainerProperties",
    "EcsProperties/TaskProperties/*",
    f"{NODES}/Container",
    f"{NODES}/EcsProperties/TaskProperties/*",
)
"""Where an ECS task is described: a single container stands for its task."""

CONTAINERS: Final = (
    "ContainerProperties",
    "EcsProperties/TaskProperties/*/Containers/*",
    f"{NODES}/Container",
    f"{NODES}/EcsProperties/TaskProperties/*/Containers/*",
)
"""Where an ECS container is described."""


PODS: Final = ("EksProperties/PodProperties", f"{NODES}/EksProperties/PodProperties")
"""Where a pod is described."""

POD_CONTAINERS: Final = tuple(
    f"{pod}/{key}/*" for pod in PODS for key in ("Containers", "InitContainers")
)
"""Where a container of a pod is described."""


def below(places: tuple[str, ...], *paths: str) -> tuple[str, ...]:
    """Name what stands at paths below each of some places."""
    return tuple(f"{place}/{path}" for path in paths for place in places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What one property may be.

    Attributes:
        rule: the identifier of the rule made of it.
        type: the CloudFormation type.
        within: where the mappings are that have the property; ``*`` is every entry of a list.
        name: the property, perhaps with the way to it below ``within``; ``/*`` at its end means
            each text of a list.
        noun: what the property is called in a message, such as ``the bid percentage``.
        bound: what it may be.
        source: AWS's page.
        title: the fault in a few words, for the page of the rules.
        why: why it matters, for the page of the rules.
        is_error: whether AWS refuses it; else it is a warning.
    """

    rule: str
    type: str
    within: tuple[str, ...] = HERE
    name: str
    noun: str
    bound: Bound
    source: Source
    title: str
    why: str
    is_error: bool = True

    @property
    def key(self) -> str:
        """The property itself."""
        return self.name.removesuffix("/*").rpartition("/")[2]

    @property
    def below(self) -> str:
        """The way from ``within`` to the mapping that has the property; empty if that is it."""
        return self.name.removesuffix("/*").rpartition("/")[0]


def places(within: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Find the mappings at a path, where ``*`` is every entry of a list, with their paths."""
    return _walk(within, "", path.split("/") if path else [])


def _walk(
    within: Mapping[str, Any], way: str, rest: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not rest:
        yield way, within
        return
    found = within.get(rest[0])
    if rest[1:2] == ["*"]:
        if type(found) is list:
            for position, entry in enumerate(found):
                if type(entry) is dict:
                    yield from _walk(entry, f"{way}{rest[0]}/{position}/", rest[2:])
    elif type(found) is dict:
        yield from _walk(found, f"{way}{rest[0]}/", rest[1:])
