"""Templates of SAM, of hand, of other tools: the fault is named, the rest left alone."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import Severity, check_template
from batch_constructs.rules.template import template_files
from batch_constructs.rules.template.sam_globals import with_globals


def told(text: str) -> set[tuple[str, str, str]]:
    found = check_template(template_files.document(text).template)
    return {(one.resource, one.rule, one.severity) for one in found}


def worse_than_info(text: str) -> list[tuple[str, str]]:
    found = check_template(template_files.document(text).template)
    return [(one.resource, one.rule) for one in found if one.severity is not Severity.INFO]


BATCH = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  Subnets: {Type: 'List<AWS::EC2::Subnet::Id>'}
  Groups: {Type: 'List<AWS::EC2::SecurityGroup::Id>'}
  Elsewhere: {Type: String}
Resources:
  Env:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources:
        {Type: FARGATE, MaxvCpus: 8, Subnets: !Ref Subnets, SecurityGroupIds: !Ref Groups}
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: 1
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref Env}]
  Other:
    Type: AWS::Batch::JobQueue
    Properties:
      Priority: 1
      ComputeEnvironmentOrder: [{Order: 1, ComputeEnvironment: !Ref Env}]
  Agent:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ecs-tasks.amazonaws.com}}
      ManagedPolicyArns:
        - arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: container
      JobDefinitionName: work
      PlatformCapabilities: [FARGATE]
      RetryStrategy: {Attempts: 2}
      Timeout: {AttemptDurationSeconds: 3600}
      ContainerProperties:
        Image: public.ecr.aws/docker/library/busybox:1.36
        ExecutionRoleArn: !GetAtt Agent.Arn
        ResourceRequirements: [{Type: VCPU, Value: '1'}, {Type: MEMORY, Value: '2048'}]
"""

SAM = """
  Submit:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: {JOB_QUEUE: !Ref Queue, JOB_DEFINITION: !Ref Job}}
      Policies: POLICIES
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionSubstitutions: {Queue: !Ref Queue, Job: !Ref Job}
      Definition:
        StartAt: Run
        States:
          Run:
            Type: Task
            Resource: arn:aws:states:::batch:submitJob.sync
            Parameters: {JobName: run, JobQueue: '${Queue}', JobDefinition: '${Job}'}
            End: true
      Policies: POLICIES
"""
EVENTS = (
    "[{Statement: [{Effect: Allow, Action: 'batch:*', Resource: '*'}, {Effect: Allow, Action:"
    " 'events:*', Resource: '*'}]}]"
)
SUBMIT = "{Effect: Allow, Action: 'batch:SubmitJob', Resource: [%s, !Ref Job]}"
WAIT = (
    "{Effect: Allow, Action: ['events:PutRule', 'events:PutTargets', 'events:DescribeRule'],"
    " Resource: !Sub 'arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
    "StepFunctionsGetEventsForBatchJobsRule'}"
)


@pytest.mark.parametrize(
    ("policies", "expected"),
    [
        (f"[{{Statement: [{SUBMIT % '!Ref Queue'}, {WAIT}]}}]", []),
        (
            f"[{{Statement: [{SUBMIT % '!Ref Other'}, {WAIT}]}}]",
            [("Submit", "submitter-permission"), ("Machine", "submitter-permission")],
        ),
        (f"[{{Statement: [{SUBMIT % '!Ref Queue'}]}}]", [("Machine", "state-machine-wait")]),
        ("[AWSBatchFullAccess]", [("Machine", "state-machine-wait")]),
        ("[{LambdaInvokePolicy: {FunctionName: x}}]", []),
    ],
)
def test_a_template_of_sam(policies: str, expected: list[tuple[str, str]]) -> None:
    text = "Transform: AWS::Serverless-2016-10-31\n" + BATCH + SAM.replace("POLICIES", policies)

    assert worse_than_info(text) == expected


SCHEDULE = """
  Nightly:
    Type: AWS::Scheduler::Schedule
    Properties:
      FlexibleTimeWindow: {Mode: 'OFF'}
      ScheduleExpression: rate(1 day)
      Target:
        Arn: !Sub 'arn:${AWS::Partition}:scheduler:::aws-sdk:batch:submitJob'
        RoleArn: ROLE
        DeadLetterConfig: {Arn: !Ref Elsewhere}
        Input: !Sub '{"JobName": "nightly", "JobQueue": "${Queue}", "JobDefinition": "work"}'
  Submitter:
    Type: AWS::IAM::Role
    Properties:
      RoleName: submitter
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: scheduler.amazonaws.com}}
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref Submitter]
      PolicyDocument:
        Statement: {Effect: Allow, Action: 'batch:Submit*', Resource: RESOURCES}
"""
ANY_JOB = "!Sub 'arn:aws:batch:${AWS::Region}:${AWS::AccountId}:job-definition/work*'"
HERE = "arn:aws:batch:${AWS::Region}:${AWS::AccountId}"


