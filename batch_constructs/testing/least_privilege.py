"""The promise that no role of a template may do more than it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.authorization import takes_everything
from batch_constructs.aws.managed_policies import ALMOST_EVERYTHING
from batch_constructs.rules.template.iam_roles import policy_name, several
from batch_constructs.rules.template.loops import unroll
from batch_constructs.rules.template.template_conditions import Worlds
from batch_constructs.rules.template.values import Text
from batch_constructs.rules.template.wildcard import fits
from batch_constructs.testing.synthesis import templates_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aws_cdk import Stack, Stage

    from batch_constructs.rules.template.resource_graph import Resource
    from batch_constructs.testing.synthesis import Template

_OF_IDENTITIES: Final = (
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
)


def assert_least_privilege(
    template_or_stack: Template | Stack | Stage, *, allow: Iterable[str] = ()
) -> None:
    """Fail if a role, user or group may do everything, or something on everything.

    What is looked at: the policies of identities. A statement that allows may name neither ``*``
    nor ``service:*`` as an action, and ``*`` as a resource only for actions that AWS knows no
    resources for (``batch:DescribeJobs``, ``ecr:GetAuthorizationToken``); neither NotAction nor
    NotResource; and no policy of AWS's that allows nearly everything. Part of a verb
    (``s3:GetObject*``, which the grants of the CDK write) and part of an ARN pass.

    Args:
        template_or_stack: a template as parsed from JSON or YAML, a stack, or an app.
        allow: what may be, nevertheless: actions (``"s3:*"``), managed policies
            (``"AdministratorAccess"``) or logical IDs, each with ``*`` and ``?``.

    Raises:
        AssertionError: something may do too much; the message has a line for each.
        ValueError: something under ``allow`` fits nothing: it is no longer needed, or misspelled.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
    """
    allowed = [allow] if isinstance(allow, str) else list(allow)
    used: set[str] = set()
    found: list[str] = []
    for stack, template in templates_of(template_or_stack).items():
        for resource, what, problem in dict.fromkeys(_too_much(template)):
            excuses = [one for one in allowed if fits(what, one) or fits(resource, one)]
            used.update(excuses)
            if not excuses:
                found.append(f"{'/'.join(filter(None, (stack, resource)))}: {problem}")
    if found:
        raise AssertionError("\n".join([f"more than least privilege, {len(found)}:", *found]))
    unused = [one for one in allowed if one not in used]
    if unused:
        raise ValueError(f"allow: nothing matches {', '.join(unused)}; leave it out")


_Excess = tuple[str, str, str]
"""Logical ID, action or managed policy, what is wrong with it."""


def _too_much(template: Template) -> Iterator[_Excess]:
    whole = unroll(template).template
    resources: Mapping[str, Any] = whole.get("Resources") or {}  # type: ignore[assignment]
    for world in Worlds(whole, resources):
        for type_ in _OF_IDENTITIES:
            for resource in world.template.all(type_):
                yield from _of_resource(resource)


def _of_resource(resource: Resource) -> Iterator[_Excess]:
    properties = resource.properties
    for arn in several(properties.get("ManagedPolicyArns", [])):
        name = policy_name(arn)
        if name in ALMOST_EVERYTHING:
            yield resource.id, name, f"the policy {name} allows nearly everything"
    documents = [properties.get("PolicyDocument")]
    documents += [
        one.get("PolicyDocument")
        for one in several(properties.get("Policies", []))
        if isinstance(one, dict)
    ]
    for document in documents:
        if isinstance(document, dict):
            for statement in several(document.get("Statement", [])):
                if isinstance(statement, dict) and statement.get("Effect") == "Allow":
                    yield from _of_statement(resource.id, statement)


def _of_statement(id: str, statement: dict[str, object]) -> Iterator[_Excess]:
    for key in ("NotAction", "NotResource"):
        if key in statement:
            yield id, key, f"{key} with Allow allows whatever AWS adds later; name what you mean"
    everywhere = any(_literal(one) == "*" for one in several(statement.get("Resource", [])))
    for action in map(_literal, several(statement.get("Action", []))):
        if action.rpartition(":")[2].strip("*") == "" and action:
            yield id, action, f"it allows {action}; name the actions"
        elif everywhere and not takes_everything(action):
            yield id, action, f'it allows {action or "an action"} on "*"; name the resources'


def _literal(value: object) -> str:
    """Give a string, with a NUL for what is not known of it; empty if nothing is."""
    if isinstance(value, Text):
        return value.pattern
    return value if isinstance(value, str) else ""
