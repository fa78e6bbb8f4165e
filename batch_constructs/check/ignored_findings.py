"""What is not to be told: ignored in the file, acknowledged in a CDK app, or in a baseline."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cached_property

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.template_facts import STACK_ARTIFACT
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from batch_constructs.rules.findings import Finding

_LINE_END: Final = pattern(r"\r\n|[\n\r]")
_COMMENT: Final = pattern(r".*?#[ \t]*batch-constructs:[ \t]*ignore\b([^#]*)")
_RULE: Final = pattern(r"[A-Za-z0-9-]+")


def ignored_lines(text: str) -> dict[int, set[str]]:
    """Read the comments ``# batch-constructs: ignore RULE``: line that they are about → rules.

    A comment on a line of its own is about the next line that is no comment.
    """
    if "batch-constructs:" not in text:
        return {}
    found: dict[int, set[str]] = {}
    lines = _LINE_END.split(text)
    following = len(lines) + 1
    for number in range(len(lines), 0, -1):
        line = lines[number - 1]
        comment = _COMMENT.match(line)
        alone = line.lstrip()[:1] in ("#", "")
        if not alone:
            following = number
        if comment is not None:
            rules = _RULE.findall(comment[1])
            found.setdefault(following, set()).update(rules)
    return found


ACKNOWLEDGED: Final = "aws:cdk:acknowledged-rules"
_LOGICAL_ID: Final = "aws:cdk:logicalId"
_TEMPLATE_FILE: Final = "aws:cdk:templateFile"
_PREFIX: Final = "batch-constructs::"
_MOST_BYTES: Final = 64 * 1024 * 1024
_DEEPEST: Final = 200
"""Levels of a construct's path; each is gone through."""

Metadata = dict[str, list[dict[str, Any]]]


class Assembly:
    """What cloud assemblies tell beside their templates, read once for each directory."""

    def __init__(self) -> None:
        self._directories: dict[str, _Directory] = {}

    def acknowledged(self, template_file: str) -> dict[str, set[str]]:
        """Give the rules that are acknowledged: logical ID → rules, "" for the whole template.

        An acknowledgement of a construct holds for all that is in it. What the app or a stage
        acknowledges stands in no metadata, but in the report of what `BatchRules` found.
        """
        folder, name = os.path.split(template_file)
        found = self._of(folder).acknowledged(name)
        whole = found.get("", set())
        template = os.path.abspath(template_file)
        folder = os.path.dirname(template)
        while template_files.is_assembly(folder):
            for id_, rule in self._of(folder).held_back.get(template, ()):
                found[id_] = found.get(id_, whole) | {rule}
            folder = os.path.dirname(folder)
        return found

    def paths(self, template_file: str) -> dict[str, str]:
        """Give the construct paths of a template's resources: logical ID → path."""
        folder, name = os.path.split(template_file)
        return self._of(folder).paths(name)

    def place(self, template_file: str) -> str | None:
        """Give the account and the Region of the stack whose template it is, as the CDK writes."""
        folder, name = os.path.split(template_file)
        return self._of(folder).places.get(name)

    def with_nested(self, template_files: Iterable[str]) -> list[str]:
        """Give the templates of the stacks of an assembly, and of those that are nested in them.

        Other files of the directory may be of an earlier synthesis.
        """
        found = dict.fromkeys(template_files)
        for folder in dict.fromkeys(map(os.path.dirname, found)):
            beside = (os.path.join(folder, name) for name in self._of(folder).places)
            found.update(dict.fromkeys(beside))
        return list(found)

    def _of(self, folder: str) -> _Directory:
        if folder not in self._directories:
            self._directories[folder] = _Directory(folder)
        return self._directories[folder]