@pytest.mark.parametrize(
    "role", ["!GetAtt Submitter.Arn", "!Sub 'arn:aws:iam::${AWS::AccountId}:role/submitter'"]
)
@pytest.mark.parametrize(
    ("queue", "is_right"),
    [
        ("!Ref Queue", True),
        ("!GetAtt Queue.JobQueueArn", True),
        ("!Sub '${Queue}'", True),
        ("!Join ['', [!Ref Queue]]", True),
        ("!Ref Elsewhere", True),
        (f"!Sub '{HERE}:job-queue/${{Elsewhere}}'", True),
        (f"!Sub '{HERE}:job-queue/*'", True),
        ("!Ref Other", False),
        ("!Sub '${Other}'", False),
        (f"!Sub '{HERE}:job-queue/other'", False),
        ("arn:aws:batch:us-east-1:123456789012:job-queue/other", False),
    ],
)
def test_a_schedule_by_hand(role: str, queue: str, *, is_right: bool) -> None:
    text = SCHEDULE.replace("ROLE", role).replace("RESOURCES", f"[{queue}, {ANY_JOB}]")
    expected = [] if is_right else [("Nightly", "submitter-permission")]

    assert worse_than_info(BATCH + text) == expected


ELSEWHERE = """
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !Ref Elsewhere
      WHERE
"""


@pytest.mark.parametrize(
    "where",
    [
        "DefinitionS3Location: {Bucket: b, Key: k}",
        "DefinitionString: !Ref Elsewhere",
        "DefinitionString: !Sub '{{resolve:ssm:/machine}}'",
    ],
)
def test_what_is_submitted_from_elsewhere_may_bring_its_parameters(where: str) -> None:
    job = BATCH + "        Command: [run, 'Ref::key']\n"

    assert not told(job + ELSEWHERE.replace("WHERE", where))
    assert told(job) == {("Job", "parameter-without-default", "info")}


def test_globals_of_sam_are_put_together_with_what_each_function_has() -> None:
    shared = {"Timeout": 5, "Layers": ["a"], "Environment": {"Variables": {"A": "1", "B": "1"}}}
    own = {"Timeout": 9, "Layers": ["b"], "Environment": {"Variables": {"B": "2"}}}
    plain = {"Type": "AWS::Lambda::Function", "Properties": own}
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": own}, "G": plain}

    made: Any = with_globals({"Globals": {"Function": shared}, "Resources": resources})

    assert made["Resources"]["G"] is plain
    assert made["Resources"]["F"]["Properties"] == {
        "Timeout": 9,
        "Layers": ["a", "b"],
        "Environment": {"Variables": {"A": "1", "B": "2"}},
    }


def test_a_function_of_cloudformation_in_globals_of_sam_is_a_value_and_not_an_object() -> None:
    shared = {"Role": {"Fn::GetAtt": ["B", "Arn"]}, "Environment": {"Variables": {"A": "1"}}}
    own = {"Role": {"Fn::GetAtt": ["A", "Arn"]}, "Environment": {"Ref": "AWS::NoValue"}}
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": own}}

    made: Any = with_globals({"Globals": {"Function": shared}, "Resources": resources})

    assert made["Resources"]["F"]["Properties"] == own


def test_terraform_s_names_of_one_role_are_literal() -> None:
    resources: dict[str, Any] = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "batch-service",
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sts:AssumeRole",
                            "Principal": {"Service": "batch.amazonaws.com"},
                        }
                    ]
                },
            },
        },
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "p",
                "Roles": ["batch-service"],
                "PolicyDocument": {
                    "Statement": {"Effect": "Allow", "Action": ["ec2:*", "ecs:*"], "Resource": "*"}
                },
            },
        },
        "Environment": {
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {
                "Type": "UNMANAGED",
                "ServiceRole": "arn:aws:iam::123456789012:role/batch-service",
            },
        },
    }

    found = {one.rule for one in check_template({"Resources": resources})}
    assert found == {"policy-created-later"}
    resources["Environment"]["DependsOn"] = "Policy"
    assert check_template({"Resources": resources}) == []
