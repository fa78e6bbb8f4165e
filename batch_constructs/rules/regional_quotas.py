"""What an account, or one thing of it, has only so many of, counted in one template.

The rules say it of one template; `check/stacks_together.py` adds up what the stacks of an app have
of a Region.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial

from batch_constructs.aws.names import DEFAULT_EVENT_BUS, EVENT_BUS
from batch_constructs.aws.network import RULES_A_SECURITY_GROUP
from batch_constructs.aws.quotas import (
    BATCH_RESOURCES,
    LOG_RESOURCE_POLICIES,
    RULES_A_BUS,
    TRAILS,
    WILDCARD_RULES_A_BUS,
)
from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.names_once import AMONG, DEFINITION_NAME, NAMES
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    JOB_QUEUE,
    SERVICE_ENVIRONMENT,
)
from batch_constructs.rules.template.values import show, spelled_out
from batch_constructs.rules.template.written_lengths import listed, referred, resources_of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.rules.template.written_lengths import ByType


class Group(Record):
    """What is counted together.

    Attributes:
        name: of one event bus its name, and of what is called so the name; empty where an account's
            Region is what has them.
        everywhere: whether other templates of the Region mean the same by it.
    """

    name: str = ""
    everywhere: bool = True


class RegionalQuota(Record):
    """One thing of which there are only so many.

    Attributes:
        rule: the rule that says it of one template.
        things: what they are called.
        most: how many there are.
        has_most: who has as many, in words.
        counted: gives the resources that surely are such things, by group.
        fix: what to do where several stacks have too many together, if not what the rule says.
    """

    rule: str
    things: str
    most: int
    has_most: str
    counted: Callable[[ByType], Mapping[Group, list[str]]]
    fix: str | None = None

    def too_many(self, resources: ByType) -> Iterator[tuple[str, str]]:
        """Give the path of the first resource that is one too many of a template's, and why."""
        told: set[str] = set()
        for ids in self.counted(resources).values():
            if len(ids) > self.most and ids[self.most] not in told:
                told.add(ids[self.most])
                said = f"there are {len(ids)} {self.things}; {self.has_most}"
                yield f"Resources/{ids[self.most]}", said


def _of_types(types: tuple[str, ...], resources: ByType) -> Mapping[Group, list[str]]:
    found = [id_ for one in types for id_, _ in resources_of_type(resources, one, surely=True)]
    return {Group(): found} if found else {}


def _rules_of_buses(resources: ByType, *, wildcard: bool = False) -> Mapping[Group, list[str]]:
    found: dict[Group, list[str]] = defaultdict(list)
    for id_, own in resources_of_type(resources, "AWS::Events::Rule", surely=True):
        if not wildcard or _has_wildcard(own.get("EventPattern")):
            found[_bus(own.get("EventBusName", DEFAULT_EVENT_BUS), resources)].append(id_)
    return found


def _has_wildcard(event_pattern: object) -> bool:
    from batch_constructs.aws.event_pattern import has_wildcard  # noqa: PLC0415  # of rules only

    return has_wildcard(event_pattern)


def _bus(written: object, resources: ByType) -> Group:
    """Tell which event bus a rule is of, whichever way it is named."""
    if isinstance(written, str):
        return Group(written.partition(EVENT_BUS)[2] or written)
    target, _ = referred(written)
    for id_, own in resources_of_type(resources, "AWS::Events::EventBus"):
        if id_ == target:
            name = own.get("Name")
            return Group(name) if isinstance(name, str) else Group(target, everywhere=False)
    return Group(spelled_out(written), everywhere=False)


def _of_security_groups(resources: ByType) -> Mapping[Group, list[str]]:
    found: dict[Group, list[str]] = defaultdict(list)
    kind = "AWS::EC2::SecurityGroup"
    for way in ("Ingress", "Egress"):
        rules = [
            (id_, id_, one)
            for id_, own in resources_of_type(resources, kind, surely=True)
            for one in listed(own.get(f"SecurityGroup{way}"))
        ]
        rules += [
            (referred(own.get("GroupId"))[0], id_, own)
            for id_, own in resources_of_type(resources, f"{kind}{way}", surely=True)
        ]
        for target, id_, rule in rules:
            for version in _versions(rule) if target else ():
                found[Group(f"{target} {way} {version}", everywhere=False)].append(id_)
    return found


