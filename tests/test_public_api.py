"""The public names: complete, sorted, documented, shaped alike, and in nobody's way."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from constructs import Construct

import batch_constructs as bc

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "batch_constructs"
CONSTRUCTS = [
    name
    for name in bc.__all__
    if inspect.isclass(getattr(bc, name)) and issubclass(getattr(bc, name), Construct)
]
MADE_BY_US = [name for name in CONSTRUCTS if "__init__" in vars(getattr(bc, name))]


def test_the_public_names_are_sorted_and_all_resolve() -> None:
    assert list(bc.__all__) == sorted(bc.__all__)
    assert set(dir(bc)) == set(bc.__all__)
    assert all(getattr(bc, name) is not None for name in bc.__all__)


def test_what_type_checkers_see_is_what_resolves() -> None:
    """The imports for type checkers and the table of homes say the same."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    seen = {
        alias.asname or alias.name: (node.module or "").removeprefix("batch_constructs.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batch_constructs.")
        for alias in node.names
    }
    assert seen == bc._HOME
    assert set(seen) == set(bc.__all__)


def test_a_name_that_is_none_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'JobQeue'"):
        bc.JobQeue  # noqa: B018  # the mistake


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_constructor_takes_scope_and_id_and_then_keywords_only(name: str) -> None:
    parameters = list(inspect.signature(getattr(bc, name).__init__).parameters.values())

    assert [parameter.name for parameter in parameters[:3]] == ["self", "scope", "id"]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters[3:])


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_constructs_docstring_tells_every_parameter_and_what_it_creates(name: str) -> None:
    kind = getattr(bc, name)
    text = inspect.getdoc(kind) or ""

    for parameter in list(inspect.signature(kind.__init__).parameters)[1:]:
        assert re.search(rf"^ +{parameter}: ", text, re.MULTILINE), parameter
    assert "Creates" in text
    assert "Raises:" in text
    assert "https://docs.aws.amazon.com/" in text


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_no_name_of_ours_overrides_a_member_of_the_cdk_by_accident(name: str) -> None:
    """A Python member with the name of a jsii member would be called by JavaScript."""
    kind = getattr(bc, name)
    own = {
        member
        for base in kind.__mro__
        if base.__module__.startswith("batch_constructs")
        for member in vars(base)
        if not member.startswith("_")
    }
    assert own & (set(dir(Construct)) | set(dir(cdk.Resource)) - {"stack", "env"}) == set()


@pytest.mark.parametrize("name", bc.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(bc, name))


def imported(source: str) -> set[str]:
    """List what a module imports of ours, below the package: ``functions.gauges.reading``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    ours = "batch_constructs."
    return {module.removeprefix(ours) for module in found if module.startswith(ours)}


@pytest.mark.parametrize(
    "line",
    [
        "from batch_constructs import functions",
        "from batch_constructs.functions import gauges",
        "import batch_constructs.functions.gauges",
        "if True:\n    from batch_constructs.functions.gauges import reading",
    ],
)
def test_whatever_way_something_is_imported_is_seen(line: str) -> None:
    assert {module.partition(".")[0] for module in imported(line)} == {"functions"}


def test_imports_go_one_way() -> None:
    """Rooms are listed in the order in which they may build on each other.

    The modules beside the rooms build on ``rules`` alone; `client` and `local` run without the CDK.
    """
    below = {
        "aws": set(),
        "rules": {"aws"},
        "impact": {"aws", "rules"},
        "adopt": {"aws", "rules"},
        "project": set(),
        "functions": {"aws"},
        "client": {"aws", "functions"},
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
        "local": {"aws", "client"},
    }
    beside = {
        path.stem: {"aws", "rules"}
        for path in PACKAGE.glob("*.py")
        if path.stem not in {"__init__", "__main__", "cli"}
    }
    beside["shipped_function"] |= {"functions"}
    wrong = []
    for path in PACKAGE.glob("**/*.py"):
        if PACKAGE / "project" / "template" in path.parents:
            continue  # a user's project
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        allowed = {**below, **beside}.get(room)
        if allowed is None:
            continue
        for module in imported(path.read_text()):
            other = module.partition(".")[0]
            if other in below and other not in allowed | {room}:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert wrong == []
