"""What a job consumes besides vCPUs and memory: licenses, tokens, quotas.

https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias
from weakref import WeakSet

from batch_constructs.arguments import checked
from batch_constructs.aws.bound import shown
from batch_constructs.aws.limits import bound_of
from batch_constructs.aws.scheduling import LARGEST_QUANTITY
from batch_constructs.construct import once_made
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import elsewhere
from batch_constructs.tokens import WholeNumber

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments

_QUANTITY = bound_of("consumable-quantity")

TAKEN: Final[WeakSet[Any]] = WeakSet()
"""The consumable resources of ours that a definition of ours takes."""


class Consumable(Protocol):
    """A consumable resource: a ``ConsumableResource``, or one that was imported."""

    @property
    def consumable_resource_arn(self) -> str:
        """The ARN."""


class ConsumedByOne(Protocol):
    """A mapping whose keys are of one kind of consumable resource.

    The keys of ``Mapping`` are invariant to type checkers, so that to them
    ``dict[ConsumableResource, int]`` is no ``Mapping[Consumable, int]``; what it gives out is not.
    """

    def items(self) -> Iterable[tuple[Consumable, WholeNumber]]:
        """The resources, with what is taken of each."""


ConsumedQuantities: TypeAlias = Mapping[Consumable, WholeNumber] | ConsumedByOne
"""What is taken of each consumable resource, such as ``{licenses: 1}``."""


class LimitedQueue(Protocol):
    """A job queue with its own limit, ``JobQueue(max_concurrent_jobs=…)``."""

    concurrent_jobs: Any
    """What each of its jobs takes one of; None without a limit."""


_TAKEN_HERE = (
    "a job can only use resources in its own Region and account, so it would be refused: "
    "create one there"
)
_EXPECTED = "a mapping of consumable resources to whole numbers, such as {licenses: 1}"


class Consumes:
    """What one job, or one node, consumes.

    Attributes:
        properties: CloudFormation's ``ConsumableResourceProperties``; empty if it consumes nothing.
        known: The same as the rules see it: with references to what stands in ``beside``.
        beside: The resources that these refer to.
    """

    def __init__(
        self, arguments: Arguments, quantities: ConsumedQuantities | None, *, label: str = ""
    ) -> None:
        self.beside: dict[str, dict[str, object]] = {}
        listed: list[dict[str, Any]] = []
        known: list[dict[str, Any]] = []
        if quantities is not None and not isinstance(quantities, Mapping):
            arguments.wrong_type("consumable_resources", quantities, _EXPECTED)
            quantities = None
        for place, (resource, quantity) in enumerate((quantities or {}).items()):
            arn = consumable_arn(resource)
            if arn is None:
                arn = arguments.wrong_type("consumable_resources", resource, _EXPECTED)
            expect_here(arguments, "consumable_resources", resource, arn)
            known_as = resource.node.id if has_member(resource, "node") else place
            parameter = f"consumable_resources[{shown(known_as)}]"
            number = arguments.number(
                parameter, quantity, required=True, bound=_QUANTITY, most=LARGEST_QUANTITY
            )
            listed.append({"ConsumableResource": arn, "Quantity": number})
            reference = f"consumable resource {label}{place}"
            seen = checked(resource)
            if seen is not None:
                self.beside[reference] = seen.resource
                once_made(partial(TAKEN.add, resource))
            known.append(
                {
                    "ConsumableResource": arn if seen is None else {"Ref": reference},
                    "Quantity": number,
                }
            )
        self.properties = {"ConsumableResourceList": listed} if listed else {}
        self.known = {"ConsumableResourceList": known} if known else {}


def expect_here(arguments: Arguments, parameter: str, resource: Any, arn: Any) -> bool:
    """Note a resource of another Region or account; tell whether it may be consumed here."""
    problem = elsewhere(arguments.construct, str(arn), _TAKEN_HERE, resource=resource)
    if problem is not None:
        arguments.wrong_value(f"{parameter}: {problem}")
    return problem is None


def consumable_arn(resource: Any) -> Any:
    """Return the ARN of a consumable resource; None for what is none."""
    if has_member(resource, "consumable_resource_arn"):
        return resource.consumable_resource_arn
    if has_member(resource, "consumable_resource_ref"):
        return resource.consumable_resource_ref.consumable_resource_arn
    return None
