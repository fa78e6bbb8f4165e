"""What the gauges say, read from a Batch whose answers have the shapes of AWS's model."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from batch_constructs.aws.submit_job import DESCRIBED_AT_ONCE
from batch_constructs.functions.gauges import publish
from batch_constructs.functions.gauges.publish import environment_line, queue_lines
from batch_constructs.functions.gauges.reading import EnvironmentReading, Reader
from tests.monitoring import fake_batch

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly"
ENVIRONMENT = "arn:aws:batch:us-east-1:123456789012:compute-environment/spot"
BACKUP = "arn:aws:batch:us-east-1:123456789012:compute-environment/on-demand"
NOW = 1_780_000_600.0


DENIED = ClientError({"Error": {"Code": "AccessDenied"}}, "Describe")
FAULTS = [DENIED, ResponseParserError("invalid XML"), TypeError("NoneType"), KeyError("jobs")]
"""What AWS refuses, and what reading the answer of a proxy raises."""


class Run:
    """Lambda's context of a run that has time."""

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


class Batch:
    """What the queue and its environments look like; tests change it."""

    def __init__(self) -> None:
        self.jobs: dict[str, list[dict[str, Any]]] = {}
        self.page = 1000
        self.refused: set[str] = set()
        self.undescribed: set[str] = set()
        self.fault: Exception = DENIED
        self.snapshot: dict[str, Any] = {}
        self.described: dict[str, dict[str, Any]] = {}
        self.environments = {
            ENVIRONMENT: {
                "computeEnvironmentName": "spot",
                "state": "ENABLED",
                "status": "VALID",
                "computeResources": {"maxvCpus": 64, "desiredvCpus": 48},
            },
            BACKUP: {
                "computeEnvironmentName": "on-demand",
                "state": "DISABLED",
                "status": "INVALID",
                "computeResources": {"maxvCpus": 16},
            },
        }

    def snapshot_of(self, jobQueue: str) -> fake_batch.Answer:  # noqa: N803
        if jobQueue in self.refused:
            raise self.fault
        return self.snapshot

    def reader(self, *, most_jobs: int = 10_000) -> Reader:
        client = fake_batch.client(
            "batch",
            DescribeJobQueues=self._describe_job_queues,
            DescribeComputeEnvironments=self._describe_compute_environments,
            ListJobs=self._list_jobs,
            DescribeJobs=lambda jobs: {
                "jobs": [self.described[job] for job in jobs if job in self.described]
            },
            GetJobQueueSnapshot=self.snapshot_of,
        )
        return Reader(batch=client, most_jobs=most_jobs)

    def _describe_job_queues(self, jobQueues: list[str]) -> fake_batch.Answer:  # noqa: N803
        assert len(jobQueues) <= DESCRIBED_AT_ONCE
        if self.undescribed.intersection(jobQueues):
            raise self.fault
        order = [
            {"order": 2, "computeEnvironment": BACKUP},
            {"order": 1, "computeEnvironment": ENVIRONMENT},
        ]
        return {
            "jobQueues": [
                {
                    "jobQueueName": arn.rpartition("/")[2],
                    "jobQueueArn": arn,
                    "computeEnvironmentOrder": order,
                }
                for arn in jobQueues
            ]
        }

    def _describe_compute_environments(
        self,
        computeEnvironments: list[str],  # noqa: N803
    ) -> fake_batch.Answer:
        # AWS Batch describes all where none is named
        found = [self.environments[arn] for arn in computeEnvironments or self.environments]
        return {"computeEnvironments": found}

    def _list_jobs(
        self,
        jobQueue: str,  # noqa: ARG002, N803
        jobStatus: str,  # noqa: N803
        maxResults: int,  # noqa: N803
        nextToken: str = "0",  # noqa: N803
    ) -> fake_batch.Answer:
        start = int(nextToken)
        size = min(self.page, maxResults)
        found = self.jobs.get(jobStatus, [])
        answer: fake_batch.Answer = {"jobSummaryList": found[start : start + size]}
        if start + size < len(found):
            answer["nextToken"] = str(start + size)
        return answer


