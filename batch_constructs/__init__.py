"""AWS Batch on the AWS CDK: compute environments, job queues, job definitions and their wiring.

Every public name resolves on first use (PEP 562), so that ``import batch_constructs`` loads neither
the CDK nor boto3, and ``batch_constructs.client`` or ``batch_constructs.rules`` work in a Lambda
function or a job container that has no CDK.
"""

from __future__ import annotations

from importlib import import_module

_HOME: dict[str, str] = {}
"""Where each public name lives: name → module below ``batch_constructs``."""

__all__: list[str] = []


def __getattr__(name: str) -> object:
    """Import the module a public name lives in, the first time the name is used."""
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
