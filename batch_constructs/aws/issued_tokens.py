"""Tokens and keys that are known by how they begin, as those who issue them mark them.

All are looked for by their sign first, which few texts have; what stands behind is counted, so that
a text is read in time that grows with its length alone.
"""

from __future__ import annotations

import re

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re import Pattern

COLLECTED: Final = "https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml"
"""The forms that those who search for secrets have collected, where no issuer publishes its own."""

_ALSO_COLLECTED: Final = (
    "https://github.com/praetorian-inc/noseyparker/tree/main/crates/noseyparker/data/default"
    "/builtin/rules"
)

_SIGNED_HOOKS: Final = (
    "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
)

_NO_PART: Final = r"(?<!\w)(?<!\w-)"
"""Before a sign: neither a word nor a name with a hyphen goes on in it."""

_NO_TAG: Final = rf"{_NO_PART}(?<!\w:)"
"""Before a sign that tags of images begin with too, in front of a commit's checksum."""


class IssuedToken(Record):
    """One form of what a service issues.

    Attributes:
        noun: what it is called in a message.
        signs: what it may begin with, by blanks.
        rest: a regular expression of what stands behind, at least.
        page: where its form is published.
        before: a regular expression of a fixed length, of what stands before the sign.
    """

    noun: str
    signs: str
    rest: str
    page: str = COLLECTED
    before: str = _NO_PART


_END: Final = r"(?![A-Za-z0-9])"

