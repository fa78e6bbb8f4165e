"""Both sides of the edges at which arguments are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Counting, meant
from batch_constructs.aws.submit_job import LARGEST_NUMBER
from batch_constructs.jobs.consumed_resources import Consumes
from batch_constructs.triggers.object_created_trigger import read_object_pattern


def test_a_truth_is_no_number() -> None:
    arguments = Arguments.of_a_value()
    arguments.number("vcpus", value=True)
    assert arguments.problems == ["vcpus is bool True; expected a number"]


def test_the_largest_number_is_taken_and_the_next_is_not() -> None:
    arguments = Arguments.of_a_value()
    assert arguments.number("most", LARGEST_NUMBER) == LARGEST_NUMBER
    assert not arguments.problems
    arguments.number("more", LARGEST_NUMBER + 1)
    assert len(arguments.problems) == 1


def test_half_a_second_is_not_cut_in_silence() -> None:
    arguments = Arguments.of_a_value()
    arguments.seconds("timeout", cdk.Duration.millis(1500))
    assert "timeout is 1.5 seconds" in arguments.problems[0]


def test_the_only_word_there_is_was_not_meant() -> None:
    assert meant("Summ", ["Sums"]) == ""
    assert meant("Summ", ["Sums", "Average"]) == ": did you mean Sums?"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("Stage1", [f"State{number}" for number in range(3000)]),
        ("a" * 1000 + "b", ["a" * 1000, "c"]),
    ],
    ids=["very many words", "very long words"],
)
def test_what_was_meant_is_not_guessed_where_that_takes_long(word: str, words: list[str]) -> None:
    """A hundred guesses among thousands of names took more than a second of a check."""
    assert meant(word[:6], [one[:6] for one in words[:10]]) != ""

    assert meant(word, words) == ""


def test_a_count_of_one_kind_is_exact() -> None:
    assert Counting(low=1, high=1, things="tasks").allowed == "exactly 1"


def test_an_arn_with_something_behind_it_is_none() -> None:
    stack = cdk.Stack()
    arn = "arn:aws:batch:us-east-1:123456789012:job-queue/q/quota-share/research"
    with pytest.raises(ValueError, match="quota_share_arn is"):
        bc.QuotaShare.from_quota_share_arn(stack, "Share", f"{arn}/more")


@pytest.mark.parametrize("turn", [1, -1])
def test_what_does_not_go_together_and_a_wrong_value_are_told_in_one_line(turn: int) -> None:
    arguments = Arguments.of_a_value()
    faults = ["size is given with count: leave one out", "size is 0; allowed: 1 or more"]
    for fault in 2 * faults[::turn]:
        arguments.wrong_value(fault)
    assert arguments.problems == [f"{faults[0]}; besides, {faults[1]}"]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_part_nothing_is_told_where_what_holds_it_is_wrong(turn: int) -> None:
    arguments = Arguments.of_a_value()
    faults = ["volume is of an instance; allowed: EFS", "volume.path is given, and not taken"]
    for fault in faults[::turn]:
        arguments.wrong_value(fault)
    assert arguments.problems == faults[:1]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_wrong_type_nothing_else_is_told(turn: int) -> None:
    arguments = Arguments.of_a_value()
    faults: list[Callable[[], object]] = [
        lambda: arguments.wrong_value("size is given with count: leave one out"),
        lambda: arguments.wrong_type("size", "x", "a number"),
    ]
    for fault in faults[::turn]:
        fault()
    assert arguments.problems == ['size is str "x"; expected a number']


def test_what_is_said_of_a_wrong_value_once_more_is_left_out() -> None:
    arguments = Arguments.of_a_value()
    arguments.wrong_value("policy.size is 0; allowed: 1 or more")
    arguments.wrong_value("policy is too small: give more")
    assert len(arguments.problems) == 1


@pytest.mark.parametrize(("characters", "problems"), [(2048, 0), (2049, 1)])
def test_the_pattern_of_a_bucket_has_as_many_characters_as_eventbridge_takes(
    characters: int, problems: int
) -> None:
    arguments = Arguments(cdk.Stack())
    bucket = s3.Bucket.from_bucket_name(arguments.construct, "Input", "files")
    given: dict[str, Any] = {"bucket": bucket, "suffix": None, "event_bus": None}
    short = read_object_pattern(arguments, prefix="x", **given)
    before = len(json.dumps(short, separators=(",", ":"))) - 1
    read_object_pattern(arguments, prefix="x" * (characters - before), **given)
    assert len(arguments.problems) == problems


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\udfff"])
def test_a_text_that_no_template_can_hold_is_refused(text: str) -> None:
    arguments = Arguments.of_a_value()
    arguments.text("name", text)
    (said,) = arguments.problems
    assert said.startswith("name contains a character that no template can contain")


@pytest.mark.parametrize("text", ["日本", "\N{GRINNING FACE}", "a\tb", "\x7f"])
def test_any_other_text_is_taken(text: str) -> None:
    arguments = Arguments.of_a_value()
    assert arguments.text("name", text) == text
    assert not arguments.problems


def test_a_list_or_a_number_that_nobody_knows_is_no_truth_value() -> None:
    arguments = Arguments.of_a_value()
    arguments.flag("privileged", cdk.Fn.split(",", "a,b"))
    arguments.flag("init", cdk.Token.as_number(cdk.Fn.import_value("n")))
    assert len(arguments.problems) == 2
    assert arguments.problems[1].startswith("init is a token; expected True or False")


def test_a_quantity_is_taken_as_far_as_a_template_can_hold_it_exactly() -> None:
    """AWS counts consumable resources with 64 bits."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "S")
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=2**53 - 1)
    [found] = Template.from_stack(stack).find_resources("AWS::Batch::ConsumableResource").values()
    assert found["Properties"]["TotalQuantity"] == 2**53 - 1

    with pytest.raises(ValueError, match="S/M: total_quantity is 9007199254740992") as refused:
        bc.ConsumableResource(stack, "M", total_quantity=2**53)
    assert "allowed: numbers up to 9007199254740991" in str(refused.value)
    arguments = Arguments(stack)
    Consumes(arguments, {licences: 2**53})
    assert arguments.problems == [
        (
            'consumable_resources["Licences"] is 9007199254740992; allowed: whole numbers from '
            "1 up to 9007199254740991"
        )
    ]


