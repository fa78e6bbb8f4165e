"""The promise that no rule of this library finds anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.rules import Severity, check_template
from batch_constructs.testing.synthesis import line_of, templates_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from aws_cdk import Stack, Stage

    from batch_constructs.testing.synthesis import Template


def assert_no_findings(
    template_or_stack: Template | Stack | Stage, *, ignore: Iterable[str] = ()
) -> None:
    """Fail if a rule finds anything, hints (``info``) included.

    Args:
        template_or_stack: a template as parsed from JSON or YAML, a stack, or an app.
        ignore: rules to leave out, such as ``["broad-permissions"]``; ``batch-constructs explain``
            says what a rule is about.

    Raises:
        AssertionError: there are findings; the message has a line for each, with its fix.
        ValueError: no rule has a name under ``ignore``.
    """
    found = [
        line
        for name, template in templates_of(template_or_stack).items()
        for line in faults(template, name, ignore, set(Severity))
    ]
    if found:
        raise AssertionError("\n".join([f"the rules find {len(found)}:", *found]))


def faults(
    template: Template, stack: str, ignore: Iterable[str], severities: Collection[Severity]
) -> Iterator[str]:
    """Write what the rules find in a template, a line each.

    Raises:
        ValueError: no rule has a name under ``ignore``: it would hide nothing.
    """
    left_out = [ignore] if isinstance(ignore, str) else list(ignore)
    unknown = [name for name in left_out if name not in _rules()]
    if unknown:
        raise ValueError(f"ignore: no rule is called {', '.join(unknown)}; see docs/rules.md")
    for finding in check_template(template):
        if finding.severity in severities and finding.rule not in left_out:
            yield line_of(stack, finding)


def _rules() -> set[str]:
    from batch_constructs.rules.rule import RULES

    return set(RULES)