class _Directory:
    """What one tells beside its templates."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @cached_property
    def places(self) -> dict[str, str]:
        """The name of a template's file → the account and the Region of its stack."""
        return dict(_places_in(self._stacks))

    @cached_property
    def held_back(self) -> dict[str, list[tuple[str, str]]]:
        """A template → logical IDs, each with a rule that the CDK's report holds back."""
        found: dict[str, list[tuple[str, str]]] = {}
        for file, id_, rule in _held_back(self._folder):
            found.setdefault(file, []).append((id_, rule))
        return found

    def paths(self, name: str) -> dict[str, str]:
        """Give the construct paths of a template's resources."""
        return self._paths.get(self._scopes.get(name, ""), {})

    def acknowledged(self, name: str) -> dict[str, set[str]]:
        """Give the rules that the metadata acknowledge."""
        if not self._rules:
            return {}
        scope = self._scopes.get(name)
        found = {} if scope is None else {"": _held(self._rules, scope)}
        return found | {id_: _held(self._rules, path) for id_, path in self.paths(name).items()}

    @cached_property
    def _stacks(self) -> list[tuple[dict[str, Any], Metadata]]:
        return [(one, _metadata_of(self._folder, one)) for one in _stacks(self._folder)]

    @cached_property
    def _metadata(self) -> Metadata:
        return {path: entries for _, one in self._stacks for path, entries in one.items()}

    @cached_property
    def _rules(self) -> dict[str, set[str]]:
        """A path → the rules that are acknowledged there."""
        rules = ((path, _rules(entries)) for path, entries in self._metadata.items())
        return {path: some for path, some in rules if some}

    @cached_property
    def _scopes(self) -> dict[str, str]:
        """The name of a template's file → the path of its stack."""
        found: dict[str, str] = {}
        for path, entries in self._metadata.items():
            for name in _values(entries, _TEMPLATE_FILE):
                found.setdefault(str(name), path)
        return found

    @cached_property
    def _paths(self) -> dict[str, dict[str, str]]:
        """The path of a stack → logical ID → the path of what it is."""
        scopes = {*self._scopes.values()}
        found: dict[str, dict[str, str]] = {}
        for path, entries in self._metadata.items():
            ids = _values(entries, _LOGICAL_ID)
            scope = _nearest(path, scopes) if ids else None
            if scope is not None:
                found.setdefault(scope, {}).update((str(id_), path) for id_ in ids)
        return found


def _stacks(folder: str) -> Iterable[dict[str, Any]]:
    """Read the stacks of an assembly."""
    artifacts = _json(os.path.join(folder, "manifest.json")).get("artifacts")
    for artifact in artifacts.values() if isinstance(artifacts, dict) else ():
        if isinstance(artifact, dict) and artifact.get("type") == STACK_ARTIFACT:
            yield artifact


def _places_in(stacks: Iterable[tuple[dict[str, Any], Metadata]]) -> Iterable[tuple[str, str]]:
    """Read where the stacks of an assembly go: the name of the template's file, and the place.

    What is nested in a stack goes where that goes; its metadata names the template, too.
    """
    for artifact, metadata in stacks:
        properties, place = artifact.get("properties"), artifact.get("environment")
        file = properties.get("templateFile") if isinstance(properties, dict) else None
        if isinstance(file, str) and isinstance(place, str):
            yield file, place
            for entries in metadata.values():
                for nested in _values(entries, _TEMPLATE_FILE):
                    yield str(nested), place


def _metadata_of(folder: str, artifact: Mapping[str, Any]) -> Metadata:
    """Read the metadata of a stack of an assembly: construct path → entries."""
    beside = artifact.get("additionalMetadataFile")
    apart = _json(os.path.join(folder, beside)) if isinstance(beside, str) else {}
    return {
        path: _objects(entries)
        for metadata in (artifact.get("metadata"), apart)
        for path, entries in (metadata.items() if isinstance(metadata, dict) else ())
        if path.count("/") <= _DEEPEST
    }


