"""Rules about the documents of IAM's policies: what IAM refuses of any."""

from __future__ import annotations

from functools import partial

from batch_constructs.aws import policy_language as language
from batch_constructs.aws.bound import allowed, meant, one_of
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.service_principals import ECS_TASKS
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import ROLE, several
from batch_constructs.rules.template.values import (
    PartlyKnown,
    Properties,
    absent,
    entries,
    given,
    mapping,
    settled,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from batch_constructs.rules.template.resource_graph import Resource

register("roles", area="policy_language")

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
    "policy-element",
    title="policy with an element that the language does not have, or without a statement",
    fix="remove it, or write it as the language does",
    source=language.ELEMENT_SOURCE,
)
def policy_element(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    for path, document in _documents(owner):
        yield from _unknown(path, document, language.elements_of_a_document())
        if document and absent(document, "Statement"):
            yield f"{path}/Statement", "Statement is missing", "give the policy a statement"
    for path, statement in _statements(owner):
        yield from _unknown(path, statement, language.elements_of_a_statement())
        for name in _EITHER:
            if given(statement, name) and given(statement, f"Not{name}"):
                said = f"{name} and Not{name} are given; {allowed('one of them')}"
                yield f"{path}/Not{name}", said, f"keep one of {name} and Not{name}"


_EITHER: Final = ("Action", "Resource")


def _unknown(path: str, within: Properties, known: Collection[str]) -> Iterator[Fault]:
    for name in within:
        if name not in known and not name.startswith("Fn::"):
            yield f"{path}/{name}", f"there is no element {show(name)}{meant(name, known)}"


@_rule(
    "policy-sid",
    title="ID of a statement that IAM does not take",
    fix="give each statement of a policy a Sid of its own, of letters and digits",
    source=language.SID_SOURCE,
)
def policy_sid(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    for path, document in _documents(owner):
        known: set[str] = set()
        for where, statement in _statements_of(path, document):
            sid = settled(statement.get("Sid"))
            if not sid:
                continue
            problem = language.SID.wrong(sid)
            if problem:
                yield f"{where}/Sid", f"Sid {problem}"
            elif sid in known:
                yield f"{where}/Sid", f'Sid is "{show(sid)}", as of another statement'
            known.add(sid)


@_rule(
    "policy-action",
    title="action that IAM does not take",
    fix="write the service before it, as in batch:SubmitJob",
    source=language.ACTION_SOURCE,
)
def policy_action(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed. Only * stands alone."""
    for path, statement in _statements(owner):
        for key in ("Action", "NotAction"):
            for action in map(settled, several(statement.get(key))):
                if action is None or language.ACTION.admits(action):
                    continue
                lacks = _WITHOUT_SERVICE.fullmatch(action)
                said = ", without a service" if lacks else f"; {allowed(language.ACTION.allowed)}"
                yield f"{path}/{key}", f'{key} is "{show(action)}"{said}'


_WITHOUT_SERVICE: Final = pattern(r"[A-Za-z][A-Za-z*]*")


@_rule(
    "policy-resource",
    title="resource of a policy that IAM does not take",
    fix="write * or an ARN, such as arn:aws:s3:::bucket/*",
    source=language.RESOURCE_SOURCE,
)
def policy_resource(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    for path, statement in _statements(owner, trust=False):
        for key in ("Resource", "NotResource"):
            for one in map(settled, several(statement.get(key))):
                problem = None if one is None else language.RESOURCE.wrong(one)
                if problem:
                    yield f"{path}/{key}", f"{key} {problem}"


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


@rule(
    "policy-trust",
    ROLE,
    title="trust policy that IAM does not take",
    fix="name who may assume the role, and sts:AssumeRole",
    source=language.TRUST_SOURCE,
)
def policy_trust(role: Resource) -> Iterator[Fault]:
    """IAM refuses the role."""
    for path, statement in _statements_of(_TRUST, mapping(role.properties, _TRUST)):
        for key in ("Resource", "NotResource"):
            if given(statement, key):
                said = f"{key} is given, which a trust policy does not take"
                yield f"{path}/{key}", said, f"remove {key}"
        for action in several(statement.get("Action")):
            if isinstance(action, str) and action not in language.TRUST_ACTIONS:
                said = f'Action is "{show(action)}"; {allowed(one_of(language.TRUST_ACTIONS))}'
                yield f"{path}/Action", said
        principal = settled(statement.get("Principal"))
        if principal is not None:
            such = f'{{"Service": "{ECS_TASKS}"}}'
            said = f'Principal is "{show(principal)}"; {allowed("an object, such as")} {such}'
            yield f"{path}/Principal", said
        elif absent(statement, "Principal") and absent(statement, "NotPrincipal"):
            yield f"{path}/Principal", "Principal is missing"
        yield from _principals(f"{path}/Principal", mapping(statement, "Principal"))


def _principals(path: str, principal: Properties) -> Iterator[Fault]:
    yield from _unknown(path, principal, language.PRINCIPALS)
    for service in map(settled, several(principal.get("Service"))):
        problem = None if service is None else language.SERVICE.wrong(service)
        if problem:
            yield f"{path}/Service", f"Service {problem}"


@_rule(
    "policy-condition-operator",
    title="condition operator that does not exist",
    fix="use an operator of IAM, such as StringEquals",
    source=language.OPERATORS_SOURCE,
)
def policy_condition_operator(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    known = {one.lower() for one in language.operators()}
    for path, operator, _ in _conditions(owner):
        name = _bare(operator)
        if _WORD.fullmatch(name) and name not in known:
            said = f'there is no operator "{show(operator)}"'
            yield path, said + meant(operator, language.operators())
        elif name == language.WITHOUT_SUFFIX and name != _without_prefix(operator):
            yield path, f'there is no operator "{show(operator)}": did you mean Null?'


_WORD: Final = pattern("[a-z:]+")


def _bare(operator: str) -> str:
    """Give an operator in small letters, without what may stand before and behind it."""
    return _without_prefix(operator).removesuffix(language.OPERATOR_SUFFIX)


def _without_prefix(operator: str) -> str:
    name = operator.lower()
    for prefix in language.OPERATOR_PREFIXES:
        name = name.removeprefix(prefix)
    return name


@_rule(
    "policy-condition-value",
    title="value that a condition cannot compare with",
    fix="write a value of the kind that the operator compares with",
    source=language.VALUES_SOURCE,
)
def policy_condition_value(owner: Resource) -> Iterator[Fault]:
    """IAM refuses the policy as malformed."""
    for path, operator, keys in _conditions(owner):
        name = _bare(operator).removeprefix("not")
        for key, written in keys.items():
            for value in several(written):
                problem = _cannot_be_compared(name, value)
                if problem:
                    yield f"{path}/{key}", f"{show(key)} {problem}"


def _cannot_be_compared(operator: str, value: object) -> str | None:
    """Say why an operator cannot compare with a value."""
    if isinstance(value, dict) and not isinstance(value, PartlyKnown):
        return f"is an object; {allowed('texts')}"
    known = settled(value)
    if known is None:
        return None
    if operator == language.ADDRESS:
        return language.not_an_address(known)
    kinds = (bound for kind, bound in language.VALUES.items() if operator.startswith(kind))
    return next((bound.wrong(known) for bound in kinds), None)


def _conditions(owner: Resource) -> Iterator[tuple[str, str, Properties]]:
    """Give the operators of the conditions of a role or a policy, with their paths and keys."""
    for path, statement in _statements(owner):
        for operator, keys in mapping(statement, "Condition").items():
            yield f"{path}/Condition/{operator}", operator, keys if isinstance(keys, dict) else {}


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
        yield from _statements_of(path, document)


def _statements_of(path: str, document: Properties) -> Iterator[tuple[str, Properties]]:
    """Give the statements of a document, with their paths."""
    written = document.get("Statement")
    for position, one in enumerate(several(written)):
        if isinstance(one, dict):
            place = f"/{position}" if isinstance(written, list) else ""
            yield f"{path}/Statement{place}", one
