"""Stacks that say much of what the library writes for services around AWS Batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc

ARN = "arn:aws:batch:us-east-1:123456789012"


def imported(stack: cdk.Stack) -> dict[str, Any]:
    """Give a queue and a definition that are there already."""
    return {
        "queue": bc.JobQueue.from_job_queue_arn(stack, "Queue", f"{ARN}:job-queue/a"),
        "job_definition": bc.JobDefinition.from_job_definition_arn(
            stack, "Definition", f"{ARN}:job-definition/a:1"
        ),
    }


def chains_of_jobs(stack: cdk.Stack) -> None:
    """Make workflows of several jobs: in a row, beside each other, for each, N to N, caught."""
    there = imported(stack)
    definition = {"job_definition": there["job_definition"]}
    retried = bc.StepRetry(max_attempts=3, interval=cdk.Duration.minutes(1), backoff_rate=2)
    jobs = [
        bc.WorkflowJob(name="split", step_retry=retried, **definition),
        bc.WorkflowJob(name="left", depends_on=["split"], catch="clean", **definition),
        bc.WorkflowJob(
            name="right", depends_on=["split"], catch="clean", after_catch="continue", **definition
        ),
        bc.WorkflowJob(
            name="each",
            depends_on=["left", "right"],
            for_each="$.files",
            max_concurrency=3,
            parameters={"key": "$.item.key"},
            step_retry=retried,
            catch="clean",
            **definition,
        ),
        bc.WorkflowJob(name="odd", depends_on=["each"], array_size=4, **definition),
        bc.WorkflowJob(name="even", array_size=4, depends_on=[bc.NToN("odd")], **definition),
        bc.WorkflowJob(name="merge", depends_on=["even"], **definition),
        bc.WorkflowJob(name="clean", only_on_failure=True, **definition),
    ]
    other = bc.JobQueue.from_job_queue_arn(stack, "OnDemand", f"{ARN}:job-queue/b")
    bc.Workflow(stack, "Flow", queue=there["queue"], jobs=jobs)
    bc.Workflow(stack, "Rescued", queue=there["queue"], jobs=jobs, spot_rescue_queue=other)


def policies_of_resources(stack: cdk.Stack) -> None:
    """Have queues, topics, buckets, keys and log groups say who may use them."""
    there = imported(stack)
    key = kms.Key(stack, "Key")
    topic = sns.Topic(stack, "Topic", master_key=key)
    dead = sqs.Queue(stack, "Dead", encryption_master_key=key)
    bucket = s3.Bucket(stack, "Bucket", encryption_key=key, enforce_ssl=True)
    gateway = bc.SubmissionGateway(stack, "Gateway", encryption_key=key, **there)
    gateway.add_topic(topic)
    gateway.add_bucket("New", bucket)
    bc.EventTrigger(
        stack, "Event", event_pattern={"source": ["mine"]}, dead_letter_queue=dead, **there
    )
    bc.ScheduleTrigger(stack, "Nightly", schedule="rate(1 day)", dead_letter_queue=dead, **there)
    queues = [there["queue"]]
    bc.AuditTrail(stack, "Audit", queues=queues, create_trail=True)
    bc.JobEventLog(stack, "Events", queues=queues, log_encryption_key=key)
    bc.BatchMonitoring(stack, "Monitoring", queues=queues, alarm_topic=topic)
    bc.JobNotifications(stack, "Notifications", queues=queues, topic=bc.AlertTopic(stack, "Alerts"))


def what_submits_and_watches(stack: cdk.Stack) -> None:
    """Make whatever has a role of its own."""
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1)
    fargate = bc.FargateComputeEnvironment(stack, "Environment", vpc=vpc)
    queue, other = (
        bc.JobQueue(stack, name, compute_environments=[fargate]) for name in ("Queue", "Other")
    )
    job = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
    )
    what: Any = {"queue": queue, "job_definition": job}
    bc.ScheduleTrigger(stack, "Nightly", schedule="rate(1 day)", **what)
    bc.EventTrigger(stack, "Event", event_pattern={"source": ["com.example"]}, **what)
    for mode in bc.SubmissionMode:
        bc.SubmissionGateway(stack, f"Gateway{mode.name}", mode=mode, **what)
    bc.JobQueue(stack, "Rescued", compute_environments=[fargate], spot_rescue_queue=other)
    bc.Workflow(
        stack,
        "Workflow",
        queue=queue,
        jobs=[bc.WorkflowJob(name="only", job_definition=job)],
        spot_rescue_queue=other,
    )
    user = iam.Role(stack, "User", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    queue.grant_submit(user, job)
    topic = sns.Topic(stack, "Topic")
    bc.JobNotifications(stack, "Notifications", queues=[queue], topic=topic)
    bc.BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=topic)
    bc.CostGuard(
        stack,
        "Guard",
        queues=[queue],
        budget=bc.VcpuBudget.of_vcpu_hours(100),
        action=bc.GuardAction.DISABLE_QUEUES,
    )


def triggers_that_say_all_they_can(stack: cdk.Stack) -> None:
    """Make each trigger, bare and with all that goes into a submission."""
    submit = imported(stack)
    little: dict[str, Any] = {
        "array_size": 2,
        "parameters": {"day": "$.time", "mode": "fast"},
        "environment": {"ID": "$.id"},
        "command": ["run"],
    }
    all_of_it = {
        **little,
        "share_identifier": "blue",
        "scheduling_priority": 5,
        "timeout": cdk.Duration.hours(1),
    }
    overrides = bc.SubmissionOverrides(
        vcpus=2,
        memory=cdk.Size.gibibytes(4),
        gpus=1,
        command=["run"],
        environment={"ID": "$.id"},
        timeout=cdk.Duration.hours(1),
        scheduling_priority=5,
        share_identifier="blue",
        tags={"team": "x"},
    )
    attempts = bc.RetryPolicy(attempts=2, rules=[])
    natively = bc.SubmissionOverrides(vcpus=2, retry=attempts)
    changed: list[dict[str, Any]] = [
        {"overrides": overrides},
        {"overrides": replace(overrides, retry=bc.RetryPolicy())},
        {"overrides": natively},
    ]
    for number, said in enumerate(changed):
        job = bc.WorkflowJob(name="a", job_definition=submit["job_definition"], **said)
        bc.Workflow(stack, f"Flow{number}", queue=submit["queue"], jobs=[job])
        bc.SubmitFunction(stack, f"Function{number}", **submit, **_without_fields(said))
        bc.SubmissionGateway(stack, f"Gateway{number}", **submit, **_without_fields(said))
    pattern = {"source": ["mine"]}
    for number, said in enumerate(({}, little, all_of_it, *changed)):
        bc.EventTrigger(stack, f"Event{number}", event_pattern=pattern, **submit, **said)
        plain = _without_fields(said)
        bc.ScheduleTrigger(stack, f"Schedule{number}", schedule="rate(1 hour)", **submit, **plain)


def _without_fields(said: dict[str, Any]) -> dict[str, Any]:
    """Say the same where there is no event whose fields could be meant."""
    plain = {
        name: {key: each.replace("$.", "") for key, each in value.items()}
        if name in ("parameters", "environment")
        else value
        for name, value in said.items()
    }
    if "overrides" in said and said["overrides"].environment:
        plain["overrides"] = replace(said["overrides"], environment={"ID": "id"})
    return plain
