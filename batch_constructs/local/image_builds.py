"""Container images that an app builds (``DockerImageAsset``), built for jobs to run in.

A build is what the ``cdk`` CLI asks of Docker; https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.image_sources import ENGINES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUILDAH = "buildah"
BUILDERS = (*ENGINES, BUILDAH)
"""What builds images; buildah needs no daemon."""

_ONE_EACH = {
    "dockerFile": "--file",
    "dockerBuildTarget": "--target",
    "dockerBuildSsh": "--ssh",
    "networkMode": "--network",
    "platform": "--platform",
}
_NAMED = {
    "dockerBuildArgs": ("--build-arg", "{}={}"),
    "dockerBuildContexts": ("--build-context", "{}={}"),
    "dockerBuildSecrets": ("--secret", "id={},{}"),
}


@dataclass(frozen=True, kw_only=True)
class ImageBuild:
    """An image that an app builds.

    Args:
        label: what the app calls it.
        source: how it is built, as an assets' manifest of the CDK writes it.
        assembly: the directory that the manifest is in.
    """

    label: str
    source: Mapping[str, Any]
    assembly: Path

    def run(self, builder: str, image: str, environment: Mapping[str, str]) -> None:
        """Build it in the builder's own store.

        Args:
            builder: one of `BUILDERS`.
            image: the name that it gets.
            environment: what the builder runs with.

        Raises:
            LocalAwsError: it cannot be built.
        """
        if "directory" not in self.source:
            raise LocalAwsError(
                f"{self.label} cannot be built: its asset is made by its own command "
                f"({' '.join(self.source.get('executable', ()))}), which the cdk CLI runs; "
                "run it, and name a substitute for the image with local up --image"
            )
        options = []
        for name, option in _ONE_EACH.items():
            if name in self.source:
                options += [option, self.source[name]]
        for name, (option, form) in _NAMED.items():
            for key, value in self.source.get(name, {}).items():
                options += [option, form.format(key, value)]
        if self.source.get("cacheDisabled"):
            options.append("--no-cache")
        directory = self.assembly / self.source["directory"]
        self._call([builder, "build", "--tag", image, *options, "."], environment, directory)

    def save(self, builder: str, image: str, file: Path, environment: Mapping[str, str]) -> None:
        """Write the image, once built, to a tar archive with an OCI layout.

        Raises:
            LocalAwsError: it cannot be written.
        """
        half = file.with_name(f"{file.name}.part")  # so that what has its name is whole
        half.unlink(missing_ok=True)
        form = ["--format", "oci-archive"] if builder == "podman" else []
        argv = [builder, "save", *form, "--output", str(half), image]
        if builder == BUILDAH:
            argv = [builder, "push", image, f"oci-archive:{half}"]
        file.parent.mkdir(parents=True, exist_ok=True)
        self._call(argv, environment, file.parent)
        half.replace(file)

    def _call(self, argv: list[str], environment: Mapping[str, str], directory: Path) -> None:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and what is built is the user's
                argv,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except FileNotFoundError as missing:
            raise LocalAwsError(
                f"{self.label} is built by {argv[0]}, which is not installed; "
                f"--build takes {', '.join(BUILDERS)}"
            ) from missing
        if done.returncode != 0:
            said = f"{done.stdout}{done.stderr}".rstrip()
            raise LocalAwsError(f"{self.label} cannot be built: {' '.join(argv)}:\n{said}")
