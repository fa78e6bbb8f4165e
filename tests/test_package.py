"""What importing the package costs, and what it offers."""

import subprocess
import sys


def test_importing_the_package_loads_neither_the_cdk_nor_boto3() -> None:
    """A Lambda function or a job container may import the package without either."""
    heavy = "{'aws_cdk', 'jsii', 'boto3', 'botocore'}"
    modules = "batch_constructs, batch_constructs.rules, batch_constructs.cli"
    code = f"import sys, {modules}; print(sorted({heavy} & set(sys.modules)))"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"
