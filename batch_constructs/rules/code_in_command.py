"""The words of a command that are code, for the program that they are given to."""

from __future__ import annotations

import re
from itertools import islice

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.interpreters import Program, program_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ANY: Final = pattern(r"-[a-z]*[ce]|--eval|--command|--execute|-Command|/[cC]", re.IGNORECASE)
_FILE: Final = pattern(r"(?!\d[\d.]*$)[^-].*[./]|[./]", re.DOTALL)
_CODE: Final = pattern(r"[\s;()|&$`'\"]")
_WRAPPERS: Final = frozenset(
    (
        *("busybox", "chrt", "command", "doas", "dumb-init", "env", "exec", "ionice", "nice"),
        *("nohup", "numactl", "setsid", "stdbuf", "strace", "sudo", "taskset", "time", "timeout"),
        *("tini", "toybox", "xargs"),
    )
)
"""Programs that run the program behind them."""

_OF_A_WRAPPER: Final = pattern(r"-.*|\d.*|\w+=.*", re.DOTALL)
_NAMED_VALUES: Final = {"--arg": 2, "--argjson": 2, "--slurpfile": 2, "--rawfile": 2}
"""Options of jq that take more than one value."""

_QUOTED: Final = pattern(r":::[+:]?.*")
"""Behind this, GNU parallel gives the words to the command as they are."""


