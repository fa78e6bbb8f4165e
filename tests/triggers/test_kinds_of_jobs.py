"""Each kind of job has an override of its own, and not every kind can be an array."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import CfnParameter, Size, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_stepfunctions as sfn

import batch_constructs as bc
from batch_constructs.aws.overridden_containers import OverriddenContainer, from_text
from batch_constructs.functions.submission.defaults import said_of_containers
from batch_constructs.functions.submission.message_reader import Poison, read_request
from tests.triggers.conftest import joined, only, resources

GIB = Size.gibibytes(2)
MORE = {"command": ["run"], "environment": {"A": "1"}}
SAID = {"Command": ["run"], "Environment": [{"Name": "A", "Value": "1"}]}


def container(name: str | None = None) -> bc.Container:
    return bc.Container(image="busybox", vcpus=1, memory=GIB, name=name)


def several(stack: Stack, *containers: bc.Container) -> Any:
    return bc.MultiContainerJobDefinition(
        stack, "Job", containers=containers, platform_capability="EC2"
    )


def nodes(stack: Stack, *targets: str) -> Any:
    ranges = [bc.NodeRange(target_nodes=one, container=container()) for one in targets]
    return bc.MultiNodeJobDefinition(stack, "Job", node_ranges=ranges)


def beside_an_agent(stack: Stack) -> Any:
    agent = container("agent")
    return several(stack, *bc.with_sidecar([container("main")], agent, platform_capability="EC2"))


def pod(stack: Stack, *names: str, **more: Any) -> Any:
    containers = [
        bc.PodContainer(image="busybox", vcpus=1, memory=GIB, name=name)
        for name in names or ("main",)
    ]
    return bc.EksJobDefinition(stack, "Job", containers=containers, **more)


def theirs_of_nodes(stack: Stack) -> Any:
    its = batch.EcsEc2ContainerDefinition(
        stack, "C", image=ecs.ContainerImage.from_registry("busybox"), cpu=1, memory=GIB
    )
    one = batch.MultiNodeContainer(container=its, start_node=0, end_node=1)
    return batch.MultiNodeJobDefinition(stack, "Job", containers=[one])


def theirs_of_tasks(stack: Stack) -> Any:
    return batch.CfnJobDefinition(
        stack, "Job", type="container", ecs_properties={"taskProperties": [{"containers": []}]}
    )


KINDS: list[tuple[Any, dict[str, Any]]] = [
    (
        beside_an_agent,
        {"EcsPropertiesOverride": {"TaskProperties": [{"Containers": [{"Name": "main", **SAID}]}]}},
    ),
    (
        lambda stack: nodes(stack, "0:3"),
        {
            "NodeOverrides": {
                "NodePropertyOverrides": [{"TargetNodes": "0:3", "ContainerOverrides": SAID}]
            }
        },
    ),
    (
        pod,
        {
            "EksPropertiesOverride": {
                "PodProperties": {
                    "Containers": [{"Name": "main", "Command": ["run"], "Env": SAID["Environment"]}]
                }
            }
        },
    ),
]


def scheduled(stack: Stack, queue: Any, job: Any, **more: Any) -> Any:
    bc.ScheduleTrigger(
        stack, "Trigger", queue=queue, job_definition=job, schedule="rate(1 day)", **more
    )
    request = json.loads(joined(only(stack, "AWS::Scheduler::Schedule")["Target"]["Input"]))
    return {name: request[name] for name in request if not name.startswith("Job")}


class TestTheMember:
    """What changes in the containers stands where the job definition takes it."""

    @pytest.mark.parametrize(("make", "members"), KINDS)
    def test_the_scheduler_sends_the_override_of_the_kind_of_job(
        self, stack: Stack, queue: Any, make: Any, members: dict[str, Any]
    ) -> None:
        assert scheduled(stack, queue, make(stack), **MORE) == members

    def test_step_functions_reads_the_input_within_it(self, stack: Stack, queue: Any) -> None:
        job = bc.WorkflowJob(
            name="a",
            job_definition=nodes(stack, ":3"),
            command=["run", "$.day"],
            environment={"A": "$.a"},
            overrides=bc.SubmissionOverrides(vcpus=2),
        )

        flow = bc.Workflow(stack, "Flow", queue=queue, jobs=[job])

        parameters = flow.asl["States"]["a"]["Parameters"]
        assert "ContainerOverrides" not in parameters
        assert parameters["NodeOverrides"]["NodePropertyOverrides"] == [
            {
                "TargetNodes": ":3",
                "ContainerOverrides": {
                    "Command.$": "States.Array('run', States.Format('{}', $.day))",
                    "Environment": [{"Name": "A", "Value.$": "States.Format('{}', $.a)"}],
                    "ResourceRequirements": [{"Type": "VCPU", "Value": "2"}],
                },
            }
        ]

    def test_an_environment_is_for_every_essential_container(
        self, stack: Stack, queue: Any
    ) -> None:
        job = several(stack, container("a"), container("b"))

        request = scheduled(stack, queue, job, environment={"A": "1"})

        (task,) = request["EcsPropertiesOverride"]["TaskProperties"]
        assert [(one["Name"], one["Environment"]) for one in task["Containers"]] == [
            ("a", SAID["Environment"]),
            ("b", SAID["Environment"]),
        ]

    def test_an_event_goes_by_a_function_which_is_told_of_the_containers(
        self, stack: Stack, queue: Any
    ) -> None:
        pattern = {"source": ["mine"]}
        job = nodes(stack, "0:0", "1:3")

        trigger = bc.EventTrigger(
            stack,
            "Trigger",
            queue=queue,
            job_definition=job,
            event_pattern=pattern,
            environment={"A": "1"},
        )

        assert trigger.function is not None
        (function,) = (
            one
            for one in resources(stack, "AWS::Lambda::Function").values()
            if "CONTAINERS" in one["Environment"]["Variables"]
        )
        assert from_text(function["Environment"]["Variables"]["CONTAINERS"]) == (
            OverriddenContainer("alone", None, "0:0"),
            OverriddenContainer("alone", None, "1:3"),
        )

    def test_an_event_that_changes_nothing_goes_without_a_function(
        self, stack: Stack, queue: Any
    ) -> None:
        trigger = bc.EventTrigger(
            stack,
            "Trigger",
            queue=queue,
            job_definition=nodes(stack, "0:3"),
            event_pattern={"source": ["mine"]},
        )

        assert trigger.function is None


FOUR = bc.SubmissionOverrides(vcpus=4, memory=Size.gibibytes(8), gpus=1)


class TestSizesOfPods:
    """Whoever submits a pod changes its sizes as those of any job."""

    def test_the_limits_and_requests_of_its_container_change(
        self, stack: Stack, queue: Any
    ) -> None:
        request = scheduled(stack, queue, pod(stack), overrides=FOUR)

        all_new = {"cpu": "4", "memory": "8192Mi", "nvidia.com/gpu": "1"}
        (one,) = request["EksPropertiesOverride"]["PodProperties"]["Containers"]
        assert one == {"Name": "main", "Resources": {"Limits": all_new, "Requests": all_new}}

    def test_what_does_not_change_is_said_again_since_aws_may_replace_it(
        self, stack: Stack, queue: Any
    ) -> None:
        job = bc.EksJobDefinition(
            stack,
            "Job",
            containers=[
                bc.PodContainer(image="busybox", vcpus=2, requested_vcpus=1, memory=GIB, gpus=1)
            ],
        )

        request = scheduled(
            stack, queue, job, overrides=bc.SubmissionOverrides(memory=Size.mebibytes(4))
        )

        (one,) = request["EksPropertiesOverride"]["PodProperties"]["Containers"]
        alike = {"memory": "4Mi", "nvidia.com/gpu": "1"}
        assert one["Resources"] == {
            "Limits": {"cpu": "2", **alike},
            "Requests": {"cpu": "1", **alike},
        }

    def test_step_functions_reads_them_from_the_input(self, stack: Stack, queue: Any) -> None:
        over = bc.SubmissionOverrides(
            memory_mebibytes=sfn.JsonPath.number_at("$.memory"),
            vcpus=sfn.JsonPath.number_at("$.vcpus"),
        )

        flow = bc.Workflow(
            stack,
            "Flow",
            queue=queue,
            jobs=[bc.WorkflowJob(name="a", job_definition=pod(stack), overrides=over)],
        )

        of_pod = flow.asl["States"]["a"]["Parameters"]["EksPropertiesOverride"]["PodProperties"]
        read = {
            "cpu.$": "States.Format('{}', $.vcpus)",
            "memory.$": "States.Format('{}Mi', $.memory)",
        }
        assert of_pod["Containers"][0]["Resources"] == {"Limits": read, "Requests": read}

    def test_init_containers_get_the_environment_and_keep_the_rest(
        self, stack: Stack, queue: Any
    ) -> None:
        job = pod(
            stack,
            init_containers=[bc.PodContainer(image="b", vcpus=1, memory=GIB, name="before")],
        )

        request = scheduled(stack, queue, job, overrides=FOUR, **MORE)

        (before,) = request["EksPropertiesOverride"]["PodProperties"]["InitContainers"]
        assert before == {"Name": "before", "Env": SAID["Environment"]}

    def test_init_containers_are_left_out_where_nothing_is_said_to_them(
        self, stack: Stack, queue: Any
    ) -> None:
        job = pod(stack, init_containers=[bc.PodContainer(image="b", vcpus=1, memory=GIB)])

        request = scheduled(stack, queue, job, overrides=FOUR)

        assert list(request["EksPropertiesOverride"]["PodProperties"]) == ["Containers"]

    def test_a_token_is_no_fault(self, stack: Stack, queue: Any) -> None:
        vcpus = CfnParameter(stack, "Vcpus", type="Number").value_as_number

        request = scheduled(stack, queue, pod(stack), overrides=bc.SubmissionOverrides(vcpus=vcpus))

        (one,) = request["EksPropertiesOverride"]["PodProperties"]["Containers"]
        assert one["Resources"]["Limits"] == {"cpu": "<Vcpus>", "memory": "2048Mi"}

    @pytest.mark.parametrize(
        ("make", "more", "problem"),
        [
            (
                pod,
                {"vcpus": 0.3},
                r"overrides\.vcpus is 0\.3; allowed: positive multiples of 0\.25",
            ),
            (
                lambda stack: nodes(stack, "0:3"),
                {"vcpus": 0.5},
                r"overrides\.vcpus is 0\.5; allowed: whole numbers from 1",
            ),
            (
                lambda stack: bc.MultiContainerJobDefinition(
                    stack, "Job", containers=[container("a")], platform_capability="FARGATE"
                ),
                {"memory": Size.mebibytes(700)},
                r"overrides\.memory is 700 MiB; allowed: 2048, .* with 1 vCPU on Fargate",
            ),
        ],
    )
    def test_a_size_that_the_definition_could_not_have_is_refused(
        self, stack: Stack, queue: Any, make: Any, more: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(ValueError, match=problem):
            scheduled(stack, queue, make(stack), overrides=bc.SubmissionOverrides(**more))

    def test_a_message_may_set_them(self, stack: Stack, queue: Any) -> None:
        gateway = bc.SubmissionGateway(
            stack, "Gateway", queue=queue, job_definition=pod(stack), allow=["vcpus", "memory"]
        )

        assert gateway.function is not None


class TestWhichIsMeant:
    """Nobody guesses which of several containers is meant."""

    @pytest.mark.parametrize(
        ("make", "more", "problem"),
        [
            (
                lambda stack: several(stack, container("a"), container("b")),
                {"command": ["run"]},
                r'command is given, .* containers \("a", "b"\), and it does not say of which: set',
            ),
            (
                lambda stack: nodes(stack, "0:0", "1:3"),
                {"overrides": bc.SubmissionOverrides(gpus=1)},
                r"overrides.gpus is given, .* several containers \(nodes 0:0, nodes 1:3\)",
            ),
            (
                lambda stack: pod(stack, "a", "b"),
                {"overrides": bc.SubmissionOverrides(memory=GIB)},
                r'overrides.memory is given, but the job has several containers \("a", "b"\)',
            ),
            (
                theirs_of_nodes,
                {"environment": {"A": "1"}},
                "environment is given, but the containers and nodes of the job definition are not",
            ),
            (theirs_of_tasks, {"command": ["a"]}, "command is given, but the containers and nodes"),
        ],
    )
    def test_what_could_be_of_any_is_refused(
        self, stack: Stack, queue: Any, make: Any, more: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(ValueError, match=problem):
            scheduled(stack, queue, make(stack), **more)

    def test_a_workflow_names_the_job(self, stack: Stack, queue: Any) -> None:
        job = nodes(stack, "0:0", "1:3")
        over = bc.SubmissionOverrides(vcpus=2)

        with pytest.raises(ValueError, match='job "a": overrides.vcpus is given, but the job has'):
            bc.Workflow(
                stack,
                "Flow",
                queue=queue,
                jobs=[bc.WorkflowJob(name="a", job_definition=job, overrides=over)],
            )

    def test_a_message_is_not_allowed_what_would_be_refused(self, stack: Stack, queue: Any) -> None:
        job = several(stack, container("a"), container("b"))

        with pytest.raises(ValueError, match='allow has "vcpus", but the job has several'):
            bc.SubmissionGateway(
                stack, "Gateway", queue=queue, job_definition=job, allow=["vcpus", "containers"]
            )


class TestArrays:
    """AWS Batch runs no array of multi-node jobs."""

    @pytest.mark.parametrize("make", [lambda stack: nodes(stack, "0:3"), theirs_of_nodes])
    def test_the_scheduler_sends_none(self, stack: Stack, queue: Any, make: Any) -> None:
        with pytest.raises(ValueError, match="array_size is given, but the job is multi-node"):
            scheduled(stack, queue, make(stack), array_size=5)

    def test_a_workflow_sends_none(self, stack: Stack, queue: Any) -> None:
        job = bc.WorkflowJob(name="a", job_definition=nodes(stack, "0:3"), array_size=5)

        with pytest.raises(ValueError, match='job "a": array_size is given, but the job is multi'):
            bc.Workflow(stack, "Flow", queue=queue, jobs=[job])

    @pytest.mark.parametrize(
        ("more", "problem"),
        [
            ({"mode": "COALESCE"}, "mode is COALESCE, but the job is multi-node"),
            ({"allow": ["array_size"]}, 'allow has "array_size", but the job is multi-node'),
        ],
    )
    def test_a_gateway_makes_none(
        self, stack: Stack, queue: Any, more: dict[str, Any], problem: str
    ) -> None:
        with pytest.raises(ValueError, match=problem):
            bc.SubmissionGateway(
                stack, "Gateway", queue=queue, job_definition=nodes(stack, "0:3"), **more
            )


TWO = (OverriddenContainer("task", "a"), OverriddenContainer("task", "b"))


class TestWhatAFunctionSends:
    """Messages say it as of one container, and the function puts it where it belongs."""

    def test_what_a_message_says_in_the_member_itself_wins(self) -> None:
        own = {"name": "b", "environment": [{"name": "A", "value": "2"}], "command": ["own"]}
        request = {
            "jobName": "x",
            "containerOverrides": {
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
            },
            "ecsPropertiesOverride": {"taskProperties": [{"containers": [own]}]},
        }

        said = said_of_containers(request, TWO)

        first = [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]
        second = [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]
        assert said == {
            "jobName": "x",
            "ecsPropertiesOverride": {
                "taskProperties": [
                    {
                        "containers": [
                            {"name": "a", "environment": first},
                            {"name": "b", "environment": second, "command": ["own"]},
                        ]
                    }
                ]
            },
        }

    def test_a_request_that_changes_nothing_stays(self) -> None:
        assert said_of_containers({"jobName": "x"}, TWO) == {"jobName": "x"}

    def test_a_message_with_what_is_of_none_is_set_aside(self) -> None:
        body = {"containerOverrides": {"command": ["x"]}}

        with pytest.raises(Poison, match="cannot set command, because the job has several"):
            read_request(body, frozenset({"command"}), TWO)

    POD = (
        OverriddenContainer(
            "pod",
            "main",
            resources={"limits": {"cpu": "1", "memory": "4Mi"}, "requests": {"cpu": "1"}},
        ),
        OverriddenContainer("init", "before"),
    )

    def test_sizes_of_a_message_become_those_of_the_pod(self) -> None:
        body = {
            "environment": {"A": "1"},
            "containerOverrides": {"resourceRequirements": [{"type": "MEMORY", "value": "8"}]},
        }

        said = said_of_containers(read_request(body, frozenset({"memory"}), self.POD), self.POD)

        variables = [{"name": "A", "value": "1"}]
        resources = {half: {"cpu": "1", "memory": "8Mi"} for half in ("limits", "requests")}
        assert said == {
            "eksPropertiesOverride": {
                "podProperties": {
                    "containers": [{"name": "main", "env": variables, "resources": resources}],
                    "initContainers": [{"name": "before", "env": variables}],
                }
            }
        }

    def test_resources_that_a_message_says_for_the_pod_itself_are_taken_whole(self) -> None:
        own = {"name": "main", "resources": {"limits": {"cpu": "3"}}}
        request = {
            "containerOverrides": {"resourceRequirements": [{"type": "VCPU", "value": "2"}]},
            "eksPropertiesOverride": {"podProperties": {"containers": [own]}},
        }

        said = said_of_containers(request, self.POD)

        assert said == {"eksPropertiesOverride": {"podProperties": {"containers": [own]}}}

    def test_a_message_with_the_deprecated_sizes_is_set_aside(self) -> None:
        with pytest.raises(Poison, match="cannot set memory, because the job is a pod"):
            read_request({"containerOverrides": {"memory": 8}}, frozenset({"memory"}), self.POD)

    def test_a_size_without_a_text_is_set_aside(self) -> None:
        body = {"containerOverrides": {"resourceRequirements": [{"type": "MEMORY", "value": 8}]}}

        with pytest.raises(Poison, match="resourceRequirements is not a list of .*, both strings"):
            read_request(body, frozenset({"memory"}), self.POD)
