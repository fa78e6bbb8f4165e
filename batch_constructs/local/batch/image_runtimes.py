"""What stands for a job's image, without a container engine: an environment, or a root file system.

A root file system is a folder, or comes of an OCI layout, which ``docker save`` and
``skopeo copy docker://IMAGE oci:FOLDER`` write, and which is copied of a registry or a store.
See https://github.com/opencontainers/image-spec
"""

from __future__ import annotations

import json
import shutil
import tarfile
import tempfile
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from batch_constructs.local.image_sources import CopyError, copy, is_source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_LINKS = 40  # as many as Linux follows
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ImageError(Exception):
    """What stands for an image cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What jobs of an image run in.

    Args:
        root: the root file system; None where jobs see this machine's.
        programs: what comes first on ``PATH``, where jobs see this machine's.
        variables: the image's own environment.
        entry_point: what the command is handed to.
        command: the command of a job that has none.
        directory: where it works within the root.
    """

    root: Path | None = None
    programs: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    directory: str = "/"

    def environment(self, variables: Mapping[str, str], own: Collection[str]) -> dict[str, str]:
        """Return a job's environment within.

        Args:
            variables: its environment on this machine.
            own: the names of those that the job definition or the submission sets.
        """
        if self.programs is not None:
            path = (
                f"{self.programs}:{variables['PATH']}" if "PATH" not in own else variables["PATH"]
            )
            return {**variables, "PATH": path}
        machines = {"PATH", "HOME"} - set(own)
        kept = {name: value for name, value in variables.items() if name not in machines}
        return {"HOME": "/root", **self.variables, **kept}

    def argv(self, command: Sequence[str]) -> list[str]:
        """Return what is run for a job's command."""
        return [*self.entry_point, *(command or self.command)]


class ImageRuntimes:
    """What stands for which images.

    Args:
        mapped: pattern of an image → folder, file, or one of skopeo's sources; the first that
            matches is taken. A folder is a virtual environment, a conda prefix, an OCI layout, or a
            root file system; a file is an OCI layout in a tar archive.
        directory: where images are unpacked, by their digests.
        environment: the user's environment, for skopeo.
    """

    def __init__(
        self, mapped: Mapping[str, str], directory: Path, environment: Mapping[str, str]
    ) -> None:
        self._mapped = dict(mapped)
        self._directory = directory
        self._environment = environment
        self._known: dict[str, Runtime] = {}
        self._lock = threading.Lock()

    def find(self, image: str) -> Runtime | None:
        """Return what stands for an image; None where nothing does.

        Raises:
            ImageError: it cannot be used.
        """
        place = self.place(image)
        if place is None:
            return None
        known_as = f"{place} {image}" if is_source(place) else place
        with self._lock:  # what one job copies or unpacks, those after it find
            if known_as not in self._known:
                self._known[known_as] = self._read(place, image)
            return self._known[known_as]

    def place(self, image: str) -> str | None:
        """Return where what stands for an image comes from; None where nothing does."""
        matching = (place for one, place in self._mapped.items() if fnmatchcase(image, one))
        return next(matching, None)

    def stand_for(self, image: str, place: str) -> None:
        """Let a place stand for an image from now on, where nothing else does."""
        self._mapped = {**self._mapped, escape(image): place}

    def _read(self, place: str, image: str) -> Runtime:
        try:
            if not is_source(place):
                return runtime(Path(place), self._directory)
            with tempfile.TemporaryDirectory(dir=_made(self._directory)) as layout:
                copy(place, image, Path(layout), self._environment)
                return _unpacked(Path(layout), self._directory)
        except (CopyError, tarfile.TarError) as problem:
            raise ImageError(str(problem)) from problem


