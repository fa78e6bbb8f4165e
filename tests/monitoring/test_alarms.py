"""BatchMonitoring: which alarms, on what, at which limits, called what, telling whom."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack, Token
from aws_cdk import aws_batch as batch
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from batch_constructs import (
    AlarmThresholds,
    AlertTopic,
    BatchMonitoring,
    ComputeEnvironment,
    CostGuard,
    EventTrigger,
    HasWatchedFunction,
    JobCounters,
    JobDefinition,
    JobEventLog,
    JobGauges,
    JobNotifications,
    JobQueue,
    SubmissionGateway,
    SubmitFunction,
    VcpuBudget,
)
from batch_constructs.aws.metrics import NATIVE_METRICS
from batch_constructs.aws.quotas import ALARM_SECONDS
from batch_constructs.event_bus import dimensions_of
from batch_constructs.function_alarms import WatchedFunction, function_alarms
from batch_constructs.monitoring import alarm_names
from tests.monitoring import job_story as story
from tests.monitoring.conftest import Resources, plain, queue_in

Find = Callable[[str], Resources]


@pytest.fixture
def alarms(resources: Find) -> Callable[[], dict[str, dict[str, Any]]]:
    """Return the alarms by what their names end with."""

    def of() -> dict[str, dict[str, Any]]:
        found = resources("AWS::CloudWatch::Alarm").values()
        named = [alarm for alarm in found if "AlarmName" in alarm]
        return {plain(alarm["AlarmName"]).rpartition("-")[2]: alarm for alarm in named}

    return of


Alarms = Callable[[], dict[str, dict[str, Any]]]


def test_a_queue_alone_gets_the_alarms_that_need_nothing_deployed(
    stack: Stack, queue: JobQueue, alarms: Alarms, resources: Find
) -> None:
    BatchMonitoring(stack, "Monitoring", queues=[queue])

    lost = {"DeadLetters", "Undelivered"}  # of the log of failures
    assert set(alarms()) == {"FailureRate", "TimeInRunnable", "Blocked", *lost}
    assert resources("AWS::Lambda::Function") == {}


def test_every_native_metric_that_an_alarm_reads_exists(
    stack: Stack, queue: JobQueue, alarms: Alarms
) -> None:
    BatchMonitoring(stack, "Monitoring", queues=[queue])

    read = [
        (stat["Namespace"], stat["MetricName"])
        for alarm in alarms().values()
        for metric in alarm.get("Metrics", [])
        if (stat := metric.get("MetricStat", {}).get("Metric"))
    ]
    read += [
        (alarm["Namespace"], alarm["MetricName"])
        for alarm in alarms().values()
        if "Namespace" in alarm
    ]
    ours = [name for namespace, name in read if namespace == "AWS/Batch"]
    assert len(ours) == 5
    assert set(ours) <= set(NATIVE_METRICS)


def test_gaps_in_the_metrics_raise_no_alarm(stack: Stack, queue: JobQueue, alarms: Alarms) -> None:
    BatchMonitoring(stack, "Monitoring", queues=[queue])

    assert {alarm["TreatMissingData"] for alarm in alarms().values()} == {"notBreaching"}


def rate(expression: str, **counts: float | None) -> float:
    """Reckon the alarm's expression as CloudWatch does, a missing count being None."""

    def fill(value: float | None, instead: float) -> float:
        return instead if value is None else value

    def choose(condition: bool, then: float, otherwise: float) -> float:  # noqa: FBT001
        return then if condition else otherwise

    python = expression.replace("IF(", "choose(").replace("FILL(", "fill(")
    try:
        return float(eval(python, {"choose": choose, "fill": fill}, counts))  # noqa: S307
    except ZeroDivisionError:
        return 0.0


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        ({"failed": 3, "cancelled": 0, "terminated": 0, "succeeded": 7}, 30),
        ({"failed": 3, "cancelled": 2, "terminated": 1, "succeeded": 7}, 0),
        ({"failed": 1, "cancelled": None, "terminated": None, "succeeded": None}, 0),
        ({"failed": 5, "cancelled": None, "terminated": None, "succeeded": None}, 100),
        ({"failed": None, "cancelled": None, "terminated": None, "succeeded": 9}, 0),
        ({"failed": 2, "cancelled": None, "terminated": None, "succeeded": 2}, 0),
    ],
)
def test_the_failure_rate_leaves_out_what_people_stopped_and_small_numbers(
    stack: Stack,
    queue: JobQueue,
    alarms: Alarms,
    counts: dict[str, float | None],
    percent: float,
) -> None:
    BatchMonitoring(stack, "Monitoring", queues=[queue])

    alarm = alarms()["FailureRate"]

    result = next(metric for metric in alarm["Metrics"] if metric["Id"] == "result")
    assert rate(result["Expression"], **counts) == percent
    assert (alarm["Threshold"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (
        10,
        2,
        3,
    )


def test_a_blocked_queue_is_an_alarm_on_its_own_rules_metric(
    stack: Stack, queue: JobQueue, alarms: Alarms, resources: Find
) -> None:
    BatchMonitoring(stack, "Monitoring", queues=[queue])

    alarm = alarms()["Blocked"]
    [dimension] = alarm["Dimensions"]
    rule = resources("AWS::Events::Rule")[dimension["Value"]["Ref"]]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "TriggeredRules")
    assert rule["EventPattern"]["detail-type"][0] == "Batch Job Queue Blocked"
    assert rule["EventPattern"]["detail"]["jobQueue"] == [stack.resolve(queue.job_queue_arn)]


def test_a_queue_that_is_blocked_is_told_from_the_bus_of_its_event_log(
    stack: Stack, queue: JobQueue, alarms: Alarms, resources: Find
) -> None:
    bus = events.EventBus(stack, "Bus")
    log = JobEventLog(stack, "Log", queues=[queue], event_bus=bus)

    BatchMonitoring(stack, "Monitoring", queues=[queue], event_log=log)

    of = {each["Name"]: each["Value"] for each in alarms()["Blocked"]["Dimensions"]}
    [rule] = [name for name in resources("AWS::Events::Rule") if "Blocked" in name]
    assert of == {
        "EventBusName": stack.resolve(bus.event_bus_name),
        "RuleName": {"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": [rule, "Arn"]}]}]},
    }


