"""Who may send to a queue, or call a function, that becomes jobs."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template

ARN = {"Fn::GetAtt": ["Messages", "Arn"]}
BESIDE: dict[str, Any] = {
    "Jobs": {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}},
    "Messages": {"Type": "AWS::SQS::Queue", "Properties": {}},
    "Submit": {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Environment": {"Variables": {"QUEUE": {"Ref": "Jobs"}}}},
    },
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"EventSourceArn": ARN, "FunctionName": {"Ref": "Submit"}},
    },
}


def told(resource: dict[str, Any], **beside: Any) -> list[str]:
    template = {"Resources": {**BESIDE, **beside, "Door": resource}}
    return [one.message for one in check_template(template) if one.rule.startswith("open-")]


def policy(**statement: Any) -> dict[str, Any]:
    sent = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ARN, **statement}
    document = {"Version": "2012-10-17", "Statement": [sent]}
    properties = {"Queues": [{"Ref": "Messages"}], "PolicyDocument": document}
    return {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}


SNS = {"Service": "sns.amazonaws.com"}
TAKES = "Messages, whose messages become jobs, accepts messages from "
BY_SERVICE = f"{TAKES}sns.amazonaws.com for every account"
TO_ONE = {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:topic"}}


@pytest.mark.parametrize(
    ("statement", "messages"),
    [
        ({"Principal": SNS}, [BY_SERVICE]),
        ({"Principal": SNS, "Action": "sqs:*"}, [BY_SERVICE]),
        ({"Principal": SNS, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, [BY_SERVICE]),
        ({"Principal": SNS, "Condition": {"ArnLike": {"aws:SourceArn": "*"}}}, [BY_SERVICE]),
        (
            {"Principal": SNS, "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}},
            [BY_SERVICE],
        ),
        (
            {"Principal": SNS, "Condition": {"StringNotEquals": {"aws:SourceAccount": "1"}}},
            [BY_SERVICE],
        ),
        (
            {"Principal": SNS, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
            [BY_SERVICE],
        ),
        (
            {
                "Principal": SNS,
                "Condition": {"ForAllValues:StringEquals": {"aws:SourceAccount": "1"}},
            },
            [BY_SERVICE],
        ),
        ({"Principal": "*"}, [f"{TAKES}everybody"]),
        ({"Principal": {"AWS": ["*"]}}, [f"{TAKES}everybody"]),
        *(
            ({"Principal": SNS, "Condition": {"ArnLike": {"aws:SourceArn": one}}}, [BY_SERVICE])
            for one in ("**", "arn:aws:s3:::*", "arn:aws:sns:*:*:*", "arn:aws:sns:*:?*:topic")
        ),
        (
            {
                "Principal": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}},
            },
            [f"{TAKES}everybody"],
        ),
        *(
            ({"Principal": SNS, "Condition": {"ArnLike": {"aws:SourceArn": one}}}, [])
            for one in ("arn:aws:s3:::bucket*", "arn:aws:sns:*:111122223333:*", {"Ref": "Topic"})
        ),
        ({"Principal": SNS, "Condition": TO_ONE}, []),
        ({"Principal": SNS, "Condition": {"Fn::If": ["Wide", TO_ONE, TO_ONE]}}, []),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, []),
        ({"Principal": {"AWS": "111122223333"}}, []),
        ({"Principal": SNS, "Effect": "Deny"}, []),
        ({"Principal": SNS, "Action": "sqs:ReceiveMessage"}, []),
    ],
)
def test_a_queue_that_takes_messages_of_any_account_is_told_of(
    statement: dict[str, Any], messages: list[str]
) -> None:
    assert told(policy(**statement)) == messages


def test_a_policy_of_one_queue_and_a_function_of_sam_are_looked_at_too() -> None:
    inline = policy(Principal="*")
    inline["Type"] = "AWS::SQS::QueueInlinePolicy"
    inline["Properties"]["Queue"] = inline["Properties"].pop("Queues")[0]
    events = {"Sent": {"Type": "SQS", "Properties": {"Queue": ARN}}}
    submits = BESIDE["Submit"]["Properties"]
    sam = {"Type": "AWS::Serverless::Function", "Properties": {**submits, "Events": events}}
    other = {"Type": "AWS::Serverless::Function", "Properties": {"Events": events}}
    idle = {"Type": "AWS::SNS::Topic", "Properties": {}}

    assert told(inline) == [f"{TAKES}everybody"]
    assert told(inline, Mapping=idle, Submit=sam) == [f"{TAKES}everybody"]
    assert told(inline, Mapping=idle, Submit=other) == []


def test_a_queue_that_becomes_no_jobs_may_take_what_it_will() -> None:
    other = {"Type": "AWS::Lambda::Function", "Properties": {}}

    assert told(policy(Principal="*"), Submit=other) == []
    assert told(policy(Principal="*"), Mapping=other) == []


CALLS = "Submit submits jobs, and accepts calls from "


@pytest.mark.parametrize(
    ("properties", "messages"),
    [
        ({"Principal": "s3.amazonaws.com"}, [f"{CALLS}s3.amazonaws.com for every account"]),
        ({"Principal": "*"}, [f"{CALLS}everybody"]),
        ({"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::bucket"}, []),
        ({"Principal": "s3.amazonaws.com", "SourceAccount": {"Ref": "AWS::AccountId"}}, []),
        ({"Principal": "*", "PrincipalOrgID": "o-1"}, []),
        ({"Principal": "*", "Action": "lambda:GetFunction"}, []),
        ({"Principal": "*", "FunctionUrlAuthType": "NONE"}, []),
        ({"Principal": "s3.amazonaws.com", "EventSourceToken": "skill"}, []),
        ({"Principal": "111122223333"}, []),
        ({"Principal": {"Ref": "Caller"}}, []),
    ],
)
def test_a_function_that_any_account_may_call_is_told_of(
    properties: dict[str, Any], messages: list[str]
) -> None:
    said = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Submit"}, **properties}
    found = told({"Type": "AWS::Lambda::Permission", "Properties": said})

    assert found == messages
    plain = {"Type": "AWS::Lambda::Function", "Properties": {}}
    assert told({"Type": "AWS::Lambda::Permission", "Properties": said}, Submit=plain) == []


@pytest.mark.parametrize(("auth", "count"), [("NONE", 1), ("AWS_IAM", 0)])
def test_a_url_that_anybody_may_call_is_told_of(auth: str, count: int) -> None:
    url = {"AuthType": auth, "TargetFunctionArn": {"Fn::GetAtt": ["Submit", "Arn"]}}

    assert len(told({"Type": "AWS::Lambda::Url", "Properties": url})) == count
