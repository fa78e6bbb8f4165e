"""What is found out about a resource once, for all rules and resources that ask."""

from __future__ import annotations

from functools import wraps

from batch_constructs.aws.typing_names import TYPE_CHECKING, TypeVar
from batch_constructs.rules.template.resource_view import Resource

if TYPE_CHECKING:
    from collections.abc import Callable


_R = TypeVar("_R", bound=Resource)
_T = TypeVar("_T")


def once(find: Callable[[_R], _T]) -> Callable[[_R], _T]:
    """Have a function find something of a resource once."""

    @wraps(find)
    def known(resource: _R) -> _T:
        memory = resource.template.memory
        key = f"{find.__module__}.{find.__qualname__} of {resource.id}"
        if key not in memory:
            memory[key] = find(resource)
        return memory[key]  # type: ignore[return-value]  # what was put there

    return known
