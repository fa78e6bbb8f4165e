"""What an instance runs as it starts: shell commands in the MIME parts that AWS Batch demands.

AWS Batch adds its own part to the user data of a launch template, so these have to be MIME
multipart; with a plain shell script the environment becomes INVALID.
https://docs.aws.amazon.com/batch/latest/userguide/launch-templates.html
"""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import TYPE_CHECKING

from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOUNDARY = "==BATCH-CONSTRUCTS=="


class ImagePull(StrEnum):
    """When an instance pulls an image that it already has.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
    """

    DEFAULT = "default"
    ALWAYS = "always"
    ONCE = "once"
    PREFER_CACHED = "prefer-cached"


def multipart(scripts: Sequence[Sequence[str]]) -> str:
    """Put shell scripts into MIME multipart user data, each a part of its own."""
    parts = [
        "\n".join(
            [
                f"--{_BOUNDARY}",
                'Content-Type: text/x-shellscript; charset="us-ascii"',
                "",
                "#!/bin/bash",
                *script,
                "",
            ]
        )
        for script in scripts
        if script
    ]
    head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
    return f"{head}{''.join(parts)}--{_BOUNDARY}--\n"


def agent_settings(settings: dict[str, str]) -> list[str]:
    """Return the commands that give the ECS agent its settings, before it starts."""
    return [f"echo {name}={value} >> /etc/ecs/ecs.config" for name, value in settings.items()]


def scratch(path: str) -> list[str]:
    """Return the commands that join the instance's own NVMe disks into one file system.

    An instance without such disks gets a plain directory at the path, so that jobs find it there.
    """
    path = shlex.quote(path)
    return [
        "set -euo pipefail",
        f"mkdir -p {path}",
        "mapfile -t disks < <(lsblk -dpno NAME,MODEL | awk '/Instance Storage/ {print $1}')",
        'if [ "${#disks[@]}" -gt 1 ]; then',
        "  command -v mdadm > /dev/null || dnf install -y mdadm",
        '  mdadm --create /dev/md0 --level=0 --raid-devices="${#disks[@]}" "${disks[@]}"',
        "  disks=(/dev/md0)",
        "fi",
        'if [ "${#disks[@]}" -eq 1 ]; then',
        '  mkfs.xfs -f "${disks[0]}"',
        f'  mount -o noatime "${{disks[0]}}" {path}',
        "fi",
        f"chmod 1777 {path}",
    ]


def prefetch(images: Sequence[str]) -> list[str]:
    """Return the commands that pull images one after the other, from Amazon ECR as the instance.

    One that cannot be pulled is left to the job, whose failure says why.
    https://github.com/awslabs/amazon-ecr-credential-helper
    """
    listed = " ".join(image if is_token(image) else shlex.quote(image) for image in images)
    return [
        "dnf install -y amazon-ecr-credential-helper",
        "mkdir -p /opt/prefetch",
        """echo '{"credsStore": "ecr-login"}' > /opt/prefetch/config.json""",
        f"for image in {listed}; do",
        '  docker --config /opt/prefetch pull --quiet "$image" || echo "cannot prefetch $image"',
        "done",
    ]
