"""A published validator of Amazon States Language judges every state machine that is rendered."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.local.cdk_cli import find_node
from batch_constructs.rules import check_resource
from tests import rendered
from tests.judges import published_api
from tests.judges.written import read_json, written
from tests.rules.test_every_rule import ALL, MORE

VALIDATOR = "asl-validator@4.0.0"
"""https://github.com/ChristopheBougere/asl-validator"""

Machine = Mapping[str, Any]

VALUES: dict[str, set[Any]] = {
    "End": {True, False},
    "ExecutionType": {"STANDARD", "EXPRESS"},
    "JitterStrategy": {"FULL", "NONE"},
    "Mode": {"INLINE", "DISTRIBUTED"},
    "QueryLanguage": {"JSONPath", "JSONata"},
    "Type": {"Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait"},
    "Version": {"1.0"},
}
"""Field → its values. The validator looks at few of them.

https://states-language.net/spec.html lists them.
"""

RESERVED = {
    f"States.{name}"
    for name in (
        *("ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold"),
        *("HeartbeatTimeout", "Http.Socket", "IntrinsicFailure", "ItemReaderFailed"),
        *("NoChoiceMatched", "ParameterPathFailure", "Permissions", "QueryEvaluationError"),
        *("ResultPathMatchFailure", "ResultWriterFailed", "Runtime", "TaskFailed", "Timeout"),
    )
}
"""Names of errors with the reserved beginning: the specification's Appendix A, and AWS's guide
(step-functions/latest/dg/concepts-error-handling.html)."""

RETRIER: dict[str, tuple[float, float]] = {
    "BackoffRate": (1.0, float("inf")),
    "IntervalSeconds": (1, 99_999_999),
    "MaxAttempts": (0, 99_999_999),
    "MaxDelaySeconds": (1, 31_622_400),
}
"""Field of a retrier → the least and the most, of the specification and of AWS's guide."""

FIELDS = {
    "Retry": {"ErrorEquals", "JitterStrategy", "Comment", *RETRIER},
    "Catch": {"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"},
    "ItemProcessor": {"ProcessorConfig", "StartAt", "States", "Comment"},
    "ProcessorConfig": {"Mode", "ExecutionType"},
}
"""The fields of what stands in a state, of the specification and of AWS's guide
(step-functions/latest/dg/state-map-distributed.html)."""

BATCH_TASKS = {
    *("batch:submitJob", "batch:submitJob.sync"),
    *(
        f"aws-sdk:batch:{name[0].lower()}{name[1:]}"
        for name in published_api.model().operation_names
    ),
}
"""What a Task may ask of AWS Batch (step-functions/latest/dg/connect-batch.html, and
supported-services-awssdk.html)."""

DATA = ("Arguments", "Assign", "ItemSelector", "Output", "Parameters", "Result", "ResultSelector")
"""Fields whose contents are the state's own, and no part of the language."""


def machines() -> list[Machine]:
    """Give the definitions of all machines, each once."""
    found = {
        written(resource["Properties"]["DefinitionString"]): None
        for _, _, resource in rendered.resources("AWS::StepFunctions::StateMachine")
        if "DefinitionString" in resource["Properties"]
    }
    return [read_json(text) for text in found]


def states(machine: Machine) -> Iterator[dict[str, Any]]:
    """Give the states of a machine, those of its branches and iterations among them."""
    for state in machine["States"].values():
        yield state
        for within in [
            *state.get("Branches", []),
            state.get("ItemProcessor"),
            state.get("Iterator"),
        ]:
            if within is not None:
                yield from states(within)


def not_of_the_language(machine: Any) -> Iterator[str]:
    """Say which values in a machine the specification does not have."""
    if isinstance(machine, list):
        for item in machine:
            yield from not_of_the_language(item)
    elif isinstance(machine, Mapping):
        for name, value in machine.items():
            known = value in VALUES[name] if name in VALUES else True
            least, most = RETRIER.get(name, (0, 0))
            if not known or (name in RETRIER and not least <= value <= most):
                yield f"{name} is {value}"
            elif name in ("Retry", "Catch"):
                yield from wrong_errors(value)
            yield from unknown_fields(name, value)
            if name == "Resource" and unknown_task(value):
                yield f"there is no task {value}"
            if name == "States":
                yield from not_of_the_language(list(value.values()))
            elif name not in DATA:
                yield from not_of_the_language(value)


