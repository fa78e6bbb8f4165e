"""The limit of a queue holds for what this app submits to it; where it does not, that is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

import batch_constructs as bc
from batch_constructs.jobs import queue_limit

SIZE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}
Submit = Callable[[cdk.Stack, Any, Any], object]

LICENSES = "arn:aws:batch:us-east-1:123456789012:consumable-resource/licenses"


@pytest.fixture
def place(stack: cdk.Stack) -> bc.UnmanagedComputeEnvironment:
    return bc.UnmanagedComputeEnvironment(stack, "Unmanaged")


def limited(
    stack: cdk.Stack, place: Any, id: str = "Queue", limit: int | None = 1, **more: Any
) -> bc.JobQueue:
    return bc.JobQueue(stack, id, compute_environments=[place], max_concurrent_jobs=limit, **more)


def a_job(stack: cdk.Stack, id: str = "Job", **more: Any) -> bc.Ec2JobDefinition:
    return bc.Ec2JobDefinition(stack, id, **SIZE, **more)


def an_l2(stack: cdk.Stack) -> batch.EcsJobDefinition:
    image = ecs.ContainerImage.from_registry("busybox")
    size: dict[str, Any] = {"cpu": 1, "memory": cdk.Size.gibibytes(2)}
    container = batch.EcsEc2ContainerDefinition(stack, "Container", image=image, **size)
    return batch.EcsJobDefinition(stack, "Job", container=container)


def an_l1(stack: cdk.Stack) -> batch.CfnJobDefinition:
    taken: Any = {
        "consumableResourceList": [{"consumableResource": LICENSES, "quantity": 2}],
    }
    return batch.CfnJobDefinition(
        stack, "Job", type="container", consumable_resource_properties=taken
    )


def role(stack: cdk.Stack) -> iam.Role:
    return iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def on_a_schedule(stack: cdk.Stack, queue: Any, job: Any, id: str = "It") -> object:
    return bc.ScheduleTrigger(stack, id, queue=queue, job_definition=job, schedule="rate(1 day)")


def on_an_event(stack: cdk.Stack, queue: Any, job: Any) -> object:
    return bc.EventTrigger(
        stack, "It", queue=queue, job_definition=job, event_pattern={"source": ["a"]}
    )


def by_a_function(stack: cdk.Stack, queue: Any, job: Any) -> object:
    return bc.SubmitFunction(stack, "It", queue=queue, job_definition=job)


def by_messages(stack: cdk.Stack, queue: Any, job: Any) -> object:
    return bc.SubmissionGateway(stack, "It", queue=queue, job_definition=job)


def in_a_workflow(stack: cdk.Stack, queue: Any, job: Any) -> object:
    jobs = [bc.WorkflowJob(name="only", job_definition=job)]
    return bc.Workflow(stack, "It", queue=queue, jobs=jobs)


def by_a_grantee(stack: cdk.Stack, queue: Any, job: Any) -> object:
    return queue.grant_submit(role(stack), job)


def by_a_grantee_of_the_job(stack: cdk.Stack, queue: Any, job: Any) -> object:
    return job.grant_submit(role(stack), queue)


def slot(queue: bc.JobQueue) -> str:
    assert queue.concurrent_jobs is not None
    return queue.concurrent_jobs.consumable_resource_arn


def consumed(job: Any) -> list[tuple[Any, Any]]:
    """Give what jobs take, without a synthesis."""
    made = job if isinstance(job, batch.CfnJobDefinition) else job.node.default_child
    taken: Any = made.consumable_resource_properties
    listed = taken.consumable_resource_list if taken else []
    return [(one.consumable_resource, one.quantity) for one in listed]


def warned(stack: cdk.Stack) -> dict[str, str]:
    """Give what is told of limits by the path of the construct, without a synthesis."""
    return {
        one.node.path: str(entry.data).partition(" [ack")[0]
        for one in stack.node.find_all()
        for entry in one.node.metadata
        if entry.type == "aws:cdk:warning" and "max_concurrent_jobs" in str(entry.data)
    }


def synthesized(stack: cdk.Stack) -> None:
    app: Any = cdk.App.of(stack)
    app.synth()


@pytest.mark.parametrize(
    "submit",
    [
        on_a_schedule,
        on_an_event,
        by_a_function,
        by_messages,
        in_a_workflow,
        by_a_grantee,
        by_a_grantee_of_the_job,
    ],
)
def test_what_is_submitted_to_a_queue_counts_in_its_limit(
    submit: Submit, stack: cdk.Stack, place: Any
) -> None:
    queue, job = limited(stack, place), a_job(stack)
    submit(stack, queue, job)
    on_a_schedule(stack, queue, job, "Again")

    assert consumed(job) == [(slot(queue), 1)]
    assert warned(stack) == {}


@pytest.mark.parametrize(
    "definition", [an_l2, an_l1, lambda stack: a_job(stack, max_concurrent_jobs=3)]
)
def test_it_counts_beside_what_the_definition_takes_already(
    definition: Any, stack: cdk.Stack, place: Any
) -> None:
    queue, job = limited(stack, place), definition(stack)
    before = consumed(job)
    on_a_schedule(stack, queue, job)

    assert consumed(job) == [*before, (slot(queue), 1)]


def an_l1_that_takes(stack: cdk.Stack, *listed: Any) -> batch.CfnJobDefinition:
    taken: Any = {"consumableResourceList": [*listed]}
    sizes = [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]
    return batch.CfnJobDefinition(
        stack,
        "Job",
        type="container",
        container_properties={"image": "busybox", "resourceRequirements": sizes},
        consumable_resource_properties=taken,
    )


def named(name: str) -> dict[str, Any]:
    return {"consumableResource": name, "quantity": 1}


@pytest.mark.parametrize(
    "definition",
    [
        lambda stack, queue: a_job(stack, max_concurrent_jobs=queue),
        lambda stack, queue: a_job(stack, consumable_resources={queue.concurrent_jobs: 1}),
        lambda stack, queue: a_job(stack, consumable_resources={queue.concurrent_jobs.resource: 1}),
        lambda stack, queue: an_l1_that_takes(stack, named(queue.concurrent_jobs.resource.ref)),
    ],
)
def test_a_definition_that_names_the_queue_counts_once(
    definition: Any, stack: cdk.Stack, place: Any
) -> None:
    queue = limited(stack, place)
    job = definition(stack, queue)
    before = consumed(job)
    on_a_schedule(stack, queue, job)
    on_a_schedule(stack, limited(stack, place, "Other", None), job, "Again")

    assert consumed(job) == before
    assert warned(stack) == {}


def test_a_definition_counts_beside_a_token_that_it_takes(stack: cdk.Stack, place: Any) -> None:
    unknown = cdk.Token.as_any({"ConsumableResource": LICENSES, "Quantity": 1})
    queue, job = limited(stack, place), an_l1_that_takes(stack, unknown)
    on_a_schedule(stack, queue, job)

    taken: Any = job.consumable_resource_properties
    assert taken.consumable_resource_list[1].consumable_resource == slot(queue)


def test_a_grantee_that_is_no_construct_leaves_a_definition_of_another_stack(
    stack: cdk.Stack, place: Any
) -> None:
    queue, job = limited(stack, place), elsewhere(stack)
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    queue.grant_submit(iam.PrincipalWithConditions(role(stack), condition), job)

    assert consumed(job) == []
    assert list(warned(stack)) == ["Stack/Queue"]


def test_an_override_that_drops_what_a_job_takes_is_told(stack: cdk.Stack, place: Any) -> None:
    queue, way = limited(stack, place), "ConsumableResourceProperties.ConsumableResourceList"
    licenses = {"ConsumableResource": LICENSES, "Quantity": 1}
    own = {"ConsumableResource": slot(queue), "Quantity": 1}
    for name, path, value in (
        ("Dropped", way, [licenses]),
        ("Kept", way, [licenses, own]),
        ("More", f"{way}.0.Quantity", 2),
    ):
        job = a_job(stack, name)
        on_a_schedule(stack, queue, job, f"{name}It")
        job.resource.add_property_override(path, value)
    synthesized(stack)

    assert warned(stack) == {
        "Stack/Dropped": "jobs of Stack/Dropped are not limited by max_concurrent_jobs of "
        "Stack/Queue: an override of ConsumableResourceProperties replaces what they take: list "
        "one of queue.concurrent_jobs there too"
    }


def test_a_queue_without_a_limit_changes_no_definition(stack: cdk.Stack, place: Any) -> None:
    job = a_job(stack)
    on_a_schedule(stack, limited(stack, place, limit=None), job)

    assert consumed(job) == []


def test_what_is_refused_leaves_the_definition_as_it_was(stack: cdk.Stack, place: Any) -> None:
    queue, job = limited(stack, place), a_job(stack)
    with pytest.raises(ValueError, match="schedule"):
        bc.ScheduleTrigger(stack, "It", queue=queue, job_definition=job, schedule="daily")
    with pytest.raises(ValueError, match="no policies|service"):
        queue.grant_submit(iam.ServicePrincipal("lambda.amazonaws.com"), job)

    assert consumed(job) == []


def imported(stack: cdk.Stack) -> bc.JobDefinition:
    return bc.JobDefinition.from_job_definition_name(stack, "Job", "job")


def an_l1_of_a_token(stack: cdk.Stack) -> batch.CfnJobDefinition:
    taken: Any = cdk.Token.as_any({"Ref": "AWS::NoValue"})
    return batch.CfnJobDefinition(
        stack, "Job", type="container", consumable_resource_properties=taken
    )


def of_nodes(stack: cdk.Stack, **more: Any) -> bc.MultiNodeJobDefinition:
    nodes = bc.NodeRange(target_nodes=2, container=bc.Container(**SIZE), **more)
    return bc.MultiNodeJobDefinition(stack, "Job", node_ranges=[nodes])


def elsewhere(stack: cdk.Stack) -> bc.Ec2JobDefinition:
    return a_job(cdk.Stack(cdk.App.of(stack), "There"))


UNKNOWN = ", and what this one takes is not known here: let it take one of queue.concurrent_jobs"


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (imported, UNKNOWN),
        (an_l1_of_a_token, UNKNOWN),
        (of_nodes, "give each NodeRange consumable_resources={.*the number of nodes that may run"),
        (elsewhere, "one in another stack .*: give it max_concurrent_jobs=queue, or submit"),
    ],
)
def test_a_definition_that_cannot_be_made_to_count_is_told(
    job: Any, said: str, stack: cdk.Stack, place: Any
) -> None:
    on_a_schedule(stack, limited(stack, place), job(stack))

    (told,) = warned(stack).items()
    limits_no = "Job are not limited by max_concurrent_jobs of Stack/Queue: AWS Batch counts by "
    assert told[0] == "Stack/It"
    assert re.search(f"^jobs of (Stack|There)/{limits_no}definition.*{said}", told[1])


def test_nodes_that_take_of_a_queue_count_in_its_limit(stack: cdk.Stack, place: Any) -> None:
    queue = limited(stack, place, limit=2)
    on_a_schedule(stack, queue, of_nodes(stack, consumable_resources={queue.concurrent_jobs: 1}))

    assert warned(stack) == {}


@pytest.mark.parametrize("submit", [on_a_schedule, by_a_grantee])
def test_a_definition_of_the_stack_that_submits_it_counts_in_a_queue_of_another(
    submit: Submit, stack: cdk.Stack, place: Any
) -> None:
    there = cdk.Stack(cdk.App.of(stack), "There")
    queue, job = limited(stack, place), a_job(there)
    submit(there, queue, job)

    assert consumed(job) == [(slot(queue), 1)]
    assert warned(there) == warned(stack) == {}


def test_a_definition_beside_its_queue_counts_whatever_stack_submits_it(
    stack: cdk.Stack, place: Any
) -> None:
    queue, job = limited(stack, place), a_job(stack)
    on_a_schedule(cdk.Stack(cdk.App.of(stack), "There"), queue, job)

    assert consumed(job) == [(slot(queue), 1)]


def test_a_definition_of_two_queues_that_counts_in_one_of_them_is_told(
    stack: cdk.Stack, place: Any
) -> None:
    job, free = a_job(stack), limited(stack, place, "Free", None)
    on_a_schedule(stack, free, job, "First")
    on_a_schedule(stack, limited(stack, place), job, "Second")

    assert warned(stack) == {
        "Stack/Second": "jobs of Stack/Job are submitted to Stack/Free and Stack/Queue, and in "
        "each of them count in max_concurrent_jobs of Stack/Queue, because AWS Batch counts by "
        "definition: create a definition for each queue"
    }


def test_a_limit_in_which_nothing_counts_is_told(
    stack: cdk.Stack, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole app is only looked through for a queue of which no definition of ours takes."""
    looked: list[str] = []
    look = queue_limit._is_taken

    def is_taken(one: Any) -> bool:
        looked.append(one.node.path)
        return look(one)

    monkeypatch.setattr(queue_limit, "_is_taken", is_taken)
    queue = limited(stack, place)
    cdk.CfnOutput(stack, "Arn", value=slot(queue))
    a_job(stack, max_concurrent_jobs=limited(stack, place, "Other"))
    an_l1_that_takes(
        cdk.Stack(cdk.App.of(stack), "There"), named(slot(limited(stack, place, "By")))
    )
    on_a_schedule(stack, limited(stack, place, "Submitted"), a_job(stack, "Its"))
    synthesized(stack)

    assert warned(stack) == {
        "Stack/Queue": "max_concurrent_jobs limits no job, because no definition takes its "
        "resource: submit by a trigger, a workflow or grant_submit, or give definitions "
        "max_concurrent_jobs=queue"
    }
    assert looked == ["Stack/Queue", "Stack/By"]


