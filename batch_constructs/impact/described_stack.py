"""A stack as it is or shall be: its template, and what is said of it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class DescribedStack:
    """A stack with its template.

    Attributes:
        name: Its name.
        template: Its template.
        account: Its account, where it is known.
        region: Its Region, where it is known.
        tags: The tags of the stack; None where nobody says them.
        options: What else is said of it, by the names that a cloud assembly has for that.
        waits_for: The names of the stacks that are deployed before it.
        within: Of a nested stack, the key of the stack around it and its logical ID there.
        given: The parameters that the stack around a nested one gives it.
    """

    name: str
    template: Mapping[str, Any]
    account: str | None = None
    region: str | None = None
    tags: Mapping[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    waits_for: frozenset[str] = frozenset()
    within: tuple[str, str] | None = None
    given: Mapping[str, Any] | None = None

    @property
    def is_told_by_name(self) -> bool:
        """Whether it is known which stack it is: CloudFormation or a manifest says its name."""
        return self.within is None and bool(self.options)

    @property
    def place(self) -> dict[str, str]:
        """Its account and Region, as pseudo parameters, as far as they are known."""
        told = {"AWS::AccountId": self.account, "AWS::Region": self.region}
        return {name: value for name, value in told.items() if value is not None}
