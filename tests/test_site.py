"""The site is built of pages, examples and code, and every link in it leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import batch_constructs as bc

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


def test_every_example_has_a_page_with_its_picture(site: Path) -> None:
    examples = sorted(app.parent.name for app in ROOT.glob("examples/*/app.py"))

    assert sorted(page.stem for page in site.glob("examples/*.html")) == examples
    assert all("<svg" in page.read_text() for page in site.glob("examples/*.html"))


def test_what_is_searched_for_is_found_without_a_server_of_anybodys(site: Path) -> None:
    assert "FargateJobDefinition" in (site / "search" / "search_index.json").read_text()
    loaded = re.findall(
        r'(?:src|href)="(https?://[^"]+\.(?:js|css))"', (site / "index.html").read_text()
    )
    assert loaded == []
