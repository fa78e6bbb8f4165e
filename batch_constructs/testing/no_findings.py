"""The promise that no rule of this library finds anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.rules import Severity
from batch_constructs.testing.synthesis import faults, templates_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
