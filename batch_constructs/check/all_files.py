"""Checks files and directories, and writes what came of it."""

from __future__ import annotations

import os
import sys
from collections import defaultdict

from batch_constructs.aws.bound import cut, printable
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.check import findings_report, output_stream
from batch_constructs.check.one_file import STANDARD_INPUT, Checker, FileCheck, placed_in_file
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from batch_constructs.check.ignored_findings import Baseline

_FINDINGS: Final = 1
_UNREADABLE: Final = 2
_WORTH_PROCESSES: Final = 60
"""Files; with fewer, processes take longer to start than they save."""


class Request(Record):
    """What is to be checked, and how.

    Attributes:
        templates: files and directories.
        format: one of `findings_report.FORMATS`.
        strict: whether warnings fail too.
        ignore: rules that are not told.
        only_templates: whether files that are no templates are passed over.
        fix: whether to mend what has one answer.
        baseline: a file of findings that are not told.
        write_baseline: where to write all findings as a baseline.
        processes: how many processes may be used; None for one a processor.
    """

    templates: Sequence[str]
    format: str = "text"
    strict: bool = False
    ignore: frozenset[str] = frozenset()
    only_templates: bool = False
    fix: bool = False
    baseline: str | None = None
    write_baseline: str | None = None
    processes: int | None = None


def run(request: Request) -> int:
    """Check, write the report, and give the exit code."""
    told = _Told()
    files, assemblies = _files(request, told)
    baseline = _baseline(request, told)
    checker = Checker(request.ignore, frozenset(assemblies))
    for checked in _together(_checks(files, request, checker), request.ignore):
        if not checked.unreadable:
            told.take(checked, baseline)
        elif not _is_passed_over(checked, request, assemblies):
            told.unreadable(checked.file, checked.unreadable)
    if baseline is not None and baseline.gone:
        told.said.append(
            f"{request.baseline}: {baseline.gone} of its findings are gone; write it again"
        )
    if request.write_baseline is not None:
        _write(request.write_baseline, told)
    output_stream.write(sys.stderr, "".join(f"{printable(line)}\n" for line in told.said))
    if request.write_baseline is not None:
        return _UNREADABLE if told.failed else 0
    if told.findings or request.format != "text":
        color = output_stream.is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
        width = findings_report.terminal_width()
        text = findings_report.written(
            told.findings, told.labels, request.format, color=color, width=width
        )
        why = output_stream.write(sys.stdout, f"{text}\n" if text else "")
        if why is not None:
            output_stream.write(sys.stderr, f"standard output: {why}\n")
            return _UNREADABLE
    if told.failed:
        return _UNREADABLE
    failing = {Severity.ERROR, Severity.WARNING} if request.strict else {Severity.ERROR}
    wrong = any(one.severity in failing for found in told.findings.values() for one in found)
    return _FINDINGS if wrong else 0


def _is_passed_over(checked: FileCheck, request: Request, assemblies: Container[str]) -> bool:
    """Tell whether a file that cannot be read need not be: it is no template."""
    if request.only_templates and not checked.names_aws:
        return True
    return checked.is_other and (request.only_templates or checked.file in assemblies)


class _Told:
    """What there is to tell.

    Attributes:
        findings: file → what is wrong in it.
        labels: file → logical ID → what to call the resource.
        said: what belongs on standard error.
        failed: whether something could not be read.
    """

    def __init__(self) -> None:
        self.findings: dict[str, list[Finding]] = {}
        self.labels: dict[str, Mapping[str, str]] = {}
        self.said: list[str] = []
        self.failed = False

    def unreadable(self, file: str, why: str) -> None:
        self.said.append(f"{file}: {why}")
        self.failed = True

    def take(self, checked: FileCheck, baseline: Baseline | None) -> None:
        file = checked.file
        if checked.not_looked_at:
            self.said.append(f"{file}: {checked.not_looked_at}")
        shown = [_shown(one) for one in checked.findings]
        self.findings[file] = [
            one for one in shown if baseline is None or not baseline.takes(file, one)
        ]
        self.labels[file] = {
            cut(id_, _SHORT): cut(label, _MANY) for id_, label in checked.labels.items()
        }


_SHORT: Final = 255
_MANY: Final = 2_100
"""Characters of a path or a message; a name of a megabyte would be all there is to read."""


