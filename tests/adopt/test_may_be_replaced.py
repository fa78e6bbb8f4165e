"""What only the deployment knows to be the same is told, and refused by nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.adopt.kept_ids import keep, stack_of, template, warnings

INSTANCE = "AWS::EC2::Instance"
QUEUE = "AWS::Batch::JobQueue"
REF = {"Ref": "AWS::StackName"}
IF = {"Fn::If": ["IsProd", "a", {"Ref": "AWS::NoValue"}]}
NONE = {"Ref": "AWS::NoValue"}


def told(directory: Path, old: Any, new: Any, *, path: str = "SubnetId", **options: Any) -> Any:
    """Give the warnings of an instance with one value that was another one."""
    was, now = ({path: one} if one is not None else {} for one in (old, new))
    stack = stack_of(Mine={"Type": INSTANCE, "Properties": now})
    resources = {"Old": {"Type": INSTANCE, "Properties": was}}
    keep(stack, directory, {"Resources": resources}, **options)
    return warnings(stack)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (REF, "s-1", "SubnetId is a reference in the old template and 's-1' here"),
        ("s-1", REF, "SubnetId is 's-1' in the old template and a reference here"),
        (IF, None, "SubnetId is a reference in the old template and not there here"),
        (None, IF, "SubnetId is not there in the old template and a reference here"),
    ],
)
def test_what_is_known_on_one_side_alone_is_a_warning_that_names_both(
    old: Any, new: Any, said: str, tmp_path: Path
) -> None:
    (warning,) = told(tmp_path, old, new)

    assert warning.startswith(
        f"Old (AWS::EC2::Instance) may be replaced by Mine, since {said}, and only the "
        "deployment knows whether they are the same. Name Old in hold to keep it as it was"
    )


@pytest.mark.parametrize(
    ("old", "new"), [("s-1", "s-2"), (REF, None), (None, REF), ("s-1", None), ("s-1", NONE)]
)
def test_what_is_known_to_differ_is_refused(old: Any, new: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Old .* would be replaced by Mine, since SubnetId is"):
        told(tmp_path, old, new)


@pytest.mark.parametrize(("old", "new"), [(REF, IF), ("s-1", "s-1"), (NONE, None)])
def test_what_is_the_same_or_known_on_neither_side_is_not_told(
    old: Any, new: Any, tmp_path: Path
) -> None:
    assert told(tmp_path, old, new) == []


def test_a_list_is_compared_entry_by_entry(tmp_path: Path) -> None:
    path = "SecurityGroups"

    assert len(told(tmp_path, [REF, "b"], ["a", "b"], path=path)) == 1
    assert len(told(tmp_path, ["a", IF], ["a"], path=path)) == 1
    with pytest.raises(ValueError, match="would be replaced"):
        told(tmp_path, [REF, "b"], ["a", "c"], path=path)
    with pytest.raises(ValueError, match="would be replaced"):
        told(tmp_path, [REF, "b"], ["a"], path=path)


def test_what_may_be_replaced_is_held_as_well(tmp_path: Path) -> None:
    assert told(tmp_path, REF, "s-1", hold=["Old"]) == []


def test_a_queue_that_may_have_no_policy_is_not_refused(tmp_path: Path) -> None:
    stack = stack_of(Mine={"Type": QUEUE, "Properties": {"Priority": 1}})
    old = {"Type": QUEUE, "Properties": {"Priority": 1, "SchedulingPolicyArn": IF}}

    keep(stack, tmp_path, {"Resources": {"Old": old}})

    assert list(template(stack)["Resources"]) == ["Old"]


@pytest.mark.parametrize("profile", ["Mine", "Other"])
def test_an_instance_profile_that_is_named_stays_so_where_it_is_the_same(
    profile: str, tmp_path: Path
) -> None:
    """Its name and its ARN are two texts, and CloudFormation replaces an environment for that."""

    def environment(role: dict[str, Any]) -> dict[str, Any]:
        return {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {"Type": "MANAGED", "ComputeResources": {"InstanceRole": role}},
        }

    old = {
        name: {"Type": "AWS::IAM::InstanceProfile", "Properties": {"InstanceProfileName": name}}
        for name in ("Mine", "Other")
    }
    stack = stack_of(
        NewMine=old["Mine"],
        NewOther=old["Other"],
        New=environment({"Fn::GetAtt": [f"New{profile}", "Arn"]}),
    )
    keep(stack, tmp_path, {"Resources": {**old, "Environment": environment({"Ref": "Mine"})}})

    found = template(stack)["Resources"]["Environment"]["Properties"]["ComputeResources"]
    same = {"Mine": {"Ref": "Mine"}, "Other": {"Fn::GetAtt": ["NewOther", "Arn"]}}
    assert found == {"InstanceRole": same[profile]}
