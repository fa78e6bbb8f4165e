"""Job definitions: what is rendered, which roles and logs they have, what they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs.local.batch.retries import retries

Rendered = dict[str, Any]
Fargate = Callable[..., bc.FargateJobDefinition]
Ec2 = Callable[..., bc.Ec2JobDefinition]
Container = Callable[[], Rendered]
Resources = Callable[..., dict[str, Rendered]]
Properties = Callable[[str], Rendered]
DEFINITION = "AWS::Batch::JobDefinition"


def test_a_fargate_definition_renders_what_was_asked_for(
    fargate: Fargate, properties: Properties
) -> None:
    fargate(
        vcpus=0.5,
        memory=cdk.Size.gibibytes(2),
        command=["sh", "-c", "echo Ref::name"],
        environment={"STAGE": "test"},
        parameters={"name": "world"},
        timeout=cdk.Duration.minutes(10),
        ephemeral_storage=cdk.Size.gibibytes(50),
        cpu_architecture="ARM64",
        assign_public_ip=True,
        user="nobody",
        readonly_root_filesystem=True,
        scheduling_priority=5,
        job_definition_name="greet",
    )

    rendered = properties(DEFINITION)
    container = rendered.pop("ContainerProperties")
    assert container["ResourceRequirements"] == [
        {"Type": "VCPU", "Value": "0.5"},
        {"Type": "MEMORY", "Value": "2048"},
    ]
    assert container["Command"] == ["sh", "-c", "echo Ref::name"]
    assert container["Environment"] == [{"Name": "STAGE", "Value": "test"}]
    assert container["EphemeralStorage"] == {"SizeInGiB": 50}
    assert container["RuntimePlatform"] == {
        "CpuArchitecture": "ARM64",
        "OperatingSystemFamily": "LINUX",
    }
    assert container["NetworkConfiguration"] == {"AssignPublicIp": "ENABLED"}
    assert container["User"] == "nobody"
    assert container["ReadonlyRootFilesystem"] is True
    assert rendered.pop("RetryStrategy")["Attempts"] == 3
    assert rendered == {
        "JobDefinitionName": "greet",
        "Parameters": {"name": "world"},
        "PlatformCapabilities": ["FARGATE"],
        "PropagateTags": True,
        "SchedulingPriority": 5,
        "Timeout": {"AttemptDurationSeconds": 600},
        "Type": "container",
    }


def test_a_definition_without_options_renders_no_empty_objects(
    fargate: Fargate, properties: Properties
) -> None:
    fargate()

    def empties(value: Any) -> list[Any]:
        items = value.values() if isinstance(value, dict) else value
        if not isinstance(value, dict | list):
            return []
        return [value] if not value else [e for item in items for e in empties(item)]

    rendered = properties(DEFINITION)
    assert empties(rendered) == []
    assert set(rendered["ContainerProperties"]) == {
        "ExecutionRoleArn",
        "Image",
        "LogConfiguration",
        "NetworkConfiguration",
        "ResourceRequirements",
    }


def test_whole_numbers_are_never_written_as_1_0(ec2_job: Ec2, container: Container) -> None:
    ec2_job(vcpus=2.0)

    assert container()["ResourceRequirements"][0] == {"Type": "VCPU", "Value": "2"}


def test_an_ec2_definition_renders_every_option_of_its_host(
    ec2_job: Ec2, container: Container
) -> None:
    ec2_job(
        gpus=2,
        privileged=True,
        ulimits=[bc.Ulimit(name="nofile", soft_limit=1024, hard_limit=4096)],
        shared_memory=cdk.Size.gibibytes(1),
        devices=[bc.Device(host_path="/dev/fuse", permissions=["READ", "WRITE"])],
        tmpfs=[bc.Tmpfs(container_path="/scratch", size=cdk.Size.mebibytes(256))],
        swap=bc.Swap(max_size=cdk.Size.gibibytes(2), swappiness=10),
        volumes=[bc.HostVolume(name="data", container_path="/data", host_path="/mnt/data")],
    )

    rendered = container()
    assert rendered["ResourceRequirements"][-1] == {"Type": "GPU", "Value": "2"}
    assert rendered["Privileged"] is True
    assert rendered["Ulimits"] == [{"Name": "nofile", "SoftLimit": 1024, "HardLimit": 4096}]
    assert rendered["LinuxParameters"] == {
        "Devices": [{"HostPath": "/dev/fuse", "Permissions": ["READ", "WRITE"]}],
        "MaxSwap": 2048,
        "SharedMemorySize": 1024,
        "Swappiness": 10,
        "Tmpfs": [{"ContainerPath": "/scratch", "Size": 256}],
    }
    assert rendered["Volumes"] == [{"Name": "data", "Host": {"SourcePath": "/mnt/data"}}]
    assert rendered["MountPoints"] == [
        {"ContainerPath": "/data", "ReadOnly": False, "SourceVolume": "data"}
    ]


class TestRoles:
    """Least privilege: a role for what starts the container, another for its own code."""

    def test_the_execution_role_may_write_these_logs_and_nothing_else(
        self,
        fargate: Fargate,
        execution_statements: Callable[[], list[Rendered]],
        resources: Resources,
    ) -> None:
        fargate()

        (statement,) = execution_statements()
        assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
        (group,) = resources("AWS::Logs::LogGroup")
        assert statement["Resource"]["Fn::Join"][1][-3:] == [":log-group:", {"Ref": group}, ":*"]

    def test_a_job_that_nothing_was_granted_to_has_no_credentials(
        self, fargate: Fargate, container: Container, resources: Resources
    ) -> None:
        fargate()

        assert "JobRoleArn" not in container()
        assert len(resources("AWS::IAM::Role")) == 1

    def test_a_grant_to_the_definition_goes_to_its_job_role(
        self, stack: cdk.Stack, fargate: Fargate, container: Container, resources: Resources
    ) -> None:
        bucket = s3.Bucket(stack, "Bucket")
        grant = bucket.grant_read(fargate())

        assert grant.success
        (policy,) = resources("AWS::IAM::Policy").values()
        (role,) = (name for name in resources("AWS::IAM::Role") if "JobRole" in name)
        assert policy["Properties"]["Roles"] == [{"Ref": role}]
        assert container()["JobRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}

    def test_a_job_role_can_be_there_before_anything_is_granted(
        self, fargate: Fargate, container: Container, resources: Resources
    ) -> None:
        fargate(create_job_role=True)

        (role,) = (name for name in resources("AWS::IAM::Role") if "JobRole" in name)
        assert container()["JobRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}

    def test_a_job_role_created_at_once_is_the_one_that_the_first_grant_creates(self) -> None:
        templates = []
        for at_once in (True, False):
            stack = cdk.Stack(cdk.App(), "Stack")
            bucket = s3.Bucket(stack, "Bucket")
            definition = bc.FargateJobDefinition(
                stack,
                "Job",
                image="busybox",
                vcpus=1,
                memory=cdk.Size.gibibytes(2),
                create_job_role=at_once,
            )
            bucket.grant_read(definition)
            templates.append(Template.from_stack(stack).to_json()["Resources"])

        assert templates[0] == templates[1]

    def test_an_ec2_job_never_acts_as_the_instance_it_runs_on(
        self, ec2_job: Ec2, container: Container
    ) -> None:
        ec2_job()

        assert "JobRole" in container()["JobRoleArn"]["Fn::GetAtt"][0]

    def test_given_roles_are_used_and_granted_what_is_needed(
        self, stack: cdk.Stack, fargate: Fargate, container: Container, resources: Resources
    ) -> None:
        ecs = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        job_role = iam.Role(stack, "Own", assumed_by=ecs)
        execution_role = iam.Role(stack, "Starter", assumed_by=ecs)

        definition = fargate(job_role=job_role, execution_role=execution_role)

        assert definition.job_role is job_role
        assert definition.execution_role is execution_role
        assert container()["JobRoleArn"]["Fn::GetAtt"][0].startswith("Own")
        (policy,) = resources("AWS::IAM::Policy").values()
        assert policy["Properties"]["PolicyDocument"]["Statement"][0]["Action"] == [
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ]

    def test_more_can_be_granted_to_the_execution_role(
        self, stack: cdk.Stack, fargate: Fargate, resources: Resources
    ) -> None:
        bucket = s3.Bucket(stack, "Bucket")
        bucket.grant_read(fargate().execution_role)

        (policy,) = resources("AWS::IAM::Policy").values()
        (role,) = resources("AWS::IAM::Role")
        assert policy["Properties"]["Roles"] == [{"Ref": role}]


class TestLogs:
    """A log group of its own, that expires."""

    def test_logs_are_kept_thirty_days(
        self, fargate: Fargate, container: Container, properties: Properties, resources: Resources
    ) -> None:
        fargate()

        assert properties("AWS::Logs::LogGroup") == {"RetentionInDays": 30}
        (group,) = resources("AWS::Logs::LogGroup")
        assert container()["LogConfiguration"] == {
            "LogDriver": "awslogs",
            "Options": {"awslogs-group": {"Ref": group}},
        }

    @pytest.mark.parametrize("retention", list(logs.RetentionDays))
    def test_every_retention_is_what_the_cdk_renders(
        self,
        retention: logs.RetentionDays,
        stack: cdk.Stack,
        fargate: Fargate,
        resources: Resources,
    ) -> None:
        logs.LogGroup(stack, "Theirs", retention=retention)
        fargate(log_retention=retention)

        theirs, ours = (
            group.get("Properties", {}).get("RetentionInDays")
            for _, group in sorted(resources("AWS::Logs::LogGroup").items(), reverse=True)
        )
        assert ours == theirs

    def test_a_key_admits_cloudwatch_logs_for_log_groups_only(
        self, stack: cdk.Stack, fargate: Fargate, properties: Properties
    ) -> None:
        fargate(log_encryption_key=kms.Key(stack, "Key"))

        assert "KmsKeyId" in properties("AWS::Logs::LogGroup")
        statement = properties("AWS::KMS::Key")["KeyPolicy"]["Statement"][-1]
        assert statement["Principal"]["Service"]["Fn::Join"][1][0] == "logs."
        condition = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
        assert condition["Fn::Join"][1][-1] == ":log-group:*"

    def test_a_given_log_group_is_used(
        self, stack: cdk.Stack, fargate: Fargate, resources: Resources
    ) -> None:
        group = logs.LogGroup(stack, "Shared")

        assert fargate(log_group=group).log_group is group
        assert len(resources("AWS::Logs::LogGroup")) == 1

    def test_the_log_group_can_be_watched(
        self, fargate: Fargate, properties: Properties, resources: Resources
    ) -> None:
        fargate().log_group.add_metric_filter(
            "Errors",
            filter_pattern=logs.FilterPattern.literal("ERROR"),
            metric_name="Errors",
            metric_namespace="Test",
        )

        (group,) = resources("AWS::Logs::LogGroup")
        assert group in str(properties("AWS::Logs::MetricFilter")["LogGroupName"])


class TestRetries:
    """By default what the platform broke is retried, and what the job broke is not."""

    def test_the_default_retries_lost_hosts_image_pulls_and_docker_time_outs_only(
        self, fargate: Fargate, properties: Properties
    ) -> None:
        fargate()

        assert properties(DEFINITION)["RetryStrategy"] == {
            "Attempts": 3,
            "EvaluateOnExit": [
                {"Action": "RETRY", "OnStatusReason": "Host EC2*"},
                {"Action": "RETRY", "OnStatusReason": "Your Spot Task was interrupted*"},
                {"Action": "RETRY", "OnReason": "CannotPullContainerError:*"},
                {
                    "Action": "RETRY",
                    "OnReason": "DockerTimeoutError:*",
                    "OnStatusReason": "Task failed to start*",
                },
                {"Action": "EXIT", "OnReason": "*"},
            ],
        }

    @pytest.mark.parametrize(
        ("reason", "status_reason", "again"),
        [
            (
                "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s",
                "Task failed to start",
                True,
            ),
            (
                "DockerTimeoutError: Could not transition to stopped; timed out after waiting 2m0s",
                "Essential container in task exited",
                False,
            ),
            (
                "CannotPullContainerError: context deadline exceeded",
                "Task failed to start",
                True,
            ),
            (
                "CannotStartContainerError: exec: no such file",
                "Task failed to start",
                False,
            ),
        ],
    )
    def test_what_never_ran_for_lack_of_time_is_tried_again(
        self,
        reason: str,
        status_reason: str,
        again: bool,  # noqa: FBT001  # a case
        fargate: Fargate,
        properties: Properties,
    ) -> None:
        fargate()

        rendered = properties(DEFINITION)["RetryStrategy"]
        strategy = {
            "attempts": rendered["Attempts"],
            "evaluateOnExit": [
                {f"{name[0].lower()}{name[1:]}": value for name, value in rule.items()}
                for rule in rendered["EvaluateOnExit"]
            ],
        }
        assert again is retries(
            strategy, attempts=1, exit_code=None, reason=reason, status_reason=status_reason
        )

    def test_on_spot_interruption_retries_that_alone(
        self, fargate: Fargate, properties: Properties
    ) -> None:
        fargate(retry_policy=bc.RetryPolicy.on_spot_interruption(attempts=5))

        rendered = properties(DEFINITION)["RetryStrategy"]
        assert rendered["Attempts"] == 5
        assert [rule["Action"] for rule in rendered["EvaluateOnExit"]] == ["RETRY", "RETRY", "EXIT"]

    def test_never_is_one_attempt(self, fargate: Fargate, properties: Properties) -> None:
        fargate(retry_policy=bc.RetryPolicy.never())

        assert properties(DEFINITION)["RetryStrategy"] == {"Attempts": 1}

    def test_a_rule_of_the_users_own(self, fargate: Fargate, properties: Properties) -> None:
        rule = bc.RetryRule(action=bc.RetryAction.RETRY, on_exit_code="75", on_reason="Temp*")
        fargate(retry_policy=bc.RetryPolicy(attempts=2, rules=[rule]))

        assert properties(DEFINITION)["RetryStrategy"]["EvaluateOnExit"] == [
            {"Action": "RETRY", "OnExitCode": "75", "OnReason": "Temp*"}
        ]


def test_tags_reach_the_definition_and_its_jobs(
    stack: cdk.Stack, fargate: Fargate, properties: Properties
) -> None:
    fargate()
    cdk.Tags.of(stack).add("Team", "genomics")

    rendered = properties(DEFINITION)
    assert rendered["Tags"] == {"Team": "genomics"}
    assert rendered["PropagateTags"] is True


def test_escape_hatches_and_aspects_reach_the_typed_resource(
    fargate: Fargate, properties: Properties
) -> None:
    definition = fargate()
    resource = definition.node.default_child
    assert resource is definition.resource

    definition.resource.add_property_override("ContainerProperties.User", "nobody")

    assert properties(DEFINITION)["ContainerProperties"]["User"] == "nobody"


def test_tuples_and_other_mappings_are_welcome(fargate: Fargate, container: Container) -> None:
    from types import MappingProxyType

    fargate(command=("sh", "-c", "true"), environment=MappingProxyType({"A": "1"}))

    assert container()["Command"] == ["sh", "-c", "true"]
    assert container()["Environment"] == [{"Name": "A", "Value": "1"}]


def test_an_efs_volume_is_encrypted_and_granted_to_the_job(
    stack: cdk.Stack, vpc: Any, fargate: Fargate, container: Container, resources: Resources
) -> None:
    from aws_cdk import aws_efs as efs

    file_system = efs.FileSystem(stack, "Files", vpc=vpc)
    point = file_system.add_access_point("Point")
    fargate(
        volumes=[
            bc.EfsVolume(
                name="reference",
                file_system=file_system,
                container_path="/reference",
                access_point=point,
                read_only=True,
            )
        ]
    )

    (volume,) = container()["Volumes"]
    assert volume["EfsVolumeConfiguration"]["TransitEncryption"] == "ENABLED"
    assert volume["EfsVolumeConfiguration"]["AuthorizationConfig"]["Iam"] == "ENABLED"
    (policy,) = (r for n, r in resources("AWS::IAM::Policy").items() if n.startswith("JobJobRole"))
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "elasticfilesystem:ClientMount"
    assert "elasticfilesystem:AccessPointArn" in statement["Condition"]["StringEquals"]
