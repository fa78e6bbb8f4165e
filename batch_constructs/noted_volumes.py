"""What constructs know of volumes on instances, and a template does not tell: what is at a path.

The rule ``unmounted-host-path`` is told as the app is synthesised, in the resources' metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.template_facts import MOUNTS
from batch_constructs.known_scope import known_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

_NOTED: Final[dict[tuple[str, str], dict[str, list[str]]]] = {}
"""App and path of a resource → paths on instances, and what is there: how it is known, its name."""


def note_at_path(construct: Construct, path: str, source: list[str]) -> None:
    """Note what a launch template mounts at a path, or a job wants to see there."""
    known = known_scope(construct)
    _NOTED.setdefault((known.app, f"{known.path}/Resource"), {})[path] = source


def with_noted_volumes(template: dict[str, Any], app: str, paths: Mapping[str, str]) -> bool:
    """Write what was noted into a template's metadata, and say whether there was anything.

    Args:
        template: The template, which is changed.
        app: The app, by its identity.
        paths: Logical IDs and the paths of the resources' constructs.
    """
    told = False
    for id_, path in paths.items() if _NOTED else ():
        noted = _NOTED.get((app, path.removeprefix("/")))
        if noted and id_ in template["Resources"]:
            template["Resources"][id_].setdefault("Metadata", {})[MOUNTS] = noted
            told = True
    return told
