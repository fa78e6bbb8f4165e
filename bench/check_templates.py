"""How long a check of 500 templates takes, and of one, beside reading them and beside cfn-lint.

uv run python bench/check_templates.py

Each is run as its users run it, as one command over all files; cfn-lint over a part of them,
and its time is scaled up, because it takes long. The start is measured in CPU time, the least of
many runs, with the library's bytecode compiled as an installation compiles it.
"""

from __future__ import annotations

import argparse
import compileall
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "tests" / "rules" / "corpus"
READ = "import json, sys\nfor name in sys.argv[1:]: json.load(open(name))"


def seconds(command: list[str], repeat: int) -> float:
    """Measure a command, the median of several runs."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def cpu(command: list[str], repeat: int) -> float:
    """Measure the CPU time of a command in milliseconds, the least of several runs."""
    taken = []
    for _ in range(repeat):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=False, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken) * 1000


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--templates", type=int, default=500)
    arguments.add_argument("--cfn-lint-templates", type=int, default=40)
    arguments.add_argument("--repeat", type=int, default=5)
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
        some = files[:: max(1, asked.templates // asked.cfn_lint_templates)]
        binaries = Path(sys.executable).parent
        reading = seconds([sys.executable, "-c", READ, *files], asked.repeat)
        ours = [str(binaries / "batch-constructs"), "check", "--format", "json"]
        checking = seconds([*ours, *files], asked.repeat)
        empty = seconds([*ours, files[0]], asked.repeat)
        bare = cpu([sys.executable, "-c", "pass"], 4 * asked.repeat)
        start = cpu([*ours, files[0]], 4 * asked.repeat)
        lint_one = seconds([str(binaries / "cfn-lint"), "--format", "json", files[0]], 3)
        linting = seconds([str(binaries / "cfn-lint"), "--format", "json", *some], 1)
    scaled = linting * len(files) / len(some)
    count = len(files)
    print(f"{count} templates, wall time of one command")
    print(f"reading them (json.load)    {reading:8.2f} s")
    print(f"batch-constructs check      {checking:8.2f} s   (of which start-up {empty:.2f} s)")
    print(f"cfn-lint                    {scaled:8.1f} s   ({linting:.1f} s for {len(some)})")
    print(f"check is {scaled / checking:.0f} times as fast as cfn-lint")
    print(f"of one template {lint_one / empty:.0f} times as fast ({lint_one:.2f} s, {empty:.3f} s)")
    print(f"CPU time of one template {start:.0f} ms, of the interpreter alone {bare:.0f} ms")
    print(f"a template takes {(checking - empty) / count * 1000:.2f} ms, start-up left out")


if __name__ == "__main__":
    main()
