"""Finds the AWS Batch part of a template: jobs, queues, environments, and what is around them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws import batch_events
from batch_constructs.aws.compute_environment_facts import EnvironmentType
from batch_constructs.aws.credential_values import looks_chosen
from batch_constructs.aws.credentials import credential_in
from batch_constructs.aws.names import PARAMETER_NAME, is_arn
from batch_constructs.aws.template_facts import CONSTRUCT_PATH
from batch_constructs.diagram.picture import Edge, Node, Part, Picture
from batch_constructs.rules.template.iam_roles import role_of
from batch_constructs.rules.template.loops import unroll
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
    ComputeEnvironment,
    JobDefinition,
    JobQueue,
    Resource,
    Template,
)
from batch_constructs.rules.template.state_machine_view import (
    SERVERLESS_STATE_MACHINE,
    STATE_MACHINE,
)
from batch_constructs.rules.template.submitted_jobs import (
    EVENT_RULE,
    FUNCTION,
    PIPE,
    SCHEDULE,
    SERVERLESS_FUNCTION,
    submissions,
)
from batch_constructs.rules.template.template_conditions import Worlds
from batch_constructs.rules.template.values import (
    Reference,
    Text,
    entries,
    listing,
    mapping,
    number,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS: Final = {
    EVENT_RULE: "EventBridge rule",
    SCHEDULE: "schedule",
    PIPE: "pipe",
    STATE_MACHINE: "state machine",
    SERVERLESS_STATE_MACHINE: "state machine",
    FUNCTION: "function",
    SERVERLESS_FUNCTION: "function",
    JOB_QUEUE: "job queue",
    JOB_DEFINITION: "job definition",
    COMPUTE_ENVIRONMENT: "compute environment",
    "AWS::S3::Bucket": "bucket",
    "AWS::SQS::Queue": "SQS queue",
    "AWS::SNS::Topic": "topic",
    "AWS::SecretsManager::Secret": "secret",
    "AWS::SSM::Parameter": "parameter",
    "AWS::DynamoDB::Table": "table",
    "AWS::EFS::FileSystem": "file system",
    "AWS::CloudWatch::Alarm": "alarm",
    "AWS::ECR::Repository": "image repository",
    "AWS::Logs::LogGroup": "log group",
}
_BATCH: Final = (JOB_QUEUE, JOB_DEFINITION, COMPUTE_ENVIRONMENT)
_NOT_TOUCHED: Final = ("AWS::Batch::", "AWS::IAM::", "AWS::Logs::", "AWS::KMS::", "AWS::EC2::")
"""What a job's rights name, and nobody wants to see: a picture of all is one of nothing."""

_PARTS: Final = {JOB_QUEUE: Part.WAITS, JOB_DEFINITION: Part.JOB, COMPUTE_ENVIRONMENT: Part.RUNS}
_HASH: Final = re.compile(r"(?<=.)(?:Resource)?[0-9A-F]{8}$")


def picture_of(template: Mapping[str, object]) -> Picture:
    """Draw the AWS Batch part of a template.

    Of a template with conditions, the picture has what is there in any case that they allow.

    Args:
        template: a CloudFormation template as parsed from JSON or YAML, whoever wrote it.
    """
    whole = unroll(template).template
    section: Any = whole.get("Resources")
    resources = section if isinstance(section, dict) else {}
    drawn = Picture()
    for world in Worlds(whole, {i: r for i, r in resources.items() if isinstance(r, dict)}):
        _BatchPart(world.template, drawn).draw()
    places = {id_: place for place, id_ in enumerate(resources)}
    kept = drawn.reached_from(one.id for one in drawn.nodes.values() if _is_batch(one))
    _tell_starters_from_tellers(kept)
    return Picture(
        dict(sorted(kept.nodes.items(), key=lambda one: (places.get(one[0], -1), one[0]))),
        dict.fromkeys(sorted(kept.edges)),
    )


def _tell_starters_from_tellers(picture: Picture) -> None:
    """Make of what leads to no job something that tells: a schedule of a function that measures."""
    leading = {id_ for id_, node in picture.nodes.items() if _is_batch(node)}
    before = 0
    while before != len(leading):
        before = len(leading)
        leading |= {
            edge.source for edge in picture.edges if not edge.dashed and edge.target in leading
        }
    for id_, node in picture.nodes.items():
        if node.part is Part.STARTS and id_ not in leading:
            picture.nodes[id_] = replace(node, part=Part.TOLD)


def _is_batch(node: Node) -> bool:
    return node.part in (Part.JOB, Part.WAITS, Part.RUNS)


