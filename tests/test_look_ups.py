"""Both passes of context look-ups: with what the CDK makes up, and with answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm

import batch_constructs as bc
from tests import rendered

ACCOUNT, REGION = "210987654321", "us-east-1"
"""Not the account of roles and repositories that the first pass makes up."""

SELECTIONS: dict[str, Callable[[cdk.Stack], ec2.SubnetSelection]] = {
    "type": lambda _: ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
    "group": lambda _: ec2.SubnetSelection(subnet_group_name="Jobs"),
    "zones": lambda _: ec2.SubnetSelection(availability_zones=["us-east-1a"]),
    "IDs": lambda _: ec2.SubnetSelection(subnet_filters=[ec2.SubnetFilter.by_ids(["subnet-0a"])]),
    "mask": lambda _: ec2.SubnetSelection(subnet_filters=[ec2.SubnetFilter.by_cidr_mask(24)]),
    "one a zone": lambda _: ec2.SubnetSelection(one_per_az=True),
    "from an ID": lambda stack: ec2.SubnetSelection(
        subnets=[ec2.Subnet.from_subnet_id(stack, "Known", "subnet-0a")]
    ),
}


def answer(key: str) -> object:
    """Answer a look-up as the CLI does, from a VPC with one group of two subnets."""
    if key.startswith("vpc-provider"):
        subnets = [
            {
                "subnetId": f"subnet-0{zone}",
                "cidr": f"10.0.{index}.0/24",
                "availabilityZone": f"us-east-1{zone}",
                "routeTableId": f"rtb-0{zone}",
            }
            for index, zone in enumerate("ab")
        ]
        groups = [{"name": "Jobs", "type": "Private", "subnets": subnets}]
        return {"vpcId": "vpc-0a", "vpcCidrBlock": "10.0.0.0/16", "subnetGroups": groups}
    if key.startswith("security-group"):
        return {"securityGroupId": "sg-0a", "allowAllOutbound": True}
    if key.startswith("availability-zones"):
        return ["us-east-1a", "us-east-1b", "us-east-1c"]
    if key.startswith("ami"):
        return "ami-0a"
    if key.startswith("cc-api"):
        repository = f"ecr:{REGION}:{ACCOUNT}:repository/tools"
        return [{"Arn": f"arn:aws:{repository if 'ECR' in key else f'iam::{ACCOUNT}:role/jobs'}"}]
    assert key.startswith("ssm"), key
    answers = {
        "files": "fs-0123456789abcdef0",
        "field": "$.detail.id",
        "nodes": "0:3",
        "arn": f"arn:aws:batch:{REGION}:{ACCOUNT}:job-definition/tools:1",
    }
    return next((value for name, value in answers.items() if f"/{name}" in key), "tools")


def two_passes(declare: Callable[[cdk.Stack], object], folder: Path) -> dict[str, Any]:
    """Synthesise as the CLI does: with nothing, then with what was missing, until it has all."""
    context: dict[str, object] = {}
    for _ in range(3):
        app = cdk.App(context=dict(context), outdir=str(folder / str(len(context))))
        stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=ACCOUNT, region=REGION))
        declare(stack)
        assembly = app.synth()
        manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text())
        missing = [one["key"] for one in manifest.get("missing", [])]
        if not missing:
            found: dict[str, Any] = assembly.get_stack_by_name("Stack").template
            assert context
            assert "dummy" not in json.dumps(found).lower()
            assert '12345"' not in json.dumps(found)
            return found
        context |= {key: answer(key) for key in missing}
    raise AssertionError(missing)


def subnets(template: dict[str, Any]) -> list[list[Any]]:
    return [
        one["Properties"]["ComputeResources"]["Subnets"]
        for one in template["Resources"].values()
        if one["Type"] == "AWS::Batch::ComputeEnvironment"
    ]


def subnets_of(template: dict[str, Any]) -> list[Any]:
    (of_the_only,) = subnets(template)
    return of_the_only


def test_subnets_of_a_vpc_that_is_looked_up_are_found_in_the_second_pass(tmp_path: Path) -> None:
    def declare(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="shared")
        environments = [
            bc.FargateComputeEnvironment(stack, name, vpc=vpc, vpc_subnets=selection(stack))
            for name, selection in SELECTIONS.items()
        ]
        bc.JobQueue(stack, "Queue", compute_environments=environments[:3])

    found = subnets(two_passes(declare, tmp_path))
    assert [one[0] for one in found] == ["subnet-0a"] * len(SELECTIONS)


def test_a_list_that_is_picked_from_a_vpc_that_is_looked_up_is_full_in_the_second_pass(
    tmp_path: Path,
) -> None:
    def declare(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="shared")
        picked = vpc.select_subnets(subnet_group_name="Jobs").subnets
        chosen = ec2.SubnetSelection(subnets=picked)
        bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, vpc_subnets=chosen)

    assert subnets_of(two_passes(declare, tmp_path)) == ["subnet-0a", "subnet-0b"]


@pytest.mark.parametrize(
    "where", [{"subnets": []}, {"subnet_group_name": "Jobs"}], ids=["a list", "a group"]
)
def test_subnets_of_functions_and_endpoints_are_unknown_before_the_cli_has_looked(
    where: dict[str, Any],
) -> None:
    place = cdk.Environment(account=ACCOUNT, region=REGION)
    stack = cdk.Stack(cdk.App(), "Stack", env=place)
    vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="shared")
    chosen = ec2.SubnetSelection(**where)
    environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, vpc_subnets=chosen)

    bc.BatchEndpoints(
        stack, "Endpoints", vpc=vpc, compute_environments=[environment], vpc_subnets=chosen
    )
    bc.SubmitFunction(
        stack,
        "Submit",
        queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "main"),
        job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "tools"),
        function_settings=bc.FunctionSettings(vpc=vpc, vpc_subnets=chosen),
    )


def test_the_name_of_a_rule_is_looked_up(tmp_path: Path) -> None:
    def declare(stack: cdk.Stack) -> None:
        name = ssm.StringParameter.value_from_lookup(stack, "/shared/rule")
        queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "main")
        queue.on_job_failed("Failed", rule_name=name)

    (rule,) = (
        one
        for one in two_passes(declare, tmp_path)["Resources"].values()
        if one["Type"] == "AWS::Events::Rule"
    )
    assert rule["Properties"]["Name"] == "tools"


def test_the_zones_of_a_new_vpc_are_looked_up_too(tmp_path: Path) -> None:
    def declare(stack: cdk.Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
        zones = ec2.SubnetSelection(availability_zones=["us-east-1a"])
        environment = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, vpc_subnets=zones)
        bc.BatchEndpoints(
            stack, "Endpoints", vpc=vpc, compute_environments=[environment], vpc_subnets=zones
        )
        bc.SubmitFunction(
            stack,
            "Submit",
            queue=bc.JobQueue.from_job_queue_name(stack, "Queue", "main"),
            job_definition=bc.JobDefinition.from_job_definition_name(stack, "Job", "tools"),
            function_settings=bc.FunctionSettings(vpc=vpc, vpc_subnets=zones),
        )

    template = two_passes(declare, tmp_path)
    one = subnets_of(template)
    assert len(one) == 1
    made = [it.get("Properties", {}) for it in template["Resources"].values()]
    endpoints = [it["SubnetIds"] for it in made if "SubnetIds" in it]
    functions = [it["VpcConfig"]["SubnetIds"] for it in made if "VpcConfig" in it]
    assert [*endpoints, *functions] == [one] * (len(endpoints) + 1)
    assert endpoints


def test_parameters_groups_images_and_file_systems_that_are_looked_up_are_unknown(
    tmp_path: Path,
) -> None:
    def declare(stack: cdk.Stack) -> None:
        def parameter(name: str) -> str:
            return ssm.StringParameter.value_from_lookup(stack, f"/shared/{name}")

        vpc = ec2.Vpc.from_lookup(stack, "Vpc", vpc_name="shared")
        group = ec2.SecurityGroup.from_lookup_by_name(stack, "Group", "jobs", vpc)
        image = ec2.MachineImage.lookup(name="ours-*")
        environment = bc.Ec2ComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            security_groups=[group],
            compute_environment_name=parameter("name"),
            images=[bc.InstanceImage(image=image)],
        )
        queue = bc.JobQueue(
            stack,
            "Queue",
            compute_environments=[environment],
            job_queue_name=parameter("name"),
        )
        files = efs.FileSystem.from_file_system_attributes(
            stack, "Files", file_system_id=parameter("files"), security_group=group
        )
        job = bc.Ec2JobDefinition(
            stack,
            "Job",
            image=parameter("image"),
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            command=[parameter("word")],
            environment={"WORD": parameter("word")},
            job_definition_name=parameter("name"),
            volumes=[bc.EfsVolume(name="files", file_system=files, container_path="/files")],
        )
        other = bc.JobQueue.from_job_queue_name(stack, "Other", parameter("name"))
        known = bc.JobDefinition.from_job_definition_arn(stack, "Known", parameter("arn"))
        bc.SubmitFunction(stack, "Submit", queue=other, job_definition=known)
        bc.Workflow(
            stack,
            "Workflow",
            jobs=[bc.WorkflowJob(name="one", job_definition=known, queue=other)],
            state_machine_name=parameter("name"),
        )
        bc.ScheduleTrigger(
            stack,
            "Nightly",
            queue=queue,
            job_definition=job,
            schedule="rate(1 day)",
            schedule_name=parameter("name"),
        )

    properties = two_passes(declare, tmp_path)["Resources"]
    assert "fs-0123456789abcdef0" in json.dumps(properties)


def test_roles_and_repositories_that_are_looked_up_are_nowhere_until_they_are_found(
    tmp_path: Path,
) -> None:
    """The first pass makes up an account for them, which is not that of the stack."""

    def declare(stack: cdk.Stack) -> None:
        role = iam.Role.from_lookup(stack, "Role", role_name="jobs")
        tools = ecr.Repository.from_lookup(stack, "Tools", repository_name="tools")
        job = bc.FargateJobDefinition(
            stack,
            "Job",
            image=ecs.ContainerImage.from_ecr_repository(tools),
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            job_role=role,
            execution_role=role,
        )
        queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "main")
        queue.grant_engine(role, job_roles=[role])
        bc.AuditTrail(stack, "Audit", queues=[queue], expected_roles=[role])
        bc.SubmitFunction(stack, "Submit", queue=queue, job_definition=job)

    (job,) = (
        one["Properties"]["ContainerProperties"]
        for one in two_passes(declare, tmp_path)["Resources"].values()
        if one["Type"] == "AWS::Batch::JobDefinition"
    )
    assert job["JobRoleArn"] == job["ExecutionRoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/jobs"
    assert f"{ACCOUNT}.dkr.ecr.{REGION}" in str(job["Image"])


def test_paths_and_ranges_of_nodes_that_are_looked_up_are_unknown(tmp_path: Path) -> None:
    def declare(stack: cdk.Stack) -> None:
        field = ssm.StringParameter.value_from_lookup(stack, "/shared/field")
        nodes = ssm.StringParameter.value_from_lookup(stack, "/shared/nodes")
        container = bc.Container(image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2))
        job = bc.MultiNodeJobDefinition(
            stack,
            "Job",
            node_ranges=[
                bc.NodeRange(target_nodes=nodes, container=container),
                bc.NodeRange(target_nodes=2, container=container),
            ],
        )
        queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "main")
        bc.SubmissionGateway(
            stack, "Gateway", queue=queue, job_definition=job, idempotency_key=field
        )
        chosen = bc.QueueFromInput(path=field, queues=[queue])
        each = bc.WorkflowJob(name="a", job_definition=job, queue=chosen, for_each=field)
        bc.Workflow(stack, "Flow", jobs=[each])

    with rendered.somebody_elses():  # what the first pass makes up is no path
        resources = two_passes(declare, tmp_path)["Resources"].values()

    (job,) = (one for one in resources if one["Type"] == "AWS::Batch::JobDefinition")
    nodes = job["Properties"]["NodeProperties"]
    targets = [one["TargetNodes"] for one in nodes["NodeRangeProperties"]]
    assert (nodes["NumNodes"], targets) == (6, ["0:3", "4:5"])
    written = json.dumps(list(resources))
    assert '"IDEMPOTENCY_KEY": "$.detail.id"' in written
    assert "$$.Execution.Input.detail.id" in written


def test_a_selection_that_finds_nothing_in_a_known_vpc_is_refused() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-0a"],
    )
    zones = ec2.SubnetSelection(availability_zones=["us-east-1b"])
    with pytest.raises(ValueError, match="vpc_subnets finds no subnet in the VPC: choose by gr"):
        bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, vpc_subnets=zones)


def test_a_zone_in_a_vpc_whose_zones_only_cloudformation_knows_is_refused() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    zones = ec2.SubnetSelection(availability_zones=["us-east-1a"])
    with pytest.raises(ValueError, match="VPC: only CloudFormation knows its zones, so choose by"):
        bc.FargateComputeEnvironment(
            stack, "Environment", vpc=ec2.Vpc(stack, "Vpc", max_azs=1), vpc_subnets=zones
        )


def test_a_selection_in_a_vpc_of_which_one_zone_is_yet_to_be_looked_up_is_taken() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a",
        availability_zones=["us-east-1a", "dummy1b"],
        private_subnet_ids=["subnet-0a", "subnet-0b"],
    )
    zones = ec2.SubnetSelection(availability_zones=["us-east-1b"])

    bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc, vpc_subnets=zones)


def test_what_is_looked_up_may_be_the_arn_of_a_quota_share() -> None:
    place = cdk.Environment(account="123456789012", region="us-east-1")
    stack = cdk.Stack(cdk.App(), "Stack", env=place)
    arn = ssm.StringParameter.value_from_lookup(stack, "/shared/quota")

    share = bc.QuotaShare.from_quota_share_arn(stack, "Quota", arn)

    assert share.quota_share_arn == arn


def test_two_names_that_are_looked_up_are_not_one_name_before_the_cli_has_looked(
    tmp_path: Path,
) -> None:
    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "Stack", env=cdk.Environment(account=ACCOUNT, region=REGION))
    bc.ConsumableResource(stack, "Licences", total_quantity=1)
    for name in ("first", "second"):
        found = ssm.StringParameter.value_from_lookup(stack, f"/logs/{name}")
        logs.LogGroup(stack, name, log_group_name=found)

    app.synth()

    assert len(list(tmp_path.glob("Stack.template.json"))) == 1
