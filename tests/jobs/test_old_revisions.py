"""What retires old revisions may retire those of the stack's own definitions, and no others."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs.aws.names import LONGEST_ARN
from batch_constructs.aws.quotas import MANAGED_POLICY_CHARACTERS, ROLE_POLICY_CHARACTERS
from batch_constructs.jobs import old_revisions
from batch_constructs.role_policies import LEFT_FOR_GRANTS

RETIRE = "batch:DeregisterJobDefinition"


def keeping(stack: cdk.Stack, *names: str) -> list[bc.FargateJobDefinition]:
    own = {name: {"keep_old_revisions": 2} for name in names}
    size: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    return list(bc.FargateJobDefinition.from_mapping(stack, own, **size).values())


def named(stack: cdk.Stack) -> list[list[str]]:
    """Return what each policy lets the function retire: the references in it."""
    resources = Template.from_stack(stack).to_json()["Resources"].values()
    found = []
    for one in resources:
        own = one.get("Properties", {})
        for document in [own, *own.get("Policies", ())]:
            for statement in document.get("PolicyDocument", {"Statement": []})["Statement"]:
                if RETIRE in json.dumps(statement["Action"]):
                    arns = statement["Resource"]
                    arns = arns if isinstance(arns, list) else [arns]
                    found.append([json.dumps(arn) for arn in arns])
    return found


def test_it_may_retire_revisions_of_definitions_that_say_so_and_of_no_others(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_revisions, "_NAMES_A_POLICY", 2)
    made = keeping(stack, "A", "B", "C")
    bc.FargateJobDefinition(stack, "Other", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2))

    policies = named(stack)
    assert sorted(map(len, policies)) == [1, 2]
    arns = [arn for policy in policies for arn in policy]
    for definition in made:
        id_ = stack.resolve(definition.resource.ref)["Ref"]
        [arn] = [arn for arn in arns if f'"{id_}"' in arn]
        assert arn.endswith('":*"]]}')
    Template.from_stack(stack).resource_count_is("AWS::IAM::ManagedPolicy", 1)


def test_as_many_of_the_longest_names_as_a_policy_gets_have_room_in_it() -> None:
    names = old_revisions._NAMES_A_POLICY * (LONGEST_ARN + len('"",'))

    assert names + 200 <= MANAGED_POLICY_CHARACTERS
    assert names + LEFT_FOR_GRANTS + 1500 <= ROLE_POLICY_CHARACTERS


def test_a_definition_that_waits_for_another_one_does_not_wait_for_what_names_both(
    stack: cdk.Stack,
) -> None:
    """Or the two would wait for each other."""
    for before, after in pairwise(keeping(stack, "A", "B", "C")):
        after.node.add_dependency(before)
        below = [one for one in before.node.find_all() if isinstance(one, cdk.CfnResource)]
        assert any(isinstance(one, batch.CfnJobDefinition) for one in below)
        assert [one for one in below if one.cfn_resource_type.startswith("Custom::")] == []

    resources = Template.from_stack(stack).to_json()["Resources"]  # which refuses cycles
    assert any(one["Type"] == "Custom::BatchOldRevisions" for one in resources.values())
