"""Toil's batch system for AWS Batch: https://toil.readthedocs.io/en/latest/running/cloud/amazon.html"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_WORKFLOW = """
cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {words: "string[]"}
outputs: {files: {type: "File[]", outputSource: say/file}}
steps:
  say:
    scatter: word
    in: {word: words}
    out: [file]
    run:
      class: CommandLineTool
      baseCommand: echo
      inputs: {word: {type: string, inputBinding: {}}}
      outputs: {file: stdout}
      stdout: said.txt
"""


def test_a_workflow_in_cwl_scatters_jobs_and_fetches_their_files(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    toil = program("toil")
    here = account(toil=toil.environment)
    aws = here.aws.environment
    anything_in = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::laptop--toil*"}
    here.client("iam").put_role_policy(
        RoleName=here.job_role.rpartition("/")[2],
        PolicyName="the-store-that-toil-makes",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [anything_in]}),
    )
    toil.home.mkdir()
    (toil.home / "say.cwl").write_text(_WORKFLOW)
    # Toil does not ask a registry for an image that names the commit it was built from.
    commit = toil.run("python", "-c", "import toil.version as v; print(v.currentCommit)", aws={})

    toil.run(
        *("toil-cwl-runner", "--batchSystem", "aws_batch", "--no-container"),
        *("--awsBatchRegion", aws["AWS_REGION"], "--awsBatchQueue", here.queue),
        *("--awsBatchJobRoleArn", here.job_role, "--defaultMemory", "512M"),
        *("--jobStore", f"aws:{aws['AWS_REGION']}:laptop"),
        *("--outdir", "out", "say.cwl", "--words", "one", "--words", "two"),
        aws=aws,
        TOIL_APPLIANCE_SELF=f"toil:{commit.strip()}",
    )

    said = sorted(file.read_text() for file in (toil.home / "out").iterdir())
    assert said == ["one\n", "two\n"]