def _versions(rule: object) -> tuple[str, ...]:
    """Give for which addresses a rule counts: one that names a group or a list, for both."""
    members = rule if isinstance(rule, dict) else {}
    if "CidrIpv6" in members:
        return ("IPv6",)
    return ("IPv4",) if "CidrIp" in members else ("IPv4", "IPv6")


def _called(names: Mapping[str, str], resources: ByType) -> Mapping[Group, list[str]]:
    found: dict[Group, list[str]] = defaultdict(list)
    for type_, key in names.items():
        for id_, own in resources_of_type(resources, type_, surely=True):
            name, among = own.get(key), own.get(AMONG.get(type_, ""), DEFAULT_EVENT_BUS)
            if isinstance(name, str) and isinstance(among, str) and "{{" not in name:
                noun = type_.rpartition(":")[2].replace("Composite", "")
                within = among.partition(EVENT_BUS)[2] or among
                of = "" if within == DEFAULT_EVENT_BUS else f" of {within}"
                found[Group(f'{noun} "{show(name)}"{of}')].append(id_)
    return found


def _in_a_region(most: int) -> str:
    return f"an account has {most} in a Region"


JOB_QUEUES, COMPUTE_ENVIRONMENTS, SERVICE_ENVIRONMENTS = (
    RegionalQuota(
        "batch-resource-count",
        things,
        BATCH_RESOURCES,
        _in_a_region(BATCH_RESOURCES),
        partial(_of_types, (type_,)),
    )
    for type_, things in (
        (JOB_QUEUE, "job queues"),
        (COMPUTE_ENVIRONMENT, "compute environments"),
        (SERVICE_ENVIRONMENT, "service environments"),
    )
)

LOG_POLICIES: Final = RegionalQuota(
    "log-resource-policies",
    "resource policies of CloudWatch Logs",
    LOG_RESOURCE_POLICIES,
    _in_a_region(LOG_RESOURCE_POLICIES),
    partial(
        _of_types,
        # the second is the CDK's, of a log group as the target of a rule
        ("AWS::Logs::ResourcePolicy", "Custom::CloudwatchLogResourcePolicy"),
    ),
    "put event logs, dashboards and audit trails of several stacks into one",
)

TRAILS_OF_A_REGION: Final = RegionalQuota(
    "trail-count",
    "trails of CloudTrail",
    TRAILS,
    _in_a_region(TRAILS),
    partial(_of_types, ("AWS::CloudTrail::Trail",)),
    "let the audit trails of several stacks read the calls that one trail records",
)

RULES: Final = RegionalQuota(
    "rule-count", "rules of one event bus", RULES_A_BUS, f"a bus has {RULES_A_BUS}", _rules_of_buses
)

WILDCARD_RULES: Final = RegionalQuota(
    "wildcard-rule-count",
    "rules of one event bus with a wildcard",
    WILDCARD_RULES_A_BUS,
    f"a bus has {WILDCARD_RULES_A_BUS}",
    partial(_rules_of_buses, wildcard=True),
)

RULES_OF_A_SECURITY_GROUP: Final = RegionalQuota(
    "security-group-rules",
    "rules of one security group in one direction",
    RULES_A_SECURITY_GROUP,
    f"a group has {RULES_A_SECURITY_GROUP}",
    _of_security_groups,
)

NAMES_OF_A_REGION, DEFINITION_NAMES = (
    RegionalQuota(rule, "resources called", 1, "a name is given once", partial(_called, names))
    for rule, names in (
        ("duplicate-name", NAMES),
        ("duplicate-definition-name", {JOB_DEFINITION: DEFINITION_NAME}),
    )
)

REGIONAL_QUOTAS: Final = (
    NAMES_OF_A_REGION,
    DEFINITION_NAMES,
    JOB_QUEUES,
    COMPUTE_ENVIRONMENTS,
    SERVICE_ENVIRONMENTS,
    LOG_POLICIES,
    TRAILS_OF_A_REGION,
    RULES,
    WILDCARD_RULES,
)
