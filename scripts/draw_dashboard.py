"""Draw the dashboard with sample data, so that a person can judge it without an AWS account.

    uv run python scripts/draw_dashboard.py docs/dashboard.png

The widgets are those of ``BatchDashboard``: their places, titles, metrics, expressions, axes and
thresholds come from the dashboard's body; only the numbers are made up, by a small simulation.
"""

from __future__ import annotations

import random
import re
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch, Rectangle

from batch_constructs.monitoring.dashboard_body import Contents, dashboard_widgets

COLUMN_INCHES, ROW_INCHES = 0.72, 0.62
STEPS = 288  # five minutes each: a day
STEP_SECONDS = 300
DAY_SECONDS = 86_400
FEW = 4
INK, FAINT, PAPER, CARD = "#16191f", "#687078", "#f2f3f3", "#ffffff"

QUEUES = ("nightly", "interactive")
ENVIRONMENTS = ("spot", "on-demand")
FAILURES = (
    ("02:14:09", "render-frames", "137", "OutOfMemoryError: Container killed due to memory usage"),
    ("01:52:40", "import-orders", "1", "Essential container in task exited"),
    ("01:31:18", "import-orders", "1", "Essential container in task exited"),
    ("00:47:55", "train-model", "", "Host EC2 (instance i-0282b396e52b4c95d) terminated."),
    ("00:12:03", "index-search", "", "CannotPullContainerError: pull image manifest has been"),
)


@dataclass
class Day:
    """A day of one queue, five minutes a step."""

    seed: int
    busy_from: int
    busy_to: int
    rate: float
    slots: int
    series: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let jobs come, wait, run and end."""
        dice = random.Random(self.seed)  # noqa: S311 - a picture

        def happens(chance: float) -> bool:
            return dice.random() < chance

        waiting: list[int] = []
        running: list[int] = []
        for step in range(STEPS):
            busy = self.busy_from <= step <= self.busy_to
            came = sum(happens(0.5) for _ in range(int(self.rate * (2 if busy else 0.25))))
            waiting += [step] * came
            ended = [end for end in running if end <= step]
            running = [end for end in running if end > step]
            trouble = 0.3 if busy and step > self.busy_to - 30 else 0.04
            failed = sum(happens(trouble) for _ in ended)
            retried = sum(happens(0.06) for _ in ended)
            started = waiting[: self.slots - len(running)]
            waiting = waiting[len(started) :] + [step] * retried
            running += [step + 2 + dice.randrange(9) for _ in started]
            waits = [step - since for since in started]
            values = {
                "JobsSubmitted": came,
                "JobsMovedToRunnable": came + retried,
                "JobsMovedToRunning": len(started),
                "JobsMovedToSucceeded": len(ended) - failed,
                "JobsMovedToFailed": failed,
                "JobsRetried": retried,
                "JobsCancelled": int(happens(0.01)),
                "JobAttemptRunnableToStartingDuration": 1000 * STEP_SECONDS * np.mean(waits or [0]),
                "JobAttemptStartingToRunningDuration": 45_000 + 20_000 * dice.random(),
                "JobAttemptExecutionDuration": 1_500_000 + 500_000 * dice.random(),
                "JobsPending": 2 * int(busy),
                "JobsRunnable": len(waiting),
                "JobsStarting": len(started),
                "JobsRunning": len(running),
                "HeadOfQueueAge": STEP_SECONDS * (step - waiting[0]) if waiting else 0,
                "VcpusInUse": 4 * len(running),
                "VcpuUtilization": 100 * len(running) / self.slots,
                "VcpuHours": 4 * len(running) * STEP_SECONDS / 3600,
            }
            for name, value in values.items():
                self.series.setdefault(name, np.zeros(STEPS))[step] = value


DAYS = {
    "nightly": Day(seed=1, busy_from=205, busy_to=288, rate=5, slots=24),
    "interactive": Day(seed=2, busy_from=60, busy_to=190, rate=3, slots=18),
}
WEEKS = np.array([0.9, 0.8, 1.1, 1.0, 0.9, 0.3, 0.2] * 2)
"""What of a day's hours was used on each day of two weeks."""
CAUSE_SHARES = {
    "ExitedNonZero": 0.6,
    "OutOfMemory": 0.2,
    "SpotReclaimed": 0.15,
    "NeverStarted": 0.05,
}


