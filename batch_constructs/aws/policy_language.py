"""The language of policies: what IAM takes of a document and its statements.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.bound import Matching, Whole, refused
from batch_constructs.aws.names import form
from batch_constructs.aws.source import Source, docs, probed, seen
from batch_constructs.aws.typing_names import Final

_GUIDE: Final = "IAM/latest/UserGuide/reference_policies_elements"

ROLE_NAME: Final = Matching(
    r"[\w+=,.@-]+", "1 to 64 letters, digits and characters of _+=,.@-", longest=64
)
PATH: Final = Matching(
    r"(?!/aws-service-role/)/(?:[!-\x7f]+/)?",
    "a path that begins and ends with a slash, such as /jobs/; /aws-service-role/ is AWS's",
)
SESSION_SECONDS: Final = Whole(3600, 43_200, unit="seconds")
MANAGED_POLICY_ARN: Final = Matching(
    form("iam", "policy/.+", region="", account=r"(?:aws|\d{12})"),
    "the ARN of a managed policy, such as arn:aws:iam::aws:policy/ReadOnlyAccess",
)

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

ACTION: Final = Matching(
    r"\*|[^:*?]+:[^:]+", "an action such as batch:SubmitJob, with no wildcard in its service, or *"
)
ACTION_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_action.html",
    "An action is its service's prefix, a colon and a name, such as batch:SubmitJob. IAM answers"
    ' otherwise: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";'
    ' "Actions/Condition can contain only one colon"; "Action vendors (e.g., aws, ec2, etc.) must'
    ' not contain wildcards" (badmintoncryer/cdk-preflight, pf-iam-policy-action-…).',
)


@cache
def elements_of_a_document() -> frozenset[str]:
    """Give the elements of a policy."""
    return frozenset(("Version", "Id", "Statement"))


@cache
def elements_of_a_statement() -> frozenset[str]:
    """Give the elements of a statement."""
    either = ("Action", "Resource", "Principal")
    both = (*either, *(f"Not{one}" for one in either))
    return frozenset(("Sid", "Effect", "Condition", *both))


ELEMENT_SOURCE: Final[Source] = probed(
    "iam/pf-iam-policy-statement-unknown-field",
    '"Syntax errors in policy" is what IAM answers to an element that it does not know, to Action'
    " with NotAction, and to a document without a statement.",
)

SID: Final = Matching(r"[0-9A-Za-z]*", "letters and digits")
SID_SOURCE: Final[Source] = probed(
    "iam/pf-iam-policy-sid-format",
    '"Statement IDs (SID) must be alpha-numeric", and "Statement IDs (SID) in a single policy must'
    ' be unique".',
)

RESOURCE: Final = Matching(
    r"\*|arn:(?:\*|aws(?:-[a-z-]+)?):(?!s3:[^:*]+:(?::|[^:]*:[^:/]*\Z)|(?:iam|route53):[^:*]+:)"
    r"[^:*?]+:(?:.*\*|[^:]*:[^:]*:.*)",
    "* or an ARN, without a wildcard in its service, and for buckets, IAM and Route 53 no Region",
)
RESOURCE_SOURCE: Final[Source] = probed(
    "iam/pf-iam-policy-resource-format",
    '"Resource my-bucket must be in ARN format" (or be *) is what IAM answers; also "Resource'
    ' vendor must be fully qualified and cannot contain regexes", "Partition … is not valid for'
    ' resource" and, of S3, IAM and Route 53, "can not contain region information".',
)

PRINCIPALS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
SERVICE: Final = Matching(
    r"[\w-]+(?:\.[\w-]+)+", "the name of a service, such as ecs-tasks.amazonaws.com"
)
TRUST_ACTIONS: Final = tuple(
    f"sts:{name}"
    for name in (
        *("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"),
        *("SetContext", "SetSourceIdentity", "TagSession"),
    )
)
TRUST_SOURCE: Final[Source] = probed(
    "iam/pf-iam-trust-policy-action-sts-only",
    '"AssumeRole policy may only specify STS AssumeRole actions" is what IAM answers, to any other'
    ' case of the letters too; "Has prohibited field Resource"; "Invalid principal in policy".',
)

STATEMENT_SOURCE: Final[Source] = docs(
    f"{_GUIDE}_resource.html",
    '"Statements must include either a Resource or a NotResource element." IAM answers otherwise:'
    ' "Policy statement must contain resources"; without an action: "Policy statement must contain'
    ' actions"; with a principal: "Policy document should not specify a principal".',
)


_NUMBER: Final = Matching(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", "a number, such as 10")
_MONTH: Final = r"(?:0[1-9]|1[0-2])"
_DAY: Final = r"(?:0[1-9]|[12]\d|3[01])"
_TIME: Final = r"T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)"
_DATE: Final = Matching(
    rf"-?\d+|\d{{4}}-{_MONTH}(?:-{_DAY}(?:{_TIME})?)?",
    "a moment such as 2026-01-01T00:00:00Z, or seconds since 1970",
)
_ARN: Final = Matching(
    r"\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.*|.*\$\{.*", "an ARN, with * for its parts"
)
VALUES: Final = {"numeric": _NUMBER, "date": _DATE, "arn": _ARN}
"""What an operator begins with, in small letters → what it compares with."""

ADDRESS: Final = "ipaddress"
"""The operator that compares with addresses."""


def not_an_address(value: str) -> str | None:
    """Say that a value is neither an address nor a block of addresses."""
    from ipaddress import ip_network  # noqa: PLC0415  # seldom needed

    try:
        ip_network(value, strict=False)
    except ValueError:
        return refused(value, "an address or a block of addresses, such as 203.0.113.0/24")
    return None


VALUES_SOURCE: Final[Source] = probed(
    "iam/pf-iam-policy-condition-date-value",
    '"The policy failed legacy parsing" is what IAM answers to a value that is no number, date,'
    " address or ARN where the operator compares with one.",
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
WITHOUT_SUFFIX: Final = "null"
OPERATORS_SOURCE: Final[Source] = seen(
    "https://github.com/aws-cloudformation/cfn-lint/issues/3751",
    'A condition without one: "Syntax errors in policy. (Service: Iam, Status Code: 400". AWS lists'
    " the operators on IAM's page of them, with IfExists behind them, and with ForAllValues: and"
    " ForAnyValue: before them.",
)