@pytest.fixture
def batch() -> Batch:
    return Batch()


def singles(count: int) -> list[dict[str, Any]]:
    return [{"jobId": f"job-{n}", "jobName": "one"} for n in range(count)]


def read(batch: Batch, **reader: int) -> dict[str, Any]:
    """Read the queue and return its line."""
    [reading] = batch.reader(**reader).queues([QUEUE], now=NOW, failed=[], unread=[])
    [line] = queue_lines(reading, namespace="BatchConstructs", now=NOW, per_share=False)
    document: dict[str, Any] = json.loads(line)
    return document


def test_more_queues_than_one_call_describes_are_all_read(batch: Batch) -> None:
    queues = [f"{QUEUE}{number}" for number in range(2 * DESCRIBED_AT_ONCE + 1)]

    readings = batch.reader().queues(queues, now=NOW, failed=[], unread=[])

    assert [one.name for one in readings] == [name.rpartition("/")[2] for name in queues]


@pytest.mark.parametrize("fault", FAULTS)
def test_queues_that_cannot_be_described_cost_the_others_nothing(
    batch: Batch, fault: Exception
) -> None:
    batch.fault = fault
    queues = [f"{QUEUE}{number}" for number in range(DESCRIBED_AT_ONCE + 1)]
    batch.undescribed = {queues[-1]}
    failed: list[str] = []

    readings = [*batch.reader().queues(queues, now=NOW, failed=failed, unread=[])]

    assert len(readings) == DESCRIBED_AT_ONCE
    assert failed == queues[-1:]


def test_an_idle_queue_reads_zero_everywhere(batch: Batch) -> None:
    line = read(batch)

    states = ("Submitted", "Pending", "Runnable", "Starting", "Running")
    assert {f"Jobs{state}": line[f"Jobs{state}"] for state in states} == dict.fromkeys(
        (f"Jobs{state}" for state in states), 0
    )
    assert (line["HeadOfQueueAge"], line["VcpusInUse"], line["VcpuUtilization"]) == (0, 0, 0)


def test_every_metric_of_a_line_is_declared_with_its_unit(batch: Batch) -> None:
    line = read(batch)

    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["JobQueueName"]]
    assert line["JobQueueName"] == "nightly"
    assert line["_aws"]["Timestamp"] == int(NOW * 1000)
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "JobsSubmitted": "Count",
        "JobsPending": "Count",
        "JobsRunnable": "Count",
        "JobsStarting": "Count",
        "JobsRunning": "Count",
        "HeadOfQueueAge": "Seconds",
        "VcpusInUse": "None",
        "VcpuUtilization": "Percent",
    }


def test_jobs_are_counted_by_state_over_all_pages(batch: Batch) -> None:
    batch.page = 4
    batch.jobs = {"RUNNABLE": singles(11), "RUNNING": singles(3)}

    line = read(batch)

    assert (line["JobsRunnable"], line["JobsRunning"]) == (11, 3)
    assert line["CountedAll"] is True


def test_an_array_counts_as_its_children_in_their_states(batch: Batch) -> None:
    summary = {"RUNNABLE": 70, "RUNNING": 20, "SUCCEEDED": 8, "FAILED": 2}
    array = {"jobId": "array", "arrayProperties": {"size": 100, "statusSummary": summary}}
    batch.jobs = {"PENDING": [array, *singles(1)], "RUNNABLE": singles(5)}

    line = read(batch)

    assert line["JobsPending"] == 1
    assert line["JobsRunnable"] == 75
    assert line["JobsRunning"] == 20


def test_an_array_listed_without_its_children_is_described(batch: Batch) -> None:
    arrays = ("one", "two")
    batch.jobs = {"PENDING": [{"jobId": one, "arrayProperties": {"size": 3}} for one in arrays]}
    batch.described = {
        one: {"arrayProperties": {"size": 3, "statusSummary": {"STARTING": 3}}} for one in arrays
    }

    assert read(batch)["JobsStarting"] == 6