def unknown_fields(name: str, value: Any) -> Iterator[str]:
    """Say which fields of a retrier, a catcher or an item processor there are not."""
    parts = [one for one in (value if isinstance(value, list) else [value]) if name in FIELDS]
    for one in parts:
        for field in one.keys() - FIELDS[name]:
            yield f"{name} has no {field}"


def unknown_task(resource: Any) -> bool:
    """Whether an integration with AWS Batch is none that Step Functions has."""
    said = str(resource).partition(":states:::")[2]
    return re.match(r"(aws-sdk:)?batch:", said) is not None and said not in BATCH_TASKS


def wrong_errors(handlers: list[Machine]) -> Iterator[str]:
    """Say what is wrong with the errors that retriers or catchers are about."""
    for position, handler in enumerate(handlers):
        names = handler.get("ErrorEquals", [])
        if not names:
            yield "ErrorEquals is missing"
        elif unknown := {one for one in names if one.startswith("States.")} - RESERVED:
            yield f"there are no {', '.join(sorted(unknown))}"
        elif "States.ALL" in names and (len(names) > 1 or position < len(handlers) - 1):
            yield "States.ALL stands neither alone nor last"


def leads_nowhere(machine: Machine) -> Iterator[str]:
    """Say which names of states there are not, among the states that they may lead to."""
    there = machine["States"]
    for name in [machine["StartAt"], *led_to(list(there.values()))]:
        if name not in there:
            yield f"there is no state {name}"
    for state in there.values():
        for within in [*state.get("Branches", ()), state.get("ItemProcessor")]:
            if within is not None:
                yield from leads_nowhere(within)


def led_to(value: Any) -> Iterator[str]:
    """Give all that a state may lead to, its choices and catchers among it."""
    if isinstance(value, list):
        for item in value:
            yield from led_to(item)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key in ("Next", "Default"):
                yield item
            elif key not in (*DATA, "Branches", "ItemProcessor"):
                yield from led_to(item)


