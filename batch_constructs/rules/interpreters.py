"""Programs that run code from their command line, and the option before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.pattern import pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHELL: Final = r"-[a-z]*c|--command"
_POWERSHELL: Final = r"-c(?:ommand)?|-e(?:ncodedcommand|c)?"
_OPTIONS: Final = {
    "sh": _SHELL,
    "ash": _SHELL,
    "bash": _SHELL,
    "dash": _SHELL,
    "fish": _SHELL,
    "ksh": _SHELL,
    "zsh": _SHELL,
    "busybox": _SHELL,
    "cmd": r"/[ck]",
    "powershell": _POWERSHELL,
    "pwsh": _POWERSHELL,
    "python": r"-[a-z]*c",
    "pypy": r"-[a-z]*c",
    "perl": r"-[a-z0]*e",
    "ruby": r"-[a-z0]*e",
    "node": r"-[a-z]*[ep]|--eval|--print",
    "nodejs": r"-[a-z]*[ep]|--eval|--print",
    "bun": r"-[ep]|--eval|--print",
    "deno": r"eval",
    "php": r"-r|--run",
    "rscript": r"-e",
    "r": r"-e",
    "julia": r"-[eE]|--eval|--print",
    "lua": r"-e",
    "groovy": r"-e",
    "scala": r"-e",
    "psql": r"-c|--command",
    "mysql": r"-e|--execute",
    "sqlite3": r"-cmd",
    "octave": r"--eval",
    "matlab": r"-r|-batch",
    "eval": r"eval",
    "su": r"-c|--command",
}
"""Program, without the number of its version → the option whose value is code."""

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
        # Behind a script or a module, options are its own.
        ended = word == "-m" or (word[:1] != "-" and _FILE.search(word) is not None)
        option = _option_of(word) or (None if ended else option)
        # The image's own entry point may be an interpreter, whose option comes first then.
        following = "".join(one or "" for one in words[place + 1 : place + 2])
        if place == 0 and word[:1] in "-/" and _ANY.fullmatch(word) and _CODE.search(following):
            return place + 1
    return None


def _behind(words: Sequence[str | None], place: int) -> int | None:
    """Find the code behind an option; a shell takes further options in between."""
    behind = range(place + 1, len(words))
    return next((at for at in behind if (words[at] or "x")[:1] not in "-+"), None)


def _option_of(word: str) -> str | None:
    """Give the option of an interpreter, by the name of its program."""
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    return _OPTIONS.get(name) or _OPTIONS.get(name.removesuffix(".exe").rstrip("0123456789."))
