"""Volumes of a job: on the host, on Amazon EFS, on S3 Files.

https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html
"""

from __future__ import annotations

from batch_constructs.aws.bound import Matching, Whole
from batch_constructs.aws.source import Source, docs
from batch_constructs.aws.typing_names import Final

KINDS: Final = ("Host", "EfsVolumeConfiguration", "S3FilesVolumeConfiguration")
"""What a volume may be: one of these."""

PORT: Final = Whole(0, 65_535)
"""A TCP port."""

INSTALL_LUSTRE: Final = "dnf install -y lustre-client"
INSTALL_LUSTRE_SOURCE: Final[Source] = docs(
    "fsx/latest/LustreGuide/install-lustre-client.html",
    "How the client is installed on Amazon Linux 2023.",
)

LUSTRE_MOUNT_NAME: Final = Matching(
    "[A-Za-z0-9_-]+", "a MountName of letters, digits, - and _, such as fsx or fxr4vbev", 8
)
"""The name that a file system of FSx for Lustre is mounted by."""

LUSTRE_MOUNT_NAME_SOURCE: Final[Source] = docs(
    "fsx/latest/APIReference/API_LustreFileSystemConfiguration.html",
    r"MountName: 1 to 8 characters, ^([A-Za-z0-9_-]{1,8})$.",
)

INSTALL_MOUNTPOINT: Final = "dnf install -y mount-s3"
INSTALL_MOUNTPOINT_SOURCE: Final[Source] = docs(
    "AmazonS3/latest/userguide/mountpoint-installation.html",
    '"Mountpoint is available directly in the Amazon Linux 2023 repository since AL2023 version'
    ' 2023.9.20251110."',
)

WRITABLE_BY_ALL: Final = ("--dir-mode=0777", "--file-mode=0666")
"""Flags of Mountpoint with which jobs that are not root may write, too."""

WRITABLE_BY_ALL_SOURCE: Final[Source] = Source(
    "https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md",
    '"Mountpoint applies default permissions that allow all files in your mounted directory to be'
    ' read and written by the local user who ran the `mount-s3` command."',
)

DIRECTORY_BUCKET_SERVICE: Final = "s3express"
"""The service in the ARN of a directory bucket."""

DIRECTORY_BUCKET_SOURCE: Final[Source] = Source(
    "https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md",
    '"Instead of using `s3:*` actions, you should allow the `s3express:CreateSession` action."',
)

READ_ONLY_SESSION: Final = {"s3express:SessionMode": "ReadOnly"}
"""What a session of a directory bucket is held to where nothing may be written."""

READ_ONLY_SESSION_SOURCE: Final[Source] = docs(
    "AmazonS3/latest/userguide/s3-express-create-session.html",
    "A request that names no mode gets ReadWrite, and ReadOnly where the policy does not allow"
    " ReadWrite.",
)

LUSTRE_FROM_INSTANCES_SOURCE: Final[Source] = docs(
    "fsx/latest/LustreGuide/mounting-ecs.html",
    '"Mounting FSx for Lustre on an AWS Fargate launch type isn\'t supported."; the instance that'
    " hosts the tasks mounts it.",
)