def test_an_array_of_which_nothing_is_told_is_told_to_be_missing(batch: Batch) -> None:
    batch.jobs = {"PENDING": [{"jobId": one, "arrayProperties": {"size": 3}} for one in "ab"]}
    batch.described = {"a": {"arrayProperties": {"size": 3, "statusSummary": {"RUNNING": 3}}}}

    line = read(batch)

    assert line["JobsRunning"] == 3
    assert line["CountedAll"] is False


@pytest.mark.parametrize(("state", "is_known"), [("RUNNING", False), ("RUNNABLE", True)])
def test_what_jobs_that_run_use_is_not_nothing_where_it_is_not_told(
    batch: Batch,
    state: str,
    is_known: bool,  # noqa: FBT001 - a case
) -> None:
    """A cost guard takes no reading for unknown, and nought for no spending."""
    batch.jobs = {state: singles(2)}

    line = read(batch)

    assert ("VcpusInUse" in line) is is_known
    assert ("VcpuUtilization" in line) is is_known


def test_a_huge_queue_is_counted_up_to_a_bound_that_is_told(batch: Batch) -> None:
    batch.jobs = {"RUNNABLE": singles(5000)}

    line = read(batch, most_jobs=2000)

    assert line["JobsRunnable"] == 2000
    assert line["CountedAll"] is False


@pytest.mark.parametrize("since", [NOW - 90, (NOW - 90) * 1000])
def test_the_age_of_the_head_is_seconds_whether_aws_says_it_in_milliseconds_or_seconds(
    batch: Batch, since: float
) -> None:
    head = {"jobArn": "a", "earliestTimeAtPosition": int(since)}
    batch.snapshot = {"frontOfQueue": {"jobs": [head, {"jobArn": "b"}]}}

    assert read(batch)["HeadOfQueueAge"] == 90


@pytest.mark.parametrize("since", [{}, {"earliestTimeAtPosition": int(NOW) + 5}])
def test_a_head_that_has_just_come_has_no_age(batch: Batch, since: dict[str, int]) -> None:
    """Nor where AWS's clock is ahead."""
    batch.snapshot = {"frontOfQueue": {"jobs": [{"jobArn": "a", **since}]}}

    assert read(batch)["HeadOfQueueAge"] == 0


def test_vcpus_in_use_stand_against_all_environments_of_the_queue(batch: Batch) -> None:
    vcpus, others = (
        {"capacityUnit": unit, "quantity": quantity}
        for unit, quantity in (("VCPU", 60.0), ("NUM_INSTANCES", 3.0))
    )
    usage = {"totalCapacityUsage": [vcpus, others]}
    batch.snapshot = {"queueUtilization": usage}

    line = read(batch)

    assert (line["VcpusInUse"], line["VcpuUtilization"]) == (60, 75)


def test_utilisation_has_one_decimal(batch: Batch) -> None:
    usage = {"totalCapacityUsage": [{"capacityUnit": "VCPU", "quantity": 9.1}]}
    batch.snapshot = {"queueUtilization": usage}

    assert read(batch)["VcpuUtilization"] == 11.4  # 11.375


def test_utilisation_is_not_guessed_where_an_environment_has_no_maximum(batch: Batch) -> None:
    del batch.environments[BACKUP]["computeResources"]

    assert "VcpuUtilization" not in read(batch)


SHARES = [
    {"shareIdentifier": "red", "capacityUsage": [{"capacityUnit": "VCPU", "quantity": 8}]},
    {"shareIdentifier": "blue", "capacityUsage": [{"capacityUnit": "cpu", "quantity": 4}]},
]
SNAPSHOT_OF_SHARES = {
    "queueUtilization": {"fairshareUtilization": {"topCapacityUtilization": SHARES}}
}