def test_a_rule_on_the_default_bus_that_is_named_has_no_dimension_of_a_bus(stack: Stack) -> None:
    rule = events.CfnRule(
        stack, "Rule", event_bus_name="default", schedule_expression="rate(1 day)"
    )

    assert dimensions_of(rule) == {"RuleName": rule.ref}


def test_gauges_add_the_head_of_the_queue_invalid_environments_and_spending(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment, alarms: Alarms
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])

    made = BatchMonitoring(
        stack,
        "Monitoring",
        queues=[queue],
        compute_environments=[environment],
        gauges=gauges,
        thresholds=AlarmThresholds(
            head_of_queue_age=Duration.minutes(30),
            vcpu_hours_per_day=500,
            failure_rate_percent=None,
        ),
    )

    found = alarms()
    of_the_function = {"Errors", "Throttles", "Silence", "DeadLetters", "Lost", "Undelivered"}
    assert set(found) == {
        "TimeInRunnable",
        "HeadOfQueue",
        "Spend",
        "Blocked",
        "Invalid",
        *of_the_function,
    }
    assert found["HeadOfQueue"]["Threshold"] == 1800
    assert found["TimeInRunnable"]["Threshold"] == 3_600_000
    assert found["Spend"]["Metrics"][0]["MetricStat"]["Period"] == 86_400
    assert found["Spend"]["Metrics"][1]["Expression"] == "vcpus * 300 / 3600"
    assert plain(found["Invalid"]["AlarmName"]) == "batch-spot-Invalid"
    assert set(made.alarms) == {
        "Nightly/TimeInRunnable",
        "Nightly/HeadOfQueue",
        "Nightly/Spend",
        "Nightly/Blocked",
        "Spot/Invalid",
        "EventLogDeadLetters",
        "EventLogUndelivered",
        *(f"Gauges/{name}" for name in of_the_function),
    }


