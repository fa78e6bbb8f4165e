"""The smallest use of each of the ten things that people ask for: alone, and all in one stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

import batch_constructs as bc
from batch_constructs.rules import check_template
from tests.judged_by_cfn_lint import cfn_lint_findings
from tests.judges.published_api import model
from tests.judges.test_requests import in_api_case, wrong
from tests.judges.written import written

CONTEXT = json.loads((Path(__file__).parent.parent / "cdk.json").read_text())["context"]
US = cdk.Environment(account="123456789012", region="us-east-1")
BUSYBOX = "public.ecr.aws/docker/library/busybox:stable"
gibibytes = cdk.Size.gibibytes

Use = Callable[[cdk.Stack, ec2.IVpc], None]


def fast_storage(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """FSx for Lustre and a bucket, by one list for the definition and for the launch template."""
    work = fsx.LustreFileSystem(
        stack,
        "Work",
        vpc=vpc,
        vpc_subnet=vpc.public_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(
            deployment_type=fsx.LustreDeploymentType.SCRATCH_2
        ),
    )
    reads = s3.Bucket(stack, "Reads", enforce_ssl=True)
    volumes: list[bc.AnyInstanceVolume] = [
        bc.FsxLustreVolume(work),
        bc.S3MountVolume(reads, prefix="runs/"),
        bc.InstanceStoreVolume(),
    ]
    fast = bc.SpotComputeEnvironment(
        stack,
        "Fast",
        vpc=vpc,
        instance_types=["m6id"],
        launch_template=bc.LaunchTemplate(stack, "FastTemplate", volumes=volumes),
    )
    bc.JobQueue(stack, "FastQueue", compute_environments=[fast])
    bc.Ec2JobDefinition(
        stack, "Align", image=BUSYBOX, vcpus=2, memory=gibibytes(7), volumes=volumes
    )


def capacity(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """A Capacity Block on instances close to each other, and a job with what GPUs need."""
    type_ = "p5.48xlarge"
    one_zone = ec2.SubnetSelection(availability_zones=[vpc.availability_zones[0]])
    close = ec2.PlacementGroup(stack, "Close", strategy=ec2.PlacementGroupStrategy.CLUSTER)
    block = bc.CapacityReservation(
        capacity_reservation_id="cr-0123456789abcdef0", capacity_block=True
    )
    gpus = bc.Ec2ComputeEnvironment(
        stack,
        "Gpus",
        vpc=vpc,
        vpc_subnets=one_zone,
        instance_types=[type_],
        capacity_reservation=block,
        placement_group=close,
    )
    bc.JobQueue(stack, "GpuQueue", compute_environments=[gpus])
    bc.Ec2JobDefinition(stack, "Train", image=BUSYBOX, **bc.gpu_settings(type_))


def cost(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """Costs on a page of the dashboard, by tag, and as AWS bills them."""
    fargate = bc.FargateComputeEnvironment(stack, "Counted", vpc=vpc)
    queue = bc.JobQueue(stack, "CountedQueue", compute_environments=[fargate])
    counters = bc.JobCounters(stack, "Counters", queues=[queue], per_tags=["team"])
    bc.BatchDashboard(stack, "Page", queues=[queue], counters=counters, price_per_vcpu_hour=0.05)
    bc.CostAndUsageExport(stack, "Bills", tags=["team"])


def images(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """A disk for the images, which are there before the first job."""
    warm = bc.LaunchTemplate(
        stack,
        "WarmTemplate",
        root_volume=bc.RootVolume(size=gibibytes(100), image_size=gibibytes(40)),
        prefetch_images=[BUSYBOX],
    )
    spot = bc.SpotComputeEnvironment(stack, "Warm", vpc=vpc, launch_template=warm)
    bc.JobQueue(stack, "WarmQueue", compute_environments=[spot])


def cheapest(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """Instance types from the size of a job."""
    types = bc.cheapest_instance_types([bc.JobSize(vcpus=4, memory=gibibytes(7))])
    spot = bc.SpotComputeEnvironment(stack, "Cheap", vpc=vpc, instance_types=types)
    bc.JobQueue(stack, "CheapQueue", compute_environments=[spot])


def one_at_a_time(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """One job at a time of a definition, of a queue, of a key."""
    fargate = bc.FargateComputeEnvironment(stack, "Limited", vpc=vpc)
    queue = bc.JobQueue(
        stack, "LimitedQueue", compute_environments=[fargate], max_concurrent_jobs=1
    )
    database = bc.ConsumableResource(stack, "Database", total_quantity=1)
    jobs = bc.FargateJobDefinition.from_mapping(
        stack,
        {
            "OfDefinition": {"max_concurrent_jobs": 1},
            "OfQueue": {},
            "OfKey": {"max_concurrent_jobs": database},
        },
        image=BUSYBOX,
        vcpus=1,
        memory=gibibytes(2),
        assign_public_ip=True,
    )
    bc.ScheduleTrigger(
        stack, "Limits", queue=queue, job_definition=jobs["OfQueue"], schedule="rate(1 hour)"
    )


def rescue(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """What Fargate Spot takes back runs again on demand, whoever submitted it."""
    spot = bc.FargateComputeEnvironment(stack, "Spot", vpc=vpc, spot=True)
    on_demand = bc.FargateComputeEnvironment(stack, "OnDemand", vpc=vpc)
    behind = bc.JobQueue(stack, "Behind", compute_environments=[on_demand])
    bc.JobQueue(stack, "Engine", compute_environments=[spot], spot_rescue_queue=behind)


def kubernetes(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """A namespace of an imported cluster, and nodes that join it."""
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:kubectl:1"
    cluster = eks.Cluster.from_cluster_attributes(
        stack,
        "Cluster",
        cluster_name="shared",
        kubectl_role_arn="arn:aws:iam::123456789012:role/kubectl",
        kubectl_layer=lambda_.LayerVersion.from_layer_version_arn(stack, "Kubectl", layer),
    )
    namespace = bc.EksNamespace(stack, "Namespace", cluster=cluster, kubernetes_namespace="batch")
    nodes = bc.EksComputeEnvironment(
        stack,
        "Nodes",
        cluster=cluster,
        kubernetes_namespace=namespace.kubernetes_namespace,
        access_entry_state=bc.AccessEntryState.ENABLED,
        instance_role=namespace.instance_role,
        vpc=vpc,
    )
    namespace.add_compute_environment(nodes)


def many_places(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    """Events and a dashboard of another account, queues in nested stacks, a StackSet."""
    bus = bc.CentralEventBus(stack, "Central", accounts=["111122223333"])
    arn = "arn:aws:batch:eu-central-1:111122223333:job-queue/nightly"
    there = bc.JobQueue.from_job_queue_arn(stack, "There", arn)
    topic = bc.AlertTopic(stack, "Alerts")
    bc.JobNotifications(stack, "Failures", queues=[there], topic=topic, event_bus=bus.event_bus)
    bc.OverviewDashboard(stack, "Overview", queues=[there])
    teams = bc.FargateComputeEnvironment(stack, "Teams", vpc=vpc)
    bc.NestedJobQueues(
        stack,
        "TeamQueues",
        queues={f"Team{number}": {} for number in range(20)},
        shared={"compute_environments": [teams]},
    )
    of_the_bus = "arn:aws:events:us-east-1:123456789012:event-bus/batch-events"
    bc.EverywhereStackSet(
        stack,
        "Everywhere",
        build=lambda other: bc.ForwardedEvents(other, "Events", event_bus_arn=of_the_bus),
        accounts=["111122223333"],
        regions=["eu-central-1"],
    )


def sidecar(stack: cdk.Stack, vpc: ec2.IVpc) -> None:  # a use like the others
    """The collector of OpenTelemetry beside a job."""
    work = bc.Container(name="work", image=BUSYBOX, vcpus=0.75, memory=cdk.Size.mebibytes(1536))
    bc.MultiContainerJobDefinition(
        stack,
        "Traced",
        platform_capability="FARGATE",
        containers=bc.with_sidecar(
            [work], bc.open_telemetry_collector(), platform_capability="FARGATE"
        ),
        assign_public_ip=True,
    )


USES: tuple[Use, ...] = (
    fast_storage,
    capacity,
    cost,
    images,
    cheapest,
    one_at_a_time,
    rescue,
    kubernetes,
    many_places,
    sidecar,
)


def synthesised(*uses: Use) -> Any:
    """Synthesise one stack with the CDK's own validation, and return the assembly."""
    app = cdk.App(context=CONTEXT, builtin_cloud_formation_validation=True)
    stack = cdk.Stack(app, "Stack", env=US)
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    for use in uses:
        use(stack, vpc)
    return app.synth()


