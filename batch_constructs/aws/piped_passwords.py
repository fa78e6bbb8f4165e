"""Passwords that a shell hands to a program: by ``echo`` or ``printf`` and a pipe, or ``<<<``."""

from __future__ import annotations

from itertools import islice

from batch_constructs.aws.credential_values import points_elsewhere
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import Final


class PasswordReader(Record):
    """How a program is told to read a password from its standard input.

    Attributes:
        command: a regular expression that finds it among the words of a command.
        page: where it is described.
    """

    command: str
    page: str


PASSWORD_READERS: Final = (
    PasswordReader(
        r"--password-stdin(?![\w-])", "https://docs.docker.com/reference/cli/docker/login/"
    ),
    PasswordReader(
        r"(?<![\w.-])sudo\s(?:[^\n]{0,80}?\s)?(?:-[A-Za-z]{0,8}S|--stdin)(?![\w-])",
        "https://www.sudo.ws/docs/man/sudo.man/",
    ),
    PasswordReader(r"--with-token(?![\w-])", "https://cli.github.com/manual/gh_auth_login"),
    PasswordReader(
        r"(?<![\w.-])chpasswd(?![\w.-])", "https://man7.org/linux/man-pages/man8/chpasswd.8.html"
    ),
    PasswordReader(
        r"--passphrase-fd[=\s]0(?!\w)", "https://www.gnupg.org/documentation/manuals/gnupg/"
    ),
    PasswordReader(
        r"-pass(?:in|out)?\sstdin(?!\w)",
        "https://docs.openssl.org/master/man1/openssl-passphrase-options/",
    ),
)
"""The ways that are known; of others nobody can say that it is a password."""

_READS: Final = pattern("|".join(one.command for one in PASSWORD_READERS))

_WORD: Final = r"(?:'([^'\n]{1,200})'|\"([^\"\n]{1,200})\"|([^\s'\"|;&<>]{1,200}))"
_COMMAND: Final = r"([^|;&\n]{1,200})"
_PIPED: Final = pattern(
    r"(?<![\w.-])(?:echo|printf)\s{1,4}(?:-[neE]{1,3}\s{1,4})?"
    rf"(?:['\"]?%s(?:\\{{1,2}}n)?['\"]?\s{{1,4}})?{_WORD}\s{{0,4}}\|\s{{0,8}}{_COMMAND}"
)
_HERE: Final = pattern(rf"(?<![^|;&\n]){_COMMAND}<<<\s{{0,4}}{_WORD}")
_MOST: Final = 1_000
_LEAST: Final = 4
"""So many signs has a password at least; fewer are an answer, such as ``y``."""


def pipes_a_password(text: str) -> bool:
    """Tell whether a text of a shell writes a password to the input of a program that reads one."""
    here = "<<<" in text
    if not here and ("|" not in text or ("echo" not in text and "printf" not in text)):
        return False
    if _READS.search(text) is None:
        return False
    whole = text.replace("\\\n", " ")
    given = [((one[1], one[2], one[3]), one[4]) for one in islice(_PIPED.finditer(whole), _MOST)]
    if here:
        given += [
            ((one[2], one[3], one[4]), one[1]) for one in islice(_HERE.finditer(whole), _MOST)
        ]
    return any(
        _READS.search(command) is not None and any(_is_password(one) for one in words if one)
        for words, command in given
    )


def _is_password(word: str) -> bool:
    """Tell whether a word is a password, or a user's name and, behind a colon, one."""
    last = word.removesuffix("\\n").rpartition(":")[2]
    return len(last) >= _LEAST and not any(
        points_elsewhere(one, in_a_shell=True, of_a_password=True) for one in (word, last)
    )