def test_every_function_that_ships_may_be_watched(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    counters = JobCounters(stack, "Counters", queues=[queue])
    notifications = JobNotifications(stack, "Notify", queues=[queue])
    guard = CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(5))
    watched: list[HasWatchedFunction] = [counters, notifications, guard, guard.gauges]

    topic = sns.Topic(stack, "Alerts")

    made = BatchMonitoring(
        stack, "Monitoring", queues=[queue], functions=watched, alarm_topic=topic
    )

    names: dict[str, set[str]] = {name.partition("/")[0]: set() for name in made.alarms}
    for name in filter(lambda each: "/" in each, made.alarms):
        place, _, alarm = name.partition("/")
        names[place].add(alarm)
    events = {"Errors", "Throttles", "DeadLetters", "Lost", "Undelivered"}
    assert {name: names[name] for name in ("Counters", "Notify", "Guard", "Gauges")} == {
        "Counters": events,
        "Notify": {*events, "Undelivered1"},  # on jobs, and on blocked queues
        "Guard": {*events, "Silence"},
        "Gauges": {*events, "Silence"},
    }
    silence = [
        alarm
        for name, alarm in resources("AWS::CloudWatch::Alarm").items()
        if name.startswith("MonitoringGuardSilence")
    ]
    [found] = silence
    assert (found["MetricName"], found["Period"], found["EvaluationPeriods"]) == (
        "Invocations",
        900,
        3,
    )
    assert found["TreatMissingData"] == "breaching"  # one that never ran has no metric
    assert found["AlarmActions"] != []


def test_an_event_that_lambda_can_put_into_no_dead_letter_queue_is_an_alarm(
    stack: Stack, queue: JobQueue, alarms: Alarms
) -> None:
    counters = JobCounters(stack, "Counters", queues=[queue])
    job = JobDefinition.from_job_definition_arn(stack, "Job", story.DEFINITION)
    gateway = SubmissionGateway(stack, "Gateway", queue=queue, job_definition=job)

    made = BatchMonitoring(
        stack, "Monitoring", queues=[queue], functions=[counters], gateways=[gateway]
    )

    found = alarms()["Lost"]
    assert (found["MetricName"], found["Threshold"]) == ("DestinationDeliveryFailures", 0)
    [function] = (each["Value"] for each in found["Dimensions"])
    assert function == stack.resolve(counters.function.function_name)
    # what a gateway cannot set aside comes again
    assert [name for name in made.alarms if name.endswith("/Lost")] == ["Counters/Lost"]


def test_the_function_that_reports_idle_queues_is_watched_with_its_notifications(
    stack: Stack, queue: JobQueue
) -> None:
    notices = JobNotifications(stack, "Notify", queues=[queue], idle_after=Duration.hours(1))

    made = BatchMonitoring(stack, "Monitoring", queues=[queue], functions=[notices])

    assert {"Notify/Errors", "NotifyIdle/Errors", "NotifyIdle/Silence"} <= set(made.alarms)


def test_a_function_that_comes_in_twice_has_its_alarms_once(stack: Stack, queue: JobQueue) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue])
    made = BatchMonitoring(
        stack, "Monitoring", queues=[queue], gauges=gauges, functions=[gauges, gauges]
    )

    assert len([name for name in made.alarms if name.endswith("/Silence")]) == 1


