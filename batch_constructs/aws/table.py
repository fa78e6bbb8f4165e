"""The tables of AWS's facts that are files beside these modules."""

from __future__ import annotations

import json
import os

from batch_constructs.aws.typing_names import Any


def read(name: str) -> Any:
    """Read ``NAME.json``; with the least that has to be loaded, since every check begins so."""
    with open(os.path.join(os.path.dirname(__file__), f"{name}.json"), encoding="utf-8") as stream:
        return json.load(stream)
