"""Rules about what grows with an app until AWS takes no more: sizes and numbers in one template."""

from __future__ import annotations

import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.quotas import (
    CLOUDWATCH_SOURCE,
    DYNAMIC_REFERENCES,
    EVENTBRIDGE_SOURCE,
    FUNCTION_ENVIRONMENT_BYTES,
    FUNCTION_ENVIRONMENT_SOURCE,
    LOG_RESOURCE_POLICIES,
    LOG_RESOURCE_POLICIES_SOURCE,
    MANAGED_POLICIES_A_ROLE,
    MANAGED_POLICY_CHARACTERS,
    MANAGED_POLICY_SOURCE,
    ROLE_POLICY_CHARACTERS,
    ROLE_POLICY_SOURCE,
    RULES_A_BUS,
    STACK_MAPPINGS,
    STACK_OUTPUTS,
    STACK_PARAMETERS,
    STACK_SOURCE,
    TARGET_INPUT_CHARACTERS,
    TARGET_INPUT_SOURCE,
    TEMPLATE_BYTES,
    TEMPLATE_BYTES_SOURCE,
)
from batch_constructs.rules.areas.secret_rules import strings
from batch_constructs.rules.dashboard import too_much
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_rule = partial(rule, subject=Whole.type)


def _compact(template: object) -> str:
    """Write a template as short as it can be; one that contains itself has no length."""
    try:
        return json.dumps(
            template, separators=(",", ":"), ensure_ascii=False, default=str, skipkeys=True
        )
    except (ValueError, RecursionError):
        return ""


_DYNAMIC: Final = pattern(r"\{\{resolve:[^{}]+\}\}")
_SECTIONS: Final = (
    ("Outputs", STACK_OUTPUTS),
    ("Parameters", STACK_PARAMETERS),
    ("Mappings", STACK_MAPPINGS),
)


def _by_role(whole: Whole, kind: str, weight: Callable[[Any], int]) -> Counter[str]:
    """Add up what policies of a kind, which exist for certain, give to each role."""
    attached: Counter[str] = Counter()
    for id_, properties in _of_type(whole, kind):
        if _is_conditional(whole, id_):
            continue
        given = weight(properties)
        for role in _listed(properties.get("Roles")):
            if isinstance(role, dict) and isinstance(role.get("Ref"), str):
                attached[role["Ref"]] += given
    return attached


@_rule(
    "role-policy-size",
    title="role whose inline policies are too long",
    fix="name fewer resources, or put some of it into managed policies",
    source=ROLE_POLICY_SOURCE,
)
def role_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the role. Values known only at deployment are not counted."""
    attached = _by_role(
        whole, "AWS::IAM::Policy", lambda properties: _length(properties.get("PolicyDocument"))
    )
    for id_, properties in _of_type(whole, "AWS::IAM::Role"):
        own = [one for one in _listed(properties.get("Policies")) if isinstance(one, dict)]
        length = sum(_length(one.get("PolicyDocument")) for one in own) + attached[id_]
        if length > ROLE_POLICY_CHARACTERS:
            most = f"IAM takes {ROLE_POLICY_CHARACTERS} of a role"
            said = f"the inline policies have {length} characters or more; {most}"
            yield f"Resources/{id_}", said


@_rule(
    "role-policy-count",
    severity=Severity.WARNING,
    title="role with more managed policies than it may have",
    fix="put the statements of several policies into one, or ask AWS for more policies a role",
    source=MANAGED_POLICY_SOURCE,
)
def role_policy_count(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the next one, unless the account was given more."""
    attached = _by_role(whole, "AWS::IAM::ManagedPolicy", lambda _: 1)
    for id_, properties in _of_type(whole, "AWS::IAM::Role"):
        arns = _listed(properties.get("ManagedPolicyArns"))
        own = [one for one in arns if not (isinstance(one, dict) and "Fn::If" in one)]
        count = len(own) + attached[id_]
        if count > MANAGED_POLICIES_A_ROLE:
            most = f"IAM takes {MANAGED_POLICIES_A_ROLE} a role"
            yield f"Resources/{id_}", f"there are {count} managed policies; {most}"


