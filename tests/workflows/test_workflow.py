"""The state machine of a workflow."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Duration, Fn, Size, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn

import batch_constructs as bc
from batch_constructs import (
    FargateComputeEnvironment,
    JobQueue,
    NToN,
    StepRetry,
    Workflow,
    WorkflowJob,
)
from batch_constructs.workflows.asl import command_words
from tests.triggers.conftest import DEFINITION, JOBS, QUEUE, joined, only, resources
from tests.workflows.interpreter import requests_of, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from syrupy.assertion import SnapshotAssertion

ON_DEMAND = "arn:aws:batch:us-east-1:123456789012:job-queue/on-demand"


def workflow(stack: Stack, queue: Any, *jobs: WorkflowJob, **more: Any) -> Workflow:
    return Workflow(stack, "Flow", queue=queue, jobs=jobs, **more)


def asl(stack: Stack) -> dict[str, Any]:
    text = joined(only(stack, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    found: dict[str, Any] = json.loads(text)
    return found


WORDS = ["echo", "it's {a}", "{}", "$.day", "$HOME", "$.list"]


def test_words_of_a_command_are_read_from_the_input(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = WorkflowJob(name="a", job_definition=definition, command=[*WORDS, stack.account])
    workflow(stack, queue, job)

    given = {"day": 7, "list": "x y"}
    ((asked,), error) = requests_of(monkeypatch, asl(stack), **given)

    assert error is None
    words = asked["ContainerOverrides"]["Command"]
    assert words[:-1] == ["echo", "it's {a}", "{}", "7", "$HOME", "x y"]
    assert "Command.$" in task(stack)["ContainerOverrides"]


def test_a_backslash_beside_a_path_is_doubled_as_aws_asks_for() -> None:
    """Not by a whole machine: the published validator's grammar knows no doubled one."""
    assert command_words(["a\\b", "$.x"]) == (
        r"States.Array(States.Format('a\\b'), States.Format('{}', $.x))"
    )


def task(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = asl(stack)["States"]["a"]["Parameters"]
    return found


def test_shares_tags_sizes_and_numbers_are_read_from_the_input_where_they_are_paths(
    stack: Stack, shared: Any, definition: Any
) -> None:
    number = sfn.JsonPath.number_at("$.n")
    overrides = bc.SubmissionOverrides(
        vcpus=number,
        retry=bc.RetryPolicy(attempts=number),
        tags={"run": "$.run", "of": "us"},
        share_identifier="$.team",
    )
    job = WorkflowJob(
        name="a",
        job_definition=definition,
        array_size=number,
        scheduling_priority=number,
        timeout=Duration.seconds(number),
        overrides=overrides,
    )
    workflow(stack, shared, job)

    asked = task(stack)
    assert asked["ShareIdentifier.$"] == "States.Format('{}', $.team)"
    assert asked["Tags"] == {"run.$": "States.Format('{}', $.run)", "of": "us"}
    assert asked["ArrayProperties"] == {"Size.$": "$.n"}
    assert asked["SchedulingPriorityOverride.$"] == "$.n"
    assert asked["RetryStrategy"]["Attempts.$"] == "$.n"
    assert asked["Timeout"] == {"AttemptDurationSeconds.$": "$.n"}
    (size,) = asked["ContainerOverrides"]["ResourceRequirements"]
    assert size == {"Type": "VCPU", "Value.$": "States.Format('{}', $.n)"}


def test_a_command_without_paths_stands_as_it_is(stack: Stack, queue: Any, definition: Any) -> None:
    words = ["echo", "it's", "$HOME", "{}"]
    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, command=words))

    assert task(stack)["ContainerOverrides"] == {"Command": words}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            lambda: {"command": ["run", sfn.JsonPath.string_at("$.x")]},
            r"job \"a\": command\[1\] is made by sfn.JsonPath.*write the path itself",
        ),
        (
            lambda: {"environment": {"A": sfn.JsonPath.string_at("$.x")}},
            r'environment\["A"\] is made by sfn.JsonPath',
        ),
        (
            lambda: {"parameters": {"a": sfn.JsonPath.format("{}-x", "$.x")}},
            r'parameters\["a"\] is made by sfn.JsonPath',
        ),
        (
            lambda: {"share_identifier": sfn.JsonPath.string_at("$.x")},
            "share_identifier is made by sfn.JsonPath",
        ),
        (
            lambda: {
                "overrides": bc.SubmissionOverrides(tags={"a": sfn.JsonPath.string_at("$.x")})
            },
            r'overrides.tags\["a"\] is made by sfn.JsonPath',
        ),
        (
            lambda: {"environment": {"A": events.EventField.from_path("$.x")}},
            r'environment\["A"\] is made by events.EventField, which has no effect here',
        ),
        (
            lambda: {"step_retry": StepRetry(max_attempts=sfn.JsonPath.number_at("$.n"))},
            "step_retry.max_attempts is made by sfn.JsonPath, but Step Functions reads no path",
        ),
        (lambda: {"share_identifier": "$.a b"}, r'share_identifier is "\$.a b"; allowed'),
        (lambda: {"command": ["$.a b"]}, r'command\[0\] is "\$.a b"'),
        (
            lambda: {"command": Fn.split(",", Fn.import_value("words"))},
            "command is a list that only CloudFormation knows, but a state machine needs each",
        ),
    ],
)
def test_what_no_state_machine_reads_is_refused(
    stack: Stack, queue: Any, definition: Any, given: Callable[[], dict[str, Any]], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, **given()))


