"""SubmissionOverrides: one value object for what every trigger submits otherwise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Size, Stack
from aws_cdk.assertions import Template

import batch_constructs as bc
from batch_constructs import RetryPolicy, RetryRule, SubmissionOverrides
from batch_constructs.triggers.submit_function import MOST_BYTES_TOLD
from tests.triggers.conftest import joined, only, resources

ALL = SubmissionOverrides(
    vcpus=2,
    memory=Size.gibibytes(4),
    gpus=1,
    command=["run"],
    environment={"MODE": "fast"},
    retry=RetryPolicy(attempts=2, rules=[RetryRule(action="RETRY", on_exit_code="75")]),
    timeout=timedelta(minutes=10),
    scheduling_priority=5,
    tags={"team": "x"},
)
SIZES = [
    {"Type": "VCPU", "Value": "2"},
    {"Type": "MEMORY", "Value": "4096"},
    {"Type": "GPU", "Value": "1"},
]
RETRIES = {"Attempts": 2, "EvaluateOnExit": [{"Action": "RETRY", "OnExitCode": "75"}]}


def every(stack: Stack, queue: Any, definition: Any, **more: Any) -> None:
    """Make each construct that takes overrides."""
    common: dict[str, Any] = {"queue": queue, "job_definition": definition, **more}
    bc.ScheduleTrigger(stack, "Schedule", schedule="rate(1 day)", **common)
    bc.EventTrigger(stack, "Event", event_pattern={"source": ["mine"]}, **common)
    bc.SubmitFunction(stack, "Function", **common)
    bc.SubmissionGateway(stack, "Gateway", **common)


def test_the_scheduler_and_step_functions_send_the_whole_request(
    stack: Stack, queue: Any, definition: Any
) -> None:
    bc.ScheduleTrigger(
        stack,
        "Schedule",
        queue=queue,
        job_definition=definition,
        schedule="rate(1 day)",
        overrides=ALL,
    )
    job = bc.WorkflowJob(name="a", job_definition=definition, overrides=ALL)
    flow = bc.Workflow(stack, "Flow", queue=queue, jobs=[job])

    scheduled = json.loads(only(stack, "AWS::Scheduler::Schedule")["Target"]["Input"])
    for request in (scheduled, flow.asl["States"]["a"]["Parameters"]):
        del request["JobName"], request["JobQueue"], request["JobDefinition"]
        assert request == {
            "ContainerOverrides": {
                "Command": ["run"],
                "Environment": [{"Name": "MODE", "Value": "fast"}],
                "ResourceRequirements": SIZES,
            },
            "RetryStrategy": RETRIES,
            "SchedulingPriorityOverride": 5,
            "Tags": {"team": "x"},
            "Timeout": {"AttemptDurationSeconds": 600},
        }


def test_event_bridge_itself_sends_sizes_and_attempts(
    stack: Stack, queue: Any, definition: Any
) -> None:
    overrides = SubmissionOverrides(vcpus=0.5, retry=RetryPolicy(attempts=2, rules=()))
    bc.EventTrigger(
        stack,
        "Event",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        overrides=overrides,
    )

    assert resources(stack, "AWS::Lambda::Function") == {}
    (target,) = only(stack, "AWS::Events::Rule")["Targets"]
    assert target["BatchParameters"]["RetryStrategy"] == {"Attempts": 2}
    assert json.loads(target["Input"]) == {
        "ContainerOverrides": {"ResourceRequirements": [{"Type": "VCPU", "Value": "0.5"}]}
    }


@pytest.mark.parametrize("overrides", [SubmissionOverrides(tags={"a": "b"}), ALL])
def test_a_function_submits_what_event_bridge_cannot_say(
    stack: Stack, queue: Any, definition: Any, overrides: SubmissionOverrides
) -> None:
    bc.EventTrigger(
        stack,
        "Event",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        overrides=overrides,
    )

    (target,) = only(stack, "AWS::Events::Rule")["Targets"]
    body = json.loads(target["InputTransformer"]["InputTemplate"])
    assert body["tags"] == overrides.tags
    if overrides is ALL:
        assert body["retryStrategy"]["evaluateOnExit"] == [{"action": "RETRY", "onExitCode": "75"}]
        assert body["environment"] == {"MODE": "fast"}
        assert body["containerOverrides"]["command"] == ["run"]
        assert len(body["containerOverrides"]["resourceRequirements"]) == len(SIZES)


@pytest.mark.parametrize("kind", [bc.SubmitFunction, bc.SubmissionGateway])
def test_a_function_is_told_what_it_adds_to_events_and_messages(
    stack: Stack, queue: Any, definition: Any, kind: Any
) -> None:
    kind(stack, "Made", queue=queue, job_definition=definition, overrides=ALL)

    variables = only(stack, "AWS::Lambda::Function")["Environment"]["Variables"]
    told = json.loads(variables["DEFAULTS"])
    assert told["tags"] == {"team": "x"}
    assert told["timeout"] == {"attemptDurationSeconds": 600}
    assert told["containerOverrides"]["resourceRequirements"][0] == {"type": "VCPU", "value": "2"}
    assert variables["SCHEDULING_PRIORITY"] == "5"


def test_what_is_said_twice_is_refused_in_one_line(
    stack: Stack, queue: Any, definition: Any
) -> None:
    twice: dict[str, Any] = {
        "timeout": Duration.minutes(5),
        "overrides": SubmissionOverrides(timeout=Duration.minutes(10)),
    }
    said = "timeout is given with overrides.timeout: leave one of them out"

    with pytest.raises(ValueError, match=f"Schedule: {said}$"):
        every(stack, queue, definition, **twice)
    job = bc.WorkflowJob(name="a", job_definition=definition, **twice)
    with pytest.raises(ValueError, match=f'job "a": {said}$'):
        bc.Workflow(stack, "Flow", queue=queue, jobs=[job])


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (SubmissionOverrides(vcpus=0), "overrides.vcpus is 0; allowed: numbers from 0.25"),
        (SubmissionOverrides(memory=Size.mebibytes(3)), "overrides.memory is 3 MiB; allowed: 4"),
        (SubmissionOverrides(gpus=0), "overrides.gpus is 0; allowed: whole numbers from 1"),
        (SubmissionOverrides(timeout=timedelta(seconds=5)), "overrides.timeout is 5 seconds"),
        (SubmissionOverrides(tags={"aws:a": "b"}), 'a key of overrides.tags is "aws:a"'),
        (
            SubmissionOverrides(memory=Size.gibibytes(1), memory_mebibytes=1024),
            "overrides.memory is given with overrides.memory_mebibytes, which says the same",
        ),
        (
            SubmissionOverrides(retry=RetryPolicy(attempts=11)),
            "overrides.retry.attempts is 11; allowed: whole numbers from 1 to 10",
        ),
        (
            SubmissionOverrides(environment={"AWS_BATCH_X": "1"}),
            'a key of overrides.environment is "AWS_BATCH_X"',
        ),
        ({"vcpus": 2}, "overrides is dict; expected SubmissionOverrides"),
    ],
)
def test_a_wrong_override_is_told_with_its_place(
    stack: Stack, queue: Any, definition: Any, overrides: Any, said: str
) -> None:
    with pytest.raises((ValueError, TypeError)) as of_trigger:
        every(stack, queue, definition, overrides=overrides)
    job = bc.WorkflowJob(name="a", job_definition=definition, overrides=overrides)
    with pytest.raises(ValueError, match='Flow: job "a"') as of_workflow:
        bc.Workflow(stack, "Flow", queue=queue, jobs=[job])

    assert said in str(of_trigger.value)
    assert said in str(of_workflow.value)


def test_numbers_that_cloudformation_knows_are_rendered_as_such() -> None:
    stack = Stack(App(builtin_cloud_formation_validation=False), "Stack")
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/main"
    )
    definition = bc.JobDefinition.from_job_definition_arn(
        stack, "Definition", "arn:aws:batch:us-east-1:123456789012:job-definition/report:3"
    )
    number: Any = CfnParameter(stack, "N", type="Number").value_as_number
    overrides = SubmissionOverrides(
        vcpus=number,
        memory_mebibytes=number,
        gpus=number,
        scheduling_priority=number,
        timeout=Duration.seconds(number),
        retry=RetryPolicy(attempts=number),
    )
    every(stack, queue, definition, overrides=overrides)
    bc.EventTrigger(
        stack,
        "Array",
        queue=queue,
        job_definition=definition,
        event_pattern={"source": ["mine"]},
        array_size=number,
        scheduling_priority=number,
        retry_attempts=number,
    )
    job = bc.WorkflowJob(
        name="a", job_definition=definition, array_size=number, overrides=overrides
    )
    bc.Workflow(stack, "Flow", queue=queue, jobs=[job])

    assert "e+28" not in json.dumps(Template.from_stack(stack).to_json())
    machine = joined(only(stack, "AWS::StepFunctions::StateMachine")["DefinitionString"])
    assert '"Size": <N>' in machine
    assert '"Value": "<N>"' in machine
    assert '"SchedulingPriorityOverride": <N>' in machine
    schedule = joined(only(stack, "AWS::Scheduler::Schedule")["Target"]["Input"])
    assert '"AttemptDurationSeconds":<N>' in schedule


@pytest.mark.parametrize("parameter", ["max_submissions_per_second", "max_receive_count"])
def test_a_number_that_a_gateway_reckons_with_is_no_token(
    stack: Stack, queue: Any, definition: Any, parameter: str
) -> None:
    number = CfnParameter(stack, "N", type="Number").value_as_number
    options: dict[str, Any] = {parameter: number}

    with pytest.raises(
        ValueError, match=f"Gateway: {parameter} is a token, whose value is not known"
    ):
        bc.SubmissionGateway(stack, "Gateway", queue=queue, job_definition=definition, **options)


def test_overrides_and_graphs_need_no_cdk() -> None:
    code = (
        "import sys; sys.modules['aws_cdk'] = sys.modules['jsii'] = None;"
        "from datetime import timedelta;"
        "import batch_constructs as bc; from batch_constructs.client.graph import _requests;"
        "overrides = bc.SubmissionOverrides(vcpus=2, memory_mebibytes=512,"
        " retry=bc.RetryPolicy(attempts=2, rules=[]), timeout=timedelta(minutes=2));"
        "job = bc.WorkflowJob(name='a', job_definition='d', overrides=overrides);"
        "from batch_constructs.job_graph import Graph;"
        "import json; print(json.dumps(_requests(Graph.of([job]).jobs['a'], 'q', 'r', {})[0]))"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(ran.stdout) == {
        "jobName": "r--a",
        "jobQueue": "q",
        "jobDefinition": "d",
        "containerOverrides": {
            "resourceRequirements": [
                {"type": "VCPU", "value": "2"},
                {"type": "MEMORY", "value": "512"},
            ]
        },
        "timeout": {"attemptDurationSeconds": 120},
        "retryStrategy": {"attempts": 2},
    }


def test_a_submission_may_ask_for_the_smallest_size_of_fargate(
    stack: Stack, queue: Any, definition: Any
) -> None:
    bc.ScheduleTrigger(
        stack,
        "Schedule",
        queue=queue,
        job_definition=definition,
        schedule="rate(1 day)",
        overrides=SubmissionOverrides(vcpus=0.25),
    )

    sent = json.loads(only(stack, "AWS::Scheduler::Schedule")["Target"]["Input"])
    assert sent["ContainerOverrides"]["ResourceRequirements"] == [{"Type": "VCPU", "Value": "0.25"}]


def test_a_function_has_room_for_the_tag_by_which_it_knows_its_jobs(
    stack: Stack, queue: Any, definition: Any
) -> None:
    def submit(id: str, tags: int) -> bc.SubmitFunction:
        overrides = SubmissionOverrides(tags={f"t{n}": "" for n in range(tags)})
        return bc.SubmitFunction(
            stack, id, queue=queue, job_definition=definition, overrides=overrides
        )

    with pytest.raises(ValueError, match="overrides has 50 tags; allowed: 49, because the funct"):
        submit("Full", 50)
    submit("Room", 49)


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_function_is_told_as_much_as_it_has_room_for(
    stack: Stack, queue: Any, definition: Any, beyond: int
) -> None:
    def submit(id: str, length: int) -> bc.SubmitFunction:
        return bc.SubmitFunction(
            stack, id, queue=queue, job_definition=definition, parameters={"a": "x" * length}
        )

    with pytest.raises(ValueError, match="bytes of JSON") as refusal:
        submit("Long", MOST_BYTES_TOLD)
    written = re.search(r"are ([\d,]+) bytes of JSON", str(refusal.value))
    assert written is not None
    longest = 2 * MOST_BYTES_TOLD - int(written[1].replace(",", ""))

    if beyond:
        with pytest.raises(ValueError, match=f"are {MOST_BYTES_TOLD + 1} bytes of JSON"):
            submit("OneMore", longest + 1)
    else:
        assert submit("Longest", longest) is not None
