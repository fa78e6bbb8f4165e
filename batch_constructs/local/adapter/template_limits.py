"""Templates: what exceeds a limit of the services around AWS Batch is refused, also if nested."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.local.cloudformation.sizes import exceeded

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPANDING: Final[ContextVar[bool]] = ContextVar("_EXPANDING", default=False)
"""Whether parameters are looked up for a transform: what it makes is looked at afterwards."""


def install() -> None:
    """Look at a template where ministack counts its resources, and at those of nested stacks."""
    from ministack.services.cloudformation import engine

    theirs = engine._validate_template_limits  # noqa: SLF001 - a touch point
    resolve = engine._resolve_parameters  # noqa: SLF001 - a touch point
    expand = engine._transform_parameters  # noqa: SLF001 - a touch point

    def validate_limits(template: Mapping[str, Any]) -> None:
        theirs(template)
        for problem in exceeded(template):
            raise ValueError(f"Template error: {problem}")

    def resolve_of_a_nested_stack(template: Mapping[str, Any], *rest: Any) -> Any:
        """Only a nested stack looks this up so late; nothing else looks at its template."""
        if not _EXPANDING.get():
            validate_limits(template)
        return resolve(template, *rest)

    def expand_first(*given: Any) -> Any:
        before = _EXPANDING.set(True)
        try:
            return expand(*given)
        finally:
            _EXPANDING.reset(before)

    engine._validate_template_limits = validate_limits  # noqa: SLF001 - a touch point
    engine._resolve_parameters = resolve_of_a_nested_stack  # noqa: SLF001 - a touch point
    engine._transform_parameters = expand_first  # noqa: SLF001 - a touch point
