"""Images of registries and of container engines' stores, copied by skopeo.

https://github.com/containers/skopeo/blob/main/docs/skopeo-copy.1.md
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.local.user_command import run_to_end

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES = ("docker://", "docker-daemon:", "containers-storage:")
"""A registry, Docker's store, and Podman's; alone they mean the job's own image in there."""

ENGINES = ("docker", "podman", "finch")
"""Container engines that can run jobs in their images."""

_ON_THIS_MACHINE = re.compile(r"docker://(localhost|127\.|\[::1\])")


_POLICY = Path("/etc/containers/policy.json")
_POLICY_OF_A_USER = ".config/containers/policy.json"
"""Whose signatures skopeo wants; without one it copies nothing, unless it is told to want none."""


class CopyError(Exception):
    """An image cannot be copied."""


def is_source(place: str) -> bool:
    """Tell whether a place is somewhere that skopeo copies images from."""
    return place.startswith(SOURCES)


def copy(place: str, image: str, layout: Path, environment: Mapping[str, str]) -> None:
    """Copy an image to an OCI layout.

    Args:
        place: where it is: one of `SOURCES`, and the image's name there, if it has another.
        image: the job's image.
        layout: the folder to make.
        environment: the user's environment, so that skopeo finds the user's logins.

    Raises:
        CopyError: it cannot be had, with what skopeo says of it.
    """
    source = f"{place}{image}" if place in SOURCES else place
    plain = ["--src-tls-verify=false"] if _ON_THIS_MACHINE.match(source) else []
    own = Path(environment.get("HOME", "/"), _POLICY_OF_A_USER)
    unsigned = [] if own.exists() or _POLICY.exists() else ["--insecure-policy"]
    command = ["skopeo", *unsigned, "copy", "--quiet", "--override-os", "linux", *plain]
    try:
        done = run_to_end([*command, source, f"oci:{layout}:image"], environment)
    except FileNotFoundError as missing:
        said = f"{source} is copied by skopeo, which is not installed: apt-get install skopeo"
        raise CopyError(said) from missing
    if done.code != 0:
        raise CopyError(f"{source} cannot be copied: {done.text}")
