"""Tags that no rule sees in a resource of AWS Batch: of instances, jobs and ECS clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import A_KEY, shown
from batch_constructs.aws.tags import COUNT, KEY, VALUE

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments


def read_tags(arguments: Arguments, tags: Any, parameter: str = "tags") -> dict[str, Any]:
    """Read tags, which AWS looks at only once they are put on something."""
    listed = arguments.mapping(parameter, tags)
    for key, value in listed.items():
        arguments.bounded(f"{A_KEY}{parameter}", key, KEY)
        arguments.bounded(f"{parameter}[{shown(key)}]", value, VALUE)
    arguments.bounded(parameter, listed, COUNT)
    return listed