def templates(assembly: Any) -> list[Path]:
    return sorted(Path(assembly.directory).glob("*.template.json"))


@pytest.fixture(scope="module")
def together() -> Any:
    """All ten in one stack."""
    return synthesised(*USES)


def read(path: Path) -> dict[str, Any]:
    template: dict[str, Any] = json.loads(path.read_text())
    return template


def violations(assembly: Any) -> list[Any]:
    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text())
    return [one for plugin in report["pluginReports"] for one in plugin["violations"]]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_the_smallest_use_has_no_finding(use: Use) -> None:
    assembly = synthesised(use)

    assert violations(assembly) == []
    for path in templates(assembly):
        told = [one for one in check_template(read(path)) if one.severity != "info"]
        assert told == []


def test_all_ten_in_one_stack_have_no_finding_of_ours_and_of_the_cdk(together: Any) -> None:
    assert violations(together) == []
    for path in templates(together):
        assert [one for one in check_template(read(path)) if one.severity != "info"] == []


OF_THE_CDK = ("W3005", "W3010")
"""What the CDK writes: functions that wait for their role twice, and zones by their names."""


def test_cfn_lint_finds_nothing_wrong_with_all_ten_in_one_stack(together: Any) -> None:
    for path in templates(together):
        found = [
            f"{one.rule.id} {one.message}"
            for one in cfn_lint_findings(path)
            if one.rule.id not in OF_THE_CDK
        ]
        assert found == []