def test_a_dynamic_reference_that_is_written_as_text_is_unknown_as_a_token_is(
    stack: cdk.Stack,
) -> None:
    """CloudFormation puts another text in its place, of which nobody knows how it is spelled."""
    made = bc.ConsumableResource(
        stack,
        "Licences",
        total_quantity=1,
        consumable_resource_name="{{resolve:ssm:/jobs/name}}",
    )

    name = stack.resolve(made.resource.consumable_resource_name)
    assert str(name).startswith("{{resolve:ssm:/jobs/name}}")


WRITTEN = "{{resolve:ssm:/jobs/a:3}}"


def taken_in(stack: cdk.Stack) -> object:
    return bc.JobQueue.from_job_queue_arn(stack, "Queue", WRITTEN).job_queue_arn


def a_part_of_an_arn(stack: cdk.Stack) -> object:
    arn = f"arn:aws:batch:eu-west-1:123456789012:job-queue/{WRITTEN}"
    return bc.JobQueue.from_job_queue_arn(stack, "Queue", arn).job_queue_name


def scheduled(stack: cdk.Stack) -> object:
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "main")
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "tools")
    trigger = bc.ScheduleTrigger(
        stack, "Nightly", schedule=WRITTEN, time_zone=WRITTEN, queue=queue, job_definition=job
    )
    assert stack.resolve(trigger.resource.schedule_expression_timezone) == WRITTEN
    return trigger.resource.schedule_expression


def forwarded(stack: cdk.Stack) -> object:
    made: Any = bc.ForwardedEvents(stack, "Forwarded", event_bus_arn=WRITTEN).resource
    return made.targets[0].arn


def reserved(stack: cdk.Stack) -> object:
    data: Any = bc.LaunchTemplate(stack, "Template", capacity_reservation=WRITTEN).resource
    target = data.launch_template_data.capacity_reservation_specification
    return target.capacity_reservation_target.capacity_reservation_id


def a_state_machine(stack: cdk.Stack) -> object:
    jobs = [
        bc.WorkflowJob(
            name="a", job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "b")
        )
    ]
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "main")
    made = bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs, state_machine_name=WRITTEN)
    resource: Any = made.state_machine.node.default_child
    return resource.state_machine_name


@pytest.mark.parametrize(
    "given", [taken_in, a_part_of_an_arn, scheduled, forwarded, reserved, a_state_machine]
)
def test_a_dynamic_reference_in_place_of_an_arn_or_an_expression_is_the_cdk_s(
    stack: cdk.Stack, given: Callable[[cdk.Stack], object]
) -> None:
    value = given(stack)

    assert cdk.Token.is_unresolved(value)
    assert stack.resolve(value) == WRITTEN


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (bc.ConsumableResource, "consumable_resource_name"),
        (bc.FairSharePolicy, "scheduling_policy_name"),
        (bc.ConsumableResource, "exact_name"),
    ],
)
def test_a_name_that_only_an_l2_can_make_up_is_refused(
    stack: cdk.Stack, make: Any, parameter: str
) -> None:
    with pytest.raises(ValueError, match=rf"{parameter} is PhysicalName\.GENERATE_IF"):
        make(stack, "Made", **{parameter: cdk.PhysicalName.GENERATE_IF_NEEDED})


def test_a_topic_makes_up_its_name_where_another_place_needs_it(stack: cdk.Stack) -> None:
    topic = bc.AlertTopic(stack, "Alerts", topic_name=cdk.PhysicalName.GENERATE_IF_NEEDED)

    made: Any = topic.node.default_child
    assert stack.resolve(topic.topic_name) == {
        "Fn::GetAtt": [stack.get_logical_id(made), "TopicName"]
    }
