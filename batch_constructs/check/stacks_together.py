"""What the stacks of one app take together of what an account has in a Region."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.quotas import LOG_RESOURCE_POLICIES
from batch_constructs.rules.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_POLICY: Final = "AWS::Logs::ResourcePolicy"
_RULE: Final = "log-resource-policies"
_UNKNOWN: Final = "unknown-"
"""What the CDK calls an account and a Region that only the CLI knows."""


def log_policies_of(template: Mapping[str, Any]) -> list[str]:
    """Name the resource policies of CloudWatch Logs that a template surely makes."""
    resources = template.get("Resources")
    return [
        id_
        for id_, resource in (resources.items() if isinstance(resources, dict) else ())
        if isinstance(resource, dict)
        and resource.get("Type") == _POLICY
        and "Condition" not in resource
    ]


def too_many_log_policies(
    stacks: Iterable[tuple[str | None, str, Sequence[str]]],
) -> Iterator[tuple[str, Finding]]:
    """Say which template has one resource policy of CloudWatch Logs too many for the account.

    What one template holds alone is the rule's. Stacks whose place the CLI knows may go to several
    accounts, so that is a warning.

    Args:
        stacks: of each, its place as an assembly writes it, its template's file, its policies; one
            that is nested has no place of its own, and is not counted.
    """
    from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # it loads every area

    together: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, file, ids in stacks:
        if place is not None:
            together[place] += [(file, id_) for id_ in ids]
    for place, policies in together.items():
        files = {file for file, _ in policies}
        if len(policies) > LOG_RESOURCE_POLICIES and len(files) > 1:
            file, id_ = policies[LOG_RESOURCE_POLICIES]
            known = _UNKNOWN not in place
            where = f"for {place}" if known else "of this app"
            yield (
                file,
                Finding(
                    rule=_RULE,
                    severity=Severity.ERROR if known else Severity.WARNING,
                    resource=id_,
                    path="",
                    message=f"there are {len(policies)} resource policies of CloudWatch Logs in "
                    f"{len(files)} stacks {where}; an account has {LOG_RESOURCE_POLICIES} in a "
                    "Region",
                    fix="put event logs, dashboards and audit trails of several stacks into one",
                    source=str(RULES[_RULE].source),
                ),
            )
