"""Volumes of a job: on the host, on Amazon EFS, on S3 Files.

https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html
"""

from __future__ import annotations

from typing import Final

from batch_constructs.aws.bound import Whole
from batch_constructs.aws.source import Source, docs

KINDS: Final = ("Host", "EfsVolumeConfiguration", "S3FilesVolumeConfiguration")
"""What a volume may be: one of these."""

PORT: Final = Whole(0, 65_535)
"""A TCP port."""

INSTALL_LUSTRE: Final = "dnf install -y lustre-client"
INSTALL_LUSTRE_SOURCE: Final[Source] = docs(
    "fsx/latest/LustreGuide/install-lustre-client.html",
    "How the client is installed on Amazon Linux 2023.",
)

INSTALL_MOUNTPOINT: Final = "dnf install -y mount-s3"
INSTALL_MOUNTPOINT_SOURCE: Final[Source] = docs(
    "AmazonS3/latest/userguide/mountpoint-installation.html",
    '"Mountpoint is available directly in the Amazon Linux 2023 repository since AL2023 version'
    ' 2023.9.20251110."',
)

LUSTRE_FROM_INSTANCES_SOURCE: Final[Source] = docs(
    "fsx/latest/LustreGuide/mounting-ecs.html",
    '"Mounting FSx for Lustre on an AWS Fargate launch type isn\'t supported."; the instance that'
    " hosts the tasks mounts it.",
)
