"""What the stacks of one app take together of what an account has in a Region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from batch_constructs.aws.bound import cut
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.regional_quotas import REGIONAL_QUOTAS, RegionalQuota
from batch_constructs.rules.template.whole import resources_by_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_UNKNOWN: Final = "unknown-"
"""What the CDK calls an account and a Region that only the CLI knows."""

_PLACE_LENGTH: Final = 255

_QUOTAS: Final = {quota.rule + quota.things: quota for quota in REGIONAL_QUOTAS}

Counted = Mapping[tuple[str, str], Sequence[str]]
"""What is counted, and of which group → the logical IDs of a template's."""


class StackTemplate(Record):
    """A template of an app.

    Attributes:
        place: where it goes, as an assembly writes it; None where nothing says it.
        file: its file.
        counted: what it surely makes.
    """

    place: str | None
    file: str
    counted: Counted


def counted_in(template: Mapping[str, Any]) -> Counted:
    """Count what a template surely makes of which an account has only so many in a Region."""
    resources = template.get("Resources")
    if not isinstance(resources, dict):
        return {}
    by_type = resources_by_type(resources)
    return {
        (quota.rule + quota.things, group.name): ids
        for quota in REGIONAL_QUOTAS
        for group, ids in quota.counted(by_type).items()
        if group.everywhere
    }


def too_many_together(stacks: Iterable[StackTemplate]) -> Iterator[tuple[str, Finding]]:
    """Say which template has one thing too many for the account, with that finding.

    What one template holds alone is the rule's. Stacks whose place the CLI knows may go to several
    accounts, so that is a warning.
    """
    together: dict[str, list[StackTemplate]] = defaultdict(list)
    for stack in stacks:
        if stack.place is not None:
            together[stack.place].append(stack)
    for place, beside in together.items():
        found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for stack in beside:
            for key, ids in stack.counted.items():
                found[key] += [(stack.file, id_) for id_ in ids]
        for things, group in sorted(found):
            yield from _too_many(_QUOTAS[things], group, place, found[things, group])


def _too_many(
    quota: RegionalQuota, group: str, place: str, found: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, Finding]]:
    from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # it loads every area

    files = {file for file, _ in found}
    if len(found) <= quota.most or len(files) < 2:  # noqa: PLR2004  # one alone is the rule's
        return
    file, id_ = found[quota.most]
    known = _UNKNOWN not in place
    if quota.most == 1 and not known:  # the same stack for two accounts, as often as not
        return
    things = f"{quota.things} {group}" if quota.most == 1 else quota.things
    where = f"for {cut(place, _PLACE_LENGTH)}" if known else "of this app"
    rule = RULES[quota.rule]
    yield (
        file,
        Finding(
            rule=quota.rule,
            severity=rule.severity if known else Severity.WARNING,
            resource=id_,
            path="",
            message=f"there are {len(found)} {things} in {len(files)} stacks {where}; "
            f"{quota.has_most}",
            fix=quota.fix or rule.fix,
            source=str(rule.source),
        ),
    )
