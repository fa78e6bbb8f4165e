"""How long the files of a bucket are kept: S3 counts days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import Duration

    from batch_constructs.arguments import Arguments

_DAY = 86_400


def check_days(arguments: Arguments, parameter: str, kept: Duration) -> None:
    """Look at how long files are kept: S3 counts whole days."""
    seconds = arguments.seconds(parameter, kept)
    if seconds is UNKNOWN or is_token(seconds):
        return
    if seconds < _DAY or seconds % _DAY:
        arguments.wrong_value(
            f"{parameter} is {seconds / 3600:g} hours; allowed: whole days, at least one, "
            "because S3 counts days"
        )
