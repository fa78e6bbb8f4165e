"""Small frozen values, as `dataclasses` makes them; to load that takes a fifth of a start."""

from __future__ import annotations

from batch_constructs.aws.typing_names import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record:
    """A value that is its fields: annotations, with their defaults."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()
    _known: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        """Take the fields that a class adds."""
        del kw_only  # that is for the type checker
        cls._fields = (*cls._fields, *cls.__annotations__)
        cls._known = frozenset(cls._fields)
        cls._required = frozenset(name for name in cls._fields if not hasattr(cls, name))

    def __init__(self, *given: Any, **named: Any) -> None:
        """Take the fields, by their order or by name."""
        values = self.__dict__
        if given:
            values.update(zip(self._fields, given, strict=False))
            if not values.keys().isdisjoint(named):
                twice = ", ".join(sorted(values.keys() & named.keys()))
                message = f"{type(self).__name__} is given twice: {twice}"
                raise TypeError(message)
        values.update(named)
        if len(given) > len(self._fields) or not self._required <= values.keys() <= self._known:
            message = f"{type(self).__name__} has the fields {', '.join(self._fields)}"
            raise TypeError(message)

    def replaced(self, **changes: Any) -> Self:
        """Make one that differs in some fields."""
        if not changes.keys() <= self._known:
            message = f"{type(self).__name__} has the fields {', '.join(self._fields)}"
            raise TypeError(message)
        made = object.__new__(type(self))
        made.__dict__.update(zip(self._fields, self._values(), strict=True))
        made.__dict__.update(changes)
        return made

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a value does not change."""
        message = f"{type(self).__name__}.{name} cannot be changed"
        raise AttributeError(message)

    def __eq__(self, other: object) -> bool:
        """Tell whether another value is the same."""
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        """Let equal values be one key."""
        return hash(self._values())

    def __repr__(self) -> str:
        """Write it as it is made."""
        written = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({written})"
