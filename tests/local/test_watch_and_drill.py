"""``local watch``, ``local destroy`` and ``local drill``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.direct_deployment import DirectDeployment
from batch_constructs.local.drill import Drill, DrillReport
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.server import LocalServer
from batch_constructs.local.watch import Watched, look, watch
from batch_constructs.testing.local_aws import LocalAws
from tests.local import fargate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
        lambda: deployed.append(len(look(tmp_path, Watched()))),
        sleep=lambda _: touch(tmp_path / next(saved)),
        rounds=iter(range(4)),
    )

    assert deployed == [1]


@pytest.mark.parametrize(
    ("settings", "counted"),
    [
        ({}, {"README.md", "app.py", "cdk.json", "docs/a.md", "lib/deep/b.py", "lib/tests/t.py"}),
        ({"exclude": ["docs", "**/tests", "cdk*.json"]}, {"README.md", "app.py", "lib/deep/b.py"}),
        ({"include": "**/*.py", "exclude": "tests"}, {"app.py", "lib/deep/b.py", "lib/tests/t.py"}),
        ({"include": ["lib"], "exclude": ["lib/*/b.p?"]}, {"lib/tests/t.py"}),
        ({"include": ["lib/**"], "exclude": ["lib/tests/**"]}, {"lib/deep/b.py"}),
        ({"include": []}, set()),
    ],
)
def test_what_counts_is_what_cdk_json_has_cdk_watch_watch(
    tmp_path: Path, settings: dict[str, Any], counted: set[str]
) -> None:
    for name in ("README.md", "app.py", "docs/a.md", "lib/deep/b.py", "lib/tests/t.py", "a.py~"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        touch(tmp_path / name)
    (tmp_path / "cdk.json").write_text(json.dumps({"watch": settings}))

    found = look(tmp_path, Watched.of(tmp_path))

    assert {str(Path(one).relative_to(tmp_path)) for one in found} == counted


@pytest.mark.parametrize(
    ("cdk_json", "said"),
    [
        ('{"watch": ["a"]}', r"watch is \['a'\]; allowed: an object"),
        ('{"watch": {"exclude": [1]}}', r"watch.exclude is \[1\]; allowed: patterns of files"),
        ('{"watch": {"include": null}}', "watch.include is None; allowed: patterns of files"),
    ],
)
def test_settings_that_are_no_patterns_are_refused(
    tmp_path: Path, cdk_json: str, said: str
) -> None:
    (tmp_path / "cdk.json").write_text(cdk_json)

    with pytest.raises(LocalAwsError, match=said):
        watch(tmp_path, lambda: None)


@pytest.mark.parametrize("cdk_json", [None, "{", "[]"])
def test_without_settings_that_can_be_read_every_file_counts(
    tmp_path: Path, cdk_json: str | None
) -> None:
    if cdk_json is not None:
        (tmp_path / "cdk.json").write_text(cdk_json)

    assert Watched.of(tmp_path) == Watched()


@pytest.mark.parametrize("descriptor", [1, 2])
def test_the_file_that_it_prints_to_is_no_file_of_the_app(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], descriptor: int
) -> None:
    file = tmp_path / "watch.log"
    with capfd.disabled(), file.open("w") as log:
        before = os.dup(descriptor)
        os.dup2(log.fileno(), descriptor)
        try:
            found = look(tmp_path, Watched())
        finally:
            os.dup2(before, descriptor)
            os.close(before)

    assert found == {}
    assert [*look(tmp_path, Watched())] == [str(file)]


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
@pytest.mark.parametrize(
    ("again", "said"),
    [(False, "no embedded AWS is running here"), (True, "another embedded AWS runs here by now")],
)
def test_a_watch_ends_in_one_line_when_its_server_is_gone(
    tmp_path: Path, *, again: bool, said: str
) -> None:
    (tmp_path / "app.py").write_text(_APP)
    (tmp_path / "name.txt").write_text("first")
    state = tmp_path / ".batch-constructs"
    command = [sys.executable, "-m", "batch_constructs", "local", "watch"]
    server = LocalServer(state)
    server.start()
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        assert "Watched" in process.stdout.readline()
        server.stop()
        with LocalServer(state) if again else nullcontext():
            touch(tmp_path / "name.txt")
            lines = process.stdout.read().splitlines()

    assert process.returncode == 2
    assert len(lines) == 1
    assert said in lines[0]


_FAULTY = """
import os
import aws_cdk as cdk
from aws_cdk import aws_batch as batch
import batch_constructs as bc

app = cdk.App()
stack = cdk.Stack(app, "Faulty")
bc.UnmanagedComputeEnvironment(stack, "Ours")
batch.CfnJobQueue(stack, "Theirs", priority=-1, compute_environment_order=[])
print("validation of the CDK:", os.environ.get("CDK_VALIDATION"))
app.synth()
"""


@pytest.mark.local_aws
@pytest.mark.parametrize(
    ("chosen", "runs_with", "told"),
    [(None, "false", True), ("true", "true", True), ("false", "false", False)],
)
def test_an_app_is_held_to_our_rules_alone_unless_the_user_says_otherwise(
    own_aws: LocalAws,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    chosen: str | None,
    runs_with: str,
    *,
    told: bool,
) -> None:
    """The CDK's own validation takes three quarters of a synthesis."""
    for name in ("CDK_VALIDATION", "BATCH_CONSTRUCTS_VALIDATION"):
        monkeypatch.delenv(name, raising=False)
    if chosen is not None:
        monkeypatch.setenv("CDK_VALIDATION", chosen)
    (tmp_path / "app.py").write_text(_FAULTY)
    lines: list[str] = []
    deployer = CdkDeployer(
        own_aws.server.record,
        CdkApp.find(tmp_path, None),
        output=tmp_path / ".batch-constructs" / "cdk.out",
        show=lines.append,
        client=own_aws.client,
    )

    with pytest.raises(LocalAwsError):
        deployer.redeploy()

    assert f"validation of the CDK: {runs_with}" in lines
    assert any("job-queue-priority" in line for line in lines) is told


@pytest.mark.local_aws
def test_what_was_synthesised_before_stays_only_where_its_folder_does(
    own_aws: LocalAws, tmp_path: Path
) -> None:
    """`local down` takes the folder away, whatever is under way."""
    output = tmp_path / "state" / "cdk.out"
    command = f"rm -r {output}; false"
    deployer = CdkDeployer(
        own_aws.server.record,
        CdkApp(directory=tmp_path, command=command),
        output=output,
        show=lambda _: None,
        client=own_aws.client,
    )
    output.mkdir()
    (output / "manifest.json").write_text("{}")

    with pytest.raises(LocalAwsError, match="failed"):
        deployer.redeploy()


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
