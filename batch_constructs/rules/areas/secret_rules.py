"""Rules about secrets: where one comes from, and where one stands that should not."""

from __future__ import annotations

import re

from batch_constructs.aws.bound import shown
from batch_constructs.aws.credential_names import (
    gives_a_credential,
    may_name_a_credential,
    names_a_credential,
    option_with_credential,
)
from batch_constructs.aws.credentials import SHORTEST, credential_in, may_hold_credentials
from batch_constructs.aws.names import LOG_REGION_OPTION, form, is_arn
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import api, docs
from batch_constructs.aws.template_facts import RESOLVED_SECRET_SOURCE
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.areas.command_rules import commands
from batch_constructs.rules.areas.container_rules import variables_of
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.as_written import ATTRIBUTE, DEFAULT, NO_ECHO
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.listed_parts import listed
from batch_constructs.rules.template.values import Base64, Text, Unknown, mapping, text
from batch_constructs.rules.template.written_strings import secrets_written, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition


@job_rule(
    "plaintext-secret",
    severity=Severity.WARNING,
    title="sensitive value in plain text",
    fix="keep it in Secrets Manager or Parameter Store, and name it under Secrets",
    source=api(
        "ContainerProperties.environment",
        "\"We don't recommend using plaintext environment variables for sensitive information, such"
        ' as credential data."; KeyValuePair.value.',
    ),
)
def plaintext_secret(job: JobDefinition) -> Iterator[Fault]:
    """Anyone who can describe the job definition, the job or the stack can read it."""
    told: set[str] = set()
    is_named = may_name_a_credential(job.as_json)
    for path, name, value in _named_values(job) if is_named else ():
        fault = secret_value(name, literal(value))
        if fault is None and type(value) in _LATE and _is_default(job, path, name):
            fault = f"the value of {shown(name)} is in the template, as a parameter's default"
        if fault is not None:
            told.add(path)
            yield path, fault
    for path, name, value in _labels(job) if is_named else ():
        fault = label_value(name, value)
        if fault is not None:
            told.add(path)
            yield path, fault
    for path, command in commands(job):
        words = job.template.words_with_defaults(job.id, path, command)
        place = option_with_credential(words, is_named=is_named)
        if place is not None:
            told.add(f"{path}/{place}")
            yield f"{path}/{place}", "the password or token of an option is in the template"
    for path, fault in _known_by_form(job):
        if path not in told:
            told.add(path)
            yield path, fault


def _known_by_form(job: JobDefinition) -> Iterator[tuple[str, str]]:
    searched = job.properties if may_hold_credentials(job.as_json) else None
    for path, written in strings("", searched, names=True, shortest=SHORTEST):
        kind = credential_in(written)
        if kind is not None:
            yield path, f"{kind} is in the template"
    for path, (service, name) in secrets_written(job).items():
        if service == DEFAULT:
            yield path, f"a credential is in the template, as the default of {name}"


_LATE: Final = (Unknown, Text)


def secret_value(name: str, value: str | None) -> str | None:
    """Say of a value that it is secret by its name, or that a text gives a secret by one."""
    if not value:
        return None
    if names_a_credential(name, value):
        return f"the value of {shown(name)} is in the template"
    if gives_a_credential(value):
        return f"a password or a token is in the value of {shown(name)}"
    return None


def _is_default(job: JobDefinition, path: str, name: str) -> bool:
    """Whether a value is a password that the default of a parameter is, which the template tells.

    It is looked for where the name says so, and in the text of the template at the same path.
    """
    if not names_a_credential(name, "x", surely=True):
        return False
    default = job.template.with_defaults(job.id, path)
    return default is not None and names_a_credential(name, default, surely=True)


def _named_values(job: JobDefinition) -> Iterator[tuple[str, str, object]]:
    """Give what has a name and a value: variables, parameters, options of a log driver."""
    for variables in variables_of(job):
        for path, kind, entry in variables:
            name, value = text(entry, "Name"), _plain(entry.get("Value"))
            if kind != "Secrets" and name and value:
                yield f"{path}/Value", name, value
    groups = [("Parameters", mapping(job.properties, "Parameters"))]
    for container in job.containers:
        log = mapping(container.properties, "LogConfiguration")
        groups.append((f"{container.path}/LogConfiguration/Options", mapping(log, "Options")))
    for path, group in groups:
        for name, given in group.items():
            if value := _plain(given):
                yield f"{path}/{name}", name, value


def label_value(name: str, value: object) -> str | None:
    """Say of a tag, a label or an annotation that it is secret by its name; some name a secret."""
    if names_a_credential(name, literal(value) or "", surely=True):
        return f"the value of {shown(name)} is in the template"
    return None


def _labels(job: JobDefinition) -> Iterator[tuple[str, str, object]]:
    groups = [("Tags", mapping(job.properties, "Tags"))]
    for pod in job.pods:
        metadata = mapping(pod.properties, "Metadata")
        groups += [
            (f"{pod.path}/Metadata/{key}", mapping(metadata, key))
            for key in ("Labels", "Annotations")
        ]
    for path, group in groups:
        for name, given in group.items():
            yield f"{path}/{name}", name, given


def _plain(value: object) -> object:
    """Give a value as it is before CloudFormation encodes it."""
    return value.content if isinstance(value, Base64) else value


