"""As much of DynamoDB as the claims need, in memory: a trial has thousands of calls.

The same requests go through botocore and moto in the other tests.
"""

from __future__ import annotations

import copy
import operator as operator_of
import re
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

Item = dict[str, Any]
PAGE_BYTES = 1_000_000


class SmallDynamoDb:
    """Tables by name; a table's rows by their keys, ``key`` or ``log`` and ``number``."""

    def __init__(self, late: Callable[[], bool] = lambda: True) -> None:
        """Start empty; ``late`` says whether a read that is not consistent sees the past."""
        self.rows: dict[tuple[Any, ...], Item] = {}
        self.items_read = 0
        self._late = late
        self._before: dict[tuple[Any, ...], Item | None] = {}
        """What a row was before it was written last."""

    def update_item(self, **request: Any) -> dict[str, Any]:
        old = self._checked(request, "ConditionalCheckFailedException")
        self._update(request)
        told = {"ALL_OLD": old, "ALL_NEW": self.rows[_key(request["Key"])]}
        found = told.get(request.get("ReturnValues", ""))
        return {"Attributes": found} if found else {}

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.items_read += 1
        row = self._seen(request).get(_key(request["Key"]))
        return {} if row is None else {"Item": copy.copy(row)}

    def query(self, **request: Any) -> dict[str, Any]:
        rows = self._seen(request)
        assert request["KeyConditionExpression"] == "#log = :log AND #number >= :start"
        values = request["ExpressionAttributeValues"]
        start = int(values[":start"]["N"])
        after = request.get("ExclusiveStartKey")
        if after is not None:
            start = int(after["number"]["N"]) + 1
        numbers = sorted(
            key[1]
            for key in rows
            if len(key) == 2 and key[0] == values[":log"]["S"] and key[1] >= start
        )
        page, size = [], 0
        for number in numbers:
            row = rows[values[":log"]["S"], number]
            page.append(copy.copy(row))
            size += 200 + len(row.get("keys", {}).get("B", b""))
            if size >= PAGE_BYTES:
                last = {"log": row["log"], "number": row["number"]}
                self.items_read += len(page)
                return {"Items": page, "LastEvaluatedKey": last}
        self.items_read += len(page)
        return {"Items": page}

    def transact_write_items(self, TransactItems: list[Any]) -> dict[str, Any]:  # noqa: N803 - AWS's
        for each in TransactItems:
            if "Update" in each:
                self._checked(each["Update"], "TransactionCanceledException")
        for each in TransactItems:
            if "Update" in each:
                self._update(each["Update"])
            else:
                item = each["Put"]["Item"]
                self._write(_key(item), copy.copy(item))
        return {}

    def _seen(self, request: dict[str, Any]) -> dict[tuple[Any, ...], Item]:
        """Return the rows as a read sees them, which without consistency may be late."""
        if request.get("ConsistentRead") or not self._late():
            return self.rows
        seen = {key: self._before.get(key, row) for key, row in self.rows.items()}
        return {key: row for key, row in seen.items() if row is not None}

    def _write(self, key: tuple[Any, ...], row: Item) -> None:
        self._before[key] = self.rows.get(key)
        self.rows[key] = row

    def _checked(self, request: dict[str, Any], code: str) -> Item:
        row = self.rows.get(_key(request["Key"]), {})
        condition = request.get("ConditionExpression")
        if condition is not None and not _holds(condition, row, request):
            said = {
                "Error": {"Code": code, "Message": ""},
                "ResponseMetadata": {"HTTPStatusCode": 400},
                "CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}],
            }
            raise ClientError(said, "Write")
        return copy.copy(row)

    def _update(self, request: dict[str, Any]) -> None:
        key = _key(request["Key"])
        row = dict(self.rows.get(key, request["Key"]))
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        for kind, name, value in _clauses(request["UpdateExpression"]):
            if kind == "SET":
                row[names[name]] = values[value]
            elif kind == "KEEP":
                row.setdefault(names[name], values[value])
            elif kind == "ADD":
                before = row.get(names[name], {"SS": []})["SS"]
                row[names[name]] = {"SS": sorted({*before, *values[value]["SS"]})}
            else:
                row.pop(names[name], None)
        self._write(key, row)


@cache
def _clauses(expression: str) -> list[tuple[str, str, str]]:
    """Read an update once: what is done with which name and value."""
    found = []
    clauses = re.split(r" ?(SET|ADD|REMOVE) ", expression)[1:]
    said = dict(zip(clauses[::2], clauses[1::2], strict=True))
    sets, added, removed = (said.get(kind, "") for kind in ("SET", "ADD", "REMOVE"))
    for part in re.split(r", (?![^(]*\))", sets) if sets else ():
        name, value = part.split(" = ")
        kept = re.fullmatch(r"if_not_exists\((#\w+), (:\w+)\)", value)
        found.append(("SET", name, value) if kept is None else ("KEEP", kept[1], kept[2]))
    if added:
        name, value = added.split(" ")
        found.append(("ADD", name, value))
    return found + [("REMOVE", name, "") for name in filter(None, removed.split(", "))]


def _key(item: Item) -> tuple[Any, ...]:
    return (item["key"]["S"],) if "key" in item else (item["log"]["S"], int(item["number"]["N"]))


def _holds(expression: str, row: Item, request: dict[str, Any]) -> bool:
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    return _condition(expression)(row, names, values)


_PART = r"attribute_not_exists\(#\w+\)|#\w+ (=|<|>=) :\w+|AND|OR|[() ]"


@cache
def _condition(expression: str) -> Callable[[Item, dict[str, str], Item], bool]:
    """Read a condition once: a function of a row and of what names and values stand for."""
    assert re.fullmatch(rf"({_PART})+", expression), expression
    text = re.sub(r"attribute_not_exists\((#\w+)\)", r"(n['\1'] not in row)", expression)
    text = re.sub(r"(#\w+) (=|<|>=) (:\w+)", r"compared(row.get(n['\1']), '\2', v['\3'])", text)
    text = text.replace("AND", "and").replace("OR", "or")
    made = eval(f"lambda row, n, v: {text}", {"compared": _compared})  # noqa: S307 - as asserted
    return cast("Callable[[Item, dict[str, str], Item], bool]", made)


def _compared(left: Item | None, operator: str, right: Item) -> bool:
    if left is None:
        return False
    ((kind, one),), ((_, other),) = left.items(), right.items()
    if kind == "N":
        one, other = float(one), float(other)
    return bool(_OPERATORS[operator](one, other))


_OPERATORS = {"=": operator_of.eq, "<": operator_of.lt, ">=": operator_of.ge}
