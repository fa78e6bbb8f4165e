"""The rules at synthesis: a policy-validation plugin over every template of an app."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import jsii
from constructs import IValidation

from batch_constructs.acknowledgements import OURS, tell_cdk_nag, write_metadata
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.aws.template_facts import CONSTRUCT_PATH, RESOURCES
from batch_constructs.check.ignored_findings import ACKNOWLEDGED, Assembly
from batch_constructs.check.stacks_together import StackTemplate, counted_in, too_many_together
from batch_constructs.known_scope import identity, known_scope, look, made_in
from batch_constructs.noted_volumes import with_noted_volumes
from batch_constructs.one_call import check_with, validated
from batch_constructs.refusal import in_parameters
from batch_constructs.rules import Finding, Severity
from batch_constructs.rules.engine import examine
from batch_constructs.rules.template import template_files
from batch_constructs.tokens import is_made_up
from batch_constructs.validation_switches import rules_are_off
from batch_constructs.written_secrets import RESOLVED, written_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from constructs import IConstruct


@jsii.implements(cdk.IPolicyValidationPlugin)
class BatchRules:
    """Checks all AWS Batch resources of an app when it is synthesized, whoever created them.

    Errors stop the synthesis, with the construct path, what is wrong and the fix. Warnings are
    reported as well, and with `strict` they also stop it. An app that uses constructs of this
    library has the plugin already. Add it yourself to check an app without them::

        cdk.Validations.of(app).add_plugins(BatchRules())

    The CDK runs plugins when the whole app is synthesized, as ``cdk synth`` does. If a stage is
    synthesized on its own, as ``Template.from_stack`` does with a stack in a stage, it is checked
    only if it has a construct of this library, and only for errors: the CDK does not run plugins of
    the app around it, such as a ``strict`` one. For any other stage, use
    ``batch_constructs.testing.assert_no_findings(stage)`` or ``batch-constructs check cdk.out``.

    Acknowledge a finding that is intended on its construct::

        rule = cdk.Acknowledgment(id="batch-constructs::max-vcpus", reason="…")
        cdk.Validations.of(construct).acknowledge(rule)

    See https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html

    Args:
        strict: stop the synthesis on warnings too.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict

    @property
    def name(self) -> str:
        """The name in the report, and before the ``::`` of the identifiers to acknowledge."""
        return "batch-constructs"

    @property
    def version(self) -> str:
        """The version of this library."""
        return metadata.version("batch-constructs")

    @property
    def rule_ids(self) -> list[str]:
        """The identifiers of all rules."""
        from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # it loads every area

        return list(RULES)

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the synthesized templates."""
        tree, templates = validated(context)
        app = identity(tree)
        owner = _REPORTING.setdefault(app, self)
        ours = {path for where, path in OURS if where == app}
        if owner is self:
            tell_cdk_nag(tree, templates, ours)
        violations: list[cdk.PolicyViolation] = []
        success = True
        assembly = Assembly()
        files = assembly.with_nested(templates)
        checked = {path: _checked(path, assembly, ours, app) for path in files}
        stacks = (
            StackTemplate(assembly.place(path), path, counted_in(template))
            for path, (template, _) in checked.items()
        )
        for path, finding in too_many_together(stacks):
            checked[path][1].append(finding)
        for path, (template, findings) in checked.items():
            for finding in findings:
                fails = finding.severity is Severity.ERROR
                warns = finding.severity is Severity.WARNING
                if owner is not self:
                    fails = False
                    warns = warns and self._strict and not owner._strict  # noqa: SLF001
                if fails or warns:
                    fatal = fails or self._strict
                    success = success and not fatal
                    said = _in_parameters(finding, template, ours)
                    violations.append(_violation(said, path, fatal=fatal))
        return cdk.PolicyValidationPluginReport(success=success, violations=violations)


_REPORTING: Final[dict[str, BatchRules]] = {}
"""App → the plugin that reports on it. A second one adds only what being strict adds."""

_STAGES: Final[dict[str, list[cdk.Stage]]] = {}
"""Apps that our constructs have given the plugin → the app, and its stages with one of ours."""

_SCOPES: Final[set[str]] = set()
"""Scopes whose app has been looked at."""

_COUNTED: Final[Counter[str]] = Counter()
"""App → how many constructs of ours are in it and in no other of ours."""


def _checked(
    file: str, assembly: Assembly, ours: AbstractSet[str], app: str
) -> tuple[dict[str, Any], list[Finding]]:
    """Check a template as it is deployed, indentation included."""
    text = Path(file).read_text(encoding="utf-8")
    template = json.loads(text)
    findings = _found(text, with_noted_volumes(text, app, assembly.paths(file)))
    written = [*written_secrets(template, assembly.paths(file), ours)]
    told = {one.resource for one in written}
    others = [one for one in findings if one.resource not in told or one.rule not in RESOLVED]
    return template, [*written, *others]


@lru_cache(maxsize=32)
def _found(text: str, with_metadata: str) -> tuple[Finding, ...]:
    """Examine a template once, however many tests of a suite write it."""
    template = json.loads(with_metadata)
    document = template_files.Document(text, template, is_json=True, repeats=False)
    return tuple(examine(_but_for_made_up(template), document).findings)


def _but_for_made_up(value: Any) -> Any:
    """Put what nobody can know where a look-up has made something up, before the CLI looks."""
    if isinstance(value, dict):
        return {name: _but_for_made_up(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_but_for_made_up(item) for item in value]
    made_up = isinstance(value, str) and is_made_up(value)
    return {"Fn::ImportValue": f"what a look-up finds: {value}"} if made_up else value


def _in_parameters(finding: Finding, template: Any, ours: set[str]) -> Finding:
    """Tell it in parameters, where a construct of ours made the resource, and says where it is."""
    resource = (template.get("Resources") or {}).get(finding.resource) or {}
    of_batch = str(resource.get("Type")).partition("AWS::Batch::")[2]
    place = str((resource.get("Metadata") or {}).get(CONSTRUCT_PATH))
    if not of_batch or place.removesuffix("/Resource") not in ours:
        return finding
    message, fix = in_parameters(finding, of_batch, resource.get("Properties") or {})
    return finding.replaced(message=message, fix=fix or finding.fix)


def _violation(finding: Finding, template: str, *, fatal: bool) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=finding.rule,
        description=finding.message,
        fix=finding.fix,
        severity="error" if fatal else "warning",
        rule_metadata={"source": finding.source},
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=finding.resource,
                template_path=template,
                locations=[without_credentials(finding.path)],
            )
        ],
    )


def install(scope: IConstruct) -> None:
    """Add `BatchRules` to the app of a construct, unless our constructs have done so already.

    The CDK asks plugins when the app is synthesised, and only then: a stage that is synthesised for
    itself, as ``Template.from_stack`` does with a stack of a stage, gets a check of its own.

    It asks once for each scope, in one call, and nothing after that. Where the CDK's own
    validation is turned off with ``CDK_VALIDATION=false``, so is this one, unless
    ``BATCH_CONSTRUCTS_VALIDATION=true`` keeps it.
    """
    if rules_are_off():
        return
    mine = identity(scope)
    if mine in _SCOPES:
        return
    _SCOPES.add(mine)
    if made_in(scope) is not None:
        return  # one of ours: the scope that it was made in has been looked at
    _check_all()
    app, *stages = look(scope, checked=True) or [None]
    if app is None:
        return
    known = _STAGES.setdefault(identity(app), [])
    if not known:
        known.append(app)
        _watch(app)
    for stage in stages:
        if stage not in known:
            known.append(stage)
            stage.node.add_validation(_StageCheck(stage, identity(app)))
            if _COUNTED[identity(app)] >= _MANY:
                _count_resources(stage, identity(app))


@cache
def _check_all() -> None:
    """Have one plugin look at all apps whose constructs bring it along."""
    check_with(BatchRules())


def note(scope: IConstruct, id: str) -> None:
    """Note a construct of ours that is in no other of ours: `tell_cdk_nag` asks for them."""
    if identity(scope) in _SCOPES:
        known = known_scope(scope)
        OURS.append((known.app, f"{known.path}/{id}"))
        _COUNTED[known.app] += 1
        if _COUNTED[known.app] == _MANY:
            for stage in _STAGES.get(known.app, ()):
                _count_resources(stage, known.app)


def _count_resources(stage: cdk.Stage, app: str) -> None:
    stage.node.add_validation(_SizeCheck(stage, app))


_UNDER_WAY: Final[set[str]] = set()
"""Apps and stages that are being synthesised, where nothing more is to be done."""


_WAY_OUT: Final = (
    "Put constructs with many resources, such as BatchMonitoring or half of the job definitions, "
    'into a nested stack: use cdk.NestedStack(stack, "Monitoring") as their scope.'
)


def _watch(app: cdk.Stage) -> None:
    """Note when the app as a whole is synthesised: its plugin then looks at its stages."""
    synthesise = app.synth

    def synth(**options: Any) -> Any:
        _UNDER_WAY.add(identity(app))
        write_metadata(identity(app))
        try:
            return synthesise(**options)
        except RuntimeError as error:
            if "TooManyResourcesInStack" not in str(error):
                raise
            raise ValueError(f"{str(error).strip()}\n{_WAY_OUT}") from None
        finally:
            _UNDER_WAY.discard(identity(app))

    vars(app)["synth"] = synth


@jsii.implements(IValidation)
class _SizeCheck:
    """Says the way out where an app is synthesised without ``app.synth()``, as tests do.

    Only an app with many constructs of ours has one: to ask for all of them takes time.
    """

    def __init__(self, stage: cdk.Stage, app: str) -> None:
        self._stage, self._app = stage, app

    def validate(self) -> list[str]:
        """Count the resources of each stack, without those of stacks inside."""
        if self._app in _UNDER_WAY:
            return []
        stacks = [one for one in self._stage.node.find_all() if isinstance(one, cdk.Stack)]
        inside = {identity(stack): stack.node.find_all() for stack in stacks}
        told = []
        for stack in stacks:
            below = inside[identity(stack)]
            nested = [inside[identity(one)] for one in below[1:] if isinstance(one, cdk.Stack)]
            elsewhere = {identity(one) for some in nested for one in some}
            own = [one for one in below if isinstance(one, cdk.CfnResource)]
            count = sum(identity(one) not in elsewhere for one in own)
            if count > RESOURCES:
                said = f"{stack.node.path} has {count} resources; CloudFormation allows {RESOURCES}"
                told.append(f"{said}. {_WAY_OUT}")
        return told


_MANY: Final = 50


@jsii.implements(IValidation)
class _StageCheck:
    """Checks the templates of a stage that is synthesised without its app."""

    def __init__(self, stage: cdk.Stage, app: str) -> None:
        self._stage, self._app = stage, app

    def validate(self) -> list[str]:
        """Synthesise the stage once more, and check what comes out."""
        mine = identity(self._stage)
        if self._app in _UNDER_WAY or mine in _UNDER_WAY:
            return []
        _UNDER_WAY.add(mine)
        try:
            folder = self._stage.synth(force=True).directory
        finally:
            _UNDER_WAY.discard(mine)
        meant = {
            rule
            for above in self._stage.node.scopes
            for entry in above.node.metadata
            if entry.type == ACKNOWLEDGED and isinstance(entry.data, dict)
            for rule in entry.data
        }
        ours = {path for app, path in OURS if app == self._app}
        return [
            one
            for rule, one in _errors(folder, ours, self._app)
            if f"{self._NAME}::{rule}" not in meant
        ]

    _NAME: Final = "batch-constructs"


def _errors(folder: str, ours: AbstractSet[str], app: str) -> Iterator[tuple[str, str]]:
    """Say what is an error in the templates of an assembly, and is not acknowledged."""
    assembly = Assembly()
    for file in template_files.find(folder):
        acknowledged, paths = assembly.acknowledged(file), assembly.paths(file)
        for one in _checked(file, assembly, ours, app)[1]:
            meant = one.rule in acknowledged.get(one.resource, acknowledged.get("", ()))
            if one.severity is Severity.ERROR and not meant:
                where = without_credentials(one.path)
                path = paths.get(one.resource, one.resource).strip("/").removesuffix("/Resource")
                said = f"{path}: {where}: {one.message}; {one.fix} ({one.rule})"
                yield one.rule, said
