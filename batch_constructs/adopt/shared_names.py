"""Names of queues and definitions that other resources contain as text: one variable for both.

A rule or schedule that stays an L1 names what it submits to. If the name was written twice, a
change of our construct would not change the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt.python_source import Call, Name, render, snake_case
from batch_constructs.aws import parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAMES: Final = {"JobQueue": "JobQueueName", "JobDefinition": "JobDefinitionName"}
"""Kind of resource → the property with its name."""


class SharedNames:
    """The names that several resources contain, and their variables.

    Attributes:
        variables: Kind and name → the variable.
    """

    def __init__(
        self, resources: Mapping[str, Any], as_l1: Mapping[str, str], variable: Callable[[str], str]
    ) -> None:
        """Find them.

        Args:
            resources: All resources, by their logical IDs.
            as_l1: Those that stay as an L1.
            variable: Creates the name of a variable.
        """
        self.variables: dict[tuple[str, str], str] = {}
        others = {name: one.get("Properties") for name, one in resources.items() if name in as_l1}
        for logical_id, resource in resources.items():
            kind = str(resource.get("Type")).rpartition("::")[2]
            name = (resource.get("Properties") or {}).get(NAMES.get(kind))
            if logical_id in as_l1 or not isinstance(name, str):
                continue
            here = {(kind, name): "_"}
            if any(_written(one, here) != one for one in others.values()):
                self.variables[kind, name] = variable(f"{name}_name")

    def written(self, value: Any) -> Any:
        """Write the properties of another resource with the variables."""
        return _written(value, self.variables)

    def put_into(self, kind: str, properties: Mapping[str, Any], call: Call) -> None:
        """Pass the variable to our construct instead of its name."""
        path = NAMES.get(kind, "")
        held = self.variables.get((kind, str(properties.get(path))))
        parameter = (parameters.entry(f"{kind}/{path}") or {}).get("parameter", "")
        if held and parameter in call.keywords:
            call.keywords[parameter] = Name(held)


def _written(value: Any, variables: Mapping[tuple[str, str], str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _written(one, variables, str(name)) for name, one in value.items()}
    if isinstance(value, list):
        return [_written(one, variables, key) for one in value]
    if not isinstance(value, str):
        return value
    found = value
    for (kind, name), variable in variables.items():
        found = _pattern(kind, name, key).sub(f"\\g<1>\0{variable}\1", found)
    if found == value:
        return value
    whole = re.fullmatch("\0([^\1]*)\1", found)
    if whole is not None:
        return Name(whole[1])
    escaped = found.replace("{", "{{").replace("}", "}}").replace("\0", "{").replace("\1", "}")
    return Name(f"f{render(escaped)}")


def _pattern(kind: str, name: str, key: str) -> re.Pattern[str]:
    """Give what finds a name: as a whole, in an ARN, or in the request of a schedule, as JSON."""
    before = f"{snake_case(kind).replace('_', '-')}/"
    own = rf"^|{before}" if key.lower() == kind.lower() else before
    return re.compile(rf'({own}|"{kind}"\s*:\s*"){re.escape(name)}(?![^\W]|-)')
