"""A job again: what is taken along, what is left behind, and what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.functions.submission.repeat import (
    WHOSE,
    indices_of,
    longest_overrides,
    original,
    repeat,
    rescues_of,
)

PLAIN = {"jobName": "report", "jobQueue": "main", "jobDefinition": "report:3"}
USERS = {"name": "A", "value": "1"}
OF_A_REPETITION = [
    {"name": "ARRAY_INDICES", "value": "3,17-19"},
    {"name": "BATCH_RESCUES", "value": "2"},
]
CONTAINER = {"command": ["run"], "environment": [USERS, *OF_A_REPETITION]}
POD_CONTAINER = {"name": "one", "env": [USERS, *OF_A_REPETITION]}
POD = {"podProperties": {"containers": [POD_CONTAINER], "initContainers": [POD_CONTAINER]}}


def tasks(*containers: dict[str, Any]) -> dict[str, Any]:
    named = [{"name": f"c{n}", **each} for n, each in enumerate(containers)]
    return {"taskProperties": [{"containers": named}]}


SHAPES: dict[str, dict[str, Any]] = {
    "one container": {"container": CONTAINER},
    "several containers": {"ecsProperties": tasks({"command": ["first"]}, CONTAINER)},
    "a pod": {"eksProperties": POD},
    "several nodes": {
        "nodeProperties": {
            "numNodes": 2,
            "nodeRangeProperties": [{"targetNodes": "0:", "container": CONTAINER}],
        }
    },
}


@pytest.mark.parametrize(
    "empty",
    [
        {},
        {"tags": {"aws:batch:made": "y", WHOSE: "somebody's"}},
        {"container": {"command": [], "environment": [], "resourceRequirements": []}},
        {"consumableResourceProperties": {}, "parameters": {}},
    ],
)
def test_what_was_not_given_is_not_given_again(empty: dict[str, Any]) -> None:
    assert repeat({**PLAIN, **empty}) == PLAIN


def test_containers_and_nodes_that_were_given_nothing_are_given_nothing_again() -> None:
    nodes = {"numNodes": 2, "nodeRangeProperties": [{"targetNodes": "0:", "container": {}}]}
    described = {
        **PLAIN,
        "ecsProperties": tasks({"environment": []}),
        "nodeProperties": nodes,
    }
    assert repeat(described) == {
        **PLAIN,
        "ecsPropertiesOverride": {"taskProperties": [{"containers": [{"name": "c0"}]}]},
        "nodeOverrides": {"numNodes": 2, "nodePropertyOverrides": [{"targetNodes": "0:"}]},
    }
    pod = {"podProperties": {"containers": [{"name": "one", "env": []}]}}
    again = repeat({**PLAIN, "eksProperties": pod})
    assert again["eksPropertiesOverride"]["podProperties"] == {"containers": [{"name": "one"}]}


@pytest.mark.parametrize("properties", ["ecsProperties", "eksProperties"])
def test_a_job_of_several_containers_has_no_overrides_of_a_single_one(properties: str) -> None:
    """AWS Batch refuses both in one request."""
    shape = tasks(CONTAINER) if properties == "ecsProperties" else POD

    again = repeat({**PLAIN, "container": CONTAINER, properties: shape})

    assert set(again) == {*PLAIN, f"{properties}Override"}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_kind_of_job_says_what_it_repeats_and_its_repetition_starts_anew(
    shape: dict[str, Any],
) -> None:
    described = {**PLAIN, **shape}
    assert indices_of(described) == [3, 17, 18, 19]
    assert rescues_of(described) == 2

    again = str(repeat(described))

    assert str(USERS) in again
    assert not any(each["name"] in again for each in OF_A_REPETITION)


@pytest.mark.parametrize(
    "value",
    [
        *("0-999999999", "0-10000", "9" * 5000, "0-9999,0-9999", "3,3", "5-3", "-1", "4,"),
        *("", "x", "a,b", "1:10", "1 2", "1-", "\u0663", "1-2-3"),
    ],
)
def test_a_variable_of_the_user_s_own_says_no_indices_and_stays(value: str) -> None:
    own = {"name": "ARRAY_INDICES", "value": value}
    job = {**PLAIN, "jobId": "a", "container": {"environment": [own]}}

    assert indices_of(job) is None
    assert original(job, 7) == 7
    assert repeat(job)["containerOverrides"]["environment"] == [own]


@pytest.mark.parametrize("value", ["", "0", "4", "03", "\u0663", "²", "9" * 5000])
def test_a_variable_of_the_user_s_own_counts_no_rescues_and_stays(value: str) -> None:
    own = {"name": "BATCH_RESCUES", "value": value}
    job = {**PLAIN, "container": {"environment": [own]}}

    assert rescues_of(job) == 0
    assert repeat(job)["containerOverrides"]["environment"] == [own]


def test_indices_are_of_the_array_that_has_as_many_children() -> None:
    container = {"environment": [{"name": "ARRAY_INDICES", "value": "0,3-4,9999"}]}
    job = {**PLAIN, "container": container}

    assert indices_of({**job, "arrayProperties": {"size": 4}}) == [0, 3, 4, 9999]
    assert indices_of({**job, "arrayProperties": {"size": 5}}) is None
    assert indices_of({**job, "arrayProperties": {"index": 3, "size": 0}}) == [0, 3, 4, 9999]
    assert [original(job, index) for index in (3, 4)] == [9999, 4]


def test_the_longest_overrides_of_several_containers_are_counted() -> None:
    short, long = repeat({**PLAIN, "container": {"command": ["run"]}}), ["x" * 5000]
    several = repeat({**PLAIN, "ecsProperties": tasks({"command": ["run"]}, {"command": long})})

    assert longest_overrides(several) > 5000 > longest_overrides(short)
