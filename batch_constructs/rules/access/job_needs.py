"""What the agent of a job asks for with the execution role: logs, images, secrets."""

from __future__ import annotations

import re

from batch_constructs.aws.container_facts import AWSLOGS, LOG_CREATE_OPTION
from batch_constructs.aws.names import (
    DEFAULT_LOG_GROUP,
    LOG_GROUP_OPTION,
    PARAMETER_STORE,
    REGISTRY,
    SECRET_FORM,
    is_arn,
    log_group_in_arn,
)
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.record import Record
from batch_constructs.aws.role_actions import (
    CREATE_LOG_GROUP,
    GET_PARAMETERS,
    GET_SECRET,
    LOG_STREAM_ACTIONS,
    PULL_ACTIONS,
    REGISTRY_LOGIN,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.arn_patterns import (
    ATTACHMENT,
    CLOSED,
    HOLE,
    PARAMETER,
    REPOSITORY,
    SECRET,
    arn,
    is_written_out,
    matches,
    name_of,
    spelled,
)
from batch_constructs.rules.template.values import UNKNOWN, Reference, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.template.resource_graph import Container, Resource, Template


class Need(Record):
    """Actions that are needed on a resource.

    Attributes:
        actions: the actions.
        forms: what the resource may be called, as text.
        resource: the resource as a template writes it.
    """

    actions: tuple[str, ...]
    forms: tuple[str, ...]
    resource: object


def logging(container: Container, template: Template) -> Iterator[Need]:
    """Give what the agent needs to write the log of a container."""
    log = container.properties.get("LogConfiguration", {})
    driver = log.get("LogDriver", AWSLOGS) if isinstance(log, dict) else None
    if driver != AWSLOGS or not isinstance(log, dict):
        return
    options = log.get("Options", {})
    given = (
        options.get(LOG_GROUP_OPTION, DEFAULT_LOG_GROUP) if isinstance(options, dict) else UNKNOWN
    )
    name = spelled(given, template)
    group = arn("logs", log_group_in_arn(name))
    written = missing_statement.arn("logs", log_group_in_arn(f"{_inside(given)}:*"))
    yield Need(LOG_STREAM_ACTIONS, (f"{group}:log-stream:{HOLE}", group), written)
    if isinstance(options, dict) and options.get(LOG_CREATE_OPTION) in ("true", True):
        yield Need((CREATE_LOG_GROUP,), (f"{group}:log-stream:", group), written)


def _inside(value: object) -> str:
    """Write a value as a part of Fn::Sub."""
    written = missing_statement.written(value)
    if isinstance(value, Reference):
        return f"${{{value.target}}}" if value.attribute is None else "*"
    return str(written.get("Fn::Sub", "*")) if isinstance(written, dict) else str(written)


def pulling(container: Container, template: Template) -> Iterator[Need]:
    """Give what the agent needs to pull the image of a container from Amazon ECR."""
    given = container.properties.get("Image")
    image = spelled(given, template)
    registry, _, path = image.partition("/")
    if REGISTRY not in registry:
        return
    yield Need((REGISTRY_LOGIN,), ("*",), "*")
    name = path.partition("@")[0].partition(":")[0]
    if not name or _repository_admits(template, name):
        return
    repository = arn("ecr", f"repository/{name}")
    target = template.target(given, REPOSITORY)
    resource: object = {"Fn::GetAtt": [target.id, "Arn"]} if target is not None else "*"
    if target is None and is_written_out(name):
        account, _, host = registry.partition(REGISTRY)
        resource = missing_statement.arn("ecr", f"repository/{name}")
        if account.isdigit():
            region = host.partition(".")[0]
            repository = f"arn:{CLOSED}:ecr:{region}:{account}:repository/{name}"
            resource = {
                "Fn::Sub": f"arn:${{AWS::Partition}}:ecr:{region}:{account}:repository/{name}"
            }
    yield Need(PULL_ACTIONS, (repository,), resource)


def _repository_admits(template: Template, name: str) -> bool:
    """Tell whether a repository of the template has a policy that may admit a role."""
    return any(
        "RepositoryPolicyText" in one.properties
        for one in template.all(REPOSITORY)
        if matches(name_of(one.id, "RepositoryName", template), name) is not False
    )


def secret_of(job: Resource, source: object) -> Resource | None:
    """Find the secret of the template that a value means."""
    target = job.neighbour(source)
    if target is not None and target.type == ATTACHMENT:
        target = target.neighbour(target.properties.get("SecretId"))
    return target if target is not None and target.type == SECRET else None


_BARE_SECRET: Final = pattern(rf"({SECRET_FORM}).*", re.DOTALL)


def reading(job: Resource, source: object) -> Need | None:
    """Give what reading a secret takes, None if it is not known what kind of secret it is."""
    target = job.neighbour(source)
    written = spelled(source, job.template)
    bare = _BARE_SECRET.fullmatch(written)
    if bare is not None or (target is not None and target.type in (SECRET, ATTACHMENT)):
        whole = bare[1] if bare is not None else written
        parts = source.parts[:1] if isinstance(source, Text) else (source,)
        shown = missing_statement.written(parts[0] if isinstance(parts[0], Reference) else source)
        return Need((GET_SECRET,), (whole, f"{whole}-{HOLE}"), _without_field(shown))
    if target is not None and target.type != PARAMETER:
        return None
    if PARAMETER_STORE in written:
        return Need((GET_PARAMETERS,), (written,), missing_statement.written(source))
    if target is None and (HOLE in written or not written or is_arn(written)):
        return None
    if target is None and not isinstance(source, str):
        return None
    slash = "" if written.startswith("/") else "/"
    name = f"${{{target.id}}}" if target is not None else written
    forms = (arn("ssm", f"parameter{slash}{written}"),)
    return Need((GET_PARAMETERS,), forms, missing_statement.arn("ssm", f"parameter{slash}{name}"))


def _without_field(written: object) -> object:
    """Leave out the field and the version behind the ARN of a secret."""
    if isinstance(written, str) and (bare := _BARE_SECRET.fullmatch(written)):
        return bare[1]
    return written
