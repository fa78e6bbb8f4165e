"""What is known of a scope: asked once for all that is made in it.

None of it changes once the scope has children: neither where its stack is, nor its context.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from constructs import IConstruct

CUSTOMIZED_ROLES: Final = "@aws-cdk/iam:customizeRoles"
"""What ``iam.Role.customize_roles`` sets above a construct."""


@dataclass(frozen=True, slots=True)
class KnownScope:
    """A scope, and the stack that it is, or is in.

    Attributes:
        app: The root of its tree, by `identity`.
        path: Its path.
        stack: The path of its stack; empty outside of a stack, and where the stack is all there is.
        region: The Region of its stack, which may be a token; empty outside of a stack.
        account: The account of its stack, in the same way.
        partition: The partition of its stack, in the same way.
        customizes_roles: Whether an ``iam.Role`` below it may stand for one that others made.
    """

    app: str
    path: str
    stack: str
    region: str
    account: str
    partition: str
    customizes_roles: bool

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something in the account and the Region of the stack."""
        parts = ("arn", self.partition, service, self.region, self.account, resource)
        return ":".join(parts)


def identity(construct: IConstruct) -> str:
    """Name a construct of this process; the name lives as long as the kernel does."""
    reference: Any = construct
    return str(reference.__jsii_ref__.ref)


_KNOWN: Final[dict[str, KnownScope]] = {}


def known_scope(scope: IConstruct) -> KnownScope:
    """Return what is known of a scope; one of ours is where the scope is that it was made in."""
    mine = identity(scope)
    if mine not in _KNOWN:
        above = made_in(scope)
        if above is None:
            look(scope)
        else:
            known, own = known_scope(above[0]), above[1]
            _KNOWN[mine] = replace(known, path=f"{known.path}/{own}" if known.path else own)
    return _KNOWN[mine]


def are_in_one_stack(one: IConstruct, other: IConstruct) -> bool:
    """Tell whether two constructs are in the same stack."""
    here, there = known_scope(one), known_scope(other)
    return (here.app, here.stack) == (there.app, there.stack)


def forget() -> None:
    """Forget all: what was made is taken away again, and what is above may change."""
    _KNOWN.clear()


def made_in(construct: object) -> tuple[IConstruct, str] | None:
    """Return the scope and the ID that a construct of ours was made with; None of any other."""
    ours = getattr(type(construct), "_is_of_batch_constructs", False)
    known: tuple[IConstruct, str] | None = getattr(construct, "_made_in", None) if ours else None
    return known


def look(scope: IConstruct, *, checked: bool = False) -> list[Any]:
    """Ask about a scope; of one that is checked, return the app and the stages that it is in.

    Its app has the plugin of `check_with` then.
    """
    from batch_constructs.one_call import scope_of  # noqa: PLC0415  # loads jsii

    (app, stages), told = scope_of(scope, CUSTOMIZED_ROLES, checked=checked)
    _KNOWN[identity(scope)] = KnownScope(identity(app), *told)
    return stages
