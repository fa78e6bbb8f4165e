"""Customer managed keys, and who may use them."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access.arn_patterns import ALIAS, KEY, ROLE, spelled
from batch_constructs.rules.access.policy_condition import NOTHING_KNOWN
from batch_constructs.rules.access.resource_policy import admitted
from batch_constructs.rules.access.rights import rights
from batch_constructs.rules.template.resource_graph import Resource
from batch_constructs.rules.template.values import Reference, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules.template.resource_graph import Template

_DEFAULT: Final = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]
}
"""The key policy of a key that is made without one: it leaves all to the account."""


def key_of(value: object, template: Template) -> Resource | None:
    """Find the key of the template that a reference, an ARN or an alias means."""
    found = template.target(value)
    if found is None and isinstance(value, str) and "alias/" in value:
        name = value[value.index("alias/") :]
        aliases = (one for one in template.all(ALIAS) if text(one.properties, "AliasName") == name)
        found = next(aliases, None)
    if found is not None and found.type == ALIAS:
        found = template.target(found.properties.get("TargetKeyId"))
    return found if found is not None and found.type == KEY else None


def may_use(
    key: Resource,
    who: Resource | str,
    action: str,
    context: Mapping[str, str | None] = NOTHING_KNOWN,
) -> bool | None:
    """Tell whether a role of the template, a service or another ARN may use a key."""
    template = key.template
    arn = spelled(Reference(key.id, "Arn"), template)
    own: bool | None = False
    if isinstance(who, Resource):
        own = rights(who).allow(action, arn, context)
        if any(
            one.applies(action, arn, context, template)
            for one in rights(who).statements
            if not one.allows
        ):
            return False
        who = spelled(Reference(who.id, "Arn"), template) if who.type == ROLE else who.id
    return admitted(
        key.properties.get("KeyPolicy", _DEFAULT),
        who,
        action,
        arn,
        template,
        context,
        by_its_own_policies=own,
    )
