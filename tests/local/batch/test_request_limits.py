"""The embedded AWS refuses what the rules over templates refuse: both read the same limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from batch_constructs.local.batch.api_model import OPERATIONS
from batch_constructs.local.batch.request_checks import beyond_limits, limits_on
from tests.aws.test_limits import admitted_and_refused
from tests.judges.test_sources import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.aws.bound import Bound
    from batch_constructs.aws.limit import Limit
    from tests.local.batch.conftest import Account

CASES = [(name, path, bound) for name in sorted(OPERATIONS) for path, bound in limits_on(name)]
ONLY_IN_TEMPLATES = {"ReplaceComputeEnvironment", "ResourceRetentionPolicy"}


def request_with(path: str, value: Any) -> dict[str, Any]:
    made: Any = value
    for step in reversed(path.split("/")):
        made = [made] if step == "*" else {step: made}
    request: dict[str, Any] = made
    return request


def values(bound: Bound, amount: Any) -> list[Any]:
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
    [one for one in limits() if one.is_error and one.type.startswith("AWS::Batch::")],
    ids=lambda one: one.rule,
)
def test_no_limit_of_a_template_is_left_out(limit: Limit) -> None:
    noun = limit.type.rpartition("::")[2]
    held = {
        path.lower()
        for change in ("Create", "Register", "Update")
        for path, _ in (limits_on(change + noun) if change + noun in OPERATIONS else ())
    }

    paths = [*template_paths(limit)]
    if not any(path.split("/")[0] in ONLY_IN_TEMPLATES for path in paths):
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
