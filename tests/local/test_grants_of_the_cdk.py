"""Rights on the laptop: what the CDK grants is enough, and what it does not grant is refused."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.local.wiring import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.granted_resources import Granted

pytestmark = pytest.mark.local_aws
Call = tuple[str, "Callable[[Any, dict[str, str]], Any]"]

CALLS: dict[str, Call] = {
    "put an object": ("s3", lambda s3, of: s3.put_object(Bucket=of["bucket"], Key="ä b", Body=b"")),
    "list objects": ("s3", lambda s3, of: s3.list_objects_v2(Bucket=of["bucket"])),
    "send a message": (
        "sqs",
        lambda sqs, of: sqs.send_message(QueueUrl=of["queue"], MessageBody="x"),
    ),
    "receive messages": ("sqs", lambda sqs, of: sqs.receive_message(QueueUrl=of["queue"])),
    "publish": ("sns", lambda sns, of: sns.publish(TopicArn=of["topic"], Message="x")),
    "put an item": (
        "dynamodb",
        lambda dynamodb, of: dynamodb.put_item(TableName=of["table"], Item={"key": {"S": "1"}}),
    ),
    "read a log": ("logs", lambda logs, of: logs.filter_log_events(logGroupName=of["group"])),
    "find streams": ("logs", lambda logs, of: logs.describe_log_streams(logGroupName=of["group"])),
    "make a stream": (
        "logs",
        lambda logs, of: logs.create_log_stream(
            logGroupName=of["group"], logStreamName=str(time.time_ns())
        ),
    ),
    "find streams by the group's ARN": (
        "logs",
        lambda logs, of: logs.describe_log_streams(
            logGroupIdentifier=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{of['group']}"
        ),
    ),
    "encrypt": ("kms", lambda kms, of: kms.encrypt(KeyId=of["key"], Plaintext=b"x")),
    "read a secret": (
        "secretsmanager",
        lambda secrets, of: secrets.get_secret_value(SecretId=of["secret"]),
    ),
    "read a parameter": ("ssm", lambda ssm, of: ssm.get_parameter(Name=of["parameter"])),
    "read parameters": ("ssm", lambda ssm, of: ssm.get_parameters(Names=[of["parameter"]])),
    "put an event": (
        "events",
        lambda events, of: events.put_events(
            Entries=[
                {
                    "Source": "mine",
                    "DetailType": "x",
                    "Detail": "{}",
                    "EventBusName": of["bus"],
                }
            ]
        ),
    ),
    "start a machine": (
        "stepfunctions",
        lambda states, of: states.start_execution(stateMachineArn=of["machine"]),
    ),
    "invoke a function": (
        "lambda",
        lambda lambda_, of: lambda_.invoke(FunctionName=of["function"]),
    ),
}
"""What a job may do with what the CDK granted it: the service, and the call."""


@pytest.mark.parametrize("name", CALLS)
def test_what_the_cdk_grants_is_enough(granted: Granted, name: str) -> None:
    service, call = CALLS[name]

    answer = call(granted.client(service, "own"), granted.of)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("name", CALLS)
def test_the_same_rights_on_another_resource_are_refused(granted: Granted, name: str) -> None:
    service, call = CALLS[name]

    with pytest.raises(ClientError) as refusal:
        call(granted.client(service, "other"), granted.of)

    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
    assert "not authorized to perform" in str(refusal.value)


def test_tags_of_a_log_group_are_asked_for_by_its_arn_without_its_streams(granted: Granted) -> None:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{granted.of['group']}"
    rights = {"Effect": "Allow", "Action": "logs:ListTagsForResource", "Resource": arn}
    granted.aws.client("iam").put_role_policy(
        RoleName=granted.of["own"].rpartition("/")[2],
        PolicyName="tags",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [rights]}),
    )

    answer = granted.client("logs", "own").list_tags_for_resource(resourceArn=arn)

    assert answer["tags"] is not None
