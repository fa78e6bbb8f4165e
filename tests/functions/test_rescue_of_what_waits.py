"""Jobs that failed since what they waited for was lost run again, whatever they are and wherever.

AWS Batch here is a list of jobs as ``DescribeJobs`` and ``ListJobs`` tell of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from batch_constructs.aws.submit_job import OVERRIDES_BYTES
from batch_constructs.functions.claims.effect import RefusedError
from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.submission.batch_api import BatchApi
from batch_constructs.functions.submission.repeat import longest_overrides, with_variable
from batch_constructs.functions.submission.rescue import rescue
from batch_constructs.functions.submission.submit import Submitter
from batch_constructs.functions.submission.waiting import LeftToPeopleError, NotYetError
from tests.functions.interleaving import refused
from tests.functions.small_dynamodb import SmallDynamoDb

SPOT, OTHER_SPOT, GPU = "spot", "other-spot", "gpu"
LOST, WAITED = "Host EC2 (instance i-1) terminated.", "Dependent Job failed"
LOST_ON_FARGATE = "Your Spot Task was interrupted."
OWN = "Essential container in task exited"


@dataclass
class Batch:
    """Jobs by their IDs, and what was submitted."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    closed: tuple[str, ...] = ()
    """Queues where the function may not submit."""

    refused: int = 0
    asked_for: list[str] = field(default_factory=list)
    """The IDs of jobs that were to be described."""

    lists: list[str] = field(default_factory=list)
    """The arrays whose children were listed, once for each page."""

    says_why: bool = False
    """Whether lists say why a job failed; AWS need not."""

    untold: tuple[str, ...] = ()
    """Jobs that are listed and not told of."""

    def add(self, job_id: str, reason: str = "", **more: Any) -> dict[str, Any]:
        job = {
            "jobId": job_id,
            "jobName": f"name-{job_id.partition(':')[0]}",
            "jobQueue": SPOT,
            "jobDefinition": "report:3",
            "status": "FAILED" if reason else "SUCCEEDED",
            "statusReason": reason,
            "container": {"command": ["run"]},
            **more,
        }
        self.jobs[job_id] = job
        return job

    def submit_job(self, **request: Any) -> Any:
        if request["jobQueue"] in self.closed:
            self.refused += 1
            raise refused("SubmitJob", 403, "AccessDeniedException")
        self.submitted.append(request)
        return {"jobId": f"new-{len(self.submitted)}"}

    def describe_job_queues(self, jobQueues: list[str]) -> Any:  # noqa: N803 - boto3's name
        return {"jobQueues": [{"jobQueueName": one} for one in jobQueues]}

    def describe_jobs(self, jobs: list[str]) -> Any:
        self.asked_for += jobs
        return {"jobs": [self.jobs[one] for one in jobs if one in self.jobs.keys() - self.untold]}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **request: Any) -> Any:
        if "arrayJobId" not in request:
            yield {"jobSummaryList": []}
            return
        children = [
            {"jobId": job_id, **({"statusReason": job["statusReason"]} if self.says_why else {})}
            for job_id, job in self.jobs.items()
            if job_id.startswith(f"{request['arrayJobId']}:")
            and job["status"] == request["jobStatus"]
        ]
        most = request["maxResults"]
        for start in range(0, len(children), most):
            self.lists.append(request["arrayJobId"])
            yield {"jobSummaryList": children[start : start + most]}


