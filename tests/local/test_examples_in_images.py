"""The app of the README and the examples: their jobs run in root file systems of their images."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest

from batch_constructs.local.server import LocalServer
from batch_constructs.testing.local_aws import LocalAws
from tests.local.batch.test_images import BUSYBOX, layer, oci_layout, with_busybox
from tests.test_examples import APPS, CONTEXT, ROOT, load

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.local_aws, with_busybox]

TOOLS = ("usr/bin/align", "usr/bin/bwa", "usr/bin/samtools", "opt/solver/run", "opt/mpi/start.sh")
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
LEFT_OUT = shutil.ignore_patterns("site-packages", "test", "__pycache__", "config-*", "idlelib")
SAID = {
    "app": "wrote results/example.json {'words': 3, 'signed': True}",
    "fast_storage": "/usr/bin/align /reads/sample.fastq /work/sample.bam",
    "firelens_sidecar": "working on nothing",
    "genomics": "/usr/bin/bwa mem -t 8 /references/GRCh38.fa /scratch/sample.fastq.gz",
    "gpu_training": "training: --resume s3://",
    "into_an_existing_stack": "converting nothing",
    "licensed_tool": "/opt/solver/run bridge.inp",
    "mpi_with_efa": "/opt/mpi/start.sh cavity",
    "quickstart": "a report of everything",
    "spot_with_on_demand": "/usr/bin/samtools index /data/sample.bam",
    "team_shares": "analysing nothing",
    "watched": " UTC ",
}
"""Each app whose jobs can run in an image of the test, and what they print in it."""


def python_root(root: Path) -> Path:
    """Make a root file system with this Python, boto3 and a shell, as python:3 has them."""
    base, libraries = Path(sys.base_prefix), Path(sysconfig.get_path("purelib"))
    within = root / base.relative_to("/")
    standard = Path(sysconfig.get_path("stdlib"))
    target = root / standard.relative_to("/")
    shutil.copytree(standard, target, ignore=LEFT_OUT, symlinks=True)
    program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    loaded = [program, *(standard / "lib-dynload").glob("*.so")]
    needed = subprocess.run(["ldd", *loaded], capture_output=True, text=True, check=True).stdout
    for name in {str(program), *re.findall(r"(/\S+) \(0x", needed)}:
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(name, place)
    packages = within / "lib" / standard.name / "site-packages"
    for name in LIBRARIES:
        copy = shutil.copytree if (libraries / name).is_dir() else shutil.copy2
        packages.mkdir(exist_ok=True)
        copy(libraries / name, packages / name)
    (packages / "sitecustomize.py").write_text("print('in the image', flush=True)\n")
    (root / "train.py").write_text("import sys; print('training:', *sys.argv[1:])\n")
    programs = root / "bin"
    programs.mkdir(exist_ok=True)
    assert BUSYBOX is not None
    shutil.copy2(BUSYBOX, programs / "busybox")
    (programs / "sh").symlink_to("busybox")
    for name in ("python", "python3"):
        (programs / name).symlink_to(program)
    return root


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    assert BUSYBOX is not None
    place = tmp_path_factory.mktemp("images")
    files: dict[str, bytes | str] = {"bin/busybox": Path(BUSYBOX).read_bytes()}
    files |= {f"bin/{name}": "busybox" for name in ("sh", "date", "echo")}
    files |= dict.fromkeys(TOOLS, b'#!/bin/sh\necho in the image\necho "$0 $@"\n')
    tools = oci_layout(place / "tools", [layer(files)], Cmd=["echo", "routing"])
    images = {"*/python:*": python_root(place / "python"), "*": tools}
    with LocalAws(LocalServer(images=images)) as running:
        yield running


@pytest.mark.parametrize(
    "path",
    [path for path in APPS if (path.parent == ROOT or path.parent.name in SAID)],
    ids=lambda path: "app" if path.parent == ROOT else path.parent.name,
)
def test_the_job_of_an_app_runs_in_its_image(
    aws: LocalAws, path: Path, request: pytest.FixtureRequest
) -> None:
    app = cdk.App(context=CONTEXT)
    stack = load(path).build(app)
    template = app.synth().get_stack_artifact(stack.artifact_id).template
    types = {one["Type"] for one in template["Resources"].values()}
    played = aws.server.record.access.control("types", {})["types"]
    aws.server.record.access.control("record", {"types": sorted(types - {*played})})
    deployed = aws.deploy(stack)

    def made(type_: str) -> list[str]:
        named = template["Resources"].items()
        return [deployed.resources[name] for name, one in named if one["Type"] == type_]

    share: dict[str, Any] = {}
    for arn in made("AWS::Batch::SchedulingPolicy"):
        (policy,) = aws.client("batch").describe_scheduling_policies(arns=[arn])[
            "schedulingPolicies"
        ]
        share["shareIdentifier"] = policy["fairsharePolicy"]["shareDistribution"][0][
            "shareIdentifier"
        ]
    for secret in made("AWS::SecretsManager::Secret"):
        fields = json.dumps(dict.fromkeys(("address", "password"), "of the test"))
        aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=fields)
    for bucket in made("AWS::S3::Bucket"):
        aws.client("s3").put_object(Bucket=bucket, Key="incoming/example.txt", Body=b"a b c")

    for definition in made("AWS::Batch::JobDefinition"):
        job = aws.wait_for_job(
            aws.client("batch").submit_job(
                jobName="in-its-image",
                jobQueue=made("AWS::Batch::JobQueue")[0],
                jobDefinition=definition,
                **share,
            )["jobId"]
        )
        node = "#0" if "nodeProperties" in job else ""
        said = list(aws.server.clients.log_lines(f"{job['jobId']}{node}"))
        assert job["status"] == "SUCCEEDED", json.dumps(job, indent=1, default=str)
        assert SAID[request.node.callspec.id] in "\n".join(said)
        assert "in the image" in said or request.node.callspec.id == "watched"
