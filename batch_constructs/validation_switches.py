"""The environment variables that say what validates at synthesis."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CDK_VALIDATION: Final = "CDK_VALIDATION"
"""The CDK's own: ``false`` turns off what it finds in every template, and with it our rules."""

RULES_VALIDATION: Final = "BATCH_CONSTRUCTS_VALIDATION"
"""Ours: ``true`` keeps the rules where the CDK's own validation is turned off."""

_SWITCHES: Final = (CDK_VALIDATION, RULES_VALIDATION)
_RULES_ALONE: Final = {CDK_VALIDATION: "false", RULES_VALIDATION: "true"}


def rules_are_off() -> bool:
    """Tell whether a synthesis in this process does without our rules."""
    is_off = os.environ.get(CDK_VALIDATION) == "false"
    return is_off and os.environ.get(RULES_VALIDATION) != "true"


def for_the_laptop() -> dict[str, str]:
    """Give what an app runs with here: what the user has chosen, else the rules alone.

    The CDK's own validation takes most of a synthesis, and tells what the user's CI will tell.
    """
    chosen = {name: os.environ[name] for name in _SWITCHES if name in os.environ}
    return chosen if CDK_VALIDATION in chosen else {**_RULES_ALONE}


@contextmanager
def nothing_validates() -> Iterator[None]:
    """Let what validates wait until the user's own synthesis."""
    before = {name: os.environ.pop(name) for name in _SWITCHES if name in os.environ}
    os.environ[CDK_VALIDATION] = "false"
    try:
        yield
    finally:
        del os.environ[CDK_VALIDATION]
        os.environ.update(before)
