"""`cost`: what jobs used and what that cost, from what AWS Batch answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from click.testing import CliRunner

from batch_constructs.aws import instance_prices
from batch_constructs.cli import main
from batch_constructs.client import cost, deadline
from batch_constructs.client.cost import NONE, Groups, Prices, Usage, usage
from batch_constructs.client.price_list import fargate_prices, vcpu_hour

if TYPE_CHECKING:
    from collections.abc import Iterator

ARN = "arn:aws:batch:eu-west-1:123456789012:"
QUEUE = f"{ARN}job-queue/q"
HOUR = 3_600_000
KEYS = {"region_name": "eu-west-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}


def container(vcpus: str = "2", memory: str = "4096", **more: Any) -> dict[str, Any]:
    sizes = {"VCPU": vcpus, "MEMORY": memory, **more.pop("sizes", {})}
    wanted = [{"type": kind, "value": value} for kind, value in sizes.items()]
    return {"resourceRequirements": wanted, **more}


def ran(*hours: float) -> dict[str, Any]:
    """Attempts that ran so long each."""
    return {"attempts": [{"startedAt": 0, "stoppedAt": int(one * HOUR)} for one in hours]}


def job(identity: str = "j", **more: Any) -> dict[str, Any]:
    return {
        "jobId": identity,
        "jobName": "n",
        "jobQueue": QUEUE,
        "jobDefinition": f"{ARN}job-definition/d:1",
        "status": "SUCCEEDED",
        "startedAt": 0,
        "container": container(),
        **more,
    }


def summary(identity: str) -> dict[str, Any]:
    return {"jobId": identity, "jobName": "n"}


def used(*jobs: dict[str, Any], by: str = "queue", **options: Any) -> dict[str, Usage]:
    """Reckon with what AWS answers: a list of the jobs, then their descriptions."""
    batch = boto3.client("batch", **KEYS)
    with Stubber(batch) as stub:
        listed = [one for one in jobs if ":" not in one["jobId"]]
        stub.add_response(
            "list_jobs",
            {"jobSummaryList": [summary(one["jobId"]) for one in listed]},
            {"jobQueue": QUEUE, "filters": [{"name": "AFTER_CREATED_AT", "values": ["5"]}]},
        )
        for page in (listed, [one for one in jobs if one not in listed]):
            if page:
                asked = {"jobs": [one["jobId"] for one in page]}
                stub.add_response("describe_jobs", {"jobs": page}, asked)
        given = {"prices": Prices(), "now_milliseconds": 10 * HOUR, **options}
        found = usage(batch, [QUEUE], since_milliseconds=5, by=by, **given)
        stub.assert_no_pending_responses()
    return found


def test_all_attempts_of_a_job_count() -> None:
    (one,) = used(job(**ran(1, 0.5))).values()

    assert (one.jobs, one.vcpu_hours, one.memory_gib_hours, one.gpu_hours) == (1, 3.0, 6.0, 0.0)


def test_gpus_count() -> None:
    (one,) = used(job(container=container(sizes={"GPU": "4"}), **ran(2))).values()

    assert one.gpu_hours == 8.0


def test_of_an_array_its_children_count_and_not_the_parent() -> None:
    children = [job(f"j:{at}", arrayProperties={"index": at}, **ran(1)) for at in range(3)]

    (one,) = used(job(arrayProperties={"size": 3}, **ran(5)), *children).values()

    assert (one.jobs, one.vcpu_hours) == (3, 6.0)


def test_a_child_belongs_to_the_tag_of_its_array() -> None:
    child = job("j:0", arrayProperties={"index": 0}, **ran(1))

    found = used(job(arrayProperties={"size": 1}, tags={"team": "ml"}), child, by="tag:team")

    assert list(found) == ["ml"]


def test_a_job_that_runs_counts_until_now_beside_its_earlier_attempts() -> None:
    (one,) = used(job(status="RUNNING", startedAt=9 * HOUR, **ran(1))).values()

    assert one.vcpu_hours == 4.0


def test_a_job_of_several_nodes_counts_all_of_them() -> None:
    group = {"targetNodes": "0:3", "container": container()}
    nodes = {"numNodes": 4, "mainNode": 0, "nodeRangeProperties": [group]}
    several = job(nodeProperties=nodes, startedAt=0, stoppedAt=HOUR)
    del several["container"]

    (one,) = used(several).values()

    assert one.vcpu_hours == 8.0


def test_a_pod_counts_what_it_asks_for() -> None:
    limits = {"cpu": "500m", "memory": "2Gi", "nvidia.com/gpu": "1"}
    pod = job(eksProperties={"podProperties": {"containers": [{"resources": {"limits": limits}}]}})
    del pod["container"]

    (one,) = used({**pod, **ran(2)}).values()

    assert (one.vcpu_hours, one.memory_gib_hours, one.gpu_hours) == (1.0, 4.0, 2.0)


def test_a_job_that_never_started_does_not_count() -> None:
    assert used(job(status="FAILED", startedAt=0)) == {}


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("queue", ["q"]),
        ("definition", ["d"]),
        ("job", ["n a", "n b"]),
        ("share", ["red", NONE]),
        ("tag:team", ["ml", "web"]),
    ],
)
def test_jobs_are_added_up_by_what_is_asked_for(by: str, groups: list[str]) -> None:
    first = job("a", shareIdentifier="red", tags={"team": "ml"}, **ran(2))
    second = job("b", tags={"team": "web"}, **ran(1))

    assert list(used(first, second, by=by)) == groups


def test_the_children_of_an_array_are_one_job() -> None:
    children = [job(f"j:{at}", arrayProperties={"index": at}, **ran(1)) for at in range(3)]

    found = used(job(arrayProperties={"size": 3}), *children, by="job")

    assert {name: one.jobs for name, one in found.items()} == {"n j": 3}


@pytest.mark.parametrize(
    ("tags", "groups"), [({"team": "ml"}, ["ml"]), ({}, [NONE]), (None, [NONE])]
)
def test_a_job_without_the_tag_counts_with_that_of_its_definition(
    tags: dict[str, str] | None, groups: list[str]
) -> None:
    """That one is on its task, too, and on the bill; a definition is asked for once."""
    described = {"jobDefinitionName": "d", "jobDefinitionArn": "a", "revision": 1, "type": "t"}
    if tags is not None:
        described["tags"] = tags
    batch = boto3.client("batch", **KEYS)
    with Stubber(batch) as stub:
        stub.add_response("list_jobs", {"jobSummaryList": [summary("a"), summary("b")]})
        jobs = [job("a", tags={"other": "x"}, **ran(1)), job("b", **ran(1))]
        stub.add_response("describe_jobs", {"jobs": jobs})
        stub.add_response(
            "describe_job_definitions",
            {"jobDefinitions": [described]},
            {"jobDefinitions": [f"{ARN}job-definition/d:1"]},
        )
        found = usage(
            batch, [QUEUE], since_milliseconds=5, now_milliseconds=0, by="tag:team", prices=Prices()
        )

    assert list(found) == groups
    assert found[groups[0]].jobs == 2


@pytest.mark.parametrize("by", ["team", "tag:", ""])
def test_anything_else_to_add_up_by_is_refused(by: str) -> None:
    with pytest.raises(ValueError, match="allowed: queue, share, definition, job and tag:KEY"):
        usage(None, [], since_milliseconds=0, now_milliseconds=0, by=by, prices=Prices())


FARGATE: dict[str, Any] = {"platformCapabilities": ["FARGATE"]}
ARM: dict[str, Any] = {
    "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}
}


@pytest.mark.parametrize(
    ("described", "dollars"),
    [
        (job(**FARGATE, **ran(10)), 10 * (2 * 0.04048 + 4 * 0.004445)),
        (job(**FARGATE, **ran(1), container=container(**ARM)), 2 * 0.03238 + 4 * 0.00356),
        (job(**FARGATE, **ran(1 / 3600)), (2 * 0.04048 + 4 * 0.004445) / 60),
    ],
    ids=["by vCPU and memory", "by architecture", "a minute at least"],
)
def test_fargate_is_priced(described: dict[str, Any], dollars: float) -> None:
    (one,) = used(described).values()

    assert one.dollars == pytest.approx(dollars)
    assert one.unpriced == 0


def test_windows_on_fargate_has_no_price() -> None:
    windows: dict[str, Any] = {
        "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2019_CORE"}
    }

    (one,) = used(job(**FARGATE, **ran(1), container=container(**windows))).values()

    assert (one.unpriced, one.dollars) == (1, 0.0)


def test_a_job_on_instances_has_no_price_unless_one_is_given() -> None:
    (without,) = used(job(**ran(3))).values()
    (given,) = used(job(**ran(3)), prices=Prices(vcpu_hour=0.05)).values()

    assert (without.unpriced, given.unpriced) == (1, 0)
    assert given.dollars == pytest.approx(3 * 2 * 0.05)


def product(dollars: str, **attributes: str) -> str:
    dimension = {"pricePerUnit": {"USD": dollars}}
    terms = {"OnDemand": {"t": {"priceDimensions": {"d": dimension}}}}
    return json.dumps({"product": {"attributes": attributes}, "terms": terms})


@pytest.fixture
def price_list() -> Iterator[tuple[Any, Stubber]]:
    pricing = boto3.client("pricing", **{**KEYS, "region_name": "us-east-1"})
    with Stubber(pricing) as stub:
        yield pricing, stub


@pytest.mark.parametrize("begin", ["", "EUW1-"], ids=["us-east-1", "other Regions"])
def test_the_price_list_tells_what_fargate_costs(
    price_list: tuple[Any, Stubber], begin: str
) -> None:
    pricing, stub = price_list
    products = [
        product("0.05", usagetype=f"{begin}Fargate-vCPU-Hours:perCPU"),
        product("0.006", usagetype=f"{begin}Fargate-GB-Hours"),
        product("0.04", usagetype=f"{begin}Fargate-ARM-vCPU-Hours:perCPU"),
        product("0.005", usagetype=f"{begin}Fargate-ARM-GB-Hours"),
        product("9", usagetype=f"{begin}Fargate-Windows-vCPU-Hours:perCPU"),
        product("9", usagetype=f"{begin}Fargate-EphemeralStorage-GB-Hours"),
    ]
    stub.add_response("get_products", {"PriceList": products})

    assert fargate_prices(pricing, "eu-west-1") == {
        "X86_64": (0.05, 0.006),
        "ARM64": (0.04, 0.005),
    }


def test_the_price_list_tells_what_a_vcpu_of_an_instance_costs(
    price_list: tuple[Any, Stubber],
) -> None:
    pricing, stub = price_list
    stub.add_response("get_products", {"PriceList": [product("0.4", vcpu="8")]})

    assert vcpu_hour(pricing, "eu-west-1", "m7g.2xlarge") == pytest.approx(0.05)


def test_an_instance_type_without_a_price_is_said(price_list: tuple[Any, Stubber]) -> None:
    pricing, stub = price_list
    stub.add_response("get_products", {"PriceList": []})

    with pytest.raises(LookupError, match=r"no c99\.large in eu-west-1: .*--price-per-vcpu-hour"):
        vcpu_hour(pricing, "eu-west-1", "c99.large")


@pytest.fixture
def one_job(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """An account with one queue, in which one job ran for an hour on Fargate."""
    batch = boto3.client("batch", **KEYS)
    monkeypatch.setattr(deadline, "patient_client", lambda _, name: {"batch": batch}[name])
    order = {"computeEnvironment": "e", "order": 1}
    queue = {
        "jobQueueName": "q",
        "jobQueueArn": QUEUE,
        "state": "ENABLED",
        "priority": 1,
        "computeEnvironmentOrder": [order],
    }
    with Stubber(batch) as stub:
        stub.add_response("describe_job_queues", {"jobQueues": [queue]}, {})
        asked = {"jobQueue": QUEUE, "filters": ANY}
        stub.add_response("list_jobs", {"jobSummaryList": [summary("j")]}, asked)
        stub.add_response("describe_jobs", {"jobs": [job(**FARGATE, **ran(1))]})
        yield stub


@pytest.mark.usefixtures("one_job")
def test_the_command_prints_a_table_of_all_queues_and_where_the_prices_are_from() -> None:
    result = CliRunner().invoke(main, ["cost"])

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "queue  jobs  vCPU h  GiB h  GPU h   USD",
        "q         1    2.00   4.00   0.00  0.10",
    ]
    assert "Fargate's prices as of 2026-06 in us-east-1; Spot costs less" in result.stderr


@pytest.fixture
def on_an_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account in which one job of two vCPUs ran for an hour on an instance."""
    batch = boto3.client("batch", **KEYS)

    def only(_: object, name: str, **__: Any) -> Any:
        return {"batch": batch}[name]

    monkeypatch.setattr(deadline, "patient_client", only)
    monkeypatch.setattr(cost._Telling, "jobs", lambda *_: [job(**ran(1))])


