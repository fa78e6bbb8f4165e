"""Volumes of a job: on the host, on Amazon EFS, on S3 Files.

https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Matching, OneOf, Whole
from batch_constructs.aws.limit import TASKS, Limit, below
from batch_constructs.aws.source import api

KINDS: Final = ("Host", "EfsVolumeConfiguration", "S3FilesVolumeConfiguration")
"""What a volume may be: one of these."""

PORT: Final = Whole(0, 65_535)

_limit = partial(Limit, type="AWS::Batch::JobDefinition")
_volume = partial(_limit, within=TASKS)
_efs = partial(_limit, within=below(TASKS, "Volumes/*/EfsVolumeConfiguration"))
_s3_files = partial(_limit, within=below(TASKS, "Volumes/*/S3FilesVolumeConfiguration"))

LIMITS: Final = (
    _volume(
        rule="volume-name",
        name="Volumes/*/Name",
        noun="the volume name",
        bound=Matching(
            r"[A-Za-z0-9_-]+", "1 to 255 letters, digits, hyphens and underscores", longest=255
        ),
        source=api(
            "Volume.name",
            '"It can be up to 255 characters long. It can contain uppercase and lowercase letters,'
            ' numbers, hyphens (-), and underscores (_)."',
        ),
        title="volume name of a wrong shape",
        why="Mount points refer to it.",
    ),
    _efs(
        rule="efs-file-system-id",
        name="FileSystemId",
        noun="the file system",
        bound=Matching(r"fs-[0-9a-f]{8,40}", "IDs such as fs-0123456789abcdef0"),
        source=api(
            "EFSVolumeConfiguration.fileSystemId", '"The Amazon EFS file system ID to use."'
        ),
        title="Amazon EFS file system given by something else than its ID",
        why="Not its ARN, not its DNS name.",
    ),
    _efs(
        rule="efs-root-directory-length",
        name="RootDirectory",
        noun="the root directory",
        bound=Matching(r"(?s).*", "a path of at most 4,096 characters", longest=4096),
        source=api(
            "EFSVolumeConfiguration.rootDirectory", '"The maximum length is 4,096 characters."'
        ),
        title="root directory too long",
        why="A path of the file system.",
    ),
    _efs(
        rule="efs-transit-encryption",
        name="TransitEncryption",
        noun="the encryption in transit",
        bound=OneOf(("ENABLED", "DISABLED")),
        source=api("EFSVolumeConfiguration.transitEncryption", "Valid values: ENABLED | DISABLED."),
        title="unknown value for encryption in transit",
        why="A word, not a boolean.",
    ),
    _efs(
        rule="efs-iam",
        name="AuthorizationConfig/Iam",
        noun="the IAM authorization",
        bound=OneOf(("ENABLED", "DISABLED")),
        source=api(
            "EFSAuthorizationConfig.iam",
            "Valid values: ENABLED | DISABLED; EFSVolumeConfiguration.authorizationConfig.",
        ),
        title="unknown value for IAM authorization",
        why="A word, not a boolean.",
    ),
    _efs(
        rule="efs-transit-port",
        name="TransitEncryptionPort",
        noun="the port",
        bound=PORT,
        source=api(
            "EFSVolumeConfiguration.transitEncryptionPort",
            '"The value must be between 0 and 65,535."',
        ),
        title="port out of range",
        why="A TCP port.",
    ),
    _s3_files(
        rule="s3files-transit-port",
        name="TransitEncryptionPort",
        noun="the port",
        bound=PORT,
        source=api(
            "S3FilesVolumeConfiguration.transitEncryptionPort",
            "A TCP port, 0 to 65,535; Volume.s3filesVolumeConfiguration.",
        ),
        title="port out of range",
        why="A TCP port.",
    ),
    _s3_files(
        rule="s3files-file-system-arn",
        name="FileSystemArn",
        noun="the file system",
        bound=Matching(r"arn:.*", "ARNs such as arn:aws:s3files:…:file-system/fs-…"),
        source=api(
            "S3FilesVolumeConfiguration.fileSystemArn",
            '"The Amazon Resource Name (ARN) of the S3Files file system to use."',
        ),
        title="S3 Files file system given by something else than its ARN",
        why="Not its ID.",
    ),
)
