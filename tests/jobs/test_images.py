"""Images: public names, private ECR, assets, registries with credentials."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

import batch_constructs as bc

Rendered = dict[str, Any]
Fargate = Callable[..., bc.FargateJobDefinition]
Statements = Callable[[], list[Rendered]]
PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


@pytest.mark.parametrize(
    "image", ["busybox", "public.ecr.aws/docker/library/python:3.13", "quay.io/biocontainers/x:1"]
)
def test_a_public_image_needs_no_rights(
    image: str, fargate: Fargate, execution_statements: Statements
) -> None:
    fargate(image=image)

    assert len(execution_statements()) == 1


@pytest.mark.parametrize("suffix", [":1.2", "@sha256:" + "0" * 64, ""])
def test_a_private_ecr_image_may_be_pulled_from_its_repository_alone(
    suffix: str, fargate: Fargate, execution_statements: Statements
) -> None:
    fargate(image=f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/tool{suffix}")

    _, pull, token = execution_statements()
    assert pull["Action"] == PULL
    assert pull["Resource"]["Fn::Join"][1][-1] == ":ecr:eu-west-1:123456789012:repository/team/tool"
    assert token == {"Action": "ecr:GetAuthorizationToken", "Effect": "Allow", "Resource": "*"}


def at_the_deployment(value: Any, image: str) -> str:
    """Work out what CloudFormation makes of a value when the image is called so."""
    if isinstance(value, str):
        return value
    [(function, argument)] = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(at_the_deployment(part, image) for part in argument[1])
    if function == "Fn::Select":
        delimiter, source = argument[1]["Fn::Split"]
        return at_the_deployment(source, image).split(delimiter)[int(argument[0])]
    return {"AWS::Partition": "aws", "Name": image}[argument]


ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        (f"{ECR}/tool", "/tool"),
        (f"{ECR}/team/tools/tool:1.2", "/team/tools/tool"),
        (f"{ECR}/team/tool@sha256:{'0' * 64}", "/team/tool"),
        (f"{ECR}/team/tool:1@sha256:{'0' * 64}", "/team/tool"),
        ("busybox", "/-"),
        ("busybox:1.36", "/-"),
        ("public.ecr.aws/docker/library/python:3.13", "/-"),
        ("localhost:5000/tool", "/-"),
    ],
)
def test_an_image_that_the_deployment_names_may_be_pulled_from_its_repository(
    image: str,
    repository: str,
    stack: cdk.Stack,
    fargate: Fargate,
    execution_statements: Statements,
) -> None:
    """What is no name in ECR is given the right to a repository that there cannot be."""
    fargate(image=cdk.CfnParameter(stack, "Name").value_as_string)

    _, pull, token = execution_statements()
    assert pull["Action"] == PULL
    assert at_the_deployment(pull["Resource"], image) == f"arn:aws:ecr:*:*:repository{repository}"
    assert token["Action"] == "ecr:GetAuthorizationToken"


def test_a_reference_as_an_object_is_as_good_as_its_text(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    name = cdk.CfnParameter(stack, "Name")
    cdk.CfnCondition(stack, "Ours", expression=cdk.Fn.condition_equals(name.value_as_string, "a"))

    job: Any = fargate(image=cdk.Fn.condition_if("Ours", name.value_as_string, "busybox"))

    container = stack.resolve(job.resource.container_properties)
    assert container["image"] == {"Fn::If": ["Ours", {"Ref": "Name"}, "busybox"]}
    assert PULL in [one["Action"] for one in execution_statements()]


def test_in_china_the_deployment_takes_a_repository_out_as_well() -> None:
    place = cdk.Environment(account="1" * 12, region="cn-north-1")
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack", env=place)
    name = cdk.CfnParameter(stack, "Name").value_as_string
    bc.FargateJobDefinition(stack, "Job", image=name, vcpus=1, memory=cdk.Size.gibibytes(2))

    roles = assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (pull,) = (
        statement
        for role in roles.values()
        for policy in role["Properties"].get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == PULL
    )
    image = "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/tool:1"
    assert at_the_deployment(pull["Resource"], image).endswith(":repository/team/tool")


@pytest.mark.parametrize(
    "image",
    [
        lambda stack: (
            ssm.StringParameter.from_string_parameter_attributes(
                stack, "P", parameter_name="/image", force_dynamic_reference=True
            ).string_value
        ),
        lambda _: cdk.Fn.join("", ["{{resolve:ssm:/", cdk.Aws.ACCOUNT_ID, "/image}}"]),
        lambda stack: f"quay.io/{cdk.CfnParameter(stack, 'P').value_as_string}",
        lambda stack: f"busybox:{cdk.CfnParameter(stack, 'P').value_as_string}",
    ],
)
def test_nothing_is_granted_where_no_repository_can_be_taken_out(
    image: Callable[[cdk.Stack], str],
    stack: cdk.Stack,
    fargate: Fargate,
    execution_statements: Statements,
) -> None:
    fargate(image=image(stack))

    assert len(execution_statements()) == 1


def test_a_repository_of_the_same_stack_may_be_pulled_from(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    repository = ecr.Repository(stack, "Repository")
    fargate(image=repository.repository_uri_for_tag("v1"))

    _, pull, _ = execution_statements()
    assert pull["Action"] == PULL
    assert pull["Resource"]["Fn::Join"][1][-1]["Ref"].startswith("Repository")


IMPORT = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]


@pytest.mark.parametrize(
    ("repository", "more"),
    [
        ("docker-hub/library/python", IMPORT),
        ("quay/biocontainers/samtools", IMPORT),
        ("ecr-public/docker/library/busybox", IMPORT),
        ("quayside/tool", []),
        ("quay", []),
        ("team/quay/tool", []),
    ],
)
def test_an_image_behind_a_pull_through_cache_may_be_the_first_of_its_repository(
    repository: str, more: list[str], fargate: Fargate, execution_statements: Statements
) -> None:
    fargate(image=f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/{repository}:1")

    _, pull, _ = execution_statements()
    assert sorted(pull["Action"]) == sorted([*PULL, *more])
    assert pull["Resource"]["Fn::Join"][1][-1].endswith(f":repository/{repository}")


def test_the_first_pull_below_a_prefix_of_ones_own_is_granted_to_the_execution_role(
    fargate: Fargate, resources: Callable[..., dict[str, Rendered]]
) -> None:
    job = fargate(image="123456789012.dkr.ecr.eu-west-1.amazonaws.com/mirror/library/python:1")
    arn = "arn:aws:ecr:eu-west-1:123456789012:repository/mirror/*"
    job.execution_role.add_to_principal_policy(iam.PolicyStatement(actions=IMPORT, resources=[arn]))

    (policy,) = resources("AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (IMPORT, arn)


def test_an_ecr_container_image_grants_the_pull(
    stack: cdk.Stack, fargate: Fargate, resources: Callable[..., dict[str, Rendered]]
) -> None:
    repository = ecr.Repository(stack, "Repository")
    fargate(image=ecs.ContainerImage.from_ecr_repository(repository, "v1"))

    (policy,) = resources("AWS::IAM::Policy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert sorted(statements[0]["Action"]) == PULL
    assert statements[1]["Action"] == "ecr:GetAuthorizationToken"


@pytest.mark.parametrize(
    ("repository", "more"), [("docker-hub/library/python", IMPORT), ("team/tool", [])]
)
def test_a_container_image_behind_a_pull_through_cache_is_as_its_name(
    repository: str,
    more: list[str],
    stack: cdk.Stack,
    fargate: Fargate,
    resources: Callable[..., dict[str, Rendered]],
) -> None:
    known = ecr.Repository.from_repository_name(stack, "Repository", repository)
    fargate(image=ecs.ContainerImage.from_ecr_repository(known, "3.13"))

    (policy,) = resources("AWS::IAM::Policy").values()
    granted = [
        action
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if f":repository/{repository}" in str(statement["Resource"])
        for action in statement["Action"]
    ]
    assert sorted(granted) == sorted([*PULL, *more])


def test_an_asset_is_built_from_its_folder(
    stack: cdk.Stack, fargate: Fargate, container: Callable[[], Rendered], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    fargate(image=ecs.ContainerImage.from_asset(str(tmp_path)))

    assert "container-assets" in str(container()["Image"])


def test_a_registry_with_credentials_gets_them(
    stack: cdk.Stack,
    fargate: Fargate,
    container: Callable[[], Rendered],
    resources: Callable[..., dict[str, Rendered]],
) -> None:
    secret = secretsmanager.Secret(stack, "Login")
    image = ecs.ContainerImage.from_registry("registry.example.com/tool:1", credentials=secret)
    fargate(image=image)

    rendered = container()
    assert rendered["Image"] == "registry.example.com/tool:1"
    login = rendered["RepositoryCredentials"]["CredentialsParameter"]
    assert login["Ref"].startswith("Login")
    (policy,) = resources("AWS::IAM::Policy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert "secretsmanager:GetSecretValue" in statement["Action"]
    assert statement["Resource"] == login


def test_many_container_images_do_not_get_in_each_others_way(stack: cdk.Stack) -> None:
    for index in range(3):
        bc.FargateJobDefinition(
            stack,
            f"Job{index}",
            image=ecs.ContainerImage.from_registry("busybox"),
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
        )


def test_the_uri_of_an_asset_may_be_pulled(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements, tmp_path: Path
) -> None:
    from aws_cdk import aws_ecr_assets as ecr_assets

    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    asset = ecr_assets.DockerImageAsset(stack, "Asset", directory=str(tmp_path))
    fargate(image=asset.image_uri)

    _, pull, _ = execution_statements()
    assert pull["Action"] == PULL
    assert pull["Resource"]["Fn::Sub"].startswith(
        "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/cdk-"
    )


@pytest.fixture
def two_images(tmp_path: Path) -> list[ecs.ContainerImage]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"FROM busybox\nLABEL name={name}\n")
    return [ecs.ContainerImage.from_asset(str(tmp_path / name)) for name in ("one", "two")]


MEMORY = cdk.Size.gibibytes(1)


@pytest.mark.parametrize(
    "declare",
    [
        lambda stack, images: bc.MultiContainerJobDefinition(
            stack,
            "Job",
            platform_capability="EC2",
            containers=[
                bc.Container(name=f"c{place}", image=image, vcpus=1, memory=MEMORY)
                for place, image in enumerate(images)
            ],
        ),
        lambda stack, images: bc.MultiNodeJobDefinition(
            stack,
            "Job",
            node_ranges=[
                bc.NodeRange(
                    target_nodes=1, container=bc.Container(image=image, vcpus=1, memory=MEMORY)
                )
                for image in images
            ],
        ),
        lambda stack, images: bc.EksJobDefinition(
            stack,
            "Job",
            containers=[
                bc.PodContainer(name=f"c{place}", image=image, vcpus=1, memory=MEMORY)
                for place, image in enumerate(images)
            ],
        ),
    ],
    ids=["containers", "nodes", "pods"],
)
def test_a_job_has_as_many_images_of_the_app_as_it_likes(
    declare: Callable[..., object],
    two_images: list[ecs.ContainerImage],
    stack: cdk.Stack,
    properties: Callable[[str], Rendered],
) -> None:
    declare(stack, [*two_images, two_images[0]])

    text = str(properties("AWS::Batch::JobDefinition"))
    assert len(set(re.findall(r":([0-9a-f]{64})", text))) == 2


def test_a_pod_takes_the_image_of_a_repository_whoever_may_pull_it() -> None:
    app = cdk.App()
    there, here = (
        cdk.Stack(app, name, env=cdk.Environment(account=account, region="us-east-1"))
        for name, account in (("There", "210987654321"), ("Here", "123456789012"))
    )
    repository = ecr.Repository(there, "Repository", repository_name="tools")
    image = ecs.ContainerImage.from_ecr_repository(repository, "7")
    container = bc.PodContainer(image=image, vcpus=1, memory=MEMORY)
    bc.EksJobDefinition(here, "Job", containers=[container])

    templates = {one.stack_name: str(one.template) for one in app.synth().stacks}
    assert "210987654321" in templates["Here"]
    assert "/tools:7" in templates["Here"]
    assert "RepositoryPolicyText" not in templates["There"]


def test_a_pod_takes_no_image_with_credentials_that_kubernetes_cannot_ask_for(
    stack: cdk.Stack,
) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    image = ecs.ContainerImage.from_registry("private/tools", credentials=secret)
    container = bc.PodContainer(image=image, vcpus=1, memory=MEMORY)
    with pytest.raises(ValueError, match=r"containers\[0\].image is pulled with .* image_pull_sec"):
        bc.EksJobDefinition(stack, "Job", containers=[container])
