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


@pytest.mark.parametrize(
    ("left_by", "taken_by", "fails"),
    [
        ({"JobQueueName": "other"}, {}, True),
        ({"JobQueueName": "n", "JobQueueType": "EKS"}, {}, True),
        ({}, {}, True),
        ({"JobQueueName": "other"}, None, True),
        ({"JobQueueName": "other"}, {"JobQueueName": "m"}, False),
    ],
    ids=["renamed", "replaced", "without a name", "to a new one", "to another name"],
)
def test_a_name_that_another_resource_leaves_in_the_same_update_is_still_taken(
    left_by: dict[str, Any], taken_by: dict[str, Any] | None, *, fails: bool
) -> None:
    before = None if taken_by is None else resource("Batch::JobQueue", JobQueueName="b")
    after = resource("Batch::JobQueue", **{"JobQueueName": "n", **(taken_by or {})})
    old = {"A": resource("Batch::JobQueue", JobQueueName="n", JobQueueType="ECS")}
    new = {"A": resource("Batch::JobQueue", **{"JobQueueType": "ECS", **left_by}), "B": after}

    found = told(old if before is None else {**old, "B": before}, new)["B"]

    assert any(one.startswith("A has this JobQueueName") for one in found.notes) is fails
    assert found.fails is fails


def test_names_that_two_resources_exchange_are_taken() -> None:
    old, new = (
        {
            one: resource("Batch::JobQueue", JobQueueName=name)
            for one, name in zip("AB", names, strict=True)
        }
        for names in ("xy", "yx")
    )

    assert [one.fails for one in told(old, new).values()] == [True, True]


@pytest.mark.parametrize(("topic", "fails"), [("a", True), ("b", False)])
def test_a_name_that_is_made_of_what_is_replaced_is_another_one(topic: str, *, fails: bool) -> None:
    name = {"Fn::Sub": "${T.TopicName}-q"}
    old, new = (
        {
            "T": resource("SNS::Topic", TopicName=one),
            logical_id: resource("Batch::JobQueue", JobQueueName=name),
        }
        for one, logical_id in (("a", "A"), (topic, "B"))
    )

    assert told(old, new)["B"].fails is fails


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


QUEUE = resource("Batch::JobQueue", Priority=1)


def template(**sections: Any) -> dict[str, Any]:
    return {"Resources": {"Q": QUEUE}, **sections}


def refused(**properties: Any) -> dict[str, Any]:
    return {"Q": resource("Batch::JobQueue", **properties)}


OPEN = {"Fn::Equals": [{"Ref": "P"}, "a"]}
THERE: dict[str, Any] = {
    "Parameters": {"P": {"Type": "String"}},
    "Mappings": {"M": {"a": {"b": 1}}},
    "Conditions": {"C": {"Fn::Equals": ["a", "a"]}},
}
USES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a parameter": ("Parameters", "Q", {"Resources": refused(Priority={"Ref": "P"})}),
    "a parameter in a text": (
        "Parameters",
        "Q",
        {"Resources": refused(JobQueueName={"Fn::Sub": "${P}-q"})},
    ),
    "a parameter of a condition": ("Parameters", "Conditions/D", {"Conditions": {"D": OPEN}}),
    "a parameter of an output": (
        "Parameters",
        "Outputs/O",
        {"Outputs": {"O": {"Value": {"Ref": "P"}}}},
    ),
    "a mapping": (
        "Mappings",
        "Q",
        {"Resources": refused(Priority={"Fn::FindInMap": ["M", "a", "b"]})},
    ),
    "a condition of a value": (
        "Conditions",
        "Q",
        {"Resources": refused(Priority={"Fn::If": ["C", 1, 2]})},
    ),
    "a condition": ("Conditions", "Q", {"Resources": {"Q": {**QUEUE, "Condition": "C"}}}),
    "a condition of another": (
        "Conditions",
        "Conditions/D",
        {"Conditions": {"C": THERE["Conditions"]["C"], "D": {"Fn::Not": [{"Condition": "C"}]}}},
    ),
}


@pytest.mark.parametrize(("section", "place", "uses"), USES.values(), ids=USES)
def test_what_is_gone_and_still_used_has_the_template_refused(
    section: str, place: str, uses: dict[str, Any]
) -> None:
    old = template(**{**THERE, **uses})
    left = {
        name: {key: one for key, one in old[section].items() if key not in THERE[section]}
        for name in (section,)
    }

    found = impact(old, {**old, **left})

    assert [name for name, one in found.items() if one.fails] == [place]
    assert "no longer exists: the deployment fails, because CloudFormation refuses the te" in str(
        found[place].notes
    )
    assert not any(one.fails for one in impact(old, old).values())


@pytest.mark.parametrize("waits_for", ["T", ["T", "Q2"]])
def test_a_resource_that_waits_for_what_is_gone_has_the_template_refused(waits_for: Any) -> None:
    waiting = {**QUEUE, "DependsOn": waits_for}
    old = {"T": resource("SNS::Topic"), "Q2": QUEUE, "Q": waiting}

    found = told(old, {"Q2": QUEUE, "Q": waiting})

    assert [name for name, one in found.items() if one.fails] == ["Q"]
    assert "DependsOn refers to T, which no longer exists" in found["Q"].notes[0]


@pytest.mark.parametrize(
    "more",
    [{"Transform": "AWS::Serverless-2016-10-31"}, {"Transform": "Own"}],
)
def test_what_a_macro_may_add_is_not_missing(more: dict[str, Any]) -> None:
    old = {**template(**THERE, Resources=refused(Priority={"Ref": "P"})), **more}

    assert not any(one.fails for one in impact(old, {**old, "Parameters": {}}).values())


def test_what_was_missing_before_is_elsewhere() -> None:
    part = template(Resources=refused(Priority={"Ref": "Elsewhere"}))

    assert not any(one.fails for one in impact(part, part).values())
