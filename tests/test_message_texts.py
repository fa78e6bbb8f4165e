"""The spelling of all that is said, read in the code: each sentence has one, and each has a form.

``test_messages.py`` makes mistakes and looks at what is said; here nothing has to be made first.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.message_texts import PACKAGE, Text, texts
from tests.spelling import property_names

ROOT = PACKAGE.parent
OURS = ("compute/", "jobs/", "queues/", "triggers/", "workflows/", "monitoring/")
"""The rooms whose messages are about parameters, beside the files of the package itself."""

FIX = re.compile(
    r"(?:leave|give|set|write|use|make|add|name|put|let|choose|change|move|raise|lower|take|run"
    r"|allow|remove|shorten|spell|fetch|build|divide|drop|create|import|pass|check) "
)
"""How what to do begins."""

FILLING = frozenset({"a", "an", "the", "that", "which", "only", "just", "also", "too", "its"})


def in_constructors() -> Iterator[Text]:
    """Give the texts of the rooms that make constructs, and of the files beside them."""
    for text in texts():
        if text.file.startswith(OURS) or ("/" not in text.file and "cli" not in text.file):
            yield text


def found(pattern: str, among: Iterator[Text]) -> list[str]:
    return [f"{one.file}:{one.line} {one.said}" for one in among if re.search(pattern, one.said)]


def is_prose(text: Text) -> bool:
    """Whether a text is for people: no shell, SQL, address or sentence of AWS's."""
    return not re.search(r"https?://|^ |\n|^[A-Z]{3,} |\\[a-z(]|\$\{|^aws/", text.said) and (
        not text.file.startswith(("aws/", "local/adapter/", "adopt/"))
    )


def test_what_is_to_be_done_has_one_spelling() -> None:
    """Two fixes of the same words, but for order and words that say nothing, are one sentence."""
    spelled: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for text in filter(is_prose, texts()):
        for clause in re.split(r"[:;] |, or |, and ", text.said):
            words = re.findall(r"[a-z][a-z'-]+", clause.lower())
            telling = tuple(sorted(word for word in words if word not in FILLING))
            if FIX.match(clause) and len(telling) > 2 and clause[:6] != "leave ":
                said = re.sub(r"\d+", "N", clause.strip(" .?,").lower())  # a number is no spelling
                spelled[telling].setdefault(said, f"{text.file}:{text.line}")

    assert [several for several in spelled.values() if len(several) > 1] == []


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"\bleave out\b|\bleave one out\b", "leave … out, leave one of them out"),
        (r"[:;,] (?:or )?remove (?:it|them|one)\b", "leave it out"),
        (r"; (?:give|leave|set|write|use|make|add|let|name|put|take)\b", "a colon before the fix"),
        (r"^(?:\w+|\{\}) holds\b", "has"),
        (r"'\{\}'|`\{\}`", 'quotation marks: "…"'),
        (r"\bAWS wants\b|\bthere are (?:only )?\{\}$|\bhas to be (?:a|an|one)\b", "allowed:"),
        (r"\bmust be\b|\bshould be\b|\bplease\b|\binvalid (?:value|argument)\b", "allowed:"),
        (r"\ballowed (?:is|are)\b|\bAllowed\b|\bexpects\b|\bexpected:", "allowed:, expected"),
        (r"[a-z]; did you mean", ": did you mean"),
    ],
)
def test_a_refusal_is_spelt_as_all_others(pattern: str, instead: str) -> None:
    assert found(pattern, filter(is_prose, in_constructors())) == [], instead


def test_what_is_said_of_a_parameter_names_no_property_of_cloudformation() -> None:
    refusals = [one for one in in_constructors() if re.search(r": |; | is |expected", one.said)]
    named = {f"{one.file}:{one.line}": property_names(one.said) for one in refusals}

    assert {where: names for where, names in named.items() if names} == {}


def test_a_number_is_written_as_it_is_typed() -> None:
    """``10000`` and not ``10,000``: what is allowed can be copied into the call."""
    lines = ((path, line) for path in PACKAGE.rglob("*.py") for line in path.open())
    assert [each for each in lines if re.search(r"\{[^{}]*:,(\.\d+f)?\}", each[1])] == []
    assert [one.said for one in texts() if re.search(r"\ballowed\b.*\d,\d{3}\b", one.said)] == []


def test_a_refusal_ends_without_a_full_stop() -> None:
    """It is a line in a list; a sentence about a resource, such as a description, ends with one."""
    refusals = (one for one in in_constructors() if re.search(r"\ballowed\b|expected", one.said))

    assert found(r"\.$", refusals) == []


def test_no_two_spaces_stand_between_words() -> None:
    assert found(r"\w[,;:.]?  +\w", filter(is_prose, texts())) == []


STIFF = (
    r"\b(?:anew|beside|mend(?:s|ed)?|for ever|tells? of|told of|reckon|is said|whoever|hears? of"
    r"|tak(?:e|es|en) in|hand(?:s|ed)? (?:on|over)|may not|(?<!there )(?:is|are) no (?!longer)"
    r"|so that (?:no|every|each|one|all|it|this|they|these|AWS))\b|, since [a-z]"
)


def test_what_is_said_is_said_in_plain_words() -> None:
    assert found(STIFF, filter(is_prose, texts())) == []


BRITISH = r"\b(?:behaviour|colour|honour|favour|neighbour|centre|grey|catalogue|labell)"
ENDINGS = r"\b(?:author|organ|recogn|normal|serial|initial|custom|minim|maxim|optim|util|summar)is"


def test_english_is_spelt_as_amazon_spells_it() -> None:
    """But for licences, which is a user's word of an example."""
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    read = {page.name: page.read_text() for page in pages}
    read |= {f"{text.file}:{text.line}": text.said for text in texts()}
    pattern = re.compile(rf"{BRITISH}\w*|{ENDINGS}(?:e|ed|es|ing|ation)\b", re.IGNORECASE)

    assert {
        where: words
        for where, text in read.items()
        if (words := {word.lower() for word in pattern.findall(text)})
    } == {}


@pytest.mark.parametrize(
    "said",
    [
        "give one: leave out the other",
        "the value is wrong; give another",
        "queues holds a text",
        "'{}' is no name",
    ],
)
def test_another_spelling_would_be_found(said: str) -> None:
    patterns = test_a_refusal_is_spelt_as_all_others.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's mark

    assert any(re.search(pattern, said) for pattern, _ in patterns)
