"""The compute environments of a job queue, in the order in which they are tried.

https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentOrder.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from aws_cdk import aws_batch as batch

from batch_constructs.arguments import checked
from batch_constructs.aws.compute_environment_facts import ON_FARGATE
from batch_constructs.compute.compute_environment import (
    compute_environment_arn,
    is_compute_environment,
)
from batch_constructs.place import elsewhere
from batch_constructs.rules import UNKNOWN
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.resource_graph import JobQueue, Template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from batch_constructs.arguments import Arguments
    from batch_constructs.compute.compute_environment import AnyComputeEnvironment
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment

T = TypeVar("T")

USED_HERE = "a queue can only use environments in its own Region and account: name one of these"


def read_compute_environments(
    arguments: Arguments, environments: Any
) -> list[AnyComputeEnvironment] | None:
    """Return the environments, or None where some are something else."""
    environments = _in_their_order(environments)
    of = " of batch_constructs or aws_cdk.aws_batch"
    arguments.resources(
        "compute_environments",
        environments,
        is_compute_environment,
        f"a compute environment{of}",
        f"compute environments{of}",
        some=True,
    )
    if arguments.is_wrong("compute_environments"):
        return None
    for place, one in enumerate(environments):
        arn = compute_environment_arn(one)
        problem = elsewhere(arguments.construct, arn, USED_HERE, resource=one)
        if problem is not None:
            arguments.wrong_value(f"compute_environments[{place}]: {problem}")
    return list(environments)


def _in_their_order(environments: Any) -> Any:
    """Return the environments that the CDK's ``OrderedComputeEnvironment``s number."""
    ordered = batch.OrderedComputeEnvironment
    listed = isinstance(environments, list | tuple)
    if not listed or not all(isinstance(one, ordered) for one in environments):
        return environments
    numbered = sorted(environments, key=lambda one: float(one.order))
    return [one.compute_environment for one in numbered]


def in_order(environments: Iterable[T]) -> Iterator[tuple[int, T]]:
    """Number environments as AWS Batch tries them."""
    return enumerate(environments, start=1)


def on_fargate(beside: Iterable[Mapping[str, Any]]) -> bool | None:
    """Whether jobs run on Fargate, which holds of all or of none; None where nobody knows.

    Args:
        beside: The environments of a queue, as the rules see them.
    """
    for environment in beside:
        resources = environment.get("Properties", {}).get("ComputeResources")
        kind = resources.get("Type") if isinstance(resources, dict) else None
        if isinstance(kind, str):
            return kind in ON_FARGATE
    return None


def as_the_rules_see(
    environments: Sequence[AnyComputeEnvironment] | None,
) -> tuple[Any, dict[str, dict[str, object]]]:
    """Return the order with references, and what is known of the environments referred to."""
    if environments is None:
        return UNKNOWN, {}
    order: list[dict[str, Any]] = []
    beside: dict[str, dict[str, object]] = {}
    places: dict[str, str] = {}
    for place, environment in in_order(environments):
        arn = compute_environment_arn(environment)
        reference = places.setdefault(arn, f"compute_environments[{place - 1}]")
        order.append({"Order": place, "ComputeEnvironment": {"Ref": reference}})
        seen = checked(environment)
        if seen is not None:
            beside[reference] = seen.resource
    return order, beside


def known_in(queue: Any) -> list[ComputeEnvironment]:
    """Return the environments of a queue of ours, as the rules see them; none if one is unknown."""
    seen = checked(queue)
    if seen is None:
        return []
    resources: dict[str, Mapping[str, object]] = {**seen.beside, "": seen.resource}
    view = Template(resources, Resolver(resources)).get("")
    return view.environments if isinstance(view, JobQueue) and view.is_known_in_full else []
