"""What services issue is known by its beginning, and what only begins so is not."""

from __future__ import annotations

import pytest

from batch_constructs.aws.credentials import credential_in, without_credentials
from batch_constructs.aws.issued_tokens import ISSUED_TOKENS
from batch_constructs.rules import check_resource

A, H = "aB3d" * 50, "0123456789abcdef" * 12
"""Letters and digits; digits of a checksum. Cut to what is needed and no more."""
_36 = "01234567-0123-0123-0123-0123456789ab"

PLANTED = {
    "ABSK": ("an API key of Amazon Bedrock", "ABSK" + A[:109]),
    "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t": (
        "an API key of Amazon Bedrock",
        "bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t",
    ),
    "dckr_pat_": ("a token of Docker Hub", "dckr_pat_" + A[:27]),
    "hvs.": ("a token of HashiCorp Vault", "hvs." + A[:24]),
    "hvb.": ("a token of HashiCorp Vault", "hvb." + A[:24]),
    ".atlasv1.": ("a token of HCP Terraform", A[:14] + ".atlasv1." + A[:60]),
    "dapi": ("a token of Databricks", "dapi" + H[:32]),
    "dop_v1_": ("a token of DigitalOcean", "dop_v1_" + H[:64]),
    "doo_v1_": ("a token of DigitalOcean", "doo_v1_" + H[:64]),
    "dor_v1_": ("a token of DigitalOcean", "dor_v1_" + H[:64]),
    "shpat_": ("a token of Shopify", "shpat_" + H[:32]),
    "shpca_": ("a token of Shopify", "shpca_" + H[:32]),
    "shppa_": ("a token of Shopify", "shppa_" + H[:32]),
    "shpss_": ("a token of Shopify", "shpss_" + H[:32]),
    "glsa_": ("a token of Grafana", "glsa_" + A[:32] + "_" + H[:8]),
    "glc_": ("a token of Grafana", "glc_" + A[:32]),
    "GOCSPX-": ("a client secret of Google", "GOCSPX-" + A[:28]),
    "ya29.": ("a token of Google", "ya29." + A[:20]),
    "ATATT3": ("a token of Atlassian", "ATATT3" + A[:100]),
    "NRAK-": ("a key of New Relic", "NRAK-" + A[:27].upper()),
    "NRAL": ("a key of New Relic", H[:36] + "NRAL"),
    "PMAK-": ("a key of Postman", "PMAK-" + H[:24] + "-" + H[:34]),
    "lin_api_": ("a key of Linear", "lin_api_" + A[:40]),
    "pscale_pw_": ("a password of PlanetScale", "pscale_pw_" + A[:32]),
    "pscale_tkn_": ("a password of PlanetScale", "pscale_tkn_" + A[:32]),
    "pscale_oauth_": ("a password of PlanetScale", "pscale_oauth_" + A[:32]),
    "ops_eyJ": ("a token of 1Password", "ops_eyJ" + A[:100]),
    "AGE-SECRET-KEY-1": ("a key of age", "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7 + "QP"),
    "sntrys_eyJpYXQiO": ("a token of Sentry", "sntrys_eyJpYXQiO" + A[:40]),
    "sntryu_": ("a token of Sentry", "sntryu_" + H[:64]),
    "rubygems_": ("a token of RubyGems", "rubygems_" + H[:48]),
    "dp.pt.": ("a token of Doppler", "dp.pt." + A[:43]),
    "pul-": ("a token of Pulumi", "pul-" + H[:40]),
    "r8_": ("a token of Replicate", "r8_" + A[:37]),
    "gsk_": ("a key of Groq", "gsk_" + A[:50]),
    "tvly-": ("a key of Tavily", "tvly-" + A[:32]),
    "pplx-": ("a key of Perplexity", "pplx-" + A[:48]),
    "pnu_": ("a token of Prefect", "pnu_" + A[:36]),
    "ntn_": ("a token of Notion", "ntn_" + "01234567890" + A[:35]),
    "pat": ("a token of Airtable", "pat" + A[:14] + "." + H[:64]),
    ":AA": ("a token of a Telegram bot", H[:8].replace("0", "7") + ":AA" + A[:32]),
    "sk.eyJ": ("a token of Mapbox", f"sk.eyJ{A[:20]}.{A[:20]}"),
    "-us": ("a key of Mailchimp", H[:32] + "-us7"),
    "rdme_": ("a key of ReadMe", "rdme_" + H[:70]),
    "EZAK": ("a key of EasyPost", "EZAK" + A[:54]),
    "EZTK": ("a key of EasyPost", "EZTK" + A[:54]),
    "duffel_test_": ("a token of Duffel", "duffel_test_" + A[:43]),
    "duffel_live_": ("a token of Duffel", "duffel_live_" + A[:43]),
    "fo1_": ("a token of Fly.io", "fo1_" + A[:43]),
    "fm1a_": ("a token of Fly.io", "fm1a_" + A[:100]),
    "fm1r_": ("a token of Fly.io", "fm1r_" + A[:100]),
    "fm2_": ("a token of Fly.io", "fm2_" + A[:100]),
    "HRKU-AA": ("a key of Heroku", "HRKU-AA" + A[:58]),
    "v1.0-": ("a key of Cloudflare", "v1.0-" + H[:24] + "-" + H[:146]),
    "sha256~": ("a token of OpenShift", "sha256~" + A[:43]),
    "dt0c01.": ("a token of Dynatrace", "dt0c01." + A[:24] + "." + A[:64]),
    "AKCp": ("a key of Artifactory", "AKCp" + A[:69]),
    "sgp_": ("a token of Sourcegraph", "sgp_local_" + H[:40]),
    "xkeysib-": ("a key of Brevo", "xkeysib-" + H[:64] + "-" + A[:16]),
    "pat.": ("a token of Harness", f"pat.{A[:22]}.{A[:24]}.{A[:20]}"),
    "sat.": ("a token of Harness", f"sat.{A[:22]}.{A[:24]}.{A[:20]}"),
    "shippo_live_": ("a token of Shippo", "shippo_live_" + H[:40]),
    "shippo_test_": ("a token of Shippo", "shippo_test_" + H[:40]),
    "EAAM": ("a token of Facebook", "EAAM" + A[:100]),
    "EAAC": ("a token of Facebook", "EAAC" + A[:100]),
    "sq0atp-": ("a token of Square", "sq0atp-" + A[:22]),
    "GR1348941": ("a token of GitLab", "GR1348941" + A[:20]),
    "CLOJARS_": ("a token of Clojars", "CLOJARS_" + A[:60]),
    "fio-u-": ("a token of Frame.io", "fio-u-" + A[:64]),
    "p8e-": ("a client secret of Adobe", "p8e-" + H[:32]),
    "whsec_": ("a signing secret of a webhook", "whsec_" + A[:32]),
    "discord.com/api/webhooks/": (
        "a Discord webhook",
        "discord.com/api/webhooks/" + H[:9] * 2 + "/" + A[:60],
    ),
    "discordapp.com/api/webhooks/": (
        "a Discord webhook",
        "discordapp.com/api/webhooks/" + H[:9] * 2 + "/" + A[:60],
    ),
    "Q~": ("a client secret of Microsoft Entra", "abc8Q~" + A[:31]),
    ".webhook.office.com/webhookb2/": (
        "a Microsoft Teams webhook",
        f"x.webhook.office.com/webhookb2/{_36}@{_36}/IncomingWebhook/{H[:32]}",
    ),
}
"""What it begins with → what it is called, and the shortest of it."""


def test_each_form_is_planted_and_names_its_page() -> None:
    assert [sign for one in ISSUED_TOKENS for sign in one.signs.split()] == list(PLANTED)
    assert all(one.page.startswith("https://") for one in ISSUED_TOKENS)


@pytest.mark.parametrize("sign", PLANTED)
def test_an_issued_token_is_known_by_its_beginning_and_none_of_it_is_shown(sign: str) -> None:
    noun, token = PLANTED[sign]

    assert credential_in(f"run --with='{token}' x") == noun
    assert without_credentials(f"image is {token}; a") == f"image is ({noun}, not shown) a"


@pytest.mark.parametrize("sign", PLANTED)
def test_what_is_shorter_or_only_ends_so_is_none(sign: str) -> None:
    _, token = PLANTED[sign]

    assert credential_in(f"x {token[:-1]} x") is None
    assert credential_in(f"a_{token}") is None or sign in (".atlasv1.", ":AA", _TEAMS)


_TEAMS = ".webhook.office.com/webhookb2/"


@pytest.mark.parametrize(
    "sign", ["dapi", "NRAL", "r8_", "tvly-", "pnu_", "AKCp", "GR1348941", "p8e-", "pul-", "sgp_"]
)
def test_what_has_one_more_sign_than_is_issued_is_none(sign: str) -> None:
    assert credential_in(PLANTED[sign][1] + "a") is None


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/path/pat." + H,
        "api/dapibus/" + H,
        "cache/" + H[:32] + "-us-east-1",
        "a" + H[:32] + "-us7",
        "sk.eyJ" + H[:20],
        "12:AA" + A[:32],
        "12345678:AA" + A[:34],
        "image@sha256:" + H[:64],
        "v1.0-rc1-" + H[:40],
        "python-dapi-client==1.0 " + H[:40],
        "https://discord.com/api/webhooks/ID/TOKEN",
        "AGE-SECRET-KEY-1 and " + A[:60],
        "x.atlasv1." + A[:60],
        "my-dapi" + H[:32],
        "1.amazonaws.com/team/app:sgp_" + H[:40],
        "app:pul-" + H[:40] + "@sha256:" + H[:64],
    ],
)
def test_names_paths_and_checksums_are_none(text: str) -> None:
    assert credential_in(text) is None


@pytest.mark.parametrize("sign", ["dapi", "pul-", "sgp_"])
def test_a_token_is_known_as_a_shell_s_default_and_as_a_password_of_an_address(sign: str) -> None:
    token = PLANTED[sign][1]

    assert credential_in(f"${{TOKEN:-{token}}}") == PLANTED[sign][0]
    assert credential_in(f"https://user:{token}@example.com/x") is not None


def test_the_check_tells_of_an_issued_token_in_a_variable() -> None:
    environment = [{"Name": "CFG", "Value": PLANTED["dapi"][1]}]
    container = {"Image": "i", "Environment": environment}

    found = check_resource("AWS::Batch::JobDefinition", {"ContainerProperties": container})

    told = [one.message for one in found if one.rule == "plaintext-secret"]
    assert told == ["a token of Databricks is in the template"]
