"""What a value is that stands under the name of a secret: the secret itself, or what points to one.

A reference is one as a whole: a password that only begins with a sign of one is still a password.
"""

from __future__ import annotations

import re

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import Final

_LONGEST: Final = 64
"""So much of a value tells whether it is one."""

_SHORTEST: Final = 8
"""Characters that a value has at least that looks like a password, as passwords are asked for."""

_ELSEWHERE: Final = pattern(
    r"arn:|alias/|(?:env|file|fd):|[a-z][a-z0-9+.-]*://|Ref::|\0|\$[({]|[{\[][\s\"'\\{\[]|changeit$"
    r"|(?:true|false|none|null|yes|no)$",
    re.IGNORECASE,
)
"""Where a secret lies, what a shell or a deployment puts there, an object of JSON, and no value.

``changeit`` is what every Java has: https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html
"""

_NUMBER: Final = pattern(r"\d{1,7}$")
_PIN: Final = 4
"""Digits that a password has at least that is a number."""

_SIGN: Final = pattern(r"[/.~@$`<{\[%*-]")
"""What references begin with."""

OF_A_SHELL: Final = frozenset("$`%-")
"""Those with which a reference of a shell begins, or an option of a program."""

_CLOSED_BY: Final = {"<": ">", "{": "}", "[": "]", "`": "`", "%": "%", "*": "*"}

_OF_A_NAME: Final = pattern(r"passw|secret|token|key|cred", re.IGNORECASE)
"""What the name of a variable or a file has in it that a secret is fetched by."""

_FURTHER: Final = pattern(r"/|\$[A-Za-z_{(]|\.[A-Za-z]\w{0,4}$")
"""A folder, another variable, or the ending of a file."""

_OF_A_KEY: Final = 40
_ACCESS_KEY: Final = pattern(rf"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]{{{_OF_A_KEY}}}")
"""What AWS gives to go with an access key.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

_RANDOM: Final = pattern(
    r"[0-9a-f]{32,}|[0-9A-F]{32,}|(?=.*\d)(?=.*[a-z])[a-z0-9]{40,}"
    r"|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9+/]{40,}={0,2}"
)
_LOWER_CASE_NAME: Final = pattern(
    r"[a-z]{2,40}\d{0,2}(?:[-_./](?:[a-z]{1,40}\d{0,2}|\d{1,4})){1,20}"
)
"""Two words at least, as a secret of Secrets Manager is named; no random key has its form."""

_SHORT_WORD: Final = pattern(r"[a-z]{1,7}")
_FILE: Final = pattern(r"\.[A-Za-z]\w{0,5}$")
_OF_A_METHOD: Final = pattern(
    r"auth|basic|digest|scram|hmac|sha-?\d|aes|rsa|ecdsa|ed25519", re.IGNORECASE
)
"""What the name of a way to log in, to sign or to encrypt has in it."""


def is_mixed(value: str) -> bool:
    """Whether a value has signs of three kinds at least, as passwords have that somebody set."""
    some = value[:_LONGEST]
    if len(some) < _SHORTEST or " " in some:
        return False
    kinds = (
        any(one.islower() for one in some),
        any(one.isupper() for one in some),
        any(one.isdigit() for one in some),
        any(not one.isalnum() and one not in "-_./:,= \0" for one in some),
    )
    return sum(kinds) >= 3  # noqa: PLR2004  # as passwords are asked for


def is_access_key(value: str) -> bool:
    """Whether a value has the form of the secret that goes with an access key of AWS."""
    return len(value) == _OF_A_KEY and _ACCESS_KEY.fullmatch(value) is not None


def is_lower_case_name(value: str) -> bool:
    """Whether a value has the form of a name, such as ``prod/db/password``."""
    return _LOWER_CASE_NAME.fullmatch(value) is not None


def is_short_word(value: str) -> bool:
    """Whether a value is one word in small letters, too short for what anybody issues."""
    return _SHORT_WORD.fullmatch(value) is not None


def points_elsewhere(value: str, *, in_a_shell: bool = False, of_a_password: bool = False) -> bool:
    """Tell whether a value stands in the place of a secret and is none.

    Args:
        value: what stands there.
        in_a_shell: whether a shell reads it, for which ``$`` and a back-quote always begin a
            reference.
        of_a_password: whether it is a password's place, where a number is one.
    """
    if _ELSEWHERE.match(value):
        return True
    if _NUMBER.match(value):
        return not of_a_password or len(value) < _PIN
    if not _SIGN.match(value):
        return False
    sign, rest = value[0], value[1:]
    if (in_a_shell and sign in OF_A_SHELL) or rest.endswith(_CLOSED_BY.get(sign, "\0")):
        return True
    named = _OF_A_NAME.search(rest) or _FURTHER.search(rest)
    return named is not None or not is_mixed(rest)


def looks_chosen(value: str) -> bool:
    """Tell whether a value looks like a password or a random key, and like no name of anything."""
    if _RANDOM.fullmatch(value):
        return True
    last = value.rpartition(":")[2]
    return (
        is_mixed(last)
        and "/" not in last
        and _FILE.search(last) is None
        and _OF_A_NAME.search(last) is None
        and _OF_A_METHOD.search(last) is None
    )
