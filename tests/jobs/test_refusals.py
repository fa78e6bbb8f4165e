"""What AWS Batch would refuse, or leave stuck, is an error where the definition is declared."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

import batch_constructs as bc

Fargate = Callable[..., bc.FargateJobDefinition]
Ec2 = Callable[..., bc.Ec2JobDefinition]


def test_a_wrong_fargate_size_says_which_memory_values_are_allowed(fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="Stack/Job: ") as refused:
        fargate(vcpus=1, memory=cdk.Size.gibibytes(16))

    message = str(refused.value)
    assert "16384" in message
    assert all(str(mebibytes) in message for mebibytes in (2048, 3072, 8192))


def test_every_problem_is_said_at_once(fargate: Fargate, stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret(stack, "Secret")
    with pytest.raises(ValueError, match="Stack/Job:") as refused:
        fargate(
            vcpus=3,
            environment={"AWS_BATCH_JOB": "1", "PASSWORD": "x"},
            secrets={"PASSWORD": secret},
            timeout=cdk.Duration.seconds(10),
            retry_policy=bc.RetryPolicy(attempts=50),
            command=["Ref::missing"],
        )

    problems = str(refused.value).splitlines()[1:]
    assert [problem.split(":")[0].removeprefix("  - ") for problem in problems if ":" in problem]
    for named in (
        "vcpus is 3; allowed: 0.25, 0.5, 1, 2, 4, 8, 16 or 32 on Fargate",
        "AWS_BATCH_JOB",
        "PASSWORD",
        "timeout is 10",
        "is 50",
        "missing",
    ):
        assert any(named in problem for problem in problems), named
    assert len(problems) == 6


def test_the_error_is_raised_from_the_callers_line(fargate: Fargate, stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="vcpus is 3; allowed") as refused:
        bc.FargateJobDefinition(
            stack, "Other", image="busybox", vcpus=3, memory=cdk.Size.gibibytes(2)
        )

    frames = traceback.extract_tb(refused.value.__traceback__)
    assert frames[0].filename == __file__
    assert frames[0].line is not None
    assert frames[0].line.startswith("bc.FargateJobDefinition(")
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"vcpus": 0.3},
            r"vcpus is 0\.3; allowed: 0\.25, 0\.5, 1, 2, 4, 8, 16 or 32 on Fargate$",
        ),
        (
            {"retry_policy": bc.RetryPolicy(attempts=0)},
            r"retry_policy\.attempts is 0; allowed: whole numbers from 1 to 10",
        ),
        (
            {"retry_policy": bc.RetryPolicy(attempts=11)},
            r"retry_policy\.attempts is 11; allowed: whole numbers from 1 to 10",
        ),
        (
            {
                "retry_policy": bc.RetryPolicy(
                    rules=[bc.RetryRule(action="RETRY", on_reason="a*")] * 6
                )
            },
            r"retry_policy\.rules has 6 exit conditions; allowed: at most 5$",
        ),
        (
            {"retry_policy": bc.RetryPolicy(rules=[bc.RetryRule(action="AGAIN", on_reason="a")])},
            "AGAIN",
        ),
        (
            {"timeout": cdk.Duration.seconds(59)},
            "timeout is 59 seconds; allowed: 60 seconds or more$",
        ),
        ({"environment": {"AWS_BATCH_X": "1"}}, "AWS_BATCH_X"),
        ({"command": ["run", "Ref::sample"]}, "Ref::sample"),
        (
            {"ephemeral_storage": cdk.Size.gibibytes(20)},
            "ephemeral_storage is 20 GiB; allowed: 21 to 200 GiB$",
        ),
        (
            {"ephemeral_storage": cdk.Size.gibibytes(201)},
            "ephemeral_storage is 201 GiB; allowed: 21 to 200 GiB$",
        ),
        ({"cpu_architecture": "arm"}, 'cpu_architecture is "arm"; allowed: X86_64 or ARM64'),
        ({"job_definition_name": "a.b"}, r'job_definition_name is "a\.b"'),
        (
            {"scheduling_priority": 10000},
            "scheduling_priority is 10000; allowed: whole numbers from 0 to 9999",
        ),
    ],
)
def test_a_value_out_of_range_is_named_with_what_is_allowed(
    options: dict[str, Any], message: str, fargate: Fargate
) -> None:
    with pytest.raises(ValueError, match=f"Stack/Job: .*{message}"):
        fargate(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": 3}, "image is int 3; expected an image name"),
        ({"memory": 2048}, r"memory is int 2048; expected a Size such as"),
        ({"vcpus": "1"}, 'vcpus is str "1"; expected a number'),
        ({"vcpus": True}, "vcpus is bool True; expected a number"),
        ({"command": "echo hi"}, "command is str; expected a list"),
        ({"command": ["echo", 1]}, r"command\[1\] is int 1; expected a string"),
        ({"environment": {"A": 1}}, r"environment\[\"A\"\] is int; expected a string"),
        ({"environment": ["A=1"]}, "environment is list; expected a mapping"),
        ({"secrets": ["A"]}, "secrets is list; expected a mapping"),
        ({"timeout": 60}, r"timeout is int 60; expected a Duration"),
        ({"retry_policy": 3}, "retry_policy is int 3; expected a RetryPolicy"),
        ({"log_retention": 30}, "log_retention is int 30; expected a member of"),
        ({"assign_public_ip": "yes"}, 'assign_public_ip is str "yes"; expected True or False'),
        ({"create_job_role": "yes"}, 'create_job_role is str "yes"; expected True or False'),
        ({"volumes": ["/data"]}, r"volumes\[0\] is str \"/data\"; expected EfsVolume"),
        ({"job_role": "arn:aws:iam::1:role/x"}, "job_role is str .*; expected an iam.IRole"),
        ({"execution_role": 1}, "execution_role is int 1; expected an iam.IRole"),
        ({"log_group": "/aws/batch/job"}, "log_group is str .*; expected a logs.ILogGroup"),
        ({"log_encryption_key": "alias/x"}, "log_encryption_key is str .*; expected a kms.IKey"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named_with_what_is_expected(
    options: dict[str, Any], message: str, fargate: Fargate
) -> None:
    with pytest.raises(TypeError, match=f"Stack/Job: {message}"):
        fargate(**options)


def test_a_gpu_on_fargate_is_no_parameter_at_all(fargate: Fargate) -> None:
    with pytest.raises(TypeError, match="gpus"):
        fargate(gpus=1)


def test_a_host_volume_on_fargate_is_refused(fargate: Fargate) -> None:
    volume = bc.HostVolume(name="data", container_path="/data", host_path="/mnt")
    with pytest.raises(ValueError, match="host_path is given, which Fargate jobs do not support"):
        fargate(volumes=[volume])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vcpus": 0.5}, r"vcpus is 0\.5; allowed: whole numbers from 1$"),
        ({"memory": cdk.Size.mebibytes(2)}, "memory"),
        ({"gpus": 0}, "gpus is 0; allowed: whole numbers from 1"),
        (
            {"swap": bc.Swap(max_size=cdk.Size.gibibytes(1), swappiness=101)},
            r"swap\.swappiness is 101; allowed: whole numbers from 0 to 100",
        ),
    ],
)
def test_ec2_has_limits_of_its_own(options: dict[str, Any], message: str, ec2_job: Ec2) -> None:
    with pytest.raises(ValueError, match=f"Stack/Job: .*{message}"):
        ec2_job(**options)


def test_unknown_values_are_never_an_error(fargate: Fargate, stack: cdk.Stack) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    text = cdk.CfnParameter(stack, "Text").value_as_string
    texts = cdk.CfnParameter(stack, "Texts", type="CommaDelimitedList").value_as_list

    definition = fargate(
        image=text,
        vcpus=number,
        memory=cdk.Size.mebibytes(number),
        command=texts,
        environment={"A": text},
        parameters={"p": text},
        timeout=cdk.Duration.seconds(number),
        ephemeral_storage=cdk.Size.gibibytes(number),
        cpu_architecture=text,
        retry_policy=bc.RetryPolicy(attempts=number),  # tokens are floats
        scheduling_priority=number,
        job_definition_name=text,
        user=text,
    )

    rendered = stack.resolve(definition.resource.container_properties)
    assert rendered["resourceRequirements"][0]["value"] == {"Ref": "Number"}
    assert rendered["command"] == {"Ref": "Texts"}


def test_a_token_in_a_unit_that_cannot_be_converted_says_so(
    fargate: Fargate, stack: cdk.Stack
) -> None:
    number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    with pytest.raises(ValueError, match="timeout is a token in another unit than seconds"):
        fargate(timeout=cdk.Duration.hours(number))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 10**30])
def test_a_number_that_is_none_or_too_large_is_refused(value: float, fargate: Fargate) -> None:
    """Also the ones that look like the CDK's own number tokens."""
    said = "Stack/Job: vcpus is .*; allowed: (finite numbers|numbers up to)"
    with pytest.raises(ValueError, match=said):
        fargate(vcpus=value)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (bc.RetryPolicy(attempts="3"), r"retry_policy.attempts is str \"3\""),  # type: ignore[arg-type]  # the mistake
        (bc.RetryPolicy(rules=None), r"retry_policy.rules is None"),  # type: ignore[arg-type]  # the mistake
        (bc.RetryPolicy(rules=["x"]), r"retry_policy.rules\[0\] is str \"x\"; expected RetryRule"),  # type: ignore[list-item]  # the mistake
        (
            bc.RetryPolicy(rules=[bc.RetryRule(action="EXIT", on_exit_code=75)]),  # type: ignore[arg-type]  # the mistake
            r"retry_policy.rules\[0\].on_exit_code is int 75; expected a string",
        ),
    ],
)
def test_a_field_of_a_retry_policy_is_named(
    policy: bc.RetryPolicy, message: str, fargate: Fargate
) -> None:
    with pytest.raises(TypeError, match=f"Stack/Job: {message}"):
        fargate(retry_policy=policy)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"environment": {"A": None}}, r"environment\[\"A\"\] is None; expected a string"),
        ({"command": ["x", None]}, r"command\[1\] is None"),
        ({"assign_public_ip": None}, "assign_public_ip is None"),
        ({"vcpus": None}, "vcpus is None"),
        ({"memory": None}, "memory is None"),
        ({"vcpus": ["1"]}, "vcpus is list"),
    ],
)
def test_none_is_refused_where_something_is_needed(
    options: dict[str, Any], message: str, fargate: Fargate
) -> None:
    with pytest.raises(TypeError, match=f"Stack/Job: {message}"):
        fargate(**options)


