"""The ready-made submit function, and Spot rescue's."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import boto3
import pytest

from batch_constructs.aws.names import JOB_NAME
from batch_constructs.functions.claims.effect import RefusedError, UnsureError
from batch_constructs.functions.claims.invocation import Invocation, TooLateError
from batch_constructs.functions.claims.outcome import ONCE, PATIENT
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.submission import rescue, submit
from batch_constructs.functions.submission.batch_api import BatchApi
from batch_constructs.functions.submission.message_reader import Poison
from batch_constructs.functions.submission.repeat import WHOSE, repeat
from tests.functions.aws_in_process import KilledError, answer
from tests.functions.test_submission_gateway import ASKED

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
        "SPOT_QUEUE": "spot",
        "RESCUE_QUEUE": "on-demand",
        "CLAIMS_TABLE": "claims",
    }.items():
        monkeypatch.setenv(name, value)
    claims_table("claims")
    submit.submitter.cache_clear()
    yield
    submit.submitter.cache_clear()


def claims_table(name: str) -> None:
    boto3.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
    )


@pytest.mark.parametrize("name", ASKED)
def test_an_event_sets_only_what_is_admitted_by_name(
    name: str, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, value = ASKED[name]
    monkeypatch.setenv("ALLOW", ",".join(set(ASKED) - {name}))

    with pytest.raises(Poison, match=rf"not allowed to set {member}.*\(allow {name}\)"):
        submit.handler({member: value}, Context())
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
            "tags": {WHOSE: ANY},
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
    submit.handler({"jobName": "plain"}, Context())

    shares = [(job["shareIdentifier"], job["schedulingPriorityOverride"]) for job in aws.batch.jobs]
    assert shares == [("red", 3), ("blue", 3)]


@pytest.mark.parametrize("name", ["", {}, ["a"], {"id": 1}, 1764361234.1234567])
def test_a_name_that_tells_no_event_from_another_is_poison(aws: Aws, name: object) -> None:
    with pytest.raises(Poison, match="jobName is"):
        submit.handler({"jobName": name}, Context())
    assert aws.batch.jobs == []


def test_a_number_names_a_job_and_none_is_no_name(aws: Aws) -> None:
    for name in (17, "17", None):
        submit.handler({"jobName": name}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["17", "Submit-5a1f"]


def test_an_answer_that_names_no_job_leaves_open_whether_it_is_there(aws: Aws) -> None:
    aws.batch.script["SubmitJob"] = lambda _: answer(200, {})

    with pytest.raises(UnsureError, match="names no job"):
        submit.handler({"jobName": "one"}, Context())


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


def test_an_event_cannot_choose_the_queue_or_the_definition(aws: Aws) -> None:
    for member in ("jobQueue", "jobDefinition"):
        with pytest.raises(Poison, match=f"unknown members {member}"):
            submit.handler({member: "other"}, Context())
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
        "tags": {"team": "x", WHOSE: ANY},
        "containerOverrides": {
            "command": ["run"],
            "environment": [{"name": "A", "value": "1"}, FIRST],
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


@pytest.mark.parametrize("landed", [True, False])
def test_a_job_that_was_perhaps_submitted_to_the_queue_before_is_looked_for_there(
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    landed: bool,  # noqa: FBT001 - whether the first submission took effect
) -> None:
    """A deployment gives the function another queue, and then the one before it again."""
    first = os.environ["JOB_QUEUE"]
    now = time.time()
    for hour, queue in enumerate((first, "another", first)):
        monkeypatch.setenv("JOB_QUEUE", queue)
        monkeypatch.setattr(time, "time", lambda at=now + 3600 * hour: at)
        submit.submitter.cache_clear()
        aws.faults.lose_answer = 1.0
        if hour == 0 and not landed:
            aws.batch.script["SubmitJob"] = lambda _: answer(500, {"message": "down"})
        if hour == 0 or (hour == 1 and not landed):
            with pytest.raises(UnsureError):
                submit.handler({"jobName": "report"}, Context())
        else:
            found = submit.handler({"jobName": "report"}, Context())
            assert found == {"jobName": "report", "jobId": aws.batch.jobs[0]["jobId"]}
        aws.batch.script.clear()

    assert [job["jobQueue"] for job in aws.batch.jobs] == [first if landed else "another"]


def test_what_lies_in_the_dead_letter_queue_is_handled_as_it_lies_there(aws: Aws) -> None:
    """One that Lambda gave up, and one that EventBridge could not hand over; and one that fails."""
    failed = {"requestContext": {"requestId": "5a1f"}, "requestPayload": {"jobName": "one"}}
    bodies = [failed, {"jobName": "two"}, {"jobQueue": "other"}]
    records = [{"messageId": str(n), "body": json.dumps(each)} for n, each in enumerate(bodies)]

    failures = submit.handler({"Records": records}, Context())

    assert [job["jobName"] for job in aws.batch.jobs] == ["one", "two"]
    assert failures == {"batchItemFailures": [{"itemIdentifier": "2"}]}


def test_an_event_that_no_rule_has_made_a_submission_of_says_so() -> None:
    """As EventBridge leaves it in a dead-letter queue, whatever the rule makes of it."""
    event = {"source": "aws.s3", "detail-type": "Object Created", "detail": {}, "account": "1"}

    with pytest.raises(Poison, match="before a rule turned it into a submission.*submit the job"):
        submit.handler(event, Context())


@pytest.mark.parametrize(("days", "made"), [(14.9, 1), (15.1, 0)])
def test_an_event_that_is_replayed_after_its_claim_is_forgotten_is_refused(
    aws: Aws, days: float, made: int
) -> None:
    """By an archive of EventBridge: nobody knows any more whether the job runs again already."""
    happened = datetime.fromtimestamp(time.time() - days * DAY, UTC).isoformat()
    event = {**lost(), "source": "aws.batch", "detail-type": "A", "time": happened}

    if made:
        rescue.handler(event, Context())
    else:
        with pytest.raises(TooLateError, match=f"it happened at {re.escape(happened)}, more than"):
            rescue.handler(event, Context())

    assert len(aws.batch.jobs) == made


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
        ran = aws.batch.jobs[-1]["containerOverrides"]
        event = lost(jobName=made["jobName"], jobId=f"{hop}c7599ae", container=ran)

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
FIRST = {"name": "BATCH_RESCUES", "value": "1"}
CHILD = {"name": "BATCH_RESCUED_CHILD", "value": "4c75:7"}


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
                                {
                                    "name": "main",
                                    "command": ["run"],
                                    "environment": [INDEX, CHILD, FIRST],
                                },
                                {
                                    "name": "proxy",
                                    "environment": [
                                        {"name": "A", "value": "1"},
                                        INDEX,
                                        CHILD,
                                        FIRST,
                                    ],
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
                                "env": [{"name": "A", "value": "1"}, INDEX, CHILD, FIRST],
                            }
                        ],
                        "initContainers": [
                            {"name": "first", "args": ["x"], "env": [INDEX, CHILD, FIRST]}
                        ],
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
                "containerOverrides": {"command": ["run"], "environment": [FIRST]},
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


def by(table: str, *, at: float = 0.0, dies: bool = False) -> submit.Submitter:
    """Return what submits, with claims in this table and a clock that is so many seconds ahead."""
    now = time.time() + at
    submits = boto3.client("batch", config=ONCE)
    if dies:

        def die(**_: object) -> None:
            raise KilledError

        submits.submit_job = die
    return submit.Submitter(
        claims=Claims(dynamodb=boto3.client("dynamodb"), table=table, clock=lambda: now),
        batch_api=BatchApi(
            submits,
            boto3.client("batch", config=PATIENT),
            per_second=50,
            clock=lambda: now,
            sleep=time.sleep,
        ),
    )


def asks(by_whom: submit.Submitter, name: str = "order-17") -> str:
    invocation = Invocation(deadline=by_whom.claims.clock() + 50, clock=by_whom.claims.clock)
    return submit.submit(by_whom, {"jobName": name}, "5a1f", invocation)["jobId"]


HOUR, DAY = 3600, 86_400


def test_two_functions_with_one_name_in_one_queue_submit_each_its_own(aws: Aws) -> None:
    """One dies as it submits, the other submits; what the first then finds is not its own."""
    claims_table("others")
    with pytest.raises(KilledError):
        asks(by("claims", dies=True))
    theirs = asks(by("others"))

    ours = asks(by("claims", at=HOUR))

    assert [job["jobId"] for job in aws.batch.jobs] == [theirs, ours]


@pytest.mark.parametrize("days", [1, 6.9])
def test_a_job_of_a_dead_letter_that_batch_would_know_and_does_not_is_submitted(
    aws: Aws, days: float
) -> None:
    with pytest.raises(KilledError):
        asks(by("claims", dies=True))

    asks(by("claims", at=days * DAY))

    assert len(aws.batch.jobs) == 1


def test_a_job_that_batch_still_knows_after_a_week_is_found(aws: Aws) -> None:
    with pytest.raises(KilledError):
        asks(by("claims", dies=True))
    asks(by("claims", at=DAY))
    settled = boto3.client("dynamodb")
    (row,) = settled.scan(TableName="claims")["Items"]
    settled.update_item(  # as if its end could not be noted
        TableName="claims",
        Key={"key": row["key"]},
        UpdateExpression="REMOVE #result",
        ExpressionAttributeNames={"#result": "result"},
    )

    assert asks(by("claims", at=9 * DAY)) == aws.batch.jobs[0]["jobId"]
    assert len(aws.batch.jobs) == 1


@pytest.mark.parametrize("count", [49, 50])
def test_a_job_with_as_many_tags_as_aws_takes_is_submitted_once(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    tags = {f"tag-{number}": "x" for number in range(count)}
    monkeypatch.setenv("ALLOW", "tags")
    aws.faults.lose_answer = 1.0

    def asked(at: float) -> str:
        whom = by("claims", at=at)
        invocation = Invocation(deadline=whom.claims.clock() + 50, clock=whom.claims.clock)
        return submit.submit(whom, {"jobName": "n", "tags": tags}, "5a1f", invocation)["jobId"]

    with pytest.raises(UnsureError):
        asked(0)

    assert asked(HOUR) == aws.batch.jobs[0]["jobId"]
    assert [len(job["tags"]) for job in aws.batch.jobs] == [50]


def test_a_job_that_nobody_began_is_sought_nowhere(aws: Aws) -> None:
    asks(by("claims"))

    assert (aws.calls["batch:ListJobs"], aws.calls["dynamodb:GetItem"]) == (0, 0)


def test_a_job_of_a_dead_letter_that_batch_may_have_forgotten_is_never_made_twice(
    aws: Aws,
) -> None:
    with pytest.raises(KilledError):
        asks(by("claims", dies=True))

    for days in (7, 8, 13):
        with pytest.raises(TooLateError, match="order-17 was perhaps submitted at 20"):
            asks(by("claims", at=days * DAY))
    assert aws.batch.jobs == []
    assert asks(by("claims", at=13 * DAY), name="order-17-again")


def test_a_job_that_was_surely_not_submitted_may_be_at_any_time(aws: Aws) -> None:
    aws.faults.refuse = lambda _: "not authorized"
    with pytest.raises(RefusedError):
        asks(by("claims"))
    aws.faults.refuse = lambda _: None

    asks(by("claims", at=13 * DAY))

    assert len(aws.batch.jobs) == 1


def test_time_since_a_sure_failure_is_not_time_since_a_death(aws: Aws) -> None:
    """The age counts from the first run that nobody knows the end of, not from one before."""
    aws.faults.refuse = lambda _: "not authorized"
    with pytest.raises(RefusedError):
        asks(by("claims"))
    aws.faults.refuse = lambda _: None
    with pytest.raises(KilledError):
        asks(by("claims", at=6 * DAY, dies=True))

    asks(by("claims", at=8 * DAY))

    assert len(aws.batch.jobs) == 1


@pytest.mark.parametrize(("days", "late"), [(14.9, False), (15.1, True)])
def test_a_dead_letter_that_is_older_than_its_claim_is_told_not_handled(
    aws: Aws,
    days: float,
    late: bool,  # noqa: FBT001 - a case
) -> None:
    at = datetime.fromtimestamp(time.time() - days * DAY, UTC)
    letter = {**failed_once(1), "timestamp": f"{at:%Y-%m-%dT%H:%M:%S.000}Z"}
    batch = {"Records": [{"messageId": "a", "body": json.dumps(letter)}]}

    failed = submit.handler(batch, Context())

    assert failed == {"batchItemFailures": [{"itemIdentifier": "a"}] if late else []}
    assert len(aws.batch.jobs) == (0 if late else 1)


def test_a_rescued_job_has_the_claim_of_its_own_submission(aws: Aws) -> None:
    rescue.handler(lost(tags={WHOSE: "of-the-lost-one", "team": "x"}), Context())

    (job,) = aws.batch.jobs
    assert set(job["tags"]) == {"team", WHOSE}
    assert job["tags"][WHOSE] != "of-the-lost-one"
