"""Security groups as an argument: each of them one, and of the stack's Region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.place import OF_ONE_REGION

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments


def read_security_groups(
    arguments: Arguments,
    given: Any,
    *,
    some: bool = False,
    several: str = "ec2.ISecurityGroup",
) -> list[Any]:
    """Return those that are security groups; ``some`` says that it may not be empty."""
    groups = arguments.resources(
        "security_groups",
        given,
        "security_group_id",
        "an ec2.ISecurityGroup",
        several,
        some=some,
    )
    for place, group in enumerate(groups):
        arguments.of_this_region(f"security_groups[{place}]", group, "", OF_ONE_REGION)
    return groups
