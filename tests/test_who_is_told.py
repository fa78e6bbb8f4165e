"""Of every construct: where what fails lies, and who is told, whatever invokes or delivers it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from tests.constructors import Given
from tests.test_function_settings import SHIPS, Shared, every_one
from tests.test_public_api import MADE_BY_US

Resources = dict[str, dict[str, Any]]


def rendered(stack: cdk.Stack) -> Resources:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    template = app.synth(force=True).get_stack_by_name(stack.stack_name).template
    found: Resources = template["Resources"]
    return found


def of_kind(resources: Resources, kind: str) -> Resources:
    return {name: one for name, one in resources.items() if one["Type"] == kind}


def named(value: Any) -> str:
    """Return the logical ID that a reference or an attribute names."""
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


@pytest.fixture(scope="module")
def everything() -> Resources:
    """Return the resources of every construct of the library, in one stack."""
    app = cdk.App(builtin_cloud_formation_validation=False)
    given = Given(cdk.Stack(app, "Stack"))
    for name in MADE_BY_US:
        getattr(bc, name)(given.stack, f"X{name}", **given.arguments(name))
    return rendered(given.stack)


def test_what_an_event_or_a_schedule_invokes_leaves_what_failed_in_a_queue(
    everything: Resources,
) -> None:
    """Every function that is the target of a rule, but what CloudFormation waits for itself."""
    functions = of_kind(everything, "AWS::Lambda::Function")
    invoked = {
        named(target["Arn"])
        for rule in of_kind(everything, "AWS::Events::Rule").values()
        for target in rule["Properties"].get("Targets", [])
        if "Fn::GetAtt" in target["Arn"] and named(target["Arn"]) in functions
    }
    assert len(invoked) >= 6

    configured = {
        named(one["Properties"]["FunctionName"]): one["Properties"]
        for one in of_kind(everything, "AWS::Lambda::EventInvokeConfig").values()
    }
    for name in invoked:
        age = configured[name]["MaximumEventAgeInSeconds"]
        assert 60 <= age <= 6 * 3600
        destination = configured[name]["DestinationConfig"]["OnFailure"]["Destination"]
        assert named(destination) in of_kind(everything, "AWS::SQS::Queue")


def test_a_queue_of_dead_letters_can_be_mapped_to_the_function_that_left_them(
    everything: Resources,
) -> None:
    """Lambda asks whether its role may, and whether letters stay hidden as long as it runs."""
    queues = of_kind(everything, "AWS::SQS::Queue")
    functions = of_kind(everything, "AWS::Lambda::Function")
    policies = of_kind(everything, "AWS::IAM::Policy")
    mapped = {
        named(one["Properties"]["FunctionName"]): named(
            one["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        )
        for one in of_kind(everything, "AWS::Lambda::EventInvokeConfig").values()
        if "OnFailure" in one["Properties"].get("DestinationConfig", {})
    }
    assert len(mapped) >= 6

    for function, queue in mapped.items():
        properties = functions[function]["Properties"]
        assert queues[queue]["Properties"]["VisibilityTimeout"] >= properties["Timeout"]
        allowed = {
            action
            for policy in policies.values()
            if properties["Role"]["Fn::GetAtt"][0] in map(named, policy["Properties"]["Roles"])
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
            for action in statement["Action"]
        }
        assert allowed >= {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


def test_every_target_of_a_rule_has_a_dead_letter_queue(everything: Resources) -> None:
    """Functions, Batch, log groups, the audit's rules, and the schedules of gauges and guard."""
    targets = [
        (name, target)
        for name, rule in of_kind(everything, "AWS::Events::Rule").items()
        for target in rule["Properties"].get("Targets", [])
    ]
    assert len(targets) > 10

    assert [name for name, target in targets if "DeadLetterConfig" not in target] == []


def test_every_schedule_has_a_dead_letter_queue(everything: Resources) -> None:
    schedules = of_kind(everything, "AWS::Scheduler::Schedule")
    assert schedules

    for schedule in schedules.values():
        assert "DeadLetterConfig" in schedule["Properties"]["Target"]


