"""What a change does: each property on each kind of resource, by AWS's published texts."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from batch_constructs.aws import updates
from batch_constructs.aws.source import Source
from batch_constructs.aws.updates import create_only
from batch_constructs.cli import main
from batch_constructs.impact.verdict import Effect, Impact, impact
from tests.judges.test_coverage import script

ENVIRONMENT = "AWS::Batch::ComputeEnvironment"
EC2 = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "EC2",
        "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
        "InstanceTypes": ["m7i"],
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    },
}
SPOT = {
    **EC2,
    "ComputeResources": {
        **EC2["ComputeResources"],  # type: ignore[dict-item]  # a mapping among text
        "Type": "SPOT",
        "AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED",
        "SpotIamFleetRole": "arn:aws:iam::123456789012:role/a",
    },
}
FARGATE = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "FARGATE",
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    },
}
EKS = {
    **EC2,
    "EksConfiguration": {"EksClusterArn": "x", "KubernetesNamespace": "jobs"},
}
BEST_FIT = {
    **EC2,
    "ReplaceComputeEnvironment": True,
    "ComputeResources": {**EC2["ComputeResources"], "AllocationStrategy": "BEST_FIT"},  # type: ignore[dict-item]  # a mapping among text
}
MANAGED_INSTANCES = {
    "Type": "MANAGED",
    "ReplaceComputeEnvironment": False,
    "ComputeResources": {
        "Type": "ECS_MANAGED_INSTANCES",
        "MaxvCpus": 4,
        "ManagedInstancesProvider": {
            "InstanceLaunchTemplate": {"CapacityOptionType": "ON_DEMAND", "FipsEnabled": False}
        },
    },
}
UNMANAGED = {"Type": "UNMANAGED", "ServiceRole": "arn:aws:iam::123456789012:role/a"}
NONE, IN_PLACE, REPLACE = Effect.NONE, Effect.IN_PLACE, Effect.REPLACE
UPDATE = Effect.INFRASTRUCTURE_UPDATE
KINDS: dict[str, dict[str, Any]] = {
    "EC2": EC2,
    "Spot": SPOT,
    "Fargate": FARGATE,
    "EKS": EKS,
    "BEST_FIT": BEST_FIT,
    "Managed": MANAGED_INSTANCES,
    "Unmanaged": UNMANAGED,
}
LAUNCH = "ComputeResources/ManagedInstancesProvider/InstanceLaunchTemplate"

REGISTRY = updates.registry(ENVIRONMENT)
INFRASTRUCTURE, SCALING = updates.IN_PLACE, updates.SCALING
DEFAULT, FARGATE_REFUSES = updates.REPLACES_BY_DEFAULT, updates.FARGATE_REFUSES
OWN_ROLE = "arn:aws:iam::123456789012:role/own"

ENVIRONMENTS: list[tuple[str, str, Any, Effect, Source | None]] = [
    ("EC2", "ComputeResources/MaxvCpus", 8, IN_PLACE, None),
    ("EC2", "ComputeResources/MinvCpus", 1, IN_PLACE, None),
    ("EC2", "ComputeResources/DesiredvCpus", 1, IN_PLACE, None),
    ("EC2", "State", "DISABLED", IN_PLACE, None),
    ("EC2", "ServiceRole", OWN_ROLE, IN_PLACE, updates.ROLE_STAYS),
    ("EC2", "UpdatePolicy", {"TerminateJobsOnUpdate": True}, IN_PLACE, None),
    ("EC2", "ReplaceComputeEnvironment", True, IN_PLACE, None),
    ("EC2", "EcsSettings/ContainerInsights", "ENABLED", IN_PLACE, None),
    ("EC2", "ComputeResources/ScalingPolicy", {"MinScaleDownDelayMinutes": 30}, IN_PLACE, SCALING),
    ("EC2", "ComputeResources/InstanceTypes", ["c7i"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/InstanceTypes", ["c7g"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/InstanceRole", "other", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Ec2KeyPair", "key", UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/Ec2Configuration",
        [{"ImageType": "ECS_AL2023"}],
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/ImageId", "ami-1", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/UpdateToLatestImageVersion", True, UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/LaunchTemplate",
        {"LaunchTemplateName": "x"},
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/LaunchTemplate/Version", "2", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/PlacementGroup", "group", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/SecurityGroupIds", ["sg-2"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Subnets", ["subnet-2"], UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Tags", {"Team": "a"}, UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Tags/Team", "a", UPDATE, INFRASTRUCTURE),
    (
        "EC2",
        "ComputeResources/AllocationStrategy",
        "BEST_FIT_PROGRESSIVE_ORDERED",
        UPDATE,
        INFRASTRUCTURE,
    ),
    ("EC2", "ComputeResources/AllocationStrategy", "BEST_FIT", REPLACE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Type", "SPOT", UPDATE, INFRASTRUCTURE),
    ("EC2", "ComputeResources/Type", "FARGATE", REPLACE, FARGATE_REFUSES),
    ("EC2", "ComputeResources/Type", "ECS_MANAGED_INSTANCES", REPLACE, FARGATE_REFUSES),
    ("EC2", "Type", "managed", REPLACE, REGISTRY),
    ("EC2", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("EC2", "ComputeEnvironmentName", "other", REPLACE, REGISTRY),
    (
        "EC2",
        "EksConfiguration",
        {"EksClusterArn": "x", "KubernetesNamespace": "y"},
        REPLACE,
        REGISTRY,
    ),
    ("BEST_FIT", "ComputeResources/MaxvCpus", 8, IN_PLACE, None),
    ("BEST_FIT", "ComputeResources/InstanceTypes", ["c7i"], REPLACE, DEFAULT),
    ("BEST_FIT", "ComputeResources/Subnets", ["subnet-2"], REPLACE, DEFAULT),
    ("BEST_FIT", "ComputeResources/UpdateToLatestImageVersion", True, IN_PLACE, None),
    ("Spot", "ComputeResources/BidPercentage", 60, UPDATE, INFRASTRUCTURE),
    ("Spot", "ComputeResources/Type", "EC2", UPDATE, INFRASTRUCTURE),
    ("Spot", "ComputeResources/Type", "FARGATE_SPOT", REPLACE, FARGATE_REFUSES),
    ("Spot", "ComputeResources/SpotIamFleetRole", "arn:aws:iam::1:role/b", REPLACE, REGISTRY),
    ("Fargate", "ComputeResources/MaxvCpus", 8, IN_PLACE, None),
    ("Fargate", "ComputeResources/Subnets", ["subnet-2"], IN_PLACE, SCALING),
    ("Fargate", "ComputeResources/SecurityGroupIds", ["sg-2"], IN_PLACE, SCALING),
    ("Fargate", "ComputeResources/Type", "EC2", REPLACE, FARGATE_REFUSES),
    ("Fargate", "ComputeResources/Type", "FARGATE_SPOT", REPLACE, FARGATE_REFUSES),
    ("Fargate", "ServiceRole", OWN_ROLE, IN_PLACE, updates.ROLE_STAYS),
    ("Fargate", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/EksClusterArn", "y", REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/KubernetesNamespace", "other", REPLACE, REGISTRY),
    ("EKS", "EksConfiguration/AccessEntry/DesiredState", "ENABLED", IN_PLACE, None),
    ("EKS", "ComputeResources/InstanceTypes", ["c7i"], UPDATE, INFRASTRUCTURE),
    ("Managed", f"{LAUNCH}/CapacityOptionType", "SPOT", REPLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/FipsEnabled", True, REPLACE, REGISTRY),
    ("Managed", f"{LAUNCH}/StorageConfiguration/StorageSizeGiB", 100, IN_PLACE, None),
    ("Managed", "ComputeResources/CapacityTags", {"Team": "a"}, IN_PLACE, None),
    ("Managed", "ComputeResources/Type", "EC2", REPLACE, FARGATE_REFUSES),
    ("Unmanaged", "UnmanagedvCpus", 8, IN_PLACE, None),
    ("Unmanaged", "ServiceRole", OWN_ROLE, IN_PLACE, None),
    ("Unmanaged", "Tags", {"Team": "a"}, REPLACE, REGISTRY),
]
OTHERS: list[tuple[str, str, Any, Effect]] = [
    ("JobQueue", "Priority", 2, IN_PLACE),
    ("JobQueue", "State", "DISABLED", IN_PLACE),
    ("JobQueue", "Tags", {"Team": "a"}, IN_PLACE),
    ("JobQueue", "SchedulingPolicyArn", "b", IN_PLACE),
    ("JobQueue", "ComputeEnvironmentOrder", [{"Order": 1}], IN_PLACE),
    ("JobQueue", "JobStateTimeLimitActions", [{"Action": "CANCEL"}], IN_PLACE),
    ("JobQueue", "JobQueueName", "other", REPLACE),
    ("JobQueue", "JobQueueType", "EKS", REPLACE),
    ("JobDefinition", "Timeout", {"AttemptDurationSeconds": 60}, IN_PLACE),
    ("JobDefinition", "ContainerProperties", {"Image": "other"}, IN_PLACE),
    ("JobDefinition", "RetryStrategy", {"Attempts": 2}, IN_PLACE),
    ("JobDefinition", "PlatformCapabilities", ["FARGATE"], IN_PLACE),
    ("JobDefinition", "Tags", {"Team": "a"}, IN_PLACE),
    ("JobDefinition", "JobDefinitionName", "other", REPLACE),
    ("SchedulingPolicy", "FairsharePolicy", {"ShareDecaySeconds": 60}, IN_PLACE),
    ("SchedulingPolicy", "Tags", {"Team": "a"}, IN_PLACE),
    ("SchedulingPolicy", "Name", "other", REPLACE),
    ("ConsumableResource", "TotalQuantity", 5, IN_PLACE),
    ("ConsumableResource", "ResourceType", "NON_REPLENISHABLE", REPLACE),
    ("ConsumableResource", "ConsumableResourceName", "other", REPLACE),
    ("QuotaShare", "CapacityLimits", [{"MaxCapacity": 1}], IN_PLACE),
    ("QuotaShare", "ResourceSharingConfiguration", {"BorrowLimit": 5}, IN_PLACE),
    ("QuotaShare", "JobQueue", "other", REPLACE),
    ("QuotaShare", "QuotaShareName", "other", REPLACE),
    ("ServiceEnvironment", "State", "DISABLED", IN_PLACE),
    ("ServiceEnvironment", "CapacityLimits", [{"MaxCapacity": 1}], IN_PLACE),
    ("ServiceEnvironment", "ServiceEnvironmentType", "OTHER", REPLACE),
    ("ServiceEnvironment", "ServiceEnvironmentName", "other", REPLACE),
]


def put(properties: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(properties)
    *way, last = path.split("/")
    within = changed
    for step in way:
        within = within.setdefault(step, {})
    within[last] = value
    return changed


def template(type_: str, properties: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"Resources": {"It": {"Type": type_, "Properties": properties}, **others}}


def it(old: dict[str, Any], new: dict[str, Any]) -> Impact:
    return impact(old, new)["It"]


@pytest.mark.parametrize(("kind", "path", "value", "effect", "source"), ENVIRONMENTS)
def test_a_change_of_an_environment_has_its_effect_and_names_its_source(
    kind: str, path: str, value: Any, effect: Effect, source: Source | None
) -> None:
    old = KINDS[kind]
    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, path, value)))

    assert found.effect is effect
    assert [path.startswith(one) or one.startswith(path) for one in found.because] == [True]
    pages = [note for note in found.notes if note.startswith("see ")]
    assert pages == ([] if source is None else [f"see {source.page}"])


@pytest.mark.parametrize(("noun", "path", "value", "effect"), OTHERS)
def test_a_change_of_another_resource_has_its_effect(
    noun: str, path: str, value: Any, effect: Effect
) -> None:
    type_ = f"AWS::Batch::{noun}"
    old = {"SchedulingPolicyArn": "a"} if noun == "JobQueue" else {}
    found = it(template(type_, old), template(type_, put(old, path, value)))

    assert (found.effect, found.because) == (effect, [path])
    page = f"see {updates.registry(type_).page}"
    assert (page in found.notes) is (effect is REPLACE)


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("EC2", "ServiceRole", OWN_ROLE),
        ("EC2", "ComputeResources/Type", "FARGATE"),
        ("EC2", "ComputeResources/AllocationStrategy", "BEST_FIT"),
        ("Fargate", "ComputeResources/Type", "FARGATE_SPOT"),
    ],
)
def test_what_cannot_be_done_in_place_is_said_to_fail(kind: str, path: str, value: Any) -> None:
    old = KINDS[kind]
    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, path, value)))

    assert any("the deployment fails" in note for note in found.notes)


def test_a_queue_gets_no_policy_later() -> None:
    found = it(
        template("AWS::Batch::JobQueue", {}),
        template("AWS::Batch::JobQueue", {"SchedulingPolicyArn": "a"}),
    )

    assert any("gets none later: the deployment fails" in note for note in found.notes)


def test_a_share_that_moves_to_another_queue_keeps_its_name() -> None:
    share = {"QuotaShareName": "research", "JobQueue": "a"}
    found = it(
        template("AWS::Batch::QuotaShare", share),
        template("AWS::Batch::QuotaShare", {**share, "JobQueue": "b"}),
    )

    assert found.effect is REPLACE
    assert not any("the deployment fails" in note for note in found.notes)


@pytest.mark.parametrize(("policy", "refused"), [({}, True), (None, False)])
def test_an_update_policy_on_fargate_is_said_to_be_refused(
    policy: dict[str, Any] | None, *, refused: bool
) -> None:
    old = FARGATE if policy is None else {**FARGATE, "UpdatePolicy": policy}
    new = put(old, "ComputeResources/MaxvCpus", 8)

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert any("seen to refuse the update" in note for note in found.notes) is refused


@pytest.mark.parametrize("written", [{"ReplaceComputeEnvironment": True}, {}])
def test_an_environment_that_may_be_replaced_is_replaced_for_new_instances(
    written: dict[str, Any],
) -> None:
    old = {**{key: EC2[key] for key in ("Type", "ComputeResources")}, **written}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    assert it(template(ENVIRONMENT, old), template(ENVIRONMENT, new)).effect is REPLACE


def test_a_service_role_of_its_own_admits_no_infrastructure_update() -> None:
    old = {**EC2, "ServiceRole": "arn:aws:iam::123456789012:role/own"}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert found.effect is REPLACE
    assert any("the deployment fails" in note for note in found.notes)


def test_the_service_linked_role_admits_an_infrastructure_update() -> None:
    role = "arn:aws:iam::1:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
    old = {**EC2, "ServiceRole": role}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    assert it(template(ENVIRONMENT, old), template(ENVIRONMENT, new)).effect is UPDATE


def test_a_name_that_stays_clashes_with_itself_in_a_replacement() -> None:
    old = {**EC2, "ComputeEnvironmentName": "fixed"}

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, put(old, "Tags", {"a": "b"})))

    assert found.notes[0].startswith("ComputeEnvironmentName stays as it is: the deployment fails")


def test_a_queue_moves_when_its_environment_is_replaced() -> None:
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {"ComputeEnvironmentOrder": [{"ComputeEnvironment": {"Ref": "It"}}]},
    }
    old = template(ENVIRONMENT, EC2, Queue=queue)
    new = template(ENVIRONMENT, put(EC2, "Type", "managed"), Queue=queue)

    found = impact(old, new)["Queue"]

    assert found.effect is IN_PLACE
    assert found.because == ["ComputeEnvironmentOrder/ComputeEnvironment"]
    assert "because It is replaced" in found.notes[0]


def test_what_is_made_of_a_replaced_name_is_replaced_too() -> None:
    policy = {"Type": "AWS::Batch::QuotaShare", "Properties": {"JobQueue": {"Ref": "It"}}}
    old = template("AWS::Batch::JobQueue", {"JobQueueType": "ECS"}, Share=policy)
    new = template("AWS::Batch::JobQueue", {"JobQueueType": "EKS"}, Share=policy)

    assert impact(old, new)["Share"].effect is REPLACE


def test_a_new_version_of_a_launch_template_updates_the_instances() -> None:
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    properties = put(EC2, "ComputeResources/LaunchTemplate/Version", version)
    kind = "AWS::EC2::LaunchTemplate"
    old, new = (
        template(
            ENVIRONMENT,
            properties,
            Template={"Type": kind, "Properties": {"LaunchTemplateData": {"UserData": data}}},
        )
        for data in "ab"
    )

    assert it(old, new).effect is UPDATE


def test_a_new_revision_changes_those_that_name_it_and_no_others() -> None:
    by_ref = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Job": {"Ref": "It"}}]}}
    by_name = {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Job": "it"}]}}
    old = template("AWS::Batch::JobDefinition", {}, A=by_ref, B=by_name)
    new = template("AWS::Batch::JobDefinition", {"Type": "container"}, A=by_ref, B=by_name)

    found = impact(old, new)

    assert (found["A"].effect, found["B"].effect) == (IN_PLACE, NONE)
    assert any("deregistered" in note for note in found["It"].notes)


def test_a_policy_that_is_taken_from_a_queue_fails_the_deployment() -> None:
    found = it(
        template("AWS::Batch::JobQueue", {"SchedulingPolicyArn": "a"}),
        template("AWS::Batch::JobQueue", {}),
    )

    assert any("can be replaced but not removed" in note for note in found.notes)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({}, "have 30 minutes to end"),
        ({"JobExecutionTimeoutMinutes": 90}, "have 90 minutes to end"),
        ({"TerminateJobsOnUpdate": True}, "are ended"),
    ],
)
def test_what_becomes_of_running_jobs_is_said(policy: dict[str, Any], said: str) -> None:
    old = {**EC2, "UpdatePolicy": policy}
    new = put(old, "ComputeResources/InstanceTypes", ["c7i"])

    found = it(template(ENVIRONMENT, old), template(ENVIRONMENT, new))

    assert found.notes[0].endswith(said)


def test_what_is_new_and_what_goes_are_said() -> None:
    one: dict[str, Any] = template("AWS::SQS::Queue", {})
    other: dict[str, Any] = {"Resources": {}}

    assert it(other, one).effect is Effect.CREATE
    assert it(one, other).effect is Effect.DELETE


def test_metadata_alone_changes_nothing() -> None:
    new = template("AWS::SQS::Queue", {})
    new["Resources"]["It"]["Metadata"] = {"aws:cdk:path": "x"}

    assert it(template("AWS::SQS::Queue", {}), new).effect is NONE


def test_the_table_of_the_registry_is_what_the_script_makes() -> None:
    made = script("make_create_only").text()
    path = Path(__file__).parents[2] / "batch_constructs" / "aws" / "create_only.json"

    assert made == path.read_text()
    assert "ComputeResources/InstanceTypes" in create_only(ENVIRONMENT).perhaps


def run(tmp_path: Path, old: Any, new: Any, *options: str) -> tuple[int, str]:
    for name, content in (("old.json", old), ("new.json", new)):
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    files = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    result = CliRunner().invoke(main, ["impact", *files, *options])
    return result.exit_code, result.output


def test_the_command_fails_when_something_is_replaced_or_deleted(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Type", "managed"))

    assert run(tmp_path, old, old) == (0, "nothing changes\n")
    assert run(tmp_path, old, put(old, "Resources/It/Properties/State", "DISABLED"))[0] == 0
    assert run(tmp_path, old, new)[0] == 1
    assert run(tmp_path, old, {"Resources": {}})[0] == 1
    assert run(tmp_path, old, "no template")[0] == 2


def test_json_is_one_object_of_logical_ids(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Tags", {"a": "b"}))

    found = json.loads(run(tmp_path, old, new, "--format", "json")[1])["It"]

    assert (found["type"], found["effect"], found["because"]) == (ENVIRONMENT, "replace", ["Tags"])
    assert set(found) == {"type", "effect", "because", "notes"}


def test_markdown_is_a_table_for_a_comment(tmp_path: Path) -> None:
    old, new = template(ENVIRONMENT, EC2), template(ENVIRONMENT, put(EC2, "Tags", {"a": "b"}))

    lines = run(tmp_path, old, new, "--format", "markdown")[1].splitlines()

    assert lines[2].startswith(f"| replace | `It` | {ENVIRONMENT} | `Tags`")
    assert lines[-1] == "1 replace"


def test_two_assemblies_are_compared_template_by_template(tmp_path: Path) -> None:
    for folder, names in (("old", "AB"), ("new", "BC")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "manifest.json").write_text("{}")
        for name in names:
            written = json.dumps(template("AWS::SQS::Queue", {}))
            (tmp_path / folder / f"{name}.template.json").write_text(written)

    result = CliRunner().invoke(
        main, ["impact", str(tmp_path / "old"), str(tmp_path / "new"), "--format", "json"]
    )

    effects = {name: one["effect"] for name, one in json.loads(result.output).items()}
    assert effects == {"A/It": "delete", "B/It": "none", "C/It": "create"}
