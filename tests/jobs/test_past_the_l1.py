"""What the CDK's L1 lacks is put into the template all the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batch_constructs.jobs import past_the_l1 as l1

MODELS = Path(__file__).parent.parent / "judges" / "what_each_model_lacks.json"


def test_what_a_pod_has_and_the_l1_lacks_is_overridden() -> None:
    lacking = json.loads(MODELS.read_text())["the L1 of the CDK"]
    of_pods = {one for one in lacking if "/PodProperties/" in one}

    named = {f"JobDefinition/{one.replace('/*', '')}" for one in l1.PAST_THE_L1}
    assert named == of_pods


def test_a_property_that_is_named_is_put_in_wherever_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ways = ("Hostname", "ContainerProperties/Hostname", "NodeProperties/Ranges/*/Box/Hostname")
    monkeypatch.setattr(l1, "PAST_THE_L1", ways)
    properties = {
        "ContainerProperties": {"Hostname": "a", "Image": "x"},
        "NodeProperties": {"Ranges": [{"Box": {}}, {"Box": {"Hostname": "b"}}]},
    }

    assert [*l1.past_the_l1(properties)] == [
        ("ContainerProperties.Hostname", "a"),
        ("NodeProperties.Ranges.1.Box.Hostname", "b"),
    ]
