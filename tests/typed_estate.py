"""Typed code of an estate that has functions for what ``aws_batch`` and others make.

``test_types.py`` lets pyright look; mypy looks with the rest of the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_events_targets as targets

import batch_constructs as bc

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from aws_cdk.interfaces import aws_batch as batch_interfaces


def watch(queue: batch.IJobQueue) -> str:
    return queue.job_queue_arn


def refer(queue: batch_interfaces.IJobQueueRef) -> str:
    return queue.job_queue_ref.job_queue_arn


def limit(definition: batch.IJobDefinition) -> object:
    return definition.timeout


def tell(topic: sns.ITopic) -> str:
    return topic.topic_arn


def launch(template: ec2.ILaunchTemplate) -> str | None:
    return template.launch_template_id


def budget(environment: batch.IManagedComputeEnvironment) -> float:
    return environment.maxv_cpus


def buy(licences: batch.IConsumableResource) -> object:
    return licences.grants


def use(
    queue: bc.JobQueue,
    definition: bc.FargateJobDefinition,
    topic: bc.AlertTopic,
    template: bc.LaunchTemplate,
    trainings: bc.ServiceJobQueue,
    environment: bc.FargateComputeEnvironment | bc.SpotComputeEnvironment,
    licences: bc.ConsumableResource,
) -> None:
    budget(environment)
    buy(licences)
    watch(queue)
    refer(queue)
    refer(trainings)
    limit(definition)
    tell(topic)
    launch(template)


def consume(
    stack: cdk.Stack,
    licences: bc.ConsumableResource,
    tokens: batch.IConsumableResource,
    each: dict[bc.Consumable, int],
) -> None:
    shared = {licences: 1}
    taken_in = {tokens: 2}
    bc.NodeRange(target_nodes=1, consumable_resources=shared)
    bc.NodeRange(target_nodes=1, consumable_resources=taken_in)
    bc.NodeRange(target_nodes=1, consumable_resources=each)
    bc.NodeRange(target_nodes=1, consumable_resources={licences: 1, tokens: 2})
    bc.FargateJobDefinition(
        stack,
        "Consumer",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        consumable_resources=shared,
    )


def selections(stack: cdk.Stack, vpc: ec2.IVpc, subnets: list[ec2.ISubnet]) -> None:
    bc.FargateComputeEnvironment(stack, "Group", vpc=vpc, vpc_subnets={"subnet_group_name": "Jobs"})
    bc.FargateComputeEnvironment(stack, "Listed", vpc=vpc, vpc_subnets={"subnets": subnets})


def events(
    queue: bc.JobQueue,
    topic: bc.AlertTopic,
    plain: sns.Topic,
    function: lambda_.IFunction,
    letters: sqs.Queue,
) -> None:
    queue.on_job_failed("Topic", target=targets.SnsTopic(topic))
    queue.on_job_failed("Function", target=targets.LambdaFunction(function))
    queue.on_job_failed("Queue", target=targets.SqsQueue(letters))
    queue.on_job_failed("OurTopic", target=topic)
    queue.on_job_failed("PlainTopic", target=plain)
    queue.on_job_failed("PlainFunction", target=function)
    queue.on_job_failed("PlainQueue", target=letters)


def functions(
    stack: cdk.Stack,
    queue: bc.JobQueue,
    guard: bc.CostGuard,
    trigger: bc.EventTrigger,
    many: list[bc.JobCounters],
    several: tuple[bc.JobNotifications, bc.JobGauges, bc.SubmitFunction],
    definition: bc.FargateJobDefinition,
    anything: list[bc.HasWatchedFunction],
) -> None:
    bc.BatchMonitoring(stack, "Many", queues=[queue], functions=many)
    bc.BatchMonitoring(stack, "Several", queues=[queue], functions=several)
    bc.BatchMonitoring(stack, "Definition", queues=[queue], functions=[definition, guard])
    bc.BatchMonitoring(stack, "Anything", queues=[queue], functions=anything)
    if queue.spot_rescue is not None and trigger.function is not None:
        both: list[bc.HasWatchedFunction] = [queue.spot_rescue, trigger.function]
        bc.BatchMonitoring(stack, "Both", queues=[queue], functions=both)
