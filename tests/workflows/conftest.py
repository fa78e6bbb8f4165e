"""Queues and definitions with short ARNs."""

from __future__ import annotations

from tests.triggers.conftest import definition, queue, shared

__all__ = ["definition", "queue", "shared"]
