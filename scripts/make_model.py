"""Make `batch_constructs/aws/model.json`: the properties of the Batch resources.

And `submit_job.json`, the members of `SubmitJob`, which CloudFormation does not know.

It joins the CloudFormation resource schemas that cfn-lint carries (MIT-0, from PyPI) with the API
model that botocore carries, so that a field which only one of them has yet is known. Run it after
an upgrade of either:

    uv run python scripts/make_model.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import cfnlint

OUTPUT = Path(__file__).parent.parent / "batch_constructs" / "aws" / "model.json"
SUBMISSION = OUTPUT.with_name("submit_job.json")
SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas"
CREATES = {
    "AWS::Batch::ComputeEnvironment": "CreateComputeEnvironmentRequest",
    "AWS::Batch::ConsumableResource": "CreateConsumableResourceRequest",
    "AWS::Batch::JobDefinition": "RegisterJobDefinitionRequest",
    "AWS::Batch::JobQueue": "CreateJobQueueRequest",
    "AWS::Batch::QuotaShare": "CreateQuotaShareRequest",
    "AWS::Batch::SchedulingPolicy": "CreateSchedulingPolicyRequest",
    "AWS::Batch::ServiceEnvironment": "CreateServiceEnvironmentRequest",
}
SCALARS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
NUMBERS = {"integer": "integer", "long": "integer", "float": "number", "double": "number"}


def from_schema(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """Make a node of the model from a JSON schema: a scalar's name, a list, or an object."""
    while "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    kind = schema.get("type")
    if kind == "array":
        return [from_schema(schema.get("items", {}), whole)]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties")
        if not properties:
            return "map"
        node = {name: from_schema(member, whole) for name, member in properties.items()}
        return node | {"": sorted(schema.get("required", []))}
    return SCALARS.get(kind, "any") if isinstance(kind, str) else "any"


def from_shape(shape: Any) -> Any:
    """Make a node of the model from a shape of the API."""
    if shape.type_name == "list":
        return [from_shape(shape.member)]
    if shape.type_name == "map":
        return "map"
    if shape.type_name == "structure":
        node = {
            name[0].upper() + name[1:]: from_shape(member) for name, member in shape.members.items()
        }
        return node | {"": [name[0].upper() + name[1:] for name in shape.required_members]}
    return NUMBERS.get(shape.type_name, {"boolean": "boolean"}.get(shape.type_name, "text"))


def join(one: Any, other: Any, *, top: bool = False) -> Any:
    """Add to a node what only the other one has; CloudFormation's spelling goes first."""
    if isinstance(one, dict) and isinstance(other, dict):
        spelling = {key.lower(): key for key in one}
        theirs = {spelling.get(key.lower(), key): member for key, member in other.items() if key}
        joined = {
            key: join(member, theirs[key]) if key in theirs else member
            for key, member in one.items()
            if key
        }
        joined |= {key: member for key, member in theirs.items() if key not in one}
        needed = {spelling.get(key.lower(), key) for key in other[""]}
        return joined | {"": sorted({*one[""], *(() if top else needed)})}
    if isinstance(one, list) and isinstance(other, list):
        return [join(one[0], other[0])]
    return "integer" if other == "integer" and one == "number" else one


def schema_of(type_: str) -> dict[str, Any]:
    """Read the registry's schema of a type."""
    index = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())
    schema: dict[str, Any] = json.loads(
        (SCHEMAS / "resources" / f"{index[type_]}.json").read_text()
    )
    return schema


def text() -> str:
    """Write the model, a line for each resource."""
    api = botocore.session.Session().get_service_model("batch")
    rows = []
    for type_, request in sorted(CREATES.items()):
        schema = schema_of(type_)
        read_only = {path.removeprefix("/properties/") for path in schema["readOnlyProperties"]}
        node = from_schema(schema, schema)
        joined = join(node, from_shape(api.shape_for(request)), top=True)
        for name in read_only:
            joined.pop(name, None)
        rows.append(f'"{type_}": {json.dumps(joined, sort_keys=True, separators=(",", ":"))}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


def submission() -> str:
    """Write the members of a submission."""
    shape = botocore.session.Session().get_service_model("batch").shape_for("SubmitJobRequest")
    return json.dumps(from_shape(shape), sort_keys=True, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(text())
    SUBMISSION.write_text(submission())
    print(f"{OUTPUT.name}: {len(CREATES)} resources, {OUTPUT.stat().st_size} bytes")