def test_a_job_is_submitted_and_waited_for(stack: Stack, queue: Any, definition: Any) -> None:
    workflow(
        stack,
        queue,
        WorkflowJob(
            name="report",
            job_definition=definition,
            array_size=5,
            parameters={"day": "$.day", "mode": "full"},
            environment={"DAY": "$.day"},
            command=["run", "Ref::day"],
            timeout=timedelta(minutes=10),
            tags={"team": "x"},
            step_retry=StepRetry(max_attempts=2, interval=timedelta(seconds=30)),
        ),
    )

    machine = asl(stack)
    assert machine["StartAt"] == "report"
    state = machine["States"]["report"]
    assert state["Resource"] == "arn:<AWS::Partition>:states:::batch:submitJob.sync"
    assert (state["ResultPath"], state["End"]) == (None, True)
    assert state["Parameters"] == {
        "JobName": "Flow-report",
        "JobQueue": QUEUE,
        "JobDefinition": f"{DEFINITION}:3",
        "ArrayProperties": {"Size": 5},
        "Parameters": {"day.$": "States.Format('{}', $.day)", "mode": "full"},
        "ContainerOverrides": {
            "Command": ["run", "Ref::day"],
            "Environment": [{"Name": "DAY", "Value.$": "States.Format('{}', $.day)"}],
        },
        "Timeout": {"AttemptDurationSeconds": 600},
        "Tags": {"team": "x"},
    }
    *_, failed = state["Retry"]
    assert failed == {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": 30,
        "MaxAttempts": 2,
        "BackoffRate": 2,
    }


@pytest.mark.parametrize("kept", [False, True, 3])
def test_a_step_names_a_revision_only_where_it_stays_active(
    stack: Stack, queue: Any, *, kept: bool
) -> None:
    definition = bc.FargateJobDefinition(
        stack,
        "Ours",
        image="busybox",
        vcpus=1,
        memory=Size.gibibytes(2),
        keep_old_revisions=kept,
    )

    flow = bc.Workflow(
        stack, "Flow", queue=queue, jobs=[WorkflowJob(name="a", job_definition=definition)]
    )

    named = stack.resolve(flow.asl["States"]["a"]["Parameters"]["JobDefinition"])
    revision = stack.resolve(definition.job_definition_arn)
    by_name = {"Fn::Select": [5, {"Fn::Split": [":", revision]}]}
    assert (named == revision) is (kept is True)
    assert (by_name in named.get("Fn::Join", [[], []])[1]) is (kept is not True)


