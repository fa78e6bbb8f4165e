"""What fails because of another resource, what is kept, and names that are made of parts."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.impact.impact_report import as_text
from batch_constructs.impact.verdict import Effect, Impact, impact


def resource(noun: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{noun}", "Properties": properties}


def told(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Impact]:
    return impact({"Resources": old}, {"Resources": new})


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        *(
            (
                resource(f"Batch::{noun}", **{name: "n"}),
                resource(f"Batch::{noun}", **{name: "n"}),
                1,
            )
            for noun, name in (
                ("ComputeEnvironment", "ComputeEnvironmentName"),
                ("ConsumableResource", "ConsumableResourceName"),
                ("JobQueue", "JobQueueName"),
                ("SchedulingPolicy", "Name"),
                ("ServiceEnvironment", "ServiceEnvironmentName"),
            )
        ),
        (resource("Batch::JobQueue", JobQueueName="n"), resource("Batch::JobQueue"), 0),
        (resource("Batch::JobQueue"), resource("Batch::JobQueue"), 0),
        (
            resource("Batch::JobDefinition", JobDefinitionName="n"),
            resource("Batch::JobDefinition", JobDefinitionName="n"),
            0,
        ),
        (
            resource("Batch::QuotaShare", QuotaShareName="n", JobQueue="a"),
            resource("Batch::QuotaShare", QuotaShareName="n", JobQueue="a"),
            1,
        ),
        (
            resource("Batch::QuotaShare", QuotaShareName="n", JobQueue="a"),
            resource("Batch::QuotaShare", QuotaShareName="n", JobQueue="b"),
            0,
        ),
        (resource("SNS::Topic", TopicName="n"), resource("SQS::Queue", TopicName="n"), 0),
    ],
)
def test_a_name_under_another_logical_id_is_still_taken(
    old: dict[str, Any], new: dict[str, Any], fails: int
) -> None:
    found = told({"A": old}, {"B": new})

    assert (found["A"].effect, found["B"].effect) == (Effect.DELETE, Effect.CREATE)
    assert [one.fails for one in (found["A"], found["B"])] == [False, bool(fails)]
    assert any(note.startswith("A has this ") for note in found["B"].notes) is bool(fails)


def test_another_type_under_a_logical_id_fails() -> None:
    found = told({"A": resource("SNS::Topic")}, {"A": resource("SQS::Queue")})

    assert found["A"].fails


def test_a_resource_that_refers_to_what_is_no_longer_there_fails_and_is_shown() -> None:
    queue = resource("Batch::JobQueue", SchedulingPolicyArn={"Ref": "P"})

    found = told({"P": resource("Batch::SchedulingPolicy"), "Q": queue}, {"Q": queue})

    assert (found["Q"].effect, found["Q"].fails) == (Effect.NONE, True)
    assert "SchedulingPolicyArn refers to P, which no longer exists" in as_text(found)


@pytest.mark.parametrize("kind", ["JobQueue", "ComputeEnvironment"])
@pytest.mark.parametrize(("before", "after", "kept"), [(1, 1, True), (0, 1, False), (1, 0, False)])
def test_what_a_policy_keeps_at_a_replacement_is_not_told_as_ended(
    kind: str,
    before: int,
    after: int,
    kept: bool,  # noqa: FBT001 - a case
) -> None:
    old, new = (
        resource(f"Batch::{kind}", **{f"{kind}Name": name})
        | ({"UpdateReplacePolicy": "Retain"} if has else {"UpdateReplacePolicy": "Delete"})
        for name, has in (("a", before), ("b", after))
    )

    notes = told({"A": old}, {"A": new})["A"].notes

    assert any("UpdateReplacePolicy keeps the old one" in note for note in notes) is kept
    assert any("ended when it is deleted" in note for note in notes) is not kept


@pytest.mark.parametrize(
    "name",
    [
        {"Fn::Sub": ["${X}-q", {"X": {"Fn::GetAtt": ["T", "TopicName"]}}]},
        {"Fn::Join": ["-", [{"Fn::GetAtt": "T.TopicName"}, "q"]]},
        {"Fn::GetAtt": "T.TopicName"},
    ],
)
def test_a_name_of_which_a_part_changes_is_free(name: dict[str, Any]) -> None:
    old, new = (
        {
            "T": resource("SNS::Topic", TopicName=topic),
            "Q": resource("Batch::JobQueue", JobQueueName=name),
        }
        for topic in "ab"
    )

    found = told(old, new)["Q"]

    assert (found.effect, found.fails) == (Effect.REPLACE, False)
    assert "JobQueueName changes because T is replaced" in found.notes


def test_a_reference_to_what_is_a_parameter_now_is_no_failure() -> None:
    queue = resource("Batch::JobQueue", SchedulingPolicyArn={"Ref": "P"})
    old = {"Resources": {"P": resource("Batch::SchedulingPolicy"), "Q": queue}}
    new = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"Q": queue}}

    assert not impact(old, new)["Q"].fails
