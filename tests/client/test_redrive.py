"""Running again what failed, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.aws.submit_job import overrides_length
from batch_constructs.client.redrive import NothingToRedriveError, RedrivenFailedError, redrive
from batch_constructs.functions.claims.ranges import numbers_of
from tests.client.test_batch_client import describe, detail, list_a_minute_late
from tests.functions.aws_in_process import answer

if TYPE_CHECKING:
    from batch_constructs.client import BatchClient
    from tests.functions.aws_in_process import Aws

CONTAINER = {
    "command": ["run", "Ref::day"],
    "environment": [
        {"name": "MODE", "value": "slow"},
        {"name": "AWS_BATCH_JOB_ID", "value": "x"},
    ],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
}


def failed_children(aws: Aws, *indices: int) -> None:
    children = [
        {"jobId": f"a:{n}", "jobName": "n", "arrayProperties": {"index": n}} for n in indices
    ]

    def tell(body: dict[str, Any]) -> Any:
        if "arrayJobId" not in body:
            return aws.batch.ListJobs(body)
        assert body["jobStatus"] == "FAILED"
        return answer(200, {"jobSummaryList": children})

    aws.batch.script["ListJobs"] = tell


def indices(job: dict[str, Any]) -> str | None:
    pairs = job.get("containerOverrides", {}).get("environment", [])
    return {p["name"]: p["value"] for p in pairs}.get("ARRAY_INDICES")


def test_a_failed_job_runs_again_with_all_it_was_given(aws: Aws, client: BatchClient) -> None:
    describe(
        aws,
        [
            detail(
                "0a1b2c3d-e",
                "FAILED",
                container=CONTAINER,
                parameters={"day": "1"},
                shareIdentifier="blue",
                schedulingPriority=3,
                retryStrategy={"attempts": 2},
                timeout={"attemptDurationSeconds": 60},
                tags={"team": "x", "aws:cloudformation": "y"},
            )
        ],
    )

    (new,) = redrive(client, "0a1b2c3d-e")

    assert aws.batch.jobs == [
        {
            "jobName": "name-redrive-0a1b2c3d-e",
            "jobQueue": "queue",
            "jobDefinition": "definition:3",
            "parameters": {"day": "1"},
            "shareIdentifier": "blue",
            "schedulingPriorityOverride": 3,
            "retryStrategy": {"attempts": 2},
            "timeout": {"attemptDurationSeconds": 60},
            "tags": {"team": "x"},
            "containerOverrides": {
                "command": ["run", "Ref::day"],
                "environment": [{"name": "MODE", "value": "slow"}],
                "resourceRequirements": CONTAINER["resourceRequirements"],
            },
            "jobId": new,
        }
    ]


def test_a_redriven_job_can_be_changed(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, parameters={"day": "1", "x": "y"})])

    redrive(
        client,
        "a",
        queue="on-demand",
        job_definition="definition:4",
        parameters={"day": "2"},
        environment={"MODE": "fast"},
        memory_mebibytes=4096,
        timeout=timedelta(minutes=2),
    )

    (job,) = aws.batch.jobs
    assert (job["jobQueue"], job["jobDefinition"]) == ("on-demand", "definition:4")
    assert job["parameters"] == {"day": "2", "x": "y"}
    assert job["timeout"] == {"attemptDurationSeconds": 120}
    assert job["containerOverrides"] == {
        "command": ["run", "Ref::day"],
        "environment": [{"name": "MODE", "value": "fast"}],
        "resourceRequirements": [
            {"type": "VCPU", "value": "1"},
            {"type": "MEMORY", "value": "4096"},
        ],
    }


def test_a_revision_that_is_not_active_any_more_is_said_with_the_fix(
    aws: Aws, client: BatchClient
) -> None:
    arn = "arn:aws:batch:us-east-1:111122223333:job-definition/report:3"
    describe(aws, [detail("a", "FAILED", jobDefinition=arn)])
    refusal = answer(400, {"message": "no"}, error="ClientException")
    aws.batch.script["SubmitJob"] = lambda _: refusal
    gone = {"jobDefinitionArn": arn, "jobDefinitionName": "report", "revision": 3}
    gone |= {"status": "INACTIVE", "type": "container"}
    aws.batch.script["DescribeJobDefinitions"] = lambda _: answer(200, {"jobDefinitions": [gone]})

    with pytest.raises(ValueError, match=r"is no longer active, .* --job-definition report$"):
        redrive(client, "a")


def test_redriving_twice_submits_once(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER)])

    first, second = redrive(client, "a"), redrive(client, "a")

    assert first == second
    assert len(aws.batch.jobs) == 1


def test_a_redriven_job_whose_answer_got_lost_is_found(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER)])
    list_a_minute_late(aws)
    aws.faults.lose_answer = 1.0

    assert redrive(client, "a") == redrive(client, "a") == [aws.batch.jobs[0]["jobId"]]
    assert len(aws.batch.jobs) == 1


def test_redriving_with_other_changes_submits_again(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("0a1b2c3d", "FAILED", container=CONTAINER)])

    plain = redrive(client, "0a1b2c3d")
    larger = redrive(client, "0a1b2c3d", memory_mebibytes=4096)
    largest = redrive(client, "0a1b2c3d", memory_mebibytes=8192)
    again = redrive(client, "0a1b2c3d", memory_mebibytes=8192)

    emptied = redrive(client, "0a1b2c3d", command=[])

    assert largest == again
    assert len({*plain, *larger, *largest, *emptied}) == len(aws.batch.jobs) == 4


def test_a_redriven_job_keeps_the_first_name(aws: Aws, client: BatchClient) -> None:
    before = "name-redrive-0a1b2c3d-0a82-49aa-ba5a-4727fcce14a8"
    for name in (f"{before}-1234abcd", f"{before}-17", f"{before}-1234abcd-part2", before, "name"):
        describe(aws, [{**detail("ffff0000", "FAILED", container=CONTAINER), "jobName": name}])
        redrive(client, "ffff0000")

    assert {job["jobName"] for job in aws.batch.jobs} == {"name-redrive-ffff0000"}


def test_jobs_whose_ids_begin_alike_are_redriven_each(aws: Aws, client: BatchClient) -> None:
    """Of ten thousand, as soon happens, two do by chance."""
    ids = [f"4c7599ae-0a82-49aa-ba5a-{ending}" for ending in ("4727fcce14a8", "4727fcce14a9")]
    describe(aws, [detail(each, "FAILED", container=CONTAINER) for each in ids])

    assert redrive(client, ids[0]) != redrive(client, ids[1])


def test_the_name_of_a_redriven_job_is_never_too_long(aws: Aws, client: BatchClient) -> None:
    job_id = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"
    long = {"jobName": "n" * 128, "arrayProperties": {"size": 10_000}}
    describe(aws, [{**detail(job_id, "FAILED", container=CONTAINER), **long}])
    failed_children(aws, *range(0, 10_000, 2))

    redrive(client, job_id, memory_mebibytes=4096)

    names = [job["jobName"] for job in aws.batch.jobs]
    assert names[1].endswith("-part1")
    assert all(len(name) <= 128 for name in names)


def test_a_job_of_a_fair_share_queue_goes_to_a_plain_one_without_its_share(
    aws: Aws, client: BatchClient
) -> None:
    share = {"shareIdentifier": "blue", "schedulingPriority": 3}
    describe(aws, [detail("a", "FAILED", container=CONTAINER, **share)])

    redrive(client, "a", queue="fair-other")
    redrive(client, "a", queue="plain")

    fair, plain = aws.batch.jobs
    assert (fair["shareIdentifier"], fair["schedulingPriorityOverride"]) == ("blue", 3)
    assert not {"shareIdentifier", "schedulingPriorityOverride"} & set(plain)


def test_a_fair_share_queue_demands_a_share(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER)])

    with pytest.raises(ValueError, match="fair-q has a scheduling policy .* --share-identifier"):
        redrive(client, "a", queue="fair-q")
    with pytest.raises(
        ValueError, match="plain has no scheduling policy; leave the share identifier out"
    ):
        redrive(client, "a", queue="plain", share_identifier="blue")
    with pytest.raises(LookupError, match="there is no job queue nowhere"):
        redrive(client, "a", queue="nowhere")
    redrive(client, "a", queue="fair-q", share_identifier="blue")

    assert [job["shareIdentifier"] for job in aws.batch.jobs] == ["blue"]


def test_a_job_that_did_not_fail_is_not_redriven(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "SUCCEEDED")])

    with pytest.raises(NothingToRedriveError, match="job a is SUCCEEDED; only FAILED"):
        redrive(client, "a")


def test_only_the_failed_children_of_an_array_run_again(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, arrayProperties={"size": 30})])
    failed_children(aws, 20, 3, 17, 18, 19)

    redrive(client, "a")

    (job,) = aws.batch.jobs
    assert job["arrayProperties"] == {"size": 5}
    assert indices(job) == "3,17-20"


def test_two_failed_children_are_an_array_still(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, arrayProperties={"size": 30})])
    failed_children(aws, 7, 9)

    redrive(client, "a")

    (job,) = aws.batch.jobs
    assert (job["arrayProperties"], indices(job)) == ({"size": 2}, "7,9")


def test_an_array_without_a_failed_child_and_without_a_summary_is_not_redriven(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, arrayProperties={"size": 3})])
    failed_children(aws)

    with pytest.raises(NothingToRedriveError, match="lists no child of it as FAILED"):
        redrive(client, "a")
    assert aws.batch.jobs == []


def test_a_command_alone_is_changed_and_the_sizes_stay(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER)])

    redrive(client, "a", command=["other"])

    overrides = aws.batch.jobs[0]["containerOverrides"]
    assert overrides["command"] == ["other"]
    assert overrides["resourceRequirements"] == CONTAINER["resourceRequirements"]


def test_a_job_of_several_ranges_takes_no_command_since_nobody_says_for_which(
    aws: Aws, client: BatchClient
) -> None:
    groups = [{"targetNodes": nodes, "container": CONTAINER} for nodes in ("0:0", "1:1")]
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": groups}
    describe(aws, [detail("a", "FAILED", nodeProperties=nodes)])

    with pytest.raises(ValueError, match=r"command is given, .* \(nodes 0:0, nodes 1:1\)"):
        redrive(client, "a", command=["other"])
    assert aws.batch.jobs == []


def test_one_failed_child_becomes_a_job_of_its_own(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, arrayProperties={"size": 30})])
    failed_children(aws, 7)

    redrive(client, "a")

    (job,) = aws.batch.jobs
    assert "arrayProperties" not in job
    assert indices(job) == "7"


def test_a_child_is_redriven_by_its_own_id(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a:7", "FAILED", container=CONTAINER, arrayProperties={"index": 7})])

    redrive(client, "a:7")

    (job,) = aws.batch.jobs
    assert job["jobName"] == "name-redrive-a-7"
    assert indices(job) == "7"


def test_an_array_whose_children_all_failed_keeps_its_indices(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", container=CONTAINER, arrayProperties={"size": 2})])
    failed_children(aws, 0, 1)

    redrive(client, "a")

    (job,) = aws.batch.jobs
    assert job["arrayProperties"] == {"size": 2}
    assert indices(job) is None


def test_a_redriven_array_is_redriven_with_the_first_indices(aws: Aws, client: BatchClient) -> None:
    environment = [{"name": "ARRAY_INDICES", "value": "3,17-20"}]
    array = {"size": 5}
    describe(
        aws,
        [detail("b", "FAILED", container={"environment": environment}, arrayProperties=array)],
    )
    failed_children(aws, 0, 2)

    redrive(client, "b")

    assert indices(aws.batch.jobs[0]) == "3,18"


@pytest.mark.parametrize(("variable", "arrays"), [("", 4), ("x" * 5000, 11)])
def test_more_indices_than_ecs_takes_as_overrides_become_several_arrays(
    aws: Aws, client: BatchClient, variable: str, arrays: int
) -> None:
    container = {"environment": [{"name": "BIG", "value": variable}]}
    describe(aws, [detail("a", "FAILED", container=container, arrayProperties={"size": 10_000})])
    failed_children(aws, *range(0, 10_000, 2))

    new = redrive(client, "a")

    assert len(new) == len(aws.batch.jobs) == arrays
    assert sum(job["arrayProperties"]["size"] for job in aws.batch.jobs) == 5000
    listed = [number for job in aws.batch.jobs for number in numbers_of(indices(job) or "")]
    assert listed == list(range(0, 10_000, 2))
    assert all(overrides_length(job["containerOverrides"]) < 8192 - 700 for job in aws.batch.jobs)


def test_overrides_that_ecs_just_takes_are_submitted(aws: Aws, client: BatchClient) -> None:
    container = {"environment": [{"name": "BIG", "value": "x" * (9000 - 9085 + 8192)}]}
    describe(aws, [detail("a", "FAILED", container=container)])

    redrive(client, "a")

    assert overrides_length(aws.batch.jobs[0]["containerOverrides"]) == 8192


def test_a_job_that_ecs_would_refuse_for_its_overrides_is_not_submitted(
    aws: Aws, client: BatchClient
) -> None:
    container = {"environment": [{"name": "BIG", "value": "x" * 9000}]}
    describe(aws, [detail("a", "FAILED", container=container)])

    with pytest.raises(ValueError, match="have 9085 characters; ECS allows 8192 as overrides"):
        redrive(client, "a")
    assert aws.batch.jobs == []


def test_each_container_of_a_job_of_several_gets_what_is_changed(
    aws: Aws, client: BatchClient
) -> None:
    task = {"containers": [{"name": "main", **CONTAINER}, {"name": "side"}]}
    describe(aws, [detail("a", "FAILED", ecsProperties={"taskProperties": [task]})])

    with pytest.raises(ValueError, match=r'^vcpus is given, .* \("main", "side"\)[^\n]*$'):
        redrive(client, "a", vcpus=2)
    with pytest.raises(ValueError, match=r"^vcpus is given.*\nmemory_mebibytes is given"):
        redrive(client, "a", vcpus=2, memory_mebibytes=4096)
    redrive(client, "a", environment={"MODE": "fast"})

    containers = aws.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"][0]["containers"]
    assert [container["name"] for container in containers] == ["main", "side"]
    assert all({"name": "MODE", "value": "fast"} in each["environment"] for each in containers)


def define(aws: Aws, **definition: Any) -> None:
    answered = {"jobDefinitionName": "n", "jobDefinitionArn": "n:1", "revision": 1, **definition}
    answered |= {"status": "ACTIVE", "type": "container"}
    aws.batch.script["DescribeJobDefinitions"] = lambda _: answer(
        200, {"jobDefinitions": [answered]}
    )


def of_task(*names: str) -> dict[str, Any]:
    containers = [{"name": name, "image": "i", **CONTAINER} for name in names]
    return {"taskProperties": [{"containers": containers}]}


def test_a_definition_of_one_container_takes_what_the_several_of_the_failed_job_do_not(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", ecsProperties=of_task("main", "side"))])
    define(aws, containerProperties={"image": "i"})

    redrive(client, "a", command=["x"], environment={"A": "b"}, job_definition="single:1")

    (job,) = aws.batch.jobs
    assert job["containerOverrides"] == {
        "command": ["x"],
        "environment": [{"name": "A", "value": "b"}],
    }
    assert "ecsPropertiesOverride" not in job


def test_another_definition_is_told_of_its_own_containers_only(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", ecsProperties=of_task("main", "side"))])
    define(aws, ecsProperties=of_task("worker"))

    redrive(client, "a", command=["x"], job_definition="n:1")

    told = [{"name": "worker", "command": ["x"]}]
    assert aws.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"] == [{"containers": told}]


def test_a_definition_of_the_same_containers_gets_what_the_failed_job_was_given(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", ecsProperties=of_task("main", "side"))])
    define(aws, ecsProperties=of_task("main", "side"))

    redrive(client, "a", job_definition="n:2")

    containers = aws.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"][0]["containers"]
    assert [container["command"] for container in containers] == [CONTAINER["command"]] * 2


def test_of_a_definition_that_nobody_may_read_the_failed_job_is_taken(
    aws: Aws, client: BatchClient
) -> None:
    describe(aws, [detail("a", "FAILED", ecsProperties=of_task("main"))])
    aws.batch.script["DescribeJobDefinitions"] = lambda _: answer(
        403, {"message": "no"}, error="AccessDeniedException"
    )

    redrive(client, "a", command=["x"], job_definition="n:2")

    (container,) = aws.batch.jobs[0]["ecsPropertiesOverride"]["taskProperties"][0]["containers"]
    assert (container["name"], container["command"]) == ("main", ["x"])


def test_a_large_memory_is_written_in_full(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("a", "FAILED", container={"command": ["x"]})])

    redrive(client, "a", vcpus=0.25, memory_mebibytes=1_048_577)

    sizes = aws.batch.jobs[0]["containerOverrides"]["resourceRequirements"]
    assert [size["value"] for size in sizes] == ["0.25", "1048577"]


def test_a_child_of_an_array_of_pods_is_redriven_with_its_index(
    aws: Aws, client: BatchClient
) -> None:
    pod = {"podProperties": {"containers": [{"name": "main", "image": "i"}]}}
    describe(aws, [detail("a:7", "FAILED", eksProperties=pod, arrayProperties={"index": 7})])

    redrive(client, "a:7")

    (container,) = aws.batch.jobs[0]["eksPropertiesOverride"]["podProperties"]["containers"]
    assert container["env"] == [{"name": "ARRAY_INDICES", "value": "7"}]


def test_a_job_whose_redriven_job_failed_is_not_told_as_new(aws: Aws, client: BatchClient) -> None:
    describe(aws, [detail("0a1b2c3d-e", "FAILED")])
    (first,) = redrive(client, "0a1b2c3d-e")
    fail_what_is_listed(aws)

    with pytest.raises(RedrivenFailedError, match=f"redriven as {first} before") as refusal:
        redrive(client, "0a1b2c3d-e")

    assert f"batch-constructs redrive {first}" in str(refusal.value)
    assert len(aws.batch.jobs) == 1


def fail_what_is_listed(aws: Aws) -> None:
    def tell(body: dict[str, Any]) -> Any:
        jobs = json.loads(b"".join(aws.batch.ListJobs(body).raw.stream()))["jobSummaryList"]
        return answer(200, {"jobSummaryList": [{**each, "status": "FAILED"} for each in jobs]})

    aws.batch.script["ListJobs"] = tell


def test_the_container_of_a_pod_gets_other_sizes(aws: Aws, client: BatchClient) -> None:
    resources = {half: {"cpu": "1", "memory": "2048Mi"} for half in ("limits", "requests")}
    main = {"name": "main", "image": "i", "resources": resources}
    pod = {"podProperties": {"containers": [main]}}
    describe(aws, [detail("a", "FAILED", eksProperties=pod)])

    redrive(client, "a", memory_mebibytes=4096)

    (one,) = aws.batch.jobs[0]["eksPropertiesOverride"]["podProperties"]["containers"]
    assert one["resources"] == {
        half: {"cpu": "1", "memory": "4096Mi"} for half in ("limits", "requests")
    }
    assert "containerOverrides" not in aws.batch.jobs[0]
