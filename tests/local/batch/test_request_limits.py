"""The embedded AWS refuses what the rules over templates refuse: both read the same limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.batch.api_model import OPERATIONS, SERVICE_MODEL
from batch_constructs.local.batch.request_checks import beyond_limits, limits_on
from tests.aws.test_limits import admitted_and_refused
from tests.judges.test_sources import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.aws.bound import Bound
    from batch_constructs.aws.limits import Limit
    from tests.local.batch.conftest import Account

CASES = [(name, path, bound) for name in sorted(OPERATIONS) for path, bound in limits_on(name)]
ONLY_IN_TEMPLATES = {"ReplaceComputeEnvironment", "ResourceRetentionPolicy"}


def model_bounds() -> Iterator[tuple[str, str, Any]]:
    """Every member of a request that botocore's model gives a longest or a largest."""

    def walk(shape: Any, path: str, seen: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        if "max" in shape.metadata:
            yield path, shape
        if shape.name in seen:
            return
        below = (*seen, shape.name)
        if shape.type_name == "structure":
            for name, member in shape.members.items():
                yield from walk(member, f"{path}/{name}".lstrip("/"), below)
        elif shape.type_name == "list":
            yield from walk(shape.member, f"{path}/*", below)
        elif shape.type_name == "map":
            yield from walk(shape.key, f"{path}/<key>", below)
            yield from walk(shape.value, f"{path}/of-a-user", below)

    for name in sorted(OPERATIONS):
        shape = SERVICE_MODEL.operation_model(name).input_shape
        yield from ((name, *found) for found in walk(shape, "", ()))


def request_with(path: str, value: Any) -> dict[str, Any]:
    made: Any = value
    for step in reversed(path.split("/")):
        made = [made] if step == "*" else {step: made}
    request: dict[str, Any] = made
    return request


def values(bound: Bound, amount: Any) -> list[Any]:
    if getattr(bound, "things", "") == "platforms":
        return [["EC2", "FARGATE"][:amount]]
    if hasattr(bound, "things"):
        return [[f"x{number}" for number in range(amount)]]
    return [amount, str(amount)] if isinstance(amount, int | float) else [amount]


@pytest.mark.parametrize(
    ("operation", "path", "bound"), CASES, ids=[f"{name}-{path}" for name, path, _ in CASES]
)
def test_a_request_is_held_to_both_sides_of_a_limit(
    operation: str, path: str, bound: Bound
) -> None:
    admitted, refused = admitted_and_refused(bound)
    member = path.replace("/*", "[0]").replace("/", ".")

    for value in (value for amount in admitted for value in values(bound, amount)):
        assert [*beyond_limits(operation, request_with(path, value))] == []
    for value in (value for amount in refused for value in values(bound, amount)):
        (problem,) = beyond_limits(operation, request_with(path, value))
        assert problem.startswith(f"{member} "), problem
        assert "allowed" in problem


@pytest.mark.parametrize(
    "limit",
    [one for one in limits() if one.severity == "error" and one.type.startswith("AWS::Batch::")],
    ids=lambda one: one.rule,
)
def test_no_limit_of_a_template_is_left_out(limit: Limit) -> None:
    noun = limit.type.rpartition("::")[2]
    held = {
        path.lower()
        for change in ("Create", "Register", "Update")
        for path, _ in (limits_on(change + noun) if change + noun in OPERATIONS else ())
    }

    # Options of a log driver are looked at as a container starts, and by nobody before.
    paths = [one for one in template_paths(limit) if "/Options/" not in one]
    if paths and not any(path.split("/")[0] in ONLY_IN_TEMPLATES for path in paths):
        assert [path for path in paths if path.lower() in held]


def template_paths(limit: Limit) -> Iterator[str]:
    for within in limit.within:
        yield f"{within}/{limit.name}".lstrip("/")


def test_a_submission_is_held_to_the_limits_of_what_it_overrides() -> None:
    held = dict(limits_on("SubmitJob"))

    assert "retryStrategy/attempts" in held
    assert not [path for path in held if path.startswith(("containerProperties", "nodeProperties"))]


@pytest.mark.parametrize(("jobs", "problems"), [(0, 0), (1, 0), (20, 0), (21, 1)])
def test_a_job_waits_for_twenty_others_at_most(jobs: int, problems: int) -> None:
    request = {"dependsOn": [{"jobId": "x"}] * jobs}

    assert len(list(beyond_limits("SubmitJob", request))) == problems


def test_values_within_a_list_are_looked_at(account: Account) -> None:
    with pytest.raises(ClientError, match=r'"platformCapabilities\[1\]": LAMBDA, allowed: EC2'):
        account.definition("true", platformCapabilities=["EC2", "LAMBDA"])


def test_several_problems_are_told_at_once(account: Account) -> None:
    account.environment()

    with pytest.raises(ClientError, match=r'jobQueueName is "a b"; .*; priority is 1001; '):
        account.queue("a b", priority=1001)


def test_a_name_may_begin_with_a_hyphen(account: Account) -> None:
    account.environment()

    assert account.queue("-x").endswith(":job-queue/-x")


MODEL_BOUNDS = [*model_bounds()]


def test_the_model_s_lengths_are_many() -> None:
    assert len(MODEL_BOUNDS) >= 60


@pytest.mark.parametrize(
    ("operation", "path", "shape"),
    MODEL_BOUNDS,
    ids=[f"{operation}-{path}" for operation, path, _ in MODEL_BOUNDS],
)
def test_a_request_is_held_to_the_lengths_of_botocore_s_model(
    operation: str, path: str, shape: Any
) -> None:
    good: Any
    bad: Any
    if shape.type_name == "string":
        form = "ami-" if path.endswith("imageIdOverride") else ""
        good, bad = (f"{form:1<{shape.metadata['max'] + more}}" for more in (0, 1))
    elif shape.type_name in ("map", "list"):
        good, bad = (
            made if shape.type_name == "map" else list(made)
            for count in (shape.metadata["max"], shape.metadata["max"] + 1)
            for made in [{f"k{number}": "v" for number in range(count)}]
        )
    else:
        good, bad = shape.metadata["max"], shape.metadata["max"] + 1

    def problems(value: Any) -> list[str]:
        if path.endswith("/<key>"):
            return [
                *beyond_limits(operation, request_with(path.removesuffix("/<key>"), {value: ""}))
            ]
        return [*beyond_limits(operation, request_with(path, value))]

    assert problems(good) == []
    assert len(problems(bad)) == 1


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"aws:mine": "x"}, "do not begin with aws:"),
        ({"k": "x" * 257}, "257 characters"),
        ({"k" * 129: "x"}, "129 characters"),
        ({f"k{number}": "x" for number in range(51)}, "51 tags"),
    ],
)
def test_tags_that_aws_does_not_take_are_refused(
    account: Account, tags: dict[str, str], said: str
) -> None:
    arn = account.environment()
    account.queue()
    account.definition("true")

    for call in (
        lambda: account.definition("true", tags=tags),
        lambda: account.queue("tagged", tags=tags),
        lambda: account.submit(tags=tags),
        lambda: account.batch.tag_resource(resourceArn=arn, tags=tags),
    ):
        with pytest.raises(ClientError, match=said):
            call()


