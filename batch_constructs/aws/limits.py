"""The tables of limits, found by the CloudFormation type that they are about.

A table is a module beside this one with a tuple ``LIMITS``. They are read when somebody asks.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from batch_constructs.aws.limit import Limit

TABLES: Final = (
    "compute_environments",
    "containers",
    "delivery",
    "job_definitions",
    "job_queues",
    "managed_instances",
    "pods",
    "scheduling",
    "storage",
)


@cache
def limits_of(type_name: str) -> tuple[Limit, ...]:
    """Give the limits of a type, such as ``AWS::Batch::JobQueue``, in the order of the tables."""
    return tuple(limit for limit in _all() if limit.type == type_name)


@cache
def _all() -> tuple[Limit, ...]:
    names = (f"{__package__}.{table}" for table in TABLES)
    modules = [import_module(name) for name in names if find_spec(name) is not None]
    return tuple(limit for module in modules for limit in module.LIMITS)