@dataclass
class Rescues:
    """The functions that rescue two Spot queues, each with claims of its own."""

    batch: Batch = field(default_factory=Batch)
    now: float = 1_800_000_000.0

    def __post_init__(self) -> None:
        self.of = {
            queue: Submitter(
                claims=Claims(dynamodb=SmallDynamoDb(), table=queue, clock=lambda: self.now),
                batch_api=BatchApi(
                    self.batch,
                    self.batch,
                    per_second=50,
                    clock=lambda: self.now,
                    sleep=lambda _: None,
                ),
            )
            for queue in (SPOT, OTHER_SPOT)
        }

    def run(self, job: dict[str, Any], queue: str = SPOT) -> dict[str, str] | None:
        """Give one function the event of a job."""
        invocation = Invocation(
            deadline=self.now + 50, clock=lambda: self.now, sleep=lambda _: None
        )
        return rescue(self.of[queue], job, f"{queue}-on-demand", invocation, spot_queue=queue)

    def told(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        """Give both functions an event that EventBridge sends both, and return what came of it."""
        before = len(self.batch.submitted)
        for queue in (SPOT, OTHER_SPOT):
            self.run(job, queue)
        return self.batch.submitted[before:]


@pytest.fixture
def rescues() -> Rescues:
    return Rescues()


def after(*ids: str, **more: str) -> list[dict[str, str]]:
    return [{"jobId": one, **more} for one in ids]


@pytest.mark.parametrize("reason", [LOST, LOST_ON_FARGATE])
def test_a_job_that_waited_for_a_lost_one_waits_for_the_new_one(
    rescues: Rescues, reason: str
) -> None:
    lost = rescues.batch.add("lost", reason)
    rescues.batch.add("done")
    rescues.batch.add("runs", status="RUNNING")
    late = rescues.batch.add("late", WAITED, dependsOn=after("lost", "done", "runs"))
    with pytest.raises(NotYetError, match="lost was lost and is not submitted again yet"):
        rescues.run(late)

    rescues.run(lost)
    (again,) = rescues.told(late)

    assert again["jobName"] == "name-late-rescue-late"
    assert again["jobQueue"] == "spot-on-demand"
    assert again["dependsOn"] == after("new-1", "runs")


@pytest.mark.parametrize("queue", [GPU, OTHER_SPOT])
def test_a_job_that_waits_in_another_queue_runs_again_there(rescues: Rescues, queue: str) -> None:
    """Whether that queue is rescued too or not."""
    rescues.run(rescues.batch.add("lost", LOST))
    late = rescues.batch.add("late", WAITED, dependsOn=after("lost"), jobQueue=queue)

    (again,) = rescues.told(late)

    assert again["jobQueue"] == queue
    assert again["dependsOn"] == after("new-1")
    assert rescues.told(late) == []


def test_where_the_function_may_not_submit_it_says_what_to_do(rescues: Rescues) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    late = rescues.batch.add("late", WAITED, dependsOn=after("lost"), jobQueue=GPU)
    rescues.batch.closed = (GPU,)

    with pytest.raises(
        LeftToPeopleError, match=r"'new-1'.*grant_submit\(queue.spot_rescue.functio"
    ):
        rescues.run(late)

    rescues.batch.closed = ()  # allowed, and redriven
    (again,) = rescues.told(late)
    assert again["jobQueue"] == GPU


def test_what_the_rescue_queue_refuses_is_its_own_error(rescues: Rescues) -> None:
    lost = rescues.batch.add("lost", LOST)
    rescues.batch.closed = ("spot-on-demand",)

    with pytest.raises(RefusedError):
        rescues.run(lost)


@pytest.mark.parametrize(
    "more",
    [
        {"reason": OWN},
        {
            "reason": LOST,
            "container": {"environment": [{"name": "BATCH_RESCUES", "value": "3"}]},
        },
        {"reason": WAITED, "dependsOn": [{"jobId": "root"}]},
    ],
)
def test_a_job_that_waited_for_one_that_failed_of_its_own_stays_failed(
    rescues: Rescues, more: dict[str, Any]
) -> None:
    rescues.batch.add("root", OWN)
    rescues.batch.add("first", **more)

    assert rescues.told(rescues.batch.add("late", WAITED, dependsOn=after("first"))) == []


def test_one_that_failed_of_its_own_beside_a_lost_one_is_enough(rescues: Rescues) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    rescues.batch.add("broken", OWN)
    late = rescues.batch.add("late", WAITED, dependsOn=after("lost", "broken"))

    assert rescues.told(late) == []


def test_a_job_at_the_end_of_a_chain_waits_for_the_one_before_it(rescues: Rescues) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    middle = rescues.batch.add("middle", WAITED, dependsOn=after("lost"), jobQueue=GPU)
    last = rescues.batch.add("last", WAITED, dependsOn=after("middle"), jobQueue=OTHER_SPOT)
    with pytest.raises(NotYetError):
        rescues.run(last)

    rescues.told(middle)
    (again,) = rescues.told(last)

    assert (again["jobQueue"], again["dependsOn"]) == (OTHER_SPOT, after("new-2"))


def test_a_job_whose_name_looks_like_a_rescued_one_is_a_job_like_any(rescues: Rescues) -> None:
    lost = rescues.batch.add("lost", LOST, jobName="mine-rescue3-2024")

    assert rescues.run(lost) == {"jobName": "mine-rescue3-2024-rescue-lost", "jobId": "new-1"}


def test_a_job_that_is_rescued_again_keeps_one_ending(rescues: Rescues) -> None:
    counted = {"environment": [{"name": "BATCH_RESCUES", "value": "1"}]}
    lost = rescues.batch.add("b", LOST, jobName="x-rescue-y-rescue-a", container=counted)

    made = rescues.run(lost)

    assert made == {"jobName": "x-rescue-y-rescue2-b", "jobId": "new-1"}
    (again,) = rescues.batch.submitted
    assert again["containerOverrides"]["environment"] == [{"name": "BATCH_RESCUES", "value": "2"}]


def test_an_array_that_waited_for_a_lost_job_runs_again_as_an_array(rescues: Rescues) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    depends_on = [*after("lost"), {"type": "SEQUENTIAL"}]
    array = rescues.batch.add("many", WAITED, dependsOn=depends_on, arrayProperties={"size": 3})
    rescues.batch.add("many:0", WAITED, arrayProperties={"index": 0})
    child = rescues.batch.add("many:1", WAITED, arrayProperties={"index": 1})

    (again,) = rescues.told(array)

    assert again["arrayProperties"] == {"size": 3}
    assert again["dependsOn"] == [*after("new-1"), {"type": "SEQUENTIAL"}]
    assert rescues.told(child) == []
    assert rescues.told({**child, "dependsOn": depends_on}) == []


def test_a_job_that_waited_for_an_array_waits_for_its_lost_children(rescues: Rescues) -> None:
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": 3})
    rescues.batch.add("many:0")
    children = [rescues.batch.add(f"many:{n}", LOST, arrayProperties={"index": n}) for n in (1, 2)]
    late = rescues.batch.add("late", WAITED, dependsOn=after("many"), jobQueue=GPU)
    for child in children:
        rescues.run(child)

    (again,) = rescues.told(late)

    assert again["dependsOn"] == after("new-1", "new-2")


def test_a_job_that_waited_for_an_array_of_which_one_failed_of_its_own_stays_failed(
    rescues: Rescues,
) -> None:
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": 2})
    rescues.run(rescues.batch.add("many:0", LOST, arrayProperties={"index": 0}))
    rescues.batch.add("many:1", OWN, arrayProperties={"index": 1})

    assert rescues.told(rescues.batch.add("late", WAITED, dependsOn=after("many"))) == []


@pytest.mark.parametrize(("lost", "is_told"), [(20, False), (21, True)])
def test_more_than_aws_takes_to_wait_for_are_told(
    rescues: Rescues,
    lost: int,
    is_told: bool,  # noqa: FBT001 - a case
) -> None:
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": 100})
    for n in range(lost):
        rescues.run(rescues.batch.add(f"many:{n}", LOST, arrayProperties={"index": n}))
    late = rescues.batch.add("late", WAITED, dependsOn=after("many"))

    if is_told:
        with pytest.raises(LeftToPeopleError, match="wait for 21 jobs, but AWS Batch allows 20"):
            rescues.run(late)
    else:
        assert len(rescues.told(late)[0]["dependsOn"]) == 20


N_TO_N = [{"jobId": "many", "type": "N_TO_N"}]
ONE_BY_ONE = [{"type": "SEQUENTIAL"}]


@pytest.mark.parametrize(
    ("depends_on", "said", "before"),
    [
        (N_TO_N, N_TO_N, "many:2"),
        (N_TO_N, None, "many:2"),
        (N_TO_N, after("many:2"), "many:2"),
        (ONE_BY_ONE, ONE_BY_ONE, "next:1"),
        (ONE_BY_ONE, None, "next:1"),
    ],
)
def test_a_child_that_waited_for_a_lost_child_runs_again_as_a_job_that_waits_for_it(
    rescues: Rescues, depends_on: list[Any], said: list[Any] | None, before: str
) -> None:
    """AWS publishes no sample of a child's event: it may say what its array waits for, or not."""
    rescues.batch.add("many", status="RUNNING", arrayProperties={"size": 3})
    rescues.batch.add(
        "next", status="RUNNING", arrayProperties={"size": 3}, dependsOn=depends_on, jobQueue=GPU
    )
    lost = rescues.batch.add(before, LOST, arrayProperties={"index": int(before[-1])})
    told = {} if said is None else {"dependsOn": said}
    child = rescues.batch.add("next:2", WAITED, arrayProperties={"index": 2}, jobQueue=GPU, **told)
    rescues.run(lost)

    (again,) = rescues.told(child)

    assert again["dependsOn"] == after("new-1")
    assert again["jobQueue"] == GPU
    assert "arrayProperties" not in again
    pairs = {each["name"]: each["value"] for each in again["containerOverrides"]["environment"]}
    whose = {"BATCH_RESCUED_CHILD": "next:2"}
    assert pairs == {"ARRAY_INDICES": "2", "BATCH_RESCUES": "1", **whose}


def test_an_array_whose_children_run_again_one_by_one_does_not_run_again_as_well(
    rescues: Rescues,
) -> None:
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": 2})
    rescues.run(rescues.batch.add("many:0", LOST, arrayProperties={"index": 0}))
    array = rescues.batch.add("next", WAITED, dependsOn=N_TO_N, arrayProperties={"size": 2})

    assert rescues.told(array) == []


def test_a_job_of_two_lost_ones_of_two_queues_is_told_by_one_of_their_functions(
    rescues: Rescues,
) -> None:
    rescues.run(rescues.batch.add("one", LOST))
    rescues.run(rescues.batch.add("two", LOST, jobQueue=OTHER_SPOT), OTHER_SPOT)
    late = rescues.batch.add("late", WAITED, dependsOn=after("one", "two"))

    assert rescues.run(late, SPOT) is None
    with pytest.raises(LeftToPeopleError, match="waited for jobs that other-spot, spot lost"):
        rescues.run(late, OTHER_SPOT)


def test_a_job_that_failed_with_one_that_batch_forgot_is_told(rescues: Rescues) -> None:
    late = rescues.batch.add("late", WAITED, dependsOn=after("gone"))

    with pytest.raises(LeftToPeopleError, match="no longer says with which"):
        rescues.run(late)


def test_a_job_of_the_queue_that_says_nothing_of_what_it_waited_for_is_told(
    rescues: Rescues,
) -> None:
    with pytest.raises(LeftToPeopleError, match="no longer says with which"):
        rescues.run(rescues.batch.add("late", WAITED))
    assert rescues.run(rescues.batch.add("theirs", WAITED, jobQueue=GPU)) is None


def test_a_failure_that_batch_does_not_show_yet_is_waited_for(rescues: Rescues) -> None:
    rescues.batch.add("lost", status="RUNNING")
    late = rescues.batch.add("late", WAITED, dependsOn=after("lost"), jobQueue=GPU)

    with pytest.raises(NotYetError, match="does not say yet with which"):
        rescues.run(late)


def test_overrides_that_ecs_refuses_are_told_and_no_job_fails_of_them(rescues: Rescues) -> None:
    long = {"environment": [{"name": "A", "value": "x" * 8150}]}

    with pytest.raises(LeftToPeopleError, match="ECS allows 8192 as overrides"):
        rescues.run(rescues.batch.add("lost", LOST, container=long))
    assert rescues.batch.submitted == []


def test_a_child_of_an_array_that_runs_again_as_a_whole_does_not_run_again_by_itself(
    rescues: Rescues,
) -> None:
    """Both what the array waited for and what the child waited for were lost."""
    rescues.run(rescues.batch.add("lost", LOST))
    rescues.batch.add("left", "Array Child Job failed", arrayProperties={"size": 2})
    rescues.run(rescues.batch.add("left:1", LOST, arrayProperties={"index": 1}))
    depends_on = [*after("lost"), {"jobId": "left", "type": "N_TO_N"}]
    array = rescues.batch.add("many", WAITED, dependsOn=depends_on, arrayProperties={"size": 2})
    child = rescues.batch.add("many:1", WAITED, dependsOn=depends_on, arrayProperties={"index": 1})

    (again,) = rescues.told(array)

    assert again["dependsOn"] == after("new-1", "new-2")
    assert rescues.told(child) == []


def test_a_job_that_waited_for_more_than_batch_remembers_waits_for_what_there_is(
    rescues: Rescues,
) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    rescues.batch.add("going", status="RUNNING")
    late = rescues.batch.add("late", WAITED, dependsOn=after("gone", "lost", "going"))

    (again,) = rescues.told(late)

    assert again["dependsOn"] == after("new-1", "going")


def test_an_array_that_waits_child_by_child_for_one_that_goes_on_does_so_again(
    rescues: Rescues,
) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    rescues.batch.add("many", status="RUNNING", arrayProperties={"size": 2})
    depends_on = [*after("lost"), *after("many", type="N_TO_N")]
    array = rescues.batch.add("next", WAITED, dependsOn=depends_on, arrayProperties={"size": 2})

    (again,) = rescues.told(array)

    assert again["dependsOn"] == [*after("new-1"), *after("many", type="N_TO_N")]


def test_the_first_child_of_an_array_one_by_one_waits_for_no_child(rescues: Rescues) -> None:
    """AWS Batch refuses to describe what can be no job, and all that stands beside it."""
    rescues.batch.add("next", status="RUNNING", arrayProperties={"size": 2}, dependsOn=ONE_BY_ONE)
    child = rescues.batch.add(
        "next:0", WAITED, dependsOn=[*ONE_BY_ONE, *after("lost:0")], arrayProperties={"index": 0}
    )
    rescues.run(rescues.batch.add("lost:0", LOST, arrayProperties={"index": 0}))

    (again,) = rescues.told(child)

    assert again["dependsOn"] == after("new-1")
    assert not any(one.endswith(":-1") for one in rescues.batch.asked_for)


def test_a_share_stays_in_a_queue_of_its_own(rescues: Rescues) -> None:
    """Only a job that moves to the rescue queue is fitted to that."""
    rescues.run(rescues.batch.add("lost", LOST))
    late = rescues.batch.add(
        "late", WAITED, dependsOn=after("lost"), jobQueue=GPU, shareIdentifier="blue"
    )
    moved = rescues.batch.add("moved", LOST, shareIdentifier="blue")

    assert rescues.told(late)[0]["shareIdentifier"] == "blue"
    assert "shareIdentifier" not in rescues.told(moved)[0]


def test_a_definition_without_a_revision_is_refused_once(rescues: Rescues) -> None:
    rescues.batch.closed = (f"{SPOT}-on-demand",)

    with pytest.raises(RefusedError):
        rescues.run(rescues.batch.add("lost", LOST, jobDefinition="report"))

    assert rescues.batch.refused == 1


def test_overrides_of_exactly_what_ecs_takes_are_submitted(rescues: Rescues) -> None:
    taken = longest_overrides(with_variable(with_variable({}, "X", ""), "BATCH_RESCUES", "1"))
    room = OVERRIDES_BYTES - taken
    fits, too_long = (
        rescues.batch.add(name, LOST, container={"environment": [{"name": "X", "value": value}]})
        for name, value in (("fits", "x" * room), ("too-long", "x" * (room + 1)))
    )

    assert rescues.run(fits) is not None
    with pytest.raises(LeftToPeopleError):
        rescues.run(too_long)
    assert len(rescues.batch.submitted) == 1


def test_a_first_child_of_which_nothing_is_said_is_left_to_its_array(rescues: Rescues) -> None:
    rescues.batch.add("next", WAITED, arrayProperties={"size": 2}, dependsOn=ONE_BY_ONE)
    child = rescues.batch.add("next:0", WAITED, arrayProperties={"index": 0})

    assert rescues.told(child) == []


def test_a_job_of_the_spot_queue_is_waited_for_whatever_queue_it_waits_for(
    rescues: Rescues,
) -> None:
    """Events come before ``DescribeJobs`` shows what they tell."""
    rescues.batch.add("slow", status="RUNNING", jobQueue=GPU)
    late = rescues.batch.add("late", WAITED, dependsOn=after("slow"))

    with pytest.raises(NotYetError):
        rescues.run(late)
    assert rescues.run({**late, "jobQueue": GPU}) is None


def test_a_child_runs_again_though_the_array_it_waited_for_failed_meanwhile(
    rescues: Rescues,
) -> None:
    rescues.batch.add("many", "Array Child Job failed", arrayProperties={"size": 3})
    rescues.batch.add("next", status="RUNNING", arrayProperties={"size": 3}, dependsOn=N_TO_N)
    rescues.run(rescues.batch.add("many:2", LOST, arrayProperties={"index": 2}))

    (again,) = rescues.told(rescues.batch.add("next:2", WAITED, arrayProperties={"index": 2}))

    assert again["dependsOn"] == after("new-1")


@pytest.mark.parametrize("array", [{}, {"arrayProperties": {"size": 2}}])
def test_what_waited_in_the_middle_may_have_waited_for_others_that_are_done(
    rescues: Rescues, array: dict[str, Any]
) -> None:
    rescues.run(rescues.batch.add("lost", LOST))
    rescues.batch.add("done")
    middle = rescues.batch.add("middle", WAITED, dependsOn=after("done", "lost"), **array)
    last = rescues.batch.add("last", WAITED, dependsOn=after("middle"))

    (second,) = rescues.told(middle)
    (third,) = rescues.told(last)

    assert second["dependsOn"] == after("new-1")
    assert third["dependsOn"] == after("new-2")


def test_a_child_that_tells_the_size_of_its_array_is_no_array(rescues: Rescues) -> None:
    child = rescues.batch.add("many:1", LOST, arrayProperties={"index": 1, "size": 2})

    assert rescues.run(child) is not None
