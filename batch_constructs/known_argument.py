"""Arguments that are reckoned with before the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments


def known_now(arguments: Arguments, parameter: str, value: Any) -> Any:
    """Refuse a token."""
    if not is_token(value):
        return value
    return arguments.wrong_value(
        f"{parameter} is a token, which cannot be reckoned with before the deployment; give a "
        "value that is known now"
    )