def invalid(tmp_path: Path, found: Mapping[str, Machine]) -> dict[str, str]:
    """Ask the validator about all of them at once: name → what it says."""
    for name, machine in found.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(machine))
    node = find_node()
    paths = [word for name in found for word in ("--json-path", f"{name}.json")]
    run = subprocess.run(
        [node.executable, node.npx, "--yes", "--prefer-offline", VALIDATOR, *paths],
        cwd=tmp_path,
        env=node.environment(os.environ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = run.stdout + run.stderr
    asked = re.findall(r'State machine definition "(.*)\.json" is (in)?valid', said)
    assert sorted(name for name, _ in asked) == sorted(found), said
    return {name: said for name, wrong in asked if wrong}


BROKEN: dict[str, Machine] = {
    "nowhere": {
        "StartAt": "a",
        "States": {"a": {"Type": "Pass", "Next": "b"}, "c": {"Type": "Succeed"}},
    },
    "no-choice": {"StartAt": "a", "States": {"a": {"Type": "Choice", "Choices": []}}},
    "no-seconds": {"StartAt": "a", "States": {"a": {"Type": "Wait", "Seconds": "x", "End": True}}},
}


def test_every_state_machine_is_valid_and_the_validator_looks(tmp_path: Path) -> None:
    good = {str(number): machine for number, machine in enumerate(machines())}

    assert set(found := invalid(tmp_path, {**good, **BROKEN})) == set(BROKEN), found
    assert good


NOT_ASKED = "nobody told us what AWS answers"
NO_JSONATA = "the validator does not know JSONata"
BEYOND_OURS = {
    '"B": {"Type": "Pass", "Next": "B"}': "AWS was asked about the outermost machine alone",
    '"End": false, "Next": "B"': NOT_ASKED,
    '"Nonsense": 1': NOT_ASKED,
    '"a.$": ["x"]': NOT_ASKED,
    '"TimeoutSeconds": "{% $x %}"': NO_JSONATA,
    '"Condition": "{% true %}"': NO_JSONATA,
}
"""What the validator refuses of the cases of the rules, and the rules do not → why."""

KIND = "AWS::StepFunctions::StateMachine"


def definitions_of_the_cases() -> list[Machine]:
    """Give the definitions in the cases of the rules, of which all is known."""
    cases = [one for kind, *both in ALL.values() if kind == KIND for one in both]
    cases += [one["case"] for one in MORE if one["type"] == KIND]
    written = [one["Definition"] for one in cases if isinstance(one.get("Definition"), dict)]
    return [one for one in written if not re.search(r'"Ref"|Fn::|\$\{', json.dumps(one))]


def test_what_the_validator_finds_in_the_cases_of_the_rules_the_rules_find_too(
    tmp_path: Path,
) -> None:
    taken = {
        str(number): machine
        for number, machine in enumerate(definitions_of_the_cases())
        if not check_resource(KIND, {"Definition": machine}, errors_and=frozenset())
    }

    refused = [json.dumps(taken[number]) for number in invalid(tmp_path, taken)]

    assert len(taken) > len(refused)
    assert [one for one in refused if not any(map(one.__contains__, BEYOND_OURS))] == []
    assert {why for why in BEYOND_OURS if not any(why in one for one in refused)} == set()


def test_every_value_is_one_of_the_language() -> None:
    found = machines()

    assert {said for machine in found for said in not_of_the_language(machine)} == set()
    assert {said for machine in found for said in leads_nowhere(machine)} == set()


def test_machines_of_several_states_are_among_them() -> None:
    found = [state for machine in machines() for state in states(machine)]

    assert {"Choice", "Map", "Parallel", "Pass", "Task", "Wait"} <= {one["Type"] for one in found}
    assert any("Next" in one for one in found)
    assert any("Retry" in one for one in found)
    assert any("Catch" in one for one in found)
    assert any("DependsOn" in json.dumps(one.get("Parameters", {})) for one in found)


RETRIED = {"ErrorEquals": ["a"], "MaxAttempts": 1}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Repeat"},
        {"Retry": [{**RETRIED, "JitterStrategy": "HALF"}]},
        {"Retry": [{**RETRIED, "BackoffRate": 0.5}]},
        {"Retry": [{**RETRIED, "IntervalSeconds": 0}]},
        {"Retry": [{"ErrorEqual": ["a"]}]},
        {"Retry": [{"ErrorEquals": ["States.Timeouts"]}]},
        {"Retry": [{"ErrorEquals": ["States.ALL"]}, RETRIED]},
        {"Catch": [{"ErrorEquals": ["States.ALL", "a"], "Next": "b"}]},
        {"ItemProcessor": {"ProcessorConfig": {"Mode": "EAGER"}}},
        {"QueryLanguage": "jsonata"},
        {"Retry": [{**RETRIED, "MaxDelaySecs": 60}]},
        {"Catch": [{"ErrorEquals": ["a"], "Next": "b", "ResultPaths": "$.x"}]},
        {"ItemProcessor": {"ProcessorConf": {}}},
        {"ItemProcessor": {"ProcessorConfig": {"Modes": "INLINE"}}},
        {"Resource": "arn:aws:states:::batch:submitJobs.sync"},
        {"Resource": "arn:aws:states:::aws-sdk:batch:describeJob"},
    ],
    ids=json.dumps,
)
def test_the_judge_refuses_what_the_language_does_not_have(state: dict[str, Any]) -> None:
    assert list(not_of_the_language({"StartAt": "a", "States": {"a": {"Type": "Task", **state}}}))


@pytest.mark.parametrize(
    "state",
    [
        {"Next": "c"},
        {"Default": "c"},
        {"Choices": [{"Variable": "$.x", "IsNull": True, "Next": "c"}]},
        {"Catch": [{"ErrorEquals": ["a"], "Next": "c"}]},
        {"Branches": [{"StartAt": "x", "States": {"x": {"Type": "Pass", "Next": "a"}}}]},
        {"ItemProcessor": {"StartAt": "a", "States": {}}},
    ],
    ids=json.dumps,
)
def test_the_judge_refuses_a_state_that_leads_nowhere(state: dict[str, Any]) -> None:
    assert list(leads_nowhere({"StartAt": "a", "States": {"a": {"Type": "Task", **state}}}))
