"""Mistakes that people make in arguments: in each parameter, and in each field of what it takes.

``uv run python -m tests.mistakes [CONSTRUCT…]`` makes them all and looks at each message;
`test_messages.py` draws some.
"""

from __future__ import annotations

import dataclasses
import inspect
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any

import aws_cdk as cdk

import batch_constructs as bc
from tests.constructors import IMAGE, MEMORY, Given
from tests.spelling import property_names, second_spellings
from tests.test_public_api import MADE_BY_US

SEED = 20261128

SECOND = cdk.Duration.seconds(1)
SIZE: dict[str, Any] = {"image": IMAGE, "vcpus": 1, "memory": MEMORY}
RULE = bc.RetryRule(action="RETRY", on_reason="a*")

SAMPLES: dict[str, Any] = {
    "retry_policy": bc.RetryPolicy(rules=[RULE]),
    "retry": bc.RetryPolicy(rules=[RULE]),
    "rules": [RULE],
    "log_configuration": bc.LogConfiguration(),
    "swap": bc.Swap(max_size=MEMORY),
    "root_volume": bc.RootVolume(),
    "update_policy": bc.UpdatePolicy(),
    "ulimits": [bc.Ulimit(name="nofile", soft_limit=1, hard_limit=2)],
    "devices": [bc.Device(host_path="/dev/fuse")],
    "tmpfs": [bc.Tmpfs(container_path="/tmp/x", size=MEMORY)],  # noqa: S108  # in a container
    "volumes": [bc.HostVolume(name="data", container_path="/data")],
    "images": [bc.InstanceImage()],
    "time_limits": [
        bc.TimeLimit(
            reason=bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY, after=cdk.Duration.hours(1)
        )
    ],
    "shares": [bc.Share(share_identifier="team")],
    "overrides": bc.SubmissionOverrides(vcpus=1),
    "capacity_limits": [bc.CapacityLimit(max_capacity=1, capacity_unit="ml.m5.large")],
    "capacity_reservation": bc.CapacityReservation(capacity_reservation_id="cr-1234567890abcdef0"),
    "function_settings": bc.FunctionSettings(),
    "thresholds": bc.AlarmThresholds(),
    "firelens": bc.Firelens(type="fluentbit"),
    "step_retry": bc.StepRetry(max_attempts=1),
}
"""What has fields of its own, by the parameter that takes it."""

BESIDE = {"firelens": {"log_configuration": bc.LogConfiguration(driver="awsfirelens")}}
"""What is right only beside something else, and that."""

READ_ALIKE = {
    "overrides": "EventTrigger",
    "retry_policy": "Ec2JobDefinition",
    "function_settings": "CostGuard",
    "volumes": "Ec2JobDefinition",
    "capacity_reservation": "LaunchTemplate",
}
"""What one piece of code reads everywhere, and the construct whose fields of it are enough."""

POD_VOLUMES: list[Any] = [
    bc.EmptyDirVolume(name="scratch", mount_path="/scratch"),
    bc.HostPathVolume(name="host", mount_path="/host", host_path="/opt"),
    bc.KubernetesSecretVolume(name="password", mount_path="/secret", secret_name="db"),
    bc.PersistentVolumeClaimVolume(name="claim", mount_path="/claim", claim_name="files"),
]
POD = bc.Pod(containers=[bc.PodContainer(**SIZE, volumes=POD_VOLUMES)])


def samples(owner: object, name: str, given: object) -> Any:
    """Give right values with fields for a parameter, or for a field of a value that has them."""
    if given:
        return given
    if isinstance(owner, bc.NodeRange | bc.WorkflowJob) and name in ("pod", "depends_on"):
        return None
    if isinstance(owner, bc.PodContainer) and name == "volumes":
        return POD_VOLUMES
    return SAMPLES.get(name)


