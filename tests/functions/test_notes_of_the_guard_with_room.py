"""What a guard notes of queues and environments that take no more tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from batch_constructs.functions.claims.rows import DAYS_KEPT, Claims
from batch_constructs.functions.cost_guard.lowered import LoweredEnvironments
from batch_constructs.functions.cost_guard.note import NOTE
from batch_constructs.functions.cost_guard.room import NotesWithRoom
from tests.functions.test_conditions_of_the_guard import NOW, Aws, Down, guard, unreachable
from tests.functions.test_conditions_of_watchers import claims, invocation
from tests.functions.test_lowered_environments import Fleet


class Full(Aws):
    """A queue that takes no more tags, as AWS Batch has it; tags of AWS's do not count."""

    def __init__(self, own: int = 50) -> None:
        of_aws = {"aws:cloudformation:stack-name": "Nightly"}
        super().__init__({**{f"team{number}": "x" for number in range(own)}, **of_aws})

    def tag_resource(self, *, tags: dict[str, str], **_: Any) -> None:
        own = [one for one in {**self.queue["tags"], **tags} if not one.startswith("aws:")]
        assert len(own) <= 50, "Maximum number of tags per resource: 50"
        self.queue["tags"].update(tags)


@pytest.mark.parametrize("own", [49, 50])
def test_a_queue_without_room_for_a_tag_is_held_back_and_let_go_all_the_same(own: int) -> None:
    aws = Full(own)
    before = dict(aws.queue["tags"])
    spent, free = guard(aws, 60), guard(aws, 1)
    free = replace(free, claims=spent.claims)
    for _ in range(2):  # the second finds it as it left it
        spent.run(NOW, invocation())
        assert aws.queue["state"] == "DISABLED"
        assert len(aws.queue["tags"]) == 51
    assert len(aws.said) == 1

    free.run(NOW + timedelta(days=1), invocation())
    assert (aws.queue["state"], aws.queue["tags"]) == ("ENABLED", before)

    aws.queue["state"] = "DISABLED"  # by people: nothing that was noted once enables it
    free.run(NOW + timedelta(days=2), invocation())
    assert aws.queue["state"] == "DISABLED"


def test_a_note_in_the_table_is_good_when_there_is_room_again_and_for_as_long_as_it_is_held() -> (
    None
):
    aws, later = Full(), [1000.0]
    spent = guard(aws, 60)
    spent = replace(spent, claims=replace(spent.claims, clock=lambda: later[0]))
    spent.run(NOW, invocation())
    for _ in range(3):  # notes expire; each run writes it again
        later[0] += 0.9 * DAYS_KEPT * 24 * 60 * 60
        spent.run(NOW, invocation())
    del aws.queue["tags"]["team0"]

    replace(guard(aws, 1), claims=spent.claims).run(NOW + timedelta(days=1), invocation())

    assert aws.queue["state"] == "ENABLED"
    assert f"{NOTE}:Day" not in aws.queue["tags"]


@pytest.mark.parametrize("runs_meanwhile", [True, False])
def test_a_note_in_the_table_enables_nothing_that_people_disable_later(
    runs_meanwhile: bool,  # noqa: FBT001 - a case
) -> None:
    """They enable what is held, and take a tag away: it is held by a tag from then on, or free."""
    aws = Full()
    spent = guard(aws, 60)
    free = replace(guard(aws, 1), claims=spent.claims)
    spent.run(NOW, invocation())
    aws.queue["state"] = "ENABLED"
    del aws.queue["tags"]["team0"]
    if runs_meanwhile:
        aws.queue["tags"][f"{NOTE}:Day"] = "2026-11-20 of 100 OVER disabled"  # by hand
    free.run(NOW + timedelta(days=1), invocation())
    assert (aws.queue["state"], f"{NOTE}:Day" in aws.queue["tags"]) == ("ENABLED", False)

    aws.queue["state"] = "DISABLED"
    free.run(NOW + timedelta(days=2), invocation())

    assert aws.queue["state"] == "DISABLED"


class Blinking:
    """A table of which the first thing that is read, the note, cannot be read."""

    def __init__(self, table: Any) -> None:
        self._table, self._failed = table, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def get_item(self, **request: Any) -> Any:
        if not self._failed:
            self._failed = True
            raise EndpointConnectionError(endpoint_url="dynamodb")
        return self._table.get_item(**request)


@pytest.mark.parametrize("vcpus", [50, 60])
def test_a_note_that_cannot_be_read_for_a_moment_is_not_written_over(vcpus: int) -> None:
    """What the guard disabled would else be taken for what people did, and stay disabled."""
    aws = Full()
    spent = guard(aws, 60)
    spent.run(NOW, invocation())
    table = spent.claims
    blinking = replace(table, dynamodb=Blinking(table.dynamodb))

    with pytest.raises(RuntimeError):
        replace(guard(aws, vcpus), claims=blinking).run(NOW + timedelta(hours=1), invocation())
    free = replace(guard(aws, 1), claims=table)
    free.run(NOW + timedelta(days=1), invocation())

    assert aws.queue["state"] == "ENABLED"


def test_a_full_environment_is_given_back_what_it_had_though_there_is_room_again() -> None:
    fleet = Fleet()
    fleet.environment["tags"] = {f"team{number}": "x" for number in range(50)}
    table, note = claims(), f"{NOTE}:Day"
    for hold in (True, True, False):
        noting = NotesWithRoom(batch=fleet, claims=table, note=note)
        [seen] = noting.describe_compute_environments()["computeEnvironments"]
        LoweredEnvironments(batch=noting, note=note, max_vcpus=4).bring(seen, NOW, hold=hold)
        assert fleet.max_vcpus == (4 if hold else 64)
        fleet.environment["tags"].pop("team0", None)

    assert note not in fleet.environment["tags"]


def test_a_table_that_is_away_is_asked_once_about_what_is_enabled_and_has_room() -> None:
    """Each call takes its time, and new work is to be held back all the same."""
    asked = []

    class Away(Down):
        def get_item(self, **_: Any) -> Any:
            asked.append(1)
            return self.update_item()

    fleet = Fleet()
    table = Claims(dynamodb=Away(), table="claims", clock=lambda: 1000.0)
    noting = NotesWithRoom(batch=fleet, claims=table, note=f"{NOTE}:Day")
    for _ in range(5):
        assert noting.describe_compute_environments() == fleet.describe_compute_environments()

    assert len(asked) == 1


def test_a_full_queue_that_people_disabled_is_not_enabled_by_a_guard() -> None:
    aws = Full()
    aws.queue["state"] = "DISABLED"
    spent = guard(aws, 60)
    with pytest.raises(RuntimeError, match="failed at"):
        replace(spent, claims=unreachable()).run(NOW, invocation())

    spent.run(NOW, invocation())
    replace(guard(aws, 1), claims=spent.claims).run(NOW + timedelta(days=1), invocation())

    assert aws.queue["state"] == "DISABLED"
