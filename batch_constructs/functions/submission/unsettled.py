"""How old the oldest message is that is neither a job nor set aside, as a CloudWatch metric.

SQS tells the age of no message that was received three times or more.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.metrics import embedded
from batch_constructs.functions.own_metrics import OURS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

UNSETTLED_AGE: Final = "OldestUnsettledMessageAge"
FUNCTION: Final = "FunctionName"
"""Its one dimension."""


def unsettled_line(
    records: Iterable[Mapping[str, Any]], again: Collection[str], *, function: str, now: float
) -> str | None:
    """Return the line of a log that tells the age; None where nothing comes again.

    Args:
        records: the records of the event.
        again: the IDs of those that SQS shall deliver again.
        function: the name of this function.
        now: the time, in seconds.
    """
    known = frozenset(again)
    told = [record.get("attributes", {}) for record in records if record["messageId"] in known]
    sent = [int(each["SentTimestamp"]) for each in told if "SentTimestamp" in each]
    if not sent:
        return None
    metric = {"Name": UNSETTLED_AGE, "Unit": "Seconds"}
    line = embedded(OURS, int(now * 1000), [[FUNCTION]], [metric])
    age = max(0.0, now - min(sent) / 1000)
    return json.dumps({**line, FUNCTION: function, UNSETTLED_AGE: round(age)})
