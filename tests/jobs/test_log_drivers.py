"""Where output goes: drivers for each platform, secret options, and the log group they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

Rendered = dict[str, Any]
Container = Callable[[], Rendered]
Resources = Callable[..., dict[str, Rendered]]
Statements = Callable[[], list[Rendered]]
Fargate = Callable[..., bc.FargateJobDefinition]
Ec2 = Callable[..., bc.Ec2JobDefinition]


def test_a_secret_option_is_fetched_and_nothing_else_may_be(
    stack: cdk.Stack,
    fargate: Fargate,
    container: Container,
    resources: Resources,
    execution_statements: Statements,
) -> None:
    token = secretsmanager.Secret(stack, "Token")
    fargate(
        log_configuration=bc.LogConfiguration(
            driver="splunk",
            options={"splunk-url": "https://splunk.example.com"},
            secret_options={"splunk-token": bc.secret_field(token, "value")},
        )
    )

    (name,) = resources("AWS::SecretsManager::Secret")
    log = container()["LogConfiguration"]
    assert log["LogDriver"] == "splunk"
    assert log["Options"] == {"splunk-url": "https://splunk.example.com"}
    assert log["SecretOptions"] == [
        {"Name": "splunk-token", "ValueFrom": {"Fn::Join": ["", [{"Ref": name}, ":value::"]]}}
    ]
    assert execution_statements() == [
        {"Action": "secretsmanager:GetSecretValue", "Effect": "Allow", "Resource": {"Ref": name}}
    ]


def test_a_job_that_logs_elsewhere_has_no_log_group(fargate: Fargate, resources: Resources) -> None:
    job = fargate(log_configuration=bc.LogConfiguration(driver="splunk"))

    assert resources("AWS::Logs::LogGroup") == {}
    with pytest.raises(ValueError, match="there is no log group, because no container logs to"):
        _ = job.log_group


def test_options_of_awslogs_are_added_to_the_own_log_group(
    fargate: Fargate, container: Container, resources: Resources
) -> None:
    fargate(log_configuration=bc.LogConfiguration(options={"mode": "non-blocking"}))

    (group,) = resources("AWS::Logs::LogGroup")
    assert container()["LogConfiguration"]["Options"] == {
        "awslogs-group": {"Ref": group},
        "mode": "non-blocking",
    }


def test_another_log_group_in_the_options_is_what_may_be_written_to(
    fargate: Fargate, resources: Resources, execution_statements: Statements
) -> None:
    fargate(log_configuration=bc.LogConfiguration(options={"awslogs-group": "/shared"}))

    assert resources("AWS::Logs::LogGroup") == {}
    (statement,) = execution_statements()
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"]["Fn::Join"][1][-1] == ":log-group:/shared:*"


@pytest.mark.parametrize("name", ["fluentd", "json-file", "gelf", "journald", "syslog"])
def test_a_driver_that_fargate_does_not_have_is_refused_there_and_taken_on_instances(
    name: str, fargate: Fargate, ec2_job: Ec2, container: Container, resources: Resources
) -> None:
    driver = bc.LogConfiguration(driver=name)
    with pytest.raises(ValueError, match=f'log_configuration.driver is "{name}"'):
        fargate(log_configuration=driver)

    ec2_job(log_configuration=driver)
    assert container()["LogConfiguration"] == {"LogDriver": name}
    [role] = (role for name, role in resources("AWS::IAM::Role").items() if "ExecutionRole" in name)
    assert "Policies" not in role["Properties"], "a policy has to say something"


def test_a_retention_for_logs_that_go_elsewhere_is_refused(fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="no container writes to the definition's log group"):
        fargate(
            log_configuration=bc.LogConfiguration(driver="splunk"),
            log_retention=logs.RetentionDays.ONE_WEEK,
        )


def test_a_key_for_logs_that_go_elsewhere_is_refused(stack: cdk.Stack, fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="no container writes to the definition's log group"):
        fargate(
            log_configuration=bc.LogConfiguration(driver="splunk"),
            log_encryption_key=kms.Key(stack, "Key"),
        )


def test_a_key_for_a_log_group_that_was_given_is_refused(
    stack: cdk.Stack, fargate: Fargate
) -> None:
    with pytest.raises(ValueError, match="set log_encryption_key where the log group is created"):
        fargate(log_group=logs.LogGroup(stack, "Logs"), log_encryption_key=kms.Key(stack, "Key"))


def test_what_is_no_driver_is_named(fargate: Fargate) -> None:
    with pytest.raises(
        TypeError, match=r"log_configuration is str \"splunk\"; expected LogConfiguration\("
    ):
        fargate(log_configuration="splunk")


def test_ecs_exec_gets_the_channels_it_needs(
    fargate: Fargate, container: Container, resources: Resources
) -> None:
    fargate(enable_execute_command=True)

    assert container()["EnableExecuteCommand"] is True
    (policy,) = resources("AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Action": [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            "Effect": "Allow",
            "Resource": "*",
        }
    ]


def test_a_windows_job_refuses_what_only_linux_has(fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="init_process|LinuxParameters") as error:
        fargate(
            operating_system_family="WINDOWS_SERVER_2022_CORE",
            init_process=True,
            user="nobody",
            cpu_architecture="ARM64",
        )

    assert "user is given, which Windows jobs do not support" in str(error.value)
    assert "ARM64" in str(error.value)


@pytest.mark.parametrize("given", ["log_group", "log_encryption_key", "log_retention"])
def test_what_no_container_would_log_to_is_refused(
    given: str, stack: cdk.Stack, fargate: Fargate
) -> None:
    options: Any = {
        "log_group": logs.LogGroup(stack, "Group"),
        "log_encryption_key": kms.Key(stack, "Key"),
        "log_retention": logs.RetentionDays.ONE_DAY,
    }
    with pytest.raises(ValueError, match=f"{given}.* is given, but no container writes to"):
        fargate(log_configuration=bc.LogConfiguration(driver="splunk"), **{given: options[given]})


def test_the_key_of_a_given_log_group_is_set_where_the_group_is_made(
    stack: cdk.Stack, fargate: Fargate
) -> None:
    group, key = logs.LogGroup(stack, "Group"), kms.Key(stack, "Key")

    with pytest.raises(ValueError, match="set log_encryption_key where the log group is created"):
        fargate(log_group=group, log_encryption_key=key)


def test_of_containers_that_cannot_be_read_it_is_not_said_where_they_log(stack: cdk.Stack) -> None:
    wrong: Any = ["x"]
    with pytest.raises(TypeError, match=r"node_ranges\[0\]") as refused:
        bc.MultiNodeJobDefinition(
            stack, "Nodes", node_ranges=wrong, log_encryption_key=kms.Key(stack, "Key")
        )

    assert "log_encryption_key" not in str(refused.value)
