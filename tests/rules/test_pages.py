"""The pages about the rules are complete: for every rule, and for every field of AWS Batch."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from batch_constructs.rules.areas.shape_rules import model
from batch_constructs.rules.rulebook import RULES

ROOT = Path(__file__).parent.parent.parent
NOT_MADE = (ROOT / "docs" / "rules-not-made.md").read_text(encoding="utf-8")
CREATES = (
    "CreateComputeEnvironmentRequest",
    "CreateConsumableResourceRequest",
    "CreateJobQueueRequest",
    "CreateQuotaShareRequest",
    "CreateSchedulingPolicyRequest",
    "CreateServiceEnvironmentRequest",
    "RegisterJobDefinitionRequest",
)


def mentioned() -> set[str]:
    """Collect every ``Shape.member`` that a rule or a line of the page names."""
    texts = [f"{rule.source} {rule.explanation}" for rule in RULES.values()]
    return set(re.findall(r"\b([A-Z]\w+\.[a-z]\w+)", " ".join([*texts, NOT_MADE])))


def fields(shape: Any, found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Collect the members of a shape of the API, and of all that it contains."""
    if shape.type_name == "list":
        return fields(shape.member, found)
    if shape.type_name == "structure" and shape.name not in found:
        found[shape.name] = set(shape.members)
        for member in shape.members.values():
            fields(member, found)
    return found


def test_the_page_of_the_rules_is_up_to_date() -> None:
    path = ROOT / "scripts" / "make_rules_page.py"
    spec = importlib.util.spec_from_file_location("make_rules_page", path)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")

    assert written == script.page(), "run: uv run python scripts/make_rules_page.py"


@pytest.mark.parametrize("request_", [*CREATES, "SubmitJobRequest"])
def test_every_field_of_the_api_has_a_rule_or_a_reason(request_: str) -> None:
    api = botocore.session.Session().get_service_model("batch")
    found = fields(api.shape_for(request_), {})
    known = mentioned()

    forgotten = [
        f"{shape}.{member}"
        for shape, members in found.items()
        for member in sorted(members)
        if f"{shape}.{member}" not in known
    ]

    assert forgotten == [], "write a rule, or a line in docs/rules-not-made.md"


def cdk_fields() -> dict[str, set[str]]:
    """Collect the properties of the Batch resources of aws-cdk-lib."""
    from aws_cdk import aws_batch

    found: dict[str, set[str]] = {}
    for name, value in vars(aws_batch).items():
        if name.startswith("Cfn") and name.endswith("Props"):
            found[name] = parameters(value)
        elif name.startswith("Cfn") and inspect.isclass(value):
            for inner, struct in vars(value).items():
                if inner.endswith("Property"):
                    found[f"{name}.{inner}"] = parameters(struct)
    return found


def parameters(struct: Any) -> set[str]:
    """Give the names of a CDK struct's members."""
    return set(inspect.signature(struct.__init__).parameters) - {"self"}


def test_every_field_of_the_cdk_has_a_rule_or_a_reason() -> None:
    known = {name.partition(".")[2].lower() for name in mentioned()}
    found = cdk_fields()
    assert len(found) > 50

    forgotten = [
        f"{struct}.{member}"
        for struct, members in found.items()
        for member in sorted(members)
        if member.replace("_", "") not in known
    ]

    assert forgotten == [], "write a rule, or a line in docs/rules-not-made.md"


def test_every_field_of_the_api_is_a_property_that_is_known() -> None:
    known: set[str] = set()
    waiting: list[Any] = list(model().values())
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            known |= {name.lower() for name in node}
            waiting += [entry for name, entry in node.items() if name]
        elif isinstance(node, list):
            waiting += node
    api = botocore.session.Session().get_service_model("batch")

    unknown = [
        f"{shape}.{member}"
        for request in CREATES
        for shape, members in fields(api.shape_for(request), {}).items()
        for member in members
        if member.lower() not in known
    ]
    unknown += [
        f"{struct}.{member}"
        for struct, members in cdk_fields().items()
        for member in members
        if member.replace("_", "") not in known
    ]

    assert unknown == [], "run: uv run python scripts/make_model.py"


def test_every_rule_says_what_where_why_and_how() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.id), rule.id
        assert rule.title, rule.id
        assert rule.fix, rule.id
        assert rule.fix[-1] != ".", rule.id
        assert rule.source, rule.id
        assert rule.explanation, rule.id
