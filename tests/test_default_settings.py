"""One call says for an app what every log group, function and table of it is made with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs

import batch_constructs as bc
from batch_constructs.applied_settings import APPLIED
from tests.everything import everything


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Let nothing be looked up in the tests after these, which count what is asked of the CDK."""
    yield
    APPLIED.clear()


def job(scope: cdk.Stack, id: str = "Job", **more: Any) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(
        scope, id, image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2), **more
    )


def groups(stack: cdk.Stack) -> list[dict[str, Any]]:
    found = assertions.Template.from_stack(stack).find_resources("AWS::Logs::LogGroup")
    return [one["Properties"] for one in found.values()]


def test_one_call_for_an_app_reaches_everything_that_this_library_makes() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    place = cdk.Environment(account="123456789012", region="us-east-1")
    stack = cdk.Stack(app, "All", env=place)
    network = cdk.Stack(app, "Network", env=place)
    boundary = iam.ManagedPolicy.from_managed_policy_name(network, "Most", "most")
    bc.DefaultSettings.of(app).apply(
        log_retention=logs.RetentionDays.SIX_MONTHS,
        log_encryption_key=kms.Key(network, "OfLogs"),
        function_settings=bc.FunctionSettings(
            vpc=ec2.Vpc(network, "Vpc", nat_gateways=1),
            encryption_key=kms.Key(network, "OfFunctions"),
            reserved_concurrency=7,
            permissions_boundary=boundary,
            point_in_time_recovery=True,
        ),
    )
    iam.PermissionsBoundary.of(stack).apply(boundary)
    everything(stack, defaults=True, keep_old_revisions=3)

    template = assertions.Template.from_stack(stack).to_json()["Resources"]
    ours: dict[str, list[dict[str, Any]]] = {}
    for id_, one in template.items():
        if id_.startswith(("My", "BatchConstructs")) or one["Type"] == "AWS::Lambda::Function":
            ours.setdefault(one["Type"], []).append(one.get("Properties", {}))
    assert len(ours["AWS::Logs::LogGroup"]) > 10
    assert {group["RetentionInDays"] for group in ours["AWS::Logs::LogGroup"]} == {180}
    keys = {json.dumps(group["KmsKeyId"]) for group in ours["AWS::Logs::LogGroup"]}
    assert {("OfLogs" in key, "OfFunctions" in key) for key in keys} == {
        (True, False),
        (False, True),
    }
    for function in ours["AWS::Lambda::Function"]:
        assert {"VpcConfig", "KmsKeyArn", "ReservedConcurrentExecutions"} <= set(function)
    for table in ours["AWS::DynamoDB::Table"]:
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["SSESpecification"]["SSEType"] == "KMS"
    assert [role for role in ours["AWS::IAM::Role"] if "PermissionsBoundary" not in role] == []
    admitted = [
        json.dumps(one["Properties"]["KeyPolicy"])
        for one in assertions.Template.from_stack(network).find_resources("AWS::KMS::Key").values()
    ]
    assert len(admitted) == 2
    assert all("CloudWatchLogs" in policy for policy in admitted)


def test_what_a_constructor_is_given_goes_before_it(stack: cdk.Stack) -> None:
    key = kms.Key(stack, "Key")
    bc.DefaultSettings.of(stack).apply(
        log_retention=logs.RetentionDays.SIX_MONTHS, log_encryption_key=kms.Key(stack, "Other")
    )
    job(stack, log_retention=logs.RetentionDays.ONE_DAY, log_encryption_key=key)

    [group] = groups(stack)
    assert group == {"RetentionInDays": 1, "KmsKeyId": stack.resolve(key.key_arn)}


def trail(stack: cdk.Stack, **given: Any) -> bc.AuditTrail:
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    return bc.AuditTrail(stack, "Trail", queues=[queue], **given)


@pytest.mark.parametrize(
    ("said", "given", "days", "key"),
    [
        (None, None, 365, "TrailKey"),
        (None, "Own", 1, "Own"),
        ("Apps", None, 180, "Apps"),
        ("Apps", "Own", 1, "Own"),
    ],
)
def test_a_log_group_is_as_it_is_given_else_as_the_app_says_else_as_the_piece_has_it(
    said: str | None, given: str | None, days: int, key: str, stack: cdk.Stack
) -> None:
    if said:
        bc.DefaultSettings.of(stack).apply(
            log_retention=logs.RetentionDays.SIX_MONTHS, log_encryption_key=kms.Key(stack, said)
        )
    own: dict[str, Any] = {}
    if given:
        own["log_retention"] = logs.RetentionDays.ONE_DAY
        own["log_encryption_key"] = kms.Key(stack, given)
    trail(stack, **own)

    [group] = groups(stack)
    assert group["RetentionInDays"] == days
    assert group["KmsKeyId"]["Fn::GetAtt"][0].startswith(key)
    keys = assertions.Template.from_stack(stack).find_resources("AWS::KMS::Key")
    admitted = [id_ for id_, one in keys.items() if "CloudWatchLogs" in json.dumps(one)]
    assert [id_.startswith(key) for id_ in admitted] == [True]


