"""What grows with an app is refused where AWS refuses it, and one before that it is not."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from click.testing import CliRunner

import batch_constructs as bc
from batch_constructs.aws import quotas
from batch_constructs.aws.job_definition_facts import BYTES
from batch_constructs.aws.template_facts import RESOURCES
from batch_constructs.check.check_command import check
from batch_constructs.rules import check_template
from tests import rendered
from tests.rules import sized_policies, sized_resources
from tests.rules.sized_policies import role_and_its_policies, role_that_names
from tests.rules.sized_resources import (
    TOPIC,
    event_pattern,
    function,
    job_with_secrets,
    of_batch,
    pattern_of_queues,
    topics,
)

CASES: list[Any] = [*sized_policies.CASES, *sized_resources.CASES]


NAMED: list[tuple[Any, Any]] = [
    ({"Ref": "S"}, "arn:aws:secretsmanager:us-east-1:123456789012:secret:S-123456789012-123456"),
    (
        {"Fn::Sub": "${S}:a::${!b}"},
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:S-123456789012-123456:a::${b}",
    ),
    ({"Fn::GetAtt": ["Q", "Arn"]}, "arn:aws:sqs:us-east-1:123456789012:Q-123456789012"),
    ({"Fn::GetAtt": "Q.Arn"}, "arn:aws:sqs:us-east-1:123456789012:Q-123456789012"),
    ({"Fn::GetAtt": ["J", "Arn"]}, "arn:aws:iam::123456789012:role/J-123456789012"),
    (
        {"Fn::Sub": ["${a}${J.Arn}", {"a": "xyz"}]},
        "xyzarn:aws:iam::123456789012:role/J-123456789012",
    ),
    (
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":logs:", {"Ref": "AWS::Region"}]]},
        "arn:aws:logs:us-east-1",
    ),
    ({"Fn::Sub": "${AWS::AccountId}/${Unknown}"}, "123456789012/"),
    ({"Fn::GetAtt": ["B", "Arn"]}, "arn:aws:s3:::bucket"),
    ({"Ref": "J"}, "J-123456789012"),
    ({"Fn::If": ["Maybe", {"Ref": "S"}, "abc"]}, "abc"),
    (["a", {"Fn::If": ["Maybe", "b", {"Ref": "AWS::NoValue"}]}], ["a"]),
    ("x{{resolve:ssm:/a/long/name}}", "x"),
]
"""What a policy names, and the shortest that it can come to."""

ALL: list[Any] = [
    *CASES,
    ("role-policy-size", partial(role_that_names, *NAMED[0]), quotas.ROLE_POLICY_CHARACTERS),
    ("event-pattern-syntax", event_pattern, quotas.EVENT_PATTERN_CHARACTERS),
    ("event-pattern-syntax", pattern_of_queues, quotas.EVENT_PATTERN_CHARACTERS),
    ("resource-count", topics, RESOURCES),
    ("job-definition-size", job_with_secrets, BYTES),
]
"""Also those whose other cases stand elsewhere."""


def found(template: dict[str, Any]) -> list[tuple[str, str]]:
    areas = {rule for rule, _, _ in ALL} | {"stack-sections", "template-text-length"}
    return [(one.rule, one.message) for one in check_template(template) if one.rule in areas]


@pytest.mark.parametrize(("resource", "at_least"), NAMED)
def test_what_only_the_deployment_knows_counts_as_little_as_it_can_be(
    resource: Any, at_least: Any
) -> None:
    most = quotas.ROLE_POLICY_CHARACTERS

    assert found({"Resources": role_that_names(resource, at_least, most)}) == []
    assert found({"Resources": role_that_names(resource, at_least, most + 1)}) != []


@pytest.mark.parametrize(("rule", "make", "most"), ALL)
def test_the_most_is_taken_and_one_more_is_not(rule: str, make: Any, most: int) -> None:
    assert found({"Resources": make(most)}) == []
    [(named, message)] = found({"Resources": make(most + 1)})
    assert named == rule
    assert str(most) in message.replace(",", "")


@pytest.mark.parametrize(
    ("rule", "make", "most"), [one for one in ALL if one[0] != "resource-count"]
)
@pytest.mark.parametrize("more", [0, 1])
def test_a_synthesis_says_the_same_of_what_anybody_made(
    rule: str, make: Any, most: int, more: int, tmp_path: Path
) -> None:
    """Of resources the CDK counts 500 itself, and refuses the next one."""
    app = cdk.App(
        outdir=str(tmp_path),
        builtin_cloud_formation_validation=False,
        context={"@aws-cdk/core:suppressTemplateIndentation": True},
    )
    cdk.Validations.of(app).add_plugins(bc.BatchRules())
    stack = cdk.Stack(app, "S", synthesizer=cdk.LegacyStackSynthesizer())
    stack.template_options.metadata = {}
    for id_, one in make(most + more).items():
        resource = cdk.CfnResource(stack, id_, type=one["Type"], properties=one.get("Properties"))
        for name, value in one.get("Metadata", {}).items():
            resource.add_metadata(name, value)
        resource.override_logical_id(id_)

    said = ""
    try:
        with rendered.somebody_elses():
            app.synth()
    except RuntimeError as error:
        said = str(error)

    report = tmp_path / "validation-report.json"
    written = json.loads(report.read_text()) if report.exists() else {"pluginReports": []}
    told = {one["ruleName"] for plugin in written["pluginReports"] for one in plugin["violations"]}
    if rule != "template-size":  # the CDK adds metadata of its own
        assert (rule in told) is bool(more), said
    elif more:
        assert rule in told


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(("rule", "make", "most"), ALL)
def test_a_check_from_the_command_line_says_the_same(
    rule: str, make: Any, most: int, more: int, tmp_path: Path
) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"Resources": make(most + more)}, separators=(",", ":")))

    done = CliRunner().invoke(check, [str(file), "--format", "json"])

    [found] = json.loads(done.stdout).values()
    severities = {one["severity"] for one in found if one["rule"] == rule}
    assert len(severities) == more
    assert done.exit_code == any(one["severity"] == "error" for one in found)


@pytest.mark.parametrize(
    ("section", "most"),
    [
        ("Outputs", quotas.STACK_OUTPUTS),
        ("Parameters", quotas.STACK_PARAMETERS),
        ("Mappings", quotas.STACK_MAPPINGS),
    ],
)
def test_a_section_has_so_many_entries_and_no_more(section: str, most: int) -> None:
    one = {"Type": "String", "Value": "x"}

    def template(count: int) -> dict[str, Any]:
        topic = {"T": {"Type": "AWS::SNS::Topic"}}
        return {"Resources": topic, section: {f"N{number}": one for number in range(count)}}

    assert found(template(most)) == []
    [(_, message)] = found(template(most + 1))
    assert message == f"there are {most + 1} {section.lower()}; CloudFormation allows {most}"


def test_a_mapping_has_so_many_values_below_a_key_and_no_more() -> None:
    most = quotas.MAPPING_ATTRIBUTES

    def template(count: int) -> dict[str, Any]:
        values = {f"k{number}": "v" for number in range(count)}
        return {"Resources": topics(1), "Mappings": {"M": {"a": values}}}

    assert found(template(most)) == []
    [(_, message)] = found(template(most + 1))
    assert message == f"there are {most + 1} values below one key; CloudFormation allows {most}"


@pytest.mark.parametrize(
    ("most", "make"),
    [
        (quotas.STACK_NAME_CHARACTERS, lambda length: {"Resources": {"x" * length: TOPIC}}),
        (quotas.STACK_NAME_CHARACTERS, lambda length: {"Outputs": {"x" * length: {"Value": "x"}}}),
        (quotas.STACK_PARAMETER_BYTES, lambda length: {"Parameters": {"P": default(length)}}),
        (quotas.TEMPLATE_DESCRIPTION_BYTES, lambda length: {"Description": "x" * length}),
    ],
)
def test_a_text_of_a_template_has_so_much_room_and_no_more(most: int, make: Any) -> None:
    assert found({"Resources": {"T": TOPIC}, **make(most)}) == []
    [(rule, message)] = found({"Resources": {"T": TOPIC}, **make(most + 1)})
    assert rule == "template-text-length"
    assert f"has {most + 1} " in message
    assert message.endswith(f"; CloudFormation allows {most}")


def default(length: int) -> dict[str, Any]:
    return {"Type": "String", "Default": "x" * length}


def test_a_policy_under_a_condition_counts_for_nothing() -> None:
    made = role_and_its_policies(quotas.ROLE_POLICY_CHARACTERS)
    made["D"] = {**made["A"], "Condition": "Maybe"}

    assert found({"Resources": made}) == []


def test_what_is_not_known_yet_counts_as_nothing() -> None:
    many = {"Fn::Join": [",", [{"Ref": "Q"}] * 3000]}
    resources = function(100)
    resources["F"]["Properties"]["Environment"]["Variables"] = {"NAME": many}

    assert found({"Resources": resources}) == []


@pytest.mark.parametrize(
    "where", ["Policies", "PolicyDocument", "Environment", "DashboardBody", "Targets"]
)
@pytest.mark.parametrize(
    "odd",
    [
        *(None, 1, "x", [1, None], {"Variables": 1}, [{"a": []}], "[1]", '{"widgets": [1]}'),
        *('{"widgets": [{"properties": {"metrics": [1, []]}}, {"properties": 1}]}',),
        *([{"Input": []}, {"InputTransformer": 1}],),
    ],
)
def test_what_is_none_is_nothing(where: str, odd: Any) -> None:
    for kind in (
        *("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function"),
        *("AWS::CloudWatch::Dashboard", "AWS::Events::Rule"),
    ):
        assert found({"Resources": {"X": {"Type": kind, "Properties": {where: odd}}}}) == []


def test_a_policy_of_a_role_that_may_not_be_there_counts_for_nobody() -> None:
    document = {"Statement": [{"Sid": "x" * 11_000}]}
    roles = [{"Fn::If": ["Maybe", "a", {"Ref": "AWS::NoValue"}]}]
    properties = {"PolicyDocument": document, "Roles": roles}
    template = {"Conditions": {"Maybe": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}}}

    assert (
        found(
            {**template, "Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": properties}}}
        )
        == []
    )


def test_a_policy_of_roles_that_are_named_counts_for_none_of_the_template() -> None:
    """A name in a policy's Roles is none of the template's roles, but what it names has no room."""
    document = {"Statement": [{"Sid": "x" * 11_000}]}
    policy = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": document}}
    policy["Properties"]["Roles"] = ["R", {"Fn::Sub": "R"}]  # type: ignore[index]

    template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {}}, "P": policy}}
    assert [one.resource for one in check_template(template) if one.rule == "role-policy-size"] == [
        "P"
    ]


def test_what_a_condition_may_leave_out_counts_in_no_quota() -> None:
    made = of_batch("JobQueue", quotas.BATCH_RESOURCES + 1)
    made["B0"] = {**made["B0"], "Condition": "Maybe"}
    template = {"Conditions": {"Maybe": {"Fn::Equals": [{"Ref": "AWS::Region"}, "x"]}}}

    assert found({**template, "Resources": made}) == []
