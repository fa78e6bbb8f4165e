"""The trials find the faults they are there for: each is planted, and found within 300 trials."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager, nullcontext, suppress
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.aws.job_states import UNFINISHED
from batch_constructs.aws.names import NOT_IN_A_JOB_NAME
from batch_constructs.functions.claims import log, rows
from batch_constructs.functions.claims.log import Log
from batch_constructs.functions.claims.outcome import Failure
from batch_constructs.functions.claims.rows import Claims, HeldError
from batch_constructs.functions.cost_guard import guard, lowered, note
from batch_constructs.functions.ecs_cluster import lookup
from batch_constructs.functions.eks_access import associate
from batch_constructs.functions.gauges.reading import QueueReading, Reader
from batch_constructs.functions.job_events import rescued_array
from batch_constructs.functions.job_events.idle_queue import IdleQueues
from batch_constructs.functions.job_events.notification_text import Message
from batch_constructs.functions.revisions import retire
from batch_constructs.functions.submission import batch_api, gateway
from batch_constructs.functions.submission import rescue as rescues
from batch_constructs.functions.submission.batch_api import BatchApi
from batch_constructs.functions.submission.deliveries import Deliveries
from batch_constructs.functions.submission.gateway import _Batch
from batch_constructs.functions.submission.waiting import Waiting
from tests.functions.interleaving import World
from tests.functions.trials import TRIALS as FUNCTIONS
from tests.functions.trials import run

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIALS = 300
Plant = Callable[[pytest.MonkeyPatch], None]
_Work = Callable[[bool], str]


# -- in claims one by one


def does_without_a_claim(patch: pytest.MonkeyPatch) -> None:
    """It looks whether it is there, and then does it."""

    def once(_: Claims, *__: str, work: _Work, deadline: float) -> tuple[str, bool]:
        del deadline
        return work(True), True  # noqa: FBT003 - as claims call it

    patch.setattr(Claims, "once", once)


def held_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    """What a dead run began is its own for ever."""
    whole = Claims.once

    def once(claims: Claims, *identity: str, work: _Work, **more: Any) -> tuple[str, bool]:
        try:
            return whole(claims, *identity, work=work, **more)
        except HeldError:
            return "", False

    patch.setattr(Claims, "once", once)


def settled_before_it_is_done(patch: pytest.MonkeyPatch) -> None:
    take = Claims._take

    def settling(claims: Claims, key: Any, holder: str, *more: Any) -> Any:
        before = take(claims, key, holder, *more)
        if "result" not in before:
            claims._settle(key, holder, "done")
        return before

    patch.setattr(Claims, "_take", settling)


def not_released_after_a_sure_failure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Claims, "_release", lambda *_: None)


def claims_are_never_held(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rows, "lease_until", lambda _: 1.0)
    patch.setattr(gateway, "lease_until", lambda _: 1.0)


def leases_end_with_the_holder(patch: pytest.MonkeyPatch) -> None:
    """Nobody waits until what a dead holder made is listed."""
    patch.setattr(rows, "lease_until", lambda deadline: deadline)
    patch.setattr(gateway, "lease_until", lambda deadline: deadline)
    patch.setattr(log, "AFTERMATH_SECONDS", 0.0)


def identities_are_alike(patch: pytest.MonkeyPatch) -> None:
    """Names that differ in what a job's name cannot hold are taken for the same."""
    whole = Claims.once

    def once(claims: Claims, *identity: str, **rest: Any) -> tuple[str, bool]:
        return whole(claims, *(NOT_IN_A_JOB_NAME.sub("-", each) for each in identity), **rest)

    patch.setattr(Claims, "once", once)


# -- in what is asked of AWS


def nobody_looks_whether_it_is_there(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(batch_api, "jobs_named", lambda *_: iter(()))


def a_lost_answer_counts_as_not_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Failure, "is_sure", property(lambda _: True))


def a_throttled_call_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(BatchApi, "submit", _swallowing(BatchApi.submit, "job-none"))


def reads_may_be_late(patch: pytest.MonkeyPatch) -> None:
    whole = World.call

    def late(world: World, service: str, operation: str, request: Any, *, patient: bool) -> Any:
        request.pop("ConsistentRead", None)
        return whole(world, service, operation, request, patient=patient)

    patch.setattr(World, "call", late)


def _swallowing(call: Callable[..., Any], answer: Any) -> Callable[..., Any]:
    def swallowed(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except Exception:  # noqa: BLE001 - that is the fault
            return answer

    return swallowed


# -- in the gateway


def claims_are_not_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Log, "_write", lambda *_: None)