def _shown(finding: Finding) -> Finding:
    """Give a finding with names as long as people read them, and without credentials."""
    return finding.replaced(
        resource=cut(finding.resource, _SHORT),
        path=cut(without_credentials(finding.path), _MANY),
        message=cut(finding.message, _MANY),
        fix=cut(finding.fix, _MANY),
    )


def _baseline(request: Request, told: _Told) -> Baseline | None:
    if request.baseline is None:
        return None
    from batch_constructs.check.ignored_findings import Baseline  # noqa: PLC0415  # only then

    try:
        return Baseline.read(request.baseline)
    except template_files.UnreadableTemplateError as error:
        told.unreadable(request.baseline, str(error))
        return None


def _write(file: str, told: _Told) -> None:
    from batch_constructs.check.ignored_findings import Baseline  # noqa: PLC0415  # only then

    try:
        Baseline(file).write(told.findings)
    except template_files.UnreadableTemplateError as error:
        told.unreadable(file, str(error))


def _files(request: Request, told: _Told) -> tuple[list[str], set[str]]:
    """Find the files, and which of them stand in a cloud assembly."""
    files: dict[str, None] = {}
    assemblies: set[str] = set()
    for name in request.templates:
        try:
            found = [name] if name == STANDARD_INPUT else template_files.find(name)
        except template_files.UnreadableTemplateError as error:
            told.unreadable(name, str(error))
            continue
        files.update(dict.fromkeys(found))
        assemblies.update(one for one in found if template_files.is_in_assembly(one))
    return list(files), assemblies


def _together(checks: Iterable[FileCheck], ignore: frozenset[str]) -> Iterable[FileCheck]:
    """Add what only the templates of one assembly together show."""
    found = list(checks)
    if not any(one.counted for one in found):
        return found
    from batch_constructs.check.ignored_findings import Assembly  # noqa: PLC0415  # only then
    from batch_constructs.check.stacks_together import (  # noqa: PLC0415  # only then
        StackTemplate,
        too_many_together,
    )

    assembly = Assembly()
    stacks = (StackTemplate(assembly.place(one.file), one.file, one.counted) for one in found)
    acknowledged: dict[str, dict[str, set[str]]] = {}
    more: dict[str, list[Finding]] = defaultdict(list)
    for file, finding in too_many_together(stacks):
        if file not in acknowledged:
            acknowledged[file] = assembly.acknowledged(file)
        held = acknowledged[file].get(finding.resource, acknowledged[file].get("", set()))
        if finding.rule not in ignore | held:
            more[file].append(finding)
    return [
        one.replaced(findings=[*one.findings, *placed_in_file(one.file, more[one.file])])
        if one.file in more
        else one
        for one in found
    ]


def _checks(files: list[str], request: Request, checker: Checker) -> Iterable[FileCheck]:
    if request.fix:
        from batch_constructs.check.fixes import fix_file  # noqa: PLC0415  # only then

        return [checker(one) if one == STANDARD_INPUT else fix_file(one, checker) for one in files]
    processes = min(request.processes or _processors(), len(files) // (_WORTH_PROCESSES // 2))
    if processes < 2 or STANDARD_INPUT in files or not hasattr(os, "fork"):  # noqa: PLR2004  # one is this one
        return map(checker, files)
    return _in_processes(processes, files, checker)


def _in_processes(processes: int, files: list[str], checker: Checker) -> Iterable[FileCheck]:
    """Check with copies of this process: each checks some of the files, as this one does."""
    import pickle  # noqa: PLC0415  # only then; between these processes only

    checker(files[0])  # so that the rules are loaded once for all
    copies: list[tuple[int, int]] = []
    for number in range(1, processes):
        reader, writer = os.pipe()
        copy = os.fork()
        if not copy:
            try:
                with os.fdopen(writer, "wb") as stream:
                    stream.write(pickle.dumps([*map(checker, files[number::processes])]))
            finally:
                os._exit(0)
        os.close(writer)
        copies.append((copy, reader))
    found = dict(zip(files[::processes], map(checker, files[::processes]), strict=True))
    for number, (copy, reader) in enumerate(copies, 1):
        mine = files[number::processes]
        with os.fdopen(reader, "rb") as stream:
            told = stream.read()
        os.waitpid(copy, 0)
        # of a copy that fell the files are checked here, so that the reason is seen
        found.update(zip(mine, pickle.loads(told) if told else map(checker, mine), strict=True))  # noqa: S301  # as above
    return map(found.__getitem__, files)


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