def test_a_workflow_that_fails_without_a_failed_job_is_told(
    stack: Stack, queue: Any, definition: Any, resources: Any
) -> None:
    flow = bc.Workflow(
        stack, "Flow", queue=queue, jobs=[WorkflowJob(name="a", job_definition=definition)]
    )
    flow.on_failed("Failed", target=sns.Topic(stack, "Topic"))

    (rule,) = (one["Properties"] for one in resources("AWS::Events::Rule").values())
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "stateMachineArn": [stack.resolve(flow.state_machine.state_machine_arn)],
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        },
    }
    assert len(rule["Targets"]) == 1


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"target": 3}, "target is "), ({"rule_name": "a b"}, 'rule_name is "a b"')],
)
def test_a_rule_on_a_workflow_that_cannot_be_is_refused(
    options: dict[str, Any], problem: str, stack: Stack, queue: Any, definition: Any
) -> None:
    flow = bc.Workflow(
        stack, "Flow", queue=queue, jobs=[WorkflowJob(name="a", job_definition=definition)]
    )

    with pytest.raises((TypeError, ValueError), match=problem):
        flow.on_failed("Failed", **options)


def test_a_step_takes_an_l1_by_its_name(stack: Stack, queue: Any) -> None:
    l1 = batch.CfnJobDefinition(stack, "L1", type="container")

    flow = bc.Workflow(stack, "Flow", queue=queue, jobs=[WorkflowJob(name="a", job_definition=l1)])

    named = stack.resolve(flow.asl["States"]["a"]["Parameters"]["JobDefinition"])
    assert named != stack.resolve(l1.ref)


TOO_MANY = "Too Many Requests (Service: AWSBatch; Status Code: 429; Request ID: 8c6b)"
LOST = "null (Service: AWSBatch; Status Code: 500; Error Code: X; Request ID: 9db2)"


@pytest.mark.parametrize("retry", [None, StepRetry(max_attempts=3)])
@pytest.mark.parametrize(
    "error",
    [
        "Batch.AWSBatchException",
        "Batch.BatchException",
        "Batch.TooManyRequestsException",
        "AWS.Batch.TooManyRequestsException",
    ],
)
def test_a_throttled_submission_is_repeated_under_whatever_name_it_is_reported(
    stack: Stack,
    queue: Any,
    definition: Any,
    error: str,
    retry: StepRetry | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, step_retry=retry))

    assert run(monkeypatch, asl(stack), *[(error, TOO_MANY)] * 5) == (["Flow-a"] * 6, None)


@pytest.mark.parametrize("retry", [None, StepRetry(max_attempts=3)])
@pytest.mark.parametrize("error", ["Batch.AWSBatchException", "Batch.ServerException"])
def test_a_submission_that_may_be_a_job_is_not_repeated(
    stack: Stack,
    queue: Any,
    definition: Any,
    error: str,
    retry: StepRetry | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, step_retry=retry))

    assert run(monkeypatch, asl(stack), (error, LOST)) == (["Flow-a"], (error, LOST))


