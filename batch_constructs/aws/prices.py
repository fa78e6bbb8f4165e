"""What Fargate asks for a job, as AWS's page of prices said on a date.

Prices of instances differ by type, Region, hour (Spot) and contract, so what jobs cost is asked of
AWS's price list, or given; `instance_prices.py` is for comparing types. Money is in US dollars.
"""

from __future__ import annotations

from dataclasses import dataclass

from batch_constructs.aws.job_definition_facts import CpuArchitecture
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import Final

DATE: Final = "2026-06"
"""When the prices were read."""

REGION: Final = "us-east-1"
"""The Region whose prices these are; others are up to a third dearer."""

PRICE_LIST_REGION: Final = "us-east-1"
"""Where the price list is asked for; it answers for all Regions."""

PRICE_LIST_SOURCE: Final[Source] = docs(
    "awsaccountbilling/latest/aboutv2/using-price-list-query-api.html",
    "The Price List Query API answers in us-east-1, eu-central-1 and ap-south-1 for all Regions.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FargatePrice:
    """What Fargate asks, by the hour.

    Attributes:
        vcpu: for a vCPU.
        gib: for a GiB of memory.
        source: AWS's page.
    """

    vcpu: float
    gib: float
    source: Source


_FARGATE: Final = Source(
    "https://aws.amazon.com/fargate/pricing/",
    "Linux/X86: 0.04048 USD per vCPU per hour, 0.004445 per GB per hour; Linux/ARM: 0.03238 and"
    " 0.00356; per second, with a minimum of one minute.",
)

FARGATE: Final = {
    CpuArchitecture.X86_64: FargatePrice(vcpu=0.04048, gib=0.004445, source=_FARGATE),
    CpuArchitecture.ARM64: FargatePrice(vcpu=0.03238, gib=0.00356, source=_FARGATE),
}
"""CPU architecture → price of Linux jobs; what Windows asks besides is not listed."""

FARGATE_LEAST_SECONDS: Final = 60
"""What is paid of a job that ends sooner."""

FARGATE_LEAST_SOURCE: Final[Source] = Source(
    "https://aws.amazon.com/fargate/pricing/", "Linux: a minimum of 1 minute (60 seconds) applies."
)
