"""What changes a resource that its template writes alike: the tags of its stack, other stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.updates import create_only
from batch_constructs.impact.changes import different, is_function, properties, section
from batch_constructs.impact.stack_outputs import read

if TYPE_CHECKING:
    from batch_constructs.impact.changes import Change

_TAGS: Final = "Tags"
_DEFAULT: Final = "Default"


def changed_tags(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> list[str]:
    """Give the tags of a stack that change, where both are known."""
    if old is None or new is None:
        return []
    return sorted(key for key in {**old, **new} if old.get(key) != new.get(key))


def changed_defaults(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Give the parameters of both templates that have another default."""
    before, after = (section(one, "Parameters") for one in (old, new))
    return [
        name
        for name, one in after.items()
        if isinstance(one, Mapping)
        and isinstance(before.get(name), Mapping)
        and _DEFAULT in one
        and any(different(before[name].get(_DEFAULT), one[_DEFAULT]))
    ]


def elsewhere(
    change: Change, tags: Collection[str], moved: Collection[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Give the properties of a resource that change from elsewhere, each with what does so.

    Args:
        change: the resource.
        tags: the tags of its stack that change.
        moved: the outputs of other stacks that change: stack and output.
    """
    if change.old is None or change.new is None:
        return
    for path, stack, name in read(properties(change.new)):
        if (stack, name) in moved and path not in change.paths:
            yield path, f"{name} of {stack} does; it is read with the next update of this stack"
    if tags and _TAGS in create_only(change.type).always and _TAGS not in change.paths:
        own = tag_keys(change.property(_TAGS))
        reaching = [key for key in tags if key not in own]
        if reaching:
            yield _TAGS, f"the stack's tags do ({', '.join(reaching)})"


def tag_keys(tags: Any) -> set[str]:
    """Give the keys of a resource's own tags, which stand before those of the stack."""
    if isinstance(tags, list):
        return {str(one["Key"]) for one in tags if isinstance(one, Mapping) and "Key" in one}
    return set(tags) if isinstance(tags, Mapping) and not is_function(tags) else set()
