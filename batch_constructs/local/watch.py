"""``local watch``: deploy again whenever a file of the app is saved."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Seen = dict[str, tuple[int, int]]
"""File → when it was changed, and its size."""

_LOOK_AGAIN_SECONDS = 0.2
_NOT_WATCHED = {"__pycache__", "node_modules", "cdk.out", "venv", "cdk.context.json"}
_ANY_FOLDERS = "**"


@dataclass(frozen=True)
class Watched:
    """Which files of an app count, as ``watch`` in its ``cdk.json`` says to ``cdk watch``.

    Folders and files whose names begin with a dot, and what is made (``cdk.out``,
    ``__pycache__``), never count, nor does the file that this process prints to.

    Args:
        include: patterns of files and folders; ``**`` stands for any folders, ``*`` and ``?`` for
            any characters of a name.
        exclude: patterns of those that do not count.
    """

    include: tuple[str, ...] = (_ANY_FOLDERS,)
    exclude: tuple[str, ...] = ()

    @classmethod
    def of(cls, directory: Path) -> Watched:
        """Read ``cdk.json``; without one, or without ``watch`` in it, every file counts.

        Raises:
            LocalAwsError: the patterns are no text and no list of texts.
        """
        try:
            found = json.loads((directory / "cdk.json").read_text()).get("watch", {})
        except (OSError, ValueError, AttributeError):
            return cls()  # the CDK says what is wrong
        if not isinstance(found, dict):
            raise LocalAwsError(f"cdk.json: watch is {found!r}; allowed: an object")
        return cls(**{name: _patterns(name, found[name]) for name in _PATTERNS if name in found})

    def takes(self, steps: Sequence[str]) -> bool:
        """Tell whether a file counts, by the names on the way to it from the app's directory."""
        return _is_within(steps, self.include) and not self.leaves_out(steps)

    def leaves_out(self, steps: Sequence[str]) -> bool:
        """Tell whether a file does not count, nor does anything in a folder."""
        name = steps[-1]
        is_made = name.startswith(".") or name in _NOT_WATCHED or name.endswith(("~", ".pyc"))
        return is_made or _is_within(steps, self.exclude)


_PATTERNS = ("include", "exclude")


def _patterns(name: str, given: Any) -> tuple[str, ...]:
    patterns = [given] if isinstance(given, str) else given
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        raise LocalAwsError(f"cdk.json: watch.{name} is {given!r}; allowed: patterns of files")
    return tuple(patterns)


def _is_within(steps: Sequence[str], patterns: Sequence[str]) -> bool:
    """Tell whether a pattern names a path, or a folder that it is in."""
    return any(
        _fits(steps[:length], pattern.split("/"))
        for pattern in patterns
        for length in range(1, len(steps) + 1)
    )


def _fits(steps: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not steps
    first, *rest = pattern
    if first == _ANY_FOLDERS and _fits(steps, rest):
        return True
    if not steps or not (first == _ANY_FOLDERS or fnmatchcase(steps[0], first)):
        return False
    return _fits(steps[1:], pattern if first == _ANY_FOLDERS else rest)


def watch(
    directory: Path,
    redeploy: Callable[[], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    rounds: Iterator[object] | None = None,
) -> None:
    """Deploy now, and again after each change of a file, until it is interrupted.

    Args:
        directory: the app's.
        redeploy: deploys; what goes wrong in it, it tells by itself.
        sleep: waits so many seconds.
        rounds: how often it looks. Default: for ever.

    Raises:
        LocalAwsError: ``cdk.json`` says what is watched, but not with patterns.
    """
    watched = Watched.of(directory)
    before: Seen = {}
    while rounds is None or next(rounds, None) is not None:
        now = look(directory, watched)
        if now != before:
            redeploy()
            before = now  # as it was when it began: what was saved meanwhile counts
        sleep(_LOOK_AGAIN_SECONDS)


def look(directory: Path, watched: Watched) -> Seen:
    """Return what there is to see of the files of an app."""
    seen: Seen = {}
    own = {*_printed_to()}
    for folder, folders, files in os.walk(directory):
        within = Path(folder).relative_to(directory).parts
        folders[:] = [one for one in folders if not watched.leaves_out([*within, one])]
        for name in files:
            if not watched.takes([*within, name]):
                continue
            path = Path(folder, name)
            try:
                found = path.stat()
            except OSError:  # an editor's, gone again
                continue
            if (found.st_dev, found.st_ino) not in own:
                seen[str(path)] = (found.st_mtime_ns, found.st_size)
    return seen


def _printed_to() -> Iterator[tuple[int, int]]:
    """Give the files that this process prints to: each line would be a change."""
    for descriptor in (1, 2):
        try:
            found = os.fstat(descriptor)
        except OSError:  # it is closed
            continue
        if S_ISREG(found.st_mode):
            yield found.st_dev, found.st_ino
