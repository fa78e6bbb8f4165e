"""The stack that is taken in, which a path means: a template, or one of a cloud assembly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from batch_constructs.adopt.python_source import words
from batch_constructs.impact import cloud_assembly
from batch_constructs.impact.changes import section
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.rules.template import template_files


def read_stack(path: Path, name: str | None) -> DescribedStack:
    """Read the template that a path means, or that of one stack of a cloud assembly.

    Args:
        path: a template, or the output of ``cdk synth``.
        name: the stack; in a cloud assembly its name or ID, of a template what it is called.

    Raises:
        UnreadableTemplateError: it cannot be read, there is no such stack, or it has to be said
            which of several.
    """
    found = _of_assembly(path, name) if cloud_assembly.is_assembly(path) else _of(path, name)
    return whole(found)


def _of(path: Path, name: str | None) -> DescribedStack:
    files = [Path(one) for one in template_files.find(path)]
    if path.is_dir():
        files = [one for one in files if name is None or _stem(one) == name] or files
    if len(files) > 1:
        names = ", ".join(_stem(one) for one in files)
        raise template_files.UnreadableTemplateError(
            f"there are several templates ({names}): name one"
        )
    template: Any = template_files.read(files[0])
    called = "-".join(words(_stem(files[0]))).lstrip("-0123456789") or "Stack"
    return DescribedStack(name=called if name is None else name, template=template)


def whole(stack: DescribedStack) -> DescribedStack:
    """Refuse what the CDK cannot declare resource by resource."""
    odd = [
        name
        for name, one in section(stack.template, "Resources").items()
        if not isinstance(one, dict) or not isinstance(one.get("Type"), str)
    ]
    if odd:
        raise template_files.UnreadableTemplateError(
            f"{odd[0]} is not a resource; expand the template first, as CloudFormation does: "
            "aws cloudformation get-template --template-stage Processed"
        )
    return stack


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]


def _of_assembly(path: Path, name: str | None) -> DescribedStack:
    stacks = cloud_assembly.stacks(path)
    chosen = {key: one for key, one in stacks.items() if name is None or name in (key, one.name)}
    if len(chosen) == 1:
        return next(iter(chosen.values()))
    listed = ", ".join(sorted(stacks)) or "none"
    raise template_files.UnreadableTemplateError(
        f"there is no stack {name}; there are {listed}"
        if name is not None
        else f"there are several stacks ({listed}): name one with --stack"
        if stacks
        else "it has no stack"
    )