def _held_back(folder: str) -> Iterable[tuple[str, str, str]]:
    """Read what the CDK's report of the validation holds back: template, logical ID, rule."""
    plugins = _json(os.path.join(folder, "validation-report.json")).get("pluginReports")
    for plugin in _objects(plugins):
        for violation in _objects(plugin.get("suppressedViolations")):
            name = str(violation.get("acknowledgedId"))
            for construct in _objects(violation.get("violatingConstructs")):
                resource = construct.get("cloudFormationResource")
                if name.startswith(_PREFIX) and isinstance(resource, dict):
                    file = os.path.join(folder, str(resource.get("templatePath")))
                    rule = name.removeprefix(_PREFIX)
                    yield os.path.abspath(file), str(resource.get("logicalId")), rule


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _json(file: str) -> dict[str, Any]:
    """Read an object; an empty one of what is none."""
    if not os.path.isfile(file) or os.path.getsize(file) > _MOST_BYTES:
        return {}
    try:
        with open(file, encoding="utf-8") as stream:
            read = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _values(entries: Sequence[Mapping[str, Any]], type: str) -> list[Any]:
    return [one.get("data") for one in entries if one.get("type") == type]


def _rules(entries: Sequence[Mapping[str, Any]]) -> set[str]:
    return {
        name.removeprefix(_PREFIX)
        for data in _values(entries, ACKNOWLEDGED)
        if isinstance(data, dict)
        for name in data
        if name.startswith(_PREFIX)
    }


def _above(path: str) -> Iterable[str]:
    """Give a path, and all that it is in."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _nearest(path: str, scopes: AbstractSet[str]) -> str | None:
    return next((one for one in _above(path) if one in scopes), None)


def _held(rules: Mapping[str, set[str]], path: str) -> set[str]:
    return set().union(*(rules.get(one, ()) for one in _above(path)))


Counted = Counter[tuple[str, str, str, str]]


class Baseline:
    """The findings of a day, in a file: they are told no more.

    A finding is known by its file, rule, resource and path, whatever line it has moved to. Files
    are named as seen from the baseline's own directory.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._left: Counted = Counter()

    @classmethod
    def read(cls, file: str) -> Baseline:
        """Read a baseline.

        Raises:
            UnreadableTemplateError: there is none, or it is none.
        """
        made = cls(file)
        try:
            known = json.loads(template_files.text_of(file))
            made._left.update(
                (name, *(str(one[key]) for key in _KNOWN_BY))
                for name, found in known.items()
                for one in found
            )
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            message = "it is not a baseline; write one with --write-baseline"
            raise template_files.UnreadableTemplateError(message) from None
        return made

    def takes(self, file: str, finding: Finding) -> bool:
        """Tell whether a finding was there before, each as often as it was."""
        key = (self._name(file), finding.rule, finding.resource, finding.path)
        if self._left[key] < 1:
            return False
        self._left[key] -= 1
        return True

    @property
    def gone(self) -> int:
        """Count the findings of the baseline that are no longer there."""
        return sum(self._left.values())

    def write(self, findings: Mapping[str, Sequence[Finding]]) -> None:
        """Write the baseline anew.

        Raises:
            UnreadableTemplateError: it cannot be written, or what is there is no baseline, such as
                a template.
        """
        known = {
            self._name(file): [{key: getattr(one, key) for key in _KNOWN_BY} for one in found]
            for file, found in findings.items()
            if found
        }
        try:
            if os.path.lexists(self._file):
                template_files.expect_regular(self._file)
                if os.path.getsize(self._file):
                    self.read(self._file)
            with open(self._file, "w", encoding="utf-8") as stream:
                stream.write(json.dumps(known, indent=2, sort_keys=True) + "\n")
        except OSError as error:
            raise template_files.UnreadableTemplateError(template_files.reason(error)) from None

    def _name(self, file: str) -> str:
        folder = os.path.dirname(os.path.abspath(self._file))
        return os.path.relpath(os.path.abspath(file), folder).replace(os.sep, "/")


_KNOWN_BY: Final = ("rule", "resource", "path")