@pytest.mark.usefixtures("on_an_instance")
def test_a_job_on_instances_is_priced_by_the_table_without_asking_aws() -> None:
    result = CliRunner().invoke(main, ["cost", "--queue", "q", "--instance-type", "m5.large"])

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].split()[-1] == "0.10"  # all of an m5.large
    assert f"instances' as of {instance_prices.date()} in us-east-1" in result.stderr


@pytest.mark.usefixtures("on_an_instance")
@pytest.mark.parametrize("unknown", ["m5", "c99.large"])
def test_a_type_that_the_table_does_not_know_is_refused_with_the_option_that_asks_aws(
    unknown: str,
) -> None:
    result = CliRunner().invoke(main, ["cost", "--queue", "q", "--instance-type", unknown])

    assert result.exit_code == 2
    assert f'--instance-type "{unknown}" is not in the prices' in result.stderr
    assert "give --price-list as well, which asks AWS" in result.stderr


@pytest.mark.usefixtures("one_job")
def test_the_command_prints_json() -> None:
    result = CliRunner().invoke(main, ["cost", "--json"])

    assert json.loads(result.stdout)["groups"]["q"] == {
        "jobs": 1,
        "vcpuHours": 2.0,
        "memoryGibHours": 4.0,
        "gpuHours": 0.0,
        "dollars": 0.0987,
        "jobsWithoutPrice": 0,
    }