@pytest.mark.parametrize(
    "options",
    [{"user": ""}, {"job_definition_name": ""}, {"environment": {"": "x"}}],
)
def test_an_empty_text_is_refused(options: dict[str, Any], fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="Stack/Job: .*is empty"):
        fargate(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"ulimits": [bc.Ulimit(name="nofile", soft_limit="1", hard_limit=2)]},  # type: ignore[arg-type]  # the mistake
            r"ulimits\[0\]\.soft_limit is str \"1\"; expected a number",
        ),
        ({"swap": bc.Swap(max_size=None)}, "swap.max_size is None"),  # type: ignore[arg-type]  # the mistake
        (
            {"volumes": [bc.HostVolume(name=3, container_path="/a")]},  # type: ignore[arg-type]  # the mistake
            r"volumes\[0\].name is int 3",
        ),
        (
            {"volumes": [bc.EfsVolume(name="a", file_system="fs-1", container_path="/a")]},  # type: ignore[arg-type]  # the mistake
            r"volumes\[0\].file_system is str \"fs-1\"",
        ),
    ],
)
def test_a_field_of_what_a_container_gets_is_named(
    options: dict[str, Any], message: str, ec2_job: Ec2
) -> None:
    with pytest.raises(TypeError, match=f"Stack/Job: {message}"):
        ec2_job(**options)


