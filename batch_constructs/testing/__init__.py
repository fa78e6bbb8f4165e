"""What your own tests import: a strict synthesis, promises about templates, an AWS on the laptop.

The fixtures ``local_aws`` and ``batch_snapshot`` come with pytest; names resolve on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batch_constructs.testing.finished_job import FinishedJob
    from batch_constructs.testing.least_privilege import assert_least_privilege
    from batch_constructs.testing.local_aws import LocalAws
    from batch_constructs.testing.no_findings import assert_no_findings
    from batch_constructs.testing.plugin import batch_snapshot
    from batch_constructs.testing.synthesis import synth

    deploy = LocalAws.deploy
    run_job = LocalAws.run_job

_HOME: dict[str, tuple[str, ...]] = {
    "FinishedJob": ("finished_job", "FinishedJob"),
    "LocalAws": ("local_aws", "LocalAws"),
    "assert_least_privilege": ("least_privilege", "assert_least_privilege"),
    "assert_no_findings": ("no_findings", "assert_no_findings"),
    "batch_snapshot": ("plugin", "batch_snapshot"),
    "deploy": ("local_aws", "LocalAws", "deploy"),
    "run_job": ("local_aws", "LocalAws", "run_job"),
    "synth": ("synthesis", "synth"),
}
"""Name → the module here that it lives in, and the way to it there."""

__all__ = [
    "FinishedJob",
    "LocalAws",
    "assert_least_privilege",
    "assert_no_findings",
    "batch_snapshot",
    "deploy",
    "run_job",
    "synth",
]


if not TYPE_CHECKING:  # a type checker would believe every name, misspelled ones too

    def __getattr__(name: str) -> object:
        """Import the module a name lives in, the first time the name is used."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, *way = _HOME[name]
        value: object = import_module(f"{__name__}.{module}")
        for step in way:
            value = getattr(value, step)
        globals()[name] = value
        return value
