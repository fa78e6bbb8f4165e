"""A call that Python itself refuses is told as any other mistake, wherever it is made."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from tests.constructors import Given
from tests.test_public_api import MADE_BY_US

PUBLIC: dict[str, Any] = {name: getattr(bc, name) for name in bc.__all__}
VALUES = [
    name
    for name, value in PUBLIC.items()
    if inspect.isclass(value) and dataclasses.is_dataclass(value)
]
FUNCTIONS = [name for name, value in PUBLIC.items() if inspect.isfunction(value)]


@pytest.fixture(scope="module")
def given() -> Given:
    return Given(cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack"))


def told(called: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(TypeError) as refused:
        called(*arguments, **named)
    return str(refused.value)


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_constructor_says_which_construct_it_is_and_what_it_does_not_know(
    name: str, given: Given
) -> None:
    said = told(getattr(bc, name), given.stack, "X", **given.arguments(name), no_such=1)

    assert said.startswith(f"Stack/X: no_such is not a parameter of {name}")
    assert "\n" not in said


@pytest.mark.parametrize("name", MADE_BY_US)
def test_so_does_each_of_its_methods(name: str, given: Given) -> None:
    made = getattr(bc, name)(given.stack, f"Of{name}", **given.arguments(name))

    for method, own in inspect.getmembers(type(made), inspect.isfunction):
        if not method.startswith("_") and own.__module__.startswith("batch_constructs"):
            if any(
                one.kind is one.VAR_KEYWORD for one in inspect.signature(own).parameters.values()
            ):
                continue
            said = told(getattr(made, method), no_such=1)
            assert f"no_such is not a parameter of {method}" in said
            assert said.startswith(made.node.path)
    given.stack.node.try_remove_child(f"Of{name}")  # a stack has no second gauges of a queue


@pytest.mark.parametrize("name", [*VALUES, *FUNCTIONS])
def test_so_does_what_has_no_place_in_the_tree(name: str) -> None:
    said = told(getattr(bc, name), no_such=1)

    assert said.startswith(f"{name}:")
    assert f"no_such is not a parameter of {name}" in said


def test_what_is_taken_in_says_its_id(stack: cdk.Stack) -> None:
    assert told(bc.JobQueue.from_job_queue_arn, stack, "Theirs", arn="x").splitlines() == [
        f"{stack.node.path}/Theirs:",
        "  - arn is not a parameter of from_job_queue_arn; allowed: job_queue_arn",
        "  - job_queue_arn is left out: give it, since from_job_queue_arn needs it",
    ]


def test_a_name_that_is_nearly_right_is_the_one_that_was_meant(stack: cdk.Stack) -> None:
    """Then it is not left out as well, and its value is read."""
    with pytest.raises(ValueError, match="Stack/X:") as refused:
        bc.JobQueue(stack, "X", compute_environment=[])  # type: ignore[call-arg]

    assert str(refused.value).splitlines()[1:] == [
        (
            "  - compute_environment is not a parameter of JobQueue: "
            "did you mean compute_environments?"
        ),
        (
            "  - compute_environments is empty; allowed: at least one: give compute environments "
            "of batch_constructs or aws_cdk.aws_batch"
        ),
    ]


def test_what_is_left_out_hides_nothing_that_is_wrong_beside_it(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="Stack/X:") as refused:
        bc.FargateJobDefinition(  # type: ignore[call-arg]
            stack,
            "X",
            memory=cdk.Size.gibibytes(2),
            vcpu=0.3,
            timeout=cdk.Duration.seconds(3),
            environment={"PASS": 7},  # type: ignore[dict-item]
        )

    assert str(refused.value).splitlines()[1:] == [
        "  - vcpu is not a parameter of FargateJobDefinition: did you mean vcpus?",
        "  - image is left out: give it, since FargateJobDefinition needs it",
        '  - environment["PASS"] is int; expected a string',
        "  - timeout is 3 seconds; allowed: 60 seconds or more",
        "  - vcpus is 0.3; allowed: 0.25, 0.5, 1, 2, 4, 8, 16 or 32 on Fargate",
    ]
    assert stack.node.children == []


def test_what_is_given_by_place_is_told(stack: cdk.Stack) -> None:
    said = told(bc.ConsumableResource, stack, "X", 5, total_quantity=5)
    assert said.endswith(
        ": ConsumableResource is given 3 arguments by position; allowed: scope and id: "
        "name the rest"
    )
    assert told(bc.secret_field, 1, "key", secret=2).endswith(
        "secret is given by position and by name: leave one of them out"
    )


def test_what_is_given_by_place_hides_nothing_either(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match="Stack/X:") as refused:
        bc.ConsumableResource(stack, "X", 5, total_quantity=-1)  # type: ignore[misc]

    assert [line.partition(" is ")[0] for line in str(refused.value).splitlines()[1:]] == [
        "  - ConsumableResource",
        "  - total_quantity",
    ]


def test_a_scope_that_is_none_and_a_wrong_id_are_told_with_the_rest(stack: cdk.Stack) -> None:
    assert told(bc.ConsumableResource, None, 5, total=5).splitlines() == [
        "ConsumableResource:",
        (
            "  - total is not a parameter of ConsumableResource; allowed: total_quantity, "
            "replenishable, consumable_resource_name, exact_name or tags"
        ),
        "  - total_quantity is left out: give it, since ConsumableResource needs it",
        "  - scope is None; expected a construct, usually the stack (`self`)",
        "  - id is int 5; expected a non-empty string, unique in its scope",
    ]


def test_a_name_that_a_method_does_not_know_hides_no_value(stack: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "nightly")

    said = told(queue.grant_submit, definition=5, granted=5, job_definition="x")

    assert [line.partition("; expected")[0] for line in said.splitlines()[1:]] == [
        "  - definition is not a parameter of grant_submit; allowed: grantee or job_definition",
        "  - granted is not a parameter of grant_submit: did you mean grantee?",
        "  - grantee is int 5",
        '  - job_definition is str "x"',
    ]


def test_each_parameter_is_meant_by_the_one_name_that_is_most_like_it(stack: cdk.Stack) -> None:
    said = told(bc.ConsumableResource, stack, "X", totals_quantity=5, total_quantitys=5, quantity=5)

    assert said.count("did you mean") == 1


def test_a_mistake_within_is_not_taken_for_one_of_the_call(stack: cdk.Stack) -> None:
    class Team(bc.ConsumableResource):
        def __init__(self) -> None:
            super().__init__(stack, "X", total_quantity=1)
            len(5)  # type: ignore[arg-type]  # the mistake

    assert told(Team) == "object of type 'int' has no len()"


def test_a_subclass_is_told_what_the_construct_does_not_know(stack: cdk.Stack) -> None:
    class Team(bc.ConsumableResource):
        def __init__(self) -> None:
            super().__init__(stack, "X", quantity=1)  # type: ignore[call-arg]  # the mistake

    assert "/X: quantity is not a parameter of ConsumableResource" in told(Team)


WRONG: dict[str, object] = {
    "scope": 5,
    "id": "",
    "grantee": "someone",
    "description": 5,
    "period": 300,
    "queue": "nightly",
    "job_definition": 5,
    "environment": "fargate",
    "compute_environment": 5,
    "share": "team",
    "metric_name": 5,
    "bucket": "input",
    "topic": 5,
    "auto_scaling_group": 5,
    "states": 5,
    "target": 5,
}


@pytest.mark.parametrize("name", MADE_BY_US)
def test_an_argument_of_the_wrong_class_is_told_with_the_construct_it_was_given_to(
    name: str, given: Given
) -> None:
    """Whoever looks at it: ours, Python's or the CDK's code."""
    made = getattr(bc, name)(given.stack, f"Given{name}", **given.arguments(name))
    right = {**vars(given), "scope": given.stack, "grantee": given.role, "job_definition": None}
    right |= {"job_definition": given.definition, "compute_environment": given.environment}

    for method, own in inspect.getmembers(made, callable):
        module = getattr(own, "__module__", None) or ""
        if method.startswith("_") or not module.startswith("batch_constructs"):
            continue
        parameters = inspect.signature(own).parameters
        for parameter in parameters.keys() & WRONG.keys():
            arguments = {
                one.name: right.get(one.name, "x")
                for one in parameters.values()
                if (one.default is one.empty and one.kind is one.KEYWORD_ONLY)
                or (one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD)
            }
            with pytest.raises((TypeError, ValueError)) as refused:
                own(**{**arguments, parameter: WRONG[parameter]})
            said = str(refused.value)
            lines = said.replace("\n  - ", ": ")
            assert f": {parameter} is " in lines, (method, said)
            assert parameter == "scope" or said.startswith("Stack"), (method, said)


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("Ec2ComputeEnvironment", "instance_classes", "did you mean instance_types?"),
        ("Ec2ComputeEnvironment", "use_optimal_instance_classes", "did you mean instance_types?"),
        ("Ec2ComputeEnvironment", "maxv_cpus", "did you mean max_vcpus?"),
        ("Ec2ComputeEnvironment", "terminate_on_update", "did you mean update_policy?"),
        ("Ec2ComputeEnvironment", "spot", "make a SpotComputeEnvironment"),
        ("SpotComputeEnvironment", "spot_bid_percentage", "did you mean bid_percentage?"),
        ("JobQueue", "job_state_time_limit_actions", "did you mean time_limits?"),
        ("Ec2JobDefinition", "cpu", "did you mean vcpus?"),
        ("Ec2JobDefinition", "gpu", "did you mean gpus?"),
        ("Ec2JobDefinition", "retry_attempts", "did you mean retry_policy?"),
        (
            "Ec2JobDefinition",
            "linux_parameters",
            "did you mean init_process, shared_memory, swap, devices or tmpfs?",
        ),
        ("Ec2JobDefinition", "logging", "did you mean log_group or log_configuration?"),
        ("FargateJobDefinition", "container", "did you mean image, vcpus, memory or command?"),
    ],
)
def test_a_name_of_the_l2s_is_told_by_its_name_here(kind: str, name: str, says: str) -> None:
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")

    said = told(getattr(bc, kind), stack, "X", **{name: object()})

    (line,) = (one for one in said.splitlines() if f"{name} is not a parameter" in one)
    assert says in line
