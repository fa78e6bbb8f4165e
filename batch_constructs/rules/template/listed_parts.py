"""Parts of a job definition that stand in lists: volumes, variables, mount points."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.template.values import Properties, entries, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_constructs.rules.template.resource_graph import JobDefinition, Task


def listed(path: str, within: Properties, *keys: str) -> Iterator[tuple[str, Properties]]:
    """Go through the mappings of lists, with the path of each."""
    for key in keys:
        for position, entry in entries(within, key):
            yield f"{path}/{key}/{position}", entry


def volumes(job: JobDefinition) -> Iterator[tuple[Task, str, Properties]]:
    """Go through the volumes of every ECS task, with the path of each."""
    for task in job.tasks:
        for path, volume in listed(task.path, task.properties, "Volumes"):
            yield task, path, volume


def repeated(found: Iterable[tuple[str, Properties]], key: str) -> Iterator[tuple[str, str]]:
    """Find where a property has a text that an earlier mapping has, too."""
    seen: set[str] = set()
    for path, properties in found:
        got = text(properties, key)
        if got and got in seen:
            yield f"{path}/{key}", got
        elif got:
            seen.add(got)
