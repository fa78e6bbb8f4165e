"""The ready-made submit function, and Spot rescue's."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from batch_constructs.aws.names import JOB_NAME
from batch_constructs.functions.claims.effect import RefusedError, UnsureError
from batch_constructs.functions.submission import rescue, submit
from batch_constructs.functions.submission.message_reader import Poison
from batch_constructs.functions.submission.repeat import repeat
from tests.functions.aws_in_process import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.functions.aws_in_process import Aws


@dataclass
class Context:
    aws_request_id: str = "5a1f"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture(autouse=True)
def environment(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    del aws
    for name, value in {
        "JOB_QUEUE": "main",
        "JOB_DEFINITION": "report:3",
        "NAME_PREFIX": "Submit",
        "RESCUE_QUEUE": "on-demand",
        "CLAIMS_TABLE": "claims",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("dynamodb").create_table(
        TableName="claims",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
    )
    submit.submitter.cache_clear()
    yield
    submit.submitter.cache_clear()


def test_an_event_sets_only_what_is_admitted_by_name(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOW", "array_size,retry")

    with pytest.raises(Poison, match=r"not set containerOverrides.command \(allow command\)"):
        submit.handler({"containerOverrides": {"command": ["rm"]}}, Context())
    assert aws.batch.jobs == []


def test_an_event_becomes_a_job_with_what_it_asks(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOW", "array_size")
    event = {"parameters": {"day": 1}, "environment": {"M": "x"}, "arrayProperties": {"size": 3}}

    answer = submit.handler(event, Context())
    assert answer is not None

    assert aws.batch.jobs == [
        {
            "jobName": "Submit-5a1f",
            "jobQueue": "main",
            "jobDefinition": "report:3",
            "parameters": {"day": "1"},
            "containerOverrides": {"environment": [{"name": "M", "value": "x"}]},
            "arrayProperties": {"size": 3},
            "jobId": answer["jobId"],
        }
    ]


def test_defaults_of_the_construct_give_way_to_the_event(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARE_IDENTIFIER", "blue")
    monkeypatch.setenv("SCHEDULING_PRIORITY", "3")
    monkeypatch.setenv("ALLOW", "share_identifier")

    submit.handler({"shareIdentifier": "red"}, Context())

    (job,) = aws.batch.jobs
    assert (job["shareIdentifier"], job["schedulingPriorityOverride"]) == ("red", 3)


def test_the_same_name_again_submits_nothing(aws: Aws) -> None:
    first = submit.handler({"jobName": "order-17"}, Context())
    second = submit.handler({"jobName": "order-17"}, Context())

    assert first == second == {"jobName": "order-17", "jobId": aws.batch.jobs[0]["jobId"]}
    assert len(aws.batch.jobs) == 1


def test_names_that_a_job_cannot_have_stay_readable_and_apart() -> None:
    given = ["order/1", "order.1", "日本", "中国", "-x", "", *(f"{'a' * 128}{n}" for n in range(2))]

    names = [submit.job_name(name) for name in given]

    assert len(set(names)) == len(given)
    assert [JOB_NAME.wrong(name) for name in names] == [None] * len(given)
    assert names[0].startswith("order-1-")
    assert submit.job_name("Report_2026-11") == "Report_2026-11"


def test_an_event_cannot_choose_the_queue(aws: Aws) -> None:
    with pytest.raises(Poison, match="unknown members jobQueue"):
        submit.handler({"jobQueue": "other"}, Context())
    assert aws.batch.jobs == []


def lost(**more: Any) -> dict[str, Any]:
    return {
        "detail": {
            "jobName": "night",
            "jobId": "4c7599ae",
            "jobQueue": "spot",
            "jobDefinition": "report:3",
            "status": "FAILED",
            "statusReason": "Host EC2 (instance i-1) terminated.",
            "parameters": {"day": "1"},
            "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
            "tags": {"team": "x", "aws:y": "z"},
            "container": {
                "command": ["run"],
                "environment": [{"name": "A", "value": "1"}],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}],
            },
            **more,
        }
    }


def test_a_lost_job_runs_again_on_the_rescue_queue_with_all_it_was_given(aws: Aws) -> None:
    rescue.handler(lost(), Context())

    (job,) = aws.batch.jobs
    del job["jobId"]
    assert job == {
        "jobName": "night-rescue-4c7599ae",
        "jobQueue": "on-demand",
        "jobDefinition": "report:3",
        "parameters": {"day": "1"},
        "retryStrategy": {"attempts": 2, "evaluateOnExit": []},
        "tags": {"team": "x"},
        "containerOverrides": {
            "command": ["run"],
            "environment": [{"name": "A", "value": "1"}],
            "resourceRequirements": [{"type": "VCPU", "value": "1"}],
        },
    }


def test_an_event_that_comes_twice_makes_one_job(aws: Aws) -> None:
    rescue.handler(lost(), Context())
    rescue.handler(lost(), Context())

    assert len(aws.batch.jobs) == 1


def refused(aws: Aws, *definitions: str) -> None:
    """Let AWS Batch refuse these definitions, as it does once they are deregistered."""

    def tell(body: dict[str, Any]) -> Any:
        if body["jobDefinition"] not in definitions:
            return aws.batch.SubmitJob(body)
        said = f"JobDefinition {body['jobDefinition']} is not ACTIVE"
        return answer(400, {"message": said}, error="ClientException")

    aws.batch.script["SubmitJob"] = tell


def test_a_lost_job_whose_revision_a_deployment_took_away_runs_with_the_newest(aws: Aws) -> None:
    arn = "arn:aws:batch:us-east-1:111122223333:job-definition/report"
    refused(aws, f"{arn}:3")

    rescue.handler(lost(jobDefinition=f"{arn}:3"), Context())

    (job,) = aws.batch.jobs
    assert job["jobDefinition"] == arn


def test_a_lost_job_that_is_refused_with_the_newest_too_is_told(aws: Aws) -> None:
    refused(aws, "report:3", "report")

    with pytest.raises(RefusedError, match="JobDefinition report is not ACTIVE"):
        rescue.handler(lost(jobDefinition="report:3"), Context())


def indices(job: dict[str, Any]) -> str | None:
    pairs = job["containerOverrides"]["environment"]
    return {pair["name"]: pair["value"] for pair in pairs}.get("ARRAY_INDICES")


def test_a_lost_child_becomes_a_job_that_knows_its_index(aws: Aws) -> None:
    rescue.handler(lost(jobId="4c75:7", arrayProperties={"index": 7}), Context())

    (job,) = aws.batch.jobs
    assert job["jobName"] == "night-rescue-4c75-7"
    assert "arrayProperties" not in job
    assert indices(job) == "7"


@pytest.mark.parametrize(("job_id", "expected"), [("4c75:1", "17"), ("4c75", "3,17")])
def test_a_redriven_job_keeps_its_indices(aws: Aws, job_id: str, expected: str) -> None:
    container = {"environment": [{"name": "ARRAY_INDICES", "value": "3,17"}]}

    rescue.handler(lost(container=container, jobId=job_id), Context())

    assert indices(aws.batch.jobs[0]) == expected


@pytest.mark.parametrize("job", [{"arrayProperties": {"size": 9}}, {"jobId": "4c75#1"}])
def test_what_has_an_event_of_its_own_elsewhere_is_left_to_that(
    aws: Aws, job: dict[str, Any]
) -> None:
    assert rescue.handler(lost(**job), Context()) is None
    assert aws.batch.jobs == []


def test_jobs_whose_names_differ_in_capitals_are_two(aws: Aws) -> None:
    for name in ("Report", "report", "report"):
        submit.handler({"jobName": name}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["Report", "report"]


def test_a_job_whose_submitter_died_is_found_by_its_exact_name(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS Batch lists names whatever their case."""
    submit.handler({"jobName": "Report"}, Context())
    aws.faults.lose_answer = 1.0
    with pytest.raises(UnsureError):
        submit.handler({"jobName": "report"}, Context())
    aws.faults.lose_answer = 0.0

    def whatever_case(body: dict[str, Any]) -> Any:
        (name,) = body["filters"][0]["values"]
        found = [job for job in aws.batch.jobs if job["jobName"].lower() == name.lower()]
        return answer(200, {"jobSummaryList": found})

    aws.batch.script["ListJobs"] = whatever_case
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    submit.submitter.cache_clear()
    again = submit.handler({"jobName": "report"}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["Report", "report"]
    assert again == {"jobName": "report", "jobId": aws.batch.jobs[1]["jobId"]}


def test_what_lies_in_the_dead_letter_queue_is_handled_as_it_lies_there(aws: Aws) -> None:
    """One that Lambda gave up, and one that EventBridge could not hand over; and one that fails."""
    failed = {"requestContext": {"requestId": "5a1f"}, "requestPayload": {"jobName": "one"}}
    bodies = [failed, {"jobName": "two"}, {"jobQueue": "other"}]
    records = [{"messageId": str(n), "body": json.dumps(each)} for n, each in enumerate(bodies)]

    failures = submit.handler({"Records": records}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["one", "two"]
    assert failures == {"batchItemFailures": [{"itemIdentifier": "2"}]}


@pytest.mark.parametrize(
    ("said", "override"),
    [
        ({"schedulingPriority": 5}, None),
        ({"shareIdentifier": "blue"}, None),
        ({"schedulingPriority": 5, "shareIdentifier": "blue"}, 5),
    ],
)
def test_a_priority_goes_along_where_there_is_a_share(
    said: dict[str, Any], override: int | None
) -> None:
    """A queue without a scheduling policy refuses one."""
    assert repeat(lost(**said)["detail"]).get("schedulingPriorityOverride") == override


def test_two_queues_that_rescue_each_others_jobs_come_to_an_end(aws: Aws) -> None:
    event = lost()
    for hop in range(6):
        made = rescue.handler(event, Context())
        if made is None:
            break
        event = lost(jobName=made["jobName"], jobId=f"{hop}c7599ae", jobQueue="on-demand")

    assert [job["jobName"] for job in aws.batch.jobs] == [
        "night-rescue-4c7599ae",
        "night-rescue2-0c7599ae",
        "night-rescue3-1c7599ae",
    ]


SEVERAL = {
    "container": {},
    "ecsProperties": {
        "taskProperties": [
            {
                "containers": [
                    {"name": "main", "image": "i", "command": ["run"], "environment": []},
                    {
                        "name": "proxy",
                        "environment": [
                            {"name": "A", "value": "1"},
                            {"name": "AWS_BATCH_JOB_ID", "value": "x"},
                        ],
                    },
                ]
            }
        ]
    },
}
POD = {
    "container": {},
    "eksProperties": {
        "podProperties": {
            "podName": "p",
            "containers": [{"name": "main", "image": "i", "env": [{"name": "A", "value": "1"}]}],
            "initContainers": [{"name": "first", "args": ["x"], "exitCode": 0}],
            "metadata": {"labels": {"team": "x"}},
        }
    },
}
NODES = {
    "container": {},
    "nodeProperties": {
        "numNodes": 2,
        "mainNode": 0,
        "nodeRangeProperties": [
            {
                "targetNodes": "0:1",
                "container": {"command": ["run"], "memory": 512},
                "instanceTypes": ["c5.large"],
            }
        ],
    },
}
INDEX = {"name": "ARRAY_INDICES", "value": "7"}


@pytest.mark.parametrize(
    ("kind", "overrides"),
    [
        (
            SEVERAL,
            {
                "ecsPropertiesOverride": {
                    "taskProperties": [
                        {
                            "containers": [
                                {"name": "main", "command": ["run"], "environment": [INDEX]},
                                {
                                    "name": "proxy",
                                    "environment": [{"name": "A", "value": "1"}, INDEX],
                                },
                            ]
                        }
                    ]
                }
            },
        ),
        (
            POD,
            {
                "eksPropertiesOverride": {
                    "podProperties": {
                        "containers": [
                            {
                                "name": "main",
                                "image": "i",
                                "env": [{"name": "A", "value": "1"}, INDEX],
                            }
                        ],
                        "initContainers": [{"name": "first", "args": ["x"], "env": [INDEX]}],
                        "metadata": {"labels": {"team": "x"}},
                    }
                }
            },
        ),
    ],
)
def test_a_lost_child_of_any_kind_runs_again_and_each_container_knows_its_index(
    aws: Aws, kind: dict[str, Any], overrides: dict[str, Any]
) -> None:
    """The client looks at each request as botocore's model of SubmitJob has it."""
    rescue.handler(lost(jobId="4c75:7", arrayProperties={"index": 7}, **kind), Context())

    (job,) = aws.batch.jobs
    given = {name: value for name, value in job.items() if name.endswith(("Override", "Overrides"))}
    assert given == overrides


def test_a_lost_job_of_several_nodes_runs_again_with_what_its_nodes_were_given(aws: Aws) -> None:
    rescue.handler(lost(**NODES), Context())

    (job,) = aws.batch.jobs
    assert job["nodeOverrides"] == {
        "numNodes": 2,
        "nodePropertyOverrides": [
            {
                "targetNodes": "0:1",
                "containerOverrides": {"command": ["run"]},
                "instanceTypes": ["c5.large"],
            }
        ],
    }


def test_a_lost_job_holds_the_same_consumable_resources_again(aws: Aws) -> None:
    held = {"consumableResourceList": [{"consumableResource": "licence", "quantity": 2}]}

    rescue.handler(lost(consumableResourceProperties=held), Context())

    assert aws.batch.jobs[0]["consumableResourcePropertiesOverride"] == held


@pytest.mark.parametrize(("queue", "share"), [("fair-queue", "blue"), ("on-demand", None)])
def test_a_share_goes_along_to_a_queue_that_knows_shares(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, queue: str, share: str | None
) -> None:
    monkeypatch.setenv("RESCUE_QUEUE", queue)

    rescue.handler(lost(shareIdentifier="blue", schedulingPriority=3), Context())

    (job,) = aws.batch.jobs
    assert job.get("shareIdentifier") == share
    assert job.get("schedulingPriorityOverride") == (None if share is None else 3)


def waiting(aws: Aws, *before: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the event of a job that failed with those it waited for."""

    def describe(body: dict[str, Any]) -> Any:
        return answer(200, {"jobs": [each for each in before if each["jobId"] in body["jobs"]]})

    aws.batch.script["DescribeJobs"] = describe
    waits = [{"jobId": each["jobId"]} for each in before]
    return lost(
        **{
            "jobId": "late",
            "jobName": "after",
            "statusReason": "Dependent Job failed",
            "dependsOn": waits,
            **more,
        }
    )


def test_a_job_that_waited_for_a_lost_one_waits_for_the_new_one(aws: Aws) -> None:
    first = lost()
    done = lost(jobId="done", status="SUCCEEDED")["detail"]
    event = waiting(aws, first["detail"], done)
    with pytest.raises(rescue.NotYetError, match="4c7599ae was lost and is not submitted again"):
        rescue.handler(event, Context())

    made = rescue.handler(first, Context())
    rescue.handler(event, Context())

    assert made is not None
    assert [job["jobName"] for job in aws.batch.jobs] == [
        "night-rescue-4c7599ae",
        "after-rescue-late",
    ]
    assert aws.batch.jobs[1]["dependsOn"] == [{"jobId": made["jobId"]}]


@pytest.mark.parametrize(
    "more",
    [
        {"statusReason": "Essential container in task exited"},
        {"jobName": "night-rescue3-4c75"},
        {"statusReason": "Dependent Job failed", "dependsOn": []},
    ],
)
def test_a_job_that_waited_for_one_that_failed_of_its_own_stays_failed(
    aws: Aws, more: dict[str, Any]
) -> None:
    assert rescue.handler(waiting(aws, lost(**more)["detail"]), Context()) is None
    assert aws.batch.jobs == []


@pytest.mark.parametrize(
    "depends_on", [[{"jobId": "4c7599ae", "type": "N_TO_N"}], [{"type": "SEQUENTIAL"}]]
)
def test_what_waits_child_for_child_is_left_alone(aws: Aws, depends_on: list[Any]) -> None:
    event = waiting(aws, lost()["detail"], dependsOn=depends_on)

    assert rescue.handler(event, Context()) is None
    assert aws.batch.jobs == []


def test_a_job_at_the_end_of_a_chain_waits_for_the_one_before_it(aws: Aws) -> None:
    first = lost()
    middle = waiting(aws, first["detail"])
    last = waiting(aws, first["detail"], middle["detail"], jobId="last")
    last["detail"]["dependsOn"] = [{"jobId": "late"}]
    rescue.handler(first, Context())
    with pytest.raises(rescue.NotYetError):
        rescue.handler(last, Context())

    made = rescue.handler(middle, Context())
    rescue.handler(last, Context())

    assert made is not None
    assert aws.batch.jobs[-1]["dependsOn"] == [{"jobId": made["jobId"]}]


def failed_once(number: int) -> dict[str, Any]:
    """Give the record that Lambda keeps of a failed event that named no job."""
    return {
        "requestContext": {"requestId": f"first-{number}"},
        "requestPayload": {"parameters": {"n": str(number)}},
    }


def test_dead_letters_without_a_job_name_are_redriven_each(aws: Aws) -> None:
    records = [{"messageId": str(n), "body": json.dumps(failed_once(n))} for n in range(3)]

    assert submit.handler({"Records": records}, Context()) == {"batchItemFailures": []}

    assert sorted(job["parameters"]["n"] for job in aws.batch.jobs) == ["0", "1", "2"]


def test_a_dead_letter_without_a_job_name_is_the_job_that_failed(aws: Aws) -> None:
    submit.handler({"parameters": {"n": "1"}}, Context(aws_request_id="first-1"))
    submit.handler(failed_once(1), Context(aws_request_id="another"))

    assert len(aws.batch.jobs) == 1


def test_events_that_never_reached_the_function_are_told_apart_by_their_messages(aws: Aws) -> None:
    body = json.dumps({"parameters": {"n": "1"}})
    submit.handler({"Records": [{"messageId": n, "body": body} for n in ("a", "b")]}, Context())

    assert len(aws.batch.jobs) == 2
