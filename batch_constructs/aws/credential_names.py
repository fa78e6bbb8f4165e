"""Names that say that their value is secret, and what gives a secret by such a name in a text.

A name is a guess, so whatever may as well be no secret is none: a variable, a path, a number, what
code works out. No value that is found here is ever shown.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.credential_values import (
    is_access_key,
    is_mixed,
    looks_chosen,
    points_elsewhere,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.piped_passwords import pipes_a_password
from batch_constructs.aws.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECRET_ATTRIBUTES: Final = {
    "AWS::IAM::AccessKey": "SecretAccessKey",
    "AWS::Cognito::UserPoolClient": "ClientSecret",
    "AWS::AppSync::ApiKey": "ApiKey",
}
"""Type of resource → the attribute of it, for ``Fn::GetAtt``, that is a secret itself.

Of all types in CloudFormation's registry schemas these have one among their `readOnlyProperties`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-accesskey.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpoolclient.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-appsync-apikey.html
"""

_SURE: Final = (
    r"(?:passphrase|api[-_.]?key|secret[-_.]?key|private[-_.]?key|client[-_.]?secret"
    r"|secret[-_.]?access[-_.]?key|(?:auth|access|bearer|refresh|api)[-_.]?token)"
)
_BEFORE: Final = r"(?:^|[-_.]|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
_PASSWORD: Final = r"passw(?:or)?d\d{0,3}"  # noqa: S105  # a pattern
_OF_STORES: Final = (
    r"(?:^|[-_.])(?:db|database|mysql|pg|postgres|redis|smtp|ldap|ftp|admin|root|user)[-_]?pass"
)
_SURE_NAME: Final = pattern(
    rf"(?:{_BEFORE}{_SURE}|{_PASSWORD}|[-_.]pwd|{_OF_STORES})$", re.IGNORECASE
)
_OPTION_NAME: Final = pattern(
    rf"(?:{_BEFORE}(?:{_SURE}|token)|{_PASSWORD}|{_OF_STORES})$", re.IGNORECASE
)
_NAME: Final = pattern(
    rf"(?:{_BEFORE}(?:{_SURE}|secret|token|cred(?:ential)?s?)|{_PASSWORD}|[-_.]pwd|{_OF_STORES})$",
    re.IGNORECASE,
)
_SHORT_NAME: Final = pattern(rf"{_BEFORE}(?:pass|pw|pwd)(?:$|[-_.])", re.IGNORECASE)
"""What as well names a pass of a renderer, or a folder: the value has to look like a password."""

_CHOSEN_NAME: Final = pattern(
    rf"{_BEFORE}(?:(?:encrypt(?:ion)?|decrypt(?:ion)?|crypto|cipher|aes|hmac|jwt|sign(?:ing|ature)?"
    r"|master|session|cookie|access|account|shared|ssh|deploy)[-_.]?key|auth|salt|pepper)$",
    re.IGNORECASE,
)
"""What as well names a key by its alias, a kind of log-in: the value has to look like a secret."""

_PASSWORD_NAME: Final = pattern(
    rf"(?:passphrase|{_PASSWORD}|[-_.]pwd|{_OF_STORES})$", re.IGNORECASE
)
_ACCESS_KEY_NAME: Final = pattern(r"secret[-_.]?(?:access[-_.]?)?key$", re.IGNORECASE)

_WORKED_OUT: Final = pattern(r"[A-Za-z_][\w.]{0,60}[(\[]|[a-z_]\w{0,60}\.[a-z_]")
"""A call, an index or a member: code that gives the value."""

_OF_A_PLACE: Final = pattern(r"[/:]|passw|secret|token|key|cred", re.IGNORECASE)
"""What makes a text that is known in part a path or a name, and no password."""

_TOLD: Final = 6
"""Characters that have to be known of a text of which some are not."""

_LONGEST: Final = 64
"""So much of a value tells whether it is one."""

_ENDING: Final = (
    r"(?:pass(?:w(?:or)?d\d{0,3}|phrase)?|key|secret|token|cred(?:ential)?s?|pwd?|auth|salt"
    r"|pepper|(?:pass|pwd?)[-_.]\w{1,20})"
)
"""How a name ends that may say so; all others are passed over before they cost anything."""

_OPTION: Final = pattern(r"--?(D?)([A-Za-z][\w.-]{0,80})")
_OPTION_IN_TEXT: Final = pattern(
    rf"(?<![\w-])-(-?)((?=[A-Za-z])[\w.-]{{0,60}}?(?i:{_ENDING}))(?:=|\s{{1,8}})"
    rf"(?=['\"]?([^\s'\"]{{1,{_LONGEST}}}))"
)
_ASSIGNED: Final = pattern(
    rf"(?<![\w.-])((?=[A-Za-z_])[\w.-]{{0,60}}?(?i:{_ENDING}))="
    rf"(?=['\"]?([^\s'\";&]{{1,{_LONGEST}}}))"
)
_MEMBER: Final = pattern(
    rf"[\"']((?=[A-Za-z_])[\w.-]{{0,60}}?(?i:{_ENDING}))\\?[\"']\s{{0,4}}:\s{{0,4}}\\?[\"']"
    rf"(?=([^\"'\\]{{1,{_LONGEST}}}))"
)
"""A member of an object of JSON, which may stand in a text of a shell or of JSON itself."""

_LINE: Final = pattern(
    rf"^[ \t]{{0,80}}(?:- )?[\"']?((?![Xx]-)(?=[A-Za-z_])[\w.-]{{0,60}}?(?i:{_ENDING}))[\"']?:"
    r"[ \t]{1,8}"
    rf"(?=[\"']?([^\"'\s]{{1,{_LONGEST}}}))\S{{1,400}}[ \t]{{0,80}}(?:[ \t]#[^\n]{{0,400}})?$",
    re.MULTILINE,
)
"""A line of YAML that gives a member one word, and no header of HTTP, which is known by its form.

