"""The newest aws-cdk-lib that users get: decision 13."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TRIED = [
    ROOT / "app.py",
    *(
        ROOT / "examples" / name / "app.py"
        for name in ("eks_namespace", "genomics", "into_an_existing_stack", "watched")
    ),
]
"""Examples that have a job definition of each kind, networks, functions, alarms and grants."""

ALL = """
import runpy, sys
from importlib import metadata

print(metadata.version("aws-cdk-lib"))
for app in sys.argv[1:]:
    runpy.run_path(app, run_name="__main__")
"""


def uv(*command: str, told: str | None = None) -> str:
    """Run uv as somebody does who knows nothing of what this project pins."""
    program = os.environ.get("UV", shutil.which("uv"))
    if program is None:
        pytest.skip("uv is not here, and the README's command runs it")
    run = subprocess.run(
        [program, "pip", *command, "--quiet", "--no-config", "--python", sys.executable],
        input=told,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0 and "Failed to fetch" in run.stderr:
        pytest.skip("no package index answers")
    assert run.returncode == 0, run.stderr
    return run.stdout


def synthesise_with(version: str, folder: Path) -> list[str]:
    """Synthesise some examples with a version of the CDK, and name the templates that came out."""
    newer, out = folder / "packages", folder / "cdk.out"
    uv("install", "--target", str(newer), f"aws-cdk-lib=={version}")
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    run = subprocess.run(
        [sys.executable, "-c", ALL, *map(str, TRIED)],
        env={
            **os.environ,
            "PYTHONPATH": f"{newer}{os.pathsep}{ROOT}",
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps(context),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0] == version
    return [one.name for one in out.glob("*.template.json") if ".nested." not in one.name]


def test_the_newest_cdk_is_the_one_that_is_tested_or_synthesises_the_examples(
    tmp_path: Path,
) -> None:
    requirement = next(
        one for one in metadata.requires("batch-constructs") or [] if one.startswith("aws-cdk-lib")
    )
    resolved = uv("compile", "-", "--no-deps", "--no-header", "--no-annotate", told=requirement)
    newest = resolved.strip().removeprefix("aws-cdk-lib==")

    if newest != metadata.version("aws-cdk-lib"):
        assert len(synthesise_with(newest, tmp_path)) == len(TRIED)
