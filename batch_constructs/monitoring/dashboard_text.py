"""The body of a dashboard as CloudFormation takes it: each name that it fills in is said once.

A queue's name stands in a dozen graphs. Where only the deployment knows it, each place would be an
intrinsic function of its own, and the dashboard of fifty queues longer than a template may be.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import Fn

from batch_constructs.asked_once import own_region
from batch_constructs.aws.pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .widgets import Widget

_TOKEN: Final = pattern(r"(\$\{Token\[[^\]]*\]\})")


def dashboard_text(widgets: Sequence[Widget]) -> str:
    """Write a body that begins a day ago."""
    text = json.dumps({"start": "-PT24H", "widgets": widgets}, separators=(",", ":"))
    parts = _TOKEN.split(text)  # what is between tokens, and the tokens
    tokens = dict.fromkeys(parts[1::2])
    if not tokens:
        return text
    tokens.pop(own_region(), None)
    names = {token: f"v{number}" for number, token in enumerate(tokens)}
    parts[::2] = (part.replace("${", "${!") for part in parts[::2])
    parts[1::2] = (f"${{{names.get(token, 'AWS::Region')}}}" for token in parts[1::2])
    return Fn.sub("".join(parts), {name: token for token, name in names.items()} or None)
