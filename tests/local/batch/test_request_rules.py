"""The embedded AWS refuses what `check` calls an error in a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.local.batch.conftest import Account

ON_FARGATE: dict[str, Any] = {
    "platformCapabilities": ["FARGATE"],
    "vcpus": 0.25,
    "memory": 512,
}
ROLE = {"executionRoleArn": "arn:aws:iam::111122223333:role/execution"}
DEVICE = {"linuxParameters": {"devices": [{"hostPath": "dev/x", "containerPath": "/dev/x"}]}}
VOLUME = {
    "volumes": [{"name": "a", "host": {"sourcePath": "/a"}}],
    "mountPoints": [{"sourceVolume": "a", "containerPath": "a"}],
}
TWICE = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
INSTANCES: dict[str, Any] = {"type": "EC2", "instanceTypes": ["m7i"]}


@pytest.mark.parametrize(
    ("container", "problem"),
    [
        ({"ulimits": [{"name": "core", "softLimit": 2, "hardLimit": 1}]}, "ulimits"),
        (DEVICE, "linuxParameters.devices"),
        (VOLUME, "mountPoints"),
        ({"environment": TWICE}, "environment"),
    ],
)
def test_a_container_that_check_refuses_is_refused(
    container: dict[str, Any], problem: str, account: Account
) -> None:
    with pytest.raises(ClientError, match=rf"containerProperties\.{problem}"):
        account.definition("true", container=container)


@pytest.mark.parametrize(
    "container", [{"privileged": True}, {"logConfiguration": {"logDriver": "gelf"}}]
)
def test_what_fargate_does_not_take_is_refused(container: dict[str, Any], account: Account) -> None:
    account.definition("true", container=ROLE, **ON_FARGATE)
    with pytest.raises(ClientError, match="FARGATE|Fargate"):
        account.definition("true", container=container | ROLE, **ON_FARGATE)


def test_more_vcpus_at_first_than_at_most_are_refused(account: Account) -> None:
    account.environment("fits", vcpus=2, desiredvCpus=2, **INSTANCES)
    with pytest.raises(ClientError, match="DesiredvCpus is 3"):
        account.environment(vcpus=2, desiredvCpus=3, **INSTANCES)


def test_vcpus_of_an_unmanaged_environment_are_not_for_a_managed_one(account: Account) -> None:
    with pytest.raises(ClientError, match="unmanagedvCpus"):
        account.batch.create_compute_environment(
            computeEnvironmentName="ce",
            type="MANAGED",
            unmanagedvCpus=1,
            computeResources={
                "type": "FARGATE",
                "maxvCpus": 1,
                "subnets": ["subnet-1"],
                "securityGroupIds": ["sg-1"],
            },
        )


def test_an_image_type_that_ended_is_refused(account: Account) -> None:
    image: dict[str, Any] = {"ec2Configuration": [{"imageType": "ECS_AL2"}]}
    with pytest.raises(ClientError, match="ECS_AL2"):
        account.environment(**INSTANCES, **image)


def test_shares_that_overlap_are_refused(account: Account) -> None:
    shares = [{"shareIdentifier": "a*"}, {"shareIdentifier": "ab"}]
    with pytest.raises(ClientError, match="fairsharePolicy"):
        account.batch.create_scheduling_policy(
            name="p", fairsharePolicy={"shareDistribution": shares}
        )