def test_shares_have_lines_of_their_own_when_asked_for(batch: Batch) -> None:
    batch.snapshot = SNAPSHOT_OF_SHARES
    [reading] = batch.reader().queues([QUEUE], now=NOW, failed=[], unread=[])

    lines = [
        json.loads(line)
        for line in queue_lines(reading, namespace="BatchConstructs", now=NOW, per_share=True)
    ]

    assert [(line["ShareIdentifier"], line["VcpusInUse"]) for line in lines[1:]] == [
        ("red", 8),
        ("blue", 4),
    ]
    assert lines[1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        ["JobQueueName", "ShareIdentifier"]
    ]


def test_an_environment_says_whether_it_is_invalid_or_disabled_and_how_big(batch: Batch) -> None:
    unmanaged = f"{ENVIRONMENT}-2"
    batch.environments[unmanaged] = {"computeEnvironmentName": "mine"}
    readings = batch.reader().environments([ENVIRONMENT, BACKUP, unmanaged])

    lines = [
        json.loads(environment_line(reading, namespace="BatchConstructs", now=NOW))
        for reading in readings
    ]

    wanted = (
        "ComputeEnvironmentName",
        "EnvironmentInvalid",
        "EnvironmentDisabled",
        "MaxVcpus",
        "DesiredVcpus",
    )
    assert [tuple(line.get(name) for name in wanted) for line in lines] == [
        ("spot", 0, 0, 64, 48),
        ("on-demand", 1, 1, 16, None),
        ("mine", 0, 0, None, None),
    ]
    declared = lines[2]["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert [metric["Name"] for metric in declared] == ["EnvironmentInvalid", "EnvironmentDisabled"]


def test_nothing_is_asked_about_no_environments(batch: Batch) -> None:
    assert list(batch.reader().environments([])) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_queue_that_cannot_be_read_does_not_keep_the_others_from_it(
    batch: Batch, fault: Exception
) -> None:
    batch.fault = fault
    other = QUEUE.replace("nightly", "daily")
    batch.refused.add(QUEUE)
    failed: list[str] = []

    read_ones = list(batch.reader().queues([QUEUE, other], now=NOW, failed=failed, unread=[]))

    assert [reading.name for reading in read_ones] == ["daily"]
    assert failed == ["nightly"]


@pytest.fixture
def told(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Tell the function what to read, as the construct does."""
    monkeypatch.setattr(publish, "_reader", batch.reader)
    monkeypatch.setattr(publish, "_unread_before", [QUEUE])  # the one it begins with
    monkeypatch.setenv("NAMESPACE", "BatchConstructs")
    monkeypatch.setenv("QUEUES", f"{QUEUE},{QUEUE.replace('nightly', 'daily')}")
    monkeypatch.setenv("COMPUTE_ENVIRONMENTS", ENVIRONMENT)
    return monkeypatch


def who_is_told(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str | None]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [
        (line.get("JobQueueName", line.get("ComputeEnvironmentName")), line.get("ShareIdentifier"))
        for line in lines
    ]


@pytest.mark.parametrize("shares", [[], ["red", "blue"]])
def test_a_run_writes_all_that_it_was_told_to_read(
    shares: list[str],
    batch: Batch,
    told: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    batch.snapshot = SNAPSHOT_OF_SHARES
    if shares:
        told.setenv("PER_SHARE", "1")

    publish.handler({}, Run())

    queues = [(name, share) for name in ("nightly", "daily") for share in (None, *shares)]
    assert who_is_told(capsys) == [("spot", None), *queues]


def test_every_reading_carries_the_time_at_which_it_was_taken(
    batch: Batch,
    told: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A metric counts for its own time, in whatever order the log is read."""
    front = {"jobs": [{"jobArn": "a", "earliestTimeAtPosition": int(NOW) - 90}]}
    batch.snapshot = {**SNAPSHOT_OF_SHARES, "frontOfQueue": front}
    told.setenv("PER_SHARE", "1")
    told.setattr(time, "time", lambda: NOW + 0.5)

    publish.handler({}, Run())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 7
    assert {line["_aws"]["Timestamp"] for line in lines} == {NOW * 1000 + 500}
    assert [line["HeadOfQueueAge"] for line in lines if "HeadOfQueueAge" in line] == [90, 90]


@pytest.mark.usefixtures("told")
def test_a_run_that_could_not_read_everything_fails_after_it_wrote_the_rest(
    batch: Batch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The function's alarm on errors tells people."""
    batch.refused.add(QUEUE)

    with pytest.raises(RuntimeError, match="could not read nightly; the log says why"):
        publish.handler({}, Run())

    assert who_is_told(capsys) == [("spot", None), ("daily", None)]
    assert "cannot read queue nightly" in caplog.text


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("fault", FAULTS)
def test_environments_that_cannot_be_read_are_said_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def refused(_: object, __: object) -> Any:
        raise fault

    monkeypatch.setattr(Reader, "environments", refused)
    monkeypatch.setenv("QUEUES", "")

    with pytest.raises(RuntimeError, match="could not read compute environments; the log says"):
        publish.handler({}, Run())

    assert str(fault) in caplog.text


@pytest.mark.usefixtures("told")
def test_environments_that_cannot_be_described_cost_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def partly(_: object, arns: list[str]) -> Any:
        if "first" in arns or "later" in arns:
            raise ClientError({"Error": {"Code": "ClientException"}}, "Describe")
        state: Any = {"invalid": False, "disabled": False, "max_vcpus": 4, "desired_vcpus": 0}
        return iter([EnvironmentReading(name=one, **state) for one in arns])

    monkeypatch.setattr(Reader, "environments", partly)
    monkeypatch.setenv("QUEUES", "")
    many = ["first", *(f"e{number}" for number in range(DESCRIBED_AT_ONCE + 2))]
    many += ["x"] * (DESCRIBED_AT_ONCE - 3) + ["later"]
    monkeypatch.setenv("COMPUTE_ENVIRONMENTS", ",".join(many))

    with pytest.raises(RuntimeError, match="could not read compute environments; the log says"):
        publish.handler({}, Run())

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["ComputeEnvironmentName"] for one in told][:3] == ["e99", "e100", "e101"]


@pytest.mark.usefixtures("told")
def test_what_batch_does_not_tell_of_is_an_error_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Nothing:
        def describe_job_queues(self, **_: object) -> Any:
            return {"jobQueues": []}

        def describe_compute_environments(self, **_: object) -> Any:
            return {"computeEnvironments": []}

    monkeypatch.setattr(publish, "_reader", lambda: Reader(batch=Nothing(), most_jobs=1))
    monkeypatch.setattr(publish, "_unread_before", ["one"])
    monkeypatch.setenv("QUEUES", "one,two")
    monkeypatch.setenv("COMPUTE_ENVIRONMENTS", "fleet")

    with pytest.raises(RuntimeError, match="could not read compute environments, one, two; the"):
        publish.handler({}, Run())


def test_a_maximum_of_which_a_part_is_not_told_is_not_known() -> None:
    class Half:
        def describe_compute_environments(self, **_: object) -> Any:
            found = {"computeEnvironmentName": "a", "computeResources": {"maxvCpus": 4}}
            return {"computeEnvironments": [found]}

    assert Reader(batch=Half(), most_jobs=1)._max_vcpus(["a"]) == 4
    assert Reader(batch=Half(), most_jobs=1)._max_vcpus(["a", "b"]) is None


@pytest.mark.parametrize(
    "letter",
    [
        {"Records": [{"messageId": "1", "body": "{}"}]},
        {"requestPayload": {}, "requestContext": {"requestId": "1"}},
    ],
)
def test_a_reading_that_failed_is_not_taken_later(
    letter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be one more of now, and vCPU-hours add readings up."""
    monkeypatch.setattr(publish, "_reader", pytest.fail)

    publish.handler(letter, None)
