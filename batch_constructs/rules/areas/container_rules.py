"""Rules about a container: environment, secrets, command, logs."""

from __future__ import annotations

from batch_constructs.aws import container_facts as aws
from batch_constructs.aws.bound import allowed, meant, one_of, shown
from batch_constructs.aws.source import api, docs, guide, probed, seen
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.template.listed_parts import listed
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.values import (
    Properties,
    absent,
    entries,
    given,
    listing,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition


register("containers", area="container")

_NOUNS: Final = {
    "Environment": "environment variable",
    "Env": "environment variable",
    "Secrets": "secret",
}


@once
def variables_of(job: JobDefinition) -> list[list[tuple[str, str, Properties]]]:
    """Give the variables and secrets of each container: their path, their list, and the entry."""
    several: list[tuple[str, Properties, tuple[str, ...]]] = [
        (container.path, container.properties, ("Environment", "Secrets"))
        for container in job.containers
    ]
    several += [
        (path, properties, ("Env",)) for pod in job.pods for path, properties in pod.containers
    ]
    return [
        [(place, key, entry) for key in keys for place, entry in listed(path, properties, key)]
        for path, properties, keys in several
        if any(key in properties for key in keys)
    ]


@job_rule(
    "nameless-environment-variable",
    title="environment variable or secret without a name",
    fix="give it a Name",
    source=api(
        "KeyValuePair.name",
        '"For environment variables, this is the name of the environment variable."; Secret.name.',
    ),
)
def nameless_environment_variable(job: JobDefinition) -> Iterator[Fault]:
    """A value needs a name to become a variable."""
    for variables in variables_of(job):
        for path, kind, entry in variables:
            # property-missing tells it of the other kinds
            left_out = entry.get("Name") is None and kind != "Environment"
            if absent(entry, "Name") and not left_out:
                yield f"{path}/Name", f"the {_NOUNS[kind]} has no name"


@job_rule(
    "duplicate-environment-variable",
    title="environment variable given twice",
    fix="keep one of the two",
    source=seen(
        "https://github.com/dagster-io/dagster/issues/11622",
        "Amazon ECS answers that the secret name must be unique and not shared with any new or"
        " existing environment variables set on the container; ContainerProperties.environment,"
        " ContainerProperties.secrets, TaskContainerProperties.secrets, Secret.name.",
    ),
)
def duplicate_environment_variable(job: JobDefinition) -> Iterator[Fault]:
    """It is undefined which value wins.

    A secret and a variable with the same name conflict, too.
    """
    for variables in variables_of(job):
        kinds: dict[str, str] = {}
        for path, kind, entry in variables:
            name = text(entry, "Name") or ""
            first = kinds.get(name)
            if first == kind:
                yield f"{path}/Name", f"the {_NOUNS[kind]} {shown(name)} is given twice"
            elif first is not None:
                yield f"{path}/Name", f"{shown(name)} is both an environment variable and a secret"
            elif name:
                kinds[name] = kind


@job_rule(
    "awslogs-option",
    needs="LogConfiguration",
    title="option that the awslogs driver does not support",
    fix="remove the option, or spell it as AWS does",
    source=docs(
        "AmazonECS/latest/APIReference/API_LogConfiguration.html",
        "The options you can specify when you use the awslogs log driver; to any other AWS Batch"
        " answers: Log driver awslogs disallows options"
        " (badmintoncryer/cdk-preflight, pf-batch-jd-log-awslogs-unknown-option).",
    ),
)
def awslogs_option(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses a definition with an option that the log driver does not support."""
    for path, log, options in _log_options(job):
        if text(log, "LogDriver") != aws.AWSLOGS:
            continue
        for key in options:
            if key not in aws.AWSLOGS_OPTIONS:
                known = f"{allowed(one_of(aws.AWSLOGS_OPTIONS))}{meant(key, aws.AWSLOGS_OPTIONS)}"
                said = f"AWS documents no option {shown(key)} of awslogs; {known}"
                yield f"{path}/{key}", said


def _log_options(job: JobDefinition) -> Iterator[tuple[str, Properties, Properties]]:
    """Give the options of each log driver, where they stand, and what is beside them."""
    for container in job.containers:
        log = mapping(container.properties, "LogConfiguration")
        options = log.get("Options", {})
        if isinstance(options, dict):
            yield f"{container.path}/LogConfiguration/Options", log, options


@job_rule(
    "log-options",
    needs="LogConfiguration",
    title="log options that contradict each other",
    fix="keep one of the two",
    source=guide(
        "using_awslogs",
        "Of the options awslogs-datetime-format and awslogs-multiline-pattern only one can be"
        " configured; LogConfiguration.options.",
    ),
    severity=Severity.WARNING,
)
def log_options(job: JobDefinition) -> Iterator[Fault]:
    """The two ways of splitting lines exclude each other.

    splunk needs to know where to send the logs.
    """
    for path, log, options in _log_options(job):
        driver, both = text(log, "LogDriver"), aws.MULTILINE_OPTIONS
        if driver == aws.AWSLOGS and all(given(options, key) for key in both):
            yield path, f"{' and '.join(both)} are both set; only one is allowed"
        hidden = {text(entry, "Name") for _, entry in entries(log, "SecretOptions")}
        unknown = None in hidden or (
            "SecretOptions" in log and listing(log, "SecretOptions") is None
        )
        if driver != aws.SPLUNK or unknown:
            continue
        for key in aws.SPLUNK_OPTIONS:
            if key not in options and key not in hidden:
                yield (
                    path,
                    f"the option {key} is missing; the splunk driver needs it",
                    f"give {key}",
                )


@job_rule(
    "swap-without-swappiness",
    needs="MaxSwap",
    title="swap space without swappiness",
    fix=f"set Swappiness, to {aws.DEFAULT_SWAPPINESS} if you have no reason for another value",
    source=probed(
        "batch/pf-batch-jd-max-swap-requires-swappiness",
        "AWS Batch answers: When container specified swap memory, swappiness value is required.",
    ),
)
def swap_without_swappiness(job: JobDefinition) -> Iterator[Fault]:
    """Batch refuses the definition, though its API reference has a default of 60."""
    for container in job.containers:
        linux = mapping(container.properties, "LinuxParameters")
        if (
            given(linux, "MaxSwap")
            and number(linux, "MaxSwap") != 0
            and absent(linux, "Swappiness")
            and not container.task.on_fargate
        ):
            path = f"{container.path}/LinuxParameters/Swappiness"
            yield path, "Swappiness is missing; MaxSwap needs it"
