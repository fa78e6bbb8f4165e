"""Rules about volumes of S3 Files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.resources import JOB_DEFINITION, JobDefinition
from batch_constructs.rules.template.values import absent, entries, given, mapping, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA: Final = "s3_files"
_rule = partial(rule, subject=JOB_DEFINITION, area=AREA)


@_rule(
    "s3files-platform",
    title="S3 Files on EC2 instances",
    fix="run the job on Fargate or Managed Instances, or mount Amazon EFS",
    source="Volume.s3filesVolumeConfiguration; Amazon ECS Developer Guide, Configuring S3 Files for"
    ' Amazon ECS: "S3 Files are not supported on the Amazon EC2 launch type at this time … the task'
    ' will fail at launch"',
)
def s3files_platform(job: JobDefinition) -> Iterator[Fault]:
    """The task fails as it starts."""
    for task in job.tasks:
        if task.platform != "EC2":
            continue
        for position, volume in entries(task.properties, "Volumes"):
            if given(volume, "S3FilesVolumeConfiguration"):
                yield (
                    f"{task.path}/Volumes/{position}/S3FilesVolumeConfiguration",
                    "a volume is of S3 Files, which EC2 jobs cannot mount",
                )


@_rule(
    "s3files-job-role",
    title="S3 Files without a job role",
    fix="give the job a role that may mount the file system",
    source="Volume.s3filesVolumeConfiguration; Amazon ECS Developer Guide, Configuring S3 Files for"
    ' Amazon ECS: "Task IAM Role is mandatory for S3 file system volumes"',
)
def s3files_job_role(job: JobDefinition) -> Iterator[Fault]:
    """The file system is always mounted with the role of the job."""
    for task in job.tasks:
        if not absent(task.properties, task.role_key):
            continue
        for position, volume in entries(task.properties, "Volumes"):
            if given(volume, "S3FilesVolumeConfiguration"):
                yield (
                    f"{task.path}/Volumes/{position}/S3FilesVolumeConfiguration",
                    f"a volume is of S3 Files, but {task.role_key} is missing",
                )


@_rule(
    "s3files-file-system-arn",
    title="S3 Files file system given by something else than its ARN",
    fix="give the ARN",
    source='S3FilesVolumeConfiguration.fileSystemArn: "The Amazon Resource Name (ARN) of the'
    ' S3Files file system to use."',
)
def s3files_file_system_arn(job: JobDefinition) -> Iterator[Fault]:
    """Not its ID."""
    for task in job.tasks:
        for position, volume in entries(task.properties, "Volumes"):
            got = text(mapping(volume, "S3FilesVolumeConfiguration"), "FileSystemArn")
            if got is not None and not got.startswith("arn:"):
                path = f"{task.path}/Volumes/{position}/S3FilesVolumeConfiguration/FileSystemArn"
                yield path, f'the file system is "{show(got)}"; allowed is its ARN'
