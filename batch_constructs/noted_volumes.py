"""What is mounted at a path of an instance, which constructs know but templates do not contain.

The rule ``unmounted-host-path`` reads it at synthesis, in the metadata of the resources.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from batch_constructs.aws.template_facts import MOUNTS
from batch_constructs.known_scope import known_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

_NOTED: Final[dict[tuple[str, str], dict[str, list[str]]]] = {}
"""App and path of a resource → paths on instances, and what is there: how it is known, its name."""


def note_at_path(construct: Construct, path: str, source: list[str]) -> None:
    """Note what a launch template mounts at a path, or what a job expects there."""
    known = known_scope(construct)
    _NOTED.setdefault((known.app, f"{known.path}/Resource"), {})[path] = source


def with_noted_volumes(text: str, app: str, paths: Mapping[str, str]) -> str:
    """Return a template with what was noted in its metadata, for the rules.

    Args:
        text: The template.
        app: The app, by its identity.
        paths: Logical IDs and the paths of the resources' constructs.
    """
    ours = ((id_, _NOTED.get((app, path.removeprefix("/")))) for id_, path in paths.items())
    noted = {id_: one for id_, one in ours if one} if _NOTED else {}
    if not noted:
        return text
    template = json.loads(text)
    for id_ in noted.keys() & template["Resources"].keys():
        template["Resources"][id_].setdefault("Metadata", {})[MOUNTS] = noted[id_]
    return json.dumps(template)
