"""Jobs of several containers: what waits for what, what is shared, and what may be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

Rendered = dict[str, Any]
Resources = Callable[..., dict[str, Rendered]]
Properties = Callable[[str], Rendered]
Statements = Callable[[], list[Rendered]]
Declare = Callable[..., bc.MultiContainerJobDefinition]
DEFINITION = "AWS::Batch::JobDefinition"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


def container(name: str, **options: Any) -> bc.Container:
    sizes: dict[str, Any] = {"vcpus": 1, "memory": cdk.Size.gibibytes(2)}
    return bc.Container(**{"name": name, "image": "busybox", **sizes, **options})


@pytest.fixture
def declare(stack: cdk.Stack) -> Declare:
    def make(*containers: Any, platform_capability: str = "FARGATE", **options: Any) -> Any:
        return bc.MultiContainerJobDefinition(
            stack, "Job", containers=containers, platform_capability=platform_capability, **options
        )

    return make


@pytest.fixture
def task(properties: Properties) -> Callable[[], Rendered]:
    def read() -> Rendered:
        (only,) = properties(DEFINITION)["EcsProperties"]["TaskProperties"]
        rendered: Rendered = only
        return rendered

    return read


def test_a_sidecar_starts_first_and_does_not_end_the_job(
    declare: Declare, task: Callable[[], Rendered]
) -> None:
    declare(
        container(
            "main",
            depends_on=[bc.ContainerDependency(container_name="proxy")],
            stop_timeout=cdk.Duration.seconds(20),
        ),
        container("proxy", essential=False, start_timeout=cdk.Duration.seconds(60)),
    )

    main, proxy = task()["Containers"]
    assert main["DependsOn"] == [{"Condition": "START", "ContainerName": "proxy"}]
    assert main["StopTimeout"] == 20
    assert "Essential" not in main
    assert proxy["Essential"] is False
    assert proxy["StartTimeout"] == 60


def test_all_containers_write_to_one_log_group(
    declare: Declare, task: Callable[[], Rendered], resources: Resources
) -> None:
    declare(container("one"), container("two"))

    (group,) = resources("AWS::Logs::LogGroup")
    for one in task()["Containers"]:
        assert one["LogConfiguration"]["Options"] == {"awslogs-group": {"Ref": group}}


def test_the_execution_role_may_fetch_what_all_containers_need_once(
    stack: cdk.Stack, declare: Declare, resources: Resources, execution_statements: Statements
) -> None:
    login, token = (secretsmanager.Secret(stack, name) for name in ("Login", "Token"))
    declare(
        container("one", image=f"{ECR}/one:1", secrets={"LOGIN": login}),
        container("two", image=f"{ECR}/two:1", secrets={"LOGIN": login, "TOKEN": token}),
    )

    names = list(resources("AWS::SecretsManager::Secret"))
    repository = {"Ref": "AWS::Partition"}
    statements = {str(one["Action"]): one["Resource"] for one in execution_statements()}
    assert len(statements) == 4
    assert statements["secretsmanager:GetSecretValue"] == [{"Ref": name} for name in names]
    assert statements["ecr:GetAuthorizationToken"] == "*"
    pull = str(
        ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    )
    assert statements[pull] == [
        {
            "Fn::Join": [
                "",
                ["arn:", repository, f":ecr:us-east-1:123456789012:repository/{name}"],
            ]
        }
        for name in ("one", "two")
    ]


def test_a_volume_of_one_name_is_shared(
    stack: cdk.Stack, vpc: ec2.Vpc, declare: Declare, task: Callable[[], Rendered]
) -> None:
    files = efs.FileSystem(stack, "Files", vpc=vpc)
    declare(
        container("one", volumes=[bc.EfsVolume(name="d", file_system=files, container_path="/in")]),
        container(
            "two", volumes=[bc.EfsVolume(name="d", file_system=files, container_path="/out")]
        ),
    )

    assert [volume["Name"] for volume in task()["Volumes"]] == ["d"]
    assert [one["MountPoints"][0]["ContainerPath"] for one in task()["Containers"]] == [
        "/in",
        "/out",
    ]


def test_two_volumes_of_one_name_that_differ_are_refused(declare: Declare) -> None:
    with pytest.raises(ValueError, match='two volumes are called "d"'):
        declare(
            container(
                "one", volumes=[bc.HostVolume(name="d", container_path="/in", host_path="/a")]
            ),
            container(
                "two", volumes=[bc.HostVolume(name="d", container_path="/in", host_path="/b")]
            ),
            platform_capability="EC2",
        )


def test_a_log_router_routes_the_logs_of_the_others(
    stack: cdk.Stack,
    declare: Declare,
    task: Callable[[], Rendered],
    resources: Resources,
    execution_statements: Statements,
) -> None:
    bucket = s3.Bucket(stack, "Configuration")
    declare(
        container(
            "main",
            log_configuration=bc.LogConfiguration(
                driver="awsfirelens", options={"Name": "datadog"}
            ),
        ),
        container(
            "router",
            essential=False,
            firelens=bc.Firelens(
                options={
                    "config-file-type": "s3",
                    "config-file-value": f"{bucket.bucket_arn}/fluent.conf",
                }
            ),
        ),
    )

    main, router = task()["Containers"]
    assert main["LogConfiguration"] == {
        "LogDriver": "awsfirelens",
        "Options": {"Name": "datadog"},
    }
    assert router["FirelensConfiguration"]["Type"] == "fluentbit"
    (name,) = resources("AWS::S3::Bucket")
    arn = {"Fn::GetAtt": [name, "Arn"]}
    assert execution_statements()[1:] == [
        {
            "Action": "s3:GetObject",
            "Effect": "Allow",
            "Resource": {"Fn::Join": ["", [arn, "/fluent.conf"]]},
        },
        {"Action": "s3:GetBucketLocation", "Effect": "Allow", "Resource": arn},
    ]


def test_an_image_of_the_cdk_brings_its_credentials(
    stack: cdk.Stack, declare: Declare, task: Callable[[], Rendered], resources: Resources
) -> None:
    login = secretsmanager.Secret(stack, "Login")
    declare(
        container("one", image=ecs.ContainerImage.from_registry("r.example/a", credentials=login))
    )

    (name,) = resources("AWS::SecretsManager::Secret")
    (one,) = task()["Containers"]
    assert one["Image"] == "r.example/a"
    assert one["RepositoryCredentials"] == {"CredentialsParameter": {"Ref": name}}


def test_managed_instances_take_a_job_without_fargates_network(
    declare: Declare, properties: Properties, task: Callable[[], Rendered]
) -> None:
    declare(container("one"), platform_capability="MANAGED_INSTANCES", network_mode="host")

    assert properties(DEFINITION)["PlatformCapabilities"] == ["MANAGED_INSTANCES"]
    assert task()["NetworkMode"] == "host"
    assert "NetworkConfiguration" not in task()


def test_what_is_granted_to_a_job_is_granted_to_its_role(
    stack: cdk.Stack, declare: Declare, task: Callable[[], Rendered], resources: Resources
) -> None:
    s3.Bucket(stack, "Bucket").grant_read(declare(container("one")))

    (policy,) = resources("AWS::IAM::Policy").values()
    (role,) = policy["Properties"]["Roles"]
    assert task()["TaskRoleArn"] == {"Fn::GetAtt": [role["Ref"], "Arn"]}


@pytest.mark.parametrize(
    ("containers", "options", "message"),
    [
        ([], {}, "containers is empty; allowed: at least one"),
        (
            [container("a", depends_on=[bc.ContainerDependency(container_name="b")])],
            {},
            r'containers\[0\]\.depends_on\[0\]\.container_name: there is no container "b"',
        ),
        (
            [
                container(
                    "a",
                    depends_on=[bc.ContainerDependency(container_name="b", condition="SUCCESS")],
                ),
                container("b"),
            ],
            {},
            r"containers\[0\]\.depends_on\[0\]\.condition",
        ),
        ([container("a"), container("a")], {}, r"containers\[1\].name: two containers are called"),
        ([container("a", essential=False)], {}, "containers: no container is essential"),
        (
            [container("a", stop_timeout=cdk.Duration.minutes(5))],
            {},
            r"containers\[0\]\.stop_timeout is 5 minutes .300 seconds.; allowed: 2 to 120",
        ),
        (
            [container("a", log_configuration=bc.LogConfiguration(driver="awsfirelens"))],
            {},
            r"containers\[0\]\.log_configuration\.driver",
        ),
        ([container("a", gpus=1)], {}, r"containers\[0\]\.gpus"),
        (
            [container("a", privileged=True)],
            {},
            r"containers\[0\]\.privileged is true, which Fargate jobs do not support: leave ",
        ),
        (
            [container("a")],
            {"ipc_mode": "host"},
            "ipc_mode is given, which Fargate jobs do not support",
        ),
        (
            [container("a")],
            {"network_mode": "host"},
            "network_mode is given, which Fargate jobs do not support",
        ),
        (
            [container("a")],
            {"platform_capability": "LAMBDA"},
            'platform_capability is "LAMBDA"; allowed: EC2, FARGATE or MANAGED_INSTANCES$',
        ),
        (
            [container("a")],
            {"platform_capability": "EC2", "ephemeral_storage": cdk.Size.gibibytes(30)},
            "ephemeral_storage is given, which EC2 jobs do not support",
        ),
        (
            [container("a")],
            {"platform_capability": "MANAGED_INSTANCES", "assign_public_ip": True},
            "assign_public_ip is given, which Managed Instances jobs do not support",
        ),
    ],
)
def test_a_combination_that_aws_refuses_is_refused_with_its_place(
    containers: list[bc.Container], options: dict[str, Any], message: str, declare: Declare
) -> None:
    with pytest.raises(ValueError, match=message):
        declare(*containers, **options)


def test_what_is_no_container_is_named(declare: Declare) -> None:
    with pytest.raises(
        TypeError, match=r"containers\[0\] is str \"busybox\"; expected Container\("
    ):
        declare("busybox")


@pytest.mark.parametrize(
    "options", ["x", {"config-file-type": "s3", "config-file-value": None}, {"a": 1}]
)
def test_options_of_a_router_that_are_none_are_named(
    options: Any, declare: Callable[..., Any]
) -> None:
    with pytest.raises(TypeError, match=r"containers\[0\].firelens.options.* is .*; expected a"):
        declare(container("router", firelens=bc.Firelens(options=options)))
