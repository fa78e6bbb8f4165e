"""Lists: in an environment variable, or in parameters of Parameter Store that it names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_PARAMETERS = "ssm:"
"""What a variable begins with that names parameters; the construct writes it."""


@cache
def _parameters() -> Any:
    return boto3.client("ssm")


def listed(environment: Mapping[str, str], name: str) -> list[str]:
    """Return the entries of a list that the construct tells as an environment variable."""
    told = environment[name]
    if told.startswith(IN_PARAMETERS):
        told = ",".join(
            _parameters().get_parameter(Name=parameter)["Parameter"]["Value"]
            for parameter in told.removeprefix(IN_PARAMETERS).split(",")
        )
    return [entry for entry in told.split(",") if entry]
