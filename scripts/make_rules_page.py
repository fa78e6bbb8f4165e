"""Make `docs/rules.md` from the rules themselves.

uv run python scripts/make_rules_page.py
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.aws import instance_types
from batch_constructs.aws.combinations import combinations
from batch_constructs.rules.areas import AREAS
from batch_constructs.rules.error_outcomes import outcome_of_error
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.symptoms import symptom_of

if TYPE_CHECKING:
    from batch_constructs.rules.rule import Rule

OUTPUT = Path(__file__).parent.parent / "docs" / "rules.md"
HEAD = """\
# The rules

The rules find what AWS Batch refuses, and what leaves a job stuck. They apply in three places: the
constructors of this library raise `ValueError`, `BatchRules` stops the synthesis, and
`batch-constructs check` reads any template ([checking templates](check.md)).

An **error** is something that AWS refuses, as documented or observed, or that can never work. Each
error says which. A **warning** follows from AWS's documentation, or is about cost or safety. An
**info** is worth knowing. Values that the template does not contain (parameters, imports, tokens)
are never a finding.

A finding shows the identifier of its rule, which you also pass to `acknowledge`.
[Rules not made](rules-not-made.md) lists what is not checked, and why.

"""


def entry(rule: Rule) -> str:
    """Write one rule."""
    resources = ", ".join(f"`{subject}`" for subject in rule.subjects)
    lines = [
        f"### `{rule.id}`",
        "",
        f"**{rule.severity.capitalize()}**{becomes(rule)}: {rule.title}. About {resources}.",
        "",
        rule.explanation if rule.explanation.endswith(".") else f"{rule.explanation}.",
        "",
        f"- Fix: {rule.fix}.",
    ]
    text = "\n".join(lines).replace("](", "]\\(")
    return f"{text}\n- What you would see: {symptom(rule)}\n- Source: {source(rule)}"


def symptom(rule: Rule) -> str:
    """Link what one sees in AWS of what a rule finds."""
    heading = symptom_of(rule)
    words = re.sub(r"[^a-z0-9_ -]", "", heading.lower())
    return f"[{heading}](troubleshooting.md#{re.sub('[- ]+', '-', words.strip())})"


def becomes(rule: Rule) -> str:
    """Write what becomes of what an error is about."""
    return f" ({outcome_of_error(rule.id)})" if rule.severity is Severity.ERROR else ""


def source(rule: Rule) -> str:
    """Write what AWS says as a link to its page."""
    if isinstance(rule.source, str):
        return rule.source.replace("](", "]\\(")
    says = re.sub(r"([\[\]()])", r"\\\1", rule.source.says)
    page = rule.source.page
    about = f"`{rule.source.member}`" if rule.source.member else page.split("//")[1]
    end = "" if says.endswith((".", '."')) else "."
    return f"[{about}]({page}): {says}{end}"


def page() -> str:
    """Write the page."""
    order = list(AREAS)
    data = {one.rule for chapter in combinations().values() for one in chapter}
    rules = sorted(RULES.values(), key=lambda one: (order.index(one.area), one.id not in data))
    parts = [HEAD, f"There are {len(rules)} rules. The table of instance types is from"]
    parts[1] += f" {instance_types.date()}.\n"
    for area, found in groupby(rules, key=lambda rule: rule.area):
        parts.append(f"\n## {AREAS[area]}\n\n")
        parts.append("\n\n".join(entry(rule) for rule in found) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    OUTPUT.write_text(page(), encoding="utf-8")
    print(f"{OUTPUT.name}: {len(RULES)} rules")
