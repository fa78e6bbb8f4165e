"""The site is built of pages, examples and code, and every link in it leads somewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.cli import COMMANDS
from batch_constructs.diagram.batch_part import picture_of
from batch_constructs.diagram.svg import as_svg
from tests.test_examples import load

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as its command builds it: a warning, such as a link to nowhere, ends it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_every_public_name_has_an_entry_in_the_reference(site: Path) -> None:
    pages = "".join(page.read_text() for page in site.glob("reference/*.html"))

    assert {name for name in bc.__all__ if f'id="{name.lower()}"' not in pages} == set()


def test_what_a_parameter_may_be_stands_beside_it_with_awss_page(site: Path) -> None:
    page = (site / "reference" / "compute.html").read_text()
    told = re.sub(r"\s+", " ", page[page.index(">bid_percentage</code>") :][:1500])

    assert re.search(r'Allowed: whole numbers from 1 to 100\. <a href="[^"]+bidPercentage">', told)


def test_every_command_has_an_entry(site: Path) -> None:
    page = (site / "reference" / "commands.html").read_text()

    assert {name for name in COMMANDS if name != "local" and f'id="{name}"' not in page} == set()
    assert 'id="local-deploy"' in page


def test_every_example_has_a_page_with_its_picture(site: Path) -> None:
    examples = sorted(app.parent.name for app in ROOT.glob("examples/*/app.py"))

    assert sorted(page.stem for page in site.glob("examples/*.html")) == examples
    assert all("<svg" in page.read_text() for page in site.glob("examples/*.html"))


def test_every_how_to_has_a_page_and_stands_in_the_list(site: Path) -> None:
    listed = (site / "how-to" / "index.html").read_text()
    names = sorted(file.stem for file in ROOT.glob("examples/how_to/*.py"))

    assert sorted(page.stem for page in site.glob("how-to/*.html")) == sorted([*names, "index"])
    assert all(f'href="{name}.html"' in listed for name in names)
    for name in names:
        page = re.sub("<[^>]+>", "", (site / "how-to" / f"{name}.html").read_text())
        assert "import aws_cdk as cdk" in page


def test_a_path_in_a_table_breaks_at_its_slashes(site: Path) -> None:
    assert (
        "<code>ComputeResources/<wbr>MaxvCpus</code>"
        in (site / "reference" / "limits.html").read_text()
    )


def test_the_readmes_picture_is_the_one_of_the_quickstart() -> None:
    app = cdk.App(context={"aws:cdk:enable-path-metadata": True})  # as the CLI has it
    stack = load(ROOT / "examples" / "quickstart" / "app.py").build(app)
    assembly = Path(app.synth(skip_validation=True).directory)
    template = json.loads((assembly / f"{stack.stack_name}.template.json").read_text())

    assert (ROOT / "docs" / "quickstart.svg").read_text() == as_svg(picture_of(template)), (
        "batch-constructs diagram --format svg draws it"
    )


def test_what_is_searched_for_is_found_without_a_server_of_anybodys(site: Path) -> None:
    assert "FargateJobDefinition" in (site / "search" / "search_index.json").read_text()
    loaded = re.findall(
        r'(?:src|href)="(https?://[^"]+\.(?:js|css))"', (site / "index.html").read_text()
    )
    assert loaded == []
