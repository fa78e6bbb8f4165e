"""Folders for what becomes an asset."""

from __future__ import annotations

import shutil
from atexit import register
from pathlib import Path
from tempfile import mkdtemp


def asset_folder() -> Path:
    """Return an empty folder, which is gone when Python ends.

    The CDK copies what lies in it into the cloud assembly as the asset is made.
    """
    folder = Path(mkdtemp(prefix="batch-constructs-"))
    register(shutil.rmtree, folder, ignore_errors=True)
    return folder