def sample(row: list[Any]) -> Any:
    """Return the values of a metric's row: one a step."""
    name, options = row[1], row[-1]
    dimensions = dict(zip(row[2:-1:2], row[3:-1:2], strict=True))
    queue = dimensions.get("JobQueueName")
    if queue is None:
        return _environment(name, dimensions["ComputeEnvironmentName"])
    values = DAYS[queue].series.get(name, np.zeros(STEPS))
    if "Cause" in dimensions:
        failed = DAYS[queue].series["JobsMovedToFailed"]
        values = failed * CAUSE_SHARES.get(dimensions["Cause"], 0)
    if options["period"] >= DAY_SECONDS:
        whole = values.sum() if options["stat"] == "Sum" else values.mean()
        if name == "VcpuHours":  # of two weeks
            return whole * np.repeat(WEEKS, -(-STEPS // len(WEEKS)))[:STEPS]
        return np.full(STEPS, whole)
    if options["period"] > STEP_SECONDS:
        width = options["period"] // STEP_SECONDS
        summed = np.convolve(values, np.ones(width), "same")
        return summed if options["stat"] == "Sum" else summed / width
    return values


def _environment(name: str, environment: str) -> Any:
    most = 96 if environment == "spot" else 64
    used = DAYS["nightly" if environment == "spot" else "interactive"].series["VcpusInUse"]
    values = {"MaxVcpus": np.full(STEPS, most), "DesiredVcpus": np.minimum(used * 1.1, most)}
    return values.get(name, np.zeros(STEPS))


def lines(widget: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Return what a widget shows: options and values of every visible line."""
    known: dict[str, Any] = {}
    shown = []
    for row in widget["properties"]["metrics"]:
        options = row[-1]
        if options.get("expression", "").startswith("SEARCH"):  # finds what is not drawn here
            continue
        values = evaluate(options["expression"], known) if "expression" in options else sample(row)
        if "id" in options:
            known[options["id"]] = values
        if options.get("visible", True):
            shown.append((options, values))
    return shown


def evaluate(expression: str, known: dict[str, Any]) -> Any:
    """Reckon a metric-math expression of those that the dashboard uses."""
    python = re.sub(r"FILL\((\w+), 0\)", r"\1", expression).replace("IF(", "choose(")

    def choose(condition: Any, then: Any, otherwise: Any) -> Any:
        return np.where(condition, then, otherwise)

    with np.errstate(divide="ignore", invalid="ignore"):
        return eval(python, {"choose": choose}, known)  # noqa: S307 - our own expression


class Page:
    """The picture: widgets at their places."""

    def __init__(self, widgets: list[dict[str, Any]]) -> None:
        """Make room for all widgets."""
        self.height = max(widget["y"] + widget["height"] for widget in widgets)
        size = (24 * COLUMN_INCHES, self.height * ROW_INCHES)
        self.figure = plt.figure(figsize=size, facecolor=PAPER)
        for widget in widgets:
            getattr(self, f"_{widget['type']}")(widget)

    def _card(self, widget: dict[str, Any]) -> tuple[float, float, float, float]:
        """Draw the white card and its title; return what is left inside."""
        gap_x, gap_y = 0.06 / 24, 0.09 / self.height
        x, width = widget["x"] / 24 + gap_x, widget["width"] / 24 - 2 * gap_x
        height = widget["height"] / self.height - 2 * gap_y
        y = 1 - (widget["y"] + widget["height"]) / self.height + gap_y
        shape = FancyBboxPatch(
            (x, y),
            width,
            height,
            boxstyle="square,pad=0",
            facecolor=CARD,
            edgecolor="#d5dbdb",
            zorder=-9,
        )
        self.figure.add_artist(shape)
        title = widget["properties"].get("title")
        if title:
            self.figure.text(
                x + 0.006,
                y + height - 0.16 / self.height,
                title,
                size=10.5,
                weight="bold",
                color=INK,
                va="top",
            )
        return x, y, width, height

    def _text(self, widget: dict[str, Any]) -> None:
        x, y, _, height = self._card(widget)
        top = y + height - 0.22 / self.height
        for line in widget["properties"]["markdown"].splitlines():
            plain = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", line)
            size = 17 if plain.startswith("# ") else 13 if plain.startswith("## ") else 10
            weight = "bold" if plain.startswith("#") else "normal"
            self.figure.text(
                x + 0.008, top, plain.lstrip("# "), size=size, weight=weight, color=INK, va="top"
            )
            top -= 0.85 / self.height

    def _metric(self, widget: dict[str, Any]) -> None:
        if widget["properties"]["view"] == "singleValue":
            self._numbers(widget)
        else:
            self._graph(widget)

    def _numbers(self, widget: dict[str, Any]) -> None:
        x, y, width, height = self._card(widget)
        shown = lines(widget)
        for place, (options, values) in enumerate(shown):
            left = x + 0.012 + width * place / len(shown)
            self.figure.text(
                left,
                y + height * 0.42,
                f"{values[-1]:,.0f}",
                size=25,
                color=options["color"],
                weight="bold",
                va="center",
            )
            self.figure.text(left, y + height * 0.12, options["label"], size=10, color=FAINT)

    def _graph(self, widget: dict[str, Any]) -> None:
        x, y, width, height = self._card(widget)
        properties = widget["properties"]
        shown = lines(widget)
        legend_rows = -(-len(shown) // (FEW if len(shown) <= FEW else 2))
        bottom = (0.75 + 0.42 * legend_rows) / self.height
        axes = self.figure.add_axes(
            (
                x + 0.75 / 24,
                y + bottom,
                width - 0.95 / 24,
                height - bottom - 0.85 / self.height,
            )
        )
        hours = np.arange(STEPS) / 12
        floor = np.zeros(STEPS)
        for options, values in shown:
            color = options.get("color")
            if properties["stacked"]:
                axes.fill_between(
                    hours, floor, floor + values, color=color, label=options["label"], linewidth=0
                )
                floor = floor + values
            else:
                axes.plot(
                    hours,
                    values,
                    color=color,
                    label=options["label"],
                    linewidth=1.4,
                )
        for note in properties.get("annotations", {}).get("horizontal", []):
            axes.axhline(note["value"], color=note["color"], linewidth=1, linestyle=(0, (5, 3)))
            axes.text(0.3, note["value"], note["label"], size=7.5, color=note["color"], va="bottom")
        self._dress(axes, properties, shown)

    def _dress(self, axes: Any, properties: dict[str, Any], shown: list[Any]) -> None:
        axes.set_ylabel(properties["yAxis"]["left"]["label"], size=8, color=FAINT, labelpad=2)
        axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1))
        axes.tick_params(labelsize=7.5, colors=FAINT, length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlim(0, STEPS / 12)
        day = ["-24 h", "-18", "-12", "-6", "now"]
        weeks = ["-14 d", "-10", "-7", "-3", "now"]
        axes.set_xticks([0, 6, 12, 18, 24], weeks if "start" in properties else day)
        axes.grid(axis="y", color="#eaeded", linewidth=0.8)
        axes.set_axisbelow(True)
        handles, names = axes.get_legend_handles_labels()
        columns = FEW if len(shown) <= FEW else 2
        axes.legend(
            handles,
            names,
            loc="upper center",
            bbox_to_anchor=(0.5, -0.1),
            ncol=columns,
            fontsize=7.5,
            frameon=False,
            handlelength=1.2,
            columnspacing=0.9,
            labelcolor=INK,
        )

    def _log(self, widget: dict[str, Any]) -> None:
        x, y, width, height = self._card(widget)
        region = widget["properties"]["region"]
        places = (0.008, 0.09, 0.2, 0.29, 0.36, 0.68)
        names = ("@timestamp", "job", "queue", "exitCode", "reason", "page")
        top = y + height - 0.95 / self.height
        for place, name in zip(places, names, strict=True):
            self.figure.text(x + width * place, top, name, size=9, weight="bold", color=FAINT)
        for number, (time, job, code, reason) in enumerate(FAILURES):
            row = top - (0.95 + 0.95 * number) / self.height
            page = f"https://{region}.console.aws.amazon.com/batch/…#jobs/detail/{number}c7599ae-…"
            cells = (f"2026-11-20 {time}", job, "nightly", code, textwrap.shorten(reason, 62), page)
            if number % 2 == 0:
                band = Rectangle(
                    (x, row - 0.32 / self.height),
                    width,
                    0.95 / self.height,
                    facecolor="#f7f8f8",
                    zorder=-8,
                )
                self.figure.add_artist(band)
            for place, cell in zip(places, cells, strict=True):
                color = "#0972d3" if cell is page else INK
                self.figure.text(x + width * place, row, cell, size=9, color=color)

    def _alarm(self, widget: dict[str, Any]) -> None:
        x, y, width, height = self._card(widget)
        names = widget["properties"]["alarms"]
        for number, arn in enumerate(names):
            column, row = number % 4, number // 4
            left = x + 0.008 + width * column / 4
            low = y + height - (1.55 + 0.98 * row) / self.height
            in_alarm = arn.endswith("nightly-FailureRate")
            color = "#d13212" if in_alarm else "#1d8102"
            box = Rectangle(
                (left, low),
                width / 4 - 0.012,
                0.75 / self.height,
                facecolor=CARD,
                edgecolor=color,
                linewidth=1.2,
            )
            self.figure.add_artist(box)
            state = "In alarm" if in_alarm else "OK"
            self.figure.text(left + 0.006, low + 0.27 / self.height, arn.rpartition(":")[2], size=9)
            self.figure.text(
                left + width / 4 - 0.02,
                low + 0.27 / self.height,
                state,
                size=9,
                color=color,
                ha="right",
                weight="bold",
            )


def sample_contents() -> Contents:
    """Return what the picture shows: everything that can be asked for."""
    alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:batch-"
    kinds = ("FailureRate", "TimeInRunnable", "HeadOfQueue", "Blocked")
    alarms = [f"{alarm}{queue}-{kind}" for queue in QUEUES for kind in kinds]
    limits = {"FailureRate": 10.0, "TimeInRunnable": 60.0, "HeadOfQueue": 120.0}
    return Contents(
        title="Order platform",
        region="us-east-1",
        console="https://us-east-1.console.aws.amazon.com",
        queues=QUEUES,
        environments=ENVIRONMENTS,
        gauge_seconds=300,
        causes=True,
        event_log="/batch/events",
        alarm_arns=alarms,
        thresholds=dict.fromkeys(QUEUES, limits),
    )


def main() -> None:
    """Draw to the path given."""
    page = Page(dashboard_widgets(sample_contents()))
    page.figure.savefig(sys.argv[1], dpi=90, facecolor=PAPER, metadata={"Software": None})


if __name__ == "__main__":
    main()
