"""Names that say that their value is secret, and what gives a secret by such a name in a text.

A name is a guess, so whatever may as well be no secret is none: a variable, a path, a number, what
code works out. No value that is found here is ever shown.
"""

from __future__ import annotations

import re
from itertools import chain, islice

from batch_constructs.aws.credential_values import (
    OF_A_SHELL,
    is_access_key,
    is_lower_case_name,
    is_mixed,
    is_short_word,
    looks_chosen,
    points_elsewhere,
)
from batch_constructs.aws.password_options import WRITTEN_OUT, given_to_a_program
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.piped_passwords import pipes_a_password
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    r"(?:passphrase|api[-_.]?key|secret[-_.]?key(?:[-_.]?base)?|private[-_.]?key|client[-_.]?secret"
    r"|secret[-_.]?access[-_.]?key|(?:auth|access|bearer|refresh|api)[-_.]?token)"
)
_BEFORE: Final = r"(?:^|[-_.]|(?-i:(?<=[a-z0-9])(?=[A-Z])))"
_PASSWORD: Final = r"passw(?:or)?d\d{0,3}"  # noqa: S105  # a pattern
_OF_STORES: Final = (
    r"(?:^|[-_.])(?:db|database|mysql|pg|postgres|redis|smtp|ldap|ftp|ssh|admin|root|user)[-_]?pass"
)
_SHORTENED: Final = r"(?:[-_.]|(?-i:(?<=[a-z0-9])(?=P)))pwd"
_OF_TERRAFORM: Final = r"^tf_token_\w{1,200}"
"""https://developer.hashicorp.com/terraform/cli/config/config-file#environment-variable-credentials"""
_STAGE: Final = (
    r"(?:[-_.](?:prod(?:uction)?|live|stag(?:e|ing)|uat|qa|test(?:ing)?|dev(?:elopment)?|\d{1,3}))?"
)
"""What a name may end with that is one of several, for each stage of a program."""

_SURE_NAME: Final = pattern(
    rf"(?:{_BEFORE}{_SURE}|{_PASSWORD}|{_SHORTENED}|{_OF_STORES}|{_OF_TERRAFORM}){_STAGE}$",
    re.IGNORECASE,
)
_OPTION_NAME: Final = pattern(
    rf"(?:{_BEFORE}(?:{_SURE}|token)|{_PASSWORD}|{_OF_STORES}){_STAGE}$", re.IGNORECASE
)
_NAME: Final = pattern(
    rf"(?:{_BEFORE}(?:{_SURE}|secret|token|cred(?:ential)?s?)|{_PASSWORD}|{_SHORTENED}|{_OF_STORES}"
    rf"|{_OF_TERRAFORM}){_STAGE}$",
    re.IGNORECASE,
)
_SHORT_NAME: Final = pattern(rf"{_BEFORE}(?:pass|pw|pwd)(?:$|[-_.])", re.IGNORECASE)
"""What as well names a pass of a renderer, or a folder: the value has to look like a password."""

_CHOSEN_NAME: Final = pattern(
    rf"{_BEFORE}(?:(?:encrypt(?:ion)?|decrypt(?:ion)?|crypto|cipher|aes|hmac|jwt|sign(?:ing|ature)?"
    r"|master|session|cookie|access|account|shared|ssh|deploy|app(?:lication)?|fernet|kaggle"
    r"|azure[-_.]?storage)[-_.]?key|(?:azure|devops|ext|github|gitlab|gh)[-_.]pat|auth|salt|pepper)$",
    re.IGNORECASE,
)
"""What as well names a key by its alias, a kind of log-in: the value has to look like a secret."""

_PASSWORD_NAME: Final = pattern(
    rf"(?:passphrase|{_PASSWORD}|{_SHORTENED}|{_OF_STORES}){_STAGE}$", re.IGNORECASE
)
_OF_A_TOKEN: Final = pattern(rf"{_BEFORE}token{_STAGE}$", re.IGNORECASE)
"""What a place in a text, or in a list, may stand under as well."""

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
    rf"[\"']((?=[A-Za-z_])[\w.-]{{0,60}}?(?i:{_ENDING}))\\?[\"']\s{{0,4}}(?::|\]\s{{0,4}}=)"
    rf"\s{{0,4}}\\?[\"'](?=([^\"'\\]{{1,{_LONGEST}}}))"
)
"""A member of an object of JSON or of a mapping in code, in a text of a shell or of JSON itself."""

_QUOTED_LINE: Final = pattern(
    rf"[\"']((?=[A-Za-z_])[\w.-]{{0,60}}?(?i:{_ENDING})):[ \t]{{1,8}}"
    rf"([^\"'\s\\]{{1,{_LONGEST}}})\n?[\"']"
)
"""A line of a file of settings, which a shell writes: all between two quotation marks."""

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
_SHORTEST_RANDOM: Final = 20

