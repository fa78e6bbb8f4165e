"""What a traceback shows of a refused argument: the caller's line and the message."""

from __future__ import annotations

import traceback

import aws_cdk as cdk
import pytest

import batch_constructs as bc


def test_of_a_refusal_the_traceback_shows_the_callers_line_and_one_of_ours() -> None:
    with pytest.raises(ValueError, match="share_decay") as refused:
        bc.FairSharePolicy(cdk.Stack(), "Shares", share_decay=cdk.Duration.days(30))
    shown = [frame.name for frame in traceback.extract_tb(refused.value.__traceback__)]

    assert shown == [
        "test_of_a_refusal_the_traceback_shows_the_callers_line_and_one_of_ours",
        "__call__",
    ]


def test_of_an_error_in_a_users_own_construct_the_traceback_shows_every_line() -> None:
    class Mine(bc.FairSharePolicy):
        def __init__(self, scope: cdk.Stack, id: str) -> None:
            super().__init__(scope, id)
            self.look_up()

        def look_up(self) -> None:
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        Mine(cdk.Stack(), "Mine")

    shown = [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]
    assert shown[-2:] == ["__init__", "look_up"]
