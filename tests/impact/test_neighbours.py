"""What a change means with what is around it: queues that move, versions that nobody reads."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.aws import updates
from batch_constructs.impact.verdict import Effect, impact
from tests.impact.changed_properties import EC2, ENVIRONMENT, FARGATE, put

QUEUE = "AWS::Batch::JobQueue"
TEMPLATE = "AWS::EC2::LaunchTemplate"
BY_TEXT = "arn:${AWS::Partition}:batch:${AWS::Region}:${AWS::AccountId}:compute-environment/${Name}"


def of(type_: str, properties: dict[str, Any], **beside: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties, **beside}


def queue(*environments: Any, **properties: Any) -> dict[str, Any]:
    order = [{"Order": 1, "ComputeEnvironment": one} for one in environments]
    return of(QUEUE, {"ComputeEnvironmentOrder": order, **properties})


def notes(name: str, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return impact({"Resources": old}, {"Resources": new})[name].notes


IT, OTHER = {"Ref": "It"}, {"Ref": "Other"}
ENDED = "jobs that run in it are ended when it is deleted"


def test_the_queues_that_leave_a_replaced_environment_are_named() -> None:
    queues = {"A": queue(IT), "B": queue(OTHER), "C": queue(OTHER, IT)}
    old = {"It": of(ENVIRONMENT, EC2), "Other": of(ENVIRONMENT, EC2), **queues}
    new = {**old, "It": of(ENVIRONMENT, put(EC2, "Tags", {"Team": "a"}))}

    assert notes("It", old, new)[0] == f"its queues leave it first (A, C); {ENDED}"


def test_of_what_is_kept_no_jobs_end_where_its_condition_decides_either() -> None:
    old = {"A": {**queue("x"), "DeletionPolicy": "Retain"}}
    new = {"A": {**old["A"], "Condition": "C"}}

    said = notes("A", old, new)

    assert "its DeletionPolicy keeps it in the account" in said
    assert not [one for one in said if "are ended" in one]


def test_a_queue_that_goes_with_its_environment_ends_their_jobs() -> None:
    old = {"It": of(ENVIRONMENT, FARGATE), "A": queue(IT)}

    assert notes("It", old, {}) == [
        "its queues are deleted before it (A), and their jobs are ended"
    ]


def test_a_queue_that_is_deleted_leaves_the_environment_to_the_others() -> None:
    old = {"It": of(ENVIRONMENT, EC2), "A": queue(IT), "B": queue(IT)}

    assert notes("It", old, {"B": queue("x")}) == [f"its queues leave it first (B); {ENDED}"]


def test_jobs_on_fargate_have_to_end_before_their_environment_goes() -> None:
    old = {"It": of(ENVIRONMENT, FARGATE), "A": queue(IT)}

    (said,) = notes("It", old, {"A": queue("x")})

    assert said.startswith("its queues leave it first (A); jobs that run in it have to end before")
    assert updates.DELETION_PAGE in said


@pytest.mark.parametrize(
    ("named", "waits", "told"),
    [
        ("b", {}, True),
        ("arn:aws:batch:us-east-1:123456789012:compute-environment/b", {}, True),
        ("b", {"DependsOn": ["A"]}, True),
        ("b", {"DependsOn": ["It"]}, False),
        ("b", {"DependsOn": "It"}, False),
        ("a", {}, False),
        (IT, {}, False),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_queue_that_names_an_environment_by_its_text_does_not_wait_for_it(
    named: Any, waits: dict[str, Any], *, told: bool, is_new: bool
) -> None:
    old, new = ({"It": of(ENVIRONMENT, {**EC2, "ComputeEnvironmentName": one})} for one in "ab")
    old, new["A"] = {} if is_new else old, {**queue(named), **waits}

    said = [one for one in notes("It", old, new) if "before the environment exists" in one]

    assert [one.partition(" ")[0] for one in said] == (["A"] if told else [])


def test_of_a_replacement_that_fails_nobody_is_said_to_leave() -> None:
    old = {"It": of(ENVIRONMENT, {**EC2, "ComputeEnvironmentName": "a"}), "A": queue(IT)}
    new = {**old, "It": of(ENVIRONMENT, put(old["It"]["Properties"], "Tags", {"Team": "a"}))}

    assert not [one for one in notes("It", old, new) if "leave it first" in one]


EKS = {**EC2, "EksConfiguration": {"EksClusterArn": "a", "KubernetesNamespace": "b"}}
FARGATE_SPOT = put(FARGATE, "ComputeResources/Type", "FARGATE_SPOT")
SPOT = put(EC2, "ComputeResources/Type", "SPOT")


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        (
            FARGATE,
            EC2,
            "the type ECS_FARGATE; AWS does not say whether an update changes that to ECS",
        ),
        (EC2, EKS, "the type ECS; AWS does not say whether an update changes that to EKS"),
        (FARGATE, FARGATE_SPOT, None),
        (EC2, SPOT, None),
        (EC2, {"ComputeResources": {"Type": {"Ref": "Kind"}}}, None),
    ],
)
def test_a_queue_whose_environments_become_others_may_keep_its_type(
    was: dict[str, Any], becomes: dict[str, Any], told: str | None
) -> None:
    old, new = (
        {"It": of(ENVIRONMENT, {**one, "ReplaceComputeEnvironment": True}), "A": queue(IT)}
        for one in (was, becomes)
    )

    said = [one for one in notes("A", old, new) if "another logical ID has that type" in one]

    assert len(said) == (told is not None)
    assert all(str(told) in one for one in said)


def test_an_environment_that_is_kept_ends_no_jobs() -> None:
    policies = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    old = {"It": of(ENVIRONMENT, EC2, **policies), "A": queue(IT)}
    new = {**old, "It": of(ENVIRONMENT, put(EC2, "Tags", {"Team": "a"}), **policies)}

    assert not [one for one in notes("It", old, new) if ENDED in one]
    assert notes("It", old, {"A": queue("x")}) == ["its DeletionPolicy keeps it in the account"]


@pytest.mark.parametrize(
    ("named", "stays"),
    [
        ("nightly", True),
        ("arn:aws:batch:eu-central-1:111122223333:compute-environment/nightly", True),
        ({"Fn::Sub": BY_TEXT.replace("${Name}", "nightly")}, True),
        ({"Fn::Sub": BY_TEXT.replace("${Name}", "it-nightly")}, False),
        ({"Fn::Sub": BY_TEXT}, False),
        ("daily", False),
        (IT, False),
    ],
)
def test_a_queue_that_has_the_name_as_a_text_does_not_leave(named: Any, *, stays: bool) -> None:
    old, new = (
        {"It": of(ENVIRONMENT, {**EC2, "ComputeEnvironmentName": name}), "A": queue(named)}
        for name in ("nightly", "weekly")
    )

    told = [one for one in notes("It", old, new) if "it is left in the account" in one]

    assert [one.startswith("A names it as text") for one in told] == [True] * stays


def launched(spec: dict[str, Any], data: str, **more: Any) -> dict[str, Any]:
    given = put(EC2, "ComputeResources/LaunchTemplate", spec)
    for path, value in more.items():
        given = put(given, f"ComputeResources/{path}", value)
    template = {"LaunchTemplateName": "jobs", "LaunchTemplateData": {"UserData": data}}
    return {"T": of(TEMPLATE, template), "It": of(ENVIRONMENT, given)}


BY_ID = {"LaunchTemplateId": {"Ref": "T"}}
READ = {"Fn::GetAtt": ["T", "LatestVersionNumber"]}


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ({**BY_ID, "Version": "$Latest"}, "$Latest"),
        ({**BY_ID, "Version": "$Default"}, "$Default"),
        (BY_ID, "$Default"),
        ({"LaunchTemplateName": "jobs"}, "$Default"),
        ({**BY_ID, "Version": READ}, None),
        ({"LaunchTemplateName": "others"}, None),
        ({**BY_ID, "Version": "3"}, None),
        ({**BY_ID, "Version": "3", "Overrides": [{**BY_ID, "Version": "$Latest"}]}, "$Latest"),
    ],
)
def test_an_environment_that_reads_no_new_version_of_a_launch_template_is_named(
    spec: dict[str, Any], version: str | None
) -> None:
    told = [
        one
        for one in notes("T", launched(spec, "a"), launched(spec, "b"))
        if "It uses its version" in one
    ]

    source = updates.DEFAULT_VERSION if version == "$Default" else updates.READ_ANEW
    assert [f"version {version}, which" in one for one in told] == (
        [] if version is None else [True]
    )
    assert all(source.page in one for one in told)


@pytest.mark.parametrize(("version", "reads"), [("$Latest", True), ("$Default", False)])
def test_an_environment_that_gets_new_instances_reads_the_latest_version_again(
    version: str, *, reads: bool
) -> None:
    """The default version stays the first, whoever reads it."""
    spec = {**BY_ID, "Version": version}
    new = launched(spec, "b", InstanceTypes=["c7i"])

    told = [one for one in notes("T", launched(spec, "a"), new) if "It uses its version" in one]
    assert (told == []) is reads


def test_the_attribute_of_the_default_version_does_not_change() -> None:
    spec = {**BY_ID, "Version": {"Fn::GetAtt": ["T", "DefaultVersionNumber"]}}

    old, new = ({"Resources": launched(spec, data)} for data in "ab")

    assert impact(old, new)["It"].effect is Effect.NONE


@pytest.mark.parametrize(
    ("type_", "old", "new", "said"),
    [
        ("JobDefinition", {"JobDefinitionName": "a"}, {"JobDefinitionName": "b"}, "deregistered"),
        ("QuotaShare", {"JobQueue": "a"}, {"JobQueue": "b"}, "in the share are ended"),
        (QUEUE[12:], {"JobQueueName": "a"}, {"JobQueueName": "b"}, "in the queue are ended"),
    ],
)
def test_what_ends_with_a_resource_is_said_where_it_is_replaced_or_deleted(
    type_: str, old: dict[str, Any], new: dict[str, Any], said: str
) -> None:
    was, now = ({"It": of(f"AWS::Batch::{type_}", one)} for one in (old, new))

    assert said in notes("It", was, now)[0]
    assert said in notes("It", was, {})[0]


def test_each_of_several_resources_that_a_property_refers_to_is_told() -> None:
    old = {name: of(ENVIRONMENT, EC2) for name in ("It", "Other")}
    new = {name: of(ENVIRONMENT, put(EC2, "Tags", {"a": "b"})) for name in old}
    both = {"A": queue(IT, OTHER)}

    found = notes("A", {**old, **both}, {**new, **both})

    path = "ComputeEnvironmentOrder/ComputeEnvironment"
    told = {one for one in found if one.startswith(path)}
    assert told == {f"{path} changes because {name} is replaced" for name in old}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (4, "4"),
        (4.0, 4),
        (4.0, "4.0"),
        (True, "true"),
        ([1, False], ["1", "false"]),
        ({"a": 1}, {"a": "1"}),
    ],
)
def test_a_number_or_a_flag_and_its_text_are_the_same(old: Any, new: Any) -> None:
    was, now = ({"It": of(QUEUE, {"Priority": one})} for one in (old, new))

    found = impact({"Resources": was}, {"Resources": now})

    assert found["It"].effect is Effect.NONE


QUEUE_OF_NAME = {"Type": "AWS::Batch::JobQueue", "Properties": {"JobQueueName": "nightly"}}
TOOL = {"Type": "AWS::Batch::JobDefinition", "Properties": {"JobDefinitionName": "tool"}}


@pytest.mark.parametrize(
    ("gone", "written", "is_named"),
    [
        (TOOL, {"BatchParameters": {"JobDefinition": "tool"}}, True),
        (TOOL, {"BatchParameters": {"JobDefinition": "tool:3"}}, True),
        (TOOL, {"Input": '{"JobDefinition": "tool", "JobQueue": "nightly"}'}, True),
        (TOOL, {"Role": ["arn:aws:batch:us-east-1:111122223333:job-definition/tool:*"]}, True),
        (TOOL, {"BatchParameters": {"JobDefinition": "tool-two"}}, False),
        (TOOL, {"Description": "tool"}, False),
        (QUEUE_OF_NAME, {"Arn": {"Fn::Join": ["", ["arn:", ":job-queue/nightly"]]}}, True),
        (QUEUE_OF_NAME, {"Arn": {"Fn::Join": ["", ["arn:", ":job-queue/nightly2"]]}}, False),
        (QUEUE_OF_NAME, {"JobDefinition": "nightly"}, False),
    ],
)
def test_who_names_what_goes_as_text_is_told(
    gone: dict[str, Any], written: dict[str, Any], *, is_named: bool
) -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": written}
    renamed = {
        "Type": gone["Type"],
        "Properties": dict.fromkeys(gone["Properties"], "other"),
    }

    for later in ({}, {"It": renamed}):
        found = impact(
            {"Resources": {"It": gone, "Rule": rule}}, {"Resources": {**later, "Rule": rule}}
        )

        told = [one for one in found["It"].notes if one.startswith("Rule names it as text")]
        assert bool(told) is is_named


def test_an_event_pattern_that_names_what_goes_submits_nothing_and_a_policy_is_not_told() -> None:
    arn = "arn:aws:batch:eu-west-1:123456789012:job-queue/nightly"
    rule = {"EventPattern": {"detail": {"jobQueue": [arn]}}, "Targets": [{"Arn": "arn:topic"}]}
    role = {"Policies": [{"PolicyDocument": {"Statement": [{"Resource": arn}]}}]}
    stay = {
        "Rule": {"Type": "AWS::Events::Rule", "Properties": rule},
        "Role": {"Type": "AWS::IAM::Role", "Properties": role},
    }

    found = impact({"Resources": {"It": QUEUE_OF_NAME, **stay}}, {"Resources": stay})

    assert [one for one in found["It"].notes if "as text" in one] == [
        "Rule names it as text in its event pattern, which nothing matches"
    ]


def test_a_name_that_another_resource_has_from_then_on_is_told_of_nobody() -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"JobDefinition": "tool"}}

    found = impact(
        {"Resources": {"It": TOOL, "Rule": rule}}, {"Resources": {"Heir": TOOL, "Rule": rule}}
    )

    assert not [one for one in found["It"].notes if "as text" in one]


def test_who_names_a_queue_that_stays_in_the_account_is_not_told() -> None:
    rule = {"Type": "AWS::Events::Rule", "Properties": {"JobQueue": "nightly"}}
    kept = {**QUEUE_OF_NAME, "DeletionPolicy": "Retain"}

    assert not [
        one for one in notes("It", {"It": kept, "R": rule}, {"R": rule}) if "as text" in one
    ]
