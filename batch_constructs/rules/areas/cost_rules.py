"""Rules about exports of costs: whether they say what a job cost."""

from __future__ import annotations

from functools import partial

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
from batch_constructs.aws.typing_names import TYPE_CHECKING
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
    title="split cost allocation data without resource IDs",
    fix=f'set {RESOURCES} to "{ON}"',
    source=TABLE_SOURCE,
)
def cost_export_resources(export: Resource) -> Iterator[Fault]:
    """Without the resource of each line, the costs of tasks do not say which task they are for."""
    table = _table(export)
    if table is None or text(table, SPLIT) != ON:
        return
    if RESOURCES not in table or text(table, RESOURCES) not in {None, ON}:
        yield f"{_TABLE}/{RESOURCES}", f'{SPLIT} is "{ON}" without {RESOURCES}'


@_rule(
    "cost-export-columns",
    EXPORT,
    title="columns of split cost allocation data that is not exported",
    fix=f'set {SPLIT} and {RESOURCES} to "{ON}", or leave the columns out',
    source=SPLIT_SOURCE,
)
def cost_export_columns(export: Resource) -> Iterator[Fault]:
    """Without this data, the export has no cost of any job on an instance."""
    query = mapping(mapping(export.properties, "Export"), "DataQuery")
    statement, table = text(query, "QueryStatement"), _table(export)
    if statement is None or SPLIT_PREFIX not in statement or table is None:
        return
    if SPLIT not in table or text(table, SPLIT) not in {None, ON}:
        where = "Export/DataQuery/QueryStatement"
        yield where, f"it queries columns {SPLIT_PREFIX}…, but {SPLIT} is not on"


def _table(export: Resource) -> Properties | None:
    """Return how the table is configured, an empty mapping where nothing is; None if unknown."""
    found: object = export.properties
    for key in ("Export", "DataQuery", "TableConfigurations", TABLE):
        if not isinstance(found, dict):
            return None
        found = found.get(key, {})
    return found if isinstance(found, dict) else None