UNDELIVERED = "InvocationsFailedToBeSentToDlq"


def delivering(found: Resources) -> list[str]:
    """Return the rules whose targets have a dead-letter queue, but for two kinds.

    What AuditTrail's rules on changes match, its first rule matches as well; and what an event log
    writes of blocked queues goes the way of what it writes of failed jobs.
    """
    return [
        name
        for name, rule in of_kind(found, "AWS::Events::Rule").items()
        if any("DeadLetterConfig" in one for one in rule["Properties"].get("Targets", []))
        and "ChangesRule" not in name
        and "BlockedRule" not in name
    ]


def alarmed(found: Resources, topic: Any) -> set[tuple[str, str]]:
    """Return the metrics whose alarms tell a topic, with what each is of."""
    return {
        (one["Properties"]["MetricName"], named(each["Value"]))
        for one in of_kind(found, "AWS::CloudWatch::Alarm").values()
        if topic in one["Properties"].get("AlarmActions", [])
        for each in one["Properties"].get("Dimensions", [])
        if isinstance(each["Value"], dict)
    }


OWN_TOPIC = {
    "AuditTrail",
    "CostGuard",
    "EventTrigger",
    "ForwardedEvents",
    "JobCounters",
    "JobGauges",
    "JobNotifications",
    "ObjectCreatedTrigger",
}
"""What makes rules, and takes the topic that is told of what these lose."""

OF_MONITORING = {"BatchDashboard", "BatchMonitoring", "JobEventLog"}
"""What writes to an event log, which ``BatchMonitoring`` watches."""


@pytest.mark.parametrize("name", sorted(MADE_BY_US))
def test_whoever_makes_a_rule_is_told_of_what_is_not_even_in_its_dead_letter_queue(
    name: str,
) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    given = Given(cdk.Stack(app, "Stack"))
    topic = sns.Topic(given.stack, "Alerts")
    told: dict[str, Any] = {"alarm_topic": topic} if name in OWN_TOPIC else {}
    if name == "JobQueue":  # of its Spot rescue
        told = {"function_settings": bc.FunctionSettings(alarm_topic=topic)}
    getattr(bc, name)(given.stack, "It", **{**given.arguments(name), **told})

    found = rendered(given.stack)
    rules = [one for one in delivering(found) if one.startswith("It")]
    assert bool(rules) is (bool(told) or name in OF_MONITORING), rules
    if told:
        watched = alarmed(found, given.stack.resolve(topic.topic_arn))
        assert {(UNDELIVERED, one) for one in rules} <= watched


def trigger(kind: str, stack: cdk.Stack, shared: Shared, **more: Any) -> Any:
    common: dict[str, Any] = {"queue": shared.queue, "job_definition": shared.job}
    if kind == "schedule":
        return bc.ScheduleTrigger(stack, "It", schedule="rate(1 hour)", **common, **more)
    by_function: dict[str, Any] = (
        {"timeout": cdk.Duration.minutes(5)} if kind == "by a function" else {}
    )
    pattern = {"source": ["a"]}
    return bc.EventTrigger(stack, "It", event_pattern=pattern, **by_function, **common, **more)