class _BatchPart:
    """Draws one template under one choice of its conditions."""

    def __init__(self, template: Template, picture: Picture) -> None:
        self._template = template
        self._picture = picture

    def draw(self) -> None:
        for queue in self._all(JOB_QUEUE):
            self._draw_queue(queue)
        for environment in self._all(COMPUTE_ENVIRONMENT):
            self._node(environment)
        for job in self._all(JOB_DEFINITION):
            self._draw_job(job)
        self._draw_submissions()
        self._draw_functions()
        self._draw_rules()
        self._draw_sources()
        self._draw_messages()
        self._draw_alarms()
        self._draw_subscriptions()

    def _all(self, *types: str) -> Iterator[Resource]:
        for type_ in types:
            yield from self._template.all(type_)

    def _node(self, resource: Resource, part: Part | None = None, kind: str = "") -> str:
        part = part or _PARTS.get(resource.type, Part.STARTS)
        known = self._picture.nodes.get(resource.id)
        if known is None or (known.part is Part.TOUCHED and part is not Part.TOUCHED):
            self._picture.nodes[resource.id] = Node(
                id=resource.id,
                name=_name(resource),
                kind=kind or _kind(resource),
                part=part,
            )
        return resource.id

    def _outside(self, value: object, kind: str, part: Part) -> str | None:
        """Give a node for what stands in another stack; none if its name is not known."""
        literal = value.pattern if isinstance(value, Text) else value
        if not isinstance(literal, str):
            return None
        name = re.split(r"[/:]", literal)[-1] if kind != "job definition" else _job_name(literal)
        if not name or "\0" in name:
            return None
        id_ = f"{kind} {name}"
        self._picture.nodes[id_] = Node(id=id_, name=name, kind=f"{kind} of elsewhere", part=part)
        return id_

    def _edge(
        self, source: str | None, target: str | None, label: str = "", *, dashed: bool = False
    ) -> None:
        if source is not None and target is not None and source != target:
            edge = Edge(source=source, target=target, label=label, dashed=dashed)
            self._picture.edges[edge] = None

    def _draw_queue(self, queue: Resource) -> None:
        id_ = self._node(queue)
        assert isinstance(queue, JobQueue)  # noqa: S101  # what the template makes of the type
        inside = queue.environments
        for place, environment in enumerate(inside, 1):
            self._edge(id_, self._node(environment), str(place) if len(queue.order) > 1 else "")
        if not inside:
            for place, entry in queue.order:
                value = entry.get("ComputeEnvironment")
                other = self._outside(value, "compute environment", Part.RUNS)
                self._edge(id_, other, str(place + 1) if len(queue.order) > 1 else "")

    def _draw_job(self, job: Resource) -> None:
        id_ = self._node(job)
        assert isinstance(job, JobDefinition)  # noqa: S101  # what the template makes of the type
        for container in job.containers:
            for _, secret in entries(container.properties, "Secrets"):
                self._edge(id_, self._secret(secret.get("ValueFrom")), "reads", dashed=True)
        for task in job.tasks:
            for _, volume in entries(task.properties, "Volumes"):
                files = mapping(volume, "EfsVolumeConfiguration").get(
                    "FileSystemId", mapping(volume, "EfsVolumeConfiguration").get("FilesystemId")
                )
                for system in self._mentioned(files):
                    self._edge(id_, self._node(system, Part.TOUCHED), "mounts", dashed=True)
            role = role_of(job, task.properties.get(task.role_key))
            if role is not None:
                self._draw_rights(id_, role)

    def _secret(self, value: object) -> str | None:
        for resource in self._mentioned(value):
            return self._node(resource, Part.TOUCHED)
        if is_arn(value) and ":secret:" in value:
            name = value.split(":secret:")[1].partition(":")[0]
            return self._outside(name, "secret", Part.TOUCHED)
        if isinstance(value, str) and not is_arn(value) and not _may_be_shown(value):
            return None
        return self._outside(value, "parameter", Part.TOUCHED)

    def _draw_rights(self, id_: str, role: Resource) -> None:
        for statement in _statements(role):
            for resource in self._mentioned(statement.get("Resource")):
                if resource.type in _KINDS and not resource.type.startswith(_NOT_TOUCHED):
                    self._edge(
                        id_, self._node(resource, Part.TOUCHED), _verbs(statement), dashed=True
                    )

    def _draw_submissions(self) -> None:
        for one in submissions(self._template):
            source = self._node(one.source)
            job = one.definition
            definition = (
                self._node(job)
                if job is not None
                else self._outside(one.request.get("JobDefinition"), "job definition", Part.JOB)
            )
            there = one.queue
            queue = (
                self._node(there)
                if there is not None
                else self._outside(one.request.get("JobQueue"), "job queue", Part.WAITS)
            )
            self._edge(source, definition if definition is not None else queue, "submits")
            self._edge(definition, queue, "to")

    def _draw_functions(self) -> None:
        """Draw functions that may submit: what their rights to do so name."""
        for function in self._all(FUNCTION, SERVERLESS_FUNCTION):
            role = role_of(function, function.properties.get("Role"))
            if role is None:
                continue
            named = [
                resource
                for statement in _statements(role)
                if any(action.lower() == "batch:submitjob" for action in _actions(statement))
                for resource in self._mentioned(statement.get("Resource"))
            ]
            jobs = [one for one in named if one.type == JOB_DEFINITION]
            queues = [one for one in named if one.type == JOB_QUEUE]
            for one in jobs or queues:
                self._edge(self._node(function), self._node(one), "submits")
            for job in jobs:
                for queue in queues:
                    self._edge(self._node(job), self._node(queue), "to")

    def _draw_rules(self) -> None:
        for rule in self._all(EVENT_RULE):
            pattern = mapping(rule.properties, "EventPattern")
            tells = batch_events.SOURCE in repr(pattern.get("source"))
            part = Part.TOLD if tells else Part.STARTS
            sources = [
                one for one in self._mentioned(pattern) if one.type in (*_BATCH, "AWS::S3::Bucket")
            ]
            if tells and not sources:
                sources = [*self._all(JOB_QUEUE)]
            targets = [
                resource
                for _, target in entries(rule.properties, "Targets")
                for resource in self._mentioned(target.get("Arn"))
                if resource.type not in _BATCH
            ]
            for one in targets:
                self._edge(self._node(rule, part), self._node(one, part), "calls", dashed=tells)
            for one in sources:
                source = self._node(one, _PARTS.get(one.type, Part.STARTS))
                self._edge(source, self._node(rule, part), "events", dashed=tells)

    def _draw_sources(self) -> None:
        for schedule in self._all(SCHEDULE):
            for resource in self._mentioned(mapping(schedule.properties, "Target").get("Arn")):
                self._edge(self._node(schedule), self._node(resource), "calls")
        for pipe in self._all(PIPE):
            for resource in self._mentioned(pipe.properties.get("Source")):
                self._edge(self._node(resource), self._node(pipe), "messages")
        for one in self._all("AWS::Lambda::EventSourceMapping"):
            for source in self._mentioned(one.properties.get("EventSourceArn")):
                for function in self._mentioned(one.properties.get("FunctionName")):
                    self._edge(self._node(source), self._node(function), "messages")

    def _draw_subscriptions(self) -> None:
        for one in self._all("AWS::SNS::Subscription"):
            protocol = text(one.properties, "Protocol") or "subscriber"
            for topic in self._mentioned(one.properties.get("TopicArn")):
                part = self._part(topic)
                inside = [*self._mentioned(one.properties.get("Endpoint"))]
                for resource in inside:
                    self._edge(self._node(topic, part), self._node(resource, part), "messages")
                if not inside:  # an address is nobody's business who looks at a picture
                    id_ = f"{topic.id} {protocol}"
                    self._picture.nodes[id_] = Node(
                        id=id_, name=protocol, kind="subscription", part=Part.TOLD
                    )
                    self._edge(self._node(topic, Part.TOLD), id_, dashed=True)

    def _part(self, resource: Resource) -> Part:
        known = self._picture.nodes.get(resource.id)
        return known.part if known is not None else Part.STARTS

    def _draw_alarms(self) -> None:
        counts: dict[tuple[str, str], int] = {}
        for alarm in self._all("AWS::CloudWatch::Alarm"):
            watched = [
                one
                for one in self._mentioned(
                    [alarm.properties.get("Dimensions"), alarm.properties.get("Metrics")]
                )
                if one.id in self._picture.nodes
            ]
            for told in self._mentioned(alarm.properties.get("AlarmActions")):
                for one in watched:
                    pair = (one.id, self._node(told, Part.TOLD))
                    counts[pair] = counts.get(pair, 0) + 1
        for (source, target), count in counts.items():
            self._edge(source, target, "alarm" if count == 1 else f"{count} alarms", dashed=True)

    def _draw_messages(self) -> None:
        """Draw the topics and queues that functions in the picture send to."""
        for function in self._all(FUNCTION, SERVERLESS_FUNCTION):
            role = role_of(function, function.properties.get("Role"))
            if role is None or function.id not in self._picture.nodes:
                continue
            part = self._part(function)
            for statement in _statements(role):
                if any(action.lower() in _SENDS for action in _actions(statement)):
                    for told in self._mentioned(statement.get("Resource")):
                        if told.type in ("AWS::SNS::Topic", "AWS::SQS::Queue"):
                            self._edge(function.id, self._node(told, part), "messages", dashed=True)

    def _mentioned(self, value: object) -> Iterator[Resource]:
        """Give the resources that a value refers to, each once."""
        seen: set[str] = set()
        for reference in _references(value):
            resource = self._template.get(reference.target)
            if resource is not None and resource.id not in seen:
                seen.add(resource.id)
                yield resource


