"""Rules about exports of costs: whether they say what a job cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batch_constructs.aws.cost_reports import (
    EXPORT,
    ON,
    RESOURCES,
    SPLIT,
    SPLIT_PREFIX,
    SPLIT_SOURCE,
    TABLE,
    TABLE_SOURCE,
)
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.values import Properties, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

_rule = partial(rule, severity=Severity.WARNING)
_TABLE = f"Export/DataQuery/TableConfigurations/{TABLE}"


@_rule(
    "cost-export-resources",
    EXPORT,
    title="costs of tasks that do not say of which task they are",
    fix=f'set {RESOURCES} to "{ON}"',
    source=TABLE_SOURCE,
)
def cost_export_resources(export: Resource) -> Iterator[Fault]:
    """Without the resources of its lines, split cost allocation data name no task."""
    table = _table(export)
    if table is None or text(table, SPLIT) != ON:
        return
    if RESOURCES not in table or text(table, RESOURCES) not in {None, ON}:
        yield f"{_TABLE}/{RESOURCES}", f'{SPLIT} is "{ON}" without {RESOURCES}'


@_rule(
    "cost-export-columns",
    EXPORT,
    title="columns of split cost allocation data without these data",
    fix=f'set {SPLIT} and {RESOURCES} to "{ON}", or leave the columns out',
    source=SPLIT_SOURCE,
)
def cost_export_columns(export: Resource) -> Iterator[Fault]:
    """Such an export has no cost of a task, and so of no job on an instance."""
    query = mapping(mapping(export.properties, "Export"), "DataQuery")
    statement, table = text(query, "QueryStatement"), _table(export)
    if statement is None or SPLIT_PREFIX not in statement or table is None:
        return
    if SPLIT not in table or text(table, SPLIT) not in {None, ON}:
        where = "Export/DataQuery/QueryStatement"
        yield where, f"it asks for columns {SPLIT_PREFIX}…, and {SPLIT} is not on"


def _table(export: Resource) -> Properties | None:
    """Return how the table is configured, an empty mapping where nothing is; None if unknown."""
    found: object = export.properties
    for key in ("Export", "DataQuery", "TableConfigurations", TABLE):
        if not isinstance(found, dict):
            return None
        found = found.get(key, {})
    return found if isinstance(found, dict) else None
