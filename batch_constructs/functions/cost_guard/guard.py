"""Hold queues or compute environments back while a budget is spent.

What the guard did stands in a tag of its own on the thing it did it to: people see it there, the
guard undoes only what it did itself, and lets go only when no other guard holds. It compares what
is with what should be at every run, so a deploy in between neither breaks it nor is undone by it.
Where there is no room for the tag, what it says stands in the guard's table.

Environment: ``NAMESPACE``, ``QUEUES`` and ``COMPUTE_ENVIRONMENTS`` (ARNs separated by commas),
``VCPU_HOURS``, ``PERIOD``, ``WARN_AT_PERCENT``, ``ACTION`` (``NOTIFY``, ``DISABLE_QUEUES`` or
``LOWER_MAX_VCPUS``), ``LOWERED_MAX_VCPUS``, ``TOPIC_ARN``, ``BUDGET`` (how people call it),
``NOTE`` (the guard's tag), ``CLAIMS_TABLE``, ``GAUGE_SECONDS`` (how often the gauges are read),
``WITHOUT_DATA`` (``EXTRAPOLATE`` or ``HOLD``).
"""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3

from batch_constructs.aws.quotas import SUBJECT_CHARACTERS
from batch_constructs.aws.resource_states import State
from batch_constructs.functions.at_once import at_once
from batch_constructs.functions.claims.effect import NotDoneError, UnsureError, attempt
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.lease import LONGEST_SECONDS
from batch_constructs.functions.claims.outcome import FAILED_CALL, ONCE, QUICK, failure_of
from batch_constructs.functions.claims.rows import Claims, HeldError
from batch_constructs.functions.told.listing import listed

from .budget import Budget, Level, Usage, Used, plain
from .lowered import LoweredEnvironments
from .note import HELD, HELD_OR_LETTING_GO, LETS_GO, LOWERED, lets_go, notes_of_others, tags_of
from .room import NotesWithRoom

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_TELLING_SECONDS = 10
"""A topic that is down takes so long, and leaves the rest of a run to hold new work back."""

_log = logging.getLogger()
_log.setLevel(logging.INFO)


_NOT_HELD_BACK = ("claim", "topic")
"""What a run can fail at beside what it is to hold back."""

_NEARLY_OVER = timedelta(seconds=LONGEST_SECONDS)
"""So shortly before a period is over, a run without a claim holds nothing back.

Another run may have let go for the next period by then, and what is held back later would stay so.
"""

_ENDS = {"DISABLE_QUEUES": HELD, "LOWER_MAX_VCPUS": LOWERED}
"""How the note of a queue ends while a guard does this."""

