"""In a job's container: which message, and which index, is mine?

A ``SubmissionGateway`` that coalesces puts the messages of one array job into one S3 object, the
manifest. It starts with one line of 21 characters for each message (``%010d %09d`` and a line
feed: offset and length in bytes); the messages follow. The job finds it through two environment
variables: ``MESSAGE_MANIFEST`` (``s3://bucket/key``) and ``MESSAGE_MANIFEST_REGION``.

This file needs Python's standard library only: copy it into an image, or run it there as
``python message.py``, which prints the message. It signs its two requests itself (Signature
Version 4) with the job role's credentials, or those of the environment.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import re
import sys
import time
from datetime import datetime, timezone
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

_LINE_BYTES = 21
_CREDENTIALS_HOST = "http://169.254.170.2"
_RUN = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_EMPTY = hashlib.sha256(b"").hexdigest()
_BUSY = (429, 500, 502, 503, 504)
_PATIENCE_SECONDS, _LONGEST_PAUSE_SECONDS, _ANSWER_SECONDS = 60.0, 8.0, 10.0


class _Credentials(NamedTuple):
    access_key: str
    secret_key: str
    token: str | None


def array_index() -> int:
    """Return the index this job works on; 0 in a job that is no array.

    A redriven job works on the children that failed before: ``ARRAY_INDICES`` lists their indices
    (``3,17-20``), and child *i* of the new array takes the *i*-th of them.
    """
    index = int(os.environ.get("AWS_BATCH_JOB_ARRAY_INDEX", "0"))
    listed = os.environ.get("ARRAY_INDICES")
    runs = None if listed is None else _runs(listed)
    if runs is None:
        return index
    for first, last in runs:
        count = last - first + 1
        if index < count:
            return first + index
        index -= count
    raise IndexError(f"ARRAY_INDICES={listed} has no entry for child {index}")


def _runs(listed: str) -> list[tuple[int, int]] | None:
    """Read indices, ascending; None of a variable of the job's own that means something else."""
    runs: list[tuple[int, int]] = []
    for part in listed.split(","):
        run = _RUN.fullmatch(part)
        if run is None:
            return None
        first, last = int(run[1]), int(run[2] or run[1])
        if not (runs[-1][1] if runs else -1) < first <= last:
            return None
        runs.append((first, last))
    return runs


def fetch_message() -> str:
    """Fetch the message of this job from the manifest.

    Raises:
        KeyError: the job was not submitted by a coalescing gateway.
        IndexError: the manifest has no such message.
        urllib.error.HTTPError: S3 refused; the job role needs ``s3:GetObject`` on the manifest.
        OSError, http.client.HTTPException: there was no whole answer for a minute.
    """
    index = array_index()
    line = _read(_LINE_BYTES * index, _LINE_BYTES)
    if re.fullmatch(rb"\d{10} \d{9}\n", line) is None:
        raise IndexError(f"{os.environ['MESSAGE_MANIFEST']} has no message {index}")
    offset, length = int(line[:10]), int(line[11:20])
    return _read(offset, length).decode() if length else ""


def _read(start: int, length: int) -> bytes:
    bucket, _, key = os.environ["MESSAGE_MANIFEST"].removeprefix("s3://").partition("/")
    region = os.environ.get("MESSAGE_MANIFEST_REGION") or os.environ["AWS_REGION"]
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        url = f"{endpoint.rstrip('/')}/{bucket}/{quote(key)}"
    else:
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        url = f"https://{bucket}.s3.{region}.{domain}/{quote(key)}"
    headers = {"range": f"bytes={start}-{start + length - 1}"}
    signed = _sign(url, headers, region, _credentials(), datetime.now(timezone.utc))  # noqa: UP017 - images may have Python 3.9
    return _get(url, signed)


def _get(url: str, headers: dict[str, str]) -> bytes:
    """Get what is at an address; where it is busy or away for a moment, again for a minute.

    The children of a large array ask all at once.
    """
    ends, pause = time.monotonic() + _PATIENCE_SECONDS, 0.5
    while True:
        try:
            with urlopen(Request(url, headers=headers), timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - as configured, or set by ECS
                content: bytes = answer.read()
                return content
        except (OSError, HTTPException) as error:
            if getattr(error, "code", _BUSY[0]) not in _BUSY or time.monotonic() + pause > ends:
                raise
        time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - jitter, not a secret
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _credentials() -> _Credentials:
    key = os.environ.get("AWS_ACCESS_KEY_ID")
    if key:
        secret = os.environ["AWS_SECRET_ACCESS_KEY"]
        return _Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    url = _CREDENTIALS_HOST + relative if relative else None
    url = url or os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
    headers = {}
    token_file = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    if token_file:
        token = Path(token_file).read_text(encoding="utf-8").strip()
    if token:
        headers["Authorization"] = token
    found = json.loads(_get(url, headers))
    return _Credentials(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token"))


def _sign(
    url: str, headers: dict[str, str], region: str, credentials: _Credentials, now: datetime
) -> dict[str, str]:
    """Sign a GET: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html."""
    moment, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    parts = urlsplit(url)
    signed = {**headers, "host": parts.netloc, "x-amz-date": moment, "x-amz-content-sha256": _EMPTY}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"GET\n{parts.path}\n\n{lines}\n{names}\n{_EMPTY}"
    scope = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = b"AWS4" + credentials.secret_key.encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    return signed


if __name__ == "__main__":
    sys.stdout.write(fetch_message())