def jobs_of_the_other_mode_are_not_looked_for(patch: pytest.MonkeyPatch) -> None:
    whole = BatchApi.named
    patch.setattr(
        BatchApi,
        "named",
        lambda one, queue, name: {
            job: id_ for job, id_ in whole(one, queue, name).items() if job != name.rstrip("*")
        },
    )


def claims_are_written_unseen(patch: pytest.MonkeyPatch) -> None:
    """No fencing: an entry is written whatever others wrote meanwhile."""

    def write(one: Log, item: Any, _: int) -> None:
        number = one._read_head() + 1
        item["number"] = {"N": str(number)}
        count = {
            "Key": log._HEAD,
            "UpdateExpression": "SET #last = :next",
            "ConditionExpression": "attribute_not_exists(#no)",
            "ExpressionAttributeNames": {"#last": "last", "#no": "no"},
            "ExpressionAttributeValues": {":next": {"N": str(number)}},
        }
        one._dynamodb.transact_write_items(
            TransactItems=[{"Update": count}, {"Put": {"Item": item}}]
        )

    patch.setattr(Log, "_write", write)


def nobody_looks_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Log, "look_back", lambda *_, **__: True)


def a_log_that_was_read_in_part_counts_as_read(patch: pytest.MonkeyPatch) -> None:
    whole = Log.refresh

    def refresh(one: Log) -> int:
        was_cold = one._last is None
        try:
            return whole(one)
        except ClientError:
            if was_cold:
                one._last = one._read_head()
            raise

    patch.setattr(Log, "refresh", refresh)


def what_surely_failed_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    end = Log.end
    patch.setattr(Log, "end", lambda one, claim, **given: end(one, claim, **{**given, "free": ()}))


def what_is_unsure_counts_as_done(patch: pytest.MonkeyPatch) -> None:
    end = Log.end
    patch.setattr(
        Log, "end", lambda one, claim, **given: end(one, claim, **{**given, "unsure": ()})
    )


def what_is_unsure_is_free(patch: pytest.MonkeyPatch) -> None:
    end = Log.end

    def free(one: Log, claim: Any, *, unsure: Any = (), free: Any = (), deadline: float) -> None:
        end(one, claim, free={*unsure, *free}, deadline=deadline)

    patch.setattr(Log, "end", free)


def ended_before_it_is_submitted(patch: pytest.MonkeyPatch) -> None:
    whole = _Batch._submit

    def submitting(batch: _Batch, claim: Any, held: Any) -> None:
        batch._finish(claim)
        whole(batch, claim, held)

    patch.setattr(_Batch, "_submit", submitting)


def what_failed_is_not_delivered_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Deliveries, "end", lambda _: [])


def a_group_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Deliveries, "is_blocked", lambda *_: False)


# -- in Spot rescue


def what_waited_waits_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rescues, "_waits", lambda *_: [])


def what_waited_stays_failed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Waiting, "dependencies", lambda _: None)


# -- in what tells that an array is whole


def ends_of_arrays_are_not_noted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Claims, "note", lambda *_, **__: None)


def what_ran_again_is_not_gathered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Claims, "gathered", lambda *_, member="": {member} - {""})


def what_is_not_counted_yet_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rescued_array, "_counted", lambda detail, _: detail)


# -- in what tells that a queue is idle


def the_end_of_a_period_is_not_claimed(patch: pytest.MonkeyPatch) -> None:
    def end(one: IdleQueues, queue: str, begins: str, ends: int, _: object) -> str | None:
        return str(ends) if one._is_done(queue, begins, ends) else None

    patch.setattr(IdleQueues, "_end", end)


def one_page_of_jobs_is_read(patch: pytest.MonkeyPatch) -> None:
    whole = IdleQueues._begun_since
    patch.setattr(IdleQueues, "_begun_since", lambda *given: islice(whole(*given), 3))


def what_could_not_be_told_counts_as_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Message, "publish", _swallowing(Message.publish, None))


# -- in the cost guard


def noted_though_nobody_was_told(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def going_on(*_: Any) -> Iterator[None]:
        with suppress(Exception):
            yield

    patch.setattr(guard, "_going_on", going_on)


def one_claim_is_for_all_silences(patch: pytest.MonkeyPatch) -> None:
    publish = guard.Guard._publish
    patch.setattr(
        guard.Guard,
        "_publish",
        lambda one, what, *told: publish(one, what[:1] if what[0] == "silent" else what, *told),
    )


def a_silence_is_told_at_each_run(patch: pytest.MonkeyPatch) -> None:
    publish, runs = guard.Guard._publish, count()
    patch.setattr(
        guard.Guard,
        "_publish",
        lambda one, what, *told: publish(
            one, (*what, str(next(runs))) if what[0] == "silent" else what, *told
        ),
    )


def runs_of_a_guard_meet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Claims, "alone", lambda *_, **__: nullcontext())