def test_what_javascript_refuses_is_an_error_of_ours_and_leaves_nothing(
    fargate: Fargate,
) -> None:
    from aws_cdk import aws_ecs as ecs

    with pytest.raises(ValueError, match="Stack/Job: image: Cannot find image directory"):
        fargate(image=ecs.ContainerImage.from_asset("/nowhere"))

    fargate()


def test_a_definition_belongs_into_a_stack(app: cdk.App) -> None:
    with pytest.raises(TypeError, match="scope is aws_cdk.App; expected a stack"):
        bc.FargateJobDefinition(app, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2))


def test_a_string_token_is_a_number_where_one_is_asked_for(
    fargate: Fargate, stack: cdk.Stack
) -> None:
    size = cdk.CfnParameter(stack, "Size").value_as_string
    definition = fargate(vcpus=size)

    rendered = stack.resolve(definition.resource.container_properties)
    assert rendered["resourceRequirements"][0]["value"] == {"Ref": "Size"}


def test_a_quantity_that_is_none_is_named(fargate: Fargate, stack: cdk.Stack) -> None:
    licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)
    with pytest.raises(
        TypeError, match=r'consumable_resources\["Licences"\] is None; expected a number'
    ):
        fargate(consumable_resources={licences: None})


def test_a_version_of_fargate_is_called_by_its_parameter(fargate: Fargate) -> None:
    with pytest.raises(ValueError, match="platform_version to 1.4.0, or leave it") as refused:
        fargate(platform_version="1.3.0", ephemeral_storage=cdk.Size.gibibytes(30))

    assert "PlatformVersion" not in str(refused.value)


def test_a_job_role_is_given_or_created(stack: cdk.Stack, fargate: Fargate) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))

    with pytest.raises(ValueError, match="create_job_role is given with job_role"):
        fargate(create_job_role=True, job_role=role)
