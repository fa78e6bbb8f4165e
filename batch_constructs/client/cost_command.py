"""``batch-constructs cost``: what jobs used, and what that cost."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import click

from batch_constructs.client.plain_errors import command, same_command, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.client.cost import Groups, Prices, Usage

_MILLISECONDS_A_DAY: Final = 24 * 3600 * 1000
_COLUMNS: Final = ("jobs", "vCPU h", "GiB h", "GPU h", "USD")


@click.command("cost", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--queue",
    "queues",
    multiple=True,
    help="A queue, by name or ARN. Default: all.",
)
@click.option(
    "--days",
    type=click.FloatRange(0, min_open=True),
    default=7,
    show_default=True,
    help="Count jobs of the last so many days; AWS Batch forgets older ones.",
)
@click.option(
    "--by",
    default="queue",
    show_default=True,
    metavar="queue|share|definition|job|tag:KEY",
    help="How to group the sums.",
)
@click.option(
    "--price-per-vcpu-hour",
    type=click.FloatRange(0),
    help="US dollars per vCPU-hour on EC2. Default: jobs on EC2 have no price.",
)
@click.option(
    "--instance-type",
    help="Price jobs on EC2 by their share of the vCPUs of this instance type, on demand.",
)
@click.option(
    "--price-list",
    is_flag=True,
    help="Read the prices for this Region from AWS's price list (pricing:GetProducts)."
    " Default: the prices of us-east-1 that come with this package.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@command()
def cost_command(
    *,
    queues: tuple[str, ...],
    days: float,
    by: str,
    price_per_vcpu_hour: float | None,
    instance_type: str | None,
    price_list: bool,
    as_json: bool,
) -> None:
    """Add up what jobs used and what that cost, by queue, share, definition, job or tag.

    Hours are the time that containers ran, in all attempts and all children. Jobs that AWS Batch
    lists but no longer describes are left out; standard error says how many. Prices are on-demand
    prices: Spot costs less, and the unused part of an instance costs money too.

    Exits with 0, or with 2 if AWS cannot be asked or an option is wrong.
    """
    import boto3  # noqa: PLC0415  # loaded when used

    from batch_constructs.client.cost import usage  # noqa: PLC0415  # as boto3
    from batch_constructs.client.deadline import patient_client  # noqa: PLC0415  # as boto3

    if price_per_vcpu_hour is not None and instance_type is not None:
        raise click.UsageError("give --price-per-vcpu-hour or --instance-type, not both")
    now = int(time.time() * 1000)
    batch = patient_client(boto3.client, "batch")
    prices = _prices(batch.meta.region_name, price_per_vcpu_hour, instance_type, ask=price_list)
    groups = usage(
        batch,
        queues or _all_queues(batch),
        since_milliseconds=now - int(days * _MILLISECONDS_A_DAY),
        now_milliseconds=now,
        by=by,
        prices=prices,
    )
    if as_json:
        say(json.dumps(_plain(groups, by)))
    else:
        _print(groups, by)
        _print_sources(
            groups, batch.meta.region_name, asked=price_list, by_type=instance_type is not None
        )
    if groups.not_told:
        click.echo(
            f"{groups.not_told} jobs are missing here, because AWS Batch lists or counts them "
            "but does not describe them; the real usage and cost are higher; ask again: "
            f"{same_command()}",
            err=True,
        )


def _all_queues(batch: Any) -> list[str]:
    pages = batch.get_paginator("describe_job_queues").paginate()
    return [queue["jobQueueArn"] for page in pages for queue in page["jobQueues"]]


def _prices(region: str, given: float | None, instance_type: str | None, *, ask: bool) -> Prices:
    import boto3  # noqa: PLC0415  # loaded when used

    from batch_constructs.aws.prices import PRICE_LIST_REGION  # noqa: PLC0415  # as boto3
    from batch_constructs.client.cost import Prices  # noqa: PLC0415  # as boto3
    from batch_constructs.client.deadline import patient_client  # noqa: PLC0415  # as boto3
    from batch_constructs.client.price_list import (  # noqa: PLC0415  # as boto3
        fargate_prices,
        vcpu_hour,
    )

    if not ask:
        return Prices(vcpu_hour=_in_the_table(instance_type) if instance_type else given)
    pricing = patient_client(boto3.client, "pricing", region_name=PRICE_LIST_REGION)
    if instance_type is not None:
        given = vcpu_hour(pricing, region, instance_type)
    return Prices(vcpu_hour=given, fargate=fargate_prices(pricing, region))


def _in_the_table(instance_type: str) -> float:
    """Tell what a vCPU of an instance costs by the table that comes with this package."""
    from batch_constructs.aws import instance_prices, instance_types  # noqa: PLC0415  # when used

    price = instance_prices.hourly(instance_type)
    found = instance_types.expand(instance_type) or []
    if price is None or len(found) != 1 or not found[0].vcpus:
        raise click.UsageError(
            f'--instance-type "{instance_type}" is not in the prices that come with this package: '
            "give --price-list as well, which asks AWS, or --price-per-vcpu-hour"
        )
    return price / found[0].vcpus


def _plain(groups: Groups, by: str) -> dict[str, Any]:
    return {
        "by": by,
        "jobsNotTold": groups.not_told,
        "groups": {
            name: {
                "jobs": used.jobs,
                "vcpuHours": round(used.vcpu_hours, 4),
                "memoryGibHours": round(used.memory_gib_hours, 4),
                "gpuHours": round(used.gpu_hours, 4),
                "dollars": round(used.dollars, 4) if used.unpriced < used.jobs else None,
                "jobsWithoutPrice": used.unpriced,
            }
            for name, used in groups.items()
        },
    }


def _print(groups: Groups, by: str) -> None:
    rows: list[tuple[str, ...]] = [(by, *_COLUMNS)]
    for name, used in groups.items():
        dollars = f"{used.dollars:.2f}" if used.unpriced < used.jobs else "no price"
        hours = (used.vcpu_hours, used.memory_gib_hours, used.gpu_hours)
        rows.append((name, str(used.jobs), *(f"{one:.2f}" for one in hours), dollars))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        say("  ".join([first[0].ljust(first[1]), *(t.rjust(w) for t, w in others)]).rstrip())
    if not groups:
        say("no job that AWS Batch describes ran" if groups.not_told else "no job ran")


def _print_sources(groups: Mapping[str, Usage], region: str, *, asked: bool, by_type: bool) -> None:
    """Say where the prices are from, and what has none."""
    from batch_constructs.aws import instance_prices, prices  # noqa: PLC0415  # loaded when used

    if any(used.unpriced < used.jobs for used in groups.values()):
        whence = f"as of {prices.DATE} in {prices.REGION}"
        if by_type:
            whence += f", instances' as of {instance_prices.date()} in {instance_prices.region()}"
        if asked:
            whence = f"of AWS's price list for {region}"
        click.echo(f"on demand, Fargate's prices {whence}; Spot costs less", err=True)
    without = sum(used.unpriced for used in groups.values())
    if without:
        click.echo(
            f"{without} jobs have no price (instances or Windows): give --price-per-vcpu-hour or"
            " --instance-type",
            err=True,
        )
