"""Which of several claims of one key is a message's: a log's memory, piece by piece.

What comes of it for messages is in ``test_eras_of_keys.py``.
"""

from __future__ import annotations

from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.known import Claim, Wanted
from batch_constructs.functions.claims.remembered import Remembered
from tests.functions.gateway_world import World, world
from tests.functions.test_claims import WINDOW_SECONDS, log, take

__all__ = ["world"]
KEY, OTHER = digest("key"), digest("other")
LONG = 7 * WINDOW_SECONDS


def claim(number: int, at: float, *keys: bytes, past: tuple[int, ...] = ()) -> Claim:
    """A claim that was made then; past positions are of messages of the year dot."""
    return Claim(
        number=number,
        name=f"run-{number}",
        lease_until=at + 60,
        keys=b"".join(keys),
        positions=range(len(keys)),
        made_at=at,
        began=at,
        until=at,
        eras=dict.fromkeys(past, 0.0),
        past=frozenset(past),
    )


def test_of_two_claims_of_a_messages_time_the_newer_says_what_became_of_it() -> None:
    wanted = Wanted({KEY: 500}, seconds=1000)
    wanted.note(claim(1, 0, KEY), None)
    wanted.note(claim(2, 1200, KEY), None)
    assert wanted.number_of(KEY) == 2

    wanted.remove(KEY, 2)

    assert wanted.number_of(KEY) == 1


def test_a_claim_that_counts_for_another_time_alone_is_not_a_messages_of_now() -> None:
    wanted = Wanted({KEY: 50_000}, seconds=1000)
    wanted.note(claim(1, 50_000, KEY, past=(0,)), None)

    assert wanted.number_of(KEY) is None


def test_a_claim_that_is_taken_over_takes_no_message_from_the_claim_that_followed() -> None:
    remembered = Remembered(1000)
    remembered.note(claim(1, 0, KEY), None)
    remembered.remove(KEY, 1)
    remembered.note(claim(2, 100, KEY), None)

    remembered.note(claim(3, 200, KEY, OTHER), 1)

    assert remembered.number_of(KEY) == 2
    assert remembered.number_of(OTHER) == 3


def test_a_claim_taken_over_in_its_window_holds_its_messages_of_now_beside_one_of_long_ago(
    world: World,
) -> None:
    one = log(world)
    assert take(one, "new", [KEY]) is not None
    one.begin({KEY: world.aws.clock.now - LONG})
    assert one.look_back(until=2e9)
    mine = take(one, "old", [KEY, OTHER])
    assert mine is not None
    theirs = one.take_over(mine, lease_until=world.aws.clock.now + 60, deadline=2e9)
    assert theirs is not None
    one.end(theirs, deadline=2e9)

    later = log(world)
    later.refresh()

    assert later.is_settled(OTHER)
    found = later.claim_of(KEY)
    assert found is not None
    assert found[0].name == "new"


def test_what_was_written_while_a_log_looked_back_is_learned_once(world: World) -> None:
    one, other = log(world), log(world)
    sought = {KEY: world.aws.clock.now - LONG}
    one.refresh()
    one.begin(sought)
    other.begin(sought)
    assert other.look_back(until=2e9)
    theirs = take(other, "theirs", [KEY])
    assert theirs is not None
    assert one.look_back(until=2e9)
    one.refresh()
    assert one.claim_of(KEY) is not None

    other.end(theirs, free=[0], deadline=2e9)
    one.refresh()

    assert one.claim_of(KEY) is None
    assert not one.is_settled(KEY)
