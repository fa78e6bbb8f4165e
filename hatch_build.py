"""The links on a package index, beside the project and in its README: to what builds the wheel.

So they are right wherever the project is published, and a fork links to itself. Without a public
repository, there are none.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_REMOTE = re.compile(
    r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)(?P<host>[\w-]+(?:\.[\w-]+)+)[/:](?P<path>[\w./~-]+?)"
    r"(?:\.git)?/?"
)
"""What git calls a repository; a user's name or token is left out."""

_RELATIVE = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]+)\]\((?!https?://)(?P<path>[^)]*)\)")
"""A link to a file of the repository, in Markdown."""


class ProjectLinks(MetadataHookInterface):
    """Adds the links and the README to the metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Say where source, issues, changes and documentation are, and what the project is."""
        root = Path(self.root)
        home = address(root)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(root, home)}
        if home is not None:
            metadata["urls"] = {
                "Source": home,
                "Issues": f"{home}/issues",
                "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
                "Documentation": f"{home}/blob/HEAD/docs/tutorial.md",
            }


def readme(root: Path, home: str | None) -> str:
    """Give the README as an index shows it, without the files that it links to."""

    def linked(link: re.Match[str]) -> str:
        if home is None:
            return link["text"]
        if link["image"]:
            return f"![{link['text']}]({home}/raw/HEAD/{link['path']})"
        kind = "tree" if (root / link["path"]).is_dir() else "blob"
        return f"[{link['text']}]({home}/{kind}/HEAD/{link['path']})"

    return _RELATIVE.sub(linked, (root / "README.md").read_text(encoding="utf-8"))


def address(root: Path) -> str | None:
    """Give the address of the repository: what GitHub Actions says it is, or where it came from."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    if repository:
        return f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
    try:
        remote = subprocess.run(
            ["git", "-C", str(root), "remote", "get-url", "origin"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    except OSError:  # no git
        return None
    found = _REMOTE.fullmatch(remote)
    return f"https://{found['host']}/{found['path']}" if found else None
