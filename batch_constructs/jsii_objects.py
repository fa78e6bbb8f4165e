"""What a CDK object offers, asked without a jsii crossing and without naming its class.

Ours, L2s, L1s and imported resources are told apart by what they have: ``job_queue_arn``,
``role_arn``. The CDK's interfaces cannot be asked with ``isinstance``, and reading an attribute to
see whether it is there would be a crossing.
"""

from __future__ import annotations

import math
import re
from typing import Any

from batch_constructs.aws.bound import shown

LARGEST_NUMBER_TOKEN = -1e280
"""The CDK writes a token for a number as one that is smaller still."""

_TOKEN = "a token"  # noqa: S105  # no secret

_SHORT = 60
"""Characters of a value that are still worth showing in an error."""


def has_member(value: object, attribute: str) -> bool:
    """Whether a value has a public attribute.

    An imported resource comes from jsii as a proxy with one delegate for each interface that it
    has; its own class says nothing.
    """
    delegates = getattr(value, "__dict__", {}).get("_delegates", ())
    return any(hasattr(kind, attribute) for kind in (type(value), *map(type, delegates)))


def constant_of(value: object) -> str | None:
    """Name the constant of its class that a value of the CDK is, such as ``ARM64``; or None.

    The CDK has enumerations that are classes; a constant is always the same object of JavaScript.
    """
    kind = type(value)
    if not kind.__module__.startswith("aws_cdk."):
        return None
    names = (name for one in kind.__mro__ for name in vars(one) if name.isupper())
    return next(
        (name for name in names if _reference(getattr(kind, name)) == _reference(value)), None
    )


def _reference(value: Any) -> object:
    return value.__jsii_ref__.ref if hasattr(value, "__jsii_ref__") else value


def is_resolvable(value: object) -> bool:
    """Whether a value is a token as an object (``IResolvable``), not yet hidden in a string."""
    return has_member(value, "resolve") and has_member(value, "creation_stack")


def kind_of(value: object) -> str:
    """Name the class of a value for somebody who gave a wrong one.

    The CDK has classes of the names that ours have, so whatever is not Python's own or ours is
    named with its module; a proxy of jsii is what it stands for.
    """
    if is_resolvable(value) or (isinstance(value, str) and "Token[" in value):
        return _TOKEN
    if isinstance(value, float) and -math.inf < value < LARGEST_NUMBER_TOKEN:
        return _TOKEN
    kind = next(one for one in type(value).__mro__ if not one.__name__.startswith("_"))
    ours = kind.__module__.partition(".")[0] in {"builtins", "batch_constructs"}
    return kind.__name__ if ours else f"{kind.__module__}.{kind.__name__}"


def with_article(kind: type) -> str:
    """Name a class in a sentence: ``an AccountPrincipal``."""
    return f"{'an' if kind.__name__[0] in 'AEIOU' else 'a'} {kind.__name__}"


def described(value: object) -> str:
    """Say what somebody gave instead of what is expected: its class, and itself where it is short.

    What may be secret, or is a token, is not shown.
    """
    kind = "" if value is None else kind_of(value)
    if hasattr(value, "to_human_string"):
        return f"{kind} of {value.to_human_string()}"
    plain = isinstance(value, str | int | float | bool | None) and len(repr(value)) <= _SHORT
    return f"{kind} {shown(value)}".lstrip() if plain and kind != _TOKEN else kind


def javascript_error(error: Exception) -> str | Exception | None:
    """Return the sentence JavaScript said; or what Python code that it called had raised, or None.

    jsii raises both as a plain ``RuntimeError``, like that of anybody's own code.
    """
    from jsii.errors import JavaScriptError  # noqa: PLC0415  # loaded by whoever raised it

    if not isinstance(error.__cause__, JavaScriptError):
        return None
    behind = error.__context__
    while behind is not None and isinstance(behind, JavaScriptError):
        behind = behind.__context__
    if isinstance(behind, Exception) and str(behind) and str(behind) in str(error):
        return behind
    return re.sub(r"^\w+: ", "", str(error).splitlines()[0])