def marked_code(words: Sequence[str | None], mark: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Find each mark in a word that a program takes for code, with the word's place.

    Args:
        words: the words of a command; None for one that is not known.
        mark: what is looked for, with one group; few commands have any.
    """
    if any(word and mark.search(word) for word in words):
        for place in code_in(words):
            yield from ((place, one) for one in mark.findall(words[place] or ""))


def code_in(words: Sequence[str | None]) -> list[int]:
    """Find the words of a command that a program takes for code.

    Args:
        words: the words of a command; None for one that is not known.
    """
    if _is_of_the_entry_point(words):
        return [1, *_evaluated(words, [1])]
    program: Program | None = None
    files = 0
    wrapping = enumerate(words)
    first = next((place for place, one in wrapping if not _goes_before(one, place)), len(words))
    for place, word in enumerate(words):
        if word is None:
            continue
        found = _of_option(program, words, place) if program is not None else None
        if found is not None:
            return [*found, *_evaluated(words, found)]
        # Behind a script or a module, options are its own.
        is_file = _FILE.match(word) is not None
        if program is not None and place and _is_from_file(program, words[place - 1]):
            is_file = False
        files += is_file
        ended = word == "-m" or (is_file and (program is None or files > program.files))
        ended = ended or (program is not None and _is_beyond(program, word))
        new = program_of(word)
        if new is not None and new.operand and (place <= first or words[place - 1] == "--"):
            found = _operands(new, words, place)
            if found:
                return found
        if new is not None and not new.option:
            new = None  # a word of the program before it, or its code stands elsewhere
        if new is not None:
            files = 0
        program = new or (None if ended else program)
    return []


def _is_of_the_entry_point(words: Sequence[str | None]) -> bool:
    """Whether code comes first: the image's own entry point may be an interpreter."""
    option, following = [*words[:2], None, None][:2]
    return (
        (option or "x")[0] in "-/"
        and _ANY.fullmatch(option or "") is not None
        and _CODE.search(following or "") is not None
    )


_EVALUATES: Final = pattern(
    r"\b(?:(eval)\s|(?:(?:ba|da|k|z)?sh|python[\d.]{0,6}|perl|ruby|node)(?:\s{1,4}-\w{1,12}){0,3}?"
    r"\s{1,4}-\w{0,8}[ce]\s{1,4}(?=[\"']?\$|\"))"
)
_LONGEST_CODE: Final = 200
_MOST: Final = 20
"""No code that anybody writes evaluates as often."""

_END: Final = pattern(r"[;|&\n]")
_POSITION: Final = pattern(r"(?<!\\)\$\{?([0-9@*])")
_IN_QUOTES: Final = pattern(r"\"((?:[^\"\\]|\\.)*)", re.DOTALL)
"""What a shell fills in before the shell, or the program, within it reads the code."""


def _evaluated(words: Sequence[str | None], code: list[int]) -> Iterator[int]:
    """Give the words behind a shell's code that it takes for code in turn, such as `eval "$1"`."""
    [place, *several] = code or [len(words)]
    text = words[place] if place < len(words) and not several else None
    asked: set[str] = set()
    for one in islice(_EVALUATES.finditer(text or ""), _MOST):
        rest = (text or "")[one.end() : one.end() + _LONGEST_CODE]
        quoted = None if one[1] else _IN_QUOTES.match(rest)
        if quoted is not None:
            given = quoted[1]
        else:
            given = _END.split(rest, 1)[0] if one[1] else rest.lstrip("'")[:3]
        asked.update(_POSITION.findall(given))
    first = place + 1  # the shell calls it $0
    behind = range(first, len(words))
    if asked & {"@", "*"}:
        yield from behind[1:]
    else:
        yield from (at for at in (first + int(one) for one in sorted(asked)) if at in behind)


def _is_beyond(program: Program, word: str) -> bool:
    """Whether a word begins the command that a program runs, whose options are its own."""
    if program.before is None:
        return False
    return word == "--" or (word[:1] != "-" and word not in program.before.split())


def _of_option(program: Program, words: Sequence[str | None], place: int) -> list[int] | None:
    """Find the code of an option, behind it or written onto it; None if the word is no option."""
    word = words[place] or ""
    if not program.option:
        return None
    if program.is_option.fullmatch(word):
        # a shell takes further options between its option and the code
        behind = range(place + 1, len(words))
        first = next(
            (
                at
                for at in behind
                if (words[at] or "x")[:1] not in "-+"
                and not program.is_valued.fullmatch(words[at - 1] or "")
            ),
            None,
        )
        if first is None:
            return []
        several = program.all_behind and not program.operand
        return [*range(first, len(words))] if several else [first]
    if "=" in word and program.is_assigned.match(word):
        return [place]
    if word[:1] in "-+" and word[:2] != "--" and "Ref::" in word:
        return [place] if program.is_option.match(word) else None
    return None


def _operands(program: Program, words: Sequence[str | None], place: int) -> list[int]:
    """Find the code of a program that takes it without an option, if it is given so."""
    met = skipped = 0
    for at in range(place + 1, len(words)):
        word = words[at]
        if skipped:
            skipped -= 1
        elif word is None or _ends(program, word):
            break
        elif word[:1] == "-":
            skipped = _NAMED_VALUES.get(word, int(program.is_valued.fullmatch(word) is not None))
        else:
            met += 1
            if met == program.operand:
                return [at, *_all_behind(words, at)] if program.all_behind else [at]
    return []


def _all_behind(words: Sequence[str | None], place: int) -> Iterator[int]:
    """Give the words behind one, up to those that GNU parallel gives on as they are."""
    for at in range(place + 1, len(words)):
        if _QUOTED.fullmatch(words[at] or ""):
            break
        yield at


def _ends(program: Program, word: str) -> bool:
    """Whether an option says that the code stands elsewhere."""
    return _is_from_file(program, word) or program.ends.match(word) is not None


def _is_from_file(program: Program, word: str | None) -> bool:
    """Whether a word is the option behind which the code stands in a file."""
    return program.from_file != "" and program.is_from_file.fullmatch(word or "") is not None


def _goes_before(word: str | None, place: int) -> bool:
    """Whether a word may stand before a program: what wraps one, and behind it an option of that.

    Behind another, a program's name may as well be a word of it, such as a subcommand.
    """
    return word in _WRAPPERS or (place > 0 and _OF_A_WRAPPER.fullmatch(word or "") is not None)
