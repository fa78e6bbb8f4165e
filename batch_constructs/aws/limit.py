"""A limit: one property of AWS Batch, its bound, and AWS's page that says so.

From the limits come the rules about ranges, values, patterns and numbers of entries with their
tests, the messages of the constructors, and the checks of the embedded AWS.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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


class Limit(Record, kw_only=True):
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
        severity: ``error`` where AWS refuses it, else ``warning``.
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
    severity: str = "error"

    @property
    def way(self) -> tuple[str, str]:
        """The way from ``within`` to the mapping that has the property, and the property."""
        return way_and_key(self.name.removesuffix("/*"))


@cache
def way_and_key(name: str) -> tuple[str, str]:
    """Divide a property's name into the way to it and its key."""
    way, _, key = name.rpartition("/")
    return way, key


def places(within: Mapping[str, Any], path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Find the mappings at a path, where ``*`` is every entry of a list, with their paths."""
    steps = _steps(path)
    if not steps:
        return (("", within),)
    return _walk(within, "", steps, 0) if steps[0] in within else ()


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")) if path else ()


def _walk(
    within: Mapping[str, Any], way: str, steps: tuple[str, ...], at: int
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if at == len(steps):
        yield way, within
        return
    step = steps[at]
    found = within.get(step)
    if steps[at + 1 : at + 2] == ("*",):
        if type(found) is list:
            for position, entry in enumerate(found):
                if type(entry) is dict:
                    yield from _walk(entry, f"{way}{step}/{position}/", steps, at + 2)
    elif type(found) is dict:
        yield from _walk(found, f"{way}{step}/", steps, at + 1)
