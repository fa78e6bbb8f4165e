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


@pytest.mark.parametrize("said", ["no [/bin/sh] in the image", "no subnet in [red]"])
def test_square_brackets_of_a_reason_are_shown_and_end_nothing(
    aws: Aws, client: BatchClient, said: str
) -> None:
    describe(aws, [detail("job", "FAILED", statusReason=said)])
    screen = io.StringIO()

    (last,) = watch(client, ["job"], console=Console(file=screen, width=200))

    assert last.reason == said
    assert said in screen.getvalue()
