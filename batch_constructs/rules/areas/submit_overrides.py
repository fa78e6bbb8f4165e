"""Rules about what a submission overrides."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions.sizes import FARGATE_SIZES
from batch_constructs.rules.areas.submitters import SUBMITTERS
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.submitted_jobs import (
    Submission,
    submissions_from,
)
from batch_constructs.rules.template.values import (
    Properties,
    entries,
    listing,
    mapping,
    number,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resources import (
        Resource,
    )

AREA: Final = "submit_overrides"
_rule = partial(rule, area=AREA)
_MOST_ATTEMPTS: Final = 10
_SHORTEST: Final = 60
_MOST_DEPENDENCIES: Final = 20


@_rule(
    "submission-attempts",
    SUBMITTERS,
    title="number of attempts out of range",
    fix="set the attempts to a value from 1 to 10",
    source='SubmitJobRequest.retryStrategy, RetryStrategy.attempts: "You can specify between 1 and'
    ' 10 attempts."',
)
def submission_attempts(source: Resource) -> Iterator[Fault]:
    """The first run counts."""
    for one in submissions_from(source):
        got = number(mapping(one.request, "RetryStrategy"), "Attempts")
        if got is not None and not 1 <= got <= _MOST_ATTEMPTS:  # in the message
            yield (
                one.path,
                f"the number of attempts is {show(got)}; allowed are 1 to {_MOST_ATTEMPTS}",
            )


@_rule(
    "submission-timeout",
    SUBMITTERS,
    title="timeout below a minute",
    fix="set the timeout to at least 60 seconds",
    source='SubmitJobRequest.timeout: "The minimum value for the timeout is 60 seconds."',
)
def submission_timeout(source: Resource) -> Iterator[Fault]:
    """In seconds."""
    for one in submissions_from(source):
        got = number(mapping(one.request, "Timeout"), "AttemptDurationSeconds")
        if got is not None and got < _SHORTEST:  # in the message
            yield one.path, f"the timeout is {show(got)} seconds; allowed are {_SHORTEST} and more"


def _overrides(one: Submission) -> Iterator[Properties]:
    yield mapping(one.request, "ContainerOverrides")
    for _, task in entries(mapping(one.request, "EcsPropertiesOverride"), "TaskProperties"):
        for _, container in entries(task, "Containers"):
            yield container
    nodes = mapping(one.request, "NodeOverrides")
    for _, node in entries(nodes, "NodePropertyOverrides"):
        yield mapping(node, "ContainerOverrides")


@_rule(
    "reserved-override",
    SUBMITTERS,
    title="reserved environment variable in a submission",
    fix="choose a name that does not begin with AWS_BATCH",
    source='SubmitJobRequest.containerOverrides; ContainerProperties.environment: "Environment'
    " variables cannot"
    ' start with "AWS_BATCH"."',
)
def reserved_override(source: Resource) -> Iterator[Fault]:
    """Batch sets variables of that prefix itself."""
    for one in submissions_from(source):
        for overrides in _overrides(one):
            for _, variable in entries(overrides, "Environment"):
                name = text(variable, "Name")
                if name is not None and name.startswith("AWS_BATCH"):
                    yield one.path, f"the environment variable {show(name)} is reserved"


@_rule(
    "override-size",
    SUBMITTERS,
    title="override that the job's platform does not take",
    fix="use ResourceRequirements, with a pair that Fargate offers",
    source="SubmitJobRequest.containerOverrides; ContainerProperties.vcpus: \"It's not supported"
    " for jobs running"
    ' on Fargate resources."',
)
def override_size(source: Resource) -> Iterator[Fault]:
    """What a definition may not say on Fargate, a submission may not either."""
    for one in submissions_from(source):
        job = one.definition
        if job is None or job.platform != "FARGATE":
            continue
        if "NodeOverrides" in one.request:
            yield one.path, "NodeOverrides is given, which Fargate does not take"
        for overrides in _overrides(one):
            for key in ("Vcpus", "Memory"):
                if key in overrides:
                    yield one.path, f"{key} is overridden, which Fargate does not take"
            wanted = {
                text(entry, "Type"): number(entry, "Value")
                for _, entry in entries(overrides, "ResourceRequirements")
            }
            vcpus, memory = wanted.get("VCPU"), wanted.get("MEMORY")
            sizes = None if vcpus is None else FARGATE_SIZES.get(vcpus, ())
            if sizes is not None and memory is not None and memory not in sizes:
                yield one.path, f"Fargate does not offer {show(vcpus)} vCPU with {show(memory)} MiB"


_OVERRIDES: Final = {
    "ContainerOverrides": ("EC2", "FARGATE"),
    "EcsPropertiesOverride": ("EC2", "FARGATE", "MANAGED_INSTANCES"),
    "EksPropertiesOverride": ("EKS",),
}


@_rule(
    "override-kind",
    SUBMITTERS,
    title="override of another kind of job",
    fix="use the override that goes with the job definition",
    source='SubmitJobRequest.eksPropertiesOverride: "can only be specified for jobs that are run'
    " on Amazon EKS"
    ' resources"; SubmitJobRequest.ecsPropertiesOverride: "can only be specified for jobs that are'
    " run on Amazon ECS"
    ' resources"',
)
def override_kind(source: Resource) -> Iterator[Fault]:
    """Batch refuses the submission."""
    for one in submissions_from(source):
        job = one.definition
        for key, platforms in _OVERRIDES.items():
            if job is None or job.platform is None or key not in one.request:
                continue
            if job.platform not in platforms:
                yield one.path, f"{key} is given for a job of the platform {job.platform}"


@_rule(
    "dependency-count",
    SUBMITTERS,
    title="more than twenty dependencies",
    fix="split the job, or depend on fewer",
    source='SubmitJobRequest.dependsOn: "A job can depend upon a maximum of 20 jobs."',
)
def dependency_count(source: Resource) -> Iterator[Fault]:
    """Twenty are the limit."""
    for one in submissions_from(source):
        got = listing(one.request, "DependsOn")
        if got is not None and len(got) > _MOST_DEPENDENCIES:  # the number stands in the message
            yield one.path, f"the job depends on {len(got)} jobs; allowed are {_MOST_DEPENDENCIES}"