@job_rule(
    "secret-resolved",
    severity=Severity.INFO,
    title="secret that CloudFormation writes into the job definition",
    fix="name the secret under Secrets; AWS Batch then reads it when the container starts",
    source=RESOLVED_SECRET_SOURCE,
)
def secret_resolved(job: JobDefinition) -> Iterator[Fault]:
    """The value is visible wherever the definition and its jobs are described.

    It is also in their events. The same applies to a parameter with NoEcho: CloudFormation shows
    asterisks when it describes the stack, but passes the value to AWS Batch. AWS does not refuse
    this, and AWS's own templates do it, so it is only a note about a template. The constructors of
    this library refuse it, because they accept secrets.
    """
    for path, (service, name) in secrets_written(job).items():
        if service == NO_ECHO:
            yield path, f"the value of {name}, which is NoEcho, is written into the job definition"
        elif service == ATTRIBUTE:
            yield path, f"{name}, which is a secret, is written into the job definition"
        elif service == "secretsmanager":
            yield path, "a secret's value is written into the job definition"


@job_rule(
    "secure-string-resolved",
    title="secure string in a property that does not support it",
    fix="name the parameter under Secrets; AWS Batch then reads it when the container starts",
    source=docs(
        "AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html",
        '"Secure strings can only be used for resource properties that support the '
        'ssm-secure dynamic reference pattern"; no property of AWS Batch is on that page.',
    ),
)
def secure_string_resolved(job: JobDefinition) -> Iterator[Fault]:
    """CloudFormation refuses the reference."""
    for path, (service, _) in secrets_written(job).items():
        if service == "ssm-secure":
            yield path, "a reference to a secure string, which job definitions do not support"


_SECRET_SOURCE: Final = pattern(form("(?:secretsmanager|ssm)", ".*"), re.DOTALL)
_SECRET_REGION: Final = pattern(form("secretsmanager", ".*", region="([a-z0-9-]+)"), re.DOTALL)
_KEEPERS: Final = (
    "AWS::SecretsManager::Secret",
    "AWS::SSM::Parameter",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBCluster",
    "AWS::Redshift::Cluster",
)
"""Types of resources that keep a secret, or have an attribute that is the ARN of one."""


def _secrets(job: JobDefinition) -> Iterator[tuple[str, object]]:
    """Give what each secret comes from, with its path; a secret without is told elsewhere."""
    for container in job.containers:
        log = mapping(container.properties, "LogConfiguration")
        for path, entry in (
            *listed(container.path, container.properties, "Secrets"),
            *listed(f"{container.path}/LogConfiguration", log, "SecretOptions"),
        ):
            if "ValueFrom" in entry:
                yield f"{path}/ValueFrom", entry["ValueFrom"]


@job_rule(
    "secret-source",
    needs="Secrets SecretOptions",
    title="secret that is neither a secret's ARN nor a parameter",
    fix="set ValueFrom to the full ARN of a secret of Secrets Manager, or to a parameter of"
    " Parameter Store",
    source=api(
        "Secret.valueFrom",
        '"either the full Amazon Resource Name (ARN) of the Secrets Manager secret or the full ARN'
        ' of the parameter in the Amazon Web Services Systems Manager Parameter Store"',
    ),
)
def secret_source(job: JobDefinition) -> Iterator[Fault]:
    """Only parameters can be given by name.

    The name of a secret is taken as the name of a parameter.
    """
    for path, source in _secrets(job):
        given = literal(source) or ""
        target = None if given.startswith("{{resolve:") else job.neighbour(source)
        if source == "":
            yield path, "ValueFrom is empty; a secret needs it"
        elif is_arn(given):
            if not _SECRET_SOURCE.match(given) and "\0" not in given[:24]:
                got = shown(given.replace("\0", "…"))
                yield path, f"ValueFrom is {got}; allowed: ARNs of secrets and of parameters"
        elif target is not None and target.type.startswith("AWS::") and target.type not in _KEEPERS:
            yield path, f"ValueFrom is {target.id}, which is of type {target.type}"


@job_rule(
    "secret-by-name",
    needs="Secrets SecretOptions",
    severity=Severity.WARNING,
    title="secret of the template given by its name",
    fix="set ValueFrom to the ARN: Ref of the secret",
    source=api(
        "Secret.valueFrom",
        '"either the full Amazon Resource Name (ARN) of the Secrets Manager secret or the full ARN'
        ' of the parameter"',
    ),
)
def secret_by_name(job: JobDefinition) -> Iterator[Fault]:
    """A bare name is looked up in Parameter Store, which has no Secrets Manager secrets."""
    names: dict[str, str] | None = None
    for path, source in _secrets(job):
        if not isinstance(source, str) or is_arn(source):
            continue
        if names is None:
            secrets = job.template.all("AWS::SecretsManager::Secret")
            names = {name: one.id for one in secrets if (name := text(one.properties, "Name"))}
            for one in job.template.all("AWS::SSM::Parameter"):
                names.pop(text(one.properties, "Name") or "", None)
        if source in names:
            yield path, f"ValueFrom is {shown(source)}, the name of the secret {names[source]}"


@job_rule(
    "secret-region",
    needs="Secrets SecretOptions",
    severity=Severity.WARNING,
    title="secret in another Region",
    fix="replicate the secret to the Region of the job, and use the ARN of the replica",
    source=api(
        "Secret.valueFrom",
        'AWS describes a different Region for parameters only: "If the parameter exists in a '
        'different Region, then the full ARN must be specified."',
    ),
)
def secret_region(job: JobDefinition) -> Iterator[Fault]:
    """A Secrets Manager secret is read in the Region of the job."""
    regions: dict[str, str] = {}
    for container in job.containers:
        log = mapping(mapping(container.properties, "LogConfiguration"), "Options")
        region = text(log, LOG_REGION_OPTION)
        if region:
            regions.setdefault(region, "the logs")
    for path, source in _secrets(job):
        match = _SECRET_REGION.fullmatch(literal(source) or "")
        if not match:
            continue
        other = next(iter(regions), match[1])
        if match[1] != other:
            yield path, f"the secret is in {match[1]}, but {regions[other]} in {other}"
        regions.setdefault(match[1], "another secret")
