"""What AWS says of a parameter: its bound and its page, for the site's reference.

The bound is the one that constructors and rules read. Where there is none, the page is still that
of the member of AWS Batch's API that the parameter sets.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import make_property_coverage  # type: ignore[import-not-found]  # beside this file
from botocore.session import get_session

from batch_constructs.aws.parameters import entry

_OPERATIONS = {
    "ComputeEnvironment": "CreateComputeEnvironment",
    "ConsumableResource": "CreateConsumableResource",
    "JobDefinition": "RegisterJobDefinition",
    "JobQueue": "CreateJobQueue",
    "QuotaShare": "CreateQuotaShare",
    "SchedulingPolicy": "CreateSchedulingPolicy",
    "ServiceEnvironment": "CreateServiceEnvironment",
}
_OF_A_KIND = {
    "Container": "JobDefinition",
    "NodeRange": "JobDefinition",
    "Pod": "JobDefinition",
    "FairSharePolicy": "SchedulingPolicy",
    "QuotaSharePolicy": "SchedulingPolicy",
}
_API = "https://docs.aws.amazon.com/batch/latest/APIReference/API_"


def told(kind: str, parameter: str) -> str:
    """Say what AWS allows, with its page; nothing of what sets no property of AWS Batch."""
    of_resource = next((one for one in _OPERATIONS if kind.endswith(one)), "")
    owners = (kind, _OF_A_KIND.get(kind, of_resource))
    return next((_facts()[one, parameter] for one in owners if (one, parameter) in _facts()), "")


@cache
def _facts() -> dict[tuple[str, str], str]:
    """Class, or kind of resource, and parameter → what is said."""
    found: dict[tuple[str, str], str] = {}
    bounds = {
        path: limit
        for kind in _OPERATIONS
        for path, limit in make_property_coverage._limits(kind).items()
    }
    for path in make_property_coverage.paths():
        known = entry(path)
        if known is None or "parameter" not in known:
            continue
        limit = None if path.endswith("/ResourceRequirements/Type") else bounds.get(path)
        if limit is None:
            said = f"[AWS]({_page(path)})"
        else:
            things = getattr(limit.bound, "things", "")
            said = f"Allowed: {limit.bound.allowed}{f' {things}' if things else ''}."
            said += f" [AWS]({limit.source.page})"
        *above, name = known["parameter"].split(".")
        owners = known.get("of", [] if above else [path.partition("/")[0]])
        for parameter in (name, *(() if above else known.get("also", ()))):
            for owner in owners:
                key = owner, parameter.removesuffix("[]").removesuffix("[]")
                if key not in found or (limit is not None and "Allowed" not in found[key]):
                    found[key] = said
    return found


@cache
def _model() -> Any:
    return get_session().get_service_model("batch")


def _page(path: str) -> str:
    """Give the page of the member of AWS Batch's API that a property is, or of what it is in."""
    kind, *steps = path.split("/")
    operation = _OPERATIONS[kind]
    shape = _model().operation_model(operation).input_shape
    page = f"{_API}{operation}.html"
    for place, step in enumerate(steps):
        members = {name.lower(): name for name in getattr(shape, "members", {})}
        if step.lower() not in members:
            return page
        member = members[step.lower()]
        anchor = f"{operation}-request" if place == 0 else f"Type-{shape.name}"
        page = f"{_API}{operation if place == 0 else shape.name}.html#Batch-{anchor}-{member}"
        shape = shape.members[member]
        while shape.type_name == "list":
            shape = shape.member
    return page
