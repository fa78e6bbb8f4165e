"""What services ask of one another is checked, too.

ministack checks what comes over HTTP. What a rule, a schedule, a topic or a state machine asks of
another service, it does inside, and asks nobody.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import SOURCE_ACCOUNT, SOURCE_ARN, SOURCE_OWNER
from batch_constructs.aws.names import account_in, arn
from batch_constructs.aws.service_principals import ALARMS, trusts

if TYPE_CHECKING:
    from collections.abc import Mapping


def refused_role(role_arn: str, principal: str, right: tuple[str, str]) -> str | None:
    """Say why a service may not do something with a role; None where it may.

    Where it is not known on which resource the action is checked, a statement that allows it on
    any is enough.

    Args:
        role_arn: the role.
        principal: the service that assumes it, such as ``states.amazonaws.com``.
        right: the action and the ARN of the resource, ``*`` where that is not known.
    """
    from ministack.core import iam_evaluator as theirs
    from ministack.services import iam

    if not _enforced():
        return None
    action, resource = right
    account, name = account_in(role_arn), role_arn.rpartition("/")[2]
    role = iam._roles.get_scoped(account, None, name)  # noqa: SLF001 - a touch point
    if role is None:
        return f"there is no role {role_arn}"
    trust = role["AssumeRolePolicyDocument"]
    if not trusts(json.loads(trust) if isinstance(trust, str) else trust, principal):
        return f"the role {role_arn} does not trust {principal}"
    policies = theirs._gather_role_policies(name, account)  # noqa: SLF001 - a touch point
    limits = theirs._permissions_boundary(iam._roles, name, account)  # noqa: SLF001 - touch points
    used_by = f"{name}/{principal.partition('.')[0]}"
    session = arn("assumed-role", used_by, service="sts", region="", account=account)
    if resource == "*" and any(
        one.effect == "Allow" and theirs._action_matches(action, one.actions, one.not_actions)  # noqa: SLF001
        for policy in policies
        for one in policy
    ):
        return None
    asked = _asked(session, "AssumedRole", account, right)
    found = theirs.evaluate(asked, policies, *limits)
    of_resource = theirs._resource_policy(action.partition(":")[0], resource)  # noqa: SLF001
    if of_resource is not None:
        found = theirs.combine_resource_policy(found, asked, *of_resource, limits=limits)
    if found.decision == "Allow":
        return None
    return f"{session} is not authorized to perform: {action} on resource: {resource}"


def refused_service(principal: str, source_arn: str, right: tuple[str, str]) -> str | None:
    """Say why a service may not do something without a role; None where the resource lets it.

    Args:
        principal: the service, such as ``events.amazonaws.com``.
        source_arn: what it acts for, such as a rule.
        right: the action and the ARN of the resource.
    """
    from ministack.core import iam_evaluator as theirs

    action, resource = right
    found = theirs._resource_policy(action.partition(":")[0], resource)  # noqa: SLF001
    if not _enforced() or found is None:
        return None  # where there is no resource, its absence is told
    account = account_in(source_arn)
    source = {SOURCE_ARN.lower(): source_arn, SOURCE_ACCOUNT.lower(): account}
    if principal == ALARMS:
        source[SOURCE_OWNER.lower()] = account
    asked = _asked("*", "Service", "", right, source)
    if theirs.evaluate_resource_policy(found[0], asked, service=principal).decision == "Allow":
        return None
    return f"the policy of {resource} does not let {principal} do {action} for {source_arn}"


def _enforced() -> bool:
    from ministack import app

    return bool(app.AUTH)


def _asked(
    principal: str,
    kind: str,
    account: str,
    right: tuple[str, str],
    context: Mapping[str, str] | None = None,
) -> Any:
    from ministack.core.iam_evaluator import EvalContext
    from ministack.core.responses import get_region

    action, resource = right
    return EvalContext(
        principal_arn=principal,
        principal_type=kind,
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context=dict(context or {}),
    )
