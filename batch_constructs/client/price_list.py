"""What AWS's price list says of Fargate and of instance types, for one Region."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.job_definition_facts import CpuArchitecture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FARGATE: Final = re.compile(
    r"(?:[A-Z0-9]+-)?Fargate-(?P<arm>ARM-)?(?P<what>vCPU|GB)-Hours(?::perCPU)?"
)
"""A usage type; outside of us-east-1 it begins with the Region: ``EUW1-Fargate-GB-Hours``."""

_LINUX_ON_DEMAND: Final = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


def fargate_prices(pricing: Any, region: str) -> dict[str, tuple[float, float]]:
    """Ask what an hour of a vCPU and of a GiB of memory costs, by CPU architecture."""
    found: dict[tuple[str, str], float] = {}
    for product in _products(pricing, "AmazonECS", {"regionCode": region}):
        usage = _FARGATE.fullmatch(product["product"]["attributes"].get("usagetype", ""))
        if usage:
            found[
                CpuArchitecture.ARM64 if usage["arm"] else CpuArchitecture.X86_64, usage["what"]
            ] = _hourly(product)
    return {
        architecture: (found[architecture, "vCPU"], found[architecture, "GB"])
        for architecture in (CpuArchitecture.X86_64, CpuArchitecture.ARM64)
        if {(architecture, "vCPU"), (architecture, "GB")} <= found.keys()
    }


def vcpu_hour(pricing: Any, region: str, instance_type: str) -> float:
    """Ask what an instance of this type costs on demand by the hour, divided by its vCPUs.

    Raises:
        LookupError: the price list has no such type in this Region.
    """
    filters = {"regionCode": region, "instanceType": instance_type, **_LINUX_ON_DEMAND}
    for product in _products(pricing, "AmazonEC2", filters):
        return _hourly(product) / float(product["product"]["attributes"]["vcpu"])
    raise LookupError(
        f"the price list has no {instance_type} in {region}: check the type, or give "
        "--price-per-vcpu-hour"
    )


def _products(
    pricing: Any, service: str, filters: Mapping[str, str]
) -> Iterator[Mapping[str, Any]]:
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode=service,
        Filters=[
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in filters.items()
        ],
    )
    for page in pages:
        yield from map(json.loads, page["PriceList"])


def _hourly(product: Mapping[str, Any]) -> float:
    term = next(iter(product["terms"]["OnDemand"].values()))
    dimension = next(iter(term["priceDimensions"].values()))
    return float(dimension["pricePerUnit"]["USD"])
