"""A queue of SQS that gets what a topic of SNS publishes, as it was published.

It is what ``aws_sns_subscriptions.SqsSubscription`` makes, but for the policies of the queue and of
its key: those have one statement for all topics, where the CDK writes one for each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Names, Stack
from aws_cdk import aws_sns as sns
from aws_cdk.region_info import RegionInfo

from batch_constructs.aws.service_principals import SNS
from batch_constructs.queue_senders import admit_topic
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs


def subscribe(queue: sqs.Queue, topic: sns.ITopic) -> sns.Subscription:
    """Subscribe a queue to a topic.

    Raises:
        ValueError: it is subscribed to it already, or its policy has no room for another one.
    """
    its_id = Names.node_unique_id(topic.node)
    if queue.node.try_find_child(its_id) is not None:
        raise ValueError(f"{queue.node.path}: it is already subscribed to {topic.node.path}")
    here, there = Stack.of(queue), Stack.of(topic)
    region = _region_of(topic, here, there)
    policy = admit_topic(queue, topic, _publisher(region, here.region))
    if isinstance(topic, sns.Topic) and here is not there:
        here.add_stack_dependency(there)
    subscription = sns.Subscription(
        queue,
        its_id,
        topic=topic,
        endpoint=queue.queue_arn,
        protocol=sns.SubscriptionProtocol.SQS,
        raw_message_delivery=True,
        region=region,
    )
    if policy is not None:
        subscription.node.add_dependency(policy)
    return subscription


def _region_of(topic: sns.ITopic, here: Stack, there: Stack) -> str | None:
    """Return the Region of a topic; None of one that is made, where it is this one or unknown."""
    if not isinstance(topic, sns.Topic):
        return there.split_arn(topic.topic_arn, ArnFormat.SLASH_RESOURCE_NAME).region
    region = topic.env.region
    return None if here is there or is_token(region) or region == here.region else region


def _publisher(region: str | None, here: str) -> str:
    """Name SNS as the Region of a queue knows it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
    """
    if region is None or is_token(region) or is_token(here) or region == here:
        return SNS
    for one in (here, region):
        if RegionInfo.get(one).is_opt_in_region:
            return SNS.replace(".", f".{one}.", 1)
    return SNS
