"""Who submits which job to which queue, as far as a template says.

EventBridge rules, EventBridge Scheduler, EventBridge Pipes and Step Functions name their queue and
definition in the template; a Lambda function does not, and may pass anything.
"""

from __future__ import annotations

import re
from functools import cached_property

from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.job_definition_facts import PLACEHOLDER
from batch_constructs.aws.names import RESOURCE_NAME, SCHEDULER_SUBMIT_JOB, marker
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.property_paths import Places
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.template.iam_roles import role_of
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.resource_graph import (
    JOB_DEFINITION,
    JOB_QUEUE,
    JobDefinition,
    JobQueue,
    Resource,
    Template,
)
from batch_constructs.rules.template.state_machine_view import (
    DEEPEST,
    STATE_MACHINES,
    batch_tasks,
    parse,
    state_machine_definition,
)
from batch_constructs.rules.template.values import (
    NOTHING,
    UNKNOWN,
    Properties,
    Text,
    few,
    mapping,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT_RULE: Final = "AWS::Events::Rule"
EVENT_SOURCE_MAPPING: Final = "AWS::Lambda::EventSourceMapping"
SCHEDULE: Final = "AWS::Scheduler::Schedule"
PIPE: Final = "AWS::Pipes::Pipe"
FUNCTION: Final = "AWS::Lambda::Function"
SERVERLESS_FUNCTION: Final = "AWS::Serverless::Function"


class Submission(Record):
    """One place in a template that submits jobs.

    Attributes:
        source: the rule, schedule, pipe or state machine.
        path: where in it, below ``Properties``.
        request: the parameters of `SubmitJob` in Pascal case, `UNKNOWN` where not known.
        takes_share: whether the source can send a share identifier at all.
    """

    source: Resource
    path: str
    request: Properties
    takes_share: bool

    def at(self, member: str) -> str:
        """Give the path of a member of the request."""
        below = "BatchParameters/" if self.source.type == EVENT_RULE else ""
        return f"{self.path}/{below}{member}"

    @cached_property
    def places(self) -> Places:
        """Give the mappings in the request, by the paths to them."""
        return Places(self.request)

    @cached_property
    def queue(self) -> JobQueue | None:
        """Give the job queue, if it is in the template."""
        found = named(self.source.template, JOB_QUEUE, self.request.get("JobQueue"))
        return found if isinstance(found, JobQueue) else None

    @cached_property
    def definition(self) -> JobDefinition | None:
        """Give the job definition, if it is in the template."""
        found = named(self.source.template, JOB_DEFINITION, self.request.get("JobDefinition"))
        return found if isinstance(found, JobDefinition) else None

    @property
    def target(self) -> Properties:
        """Give the target of a rule of EventBridge that it is."""
        targets: Any = self.source.properties["Targets"]
        return targets[int(self.path.partition("/")[2])]  # type: ignore[no-any-return]  # a mapping

    @cached_property
    def role(self) -> Resource | None:
        """Give the role that it is submitted with, if it is in the template."""
        within = self.source.properties
        if self.source.type == EVENT_RULE:
            within = self.target
        elif self.source.type == SCHEDULE:
            within = mapping(within, "Target")
        return role_of(self.source, within.get("RoleArn", within.get("Role")))


NAME_PROPERTIES: Final = {JOB_QUEUE: "JobQueueName", JOB_DEFINITION: "JobDefinitionName"}
_ARN_NAME: Final = pattern(
    rf".*:(?:{kinds.JOB_QUEUE}|{kinds.JOB_DEFINITION})/({RESOURCE_NAME.pattern})(?::\d+|:\*)?",
    re.DOTALL,
)
_BARE_NAME: Final = pattern(rf"({RESOURCE_NAME.pattern})(?::\d+)?")


def named(template: Template, type: str, value: object) -> Resource | None:
    """Find the queue or definition that a reference, a name or an ARN means."""
    found = template.target(value, type)
    if found is not None:
        return found
    if not _by_name(template, type):
        return None
    literal = value if isinstance(value, str) else value.pattern if isinstance(value, Text) else ""
    match = _ARN_NAME.fullmatch(literal) or _BARE_NAME.fullmatch(literal)
    if not match:
        return None
    return _by_name(template, type).get(match[1])


def _by_name(template: Template, type: str) -> dict[str, Resource]:
    """Give the queues or definitions by their names, of two with one name the first."""
    known = template.memory.get(f"names of {type}")
    if known is None:
        known = template.memory[f"names of {type}"] = {
            name: one
            for one in reversed(template.all(type))
            if (name := text(one.properties, NAME_PROPERTIES[type])) is not None
        }
    return known  # type: ignore[return-value]  # what was put there


def submissions(template: Template) -> list[Submission]:
    """Give every place in the template that submits jobs."""
    known = template.memory.get("submissions")
    if known is None:
        known = [
            *_from_rules(template),
            *_from_pipes(template),
            *_from_schedules(template),
            *_from_state_machines(template),
        ]
        template.memory["submissions"] = known
    return known  # type: ignore[return-value]  # what was put there


def submissions_of(job: JobDefinition) -> list[Submission]:
    """Give the places that submit a job definition."""
    return _index(job.template)[0].get(job.id, [])


def submissions_from(source: Resource) -> list[Submission]:
    """Give the submissions of one rule, schedule, pipe or state machine."""
    return _index(source.template)[1].get(source.id, [])


Index = tuple[dict[str, list[Submission]], dict[str, list[Submission]]]


def _index(template: Template) -> Index:
    """Give the submissions by their definition, and by what submits."""
    known = template.memory.get("submissions by their ends")
    if known is None:
        by_definition: dict[str, list[Submission]] = {}
        by_source: dict[str, list[Submission]] = {}
        for one in submissions(template):
            by_source.setdefault(one.source.id, []).append(one)
            if one.definition is not None:
                by_definition.setdefault(one.definition.id, []).append(one)
        known = template.memory["submissions by their ends"] = (by_definition, by_source)
    return known  # type: ignore[return-value]  # what was put there


def variables_of(function: Resource) -> Properties:
    """Give the environment variables of a Lambda function."""
    return mapping(mapping(function.properties, "Environment"), "Variables")


def is_batch_target(target: Properties) -> bool:
    """Tell whether a target of an EventBridge rule is a job queue."""
    arn = target.get("Arn")
    literal = arn.pattern if isinstance(arn, Text) else arn
    return "BatchParameters" in target or (
        isinstance(literal, str) and marker(kinds.JOB_QUEUE) in literal
    )


def _from_rules(template: Template) -> Iterator[Submission]:
    for rule in template.all(EVENT_RULE):
        for position, target in few(rule.properties, "Targets"):
            to_queue = template.target(target.get("Arn"), JOB_QUEUE) is not None
            if not to_queue and not is_batch_target(target):
                continue
            given = target.get("BatchParameters", NOTHING)
            request: dict[str, object] = {"JobQueue": target.get("Arn", UNKNOWN)}
            request |= given if isinstance(given, dict) else {"JobDefinition": UNKNOWN}
            request |= _of_input(target)
            yield Submission(rule, f"Targets/{position}", request, takes_share=False)


def _of_input(target: Properties) -> dict[str, object]:
    """Give what the input of a target adds to its request: its parameters, and an override."""
    transformer = mapping(target, "InputTransformer")
    written = target.get("Input", transformer.get("InputTemplate"))
    if written is None and "InputPath" not in target:
        return {"Parameters": NOTHING}
    literal = written.pattern if isinstance(written, Text) else written
    if not isinstance(literal, str):
        return {"Parameters": UNKNOWN}
    overridden = re.search(r'"[Cc]ontainerOverrides"\s*:\s*\{', literal)
    overrides = {"ContainerOverrides": UNKNOWN} if overridden else {}
    found = re.search(r'"[Pp]arameters"\s*:\s*\{([^}]*)', literal)
    names: object = (
        dict.fromkeys(re.findall(r'"([^"]+)"\s*:', found[1]), UNKNOWN) if found else UNKNOWN
    )
    return {"Parameters": names, **overrides}


def _from_pipes(template: Template) -> Iterator[Submission]:
    for pipe in template.all(PIPE):
        given = mapping(pipe.properties, "TargetParameters").get("BatchJobParameters")
        if isinstance(given, dict):
            request = {"JobQueue": pipe.properties.get("Target", UNKNOWN), **given}
            path = "TargetParameters/BatchJobParameters"
            yield Submission(pipe, path, request, takes_share=False)


def _from_schedules(template: Template) -> Iterator[Submission]:
    for schedule in template.all(SCHEDULE):
        request = schedule_request(schedule)
        if isinstance(request, dict):
            yield Submission(schedule, "Target/Input", _pascal(request), takes_share=True)


def schedule_request(schedule: Resource) -> object:
    """Give the request of `SubmitJob` that a schedule sends; None if it calls something else."""
    target = mapping(schedule.properties, "Target")
    arn = target.get("Arn")
    literal = arn.pattern if isinstance(arn, Text) else arn
    if not isinstance(literal, str) or not literal.lower().endswith(SCHEDULER_SUBMIT_JOB.lower()):
        return None
    return parse(target.get("Input"))


def _pascal(request: dict[str, object]) -> dict[str, object]:
    return {key[:1].upper() + key[1:]: value for key, value in request.items()}


def _from_state_machines(template: Template) -> Iterator[Submission]:
    for type_ in STATE_MACHINES:
        for machine in template.all(type_):
            for path, state in batch_tasks(machine):
                given = state.get("Parameters", state.get("Arguments"))
                if isinstance(given, dict):
                    key = "Parameters" if "Parameters" in state else "Arguments"
                    request = _request(given)
                    yield Submission(machine, f"{path}/{key}", request, takes_share=True)


def _request(given: Properties) -> dict[str, object]:
    request: dict[str, object] = {}
    for key, value in given.items():
        if key.endswith(".$"):
            request[key[:-2]] = UNKNOWN
        else:
            request[key] = _run_time(value, 0)
    return _pascal(request)


def _run_time(value: object, depth: int) -> object:
    """Make unknown what a state machine computes (JSONPath and JSONata)."""
    if isinstance(value, str):
        return UNKNOWN if value.startswith(("{%", "$.", "$$.", "States.")) else value
    if depth > DEEPEST:
        return UNKNOWN
    if isinstance(value, list):
        return [_run_time(entry, depth + 1) for entry in value]
    if isinstance(value, dict):
        return {
            (key.removesuffix(".$")): (
                UNKNOWN if key.endswith(".$") else _run_time(entry, depth + 1)
            )
            for key, entry in value.items()
        }
    return value


def _commands(job: JobDefinition) -> Iterator[tuple[str, object]]:
    """Give the commands of a job, with their paths."""
    for container in job.containers:
        yield f"{container.path}/Command", container.properties.get("Command")
    for pod in job.pods:
        for path, properties in pod.containers:
            for key in ("Command", "Args"):
                yield f"{path}/{key}", properties.get(key)


def command_words(job: JobDefinition) -> Iterator[object]:
    """Give the words of the commands of a job, and whatever stands where a command belongs."""
    for _, command in _commands(job):
        if command is not None:
            yield from command if isinstance(command, list) else (UNKNOWN,)


def placeholders(job: JobDefinition) -> Iterator[tuple[str, str]]:
    """Give the parameters that the commands of a job take, with their paths."""
    for path, command in _commands(job):
        for position, word in enumerate(command if isinstance(command, list) else ()):
            for name in PLACEHOLDER.findall(word) if type(word) is str and "Ref::" in word else ():
                yield f"{path}/{position}", name


@once
def without_default(job: JobDefinition) -> dict[str, str]:
    """Give the parameters that a job takes and has no default for, with a path of each."""
    defaults = job.properties.get("Parameters", NOTHING)
    if not isinstance(defaults, dict):
        return {}
    return {name: path for path, name in placeholders(job) if name not in defaults}


def is_submitted(job: JobDefinition) -> bool:
    """Tell whether something in the template submits a job, or may."""
    if submissions_of(job) or mentioned_by_functions(job):
        return True
    template = job.template
    machines = (one for type_ in STATE_MACHINES for one in template.all(type_))
    return any(not isinstance(state_machine_definition(one), dict) for one in machines)


def mentioned_by_functions(resource: Resource) -> bool:
    """Tell whether a Lambda function of the template has a resource's ARN or name at hand."""
    template = resource.template
    name = text(resource.properties, NAME_PROPERTIES.get(resource.type, ""))
    for type_ in (FUNCTION, SERVERLESS_FUNCTION):
        for function in template.all(type_):
            for value in variables_of(function).values():
                if template.target(value) is resource or (name and value == name):
                    return True
    return False
