"""Secrets: what the container sees, and what may be fetched for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

import batch_constructs as bc

Rendered = dict[str, Any]
Fargate = Callable[..., bc.FargateJobDefinition]
Container = Callable[[], Rendered]
Statements = Callable[[], list[Rendered]]
Resources = Callable[..., dict[str, Rendered]]


@pytest.fixture
def secret(stack: cdk.Stack) -> secretsmanager.Secret:
    return secretsmanager.Secret(stack, "Secret")


def test_a_whole_secret_is_referred_to_by_its_arn(
    fargate: Fargate, secret: secretsmanager.Secret, container: Container
) -> None:
    fargate(secrets={"PASSWORD": secret})

    ((entry),) = container()["Secrets"]
    assert entry["Name"] == "PASSWORD"
    assert set(entry["ValueFrom"]) == {"Ref"}


@pytest.mark.parametrize(
    ("options", "suffix"),
    [
        ({"key": "password"}, ":password::"),
        ({"key": "password", "version_stage": "AWSPREVIOUS"}, ":password:AWSPREVIOUS:"),
        ({"key": "password", "version_id": "abc"}, ":password::abc"),
        ({"version_stage": "AWSPENDING"}, "::AWSPENDING:"),
    ],
)
def test_a_field_or_a_version_is_named_after_the_arn(
    options: dict[str, str],
    suffix: str,
    fargate: Fargate,
    secret: secretsmanager.Secret,
    container: Container,
) -> None:
    fargate(secrets={"PASSWORD": bc.secret_field(secret, **options)})

    assert container()["Secrets"][0]["ValueFrom"]["Fn::Join"][1][-1] == suffix


def test_exactly_these_secrets_may_be_fetched(
    stack: cdk.Stack,
    fargate: Fargate,
    secret: secretsmanager.Secret,
    execution_statements: Statements,
) -> None:
    other = secretsmanager.Secret(stack, "Other")
    secretsmanager.Secret(stack, "Unrelated")
    fargate(
        secrets={
            "A": bc.secret_field(secret, "a"),
            "B": bc.secret_field(secret, "b"),
            "C": other,
        }
    )

    _, fetch = execution_statements()
    assert fetch["Action"] == "secretsmanager:GetSecretValue"
    assert [resource["Ref"][:5] for resource in fetch["Resource"]] == ["Secre", "Other"]


def test_a_secret_imported_by_name_is_allowed_with_the_suffix_that_aws_appends(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "prod/db")
    fargate(secrets={"PASSWORD": bc.secret_field(secret, "password")})

    _, fetch = execution_statements()
    assert fetch["Resource"]["Fn::Join"][1][-1] == ":secret:prod/db-??????"


def test_a_secrets_own_key_may_decrypt_it_through_secrets_manager_only(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    key = kms.Key(stack, "Key")
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=key)
    fargate(secrets={"PASSWORD": secret})

    decrypt = execution_statements()[-1]
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Resource"]["Fn::GetAtt"][0].startswith("Key")
    via = decrypt["Condition"]["StringEquals"]["kms:ViaService"]
    assert via["Fn::Join"][1] == ["secretsmanager.", {"Ref": "AWS::Region"}, ".amazonaws.com"]


def test_a_parameter_of_ssm_is_a_secret_too(
    stack: cdk.Stack, fargate: Fargate, container: Container, execution_statements: Statements
) -> None:
    key = kms.Key(stack, "Key")
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack, "Parameter", parameter_name="/prod/token", encryption_key=key
    )
    fargate(secrets={"TOKEN": bc.secret_parameter(parameter, encryption_key=key)})

    assert container()["Secrets"][0]["ValueFrom"]["Fn::Join"][1][-1] == ":parameter/prod/token"
    _, fetch, decrypt = execution_statements()
    assert fetch["Action"] == "ssm:GetParameters"
    assert decrypt["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Join"][1][0] == "ssm."


def test_a_parameter_without_a_key_of_its_own_is_given_as_it_is(
    stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    parameter = ssm.StringParameter(stack, "Parameter", string_value="x")
    fargate(secrets={"TOKEN": parameter})

    _, fetch = execution_statements()
    assert fetch["Action"] == "ssm:GetParameters"


def test_the_value_of_a_secret_is_nowhere_in_the_template(
    stack: cdk.Stack, fargate: Fargate, secret: secretsmanager.Secret, app: cdk.App
) -> None:
    fargate(secrets={"PASSWORD": bc.secret_field(secret, "password")})

    template = app.synth().get_stack_by_name("Stack").template
    assert "resolve:secretsmanager" not in str(template)


class TestRefusals:
    """A secret that is none, or one that cannot be referred to."""

    def test_a_secret_value_in_clear_text(self, fargate: Fargate) -> None:
        with pytest.raises(TypeError, match=r"secrets\[\"PASSWORD\"\] is str"):
            fargate(secrets={"PASSWORD": "hunter2"})

    @pytest.mark.parametrize("part", ["key", "version_stage", "version_id"])
    @pytest.mark.parametrize(
        ("given", "said"), [("hunter2:", "has a colon in it"), ("", "is empty")]
    )
    def test_a_part_that_cannot_be_is_refused_and_not_shown(
        self, part: str, given: str, said: str, secret: secretsmanager.Secret
    ) -> None:
        parts: dict[str, Any] = {"key": "a", part: given}
        with pytest.raises(ValueError, match=f"{part} {said}; allowed: a text without") as told:
            bc.secret_field(secret, **parts)
        assert "hunter2" not in str(told.value)

    def test_a_stage_and_an_id(self, secret: secretsmanager.Secret) -> None:
        with pytest.raises(ValueError, match="allowed: one of them"):
            bc.secret_field(secret, "a", version_stage="AWSCURRENT", version_id="x")

    def test_a_field_of_something_else(self) -> None:
        with pytest.raises(TypeError, match=r"secret_field: secret is str"):
            bc.secret_field("prod/db", "password")  # type: ignore[arg-type]  # the mistake

    def test_a_parameter_that_is_none(self) -> None:
        with pytest.raises(TypeError, match=r"secret_parameter: parameter is str"):
            bc.secret_parameter("/a", encryption_key="k")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("order", ["key first", "key last"])
def test_a_key_that_is_named_once_is_kept(
    order: str, stack: cdk.Stack, fargate: Fargate, execution_statements: Statements
) -> None:
    parameter = ssm.StringParameter.from_string_parameter_name(stack, "P", "/a")
    with_key = bc.secret_parameter(parameter, encryption_key=kms.Key(stack, "Key"))
    both: Any = {"A": with_key, "B": parameter}
    fargate(secrets=both if order == "key first" else dict(reversed(both.items())))

    assert [one["Action"] for one in execution_statements()[1:]] == [
        "ssm:GetParameters",
        "kms:Decrypt",
    ]


def test_an_alias_is_no_key(stack: cdk.Stack) -> None:
    parameter = ssm.StringParameter.from_string_parameter_name(stack, "P", "/a")
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/mine")
    with pytest.raises(TypeError, match="not an alias"):
        bc.secret_parameter(parameter, encryption_key=alias)


def many(stack: cdk.Stack, count: int) -> dict[str, Any]:
    return {f"S{n}": secretsmanager.Secret(stack, f"Many{n}") for n in range(count)}


@pytest.mark.parametrize(("count", "policies"), [(30, 0), (31, 0), (60, 1)])
def test_a_role_that_reads_many_secrets_has_as_many_policies_as_they_need(
    count: int, policies: int, stack: cdk.Stack, fargate: Fargate, resources: Resources
) -> None:
    """IAM takes 10,240 characters inline, and an ARN may have 190."""
    fargate(secrets=many(stack, count))

    [role] = resources("AWS::IAM::Role").values()
    more = resources("AWS::IAM::ManagedPolicy")
    documents = [
        *[one["PolicyDocument"] for one in role["Properties"]["Policies"]],
        *[one["Properties"]["PolicyDocument"] for one in more.values()],
    ]
    read = [
        arn["Ref"]
        for document in documents
        for statement in document["Statement"]
        if statement["Action"] == "secretsmanager:GetSecretValue"
        for arn in statement["Resource"]
    ]
    assert set(read) == set(resources("AWS::SecretsManager::Secret"))
    assert len(read) == count
    assert [one["Ref"] for one in role["Properties"].get("ManagedPolicyArns", [])] == list(more)
    assert len(more) == policies


def test_more_secrets_than_a_role_can_read_are_refused(stack: cdk.Stack, fargate: Fargate) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    arns = {f"S{n}": cdk.Fn.import_value(f"Secret{n}") for n in range(400)}
    given = {
        name: secretsmanager.Secret.from_secret_complete_arn(stack, name, arn)
        for name, arn in arns.items()
    }

    with pytest.raises(ValueError, match="managed policies for its permissions; allowed: 10"):
        fargate(secrets={**given, "ONE": secret})
