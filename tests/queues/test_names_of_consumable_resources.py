"""For any two consumable resources of one ID: another name where AWS makes another one."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import batch_constructs as bc

KIND = "AWS::Batch::ConsumableResource"
OPTIONS = st.fixed_dictionaries(
    {
        "total_quantity": st.integers(1, 9),
        "replenishable": st.booleans(),
        "tags": st.sampled_from([None, {"Team": "a"}]),
    }
)


def rendered(**options: Any) -> tuple[str, dict[str, Any]]:
    override = options.pop("override", None)
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    made = bc.ConsumableResource(stack, "Licences", **options)
    if override:
        made.resource.add_property_override("ResourceType", override)
    ((logical_id, resource),) = (
        item
        for item in app.synth().get_stack_by_name("Stack").template["Resources"].items()
        if item[1]["Type"] == KIND
    )
    return logical_id, resource["Properties"]


@settings(
    max_examples=24, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(one=OPTIONS, other=OPTIONS)
def test_the_name_differs_exactly_where_another_resource_is_needed(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    (old_id, old), (new_id, new) = (
        rendered(consumable_resource_name="licences", **options) for options in (one, other)
    )

    names = {two["ConsumableResourceName"] for two in (old, new)}
    assert old_id == new_id
    assert all(name.startswith("licences-") for name in names)
    assert (len(names) == 2) is (old["ResourceType"] != new["ResourceType"])


def test_a_type_put_over_the_resource_changes_the_name() -> None:
    options = {"total_quantity": 1, "consumable_resource_name": "licences"}

    _, plain = rendered(**options)
    _, other = rendered(**options, override="NON_REPLENISHABLE")

    assert plain["ConsumableResourceName"] != other["ConsumableResourceName"]


def test_an_exact_name_is_the_name() -> None:
    _, made = rendered(total_quantity=1, exact_name="licences")

    assert made["ConsumableResourceName"] == "licences"


def test_a_prefix_and_an_exact_name_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="exact_name"):
        rendered(total_quantity=1, exact_name="a", consumable_resource_name="b")
