"""Programs that run code from their command line, and the option before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHELL: Final = r"-[a-z]*c[a-z]*|--command"
_POWERSHELL: Final = r"-c(?:ommand)?|-e(?:ncodedcommand|c)?"
_OPTIONS: Final = {
    "sh": _SHELL,
    "ash": _SHELL,
    "bash": _SHELL,
    "dash": _SHELL,
    "fish": _SHELL,
    "ksh": _SHELL,
    "zsh": _SHELL,
    "csh": _SHELL,
    "mksh": _SHELL,
    "nu": _SHELL,
    "rbash": _SHELL,
    "tcsh": _SHELL,
    "xonsh": _SHELL,
    "busybox": _SHELL,
    "cmd": r"/[ck]",
    "powershell": _POWERSHELL,
    "pwsh": _POWERSHELL,
    "python": r"-[a-z]*c",
    "pypy": r"-[a-z]*c",
    "ipython": r"-c",
    "perl": r"-[a-z0]*e",
    "ruby": r"-[a-z0]*e",
    "jruby": r"-[a-z0]*e",
    "raku": r"-[a-z0]*e",
    "node": r"-[a-z]*[ep]|--eval|--print",
    "nodejs": r"-[a-z]*[ep]|--eval|--print",
    "bun": r"-[ep]|--eval|--print",
    "ts-node": r"-[ep]|--eval|--print",
    "tsx": r"-[ep]|--eval|--print",
    "deno": r"eval",
    "php": r"-r|--run",
    "rscript": r"-e",
    "r": r"-e",
    "julia": r"-[eE]|--eval|--print",
    "lua": r"-e",
    "clojure": r"-e|--eval",
    "elixir": r"-e|--eval",
    "erl": r"-eval",
    "expect": r"-c",
    "groovy": r"-e",
    "guile": r"-c",
    "luajit": r"-e",
    "racket": r"-e|--eval",
    "sbcl": r"--eval",
    "scala": r"-e",
    "psql": r"-c|--command",
    "mysql": r"-e|--execute",
    "mariadb": r"-e|--execute",
    "beeline": r"-e",
    "clickhouse-client": r"-q|--query",
    "duckdb": r"-c|-cmd|-s",
    "hive": r"-e",
    "mongosh": r"--eval",
    "snowsql": r"-q|--query",
    "spark-sql": r"-e",
    "sqlcmd": r"-q",
    "trino": r"--execute",
    "sqlite3": r"-cmd",
    "octave": r"--eval",
    "matlab": r"-r|-batch",
    "eval": r"eval",
    "su": r"-c|--command",
    "runuser": r"-c|--command",
    "flock": r"-c|--command",
    "script": r"-[a-z]*c|--command",
    "awk": r"-e|--source",
    "gawk": r"-e|--source",
    "mawk": r"-e",
    "nawk": r"-e",
    "sed": r"-[a-z]*e|--expression",
    "gsed": r"-[a-z]*e|--expression",
}
"""Program, without the number of its version → the option whose value is code."""

_CODE_FIRST: Final = frozenset({"awk", "gawk", "mawk", "nawk", "sed", "gsed"})
"""Programs whose first word that is no option is code: awk has system(), and sed the command e."""

_FROM_FILE: Final = pattern(r"-[a-zA-Z]*f.*|--file(?:=.*)?")
_WITH_VALUE: Final = pattern(r"-[FvliL]|--(?:field-separator|assign|include|line-length)")

_VERSION: Final = pattern(r"[\d.]+(?:\.exe)?$|\.exe$")
_ANY: Final = pattern(r"-[a-z]*[ce]|--eval|--command|--execute|-Command|/[cC]", re.IGNORECASE)
_FILE: Final = pattern(r"[./]")
_CODE: Final = pattern(r"[\s;()|&$`'\"]")


def code_at(words: Sequence[str | None]) -> int | None:
    """Find the word of a command that an interpreter takes for code, if there is one.

    Args:
        words: the words of a command; None for one that is not known.
    """
    option: str | None = None
    for place, word in enumerate(words):
        if word is None:
            continue
        if option is not None and re.fullmatch(option, word, re.IGNORECASE):
            return _behind(words, place)
        if option is not None and re.match(rf"(?:{option})=", word, re.IGNORECASE):
            return place
        if option is not None and _holds_code(option, word):
            return place
        # Behind a script or a module, options are its own.
        ended = word == "-m" or (word[:1] != "-" and _FILE.search(word) is not None)
        program = _program(word)
        first = _first_operand(words, place) if program in _CODE_FIRST else None
        if first is not None:
            return first
        option = _OPTIONS.get(program) or (None if ended else option)
        # The image's own entry point may be an interpreter, whose option comes first then.
        following = "".join(one or "" for one in words[place + 1 : place + 2])
        if place == 0 and word[:1] in "-/" and _ANY.fullmatch(word) and _CODE.search(following):
            return place + 1
    return None


def _holds_code(option: str, word: str) -> bool:
    """Whether a parameter stands in code that is written onto its option, as in ``-cprint(1)``."""
    short = word[:1] == "-" != word[1:2]
    return short and "Ref::" in word and re.match(rf"(?:{option})", word) is not None


def _behind(words: Sequence[str | None], place: int) -> int | None:
    """Find the code behind an option; a shell takes further options in between."""
    behind = range(place + 1, len(words))
    return next((at for at in behind if (words[at] or "x")[:1] not in "-+"), None)


def _first_operand(words: Sequence[str | None], place: int) -> int | None:
    """Find the code of a program that takes it without an option, if it is given so."""
    option = _OPTIONS[_program(words[place] or "")]
    value = False
    for at in range(place + 1, len(words)):
        word = words[at]
        if value:
            value = False
        elif word is None or _FROM_FILE.fullmatch(word) or re.match(rf"(?:{option})(?:=|$)", word):
            return None
        elif _WITH_VALUE.fullmatch(word):
            value = True
        elif word[:1] != "-":
            return at
    return None


def _program(word: str) -> str:
    """Name the program of a word, without its folder and the number of its version."""
    name = re.split(r"[/\\]", word)[-1].lower()
    return name if name in _OPTIONS else _VERSION.sub("", name)