def _references(value: object) -> Iterator[Reference]:
    waiting, seen = [value], set[int]()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, Reference):
            yield one
        elif isinstance(one, Text):
            yield from one.references
        elif isinstance(one, dict | list) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.values() if isinstance(one, dict) else one


def _statements(role: Resource) -> Iterator[dict[str, Any]]:
    """Give what a role is allowed by the policies of its template."""
    documents = [mapping(one, "PolicyDocument") for _, one in entries(role.properties, "Policies")]
    for type_ in ("AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"):
        for policy in role.template.all(type_):
            roles = [
                *(listing(policy.properties, "Roles") or ()),
                policy.properties.get("RoleName"),
            ]
            attached = listing(role.properties, "ManagedPolicyArns") or ()
            if any(role_of(policy, one) is role for one in roles) or any(
                role.neighbour(one) is policy for one in attached
            ):
                documents.append(mapping(policy.properties, "PolicyDocument"))
    for document in documents:
        written = document.get("Statement", [])
        for one in written if isinstance(written, list) else [written]:
            if isinstance(one, dict) and one.get("Effect") == "Allow":
                yield one


def _actions(statement: Mapping[str, Any]) -> list[str]:
    written = statement.get("Action", [])
    several = written if isinstance(written, list) else [written]
    return [one for one in several if isinstance(one, str)]