@pytest.mark.parametrize("in_one_stack", [True, False])
def test_two_that_make_alarms_of_one_name_are_refused(
    app: App,
    in_one_stack: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    place = Environment(account="123456789012", region="us-east-1")
    first, second = (Stack(app, name, env=place) for name in ("First", "Second"))
    queue = queue_in(first)
    made = BatchMonitoring(first, "Monitoring", queues=[queue])
    beside = first if in_one_stack else second

    told = 'alarm_name_prefix is "batch", like that of First/Monitoring, which also creates alarms'
    with pytest.raises(ValueError, match=told):
        BatchMonitoring(beside, "Another", queues=[queue], event_log=made.event_log)
    BatchMonitoring(beside, "Another", queues=[queue], alarm_name_prefix="team")


def test_what_may_be_deployed_elsewhere_may_make_alarms_of_one_name(app: App) -> None:
    stacks = [Stack(app, name) for name in ("Stack", "Other")]
    queue = queue_in(stacks[0])
    for one in stacks:
        BatchMonitoring(one, "Monitoring", queues=[queue])


def test_one_more_that_makes_alarms_of_other_queues_is_asked_of_no_other(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The price of a team's monitoring is the same, however many teams there are."""
    asked: list[Any] = []
    monkeypatch.setattr(alarm_names, "is_there", asked.append)
    for number in range(3):
        name = f"Queue{number}"
        queue = JobQueue.from_job_queue_arn(
            stack, name, f"arn:aws:batch:eu-west-1:123456789012:job-queue/{name}"
        )
        BatchMonitoring(stack, f"Monitoring{number}", queues=[queue])

    assert asked == []


@pytest.mark.parametrize("kind", ["counters", "notifications", "gauges", "guard", "submit"])
def test_one_parameter_has_a_function_watched_without_monitoring(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources], kind: str
) -> None:
    topic = sns.Topic(stack, "Alerts")
    if kind == "counters":
        JobCounters(stack, "X", queues=[queue], alarm_topic=topic)
    elif kind == "notifications":
        JobNotifications(stack, "X", queues=[queue], topic=topic, alarm_topic=topic)
    elif kind == "gauges":
        JobGauges(stack, "X", queues=[queue], alarm_topic=topic)
    elif kind == "guard":
        CostGuard(
            stack,
            "X",
            queues=[queue],
            budget=VcpuBudget.of_vcpu_hours(5),
            topic=topic,
            gauges=JobGauges(stack, "Gauges", queues=[queue]),
            alarm_topic=topic,
        )
    else:
        definition = JobDefinition.from_job_definition_arn(
            stack, "Definition", "arn:aws:batch:us-east-1:123456789012:job-definition/report:3"
        )
        SubmitFunction(stack, "X", queue=queue, job_definition=definition, alarm_topic=topic)

    alarms = resources("AWS::CloudWatch::Alarm")
    kinds = {name.removeprefix("XAlarms")[:-8] for name in alarms}
    silent = {"Silence"} if kind in ("gauges", "guard") else set()
    lost = {"Undelivered"} if kind != "submit" else set()
    lost |= {"Undelivered1"} if kind == "notifications" else set()
    assert kinds == {"Errors", "Throttles", "DeadLetters", "Lost", *silent, *lost}
    assert all(stack.resolve(topic.topic_arn) in each["AlarmActions"] for each in alarms.values())


def test_alarms_have_one_kind_of_name_and_say_what_helps(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    daily = JobQueue.from_job_queue_name(stack, "Daily", "daily")

    BatchMonitoring(stack, "Monitoring", queues=[queue, daily], alarm_name_prefix="prod")

    found = list(resources("AWS::CloudWatch::Alarm").values())
    names = [plain(alarm["AlarmName"]) for alarm in found]
    assert all(name.startswith("prod-") for name in names)
    assert "prod-daily-FailureRate" in names
    assert len(set(names)) == len(names)
    assert all(plain(alarm["AlarmDescription"]).endswith(".") for alarm in found)


def test_alarms_tell_the_topic_of_trouble(stack: Stack, queue: JobQueue, resources: Find) -> None:
    topic = AlertTopic(stack, "Alerts")

    BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=topic)

    arn = stack.resolve(topic.topic_arn)
    for alarm in resources("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [arn]


def test_a_topic_of_the_users_learns_to_admit_alarms_with_its_key(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    topic = sns.Topic(stack, "Ours", master_key=kms.Key(stack, "Key"))

    BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=topic)

    [policy] = resources("AWS::SNS::TopicPolicy").values()
    [publish] = policy["PolicyDocument"]["Statement"]
    assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert plain(publish["Condition"]["ArnLike"]["aws:SourceArn"]).endswith(":alarm:*")
    [key] = resources("AWS::KMS::Key").values()
    assert key["KeyPolicy"]["Statement"][-1]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}


def test_a_topic_of_several_constructs_admits_alarms_once(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    topic = sns.Topic(stack, "Ours")
    job = JobDefinition.from_job_definition_arn(stack, "Job", story.DEFINITION)

    BatchMonitoring(stack, "Monitoring", queues=[queue], alarm_topic=topic)
    SubmissionGateway(stack, "Gateway", queue=queue, job_definition=job, alarm_topic=topic)

    [policy] = resources("AWS::SNS::TopicPolicy").values()
    assert len(policy["PolicyDocument"]["Statement"]) == 1


def test_a_dead_letter_queue_that_is_not_empty_is_an_alarm(
    stack: Stack, queue: JobQueue, alarms: Alarms
) -> None:
    letters = sqs.Queue(stack, "Letters")

    made = BatchMonitoring(stack, "Monitoring", queues=[queue], dead_letter_queues=[letters])

    assert made.node.try_find_child("DeadLetters1") is not None
    alarm = alarms()["DeadLetters"]
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": stack.resolve(letters.queue_name)}
    ]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"


def test_the_alarms_of_a_gateways_dead_letters_say_the_command_that_sends_them_back(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    job = JobDefinition.from_job_definition_arn(stack, "Job", story.DEFINITION)
    gateway = SubmissionGateway(stack, "Gateway", queue=queue, job_definition=job)

    BatchMonitoring(stack, "Monitoring", queues=[queue], gateways=[gateway])

    letters, back = (
        plain(stack.resolve(each.queue_arn))
        for each in (gateway.dead_letter_queue, gateway.message_queue)
    )
    command = f"aws sqs start-message-move-task --source-arn {letters} --destination-arn {back} ."
    told = [
        plain(alarm["AlarmDescription"])
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if letters in plain(alarm["AlarmDescription"])
    ]
    assert len(told) == 2
    assert all(each.endswith(command) for each in told)


def test_a_gateway_that_is_throttled_or_behind_is_an_alarm(
    stack: Stack, queue: JobQueue, alarms: Alarms
) -> None:
    job = JobDefinition.from_job_definition_arn(stack, "Job", story.DEFINITION)
    gateway = SubmissionGateway(stack, "Gateway", queue=queue, job_definition=job)

    made = BatchMonitoring(stack, "Monitoring", queues=[queue], gateways=[gateway])

    found = alarms()
    assert found["Throttled"]["Dimensions"] == [
        {"Name": "FunctionName", "Value": stack.resolve(gateway.function.function_name)}
    ]
    assert found["Behind"]["Threshold"] == 3600
    waiting, unsettled = (
        each["MetricStat"]["Metric"] for each in found["Behind"]["Metrics"] if "MetricStat" in each
    )
    assert waiting == {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [
            {"Name": "QueueName", "Value": stack.resolve(gateway.message_queue.queue_name)}
        ],
    }
    assert unsettled == {
        "Namespace": "BatchConstructs",
        "MetricName": "OldestUnsettledMessageAge",
        "Dimensions": [
            {"Name": "FunctionName", "Value": stack.resolve(gateway.function.function_name)}
        ],
    }
    assert {"Gateway/Throttled", "Gateway/Behind"} <= set(made.alarms)


def test_queues_with_the_same_id_in_different_places_do_not_collide(stack: Stack) -> None:
    from constructs import Construct

    first = queue_in(Construct(stack, "A"), "Queue", "one")
    second = queue_in(Construct(stack, "B"), "Queue", "two")
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", story.QUEUE)

    made = BatchMonitoring(stack, "Monitoring", queues=[first, second, l2])

    owners = [name.partition("/")[0] for name in made.alarms]
    assert [owner for owner, _ in itertools.groupby(owners)] == [
        "PlatformAQueue",
        "PlatformBQueue",
        "L2",
        "EventLogDeadLetters",
        "EventLogUndelivered",
    ]


def test_limits_are_known_in_the_units_of_the_graphs(stack: Stack, queue: JobQueue) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue])

    made = BatchMonitoring(stack, "Monitoring", queues=[queue], gauges=gauges)

    [limits] = made.thresholds.values()
    assert limits == {"FailureRate": 10, "TimeInRunnable": 60, "HeadOfQueue": 120}