def test_what_engines_register_is_told_to_be_without_limit(stack: cdk.Stack, place: Any) -> None:
    queue = limited(stack, place)
    a_job(stack, max_concurrent_jobs=queue)
    queue.grant_engine(role(stack))

    (told,) = warned(stack).items()
    assert told[0] == "Stack/Queue"
    assert "definitions that the engine registers" in told[1]
    assert "use max_vcpus of an environment that only this queue has" in told[1]


def test_messages_that_can_replace_what_a_job_takes_are_told(stack: cdk.Stack, place: Any) -> None:
    bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=limited(stack, place),
        job_definition=a_job(stack),
        allow=["consumable_resources"],
    )

    (told,) = warned(stack).items()
    assert told[0] == "Stack/Gateway"
    assert told[1].endswith(": leave consumable_resources out of allow")


NOT_LIMITED = (
    "that are rescued from another queue are not limited by max_concurrent_jobs of Stack/Rescue: "
    "AWS Batch counts by definition: give their definitions max_concurrent_jobs=, with that queue"
)
ALSO = ", and list them in spot_rescue_job_definitions"


@pytest.mark.parametrize(
    ("counts", "listed", "said"),
    [
        ([True, False, False], None, f"jobs of Stack/Job1 and Stack/Job2 {NOT_LIMITED}{ALSO}"),
        ([True, False], [0, 1], f"jobs of Stack/Job1 {NOT_LIMITED}"),
        ([True, False], [0], None),
        ([True, True], None, None),
        ([], None, f"jobs {NOT_LIMITED}{ALSO}"),
    ],
)
def test_rescued_jobs_that_do_not_count_in_the_limit_of_the_rescue_queue_are_told(
    counts: list[bool],
    listed: list[int] | None,
    said: str | None,
    stack: cdk.Stack,
    place: Any,
) -> None:
    rescue = limited(stack, place, "Rescue")
    a_job(stack, "Own", max_concurrent_jobs=rescue)
    jobs = [
        a_job(stack, f"Job{place}", max_concurrent_jobs=rescue if one else None)
        for place, one in enumerate(counts)
    ]
    definitions = None if listed is None else [jobs[place] for place in listed]
    more: dict[str, Any] = {"spot_rescue_job_definitions": definitions}
    spot = limited(stack, place, "Spot", None, spot_rescue_queue=rescue, **more)
    for number, job in enumerate(jobs):
        on_a_schedule(stack, spot, job, f"It{number}")
    synthesized(stack)

    assert warned(stack) == ({} if said is None else {"Stack/Spot": said})


