"""A secret's value that CloudFormation would write into what a construct of ours made.

Constructors refuse it where a parameter holds it as it is. Put together by `Fn.join`, `Fn.sub` and
the like it shows in the template alone: to look into a token before would fix what is still lazy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.acknowledgements import is_path_within
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.refusal import in_parameters
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.template.as_written import DEFAULT, SECRET_REFERENCE, AsWritten
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.written_strings import references_in, strings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

_RULE: Final = "secret-resolved"
RESOLVED: Final = (_RULE, "submitted-secret-resolved")
"""The rules that say less of it, of what anybody made."""

_MAY_HOLD_ONE: Final = "AWS::SNS::Subscription"
"""A webhook's address may have a password in it, and SNS has no other place for it."""

_FIX: Final = (
    "pass the secret itself to a job's container, as secrets={NAME: secret} of its definition; "
    "it is fetched when the container starts"
)


def written_secrets(
    template: Mapping[str, Any], paths: Mapping[str, str], ours: AbstractSet[str]
) -> Iterator[Finding]:
    """Give an error for each place in a resource of ours that a secret's value is written to.

    Args:
        template: As it is deployed.
        paths: Logical IDs and the paths of the resources' constructs.
        ours: The paths of our constructs.
    """
    written = AsWritten(template)
    for id_, resource in template.get("Resources", {}).items():
        kind = str(resource.get("Type"))
        made_at = paths.get(id_, "").removeprefix("/")
        if kind == _MAY_HOLD_ONE or not is_path_within(made_at, ours):
            continue
        properties = resource.get("Properties") or {}
        several = written.of(properties)
        for path, (service, _) in references_in(several).items():
            if service == DEFAULT:
                continue  # as one that stands there itself: a warning
            from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # it loads every area

            place = f"Properties/{path}"
            found = Finding(
                rule=_RULE,
                severity=Severity.ERROR,
                resource=id_,
                path=place,
                message="this would be the value of a secret, which others could read",
                fix=_FIX,
                source=str(RULES[_RULE].source),
            )
            of_batch = kind.partition("AWS::Batch::")[2]
            if of_batch:
                message, _ = in_parameters(found, of_batch, properties)
            else:
                member = next(filter(None, (_member(one, path) for one in several)), "")
                message = f"{path}{member}: {found.message}"
            yield found.replaced(message=without_credentials(message))


def _member(properties: Any, path: str) -> str:
    """Name the member of an object of JSON that holds a reference to a secret, if that is one."""
    value = properties
    try:
        for key in path.split("/"):
            value = value[int(key) if isinstance(value, list) else key]
        delimiter, pieces = value["Fn::Join"] if isinstance(value, dict) else ("", [value])
        read = json.loads(delimiter.join(map(_reference, pieces)), strict=False)
    except (LookupError, TypeError, ValueError):
        return ""
    return "".join(f"/{path}" for path, _ in islice(_references(read), 1) if path)


def _reference(piece: Any) -> str:
    """Give a piece of `Fn::Join`, or of what a function makes the reference in it alone."""
    if (text := literal(piece)) is not None:
        return text
    return "".join(written for _, written in islice(_references(piece), 1))


def _references(value: Any) -> Iterator[tuple[str, str]]:
    return (one for one in strings("", value) if SECRET_REFERENCE.search(one[1]))
