"""Look-ups through the real cdk CLI: a pass with nothing, the embedded AWS asked, a second pass."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.cdk_cli import CdkCli
from batch_constructs.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.local_aws, pytest.mark.cdk_cli]

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_ssm as ssm
import batch_constructs as bc

app = cdk.App()
stack = cdk.Stack(app, "Shared", env=cdk.Environment(account="123456789012", region="us-east-1"))
vpc = ec2.Vpc.from_lookup(stack, "Vpc", tags={"Name": "shared"})
group = ec2.SecurityGroup.from_lookup_by_name(stack, "Jobs", "jobs", vpc)
some = stack.node.try_get_context("subnet")
selections = {
    "Group": ec2.SubnetSelection(subnet_group_name="Jobs"),
    "Kind": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
    "Zones": ec2.SubnetSelection(availability_zones=["us-east-1b"]),
    "Ids": ec2.SubnetSelection(subnet_filters=[ec2.SubnetFilter.by_ids([some])]),
    "Mask": ec2.SubnetSelection(subnet_filters=[ec2.SubnetFilter.by_cidr_mask(24)]),
}
environments = [
    bc.FargateComputeEnvironment(
        stack, name, vpc=vpc, vpc_subnets=subnets, security_groups=[group]
    )
    for name, subnets in selections.items()
]
queue = bc.JobQueue(stack, "Queue", compute_environments=environments[:3])
job = bc.FargateJobDefinition(
    stack,
    "Job",
    image=ssm.StringParameter.value_from_lookup(stack, "/shared/image"),
    vcpus=1,
    memory=cdk.Size.gibibytes(2),
)
bc.ScheduleTrigger(stack, "Nightly", queue=queue, job_definition=job, schedule="rate(1 day)")
app.synth()
"""


@dataclass(frozen=True)
class Synthesised:
    """What the CLI made of the app, and what there is in the account."""

    directory: Path
    cli: CdkCli
    subnets: list[str]
    group: str

    def template(self, output: str, *arguments: str) -> dict[str, Any]:
        lines: list[str] = []
        where = ["--output", str(self.directory / output)]
        context = ["--context", f"subnet={self.subnets[0]}"]
        command = ["synth", "--quiet", "--app", "python app.py", *where, *context, *arguments]
        self.cli.run(command, show=lines.append, what="cdk synth")
        found: dict[str, Any] = json.loads(
            (self.directory / output / "Shared.template.json").read_text()
        )
        return found


def _tags(kind: str, **tags: str) -> list[dict[str, Any]]:
    named = [{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()]
    return [{"ResourceType": kind, "Tags": named}]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synthesised]:
    """A VPC that others made: two private subnets of one group, and one of another size."""
    directory = tmp_path_factory.mktemp("app")
    (directory / "app.py").write_text(APP)
    with LocalServer() as server:
        ec2: Any = server.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=_tags("vpc", Name="shared"))
        inside = {"VpcId": vpc["Vpc"]["VpcId"]}
        subnets = [
            ec2.create_subnet(
                **inside,
                CidrBlock=cidr,
                AvailabilityZone=f"us-east-1{zone}",
                TagSpecifications=[
                    {
                        "ResourceType": "subnet",
                        "Tags": [
                            {"Key": "aws-cdk:subnet-type", "Value": "Private"},
                            {"Key": "aws-cdk:subnet-name", "Value": name},
                        ],
                    }
                ],
            )["Subnet"]["SubnetId"]
            for cidr, zone, name in (
                ("10.0.0.0/24", "a", "Jobs"),
                ("10.0.1.0/24", "b", "Jobs"),
                ("10.0.128.0/20", "a", "Others"),
                ("10.0.144.0/20", "b", "Others"),
            )
        ]
        group = ec2.create_security_group(**inside, GroupName="jobs", Description="of jobs")
        server.client("ssm").put_parameter(Name="/shared/image", Value="tools:7", Type="String")
        environment = server.record.access.environment(server.record.marker)
        home = {"CDK_HOME": str(directory / "home"), "TMPDIR": str(directory)}
        cli = CdkCli({**environment, **home}, directory)
        yield Synthesised(directory, cli, subnets, group["GroupId"])


@pytest.fixture(scope="module")
def template(app: Synthesised) -> dict[str, Any]:
    """The template of the second pass."""
    return app.template("both")


def test_the_cli_looks_up_what_the_first_pass_missed(
    app: Synthesised, template: dict[str, Any]
) -> None:
    context = json.loads((app.directory / "cdk.context.json").read_text())

    asked = {key.split(":")[0] for key in context}
    assert {"vpc-provider", "security-group", "ssm"} <= asked
    assert "dummy" not in json.dumps(template)
    assert "12345" not in json.dumps(template).replace("123456789012", "")


def test_each_selection_of_subnets_is_that_of_the_vpc_that_was_found(
    app: Synthesised, template: dict[str, Any]
) -> None:
    a, b, c, d = app.subnets
    found = {
        name.removesuffix(name[-8:]): resource["Properties"]["ComputeResources"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Batch::ComputeEnvironment"
    }
    assert {name: one["Subnets"] for name, one in found.items()} == {
        "Group": [a, b],
        "Kind": [a, b, c, d],
        "Zones": [b, d],
        "Ids": [a],
        "Mask": [a, b],
    }
    assert {group for one in found.values() for group in one["SecurityGroupIds"]} == {app.group}


def test_the_same_app_with_the_recorded_context_is_the_same_without_a_look_up(
    app: Synthesised, template: dict[str, Any]
) -> None:
    assert app.template("recorded", "--lookups=false") == template
