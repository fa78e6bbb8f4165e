"""What importing the package costs, and what it offers."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path


def test_importing_the_package_loads_neither_the_cdk_nor_boto3() -> None:
    """A Lambda function or a job container may import the package without either."""
    heavy = "{'aws_cdk', 'jsii', 'boto3', 'botocore'}"
    modules = "batch_constructs, batch_constructs.rules, batch_constructs.cli"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"


def test_the_lowest_cdk_that_is_admitted_is_the_one_that_is_tested() -> None:
    requirements = metadata.requires("batch-constructs") or []
    [lowest] = (
        found[1] for one in requirements if (found := re.match(r"aws-cdk-lib.*>=([\d.]+)", one))
    )

    assert metadata.version("aws-cdk-lib").removesuffix(".0") == lowest, (
        "raise it in pyproject.toml"
    )
    assert (
        f"aws-cdk-lib ({lowest} or newer)" in (Path(__file__).parents[1] / "README.md").read_text()
    )
