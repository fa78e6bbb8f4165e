"""Which job runs when and where: capacity, priority, fair shares, consumable resources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.batch.capacity import Limits, Requirement
from batch_constructs.local.batch.instance_types import instance_size
from batch_constructs.local.batch.jobs import Job, JobStatus, Submission
from batch_constructs.local.batch.shares import FairShares

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, ManualClock, RecordingPorts


def started(ports: RecordingPorts) -> list[str]:
    """Return the names of the jobs in the order they came to STARTING in."""
    return [e["detail"]["jobName"] for e in ports.events if e["detail"]["status"] == "STARTING"]


def hold(account: Account, *, queue: str = "queue") -> str:
    """Fill a queue's environment with a job that ends when it is told to."""
    account.definition("sh", "-c", "sleep 600", name="holder", vcpus=2)
    job = account.submit(jobName="holder", jobQueue=queue, jobDefinition="holder")
    account.until(job, "RUNNING")
    return job


def let_go(account: Account, job: str) -> None:
    account.batch.terminate_job(jobId=job, reason="enough")


def test_jobs_wait_when_the_environment_is_full(ready: Account) -> None:
    ready.definition("true")
    holder = hold(ready)
    waiting = ready.submit()

    assert ready.until(waiting, "RUNNABLE")["attempts"] == []

    let_go(ready, holder)
    assert ready.ended(waiting)["status"] == "SUCCEEDED"


def test_memory_can_be_what_is_full(account: Account) -> None:
    account.environment(vcpus=4, type="EC2", instanceTypes=["c7i.xlarge"])
    account.queue()
    account.definition("sleep", "600", vcpus=1, memory=6000)
    first, second = account.submit(), account.submit()
    account.until(first, "RUNNING")

    assert account.until(second, "RUNNABLE")["attempts"] == []


def test_jobs_start_in_the_order_of_submission(ready: Account, ports: RecordingPorts) -> None:
    ready.definition("true", vcpus=2)
    names = [f"job-{number}" for number in range(12)]
    jobs = [ready.submit(jobName=name) for name in names]

    for job in jobs:
        ready.ended(job)

    assert started(ports) == names


def test_the_queue_with_the_higher_priority_goes_first(
    account: Account, ports: RecordingPorts
) -> None:
    account.environment()
    account.queue("low", priority=1)
    account.queue("high", priority=10)
    account.definition("true", vcpus=2)
    holder = hold(account, queue="low")
    jobs = [
        account.submit(jobName=queue, jobQueue=queue) for queue in ("low", "high", "low", "high")
    ]
    for job in jobs:
        account.until(job, "RUNNABLE")

    let_go(account, holder)
    for job in jobs:
        account.ended(job)

    assert started(ports) == ["holder", "high", "high", "low", "low"]


def test_the_first_environment_with_room_is_taken(account: Account) -> None:
    account.environment("first", vcpus=1)
    account.environment("second", vcpus=1)
    account.queue(environments=["first", "second"])
    account.definition("sh", "-c", "echo $AWS_BATCH_CE_NAME; exec sleep 600")

    jobs = [account.submit(), account.submit()]

    names = []
    for job in jobs:
        running = account.until(job, "RUNNING")
        account.wait_for(partial(account.log, running))
        names += account.log(running)
    assert names == ["first", "second"]


def test_a_disabled_environment_gets_no_jobs(account: Account) -> None:
    account.environment("first")
    account.environment("second")
    account.queue(environments=["first", "second"])
    account.batch.update_compute_environment(computeEnvironment="first", state="DISABLED")

    job = account.run("sh", "-c", "echo $AWS_BATCH_CE_NAME")

    assert account.log(job) == ["second"]


def test_more_capacity_lets_waiting_jobs_run(account: Account) -> None:
    account.environment(vcpus=1)
    account.queue()
    account.definition("true", vcpus=2)
    job = account.submit()
    account.until(job, "RUNNABLE")

    account.batch.update_compute_environment(
        computeEnvironment="ce", computeResources={"maxvCpus": 2}
    )

    assert account.ended(job)["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("resources", "need", "reason"),
    [
        ({"vcpus": 1}, {"vcpus": 2}, "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"),
        (
            {"vcpus": 64, "type": "EC2", "instanceTypes": ["m7i.large"]},
            {"vcpus": 1, "memory": 60_000},
            "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
        ),
    ],
)
def test_a_job_that_never_fits_blocks_its_queue_and_says_so(
    resources: dict[str, Any],
    need: dict[str, Any],
    reason: str,
    account: Account,
    ports: RecordingPorts,
) -> None:
    account.environment(**resources)
    queue = account.queue()
    account.definition("true", **need)
    account.definition("true", name="small")
    job = account.submit()
    behind = account.submit(jobDefinition="small")
    account.wait_for(lambda: account.job(job).get("statusReason"))

    (event,) = (e for e in ports.events if e["detail-type"] == "Batch Job Queue Blocked")
    assert event["resources"] == [account.job(job)["jobArn"], queue]
    assert event["detail"]["statusReason"].startswith(f"{reason} - ")
    assert account.job(job)["statusReason"] == event["detail"]["statusReason"]
    assert account.until(behind, "RUNNABLE")["attempts"] == []

    account.batch.cancel_job(jobId=job, reason="too big")
    assert account.ended(behind)["status"] == "SUCCEEDED"


