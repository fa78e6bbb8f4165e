"""boto3 clients of the embedded AWS, made once each."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.local.access import Access
    from batch_constructs.local.role_sessions import Credentials

_CONNECTIONS = 64


class Clients:
    """Clients of one AWS; they may be used by every thread.

    Args:
        access: where it answers, and the administrator's keys.
    """

    def __init__(self, access: Access) -> None:
        import boto3
        import botocore.session

        # The caller's profiles and credentials never get near it: neither a file nor a variable
        # says otherwise than these defaults.
        core = botocore.session.Session(
            session_vars={
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
                "profile": (None, None, None, None),
            }
        )
        self._endpoint_url = access.endpoint_url
        self._session = boto3.Session(
            botocore_session=core,
            aws_access_key_id=access.access_key_id,
            aws_secret_access_key=access.secret_access_key,
            region_name=access.region,
        )
        self._lock = threading.Lock()  # boto3 sessions make clients in one thread at a time
        self._clients: dict[str, Any] = {}

    def client(self, name: str, credentials: Credentials | None = None, **options: Any) -> Any:
        """Return a client that acts as the account's administrator, or with the credentials.

        Options are those of boto3; where there are some, the client is made for them.
        """
        with self._lock:
            if options:
                return self._make(name, **options)
            if credentials is not None:
                return self._make(
                    name,
                    aws_access_key_id=credentials.access_key_id,
                    aws_secret_access_key=credentials.secret_access_key,
                    aws_session_token=credentials.session_token,
                )
            if name not in self._clients:
                self._clients[name] = self._make(name)
            return self._clients[name]

    def log_lines(self, job_id: str) -> Iterator[str]:
        """Yield what a job has printed, every attempt and container of it.

        Raises:
            LocalAwsError: there is no such job.
        """
        from batch_constructs.client.batch_client import BatchClient
        from batch_constructs.client.job_log import read_logs

        with _known(job_id):
            for line in read_logs(BatchClient(self), job_id):
                yield line.message

    def where_logs_are(self, job_id: str) -> str | None:
        """Name the jobs that have the log of an array or of nodes; None where it has its own.

        Raises:
            LocalAwsError: there is no such job.
        """
        from batch_constructs.client.batch_client import BatchClient
        from batch_constructs.client.job_log import where_logs_are

        with _known(job_id):
            return where_logs_are(BatchClient(self), job_id)

    def _make(self, name: str, **options: Any) -> Any:
        from botocore.config import Config

        once = Config(max_pool_connections=_CONNECTIONS, retries={"total_max_attempts": 1})
        given = {"endpoint_url": self._endpoint_url, "config": once, **options}
        return self._session.client(name, **given)


@contextmanager
def _known(job_id: str) -> Iterator[None]:
    from batch_constructs.client.jobs_not_found import JobsNotFoundError

    try:
        yield
    except JobsNotFoundError as problem:
        raise LocalAwsError(f"there is no job {job_id}") from problem