_DONE = {
    "DISABLE_QUEUES": (
        "The queues accept no new jobs until the next period; jobs already in them run to their"
        " end."
    ),
    "LOWER_MAX_VCPUS": (
        "The compute environments are lowered to {self.lowered_max_vcpus} vCPUs, or to their"
        " minimum if that is more, until the next period; one that currently has more is disabled"
        " until it does not. Running jobs keep running."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One budget, and what it holds back. ``batch`` and ``sns`` are boto3 clients."""

    batch: Any
    sns: Any
    usage: Usage
    budget: Budget
    called: str
    """How people call the budget, such as ``500 vCPU-hours a day``."""
    topic_arn: str
    queues: Sequence[str]
    environments: Sequence[str]
    action: str
    lowered_max_vcpus: int
    note: str
    """The tag that is this guard's; those of other guards begin alike."""

    claims: Claims
    holds_without_data: bool = False
    """Whether new work is held back while a queue has no data."""

    def run(self, now: datetime, invocation: Invocation) -> Level:
        """Compare, tell, and hold back or let go; return how far the budget is used up.

        One run is at it at a time. Two at once may judge differently, as one of them begins before
        midnight: what the first holds back last, nobody would let go. Where the claim cannot be
        written, a run holds back all the same, and lets nothing go.

        Raises:
            HeldError: another run is at it, or died a moment ago.
            RuntimeError: something could not be done; everything else is, and the next run tries
                again.
            UnsureError: the same, and what failed may take effect yet.
        """
        failed: dict[str, bool] = {}
        with ExitStack() as claimed:
            try:
                alone = self.claims.alone("run", self.note, deadline=invocation.deadline)
                claimed.enter_context(alone)
            except FAILED_CALL:
                _log.exception("cannot claim this run")
                failed["claim"] = False
            noting = NotesWithRoom(batch=self.batch, claims=self.claims, note=self.note)
            noted = replace(self, batch=noting)
            level = noted._run(now, invocation, failed)  # noqa: SLF001 - itself
            says = f"the guard failed at {', '.join(failed)}; the log says why"
            if any(failed.values()):
                raise UnsureError(says)
        if failed:
            raise RuntimeError(says)
        return level

    def _run(self, now: datetime, invocation: Invocation, failed: dict[str, bool]) -> Level:
        """Do what a run does; ``failed`` gets what is not done, and whether it may be done yet."""
        queues = [
            queue
            for some in at_once(self.queues)
            for queue in self.batch.describe_job_queues(jobQueues=some)["jobQueues"]
        ]
        told_of = {queue["jobQueueArn"] for queue in queues}
        for untold in (queue for queue in self.queues if queue not in told_of):
            _log.error("AWS Batch does not describe %s", untold)
            failed[untold] = False
        names = [queue["jobQueueName"] for queue in queues]
        start = self.budget.start(now)
        used = self.usage.used(
            names,
            start=start,
            now=now,
            awaited=lambda queue: self._awaited(queue, now, start, failed),
        )
        here = f"{self.budget.label(now)} of {plain(self.budget.vcpu_hours)}"
        notes = [tags_of(queue).get(self.note, "") for queue in queues]
        noted = max((_noted(note, here) for note in notes), default=Level.FINE)
        level = max(self.budget.level(used.vcpu_hours), noted)
        hold = level is Level.OVER or (bool(used.silent) and self.holds_without_data)
        late = "claim" in failed and self.budget.ends(now) - now < _NEARLY_OVER
        ends = _ENDS.get(self.action, "") if hold and not late else ""
        is_new = bool(ends) and not any(note.endswith(ends) for note in notes)
        if is_new and any(self._end(queue, ends) for queue in queues):
            noted = min(noted, Level.WARNED)  # that it is held back, nobody has been told
        over = tuple(end for end in _ENDS.values() if end != ends)
        period = f"{self.budget.label(now)} "
        let_go = any(note.startswith(period) and note.endswith(over) for note in notes)
        if let_go and "claim" not in failed:
            with _going_on("claim", failed):
                self.claims.note(*self._let_go, result=str(uuid4()))
        if hold and not late:
            self._bring(queues, f"{here} {noted.name}", ends, now, failed)
        told = level
        until = min(invocation.deadline, invocation.clock() + _TELLING_SECONDS)
        telling = replace(invocation, deadline=until)
        if level > noted:
            with _going_on("topic", failed):
                at = [one for one in failed if one not in _NOT_HELD_BACK]
                self._tell_level(level, used, here, names, invocation=telling, failed=at)
            told = noted if "topic" in failed else level
        with _going_on("topic", failed):
            self._tell_silence(used.silent, telling)
        if not hold and "claim" not in failed:
            self._bring(queues, f"{here} {told.name}", ends, now, failed)
        elif hold and told > noted and not late:
            for queue in queues:
                note = f"{here} {told.name}{self._end(queue, ends)}"
                with _going_on(queue["jobQueueName"], failed):
                    self.batch.tag_resource(
                        resourceArn=queue["jobQueueArn"], tags={self.note: note}
                    )
        return level

    def _bring(
        self,
        queues: Iterable[Mapping[str, Any]],
        says: str,
        ends: str,
        now: datetime,
        failed: dict[str, bool],
    ) -> None:
        """Bring everything to where the budget wants it; ``ends`` is what is done, if anything."""
        for queue in queues:
            with _going_on(queue["jobQueueName"], failed):
                self._keep(queue, says, ends, may_let_go="claim" not in failed)
        if self.environments:
            with _going_on("compute environments", failed):
                self._limit_environments(now, failed, hold=ends == LOWERED)

    def _keep(self, queue: Mapping[str, Any], says: str, ends: str, *, may_let_go: bool) -> None:
        """Bring one queue and its note to where the budget wants them."""
        arn, note = queue["jobQueueArn"], tags_of(queue).get(self.note, "")
        says_all = says + self._end(queue, ends)
        if says_all.endswith(HELD):
            if note != says_all:
                self.batch.tag_resource(resourceArn=arn, tags={self.note: says_all})
            if queue["state"] == State.ENABLED:
                self.batch.update_job_queue(jobQueue=arn, state=State.DISABLED)
            return
        if note.endswith(HELD_OR_LETTING_GO):
            if not may_let_go:
                return
            lets_go(self.batch, arn, self.note, note)
            (again,) = self.batch.describe_job_queues(jobQueues=[arn])["jobQueues"]
            if not any(
                value.endswith(HELD) for value in notes_of_others(tags_of(again), self.note)
            ):
                self.batch.update_job_queue(jobQueue=arn, state=State.ENABLED)
        if says_all.endswith(f" {Level.FINE.name}"):
            if note:
                self.batch.untag_resource(resourceArn=arn, tagKeys=[self.note])
        elif note != says_all:
            self.batch.tag_resource(resourceArn=arn, tags={self.note: says_all})

    def _end(self, queue: Mapping[str, Any], ends: str) -> str:
        """Return how the note of a queue ends: no guard disables one that people disabled."""
        tags = tags_of(queue)
        by_a_guard = tags.get(self.note, "").endswith(HELD_OR_LETTING_GO) or any(
            value.endswith(HELD) for value in notes_of_others(tags, self.note)
        )
        is_ours = ends != HELD or queue["state"] == State.ENABLED or by_a_guard
        return ends if is_ours else ""

    @property
    def _let_go(self) -> tuple[str, ...]:
        """Where it is noted what tells the last time that something was let go from others."""
        return ("guard", self.note, "let go")

    def _held_since(self) -> tuple[str, ...]:
        """Return what tells that something is held back from each time before."""
        last = self.claims.result_of(*self._let_go)
        return (self.action, "" if last is None else last)

    def _limit_environments(self, now: datetime, failed: dict[str, bool], *, hold: bool) -> None:
        described = [
            environment
            for some in at_once(self.environments)
            for environment in self.batch.describe_compute_environments(computeEnvironments=some)[
                "computeEnvironments"
            ]
        ]
        if len(described) < len(self.environments):
            _log.error("AWS Batch describes only %d environments", len(described))
            failed["compute environments"] = False
        lowered = LoweredEnvironments(
            batch=self.batch, note=self.note, max_vcpus=self.lowered_max_vcpus
        )
        for environment in described:
            with _going_on(environment["computeEnvironmentName"], failed):
                lowered.bring(environment, now, hold=hold)

    def _tell_level(
        self,
        level: Level,
        used: Used,
        here: str,
        queues: Sequence[str],
        *,
        invocation: Invocation,
        failed: Iterable[str],
    ) -> None:
        spent = "is spent" if level is Level.OVER else f"is {self._percent(used)} % spent"
        period = here.partition(" ")[0]
        spent_of = f"{used.vcpu_hours:.1f} of {plain(self.budget.vcpu_hours)}"
        lines = [
            f"{spent_of} vCPU-hours used in {period} (UTC).",
            f"Queues: {', '.join(queues)}",
        ]
        if used.guessed_vcpu_hours:
            lines.append(
                f"{used.guessed_vcpu_hours:.1f} of them are estimated from the last known vCPUs, "
                "because the gauges reported nothing."
            )
        if level is Level.OVER and self.action in _DONE:
            lines.append(_DONE[self.action].format(self=self))
            if failed:
                lines.append(f"This has failed so far for {', '.join(failed)}; the log says why.")
        subject = f"Batch budget of {self.called} {spent}"
        since = self._held_since() if level is Level.OVER else ()
        self._publish((here, level.name, *since), subject, lines, invocation)

    def _awaited(
        self, queue: str, now: datetime, start: datetime, failed: dict[str, bool]
    ) -> datetime:
        """Return since when gauges are awaited that never said anything: since this first asked.

        It is noted again at each run, since notes expire. Where nothing can be noted, it is
        awaited since the period began.
        """
        if "claim" in failed:
            return start
        try:
            noted = self.claims.result_of("guard", self.note, "awaited", queue)
            since = now if noted is None else min(now, datetime.fromisoformat(noted))
            self.claims.note("guard", self.note, "awaited", queue, result=since.isoformat())
        except FAILED_CALL:
            _log.exception("cannot record since when there is no data of %s", queue)
            failed["claim"] = False
            return start
        return since

    def _tell_silence(self, silent: Mapping[str, datetime | None], invocation: Invocation) -> None:
        """Tell of each silence of each queue, which is claimed for itself, once."""
        holds = bool(silent) and self.holds_without_data and self.action in _DONE
        held_since = self._held_since() if holds else ()
        for queue, since in sorted(silent.items()):
            lines = [
                _says_nothing(queue, since),
                "Check whether the function of the gauges fails: its alarm and its log say why.",
                "Until they report again, the queue is assumed to use what it used last.",
            ]
            if holds:
                lines.append("Meanwhile, new work is held back, as if the budget were spent.")
            subject = f"Batch budget of {self.called}: no data of {queue}"
            silence = ("silent", queue, "never" if since is None else since.isoformat())
            self._publish((*silence, *held_since), subject, lines, invocation)

    def _publish(
        self, what: Sequence[str], subject: str, lines: Sequence[str], invocation: Invocation
    ) -> None:
        """Tell people once, whichever of two runs at once comes to it first."""

        def tell(_: bool) -> str:  # noqa: FBT001 - as claims call it
            _log.info("%s: %s", subject, lines[0])
            attempt(
                lambda: self.sns.publish(
                    TopicArn=self.topic_arn,
                    Subject=subject[:SUBJECT_CHARACTERS],
                    Message="\n".join([subject, "", *lines]),
                ),
                invocation.pauses(),
            )
            return "told"

        self.claims.once("guard", self.note, *what, work=tell, deadline=invocation.deadline)

    def _percent(self, used: Used) -> int:
        return int(used.vcpu_hours / self.budget.vcpu_hours * 100)


def _says_nothing(queue: str, since: datetime | None) -> str:
    if since is None:
        return f"The gauges of {queue} have never reported anything."
    return f"The gauges of {queue} have reported nothing since {since:%Y-%m-%d %H:%M} UTC."


def _noted(note: str, here: str) -> Level:
    """Read the level noted for this period and this budget."""
    said = note.removesuffix(HELD).removesuffix(LOWERED).removesuffix(LETS_GO)
    return Level[said.rpartition(" ")[2]] if said.startswith(f"{here} ") else Level.FINE


@contextmanager
def _going_on(what: str, failed: dict[str, bool]) -> Iterator[None]:
    """Note and log what AWS refuses, so that the rest is still done."""
    try:
        yield
    except FAILED_CALL as error:
        _log.exception("failed at %s", what)
        failed[what] = failed.get(what, False) or not failure_of(error).is_sure
    except (HeldError, NotDoneError, UnsureError):  # of telling, which has a claim of its own
        _log.exception("failed at %s", what)
        failed[what] = False


@cache
def _guard() -> Guard:
    environment = os.environ
    return Guard(
        batch=boto3.client("batch", config=QUICK),
        sns=boto3.client("sns", config=ONCE),
        claims=Claims.of_this_function(),
        usage=Usage(
            cloudwatch=boto3.client("cloudwatch", config=QUICK),
            namespace=environment["NAMESPACE"],
            gauge_seconds=int(environment["GAUGE_SECONDS"]),
        ),
        holds_without_data=environment["WITHOUT_DATA"] == "HOLD",
        budget=Budget(
            vcpu_hours=float(environment["VCPU_HOURS"]),
            period=environment["PERIOD"],
            warn_at_percent=float(environment["WARN_AT_PERCENT"]),
        ),
        called=environment["BUDGET"],
        topic_arn=environment["TOPIC_ARN"],
        queues=listed(environment, "QUEUES"),
        environments=listed(environment, "COMPUTE_ENVIRONMENTS"),
        action=environment["ACTION"],
        lowered_max_vcpus=int(environment["LOWERED_MAX_VCPUS"]),
        note=environment["NOTE"],
    )


def handler(event: object, context: Any) -> None:
    """Run once."""
    del event
    _of_now(_guard()).run(datetime.now(UTC), Invocation.of(context))


def _of_now(guard: Guard) -> Guard:
    """Return a guard of the queues and environments that a deployment may have changed since.

    Where there are many their names lie in parameters, whose values alone change.
    """
    try:
        return replace(
            guard,
            queues=listed(os.environ, "QUEUES"),
            environments=listed(os.environ, "COMPUTE_ENVIRONMENTS"),
        )
    except FAILED_CALL:
        _log.exception("cannot read which queues there are; the previous ones are used")
        return guard
