"""``docs/failures.md`` says of each piece what each failure does, and each row has a test."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session

from batch_constructs.aws.job_states import REMEMBERED_DAYS
from batch_constructs.aws.metrics import HOURLY_DAYS, HOURLY_SOURCE, OLDEST_METRIC_SOURCE
from batch_constructs.client import batch_client, deadline, job_log, patience
from batch_constructs.functions.claims import lease, log
from batch_constructs.functions.claims.outcome import QUICK_SECONDS
from batch_constructs.functions.claims.remembered import MOST, most_bytes
from tests.functions.trials import TRIALS
from tests.test_function_settings import every_one

TESTS = Path(__file__).parent.parent
PAGE = (TESTS.parent / "docs" / "failures.md").read_text(encoding="utf-8")
FAILURES = {
    "throttled",
    "denied",
    "down",
    "killed",
    "duplicate",
    "out of order",
    "poison",
    "clock",
}
_TEST = re.compile(r"`((?:\w+/)*test_\w+\.py)::(test_\w+)`")


def rows() -> list[list[str]]:
    """Return the cells of each row, the piece filled in."""
    section = PAGE.split("## Piece by piece")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    found: list[list[str]] = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        cells[0] = cells[0] or found[-1][0]
        found.append(cells)
    return found


def test_every_row_names_a_test_that_is_there_and_no_cell_is_empty() -> None:
    found = rows()
    assert len(found) > 40

    for row in found:
        named = _TEST.findall(row[-1])
        assert row[-1] == ", ".join(f"`{file}::{test}`" for file, test in named), row
        for file, test in named:
            assert f"def {test}(" in (TESTS / file).read_text("utf-8"), row
        assert len(row) == 6, row
        assert all(row), row


INTERLEAVED = {
    "CostGuard": {"cost_guard"},
    "EksNamespace": {"eks_access"},
    "JobCounters": {"counters"},
    "JobNotifications": {"notifications", "rescued_arrays"},
    "JobNotifications(idle_after=…)": {"idle_queues"},
    "Spot rescue": {"spot_rescue"},
    "SubmissionGateway": {"gateway", "coalescing_gateway", "fifo_gateway"},
    "SubmitFunction": {"submit_function"},
    "UnmanagedComputeEnvironment": {"ecs_cluster"},
    "keep_old_revisions": {"old_revisions"},
}
"""The trials of each piece whose rows name them; gauges are samples, whose rows have their own."""


def test_every_row_that_rests_on_trials_is_of_a_piece_that_has_some() -> None:
    rest = {piece for piece, *_, test in rows() if "test_nothing_is_lost" in test}

    assert {of for of in INTERLEAVED if any(of in piece for piece in rest)} == INTERLEAVED.keys()
    assert all(any(of in piece for of in INTERLEAVED) for piece in rest)
    assert set().union(*INTERLEAVED.values()) == TRIALS.keys() - {"gauges"}


def test_every_piece_says_what_each_failure_does() -> None:
    said: dict[str, set[str]] = {}
    for piece, failures, *_ in rows():
        said.setdefault(piece, set()).update(each.strip() for each in failures.split(","))

    assert len(said) == 20
    assert {piece for piece, failures in said.items() if not failures >= FAILURES} == set()


@every_one
def test_whatever_ships_a_function_has_rows(name: str) -> None:
    assert any(f"`{name}`" in piece for piece, *_ in rows())


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"Its lease goes on for {lease.AFTERMATH_SECONDS:g} seconds" in PAGE
    for seconds, of in (
        (lease.CALL_SECONDS, "the last call"),
        (lease.LISTED_SECONDS, "`ListJobs` shows"),
        (lease.CLOCKS_APART_SECONDS, "clocks of two functions"),
    ):
        assert re.search(rf"\| {re.escape(of)}[^|]*\| {seconds:g} \|", PAGE)
    assert f"no call in the last {QUICK_SECONDS + lease.RESERVE_SECONDS:g} seconds" in PAGE
    assert REMEMBERED_DAYS == 7
    assert "at least seven days" in PAGE


def test_the_seconds_of_the_client_are_those_of_the_code() -> None:
    submission, calls = batch_client._SUBMIT_SECONDS, deadline.CALL_SECONDS
    assert f"no whole answer in {submission:g} s (other calls: {calls:g} s)" in PAGE
    assert f"within {submission:g} s (a program: {deadline.MAKE_SECONDS:g} s)" in PAGE
    assert batch_client._WAIT_DAYS == 7
    assert "end after seven days" in PAGE
    assert job_log.QUIET_SECONDS == 10
    assert "until nothing new came for ten seconds" in PAGE
    assert patience.LEFT_OUT_SECONDS == 300
    assert "asks again, for five minutes" in PAGE


def test_how_long_metrics_are_kept_is_what_aws_says() -> None:
    """In its own words, as botocore publishes them."""
    service = botocore.session.Session().get_service_model("cloudwatch")
    for source, operation in (
        (HOURLY_SOURCE, "GetMetricData"),
        (OLDEST_METRIC_SOURCE, "PutMetricData"),
    ):
        assert source.page.endswith(f"API_{operation}.html")
        text = re.sub(r"<[^>]+>", "", service.operation_model(operation).documentation)
        quoted = re.findall(r'"([^"]+)"', source.says)
        assert quoted
        assert [each for each in quoted if each not in text] == []
    kept = re.findall(r"available for (\d+) days", HOURLY_SOURCE.says)
    assert kept == ["63", str(HOURLY_DAYS)]
    assert f"up to {kept[1]} days ago" in PAGE
    assert f"after {kept[0]} days" in PAGE
    assert HOURLY_SOURCE.page in PAGE


def test_the_arithmetic_of_a_million_messages_an_hour_is_right() -> None:
    """Each figure of the page, from what the code remembers and AWS charges."""
    section = PAGE.split("## A million messages an hour")[1]
    an_hour, entry, size = 1_000_000, 10_000, 16
    claims = an_hour // entry
    assert f"1,000,000 ÷ 10,000 | {claims} an hour" in section
    assert f"| {claims / 3600:.2f} a second |" in section
    kibibytes = entry * size / 1000
    units = claims * (2 * kibibytes + 8)
    assert f"transaction, 2 \N{MULTIPLICATION SIGN} {kibibytes:g} units" in section
    assert f"| {round(units, -3):,.0f} units an hour |" in section
    kept_hours = 6 + (lease.LONGEST_SECONDS + lease.CLOCKS_APART_SECONDS) / 3600
    remembered = an_hour * kept_hours
    assert f"| {remembered / 1e6:.1f} million messages \N{MULTIPLICATION SIGN} 16 bytes" in section
    assert f"| {most_bytes(int(remembered)) / 2**20:.0f} MiB of 1,024 |" in section
    assert f"| {remembered * size / 1e6:.0f} queries |" in section
    assert f"{units * 0.625 / 1e6:.2f} USD of DynamoDB" in section.replace("\n", " ")
    requests = an_hour * 3 // 10
    assert f"| {requests:,} requests |" in section
    assert f"{requests * 0.40 / 1e6:.2f} USD of SQS" in section.replace("\n", " ")
    kept = claims * 24 * log._ENTRY_SECONDS / 86_400 * kibibytes / 1e6 * 0.25
    assert f"about {round(kept, 1):.2f} USD a month to keep" in section
    day = 180_000 * (24 + (lease.LONGEST_SECONDS + lease.CLOCKS_APART_SECONDS) / 3600)
    assert f"{day / 1e6:.1f} million in the longest window, 24 hours" in section.replace("\n", " ")
    assert f"which take {most_bytes(int(day)) / 2**20:.0f} MiB." in section
    assert f"more than {MOST // 10**6} million" in section.replace("\n", " ")
