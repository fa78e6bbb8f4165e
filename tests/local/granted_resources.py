"""Resources of many kinds, and two roles: one with the CDK's grants on them, one on others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aws_cdk as cdk
import boto3
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws


def resources(stack: cdk.Stack, grantee: iam.Role) -> dict[str, str]:
    """Make one of each kind, and grant all that the CDK grants of it."""
    bucket = s3.Bucket(stack, "Bucket")
    bucket.grant_read_write(grantee)
    queue = sqs.Queue(stack, "Queue")
    queue.grant_send_messages(grantee)
    queue.grant_consume_messages(grantee)
    topic = sns.Topic(stack, "Topic")
    topic.grant_publish(grantee)
    key = dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Table", partition_key=key)
    table.grant_read_write_data(grantee)
    group = logs.LogGroup(stack, "Group")
    group.grant_read(grantee)
    group.grant_write(grantee)
    encryption = kms.Key(stack, "Key")
    encryption.grant_encrypt_decrypt(grantee)
    secret = secretsmanager.Secret(stack, "Secret")
    secret.grant_read(grantee)
    parameter = ssm.StringParameter(stack, "Parameter", string_value="x")
    parameter.grant_read(grantee)
    bus = events.EventBus(stack, "Bus")
    bus.grant_put_events_to(grantee)
    body = sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass"))
    machine = sfn.StateMachine(stack, "Machine", definition_body=body)
    machine.grant_start_execution(grantee)
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): return 1"),
    )
    function.grant_invoke(grantee)
    return {
        "bucket": bucket.bucket_name,
        "queue": queue.queue_url,
        "topic": topic.topic_arn,
        "table": table.table_name,
        "group": group.log_group_name,
        "key": encryption.key_arn,
        "secret": secret.secret_arn,
        "parameter": parameter.parameter_name,
        "bus": bus.event_bus_name,
        "machine": machine.state_machine_arn,
        "function": function.function_name,
    }


@dataclass(frozen=True)
class Granted:
    """Resources, and two roles: one with rights on them, one with the same rights on others."""

    aws: LocalAws
    of: dict[str, str]

    @classmethod
    def deploy(cls, aws: LocalAws) -> Self:
        stack = cdk.Stack(cdk.App(), "GrantedResources")
        roles = {
            name: iam.Role(stack, name.title(), assumed_by=iam.AccountRootPrincipal())
            for name in ("own", "other")
        }
        outputs = {name: role.role_arn for name, role in roles.items()}
        outputs |= resources(stack, roles["own"])
        resources(cdk.NestedStack(stack, "Others"), roles["other"])
        for name, value in outputs.items():
            cdk.CfnOutput(stack, f"{name.title()}Output", value=value)
        out = aws.deploy(stack).outputs
        return cls(aws, {name: out[f"{name.title()}Output"] for name in outputs})

    def client(self, service: str, role: str) -> Any:
        given = self.aws.client("sts").assume_role(RoleArn=self.of[role], RoleSessionName="test")
        keys = given["Credentials"]
        return boto3.client(
            service,
            endpoint_url=self.aws.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
