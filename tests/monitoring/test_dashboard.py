"""BatchDashboard: what it shows, where, and that nothing overlaps or is empty."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Template
from syrupy.extensions.json import JSONSnapshotExtension

from batch_constructs import (
    AlertTopic,
    BatchDashboard,
    BatchMonitoring,
    ComputeEnvironment,
    JobCounters,
    JobGauges,
    JobQueue,
)
from batch_constructs.aws.metrics import NATIVE_METRICS
from batch_constructs.monitoring.dashboard_body import Contents, dashboard_widgets
from batch_constructs.rules.dashboard import too_much
from tests.monitoring import job_story as story
from tests.monitoring.conftest import Resources, l1_queue_in, one, plain, queue_in

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from batch_constructs.monitoring.widgets import Widget

Find = Callable[[str], Resources]
ROOT = Path(__file__).parents[2]

CONSOLE = "https://us-east-1.console.aws.amazon.com"
BARE = Contents(title="Jobs", region="us-east-1", console=CONSOLE, queues=["nightly"])
FULL = Contents(
    title="Jobs",
    region="us-east-1",
    console=CONSOLE,
    queues=["nightly", "interactive"],
    environments=["spot", "on-demand"],
    gauge_seconds=300,
    causes=True,
    counted_by=["JobDefinitionName", "ShareIdentifier"],
    price_per_vcpu_hour=0.05,
    event_log="/events",
    alarm_arns=[f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:a{n}" for n in range(9)],
    thresholds={
        "nightly": {"FailureRate": 10, "TimeInRunnable": 60, "HeadOfQueue": 120},
        "interactive": {"FailureRate": 10},
    },
)
VARIANTS = {
    "bare": BARE,
    "full": FULL,
    "gauges": Contents(
        title="Jobs",
        region="us-east-1",
        console=CONSOLE,
        queues=["nightly"],
        environments=["spot"],
        gauge_seconds=300,
    ),
    "causes": Contents(
        title="Jobs", region="us-east-1", console=CONSOLE, queues=["nightly"], causes=True
    ),
    "ten queues": Contents(
        title="Jobs",
        region="us-east-1",
        console=CONSOLE,
        queues=[f"queue-{n}" for n in range(10)],
        event_log="/e",
    ),
}


def problems(widgets: list[Widget]) -> list[str]:
    """Say what CloudWatch would refuse or show nothing of: overlaps, overhangs, empty widgets."""
    found = []
    taken: dict[tuple[int, int], str] = {}
    for number, widget in enumerate(widgets):
        name = f"{number} {widget['properties'].get('title', widget['type'])}"
        columns = range(widget["x"], widget["x"] + widget["width"])
        rows = range(widget["y"], widget["y"] + widget["height"])
        if not columns or not rows or widget["x"] < 0 or columns[-1] >= 24:
            found.append(f"{name} does not lie on the grid")
        for cell in ((x, y) for x in columns for y in rows):
            if cell in taken:
                found.append(f"{name} overlaps {taken[cell]}")
                break
            taken[cell] = name
        if not any(widget["properties"].get(key) for key in _CONTENT[widget["type"]]):
            found.append(f"{name} is empty")
        if widget["type"] != "text" and not widget["properties"].get("title"):
            found.append(f"{name} has no title")
    return found


_CONTENT = {"metric": ["metrics"], "text": ["markdown"], "log": ["query"], "alarm": ["alarms"]}


@pytest.mark.parametrize("contents", VARIANTS.values(), ids=VARIANTS.keys())
def test_no_widget_overlaps_another_hangs_over_or_is_empty(contents: Contents) -> None:
    assert problems(dashboard_widgets(contents)) == []


def test_the_check_finds_overlaps_overhangs_and_empty_widgets() -> None:
    widgets = dashboard_widgets(BARE)
    graph = next(w for w in widgets if w["type"] == "metric")
    empty = {**graph, "y": 100, "properties": {**graph["properties"], "metrics": []}}
    wide = {**graph, "y": 200, "x": 20}

    found = problems([*widgets, dict(graph), empty, wide])

    assert [said.split(" ", 1)[1].rpartition("hours ")[2] for said in found] == [
        f"overlaps {widgets.index(graph)} Last 24 hours",
        "is empty",
        "does not lie on the grid",
    ]


@pytest.mark.parametrize("contents", VARIANTS.values(), ids=VARIANTS.keys())
def test_rows_fill_the_whole_width(contents: Contents) -> None:
    widths: dict[int, int] = {}
    for widget in dashboard_widgets(contents):
        widths[widget["y"]] = widths.get(widget["y"], 0) + widget["width"]

    assert set(widths.values()) == {24}


@pytest.mark.parametrize("contents", VARIANTS.values(), ids=VARIANTS.keys())
def test_expressions_use_what_their_graph_knows_and_ids_are_unique(contents: Contents) -> None:
    for widget in dashboard_widgets(contents):
        rows = widget["properties"].get("metrics", [])
        ids = [row[-1]["id"] for row in rows if "id" in row[-1]]
        assert len(set(ids)) == len(ids)
        for row in rows:
            expression = row[-1].get("expression", "")
            used = set(re.findall(r"\bm\d+_\w+", expression))
            assert used <= set(ids)
            if not expression.startswith("SEARCH('{BatchConstructs,"):
                assert "{" not in expression
            assert len(rows) <= 500


@pytest.mark.parametrize("contents", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_native_metric_on_a_graph_exists(contents: Contents) -> None:
    rows = [
        row
        for widget in dashboard_widgets(contents)
        for row in widget["properties"].get("metrics", [])
    ]

    native = [row for row in rows if row[0] == "AWS/Batch"]
    assert native
    assert {row[1] for row in native} <= set(NATIVE_METRICS)
    assert {row[2] for row in native} == {"JobQueueName"}


def test_limits_are_drawn_on_the_graphs_they_guard() -> None:
    drawn = {
        (widget["properties"]["title"], note["label"]): (note["value"], note["yAxis"])
        for widget in dashboard_widgets(FULL)
        for note in widget["properties"].get("annotations", {}).get("horizontal", [])
    }

    assert drawn == {
        ("How many fail", "alarm: % failed"): (10, "left"),
        ("How long", "alarm: waited"): (60, "left"),
        ("How long", "alarm: head of queue"): (120, "left"),
    }


@pytest.mark.parametrize("name", ["bare", "full"])
def test_the_body_is_as_it_was(name: str, snapshot: SnapshotAssertion) -> None:
    body = {"widgets": dashboard_widgets(VARIANTS[name])}

    assert body == snapshot.use_extension(JSONSnapshotExtension)


def body_of(dashboard: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(plain(dashboard["DashboardBody"]))
    return body


def test_the_dashboard_becomes_valid_json_with_queues_by_name(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    BatchDashboard(stack, "Dashboard", queues=[queue], dashboard_name="batch")

    dashboard = one(resources("AWS::CloudWatch::Dashboard"))
    widgets = body_of(dashboard)["widgets"]
    assert dashboard["DashboardName"] == "batch"
    assert problems(widgets) == []
    [group] = resources("AWS::Logs::LogGroup")
    assert widgets[-1]["properties"]["query"].startswith(f"SOURCE '{group}' | fields @timestamp")
    names = {row[3] for row in widgets[1]["properties"]["metrics"] if row[0] == "AWS/Batch"}
    assert names == {"NightlyC44EE0A7.JobQueueArn[1]"}


def test_an_alarm_topic_makes_alarms_and_shows_them(
    stack: Stack, queue: JobQueue, environment: ComputeEnvironment, resources: Find
) -> None:
    gauges = JobGauges(stack, "Gauges", queues=[queue], compute_environments=[environment])
    counters = JobCounters(stack, "Counters", queues=[queue])

    made = BatchDashboard(
        stack,
        "Dashboard",
        queues=[queue],
        compute_environments=[environment],
        alarm_topic=AlertTopic(stack, "Alerts"),
        gauges=gauges,
        counters=counters,
    )

    assert made.monitoring is not None
    assert made.event_log is made.monitoring.event_log
    widgets = body_of(one(resources("AWS::CloudWatch::Dashboard")))["widgets"]
    [states] = [w for w in widgets if w["type"] == "alarm"]
    assert len(states["properties"]["alarms"]) == len(resources("AWS::CloudWatch::Alarm")) == 13
    titles = [w["properties"].get("title") for w in widgets]
    assert "Why jobs fail" in titles
    assert "Compute environments" in titles
    assert len(resources("AWS::Logs::ResourcePolicy")) == 1


def test_what_jobs_used_is_shown_as_it_is_counted(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    counters = JobCounters(
        stack, "Counters", queues=[queue], per_share=True, per_tags=["cost centre", "team"]
    )
    BatchDashboard(stack, "Dashboard", queues=[queue], counters=counters, price_per_vcpu_hour=0.05)

    widgets = body_of(one(resources("AWS::CloudWatch::Dashboard")))["widgets"]
    assert problems(widgets) == []
    graphs = {w["properties"].get("title", ""): w["properties"] for w in widgets}
    used = graphs["vCPU-hours a day"]["metrics"]
    assert used[0][:2] == ["BatchConstructs", "VcpuHours"]
    assert (used[0][4]["stat"], used[0][4]["period"]) == ("Sum", 86_400)
    [gpus] = graphs["GPU-hours a day"]["metrics"]
    assert 'MetricName="GpuHours"' in gpus[0]["expression"]
    [by_share] = graphs["vCPU-hours a day, by share"]["metrics"]
    assert by_share[0]["expression"].startswith(
        'SEARCH(\'{BatchConstructs,JobQueueName,ShareIdentifier} MetricName="VcpuHours" Job'
    )
    assert not any("by definition" in title for title in graphs)
    [by_tag] = graphs["vCPU-hours a day, by tag:cost centre"]["metrics"]
    found = 'SEARCH(\'{BatchConstructs,JobQueueName,"tag:cost centre"} MetricName="VcpuHours" Job'
    assert by_tag[0]["expression"].startswith(found)
    [priced] = graphs["USD a day, at 0.05 a vCPU-hour, by tag:team"]["metrics"]
    assert priced[0]["expression"].startswith("SEARCH('{BatchConstructs,JobQueueName,\"tag:team")
    assert priced[0]["expression"].endswith(", 'Sum', 86400) * 0.050000")
    hours, dollars = graphs["USD a day, at 0.05 a vCPU-hour"]["metrics"]
    assert dollars[0]["expression"] == f"{hours[4]['id']} * 0.050000"


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (0.05, "price_per_vcpu_hour is given without counters"),
        (-1, "price_per_vcpu_hour is -1; allowed: numbers from 0"),
    ],
)
def test_a_price_of_what_nobody_counts_is_refused(
    price: float, message: str, stack: Stack, queue: JobQueue
) -> None:
    with pytest.raises(ValueError, match=message):
        BatchDashboard(stack, "Dashboard", queues=[queue], price_per_vcpu_hour=price)


def test_alarms_that_exist_are_shown(stack: Stack, queue: JobQueue, resources: Find) -> None:
    monitoring = BatchMonitoring(stack, "Monitoring", queues=[queue])

    BatchDashboard(stack, "Dashboard", queues=[queue], monitoring=monitoring)

    widgets = body_of(one(resources("AWS::CloudWatch::Dashboard")))["widgets"]
    [states] = [w for w in widgets if w["type"] == "alarm"]
    assert len(states["properties"]["alarms"]) == 5


def test_the_limits_of_alarms_are_drawn_for_a_queue_whose_name_nobody_knows(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    """Its name is a token, which is the same for whoever asks."""
    monitoring = BatchMonitoring(stack, "Monitoring", queues=[queue])

    BatchDashboard(stack, "Dashboard", queues=[queue], monitoring=monitoring)

    widgets = body_of(one(resources("AWS::CloudWatch::Dashboard")))["widgets"]
    notes = [w["properties"].get("annotations", {}).get("horizontal", []) for w in widgets]
    assert {note["label"] for several in notes for note in several} == {
        "alarm: % failed",
        "alarm: waited",
    }


def test_the_widgets_fit_on_a_dashboard_of_the_cdks(
    stack: Stack, queue: JobQueue, resources: Find
) -> None:
    """And so with cdk-monitoring-constructs, which takes the same widgets."""
    ours = BatchDashboard(stack, "Ours", queues=[queue], dashboard_name="ours")
    theirs = cloudwatch.Dashboard(stack, "Theirs", dashboard_name="theirs")

    theirs.add_widgets(cloudwatch.TextWidget(markdown="# Everything", width=24, height=2))
    theirs.add_widgets(*ours.widgets)

    found = {
        dashboard["DashboardName"]: body_of(dashboard)["widgets"]
        for dashboard in resources("AWS::CloudWatch::Dashboard").values()
    }
    assert problems(found["theirs"]) == []
    moved = [{**widget, "y": widget["y"] - 2} for widget in found["theirs"][1:]]
    assert moved == found["ours"]


WIDGET: Widget = {"properties": {"metrics": [["AWS/Batch", "JobsSubmitted"]]}}
EXPRESSION: list[Any] = [{"expression": "a"}]


def crowded(metrics: int) -> Widget:
    lines = [["AWS/Batch", "JobsSubmitted"]] * metrics
    return {"properties": {"metrics": [*lines, EXPRESSION]}}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ([WIDGET] * 500, None),
        ([WIDGET] * 501, "has 501 widgets; allowed: at most 500"),
        ([{"properties": {}}, crowded(500)], None),
        ([WIDGET, crowded(501)], "has 501 metrics in one widget; allowed: at most 500"),
        ([crowded(500)] * 5, None),
        ([crowded(500)] * 5 + [WIDGET], "has 2501 metrics; allowed: at most 2500"),
    ],
)
def test_a_dashboard_has_what_cloudwatch_allows(body: list[Widget], problem: str | None) -> None:
    assert too_much(body) == problem


def test_more_queues_than_a_dashboard_has_room_for_are_refused(stack: Stack) -> None:
    queues = [queue_in(stack, f"Q{number}", f"q{number}") for number in range(100)]

    with pytest.raises(
        ValueError,
        match="Platform/Jobs: the dashboard has 603 widgets; allowed: at most 500: show fewer",
    ):
        BatchDashboard(stack, "Jobs", queues=queues)


def test_l1_and_l2_queues_have_rows_too(stack: Stack, resources: Find) -> None:
    l2 = batch.JobQueue.from_job_queue_arn(stack, "L2", story.QUEUE)
    l1 = l1_queue_in(stack)

    BatchDashboard(stack, "Dashboard", queues=[l2, l1, queue_in(stack)])

    headings = [
        widget["properties"]["markdown"]
        for widget in body_of(one(resources("AWS::CloudWatch::Dashboard")))["widgets"]
        if widget["type"] == "text"
    ]
    assert headings[1:] == ["## nightly", "## L1[1]", "## NightlyC44EE0A7.JobQueueArn[1]"]


def test_the_logical_id_is_that_of_the_cdks_own_dashboard(stack: Stack, resources: Find) -> None:
    BatchDashboard(stack, "Jobs", queues=[queue_in(stack)])
    bare = Stack()
    cloudwatch.Dashboard(bare, "Jobs")

    [theirs] = Template.from_stack(bare).find_resources("AWS::CloudWatch::Dashboard")

    assert list(resources("AWS::CloudWatch::Dashboard")) == [theirs]


def test_wrong_arguments_are_refused_at_once(stack: Stack, queue: JobQueue) -> None:
    monitoring = BatchMonitoring(stack, "Monitoring", queues=[queue])
    wrong: Any = "gauges"

    with pytest.raises(ValueError, match="Platform/Dashboard") as refusal:
        BatchDashboard(
            stack,
            "Dashboard",
            queues=[],
            alarm_topic=AlertTopic(stack, "Alerts"),
            monitoring=monitoring,
            gauges=wrong,
        )

    said = str(refusal.value)
    assert "queues is empty" in said
    assert "alarm_topic is given with monitoring" in said
    assert 'gauges is str "gauges"; expected JobGauges(…)' in said


def test_the_picture_for_the_docs_can_be_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "dashboard.png"

    subprocess.run(
        [sys.executable, ROOT / "scripts/draw_dashboard.py", picture], check=True, cwd=ROOT
    )

    assert picture.read_bytes().startswith(b"\x89PNG")
