"""Paths to properties: where a container, a task or a pod is described, and what stands there."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