def guards_leave_it_to_each_other(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guard, "lets_go", lambda *_: None)


def what_was_lowered_stays_low(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lowered.Lowered, "read", lambda _: None)


def what_was_disabled_stays_so(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(guard, "notes_of_others", lambda *_: [note.HELD])


# -- in the gauges


def a_queue_that_cannot_be_read_is_no_failure(patch: pytest.MonkeyPatch) -> None:
    whole = Reader.queues
    patch.setattr(
        Reader, "queues", lambda one, arns, **given: whole(one, arns, **{**given, "failed": []})
    )


def what_cannot_be_read_is_nothing(patch: pytest.MonkeyPatch) -> None:
    whole = Reader._queue

    def made_up(one: Reader, queue: Any, *rest: Any) -> QueueReading:
        try:
            return whole(one, queue, *rest)
        except ClientError:
            return QueueReading(
                name=queue["jobQueueName"],
                jobs={},
                counted_all=True,
                head_age_seconds=0,
                vcpus=0,
                max_vcpus=None,
            )

    patch.setattr(Reader, "_queue", made_up)


def a_queue_is_read_twice(patch: pytest.MonkeyPatch) -> None:
    whole = Reader.queues

    def twice(one: Reader, *args: Any, **given: Any) -> Iterator[QueueReading]:
        for reading in whole(one, *args, **given):
            yield reading
            yield reading

    patch.setattr(Reader, "queues", twice)


# -- in the custom resource


def an_answer_that_cannot_be_sent_is_no_failure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lookup, "send", _swallowing(lookup.send, None))


def the_answer_comes_before_the_cluster(patch: pytest.MonkeyPatch) -> None:
    def at_once(environment: str, _: Any) -> str:
        found = (
            vars(lookup)["boto3"]
            .client("batch")
            .describe_compute_environments(computeEnvironments=[environment])
        )
        return str(found["computeEnvironments"][0].get("ecsClusterArn", ""))

    patch.setattr(lookup, "cluster_arn", at_once)


def tags_are_left_out_when_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lookup, "tag", _swallowing(lookup.tag, None))


# -- in what lets AWS Batch use a namespace


def a_namespace_without_an_answer_is_no_failure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(associate, "send", _swallowing(lookup.send, None))


def a_refused_association_counts_as_made(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(associate, "associate", _swallowing(associate.associate, None))


def a_namespace_takes_the_place_of_others(patch: pytest.MonkeyPatch) -> None:
    def change(eks: Any, wanted: dict[str, str], **_: Any) -> None:
        scope = {"type": "namespace", "namespaces": [wanted["Namespace"]]}
        eks.associate_access_policy(**associate._entry(wanted), accessScope=scope)

    patch.setattr(associate, "_change", change)


# -- in what retires revisions


def live_jobs_are_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retire, "_is_live", lambda *_: False)


def jobs_are_listed_state_by_state(patch: pytest.MonkeyPatch) -> None:
    """One that is tried again goes back to a state that was listed."""

    def is_live(batch: Any, revision: str, queues: Any) -> bool:
        return any(
            job["jobDefinition"] == revision
            for queue in queues
            for state in UNFINISHED
            for page in batch.get_paginator("list_jobs").paginate(jobQueue=queue, jobStatus=state)
            for job in page["jobSummaryList"]
        )

    patch.setattr(retire, "_is_live", is_live)


def the_default_bus_alone_is_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retire, "_buses", lambda _: ["default"])


def schedules_are_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retire, "_inputs_of_schedules", lambda: ())


def what_cannot_be_read_names_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retire, "revisions_named", _swallowing(retire.revisions_named, set()))


def a_run_that_retired_nothing_is_no_failure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retire, "retire", _swallowing(retire.retire, None))


def one_too_many_is_retired(patch: pytest.MonkeyPatch) -> None:
    whole = retire.retire
    patch.setattr(retire, "retire", lambda newest, keep, before: whole(newest, keep - 1, before))


def what_a_rollback_returns_to_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    whole = retire.retire
    patch.setattr(retire, "retire", lambda newest, keep, _: whole(newest, keep, ""))


def the_deployment_waits(patch: pytest.MonkeyPatch) -> None:
    handler, send = retire.handler, lookup.send

    def last(event: Any, context: object) -> None:
        answers: list[Any] = []
        patch.setattr(retire, "send", lambda *answer: answers.append(answer))
        handler(event, context)
        send(*answers[0])

    patch.setattr(retire, "handler", last)