https://yaml.org/spec/1.2.2/#chapter-8-block-style-productions
"""

_NETRC: Final = pattern(
    r"(?<![\w.-])machine\s{1,8}\S{1,255}\s{1,8}(?:(?:login|account)\s{1,8}\S{1,255}\s{1,8}){0,2}"
    rf"(password)\s{{1,8}}(?=[\"']?([^\"'\s]{{1,{_LONGEST}}}))"
)
"""How programs find a password by the name of a machine.

https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
"""

_SHORTEST_CHOSEN: Final = 6

_SHORTEST: Final = len("pw=ab")
_MOST: Final = 1_000
"""So many names of a text are looked at that may say that they are of a secret."""

_ENDS: Final = pattern(r"[;|&()\n]+")
_QUOTES: Final = "'\"`"


class PasswordOption(Record):
    """How programs take a password from their command line, by an option whose name says nothing.

    Attributes:
        names: the programs.
        option: the option, with what is written onto it.
        value: what of the word is the password: its first group.
        page: where it is described.
        behind: a word that stands between the program and the option.
    """

    names: str
    option: str
    value: str
    page: str
    behind: str = ""


_WHOLE: Final = r"(.+)"

REDIS_PROGRAMS: Final = "redis-cli valkey-cli"
REDIS_PAGE: Final = "https://redis.io/docs/latest/develop/tools/cli/"
"""What is told a password by an option, and code by another."""

PASSWORD_OPTIONS: Final = (
    PasswordOption(
        "curl",
        r"-u|-U|--user|--proxy-user",
        r"[^\s:]*:(.+)",
        "https://curl.se/docs/manpage.html",
    ),
    PasswordOption(
        "mysql mysqldump mysqladmin mysqlimport mariadb mariadb-dump",
        r"-p(?=.)",
        _WHOLE,
        "https://dev.mysql.com/doc/refman/8.4/en/connection-options.html",
    ),
    PasswordOption(
        "sshpass", r"-p", _WHOLE, "https://man7.org/linux/man-pages/man1/sshpass.1.html"
    ),
    PasswordOption(
        REDIS_PROGRAMS,
        "-a|--pass",
        _WHOLE,
        REDIS_PAGE,
    ),
    PasswordOption(
        "docker podman",
        r"-p",
        _WHOLE,
        "https://docs.docker.com/reference/cli/docker/login/",
        behind="login",
    ),
)
"""The programs that are known to take one so; of others an option has to say what it is."""

_BY_NAME: Final = {name: one for one in PASSWORD_OPTIONS for name in one.names.split()}
_ANY_PROGRAM: Final = pattern(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, _BY_NAME))})(?![\w.-])")


def _may_name(text: str) -> bool:
    """Tell whether a text has what stands in every name of a secret; this is asked of each text."""
    low = text.lower()
    return (
        "pass" in low
        or "key" in low
        or "secret" in low
        or "token" in low
        or "pw" in low
        or "cred" in low
        or "auth" in low
        or "salt" in low
        or "pepper" in low
    )


def names_a_credential(name: str, value: str, *, surely: bool = False) -> bool:
    """Tell whether a name says that its value is secret, and the value is more than a pointer.

    Args:
        name: of a variable, an option, a parameter.
        value: what it is; what nobody knows of it is a NUL.
        surely: whether the name may be nothing else than that of a password or a key.
    """
    if not value or not _may_name(name):
        return False
    if _is_key_of_aws(name, value):
        return True
    if points_elsewhere(value, of_a_password=_PASSWORD_NAME.search(name) is not None):
        return False
    if "\0" in value:
        is_told = len(value.replace("\0", "")) >= _TOLD and _OF_A_PLACE.search(value) is None
        return is_told and _SURE_NAME.search(name) is not None
    if (_SURE_NAME if surely else _NAME).search(name) is not None:
        return True
    return _may_as_well_name_one(name, value)


def _is_key_of_aws(name: str, value: str) -> bool:
    return is_access_key(value) and _ACCESS_KEY_NAME.search(name) is not None


def _may_as_well_name_one(name: str, value: str) -> bool:
    """Tell whether a name that says little, and a value that looks like a secret, are of one."""
    if _SHORT_NAME.search(name) is not None and is_mixed(value):
        return True
    return _CHOSEN_NAME.search(name) is not None and looks_chosen(value)


def _is_of_option(name: str, value: str) -> bool:
    """Tell whether an option's name says that its value is secret; ``--secret`` names one."""
    if not _may_name(name):
        return False
    if _is_key_of_aws(name, value):
        return True
    if _is_pointer(name, value):
        return False
    return _OPTION_NAME.search(name) is not None or _may_as_well_name_one(name, value)


