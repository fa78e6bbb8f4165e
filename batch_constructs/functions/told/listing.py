"""Lists: in a variable ``NAME``, or in the parameters that ``NAME_PARAMETERS`` names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from batch_constructs.functions.claims.outcome import QUICK

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def _parameters() -> Any:
    return boto3.client("ssm", config=QUICK)


def listed(environment: Mapping[str, str], name: str) -> list[str]:
    """Return the entries of a list that the construct tells as an environment variable."""
    told = environment.get(name, "")
    parameters = environment.get(f"{name}_PARAMETERS", "")
    if parameters:
        told = ",".join(
            _parameters().get_parameter(Name=parameter)["Parameter"]["Value"]
            for parameter in parameters.split(",")
        )
    return [entry for entry in told.split(",") if entry]
