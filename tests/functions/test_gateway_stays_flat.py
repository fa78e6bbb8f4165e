"""A hundred thousand messages, and one that AWS answers with 5xx until SQS takes it away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.functions.claims.known import Known
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.remembered import Remembered, most_bytes
from batch_constructs.functions.submission.settings import Settings
from tests.functions.interleaving import World, refused
from tests.functions.trials import gateway_of, record_of

if TYPE_CHECKING:
    from collections.abc import Callable

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


@dataclass
class Figures:
    """What batch after batch cost."""

    jobs: int = 0
    reads: list[int] = field(default_factory=list)
    """Items read of the table."""
    open_claims: list[int] = field(default_factory=list)
    identities: list[int] = field(default_factory=list)
    """Of entries that this function wrote or read last."""
    remembered: int = 0
    remembered_bytes: int = 0


def figures_of(messages: int) -> Figures:
    """Send so many messages in batches, each with the one that is never answered."""
    world = OneNeverAnswered(1)
    world.clear_up()
    figures = Figures()

    def run(me: Instance) -> None:
        gateway = gateway_of(me, SETTINGS)
        never = record_of("never", json.dumps({"parameters": {"n": "never"}}))
        for batch in range(messages // BATCH):
            records = [
                record_of(f"{batch}-{n}", json.dumps({"parameters": {"n": "x"}}))
                for n in range(BATCH - 1)
            ]
            before = world.dynamodb.items_read
            again = gateway.handle([*records, never], seconds=120)
            assert again == ["never"]
            figures.reads.append(world.dynamodb.items_read - before)
            figures.open_claims.append(len(gateway.log._known.open))
            figures.identities.append(len(gateway.log._new))
            me.sleep(10)
        parts = [bucket for _, part in gateway.log.remembered._parts for bucket in part]
        figures.remembered = len(gateway.log.remembered)
        figures.remembered_bytes = sum(each.__sizeof__() for each in parts if each is not None)

    one = world.start(run, seconds=float("inf"))
    world.run()
    assert one.error is None
    figures.jobs = world.jobs_made
    return figures


def is_flat(figures: Figures) -> bool:
    """Reads: a batch's own entries, which its function wrote itself, are not read again."""
    batches = len(figures.reads)
    return (
        max(figures.reads[1:]) <= max(figures.reads[1:10])
        and sum(figures.reads) < batches
        and max(figures.open_claims) == 1
        and max(figures.identities) <= max(figures.identities[:10])
        and figures.remembered_bytes <= most_bytes(batches * BATCH)
        and figures.remembered == batches * (BATCH - 1) + 1
    )


def test_reads_and_memory_are_the_same_for_every_message() -> None:
    figures = figures_of(MESSAGES)

    assert figures.jobs == MESSAGES - MESSAGES // BATCH
    assert is_flat(figures)


def reads_since_the_oldest_open_claim(patch: pytest.MonkeyPatch) -> None:
    refresh = Log.refresh

    def again(one: Log, **given: Any) -> int:
        oldest = min(one._known.open, default=None)
        if oldest is not None:
            for _ in one._entries(start=oldest):
                pass
        return refresh(one, **given)

    patch.setattr(Log, "refresh", again)


def reads_everything_at_each_look(patch: pytest.MonkeyPatch) -> None:
    entries = Log._entries
    patch.setattr(Log, "_entries", lambda one, **given: entries(one, **{**given, "start": 0}))


def keeps_claims_that_ended(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Known, "_learn_end", lambda *_: None)


def remembers_a_message_more_than_once(patch: pytest.MonkeyPatch) -> None:
    add = Remembered.add

    def thrice(one: Remembered, keys: bytes, number: int, at: float) -> None:
        for _ in range(3):
            add(one, keys, number, at)

    patch.setattr(Remembered, "add", thrice)


@pytest.mark.parametrize(
    "plant",
    [
        reads_since_the_oldest_open_claim,
        reads_everything_at_each_look,
        keeps_claims_that_ended,
        remembers_a_message_more_than_once,
    ],
)
def test_a_gateway_that_grows_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert is_flat(figures_of(20 * BATCH))
    plant(monkeypatch)

    assert not is_flat(figures_of(20 * BATCH))
