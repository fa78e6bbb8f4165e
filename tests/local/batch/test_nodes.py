"""Multi-node parallel jobs, with every node a process of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, RecordingPorts


def node_range(target: str, command: str) -> dict[str, Any]:
    sizes = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]
    container = {
        "image": "busybox",
        "command": ["sh", "-c", command],
        "resourceRequirements": sizes,
    }
    return {"targetNodes": target, "container": container}


FINISH = "touch done"
WAIT = "until [ -e ../node-1/done ] && [ -e ../node-2/done ]; do sleep 0.01; done"
"""Nodes are directories of one job here, so the main node can wait for the others."""


def nodes(account: Account, *ranges: dict[str, Any], count: int = 3, **options: Any) -> None:
    account.environment(vcpus=4, type="EC2", instanceTypes=["m7i.large"])
    account.queue()
    account.batch.register_job_definition(
        jobDefinitionName="job",
        type="multinode",
        nodeProperties={"numNodes": count, "mainNode": 0, "nodeRangeProperties": list(ranges)},
        **options,
    )


def log_of(account: Account, node: dict[str, Any]) -> dict[str, str]:
    return dict(line.split("=", 1) for line in account.log(node))


def test_every_node_runs_and_knows_the_others(account: Account) -> None:
    nodes(
        account,
        node_range("0:0", f"env | grep AWS_BATCH; {WAIT}"),
        node_range("1:", f"env | grep AWS_BATCH; {FINISH}"),
    )

    job = account.ended(account.submit())

    described = account.batch.describe_jobs(jobs=[f"{job['jobId']}#{n}" for n in range(3)])["jobs"]
    logs = [log_of(account, node) for node in described]
    assert job["status"] == "SUCCEEDED"
    assert [log["AWS_BATCH_JOB_NODE_INDEX"] for log in logs] == ["0", "1", "2"]
    assert {log["AWS_BATCH_JOB_NUM_NODES"] for log in logs} == {"3"}
    assert [log["AWS_BATCH_JOB_ID"] for log in logs] == [f"{job['jobId']}#{n}" for n in range(3)]
    address = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"
    assert [log.get(address) for log in logs] == [None, "127.0.0.1", "127.0.0.1"]
    assert [node["nodeDetails"]["isMainNode"] for node in described] == [True, False, False]


def test_the_end_of_the_main_node_is_the_end_of_the_job(
    account: Account, ports: RecordingPorts
) -> None:
    nodes(account, node_range("0:0", f"{WAIT}; exit 5"), node_range("1:2", f"{FINISH}; sleep 600"))

    job = account.ended(account.submit())

    assert job["status"] == "FAILED"
    assert [attempt["container"]["exitCode"] for attempt in job["attempts"]] == [5]
    assert ports.states(job["jobId"]) == ["RUNNABLE", "STARTING", "RUNNING", "FAILED"]
    failed = account.batch.list_jobs(multiNodeJobId=job["jobId"], jobStatus="FAILED")
    assert [n["nodeProperties"]["nodeIndex"] for n in failed["jobSummaryList"]] == [0, 1, 2]


def test_the_end_of_another_node_is_not(account: Account) -> None:
    gone = "[ -s ../node-1/pid ] && ! kill -0 $(cat ../node-1/pid) 2>/dev/null"
    nodes(
        account,
        node_range("0:0", f"until {gone}; do sleep 0.01; done"),
        node_range("1:2", "echo $$ > pid; exit 1"),
    )

    job = account.ended(account.submit())

    assert job["status"] == "SUCCEEDED"
    (node,) = account.batch.describe_jobs(jobs=[f"{job['jobId']}#1"])["jobs"]
    assert (node["status"], node["container"]["exitCode"]) == ("FAILED", 1)


def test_the_narrowest_range_counts_and_ranges_can_be_overridden(account: Account) -> None:
    nodes(
        account,
        node_range(
            "0:", f"echo many; {FINISH}; [ $AWS_BATCH_JOB_NODE_INDEX != 0 ] || {{ {WAIT}; }}"
        ),
        node_range("1", "echo one"),
        count=2,
    )

    job = account.ended(
        account.submit(
            nodeOverrides={
                "numNodes": 3,
                "nodePropertyOverrides": [
                    {
                        "targetNodes": "1",
                        "containerOverrides": {"command": ["sh", "-c", f"echo other; {FINISH}"]},
                    }
                ],
            }
        )
    )

    found = account.batch.describe_jobs(jobs=[f"{job['jobId']}#{n}" for n in range(4)])["jobs"]
    assert [account.log(node) for node in found] == [["many"], ["other"], ["many"]]


def test_the_nodes_need_room_together(account: Account) -> None:
    nodes(account, node_range("0:", "true"), count=5)
    job = account.submit()
    account.wait_for(lambda: account.job(job).get("statusReason"))

    assert "COMPUTE_ENVIRONMENT_MAX_RESOURCE" in account.job(job)["statusReason"]


def several(target: str, **commands: str) -> dict[str, Any]:
    """A range whose nodes have several containers; what begins with `helper` is not essential."""
    containers = [
        {**node_range("", command)["container"], "name": name, "essential": "helper" not in name}
        for name, command in commands.items()
    ]
    return {
        "targetNodes": target,
        "ecsProperties": {"taskProperties": [{"containers": containers}]},
    }


def pods(target: str, *, init: str, **commands: str) -> dict[str, Any]:
    """A range whose nodes are pods."""

    def container(name: str, command: str) -> dict[str, Any]:
        limits = {"cpu": "0.25", "memory": "128Mi"}
        return {
            "name": name,
            "image": "busybox",
            "command": ["sh", "-c", command],
            "resources": {"limits": limits},
        }

    pod = {
        "initContainers": [container("init", init)],
        "containers": [container(name, command) for name, command in commands.items()],
    }
    return {"targetNodes": target, "eksProperties": {"podProperties": pod}}


def test_a_node_of_several_containers_ends_with_its_essential_one_and_only_the_main_ends_the_job(
    account: Account, ports: RecordingPorts
) -> None:
    ended = "[ -s ../node-1/pid ] && ! kill -0 $(cat ../node-1/pid) 2>/dev/null"
    nodes(
        account,
        several("0", main=f"until {ended}; do sleep 0.01; done; exit 3", helper="sleep 600"),
        several(
            "1",
            main="echo $AWS_BATCH_JOB_NODE_INDEX; until [ -s pid ]; do sleep 0.01; done; exit 4",
            helper="echo $$ > pid.new; mv pid.new pid; exec sleep 600",
        ),
        count=2,
    )

    job = account.ended(account.submit())

    first, second = account.batch.describe_jobs(jobs=[f"{job['jobId']}#{n}" for n in range(2)])[
        "jobs"
    ]
    assert job["status"] == "FAILED"
    assert ports.states(job["jobId"]) == ["RUNNABLE", "STARTING", "RUNNING", "FAILED"]
    main, helper = second["ecsProperties"]["taskProperties"][0]["containers"]
    assert (main["name"], main["exitCode"], helper["exitCode"]) == ("main", 4, 143)
    assert ports.logs["/aws/batch/job", main["logStreamName"]] == ["1"]
    (attempt,) = job["attempts"]
    codes = {c["name"]: c["exitCode"] for c in attempt["taskProperties"][0]["containers"]}
    assert codes == {"main": 3, "helper": 143}
    assert [node["nodeDetails"]["isMainNode"] for node in (first, second)] == [True, False]


@pytest.mark.parametrize(("code", "state"), [(0, "SUCCEEDED"), (7, "FAILED")])
def test_the_first_essential_container_that_ends_decides_what_its_node_came_to(
    code: int, state: str, account: Account
) -> None:
    other = "trap 'exit {}' TERM; touch ready; while :; do sleep 0.01; done"
    nodes(
        account,
        several(
            "0",
            main=f"until [ -e ready ]; do sleep 0.01; done; exit {code}",
            stopped=other.format(0 if code else 7),
        ),
        count=1,
    )

    job = account.ended(account.submit())

    (node,) = account.batch.describe_jobs(jobs=[f"{job['jobId']}#0"])["jobs"]
    assert (job["status"], node["status"]) == (state, state)


@pytest.mark.parametrize(("code", "state"), [(0, "SUCCEEDED"), (7, "FAILED")])
def test_what_a_node_came_to_outlives_a_restart_and_a_job_that_ran_goes_on(
    code: int, state: str, make_account: Callable[..., tuple[Account, BatchService]], tmp_path: Path
) -> None:
    account, service = make_account(state_directory=tmp_path / "kept")
    other = f"trap 'exit {0 if code else 7}' TERM; touch ready; while :; do sleep 0.01; done"
    wait = "until [ -e ready ] && [ $AWS_BATCH_JOB_ATTEMPT != $FIRST ]; do sleep 0.01; done"
    nodes(
        account,
        several("0", main=f"{wait}; exit {code}", stopped=other),
        count=1,
        retryStrategy={"attempts": 2},
    )

    def first(attempt: str) -> dict[str, Any]:
        containers = [{"name": "main", "environment": [{"name": "FIRST", "value": attempt}]}]
        override = {"taskProperties": [{"containers": containers}]}
        ranges = [{"targetNodes": "0", "ecsPropertiesOverride": override}]
        return {"nodeOverrides": {"nodePropertyOverrides": ranges}}

    def node(job_id: str) -> Any:
        return account.batch.describe_jobs(jobs=[f"{job_id}#0"])["jobs"][0]

    done = account.ended(account.submit(**first("0")))["jobId"]
    running = account.until(account.submit(**first("1")), "RUNNING")["jobId"]
    before = node(done)
    service.stop()

    account, _ = make_account(state_directory=tmp_path / "kept")

    assert (before["status"], node(done)) == (state, before)
    assert account.ended(running)["status"] == state
    again = node(running)
    assert (again["status"], len(again["attempts"])) == (state, 2)


def test_a_node_may_be_a_pod_and_the_end_of_the_main_pod_is_the_end_of_the_job(
    account: Account,
) -> None:
    nodes(
        account,
        pods(
            "0", init="touch begun", one="[ -e begun ]", two="until [ -e ../node-1/up ]; do :; done"
        ),
        pods("1", init="true", one="touch up; exec sleep 600"),
        count=2,
    )
    override = {
        "podProperties": {"containers": [{"name": "one", "command": ["sh", "-c", "exit 6"]}]}
    }
    succeeded = account.ended(account.submit())
    failed = account.ended(
        account.submit(
            nodeOverrides={
                "nodePropertyOverrides": [{"targetNodes": "0", "eksPropertiesOverride": override}]
            }
        )
    )

    assert (succeeded["status"], failed["status"]) == ("SUCCEEDED", "FAILED")
    (attempt,) = failed["eksAttempts"]
    assert [one["exitCode"] for one in attempt["containers"]] == [6, 0]
    (child,) = account.batch.describe_jobs(jobs=[f"{succeeded['jobId']}#1"])["jobs"]
    assert child["eksProperties"]["podProperties"]["containers"][0]["exitCode"] == 143


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (1, "numNodes is 1; allowed: more than 1, the lower boundary of the nodes 1:"),
        (0, "numNodes is 0; allowed: more than 0, the main node"),
    ],
)
def test_fewer_nodes_than_the_definition_names_are_refused(
    number: int, problem: str, account: Account
) -> None:
    nodes(account, node_range("0:0", "true"), node_range("1:", "true"))

    with pytest.raises(ClientError, match=problem):
        account.submit(nodeOverrides={"numNodes": number})


LABELS = {"podProperties": {"metadata": {"labels": {"a": "b"}}}}


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"arrayProperties": {"size": 2}}, "Multinode Array Job not supported"),
        ({"containerOverrides": {"command": ["x"]}}, "needs a definition with containerProperties"),
        ({"nodeOverrides": {"numNodes": 9}}, "no node range .* has an open upper boundary"),
        (
            {"nodeOverrides": {"nodePropertyOverrides": [{"targetNodes": "7:8"}]}},
            "unknown node ranges: 7:8",
        ),
        (
            {
                "nodeOverrides": {
                    "nodePropertyOverrides": [
                        {"targetNodes": "0:2", "eksPropertiesOverride": LABELS}
                    ]
                }
            },
            "eksPropertiesOverride of nodes 0:2 needs a range with eksProperties",
        ),
    ],
)
def test_nodes_that_do_not_go_together_are_refused(
    request_: dict[str, Any], problem: str, account: Account
) -> None:
    nodes(account, node_range("0:2", "true"))

    with pytest.raises(ClientError, match=problem):
        account.submit(**request_)


def test_a_container_of_a_node_reads_of_those_beside_it_and_of_no_other_node(
    make_account: Callable[..., tuple[Account, BatchService]],
) -> None:
    account, service = make_account()
    nodes(
        account,
        several("0", main="sleep 600", helper="sleep 600"),
        node_range("1", "sleep 600"),
        count=2,
    )
    job = account.until(account.submit(), "RUNNING")["jobId"]

    tasks = {
        name: service.container_metadata(f"{job}/{name}", "task")
        for name in ("node-0/helper", "node-1", "node-2")
    }

    named = {
        name: None if task is None else [one["Name"] for one in task["Containers"]]
        for name, task in tasks.items()
    }
    assert named == {"node-0/helper": ["main", "helper"], "node-1": ["node-1"], "node-2": None}
    alone = service.container_metadata(f"{job}/node-0/helper", "")
    assert alone is not None
    assert alone["Name"] == "helper"
