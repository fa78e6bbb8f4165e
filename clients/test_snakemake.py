"""Snakemake with its executor plugin for AWS Batch: https://github.com/snakemake/snakemake-executor-plugin-aws-batch"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from clients.engine_account import EngineAccount
    from clients.program import Program

_SNAKEFILE = """
rule all:
    input: "total.txt"

rule number:
    output: "numbers/{n}.txt"
    shell: "echo {wildcards.n} > {output}"

rule square:
    input: "numbers/{n}.txt"
    output: "squares/{n}.txt"
    shell: "awk '{{print $1 * $1}}' {input} > {output}"

rule total:
    input: expand("squares/{n}.txt", n=[2, 3])
    output: "total.txt"
    shell: "cat {input} | awk '{{sum += $1}} END {{print sum}}' > {output}"
"""


def test_three_rules_run_as_jobs_and_hand_files_on_through_s3(
    program: Callable[[str], Program], account: Callable[..., EngineAccount]
) -> None:
    snakemake = program("snakemake")
    here = account(snakemake=snakemake.environment)
    aws = here.as_head()
    snakemake.home.mkdir()
    (snakemake.home / "Snakefile").write_text(_SNAKEFILE)

    snakemake.run(
        "snakemake",
        *("--executor", "aws-batch", "--jobs", "4", "--seconds-between-status-checks", "1"),
        *("--aws-batch-region", aws["AWS_REGION"], "--aws-batch-job-queue", here.queue),
        *("--aws-batch-job-role", here.job_role, "--container-image", "snakemake/snakemake:v9"),
        *("--default-storage-provider", "s3"),
        *("--default-storage-prefix", f"s3://{here.bucket}/run"),
        *("--storage-s3-endpoint-url", aws["AWS_ENDPOINT_URL"]),
        aws=aws,
    )

    jobs = here.client("batch").list_jobs(jobQueue=here.queue, jobStatus="SUCCEEDED")
    assert here.read("run/total.txt") == "13\n"
    assert len(jobs["jobSummaryList"]) == 5
