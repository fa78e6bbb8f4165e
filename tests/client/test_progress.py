"""A wait that one can watch shows what AWS says as AWS says it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batch_constructs.client.progress import watch
from tests.client.test_batch_client import describe, detail

if TYPE_CHECKING:
    from batch_constructs.client import BatchClient
    from tests.functions.aws_in_process import Aws


@pytest.mark.parametrize("said", ["no [/bin/sh] in the image", "no subnet " * 20])
def test_a_jobs_name_and_state_stand_whole_in_80_columns_whatever_its_reason(
    aws: Aws, client: BatchClient, said: str
) -> None:
    describe(aws, [detail("job", "FAILED", statusReason=said, jobName="a-rather-long-name")])
    screen = io.StringIO()

    (last,) = watch(client, ["job"], console=Console(file=screen, width=80))

    assert last.reason == said
    assert "a-rather-long-name" in screen.getvalue()
    assert "1/1 FAILED" in screen.getvalue()
