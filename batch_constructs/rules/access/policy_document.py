"""The statements of a policy document."""

from __future__ import annotations

from functools import cached_property

from batch_constructs.aws.actions import IAM_PASS_ROLE, STS_ASSUME_ROLE
from batch_constructs.aws.managed_policies import ALMOST_EVERYTHING
from batch_constructs.aws.pattern import pattern as expression
from batch_constructs.aws.policy_language import EFFECTS
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import DECRYPT, GET_SECRET
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import policy_condition as conditions
from batch_constructs.rules.access.answer import all_of, any_of, negated
from batch_constructs.rules.access.arn_patterns import matches, spelled
from batch_constructs.rules.template.iam_roles import several
from batch_constructs.rules.template.values import UNKNOWN
from batch_constructs.rules.template.wildcard import fits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batch_constructs.rules.template.resource_graph import Template

_ANY: Final = ("*",)
_SENSITIVE: Final = (
    GET_SECRET,
    IAM_PASS_ROLE,
    STS_ASSUME_ROLE,
    DECRYPT,
)


_MANY_LOOK_UPS: Final = 10
"""As many look-ups take as long as it takes to read a statement."""


class Statement(Record):
    """One statement of a policy.

    Attributes:
        allows: whether its effect is Allow.
        actions: the action patterns, None where they are not known.
        but_actions: whether it is about every action but those (NotAction).
        resources: the resource patterns as text.
        but_resources: whether it is about every resource but those (NotResource).
        condition: its condition as it is in the template, None without one.
        principal: Principal as it is in the template, None without one.
        managed: the managed policy of AWS's that it stands in; else empty.
        origin: the logical ID of the policy that it stands in, if that is a resource of its own.
    """

    allows: bool
    actions: tuple[str, ...] | None
    but_actions: bool
    resources: tuple[str, ...]
    but_resources: bool
    condition: object
    principal: object = None
    managed: str = ""
    origin: str = ""

    @cached_property
    def work(self) -> int:
        """How much it takes to compare its resources: with an inner ``*``, sign by sign."""
        return sum(len(one) // 2 if "*" in one[:-1] else 1 for one in self.resources)

    def covers(self, action: str) -> bool | None:
        """Tell whether an action is one of those the statement is about."""
        if self.actions is None:
            return None
        wanted = action.lower()
        listed = any(fits(wanted, pattern) for pattern in self._lowered)
        return listed is not self.but_actions

    @cached_property
    def _lowered(self) -> list[str]:
        return [one.lower() for one in self.actions or ()]

    def is_about(self, resource: str) -> bool | None:
        """Tell whether a resource is one of those the statement is about."""
        listed = any_of(matches(pattern, resource) for pattern in self.resources)
        return negated(listed) if self.but_resources else listed

    def applies(
        self, action: str, resource: str, context: Mapping[str, str | None], template: Template
    ) -> bool | None:
        """Tell whether the statement decides a request."""
        covers = self.covers(action)
        if covers is False:
            return False
        about = self.is_about(resource)
        if about is False:
            return False
        return all_of((covers, about, conditions.holds(self.condition, context, template)))

    @property
    def opens_everything(self) -> bool:
        """Tell whether it allows something on every resource, whatever the circumstances."""
        listed = "*" in self.resources and not self.but_resources
        return self.allows and listed and self.condition is None

    @property
    def all_secrets(self) -> tuple[str, str] | None:
        """Give the kind of secrets that it opens by an ARN of all of them, and the ARN."""
        if not self.allows or self.but_resources or self.condition is not None:
            return None
        held = [one for one in self.resources if ":parameter" in one or ":secret:" in one]
        found = (_ALL_SECRETS.fullmatch(one) for one in held)
        return next(((one["kind"], one[0]) for one in found if one is not None), None)

    @property
    def far_too_much(self) -> list[str]:
        """Give the actions that it allows on every resource, and that no job needs there."""
        return [
            action
            for action in (self.actions or ())
            if self.opens_everything and not self.but_actions
            if action in _SENSITIVE or action == "*" or action.endswith(":*")
        ]

    @property
    def is_far_too_much(self) -> bool:
        """Tell whether what it allows is told of the role already."""
        return self.opens_everything and (
            self.but_actions or self.managed in ALMOST_EVERYTHING or bool(self.far_too_much)
        )


_ALL_SECRETS: Final = expression(
    r"arn:[^:]*:(?:ssm|secretsmanager):[^:]*:[^:]*:(?P<kind>parameter(?=/\*)|secret(?=:\*))[:/]\*+"
)


def statements(
    document: object, template: Template, *, managed: str = "", origin: str = ""
) -> Iterator[Statement | None]:
    """Give the statements of a policy document, None for one that is not known."""
    if not isinstance(document, dict):
        yield None
        return
    written = several(document.get("Statement", []))
    template.count(_MANY_LOOK_UPS * len(written))
    for one in written:
        yield _statement(one, template, managed, origin) if isinstance(one, dict) else None


def _statement(
    one: dict[str, object], template: Template, managed: str, origin: str
) -> Statement | None:
    effect = one.get("Effect")
    if effect not in EFFECTS:
        return None
    but_actions, but_resources = "NotAction" in one, "NotResource" in one
    actions = several(one.get("NotAction" if but_actions else "Action", []))
    resources = several(one.get("NotResource" if but_resources else "Resource", list(_ANY)))
    known = all(isinstance(action, str) for action in actions)
    return Statement(
        allows=effect == "Allow",
        actions=tuple(str(action) for action in actions) if known else None,
        but_actions=but_actions,
        resources=tuple(spelled(resource, template) for resource in resources),
        but_resources=but_resources,
        condition=one.get("Condition"),
        principal=one.get("Principal", UNKNOWN if "NotPrincipal" in one else None),
        managed=managed,
        origin=origin,
    )


def decided(
    policy: Sequence[Statement],
    action: str,
    resource: str,
    context: Mapping[str, str | None],
    template: Template,
) -> tuple[bool | None, bool | None]:
    """Tell whether statements allow a request, and whether they deny it explicitly."""
    template.count(len(policy))
    found = [(one.allows, one.applies(action, resource, context, template)) for one in policy]
    return (
        any_of(applies for allows, applies in found if allows),
        any_of(applies for allows, applies in found if not allows),
    )
