"""Which resource of a stack that was written anew is which old one, as its names tell."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.adopt.same_resources import Matching, Resource

INVOKED = "AWS::Lambda::EventInvokeConfig"
FUNCTION = "AWS::Lambda::Function"
INLINE = "AWS::IAM::RolePolicy"
NODES = "AWS::EKS::Nodegroup"

Template = dict[str, tuple[str, dict[str, Any]]]


def known(old: Template, new: Template) -> dict[str, str]:
    """Give the new logical ID of each old one that is known again."""
    before, after = (
        [Resource.of(of, name, "", given) for name, (of, given) in side.items()]
        for side in (old, new)
    )
    matching = Matching(old=before, new=after)
    matching.match()
    return {one.logical_id: other.logical_id for one, other in matching.pairs}


def invoked(function: str, attempts: int) -> tuple[str, dict[str, Any]]:
    given = {"FunctionName": {"Ref": function}, "Qualifier": "$LATEST"}
    return INVOKED, {**given, "MaximumRetryAttempts": attempts}


def test_a_reference_is_no_name_that_another_reference_has() -> None:
    old = {
        "InvokedA": invoked("A", 1),
        "InvokedB": invoked("B", 1),
        "A": (FUNCTION, {"FunctionName": "a"}),
        "B": (FUNCTION, {"FunctionName": "b"}),
    }
    new = {"Invoked": invoked("Mine", 1), "Mine": (FUNCTION, {"FunctionName": "b"})}

    assert known(old, new) == {"B": "Mine", "InvokedB": "Invoked"}


def policy(name: str, role: Any) -> tuple[str, dict[str, Any]]:
    return INLINE, {"PolicyName": name, "RoleName": role}


def test_all_of_its_names_tell_what_a_resource_is() -> None:
    old = {
        "One": policy("a", "r1"),
        "Two": policy("a", "r2"),
        "Three": policy("b", "r1"),
    }
    new = {
        "C": policy("b", "r1"),
        "B": policy("a", "r2"),
        "A": policy("a", "r1"),
    }

    assert known(old, new) == {"One": "A", "Two": "B", "Three": "C"}


@pytest.mark.parametrize(("had", "has"), [("s3", "s3"), ("s3", "logs")])
def test_an_inline_policy_of_another_role_is_not_known_by_half_of_its_names(
    had: str, has: str
) -> None:
    old = {"Old": policy(had, {"Ref": "Gone"})}

    assert known(old, {"New": policy(has, {"Ref": "Another"})}) == {}


def test_policies_of_one_role_are_told_apart_by_their_names() -> None:
    old = {
        "Role": ("AWS::IAM::Role", {"RoleName": "jobs"}),
        "S3": policy("s3", {"Ref": "Role"}),
        "Logs": policy("logs", {"Ref": "Role"}),
    }
    new = {
        "Mine": ("AWS::IAM::Role", {"RoleName": "jobs"}),
        "MyLogs": policy("logs", {"Ref": "Mine"}),
        "MyS3": policy("s3", {"Ref": "Mine"}),
    }

    assert known(old, new) == {"Role": "Mine", "S3": "MyS3", "Logs": "MyLogs"}


def test_a_name_of_which_there_are_two_tells_nothing() -> None:
    def group(name: str, role: str) -> tuple[str, dict[str, Any]]:
        return NODES, {"ClusterName": name, "NodeRole": role, "DiskSize": 20}

    old = {"One": group("jobs", "r1"), "Two": group("jobs", "r2")}

    assert known(old, {"Mine": group("jobs", "r2")}) == {"Two": "Mine"}


def test_a_name_that_is_made_of_the_stacks_own_is_a_name() -> None:
    def role(prefix: str) -> tuple[str, dict[str, Any]]:
        return "AWS::IAM::Role", {"RoleName": {"Fn::Sub": f"{prefix}-${{AWS::StackName}}"}}

    old = {"One": role("one"), "Two": role("two")}

    assert known(old, {"Mine": role("two")}) == {"Two": "Mine"}


def test_a_hash_behind_one_of_its_names_leaves_a_resource_what_it_is() -> None:
    old = {"One": policy("a", "r1"), "Two": policy("a", "r2")}

    assert known(old, {"Mine": policy("a-1A2B3C4D", "r2")}) == {"Two": "Mine"}
