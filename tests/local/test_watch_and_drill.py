"""``local watch``, ``local destroy`` and ``local drill``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.direct_deployment import DirectDeployment
from batch_constructs.local.drill import Drill, DrillReport
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.watch import look, watch
from batch_constructs.testing.local_aws import LocalAws
from tests.local import fargate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import aws_cdk as cdk

_APP = """
import pathlib
import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs

stack = cdk.Stack(cdk.App(), "Watched")
sqs.Queue(stack, "Queue", queue_name=pathlib.Path("name.txt").read_text())
stage = cdk.Stage(stack.node.root, "Stage")
sqs.Queue(cdk.Stack(stage, "Within"), "Queue", queue_name="of-the-stage")
stack.node.root.synth()
"""


_YAML = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Name: {Value: !GetAtt Topic.TopicName}
"""


@pytest.fixture(scope="module")
def own_aws() -> Iterator[LocalAws]:
    """A drill counts all that is under way: what other tests left running is not its business."""
    with LocalAws() as aws:
        yield aws


def touch(file: Path) -> None:
    file.write_text("saved")


def test_a_saved_file_is_seen_and_what_is_made_is_not(tmp_path: Path) -> None:
    deployed: list[int] = []
    (tmp_path / "cdk.out").mkdir()
    saved = iter(["app.py", ".hidden", "cdk.out/manifest.json", "cdk.out/tree.json"])

    watch(
        tmp_path,
        lambda: deployed.append(len(look(tmp_path))),
        sleep=lambda _: touch(tmp_path / next(saved)),
        rounds=iter(range(4)),
    )

    assert deployed == [1]


def test_a_file_saved_while_it_deploys_is_deployed_next(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("one")
    seen: list[str] = []

    def redeploy() -> None:
        seen.append((tmp_path / "app.py").read_text())
        if len(seen) == 1:
            (tmp_path / "app.py").write_text("second")

    watch(tmp_path, redeploy, sleep=lambda _: None, rounds=iter(range(3)))

    assert seen == ["one", "second"]


@pytest.mark.local_aws
def test_a_change_is_deployed_without_the_cli(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_APP)
    (tmp_path / "name.txt").write_text("first")
    with LocalAws() as aws:
        deployer = CdkDeployer(
            aws.server.record,
            CdkApp.find(tmp_path, None),
            output=aws.server.directory / "cdk.out",
            show=lambda _: None,
            client=aws.client,
        )
        names = deployer.redeploy()
        (tmp_path / "name.txt").write_text("second")
        deployer.redeploy()
        (tmp_path / "app.py").write_text("raise SystemExit('no app')")
        with pytest.raises(LocalAwsError, match="no app"):
            deployer.redeploy()

        urls = aws.client("sqs").list_queues()["QueueUrls"]

    assert sorted(names) == ["Stage-Within", "Watched"]
    assert {url.rpartition("/")[2] for url in urls} == {"of-the-stage", "second"}


@pytest.mark.local_aws
def test_a_drill_loses_nothing_that_is_retried_or_redriven_and_tells_the_rest(
    own_aws: LocalAws, new_stack: Callable[[], cdk.Stack], tmp_path: Path
) -> None:
    go = tmp_path / "go"
    waits = f"until test -e {go}; do sleep 0.1; done"
    stack = new_stack()
    queue = fargate.queue(stack, max_vcpus=8)
    fargate.job(stack, "Job", queue, ["sh", "-c", waits])
    outputs = own_aws.deploy(stack).outputs
    # As `cdk bootstrap` does.
    own_aws.client("cloudformation").create_stack(StackName="of-yaml", TemplateBody=_YAML)
    request = {"jobQueue": outputs["QueueArn"], "jobDefinition": outputs["JobArn"]}
    batch = own_aws.client("batch")
    batch.submit_job(jobName="again", retryStrategy={"attempts": 5}, **request)
    batch.submit_job(
        jobName="array", arrayProperties={"size": 2}, retryStrategy={"attempts": 5}, **request
    )
    batch.submit_job(jobName="once", **request)
    fails = ["sh", "-c", f"{waits}; exit 1"]
    failing = batch.submit_job(jobName="fails", containerOverrides={"command": fails}, **request)

    report = _drill(own_aws, tmp_path, after_restart=go.touch)
    own_aws.client("cloudformation").delete_stack(StackName="of-yaml")

    assert (report.jobs, report.retried, report.redriven) == (4, 2, 1)
    (lost,) = report.lost
    assert lost.startswith(f"job {failing['jobId']} failed, and so did ")
    assert list(report.lines())[-2:] == ["1 lost:", f"  {lost}"]
    (active,) = batch.describe_job_definitions(
        jobDefinitionName=outputs["JobArn"].rpartition("/")[2].partition(":")[0], status="ACTIVE"
    )["jobDefinitions"]
    assert active["parameters"] == {}
    assert active["revision"] == 3


@pytest.mark.local_aws
def test_a_drill_without_anything_under_way_says_so(own_aws: LocalAws, tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match="nothing is running"):
        _drill(own_aws, tmp_path)


def _drill(
    aws: LocalAws, directory: Path, after_restart: Callable[[], object] = lambda: None
) -> DrillReport:
    record = aws.server.record

    def control(action: str, request: Mapping[str, Any]) -> None:
        record.access.control(action, request)
        if action == "restart":
            after_restart()

    return Drill(
        aws.server.clients,
        DirectDeployment(record, aws.client),
        control=control,
        directory=directory,
        show=lambda _: None,
        timeout_seconds=120,
    ).run()
