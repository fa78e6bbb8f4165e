"""Whether a condition says whom a policy admits, where its principal is everybody or a service."""

from __future__ import annotations

from batch_constructs.aws.actions import PRINCIPAL_ORGANIZATION, SOURCE_ACCOUNT, SOURCE_ARN
from batch_constructs.aws.names import ARN_PARTS
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.template.iam_roles import several

OF_A_SERVICE: Final = (
    SOURCE_ACCOUNT.lower(),
    SOURCE_ARN.lower(),
    "aws:sourceorgid",
    "aws:sourceorgpaths",
)
"""Keys that say for whose resource a service asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

OF_ANYBODY: Final = (
    *OF_A_SERVICE,
    "aws:principalaccount",
    "aws:principalarn",
    PRINCIPAL_ORGANIZATION.lower(),
    "aws:principalorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
)
"""Keys that say who asks, or from which network.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

_NARROWS_NOTHING: Final = ("ifexists", "null")
"""How an operator ends, or what it is called, that holds where a request lacks the key."""


def says_for_whom(conditions: object, keys: tuple[str, ...]) -> bool:
    """Whether a condition asks one of these keys for a value that is not everybody's.

    What only the deployment knows is taken for one. An operator that excludes somebody admits all
    others, and one that lets the key be absent admits whoever leaves it out.
    """
    if not isinstance(conditions, dict):
        return conditions is not None
    return any(
        str(key).lower() in keys and not any(map(_is_everybodys, several(wanted)))
        for operator, compared in conditions.items()
        if isinstance(compared, dict)
        for key, wanted in compared.items()
        if not _lets_anybody(str(operator).lower())
    )


_ANYTHING: Final = pattern(r"[*?]+|0\.0\.0\.0/0|::/0")
"""What holds of every account, ARN and address."""


def _is_everybodys(value: object) -> bool:
    """Whether a value is that of every account: any, or an ARN without an account or a bucket."""
    if not isinstance(value, str):
        return False  # what only the deployment knows
    if _ANYTHING.fullmatch(value):
        return True
    _, *parts = value.split(":", ARN_PARTS)
    if len(parts) < ARN_PARTS:
        return False
    *_, account, resource = parts
    return bool(_ANYTHING.fullmatch(account)) or (not account and resource.startswith(("*", "?")))


def _lets_anybody(operator: str) -> bool:
    return operator.endswith(_NARROWS_NOTHING) or operator.startswith("forall") or "not" in operator