@pytest.mark.parametrize("by", ["alarm_topic", "triggers"])
@pytest.mark.parametrize("kind", ["by EventBridge", "by a function", "schedule"])
def test_a_trigger_tells_of_its_dead_letters_and_of_what_is_not_even_there(
    kind: str, by: str, stack: cdk.Stack
) -> None:
    """By one parameter of the trigger, or by one of BatchMonitoring."""
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    if by == "alarm_topic":
        made = trigger(kind, stack, shared, alarm_topic=topic)
    else:
        made = trigger(kind, stack, shared)
        bc.BatchMonitoring(
            stack, "Monitoring", queues=[shared.queue], triggers=[made], alarm_topic=topic
        )

    found = rendered(stack)
    told = stack.resolve(topic.topic_arn)
    watched = alarmed(found, told)
    [letters] = [one for one in of_kind(found, "AWS::SQS::Queue") if one.startswith("It")]
    assert _is_told(letters, watched)
    functions = [one for one in of_kind(found, "AWS::Lambda::Function") if one.startswith("It")]
    assert bool(functions) is (kind == "by a function")
    for function in functions:
        assert {("Errors", function), ("Throttles", function)} <= watched
    if kind == "schedule":
        [lost] = [
            one["Properties"]
            for one in of_kind(found, "AWS::CloudWatch::Alarm").values()
            if one["Properties"].get("Namespace") == "AWS/Scheduler"
        ]
        assert lost["MetricName"] == "InvocationsFailedToBeSentToDeadLetterCount"
        assert lost["Dimensions"] == [{"Name": "ScheduleGroup", "Value": "default"}]
        assert lost["AlarmActions"] == [told]
    else:
        [rule] = [one for one in delivering(found) if one.startswith("It")]
        assert (UNDELIVERED, rule) in watched


def test_what_two_triggers_share_has_one_alarm(stack: cdk.Stack) -> None:
    """A dead-letter queue, a group of schedules, and a function that was given already."""
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    letters = sqs.Queue(stack, "Letters")
    common: dict[str, Any] = {"queue": shared.queue, "job_definition": shared.job}
    common["dead_letter_queue"] = letters
    schedules = [
        bc.ScheduleTrigger(stack, f"Schedule{number}", schedule="rate(1 hour)", **common)
        for number in range(2)
    ]
    event = trigger("by a function", stack, shared)
    made = bc.BatchMonitoring(
        stack,
        "Monitoring",
        queues=[shared.queue],
        triggers=[*schedules, event],
        functions=[event.function],
        alarm_topic=topic,
    )

    of_triggers = {name for name in made.alarms if name.startswith(("Schedule", "Submit", "It"))}
    assert of_triggers == {
        "Schedule0/DeadLetters",
        "Schedule0/Undelivered",
        "It/Undelivered",
        *(f"Submit/{name}" for name in ("Errors", "Throttles", "DeadLetters", "Lost")),
    }


def test_a_dead_letter_queue_that_is_watched_already_has_no_second_alarm(
    stack: cdk.Stack,
) -> None:
    """That of a function, of a gateway and of the event log as one that is given."""
    shared = Shared(stack)
    common: dict[str, Any] = {"queue": shared.queue, "job_definition": shared.job}
    gateway = bc.SubmissionGateway(stack, "Gateway", **common)
    function = bc.SubmitFunction(stack, "Function", **common)
    log = bc.JobEventLog(stack, "Log", queues=[shared.queue])
    schedules = [
        bc.ScheduleTrigger(
            stack,
            f"Schedule{number}",
            schedule="rate(1 hour)",
            dead_letter_queue=letters,
            **common,
        )
        for number, letters in enumerate(
            (gateway.dead_letter_queue, function.dead_letter_queue, log.dead_letter_queue)
        )
    ]

    made = bc.BatchMonitoring(
        stack,
        "Monitoring",
        queues=[shared.queue],
        triggers=schedules,
        functions=[function],
        gateways=[gateway],
        event_log=log,
    )

    assert {name for name in made.alarms if name.startswith("Schedule")} == {
        "Schedule0/Undelivered"
    }


def test_rules_of_one_id_have_alarms_whose_ids_stay_when_another_comes(stack: cdk.Stack) -> None:
    queues = [Shared(cdk.Stack(stack, name)).queue for name in ("A", "B", "C")]

    def alarms(some: list[Any], id: str) -> set[str]:
        rules = [bc.events_of(queue).on_job_failed(id) for queue in some]
        made = bc.BatchMonitoring(stack, f"Of{id}", queues=some, rules=rules, alarm_name_prefix=id)
        return {name.replace(id, "") for name in made.alarms if "FailedInvocations" in name}

    assert alarms(queues[::2], "Two") < alarms(queues, "Three")


