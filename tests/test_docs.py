"""The documentation is executed: Python as it stands, commands in a shell, output compared."""

from __future__ import annotations

import contextlib
import enum
import inspect
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)")

NOT_RUN = {
    r"^pip install": "installs what this test runs in",
    r"^(uv run )?pytest": "is what is running",
    r"aws-cdk@\S+ (deploy|destroy|bootstrap|diff)": "needs an AWS account",
    r"^(eval .+)?(uv run )?batch-constructs (demo|local|submit|watch|logs|redrive|why)": (
        "in tests/local"
    ),
    r"^(uv run )?batch-constructs init reports$": "writes into the checkout; in tests/project",
    r"^uv run batch-constructs cost": "in tests/client",
    r"scripts.diff_adopted_apps": "asks the real CLI 48 times; CONTRIBUTING.md says when",
}
"""Commands that are not run here, each with its reason."""


@dataclass(frozen=True)
class Snippet:
    language: str
    text: str


def snippets(page: Path) -> list[Snippet]:
    return [Snippet(language, text) for language, text in FENCE.findall(page.read_text())]


def pages_with(*languages: str) -> pytest.MarkDecorator:
    found = [page for page in PAGES if any(s.language in languages for s in snippets(page))]
    ids = [str(page.relative_to(ROOT)) for page in found]
    return pytest.mark.parametrize("page", found, ids=ids)


@pages_with("python")
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.setenv("CDK_VALIDATION", "false")
    sys.modules.pop("app", None)
    namespace: dict[str, Any] = {"__name__": "snippet"}
    printed = ""
    for snippet in snippets(page):
        if snippet.language == "python":
            output = io.StringIO()
            code = compile(snippet.text, str(page), "exec")
            with contextlib.redirect_stdout(output):
                exec(code, namespace)  # noqa: S102  # our own pages
            printed = output.getvalue()
        elif snippet.language == "text" and printed:
            assert printed == snippet.text
            printed = ""
    kinds = {node.cfn_resource_type for node in _resources(namespace)}
    assert "AWS::AutoScaling::LaunchConfiguration" not in kinds, "new accounts cannot create one"


def _resources(namespace: Mapping[str, Any]) -> Iterator[cdk.CfnResource]:
    """Find what the stacks of a page hold."""
    for stack in namespace.values():
        if isinstance(stack, cdk.Stack):
            yield from (one for one in stack.node.find_all() if isinstance(one, cdk.CfnResource))


@pages_with("sh")
def test_the_commands_of_a_page_run(page: Path) -> None:
    environment = {**os.environ, "CDK_VALIDATION": "false"}
    for snippet in snippets(page):
        if snippet.language != "sh":
            continue
        for command in filter(None, snippet.text.replace("\\\n", " ").splitlines()):
            if command.startswith("#") or any(re.search(rule, command) for rule in NOT_RUN):
                continue
            run = subprocess.run(
                ["bash", "-c", command.replace("uv run ", "", 1)],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    prose = CODE.sub("", page.read_text())
    missing = [target for target in LINK.findall(prose) if not (page.parent / target).exists()]
    assert missing == []


def test_the_readme_shows_the_quickstart_as_it_is() -> None:
    first = snippets(ROOT / "README.md")[0]

    assert first.text == (ROOT / "examples/quickstart/app.py").read_text()


GENERATED = {
    "changes.md",
    "contract.md",
    "property-coverage.md",
    "rules-not-made.md",
    "rules.md",
}
"""Pages that list names without telling anybody what they are for."""

OF_EVERY_CLASS = {"scope", "id", "args", "kwargs"}


def test_every_public_name_and_every_parameter_stands_on_a_page_of_prose() -> None:
    pages = [page for page in PAGES if page.name not in GENERATED and "decisions" not in page.parts]
    read = [*pages, *ROOT.glob("examples/*/*.md"), *ROOT.glob("examples/*/*.py")]
    words = set(re.findall(r"\w+", "".join(page.read_text() for page in read)))
    classes = [one for name in bc.__all__ if inspect.isclass(one := getattr(bc, name))]
    parameters = {
        name
        for kind in classes
        if not issubclass(kind, enum.Enum | dict)
        for name in inspect.signature(kind).parameters
    }

    assert len(parameters) > 200  # so that it cannot pass without looking
    assert set(bc.__all__) - words == set()
    assert parameters - words - OF_EVERY_CLASS == set()


def test_the_repository_names_no_registry_and_no_path_of_a_machine() -> None:
    named = re.compile(
        "|".join(
            [
                "py" + r"pi\.org",
                "python" + "hosted",
                "npm" + "js",
                r"deb\." + "debian",
                "/ro" + "ot/",
            ]
        )
    )
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    found = []
    for name in listed:
        path = ROOT / name
        with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):
            if named.search(path.read_text()):
                found.append(name)
    assert found == []


def test_in_the_comparison_of_documentation_no_place_of_ours_is_empty() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs" / "compared.md").read_text().splitlines()
        if line.startswith("|")
    ]

    assert rows[0][:2] == ["you want", "here"]
    assert {len(row) for row in rows} == {7}
    assert [row[0] for row in rows[2:] if "](" not in row[1]] == []
