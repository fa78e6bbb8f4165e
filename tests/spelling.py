"""How a message is spelled: each thing in one way, and in the words of the one who reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import batch_constructs as bc

MODEL = json.loads((Path(bc.__file__).parent / "aws" / "model.json").read_text())


def properties(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        yield from properties(node[0])
    elif isinstance(node, dict):
        for name, inner in node.items():
            if name:  # without one: what is required
                yield name
                yield from properties(inner)


PROPERTIES = {name for node in MODEL.values() for name in properties(node)}
HUMPS = {name for name in PROPERTIES if re.match(r"[A-Z][a-z0-9]+[A-Z]", name)}
"""Names of CloudFormation's that are no word of English."""


def property_names(said: str) -> set[str]:
    """Find names of properties in a message, but for classes that are called so too."""
    subjects = set(re.findall(r"\b([A-Z]\w+) (?:is|are|has)\b", said)) & PROPERTIES
    words = set(re.findall(r"(?<![\w.])\w+", said))  # a class is written as ec2.InstanceType
    return subjects | (words & HUMPS - set(bc.__all__))


_SECOND = re.compile(
    r"\bis '|\['|NoneType|\bholds\b|[^;:]; (?:give|leave|set|write|use|make)\b|too; "
    r"|expected one\b|is \"\", |leave one out"
)
"""How nothing is said, since the same is said otherwise elsewhere."""

_NO_LIST = re.compile(r"\b(?:or|and|such as|not|with|limit|about|because)\b")
"""What stands behind the last comma of what is no list, or of one that is well written."""

_ALLOWED = re.compile(r"allowed: (.*?)(?=[;\n]|: |$)")


def second_spellings(said: str) -> list[str]:
    """Find what a message spells as no other does."""
    unquoted = re.sub(r'"[^"]+"', '"…"', said)
    found = [one[0] for one in _SECOND.finditer(unquoted)]
    # the last of several words stands behind "or"
    words = [re.split(", ", re.sub(r"\(.*?\)", "", one[1])) for one in _ALLOWED.finditer(unquoted)]
    return found + [
        ", ".join(several)
        for several in words
        if len(several) > 1 and not _NO_LIST.search(several[-1])
    ]
