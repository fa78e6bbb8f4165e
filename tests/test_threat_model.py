"""Each line of the threat model is held by a test that exists, and trusts name the account."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "threat-model.md"


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    written = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", file.read_text())
    }

    assert len(named) > 15
    assert named - written == set()


NO_SOURCE = ("ec2.amazonaws.com", "lambda.amazonaws.com", "ecs.amazonaws.com")
"""Services that pass roles of one account only, or do not say whether they send the key."""


def test_every_trust_of_a_service_names_the_account(stack: cdk.Stack) -> None:
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1)
    instances = bc.Ec2ComputeEnvironment(stack, "Ec2", vpc=vpc)
    bc.UnmanagedComputeEnvironment(stack, "Unmanaged")
    bc.ManagedInstancesComputeEnvironment(stack, "Managed", vpc=vpc)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[instances])
    size = cdk.Size.gibibytes(2)
    job = bc.Ec2JobDefinition(stack, "Job", image="busybox", vcpus=1, memory=size)
    _ = job.job_role
    what: Any = {"queue": queue, "job_definition": job}
    bc.ScheduleTrigger(stack, "Nightly", schedule="rate(1 day)", **what)
    bc.EventTrigger(stack, "Event", event_pattern={"source": ["a"]}, **what)
    bc.SubmissionGateway(stack, "Gateway", **what)
    bc.Workflow(stack, "Flow", queue=queue, jobs=[bc.WorkflowJob(name="only", job_definition=job)])

    roles = assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    seen = set()
    for id_, role in roles.items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            service = str(statement["Principal"]["Service"])
            seen.add(service)
            if any(one in service for one in NO_SOURCE):
                continue
            condition = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
            assert condition == {"Ref": "AWS::AccountId"}, id_
    assert {one.partition(".")[0] for one in seen} == {
        "batch",
        "ec2",
        "ecs",
        "ecs-tasks",
        "events",
        "lambda",
        "scheduler",
        "states",
    }
