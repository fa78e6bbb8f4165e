"""Modules of the CDK that are loaded when something of them is used, and not with ours.

A module of the CDK takes one to three hundredths of a second, and most apps need few of them: what
`one_call` makes is named, and not looked at.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["aws_cloudwatch", "aws_events_targets", "aws_lambda", "aws_logs"]

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch, aws_events_targets, aws_lambda, aws_logs
else:

    class _Late:
        """A module until something of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, member: str) -> Any:
            if member.startswith("__"):
                raise AttributeError(member)
            return getattr(import_module(f"aws_cdk.{self._name}"), member)

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(name)
        return _Late(name)
