"""From a batch of messages to jobs: each good one exactly once, each bad one set aside."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from batch_constructs.functions.claims.effect import (
    OutOfTimeError,
    Pauses,
    RefusedError,
    UnsureError,
)
from batch_constructs.functions.claims.identity import digest
from batch_constructs.functions.claims.lease import (
    CLOCKS_APART_SECONDS,
    RESERVE_SECONDS,
    lease_until,
)
from batch_constructs.functions.claims.log import LOOKED_BACK_SECONDS
from batch_constructs.functions.claims.outcome import FAILED_CALL, as_told
from batch_constructs.functions.submission.batch_api import REMEMBERED_SECONDS

from .batch_api import is_about_the_request
from .deliveries import Deliveries
from .gateway_requests import Requests
from .manifest import encode
from .message_reader import Message, MessageReader, Poison, is_s3_test
from .reasons import (
    BEHIND,
    FORGOTTEN,
    MENDED,
    NO_ANSWER,
    NO_ROOM,
    TOO_FAR_BACK,
    unreadable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from batch_constructs.functions.claims.known import Claim
    from batch_constructs.functions.claims.log import Log

    from .batch_api import BatchApi
    from .dead_letters import DeadLetters
    from .settings import Settings

_LOG = logging.getLogger(__name__)
_SHARE_FOR_READING = 0.25
"""Of the function's time, for messages, and as much for what became of old ones.

What is not read by then waits for the next delivery.
"""

_SECONDS_FOR_THE_END = 15.0
"""What stays of the function's time for writing down what became of the messages."""

_SECONDS_A_LETTER = 0.015
"""Ten go in a call, which takes some 50 to 150 milliseconds."""

Client = Any
"""A boto3 client."""