def test_limits_out_of_range_are_refused_at_once(stack: Stack, queue: JobQueue) -> None:
    thresholds = AlarmThresholds(
        failure_rate_percent=150,
        failure_rate_min_jobs=0,
        time_in_runnable=Duration.millis(1500),
    )

    with pytest.raises(ValueError, match="Platform/Monitoring") as refusal:
        BatchMonitoring(stack, "Monitoring", queues=[queue], thresholds=thresholds)

    said = str(refusal.value)
    assert "thresholds.failure_rate_percent is 150; allowed: numbers from 0 to 100" in said
    assert "thresholds.failure_rate_min_jobs is 0; allowed: whole numbers from 1" in said
    assert "thresholds.time_in_runnable is 1.5 seconds" in said


def test_wrong_arguments_are_refused_at_once(stack: Stack, queue: JobQueue) -> None:
    key = kms.Alias.from_alias_name(stack, "Key", "alias/aws/sns")
    silent = sns.Topic(stack, "Silent", master_key=key)
    log = JobEventLog(stack, "Events", queues=[queue_in(stack, "Daily", "daily")])

    with pytest.raises(ValueError, match="Platform/Monitoring") as refusal:
        BatchMonitoring(
            stack,
            "Monitoring",
            queues=[queue],
            alarm_topic=silent,
            thresholds=AlarmThresholds(vcpu_hours_per_day=10),
            event_log=log,
            dead_letter_queues=[silent],  # type: ignore[list-item]
            gateways=[silent],  # type: ignore[list-item]
        )

    said = str(refusal.value)
    assert "alarm_topic is encrypted with alias/aws/sns" in said
    assert "thresholds.vcpu_hours_per_day is given without gauges" in said
    assert "event_log does not cover Nightly" in said
    assert "dead_letter_queues[0] is aws_cdk.aws_sns.Topic" in said
    assert "gateways[0] is aws_cdk.aws_sns.Topic" in said


