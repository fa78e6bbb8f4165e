"""The state on disk: SQLite, so that a killed server knows afterwards what there was.

Nothing is flushed to the disk itself (``synchronous=OFF``): the state survives the process, not a
power cut.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Document = dict[str, Any]

_log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    kind TEXT, name TEXT, body TEXT, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (
    sequence INTEGER PRIMARY KEY, id TEXT, submission TEXT, state TEXT
);
CREATE TABLE IF NOT EXISTS processes (
    pid INTEGER PRIMARY KEY, started TEXT, job_id TEXT
);
"""


class StoreError(Exception):
    """The state cannot be written now; it stays in memory, and the next commit tries again."""


class Store:
    """Documents by kind and name, jobs by sequence number, and the processes that run.

    Changes are collected and written by `commit`, all or nothing. Every method is called under the
    service's lock.

    Args:
        directory: is created where it is missing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            directory / "batch.sqlite3", check_same_thread=False, isolation_level=None
        )
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)
        self.closed = False
        self.failed = False
        self._changes: list[tuple[str, tuple[object, ...]]] = []
        self._job_states: dict[int, Callable[[], Document]] = {}
        self._begun: dict[int, tuple[int, str, str]] = {}

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._changes or self._job_states or self._begun)

    def commit(self) -> None:
        """Write what was changed since the last commit.

        Raises:
            StoreError: the disk is full, or gone.
        """
        if not self.changed:
            return
        states = [(json.dumps(state()), number) for number, state in self._job_states.items()]
        try:
            self._connection.execute("BEGIN")
            for statement, values in self._changes:
                self._connection.execute(statement, values)
            self._connection.executemany("UPDATE jobs SET state = ? WHERE sequence = ?", states)
            self._connection.executemany(
                "INSERT OR REPLACE INTO processes VALUES (?, ?, ?)", self._begun.values()
            )
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self.failed = True
            raise StoreError(f"the local state cannot be written: {error}") from error
        self.failed = False
        self._changes.clear()
        self._job_states.clear()
        self._begun.clear()

    def try_commit(self) -> None:
        """Write what was changed, or go on in memory and say so once."""
        before = self.failed
        try:
            self.commit()
        except StoreError as error:
            if not before:
                _log.error("%s; continuing in memory", error)

    def close(self) -> None:
        """Close; what was not committed is lost."""
        self.closed = True
        self._connection.close()

    def save(self, kind: str, name: str, body: Document) -> None:
        """Write a document."""
        values = (kind, name, json.dumps(body))
        self._change("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", *values)

    def delete(self, kind: str, name: str) -> None:
        """Remove a document."""
        self._change("DELETE FROM records WHERE kind = ? AND name = ?", kind, name)

    def load(self, kind: str) -> Iterator[tuple[str, Document]]:
        """Read the documents of a kind."""
        rows = self._connection.execute("SELECT name, body FROM records WHERE kind = ?", (kind,))
        for name, body in rows.fetchall():
            yield name, json.loads(body)

    def add_jobs(self, rows: Iterable[tuple[int, str, Document | None, Document]]) -> None:
        """Add jobs: sequence number, ID, what was submitted (None for array children), state."""
        for sequence, job_id, submission, state in rows:
            body = None if submission is None else json.dumps(submission)
            values = (sequence, job_id, body, json.dumps(state))
            self._change("INSERT INTO jobs VALUES (?, ?, ?, ?)", *values)

    def save_job_state(self, sequence: int, state: Callable[[], Document]) -> None:
        """Write what changed about a job, as it stands when it is written."""
        self._job_states[sequence] = state

    def save_submission(self, sequence: int, submission: Document) -> None:
        """Write what was submitted, after its tags have changed."""
        statement = "UPDATE jobs SET submission = ? WHERE sequence = ?"
        self._change(statement, json.dumps(submission), sequence)

    def delete_jobs(self, sequences: Iterable[int]) -> None:
        """Forget jobs."""
        for sequence in sequences:
            self._change("DELETE FROM jobs WHERE sequence = ?", sequence)

    def load_jobs(self) -> Iterator[tuple[int, str, Document | None, Document]]:
        """Read the jobs in the order they were added in."""
        rows = self._connection.execute(
            "SELECT sequence, id, submission, state FROM jobs ORDER BY sequence"
        )
        for sequence, job_id, submission, state in rows:
            body = None if submission is None else json.loads(submission)
            yield sequence, job_id, body, json.loads(state)

    def add_process(self, pid: int, started: str, job_id: str) -> None:
        """Remember a running process by its ID and its start time."""
        self._begun[pid] = pid, started, job_id

    def delete_process(self, pid: int) -> None:
        """Forget a process that has ended."""
        if self._begun.pop(pid, None) is None:
            self._change("DELETE FROM processes WHERE pid = ?", pid)

    def processes(self) -> list[tuple[int, str, str]]:
        """Return the processes that run, or ran when the state was last written."""
        rows = self._connection.execute("SELECT pid, started, job_id FROM processes")
        return [*rows.fetchall(), *self._begun.values()]

    def _change(self, statement: str, *values: object) -> None:
        self._changes.append((statement, values))
