"""Fair shares: whose turn it is in a queue with a scheduling policy."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.aws.job_states import JobState
from batch_constructs.local.batch.fair_share_order import FairShares
from batch_constructs.local.batch.jobs import Job, Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.batch.conftest import Account, RecordingPorts


def fair_queue(account: Account, **policy: Any) -> None:
    account.environment()
    arn = account.batch.create_scheduling_policy(name="fair", fairsharePolicy=policy)["arn"]
    account.queue(schedulingPolicyArn=arn)


def test_a_fair_share_queue_needs_a_share_identifier(account: Account) -> None:
    fair_queue(account)
    account.definition("true")

    with pytest.raises(ClientError, match="needs a shareIdentifier"):
        account.submit()


def test_shares_take_turns(account: Account, ports: RecordingPorts) -> None:
    fair_queue(account)
    account.definition("true", vcpus=2)
    account.definition("sleep", "600", name="holder", vcpus=2)
    holder = account.submit(jobDefinition="holder", jobName="holder", shareIdentifier="other")
    account.until(holder, "RUNNING")
    jobs = [
        account.submit(jobName=share, shareIdentifier=share)
        for share in ("a", "a", "a", "b", "b", "b")
    ]
    for job in jobs:
        account.until(job, "RUNNABLE")
    snapshot = account.batch.get_job_queue_snapshot(jobQueue="queue")

    account.batch.terminate_job(jobId=holder, reason="enough")
    for job in jobs:
        account.ended(job)

    order = ports.started()[1:]
    assert order[:2] == ["a", "b"]
    assert sorted(order) == ["a"] * 3 + ["b"] * 3
    held = snapshot["queueUtilization"]["fairshareUtilization"]
    assert held["activeShareCount"] == 1
    assert held["topCapacityUtilization"][0]["shareIdentifier"] == "other"


def test_within_a_share_the_scheduling_priority_decides(
    account: Account, ports: RecordingPorts
) -> None:
    fair_queue(account)
    account.definition("true", vcpus=2)
    account.definition("sleep", "600", name="holder", vcpus=2)
    holder = account.submit(jobDefinition="holder", jobName="holder", shareIdentifier="a")
    account.until(holder, "RUNNING")
    jobs = [
        account.submit(
            jobName=f"p{priority}", shareIdentifier="a", schedulingPriorityOverride=priority
        )
        for priority in (1, 9, 5)
    ]
    for job in jobs:
        account.until(job, "RUNNABLE")

    account.batch.terminate_job(jobId=holder, reason="enough")
    for job in jobs:
        account.ended(job)

    assert ports.started()[1:] == ["p9", "p5", "p1"]


def test_a_queue_of_the_same_name_may_come_back_with_fair_shares(ready: Account) -> None:
    ready.definition("true")
    ready.ended(ready.submit())
    ready.batch.update_job_queue(jobQueue="queue", state="DISABLED")
    ready.batch.delete_job_queue(jobQueue="queue")
    arn = ready.batch.create_scheduling_policy(name="fair", fairsharePolicy={})["arn"]

    ready.queue(schedulingPolicyArn=arn)

    assert ready.ended(ready.submit(shareIdentifier="a"))["status"] == "SUCCEEDED"
    snapshot = ready.batch.get_job_queue_snapshot(jobQueue="queue")
    assert "fairshareUtilization" in snapshot["queueUtilization"]


def waiting_job(number: int, share: str, vcpus: int = 1) -> Job:
    document = {
        "jobName": "job",
        "jobQueue": "arn",
        "jobDefinition": "arn",
        "shareIdentifier": share,
        "container": {"resourceRequirements": [{"type": "VCPU", "value": str(vcpus)}]},
    }
    return Job(
        sequence=number,
        id=str(number),
        submission=Submission(document, ()),
        created_at=0,
        status=JobState.RUNNABLE,
    )


def simulate(policy: dict[str, Any], shares: dict[str, int], turns: int) -> dict[str, int]:
    """Run jobs of one vCPU, four at a time, ten seconds each; count the turns of each share."""
    now = [0.0]
    line = FairShares(lambda: policy, lambda: now[0])
    number = 0
    for share, count in shares.items():
        for _ in range(count):
            line.push(waiting_job(number := number + 1, share))
    running: list[Job] = []
    counts = dict.fromkeys(shares, 0)
    for _ in range(turns):
        while len(running) < 4 and (job := line.head(4)) is not None:
            job.status = JobState.RUNNING
            line.started(job)
            running.append(job)
            counts[str(job.submission.share)] += 1
        now[0] += 10
        line.stopped(running.pop(0))
    return counts


def test_a_weight_factor_divides_what_a_share_gets() -> None:
    policy = {"shareDistribution": [{"shareIdentifier": "fast*", "weightFactor": 0.25}]}

    counts = simulate(policy, {"fast1": 1000, "slow": 1000}, 500)

    assert 3.5 <= counts["fast1"] / counts["slow"] <= 4.5


def test_equal_shares_get_equally_much_whoever_came_first() -> None:
    counts = simulate({}, {"a": 1000, "b": 1000, "c": 1000}, 600)

    assert max(counts.values()) - min(counts.values()) <= 6


def test_a_share_that_used_much_before_waits_for_the_others() -> None:
    now = [0.0]
    line = FairShares(lambda: {"shareDecaySeconds": 3600}, lambda: now[0])
    heavy = waiting_job(1, "heavy", vcpus=8)
    line.push(heavy)
    heavy.status = JobState.RUNNING
    line.started(heavy)
    now[0] += 1800
    line.stopped(heavy)
    line.push(waiting_job(2, "heavy"))
    line.push(waiting_job(3, "light"))

    first = line.head(8)

    assert first is not None
    assert first.submission.share == "light"
    assert [job.submission.share for job in line.in_order()] == ["light", "heavy"]


def test_a_reservation_shrinks_with_every_share_that_is_active() -> None:
    """AWS's example: 50 keeps 50 % with one share, 25 % with two, and 12.5 % with three."""
    line = FairShares(lambda: {"computeReservation": 50}, lambda: 0.0)
    held: list[int] = []
    for share in ("a", "b", "c"):
        for number in range(80):
            line.push(waiting_job(len(held) * 1000 + number, share))
        held.append(sum(1 for _ in started(line, max_vcpus=80)))

    assert held == [40, 20, 10]


