"""Rules about a container: image, command, environment, secrets, logs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from batch_constructs.rules.areas.job_definitions import (
    every_container,
    in_containers,
    job_limit,
    job_rule,
)
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.submitted_jobs import parameters_passed
from batch_constructs.rules.template.values import (
    Properties,
    absent,
    entries,
    given,
    listing,
    mapping,
    show,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resources import JobDefinition

AREA: Final = "job_definitions.containers"
_rule = partial(job_rule, area=AREA)
_limit = partial(job_limit, area=AREA)


@_rule(
    "container-image",
    title="container without an image",
    fix="give Image",
    source="ContainerProperties.image, TaskContainerProperties.image, EksContainer.image: required",
)
def container_image(job: JobDefinition) -> Iterator[Fault]:
    """Every container is started from an image."""
    for container in job.containers:
        if absent(container.properties, "Image"):
            yield f"{container.path}/Image", "Image is missing; a container needs it"
    for pod in job.pods:
        for path, properties in pod.containers:
            if absent(properties, "Image"):
                yield f"{path}/Image", "Image is missing; a container needs it"


_limit(
    id="container-image-name",
    where=every_container,
    key="Image",
    noun="the image name",
    title="image name of a wrong shape",
    source='ContainerProperties.image: "It can be 255 characters long. It can contain uppercase and'
    " lowercase letters, numbers, hyphens (-), underscores (_), colons (:), periods (.), forward"
    ' slashes (/), and number signs (#)"; a digest adds an at sign',
    why="A space or a URL scheme makes it no image name.",
).matching(
    r"(?!https?://)[A-Za-z0-9_:./#@+-]*",
    "at most 255 letters, digits, and the signs - _ : . / # and @",
    255,
)

_RESERVED: Final = "AWS_BATCH"


def _variables(job: JobDefinition) -> Iterator[tuple[str, list[tuple[str, str, Properties]]]]:
    """Go through the environment variables of each container: (path, list, entry)."""
    for container in job.containers:
        found = [
            (f"{container.path}/{key}/{position}", key, entry)
            for key in ("Environment", "Secrets")
            for position, entry in entries(container.properties, key)
        ]
        yield container.path, found
    for pod in job.pods:
        for path, properties in pod.containers:
            env = [
                (f"{path}/Env/{position}", "Env", entry)
                for position, entry in entries(properties, "Env")
            ]
            yield path, env


@_rule(
    "reserved-environment-variable",
    title="reserved environment variable",
    fix="choose a name that does not begin with AWS_BATCH",
    source="ContainerProperties.environment, TaskContainerProperties.environment, EksContainer.env:"
    ' "Environment variables cannot start with "AWS_BATCH". This naming convention is reserved for'
    ' variables that Batch sets."; KeyValuePair.name, EksContainerEnvironmentVariable.name',
)
def reserved_environment_variable(job: JobDefinition) -> Iterator[Fault]:
    """Batch sets variables of that prefix itself."""
    for _, variables in _variables(job):
        for path, _, entry in variables:
            name = text(entry, "Name")
            if name is not None and name.startswith(_RESERVED):
                yield (
                    f"{path}/Name",
                    (
                        f"the environment variable {show(name)} begins with AWS_BATCH, which is"
                        " reserved"
                    ),
                )


@_rule(
    "nameless-environment-variable",
    title="environment variable or secret without a name",
    fix="give Name",
    source="KeyValuePair.name: for environment variables, this is the name of the environment"
    " variable;"
    " Secret.name",
)
def nameless_environment_variable(job: JobDefinition) -> Iterator[Fault]:
    """A value alone is no variable."""
    for _, variables in _variables(job):
        for path, _, entry in variables:
            if absent(entry, "Name"):
                yield f"{path}/Name", "Name is missing; a variable or secret needs it"


@_rule(
    "duplicate-environment-variable",
    title="environment variable given twice",
    fix="keep one of the two",
    source="ContainerProperties.environment, ContainerProperties.secrets,"
    " TaskContainerProperties.secrets: names are unique; Amazon ECS answers *Duplicate secret names"
    " found … Each secret name must be unique*; Secret.name",
)
def duplicate_environment_variable(job: JobDefinition) -> Iterator[Fault]:
    """Which value would win is not defined; a secret and a variable of one name collide too."""
    for _, variables in _variables(job):
        seen: dict[str, str] = {}
        for path, kind, entry in variables:
            name = text(entry, "Name")
            if not name:
                continue
            if name in seen:
                both = {seen[name], kind}
                what = (
                    f"{show(name)} is an environment variable and a secret"
                    if len(both) > 1
                    else f"{'the secret' if kind == 'Secrets' else 'the variable'} {show(name)} is"
                    " given twice"
                )
                yield f"{path}/Name", what
            seen.setdefault(name, kind)


_SENSITIVE: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|SECRET_?KEY|API_?KEY|SECRET_ACCESS_KEY|PRIVATE_KEY|AUTH_TOKEN)$",
    re.IGNORECASE,
)
_POINTER: Final = re.compile(r"arn:|https?://|/|\$|Ref::|true$|false$", re.IGNORECASE)


@_rule(
    "plaintext-secret",
    severity=Severity.WARNING,
    title="sensitive value in plain text",
    fix="keep it in Secrets Manager or Parameter Store, and name it under Secrets",
    source="KeyValuePair.value; ContainerProperties.environment: \"We don't recommend using"
    " plaintext"
    ' environment variables for sensitive information, such as credential data."',
)
def plaintext_secret(job: JobDefinition) -> Iterator[Fault]:
    """Whoever may describe the job definition, the job or the stack can read it."""
    for _, variables in _variables(job):
        for path, kind, entry in variables:
            name, value = text(entry, "Name"), text(entry, "Value")
            if kind == "Secrets" or not name or not value:
                continue
            if _SENSITIVE.search(name) and not _POINTER.match(value):
                yield f"{path}/Value", f"the value of {show(name)} stands in the template"


_SECRET_SOURCE: Final = re.compile(r"arn:[^:]*:(?:secretsmanager|ssm):.*", re.DOTALL)


def _secrets(job: JobDefinition) -> Iterator[tuple[str, Properties]]:
    for container in job.containers:
        for position, entry in entries(container.properties, "Secrets"):
            yield f"{container.path}/Secrets/{position}", entry
        log = mapping(container.properties, "LogConfiguration")
        for position, entry in entries(log, "SecretOptions"):
            yield f"{container.path}/LogConfiguration/SecretOptions/{position}", entry


@_rule(
    "secret-source",
    title="secret that is neither a secret's ARN nor a parameter",
    fix="give the full ARN of the Secrets Manager secret, or a parameter of Parameter Store",
    source='Secret.valueFrom: "either the full Amazon Resource Name (ARN) of the Secrets Manager'
    " secret"
    ' or the full ARN of the parameter in the Amazon Web Services Systems Manager Parameter Store"',
)
def secret_source(job: JobDefinition) -> Iterator[Fault]:
    """Only parameters may be given by name; a secret's name is taken for a parameter's."""
    for path, entry in _secrets(job):
        source = entry.get("ValueFrom")
        if "ValueFrom" not in entry or source == "":
            yield f"{path}/ValueFrom", "ValueFrom is missing; a secret needs it"
            continue
        literal = source if isinstance(source, str) else getattr(source, "pattern", None)
        if isinstance(literal, str) and literal.startswith("arn:"):
            if not _SECRET_SOURCE.match(literal) and "\0" not in literal[:24]:
                yield (
                    f"{path}/ValueFrom",
                    (
                        f'the secret comes from "{show(literal)}"; allowed are the ARN of a secret'
                        " or"
                        " of"
                        " a parameter"
                    ),
                )
            continue
        target = job.neighbour(source)
        if (
            target is not None
            and target.type
            not in (
                "AWS::SecretsManager::Secret",
                "AWS::SSM::Parameter",
                "AWS::SecretsManager::SecretTargetAttachment",
                "AWS::RDS::DBInstance",
                "AWS::RDS::DBCluster",
                "AWS::Redshift::Cluster",
            )
            and target.type.startswith("AWS::")
        ):
            yield f"{path}/ValueFrom", f"the secret comes from {target.id}, an {target.type}"


@_rule(
    "secret-by-name",
    severity=Severity.WARNING,
    title="secret of the template given by its name",
    fix="give the ARN: Ref of the secret",
    source='Secret.valueFrom: "either the full Amazon Resource Name (ARN) of the Secrets Manager'
    " secret"
    ' or the full ARN of the parameter"',
)
def secret_by_name(job: JobDefinition) -> Iterator[Fault]:
    """A bare name is looked up in Parameter Store, where a Secrets Manager secret is not."""
    names: dict[str, str] | None = None
    for path, entry in _secrets(job):
        source = entry.get("ValueFrom")
        if not isinstance(source, str) or source.startswith("arn:"):
            continue
        if names is None:
            secrets = job.template.all("AWS::SecretsManager::Secret")
            parameters = job.template.all("AWS::SSM::Parameter")
            names = {text(one.properties, "Name") or "": one.id for one in secrets}
            for one in parameters:
                names.pop(text(one.properties, "Name") or "", None)
        if source in names:
            yield (
                f"{path}/ValueFrom",
                f'the secret {names[source]} is given by its name "{show(source)}"',
            )


_SECRET_REGION: Final = re.compile(r"arn:[^:]*:secretsmanager:([a-z0-9-]+):.*", re.DOTALL)


@_rule(
    "secret-region",
    severity=Severity.WARNING,
    title="secret of another Region",
    fix="replicate the secret to the Region of the job, and give the ARN of the replica",
    source="Secret.valueFrom: a different Region is described for parameters of Parameter Store"
    ' only: "If the'
    ' parameter exists in a different Region, then the full ARN must be specified."',
)
def secret_region(job: JobDefinition) -> Iterator[Fault]:
    """A Secrets Manager secret is read in the Region of the job."""
    regions: dict[str, str] = {}
    for container in job.containers:
        log = mapping(mapping(container.properties, "LogConfiguration"), "Options")
        region = text(log, "awslogs-region")
        if region:
            regions.setdefault(region, "the logs")
    for path, entry in _secrets(job):
        source = entry.get("ValueFrom")
        literal = source if isinstance(source, str) else getattr(source, "pattern", "")
        match = _SECRET_REGION.fullmatch(literal)
        if not match:
            continue
        other = next(iter(regions), match[1])
        if match[1] != other:
            yield f"{path}/ValueFrom", f"the secret is in {match[1]}, {regions[other]} in {other}"
        regions.setdefault(match[1], "another secret")


@_rule(
    "secrets-execution-role",
    title="secrets without an execution role",
    fix="give ExecutionRoleArn a role that may read them",
    source="ContainerProperties.executionRoleArn, RepositoryCredentials.credentialsParameter,"
    " ContainerProperties.repositoryCredentials, TaskContainerProperties.repositoryCredentials,"
    ' LogConfiguration.secretOptions: "When you are specifying container secrets, you must also'
    ' specify a value for executionRoleArn"',
)
def secrets_execution_role(job: JobDefinition) -> Iterator[Fault]:
    """Secrets, log options and registry credentials are read with the execution role."""
    for task in job.tasks:
        if task.platform == "FARGATE" or not absent(task.properties, "ExecutionRoleArn"):
            continue
        for container in task.containers:
            log = mapping(container.properties, "LogConfiguration")
            for what, present in (
                ("Secrets", listing(container.properties, "Secrets")),
                ("LogConfiguration/SecretOptions", listing(log, "SecretOptions")),
                ("RepositoryCredentials", mapping(container.properties, "RepositoryCredentials")),
            ):
                if present:
                    yield (
                        f"{container.path}/{what}",
                        f"{what.split('/')[-1]} is given, but no ExecutionRoleArn to read it with",
                    )


_REFERENCE: Final = re.compile(r"Ref::([A-Za-z0-9_.-]+)")


@_rule(
    "parameter-without-default",
    severity=Severity.WARNING,
    title="parameter without a value",
    fix="give the parameter a default under Parameters, or pass it with every submission",
    source='RegisterJobDefinitionRequest.parameters: "Default parameter substitution placeholders'
    " to"
    ' set in the job definition."; ContainerProperties.command, TaskContainerProperties.command,'
    " EksContainer.command, EksContainer.args",
)
def parameter_without_default(job: JobDefinition) -> Iterator[Fault]:
    """If a submission does not pass it, the program gets the literal text ``Ref::name``."""
    parameters = job.properties.get("Parameters", {})
    if not isinstance(parameters, dict):
        return
    for path, command in _commands(job):
        for position, word in enumerate(command):
            for name in _REFERENCE.findall(word) if isinstance(word, str) else ():
                if name not in parameters and not parameters_passed(job, name):
                    yield (
                        f"{path}/{position}",
                        f'"Ref::{show(name)}" names a parameter that has no default',
                        f'give Parameters a default for "{show(name)}"',
                    )


def _commands(job: JobDefinition) -> Iterator[tuple[str, list[object]]]:
    for container in job.containers:
        yield f"{container.path}/Command", listing(container.properties, "Command") or []
    for pod in job.pods:
        for path, properties in pod.containers:
            for key in ("Command", "Args"):
                yield f"{path}/{key}", listing(properties, key) or []


_DRIVERS: Final = (
    "awslogs",
    "splunk",
    "awsfirelens",
    "fluentd",
    "gelf",
    "journald",
    "json-file",
    "logentries",
    "syslog",
)

_limit(
    id="log-driver",
    where=in_containers("LogConfiguration"),
    key="LogDriver",
    noun="the log driver",
    title="unknown log driver",
    source='LogConfiguration.logDriver: "The supported log drivers are awsfirelens, awslogs,'
    " fluentd,"
    ' gelf, json-file, journald, logentries, syslog, and splunk.";'
    " ContainerProperties.logConfiguration,"
    " TaskContainerProperties.logConfiguration",
    why="Batch takes some of Docker's drivers.",
).one_of(_DRIVERS)


@_rule(
    "fargate-log-driver",
    title="log driver that Fargate does not have",
    fix="set LogDriver to awslogs",
    source='LogConfiguration.logDriver: "Jobs that are running on Fargate resources are restricted'
    " to"
    ' the awslogs and splunk log drivers."',
)
def fargate_log_driver(job: JobDefinition) -> Iterator[Fault]:
    """A job of several containers may also route its logs through FireLens."""
    for container in job.containers:
        driver = text(mapping(container.properties, "LogConfiguration"), "LogDriver")
        if container.task.platform != "FARGATE" or driver not in _DRIVERS[2:]:
            continue
        if driver == "awsfirelens" and not container.task.single:
            continue
        yield (
            f"{container.path}/LogConfiguration/LogDriver",
            f"the log driver is {driver}; on Fargate awslogs and splunk are allowed",
        )


_WORDS_OF_GO: Final = (
    "0",
    "1",
    "f",
    "t",
    "false",
    "true",
    "False",
    "True",
    "F",
    "T",
    "FALSE",
    "TRUE",
)
"""What Docker's log driver reads as true or false."""