_Held = list[tuple[int, Message]]
"""Messages with their positions in a claim."""


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What lives on from one invocation of the function to the next."""

    settings: Settings
    reader: MessageReader
    log: Log
    batch_api: BatchApi
    dead_letters: DeadLetters
    s3: Client
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def handle(self, records: Sequence[Mapping[str, Any]], *, seconds: float) -> list[str]:
        """Turn SQS records into jobs.

        Args:
            records: the records of the event.
            seconds: how long the function may still run.

        Returns:
            The IDs of the messages that SQS shall deliver again.
        """
        began = self.clock()
        batch = _Batch(self, now=began, seconds=seconds)
        unread: list[str] = []
        for record in records:
            if is_s3_test(record["body"]):
                continue
            if self.clock() - began > seconds * _SHARE_FOR_READING:
                # slow ones came before it: it comes again
                if not batch.deliveries.is_set_aside_unread(Message.of(record)):
                    unread.append(record["messageId"])
                continue
            try:
                batch.add(self.reader.read(record))
            except Poison as poison:
                batch.deliveries.set_aside_as_poison(Message.of(record), str(poison))
            except Exception as error:  # noqa: BLE001 - one odd message must not stop its neighbours
                why = unreadable(error, record["messageId"])
                batch.deliveries.set_aside_as_poison(Message.of(record), why)
        batch.run()
        return [*batch.deliveries.end(), *unread]


class _Batch:
    """One invocation."""

    def __init__(self, gateway: Gateway, *, now: float, seconds: float) -> None:
        self._gateway = gateway
        self._settings = gateway.settings
        self._requests = Requests(gateway.settings)
        self._log = gateway.log
        self._batch_api = gateway.batch_api
        self._seconds = seconds
        self._now = now
        self._end = now + seconds - RESERVE_SECONDS
        self.deliveries = Deliveries(
            gateway.settings, gateway.dead_letters, now=now, until=self._end
        )
        self._read_until = now + 2 * seconds * _SHARE_FOR_READING
        self._twins: dict[bytes, list[Message]] = {}
        self._parts = [self._twins]
        """Messages by key; a part waits for those before it."""
        self._manifest: tuple[list[bytes], str] | None = None
        self._looked_back = False
        self._old: dict[bytes, float] = {}
        """Keys of messages that may be jobs since before the window, and since when."""

    def add(self, message: Message) -> None:
        """Take a good message; those with the same key share one job.

        One that may be a job since before the window does not, whatever has its key: what follows
        waits for the first.
        """
        key = digest(message.key)
        twins = self._parts[-1].setdefault(key, [])
        if twins and (self._is_old(twins[0]) or self._is_old(message)):
            self._parts.append({key: [message]})
        else:
            twins.append(message)

    def run(self) -> None:
        """Submit what is not submitted yet."""
        pauses = Pauses(
            clock=self._gateway.clock, sleep=self._gateway.sleep, deadline=self._deadline
        )
        for part in filter(None, self._parts):  # where all is poison, the log is not read
            self._begin(part)
            try:
                while not self._is_all_seen_to():
                    pauses.grow()  # somebody else wrote to the log meanwhile
            except OutOfTimeError:
                self._give_up(" until the function's time ran out")
            except FAILED_CALL as error:
                _LOG.exception("the rest of this batch has to wait")
                self._give_up(f": {as_told(error)}")

    @cached_property
    def _deadline(self) -> float:
        """When nothing begins any more: then what SQS would take away has yet to be set aside."""
        most = self._settings.max_receives
        twins = (twin for part in self._parts for each in part.values() for twin in each)
        last = sum(twin.receives >= most for twin in twins)
        needed = _SECONDS_FOR_THE_END + _SECONDS_A_LETTER * last
        return self._now + self._seconds - min(needed, self._seconds / 2)

    def _give_up(self, why: str) -> None:
        """Return what could not be claimed; at its last receive, set it aside.

        Where the log knows of a claim, that says more.
        """
        fresh, held = self._sort()
        for theirs in held:
            self._keep_all(*theirs)
        for message in fresh:
            self.deliveries.give_back(
                message, f"perhaps a job: it could not be claimed{why}{MENDED}"
            )

    def _is_all_seen_to(self) -> bool:
        """See to what is neither submitted nor given back; False where that has to be looked at."""
        read_to = self._log.refresh(until=self._deadline)
        self._look_back()
        fresh, held = self._sort()
        if held:
            for theirs in held:
                self._finish_for(*theirs)
            return False  # the log has gone on
        for message in filter(self.deliveries.is_blocked, fresh):
            self.deliveries.give_back(message, BEHIND)
        fresh = self._that_have_room(
            [message for message in fresh if not self.deliveries.is_seen_to(message)]
        )
        if not fresh:
            return True
        claim = self._claim(fresh, read_to)
        if claim is not None:
            self._submit(claim, list(enumerate(fresh)))
        return claim is not None

    def _look_back(self) -> None:
        """Learn of messages that may be jobs since before the window."""
        if self._looked_back:
            return
        self._looked_back = True
        if not self._log.look_back(until=self._read_until):
            for key in self._old:
                self.deliveries.give_back(
                    self._twins[key][0], f"perhaps a job: {TOO_FAR_BACK}{MENDED}"
                )

    def _begin(self, part: dict[bytes, list[Message]]) -> None:
        """Turn to a part of the messages; one older than any claim that is kept is set aside."""
        self._twins, self._looked_back, self._manifest = part, False, None
        self.deliveries.turn_to(part)
        self._old = {}
        for key, (message, *_) in part.items():
            since = message.perhaps_since
            if since is None or not self._is_old(message):
                continue
            if self._now - since > LOOKED_BACK_SECONDS:
                self.deliveries.set_aside(message, FORGOTTEN)
            else:
                self._old[key] = since
        self._log.begin(self._old)

    def _is_old(self, message: Message) -> bool:
        """Whether a message may be a job since before the window."""
        window = self._settings.window_seconds - CLOCKS_APART_SECONDS
        return message.perhaps_since is not None and self._now - message.perhaps_since > window

    def _sort(self) -> tuple[list[Message], list[tuple[Claim, _Held]]]:
        """Part what nobody claimed from what a function before us left unfinished."""
        fresh: list[Message] = []
        held: dict[int, tuple[Claim, _Held]] = {}
        for key, (message, *_) in self._twins.items():
            if self.deliveries.is_seen_to(message) or self._log.is_settled(key):
                continue
            found = self._log.claim_of(key)
            if found is None:
                fresh.append(message)
            else:
                claim, position = found
                held.setdefault(claim.number, (claim, []))[1].append((position, message))
        return fresh, list(held.values())

    def _that_have_room(self, fresh: list[Message]) -> list[Message]:
        """Give messages back for which the function's memory has no room; return the others.

        They wait in the queue until their last receive; then they are set aside, with the reason.
        """
        most = self._settings.most_remembered
        room = len(fresh) if most is None else max(0, most - len(self._log.remembered))
        if room < len(fresh):
            _LOG.warning(
                "%d messages wait: %d of the window are remembered, and there is room for %d",
                len(fresh) - room,
                len(self._log.remembered),
                most,
            )
        for message in fresh[room:]:
            self.deliveries.give_back(message, NO_ROOM.format(most=most))
        return fresh[:room]

    def _finish_for(self, dead: Claim, held: _Held) -> None:
        """Finish what another function began, if it is dead."""
        if dead.lease_until > self._now:
            self._keep_all(dead, held)
            return
        claim = self._log.take_over(
            dead, lease_until=lease_until(self._deadline), deadline=self._deadline
        )
        if claim is None:
            return  # somebody was faster
        here = self._settings.job_queue
        queue = here if claim.queue is None else claim.queue
        try:
            names = self._batch_api.named(queue, f"{claim.name}*")
        except FAILED_CALL as error:
            # these alone come again; the others of this batch have nothing to do with it
            _LOG.exception("could not look up the outcome of %s", claim.name)
            self._finish(claim, unsure=claim.positions)
            self._keep_all(claim, held, why=str(as_told(error)))
            return
        # The dead function may be of a deployment with another queue or mode.
        if claim.name in names:
            self._finish(claim)
            self.deliveries.see_to(message for _, message in held)
            return
        there = {p for p in claim.positions if _job_name(claim, p) in names}
        self.deliveries.see_to(message for p, message in held if p in there)
        missing = [(p, message) for p, message in held if p not in there]
        for position, message in missing.copy():
            since = message.perhaps_since
            if since is not None and self._now - since > REMEMBERED_SECONDS:
                missing.remove((position, message))
                self.deliveries.set_aside(message, FORGOTTEN)
        others = set(claim.positions) - there - {p for p, _ in missing}
        if self._settings.manifest_bucket is None and queue == here:
            self._submit_each(claim, missing, others=others)
        else:  # they are claimed anew: for this queue, or for an array with its own manifest
            self._finish(claim, unsure=others, free=[p for p, _ in missing])

    def _claim(self, fresh: list[Message], read_to: int) -> Claim | None:
        keys = [digest(message.key) for message in fresh]
        return self._log.claim(
            self._name_for(keys, fresh),
            keys,
            read_to=read_to,
            lease_until=lease_until(self._deadline),
            deadline=self._deadline,
            queue=self._settings.job_queue,
            since={
                key: message.perhaps_since
                for key, message in zip(keys, fresh, strict=True)
                if message.perhaps_since is not None
            },
        )

    def _name_for(self, keys: list[bytes], fresh: list[Message]) -> str:
        """Name what is made of these messages; of an array, its manifest is written once."""
        if self._manifest is not None and self._manifest[0] == keys:
            return self._manifest[1]
        name = f"{self._settings.name_prefix}-{uuid4().hex[:16]}"
        if self._settings.manifest_bucket is not None:
            self._gateway.s3.put_object(
                Bucket=self._settings.manifest_bucket,
                Key=self._requests.manifest_key(name),
                Body=encode([message.body for message in fresh]),
            )
            self._manifest = (keys, name)
        return name

    def _finish(
        self, claim: Claim, *, unsure: Iterable[int] = (), free: Iterable[int] = ()
    ) -> None:
        self._log.end(claim, unsure=unsure, free=free, deadline=self._end)

    def _submit(self, claim: Claim, held: _Held) -> None:
        if self._settings.manifest_bucket is not None:
            self._submit_array(claim, held)
        else:
            self._submit_each(claim, held, others=set())

    def _submit_array(self, claim: Claim, held: _Held) -> None:
        every = claim.positions
        try:
            self._batch_api.submit(
                self._requests.of_array(claim.name, len(claim.positions)), deadline=self._deadline
            )
        except UnsureError:
            self._finish(claim, unsure=every)
            self._keep_all(claim, held)
        except (OutOfTimeError, RefusedError) as error:
            self._finish(claim, free=every)
            for _, message in held:
                self.deliveries.give_back(message, _words(error))
        else:
            self.deliveries.see_to(message for _, message in held)
            self._finish(claim)

    def _submit_each(self, claim: Claim, held: _Held, *, others: set[int]) -> None:
        """Submit a job a message; ``others`` are positions whose messages are not here."""
        unsure, free = set(others), set()
        out_of_time: OutOfTimeError | None = None
        for position, message in held:
            if self.deliveries.is_blocked(message):
                free.add(position)
                self.deliveries.give_back(message, BEHIND)
                continue
            try:
                if out_of_time is not None:
                    raise out_of_time
                request = self._requests.of_message(message, _job_name(claim, position))
                self._batch_api.submit(request, deadline=self._deadline)
                self.deliveries.see_to([message])
            except UnsureError:
                unsure.add(position)
                self._keep(message, _job_name(claim, position))
            except OutOfTimeError as error:
                out_of_time = error
                free.add(position)
                self.deliveries.give_back(message, _words(error))
            except RefusedError as error:
                free.add(position)
                self.deliveries.give_back(message, _words(error), now=is_about_the_request(error))
        self._finish(claim, unsure=unsure, free=free)

    def _keep_all(self, claim: Claim, held: _Held, why: str = NO_ANSWER) -> None:
        array = self._settings.manifest_bucket is not None
        for position, message in held:
            self._keep(message, claim.name if array else _job_name(claim, position), why)

    def _keep(self, message: Message, job_name: str, why: str = NO_ANSWER) -> None:
        self.deliveries.give_back(message, f"perhaps job {job_name}: {why}")


def _job_name(claim: Claim, position: int) -> str:
    return f"{claim.name}-{position}"


def _words(error: Exception) -> str:
    if isinstance(error, OutOfTimeError):
        return "throttled by AWS Batch until the function's time ran out"
    return str(error)