def test_a_trigger_without_a_function_has_no_alarms_of_functions(stack: cdk.Stack) -> None:
    settings = bc.FunctionSettings(alarm_topic=sns.Topic(stack, "Alerts"))
    bc.DefaultSettings.of(stack).apply(function_settings=settings)
    trigger("by EventBridge", stack, Shared(stack))

    assert of_kind(rendered(stack), "AWS::CloudWatch::Alarm") == {}


def test_a_rule_on_the_queue_s_events_tells_what_it_could_not_deliver(stack: cdk.Stack) -> None:
    """Its target, and whether that has a dead-letter queue, is its author's."""
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    rule = bc.events_of(shared.queue).on_job_failed("Failed", target=topic)
    bc.BatchMonitoring(stack, "Monitoring", queues=[shared.queue], rules=[rule], alarm_topic=topic)

    watched = alarmed(rendered(stack), stack.resolve(topic.topic_arn))
    assert ("FailedInvocations", stack.resolve(rule.rule_name)["Ref"]) in watched


@pytest.mark.parametrize("later", [False, True])
def test_a_bucket_of_a_gateway_is_watched_whenever_it_is_added(
    stack: cdk.Stack,
    later: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    gateway = bc.SubmissionGateway(
        stack,
        "It",
        queue=shared.queue,
        job_definition=shared.job,
        idempotency_key="$.id",
        alarm_topic=topic,
    )

    def watch() -> None:
        bc.BatchMonitoring(
            stack, "Monitoring", queues=[shared.queue], gateways=[gateway], alarm_topic=topic
        )

    def add() -> None:
        gateway.add_bucket("Uploads", s3.Bucket(stack, "Bucket"))

    for step in (watch, add) if later else (add, watch):
        step()

    alarms = of_kind(rendered(stack), "AWS::CloudWatch::Alarm")
    told = [
        name
        for name, one in alarms.items()
        if one["Properties"].get("MetricName") == UNDELIVERED
        and "Uploads" in named(one["Properties"]["Dimensions"][0]["Value"])
    ]
    assert sorted(name[:-8] for name in told) == [
        "ItUploadsAlarmsUndelivered",
        "MonitoringItUploadsUndelivered",
    ]


def test_what_is_no_trigger_and_no_rule_is_refused(stack: cdk.Stack) -> None:
    shared = Shared(stack)
    topic: Any = sns.Topic(stack, "Alerts")
    with pytest.raises(TypeError) as refused:
        bc.BatchMonitoring(
            stack, "Monitoring", queues=[shared.queue], triggers=[topic], rules=[topic]
        )
    assert "triggers[0]" in str(refused.value)
    assert "rules[0]" in str(refused.value)


@pytest.mark.parametrize("by", ["alarm_topic", "functions"])
@every_one
def test_every_function_has_its_alarms(name: str, by: str, stack: cdk.Stack) -> None:
    """By one parameter that whatever ships a function takes, and in BatchMonitoring."""
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    if by == "alarm_topic":
        SHIPS[name](stack, shared, function_settings=bc.FunctionSettings(alarm_topic=topic))
    else:
        made = SHIPS[name](stack, shared)
        gateways = [made] if isinstance(made, bc.SubmissionGateway) else []
        triggers = [made] if isinstance(made, bc.EventTrigger) else []
        shipping = [one for one in made.node.find_all() if _is_watched(one)]
        if not gateways and not shipping:
            # their deployment fails, where they fail
            assert name in ("EksNamespace", "UnmanagedComputeEnvironment")
            return
        bc.BatchMonitoring(
            stack,
            "Monitoring",
            queues=[shared.queue],
            functions=shipping,
            triggers=triggers,
            gateways=gateways,
            alarm_topic=topic,
        )

    found = rendered(stack)
    alarms = [one["Properties"] for one in of_kind(found, "AWS::CloudWatch::Alarm").values()]
    watched = {
        (one["MetricName"], named(each["Value"]))
        for one in alarms
        if stack.resolve(topic.topic_arn) in one.get("AlarmActions", [])
        for each in one.get("Dimensions", [])
        if isinstance(each["Value"], dict)
    }
    functions = {
        logical: one
        for logical, one in of_kind(found, "AWS::Lambda::Function").items()
        if not logical.startswith("LogRetention") and "Provider" not in logical
    }
    assert functions
    scheduled = {
        named(target["Arn"])
        for rule in of_kind(found, "AWS::Events::Rule").values()
        if "ScheduleExpression" in rule["Properties"]
        for target in rule["Properties"]["Targets"]
    }
    for rule in delivering(found):
        if not rule.startswith("Monitoring") or by == "functions":
            assert (UNDELIVERED, rule) in watched, rule
    for function in functions:
        assert {("Errors", function), ("Throttles", function)} <= watched
        assert (("Invocations", function) in watched) is (function in scheduled)
    letters = {
        logical
        for logical, one in of_kind(found, "AWS::SQS::Queue").items()
        if "DeadLetterQueue" in logical and not logical.startswith("Monitoring")
    }
    for queue in letters:
        if name != "CostGuard" or queue.startswith("It"):
            assert _is_told(queue, watched)


def test_what_retires_old_revisions_is_watched_with_its_definition(stack: cdk.Stack) -> None:
    """No deployment fails for it, so that its alarm alone tells that they stay."""
    topic = sns.Topic(stack, "Alerts")
    job = bc.FargateJobDefinition(
        stack,
        "Convert",
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        keep_old_revisions=3,
    )
    bc.BatchMonitoring(
        stack,
        "Monitoring",
        queues=[Shared(stack).queue],
        functions=[job],
        alarm_topic=topic,
    )

    found = rendered(stack)
    [resource] = of_kind(found, "Custom::BatchOldRevisions").values()
    function = named(resource["Properties"]["ServiceToken"])
    [alarm] = [
        one["Properties"]
        for one in of_kind(found, "AWS::CloudWatch::Alarm").values()
        if one["Properties"].get("MetricName") == "Errors"
    ]
    assert named(alarm["Dimensions"][0]["Value"]) == function
    assert alarm["AlarmActions"] == [stack.resolve(topic.topic_arn)]


def test_no_alarm_rests_on_a_rule_without_a_target(everything: Resources) -> None:
    """Nobody says that EventBridge counts what a rule matches that hands it to nobody."""
    rules = of_kind(everything, "AWS::Events::Rule")
    resting = {
        named(dimension["Value"])
        for alarm in of_kind(everything, "AWS::CloudWatch::Alarm").values()
        for metric in (alarm["Properties"], *_metrics_of(alarm["Properties"]))
        if metric.get("Namespace") == "AWS/Events"
        for dimension in metric["Dimensions"]
    }

    assert len(resting) >= 2  # a blocked queue, and changes by hand
    assert [name for name in resting if not rules[name]["Properties"].get("Targets")] == []


def _metrics_of(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**one["MetricStat"]["Metric"]} for one in alarm.get("Metrics", []) if "MetricStat" in one
    ]


def _is_watched(construct: Any) -> bool:
    return getattr(construct, "watched_function", None) is not None


def _is_told(queue: str, watched: set[tuple[str, str]]) -> bool:
    return ("ApproximateNumberOfMessagesVisible", queue) in watched


@every_one
def test_no_alarm_says_that_all_is_well_as_it_is_made(name: str, stack: cdk.Stack) -> None:
    """CloudWatch tells the end of a new alarm's first state as it tells the end of an alarm."""
    topic = sns.Topic(stack, "Alerts")
    shared = Shared(stack)
    SHIPS[name](stack, shared, function_settings=bc.FunctionSettings(alarm_topic=topic))
    bc.BatchMonitoring(stack, "Monitoring", queues=[shared.queue], alarm_topic=topic)

    alarms = of_kind(rendered(stack), "AWS::CloudWatch::Alarm").values()
    assert alarms
    for alarm in alarms:
        assert not {"OKActions", "InsufficientDataActions"} & set(alarm["Properties"])