_CLAIMED: tuple[Plant, ...] = (
    does_without_a_claim,
    held_counts_as_done,
    settled_before_it_is_done,
    claims_are_never_held,
)
_SUBMITTED: tuple[Plant, ...] = (
    not_released_after_a_sure_failure,
    a_lost_answer_counts_as_not_done,
    leases_end_with_the_holder,
    nobody_looks_whether_it_is_there,
    a_throttled_call_counts_as_done,
)
_LOGGED: tuple[Plant, ...] = (
    claims_are_not_written,
    claims_are_written_unseen,
    claims_are_never_held,
    leases_end_with_the_holder,
    nobody_looks_whether_it_is_there,
    a_lost_answer_counts_as_not_done,
    reads_may_be_late,
    what_surely_failed_counts_as_done,
    what_is_unsure_counts_as_done,
    what_is_unsure_is_free,
    nobody_looks_back,
    ended_before_it_is_submitted,
    what_failed_is_not_delivered_again,
)
PLANTED: dict[str, tuple[Plant, ...]] = {
    "gateway": _LOGGED,
    "coalescing_gateway": (
        *_LOGGED,
        jobs_of_the_other_mode_are_not_looked_for,
        a_log_that_was_read_in_part_counts_as_read,
    ),
    "fifo_gateway": (
        a_group_does_not_wait,
        claims_are_not_written,
        what_failed_is_not_delivered_again,
    ),
    "notifications": (*_CLAIMED, not_released_after_a_sure_failure, reads_may_be_late),
    "rescued_arrays": (
        *_CLAIMED,
        not_released_after_a_sure_failure,
        reads_may_be_late,
        ends_of_arrays_are_not_noted,
        what_ran_again_is_not_gathered,
        what_is_not_counted_yet_counts,
    ),
    "idle_queues": (
        *_CLAIMED,
        the_end_of_a_period_is_not_claimed,
        one_page_of_jobs_is_read,
        what_could_not_be_told_counts_as_told,
    ),
    "counters": (*_CLAIMED, reads_may_be_late),
    "submit_function": (
        *_CLAIMED,
        *_SUBMITTED,
        identities_are_alike,
    ),
    "spot_rescue": (
        *_CLAIMED,
        *_SUBMITTED,
        what_waited_waits_for_nothing,
        what_waited_stays_failed,
    ),
    "cost_guard": (
        *_CLAIMED,
        noted_though_nobody_was_told,
        one_claim_is_for_all_silences,
        a_silence_is_told_at_each_run,
        what_was_lowered_stays_low,
        what_was_disabled_stays_so,
        runs_of_a_guard_meet,
        guards_leave_it_to_each_other,
    ),
    "gauges": (
        a_queue_that_cannot_be_read_is_no_failure,
        what_cannot_be_read_is_nothing,
        a_queue_is_read_twice,
    ),
    "ecs_cluster": (
        an_answer_that_cannot_be_sent_is_no_failure,
        the_answer_comes_before_the_cluster,
        tags_are_left_out_when_refused,
    ),
    "eks_access": (
        a_namespace_without_an_answer_is_no_failure,
        a_refused_association_counts_as_made,
        a_namespace_takes_the_place_of_others,
    ),
    "old_revisions": (
        live_jobs_are_not_asked_for,
        jobs_are_listed_state_by_state,
        the_default_bus_alone_is_read,
        schedules_are_not_read,
        what_cannot_be_read_names_nothing,
        a_run_that_retired_nothing_is_no_failure,
        one_too_many_is_retired,
        what_a_rollback_returns_to_is_forgotten,
        the_deployment_waits,
    ),
}


def test_a_fault_is_planted_in_every_function_that_has_trials() -> None:
    assert PLANTED.keys() == FUNCTIONS.keys()


MEETS_IT_FROM: dict[tuple[str, Plant], int] = {
    ("gateway", leases_end_with_the_holder): 300,
    ("coalescing_gateway", leases_end_with_the_holder): 1200,
    ("coalescing_gateway", a_log_that_was_read_in_part_counts_as_read): 300,
    ("old_revisions", jobs_are_listed_state_by_state): 600,
}
"""The first seed, where a fault seldom shows: somebody has to die at one moment."""


@pytest.mark.parametrize(
    ("function", "plant"),
    [
        pytest.param(function, plant, id=f"{function}-{plant.__name__}")
        for function, plants in PLANTED.items()
        for plant in plants
    ],
)
def test_the_trials_find_a_planted_fault(
    function: str, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)

    first = MEETS_IT_FROM.get((function, plant), 0)
    assert run(function, range(first, first + TRIALS), most_wrong=1).wrong