def test_jobs_and_children_of_which_aws_does_not_tell_are_counted() -> None:
    counts = {"RUNNABLE": 5, "RUNNING": 1, "SUCCEEDED": 1, "FAILED": 1}
    array = job("array", arrayProperties={"size": 8, "statusSummary": counts})
    children = [
        job(f"array:{at}", status=state, arrayProperties={"index": at}, **ran(1))
        for at, state in enumerate(("SUCCEEDED", "RUNNABLE"))
    ]
    batch = boto3.client("batch", **KEYS)
    with Stubber(batch) as stub:
        listed = [summary(one) for one in ("a", "b", "array", "c")]
        stub.add_response("list_jobs", {"jobSummaryList": listed})
        stub.add_response("describe_jobs", {"jobs": [job("a", **ran(1)), array]})
        stub.add_response("describe_jobs", {"jobs": children})
        found = usage(
            batch, [QUEUE], since_milliseconds=5, now_milliseconds=0, by="queue", prices=Prices()
        )

    assert (found["q"].jobs, found.not_told) == (3, 2 + 2)


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_says_how_many_jobs_are_missing_of_which_aws_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
    as_json: bool,  # noqa: FBT001 - a case
) -> None:
    groups = Groups()
    groups.not_told = 3
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr("batch_constructs.client.cost.usage", lambda *_, **__: groups)
    words = ["cost", "--queue", "q", *(["--json"] if as_json else [])]

    result = CliRunner().invoke(main, words)

    again = f"ask again: batch-constructs {' '.join(words)}\n"
    assert result.stderr.startswith(
        "3 jobs are missing here, because AWS Batch lists or counts them"
    )
    assert result.stderr.endswith(again)
    if as_json:
        assert json.loads(result.stdout) == {"by": "queue", "jobsNotTold": 3, "groups": {}}
    else:
        assert result.stdout.splitlines()[1:] == ["no job that AWS Batch describes ran"]


def test_a_wrong_group_is_one_line_and_exit_status_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    result = CliRunner().invoke(main, ["cost", "--queue", "q", "--by", "team"])

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith('Error: by is "team"; allowed: queue')


def test_a_queue_that_is_given_twice_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, and by its ARN."""
    asked: list[str] = []

    def jobs(_: object, queue: str, __: int) -> list[Any]:
        asked.append(queue)
        return []

    monkeypatch.setattr(cost._Telling, "jobs", jobs)
    arn = "arn:aws:batch:eu-west-1:123456789012:job-queue/pages"

    usage(
        None,
        ["pages", "other", arn, "pages"],
        since_milliseconds=0,
        now_milliseconds=0,
        by="queue",
        prices=Prices(),
    )

    assert asked == ["pages", "other"]