def test_a_share_that_holds_nothing_may_have_what_is_kept() -> None:
    line = FairShares(lambda: {"computeReservation": 99}, lambda: 0.0)
    line.push(waiting_job(1, "busy"))
    line.push(waiting_job(2, "busy"))
    assert len(list(started(line, max_vcpus=2))) == 1

    line.push(waiting_job(3, "new"))

    assert [job.submission.share for job in started(line, max_vcpus=2)] == ["new"]


def test_nothing_is_kept_where_nothing_limits_the_vcpus() -> None:
    line = FairShares(lambda: {"computeReservation": 99}, lambda: 0.0)
    for number in range(3):
        line.push(waiting_job(number, "busy"))

    assert len(list(started(line, max_vcpus=None))) == 3


def test_a_share_whose_jobs_have_ended_keeps_nothing() -> None:
    line = FairShares(lambda: {"computeReservation": 50}, lambda: 0.0)
    line.push(waiting_job(0, "gone"))
    for job in list(started(line, max_vcpus=80)):
        line.stopped(job)
    for number in range(1, 81):
        line.push(waiting_job(number, "a"))

    assert len(list(started(line, max_vcpus=80))) == 40


def test_a_share_is_listed_by_name_or_by_what_it_begins_with() -> None:
    weights = {"fast*": 0.25, "fa": 9.0}
    policy = {"shareDistribution": [share(name, weight) for name, weight in weights.items()]}
    line = FairShares(lambda: policy, lambda: 0.0)
    for name in ("fa", "fas", "fast", "fast1"):
        for number in range(10):
            line.push(waiting_job(number + 100 * len(name), name))

    first = [str(job.submission.share) for job in line.in_order()][:14]

    assert {name: first.count(name) for name in first} == {
        "fa": 1,
        "fas": 2,
        "fast": 6,
        "fast1": 5,
    }


def test_the_order_counts_the_vcpus_and_the_weights_of_the_jobs() -> None:
    policy = {"shareDistribution": [share("b", 0.5)]}
    line = FairShares(lambda: policy, lambda: 0.0)
    for number in range(5):
        line.push(waiting_job(number, "a"))
        line.push(waiting_job(10 + number, "b", vcpus=4))

    assert "".join(str(job.submission.share) for job in line.in_order()) == "abaabaabbb"


@pytest.mark.parametrize(("weight", "first"), [(0.00037, "old"), (0.00035, "now")])
def test_without_a_decay_what_was_used_fades_over_600_seconds(weight: float, first: str) -> None:
    """After 6000 seconds 8 vCPUs count as 8 / e^10, that is 0.000363; one that is held as 1."""
    now = [0.0]
    line = FairShares(lambda: {"shareDistribution": [share("now", weight)]}, lambda: now[0])
    old, held = waiting_job(1, "old", vcpus=8), waiting_job(2, "now")
    for job in (old, held):
        line.push(job)
        job.status = JobState.RUNNING
        line.started(job)
    now[0] = 1_000_000.0
    line.stopped(old)
    now[0] += 6000
    line.push(waiting_job(3, "old"))
    line.push(waiting_job(4, "now"))

    head = line.head(None)

    assert head is not None
    assert head.submission.share == first


def share(name: str, weight: float) -> dict[str, Any]:
    return {"shareIdentifier": name, "weightFactor": weight}


def started(line: FairShares, *, max_vcpus: float | None) -> Iterator[Job]:
    """Start jobs as long as it is the turn of one."""
    while (job := line.head(max_vcpus)) is not None:
        job.status = JobState.RUNNING
        line.started(job)
        yield job


THREE = {
    "shareDistribution": [
        {"shareIdentifier": share, "weightFactor": weight}
        for share, weight in (("a", 0.25), ("b", 0.5), ("c", 1.0))
    ]
}


@pytest.mark.parametrize("seconds", [0.0, 1.0, 60.0], ids=["at once", "a second", "a minute"])
@pytest.mark.parametrize("slots", [1, 2, 3, 4, 7, 16])
def test_jobs_start_by_the_weights_whatever_runs_beside_and_the_snapshot_foretells_it(
    slots: int, seconds: float
) -> None:
    now = [0.0]
    line = FairShares(lambda: THREE, lambda: now[0])
    for number, share in enumerate("abc" * 70):
        line.push(waiting_job(number, share))
    foretold = Counter(job.submission.share for job in islice(line.in_order(), 70))
    running: list[tuple[float, Job]] = []
    started: Counter[str | None] = Counter()

    while started.total() < 70:
        while len(running) < slots and (job := line.head(slots)) is not None:
            job.status = JobState.RUNNING
            line.started(job)
            running.append((now[0] + seconds, job))
            started[job.submission.share] += 1
            now[0] += seconds / slots / 10
        ends_at, job = running.pop(0)
        now[0] = max(now[0], ends_at)
        line.stopped(job)

    for share, wanted in (("a", 40), ("b", 20), ("c", 10)):
        assert abs(foretold[share] - wanted) <= 1
        assert abs(started[share] - wanted) <= 2
