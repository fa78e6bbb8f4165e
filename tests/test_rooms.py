"""The rooms of the package: who may build on whom, and files whose names tell them apart."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "batch_constructs"
FILES = [
    path
    for path in sorted(PACKAGE.glob("**/*.py"))
    if PACKAGE / "project" / "template" not in path.parents  # a user's project
]


def test_no_two_files_have_one_name() -> None:
    names = Counter(path.name for path in FILES if path.name != "__init__.py")

    assert [name for name, times in names.items() if times > 1] == []


def test_no_file_is_named_after_one_of_what_another_is_named_after_many_of() -> None:
    """``limit.py`` beside ``limits.py``, in whatever rooms: nobody can tell them apart."""
    names = {path.stem for path in FILES}

    assert {name for name in names if f"{name}s" in names} == set()


def imported(source: str, folder: str = "batch_constructs") -> set[str]:
    """List what a module imports of ours, below the package: ``functions.gauges.reading``."""
    return _imported_in(ast.parse(source), folder)


@cache
def imported_by(path: Path) -> tuple[set[str], set[str]]:
    """List what a file imports, and what of that is for more than types."""
    tree = ast.parse(path.read_text())
    folder = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    return _imported_in(tree, folder), _imported_in(_WithoutTypes().visit(tree), folder)


def _imported_in(tree: ast.AST, folder: str) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = folder.split(".")[: len(folder.split(".")) + 1 - node.level]
            whole = [*above, *filter(None, [node.module])] if node.level else [node.module or ""]
            found |= {f"{'.'.join(whole)}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    ours = "batch_constructs."
    return {module.removeprefix(ours) for module in found if module.startswith(ours)}


class _WithoutTypes(ast.NodeTransformer):
    """Take away what is imported for types alone."""

    def visit_If(self, node: ast.If) -> ast.AST | None:  # ast's name
        typing = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if typing else self.generic_visit(node)


@pytest.mark.parametrize(
    "line",
    [
        "from batch_constructs import functions",
        "from batch_constructs.functions import gauges",
        "import batch_constructs.functions.gauges",
        "if True:\n    from batch_constructs.functions.gauges import reading",
        "from . import functions",
        "from .functions import gauges",
    ],
)
def test_whatever_way_something_is_imported_is_seen(line: str) -> None:
    assert {module.partition(".")[0] for module in imported(line)} == {"functions"}


def test_no_two_files_import_each_other() -> None:
    """Not even late, inside a function; types may."""
    names = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in FILES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    needs = {}
    for name, path in names.items():
        needs[name] = {_file(module, names) for module in imported_by(path)[1]} - {"", name}

    assert list(TopologicalSorter(needs).static_order())


def _file(module: str, names: Collection[str]) -> str:
    """Name the file that has what is imported: the module itself, or the one it is a name of."""
    return module if module in names else module.rpartition(".")[0]


OVER_ALL = {"__init__", "__main__", "cli"}
"""The public names and the command: they hand on what the rooms have."""


def test_imports_go_one_way() -> None:
    """Rooms are listed in the order in which they may build on each other.

    The modules beside the rooms build on ``rules`` alone; `client` and `local` run without the CDK.
    """
    below = {
        "aws": set(),
        "rules": {"aws"},
        "check": {"aws", "rules"},
        "impact": {"aws", "rules", "check", "client"},  # a terminal's width, deadlines
        "adopt": {"aws", "rules", "client", "impact"},  # as impact
        "project": set(),
        "functions": {"aws"},
        "client": {"aws", "functions", "jobs"},  # of jobs, RetryPolicy, which needs no CDK
        "compute": {"aws", "rules"},
        "jobs": {"aws", "rules"},
        "queues": {"aws", "rules", "compute", "jobs"},
        "triggers": {"aws", "rules", "queues", "jobs", "compute", "functions"},
        "workflows": {"aws", "rules", "triggers", "queues", "jobs", "functions"},
        "monitoring": {
            "aws",
            "rules",
            "compute",
            "queues",
            "jobs",
            "triggers",
            "workflows",
            "functions",
        },
        "local": {"aws", "client", "rules"},  # what check calls an error, it refuses
        "testing": {"aws", "rules", "local"},
        "diagram": {"aws", "rules"},
    }
    beside = {
        path.stem: {"aws", "rules"} for path in PACKAGE.glob("*.py") if path.stem not in OVER_ALL
    }
    beside["validation_plugin"] |= {"check"}  # what an app acknowledges
    beside["shipped_function"] |= {"functions"}
    beside["submission_overrides"] |= {"jobs"}  # RetryPolicy
    beside["workflow_job"] |= {"jobs", "queues"}  # types alone
    beside["queue_from_input"] |= {"queues"}
    wrong = []
    for path in FILES:
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room in OVER_ALL:
            continue
        allowed = {**below, **beside}[room]
        for module in imported_by(path)[0]:
            other = module.partition(".")[0]
            if module == "queues.any_job_queue.AnyJobQueue" and room == "jobs":
                continue  # for a type: a definition grants what its queue does
            if other in below and other not in allowed | {room}:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert wrong == []


WITHOUT_THE_CDK = ["client/submit_request.py _given", "construct.py given"]
"""The client runs where the other cannot be imported."""


def test_no_function_stands_in_two_files() -> None:
    """Whatever its name, and those of its arguments; methods that users call are a class's own."""
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and not _is_of_users(node):
                name = f"{path.relative_to(PACKAGE)} {node.name}"
                places.setdefault(said_by(node), []).append(name)
    twice = [
        found
        for said, found in places.items()
        if len({one.split()[0] for one in found}) > 1
        and len(said) > len("raise NotImplementedError")
    ]

    assert twice == [WITHOUT_THE_CDK]
    assert said_by(ast.parse("def a(b: int) -> int: return [b]").body[0]) == said_by(
        ast.parse("def _c(d):\n    'Say.'\n    return [d]").body[0]
    )


def said_by(function: ast.stmt) -> str:
    """Write what a function does: docstring and annotations left out, its arguments numbered."""
    assert isinstance(function, ast.FunctionDef)
    begin = 1 if ast.get_docstring(function) else 0
    given = [one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)]
    whole = ast.unparse(ast.Module(function.body[begin:], []))
    for number, name in enumerate(given):
        whole = re.sub(rf"\b{name}\b", f"_{number}", whole)
    return whole


def _is_of_users(function: ast.FunctionDef) -> bool:
    """Whether it is a method whose name is what matters."""
    method = "self" in {one.arg for one in function.args.args}
    return method and (not function.name.startswith("_") or function.name.endswith("__"))