def runtime(place: Path, directory: Path) -> Runtime:
    """Read what a folder or a file is.

    Args:
        place: the folder or the file.
        directory: where an image is unpacked.

    Raises:
        ImageError: it is nothing that is known.
    """
    if (place / "pyvenv.cfg").is_file() or (place / "conda-meta").is_dir():
        return Runtime(programs=place / "bin")
    if (place / "oci-layout").is_file():
        return _unpacked(place, directory)
    if place.is_file() and tarfile.is_tarfile(place):
        with tempfile.TemporaryDirectory() as layout:
            _apply(place, Path(layout))
            if (Path(layout) / "oci-layout").is_file():
                return _unpacked(Path(layout), directory)
    elif (place / "bin").is_dir() or (place / "usr" / "bin").is_dir():
        return Runtime(root=place, variables={"PATH": _PATH})
    raise ImageError(
        f"{place} cannot replace an image: it is not a virtual environment, a conda prefix, an "
        "OCI layout (a folder or a tar archive) or a root file system with a bin folder"
    )


def _unpacked(layout: Path, directory: Path) -> Runtime:
    """Unpack an OCI layout, once for each digest."""
    document, digest = _read(layout, json.loads((layout / "index.json").read_text()))
    config = _blob(layout, document["config"]).get("config", {})
    root = directory / digest.replace(":", "-")
    if not root.is_dir():
        draft = Path(tempfile.mkdtemp(prefix="draft-", dir=_made(directory)))
        for layer in document["layers"]:
            _apply(_path(layout, layer), draft)
        draft.chmod(0o755)
        draft.replace(root)
    given = (one.partition("=") for one in config.get("Env") or ())
    return Runtime(
        root=root,
        variables={"PATH": _PATH, **{name: value for name, _, value in given}},
        entry_point=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        directory=config.get("WorkingDir") or "/",
    )


def _read(layout: Path, index: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Follow an index to its first manifest for Linux."""
    for one in index.get("manifests", ()):
        if one.get("platform", {}).get("os", "linux") == "linux":
            found = _blob(layout, one)
            return _read(layout, found) if "manifests" in found else (found, one["digest"])
    raise ImageError(f"the OCI layout {layout} has no image for Linux")


def _blob(layout: Path, descriptor: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_path(layout, descriptor).read_text())
    return found


def _path(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs" / Path(*descriptor["digest"].split(":"))


def _apply(layer: Path, root: Path) -> None:
    """Put a layer over what the layers below made."""
    with tarfile.open(layer) as archive:
        archive.extraction_filter = lambda member, _: member  # where it goes is seen to here
        for member in archive:
            path = PurePosixPath(member.name)
            folder = _within(root, path.parent)
            target = folder / path.name
            if path.name == _OPAQUE:
                for one in folder.iterdir() if folder.is_dir() else ():
                    _remove(one)
            elif path.name.startswith(_WHITEOUT):
                _remove(folder / path.name.removeprefix(_WHITEOUT))
            elif path.name not in {"", ".."} and not (member.isdev() or member.isfifo()):
                if target.is_symlink() or not (member.isdir() and target.is_dir()):
                    _remove(target)
                folder.mkdir(parents=True, exist_ok=True)
                if member.islnk():
                    link = PurePosixPath(member.linkname)
                    target.hardlink_to(_within(root, link.parent) / link.name)
                else:
                    member.name, member.uid, member.gid = path.name, 0, 0
                    member.mode = member.mode & 0o777 | (0o700 if member.isdir() else 0o600)
                    archive.extract(member, folder)


def _within(root: Path, path: PurePosixPath) -> Path:
    """Return where a folder of an image is, with links followed as they lead within the image."""
    found, ahead, links = root, list(path.parts), 0
    while ahead:
        part = ahead.pop(0)
        if part == "/":
            found = root
        elif part == "..":
            found = root if found == root else found.parent
        elif (found / part).is_symlink():
            ahead[:0] = (found / part).readlink().parts
            links += 1
            if links > _LINKS:
                raise ImageError(f"{path} of the image is a link to itself")
        else:
            found /= part
    return found


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