def misspelled(annotation: str) -> Iterator[str]:
    """Misspell the words that a parameter knows."""
    for name in re.findall(r"\b[A-Z]\w+", annotation):
        kind = getattr(bc, name, None)
        if inspect.isclass(kind) and issubclass(kind, StrEnum):
            word = str(max(kind, key=len))
            yield f"{word}S"
            yield word.swapcase()[:-1]
            return


def wrong_values(annotation: str) -> list[Any]:
    """Return values that are wrong for most parameters of a type."""
    found: list[Any] = [3.5]
    if "Mapping" in annotation:
        found += [{"": "x"}, {"A B!": "x"}, {"aws:x": "y"}, ["x"], {"A": 3}, {}, "x"]
        found += [{"AWS_BATCH_X": "y"}, {"a" * 200: "x"}, {"a": "x" * 600}]
        found += [{f"k{number}": "v" for number in range(60)}, {"a": "x", "A": "x"}]
    elif "Sequence" in annotation:
        found += [[], [3], ["a b!"], "x", [None], ["x", "x"], ["x", "X"], [""], ["x"] * 60]
    elif "Duration" in annotation:
        found += [3, cdk.Duration.millis(10), SECOND, cdk.Duration.days(10_000)]
        found += [cdk.Duration.seconds(0), "1h"]
    elif "Size" in annotation:
        found += [3, cdk.Size.kibibytes(1), cdk.Size.mebibytes(1), cdk.Size.tebibytes(90)]
        found += [cdk.Size.mebibytes(0), "1G"]
    elif "bool" in annotation:
        found += ["yes", 1]
    elif "int" in annotation or "float" in annotation:
        found += [-2, 0, 0.3, 10**7, 10**12, "1", True, float("nan"), float("inf")]
    if "str" in annotation and "Sequence" not in annotation and "Mapping" not in annotation:
        found += [
            "",
            "a b!",
            "x" * 600,
            3,
            "a\nb",
            "AWS_BATCH_X",
            "aws:x",
            " a",
            *misspelled(annotation),
        ]
    return found


def wrong_fields(value: Any, depth: int = 2) -> Iterator[tuple[str, Any]]:
    """Make one mistake at a time in a value with fields; give the field's way, and the value."""
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        for wrong in wrong_values(str(field.type)):
            yield field.name, dataclasses.replace(value, **{field.name: wrong})
        if depth:
            for way, inner in _inside(field.name, samples(value, field.name, held), depth - 1):
                beside = BESIDE.get(field.name, {})
                yield way, dataclasses.replace(value, **{field.name: inner}, **beside)


