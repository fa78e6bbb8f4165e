"""What a cloud assembly says of a stack beside its template stays with what is printed of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr_assets

from tests.adopt.test_adopt import adopt, declared

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = cdk.Environment(account="111122223333", region="eu-central-1")
ROLE = "arn:aws:iam::111122223333:role/mine"
PUBLISHING = "arn:aws:iam::111122223333:role/publishing"


def assembly(directory: Path, **options: Any) -> Path:
    app = cdk.App(analytics_reporting=False, outdir=str(directory / "old"))
    cdk.CfnResource(cdk.Stack(app, "Nightly", **options), "It", type="AWS::SNS::Topic")
    app.synth()
    return directory / "old"


def described(directory: Path) -> tuple[dict[str, Any], str, Any]:
    """Give what a manifest says of its stack, where its template goes and how, and the template."""
    manifest = json.loads((directory / "manifest.json").read_text())
    (found,) = (
        one for one in manifest["artifacts"].values() if one["type"] == "aws:cloudformation:stack"
    )
    properties = found["properties"]
    url = str(properties.pop("stackTemplateAssetObjectUrl", "")).rpartition("/")[0]
    template = json.loads((directory / properties.pop("templateFile")).read_text())
    for file in directory.glob("*.assets.json"):
        for kind in ("files", "dockerImages"):
            for asset in json.loads(file.read_text())[kind].values():
                (place,) = asset["destinations"].values()
                place.pop("objectKey", None)
                properties[kind] = place
    return {**properties, "environment": found["environment"]}, url, template


@pytest.mark.parametrize(
    "options",
    [
        {"tags": {"Team": "a"}},
        {"termination_protection": True, "env": PLACE},
        {"notification_arns": ["arn:aws:sns:eu-central-1:111122223333:changes"]},
    ],
    ids=str,
)
def test_options_of_a_stack_stay(options: dict[str, Any], tmp_path: Path) -> None:
    old = assembly(tmp_path, **options)

    declared(adopt(old).stdout, tmp_path)

    assert described(tmp_path / "cdk.out") == described(old)


@pytest.mark.parametrize("place", [None, PLACE], ids=["anywhere", "in one place"])
@pytest.mark.parametrize(
    "make",
    [
        cdk.DefaultStackSynthesizer,
        lambda: cdk.DefaultStackSynthesizer(qualifier="team"),
        lambda: cdk.DefaultStackSynthesizer(
            qualifier="team", generate_bootstrap_version_rule=False
        ),
        lambda: cdk.DefaultStackSynthesizer(
            deploy_role_arn=ROLE,
            deploy_role_external_id="a",
            cloud_formation_execution_role=ROLE,
            lookup_role_arn=ROLE,
            file_assets_bucket_name="mine",
            bucket_prefix="here/",
            bootstrap_stack_version_ssm_parameter="/mine",
            file_asset_publishing_role_arn=PUBLISHING,
            file_asset_publishing_external_id="b",
        ),
        cdk.CliCredentialsStackSynthesizer,
        lambda: cdk.CliCredentialsStackSynthesizer(qualifier="team", bucket_prefix="a/"),
        cdk.LegacyStackSynthesizer,
        cdk.BootstraplessSynthesizer,
        lambda: cdk.BootstraplessSynthesizer(
            deploy_role_arn=ROLE, cloud_formation_execution_role_arn=ROLE
        ),
    ],
)
def test_a_stack_is_deployed_with_the_roles_and_the_bucket_that_it_was(
    make: Callable[[], cdk.IStackSynthesizer], place: Any, tmp_path: Path
) -> None:
    old = assembly(tmp_path, synthesizer=make(), env=place)

    declared(adopt(old).stdout, tmp_path)

    assert described(tmp_path / "cdk.out") == described(old)


def test_a_template_tells_the_qualifier_that_it_was_made_with(tmp_path: Path) -> None:
    old = assembly(tmp_path, synthesizer=cdk.DefaultStackSynthesizer(qualifier="team"))

    printed = adopt(old / "Nightly.template.json").stdout

    assert 'synthesizer=cdk.DefaultStackSynthesizer(qualifier="team")' in printed


def test_a_stack_without_resources_is_in_nobodys_way(tmp_path: Path) -> None:
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "old"))
    cdk.CfnResource(cdk.Stack(app, "Nightly"), "It", type="AWS::SNS::Topic")
    cdk.CfnOutput(cdk.Stack(app, "Empty"), "Out", value="a")
    app.synth()

    assert adopt(tmp_path / "old", "--stack", "Nightly").exit_code == 0


def test_images_are_published_with_the_role_and_to_the_repository_that_they_were(
    tmp_path: Path,
) -> None:
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "old"))
    given: dict[str, Any] = {
        "image_asset_publishing_role_arn": PUBLISHING,
        "image_asset_publishing_external_id": "b",
        "image_assets_repository_name": "mine",
    }
    stack = cdk.Stack(app, "Nightly", synthesizer=cdk.DefaultStackSynthesizer(**given))
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    aws_ecr_assets.DockerImageAsset(stack, "Image", directory=str(tmp_path), exclude=["old"])
    cdk.CfnResource(stack, "It", type="AWS::SNS::Topic")
    app.synth()

    printed = adopt(tmp_path / "old").stdout

    assert [name for name, value in given.items() if f'{name}="{value}"' in printed] == [*given]


def test_an_assembly_of_which_only_the_templates_are_left_is_taken_in(tmp_path: Path) -> None:
    old = assembly(tmp_path)
    (old / "Nightly.assets.json").unlink()

    assert adopt(old).exit_code == 0
