"""What EC2 asks for instances on demand, on Linux, as AWS's price list said on a date.

The table `instance_prices.json` is made by `scripts/make_instance_prices.py` from a public source
and carries its date and its Region. Spot, savings plans and other Regions cost otherwise; between
types of one Region the order is much the same. Money is in US dollars.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.source import Source
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import Any, Final

SOURCE: Final = Source(
    "https://aws.amazon.com/ec2/pricing/on-demand/",
    "On-demand instances are paid for by the second, at a price by the hour that depends on their"
    " type.",
)


@cache
def _table() -> Any:
    return read("instance_prices")


def date() -> str:
    """Tell of which day the prices are."""
    return str(_table()["date"])


def region() -> str:
    """Tell whose prices they are."""
    return str(_table()["region"])


def hourly(instance_type: str) -> float | None:
    """Tell what an hour of an instance type costs; None where the table does not know it."""
    family, _, size = instance_type.partition(".")
    price = _table()["families"].get(family, {}).get(size)
    return None if price is None else float(price)
