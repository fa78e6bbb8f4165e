"""A hundred thousand messages, and one that AWS answers with 5xx until SQS takes it away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.functions.claims.remembered import most_bytes
from batch_constructs.functions.submission.settings import Settings
from tests.functions.interleaving import World, refused
from tests.functions.trials import gateway_of, record_of

if TYPE_CHECKING:
    from tests.functions.interleaving import Instance

MESSAGES, BATCH = 100_000, 200
SETTINGS = Settings(
    job_queue="queue",
    job_definition="definition",
    name_prefix="mail",
    per_second=1e9,
    ledger_table="ledger",
    dead_letter_queue_url="dead",
    max_receives=10,
    window_seconds=6 * 3600.0,
)


class OneNeverAnswered(World):
    """Batch fails at one message for ever."""

    def _batch_submit_job(self, request: dict[str, Any]) -> Any:
        if request.get("parameters") == {"n": "never"}:
            raise refused("submit_job", 500, "ServerException")
        self.jobs_made += 1
        return {"jobId": str(self.jobs_made)}

    jobs_made = 0

    def _takes(self) -> float:
        return 0.0


def test_reads_and_memory_are_the_same_for_every_message() -> None:
    """Reads: a batch's own entries, which its function wrote itself, are not read again."""
    world = OneNeverAnswered(1)
    world.clear_up()
    reads: list[int] = []
    open_claims: list[int] = []
    taken: list[int] = []

    def run(me: Instance) -> None:
        gateway = gateway_of(me, SETTINGS)
        never = record_of("never", json.dumps({"parameters": {"n": "never"}}))
        for batch in range(MESSAGES // BATCH):
            records = [
                record_of(f"{batch}-{n}", json.dumps({"parameters": {"n": "x"}}))
                for n in range(BATCH - 1)
            ]
            before = world.dynamodb.items_read
            again = gateway.handle([*records, never], seconds=120)
            assert again == ["never"]
            reads.append(world.dynamodb.items_read - before)
            open_claims.append(len(gateway.log._open))
            me.sleep(10)
        parts = [bucket for _, part in gateway.log.remembered._parts for bucket in part]
        taken.append(sum(bucket.__sizeof__() for bucket in parts if bucket is not None))

    world.start(run, seconds=float("inf"))
    world.run()

    assert world.jobs_made == MESSAGES - MESSAGES // BATCH
    assert max(reads[1:]) <= max(reads[1:10])
    assert sum(reads) < MESSAGES // BATCH
    assert max(open_claims) == 1
    assert taken[0] <= most_bytes(MESSAGES)
