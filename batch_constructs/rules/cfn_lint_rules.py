"""The rules as a pack for cfn-lint: ``cfn-lint -a batch_constructs.rules.cfn_lint_rules``.

Each rule of ours is one of cfn-lint's, with its line numbers, formats, editors and ignores. Its ID
is the letter of its severity, ``9`` as cfn-lint keeps it for rules from elsewhere, and its name:
``E9-fargate-size``.
"""

from __future__ import annotations

from cfnlint.rules import CloudFormationLintRule, RuleMatch

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules import check_template
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.template.whole import Whole

if TYPE_CHECKING:
    from batch_constructs.rules.findings import Finding
    from batch_constructs.rules.rule import Rule

_TOLD: list[tuple[Any, list[Finding]]] = []
"""The template that was checked last: cfn-lint asks rule by rule."""


class _Adapted(CloudFormationLintRule):  # type: ignore[misc]  # cfn-lint carries no types
    """A rule of ours as cfn-lint calls it."""

    id = ""  # none of its own: cfn-lint passes over it

    def match(self, cfn: Any) -> list[Any]:
        """Give what is wrong in a template."""
        if not _TOLD or _TOLD[0][0] is not cfn.template:
            _TOLD[:] = [(cfn.template, check_template(cfn.template))]
        return [
            RuleMatch(_path(cfn.template, one), f"{one.message}; fix: {one.fix}")
            for one in _TOLD[0][1]
            if _id(RULES[one.rule]) == self.id
        ]


def _path(template: Any, finding: Finding) -> list[str | int]:
    """Give where a finding is, as far as it is written."""
    path: list[str | int] = []
    within = template
    for part in finding.parts:
        key: str | int = part
        if isinstance(within, list):
            if not part.isdecimal() or int(part) >= len(within):
                break
            key = int(part)
        elif not isinstance(within, dict) or part not in within:
            break
        within = within[key]
        path.append(key)
    return path


def _id(rule: Rule) -> str:
    return f"{rule.severity[0].upper()}9-{rule.id}"


def _adapted(rule: Rule) -> type[Any]:
    page = getattr(rule.source, "page", "")
    return type(
        "".join(word.title() for word in rule.id.split("-")),
        (_Adapted,),
        {
            "id": _id(rule),
            "shortdesc": rule.title,
            "description": rule.explanation or rule.title,
            "source_url": page,
            "tags": ["batch"],
            "__module__": __name__,
            "__doc__": rule.explanation,
        },
    )


_ITS_OWN: Final = Whole.type
"""What CloudFormation refuses of any template is cfn-lint's own business."""

globals().update(
    {
        one.__name__: one
        for one in (_adapted(rule) for rule in RULES.values() if _ITS_OWN not in rule.subjects)
    }
)
