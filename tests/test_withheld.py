"""What has the form of a password, a token or a key stands in no message of ours."""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from click.testing import CliRunner

import batch_constructs as bc
from batch_constructs.aws.bound import shown
from batch_constructs.aws.credentials import without_credentials
from batch_constructs.check.check_command import check
from batch_constructs.check.findings_report import FORMATS
from batch_constructs.rules import check_template
from batch_constructs.testing.synthesis import line_of
from tests.constructors import Given
from tests.everything import template_of_everything
from tests.test_public_api import MADE_BY_US

SECRETS = ("hunter2x9Q", f"ghp_{'a1B2' * 9}", f"AKIA{'Q2RTNVWX' * 2}")
PLANTED = (f"https://u:{SECRETS[0]}@registry.example/x !", f"{SECRETS[1]} !", f"{SECRETS[2]} !")


@pytest.fixture(scope="module")
def team() -> Given:
    return Given(cdk.Stack(cdk.App(), "Stack"))


def planted_in(annotation: str, place: int) -> Iterator[Any]:
    """Give what a parameter takes that may hold text, with a credential in it, each in turn."""
    text = PLANTED[place % len(PLANTED)]
    yield text
    yield [text]
    if "Mapping" in annotation:
        yield {"KEY": text}
        yield {PLANTED[1]: "value"}


@pytest.mark.parametrize("name", MADE_BY_US)
def test_no_refusal_of_a_constructor_shows_a_credential(name: str, team: Given) -> None:
    kind = getattr(bc, name)
    right = team.arguments(name)
    said = []
    parameters = [*inspect.signature(kind).parameters.items()][2:]
    for place, (parameter, it) in enumerate(parameters, start=len(name)):
        for value in planted_in(str(it.annotation), place):
            try:
                kind(team.stack, "X", **{**right, parameter: value})
            except (TypeError, ValueError) as error:
                said.append((parameter, str(error)))
            team.stack.node.try_remove_child("X")

    assert [one for one in said if any(secret in one[1] for secret in SECRETS)] == []


def test_no_finding_of_a_rule_shows_a_credential(team: Given) -> None:
    """Text of a template that every rule is asked about, one after another, holds one."""
    template = template_of_everything()
    draw = random.Random(7)  # noqa: S311 - a seed

    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                draw.choice(PLANTED) if draw.random() < 1 / 50 else key: planted(one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [planted(one) for one in value]
        return draw.choice(PLANTED) if isinstance(value, str) and draw.random() < 1 / 8 else value

    rules = set()
    for _ in range(30):
        resources = {
            name: {**one, "Properties": planted(one.get("Properties", {}))}
            for name, one in template["Resources"].items()
        }
        for finding in check_template({**template, "Resources": resources}):
            rules.add(finding.rule)
            text = f"{finding.message} {finding.fix} {line_of('', finding)}"
            assert not any(secret in text for secret in SECRETS), (finding.rule, text)
    assert len(rules) > 60


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_of_a_check_shows_a_credential_that_is_a_name(
    format: str, tmp_path: Path
) -> None:
    named = {f"{text}/{number}": 1 for number, text in enumerate(PLANTED)}
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": named}
    file, baseline = tmp_path / "a.json", tmp_path / "baseline.json"
    file.write_text(json.dumps({"Resources": {"Q": queue}}))

    done = CliRunner().invoke(check, [str(file), "--format", format])
    CliRunner().invoke(check, [str(file), "--write-baseline", str(baseline)])
    again = CliRunner().invoke(check, [str(file), "--baseline", str(baseline)])

    assert "not shown" in done.stdout
    written = done.output + baseline.read_text()
    assert not any(secret in written for secret in SECRETS)
    assert again.exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        *PLANTED,
        f"eyJ{'a' * 40}.eyJ{'b' * 40}.{'c' * 43}",
        "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA",
        "Authorization: Bearer abcdefghijk",
        "u:hunter2x9Q@tcp(db:3306)/x",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tTUlJMIIE",
    ],
)
def test_a_value_that_holds_a_credential_is_told_by_what_it_is(text: str) -> None:
    assert re.fullmatch(r"an? [\w ]+, which is not shown", shown(text))
    told = without_credentials(f'image is "{text}"; allowed: 1')
    assert re.fullmatch(r'image is ".*\(an? [\w ]+, not shown\).*"; allowed: 1', told), told
    rest = re.sub(r"\(an? [\w ]+, not shown\)", "", told)
    assert not any(secret in rest for secret in (*SECRETS, "MIIE", "abcdefghijk", "cccc", "bbbb"))


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:x://h/d?user=a&password=hunter2",
        '{"api_key": "hunter2"}',
        "--password hunter2",
        "echo hunter2 | sudo -S x",
    ],
)
def test_a_text_that_gives_a_password_is_not_shown(text: str) -> None:
    assert shown(text) == "a text with a password or a token in it, which is not shown"


def test_what_holds_none_is_shown() -> None:
    assert shown("postgres://db.example/x") == '"postgres://db.example/x"'
    assert without_credentials("a: b") == "a: b"
