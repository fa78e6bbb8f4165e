"""Each change of the table deployed to the embedded AWS, beside what `impact` says of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.impact.verdict import Effect, Impact, impact
from batch_constructs.local.direct_deployment import DirectDeployment
from batch_constructs.local.errors import LocalAwsError
from tests.impact.changed_properties import (
    ARN,
    BASES,
    ENVIRONMENT,
    ENVIRONMENTS,
    FARGATE,
    KINDS,
    OTHERS,
    TRAPS,
    put,
)

if TYPE_CHECKING:
    from pathlib import Path

    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws


def resource(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


Change = tuple[dict[str, Any], dict[str, Any]]


def changes() -> dict[str, Change]:
    """Every change of the table: what it is → the resource before and after."""
    found = {
        f"{kind}: {path} {value}": (
            resource(ENVIRONMENT, KINDS[kind]),
            resource(ENVIRONMENT, put(KINDS[kind], path, value)),
        )
        for kind, path, value, *_ in ENVIRONMENTS
    }
    for noun, path, value, _ in OTHERS:
        type_, old = f"AWS::Batch::{noun}", BASES[noun]
        if noun == "QuotaShare":  # its name is one of its queue's
            old = {**old, "QuotaShareName": f"share-{len(found)}"}
        found[f"{noun}: {path} {value}"] = (
            resource(type_, old),
            resource(type_, put(old, path, value)),
        )
    for name, (type_, old, new) in TRAPS.items():
        found[name] = resource(type_, old), resource(type_, new)
    return found


CHANGES = changes()
IDS = {name: f"Change{place}" for place, name in enumerate(CHANGES)}


def said(change: Change) -> Impact:
    """Give what `impact` says becomes of the resource."""
    old, new = ({"Resources": {"It": one}} for one in change)
    return impact(old, new)["It"]


def verdict(change: Change) -> tuple[Effect, bool]:
    """Give what becomes of the resource, and whether the deployment fails."""
    return said(change).effect, said(change).fails


FAILING = {name: change for name, change in CHANGES.items() if verdict(change)[1]}
GOING = {name: change for name, change in CHANGES.items() if name not in FAILING}


@pytest.fixture(scope="module")
def aws(local_aws: LocalAws) -> LocalAws:
    """The embedded AWS with what the changed resources refer to by name."""
    batch = local_aws.client("batch")
    for name in "ab":
        batch.create_scheduling_policy(name=name, fairsharePolicy={"shareDecaySeconds": 600})
        batch.create_compute_environment(
            computeEnvironmentName=name,
            type="MANAGED",
            computeResources={
                "type": "FARGATE",
                "maxvCpus": 4,
                "subnets": ["subnet-1"],
                "securityGroupIds": ["sg-1"],
            },
        )
        batch.create_service_environment(
            serviceEnvironmentName=name,
            serviceEnvironmentType="SAGEMAKER_TRAINING",
            capacityLimits=[{"capacityUnit": "NUM_INSTANCES", "maxCapacity": 4}],
        )
        quotas = f"{name}-quotas"
        batch.create_scheduling_policy(
            name=quotas, quotaSharePolicy={"idleResourceAssignmentStrategy": "FIFO"}
        )
        batch.create_job_queue(
            jobQueueName=name,
            jobQueueType="SAGEMAKER_TRAINING",
            priority=1,
            schedulingPolicyArn=f"{ARN}:scheduling-policy/{quotas}",
            serviceEnvironmentOrder=[{"order": 1, "serviceEnvironment": name}],
        )
    return local_aws


def deploy(aws: LocalAws, path: Path, stack: str, resources: dict[str, Any]) -> dict[str, str]:
    path.write_text(json.dumps({"Resources": resources}))
    deployment = DirectDeployment(aws.server.record, aws.client)
    return dict(deployment.deploy(stack, path, None).resources)


@pytest.fixture(scope="module")
def physical_ids(
    aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, str]]:
    """Deploy all changes that are said to go, at once: the physical IDs before and after."""
    path = tmp_path_factory.mktemp("changes") / "template.json"
    before, after = (
        deploy(aws, path, "Changes", {IDS[name]: one[side] for name, one in GOING.items()})
        for side in (0, 1)
    )
    return {name: (before[IDS[name]], after[IDS[name]]) for name in GOING}


def test_there_are_at_least_sixty_changes() -> None:
    assert len(CHANGES) >= 90
    assert len(FAILING) >= 10


def test_each_change_names_the_page_that_says_so() -> None:
    pages = {
        name: [one for one in said(change).notes if "https://" in one]
        for name, change in CHANGES.items()
    }

    assert [name for name, found in pages.items() if not found] == []


@pytest.mark.parametrize("name", GOING)
def test_a_resource_is_replaced_where_impact_says_so_and_nowhere_else(
    name: str, physical_ids: dict[str, tuple[str, str]]
) -> None:
    before, after = physical_ids[name]
    if GOING[name][0]["Type"] == "AWS::Batch::JobDefinition":  # a revision is another ARN
        before, after = (one.rpartition(":")[0] for one in (before, after))

    assert (before != after) is (verdict(GOING[name])[0] is Effect.REPLACE)


@pytest.mark.parametrize("name", FAILING)
def test_a_deployment_that_impact_says_fails_fails_and_leaves_what_was_there(
    name: str, aws: LocalAws, tmp_path: Path
) -> None:
    old, new = FAILING[name]
    path, stack = tmp_path / "template.json", f"Fails{IDS[name]}"
    before = deploy(aws, path, stack, {"It": old})

    with pytest.raises(LocalAwsError, match="could not be deployed"):
        deploy(aws, path, stack, {"It": new})

    deployment = DirectDeployment(aws.server.record, aws.client)
    assert deployment.describe(stack).resources == before
    deployment.destroy(stack)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("creating", "Cannot update, resource is being modified"),
        ("deleting", "Cannot update, resource is being modified"),
        ("invalid", "is INVALID: CLIENT_ERROR"),
        ("updating", "Cannot update, resource is being modified"),
    ],
)
def test_a_deployment_that_meets_an_environment_in_trouble_says_so_and_goes_when_it_is_well(
    kind: str, told: str, aws: LocalAws, tmp_path: Path
) -> None:
    path, stack = tmp_path / "template.json", f"Trouble{kind.title()}"
    larger = put(FARGATE, "ComputeResources/MaxvCpus", 8)
    before = deploy(aws, path, stack, {"It": resource(ENVIRONMENT, FARGATE)})
    control = aws.server.record.access.control
    control("fault", {"environment": before["It"], "kind": kind})

    with pytest.raises(LocalAwsError, match=told):
        deploy(aws, path, stack, {"It": resource(ENVIRONMENT, larger)})

    control("fault", {"environment": before["It"], "kind": "none"})
    assert deploy(aws, path, stack, {"It": resource(ENVIRONMENT, larger)}) == before
    DirectDeployment(aws.server.record, aws.client).destroy(stack)
