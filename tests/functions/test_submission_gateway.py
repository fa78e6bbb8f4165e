"""The submission gateway under what AWS does to it: duplicates, throttling, lost answers, death."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import boto3
import fastjsonschema
import pytest

from batch_constructs.aws.admission import Admission
from batch_constructs.aws.overridden_containers import OverriddenContainer
from batch_constructs.functions.claims.lease import AFTERMATH_SECONDS
from batch_constructs.functions.submission import gateway_requests
from batch_constructs.functions.submission.defaults import merged
from batch_constructs.functions.submission.message_reader import Poison, read_request
from tests.functions.aws_in_process import answer, messages_in
from tests.functions.gateway_world import (
    TIMEOUT_SECONDS,
    Sqs,
    World,
    body,
    one_job_each,
    world,
)

__all__ = ["world"]  # the fixture


def test_a_message_becomes_a_job_with_what_its_body_asks(world: World) -> None:
    world.settings["allow"] = frozenset({"command", "share_identifier", "timeout"})
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(
        json.dumps(
            {
                "parameters": {"key": "a.csv", "size": 5},
                "environment": {"MODE": "fast"},
                "containerOverrides": {"command": ["run"]},
                "shareIdentifier": "blue",
                "timeout": {"attemptDurationSeconds": 60},
            }
        )
    )

    sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert job.pop("jobName").startswith("mail-")
    assert job == {
        "jobId": job["jobId"],
        "jobQueue": "queue",
        "jobDefinition": "definition",
        "parameters": {"key": "a.csv", "size": "5"},
        "containerOverrides": {
            "command": ["run"],
            "environment": [{"name": "MODE", "value": "fast"}],
        },
        "shareIdentifier": "blue",
        "timeout": {"attemptDurationSeconds": 60},
    }


ASKED: dict[str, tuple[str, Any]] = {
    "array_size": ("arrayProperties", {"size": 3}),
    "command": ("containerOverrides", {"command": ["rm"]}),
    "consumable_resources": ("consumableResourcePropertiesOverride", {}),
    "containers": ("ecsPropertiesOverride", {}),
    "gpus": ("containerOverrides", {"resourceRequirements": [{"type": "GPU", "value": "8"}]}),
    "instance_type": ("containerOverrides", {"instanceType": "p5.48xlarge"}),
    "memory": ("containerOverrides", {"memory": 9}),
    "nodes": ("nodeOverrides", {}),
    "pods": ("eksPropertiesOverride", {}),
    "retry": ("retryStrategy", {"attempts": 10}),
    "scheduling_priority": ("schedulingPriorityOverride", 9999),
    "share_identifier": ("shareIdentifier", "vip"),
    "tags": ("tags", {"a": "b"}),
    "timeout": ("timeout", {"attemptDurationSeconds": 60}),
    "vcpus": ("containerOverrides", {"resourceRequirements": [{"type": "VCPU", "value": "8"}]}),
}
"""What is admitted by name → a member of SubmitJob, and its value."""


def test_every_admission_is_asked_for_below() -> None:
    assert set(ASKED) == {str(one) for one in Admission}


@pytest.mark.parametrize("name", ASKED)
def test_a_message_sets_only_what_is_admitted_by_name(name: str, world: World) -> None:
    member, value = ASKED[name]
    sqs = Sqs(world.aws, batch_size=10)
    for allow in (frozenset(set(ASKED) - {name}), frozenset({name})):
        world.settings["allow"] = allow
        sqs.send(json.dumps({member: value}))
        sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert job[member] == value
    (reason,) = world.reasons().values()
    assert reason.startswith(f"it is not allowed to set {member}")
    assert reason.endswith(f"(allow {name}): add it to allow of the construct")


@pytest.mark.parametrize(
    "odd",
    [
        {"containerOverrides": {"newer": 1}},
        {"containerOverrides": {"parameters": "x"}},
        {"containerOverrides": {"resourceRequirements": [{"type": "TPU", "value": "1"}]}},
        {"containerOverrides": {"resourceRequirements": "x"}},
        {"containerOverrides": {"resourceRequirements": [{"type": ["GPU"]}]}},
    ],
)
def test_what_nobody_knows_is_admitted_by_no_name(odd: dict[str, Any], world: World) -> None:
    world.settings["allow"] = frozenset(ASKED)
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(json.dumps(odd))

    sqs.drain(world.gateway)

    assert world.jobs() == []
    (reason,) = world.reasons().values()
    assert "(not to be allowed)" in reason


def test_fields_of_any_body_become_parameters(world: World) -> None:
    world.settings["parameters"] = {
        "bucket": "$.Records[0].s3.bucket.name",
        "version": "$.Records[0].version-id",
    }
    sqs = Sqs(world.aws, batch_size=10)
    record = {"s3": {"bucket": {"name": "photos"}}, "version-id": 7}
    sqs.send(json.dumps({"Records": [record]}), json.dumps({"Records": []}))

    sqs.drain(world.gateway)

    assert [job["parameters"] for job in world.jobs()] == [{"bucket": "photos", "version": "7"}]
    assert list(world.reasons().values()) == ["the body has no $.Records[0].s3.bucket.name"]


def test_share_identifier_and_priority_of_the_gateway_go_with_every_job(world: World) -> None:
    world.settings |= {"share_identifier": "nightly", "scheduling_priority": 5}
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))

    sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert (job["shareIdentifier"], job["schedulingPriorityOverride"]) == ("nightly", 5)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "the body is not JSON: Expecting property name"),
        ("[1]", "the body is a JSON list, not an object"),
        ('{"jobQueue": "mine"}', "unknown members jobQueue; known: arrayProperties"),
        ('{"jobDefinition": "mine"}', "unknown members jobDefinition; known: arrayProperties"),
        ('{"jobName": "a", "queue": "mine"}', "unknown members jobName, queue"),
        ('{"parameters": {"a": null}}', "parameters.a is null, not a string or a number"),
        ('{"environment": {"AWS_BATCH_X": "1"}}', "AWS_BATCH_X: reserved; allowed: names that"),
        ('{"environment": {"ARRAY_INDICES": "0-9"}}', "ARRAY_INDICES: reserved; allowed:"),
        ('{"timeout": 5}', "Invalid type for parameter timeout, type: <class 'int'>, valid"),
    ],
)
def test_poison_is_set_aside_with_its_reason(world: World, bad: str, reason: str) -> None:
    world.settings["allow"] = frozenset({"timeout"})
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(bad, body(1))

    sqs.drain(world.gateway)

    one_job_each(world, [1])
    ((found, why),) = world.reasons().items()
    assert found == bad
    assert reason in why


@pytest.mark.parametrize(
    "bad",
    [
        {"environment": {"PASSWORD": ["hunter2"]}},
        {"parameters": {"password": {"is": "hunter2"}}},
        {"containerOverrides": {"environment": [{"Name": "PASSWORD", "Value": "hunter2"}]}},
    ],
)
def test_no_reason_shows_a_value_that_may_be_secret(bad: dict[str, Any]) -> None:
    with pytest.raises(Poison) as refused:
        read_request(bad, frozenset())

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('"s3:TestEvent"' + "[" * 100_000, "not JSON"),
        ('["s3:TestEvent",' + "[" * 100_000, "nested too deeply"),
        ('{"tags": ' + "[" * 900 + "]" * 900 + "}", ""),
        ('{"environment": {"A": "1"}, "containerOverrides": null}', "containerOverrides is not an"),
        *(
            (
                f'{{"environment": {{"A": "1"}}, "containerOverrides": {{"environment": {odd}}}}}',
                "containerOverrides.environment is",
            )
            for odd in ("null", "5", '"ab"', "[5]", '[{"name": "A"}]', '[{"name": 1, "value": ""}]')
        ),
        (
            '{"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}}',
            "AWS_BATCH_X: reserved; allowed: names that do not begin with AWS_BATCH",
        ),
        (
            '{"containerOverrides": {"environment": [{"name": "BATCH_RESCUES", "value": "3"}]}}',
            "BATCH_RESCUES: reserved; allowed:",
        ),
        (
            (
                '{"environment": {"A": 1}, '
                '"containerOverrides": {"environment": [{"name": "A", "value": "2"}]}}'
            ),
            "environment: A: given more than once",
        ),
        (r'{"parameters": {"a": "\ud800"}}', r"contains \ud800, half of a character"),
        (r'{"parameters": {"\udfff": "a"}}', r"contains \udfff, half of a character"),
        (r'{"\ud800": 1}', "unknown members ?"),
        (r'{"\u0000": 1}', "unknown members ?"),
        ('{"parameters": {"a": 1e999}}', "1e999, which is not a finite number"),
        ('{"parameters": {"a": -Infinity}}', "-Infinity, which is not a finite number"),
        ('{"parameters": {"a": NaN}}', "NaN, which is not a finite number"),
        ('{"parameters": {"a": ' + "1" * 5000 + "}}", "the body is not JSON"),
    ],
)
def test_an_odd_message_is_poison_and_its_neighbours_go_on(
    world: World, bad: str, reason: str
) -> None:
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1), bad, body(2))

    sqs.drain(world.gateway)

    one_job_each(world, [1, 2])
    ((found, why),) = world.reasons().items()
    assert found == bad
    assert reason in why


@pytest.mark.parametrize(
    ("kind", "member", "overrides"),
    [
        ("task", "ecsPropertiesOverride", {"taskProperties": [{"containers": [{"name": {}}]}]}),
        ("pod", "eksPropertiesOverride", {"podProperties": {"containers": [{"name": ["a"]}]}}),
    ],
)
def test_an_odd_name_of_a_container_is_poison_and_its_neighbours_go_on(
    world: World, kind: str, member: str, overrides: dict[str, Any]
) -> None:
    containers = (OverriddenContainer(kind, "a"), OverriddenContainer(kind, "b"))
    world.settings |= {"containers": containers, "allow": frozenset(Admission)}
    sqs = Sqs(world.aws, batch_size=10)
    bad = json.dumps({member: overrides, "environment": {"A": "1"}, "timeout": 5})
    sqs.send(body(1), bad, body(2))

    sqs.drain(world.gateway)

    one_job_each(world, [1, 2])
    ((found, why),) = world.reasons().items()
    assert found == bad
    assert "Invalid type for parameter" in why


def test_an_idempotency_key_that_is_no_text_is_poison(world: World) -> None:
    world.settings |= {"idempotency_key": "$.tags.id", "allow": frozenset({"tags"})}
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(r'{"tags": {"id": "\ud800"}}', '{"tags": {"id": "b"}}')

    sqs.drain(world.gateway)

    assert [job["tags"] for job in world.jobs()] == [{"id": "b"}]
    assert "half of a character" in next(iter(world.reasons().values()))


def test_whatever_a_schema_does_with_one_message_is_that_messages_poison(world: World) -> None:
    def validate(found: dict[str, dict[str, str]]) -> None:
        if found["parameters"]["n"] == "1":
            raise OverflowError("cannot convert float infinity to integer")

    world.validate = validate
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1), body(2))

    sqs.drain(world.gateway)

    one_job_each(world, [2])
    why = "cannot be read: OverflowError; the function's log says where"
    assert world.reasons() == {body(1): why}


def test_a_message_of_which_no_request_can_be_made_is_poison_and_its_neighbours_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2"

    def odd(given: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        if asked["parameters"]["n"] == "1":
            raise OverflowError(secret)
        return merged(given, asked)

    monkeypatch.setattr(gateway_requests, "merged", odd)
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(0), body(1), body(2))

    sqs.drain(world.gateway)

    one_job_each(world, [0, 2])
    why = "cannot be read: OverflowError; the function's log says where"
    assert world.reasons() == {body(1): why}
    assert ", in odd" in caplog.text
    assert secret not in caplog.text


def test_a_fault_of_the_settings_sets_no_message_aside(world: World) -> None:
    world.settings["containers"] = (OverriddenContainer("pod", "a", None, {"limits": 1}),)  # type: ignore[dict-item]  # the fault
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1), body(2))
    records = sqs.receive()

    again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert sorted(again) == sorted(record["messageId"] for record in records)
    assert world.reasons() == {}


def test_what_nobody_expected_is_logged_with_the_way_to_it_and_without_the_message(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def validate(found: dict[str, dict[str, str]]) -> None:
        raise OverflowError(found["parameters"]["n"])

    world.validate = validate
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(4711))

    sqs.drain(world.gateway)

    assert "OverflowError" in caplog.text
    assert ", in validate" in caplog.text
    assert "4711" not in caplog.text


def test_poison_that_cannot_be_set_aside_holds_up_nobody_else(world: World) -> None:
    gateway = world.gateway()
    boto3.client("sqs").delete_queue(QueueUrl=world.dead_letters)
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send("{", body(1))
    records = sqs.receive()

    again = gateway.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, [1])
    assert again == [records[0]["messageId"]]


def test_a_body_that_breaks_the_schema_is_set_aside(world: World) -> None:
    world.validate = fastjsonschema.compile({"type": "object", "required": ["parameters"]})
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send("{}", body(1))

    sqs.drain(world.gateway)

    one_job_each(world, [1])
    assert world.reasons() == {
        "{}": "does not match the schema: data must contain ['parameters'] properties"
    }


def test_a_message_that_takes_long_to_look_at_is_poison_and_its_neighbours_go_on(
    world: World,
) -> None:
    pattern = re.compile(r"^(a|a)*$")

    def validate(found: dict[str, dict[str, str]]) -> None:
        if not pattern.search(found["parameters"]["n"]):
            raise ValueError("no")

    gateway = world.gateway()
    gateway.reader.validate, gateway.reader.validation_seconds = validate, 0.05
    slow = json.dumps({"parameters": {"n": "a" * 60 + "!"}})
    fine = json.dumps({"parameters": {"n": "aaa"}})
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(fine, slow, fine)

    assert gateway.handle(sqs.receive(), seconds=TIMEOUT_SECONDS) == []
    assert [job["parameters"]["n"] for job in world.jobs()] == ["aaa", "aaa"]
    assert world.reasons() == {slow: "took longer than 0.05 s to compare with the schema"}


def test_messages_behind_many_slow_ones_come_again(world: World) -> None:
    def validate(found: dict[str, dict[str, str]]) -> None:
        if found["parameters"]["n"] != "9":
            world.aws.clock.now += 10
            raise ValueError("slow")

    world.validate = validate
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(*(body(number) for number in range(10)))
    records = sqs.receive()

    again = world.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert again == [record["messageId"] for record in records[4:]]
    sqs.delete(record["messageId"] for record in records[:4])
    sqs.drain(world.gateway)
    one_job_each(world, [9])


def test_messages_wait_in_the_queue_when_the_window_has_no_room_for_them(world: World) -> None:
    world.settings["most_remembered"] = 5
    sqs = Sqs(world.aws, batch_size=3)
    sqs.send(*(body(number) for number in range(6)))
    gateway = world.gateway()

    first = gateway.handle(sqs.receive(), seconds=TIMEOUT_SECONDS)
    second = gateway.handle(sqs.receive(), seconds=TIMEOUT_SECONDS)

    assert (len(first), len(second)) == (0, 1)
    one_job_each(world, [0, 1, 2, 3, 4])


def test_of_a_batch_larger_than_the_room_as_many_become_jobs_as_fit(world: World) -> None:
    """And the others when there is room again: a burst is not held back for ever by its size."""
    world.settings |= {"most_remembered": 2, "manifest_bucket": "manifests"}
    sqs = Sqs(world.aws, batch_size=5)
    sqs.send(*(body(number) for number in range(5)))
    records = sqs.receive()
    gateway = world.gateway()

    left: list[Any] = records
    for expected in (2, 4, 5):
        again = gateway.handle(left, seconds=TIMEOUT_SECONDS)
        left = [record for record in left if record["messageId"] in again]
        assert len(world.children()) == expected
        world.aws.clock.now += 30 * 3600
    assert left == []


def test_what_finds_no_room_until_its_last_receive_is_set_aside_and_redriven(world: World) -> None:
    """Else SQS would move it without a word; surely no job, it may be redriven at any time."""
    world.settings |= {"most_remembered": 5, "max_receives": 3}
    sqs = Sqs(world.aws, batch_size=3)
    sqs.send(*(body(number) for number in range(6)))

    sqs.drain(world.gateway)

    assert max(sqs.receives.values()) == 3
    letters = messages_in(world.dead_letters)
    assert sorted(letter["Body"] for letter in letters) == [body(5)]
    for letter in letters:
        assert "has room for 5" in letter["MessageAttributes"]["Reason"]["StringValue"]
        assert "ClaimedAt" not in letter["MessageAttributes"]


def test_the_message_s3_sends_at_set_up_is_neither_job_nor_poison(world: World) -> None:
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}))

    sqs.drain(world.gateway)

    assert world.jobs() == []
    assert world.reasons() == {}


def test_what_batch_refuses_because_of_the_message_is_set_aside_at_once(world: World) -> None:
    world.aws.faults.refuse = lambda job: (
        "Timeout must be at least 60" if job["parameters"]["n"] == "2" else None
    )
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1), body(2))

    sqs.drain(world.gateway)

    one_job_each(world, [1])
    assert sqs.receives[str(UUID(int=1))] == 1
    assert "Timeout must be at least 60" in world.reasons()[body(2)]


def test_a_missing_permission_costs_no_message(world: World) -> None:
    world.aws.faults.refuse = lambda _: "User is not authorized to perform: batch:SubmitJob"
    gateway = world.gateway()
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))
    records = sqs.receive()

    again = gateway.handle(records, seconds=TIMEOUT_SECONDS)

    assert again == [records[0]["messageId"]]
    world.aws.faults.refuse = lambda _: None
    sqs.drain(world.gateway)
    one_job_each(world, [1])
    assert world.reasons() == {}


def test_what_stays_refused_lies_in_the_dead_letter_queue_after_the_last_receive(
    world: World,
) -> None:
    world.aws.faults.refuse = lambda _: "User is not authorized to perform: batch:SubmitJob"
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))

    sqs.drain(world.gateway)

    assert sqs.receives[str(UUID(int=0))] == 10
    assert "not authorized" in world.reasons()[body(1)]


def test_submissions_keep_below_the_rate(world: World) -> None:
    world.aws.clock.call_seconds = 0.0
    sqs = Sqs(world.aws, batch_size=100)
    sqs.send(*(body(n) for n in range(100)))
    start = world.aws.clock.now

    sqs.drain(world.gateway)

    assert world.aws.clock.now - start == pytest.approx(99 / 25)


def test_messages_that_there_is_no_time_for_are_delivered_again(world: World) -> None:
    world.settings["per_second"] = 1.0
    gateway = world.gateway()
    sqs = Sqs(world.aws, batch_size=200)
    sqs.send(*(body(n) for n in range(200)))

    again = gateway.handle(sqs.receive(), seconds=TIMEOUT_SECONDS)

    assert len(world.jobs()) + len(again) == 200
    assert 50 < len(world.jobs()) < 106
    sqs.delete(set(sqs.visible_at) - set(again))
    sqs.drain(world.gateway)
    one_job_each(world, range(200))


def test_two_messages_with_one_key_become_one_job(world: World) -> None:
    world.settings["idempotency_key"] = "$.parameters.n"
    sqs = Sqs(world.aws, batch_size=2)
    sqs.send(body(1), body(1), body(2), body(1))

    sqs.drain(world.gateway)

    one_job_each(world, [1, 2])


def test_two_functions_with_the_same_messages_submit_them_once(world: World) -> None:
    one, other = world.gateway(), world.gateway()
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(*(body(n) for n in range(5)))
    records = sqs.receive()
    theirs: list[str] = []

    def meanwhile(call: str) -> None:
        if call == "dynamodb:TransactWriteItems":
            world.aws.before.clear()
            theirs.extend(other.handle(records, seconds=TIMEOUT_SECONDS))

    world.aws.before.append(meanwhile)
    again = one.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, range(5))
    assert again == theirs == []


def test_the_messages_of_a_living_function_are_left_to_it(world: World) -> None:
    one, other = world.gateway(), world.gateway()
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(*(body(n) for n in range(5)))
    records = sqs.receive()
    theirs: list[str] = []

    def meanwhile(call: str) -> None:
        if call == "batch:SubmitJob":
            world.aws.before.clear()
            theirs.extend(other.handle(records, seconds=TIMEOUT_SECONDS))

    world.aws.before.append(meanwhile)
    again = one.handle(records, seconds=TIMEOUT_SECONDS)

    one_job_each(world, range(5))
    assert again == []
    assert theirs == [record["messageId"] for record in records]


def test_fifo_order_holds_when_a_message_has_to_wait(world: World) -> None:
    url = boto3.client("sqs").create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})[
        "QueueUrl"
    ]
    world.settings |= {"fifo": True, "dead_letter_queue_url": url}
    refused = {"2"}
    world.aws.faults.refuse = lambda job: (
        "not authorized" if job["parameters"]["n"] in refused else None
    )
    gateway = world.gateway()
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1), body(2), body(3), group="a")
    sqs.send(body(9), group="b")
    records = sqs.receive()

    again = gateway.handle(records, seconds=TIMEOUT_SECONDS)

    assert again == [records[1]["messageId"], records[2]["messageId"]]
    assert [job["parameters"]["n"] for job in world.jobs()] == ["1", "9"]
    refused.clear()
    assert gateway.handle(records[1:3], seconds=TIMEOUT_SECONDS) == []
    assert [job["parameters"]["n"] for job in world.jobs()] == ["1", "9", "2", "3"]


def test_fifo_poison_is_set_aside_once(world: World) -> None:
    url = boto3.client("sqs").create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})[
        "QueueUrl"
    ]
    world.settings |= {"fifo": True, "dead_letter_queue_url": url}
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send("{", body(1), group="a")
    records = sqs.receive()

    world.gateway().handle(records, seconds=TIMEOUT_SECONDS)
    world.gateway().handle(records, seconds=TIMEOUT_SECONDS)

    assert len(messages_in(url)) == 1
    one_job_each(world, [1])


def test_a_batch_of_messages_becomes_one_array_whose_children_find_theirs(world: World) -> None:
    world.settings["manifest_bucket"] = "manifests"
    world.settings["manifest_prefix"] = "manifests/"
    bodies = ["plain text", "größer", '{"json": true}']
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(*bodies)

    sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert job["arrayProperties"] == {"size": 3}
    assert world.children() == bodies


def test_a_single_message_becomes_a_job_since_an_array_needs_two(world: World) -> None:
    world.settings["manifest_bucket"] = "manifests"
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send("alone")

    sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert "arrayProperties" not in job
    assert world.children() == ["alone"]


def test_a_warm_function_forgets_what_is_older_than_the_window(world: World) -> None:
    gateway = world.gateway()
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))
    records = sqs.receive()
    gateway.handle(records, seconds=TIMEOUT_SECONDS)
    sqs.delete([records[0]["messageId"]])
    for hour in range(2, 10):
        world.aws.clock.now += 3600
        sqs.send(body(hour))
        (record,) = sqs.receive()
        gateway.handle([record], seconds=TIMEOUT_SECONDS)
        sqs.delete([record["messageId"]])

    assert len(gateway.log.remembered) == 7


def test_two_messages_become_an_array_of_two(world: World) -> None:
    world.settings["manifest_bucket"] = "manifests"
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send("first", "second")

    sqs.drain(world.gateway)

    (job,) = world.jobs()
    assert job["arrayProperties"] == {"size": 2}
    assert world.children() == ["first", "second"]


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize(("bucket", "jobs"), [(None, 2), ("manifests", 1)])
def test_a_service_that_failed_may_have_made_the_job_all_the_same(
    world: World, status: int, bucket: str | None, jobs: int
) -> None:
    world.settings["manifest_bucket"] = bucket
    gateway, sqs = world.gateway(), Sqs(world.aws, batch_size=10)
    sqs.send(body(1), body(2))
    records = sqs.receive()

    def made_and_failed(request: dict[str, Any]) -> Any:
        world.aws.batch.script.clear()
        world.aws.batch.SubmitJob(request)
        return answer(status, {"message": "internal"}, error="ServerException")

    world.aws.batch.script["SubmitJob"] = made_and_failed
    again = gateway.handle(records, seconds=TIMEOUT_SECONDS)

    assert again
    world.aws.clock.now += 3600
    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == []
    assert len(world.jobs()) == jobs
    assert world.reasons() == {}


def test_a_refusal_below_the_services_own_failures_is_clear(world: World) -> None:
    world.aws.batch.script["SubmitJob"] = lambda _: answer(
        499, {"message": "gone"}, error="ClientException"
    )
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))

    assert world.gateway().handle(sqs.receive(), seconds=TIMEOUT_SECONDS) == []
    assert "gone" in world.reasons()[body(1)]


def test_after_a_lost_answer_nobody_asks_before_batch_surely_lists_the_job(world: World) -> None:
    """ListJobs may show a job some seconds after it was made; a minute is waited."""
    gateway, sqs = world.gateway(), Sqs(world.aws, batch_size=10)
    sqs.send(body(1))
    records = sqs.receive()
    world.aws.faults.lose_answer = 1.0
    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == [records[0]["messageId"]]
    world.aws.faults.lose_answer = 0.0
    lost_at = world.aws.clock.now
    shown_at = lost_at + 59

    def delayed(request: dict[str, Any]) -> Any:
        if world.aws.clock.now < shown_at:
            return answer(200, {"jobSummaryList": []})
        return world.aws.batch.ListJobs(request)

    world.aws.batch.script["ListJobs"] = delayed
    world.aws.clock.now = shown_at - 2
    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == [records[0]["messageId"]]
    world.aws.clock.now = lost_at + AFTERMATH_SECONDS + 1
    assert gateway.handle(records, seconds=TIMEOUT_SECONDS) == []
    one_job_each(world, [1])


def test_a_message_whose_overrides_ecs_refuses_is_set_aside(world: World) -> None:
    fits = json.dumps({"parameters": {"n": "1"}, "environment": {"A": "x" * 8000}})
    long = json.dumps({"environment": {"A": "x" * 8192}})
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(fits, long)

    sqs.drain(world.gateway)

    one_job_each(world, [1])
    assert "the container overrides have 8275 characters; ECS allows" in world.reasons()[long]


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ThrottlingException"), (429, "Whatever"), (503, "SlowDown")]
)
def test_throttling_is_known_by_its_name_or_by_its_status(
    world: World, status: int, code: str
) -> None:
    def throttled_once(request: dict[str, Any]) -> Any:
        del request, world.aws.batch.script["SubmitJob"]
        return answer(status, {"message": "slow down"}, error=code)

    world.aws.batch.script["SubmitJob"] = throttled_once
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))

    assert world.gateway().handle(sqs.receive(), seconds=TIMEOUT_SECONDS) == []
    one_job_each(world, [1])


@pytest.mark.parametrize(
    "reason", ["JobQueue main is not in ENABLED state", "Job definition x is INACTIVE"]
)
def test_a_client_exception_about_queue_or_definition_is_not_the_messages_fault(
    world: World, reason: str
) -> None:
    world.aws.faults.refuse = lambda _: reason
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))
    records = sqs.receive()

    assert world.gateway().handle(records, seconds=TIMEOUT_SECONDS) == [records[0]["messageId"]]
    assert world.reasons() == {}


def test_pauses_of_a_throttled_function_grow_and_end_at_ten_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest: list[float] = []

    def shortest(low: float, high: float) -> float:
        longest.append(high)
        return low

    monkeypatch.setattr("batch_constructs.functions.claims.effect.random.uniform", shortest)
    world.aws.faults.throttle = 1.0
    world.aws.clock.call_seconds = 1.0
    sqs = Sqs(world.aws, batch_size=10)
    sqs.send(body(1))

    assert world.gateway().handle(sqs.receive(), seconds=30.0) != []
    assert longest[:8] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