_SENDS: Final = ("sns:publish", "sqs:sendmessage")
_READS: Final = ("get", "list", "describe", "head", "query", "scan", "receive", "batchget", "read")


def _verbs(statement: Mapping[str, Any]) -> str:
    verbs = [action.rpartition(":")[2].lower() for action in _actions(statement)]
    reads = any(one.startswith((*_READS, "*")) for one in verbs)
    writes = any(not one.startswith(_READS) for one in verbs)
    return " and ".join(["reads"] * reads + ["writes"] * writes)


def _may_be_shown(source: str) -> bool:
    """Whether what a secret comes from can be a parameter's name, and is hardly the secret."""
    name = source.partition(":")[0]  # a version or a label may follow
    return PARAMETER_NAME.admits(name) and not looks_chosen(name) and credential_in(source) is None


def _job_name(written: str) -> str:
    return written.rpartition("/")[2].partition(":")[0]


def _name(resource: Resource) -> str:
    """Give the name that its author gave it: the path of a construct, else its logical ID."""
    metadata: Any = resource.template.raw(resource.id).get("Metadata")
    path = metadata.get(CONSTRUCT_PATH) if isinstance(metadata, dict) else None
    if isinstance(path, str) and "/" in path:
        parts = path.split("/")[1:]
        if parts[-1] in ("Resource", "Default") and len(parts) > 1:
            parts.pop()
        return "/".join(parts)
    return _HASH.sub("", resource.id)


def _kind(resource: Resource) -> str:
    kind = _KINDS.get(resource.type, resource.type.removeprefix("AWS::").replace("::", " "))
    more: list[str] = []
    if isinstance(resource, JobQueue):
        priority = number(resource.properties, "Priority")
        more += [] if priority is None else [f"priority {priority}"]
        more += ["fair share"] if resource.is_fair_share else []
    elif isinstance(resource, ComputeEnvironment):
        most = resource.max_vcpus
        written = resource.kind or (EnvironmentType.UNMANAGED if resource.is_unmanaged else "")
        more += [written] if written else []
        more += [] if most is None else [f"at most {most} vCPUs"]
    elif isinstance(resource, JobDefinition):
        more += [resource.platform] if resource.platform else []
    elif resource.type in (EVENT_RULE, SCHEDULE):
        when = text(resource.properties, "ScheduleExpression")
        more += [when] if when else []
    return ", ".join([kind, *more])
