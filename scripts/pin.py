"""Pin every package to the newest versions that go together: ``uv run scripts/pin.py``.

``uv.lock`` records the addresses of package registries and is therefore not kept; the versions it
arrives at are written into ``[tool.uv] constraint-dependencies`` of pyproject.toml instead. The
tests run with one version of the CDK, so that it is the lowest one that pyproject.toml admits, too.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYPROJECT = ROOT / "pyproject.toml"
CDK = re.compile(r"(?<=aws-cdk-lib>=)[\d.]+")
PINS = re.compile(r"^constraint-dependencies = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)


def pin(package: dict[str, Any]) -> str:
    """Write a version as a requirement, for the Pythons that it was resolved for."""
    requirement = f"{package['name']}=={package['version']}"
    markers = package.get("resolution-markers", [])
    return f"{requirement} ; {' or '.join(markers)}" if markers else requirement


def main() -> None:
    """Resolve without the pins, and write what was found."""
    text = PYPROJECT.read_text()
    PYPROJECT.write_text(PINS.sub("constraint-dependencies = [\n]\n", text))
    try:
        subprocess.run(["uv", "lock", "--upgrade", "--quiet"], cwd=ROOT, check=True)
    except subprocess.CalledProcessError:
        PYPROJECT.write_text(text)
        raise
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    pins = sorted(
        f'    "{pin(package)}",\n'
        for package in lock["package"]
        if "version" in package and package["name"] != "batch-constructs"
    )
    [cdk] = (one["version"] for one in lock["package"] if one["name"] == "aws-cdk-lib")
    text = CDK.sub(cdk.removesuffix(".0"), text)
    PYPROJECT.write_text(
        PINS.sub(lambda _: f"constraint-dependencies = [\n{''.join(pins)}]\n", text)
    )
    print(f"{len(pins)} versions pinned")


if __name__ == "__main__":
    main()
