"""The log of claims on another DynamoDB than moto's: that of the embedded AWS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.log import Log

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws


def test_two_functions_claim_take_over_and_end_what_each_other_wrote(local_aws: LocalAws) -> None:
    dynamodb = local_aws.client("dynamodb")
    dynamodb.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "log", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "log", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
    )
    try:
        now = time.time()
        one, other = (
            Log(dynamodb, "ledger", window_seconds=3600, clock=lambda: now, sleep=time.sleep)
            for _ in range(2)
        )
        times: dict[str, Any] = {"lease_until": now + 9, "deadline": now + 9}
        keys = [digest("a"), digest("b")]
        read_to = other.refresh()
        mine = one.claim("run", keys, read_to=one.refresh(), **times)
        assert mine is not None
        assert other.claim("run", keys, read_to=read_to, **times) is None

        found = other.claim_of(keys[1])
        assert found is not None
        taken = other.take_over(found[0], **times)
        assert taken is not None
        one.end(mine, free=[0, 1], deadline=now + 9)
        other.end(taken, free=[0], deadline=now + 9)

        one.refresh()
        assert [one.is_settled(key) for key in keys] == [False, True]
        assert one.claim_of(keys[0]) is None
    finally:
        dynamodb.delete_table(TableName="ledger")