def test_a_key_and_a_retention_of_a_log_group_that_are_none_are_refused(stack: cdk.Stack) -> None:
    with pytest.raises(TypeError) as refused:
        trail(stack, log_retention=30, log_encryption_key="alias/a")

    assert "log_retention is int 30; expected a member of logs.RetentionDays" in str(refused.value)
    assert 'log_encryption_key is str "alias/a"' in str(refused.value)


def test_a_stack_says_it_before_its_app_and_says_no_more_than_it_says() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    one, other = cdk.Stack(app, "One"), cdk.Stack(app, "Other")
    key = kms.Key.from_key_arn(
        other, "Key", "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    )
    bc.DefaultSettings.of(app).apply(
        log_retention=logs.RetentionDays.SIX_MONTHS, log_encryption_key=key
    )
    bc.DefaultSettings.of(one).apply(log_retention=logs.RetentionDays.ONE_YEAR)
    for stack in (one, other):
        job(stack)

    assert [groups(stack)[0]["RetentionInDays"] for stack in (one, other)] == [365, 180]
    assert {groups(stack)[0]["KmsKeyId"] for stack in (one, other)} == {key.key_arn}


def test_a_log_group_that_is_given_stays_as_it_is(stack: cdk.Stack) -> None:
    bc.DefaultSettings.of(stack).apply(log_retention=logs.RetentionDays.SIX_MONTHS)
    job(stack, log_group=logs.LogGroup(stack, "Own", retention=logs.RetentionDays.ONE_DAY))

    assert [group["RetentionInDays"] for group in groups(stack)] == [1]


def test_what_one_app_says_is_nothing_to_another(stack: cdk.Stack) -> None:
    bc.DefaultSettings.of(cdk.App()).apply(log_retention=logs.RetentionDays.SIX_MONTHS)
    job(stack)

    assert groups(stack) == [{"RetentionInDays": 30}]


def test_what_is_built_for_other_accounts_is_told_to_say_it_itself(stack: cdk.Stack) -> None:
    def build(inner: cdk.Stack) -> None:
        bc.DefaultSettings.of(inner).apply(log_retention=logs.RetentionDays.TEN_YEARS)
        job(inner)

    bc.DefaultSettings.of(stack).apply(log_retention=logs.RetentionDays.TEN_YEARS)
    made = bc.EverywhereStackSet(
        stack, "Set", build=build, regions=["eu-west-1"], accounts=["123456789012"]
    )

    [warning] = assertions.Annotations.from_stack(stack).find_warning(
        "*", assertions.Match.string_like_regexp("DefaultSettings sets log_retention in this app")
    )
    assert warning.id == f"/{made.node.path}"
    assert '"RetentionInDays":3653' in str(made.resource.template_body)


def test_it_is_refused_where_something_is_made_already(stack: cdk.Stack) -> None:
    job(stack)

    with pytest.raises(ValueError, match=r"Job already exists and would not get these"):
        bc.DefaultSettings.of(stack).apply(log_retention=logs.RetentionDays.SIX_MONTHS)
    bc.DefaultSettings.of(cdk.Stack(stack, "Another")).apply(
        log_retention=logs.RetentionDays.SIX_MONTHS
    )


def test_an_app_is_refused_where_something_is_made_in_any_stack_of_it(stack: cdk.Stack) -> None:
    job(stack)
    app: Any = stack.node.root

    with pytest.raises(ValueError, match=r"the app: .*Job already exists"):
        bc.DefaultSettings.of(app).apply(log_retention=logs.RetentionDays.ONE_DAY)


def test_what_is_made_in_a_stack_of_a_longer_name_is_not_in_the_way() -> None:
    app = cdk.App()
    job(cdk.Stack(app, "Stack2"))

    bc.DefaultSettings.of(cdk.Stack(app, "Stack")).apply(log_retention=logs.RetentionDays.ONE_DAY)


def test_what_it_cannot_take_is_said_at_once() -> None:
    wrong: Any = {"log_retention": 30, "log_encryption_key": "alias/a", "function_settings": {}}
    with pytest.raises(TypeError) as caught:
        bc.DefaultSettings.of(cdk.App()).apply(**wrong)

    told = str(caught.value).splitlines()
    assert [one.partition(" is ")[0] for one in told] == [
        "the app: log_retention",
        "the app: log_encryption_key",
        "the app: function_settings",
    ]
    nothing: Any = "app"
    with pytest.raises(TypeError, match="scope is str"):
        bc.DefaultSettings.of(nothing)


def test_a_key_of_another_region_is_refused_where_it_would_be_used() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "S", env=cdk.Environment(account="123456789012", region="eu-west-1"))
    key = kms.Key.from_key_arn(
        stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"
    )
    bc.DefaultSettings.of(app).apply(log_encryption_key=key)

    with pytest.raises(ValueError, match="log_encryption_key: .*us-east-1"):
        job(stack)
