"""JobGauges, JobCounters and the queries over logs: what they make and may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_logs as logs

from batch_constructs import (
    ComputeEnvironment,
    JobCounters,
    JobEventLog,
    JobGauges,
    JobLogQueries,
    JobQueue,
)
from batch_constructs.functions.gauges.publish import environment_line, queue_lines
from batch_constructs.functions.gauges.reading import EnvironmentReading, QueueReading
from batch_constructs.monitoring.job_gauges import ENVIRONMENT_GAUGES, QUEUE_GAUGES
from tests.monitoring.conftest import Resources, one, plain, queue_in, statements_of

Find = Callable[[str], Resources]


def test_the_gauges_read_everything_and_change_nothing(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment, resources: Find
) -> None:
    JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])

    assert statements_of(one(resources("AWS::IAM::Role"))) == [
        {
            "Effect": "Allow",
            "Action": [
                "batch:DescribeComputeEnvironments",
                "batch:DescribeJobQueues",
                "batch:DescribeJobs",
                "batch:ListJobs",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": "batch:GetJobQueueSnapshot",
            "Resource": stack.resolve(queue.job_queue_arn),
        },
    ]
    [policy] = resources("AWS::IAM::Policy").values()
    [sends] = policy["PolicyDocument"]["Statement"]
    assert sends["Action"][0] == "sqs:SendMessage"
    rule = one(resources("AWS::Events::Rule"))
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    variables = one(resources("AWS::Lambda::Function"))["Environment"]["Variables"]
    assert variables["NAMESPACE"] == "BatchConstructs"
    assert variables["QUEUES"] == stack.resolve(queue.job_queue_arn)
    assert plain(variables["COMPUTE_ENVIRONMENTS"]).endswith("compute-environment/spot")


def test_gauges_are_read_as_often_as_wished_and_per_share_if_wished(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobGauges(stack, "Gauges", queues=[queue], interval=Duration.minutes(1), per_share=True)

    assert one(resources("AWS::Events::Rule"))["ScheduleExpression"] == "rate(1 minute)"
    variables = one(resources("AWS::Lambda::Function"))["Environment"]["Variables"]
    assert variables["PER_SHARE"] == "yes"


def test_a_reading_is_not_tried_again_since_vcpu_hours_add_readings_up(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobGauges(stack, "Gauges", queues=[queue])

    assert one(resources("AWS::Lambda::EventInvokeConfig"))["MaximumRetryAttempts"] == 0
    target = one(resources("AWS::Events::Rule"))["Targets"][0]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 0


def test_the_names_of_gauges_are_those_the_function_publishes() -> None:
    queue = QueueReading(
        name="q",
        jobs=dict.fromkeys(("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"), 0),
        counted_all=True,
        head_age_seconds=0,
        vcpus=0,
        max_vcpus=1,
    )
    environment = EnvironmentReading(
        name="e", invalid=False, disabled=False, max_vcpus=1, desired_vcpus=1
    )

    [queue_line] = queue_lines(queue, namespace="N", now=0, per_share=False)
    line = environment_line(environment, namespace="N", now=0)

    assert all(f'"Name":"{name}"' in queue_line for name in QUEUE_GAUGES)
    assert queue_line.count('"Name":') == len(QUEUE_GAUGES)
    assert all(f'"Name":"{name}"' in line for name in ENVIRONMENT_GAUGES)
    assert line.count('"Name":') == len(ENVIRONMENT_GAUGES)


def test_gauges_are_metrics_of_queues_and_environments(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])

    waiting = gauges.metric(queue, "JobsRunnable", statistic="Maximum")
    invalid = gauges.metric_compute_environment(environment, "EnvironmentInvalid")

    assert (waiting.namespace, waiting.statistic) == ("BatchConstructs", "Maximum")
    assert invalid.dimensions == {"ComputeEnvironmentName": "spot"}
    with pytest.raises(ValueError, match='name is "JobsWaiting"; allowed:'):
        gauges.metric(queue, "JobsWaiting")
    with pytest.raises(ValueError, match='name is "Invalid"; allowed:'):
        gauges.metric_compute_environment(environment, "Invalid")


def test_wrong_arguments_of_gauges_are_refused_at_once(stack: Stack) -> None:
    with pytest.raises(ValueError, match="queues is empty") as refusal:
        JobGauges(stack, "Gauges", queues=[], interval=Duration.seconds(90), max_jobs=0)

    assert "interval is 1.5 minutes" in str(refusal.value)
    assert "max_jobs is 0; allowed: whole numbers from 1" in str(refusal.value)
    with pytest.raises(ValueError, match="interval is 0 minutes; allowed: 1 to 5040 minutes"):
        JobGauges(stack, "Gauges", queues=[queue_in(stack)], interval=Duration.minutes(0))


def test_the_counter_remembers_and_prints_and_nothing_else(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    counters = JobCounters(stack, "Counters", queues=[queue], per_share=True)

    [table] = resources("AWS::DynamoDB::Table")
    assert statements_of(one(resources("AWS::IAM::Role"))) == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"],
            "Resource": {"Fn::GetAtt": [table, "Arn"]},
        }
    ]
    assert one(resources("AWS::DynamoDB::Table"))["TimeToLiveSpecification"] == {
        "AttributeName": "expires",
        "Enabled": True,
    }
    assert one(resources("AWS::Events::Rule"))["EventPattern"]["detail"] == {
        "nodeDetails": {"nodeIndex": [{"exists": False}]},
        "jobQueue": [stack.resolve(queue.job_queue_arn)],
        "status": ["SUCCEEDED", "FAILED"],
    }
    variables = one(resources("AWS::Lambda::Function"))["Environment"]["Variables"]
    assert variables["COUNT_BY"] == "Cause,ShareIdentifier"
    spot = counters.metric_jobs_failed(queue, cause="SpotReclaimed")
    assert (spot.dimensions or {})["Cause"] == "SpotReclaimed"
    assert counters.metric_vcpu_hours(queue).metric_name == "VcpuHours"
    with pytest.raises(ValueError, match='cause is "Spot"; allowed: Cancelled'):
        counters.metric_jobs_failed(queue, cause="Spot")


def test_tags_are_counted_by_if_asked(stack: Stack, queue: JobQueue, resources: Find) -> None:
    JobCounters(stack, "Counters", queues=[queue], per_tags=["team", "cost centre"])

    variables = one(resources("AWS::Lambda::Function"))["Environment"]["Variables"]
    assert variables["COUNT_BY"] == "Cause,tag:team,tag:cost centre"


@pytest.mark.parametrize("key", ["aws:batch:job-queue", "a,b", "größe", ""])
def test_a_key_that_is_no_name_of_a_dimension_is_refused(
    key: str, stack: Stack, queue: JobQueue
) -> None:
    with pytest.raises(ValueError, match=r"per_tags\[0\]"):
        JobCounters(stack, "Counters", queues=[queue], per_tags=[key])


def test_eventbridge_may_write_the_event_log_and_no_other(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    JobEventLog(stack, "Events", queues=[queue, queue_in(stack, "Daily", "daily")])

    [group] = resources("AWS::Logs::LogGroup")
    policy = plain(one(resources("AWS::Logs::ResourcePolicy"))["PolicyDocument"])
    assert policy.count(f'"Resource":"{group}.Arn"') == 2
    assert policy.count('"Resource"') == 2
    assert '"Action":"logs:PutLogEvents","Condition":{"ArnLike":{"aws:SourceArn":' in policy
    rules = resources("AWS::Events::Rule")
    assert len(rules) == 3
    for rule in rules.values():
        [target] = rule["Targets"]
        assert plain(target["Arn"]).endswith(f":log-group:{group}")
        assert "RoleArn" not in target
    queries = [query["Name"] for query in resources("AWS::Logs::QueryDefinition").values()]
    assert [name.rpartition("/")[2] for name in queries] == [
        "last failures",
        "failures by reason",
        "blocked queues",
    ]


def test_saved_queries_ask_the_logs_of_jobs(stack: Stack, resources: Find) -> None:
    group = logs.LogGroup(stack, "Jobs")

    queries = JobLogQueries(stack, "Logs", log_groups=[group])
    metric = queries.add_metric_filter("Tracebacks", metric_name="Tracebacks", pattern="Traceback")

    [name] = resources("AWS::Logs::LogGroup")
    for query in resources("AWS::Logs::QueryDefinition").values():
        assert query["LogGroupNames"] == [{"Ref": name}]
    assert queries.node.find_child("Tracebacks").node.try_find_child("Filter1") is not None
    counted = one(resources("AWS::Logs::MetricFilter"))
    assert counted["FilterPattern"] == "Traceback"
    assert counted["MetricTransformations"] == [
        {"MetricName": "Tracebacks", "MetricNamespace": "BatchConstructs", "MetricValue": "1"}
    ]
    assert (metric.namespace, metric.statistic) == ("BatchConstructs", "Sum")


def test_a_log_group_has_as_many_metric_filters_as_it_may_and_no_more(
    stack: Stack, resources: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred take a second to make: two stand for them."""
    monkeypatch.setattr("batch_constructs.monitoring.saved_query.METRIC_FILTERS_A_GROUP", 2)
    queries = JobLogQueries(stack, "Logs", log_groups=[logs.LogGroup(stack, "Jobs")])

    def count(name: str) -> None:
        queries.add_metric_filter(name, metric_name=name, pattern=name)

    count("A")
    count("B")
    with pytest.raises(ValueError, match="pattern makes 3 metric filters .* at most 2: match sev"):
        count("C")
    assert len(resources("AWS::Logs::MetricFilter")) == 2


def test_no_log_group_is_refused(stack: Stack) -> None:
    with pytest.raises(ValueError, match="Platform/Logs: log_groups is empty"):
        JobLogQueries(stack, "Logs", log_groups=[])


def test_every_counter_is_a_metric_of_its_queue(stack: Stack, queue: JobQueue) -> None:
    counters = JobCounters(stack, "Counters", queues=[queue])

    assert counters.metric(queue, "JobsSucceeded").metric_name == "JobsSucceeded"
    with pytest.raises(ValueError, match='metric_name is "JobsLost"; allowed: JobsFailed'):
        counters.metric(queue, "JobsLost")