def _is_pointer(name: str, value: str) -> bool:
    """Tell whether a value in a text, which a shell may read, points to a secret."""
    of_a_password = _PASSWORD_NAME.search(name) is not None
    return (
        points_elsewhere(value, in_a_shell=True, of_a_password=of_a_password)
        or _WORKED_OUT.match(value) is not None
    )


def gives_a_credential(text: str) -> bool:
    """Tell whether a text gives a password or a token by an option, a variable or a member.

    ``--password x``, ``-Ddb.password=x``, ``DB_PASSWORD=x``, ``…?user=a&password=x``,
    ``Server=a;Password=x;`` and ``{"password": "x"}``; or by a line of YAML or a ``.netrc``; or
    hands one over a pipe.
    """
    if len(text) < _SHORTEST:
        return False
    if pipes_a_password(text):
        return True
    if not _may_name(text):
        return False
    options = islice(_OPTION_IN_TEXT.finditer(text), _MOST)
    assigned = islice(_ASSIGNED.finditer(text), _MOST)
    members = islice(_MEMBER.finditer(text), _MOST)
    return (
        any(
            _is_of_option(one[2] if one[1] else one[2].removeprefix("D"), one[3]) for one in options
        )
        or any(
            names_a_credential(one[1], one[2])
            and (_is_key_of_aws(one[1], one[2]) or not _is_pointer(one[1], one[2]))
            for one in assigned
        )
        or any(names_a_credential(one[1], one[2], surely=True) for one in members)
        or _stands_in_a_file(text.replace("\\n", "\n"))
    )


def _stands_in_a_file(text: str) -> bool:
    """Tell whether a text is that of a file of settings with a password, and of no other word."""
    if ": " not in text and "machine" not in text:
        return False
    members = islice(_LINE.finditer(text), _MOST)
    machines = islice(_NETRC.finditer(text), _MOST)
    return any(
        names_a_credential(one[1], one[2], surely=True)
        and not _is_pointer(one[1], one[2])
        and _is_chosen_word(one[2])
        for one in members
    ) or any(not _is_pointer(one[1], one[2]) for one in machines)


def _is_chosen_word(word: str) -> bool:
    """Tell whether a word of a file of settings looks like a password, and like no word or name."""
    if is_mixed(word):
        return True
    return (
        len(word) >= _SHORTEST_CHOSEN
        and any(one.isdigit() for one in word)
        and any(one.isalpha() for one in word)
        and _OF_A_PLACE.search(word) is None
    )


def option_with_credential(words: Sequence[object]) -> int | None:
    """Find the word of a command that gives an option or a variable its password or token."""
    texts = [word if isinstance(word, str) else "" for word in words]
    for place, word in enumerate(texts):
        if gives_a_credential(word):
            return place
        before = texts[place - 1] if place and word else ""
        option = _OPTION.fullmatch(before) if before.startswith("-") else None
        if option is not None and _is_of_option(option[2], word):
            return place
    if _ANY_PROGRAM.search("\n".join(texts)) is None:
        return None
    return next(
        (place for place, word in enumerate(texts) if _gives_to_a_program([word])),
        _given_to_a_program(texts),
    )


def _gives_to_a_program(words: list[str]) -> bool:
    """Whether a word is a text of a shell in which a program is given a password."""
    [text] = words
    if _ANY_PROGRAM.search(text) is None or " " not in text:
        return False
    return _given_to_a_program([*_words(text)]) is not None


def _words(text: str) -> Iterator[str]:
    for word in _ENDS.sub(" ; ", text).split():
        yield word.strip(_QUOTES)


def _given_to_a_program(words: Sequence[str]) -> int | None:
    """Find the word that is, or ends with, the password for the program before it."""
    program: PasswordOption | None = None
    is_there = False
    for place, word in enumerate(words):
        known = _BY_NAME.get(word.rpartition("/")[2]) if len(word) < _LONGEST * 4 else None
        if known is not None or word == ";":
            program, is_there = known, known is not None and not known.behind
            continue
        if program is None:
            continue
        is_there = is_there or word == program.behind
        option = re.match(program.option, word) if is_there else None
        if option is None:
            continue
        onto = word[option.end() :].lstrip("=").strip(_QUOTES)
        behind = words[place + 1] if not onto and place + 1 < len(words) else ""
        given = re.match(program.value, onto or behind, re.DOTALL)
        if given is not None and not any(
            points_elsewhere(one, in_a_shell=True, of_a_password=True)
            for one in (onto or behind, given[1].strip(_QUOTES))
        ):
            return place if onto else place + 1
    return None