ISSUED_TOKENS: Final = (
    IssuedToken("an API key of Amazon Bedrock", "ABSK", r"[A-Za-z0-9+/]{109}"),
    IssuedToken("an API key of Amazon Bedrock", "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", ""),
    IssuedToken("a token of Docker Hub", "dckr_pat_", r"[\w-]{27}", _ALSO_COLLECTED),
    IssuedToken("a token of HashiCorp Vault", "hvs. hvb.", r"[\w-]{24}"),
    IssuedToken("a token of HCP Terraform", ".atlasv1.", r"[\w=-]{60}", before="[A-Za-z0-9]{14}"),
    IssuedToken("a token of Databricks", "dapi", rf"[a-f0-9]{{32}}{_END}"),
    IssuedToken("a token of DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", r"[a-f0-9]{64}"),
    IssuedToken("a token of Shopify", "shpat_ shpca_ shppa_ shpss_", r"[A-Fa-f0-9]{32}"),
    IssuedToken("a token of Grafana", "glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    IssuedToken("a token of Grafana", "glc_", r"[A-Za-z0-9+/]{32}"),
    IssuedToken("a client secret of Google", "GOCSPX-", r"[\w-]{28}", _ALSO_COLLECTED),
    IssuedToken("a token of Google", "ya29.", r"[\w-]{20}", _ALSO_COLLECTED),
    IssuedToken("a token of Atlassian", "ATATT3", r"[\w=-]{100}"),
    IssuedToken("a key of New Relic", "NRAK-", r"[A-Za-z0-9]{27}"),
    IssuedToken(
        "a key of New Relic", "NRAL", _END, page=_ALSO_COLLECTED, before=r"(?<!\w)[a-z0-9]{36}"
    ),
    IssuedToken("a key of Postman", "PMAK-", r"[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
    IssuedToken("a key of Linear", "lin_api_", r"[A-Za-z0-9]{40}"),
    IssuedToken(
        "a password of PlanetScale", "pscale_pw_ pscale_tkn_ pscale_oauth_", r"[\w=.-]{32}"
    ),
    IssuedToken("a token of 1Password", "ops_eyJ", r"[A-Za-z0-9+/]{100}"),
    IssuedToken("a key of age", "AGE-SECRET-KEY-1", r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),
    IssuedToken("a token of Sentry", "sntrys_eyJpYXQiO", r"[A-Za-z0-9+/]{40}"),
    IssuedToken("a token of Sentry", "sntryu_", r"[a-f0-9]{64}"),
    IssuedToken("a token of RubyGems", "rubygems_", r"[a-f0-9]{48}"),
    IssuedToken("a token of Doppler", "dp.pt.", r"[A-Za-z0-9]{43}"),
    IssuedToken("a token of Pulumi", "pul-", rf"[a-f0-9]{{40}}{_END}", before=_NO_TAG),
    IssuedToken(
        "a token of Replicate",
        "r8_",
        rf"[A-Za-z0-9]{{37}}{_END}",
        "https://replicate.com/docs/topics/security/api-tokens",
    ),
    IssuedToken("a key of Groq", "gsk_", r"[A-Za-z0-9]{50}", _ALSO_COLLECTED),
    IssuedToken("a key of Tavily", "tvly-", rf"[A-Za-z0-9]{{32}}{_END}", _ALSO_COLLECTED),
    IssuedToken("a key of Perplexity", "pplx-", r"[A-Za-z0-9]{48}"),
    IssuedToken("a token of Prefect", "pnu_", rf"[A-Za-z0-9]{{36}}{_END}"),
    IssuedToken("a token of Notion", "ntn_", r"\d{11}[A-Za-z0-9]{35}"),
    IssuedToken("a token of Airtable", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    IssuedToken(
        "a token of a Telegram bot",
        ":AA",
        r"[\w-]{32,33}(?![\w-])",
        "https://core.telegram.org/bots/api#authorizing-your-bot",
        before=r"\d{8}",
    ),
    IssuedToken("a token of Mapbox", "sk.eyJ", r"[\w=-]{20,200}\.[\w=-]{20}", _ALSO_COLLECTED),
    IssuedToken(
        "a key of Mailchimp", "-us", r"\d{1,2}(?![\w-])", before=r"(?<!\w)(?<!\w-)[a-f0-9]{32}"
    ),
    IssuedToken("a key of ReadMe", "rdme_", r"[a-z0-9]{70}"),
    IssuedToken("a key of EasyPost", "EZAK EZTK", r"[A-Za-z0-9]{54}"),
    IssuedToken("a token of Duffel", "duffel_test_ duffel_live_", r"[\w=-]{43}"),
    IssuedToken("a token of Fly.io", "fo1_", r"[\w-]{43}"),
    IssuedToken("a token of Fly.io", "fm1a_ fm1r_ fm2_", r"[A-Za-z0-9+/]{100}"),
    IssuedToken("a key of Heroku", "HRKU-AA", r"[\w-]{58}"),
    IssuedToken("a key of Cloudflare", "v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),
    IssuedToken("a token of OpenShift", "sha256~", r"[\w-]{43}"),
    IssuedToken("a token of Dynatrace", "dt0c01.", r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    IssuedToken("a key of Artifactory", "AKCp", rf"[A-Za-z0-9]{{69}}{_END}"),
    IssuedToken(
        "a token of Sourcegraph",
        "sgp_",
        rf"(?:(?:[A-Fa-f0-9]{{16}}|local)_)?[A-Fa-f0-9]{{40}}{_END}",
        before=_NO_TAG,
    ),
    IssuedToken("a key of Brevo", "xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    IssuedToken("a token of Harness", "pat. sat.", r"[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}"),
    IssuedToken("a token of Shippo", "shippo_live_ shippo_test_", r"[A-Fa-f0-9]{40}"),
    IssuedToken("a token of Facebook", "EAAM EAAC", r"[A-Za-z0-9]{100}"),
    IssuedToken("a token of Square", "sq0atp-", r"[\w-]{22}"),
    IssuedToken("a token of GitLab", "GR1348941", rf"[\w-]{{20}}{_END}"),
    IssuedToken("a token of Clojars", "CLOJARS_", r"[A-Za-z0-9]{60}"),
    IssuedToken("a token of Frame.io", "fio-u-", r"[\w=-]{64}"),
    IssuedToken("a client secret of Adobe", "p8e-", rf"[a-z0-9]{{32}}{_END}"),
    IssuedToken("a signing secret of a webhook", "whsec_", r"[A-Za-z0-9+/]{32}", _SIGNED_HOOKS),
    IssuedToken(
        "a Discord webhook",
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
        r"\d{15,20}/[\w-]{60}",
        "https://discord.com/developers/docs/resources/webhook",
    ),
    IssuedToken(
        "a client secret of Microsoft Entra",
        "Q~",
        r"[\w~.-]{31}",
        before=r"(?<![\w~.-])[\w~.]{3}\d",
    ),
    IssuedToken(
        "a Microsoft Teams webhook",
        ".webhook.office.com/webhookb2/",
        r"[a-z0-9-]{36}@[a-z0-9-]{36}/IncomingWebhook/[a-z0-9]{32}",
        before="[a-z0-9]",
    ),
)
"""Each form that tells by itself who issued it, and is no name, number or checksum."""


def _forms(token: IssuedToken, sign: str) -> tuple[str, Pattern[str], Pattern[str]]:
    """Give the noun, what finds a token by its sign, quickly, and what finds the whole of it."""
    written = re.escape(sign)
    searched = f"{written}(?<={token.before}{written}){token.rest}"
    return token.noun, pattern(searched), pattern(rf"{token.before}{searched}[^\s\"']*")


_BY_SIGN: Final = {
    sign: _forms(token, sign) for token in ISSUED_TOKENS for sign in token.signs.split()
}
"""Sign → noun, what finds it, and what finds all of it to be left out."""

SIGNS: Final = tuple(_BY_SIGN)

_LEAST: Final = 25
_RUN: Final = pattern(rf"[\w=+/~.-]{{{_LEAST}}}")
"""So long is every one without a blank; most texts of templates have no such word."""


def issued_token_in(text: str) -> str | None:
    """Say what a text holds of what services issue, if its form is known."""
    if len(text) < _LEAST or _RUN.search(text) is None:
        return None
    for sign, (noun, searched, _) in _BY_SIGN.items():
        if sign in text and searched.search(text) is not None:
            return noun
    return None


def without_issued_tokens(text: str) -> str:
    """Leave out of a text that people read what services issue."""
    for sign, (noun, _, whole) in _BY_SIGN.items():
        if sign in text:
            text = whole.sub(f"({noun}, not shown)", text)
    return text
