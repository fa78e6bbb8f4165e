"""What annotations say, for modules that a check loads: `typing` itself takes a tenth of its start.

Nothing looks at these names where they are no annotations.
"""

from __future__ import annotations

__all__ = (
    "TYPE_CHECKING",
    "Any",
    "ClassVar",
    "Final",
    "Literal",
    "Self",
    "TypeGuard",
    "TypeVar",
    "dataclass_transform",
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Final, Literal, Self, TypeGuard, TypeVar, dataclass_transform
else:
    Any = ClassVar = Final = Literal = Self = TypeGuard = object
    TypeVar = dataclass_transform = lambda *_, **__: lambda cls: cls
