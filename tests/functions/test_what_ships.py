"""What is copied into the asset of a function, and what is left on the machine that made it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from batch_constructs import functions

ROOM = Path(functions.__file__).parent
PACKAGE = ROOM.parent
FOLDERS = sorted(
    {
        file.parent.name
        for file in ROOM.glob("*/*.py")
        if "\ndef handler(" in file.read_text("utf-8")
    }
)
LAMBDA_HAS = {"boto3", "botocore"}

MAKE = """
import shutil, sys
from batch_constructs.shipped_function import _together
for folder in sys.argv[2:]:
    shutil.copytree(_together(folder, (("added", "x = 1"),)), f"{sys.argv[1]}/{folder}")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Put the code of all functions together; return what it is, and the temporary folder."""
    assets, temporary = tmp_path_factory.mktemp("assets"), tmp_path_factory.mktemp("temporary")
    subprocess.run(
        [sys.executable, "-c", MAKE, str(assets), *FOLDERS],
        env={**os.environ, "TMPDIR": str(temporary)},
        check=True,
    )
    return assets, temporary


def test_nothing_of_any_function_stays_in_the_temporary_folder(made: tuple[Path, Path]) -> None:
    _, temporary = made

    assert [file for file in temporary.iterdir() if "batch-constructs" in file.name] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_ships_but_code_of_ours_as_it_is_here(made: tuple[Path, Path], folder: str) -> None:
    """No package of others, of whatever version is installed; a schema's code has a test too."""
    asset = made[0] / folder
    shipped = {file.relative_to(asset): file.read_text("utf-8") for file in asset.rglob("*.*")}
    ours = {
        file: (PACKAGE.parent / file if file.parts[0] == PACKAGE.name else ROOM / file)
        for file in shipped
        if file != Path("added.py")
    }

    assert len(ours) > 10
    assert shipped.pop(Path("added.py")) == "x = 1"
    assert [
        file
        for file, text in shipped.items()
        if text != ours[file].read_text("utf-8")
        and (text or file.name != "__init__.py" or file.parts[0] != PACKAGE.name)
    ] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_ships_imports_only_what_ships_or_lambda_has(
    made: tuple[Path, Path], folder: str
) -> None:
    asset = made[0] / folder
    imported: set[str] = set()
    for file in asset.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module))
    elsewhere = {
        name
        for name in imported
        if name.partition(".")[0] not in {*sys.stdlib_module_names, *LAMBDA_HAS}
        and not (asset / f"{name.replace('.', '/')}.py").exists()
        and not (asset / name.replace(".", "/")).is_dir()
    }

    assert "boto3" in imported
    assert elsewhere == set()