@_rule(
    "managed-policy-size",
    title="managed policy that is too long",
    fix="divide it into several",
    source=MANAGED_POLICY_SOURCE,
)
def managed_policy_size(whole: Whole) -> Iterator[Fault]:
    """IAM refuses the policy. Values known only at deployment are not counted."""
    for id_, properties in _of_type(whole, "AWS::IAM::ManagedPolicy"):
        length = _length(properties.get("PolicyDocument"))
        if length > MANAGED_POLICY_CHARACTERS:
            most = f"IAM takes {MANAGED_POLICY_CHARACTERS}"
            yield f"Resources/{id_}", f"the policy has {length} characters or more; {most}"


@_rule(
    "function-environment-size",
    title="function whose environment variables are too long",
    fix="put lists into parameters or an object, and their name into a variable",
    source=FUNCTION_ENVIRONMENT_SOURCE,
)
def function_environment_size(whole: Whole) -> Iterator[Fault]:
    """Lambda refuses the function. Values known only at deployment are not counted."""
    for id_, properties in _of_type(whole, "AWS::Lambda::Function"):
        environment = properties.get("Environment")
        variables = environment.get("Variables") if isinstance(environment, dict) else None
        if not isinstance(variables, dict) or _is_intrinsic(variables):
            continue
        length = sum(len(str(name).encode()) + _text(value, 0) for name, value in variables.items())
        if length > FUNCTION_ENVIRONMENT_BYTES:
            most = f"Lambda takes {FUNCTION_ENVIRONMENT_BYTES}"
            said = f"the environment variables have {length} bytes or more; {most}"
            yield f"Resources/{id_}", said


