"""Event patterns: ministack refuses what the ground floor refuses too, and for stacks as well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.event_pattern import wrong

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.resource_type import Properties


def install() -> None:
    """Look at the patterns of rules, whoever makes them."""
    from ministack.services import eventbridge
    from ministack.services.cloudformation import provisioners

    theirs = eventbridge._event_pattern_error  # noqa: SLF001 - a touch point

    def reason(pattern: Any) -> str | None:
        problem = theirs(pattern)
        if problem is not None or not pattern:
            return None if problem is None else str(problem)
        faults = wrong(json.loads(pattern))
        return "; ".join(f"{place or 'the pattern'} {fault}" for place, fault in faults) or None

    eventbridge._event_pattern_error = reason  # noqa: SLF001 - a touch point

    handler = provisioners._RESOURCE_HANDLERS["AWS::Events::Rule"]  # noqa: SLF001 - a touch point
    create, update = handler["create"], handler["update"]

    def refuse_pattern(properties: Properties) -> None:
        pattern = properties.get("EventPattern", "")
        problem = reason(json.dumps(pattern) if isinstance(pattern, dict) else pattern)
        if problem is not None:
            raise ValueError(
                f"InvalidEventPatternException: Event pattern is not valid. Reason: {problem}"
            )

    def create_rule(logical_id: str, properties: Properties, stack_name: str) -> Any:
        refuse_pattern(properties)
        return create(logical_id, properties, stack_name)

    def update_rule(
        physical_id: str, old: Properties, new: Properties, *rest: Any, **more: Any
    ) -> Any:
        """Look at the pattern first: a rule with another name is made anew, and not by `create`."""
        refuse_pattern(new)
        return update(physical_id, old, new, *rest, **more)

    handler["create"], handler["update"] = create_rule, update_rule
