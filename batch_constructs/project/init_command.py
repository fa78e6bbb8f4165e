"""Write a new project into a directory."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batch_constructs import project

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class NotEmptyError(Exception):
    """A file of the project is there already; the message names it."""


def write_project(directory: Path) -> list[Path]:
    """Write the project's files; nothing that exists is touched.

    Returns:
        The files, relative to the directory.

    Raises:
        NotEmptyError: one of the files is there already.
    """
    files = dict(_files(resources.files(project).joinpath("template"), Path()))
    there = sorted(str(path) for path in files if (directory / path).exists())
    if there:
        raise NotEmptyError(f"{directory} already has {', '.join(there)}; name another directory")
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text, encoding="utf-8")
    return sorted(files)


def _files(folder: Traversable, path: Path) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                found += _files(entry, path / entry.name)
        else:
            found.append((path / entry.name, entry.read_text(encoding="utf-8")))
    return found


@click.command("init", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def init(directory: Path) -> None:
    """Create a working project in DIRECTORY: an app, its test, its CI file.

    Nothing is overwritten: if one of the files already exists, it exits with 2.
    """
    try:
        written = write_project(directory)
    except (NotEmptyError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for path in written:
        click.echo(f"{directory / path}")
    # Who installed with pip has no uv yet.
    click.echo(f"\nNext: cd {directory} && pip install uv && uv run pytest")
