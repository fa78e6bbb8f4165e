"""What a password, a token or a key looks like, as those who issue it publish it.

A value that is found here is never shown: what may be a secret stands in no message.
"""

from __future__ import annotations

from functools import lru_cache

from batch_constructs.aws.issued_tokens import (
    COLLECTED,
    SIGNS,
    issued_token_in,
    without_issued_tokens,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class Credential(Record):
    """One kind of credential.

    Attributes:
        noun: what it is called in a message.
        pattern: a regular expression that finds it in a text.
        page: where its form is published.
        signs: one of these stands in it, and is sooner looked for than the whole.
    """

    noun: str
    pattern: str
    page: str
    signs: tuple[str, ...]


TEMPORARY_KEY: Final = "ASIA"
"""What the ID of an access key begins with that is good for a time.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

_ENCODED_KEYS: Final = (
    "LS0tLS1CRUdJTiBQUklWQVRFIEtF",  # -----BEGIN PRIVATE KE
    "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBL",  # -----BEGIN RSA PRIVATE K
    "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtF",  # -----BEGIN EC PRIVATE KE
    "LS0tLS1CRUdJTiBEU0EgUFJJVkFURSBL",  # -----BEGIN DSA PRIVATE K
    "LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ",  # -----BEGIN OPENSSH PRIVATE KEY
    "LS0tLS1CRUdJTiBFTkNSWVBURUQgUFJJVkFURSBL",  # -----BEGIN ENCRYPTED PRIVATE K
    "LS0tLS1CRUdJTiBQR1AgUFJJVkFURSBL",  # -----BEGIN PGP PRIVATE K
)
"""How ``-----BEGIN … PRIVATE KEY`` of each kind begins where the whole file is in Base64."""

CREDENTIALS: Final = (
    Credential(
        "an access key of AWS",
        rf"\b(?:AKIA|{TEMPORARY_KEY})[A-Z2-7]{{16}}\b",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
        ("AKIA", TEMPORARY_KEY),
    ),
    Credential(
        "a token of GitHub",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Credential(
        "a token of GitLab",
        r"\bgl(?:pat|ptt|dt|rt|cbt|oas|soat|agent|ft|ffct|imt)-[A-Za-z0-9_-]{20,255}\b",
        "https://docs.gitlab.com/security/tokens/",
        ("gl",),
    ),
    Credential(
        "a token of Slack",
        r"\b(?:xox[abeprs]-[A-Za-z0-9-]{10,255}|xapp-\d-[A-Za-z0-9-]{10,255})"
        r"|\bhooks\.slack\.com/services/T\w{6,20}/B\w{6,20}/\w{16,40}",
        "https://docs.slack.dev/authentication/tokens",
        ("xox", "xapp-", "hooks.slack"),
    ),
    Credential(
        "a key of Stripe",
        r"\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,255}\b",
        "https://docs.stripe.com/keys",
        ("k_live_", "k_test_"),
    ),
    Credential(
        "an API key of Google",
        r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
        "https://docs.cloud.google.com/docs/authentication/api-keys",
        ("AIza",),
    ),
    Credential(
        "a token of Hugging Face",
        r"\bhf_[A-Za-z0-9]{30,64}\b",
        "https://huggingface.co/docs/hub/security-tokens",
        ("hf_",),
    ),
    Credential(
        "a token of npm",
        r"\bnpm_[A-Za-z0-9]{36}\b",
        "https://github.blog/2021-09-23-announcing-npms-new-access-token-format/",
        ("npm_",),
    ),
    Credential(
        "a token of PyPI",
        r"\bpypi-[A-Za-z0-9_-]{40,255}",
        "https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns",
        ("pypi-",),
    ),
    Credential(
        "a key of Anthropic",
        r"\bsk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_-]{20,255}",
        COLLECTED,
        ("sk-ant-",),
    ),
    Credential(
        "a key of OpenAI",
        r"\bsk-(?:[A-Za-z0-9_-]{16,200}T3BlbkFJ[A-Za-z0-9_-]{16,200}"
        r"|(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,255})",
        COLLECTED,
        ("T3BlbkFJ", "sk-proj-", "sk-svcacct-", "sk-admin-"),
    ),
    Credential(
        "a key of SendGrid",
        r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])",
        COLLECTED,
        ("SG.",),
    ),
    Credential(
        "a header that authorizes",
        r"\b(?:(?:[Pp]roxy-)?[Aa]uthorization[\"']?:\s{0,4}[\"']?(?:[Bb]earer|[Bb]asic|[Tt]oken)\s{1,4}"
        r"|[Xx](?:-[A-Za-z]{2,12}){0,2}-(?:key|Key|KEY|token|Token|TOKEN):\s{0,4}"
        r"(?=\S{0,60}\d)|(?:private-token|Private-Token|PRIVATE-TOKEN):\s{0,4})"
        r"(?=[A-Za-z0-9+/=._~-]{8,})(?!Ref::)",
        "https://www.rfc-editor.org/rfc/rfc9110#name-authorization",
        ("uthorization", "-key:", "-Key:", "-KEY:", "-token:", "-Token:", "-TOKEN:"),
    ),
    Credential(
        "a signed URL of Azure Storage",
        r"[?&]sig=(?:[A-Za-z0-9+/]|%2[BbFf]){43}(?:=|%3[Dd])",
        "https://learn.microsoft.com/rest/api/storageservices/create-service-sas",
        ("sig=",),
    ),
    Credential(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "https://www.rfc-editor.org/rfc/rfc7468",
        ("PRIVATE KEY",),
    ),
    Credential(
        "a private key in Base64",
        rf"(?<![A-Za-z0-9+/])(?:{'|'.join(_ENCODED_KEYS)})[A-Za-z0-9+/=]",
        "https://www.rfc-editor.org/rfc/rfc4648#section-4",
        ("LS0tLS1CRUdJTi",),
    ),
    Credential(
        "a JSON Web Token",
        r"(?<![\w-])eyJ[\w-]{10,4000}\.eyJ[\w-]{10,4000}\.[\w-]{10}",
        "https://www.rfc-editor.org/rfc/rfc7519",
        ("eyJ",),
    ),
    Credential(
        "a URL with a password",
        r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#]{0,100}:(?!Ref::|[$<{\[%*\0]|\W*@)[^\s/@]{1,200}@",
        "https://www.rfc-editor.org/rfc/rfc3986",
        ("://",),
    ),
    Credential(
        "a data source name with a password",
        r"(?<![^\s\"'=])[^\s:/@\"'=]{1,64}:(?!Ref::|[$<{\[%*\0]|\W*@)[^\s@]{1,200}@(?:tcp6?|udp|unix)\(",
        "https://github.com/go-sql-driver/mysql#dsn-data-source-name",
        ("@tcp", "@udp(", "@unix("),
    ),
)
"""Each kind that has more than a beginning to be known by; see `issued_tokens` for the others."""

_BY_SIGN: Final = tuple(
    (sign, one.noun, searched)
    for one, searched in [(one, pattern(one.pattern)) for one in CREDENTIALS]
    for sign in one.signs
)
"""Sign → noun, and what finds it."""


def _short(signs: Iterable[str]) -> list[str]:
    found: list[str] = []
    for sign in sorted(signs, key=len):
        for shorter in found:
            if shorter in sign:
                break
        else:
            found.append(sign)
    return found


_SHORT_SIGNS: Final = _short([*[sign for sign, _, _ in _BY_SIGN], *SIGNS])
"""Those that no other stands in: where none of them is, none is."""

_WHOLE: Final = pattern(rf"(?:{'|'.join(f'({one.pattern})' for one in CREDENTIALS)})[^\s\"']*")

SHORTEST: Final = len("ab://:p@")
"""No credential that is known by its form has fewer signs."""


def credential_in(text: str) -> str | None:
    """Say what kind of credential a text holds, the first that is known by its form."""
    if len(text) < SHORTEST:
        return None
    first: str | None = None
    place = len(text)
    for sign, noun, searched in _BY_SIGN:
        if sign in text and (found := searched.search(text)) is not None and found.start() < place:
            first, place = noun, found.start()
    return first or issued_token_in(text)


def may_hold_credentials(text: str | None) -> bool:
    """Tell whether something that is written as JSON may hold one.

    Most has no sign of any. Without a backslash, what it holds stands there as it is. Of what
    nobody knows, it may be.
    """
    if text is None:
        return True
    for sign in _SHORT_SIGNS:  # asked of each resource: a generator takes twice as long
        if sign in text:
            return "\\" in text or credential_in(text) is not None
    return False


def without_credentials(text: str) -> str:
    """Leave out of a text that people read what is known by its form as a credential."""
    return _known_without(text) if len(text) < _SHORT else _without(text)


_SHORT: Final = 500


@lru_cache(maxsize=1024)
def _known_without(text: str) -> str:
    """Remember short texts: a finding of a kind says of many resources the same."""
    return _without(text)


def _without(text: str) -> str:
    if credential_in(text) is None:
        return text
    return without_issued_tokens(
        _WHOLE.sub(
            lambda found: f"({CREDENTIALS[(found.lastindex or 1) - 1].noun}, not shown)", text
        )
    )