@pytest.mark.parametrize("name", ["c7g.gigantic", "zz9.large", "m5.3xlarge"])
def test_an_instance_type_that_does_not_exist_is_refused(account: Account, name: str) -> None:
    with pytest.raises(ClientError, match=f'"{name}", which does not exist'):
        account.environment(type="EC2", instanceTypes=["m5.large", name], instanceRole="r")


@pytest.mark.parametrize("filters", [[{"name": "STATUS", "values": ["x"]}], [{"values": ["x"]}]])
@pytest.mark.parametrize("source", ["jobQueue", "arrayJobId", "multiNodeJobId"])
def test_a_filter_that_nobody_knows_is_refused(
    account: Account, filters: list[dict[str, Any]], source: str
) -> None:
    account.environment()
    account.queue()

    with pytest.raises(ClientError, match="unknown filter"):
        account.batch.list_jobs(**{source: "queue"}, filters=filters)


def test_a_time_that_is_no_number_is_refused(account: Account) -> None:
    account.environment()
    account.queue()
    filters = [{"name": "AFTER_CREATED_AT", "values": ["yesterday"]}]

    with pytest.raises(ClientError, match="takes milliseconds since the epoch, got yesterday"):
        account.batch.list_jobs(jobQueue="queue", filters=filters)


@pytest.mark.parametrize("request_", [{"jobId": "", "reason": "no"}, {"jobId": "1", "reason": ""}])
def test_what_is_required_may_not_be_empty(request_: dict[str, str], batch: Any) -> None:
    with pytest.raises(ClientError, match="is empty"):
        batch.terminate_job(**request_)


def test_words_are_taken_in_the_case_that_the_limits_say(account: Account) -> None:
    def create(**said: str) -> None:
        account.batch.create_compute_environment(
            computeEnvironmentName="ce", serviceRole="arn:aws:iam::1:role/batch", **said
        )

    with pytest.raises(ClientError, match='"state": enabled'):
        create(type="UNMANAGED", state="enabled")
    create(type="unmanaged")
    [kept] = account.batch.describe_compute_environments()["computeEnvironments"]

    assert kept["type"] == "UNMANAGED"
