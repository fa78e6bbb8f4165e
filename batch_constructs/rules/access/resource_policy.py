"""What a policy says that stands at a resource: a topic, a queue, a key, a secret, a repository."""

from __future__ import annotations

import re

from batch_constructs.aws.names import form, is_arn
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.service_principals import linked_role
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.answer import all_of, any_of, negated
from batch_constructs.rules.access.arn_patterns import HOLE, arn, matches, spelled
from batch_constructs.rules.access.policy_condition import NOTHING_KNOWN
from batch_constructs.rules.access.policy_document import Statement, statements
from batch_constructs.rules.template.iam_roles import several

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.template.resource_graph import Template

_ACCOUNT: Final = pattern(rf"\d{{12}}|{form('iam', 'root', region='')}", re.DOTALL)
"""An account as a principal: whatever its own policies allow."""


def service_linked_role(service: str, name: str) -> str:
    """Spell the ARN of a service-linked role."""
    return arn("iam", linked_role(service, name), region=False)


def admitted(  # noqa: PLR0917  # a request, and where it is made
    document: object,
    who: str,
    action: str,
    resource: str,
    template: Template,
    context: Mapping[str, str | None] = NOTHING_KNOWN,
    *,
    by_its_own_policies: bool | None = False,
) -> bool | None:
    """Tell whether a policy at a resource lets somebody in; None where that is not known.

    Args:
        document: the policy.
        who: a service such as ``events.amazonaws.com``, or the ARN of a role as text.
        action: the action.
        resource: the resource as text.
        template: the template.
        context: what is known of the request.
        by_its_own_policies: whether the policies of the role allow it, which counts where the
            policy of the resource leaves it to the account.
    """
    allowed: list[bool | None] = []
    denied: list[bool | None] = []
    for one in statements(document, template):
        if one is None:
            allowed.append(None)
            continue
        applies = one.applies(action, resource, context, template)
        if applies is False:
            continue
        direct, left_to_account = _names(one, who, template)
        if one.allows:
            allowed.append(all_of((applies, direct)))
            allowed.append(all_of((applies, left_to_account, by_its_own_policies)))
        else:
            denied.append(all_of((applies, any_of((direct, left_to_account)))))
    return all_of((any_of(allowed), negated(any_of(denied))))


def _names(statement: Statement, who: str, template: Template) -> tuple[bool | None, bool | None]:
    """Tell whether a statement names somebody, and whether it names the account."""
    principal = statement.principal
    is_service = not is_arn(who)
    if principal == "*":
        return (None if is_service else True), False
    if not isinstance(principal, dict):
        return None, None
    if is_service:
        named = [
            _is_service(spelled(one, template), who)
            for one in several(principal.get("Service", []))
        ]
        anybody = "*" in several(principal.get("AWS", []))
        return any_of([*named, *([None] if anybody else [])]), False
    written = [spelled(one, template) for one in several(principal.get("AWS", []))]
    account = any_of(None if one == HOLE else bool(_ACCOUNT.fullmatch(one)) for one in written)
    return any_of(True if one == "*" else matches(one, who) for one in written), account


def _is_service(written: str, service: str) -> bool | None:
    """Tell whether a principal is a service, in whichever Region and partition."""
    first = written.partition(".")[0]
    return None if HOLE in first else first == service.partition(".")[0]
