"""Compare a platform in this library with the same in the aws_batch L2.

``python bench/compare.py`` runs the shapes of definitions.py alternately, each in a process of its
own, and prints medians: what an app with one definition costs, and what each further one adds.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
SHAPES = ("l2", "ours", "ours_with_job_roles", "ours_many", "ours_many_with_job_roles")
SIZES = (1, 10, 50, 100)
Run = dict[str, float]


def run(shape: str, number: int) -> Run:
    """Synthesise one shape once."""
    command = [sys.executable, str(HERE / "definitions.py"), shape, str(number)]
    output = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout
    result: Run = json.loads(output)
    return result


def main() -> None:
    """Measure, alternating, and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    runs: dict[tuple[str, int], list[Run]] = defaultdict(list)
    for _ in range(rounds):
        for number in SIZES:
            for shape in SHAPES:
                runs[shape, number].append(run(shape, number))

    def median(shape: str, number: int, figure: str) -> float:
        return statistics.median(result[figure] for result in runs[shape, number])

    def more(shape: str, figure: str) -> float:
        first, last = SIZES[0], SIZES[-1]
        return (median(shape, last, figure) - median(shape, first, figure)) / (last - first)

    print(f"medians of {rounds} alternating runs")
    print(
        f"{'shape':22} {'N':>4} {'wall s':>7} {'CPU s':>6} {'calls':>6} {'MB py':>6} {'MB node':>8}"
    )
    for shape in SHAPES:
        for number in SIZES:
            figures = [median(shape, number, f) for f in ("wall_s", "cpu_s", "calls")]
            memory = [median(shape, number, f) for f in ("python_mb", "node_mb")]
            print(
                f"{shape:22} {number:4} {figures[0]:7.2f} {figures[1]:6.2f} {figures[2]:6.0f} "
                f"{memory[0]:6.0f} {memory[1]:8.0f}"
            )
    base = more("l2", "cpu_s")
    for shape in SHAPES:
        print(
            f"{shape}: each further definition {more(shape, 'calls'):.1f} calls, "
            f"{1000 * more(shape, 'cpu_s'):.2f} ms CPU, "
            f"{1000 * more(shape, 'wall_s'):.2f} ms wall; "
            f"CPU to the L2 {more(shape, 'cpu_s') / base:.2f}"
        )


if __name__ == "__main__":
    main()
