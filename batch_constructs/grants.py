"""Rights on what AWS Batch knows: an identity of the same account has them, or nobody.

https://docs.aws.amazon.com/batch/latest/userguide/security_iam_service-with-iam.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from batch_constructs.acknowledgements import note_rights
from batch_constructs.jsii_objects import has_member, with_article
from batch_constructs.place import Place
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from constructs import IConstruct

_NO_OTHER_WAY = "AWS Batch has no resource policies, so that"


def _allow(grantee: iam.IGrantable, actions: Sequence[str], resources: Sequence[str]) -> iam.Grant:
    granted = iam.Grant.add_to_principal(
        grantee=grantee, actions=list(actions), resource_arns=list(resources)
    )
    if granted.success:
        note_rights(grantee, actions, resources)
    return granted


def expect_own_account(
    resource: IConstruct, arn: str, grantee: iam.IGrantable, no_other_way: str = _NO_OTHER_WAY
) -> None:
    """Refuse a grantee of another account than a resource; ``no_other_way`` says why.

    Raises:
        ValueError: it is of another one.
    """
    here = Place.of(resource, arn).account
    if here is not None and has_member(grantee, "grant_principal"):
        there = grantee.grant_principal.principal_account
        if there is not None and not is_token(there) and there != here:
            raise ValueError(
                f"{resource.node.path}: grantee is of account {there}, and this of {here}; "
                f"{no_other_way} every call would be denied: grant it to a role of {here}, "
                "which the grantee may assume"
            )


def grant(
    resource: IConstruct,
    arn: str,
    grantee: iam.IGrantable,
    rights: Iterable[tuple[Sequence[str], Sequence[str]]],
) -> iam.Grant:
    """Let a grantee take actions on resources, in pairs, for the sake of a resource of AWS Batch.

    Raises:
        TypeError: the grantee is none.
        ValueError: the grantee is of another account, or has no policies.
    """
    expect_own_account(resource, arn, grantee)
    first, *rest = (_allow(grantee, actions, resources) for actions, resources in rights)
    if not first.success:
        raise ValueError(
            f"{resource.node.path}: grantee is {with_article(type(grantee))}, which has no "
            f"policies; {_NO_OTHER_WAY} it cannot be allowed anything: give a role, a user, a "
            "group, or what runs as one of them"
        )
    for one in rest:
        first = first.combine(one)
    return first
