"""ParallelCluster's commands for AWS Batch: https://docs.aws.amazon.com/parallelcluster/latest/ug/awsbatchcli-v3.html."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_CLUSTER = """
[main]
cluster_name = laptop
region = {region}

[cluster laptop]
region = {region}
s3_bucket = {bucket}
artifact_directory = artifacts
batch_cli_requirements = aws-parallelcluster-awsbatch-cli>=1.0.0
compute_environment = {environment}
job_queue = {queue}
job_definition = {definition}
head_node_ip = 127.0.0.1
proxy = NONE
"""


@pytest.fixture
def here(program: Callable[[str], Program], account: Callable[..., EngineAccount]) -> EngineAccount:
    """An account that is a cluster: its commands read what `pcluster` writes of one."""
    pcluster = program("parallelcluster")
    here = account(pcluster=pcluster.environment)
    batch = here.client("batch")
    queue = batch.describe_job_queues(jobQueues=[here.queue])["jobQueues"][0]
    definition = batch.register_job_definition(
        jobDefinitionName="cluster",
        type="container",
        containerProperties={
            "image": "pcluster",
            "jobRoleArn": here.job_role,
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
        },
    )
    settings = pcluster.home / ".parallelcluster" / "awsbatch-cli.cfg"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        _CLUSTER.format(
            region=here.aws.environment["AWS_REGION"],
            bucket=here.bucket,
            environment=queue["computeEnvironmentOrder"][0]["computeEnvironment"],
            queue=here.queue,
            definition=definition["jobDefinitionArn"],
        )
    )
    return here


def test_a_script_an_array_and_their_output(
    program: Callable[[str], Program], here: EngineAccount
) -> None:
    pcluster, aws = program("parallelcluster"), here.aws.environment

    def submit(*words: str, given: str | None = None) -> str:
        said = pcluster.run("awsbsub", *words, aws=aws, given=given)
        found = re.search(r"Job (\S+) \(\S+\) has been submitted", said)
        assert found is not None, said
        return found[1]

    script = submit("--job-name", "script", given="echo hello from $PCLUSTER_JOB_S3_URL\n")
    here.aws.wait_for_job(script)
    array = submit("--array-size", "3", "--depends-on", f"jobId={script}", given="sleep 0\n")
    here.aws.wait_for_job(array)

    assert f"hello from s3://{here.bucket}/artifacts/batch/" in pcluster.run(
        "awsbout", script, aws=aws
    )
    status = pcluster.run("awsbstat", "--status", "ALL", "--expand-children", aws=aws)
    assert status.count("SUCCEEDED") == 4  # of the array it shows the children
    assert re.search(rf"jobId\s*: {array}", pcluster.run("awsbstat", "--details", array, aws=aws))


def test_queues_and_the_end_of_a_job(
    program: Callable[[str], Program], here: EngineAccount
) -> None:
    pcluster, aws = program("parallelcluster"), here.aws.environment
    job = re.search(
        r"Job (\S+) ", pcluster.run("awsbsub", "--job-name", "long", aws=aws, given="sleep 600\n")
    )
    assert job is not None

    pcluster.run("awsbkill", job[1], aws=aws)

    assert here.aws.wait_for_job(job[1])["status"] == "FAILED"
    assert "VALID" in pcluster.run("awsbqueues", aws=aws)
    assert "ec2InstanceId" in pcluster.run("awsbhosts", aws=aws)