@pytest.mark.parametrize(
    ("limit", "lacks"), [("head_of_queue_age", "gauges"), ("oldest_message_age", "gateways")]
)
def test_a_limit_that_nothing_measures_is_refused(
    limit: str, lacks: str, stack: Stack, queue: JobQueue
) -> None:
    thresholds = AlarmThresholds(**{limit: Duration.hours(1)})  # type: ignore[arg-type]

    with pytest.raises(ValueError, match=f"thresholds.{limit} is given without {lacks}, "):
        BatchMonitoring(stack, "Monitoring", queues=[queue], thresholds=thresholds)


def test_limits_that_nobody_set_need_nothing(stack: Stack, queue: JobQueue) -> None:
    some = AlarmThresholds(time_in_runnable=Duration.hours(3))

    BatchMonitoring(stack, "Monitoring", queues=[queue], thresholds=some)
    none = AlarmThresholds(head_of_queue_age=None, oldest_message_age=None)
    BatchMonitoring(stack, "Others", queues=[queue], thresholds=none, alarm_name_prefix="b")


def test_limits_that_are_tokens_or_missing_are_refused(stack: Stack, queue: JobQueue) -> None:
    nothing: Any = None
    thresholds = AlarmThresholds(
        time_in_runnable=Duration.seconds(Token.as_number({"Ref": "Wait"})),
        failure_rate_percent=Token.as_number({"Ref": "Rate"}),
        failure_rate_min_jobs=nothing,
    )

    with pytest.raises(ValueError, match="Platform/Monitoring") as refusal:
        BatchMonitoring(stack, "Monitoring", queues=[queue], thresholds=thresholds)

    said = str(refusal.value)
    assert "thresholds.time_in_runnable is a token" in said
    assert "thresholds.failure_rate_percent is a token" in said
    assert "thresholds.failure_rate_min_jobs is None" in said