@_rule(
    "log-create-group",
    severity=Severity.WARNING,
    title="awslogs-create-group that is neither true nor false",
    fix='set awslogs-create-group to "true" or "false"',
    source="LogConfiguration.options; Amazon ECS, LogConfiguration options: awslogs-create-group"
    " says whether the log group is created automatically, false by default",
)
def log_create_group(job: JobDefinition) -> Iterator[Fault]:
    """The container does not start: its log driver cannot read the option."""
    for container in job.containers:
        log = mapping(container.properties, "LogConfiguration")
        got = text(mapping(log, "Options"), "awslogs-create-group")
        if text(log, "LogDriver") == "awslogs" and got is not None and got not in _WORDS_OF_GO:
            path = f"{container.path}/LogConfiguration/Options/awslogs-create-group"
            yield path, f'awslogs-create-group is "{show(got)}"; allowed are true and false'


@_rule(
    "log-options",
    title="log options that do not work together",
    fix="keep one of the two, and give splunk its URL and token",
    source="LogConfiguration.options: the options of the driver; User Guide, Using the awslogs log"
    " driver: one of awslogs-datetime-format and awslogs-multiline-pattern",
    severity=Severity.WARNING,
)
def log_options(job: JobDefinition) -> Iterator[Fault]:
    """Two ways to split lines exclude each other; splunk needs to know where to send them."""
    for container in job.containers:
        log = mapping(container.properties, "LogConfiguration")
        options = log.get("Options", {})
        if not isinstance(options, dict):
            continue
        path = f"{container.path}/LogConfiguration/Options"
        driver = text(log, "LogDriver")
        both = ("awslogs-datetime-format", "awslogs-multiline-pattern")
        if driver == "awslogs" and all(given(options, key) for key in both):
            yield path, f"{both[0]} and {both[1]} are both given; one is allowed"
        if driver == "splunk":
            hidden = {text(entry, "Name") for _, entry in entries(log, "SecretOptions")}
            for key in ("splunk-url", "splunk-token"):
                unknown = None in hidden or listing(log, "SecretOptions") is None
                if key not in options and key not in hidden:
                    if unknown and "SecretOptions" in log:
                        continue
                    yield path, f"the option {key} is missing; the splunk driver needs it"
