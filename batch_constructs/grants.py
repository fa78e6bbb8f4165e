"""Rights on what AWS Batch knows: an identity of the same account has them, or nobody.

https://docs.aws.amazon.com/batch/latest/userguide/security_iam_service-with-iam.html

And who is admitted by the policy of a queue, a function or a bucket that jobs come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam

from batch_constructs.acknowledgements import note_rights
from batch_constructs.aws.actions import IAM_PASS_ROLE, PASSED_TO_SERVICE
from batch_constructs.aws.service_principals import BATCH, ECS_TASKS
from batch_constructs.construct import own_account
from batch_constructs.jsii_objects import described, has_member, with_article
from batch_constructs.place import Place
from batch_constructs.rules.access.for_whom import OF_A_SERVICE, OF_ANYBODY, says_for_whom
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from constructs import IConstruct

_ANYBODY = ("*", ["*"])


def _allow(grantee: iam.IGrantable, actions: Sequence[str], resources: Sequence[str]) -> iam.Grant:
    granted = iam.Grant.add_to_principal(
        grantee=grantee, actions=list(actions), resource_arns=list(resources)
    )
    if granted.success:
        note_rights(grantee, actions, resources)
    return granted


def grant(
    resource: IConstruct,
    arn: str,
    grantee: iam.IGrantable,
    rights: Iterable[tuple[Sequence[str], Sequence[str]]],
    *,
    service: str = "AWS Batch",
) -> iam.Grant:
    """Let a grantee take actions on resources, in pairs, for the sake of a resource of AWS Batch.

    Or of another service that has no resource policies.

    Raises:
        TypeError: the grantee is not an ``IGrantable``.
        ValueError: the grantee is in another account, or has no policies.
    """
    no_other_way = f"{service} has no resource policies, so"
    here = Place.of(resource, arn).account
    if here is not None and has_member(grantee, "grant_principal"):
        principal = grantee.grant_principal
        there = principal.principal_account
        known = there is not None and not is_token(there)
        if known and there != here and not _is_looked_up_yet(principal):
            raise ValueError(
                f"{resource.node.path}: grantee is in account {there}, and this in {here}; "
                f"{no_other_way} every call would be denied: grant it to a role in {here} that "
                "the grantee can assume"
            )
    first, *rest = (_allow(grantee, actions, resources) for actions, resources in rights)
    if not first.success:
        raise ValueError(
            f"{resource.node.path}: grantee is {with_article(type(grantee))}, which has no "
            f"policies; {no_other_way} it cannot be allowed anything: give a role, a user, a "
            "group, or something that uses one of them"
        )
    for one in rest:
        first = first.combine(one)
    return first


def _is_looked_up_yet(principal: Any) -> bool:
    """Whether a role stands for one that the CLI finds after this, in an account made up."""
    return has_member(principal, "role_arn") and is_made_up(principal.role_arn)


def grant_pass_role(grantee: iam.IGrantable, arns: Sequence[str]) -> iam.Grant:
    """Let a grantee that has policies give roles to job definitions, and to nothing else.

    AWS says nowhere whether a definition's roles are passed to AWS Batch or to the tasks of Amazon
    ECS that assume them, nor that the key is always there: the condition admits either.
    """
    services = {PASSED_TO_SERVICE: [BATCH, ECS_TASKS]}
    return iam.Grant.add_to_principal(
        grantee=grantee,
        actions=[IAM_PASS_ROLE],
        resource_arns=list(arns),
        conditions={"StringEqualsIfExists": services},
    )


def as_admitted(construct: IConstruct, grantee: iam.IGrantable) -> iam.IGrantable:
    """Return a grantee in the form that the policy of a queue or a function may admit.

    A service acts for whoever tells it to: without a condition of its own it is admitted for this
    account alone. https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Raises:
        TypeError: the grantee is not an ``IGrantable``.
        ValueError: the grantee is everybody, or a service together with other principals.
    """
    if not has_member(grantee, "grant_principal"):
        raise TypeError(
            f"{construct.node.path}: grantee is {described(grantee)}; expected an iam.IGrantable, "
            "such as a role, a Lambda function or an iam.AccountPrincipal"
        )
    principal = grantee.grant_principal
    fragment = principal.policy_fragment
    who, conditions = fragment.principal_json, fragment.conditions
    is_everybody = any(value in _ANYBODY or "*" in value for value in who.values())
    if is_everybody and not says_for_whom(conditions, OF_ANYBODY):
        raise ValueError(
            f"{construct.node.path}: grantee is everybody; anyone, in any account, could start "
            "jobs with the job's role and secrets: give a role, an iam.AccountPrincipal or "
            "an iam.OrganizationPrincipal"
        )
    if "Service" not in who or says_for_whom(conditions, OF_A_SERVICE):
        return grantee
    if len(who) > 1:
        raise ValueError(
            f"{construct.node.path}: grantee is a service together with other principals, and "
            "would be allowed for every account: grant it to each of them separately"
        )
    return iam.PrincipalWithConditions(principal, own_account())