def _inside(name: str, known: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(known, list):
        known, one = [known], True
    else:
        one = False
    for place, sample in enumerate(known):
        if dataclasses.is_dataclass(sample) and not isinstance(sample, type):
            for way, wrong in wrong_fields(sample, depth):
                at = f"{name}.{way}" if one else f"{name}[{place}].{way}"
                yield at, wrong if one else [*known[:place], wrong, *known[place + 1 :]]


def mistakes(kind: Any, right: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make one mistake at a time; give the way to it, and all arguments."""
    if kind is bc.MultiContainerJobDefinition:  # Fargate takes few of a container's fields
        right = {**right, "platform_capability": "EC2"}
    for name, parameter in list(inspect.signature(kind).parameters.items())[2:]:
        for value in wrong_values(str(parameter.annotation)):
            yield name, {**right, name: value}
        if READ_ALIKE.get(name, kind.__name__) == kind.__name__:
            for way, value in _inside(name, samples(None, name, right.get(name)), 2):
                yield way, {**right, name: value}


def _walk(way: str, arguments: Mapping[str, Any]) -> tuple[Any, str, Any]:
    """Follow a way to what has the field, the field and its value."""
    *above, last = re.findall(r"\w+", way)
    owner: Any = arguments
    for step in above:
        if step.isdigit():
            owner = owner[int(step)]
        else:
            owner = owner[step] if isinstance(owner, Mapping) else getattr(owner, step)
    return owner, last, owner[last] if isinstance(owner, Mapping) else getattr(owner, last)


def is_needed(kind: Any, way: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a parameter, or a field, has no default."""
    owner, name, _ = _walk(way, arguments)
    if isinstance(owner, Mapping):
        return inspect.signature(kind).parameters[name].default is inspect.Parameter.empty
    field = {one.name: one for one in dataclasses.fields(owner)}[name]
    return (field.default, field.default_factory) == (dataclasses.MISSING, dataclasses.MISSING)


def are_several(way: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a wrong value may be wrong in several ways: one of its entries, or by itself.

    The values of secrets are none here, an EC2 job has no ephemeral storage, and a parameter of a
    command is one that it refers to.
    """
    *_, name, value = _walk(way, arguments)
    alone = name not in ("secrets", "secret_options", "ephemeral_storage", "parameters")
    return not alone or (isinstance(value, list | dict) and len(value) > 1)


def names(said: str, way: str) -> bool:
    """Tell whether a message names what is wrong: the parameter, or of what the field is one."""
    way = way.replace("jobs[0].", "")
    way = way.replace("node_ranges[0].target_nodes", "node_ranges")
    whose, dot, _ = way.rpartition(".")
    return (whose if dot else way) in said


def wrongly_told(name: str, given: Given, *, each: int | None = None) -> tuple[list[str], int]:
    """Make mistakes, all or so many of each parameter and field; give what is told wrongly.

    Then two at once, in two parameters, of which both have to be told. The second is how many were
    refused.
    """
    kind = getattr(bc, name)
    right = given.arguments(name)
    alone: dict[str, Any] = {}
    made: dict[str, list[dict[str, Any]]] = {}
    for way, arguments in mistakes(kind, right):
        made.setdefault(way, []).append(arguments)
    wrong, refused = [], 0
    for way, several in made.items():
        drawn = random.Random(f"{SEED} {name} {way}")  # noqa: S311  # no secret
        few = several if each is None else drawn.sample(several, min(each, len(several)))
        for arguments in few:
            try:
                kind(given.stack, "X", **arguments)
            except (TypeError, ValueError) as error:
                refused += 1
                faults = [*_faults(kind, way, arguments, str(error))]
                if way in arguments and "\n" not in str(error):
                    alone[way] = arguments[way]
                wrong += [f"{way}: {error} {faults}"] if faults else []
            else:
                given.stack.node.try_remove_child("X")
    for pair in pairwise(alone):
        if pair == ("parameters", "command"):  # which names the parameters that there are
            continue
        try:
            kind(given.stack, "X", **{**right, **{way: alone[way] for way in pair}})
        except (TypeError, ValueError) as error:
            refused += 1
            untold = [way for way in pair if not _tells(str(error), way)]
            wrong += [f"{' and '.join(pair)}: {error} {untold} not told"] if untold else []
    return wrong, refused


def _tells(said: str, way: str) -> bool:
    """Tell whether a message has a line about a parameter, or a part of it."""
    return any(names(line, way) for line in said.split("\n  - "))


def _faults(kind: Any, way: str, arguments: Mapping[str, Any], said: str) -> Iterator[str]:
    yield from property_names(said)
    yield from second_spellings(said)
    lines = said.removeprefix("Stack/X:").split("\n  - ")
    if len(lines) > 1 and not are_several(way, arguments):
        yield "several lines"
    if not said.startswith("Stack/X:") or not all(names(one, way) for one in lines if one):
        yield "not named"
    if "leave it out" in said and is_needed(kind, way, arguments):
        yield "cannot be left out"


def main(constructs: Sequence[str]) -> int:
    """Make every mistake; write what is told wrongly, and say how many there were."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
    given, refused, told = Given(stack), 0, 0
    for name in constructs or MADE_BY_US:
        wrong, more = wrongly_told(name, given)
        refused, told = refused + more, told + len(wrong)
        sys.stdout.write("".join(f"{name}: {one}\n" for one in wrong))
    sys.stdout.write(f"{refused} mistakes are refused, {told} of them told wrongly\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
