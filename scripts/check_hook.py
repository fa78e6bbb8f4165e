#!/usr/bin/env -S uv run --quiet --script
# /// script
# requires-python = ">=3.11"
# dependencies = ["click>=8.1", "pyyaml>=6"]
# ///
"""The pre-commit hook: checks the files it is given, and passes over those that are no templates.

It runs the check of the repository that it stands in, and needs neither the CDK nor boto3.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

if __name__ == "__main__":
    from batch_constructs.__main__ import main

    sys.argv[1:1] = ["check", "--only-templates"]
    main()