def test_all_ten_in_one_stack_are_within_the_limits_of_cloudformation(together: Any) -> None:
    for path in templates(together):
        template = read(path)
        assert len(template["Resources"]) <= 500
        assert len(template.get("Outputs", {})) <= 200
        assert len(template.get("Parameters", {})) <= 200
        assert path.stat().st_size <= 1_000_000


OF_CLOUDFORMATION = ("ReplaceComputeEnvironment", "UpdatePolicy", "ResourceRetentionPolicy")
"""What resources say to CloudFormation alone."""

REQUESTS = {
    "AWS::Batch::ComputeEnvironment": ("CreateComputeEnvironment", "ComputeEnvironmentName"),
    "AWS::Batch::ConsumableResource": ("CreateConsumableResource", "ConsumableResourceName"),
    "AWS::Batch::JobDefinition": ("RegisterJobDefinition", "JobDefinitionName"),
    "AWS::Batch::JobQueue": ("CreateJobQueue", "JobQueueName"),
}


def test_what_all_ten_make_of_aws_batch_are_requests_that_botocore_takes(together: Any) -> None:
    asked = set()
    for path in templates(together):
        for resource in read(path)["Resources"].values():
            if resource["Type"] not in REQUESTS:
                continue
            operation, name = REQUESTS[resource["Type"]]
            said = {name: "name", **written(resource["Properties"])}
            for one in OF_CLOUDFORMATION:
                said.pop(one, None)
            said.get("ComputeResources", {}).pop("UpdateToLatestImageVersion", None)
            request = in_api_case(said, model().shape_for(f"{operation}Request"))
            assert wrong(operation, request) == []
            asked.add(operation)
    assert asked == {operation for operation, _ in REQUESTS.values()}


@pytest.mark.parametrize(
    ("kind", "service", "operation", "request_of"),
    [
        (
            "AWS::BCMDataExports::Export",
            "bcm-data-exports",
            "CreateExport",
            lambda one: {"Export": one["Export"]},
        ),
        (
            "AWS::EC2::LaunchTemplate",
            "ec2",
            "CreateLaunchTemplate",
            lambda one: {
                "LaunchTemplateName": "name",
                "LaunchTemplateData": one["LaunchTemplateData"],
            },
        ),
    ],
)
def test_what_all_ten_make_around_it_are_requests_that_botocore_takes(
    kind: str, service: str, operation: str, request_of: Any, together: Any
) -> None:
    found = [
        written(resource["Properties"])
        for path in templates(together)
        for resource in read(path)["Resources"].values()
        if resource["Type"] == kind
    ]
    assert found
    assert [wrong(operation, request_of(one), service) for one in found] == [[]] * len(found)
