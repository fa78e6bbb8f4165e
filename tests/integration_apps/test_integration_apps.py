"""The CDK's own integration apps, with its L2s and with ours: equal, or different for a reason."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from batch_constructs.impact.verdict import Effect, impact
from tests.integration_apps import ours, rewritten, theirs
from tests.integration_apps.rewritten import apps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Template = dict[str, dict[str, Any]]

ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
DEFINITION = "AWS::Batch::JobDefinition"
QUEUE = "AWS::Batch::JobQueue"
NODES = "NodeProperties.NodeRangeProperties"
EFS = "ContainerProperties.Volumes.EfsVolumeConfiguration"

SPELLINGS = {"managed": "MANAGED", "unmanaged": "UNMANAGED"}
"""What AWS takes either way, as the L2 spells it and as AWS does."""

REASONS = {
    (ENVIRONMENT, "DependsOn"): "nobody takes the role away before the environment is deleted",
    (ENVIRONMENT, "ComputeResources.InstanceTypes"): "AWS names default_x86_64 before optimal,"
    " which it keeps for what exists",
    (ENVIRONMENT, "ComputeResources.LaunchTemplate"): "containers do not get the credentials of"
    " their instance, instances get the tags",
    (ENVIRONMENT, "ComputeResources.LaunchTemplate.Version"): "a new version is an update, and so"
    " the environment gets it",
    (ENVIRONMENT, "ComputeResources.UpdateToLatestImageVersion"): "an update brings the newest"
    " image",
    (ENVIRONMENT, "ComputeResources.Tags"): "tags of instances stand in the launch template, where"
    " a change of them replaces nothing",
    (ENVIRONMENT, "Tags"): "the environment has the tags, as its instances have",
    (ENVIRONMENT, "UpdatePolicy"): "an environment with BEST_FIT is replaced, not updated",
    (
        QUEUE,
        "JobStateTimeLimitActions",
    ): "a job that can never start does not block its queue",
    (DEFINITION, "RetryStrategy"): "what AWS interrupts is tried again, what fails by itself not",
    (DEFINITION, "PropagateTags"): "costs can be told by tag",
    (DEFINITION, "ContainerProperties.LogConfiguration"): "each definition has a log group, which"
    " ends with it and may be kept for a time",
    (DEFINITION, "ContainerProperties.JobRoleArn"): "a container acts as itself, never as its"
    " instance",
    (DEFINITION, f"{NODES}.Container.LogConfiguration"): "each definition has a log group",
    (DEFINITION, f"{NODES}.Container.JobRoleArn"): "a container acts as itself",
    (DEFINITION, f"{NODES}.Container.InstanceType"): "the type of instances is the range's",
    (DEFINITION, f"{NODES}.InstanceTypes"): "the type of instances is the range's, which also"
    " works for several containers and for pods",
    (DEFINITION, f"{EFS}.TransitEncryption"): "files are encrypted on their way",
    (DEFINITION, f"{EFS}.AuthorizationConfig"): "who may read the files is asked of IAM",
}
"""Type and property → why ours differs there."""


@cache
def template(side: Any, name: str) -> Template:
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    getattr(side, name)(stack)
    resources: Template = app.synth().get_stack_by_name("Stack").template["Resources"]
    return resources


def of_batch(resources: Template) -> Template:
    """Give what AWS Batch is told, with references by type, since other resources differ."""
    batch = {key: one for key, one in resources.items() if one["Type"].startswith("AWS::Batch::")}
    return {key: plain(one, resources) for key, one in batch.items()}


def plain(value: Any, resources: Template) -> Any:
    match value:
        case {"Ref": str(id)} if id in resources:
            return f"<{resources[id]['Type']}>"
        case {"Fn::GetAtt": [id, attribute]} if id in resources:
            return f"<{resources[id]['Type']}.{attribute}>"
        case dict():
            members = {key: plain(member, resources) for key, member in value.items()}
            # What is empty or off is the same as absent.
            return {key: one for key, one in members.items() if one not in ({}, [], None, False)}
        case list():
            items = [plain(item, resources) for item in value]
            # An order that means nothing.
            return sorted(items, key=json.dumps) if set_of_needs(items) else items
        case _:
            return SPELLINGS.get(value, value) if isinstance(value, str) else number(value)


def number(value: Any) -> Any:
    """Spell a number as Kubernetes takes it, a text."""
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if known else value


def set_of_needs(items: list[Any]) -> bool:
    return all(isinstance(item, dict) and item.keys() == {"Type", "Value"} for item in items)


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            yield from differences(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for first, second in zip(old, new, strict=True):
            yield from differences(first, second, path)
    elif old != new:
        yield path.removeprefix("Properties.")


def found(name: str) -> set[tuple[str, str]]:
    """Give the type and the property of each difference of an app."""
    old, new = of_batch(template(theirs, name)), of_batch(template(ours, name))
    return {(old[key]["Type"], path) for key in old for path in differences(old[key], new[key])}


def test_every_app_is_written_both_ways() -> None:
    assert list(apps(theirs)) == list(apps(ours))
    assert len(apps(ours)) == 19


@pytest.mark.parametrize("name", apps(ours))
def test_an_app_has_the_same_resources_of_batch_under_the_same_ids(name: str) -> None:
    old, new = of_batch(template(theirs, name)), of_batch(template(ours, name))

    assert {key: one["Type"] for key, one in new.items()} == {
        key: one["Type"] for key, one in old.items()
    }


@pytest.mark.parametrize("name", apps(ours))
def test_an_app_is_the_same_but_for_defaults_with_a_reason(name: str) -> None:
    assert found(name) - REASONS.keys() == set()


def test_every_reason_is_needed() -> None:
    assert set().union(*map(found, apps(ours))) == REASONS.keys()


def test_apps_that_are_written_anew_and_keep_their_ids_replace_nothing_and_destroy_no_role(
    tmp_path: Path,
) -> None:
    old = rewritten.theirs_at_once()
    new = rewritten.ours_with_kept_ids(old, tmp_path)

    gone = {
        (name, logical_id): (one.type, one.effect, one.because)
        for name in old
        for logical_id, one in impact(old[name], new[name]).items()
        if one.effect in {Effect.REPLACE, Effect.DELETE}
    }
    assert gone == {
        ("rule_without_a_name", "Rule4C995B7F"): ("AWS::Events::Rule", Effect.DELETE, [])
    }


def the(name: str, side: Any, type_: str) -> dict[str, Any]:
    """Give the properties of the one resource of a type."""
    (found,) = (one for one in template(side, name).values() if one["Type"] == type_)
    properties: dict[str, Any] = found["Properties"]
    return properties


def submission(name: str, side: Any) -> dict[str, Any]:
    """Give the parameters with which a state machine submits, by their first state of a job."""
    machine = the(name, side, "AWS::StepFunctions::StateMachine")
    text = "".join(
        part if isinstance(part, str) else "token"
        for part in machine["DefinitionString"]["Fn::Join"][1]
    )
    states = json.loads(text)["States"].values()
    (task,) = (state for state in states if "batch:submitJob" in state.get("Resource", ""))
    parameters: dict[str, Any] = plain(task["Parameters"], {})
    return parameters


def test_a_rule_submits_the_same_and_loses_no_event() -> None:
    (old,) = the("job_from_events", theirs, "AWS::Events::Rule")["Targets"]
    (new,) = the("job_from_events", ours, "AWS::Events::Rule")["Targets"]

    assert new["BatchParameters"] == old["BatchParameters"]
    assert new["Arn"] == old["Arn"]
    assert "DeadLetterConfig" in new


def test_a_schedule_is_the_schedulers_which_knows_time_zones() -> None:
    old = the("rule_without_a_name", theirs, "AWS::Events::Rule")
    new = the("rule_without_a_name", ours, "AWS::Scheduler::Schedule")

    assert new["ScheduleExpression"] == old["ScheduleExpression"]
    assert "Name" not in new
    assert "Name" not in old


@pytest.mark.parametrize(
    ("name", "differ"),
    [
        # The message from the input becomes text, as SubmitJob wants it.
        ("run_from_step_functions", {"JobDefinition", "JobName", "Parameters"}),
        ("submit_from_step_functions", {"JobDefinition", "JobName"}),
        # The queue is read from the execution's input, so that it is known in every state.
        ("queue_from_a_path", {"JobDefinition", "JobName", "JobQueue.$"}),
    ],
)
def test_a_state_machine_submits_the_same_by_the_definitions_name(
    name: str, differ: set[str]
) -> None:
    old, new = submission(name, theirs), submission(name, ours)

    assert old.keys() == new.keys()
    assert {key for key in old if old[key] != new[key]} == differ


def test_a_grant_covers_all_forms_that_aws_may_ask_for() -> None:
    def resources(side: Any) -> list[Any]:
        policies = [
            one["Properties"]
            for one in template(side, "grants").values()
            if one["Type"] == "AWS::IAM::Policy" and "Users" in one["Properties"]
        ]
        statements = policies[0]["PolicyDocument"]["Statement"]
        allowed: list[Any] = next(
            one["Resource"] for one in statements if one["Action"] == "batch:SubmitJob"
        )
        return allowed

    queue = {"Fn::GetAtt": ["Queue4A7E3555", "JobQueueArn"]}
    assert queue in resources(theirs)
    assert queue in resources(ours)
    assert len(resources(ours)) == 4
