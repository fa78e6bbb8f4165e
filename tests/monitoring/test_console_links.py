"""Links to the console: in the partition that the stack is deployed to."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs.aws.consoles import console
from batch_constructs.functions.job_events.job_event import LogStream
from batch_constructs.functions.job_events.notification_text import log_url

DOMAINS = {
    "us-east-1": "console.aws.amazon.com",
    "cn-north-1": "console.amazonaws.cn",
    "us-gov-west-1": "console.amazonaws-us-gov.com",
    "eusc-de-east-1": "console.amazonaws-eusc.eu",
}
PARTITIONS = {
    "us-east-1": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
    "eusc-de-east-1": "aws-eusc",
}


def _template(region: str | None) -> dict[str, Any]:
    place = cdk.Environment(account="123456789012", region=region) if region else None
    stack = cdk.Stack(cdk.App(), "Stack", env=place)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")
    bc.BatchDashboard(stack, "Dashboard", queues=[queue])
    return dict(Template.from_stack(stack).to_json())


def _linking(template: dict[str, Any]) -> list[str]:
    """Return the texts of a template that have a link: of the dashboard and the saved query."""
    texts = (json.dumps(one) for one in template["Resources"].values())
    return [text for text in texts if "/batch/home?region=" in text]


@pytest.mark.parametrize(("region", "domain"), DOMAINS.items())
def test_every_link_of_a_stack_leads_to_the_console_of_its_partition(
    region: str, domain: str
) -> None:
    linking = _linking(_template(region))

    assert len(linking) == 2
    for text in linking:
        assert text.count("/batch/home?region=") == text.count(f".{domain}/batch/home?region=")


def test_cloudformation_finds_the_console_of_a_stack_that_may_go_anywhere() -> None:
    template = _template(None)

    expected = {PARTITIONS[region]: {"domain": domain} for region, domain in DOMAINS.items()}
    first, second = template["Mappings"].values()
    assert first == second
    assert first.items() >= expected.items()
    assert {"aws-iso", "aws-iso-b"} <= {*first}  # or the stack could not be deployed there
    linking = _linking(template)
    assert len(linking) == 2
    for text in linking:
        in_map = r'{"Fn::FindInMap": \["(\w+)", {"Ref": "AWS::Partition"}, "domain"\]}'
        found = re.findall(in_map + ', "/batch/home', text)
        named = dict(re.findall(rf'"(\w+)": {in_map}', text))  # in an Fn::Sub
        found += [named[one] for one in re.findall(r"\$\{(v\d+)\}/batch/home", text)]
        assert len(found) == text.count("/batch/home?region=")
        assert set(found) <= set(template["Mappings"])


@pytest.mark.parametrize(("region", "domain"), DOMAINS.items())
def test_a_message_links_the_log_in_the_console_of_its_partition(region: str, domain: str) -> None:
    log = LogStream(group="/jobs", stream="a/b", region=region)

    found = log_url(log, PARTITIONS[region])
    assert found is not None
    assert found.startswith(f"https://{region}.{domain}/cloudwatch/")
    assert console(PARTITIONS[region], region) == f"https://{region}.{domain}"


def test_where_no_console_is_known_there_is_no_link() -> None:
    template = json.dumps(_template("us-iso-east-1"))

    assert "console" not in template
    assert "detail.jobId as jobId" in template
    assert console("aws-iso", "us-iso-east-1") is None
    log = LogStream(group="/jobs", stream="a/b", region="us-iso-east-1")
    assert log_url(log, "aws-iso") is None
