"""Volumes of a job: on the host, on Amazon EFS, on S3 Files.

https://docs.aws.amazon.com/batch/latest/APIReference/API_Volume.html
"""

from __future__ import annotations

from typing import Final

from batch_constructs.aws.bound import Whole

KINDS: Final = ("Host", "EfsVolumeConfiguration", "S3FilesVolumeConfiguration")
"""What a volume may be: one of these."""

PORT: Final = Whole(0, 65_535)
"""A TCP port."""
