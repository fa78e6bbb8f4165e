"""What a function is told: in environment variables, and in parameters where these have no room.

https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import SSM_GET_PARAMETER
from batch_constructs.aws.names import LONGEST_ARN
from batch_constructs.aws.quotas import FUNCTION_ENVIRONMENT_BYTES, PARAMETER_CHARACTERS
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct


class ToldVariables:
    """The environment variables of a function, whose lists may have moved to parameters.

    Creates, where they have no room: ``NAME1``, ``NAME2``, … of each list ``NAME``
    (AWS::SSM::Parameter).

    Attributes:
        variables: Name → value.
        statements: What the function has to be allowed for them.
    """

    def __init__(self, scope: Construct, told: Mapping[str, str | Sequence[str]]) -> None:
        self.statements: list[dict[str, Any]] = []
        joined = {
            name: value if isinstance(value, str) else ",".join(value)
            for name, value in told.items()
        }
        self.variables: dict[str, str] = joined
        if _length(told) <= FUNCTION_ENVIRONMENT_BYTES:
            return
        from aws_cdk import aws_ssm as ssm  # noqa: PLC0415  # rarely used

        arns: list[str] = []
        for name, value in told.items():
            if isinstance(value, str) or not value:
                continue
            parameters = [
                ssm.StringParameter(scope, f"{name}{number}", string_value=",".join(entries))
                for number, entries in enumerate(_that_fit(value), start=1)
            ]
            names = ",".join(one.parameter_name for one in parameters)
            del self.variables[name]
            self.variables[f"{name}_PARAMETERS"] = names
            arns += [one.parameter_arn for one in parameters]
        self.statements = [{"Effect": "Allow", "Action": SSM_GET_PARAMETER, "Resource": arns}]


def _that_fit(entries: Sequence[str]) -> list[list[str]]:
    """Divide a list among parameters."""
    groups: list[list[str]] = [[]]
    room = PARAMETER_CHARACTERS
    for entry in entries:
        if groups[-1] and room < _at_most(entry):
            groups.append([])
            room = PARAMETER_CHARACTERS
        groups[-1].append(entry)
        room -= _at_most(entry)
    return groups


def _length(told: Mapping[str, str | Sequence[str]]) -> int:
    """Count the bytes of variables at most, each with a byte between name and value."""
    return sum(
        len(name)
        + 1
        + (_at_most(value) if isinstance(value, str) else sum(_at_most(one) for one in value))
        for name, value in told.items()
    )


def _at_most(value: str) -> int:
    """Count what a value comes to at most, and a comma."""
    return 1 + (LONGEST_ARN if is_token(value) else len(value.encode()))
