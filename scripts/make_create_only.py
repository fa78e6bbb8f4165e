"""Make `batch_constructs/aws/create_only.json`: which properties cannot be changed in place.

They are read from the CloudFormation resource schemas that cfn-lint carries (MIT-0, from PyPI), for
AWS Batch and the services around it. Run it after an upgrade of cfn-lint:

    uv run python scripts/make_create_only.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cfnlint

OUTPUT = Path(__file__).parent.parent / "batch_constructs" / "aws" / "create_only.json"
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
SERVICES = [
    "Batch",
    "CloudTrail",
    "CloudWatch",
    "DynamoDB",
    "EC2",
    "ECR",
    "ECS",
    "EFS",
    "EKS",
    "Events",
    "FSx",
    "IAM",
    "KMS",
    "Lambda",
    "Logs",
    "Pipes",
    "S3",
    "SNS",
    "SQS",
    "SSM",
    "Scheduler",
    "SecretsManager",
    "StepFunctions",
]


def paths(schema: dict[str, Any], key: str) -> list[str]:
    """Give property paths as CloudFormation templates have them, without list positions."""
    read_only = set(schema.get("readOnlyProperties", []))
    return sorted(
        path.removeprefix("/properties/").replace("/*", "")
        for path in schema.get(key, [])
        if path not in read_only
    )


def text() -> str:
    """Write the table, a line for each type."""
    index = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    rows = []
    for type_ in sorted(index):
        if type_.split("::")[1] not in SERVICES:
            continue
        schema = json.loads((SCHEMAS / "resources" / f"{index[type_]}.json").read_text())
        row = {
            "always": paths(schema, "createOnlyProperties"),
            "perhaps": paths(schema, "conditionalCreateOnlyProperties"),
        }
        if any(row.values()):
            row = {name: found for name, found in row.items() if found}
            rows.append(f'"{type_}": {json.dumps(row, separators=(",", ":"))}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    OUTPUT.write_text(text())
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")
