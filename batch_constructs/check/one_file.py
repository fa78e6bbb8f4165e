"""The check of one file: what is wrong, and where it stands."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from batch_constructs.aws.record import Record
from batch_constructs.aws.template_facts import CONSTRUCT_PATH
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.engine import MORE, examine
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from batch_constructs.check.ignored_findings import Assembly
    from batch_constructs.check.stacks_together import Counted
    from batch_constructs.rules.findings import Finding

STANDARD_INPUT: Final = "-"


class FileCheck(Record):
    """What came of a look at a file.

    Attributes:
        file: its path as it was given.
        findings: what is wrong, with line and column.
        labels: logical ID → the type of the resource, and its construct path if the CDK wrote one.
        not_looked_at: what was not looked at, in words.
        unreadable: why the file cannot be read; else empty.
        is_other: whether it is something else than a template.
        names_aws: whether its text may name a type of AWS's, as every template does.
        counted: in an assembly, what it makes of which an account has only so many.
    """

    file: str
    findings: Sequence[Finding] = ()
    labels: Mapping[str, str] = {}  # nobody writes there
    not_looked_at: str = ""
    unreadable: str = ""
    is_other: bool = False
    names_aws: bool = True
    counted: Counted = MappingProxyType({})


class Checker:
    """Checks files.

    Args:
        ignore: rules that are not told.
        in_assembly: files that stand in a cloud assembly, whose acknowledgements hold.
    """

    def __init__(self, ignore: frozenset[str], in_assembly: frozenset[str] = frozenset()) -> None:
        self._ignore = ignore
        self._in_assembly = in_assembly
        self._assembly: Assembly | None = None

    def __call__(self, file: str) -> FileCheck:
        """Check a file."""
        text = None
        try:
            text = _standard_input() if file == STANDARD_INPUT else template_files.text_of(file)
            document = template_files.document(text)
        except template_files.NoTemplateError as error:
            return FileCheck(file, unreadable=str(error), is_other=True)
        except template_files.UnreadableTemplateError as error:
            names_aws = text is None or "AWS::" in text
            return FileCheck(file, unreadable=str(error), names_aws=names_aws)
        return self.of(file, document)

    def of(self, file: str, document: template_files.Document) -> FileCheck:
        """Check a file that is read."""
        in_assembly = file in self._in_assembly
        try:
            seen = examine(document.template, document, nested_known=in_assembly)
        except RecursionError:
            return FileCheck(file, unreadable="the template is nested too deep to be looked at")
        found = [one for one in seen.findings if one.rule not in self._ignore]
        if found and in_assembly:
            if self._assembly is None:
                from batch_constructs.check.ignored_findings import Assembly  # noqa: PLC0415  # only here

                self._assembly = Assembly()
            acknowledged = self._assembly.acknowledged(file)
            whole = acknowledged.get("", set())
            found = [one for one in found if one.rule not in acknowledged.get(one.resource, whole)]
        if found:
            found = _placed(found, document, seen.origins)
        return FileCheck(
            file,
            found,
            {one.resource: _label(seen.template, one.resource) for one in found},
            f"not looked at: {', '.join(seen.not_looked_at)}" if seen.not_looked_at else "",
            counted=_counted(document.template) if in_assembly else {},
        )


def _counted(template: Mapping[str, object]) -> Counted:
    from batch_constructs.check.stacks_together import counted_in  # noqa: PLC0415  # seldom needed

    return counted_in(template)


def _standard_input() -> str:
    if sys.stdin is None:
        raise template_files.UnreadableTemplateError("standard input is closed")
    return template_files.text_in(sys.stdin.buffer)


def placed_in_file(file: str, findings: Sequence[Finding]) -> list[Finding]:
    """Give findings the lines of their resources in a file that was read before."""
    paths = [["Resources", one.resource] for one in findings]
    source = template_files.document(template_files.text_of(file)).source_map_of(paths)
    placed = []
    for one, path in zip(findings, paths, strict=True):
        line, column = source.position((source.chain(path) or [0])[-1])
        placed.append(one.replaced(line=line, column=column))
    return placed


def _placed(
    found: Sequence[Finding],
    document: template_files.Document,
    origins: Mapping[str, tuple[str, ...]],
) -> list[Finding]:
    """Give the findings their lines, without those that the file itself ignores."""
    paths = [
        ["Resources", *origins[one.resource], *one.parts[2:]]
        if one.resource in origins
        else one.parts
        for one in found
    ]
    source = document.source_map_of(paths)
    ignored = {} if document.is_json else _ignored_lines(document.text)
    again = (
        {"/".join((*path, name)): offset for path, name, offset in source.repeats}
        if document.repeats
        else {}
    )
    placed: list[Finding] = []
    for one, parts in zip(found, paths, strict=True):
        chain = source.chain(parts)
        if one.rule == "repeated-key" and "/".join(parts) in again:
            chain[-1:] = [again["/".join(parts)]]
        if one.rule == "other-tool":
            chain = [max(0, document.placeholder)]
        positions = [source.position(offset) for offset in chain or [0]]
        is_ignored = any(one.rule in ignored.get(line, ()) for line, _ in positions)
        if not is_ignored or MORE in one.message:  # those may stand where nothing is ignored
            line, column = positions[-1]
            placed.append(one.replaced(line=line, column=column))
    return placed


def _ignored_lines(text: str) -> dict[int, set[str]]:
    from batch_constructs.check.ignored_findings import ignored_lines  # noqa: PLC0415  # JSON has none

    return ignored_lines(text)


def _label(template: Mapping[str, object], resource: str) -> str:
    resources = template.get("Resources")
    raw = resources.get(resource) if isinstance(resources, Mapping) else None
    if not isinstance(raw, Mapping):
        return ""
    metadata = raw.get("Metadata")
    path = metadata.get(CONSTRUCT_PATH) if isinstance(metadata, Mapping) else None
    type_ = str(raw.get("Type", ""))
    return f"{type_}  {path}" if isinstance(path, str) else type_
