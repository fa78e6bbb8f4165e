"""Cloudknot, as far as it needs no Docker: https://nrdg.github.io/cloudknot/"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_KNOT = """
import sys
from collections import namedtuple

import cloudknot

queue, definition, bucket = sys.argv[1:]
cloudknot.set_region("us-east-1")
cloudknot.set_s3_params(bucket)
pars = cloudknot.Pars(name="laptop", use_default_vpc=False)
print("subnets:", len(pars.subnets))
image = namedtuple("Image", "name arn output_bucket retries")("knot", definition, bucket, 1)
job = cloudknot.aws.BatchJob(
    name="squares", job_queue=queue, job_definition=image, input_=[1, 2, 3], array_job=True
)
again = cloudknot.aws.BatchJob(job_id=job.job_id)
print("input:", again.input, "children:", again.status["arrayProperties"]["size"])
job.terminate(reason="enough")
print("status:", again.status["status"])
pars.clobber()
"""


def test_its_stack_and_its_jobs_but_not_its_images(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    cloudknot, here = program("cloudknot"), account()
    # It asks for Docker's version when it is imported, and needs it for no more than images.
    docker = cloudknot.environment / "bin" / "docker"
    docker.write_text('#!/bin/sh\ntest "$1" = version\n')
    docker.chmod(0o755)
    (cloudknot.home / ".aws").mkdir(parents=True)
    (cloudknot.home / ".aws" / "cloudknot").write_text("[aws]\nconfigured = True\n")
    (cloudknot.home / "knot.py").write_text(_KNOT)
    definition = here.client("batch").register_job_definition(
        jobDefinitionName="knot",
        type="container",
        retryStrategy={"attempts": 1},
        containerProperties={
            "image": "knot",
            "environment": [
                {"name": "CLOUDKNOT_JOBS_S3_BUCKET", "value": here.bucket},
                {"name": "CLOUDKNOT_S3_JOBDEF_KEY", "value": "knot"},
            ],
            "command": ["sleep", "600"],
            "jobRoleArn": here.job_role,
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "256"},
            ],
        },
    )["jobDefinitionArn"]

    said = cloudknot.run(
        *("python", "knot.py", here.queue, definition, here.bucket), aws=here.aws.environment
    )

    assert "subnets: 2" in said
    assert "input: [1, 2, 3] children: 3" in said
    assert "status: " in said
