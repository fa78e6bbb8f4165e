"""Paths to properties: where a container, a task or a pod is described, and what stands there."""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


HERE: Final = ("",)
"""The properties of the resource itself."""

_NODES: Final = "NodeProperties/NodeRangeProperties/*"
_SINGLE: Final = ("ContainerProperties", f"{_NODES}/Container")
_SEVERAL: Final = (
    "EcsProperties/TaskProperties/*",
    f"{_NODES}/EcsProperties/TaskProperties/*",
)
_PODS: Final = ("EksProperties/PodProperties", f"{_NODES}/EksProperties/PodProperties")

PLACES: Final = {
    "tasks": (*_SINGLE, *_SEVERAL),
    "single_containers": _SINGLE,
    "several_containers": _SEVERAL,
    "containers": (*_SINGLE, *(f"{task}/Containers/*" for task in _SEVERAL)),
    "pods": _PODS,
    "pod_containers": tuple(
        f"{pod}/{key}/*" for pod in _PODS for key in ("Containers", "InitContainers")
    ),
}
"""Where an ECS task is described (a single container stands for its task, others have a list of
containers), an ECS container, a pod of EKS, and a container of a pod: by the word of a line."""


def ways(written: str | Iterable[str]) -> tuple[str, ...]:
    """Read where something stands: paths, each perhaps below a word of `PLACES`."""
    parts = [way.partition("/") for way in ([written] if isinstance(written, str) else written)]
    return tuple(
        f"{place}{slash}{rest}"
        for head, slash, rest in parts
        for place in PLACES.get(head, (head,))
    )


@cache
def way_and_key(name: str) -> tuple[str, str]:
    """Divide a property's name into the way to it and its key."""
    way, _, key = name.rpartition("/")
    return way, key


def places(within: Mapping[str, Any], path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Find the mappings at a path, where ``*`` is every entry of a list, with their paths."""
    return Places(within).at(path)


class Places:
    """The mappings below one, by the paths to them; each part of a path is gone once."""

    def __init__(self, within: Mapping[str, Any]) -> None:
        self._known: dict[str, list[tuple[str, Mapping[str, Any]]]] = {"": [("", within)]}

    def at(self, path: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Find the mappings at a path, where ``*`` is every entry of a list, with their paths."""
        found = self._known.get(path)
        if found is None:
            above, step, listed = _last_step(path)
            owners = self.at(above)
            found = self._known[path] = [*_inside(owners, step, listed=listed)] if owners else []
        return found


@cache
def _last_step(path: str) -> tuple[str, str, bool]:
    """Divide a path into what is above its last step, the step, and whether that is a list."""
    above, _, step = path.removesuffix("/*").rpartition("/")
    return above, step, path.endswith("/*")


def _inside(
    owners: Iterable[tuple[str, Mapping[str, Any]]], step: str, *, listed: bool
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for way, owner in owners:
        found = owner.get(step)
        if not listed:
            if type(found) is dict:
                yield f"{way}{step}/", found
        elif type(found) is list:
            for position, entry in enumerate(found):
                if type(entry) is dict:
                    yield f"{way}{step}/{position}/", entry