def test_alarms_whose_names_collide_or_are_too_long_are_refused(
    stack: Stack, queue: JobQueue
) -> None:
    nothing: Any = None
    dead = sqs.Queue(stack, "Dead")

    with pytest.raises(ValueError, match="dead_letter_queues has Platform/Dead 2 times"):
        BatchMonitoring(stack, "A", queues=[queue], dead_letter_queues=[dead, dead])
    with pytest.raises(TypeError, match="alarm_name_prefix is None"):
        BatchMonitoring(stack, "B", queues=[queue], alarm_name_prefix=nothing)
    with pytest.raises(ValueError, match="alarm_name_prefix has 256 characters"):
        BatchMonitoring(stack, "C", queues=[queue], alarm_name_prefix="x" * 256)


def test_what_a_function_fails_at_has_a_queue_and_an_age_wherever_nobody_waits(
    stack: Stack, queue: JobQueue, resources: Callable[[str], Resources]
) -> None:
    definition = JobDefinition.from_job_definition_arn(
        stack, "Definition", "arn:aws:batch:us-east-1:123456789012:job-definition/report:3"
    )
    JobCounters(stack, "Counters", queues=[queue])
    JobNotifications(stack, "Notify", queues=[queue])
    CostGuard(stack, "Guard", queues=[queue], budget=VcpuBudget.of_vcpu_hours(5))
    EventTrigger(
        stack,
        "OnOrder",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["my.shop"]},
        timeout=Duration.minutes(5),
    )
    JobQueue(
        stack,
        "Spot",
        compute_environments=[ComputeEnvironment.from_compute_environment_name(stack, "E", "spot")],
        spot_rescue_queue=queue,
    )

    invoked = {
        permission["FunctionName"]["Fn::GetAtt"][0]
        if "Fn::GetAtt" in permission["FunctionName"]
        else permission["FunctionName"]["Ref"]
        for permission in resources("AWS::Lambda::Permission").values()
    }
    kept = {
        config["FunctionName"]["Ref"]
        for config in resources("AWS::Lambda::EventInvokeConfig").values()
        if config["MaximumEventAgeInSeconds"] <= 21_600 and config["DestinationConfig"]["OnFailure"]
    }
    assert len(invoked) == 6  # counters, notifications, guard, its gauges, trigger, rescue
    assert kept == invoked
    targets = [
        target
        for rule in resources("AWS::Events::Rule").values()
        for target in rule["Targets"]
        if "Fn::GetAtt" in target["Arn"]
    ]
    assert len(targets) >= 6
    assert all("DeadLetterConfig" in target for target in targets)


@pytest.mark.parametrize("days", [0.01, 1, 3, 7])
def test_an_alarm_on_a_function_looks_back_no_further_than_cloudwatch_does(days: float) -> None:
    watched = WatchedFunction(
        handler=SimpleNamespace(function_name="f"),
        runs_every_seconds=int(days * 86_400),
    )

    for alarm in function_alarms(watched):
        periods = alarm.properties["evaluation_periods"]
        assert periods >= 1
        assert periods * alarm.properties["period"] <= ALARM_SECONDS
