"""A rule on a bus of its own is asked for on that bus, whatever CloudFormation calls it."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.local.inventory import DESCRIBE


class Events:
    """EventBridge with a rule on a bus that is not the default one."""

    def list_event_buses(self) -> dict[str, Any]:
        return {"EventBuses": [{"Name": "default"}, {"Name": "central"}]}

    def list_rules(self, *, NamePrefix: str, EventBusName: str) -> dict[str, Any]:  # noqa: N803  # as boto3 calls them
        there = ["failures", "failures-too"] if EventBusName == "central" else []
        return {"Rules": [{"Name": one} for one in there if one.startswith(NamePrefix)]}


@pytest.mark.parametrize(
    ("physical_id", "there"),
    [("failures", True), ("central|failures", True), ("default|failures", False), ("fail", False)],
)
def test_a_rule_is_found_where_it_is(physical_id: str, there: bool) -> None:  # noqa: FBT001  # a case
    assert bool(DESCRIBE["AWS::Events::Rule"](lambda _: Events(), physical_id)) is there
