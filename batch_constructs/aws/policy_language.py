"""The language of policies: what IAM takes of a document and its statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

_GUIDE: Final = "IAM/latest/UserGuide/reference_policies_elements"

EFFECTS: Final = ("Allow", "Deny")
EFFECT_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_effect.html",
    '"The Effect element is required"; "Valid values for Effect are Allow and Deny. The Effect'
    ' value is case sensitive."',
)

VERSIONS: Final = (POLICY_VERSION, "2008-10-17")
VERSION_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_version.html",
    '"IAM supports the following Version element values": 2012-10-17 and 2008-10-17.',
)

ACTION_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_action.html",
    "An action is its service's prefix, a colon and a name, such as batch:SubmitJob. IAM answers"
    ' otherwise: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."',
)

STATEMENT_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_resource.html",
    '"Statements must include either a Resource or a NotResource element." IAM answers otherwise:'
    ' "Policy statement must contain resources"; without an action: "Policy statement must contain'
    ' actions"; with a principal: "Policy document should not specify a principal".',
)


@cache
def operators() -> list[str]:
    """Give the operators of conditions."""
    compared = [
        "Equals",
        "NotEquals",
        "LessThan",
        "LessThanEquals",
        "GreaterThan",
        "GreaterThanEquals",
    ]
    matched = ("Equals", "NotEquals", "Like", "NotLike")
    return [
        *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        *(f"{kind}{one}" for kind in ("String", "Arn") for one in matched),
        *(f"{kind}{one}" for kind in ("Numeric", "Date") for one in compared),
    ]


OPERATOR_PREFIXES: Final = ("foranyvalue:", "forallvalues:")
OPERATOR_SUFFIX: Final = "ifexists"
OPERATORS_SOURCE: Final[Source] = seen(
    "https://github.com/aws-cloudformation/cfn-lint/issues/3751",
    'A condition without one: "Syntax errors in policy. (Service: Iam, Status Code: 400". AWS lists'
    " the operators on IAM's page of them, with IfExists behind them, and with ForAllValues: and"
    " ForAnyValue: before them.",
)
