"""The formats of a report are what their readers want."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastjsonschema import compile as schema_of

from batch_constructs.check import findings_report
from batch_constructs.cli import main
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.rulebook import RULES

QUEUE = """\
Resources:
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: -1
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: x}]
  Topic:
    Type: AWS::SNS::Topic
"""


def told(folder: Path, format: str, text: str = QUEUE) -> str:
    file = folder / "a b.yaml"
    file.write_text(text)
    return CliRunner().invoke(main, ["check", "--format", format, str(file)]).stdout


def test_github_puts_each_finding_beside_its_line(tmp_path: Path) -> None:
    assert told(tmp_path, "github") == (
        f"::error file={tmp_path}/a b.yaml,line=5,col=7,"
        "title=batch-constructs job-queue-priority::Queue: the priority is -1; allowed: whole"
        " numbers from 0 to 1000; fix: set Priority to a value from 0 to 1000\n"
    )


def one(message: str, path: str = "a.yaml") -> dict[str, list[Finding]]:
    finding = Finding("max-vcpus", Severity.WARNING, "Q", "P", message, "fix", "source", 1, 2)
    return {path: [finding]}


def test_what_github_reads_as_a_sign_is_written_otherwise() -> None:
    written = findings_report.written(
        one("50%\nof it", "a,b:c.yaml"), {}, "github", color=False, width=0
    )

    assert written.startswith("::warning file=a%2Cb%3Ac.yaml,line=1,col=2,")
    assert "::Q: 50%25%0Aof it; fix: fix" in written


def test_sarif_names_the_rule_the_place_and_the_level(tmp_path: Path) -> None:
    written = json.loads(told(tmp_path, "sarif"))

    assert written["version"] == "2.1.0"
    [run] = written["runs"]
    [result] = run["results"]
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"] == "job-queue-priority"
    assert rule["shortDescription"]["text"] == RULES["job-queue-priority"].title
    assert rule["helpUri"].startswith("https://docs.aws.amazon.com/batch/")
    assert result["level"] == "error"
    [location] = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 5, "startColumn": 7}
    assert location["physicalLocation"]["artifactLocation"]["uri"].endswith("/a%20b.yaml")


def of(required: str, **properties: object) -> dict[str, object]:
    return {"type": "object", "required": required.split(), "properties": properties}


def listed(one: object) -> dict[str, object]:
    return {"type": "array", "items": one}


TEXT = {"type": "string"}
MESSAGE = of("text", text=TEXT)
PLACE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SARIF = of(
    "version runs",
    version={"enum": ["2.1.0"]},
    runs=listed(
        of(
            "tool",
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            tool=of(
                "driver",
                driver=of(
                    "name",
                    name=TEXT,
                    rules=listed(
                        of(
                            "id",
                            shortDescription=MESSAGE,
                            fullDescription=MESSAGE,
                            help=MESSAGE,
                            helpUri={"type": "string", "format": "uri"},
                            defaultConfiguration=of("", level=LEVEL),
                        )
                    ),
                ),
            ),
            results=listed(
                of(
                    "message",
                    message=MESSAGE,
                    level=LEVEL,
                    ruleId=TEXT,
                    ruleIndex={"type": "integer", "minimum": -1},
                    partialFingerprints={"type": "object", "additionalProperties": TEXT},
                    locations=listed(
                        of(
                            "",
                            physicalLocation=of(
                                "artifactLocation",
                                artifactLocation=of("uri", uri={"pattern": "^[!-~]+$"}),
                                region=of("", startLine=PLACE, startColumn=PLACE),
                            ),
                            logicalLocations=listed(of("", fullyQualifiedName=TEXT, kind=TEXT)),
                        )
                    ),
                )
            ),
        )
    ),
)
"""What SARIF 2.1.0 (OASIS, sections 3.13 to 3.30) asks of the members that a report has."""


def test_a_report_has_what_the_standard_of_sarif_asks_for(tmp_path: Path) -> None:
    is_sarif = schema_of(SARIF)
    is_sarif(json.loads(told(tmp_path, "sarif")))
    is_sarif(json.loads(findings_report.as_sarif(one("50% of it", "a b\\ü%.yaml"))))
    for rule in RULES.values():
        found = Finding(rule.id, rule.severity, "", "", "m", rule.fix, "s", 1, 1)
        is_sarif(json.loads(findings_report.as_sarif({"a": [found]})))


def test_every_rule_can_be_written_as_sarif() -> None:
    found = {
        "a.yaml": [
            Finding(rule.id, rule.severity, "R", "P", "m", rule.fix, "s", 1, 1)
            for rule in RULES.values()
        ]
    }

    written = json.loads(findings_report.as_sarif(found))

    rules = written["runs"][0]["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == sorted(RULES)
    assert all(one["fullDescription"]["text"] and one["help"]["text"] for one in rules)


def test_junit_has_a_failure_for_each_error_and_warning_and_a_case_for_a_good_file(
    tmp_path: Path,
) -> None:
    suites = ET.fromstring(told(tmp_path, "junit"))  # noqa: S314  # our own text
    [suite] = suites
    [case] = suite
    [failure] = case

    assert suite.attrib["failures"] == "1"
    assert (case.attrib["line"], failure.attrib["type"]) == ("5", "error")
    assert failure.attrib["message"].startswith("the priority is -1")
    good = told(tmp_path, "junit", "Resources: {T: {Type: 'AWS::SNS::Topic'}}")
    [case] = ET.fromstring(good)[0]  # noqa: S314  # as above
    assert (case.attrib["name"], len(case)) == ("check", 0)


@pytest.mark.parametrize("format", findings_report.FORMATS)
def test_no_sign_in_a_message_breaks_a_format(format: str) -> None:
    written = findings_report.written(
        one("a\"<&>'\n%\x01\x1b[0m]]>\u2028", "<&\">'\x02"), {}, format, color=False, width=0
    )

    if format == "junit":
        ET.fromstring(written)  # noqa: S314  # as above
    elif format in ("json", "sarif"):
        json.loads(written)
    elif format == "github":  # it decodes %0A and %25, and a line is a command
        assert "::Q: a\"<&>'%0A%25" in written
        assert "\n" not in written
    else:
        assert "warning a\"<&>' %" in written
        assert written.replace("\n", "").isprintable()


def test_nothing_found_is_an_empty_report_of_each_format(tmp_path: Path) -> None:
    good = "Resources: {T: {Type: 'AWS::SNS::Topic'}}"

    assert told(tmp_path, "github", good) == ""
    assert json.loads(told(tmp_path, "sarif", good))["runs"][0]["results"] == []


def test_text_is_broken_at_the_width_of_a_terminal_under_what_it_belongs_to() -> None:
    found = one("one two three four five six seven eight nine ten")

    written = findings_report.written(found, {"a.yaml": {"Q": "T"}}, "text", color=False, width=40)

    assert written.splitlines()[2:5] == [
        "    warning one two three four five six",
        "            seven eight nine ten",
        "            max-vcpus",
    ]
    assert max(map(len, written.splitlines())) <= 40


def test_text_is_coloured_where_that_is_wanted() -> None:
    written = findings_report.written(one("wrong"), {}, "text", color=True, width=0)

    assert "\x1b[33mwarning \x1b[0mwrong" in written


def test_a_rule_is_explained() -> None:
    command, option = (
        CliRunner().invoke(main, arguments)
        for arguments in (["explain", "fargate-size"], ["check", "--explain", "fargate-size"])
    )

    assert command.stdout == option.stdout
    assert command.stdout.splitlines()[0] == f"fargate-size: {RULES['fargate-size'].title}"
    for said in (RULES["fargate-size"].fix, str(RULES["fargate-size"].source), "error"):
        assert said in command.stdout


def test_a_rule_that_there_is_not_is_not_explained() -> None:
    done = CliRunner().invoke(main, ["explain", "fargate-siz"])

    assert done.exit_code == 2
    assert "its nearest is fargate-size" in done.stderr
