"""Every quota of the services around AWS Batch stands in the sentence that is quoted for it."""

from __future__ import annotations

import pytest

from batch_constructs.aws import quotas, template_facts
from batch_constructs.aws.source import Source

EVENT_BUSES = {
    "a" * 256: True,
    "a" * 257: False,
    "batch-events.1_x": True,
    "a b": False,
    "a/b": False,
    "default": False,
    "defaults": True,
    "aws.x": False,
    "awsx": True,
}


@pytest.mark.parametrize("name", EVENT_BUSES)
def test_an_event_bus_is_called_what_eventbridge_takes(name: str) -> None:
    assert quotas.EVENT_BUS_NAME.admits(name) is EVENT_BUSES[name]


SENTENCES: dict[str, tuple[int, Source]] = {
    "event pattern": (quotas.EVENT_PATTERN_CHARACTERS, quotas.EVENTBRIDGE_SOURCE),
    "rules of a bus": (quotas.RULES_A_BUS, quotas.EVENTBRIDGE_SOURCE),
    "policies of a role": (quotas.ROLE_POLICY_CHARACTERS, quotas.ROLE_POLICY_SOURCE),
    "managed policy": (quotas.MANAGED_POLICY_CHARACTERS, quotas.MANAGED_POLICY_SOURCE),
    "managed policies": (quotas.MANAGED_POLICIES_A_ROLE, quotas.MANAGED_POLICY_SOURCE),
    "widgets": (quotas.WIDGETS_A_DASHBOARD, quotas.CLOUDWATCH_SOURCE),
    "metrics of a dashboard": (quotas.METRICS_A_DASHBOARD, quotas.CLOUDWATCH_SOURCE),
    "log policies": (quotas.LOG_RESOURCE_POLICIES, quotas.LOG_RESOURCE_POLICIES_SOURCE),
    "queue policy": (quotas.QUEUE_POLICY_BYTES, quotas.QUEUE_POLICY_SOURCE),
    "statements of it": (quotas.QUEUE_POLICY_STATEMENTS, quotas.QUEUE_POLICY_SOURCE),
    "topic policy": (quotas.TOPIC_POLICY_BYTES, quotas.TOPIC_POLICY_SOURCE),
    "its statements": (quotas.TOPIC_POLICY_STATEMENTS, quotas.TOPIC_POLICY_SOURCE),
    "bucket policy": (quotas.BUCKET_POLICY_BYTES, quotas.BUCKET_POLICY_SOURCE),
    "outputs": (quotas.STACK_OUTPUTS, quotas.STACK_SOURCE),
    "parameters": (quotas.STACK_PARAMETERS, quotas.STACK_SOURCE),
    "resources": (template_facts.RESOURCES, template_facts.RESOURCES_SOURCE),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_quota_stands_in_its_sentence(name: str) -> None:
    number, source = SENTENCES[name]
    words = source.says.replace(",", "").replace('"', " ").replace(".", " ").split()

    assert str(number) in [word.strip(";") for word in words], source.says
