"""Ask checkov about one stack of everything, and about the examples.

    uv run python scripts/run_checkov.py

checkov comes from the package index into an environment of its own, since it wants older versions
of what the tests use. It is asked about what this library makes, and not about what is around it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
CHECKOV = ["uv", "tool", "run", "--no-config", "--from", "checkov==3.3.30", "checkov"]


def synthesise(folder: Path) -> set[str]:
    """Write the templates; return stack and logical ID of each resource of this library."""
    import aws_cdk as cdk

    from batch_constructs.acknowledgements import OURS, is_within
    from tests.everything import everything
    from tests.test_examples import APPS, load

    ours: set[str] = set()
    for number, path in enumerate([None, *APPS]):
        app = cdk.App(builtin_cloud_formation_validation=False, outdir=str(folder / str(number)))
        if path is None:
            everything(cdk.Stack(app, "Everything"), defaults=True)
        else:
            load(path).build(app)
        app.synth()
        paths = {one for _, one in OURS}
        for one in app.node.find_all():
            if isinstance(one, cdk.CfnResource) and is_within(one, paths):
                id_ = cdk.Stack.of(one).resolve(one.logical_id)
                ours.add(f"{number} {one.cfn_resource_type}.{id_}")
        OURS.clear()
    return ours


def main() -> None:
    """Ask, and print what is neither mended nor acknowledged."""
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        ours = synthesise(Path(folder))
        asked = [*CHECKOV, "-d", folder, "--framework", "cloudformation", "-o", "json"]
        done = subprocess.run(
            [*asked, "--quiet", "--compact", "--skip-download", "--soft-fail"],
            check=True,
            stdout=subprocess.PIPE,
            cwd=folder,
        )
    report: dict[str, Any] = json.loads(done.stdout)
    found = [
        f"{one['check_id']} {one['resource']}: {one['check_name']}"
        for one in report["results"]["failed_checks"]
        if f"{one['file_path'].split('/')[1]} {one['resource']}" in ours
    ]
    print(*found, report["summary"], sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