def test_a_submission_that_may_be_a_job_is_caught_as_a_failure(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow(
        stack,
        queue,
        WorkflowJob(name="a", job_definition=definition, catch="clean"),
        WorkflowJob(name="clean", job_definition=definition, only_on_failure=True),
    )

    lost = ("Batch.AWSBatchException", LOST)
    assert run(monkeypatch, asl(stack), lost) == (["Flow-a", "Flow-clean"], lost)


def test_a_job_that_failed_is_retried_as_often_as_asked(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = WorkflowJob(name="a", job_definition=definition, step_retry=StepRetry(max_attempts=2))
    workflow(stack, queue, job)
    failed = ("States.TaskFailed", "{}")

    machine = asl(stack)

    assert run(monkeypatch, machine, failed, failed) == (["Flow-a"] * 3, None)
    assert run(monkeypatch, machine, failed, failed, failed) == (["Flow-a"] * 3, failed)


def test_each_element_of_a_list_is_submitted_until_it_is_taken(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [WorkflowJob(name="each", job_definition=definition, for_each="$.files")]
    workflow(stack, queue, *jobs)

    throttled = [("Batch.AWSBatchException", TOO_MANY)] * 3
    submitted, ended = run(monkeypatch, asl(stack), *throttled, files=["a", "b"])

    assert (len(submitted), ended) == (5, None)


def test_both_arrays_of_a_pair_are_submitted_until_they_are_taken(
    stack: Stack, queue: Any, definition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow(stack, queue, *pairs(definition))

    throttled = ("Batch.AWSBatchException", TOO_MANY)
    submitted, ended = run(monkeypatch, asl(stack), throttled)

    assert (submitted, ended) == (["Flow-a", "Flow-a", "Flow-b", "Flow-c"], None)


def test_its_role_may_do_exactly_what_waiting_for_these_jobs_needs(
    stack: Stack, queue: Any, definition: Any
) -> None:
    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition))

    role = only(stack, "AWS::IAM::Role")
    (policy,) = role["Policies"]
    found = [
        {
            **each,
            "Resource": each["Resource"]
            if isinstance(each["Resource"], list)
            else joined(each["Resource"]),
        }
        for each in policy["PolicyDocument"]["Statement"]
    ]
    assert found == [
        {
            "Effect": "Allow",
            "Action": "batch:SubmitJob",
            "Resource": [QUEUE, DEFINITION, f"{DEFINITION}:*", JOBS],
        },
        {"Effect": "Allow", "Action": "batch:TerminateJob", "Resource": JOBS},
        {"Effect": "Allow", "Action": "batch:DescribeJobs", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            "Resource": "arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:"
            "rule/StepFunctionsGetEventsForBatchJobsRule",
        },
    ]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "states.amazonaws.com"
    }


@pytest.mark.parametrize("tagged", [0, 1])
def test_its_role_may_tag_jobs_where_one_has_tags(
    tagged: int, stack: Stack, queue: Any, definition: Any
) -> None:
    tags = [{"team": "a"}] * tagged + [{}] * (2 - tagged)
    jobs = [
        WorkflowJob(name=f"job{number}", job_definition=definition, tags=one)
        for number, one in enumerate(tags)
    ]
    workflow(stack, queue, *jobs)

    (policy,) = only(stack, "AWS::IAM::Role")["Policies"]
    [of_jobs] = [
        each for each in policy["PolicyDocument"]["Statement"] if "TerminateJob" in str(each)
    ]
    assert ("batch:TagResource" in of_jobs["Action"]) is bool(tagged)
    assert of_jobs["Resource"] == JOBS


def test_it_is_traced_and_logs_errors_without_data(
    stack: Stack, queue: Any, definition: Any
) -> None:
    workflow(
        stack,
        queue,
        WorkflowJob(name="a", job_definition=definition),
        timeout=Duration.hours(2),
    )

    machine = only(stack, "AWS::StepFunctions::StateMachine")
    assert machine["TracingConfiguration"] == {"Enabled": True}
    logging = machine["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    assert only(stack, "AWS::Logs::LogGroup")["RetentionInDays"] == 30
    assert asl(stack)["TimeoutSeconds"] == 7200


def test_a_share_goes_with_every_job(stack: Stack, shared: Any, definition: Any) -> None:
    made = workflow(
        stack,
        shared,
        WorkflowJob(name="a", job_definition=definition),
        WorkflowJob(
            name="b", job_definition=definition, share_identifier="red", scheduling_priority=4
        ),
        share_identifier="blue",
    )

    branches = next(iter(made.asl["States"].values()))["Branches"]
    submitted = {
        branch["StartAt"]: branch["States"][branch["StartAt"]]["Parameters"] for branch in branches
    }
    assert submitted["a"]["ShareIdentifier"] == "blue"
    assert submitted["b"]["ShareIdentifier"] == "red"
    assert submitted["b"]["SchedulingPriorityOverride"] == 4


def diamond(definition: Any) -> list[WorkflowJob]:
    return [
        WorkflowJob(name="split", job_definition=definition),
        WorkflowJob(name="left", job_definition=definition, depends_on=["split"]),
        WorkflowJob(name="right", job_definition=definition, depends_on=["split"]),
        WorkflowJob(name="merge", job_definition=definition, depends_on=["left", "right"]),
    ]


def fan_out(definition: Any) -> list[WorkflowJob]:
    return [
        WorkflowJob(
            name="each",
            job_definition=definition,
            for_each="$.files",
            max_concurrency=3,
            parameters={"key": "$.item.key", "day": "$.input.day"},
        ),
        WorkflowJob(name="after", job_definition=definition, depends_on=["each"]),
    ]


def caught(definition: Any) -> list[WorkflowJob]:
    return [
        WorkflowJob(name="load", job_definition=definition, catch="clean", after_catch="continue"),
        WorkflowJob(name="report", job_definition=definition, depends_on=["load"], catch="clean"),
        WorkflowJob(name="clean", job_definition=definition, only_on_failure=True),
    ]


def pairs(definition: Any) -> list[WorkflowJob]:
    return [
        WorkflowJob(name="a", job_definition=definition, array_size=4),
        WorkflowJob(name="b", job_definition=definition, array_size=4, depends_on=[NToN("a")]),
        WorkflowJob(name="c", job_definition=definition, depends_on=["b"]),
    ]


@pytest.mark.parametrize("make", [diamond, fan_out, caught, pairs])
def test_the_generated_language_is_as_reviewed(
    stack: Stack, queue: Any, definition: Any, make: Any, snapshot: SnapshotAssertion
) -> None:
    workflow(stack, queue, *make(definition))

    assert json.dumps(asl(stack), indent=1, sort_keys=True) == snapshot


def test_a_job_that_lost_its_spot_host_runs_on_demand_as_reviewed(
    stack: Stack, queue: Any, definition: Any, snapshot: SnapshotAssertion
) -> None:
    on_demand = JobQueue.from_job_queue_arn(stack, "OnDemand", ON_DEMAND)

    workflow(stack, queue, *caught(definition), spot_rescue_queue=on_demand)

    assert json.dumps(asl(stack), indent=1, sort_keys=True) == snapshot
    submit = only(stack, "AWS::IAM::Role")["Policies"][0]["PolicyDocument"]["Statement"][0]
    assert ON_DEMAND in submit["Resource"]


def test_a_job_that_runs_on_demand_waits_for_the_same_children(
    stack: Stack, queue: Any, definition: Any
) -> None:
    on_demand = JobQueue.from_job_queue_arn(stack, "OnDemand", ON_DEMAND)

    workflow(stack, queue, *pairs(definition), spot_rescue_queue=on_demand)

    first, again = (asl(stack)["States"][name]["Parameters"] for name in ("b", "b on demand"))
    assert first["DependsOn"] == [{"JobId.$": "$.nToN0.JobId", "Type": "N_TO_N"}]
    assert again["DependsOn"] == first["DependsOn"]


def test_the_diagram_shows_who_waits_for_whom(stack: Stack, queue: Any, definition: Any) -> None:
    made = workflow(stack, queue, *caught(definition), *fan_out(definition)[:1])

    assert made.diagram() == (
        "flowchart TD\n"
        '    job0["load"]\n'
        '    job1("clean")\n'
        '    job2[["each<br/>for each $.files"]]\n'
        '    job3["report"]\n'
        "    job0 -.->|failed| job1\n"
        "    job0 --> job3\n"
        "    job3 -.->|failed| job1\n"
    )


def test_names_of_states_are_unique_and_short_enough(
    stack: Stack, queue: Any, definition: Any
) -> None:
    jobs = [
        WorkflowJob(name="x" * 60 + str(n), job_definition=definition, catch="y" * 64)
        for n in range(12)
    ]
    clean = WorkflowJob(name="y" * 64, job_definition=definition, only_on_failure=True)

    made = workflow(stack, queue, *jobs, clean)

    names: list[str] = []

    def walk(states: dict[str, Any]) -> None:
        for name, state in states.items():
            names.append(name)
            for branch in state.get("Branches", []):
                walk(branch["States"])

    walk(made.asl["States"])
    assert len(names) == len(set(names)) == 97
    assert max(map(len, names)) <= 80


def test_all_that_is_wrong_is_said_at_once(stack: Stack, shared: Any, definition: Any) -> None:
    with pytest.raises(ValueError, match="Stack/Flow") as error:
        workflow(
            stack,
            None,
            WorkflowJob(name="a", job_definition="name", queue=shared),
            WorkflowJob(name="b", job_definition=definition),
        )

    definition_of_a, share_of_a, queue_of_b = str(error.value).splitlines()[1:]
    assert 'job "a": job_definition is str "name"; expected a job definition' in definition_of_a
    assert 'job "a": share_identifier is left out, but the queue has a scheduling' in share_of_a
    assert 'job "b": queue is left out: give it one, or the whole workflow' in queue_of_b


@pytest.mark.parametrize(
    ("jobs", "problem"),
    [
        ([{"name": "a", "depends_on": ["b"]}], r'job "a": depends_on\[0\] is "b"'),
        (
            [{"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]}],
            "jobs wait for each other in a circle",
        ),
        (
            [{"name": "a"}, {"name": "b", "only_on_failure": True}],
            'job "b": only_on_failure is True',
        ),
        (
            [
                {"name": "a", "array_size": 2, "step_retry": StepRetry(max_attempts=1)},
                {"name": "b", "array_size": 2, "depends_on": [NToN("a")]},
            ],
            'job "a": step_retry is given, but another array waits for its children',
        ),
        *(
            (
                [
                    {"name": "a", "array_size": 2, **first},
                    {"name": "b", "array_size": 2, "depends_on": [NToN("a")], **second},
                ],
                f'job "{name}": for_each is given and creates many arrays',
            )
            for name, first, second in (
                ("a", {"for_each": "$.files"}, {}),
                ("b", {}, {"for_each": "$.files"}),
            )
        ),
        ([{"name": "a", "command": ["x" * 8118]}], "have 8193 characters together; allowed:"),
        (
            [
                {"name": "a", "array_size": 2, "for_each": "$.files"},
                {"name": "b", "array_size": 2, "depends_on": [NToN("a")]},
            ],
            'job "a": for_each is given and creates many arrays',
        ),
        (
            [{"name": "a", "step_retry": StepRetry(max_attempts=100_000_000)}],
            "max_attempts is 100000000; allowed: whole numbers from 1 to 99999999",
        ),
        (
            [{"name": "a", "step_retry": StepRetry(max_attempts=1, backoff_rate=0.5)}],
            "backoff_rate is 0.5; allowed: numbers",
        ),
        (
            [{"name": "a", "timeout": timedelta(seconds=5)}],
            "timeout is 5 seconds; allowed: 60",
        ),
    ],
)
def test_a_graph_that_cannot_work_is_refused(
    stack: Stack, queue: Any, definition: Any, jobs: list[dict[str, Any]], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        workflow(stack, queue, *(WorkflowJob(job_definition=definition, **job) for job in jobs))
    assert not stack.node.try_find_child("Flow")


def test_overrides_may_be_as_long_as_ecs_takes(stack: Stack, queue: Any, definition: Any) -> None:
    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, command=["x" * 8117]))


def test_a_graph_may_start_with_no_jobs_in_common(
    stack: Stack, queue: Any, definition: Any
) -> None:
    made = workflow(
        stack,
        queue,
        WorkflowJob(name="a", job_definition=definition),
        WorkflowJob(name="b", job_definition=definition),
    )

    state = made.asl["States"]["a | b"]
    assert [branch["StartAt"] for branch in state["Branches"]] == ["a", "b"]
    assert (state["ResultPath"], state["End"]) == (None, True)


def test_a_job_that_its_queue_rescues_is_not_rescued_by_the_workflow_too(
    stack: Stack, queue: Any, definition: Any
) -> None:
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    environment = FargateComputeEnvironment(stack, "Environment", vpc=vpc, spot=True)
    rescued = JobQueue(
        stack, "Rescued", compute_environments=[environment], spot_rescue_queue=queue
    )
    job = WorkflowJob(name="a", job_definition=definition)

    with pytest.raises(
        ValueError, match='job "a": queue is Stack/Rescued, which has a spot_rescue_'
    ):
        workflow(stack, rescued, job, spot_rescue_queue=queue)
    Workflow(stack, "Other", queue=rescued, jobs=[job])


def test_a_queue_that_refuses_the_jobs_share_rescues_none(
    stack: Stack, queue: Any, shared: JobQueue, definition: Any
) -> None:
    vpc = ec2.Vpc(stack, "OtherVpc", max_azs=2)
    environment = FargateComputeEnvironment(stack, "FifoEnvironment", vpc=vpc)
    fifo = JobQueue(stack, "Fifo", compute_environments=[environment])
    job = WorkflowJob(name="a", job_definition=definition)

    with pytest.raises(ValueError, match='"a": on spot_rescue_queue: share_identifier is left out'):
        workflow(stack, queue, job, spot_rescue_queue=shared)
    with pytest.raises(ValueError, match='"a": on spot_rescue_queue: share_identifier is "blue"'):
        Workflow(
            stack,
            "Other",
            queue=shared,
            share_identifier="blue",
            jobs=[job],
            spot_rescue_queue=fifo,
        )


def test_a_workflow_grants_and_measures_as_its_state_machine_does(
    stack: Stack, queue: Any, definition: Any
) -> None:
    flow = workflow(stack, queue, WorkflowJob(name="a", job_definition=definition))

    flow.grant_start_execution(iam.User(stack, "User"))

    (policy,) = (
        each["PolicyDocument"]["Statement"]
        for each in resources(stack, "AWS::IAM::Policy").values()
        if "Users" in each
    )
    assert policy[0]["Action"] == "states:StartExecution"
    names = {
        metric(period=Duration.minutes(1)).metric_name
        for metric in (
            flow.metric_started,
            flow.metric_succeeded,
            flow.metric_failed,
            flow.metric_timed_out,
            flow.metric_aborted,
            flow.metric_time,
        )
    }
    assert names == {
        "ExecutionsStarted",
        "ExecutionsSucceeded",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "ExecutionTime",
    }


def test_the_log_of_a_workflow_is_kept_and_encrypted_as_told(
    stack: Stack, queue: Any, definition: Any
) -> None:
    key = kms.Key(stack, "Key")
    job = WorkflowJob(name="a", job_definition=definition)

    workflow(stack, queue, job, log_retention=logs.RetentionDays.ONE_WEEK, log_encryption_key=key)

    group = only(stack, "AWS::Logs::LogGroup")
    assert group["RetentionInDays"] == 7
    assert group["KmsKeyId"] == stack.resolve(key.key_arn)
    with pytest.raises(TypeError, match='log_encryption_key is str "x"; expected a kms.IKey'):
        Workflow(stack, "Other", queue=queue, jobs=[job], log_encryption_key="x")  # type: ignore[arg-type]  # the mistake
    alias = kms.Alias.from_alias_name(stack, "Alias", "alias/logs")
    with pytest.raises(TypeError, match="log_encryption_key is .*; expected a kms.IKey and not an"):
        Workflow(stack, "Another", queue=queue, jobs=[job], log_encryption_key=alias)


def test_a_step_is_retried_as_often_and_as_slowly_as_step_functions_takes(
    stack: Stack, queue: Any, definition: Any
) -> None:
    retry = StepRetry(max_attempts=99, backoff_rate=100)

    workflow(stack, queue, WorkflowJob(name="a", job_definition=definition, step_retry=retry))

    retried = asl(stack)["States"]["a"]["Retry"][-1]
    assert (retried["MaxAttempts"], retried["BackoffRate"]) == (99, 100)
