"""Programs that take a password from their command line, by an option whose name says nothing."""

from __future__ import annotations

import re

from batch_constructs.aws.credential_values import points_elsewhere
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONGEST: Final = 64
"""So much of a value tells whether it is one."""

_AFTER: Final = (";", ">", "")
"""How a word begins that is none of a program's any more."""

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
        is_last: whether the password is the last word of the command.
        is_first: whether it stands in the first word that is no option.
        takes: the options whose value is the next word, of a program that starts another one: the
            first word that is neither is that other, and what follows is told to it.
    """

    names: str
    option: str
    value: str
    page: str
    behind: str = ""
    is_last: bool = False
    is_first: bool = False
    takes: str = ""


_WHOLE: Final = r"(.+)"

REDIS_PROGRAMS: Final = "redis-cli valkey-cli"
REDIS_PAGE: Final = "https://redis.io/docs/latest/develop/tools/cli/"
"""What is told a password by an option, and code by another."""

WRITTEN_OUT: Final = "pass:"
"""What stands before a password that openssl is given on the command line itself."""

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
        "sshpass",
        r"-p",
        _WHOLE,
        "https://man7.org/linux/man-pages/man1/sshpass.1.html",
        takes="-p -f -d -P",
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
    PasswordOption(
        "aws",
        r"(?:profile\.[\w-]+\.)?aws_(?:secret_access_key|session_token)$",
        _WHOLE,
        "https://docs.aws.amazon.com/cli/latest/reference/configure/set.html",
        behind="set",
    ),
    PasswordOption(
        "mongosh mongo mongodump mongorestore mongoexport mongoimport",
        r"-p",
        _WHOLE,
        "https://www.mongodb.com/docs/mongodb-shell/reference/options/",
    ),
    PasswordOption(
        "sqlcmd", r"-P", _WHOLE, "https://learn.microsoft.com/sql/tools/sqlcmd/sqlcmd-utility"
    ),
    PasswordOption("bcp", r"-P", _WHOLE, "https://learn.microsoft.com/sql/tools/bcp-utility"),
    PasswordOption(
        "sqlplus sqlldr expdp impdp",
        r"(?=[\w$#]{1,64}/[^\s/@]+(?:@|$))",
        r"[^/]+/([^@]+)",
        "https://docs.oracle.com/en/database/oracle/oracle-database/19/sqpug/starting-SQL-Plus.html",
        is_first=True,
    ),
    PasswordOption(
        "7z 7za 7zr 7zz",
        r"-p(?=.)",
        _WHOLE,
        "https://7-zip.opensource.jp/chm/cmdline/switches/password.htm",
    ),
    PasswordOption(
        "unzip zip",
        r"-P",
        _WHOLE,
        "https://manpages.ubuntu.com/manpages/hardy/man1/unzip.1.html",
    ),
    PasswordOption(
        "smbclient",
        r"-U|--user",
        r"[^\s%]*%(.+)",
        "https://www.samba.org/samba/docs/current/man-html/smbclient.1.html",
    ),
    PasswordOption("lftp", r"-u", r"[^\s,]*,(.+)", "https://lftp.yar.ru/lftp-man.html"),
    PasswordOption(
        "openssl",
        r"-pass(?:in|out|word)?$",
        rf"{WRITTEN_OUT}(.+)",
        "https://docs.openssl.org/master/man1/openssl-passphrase-options/",
    ),
    PasswordOption(
        "keytool jarsigner",
        r"-(?:store|key|new|srcstore|deststore|srckey|destkey)pass$",
        _WHOLE,
        "https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html",
    ),
    PasswordOption("twine", r"-p", _WHOLE, "https://twine.readthedocs.io/en/stable/"),
    PasswordOption(
        "az",
        r"-p$",
        _WHOLE,
        "https://learn.microsoft.com/cli/azure/reference-index#az-login",
        behind="login",
    ),
    PasswordOption(
        "helm oras crane",
        r"-p$",
        _WHOLE,
        "https://helm.sh/docs/helm/helm_registry_login/",
        behind="login",
    ),
    PasswordOption(
        "skopeo",
        r"--(?:src-|dest-)?creds",
        r"[^\s:]*:(.+)",
        "https://github.com/containers/skopeo/blob/main/docs/skopeo-copy.1.md",
    ),
    PasswordOption(
        "wandb",
        r"(?=[0-9a-f]{40}$)",
        _WHOLE,
        "https://docs.wandb.ai/ref/cli/wandb-login",
        behind="login",
    ),
    PasswordOption(
        "cqlsh",
        r"-p",
        _WHOLE,
        "https://cassandra.apache.org/doc/stable/cassandra/tools/cqlsh.html",
    ),
    PasswordOption(
        "ldapsearch ldapadd ldapmodify ldapdelete",
        r"-w",
        _WHOLE,
        "https://www.openldap.org/software/man.cgi?query=ldapsearch",
    ),
    PasswordOption(
        "mosquitto_pub mosquitto_sub",
        r"-P",
        _WHOLE,
        "https://mosquitto.org/man/mosquitto_pub-1.html",
    ),
    PasswordOption(
        "htpasswd",
        r"-[A-Za-z0-9]*b[A-Za-z0-9]*$",
        _WHOLE,
        "https://httpd.apache.org/docs/2.4/programs/htpasswd.html",
        is_last=True,
    ),
)
"""The programs that are known to take one so; of others an option has to say what it is."""

_BY_NAME: Final = {name: one for one in PASSWORD_OPTIONS for name in one.names.split()}
_ANY_PROGRAM: Final = pattern(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, _BY_NAME))})(?![\w.-])")


def given_to_a_program(texts: Sequence[str]) -> int | None:
    """Find the word that gives a program its password, or the text of a shell in which one does."""
    if not _names_a_program("\n".join(texts)):
        return None
    return next(
        (place for place, word in enumerate(texts) if _gives_to_a_program(word)),
        _given_to_a_program(texts),
    )


def _names_a_program(text: str) -> bool:
    """Whether one of the programs is named; few texts need the expression for it."""
    return any(map(text.__contains__, _BY_NAME)) and _ANY_PROGRAM.search(text) is not None


def _gives_to_a_program(text: str) -> bool:
    """Whether a word is a text of a shell in which a program is given a password."""
    if " " not in text or not _names_a_program(text):
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
            ends = program.is_first or program.takes
            if ends and word[:1] != "-" and words[place - 1] not in program.takes.split():
                program = None
            continue
        onto = "" if program.is_last else word[option.end() :].lstrip("=").strip(_QUOTES)
        last = place + 1
        while program.is_last and last + 1 < len(words) and words[last + 1][:1] not in _AFTER:
            last += 1
        behind = words[last] if not onto and last < len(words) else ""
        given = re.match(program.value, onto or behind, re.DOTALL)
        if given is not None and not any(
            points_elsewhere(one, in_a_shell=True, of_a_password=True)
            for one in (onto or behind, given[1].strip(_QUOTES))
        ):
            return place if onto else last
        program = None if program.is_last else program
    return None
