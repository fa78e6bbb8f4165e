"""What a template writes, with its references to secrets: they are unknown to all other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from batch_constructs.aws.pattern import pattern
from batch_constructs.rules.template.intrinsics import Resolver

NO_ECHO: Final = "no-echo"
SECRET_REFERENCE: Final = pattern(
    rf"\{{\{{resolve:(secretsmanager|ssm-secure|{NO_ECHO}):([A-Za-z0-9]*)"
)
"""A reference to a secret, and what stands for the value of a parameter that is not shown."""


def as_written(template: Mapping[str, object]) -> list[Resolver]:
    """Make what puts texts together as CloudFormation does, parameters at their defaults.

    There is one for conditions that hold, and one for those that do not.
    """
    mappings, conditions, parameters = sections(template)
    known = {
        name: value
        for name, one in parameters.items()
        if isinstance(one, Mapping) and (value := _value(name, one)) is not None
    }
    return [
        Resolver(
            {},
            mappings=mappings,
            parameters=known,
            condition=lambda _, holds=holds: holds,  # type: ignore[misc]  # bound as it is made
            as_written=True,
        )
        for holds in ((True, False) if conditions else (True,))
    ]


def sections(template: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
    """Give mappings, conditions and parameters of a template."""
    for name in ("Mappings", "Conditions", "Parameters"):
        section = template.get(name)
        yield section if isinstance(section, Mapping) else {}


def _value(name: object, parameter: Mapping[str, object]) -> object:
    if str(parameter.get("NoEcho")).lower() == "true":
        return f"{{{{resolve:{NO_ECHO}:{name}}}}}"
    return parameter.get("Default")
