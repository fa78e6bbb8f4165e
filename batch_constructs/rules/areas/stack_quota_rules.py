"""Rules about what grows with an app until AWS takes no more: sizes and numbers in one template."""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from batch_constructs.aws.network import RULES_A_SECURITY_GROUP_SOURCE
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.quotas import (
    ADVANCED_PARAMETER_CHARACTERS,
    CLOUDWATCH_SOURCE,
    CONCURRENCY,
    EVENTBRIDGE_SOURCE,
    FUNCTION_ENVIRONMENT_BYTES,
    FUNCTION_ENVIRONMENT_SOURCE,
    LOG_RESOURCE_POLICIES_SOURCE,
    METRIC_FILTERS_A_GROUP,
    METRIC_FILTERS_SOURCE,
    PARAMETER_CHARACTERS,
    PARAMETER_SOURCE,
    REGULAR_EXPRESSIONS_A_GROUP,
    REGULAR_EXPRESSIONS_SOURCE,
    RESERVED_CONCURRENCY_SOURCE,
    STANDARD_TIER,
    TARGET_INPUT_CHARACTERS,
    TARGET_INPUT_SOURCE,
    TRAILS_SOURCE,
    UNRESERVED_CONCURRENCY,
    WILDCARD_RULES_SOURCE,
)
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.rules.access.arn_patterns import least_in
from batch_constructs.rules.dashboard import too_much
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.regional_quotas import (
    LOG_POLICIES,
    RULES,
    RULES_OF_A_SECURITY_GROUP,
    TRAILS_OF_A_REGION,
    WILDCARD_RULES,
)
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.values import as_number, from_json
from batch_constructs.rules.template.whole import Whole
from batch_constructs.rules.template.written_lengths import (
    compact,
    is_intrinsic,
    known_text,
    listed,
    of_type,
    text_length,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_rule = partial(rule, subject=Whole.type)


@_rule(
    "function-environment-size",
    title="function whose environment variables are too long",
    fix="put lists into parameters or an object, and pass the name in a variable",
    source=FUNCTION_ENVIRONMENT_SOURCE,
)
def function_environment_size(whole: Whole) -> Iterator[Fault]:
    """Lambda refuses the function.

    Values known only at deployment count with their minimum length.
    """
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::Lambda::Function"):
        environment = properties.get("Environment")
        variables = environment.get("Variables") if isinstance(environment, dict) else None
        if not isinstance(variables, dict) or is_intrinsic(variables):
            continue
        length = sum(
            len(str(name).encode()) + text_length(value, 0, least)
            for name, value in variables.items()
        )
        if length > FUNCTION_ENVIRONMENT_BYTES:
            most = f"Lambda allows {FUNCTION_ENVIRONMENT_BYTES}"
            said = f"the environment variables have {length} bytes or more; {most}"
            yield f"Resources/{id_}", said


@_rule(
    "parameter-size",
    title="Parameter Store parameter that is too long",
    fix="split the value across several parameters, or put it into an object",
    source=PARAMETER_SOURCE,
)
def parameter_size(whole: Whole) -> Iterator[Fault]:
    """Parameter Store refuses it.

    Values known only at deployment count with their minimum length. If no tier is set, the
    account's default applies, which may allow more.
    """
    least = least_in(whole.resources.get)
    for id_, properties in of_type(whole, "AWS::SSM::Parameter"):
        is_standard = properties.get("Tier") == STANDARD_TIER
        most = PARAMETER_CHARACTERS if is_standard else ADVANCED_PARAMETER_CHARACTERS
        length = text_length(properties.get("Value"), 0, least)
        if length > most:
            tier = "of the standard tier" if is_standard else "of any tier"
            said = f"the value has {length} bytes or more; {tier} it can have {most}"
            yield f"Resources/{id_}", said


@_rule(
    "log-resource-policies",
    title="more resource policies of CloudWatch Logs than an account can have",
    fix="let log groups share one policy whose resource ends with an asterisk",
    source=LOG_RESOURCE_POLICIES_SOURCE,
)
def log_resource_policies(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses the next one. Those in other stacks count as well."""
    yield from LOG_POLICIES.too_many(whole.by_type)


@_rule(
    "trail-count",
    title="more CloudTrail trails than a Region can have",
    fix="record everything with one trail, such as that of one AuditTrail",
    source=TRAILS_SOURCE,
)
def trail_count(whole: Whole) -> Iterator[Fault]:
    """CloudTrail refuses the next one. Those in other stacks count as well."""
    yield from TRAILS_OF_A_REGION.too_many(whole.by_type)


@_rule(
    "metric-filter-count",
    title="more metric filters than a log group can have",
    fix="match several things with one pattern, or use Logs Insights",
    source=METRIC_FILTERS_SOURCE,
)
def metric_filter_count(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses the next one. Those in other stacks count as well."""
    filters = of_type(whole, "AWS::Logs::MetricFilter", surely=True)
    yield from _of_one_log_group(filters, METRIC_FILTERS_A_GROUP, "")


def _of_one_log_group(
    filters: Iterable[tuple[str, Mapping[str, Any]]], most: int, such: str
) -> Iterator[Fault]:
    """Say of which log group there are too many metric filters; ``such`` says of which kind."""
    found: dict[str, list[str]] = defaultdict(list)
    for id_, own in filters:
        found[compact(own.get("LogGroupName"))].append(id_)
    for ids in found.values():
        if len(ids) > most:
            said = f"there are {len(ids)} metric filters of one log group{such}; it can have {most}"
            yield f"Resources/{ids[most]}", said


@_rule(
    "dashboard-size",
    title="dashboard with more widgets or metrics than CloudWatch allows",
    fix="split it into several",
    source=CLOUDWATCH_SOURCE,
)
def dashboard_size(whole: Whole) -> Iterator[Fault]:
    """CloudWatch refuses the dashboard."""
    for id_, properties in of_type(whole, "AWS::CloudWatch::Dashboard"):
        body = from_json(known_text(properties.get("DashboardBody")))
        found = listed(body.get("widgets")) if isinstance(body, dict) else []
        problem = too_much([one for one in found if isinstance(one, dict)])
        if problem is not None:
            yield f"Resources/{id_}/DashboardBody", f"the dashboard {problem}"


@_rule(
    "target-input-size",
    title="input of a rule's target that is too long",
    fix="put long values into an object or a parameter, and pass its name",
    source=TARGET_INPUT_SOURCE,
)
def target_input_size(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the target. Values known only at deployment are not counted."""
    for id_, properties in of_type(whole, "AWS::Events::Rule"):
        for place, target in enumerate(listed(properties.get("Targets"))):
            given = target if isinstance(target, dict) else {}
            transformer = given.get("InputTransformer")
            template = transformer.get("InputTemplate") if isinstance(transformer, dict) else None
            for value in (given.get("Input"), template):
                length = len(known_text(value))
                if length > TARGET_INPUT_CHARACTERS:
                    most = f"EventBridge allows {TARGET_INPUT_CHARACTERS}"
                    said = f"the input has {length} characters or more; {most}"
                    yield f"Resources/{id_}/Targets/{place}", said


_QUOTED: Final = pattern(r'"[^"]*"')
"""A term, in which a % is no more than that."""


@_rule(
    "metric-filter-expressions",
    title="more metric filters with a regular expression than a log group can have",
    fix="match several things with one expression, or use terms without %",
    source=REGULAR_EXPRESSIONS_SOURCE,
)
def metric_filter_expressions(whole: Whole) -> Iterator[Fault]:
    """CloudWatch Logs refuses the next one. Those in other stacks count as well."""
    filters = (
        (id_, own)
        for id_, own in of_type(whole, "AWS::Logs::MetricFilter", surely=True)
        if _QUOTED.sub("", known_text(own.get("FilterPattern"))).count("%") > 1
    )
    yield from _of_one_log_group(filters, REGULAR_EXPRESSIONS_A_GROUP, " with an expression")


@_rule(
    "reserved-concurrency",
    severity=Severity.WARNING,
    title="functions that reserve more concurrency than an account has by default",
    fix="reserve less for each, such as reserved_concurrency=2, or ask AWS for more concurrency",
    source=RESERVED_CONCURRENCY_SOURCE,
)
def reserved_concurrency(whole: Whole) -> Iterator[Fault]:
    """Lambda refuses the next one, unless your quota is higher.

    Reservations of functions in other stacks count as well.
    """
    reserved = 0
    for id_, own in of_type(whole, "AWS::Lambda::Function", surely=True):
        reserved += int(as_number(own.get("ReservedConcurrentExecutions")) or 0)
        if reserved + UNRESERVED_CONCURRENCY > CONCURRENCY:
            most = f"{UNRESERVED_CONCURRENCY} of an account's {CONCURRENCY} cannot be reserved"
            said = f"the functions up to here reserve {reserved} concurrent executions"
            yield f"Resources/{id_}", f"{said}; {most}"
            return


@_rule(
    "rule-count",
    severity=Severity.WARNING,
    title="more rules than an event bus can have",
    fix="let one rule match several things, or ask AWS for more rules",
    source=EVENTBRIDGE_SOURCE,
)
def rule_count(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the next one, unless your quota is higher.

    Those in other stacks count as well.
    """
    yield from RULES.too_many(whole.by_type)


@_rule(
    "wildcard-rule-count",
    title="more rules with a wildcard than an event bus can have",
    fix="match a prefix or a suffix only, or let one rule match several things",
    source=WILDCARD_RULES_SOURCE,
)
def wildcard_rule_count(whole: Whole) -> Iterator[Fault]:
    """EventBridge refuses the next one. Those in other stacks count as well."""
    yield from WILDCARD_RULES.too_many(whole.by_type)


@_rule(
    "security-group-rules",
    severity=Severity.WARNING,
    title="more rules than a security group can have",
    fix="let several compute environments share one security group, or ask AWS for more rules",
    source=RULES_A_SECURITY_GROUP_SOURCE,
)
def security_group_rules(whole: Whole) -> Iterator[Fault]:
    """EC2 refuses the next one, unless your quota is higher."""
    yield from RULES_OF_A_SECURITY_GROUP.too_many(whole.by_type)
