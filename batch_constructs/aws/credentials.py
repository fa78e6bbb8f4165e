"""What a password, a token or a key looks like, as those who issue it publish it.

A value that is found here is never shown: what may be a secret stands in no message.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from batch_constructs.aws.issued_tokens import (
    COLLECTED,
    issued_token_in,
    without_issued_tokens,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record


class Credential(Record):
    """One kind of credential.

    Attributes:
        noun: what it is called in a message.
        pattern: a regular expression that finds it in a text.
        page: where its form is published.
    """

    noun: str
    pattern: str
    page: str


TEMPORARY_KEY: Final = "ASIA"
"""What the ID of an access key begins with that is good for a time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

_KEYS: Final = ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP ")
"""What stands before ``PRIVATE KEY`` in the first line of one."""

_ENCODED_KEYS: Final = tuple(
    b64encode(first[: len(first) // 3 * 3]).decode()
    for first in (f"-----BEGIN {kind}PRIVATE KEY".encode() for kind in _KEYS)
)
"""How each begins where the whole file is written in Base64, as it is for a variable."""

CREDENTIALS: Final = (
    Credential(
        "an access key of AWS",
        rf"\b(?:AKIA|{TEMPORARY_KEY})(?![A-Z2-7]{{9}}EXAMPLE)[A-Z2-7]{{16}}\b",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
    ),
    Credential(
        "a token of GitHub",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github",
    ),
    Credential(
        "a token of GitLab",
        r"\bgl(?:pat|ptt|dt|rt|cbt|oas|soat|agent|ft|ffct|imt)-[A-Za-z0-9_-]{20,255}\b",
        "https://docs.gitlab.com/security/tokens/",
    ),
    Credential(
        "a token of Slack",
        r"\b(?:xox[abeprs]-[A-Za-z0-9-]{10,255}|xapp-\d-[A-Za-z0-9-]{10,255})"
        r"|\bhooks\.slack\.com/services/T\w{6,20}/B\w{6,20}/\w{16,40}",
        "https://docs.slack.dev/authentication/tokens",
    ),
    Credential(
        "a key of Stripe",
        r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}\b",
        "https://docs.stripe.com/keys",
    ),
    Credential(
        "an API key of Google",
        r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
        "https://docs.cloud.google.com/docs/authentication/api-keys",
    ),
    Credential(
        "a token of Hugging Face",
        r"\bhf_[A-Za-z0-9]{30,64}\b",
        "https://huggingface.co/docs/hub/security-tokens",
    ),
    Credential(
        "a token of npm",
        r"\bnpm_[A-Za-z0-9]{36}\b",
        "https://github.blog/2021-09-23-announcing-npms-new-access-token-format/",
    ),
    Credential(
        "a token of PyPI",
        r"\bpypi-[A-Za-z0-9_-]{40,255}",
        "https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
    ),
    Credential("a key of Anthropic", r"\bsk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,255}", COLLECTED),
    Credential(
        "a key of OpenAI",
        r"\bsk-(?:[A-Za-z0-9_-]{16,200}T3BlbkFJ[A-Za-z0-9_-]{16,200}"
        r"|(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,255})",
        COLLECTED,
    ),
    Credential(
        "a key of SendGrid", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])", COLLECTED
    ),
    Credential(
        "a header that authorizes",
        r"\b(?:(?:[Pp]roxy-)?[Aa]uthorization[\"']?:\s{0,4}[\"']?(?:[Bb]earer|[Bb]asic|[Tt]oken)\s{1,4}"
        r"|[Xx](?:-[A-Za-z]{2,12}){0,2}-(?:[Kk][Ee][Yy]|[Tt][Oo][Kk][Ee][Nn]):\s{0,4}"
        r"(?=\S{0,60}\d)|[Pp][Rr][Ii][Vv][Aa][Tt][Ee]-[Tt][Oo][Kk][Ee][Nn]:\s{0,4})"
        r"(?=[A-Za-z0-9+/=._~-]{8,})(?!Ref::)",
        "https://www.rfc-editor.org/rfc/rfc9110#name-authorization",
    ),
    Credential(
        "a signed URL of Azure Storage",
        r"[?&]sig=(?:[A-Za-z0-9+/]|%2[BbFf]){43}(?:=|%3[Dd])",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
    ),
    Credential(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "https://www.rfc-editor.org/rfc/rfc7468",
    ),
    Credential(
        "a private key in Base64",
        rf"(?<![A-Za-z0-9+/])(?:{'|'.join(_ENCODED_KEYS)})[A-Za-z0-9+/=]",
        "https://www.rfc-editor.org/rfc/rfc4648#section-4",
    ),
    Credential(
        "a JSON Web Token",
        r"(?<![\w-])eyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10}",
        "https://www.rfc-editor.org/rfc/rfc7519",
    ),
    Credential(
        "a URL with a password",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#]{0,100}:(?!Ref::|[$<{\[%*\0]|\W*@)[^\s/@]{1,200}@",
        "https://www.rfc-editor.org/rfc/rfc3986",
    ),
    Credential(
        "a data source name with a password",
        r"(?<![^\s\"'=])[^\s:/@\"'=]{1,64}:(?!Ref::|[$<{\[%*\0]|\W*@)[^\s@]{1,200}@(?:tcp6?|udp|unix)\(",
        "https://github.com/go-sql-driver/mysql#dsn-data-source-name",
    ),
)
"""Each kind that has more than a beginning to be known by; see `issued_tokens` for the others."""

_FOUND: Final = pattern("|".join(f"({one.pattern})" for one in CREDENTIALS))

_WHOLE: Final = pattern(rf"(?:{_FOUND.pattern})[^\s\"']*")

_SIGNS: Final = (
    *(
        "AKIA",
        TEMPORARY_KEY,
        "AIza",
        "gh",
        "github_pat_",
        "gl",
        "hooks.slack",
        "hf_",
        "xapp-",
        "xox",
    ),
    *(
        "k_live",
        "k_test",
        "PRIVATE KEY",
        "eyJ",
        "://",
        "npm_",
        "LS0tLS1CRUdJTi",
        "@tcp",
        "@udp(",
        "@unix(",
        "pypi-",
        "uthorization",
    ),
    *("sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "T3BlbkFJ", "SG.", "sig="),
    *("-key:", "-Key:", "-KEY:", "-token:", "-Token:", "-TOKEN:"),
)
"""What stands in each kind of credential, and is sooner looked for than the whole."""

SHORTEST: Final = len("ab://:p@")
"""No credential that is known by its form has fewer signs."""


def credential_in(text: str) -> str | None:
    """Say what kind of credential a text holds, if it is known by its form."""
    if len(text) < SHORTEST:
        return None
    for sign in _SIGNS:  # not by any(): this is asked of every text
        if sign in text and (found := _FOUND.search(text)) is not None:
            return CREDENTIALS[(found.lastindex or 1) - 1].noun
    return issued_token_in(text)


def without_credentials(text: str) -> str:
    """Leave out of a text that people read what is known by its form as a credential."""
    if credential_in(text) is None:
        return text
    return without_issued_tokens(
        _WHOLE.sub(
            lambda found: f"({CREDENTIALS[(found.lastindex or 1) - 1].noun}, not shown)", text
        )
    )