def test_a_time_limit_cancels_a_job_that_blocks_its_queue(
    make_account: Callable[..., tuple[Account, BatchService]], clock: ManualClock
) -> None:
    account, service = make_account(clock=clock)
    account.environment(vcpus=1)
    reason = "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE"
    limit = {"reason": reason, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
    account.queue(jobStateTimeLimitActions=[limit])
    account.definition("true", vcpus=2)
    job = account.submit()
    account.wait_for(lambda: account.job(job).get("statusReason"))

    clock.seconds += 599
    service.wake()
    assert account.job(job)["status"] == "RUNNABLE"
    clock.seconds += 1
    service.wake()

    assert account.ended(job)["statusReason"] == (
        f"Canceled by JobStateTimeLimit action due to reason: {reason}"
    )


def test_the_snapshot_shows_who_is_next_and_who_holds_what(ready: Account) -> None:
    ready.definition("true")
    hold(ready)
    waiting = [ready.submit() for _ in range(3)]
    for job in waiting:
        ready.until(job, "RUNNABLE")

    snapshot = ready.batch.get_job_queue_snapshot(jobQueue="queue")

    front = [entry["jobArn"] for entry in snapshot["frontOfQueue"]["jobs"]]
    assert front == [ready.job(job)["jobArn"] for job in waiting]
    (usage,) = snapshot["queueUtilization"]["totalCapacityUsage"]
    assert (usage["capacityUnit"], usage["quantity"]) == ("VCPU", 2.0)


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

    let_go(account, holder)
    for job in jobs:
        account.ended(job)

    order = started(ports)[1:]
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

    let_go(account, holder)
    for job in jobs:
        account.ended(job)

    assert started(ports)[1:] == ["p9", "p5", "p1"]


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
        status=JobStatus.RUNNABLE,
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
            job.status = JobStatus.RUNNING
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
    heavy.status = JobStatus.RUNNING
    line.started(heavy)
    now[0] += 1800
    line.stopped(heavy)
    line.push(waiting_job(2, "heavy"))
    line.push(waiting_job(3, "light"))

    first = line.head(8)

    assert first is not None
    assert first.submission.share == "light"
    assert [job.submission.share for job in line.in_order()] == ["light", "heavy"]


def test_a_reservation_keeps_room_for_shares_that_hold_nothing() -> None:
    line = FairShares(lambda: {"computeReservation": 50}, lambda: 0.0)
    for number in range(4):
        line.push(waiting_job(number, "busy"))
    placed = []
    while (job := line.head(4)) is not None:
        job.status = JobStatus.RUNNING
        line.started(job)
        placed.append(job)
    assert len(placed) == 2

    line.push(waiting_job(9, "new"))
    job = line.head(4)
    assert job is not None
    assert job.submission.share == "new"


def licence(account: Account, *, total: int = 1, kind: str = "REPLENISHABLE") -> None:
    account.batch.create_consumable_resource(
        consumableResourceName="licence", totalQuantity=total, resourceType=kind
    )


NEEDS = {"consumableResourceList": [{"consumableResource": "licence", "quantity": 1}]}


def test_jobs_wait_for_a_consumable_resource(ready: Account) -> None:
    licence(ready)
    ready.definition("sh", "-c", "sleep 600", consumableResourceProperties=NEEDS, vcpus=1)
    first, second = ready.submit(), ready.submit()
    ready.until(first, "RUNNING")

    resource = ready.batch.describe_consumable_resource(consumableResource="licence")
    assert (resource["inUseQuantity"], resource["availableQuantity"]) == (1, 0)
    assert ready.until(second, "RUNNABLE")["attempts"] == []
    listed = ready.batch.list_jobs_by_consumable_resource(
        consumableResource="licence", filters=[{"name": "JOB_STATUS", "values": ["RUNNING"]}]
    )["jobs"]
    assert [job["jobArn"] for job in listed] == [ready.job(first)["jobArn"]]

    let_go(ready, first)
    ready.until(second, "RUNNING")


def test_a_resource_that_is_not_replenished_is_spent(ready: Account) -> None:
    licence(ready, total=1, kind="NON_REPLENISHABLE")
    ready.definition("true", consumableResourceProperties=NEEDS)
    ready.ended(ready.submit())
    second = ready.submit()
    ready.until(second, "RUNNABLE")
    resource = ready.batch.describe_consumable_resource(consumableResource="licence")
    assert resource["totalQuantity"] == 0

    ready.batch.update_consumable_resource(
        consumableResource="licence", operation="ADD", quantity=1, clientToken="once"
    )
    ready.batch.update_consumable_resource(
        consumableResource="licence", operation="ADD", quantity=1, clientToken="once"
    )

    assert ready.ended(second)["status"] == "SUCCEEDED"
    resource = ready.batch.describe_consumable_resource(consumableResource="licence")
    assert resource["totalQuantity"] == 0


@pytest.mark.parametrize(
    ("name", "vcpus", "gib", "gpus"),
    [
        ("m7i.large", 2, 8, False),
        ("c7g.4xlarge", 16, 32, False),
        ("r6i.xlarge", 4, 32, False),
        ("g5.2xlarge", 8, 32, True),
        ("c7i", 192, 384, False),
    ],
)
def test_sizes_are_read_from_the_names_of_types(
    name: str, vcpus: int, gib: int, *, gpus: bool
) -> None:
    size = instance_size(name)

    assert (size.vcpus, size.memory_mib // 1024, size.gpus) == (vcpus, gib, gpus)


def test_an_unmanaged_environment_has_no_limits() -> None:
    limits = Limits.of({"type": "UNMANAGED"})

    assert limits.problem(Requirement(vcpus=1000, memory_mib=10**9)) is None
