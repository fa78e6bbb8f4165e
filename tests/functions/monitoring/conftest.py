"""An AWS on this machine for the Lambda code: ministack, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import pytest

from batch_constructs.functions.job_events.claims import Claims

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Aws:
    """Where it answers."""

    url: str

    def client(self, service: str) -> Any:
        """Make a boto3 client for it."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(scope="session")
def aws() -> Iterator[Aws]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": "123456789012",
        "S3_PERSIST": "0",
        "PERSIST_STATE": "0",
        "AWS_ENDPOINT_URL": url,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "ministack"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(url)
        yield Aws(url=url)
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{url}/_ministack/health"):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise TimeoutError(f"no ministack at {url}")


@pytest.fixture
def claims(aws: Aws) -> Iterator[Claims]:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="claims",
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield Claims(dynamodb=dynamodb, table="claims")
    dynamodb.delete_table(TableName="claims")
