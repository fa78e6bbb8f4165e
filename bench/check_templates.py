"""What a check of 500 templates takes, and of one, beside cfn-lint: the same files, in turns.

uv run python bench/check_templates.py

Each is run as its users run it, one command over all files, with bytecode compiled as an
installation compiles it. Medians of wall time, and of the CPU time of all its processes.

What was tried: a pool of processes takes 18 ms to load, so a check forks. A garbage collector that
runs now and then costs a tenth. JSON takes a fortieth of a check: a faster parser gains nothing.
Dataclasses, named tuples, regular expressions that are compiled at import, rules of tables that are
made before they have something to say, and modules that few templates need were half of a start.

Of the bytecode that a start runs, a third is Python's finding and loading of 185 modules, an eighth
makes 30 enumerations, a sixth is the standard library (`re`, `json`, `enum`), and a
quarter asks the rules. All modules in one file would save a sixth of the CPU, and need a cache
beside the package that has to be kept up to date; that is not done.
"""

from __future__ import annotations

import argparse
import compileall
import datetime as dt
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- check -->", "<!-- /check -->"
CORPUS = Path(__file__).parent.parent / "tests" / "rules" / "corpus"


def seconds(command: list[str]) -> tuple[float, float]:
    """Measure a command: wall time, and CPU time of all its processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure in turns, and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--templates", type=int, default=500)
    arguments.add_argument("--repeat", type=int, default=5)
    arguments.add_argument(
        "--repeat-many", type=int, default=2, help="with cfn-lint, a minute each"
    )
    arguments.add_argument("--write", action="store_true", help="into docs/performance.md")
    asked = arguments.parse_args()
    originals = sorted(CORPUS.glob("*/*.json"))
    compileall.compile_dir(str(CORPUS.parents[2] / "batch_constructs"), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        files: list[str] = []
        for number in range(asked.templates):
            template = json.loads(originals[number % len(originals)].read_text())
            file = Path(folder) / f"{number}.json"
            file.write_text(json.dumps(template))
            files.append(str(file))
        binaries = Path(sys.executable).parent
        ours = [str(binaries / "batch-constructs"), "check", "--format", "json"]
        theirs = [str(binaries / "cfn-lint"), "--format", "json"]
        one = {
            "interpreter": [sys.executable, "-c", "pass"],
            "check, one": [*ours, files[0]],
            "cfn-lint, one": [*theirs, files[0]],
        }
        many = {"check, all": [*ours, *files], "cfn-lint, all": [*theirs, *files]}
        taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for commands, repeat in ((one, asked.repeat), (many, asked.repeat_many)):
            for _ in range(repeat):
                for name, command in commands.items():
                    taken[name].append(seconds(command))
    wall, cpu = (
        {name: statistics.median(run[place] for run in runs) for name, runs in taken.items()}
        for place in (0, 1)
    )
    faster = {
        which: [of[f"cfn-lint, {which}"] / of[f"check, {which}"] for of in (wall, cpu)]
        for which in ("one", "all")
    }
    more = (cpu["check, one"] - cpu["interpreter"]) * 1000
    said = (
        f"Measured on {dt.datetime.now(tz=dt.UTC):%d %B %Y} by `python bench/check_templates.py` "
        f"with cfn-lint {version('cfn-lint')} and Python {platform.python_version()}, on "
        f"{os.cpu_count()} cores with a load of {os.getloadavg()[1]:.0f}. Figures are medians of "
        f"{asked.repeat} runs for one template, and of {asked.repeat_many} for "
        f"{asked.templates}."
    )
    came_to = (
        f"cfn-lint takes {faster['one'][1]:.0f} times the CPU of `check` for one template, and "
        f"{faster['all'][1]:.0f} times for {asked.templates}. A start takes {more:.0f} ms of CPU "
        "more than the interpreter alone."
    )
    rows = [f"| {name} | {wall[name]:.2f} s | {cpu[name]:.3f} s |" for name in taken]
    lines = [said, "", "| command | wall time | CPU |", "|---|---|---|", *rows, "", came_to]
    text = "\n".join(lines)
    print(text)
    print(f"in wall time: {faster['one'][0]:.0f} and {faster['all'][0]:.0f} times as fast")
    if asked.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
