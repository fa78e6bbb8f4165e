"""Once is enough: EventBridge delivers at least once, and Lambda retries.

Each thing to be done is a row in a DynamoDB table, taken by a conditional write. A row remembers
which invocation took it: Lambda's own retries of a crashed invocation keep the request ID and may
take it again, so nothing is lost; a second delivery has another ID and may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS_KEPT = 14
"""How long a row is remembered; EventBridge retries a delivery for a day at most."""
_DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The table of what has been done. ``dynamodb`` is a boto3 DynamoDB client."""

    dynamodb: Any
    table: str

    def take(
        self, key: str, what: str, *, owner: str, now: float, after: Sequence[str] = ()
    ) -> bool:
        """Take ``what`` of ``key`` for ``owner``; ``False`` where it is already done or taken.

        Args:
            key: What it is about, such as a job's ID.
            what: What is to be done, such as the state to tell of.
            owner: The ID of this invocation.
            now: Seconds since 1970.
            after: What makes this late: nothing is taken once one of these was.
        """
        names = {"#what": what, **{f"#after{n}": name for n, name in enumerate(after)}}
        fresh = " AND ".join(f"attribute_not_exists({name})" for name in names)
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"key": {"S": key}},
                UpdateExpression="SET #what = :owner, #expires = :expires",
                ConditionExpression=f"({fresh}) OR #what = :owner OR #expires < :now",
                ExpressionAttributeNames={**names, "#expires": "expires"},
                ExpressionAttributeValues={
                    ":owner": {"S": owner},
                    ":expires": {"N": str(int(now) + DAYS_KEPT * 86_400)},
                    ":now": {"N": str(int(now))},
                },
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def finish(self, key: str, what: str) -> None:
        """Note that ``what`` is done, so that not even a retry does it again."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"key": {"S": key}},
            UpdateExpression="SET #what = :done",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues={":done": {"S": _DONE}},
        )