@pytest.mark.parametrize("counts", [True, False])
def test_jobs_that_a_workflow_rescues_are_told_as_well(
    counts: bool,  # noqa: FBT001  # a case
    stack: cdk.Stack,
    place: Any,
) -> None:
    rescue, queue = limited(stack, place, "Rescue"), limited(stack, place, "Spot", None)
    a_job(stack, "Own", max_concurrent_jobs=rescue)
    job = a_job(stack, max_concurrent_jobs=rescue if counts else None)
    jobs = [bc.WorkflowJob(name="only", job_definition=job)]
    bc.Workflow(stack, "It", queue=queue, jobs=jobs, spot_rescue_queue=rescue)
    synthesized(stack)

    assert warned(stack) == ({} if counts else {"Stack/It": f"jobs of Stack/Job {NOT_LIMITED}"})


@pytest.mark.parametrize("by", ["queue", "list", "workflow"])
def test_rescued_jobs_that_count_in_the_limit_of_their_own_queue_are_told(
    by: str, stack: cdk.Stack, place: Any
) -> None:
    rescue, job = limited(stack, place, "Rescue", None), a_job(stack)
    if by == "workflow":
        jobs, queue = [bc.WorkflowJob(name="only", job_definition=job)], limited(stack, place)
        bc.Workflow(stack, "It", queue=queue, jobs=jobs, spot_rescue_queue=rescue)
    else:
        listed = [job] if by == "list" else None
        more: dict[str, Any] = {"spot_rescue_job_definitions": listed}
        on_a_schedule(stack, limited(stack, place, spot_rescue_queue=rescue, **more), job)
    synthesized(stack)

    assert warned(stack) == {
        "Stack/It" if by == "workflow" else "Stack/Queue": "jobs of Stack/Job that are rescued in "
        "Stack/Rescue count in max_concurrent_jobs of Stack/Queue there too, because AWS Batch "
        "counts by definition: where they should not, limit their own queue by max_vcpus of an "
        "environment that only it has"
    }


def test_rescued_jobs_that_count_where_they_are_rescued_are_no_problem_of_their_queue(
    stack: cdk.Stack, place: Any
) -> None:
    rescue, job = limited(stack, place, "Rescue"), a_job(stack)
    on_a_schedule(stack, rescue, job)
    spot = limited(stack, place, "Spot", None, spot_rescue_queue=rescue)
    on_a_schedule(stack, spot, job, "Again")
    synthesized(stack)

    assert "Stack/Spot" not in warned(stack)
