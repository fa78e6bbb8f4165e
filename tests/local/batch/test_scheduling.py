"""Which job runs when and where: capacity, priority, consumable resources."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.batch import ServiceError
from batch_constructs.local.batch.capacity import Limits, Requirement, Usage
from tests.local.batch.conftest import TOO_LARGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, ManualClock, RecordingPorts


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


def test_a_job_without_room_keeps_those_behind_it_waiting_and_the_next_queue_goes_on(
    account: Account,
) -> None:
    account.environment(vcpus=3)
    account.queue("high", priority=10)
    account.queue("low")
    account.definition("true")
    account.definition("true", name="wide", vcpus=2)
    holder = hold(account, queue="high")
    wide = account.submit(jobQueue="high", jobDefinition="wide")
    behind = account.submit(jobQueue="high")
    other = account.submit(jobQueue="low")

    assert account.ended(other)["status"] == "SUCCEEDED"
    assert [account.job(job)["status"] for job in (wide, behind)] == ["RUNNABLE", "RUNNABLE"]

    let_go(account, holder)
    assert account.ended(behind)["status"] == "SUCCEEDED"


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

    assert ports.started() == names


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

    assert ports.started() == ["holder", "high", "high", "low", "low"]


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

    def blocked() -> list[dict[str, Any]]:
        return [e for e in ports.events if e["detail-type"] == "Batch Job Queue Blocked"]

    account.wait_for(blocked)
    (event,) = blocked()
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
    job = account.blocking_job(limit_seconds=600)

    clock.seconds += 599
    service.wake()
    assert account.job(job)["status"] == "RUNNABLE"
    clock.seconds += 1
    service.wake()

    assert account.ended(job)["statusReason"] == (
        f"Canceled by JobStateTimeLimit action due to reason: {TOO_LARGE}"
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


def limits(*types: str, vcpus: int = 4) -> Limits:
    return Limits.of(
        {"computeResources": {"type": "EC2", "maxvCpus": vcpus, "instanceTypes": list(types)}}
    )


@pytest.mark.parametrize(
    ("need", "fits"),
    [
        ({"vcpus": 2, "memory_mib": 7985}, True),
        ({"vcpus": 2, "memory_mib": 8192}, False),
        ({"vcpus": 3, "memory_mib": 1}, False),
        ({"vcpus": 4, "memory_mib": 2 * 7985, "instances": 2}, True),
        ({"vcpus": 4, "memory_mib": 2 * 8192, "instances": 2}, False),
        ({"vcpus": 1, "memory_mib": 1, "gpus": 1}, False),
    ],
)
def test_a_job_fits_an_instance_less_what_its_agent_keeps(
    need: dict[str, Any], *, fits: bool
) -> None:
    assert (limits("m4.large").problem(Requirement(**need)) is None) is fits


def test_a_family_is_as_large_as_its_largest_size() -> None:
    assert limits("m4", vcpus=64).problem(Requirement(vcpus=64, memory_mib=1)) is None
    assert limits("m4", "g5", vcpus=99).problem(Requirement(vcpus=1, memory_mib=1, gpus=8)) is None


def test_an_instance_type_that_is_not_known_refuses_nothing() -> None:
    found = limits("m4.large", "m99.large")

    assert found.problem(Requirement(vcpus=4, memory_mib=10**6)) is None
    assert found.memory_mib is None


def test_an_environment_has_the_memory_that_comes_with_its_vcpus() -> None:
    found = limits("m4.large", "c4.large", vcpus=4)
    half = Requirement(vcpus=1, memory_mib=7985)
    usage = Usage()

    for _ in range(2):
        assert usage.fits(half, found)
        usage.take(half)
    assert not usage.fits(half, found)


def test_an_unmanaged_environment_has_no_limits() -> None:
    limits = Limits.of({"type": "UNMANAGED"})

    assert limits.problem(Requirement(vcpus=1000, memory_mib=10**9)) is None


def test_an_environment_without_capacity_blocks_its_queue_until_there_is_some(
    make_account: Callable[..., tuple[Account, BatchService]], ports: RecordingPorts, clock: Any
) -> None:
    account, service = make_account(clock=clock)
    account.environment()
    reason = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
    limit = {"reason": reason, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}
    account.queue(jobStateTimeLimitActions=[limit])
    account.definition("true")
    service.fault("ce", "capacity")

    first, second = account.submit(), account.submit()
    account.wait_for(lambda: account.job(first).get("statusReason", "").startswith(reason))
    account.wait_for(
        lambda: "Batch Job Queue Blocked" in [event["detail-type"] for event in ports.events]
    )
    clock.seconds += 601
    service.wake()
    stuck = account.ended(first)
    service.fault("ce", "none")

    assert stuck["status"] == "FAILED"
    assert reason in stuck["statusReason"]
    assert account.ended(second)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["creating", "deleting", "invalid", "updating"])
def test_an_environment_in_trouble_takes_no_jobs(
    make_account: Callable[..., tuple[Account, BatchService]], kind: str
) -> None:
    account, service = make_account()
    arn = account.environment()
    account.queue()
    account.definition("true")
    service.fault(arn, kind, "CLIENT_ERROR - the role is gone")

    job = account.until(account.submit(), "RUNNABLE")
    (found,) = account.batch.describe_compute_environments()["computeEnvironments"]
    service.fault(arn, "none")

    assert (found["status"], found["statusReason"]) == (
        kind.upper(),
        "CLIENT_ERROR - the role is gone",
    )
    assert account.ended(job["jobId"])["status"] == "SUCCEEDED"


@pytest.mark.parametrize("kind", ["creating", "deleting", "updating"])
def test_an_environment_that_is_being_modified_is_not_updated(
    make_account: Callable[..., tuple[Account, BatchService]], kind: str
) -> None:
    account, service = make_account()
    account.environment()
    service.fault("ce", kind)

    with pytest.raises(ClientError, match="Cannot update, resource is being modified"):
        account.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")

    service.fault("ce", "none")
    account.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")


@pytest.mark.parametrize("kind", ["creating", "updating"])
def test_an_environment_that_is_being_made_or_updated_is_not_deleted(
    make_account: Callable[..., tuple[Account, BatchService]], kind: str
) -> None:
    account, service = make_account()
    account.environment()
    account.batch.update_compute_environment(computeEnvironment="ce", state="DISABLED")
    service.fault("ce", kind)

    with pytest.raises(ClientError, match="Cannot delete, resource is being modified"):
        account.batch.delete_compute_environment(computeEnvironment="ce")


def test_an_environment_of_a_queue_that_is_deleting_on_request_stays_after_its_jobs(
    make_account: Callable[..., tuple[Account, BatchService]],
) -> None:
    account, service = make_account()
    account.environment()
    account.queue()
    job = hold(account)
    service.fault("ce", "deleting")

    let_go(account, job)
    account.ended(job)

    (found,) = account.batch.describe_compute_environments()["computeEnvironments"]
    assert found["status"] == "DELETING"


def test_a_fault_that_nobody_knows_is_refused(
    make_account: Callable[..., tuple[Account, BatchService]],
) -> None:
    account, service = make_account()
    account.environment()

    with pytest.raises(ServiceError, match="there is no fault fire: use capacity, creating"):
        service.fault("ce", "fire")
    with pytest.raises(ServiceError, match="does not exist"):
        service.fault("other", "invalid")
