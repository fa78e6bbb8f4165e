"""A synthesis that lets nothing pass, and the templates that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.credentials import without_credentials
from batch_constructs.rules import Severity, check_template

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from aws_cdk import Stack, Stage

    from batch_constructs.rules import Finding

Template = Mapping[str, Any]
_TOLD = ("ERROR", "WARNING")


def synth(app_or_stack: Stage | Stack, *, ignore: Iterable[str] = ()) -> dict[str, Any]:
    """Synthesise, and fail on what the CDK or the rules of this library warn of.

    Args:
        app_or_stack: a ``Stack``, or an ``App`` or ``Stage`` with all its stacks. It may be
            synthesised more than once.
        ignore: rules to leave out, such as ``["broad-permissions"]``.

    Returns:
        The template of a stack; of an app or stage, stack name → template.

    Raises:
        AssertionError: a rule finds an error or a warning, or an annotation of the CDK is one; the
            message has a line for each.
        TypeError: it is neither.
    """
    templates, annotations = _synthesised(app_or_stack)
    found = annotations + [
        line
        for name, template in templates.items()
        for line in faults(template, name, ignore, {Severity.ERROR, Severity.WARNING})
    ]
    if found:
        raise AssertionError("\n".join([f"the synthesis found {len(found)}:", *found]))
    return next(iter(templates.values())) if _is_stack(app_or_stack) else templates


def templates_of(subject: Template | Stage | Stack) -> dict[str, dict[str, Any]]:
    """Give the templates of what a test hands over, by stack name; of a template, it is empty.

    Args:
        subject: a template as parsed from JSON or YAML, a stack, an app or a stage.
    """
    if isinstance(subject, Mapping):
        return {"": dict(subject)}
    return _synthesised(subject)[0]


def line_of(stack: str, finding: Finding) -> str:
    """Write a finding in one line."""
    path = without_credentials(finding.path)
    where = "/".join(part for part in (stack, finding.resource, path) if part)
    return (
        f"{where}: {finding.severity}: {finding.message}; {finding.fix} "
        f"[{finding.rule}, {finding.source}]"
    )


def _is_stack(subject: object) -> bool:
    from aws_cdk import Stack

    return isinstance(subject, Stack)


def _synthesised(subject: Stage | Stack) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Synthesise; give the templates by stack name, and what annotations tell of them."""
    from aws_cdk import Stack, Stage

    if not isinstance(subject, Stack | Stage):
        raise TypeError(f"{type(subject).__name__} is not a Stack, App, Stage or template")
    stage = Stage.of(subject) if isinstance(subject, Stack) else subject
    if stage is None:
        raise ValueError(f"the stack {subject.node.path} is not in an App; create it in one")
    assembly = stage.synth(force=True)
    if isinstance(subject, Stack):
        artifacts = [assembly.get_stack_artifact(subject.artifact_id)]
    else:
        artifacts = assembly.stacks_recursively
    told = [
        f"{message.id.lstrip('/')}: {message.level.value.lower()}: {message.entry.data}"
        for artifact in artifacts
        for message in artifact.messages
        if message.level.value in _TOLD
    ]
    return {artifact.stack_name: dict(artifact.template) for artifact in artifacts}, told


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
    from batch_constructs.rules.rulebook import RULES

    return set(RULES)
