"""The workers of one run (``pytest -n 2``): the judges wait for all and judge what all rendered.

A worker writes down what it has rendered as each of its tests ends. The judges sit last, so that
whoever comes to them waits for no test but those that are already at work elsewhere.
"""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Generator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests import rendered

_SILENT_SECONDS = 900.0
"""For how long no test may end before the judges give up: a worker has died."""


def is_judge(item: pytest.Item) -> bool:
    return "tests/judges/" in item.nodeid


class Worker:
    """Notes what one worker renders, where the others find it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._ended = (folder / f"{name}.ended").open("ab", buffering=0)
        self._rendered = (folder / f"{name}.rendered").open("ab")
        self._templates = self._requests = 0

    def note(self) -> None:
        """Note what has been rendered since the last test, then that one more has ended."""
        templates = list(islice(rendered.TEMPLATES.packed.items(), self._templates, None))
        requests = rendered.REQUESTS[self._requests :]
        if templates or requests:
            pickle.dump((templates, requests, rendered.LEFT_OUT), self._rendered)
            self._rendered.flush()
        self._templates += len(templates)
        self._requests += len(requests)
        self._ended.write(b".")

    def wait_for_all(self, items: Sequence[pytest.Item]) -> None:
        """Wait for the tests of all workers, and take over what the others have rendered."""
        wanted = sum(not is_judge(item) for item in items)
        seen, since = -1, time.monotonic()
        while (ended := self._ended_of_all()) < wanted:
            if ended != seen:
                seen, since = ended, time.monotonic()
            if time.monotonic() - since > _SILENT_SECONDS:
                pytest.exit(f"{ended} of {wanted} tests have ended, and no other does", 1)
            time.sleep(0.1)
        for file in sorted(self._folder.glob("*.rendered")):
            if file.stem != self._name:
                _take(file)

    def _ended_of_all(self) -> int:
        return sum(file.stat().st_size for file in self._folder.glob("*.ended"))


def _take(file: Path) -> None:
    with file.open("rb") as stream:
        while stream.peek(1):
            templates, requests, left_out = pickle.load(stream)  # noqa: S301 - of our own run
            rendered.TEMPLATES.packed.update(templates)
            rendered.REQUESTS.extend(requests)
            rendered.LEFT_OUT.update(left_out)


_FOLDER = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
_WORKER = pytest.StashKey[Worker]()


def pytest_configure(config: pytest.Config) -> None:
    """Know the others of a run."""
    told = getattr(config, "workerinput", None)
    if told is None:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="batch-constructs-")
        config.add_cleanup(config.stash[_FOLDER].cleanup)
    else:
        config.stash[_WORKER] = Worker(Path(told["rendered"]), told["workerid"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker where to note what it renders."""
    node.workerinput["rendered"] = node.config.stash[_FOLDER].name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what each test has rendered."""
    try:
        return (yield)
    finally:
        worker = item.config.stash.get(_WORKER, None)
        if worker is not None and not is_judge(item):
            worker.note()


def wait_for_all(session: pytest.Session) -> None:
    """Wait until no test but the judges is left to run."""
    worker = session.config.stash.get(_WORKER, None)
    if worker is not None:
        worker.wait_for_all(session.items)
