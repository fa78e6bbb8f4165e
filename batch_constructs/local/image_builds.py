"""Container images that an app builds (``DockerImageAsset``), built for jobs to run in.

A build is what the ``cdk`` CLI asks of Docker; https://docs.docker.com/reference/cli/docker/buildx/build/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.image_sources import ENGINES
from batch_constructs.local.user_command import run_to_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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
_OF_BUILDKIT = {"cacheFrom": "cache_from", "cacheTo": "cache_to", "dockerOutputs": "outputs"}
_ELSEWHERE = {"cacheDisabled", "directory", "executable"}
_WITH_BUILDKIT = ("docker", "finch")
"""Podman and buildah have options of these names, which take something else."""


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
                f"{self.label} cannot be built: its asset is built by its own command "
                f"({' '.join(self.source.get('executable', ()))}), which the cdk CLI runs; run "
                "it, and name a substitute for the image with local up --image"
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
        if builder in _WITH_BUILDKIT:
            options += self._of_buildkit()
        directory = self.assembly / self.source["directory"]
        self._call([builder, "build", "--tag", image, *options, "."], environment, directory)

    def left_out(self, builder: str) -> list[str]:
        """Return what of the app's arguments does not reach this builder, by their names."""
        known = {*_ONE_EACH, *_NAMED, *_ELSEWHERE}
        if builder in _WITH_BUILDKIT:
            known |= {*_OF_BUILDKIT}
        return [_OF_BUILDKIT.get(name, name) for name in sorted({*self.source} - known)]

    def _of_buildkit(self) -> Iterator[str]:
        into = self.source.get("cacheTo")
        for option, caches in (
            ("--cache-from", self.source.get("cacheFrom", ())),
            ("--cache-to", () if into is None else (into,)),
        ):
            for cache in caches:
                parts = {"type": cache["type"], **cache.get("params", {})}
                yield from (option, ",".join(f"{key}={value}" for key, value in parts.items()))
        for output in self.source.get("dockerOutputs", ()):
            yield from ("--output", output)

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
            done = run_to_end(argv, environment, directory=directory)
        except FileNotFoundError as missing:
            raise LocalAwsError(
                f"{self.label} is built by {argv[0]}, which is not installed; --build accepts "
                f"{', '.join(BUILDERS)}"
            ) from missing
        if done.code != 0:
            raise LocalAwsError(f"{self.label} cannot be built: {' '.join(argv)}:\n{done.text}")
