"""Rules about the documents of IAM's policies: what IAM refuses of any."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import policy_language as language
from batch_constructs.aws.bound import meant, one_of
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import ROLE, several
from batch_constructs.rules.template.values import (
    Properties,
    absent,
    entries,
    given,
    mapping,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Resource

_TRUST: Final = "AssumeRolePolicyDocument"
_DOCUMENT: Final = "PolicyDocument"
_rule = partial(
    rule,
    subject=(ROLE, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"),
)


@_rule(
    "policy-version",
    title="policy in a version of the language that does not exist",
    fix=f"set Version to {language.VERSIONS[0]}",
    source=language.VERSION_SOURCE,
)
def policy_version(owner: Resource) -> Iterator[Fault]:
    """It is the date of the policy language, not of the policy; IAM refuses any other."""
    for path, document in _documents(owner):
        got = text(document, "Version")
        if got is not None and got not in language.VERSIONS:
            allowed = one_of(language.VERSIONS)
            yield f"{path}/Version", f'Version is "{show(got)}"; allowed: {allowed}'


@_rule(
    "policy-effect",
    title="statement of a policy that neither allows nor denies",
    fix="set Effect to Allow or Deny, in this spelling",
    source=language.EFFECT_SOURCE,
)
def policy_effect(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    for path, statement in _statements(owner):
        got = text(statement, "Effect")
        if absent(statement, "Effect"):
            yield f"{path}/Effect", "Effect is missing"
        elif got is not None and got not in language.EFFECTS:
            said = f'Effect is "{show(got)}"; allowed: {one_of(language.EFFECTS)}'
            yield f"{path}/Effect", said


@_rule(
    "policy-action",
    title="action without its service",
    fix="write the service before it, as in batch:SubmitJob",
    source=language.ACTION_SOURCE,
)
def policy_action(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed. Only * stands alone."""
    for path, statement in _statements(owner):
        for key in ("Action", "NotAction"):
            for action in several(statement.get(key)):
                if isinstance(action, str) and _WITHOUT_SERVICE.fullmatch(action):
                    yield f"{path}/{key}", f'{key} is "{show(action)}", without a service'


_WITHOUT_SERVICE: Final = pattern(r"[A-Za-z][A-Za-z*]*")


@_rule(
    "policy-statement",
    title="statement of a role's policy with a principal, or without actions or resources",
    fix="give Action and Resource, and leave Principal to trust policies",
    source=language.STATEMENT_SOURCE,
)
def policy_statement(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed.

    A principal belongs into a trust policy, or into the policy of a resource.
    """
    for path, statement in _statements(owner, trust=False):
        for key in ("Action", "Resource"):
            if absent(statement, key) and absent(statement, f"Not{key}"):
                yield f"{path}/{key}", f"{key} is missing", f"give the statement {key}"
        for key in ("Principal", "NotPrincipal"):
            if given(statement, key):
                said = f"{key} is given, which a policy of a role does not take"
                yield f"{path}/{key}", said, f"remove {key}, or move it to {_TRUST}"


@_rule(
    "policy-condition-operator",
    title="condition operator that does not exist",
    fix="use an operator of IAM, such as StringEquals",
    source=language.OPERATORS_SOURCE,
)
def policy_condition_operator(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    known = {one.lower() for one in language.operators()}
    for path, statement in _statements(owner):
        for operator in mapping(statement, "Condition"):
            name = _bare(operator)
            if _WORD.fullmatch(name) and name not in known:
                said = f'there is no operator "{show(operator)}"'
                yield f"{path}/Condition/{operator}", said + meant(operator, language.operators())


_WORD: Final = pattern("[a-z:]+")


def _bare(operator: str) -> str:
    """Give an operator in small letters, without what may stand before and behind it."""
    name = operator.lower().removesuffix(language.OPERATOR_SUFFIX)
    for prefix in language.OPERATOR_PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _documents(owner: Resource, *, trust: bool = True) -> Iterator[tuple[str, Properties]]:
    """Give the policy documents of a role or a policy, with their paths."""
    if trust:
        yield _TRUST, mapping(owner.properties, _TRUST)
    yield _DOCUMENT, mapping(owner.properties, _DOCUMENT)
    for position, inline in entries(owner.properties, "Policies"):
        yield f"Policies/{position}/{_DOCUMENT}", mapping(inline, _DOCUMENT)


def _statements(owner: Resource, *, trust: bool = True) -> Iterator[tuple[str, Properties]]:
    """Give the statements of a role or a policy, with their paths."""
    for path, document in _documents(owner, trust=trust):
        written = document.get("Statement")
        for position, one in enumerate(several(written)):
            if isinstance(one, dict):
                place = f"/{position}" if isinstance(written, list) else ""
                yield f"{path}/Statement{place}", one
