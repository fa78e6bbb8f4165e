"""Array jobs and dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account, RecordingPorts


def test_children_know_their_index(ready: Account) -> None:
    ready.definition("sh", "-c", "echo $AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE")

    parent = ready.ended(ready.submit(arrayProperties={"size": 3}))

    children = [ready.ended(f"{parent['jobId']}:{index}") for index in range(3)]
    assert [ready.log(child) for child in children] == [["0 of 3"], ["1 of 3"], ["2 of 3"]]
    assert [child["arrayProperties"] for child in children] == [{"index": i} for i in range(3)]
    assert parent["status"] == "SUCCEEDED"
    assert parent["arrayProperties"]["size"] == 3
    assert parent["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3
    assert "index" not in parent["arrayProperties"]


def test_a_parent_is_pending_until_its_last_child_has_ended(
    ready: Account, ports: RecordingPorts
) -> None:
    ready.definition("true")

    parent = ready.ended(ready.submit(arrayProperties={"size": 4}))

    assert ports.states(parent["jobId"]) == ["PENDING", "SUCCEEDED"]


def test_one_failed_child_fails_the_parent_and_not_its_siblings(ready: Account) -> None:
    ready.definition("sh", "-c", "[ $AWS_BATCH_JOB_ARRAY_INDEX != 1 ]")

    parent = ready.ended(ready.submit(arrayProperties={"size": 3}))

    assert (parent["status"], parent["statusReason"]) == ("FAILED", "Array Child Job failed")
    summary = parent["arrayProperties"]["statusSummary"]
    assert (summary["SUCCEEDED"], summary["FAILED"]) == (2, 1)


def test_children_are_listed_by_their_parent(ready: Account) -> None:
    ready.definition("true")
    parent = ready.submit(arrayProperties={"size": 5})
    ready.ended(parent)

    pages = ready.batch.get_paginator("list_jobs").paginate(
        arrayJobId=parent, jobStatus="SUCCEEDED", PaginationConfig={"PageSize": 2}
    )

    indexes = [[j["arrayProperties"]["index"] for j in page["jobSummaryList"]] for page in pages]
    assert indexes == [[0, 1], [2, 3], [4]]


def test_a_job_waits_for_what_it_depends_on(ready: Account, ports: RecordingPorts) -> None:
    ready.definition("true")
    first = ready.submit()
    second = ready.submit(dependsOn=[{"jobId": first}])

    ready.ended(second)

    order = [(e["detail"]["jobId"], e["detail"]["status"]) for e in ports.events]
    assert order.index((first, "SUCCEEDED")) < order.index((second, "RUNNABLE"))


def test_children_of_an_array_that_waits_are_there_and_pending(ready: Account) -> None:
    ready.definition("sleep", "600")
    first = ready.submit()
    array = ready.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first}])
    ready.until(array, "PENDING")

    assert [ready.job(f"{array}:{index}")["status"] for index in range(2)] == ["PENDING"] * 2


def test_a_failed_dependency_fails_the_chain_behind_it(ready: Account) -> None:
    ready.definition("false")
    first = ready.submit()
    second = ready.submit(dependsOn=[{"jobId": first}])
    third = ready.submit(dependsOn=[{"jobId": second}], arrayProperties={"size": 2})

    job = ready.ended(third)

    assert (job["status"], job["statusReason"]) == ("FAILED", "Dependent Job failed")
    assert ready.job(second)["attempts"] == []
    assert ready.job(f"{third}:1")["statusReason"] == "Dependent Job failed"


def test_a_dependency_that_has_ended_already_counts(ready: Account) -> None:
    ready.definition("sh", "-c", "[ $1 = good ]", "-", "Ref::kind")
    good = ready.ended(ready.submit(parameters={"kind": "good"}))["jobId"]
    bad = ready.ended(ready.submit(parameters={"kind": "bad"}))["jobId"]

    after_good = ready.submit(parameters={"kind": "good"}, dependsOn=[{"jobId": good}])
    after_bad = ready.submit(parameters={"kind": "good"}, dependsOn=[{"jobId": bad}])

    assert ready.ended(after_good)["status"] == "SUCCEEDED"
    assert ready.ended(after_bad)["statusReason"] == "Dependent Job failed"


def test_children_run_one_after_another_if_told_so(ready: Account, ports: RecordingPorts) -> None:
    ready.definition("true")
    parent = ready.submit(arrayProperties={"size": 4}, dependsOn=[{"type": "SEQUENTIAL"}])

    ready.ended(parent)

    running = [
        e["detail"]["arrayProperties"]["index"]
        for e in ports.events
        if e["detail"]["status"] in ("RUNNING", "SUCCEEDED")
        and "index" in e["detail"].get("arrayProperties", {})
    ]
    assert running == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_failed_child_fails_those_in_line_behind_it(ready: Account) -> None:
    ready.definition("sh", "-c", "[ $AWS_BATCH_JOB_ARRAY_INDEX = 0 ]")
    parent = ready.submit(arrayProperties={"size": 4}, dependsOn=[{"type": "SEQUENTIAL"}])

    ready.ended(parent)

    reasons = [ready.job(f"{parent}:{index}")["statusReason"] for index in range(4)]
    assert reasons == ["Essential container in task exited"] * 2 + ["Dependent Job failed"] * 2


def test_a_long_line_of_children_fails_without_trouble(ready: Account) -> None:
    ready.definition("false")
    parent = ready.submit(arrayProperties={"size": 5000}, dependsOn=[{"type": "SEQUENTIAL"}])

    job = ready.ended(parent)

    assert job["arrayProperties"]["statusSummary"]["FAILED"] == 5000


def test_each_child_waits_for_its_counterpart(ready: Account) -> None:
    ready.definition("sh", "-c", "[ $AWS_BATCH_JOB_ARRAY_INDEX != 1 ]")
    first = ready.submit(arrayProperties={"size": 3})
    second = ready.submit(
        arrayProperties={"size": 3},
        dependsOn=[{"jobId": first, "type": "N_TO_N"}],
        containerOverrides={"command": ["true"]},
    )

    ready.ended(second)

    children = [ready.job(f"{second}:{index}") for index in range(3)]
    assert [child["status"] for child in children] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert children[1]["statusReason"] == "Dependent Job failed"


def test_counterparts_need_arrays_of_one_size(ready: Account) -> None:
    ready.definition("true")
    first = ready.submit(arrayProperties={"size": 3})

    with pytest.raises(ClientError, match="N_TO_N needs arrays of the same size"):
        ready.submit(arrayProperties={"size": 2}, dependsOn=[{"jobId": first, "type": "N_TO_N"}])


def test_an_array_can_be_terminated_as_a_whole(ready: Account) -> None:
    ready.definition("sleep", "600")
    parent = ready.submit(arrayProperties={"size": 4})
    ready.until(f"{parent}:1", "RUNNING")

    ready.batch.terminate_job(jobId=parent, reason="enough")

    job = ready.ended(parent)
    assert job["status"] == "FAILED"
    assert job["isTerminated"]
    assert {ready.job(f"{parent}:{i}")["statusReason"] for i in range(4)} == {"enough"}


def test_a_cancelled_array_ends_when_its_running_children_do(ready: Account) -> None:
    ready.definition("sh", "-c", "until [ -e go ]; do sleep 0.01; done")
    parent = ready.submit(arrayProperties={"size": 4})
    for index in range(2):
        ready.until(f"{parent}:{index}", "RUNNING")

    ready.batch.cancel_job(jobId=parent, reason="changed my mind")

    assert ready.ended(f"{parent}:3")["statusReason"] == "changed my mind"
    assert ready.job(parent)["status"] == "PENDING"
    ready.batch.terminate_jobs(jobs=[f"{parent}:0", f"{parent}:1"], reason="enough")
    assert ready.ended(parent)["isCancelled"]
