"""The state on disk: SQLite, so that a killed server knows afterwards what there was.

Nothing is flushed to the disk itself (``synchronous=OFF``): the state survives the process, not a
power cut.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]

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


class Store:
    """Documents by kind and name, jobs by sequence number, and the processes that run.

    Every method is called under the service's lock; `commit` ends a group of changes.

    Args:
        directory: is created where it is missing.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(directory / "batch.sqlite3", check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)

    def commit(self) -> None:
        """Make what was changed since the last commit durable, all or nothing."""
        self._connection.commit()

    def close(self) -> None:
        """Commit and close."""
        self._connection.commit()
        self._connection.close()

    def save(self, kind: str, name: str, body: Document) -> None:
        """Write a document."""
        self._connection.execute(
            "INSERT OR REPLACE INTO records VALUES (?, ?, ?)", (kind, name, json.dumps(body))
        )

    def delete(self, kind: str, name: str) -> None:
        """Remove a document."""
        self._connection.execute("DELETE FROM records WHERE kind = ? AND name = ?", (kind, name))

    def load(self, kind: str) -> Iterator[tuple[str, Document]]:
        """Read the documents of a kind."""
        rows = self._connection.execute("SELECT name, body FROM records WHERE kind = ?", (kind,))
        for name, body in rows.fetchall():
            yield name, json.loads(body)

    def add_jobs(self, rows: Iterable[tuple[int, str, Document | None, Document]]) -> None:
        """Add jobs: sequence number, ID, what was submitted (None for array children), state."""
        self._connection.executemany(
            "INSERT INTO jobs VALUES (?, ?, ?, ?)",
            (
                (sequence, id, None if job is None else json.dumps(job), json.dumps(state))
                for sequence, id, job, state in rows
            ),
        )

    def save_job_state(self, sequence: int, state: Document) -> None:
        """Write what changed about a job."""
        self._connection.execute(
            "UPDATE jobs SET state = ? WHERE sequence = ?", (json.dumps(state), sequence)
        )

    def delete_jobs(self, sequences: Iterable[int]) -> None:
        """Forget jobs."""
        self._connection.executemany(
            "DELETE FROM jobs WHERE sequence = ?", ((sequence,) for sequence in sequences)
        )

    def load_jobs(self) -> Iterator[tuple[int, str, Document | None, Document]]:
        """Read the jobs in the order they were added in."""
        rows = self._connection.execute(
            "SELECT sequence, id, submission, state FROM jobs ORDER BY sequence"
        )
        for sequence, id, submission, state in rows.fetchall():
            yield (
                sequence,
                id,
                None if submission is None else json.loads(submission),
                json.loads(state),
            )

    def add_process(self, pid: int, started: str, job_id: str) -> None:
        """Remember a running process by its ID and its start time."""
        self._connection.execute(
            "INSERT OR REPLACE INTO processes VALUES (?, ?, ?)", (pid, started, job_id)
        )

    def delete_process(self, pid: int) -> None:
        """Forget a process that has ended."""
        self._connection.execute("DELETE FROM processes WHERE pid = ?", (pid,))

    def processes(self) -> list[tuple[int, str, str]]:
        """Return the processes that were running when the state was last written."""
        rows = self._connection.execute("SELECT pid, started, job_id FROM processes")
        return [(pid, started, job_id) for pid, started, job_id in rows.fetchall()]
