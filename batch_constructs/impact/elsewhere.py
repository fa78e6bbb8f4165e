"""What changes a resource that its template writes alike: the tags of its stack, other stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.updates import create_only
from batch_constructs.impact.changes import is_function, properties, references
from batch_constructs.impact.stack_outputs import output, read

if TYPE_CHECKING:
    from batch_constructs.impact.changes import Change

_TAGS: Final = "Tags"

Reading = tuple[str, str | None]
"""What names a value: a logical ID or parameter with the attribute, or a stack with its output."""


def changed_tags(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> list[str]:
    """Give the tags of a stack that change, where both are known."""
    if old is None or new is None:
        return []
    return sorted(key for key in {**old, **new} if old.get(key) != new.get(key))


def elsewhere(
    change: Change, tags: Collection[str], moved: Mapping[Reading, str]
) -> Iterator[tuple[str, str]]:
    """Give the properties of a resource that change from elsewhere, each with what does so.

    Args:
        change: the resource.
        tags: the tags of its stack that change.
        moved: what changes of which it reads the value, each with what does so.
    """
    if change.old is None or change.new is None:
        return
    for path, reading in readings(properties(change.new)):
        if reading in moved and path not in change.paths:
            yield path, moved[reading]
    if tags and _TAGS in create_only(change.type).always and _TAGS not in change.paths:
        own = tag_keys(change.property(_TAGS))
        reaching = [key for key in tags if key not in own]
        if reaching:
            yield _TAGS, f"the stack's tags do ({', '.join(reaching)})"


def readings(value: Any) -> Iterator[tuple[str, Reading]]:
    """Give what a value reads: the path, and what names it."""
    for path, target, attribute in references(value):
        yield path, (target, attribute)
    for path, stack, name in read(value):
        yield path, (stack, output(name))


def tag_keys(tags: Any) -> set[str]:
    """Give the keys of a resource's own tags, which stand before those of the stack."""
    if isinstance(tags, list):
        return {str(one["Key"]) for one in tags if isinstance(one, Mapping) and "Key" in one}
    return set(tags) if isinstance(tags, Mapping) and not is_function(tags) else set()