_SHORTEST: Final = len("pw=ab")
_MOST: Final = 1_000
"""So many names of a text are looked at that may say that they are of a secret."""


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
        or low.endswith(("_pat", "-pat", ".pat"))
    )


def may_name_a_credential(json: str | None) -> bool:
    """Tell whether anything of JSON may name a credential, so that each text need not be asked."""
    if json is None:
        return True
    low = json.lower().replace('"secrets"', "")  # where they belong
    return _may_name(low) or "sudo" in low or any(end in low for end in _ENDS_IN_JSON)


_ENDS_IN_JSON: Final = ('_pat"', '-pat"', '.pat"')


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
        return not _is_fetched_by(name, value)
    return _may_as_well_name_one(name, value)


def _is_fetched_by(name: str, value: str) -> bool:
    """Tell whether a value is the name of a secret, or one word for a place, and no secret."""
    if _SURE_NAME.search(name) is not None:
        return False
    return is_lower_case_name(value) or (
        _OF_A_TOKEN.search(name) is not None and is_short_word(value)
    )


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
    if _is_pointer(name, value) or _is_fetched_by(name, value):
        return False
    return _OPTION_NAME.search(name) is not None or _may_as_well_name_one(name, value)


def _is_pointer(name: str, value: str) -> bool:
    """Tell whether a value in a text, which a shell may read, points to a secret."""
    if value[:1] in OF_A_SHELL:
        return True
    of_a_password = _PASSWORD_NAME.search(name) is not None
    value = value.removeprefix(WRITTEN_OUT)
    return (
        points_elsewhere(value, in_a_shell=True, of_a_password=of_a_password)
        or _WORKED_OUT.match(value) is not None
    )


_PWD: Final = pattern(r"(?:^|;)\s{0,9}pwd\s{0,9}=\s{0,9}([^;$%{<\s][^;\s]{3,})", re.IGNORECASE)
_CONNECTION: Final = pattern(
    r"(?:^|;)\s{0,9}(?:data source|database|driver|server|uid|user ?id)\s{0,9}=", re.IGNORECASE
)


def _connects_with_a_password(text: str) -> bool:
    """Tell whether a text is one that ODBC connects by, and has a password."""
    return _PWD.search(text) is not None and _CONNECTION.search(text) is not None


def gives_a_credential(text: str) -> bool:
    """Tell whether a text gives a password or a token by an option, a variable or a member.

    ``--password x``, ``-Ddb.password=x``, ``DB_PASSWORD=x``, ``…?user=a&password=x``,
    ``Server=a;Password=x;`` and ``{"password": "x"}``; or by a line of YAML or a ``.netrc``; or
    hands one over a pipe. ``PWD`` is where a shell is, but for a text such as ``Server=a;Pwd=x;``.
    """
    if len(text) < _SHORTEST:
        return False
    if pipes_a_password(text) or (";" in text and _connects_with_a_password(text)):
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
            # most are of a shell, and point to something: that is soon told
            (_is_key_of_aws(one[1], one[2]) or not _is_pointer(one[1], one[2]))
            and names_a_credential(one[1], one[2])
            for one in assigned
        )
        or any(names_a_credential(one[1], one[2], surely=True) for one in members)
        or _stands_in_a_file(text.replace("\\n", "\n"))
    )


def _stands_in_a_file(text: str) -> bool:
    """Tell whether a text is that of a file of settings with a password, and of no other word."""
    if ": " not in text and "machine" not in text:
        return False
    members = chain(islice(_LINE.finditer(text), _MOST), islice(_QUOTED_LINE.finditer(text), _MOST))
    machines = islice(_NETRC.finditer(text), _MOST)
    return any(
        names_a_credential(one[1], one[2], surely=not _is_random(one[2]))
        and not _is_pointer(one[1], one[2])
        and _is_chosen_word(one[2])
        for one in members
    ) or any(not _is_pointer(one[1], one[2]) for one in machines)


def _is_random(word: str) -> bool:
    """Tell whether a word is so long, and so mixed, that a name which says little is enough."""
    return len(word) >= _SHORTEST_RANDOM and looks_chosen(word)


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


def option_with_credential(words: Sequence[object], *, is_named: bool = True) -> int | None:
    """Find the word of a command that gives an option or a variable its password or token.

    Args:
        words: the words; what is not known is no text.
        is_named: whether a word may be, or have in it, the name of a secret.
    """
    texts = [word if isinstance(word, str) else "" for word in words]
    if not is_named:
        return given_to_a_program(texts)
    for place, word in enumerate(texts):
        if gives_a_credential(word):
            return place
        before = texts[place - 1] if place and word else ""
        option = _OPTION.fullmatch(before) if before.startswith("-") else None
        if option is not None and _is_of_option(option[2], word):
            return place
    return given_to_a_program(texts)
