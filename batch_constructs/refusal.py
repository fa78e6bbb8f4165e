"""A finding of the rules, told to somebody who gave parameters and no CloudFormation properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.parameters import entry, parameter_at, table
from batch_constructs.rules.rule import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.rules import Finding

_WORD = re.compile(r'"[^"]*"|\b[A-Z]\w+\b(?! [A-Z][a-z])')
"""A text in quotation marks, which is somebody's own, or a word that may be a property's name."""

_SUBJECT = re.compile(r"(?:the )?[^\";:,]+? (?:is|are) (?=[^;]*; )")
"""What a message is about, where it says what it is and then what is allowed: ``the port is``."""

_NO_SUBJECT = ("there ", "the same ", "no ", "one ", "two ", "every ", "a ", "an ")


def told(finding: Finding, resource_type: str, properties: Mapping[str, Any]) -> str:
    """Say a finding in one line: the parameter, what is wrong, and what is allowed or the fix."""
    type_ = resource_type.rpartition("::")[2]
    path = finding.path.removeprefix("Properties").removeprefix("/")
    parameter = parameter_at(type_, path, properties)
    way = [type_, *(step for step in path.split("/") if not step.isdigit())]
    noun = RULES[finding.rule].noun
    if noun and parameter and finding.message.startswith(f"{noun} "):
        return f"{parameter}{finding.message.removeprefix(noun)}"
    message, fix = (_in_parameters(text, way) for text in (finding.message, finding.fix))
    about = None if message.startswith(_NO_SUBJECT) else _SUBJECT.match(message)
    if about and parameter:
        message = f"{parameter} is {message[about.end() :]}"
        allowed = message.partition("; allowed are ")[2]
        return message if allowed and allowed in fix else f"{message}: {fix}"
    if not parameter or re.search(rf"\b{re.escape(parameter)}\b", message):
        return f"{message}: {fix}"
    return f"{parameter}: {message}: {fix}"


def _in_parameters(text: str, way: list[str]) -> str:
    """Put parameters in the place of the properties that a text names."""
    return _WORD.sub(lambda word: _parameter_for(word[0], way), text)


def _parameter_for(word: str, way: list[str]) -> str:
    """Name the parameter for a property: the one nearest to a place, else the only one there is."""
    near = ("/".join([*way[:end], word]) for end in range(len(way), 0, -1))
    found = [known for path in near if (known := entry(path)) is not None]
    if not found:
        everywhere = table().items()
        found = [
            one
            for path, one in everywhere
            if path.startswith(f"{way[0]}/") and path.endswith(f"/{word}")
        ]
        if len({_short(one) for one in found}) != 1:
            return word
    return _short(found[0]) or word


def _short(known: dict[str, Any]) -> str:
    """Return a parameter without what holds it, or the class that stands for a property."""
    if "parameter" in known:
        name: str = known["parameter"].removesuffix("[]")
        return name.rpartition(".")[2]
    kind = re.fullmatch(r"`([A-Z]\w+[a-z]\w+)`", known.get("by", ""))
    return kind[1] if kind else ""
