"""Before the first resource: what of an app cannot be played here, all at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.deployment_plan import Plan, leave_images_out, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws

HERE = cdk.Environment(account="123456789012", region="us-east-1")
SERVERLESS = "AWS::Serverless::Application"
PLAYED = ["AWS::SNS::Topic", "AWS::CDK::Metadata"]


def read(app: cdk.App, *stacks: str) -> Plan:
    return plan(
        Path(app.synth().directory),
        types=PLAYED,
        account_id="123456789012",
        region="us-east-1",
        stacks=stacks,
    )


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    """An app with something of everything that is not played."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    first = cdk.Stack(app, "First", env=HERE)
    cdk.CfnResource(first, "Topic", type="AWS::SNS::Topic")
    cdk.CfnResource(first, "Files", type="AWS::FSx::FileSystem")
    cdk.CfnResource(first, "More", type="AWS::FSx::FileSystem")
    cdk.CfnResource(first, "Own", type="Custom::Mine", properties={"ServiceToken": "arn"})
    ecr_assets.DockerImageAsset(first, "Image", directory=str(tmp_path), exclude=["cdk.out"])
    stage = cdk.Stage(app, "Stage")
    cdk.CfnResource(cdk.Stack(stage, "Open"), "Flow", type="AWS::EC2::FlowLog")
    cdk.Stack(app, "Far", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    cdk.Stack(app, "Other", env=cdk.Environment(account="210987654321", region="us-east-1"))
    return app


def test_every_type_and_every_place_is_told_at_once(app: cdk.App) -> None:
    lines = read(app).refusals(record=False)

    assert [line.partition(":")[0] for line in lines[:2]] == [
        "Far is for 123456789012/eu-west-1",
        "Other is for 210987654321/us-east-1",
    ]
    assert lines[2:] == [
        "AWS::EC2::FlowLog cannot be emulated here (Stage-Open/Flow)",
        "AWS::FSx::FileSystem cannot be emulated here (First/Files, First/More)",
    ]


def test_what_is_recorded_is_no_refusal_but_is_said(app: cdk.App) -> None:
    found = read(app)

    assert found.refusals(record=True) == []
    assert "Far is for 123456789012/eu-west-1, so it is skipped" in found.remarks(
        record=True, processes=[]
    )
    assert set(found.here) == {"First", "Stage/Open"}
    assert "AWS::EC2::FlowLog is only recorded in its stack (Stage-Open/Flow)" in found.remarks(
        record=True, processes=[]
    )


def test_only_the_stacks_that_are_deployed_are_looked_at(app: cdk.App) -> None:
    assert read(app, "Other").types == {}
    assert list(read(app, "Other").places) == ["Other"]


def test_container_images_are_said_and_left_out(app: cdk.App) -> None:
    found = read(app)
    assembly = Path(app.synth().directory)

    leave_images_out(assembly)

    (image,) = found.images
    (said,) = found.remarks(record=False, processes=[image])
    assert image.startswith("123456789012.dkr.ecr.us-east-1.amazonaws.com/cdk-")
    assert "is not built: its jobs run as processes" in said
    assert f"local up --image '*{image.partition('/')[2]}=PLACE'" in said
    assert found.remarks(record=False, processes=[]) == []  # something stands for it
    manifest = json.loads((assembly / "First.assets.json").read_text())
    assert manifest["dockerImages"] == {}
    assert manifest["files"]


def test_images_that_nothing_stands_for_are_said(app: cdk.App, tmp_path: Path) -> None:
    stack = cdk.Stack(app, "Jobs", env=HERE)
    built = ecr_assets.DockerImageAsset(stack, "Own", directory=str(tmp_path), exclude=["cdk.out"])
    for name, image in {"One": "quay.io/a/b:1", "Two": "busybox", "Own": built.image_uri}.items():
        cdk.CfnResource(
            stack,
            f"Job{name}",
            type="AWS::Batch::JobDefinition",
            properties={"Type": "container", "ContainerProperties": {"Image": image}},
        )

    found = read(app, "Jobs")
    said = found.remarks(record=False, processes=["quay.io/a/b:1"])

    assert found.named == {"quay.io/a/b:1", "busybox", *found.images}
    assert len(said) == 1
    assert "quay.io/a/b:1 is not pulled: its jobs run as processes on this machine" in said[0]
    assert "local up --image '*a/b:1=PLACE'" in said[0]


def test_stacks_for_elsewhere_are_left_out_where_it_is_asked_for(
    app: cdk.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read(app)
    deployer = CdkDeployer.__new__(CdkDeployer)
    deployer._output = Path(app.synth().directory)
    ran: list[list[str]] = []
    monkeypatch.setattr(deployer, "_run_app", lambda: True)
    monkeypatch.setattr(deployer, "_look_at", lambda *_, **__: found)
    monkeypatch.setattr(deployer, "_plan", lambda _: found)
    monkeypatch.setattr(deployer, "_check", lambda _: None)
    monkeypatch.setattr(deployer, "_from_assembly", lambda *words: ran.append(list(words)))

    names = deployer.deploy(record=True)
    deployer.destroy()

    assert sorted(names) == ["First", "Stage-Open"]
    for words, command in zip(ran, ["deploy", "destroy"], strict=True):
        assert {command, "--exclusively", "First", "Stage/Open"} < set(words)
        assert not {"--all", "Far", "Other"} & set(words)


@pytest.mark.parametrize("before", [None, '{"of": "the user"}'])
def test_what_is_looked_up_here_does_not_stay_in_the_user_s_context(
    tmp_path: Path, before: str | None
) -> None:
    context = tmp_path / "cdk.context.json"
    if before is not None:
        context.write_text(before)
    deployer = CdkDeployer.__new__(CdkDeployer)
    deployer._app = CdkApp(directory=tmp_path, command=None)
    deployer._output = tmp_path / "cdk.out"
    deployer._show = print

    class Cli:
        def run(self, *_: Any, **__: Any) -> None:
            context.write_text('{"vpc-provider:account=123456789012": {}}')

    deployer._cli = Cli()  # type: ignore[assignment]
    deployer._synthesise()

    assert (context.read_text() if context.exists() else None) == before


@pytest.mark.local_aws
def test_a_recorded_type_deploys_and_goes_again(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    access = local_aws.server.record.access
    assert "AWS::FSx::FileSystem" not in access.control("types", {})["types"]
    access.control("record", {"types": ["AWS::FSx::FileSystem", SERVERLESS]})
    stack = new_stack()
    stack.add_transform("AWS::Serverless-2016-10-31")  # as the rotation of a database's secret
    cdk.CfnResource(stack, "Rotation", type=SERVERLESS, properties={"Location": "x"})
    files = cdk.CfnResource(stack, "Files", type="AWS::FSx::FileSystem")
    for name in ("Arn", "LustreMountName"):
        cdk.CfnOutput(stack, name, value=files.get_att(name).to_string())

    deployed = local_aws.deploy(stack)

    assert deployed.outputs["Arn"].startswith(
        "arn:aws:fsx:us-east-1:123456789012:filesystem/Files-"
    )
    assert deployed.outputs["LustreMountName"].endswith("-LustreMountName")
    local_aws.destroy(deployed)


@pytest.mark.local_aws
def test_files_of_the_app_are_in_their_bucket(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack], tmp_path: Path
) -> None:
    (tmp_path / "site" / "sub").mkdir(parents=True)
    (tmp_path / "site" / "a.txt").write_text("a")
    (tmp_path / "site" / "sub" / "b.html").write_text("b")

    def stack(*sources: str) -> cdk.Stack:
        made = new_stack()
        bucket = s3.Bucket(made, "Bucket", bucket_name="of-the-site")
        deployment.BucketDeployment(
            made,
            "Files",
            sources=[
                *(deployment.Source.asset(str(tmp_path / one)) for one in sources),
                deployment.Source.json_data("names.json", {"bucket": bucket.bucket_arn}),
            ],
            destination_bucket=bucket,
            destination_key_prefix="site",
            retain_on_delete=False,
        )
        return made

    def keys() -> list[str]:
        found = local_aws.client("s3").list_objects_v2(Bucket="of-the-site").get("Contents", [])
        return [one["Key"] for one in found]

    local_aws.deploy(stack("site"))
    assert keys() == ["site/a.txt", "site/names.json", "site/sub/b.html"]
    body = local_aws.client("s3").get_object(Bucket="of-the-site", Key="site/names.json")
    assert json.load(body["Body"]) == {"bucket": "arn:aws:s3:::of-the-site"}

    deployed = local_aws.deploy(stack())
    assert keys() == ["site/names.json"]
    local_aws.destroy(deployed)
    assert keys() == []
