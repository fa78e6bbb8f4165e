"""Mistakes that a type checker has to find, each on a line of its own that says so.

mypy, which is strict about comments that hide nothing, finds them with the rest of the tests;
``test_types.py`` lets pyright look, which editors use.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

import batch_constructs as bc
from batch_constructs import client, testing


def misspelt_name(stack: cdk.Stack) -> None:
    bc.JobQeue(stack, "A")  # type: ignore[attr-defined]  # the mistake


def misspelt_name_of_the_client() -> None:
    client.BatchClint()  # type: ignore[attr-defined]  # the mistake


def misspelt_name_for_tests() -> None:
    testing.no_finding()  # type: ignore[attr-defined]  # the mistake


def wrong_keyword(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    bc.FargateComputeEnvironment(stack, "A", vpc=vpc, max_vcpu=3)  # type: ignore[call-arg]  # the mistake


def wrong_key_of_a_selection(stack: cdk.Stack, vpc: ec2.IVpc) -> None:
    bc.FargateComputeEnvironment(stack, "A", vpc=vpc, vpc_subnets={"group": "Jobs"})  # type: ignore[arg-type]  # the mistake


def missing_argument(stack: cdk.Stack) -> None:
    bc.JobQueue(stack, "A")  # type: ignore[call-arg]  # the mistake


def wrong_type(stack: cdk.Stack) -> None:
    memory = cdk.Size.gibibytes(1)
    bc.Ec2JobDefinition(stack, "A", image="a", vcpus="1", memory=memory)  # type: ignore[arg-type]  # the mistake


def what_nothing_can_consume(licences: str) -> None:
    bc.NodeRange(target_nodes=1, consumable_resources={licences: 1})  # type: ignore[dict-item]  # the mistake


def wrong_keyword_among_the_shared(stack: cdk.Stack, memory: cdk.Size) -> None:
    bc.FargateJobDefinition(stack, "A", image="a", vcpus=1, memory=memory, time=None)  # type: ignore[call-arg]  # the mistake


def wrong_type_among_the_shared(stack: cdk.Stack, memory: cdk.Size) -> None:
    bc.Ec2JobDefinition(stack, "A", image="a", vcpus=1, memory=memory, timeout=60)  # type: ignore[arg-type]  # the mistake


def argument_of_another_kind_of_job(stack: cdk.Stack) -> None:
    bc.EksJobDefinition(stack, "A", containers=[], propagate_tags=True)  # type: ignore[call-arg]  # the mistake


def what_is_only_built_upon(stack: cdk.Stack) -> None:
    bc.JobDefinition(stack, "A")  # type: ignore[abstract]  # the mistake
    bc.ManagedComputeEnvironment(stack, "A")  # type: ignore[abstract]  # the mistake
    bc.SchedulingPolicy(stack, "A")  # type: ignore[abstract]  # the mistake
    bc.QueueMetrics()  # type: ignore[abstract]  # the mistake
    bc.QueueEvents()  # type: ignore[abstract]  # the mistake


def wrong_keyword_of_many(stack: cdk.Stack) -> None:
    bc.FargateJobDefinition.from_mapping(stack, {"A": {}}, imag="a")  # type: ignore[call-arg]  # the mistake
    bc.EksJobDefinition.from_mapping(stack, {"A": {}}, vcpus=1)  # type: ignore[call-arg]  # the mistake


def missing_method(queue: bc.JobQueue) -> None:
    queue.no_such_method()  # type: ignore[attr-defined]  # the mistake


def field_of_another_name() -> None:
    bc.Share(identifier="a")  # type: ignore[call-arg]  # the mistake


def queue_of_another_kind(trainings: bc.ServiceJobQueue, job: bc.AnyJobDefinition) -> None:
    trainings.grant_submit(job)  # type: ignore[attr-defined]  # the mistake


def what_has_no_function_of_ours(
    stack: cdk.Stack, queue: bc.JobQueue, other: lambda_.IFunction
) -> None:
    bc.BatchMonitoring(stack, "A", queues=[queue], functions=[queue])  # type: ignore[list-item]  # the mistake
    bc.BatchMonitoring(stack, "B", queues=[queue], functions=[other])  # type: ignore[list-item]  # the mistake


def what_is_taken_in_is_of_its_class(stack: cdk.Stack) -> bc.JobQueue:
    return bc.JobQueue.from_job_queue_name(stack, "A", "nightly")


def anything_that_is_one_is_taken(queues: list[bc.AnyJobQueue], stack: cdk.Stack) -> None:
    bc.JobNotifications(stack, "A", queues=queues)
