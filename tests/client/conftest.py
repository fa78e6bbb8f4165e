"""The client's tests talk to an in-process Batch at botocore's edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from batch_constructs.client import BatchClient
from tests.functions.conftest import aws

if TYPE_CHECKING:
    from tests.functions.aws_in_process import Aws

__all__ = ["aws"]  # the fixture


@pytest.fixture
def client(aws: Aws) -> BatchClient:
    return BatchClient(boto3.DEFAULT_SESSION, clock=aws.clock, sleep=aws.clock.sleep)
