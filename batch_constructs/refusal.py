"""A finding of the rules, told to somebody who gave parameters and no CloudFormation properties."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import A_KEY
from batch_constructs.aws.parameters import entry, parameter_at, table
from batch_constructs.rules import UNKNOWN
from batch_constructs.tokens import without_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batch_constructs.rules import Finding

_WORD = re.compile(r'"[^"]*"|\b[A-Z]\w+\b(?! [A-Z][a-z])')
"""A text in quotation marks, which is somebody's own, or a word that may be a property's name."""

_ORDER = re.compile(r"(?:set|give|use|add|leave|remove|raise|lower|change) $")
"""What stands before a property that a fix is about."""

_SUBJECT = re.compile(r"(?:the )?[^\";:,]+? (is|are|has|have) (?=[^;]*; )")
"""What a message is about, where it says what it is and then what is allowed: ``the port is``."""

_OF_A_KEY = re.compile(r"the (?:key|name) of an? (?:tag|label|annotation|environment variable) ")
_OF_A_VALUE = re.compile(r'the value of the (?:tag|label|annotation) (".*?") (?=is |has )')

_NUMBER_AS_TEXT = re.compile(r'\b(is|are) "(-?[\d.]+)"(?=; allowed: (?:positive|whole))')
"""How a rule shows a number that CloudFormation has as a text, and the parameter has not."""

_SIZE = re.compile(r'is "(?:VCPU|MEMORY|GPU)",')
"""How a rule names a resource requirement, which is a parameter here."""

_IN_A_UNIT = re.compile(r"(?<=to )(\d+) (MiB|GiB|seconds|minutes)(?! or)")
_UNITS = {
    "MiB": "Size.mebibytes",
    "GiB": "Size.gibibytes",
    "seconds": "Duration.seconds",
    "minutes": "Duration.minutes",
}
"""How an amount is given to a parameter."""

_NO_SUBJECT = ("there ", "the same ", "no ", "one ", "two ", "every ", "a ", "an ")


_SAY_LESS = ("property-type", "property-missing")
"""Rules that say less than another one about the same value."""


def causes(
    found: list[Finding], check: Callable[[dict[str, Any]], list[Finding]], given: dict[str, Any]
) -> list[Finding]:
    """Leave out what only follows from another fault: it goes once that value is unknown."""
    properties = without_tokens(given)  # a copy, in which more becomes unknown
    order = {(one.rule, one.path): place for place, one in enumerate(found)}
    kept: dict[tuple[str, str], Finding] = {}
    waiting = found
    while waiting:
        cause = min(waiting, key=_certainty)
        kept[cause.rule, cause.path] = cause
        if _hide(properties, cause.path.split("/")[1:]):
            waiting = check(properties)
        waiting = [one for one in waiting if (one.rule, one.path) not in kept]
    return sorted(kept.values(), key=lambda one: order.get((one.rule, one.path), len(order)))


def _certainty(finding: Finding) -> int:
    """Order what is wrong with one value before what is wrong with several of them."""
    if finding.rule in _SAY_LESS:
        return 1
    return 0 if _noun(finding) else 2


def _noun(finding: Finding) -> str:
    """What the rule of a finding calls the one value that it is about; else empty."""
    from batch_constructs.rules.rulebook import RULES  # noqa: PLC0415  # it loads every area

    return RULES[finding.rule].noun


def _hide(value: Any, path: list[str]) -> bool:
    """Make a single value unknown; what holds others stays as it is."""
    for step in path[:-1]:
        inside = isinstance(value, list) and step.isdigit() and int(step) < len(value)
        value = value[int(step)] if inside else value.get(step) if isinstance(value, dict) else None
    if not path or not isinstance(value, dict) or isinstance(value.get(path[-1]), dict | list):
        return False
    value[path[-1]] = UNKNOWN
    return True


def told(findings: Sequence[Finding], type: str, properties: Mapping[str, Any]) -> list[str]:
    """Say each fault in one line: the parameter, what is wrong, what is allowed or the fix."""
    said: dict[str, str] = {}
    for one in sorted(findings, key=lambda finding: finding.rule in _SAY_LESS):
        # What a pod's container requests is what limits it, unless it is given.
        place = one.path.replace("/Requests/", "/Limits/")
        said.setdefault(place, ": ".join(filter(None, in_parameters(one, type, properties))))
    return list(dict.fromkeys(said.values()))


def in_parameters(finding: Finding, type: str, properties: Mapping[str, Any]) -> tuple[str, str]:
    """Say what is wrong, and the fix where that does not say it, in the words of parameters."""
    path = finding.path.removeprefix("Properties").removeprefix("/")
    parameter = parameter_at(type, path, properties)
    said, noun = _NUMBER_AS_TEXT.sub(r"\1 \2", finding.message), _noun(finding)
    said = _SIZE.sub("is given,", said)
    if key := _OF_A_KEY.match(said):
        return f"{A_KEY}{parameter} {said[key.end() :]}", ""
    if value := _OF_A_VALUE.match(said):
        return f"{parameter}[{value[1]}] {said[value.end() :]}", ""
    if noun and parameter and said.startswith(f"{noun} "):
        return f"{parameter}{said.removeprefix(noun)}", ""
    wrong = re.fullmatch(r'"?(.+?)"? is used where (.+) is needed', said)
    if wrong and parameter:
        return f"{parameter} is {wrong[1]}; allowed: {wrong[2]}", ""
    words = _Words(type, path, properties, parameter)
    message, fix = words.put_into(said), words.put_into(finding.fix)
    fix = _IN_A_UNIT.sub(lambda amount: f"{_UNITS[amount[2]]}({amount[1]})", fix)
    fix = fix.replace(f" a {parameter} ", f" a {parameter.rpartition('.')[2]} ")
    about = None if message.startswith(_NO_SUBJECT) else _SUBJECT.match(message)
    if about and parameter:
        verb = "is" if about[1] in ("is", "are") else "has"
        message = f"{parameter} {verb} {message[about.end() :]}"
        says_enough = "allow" in message and not re.search("leave |remove |, or ", fix)
        return message, "" if says_enough or message.endswith("?") else fix
    before = f"{parameter}: " if parameter and not message.startswith(f"{parameter} ") else ""
    return f"{before}{message}", "" if message.endswith("?") else fix


class _Words:
    """The words of a finding: properties, in whose place parameters are put."""

    def __init__(self, type: str, path: str, properties: Mapping[str, Any], parameter: str) -> None:
        self._way = [type, *(step for step in path.split("/") if not step.isdigit())]
        self._properties = properties
        self._own = parameter

    def put_into(self, text: str) -> str:
        """Put parameters in the place of the properties that a text names."""

        def named(word: re.Match[str]) -> str:
            # A word in capitals is the value of a property, such as VCPU, or speaks of a thing.
            if word[0].isupper() and not _ORDER.search(text[: word.start()]):
                return word[0]
            return self._parameter(word[0])

        return _WORD.sub(named, text)

    def _parameter(self, word: str) -> str:
        """Name the parameter of a property: the one nearest to the finding, else the only one."""
        if word == self._way[-1] and self._own:
            return self._own
        near = ("/".join([*self._way[:end], word]) for end in range(len(self._way), 0, -1))
        found = [self._short(path, known) for path in near if (known := entry(path)) is not None]
        if not found:
            here = (f"{self._way[0]}/", f"/{word}")
            everywhere = {
                self._short(path, known)
                for path, known in table().items()
                if path.startswith(here[0]) and path.endswith(here[1]) and "left_out" not in known
            }
            found = list(everywhere) if len(everywhere) == 1 else []
        return found[0] if found and found[0] else word

    def _short(self, path: str, known: dict[str, Any]) -> str:
        """Return a parameter without what holds it, or what stands for a property without one."""
        if "parameter" in known:
            name: str = known["parameter"].removesuffix("[]")
            return name.rpartition(".")[2]
        kind = re.fullmatch(r"`([A-Z]\w+)`", known.get("by", ""))
        if kind and not kind[1].isupper():
            return kind[1]
        value: Any = self._properties
        for step in path.split("/")[1:]:
            value = value.get(step) if isinstance(value, dict) else None
        below = [f"{path}/{name}" for name in value] if isinstance(value, dict) else []
        return " and ".join(self._short(one, entry(one) or {}) for one in below)
