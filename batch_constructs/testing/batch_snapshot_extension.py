"""The syrupy extension behind ``batch_snapshot``; importing it needs syrupy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from batch_constructs.testing.stable_template import difference, stable
from batch_constructs.testing.synthesis import templates_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class BatchSnapshotExtension(SingleFileSnapshotExtension):
    """Stores templates as YAML, one file a test, without asset hashes, accounts and Regions."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: Any, **_: Any) -> str:
        """Write a template, the templates of `synth`, or those of a stack or an app."""
        templates = templates_of(data)
        return stable(templates.get("", templates))

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Describe what differs, by resource."""
        return difference(serialized_data, snapshot_data)