@_rule(
    "log-resource-policies",
    title="more resource policies of CloudWatch Logs than an account has",
    fix="let log groups share one policy, whose resource ends with an asterisk",
    source=LOG_RESOURCE_POLICIES_SOURCE,
)
def log_resource_policies(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses the next one; those of other stacks count, too."""
    policies = [
        id_
        for id_, _ in _of_type(whole, "AWS::Logs::ResourcePolicy")
        if not _is_conditional(whole, id_)
    ]
    if len(policies) > LOG_RESOURCE_POLICIES:
        most = f"an account has {LOG_RESOURCE_POLICIES} in a Region"
        said = f"there are {len(policies)} resource policies of CloudWatch Logs; {most}"
        yield f"Resources/{policies[LOG_RESOURCE_POLICIES]}", said


@_rule(
    "stack-sections",
    title="more outputs, parameters, mappings or dynamic references than a stack has",
    fix="split the template, or pass several values as one",
    source=STACK_SOURCE,
)
def stack_sections(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template."""
    for name, most in _SECTIONS:
        section = whole.template.get(name)
        count = len(section) if isinstance(section, dict) else 0
        if count > most:
            yield name, f"there are {count} {name.lower()}; CloudFormation takes {most}"
    document = whole.document
    if (
        document is not None
        and document.template is whole.template
        and document.text.count("{{resolve:") <= DYNAMIC_REFERENCES
    ):
        return  # to go through a template takes a twentieth of its check
    references = {
        reference
        for path, written in strings("", whole.template)
        if "/Fn::" not in path  # open is whether CloudFormation counts what a function makes
        for reference in _DYNAMIC.findall(written)
    }
    if len(references) > DYNAMIC_REFERENCES:
        said = f"there are {len(references)} dynamic references"
        yield "Resources", f"{said}; CloudFormation takes {DYNAMIC_REFERENCES}"


@_rule(
    "template-size",
    title="template that is too long",
    fix="split the template: nested stacks, or stacks that import from each other; the CDK writes"
    " it without indentation where @aws-cdk/core:suppressTemplateIndentation is set",
    source=TEMPLATE_BYTES_SOURCE,
)
def template_size(whole: Whole) -> Iterator[Fault]:
    """CloudFormation refuses the template, from a bucket too."""
    text = whole.document.text if whole.document else _compact(whole.template)
    length = len(text.encode(errors="replace"))
    if length > TEMPLATE_BYTES:
        most = f"CloudFormation takes {TEMPLATE_BYTES}"
        yield "Resources", f"the template has {length} bytes or more; {most}"


@_rule(
    "dashboard-size",
    title="dashboard of more widgets or metrics than CloudWatch takes",
    fix="divide it into several",
    source=CLOUDWATCH_SOURCE,
)
def dashboard_size(whole: Whole) -> Iterator[Fault]:
    """CloudWatch refuses the dashboard."""
    for id_, properties in _of_type(whole, "AWS::CloudWatch::Dashboard"):
        try:
            body = json.loads(_known(properties.get("DashboardBody")))
        except ValueError:  # no JSON, or unknown until the deployment
            continue
        found = _listed(body.get("widgets")) if isinstance(body, dict) else []
        problem = too_much([one for one in found if isinstance(one, dict)])
        if problem is not None:
            yield f"Resources/{id_}/DashboardBody", f"the dashboard {problem}"


@_rule(
    "target-input-size",
    title="input of a rule's target that is too long",
    fix="put what is long into an object or a parameter, and give its name",
    source=TARGET_INPUT_SOURCE,
)
def target_input_size(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the target. Values known only at deployment are not counted."""
    for id_, properties in _of_type(whole, "AWS::Events::Rule"):
        for place, target in enumerate(_listed(properties.get("Targets"))):
            given = target if isinstance(target, dict) else {}
            transformer = given.get("InputTransformer")
            template = transformer.get("InputTemplate") if isinstance(transformer, dict) else None
            for value in (given.get("Input"), template):
                length = len(_known(value))
                if length > TARGET_INPUT_CHARACTERS:
                    most = f"EventBridge takes {TARGET_INPUT_CHARACTERS}"
                    said = f"the input has {length} characters or more; {most}"
                    yield f"Resources/{id_}/Targets/{place}", said


@_rule(
    "rule-count",
    severity=Severity.WARNING,
    title="more rules than an event bus has",
    fix="let one rule look for several things, or ask AWS for more rules",
    source=EVENTBRIDGE_SOURCE,
)
def rule_count(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the next one, unless the account was given more."""
    rules = [id_ for id_, own in _of_type(whole, "AWS::Events::Rule") if "EventBusName" not in own]
    if len(rules) > RULES_A_BUS:
        yield (
            f"Resources/{rules[RULES_A_BUS]}",
            f"there are {len(rules)} rules of the default event bus; it has {RULES_A_BUS}",
        )


def _of_type(whole: Whole, type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give ID and properties of each resource of a type."""
    for id_, resource in whole.resources.items():
        if isinstance(resource, dict) and resource.get("Type") == type:
            properties = resource.get("Properties")
            if isinstance(properties, dict):
                yield str(id_), properties


def _is_conditional(whole: Whole, id_: str) -> bool:
    resource = whole.resources[id_]
    return isinstance(resource, dict) and "Condition" in resource


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_intrinsic(value: Mapping[Any, Any]) -> bool:
    return len(value) == 1 and str(next(iter(value))).startswith(("Ref", "Fn::"))


def _length(value: object) -> int:
    """Count the characters of a document as JSON, at least: without what is not known yet."""
    if isinstance(value, dict):
        if _is_intrinsic(value):
            return _text(value, 2)
        return 1 + sum(_length(str(name)) + 2 + _length(one) for name, one in value.items())
    if isinstance(value, list):
        return 1 + sum(1 + _length(one) for one in value)
    return len(json.dumps(value, ensure_ascii=False, default=str))


def _text(value: object, quotes: int) -> int:
    """Count the bytes of a text, at least."""
    return len(_known(value).encode(errors="replace")) + quotes


def _known(value: object) -> str:
    """Give what is known of a text; what only the deployment knows is left out."""
    match value:
        case {"Fn::Join": [str() as glue, list() as parts]}:
            return glue.join(map(_known, parts))
        case dict() | list() | None:
            return ""
    return str(value)
