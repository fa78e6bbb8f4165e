"""Node.js and the cdk CLI: found, or said to be missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from batch_constructs.local.cdk_cli import CdkCli, Node, find_node
from batch_constructs.local.errors import LocalAwsError


def program(directory: Path, name: str, body: str) -> Path:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def fake_npx(directory: Path, body: str) -> Node:
    """A Node.js whose npx is a shell script."""
    return Node(executable=Path("/bin/sh"), npx=program(directory, "npx", body), version="v24.0.0")


def test_a_supported_node_is_found() -> None:
    node = find_node()

    assert node.executable.exists()
    assert node.npx.exists()


def test_no_node_at_all_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(LocalAwsError, match=r"none was found; install one: pip install nodejs-whe"):
        find_node(str(tmp_path))


def test_an_old_node_is_said_by_its_version(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v18.0.0")

    with pytest.raises(LocalAwsError, match=r"node is v18\.0\.0"):
        find_node(str(tmp_path))


def test_a_node_without_npx_is_said(tmp_path: Path) -> None:
    program(tmp_path, "node", "echo v24.0.0")

    with pytest.raises(LocalAwsError, match="there is no npx next to"):
        find_node(str(tmp_path))


@pytest.mark.parametrize(
    ("says", "explained"),
    [
        ("npm error code E404", "npm does not have this version of the cdk CLI"),
        ("npm error code ENOTFOUND", "npm could not fetch the cdk CLI"),
        ("ENOSPC: no space left on device, write", "the disk is full"),
        ("S: fail: something else", "ended with exit code 7"),
    ],
)
def test_what_stops_the_cli_is_said(tmp_path: Path, says: str, explained: str) -> None:
    cli = CdkCli({}, tmp_path, node=fake_npx(tmp_path, f"echo '{says}' >&2; exit 7"))

    with pytest.raises(LocalAwsError, match=explained) as failure:
        cli.run(["deploy"], show=lambda _: None, what="cdk deploy")

    assert says in str(failure.value)


def test_every_line_is_shown_as_it_comes(tmp_path: Path) -> None:
    shown: list[str] = []
    cli = CdkCli({}, tmp_path, node=fake_npx(tmp_path, "echo one; echo two >&2"))

    assert cli.run(["x"], show=shown.append, what="x") == shown == ["one", "two"]


@pytest.mark.cdk_cli
def test_a_version_of_the_cli_that_does_not_exist_is_said(tmp_path: Path) -> None:
    cli = CdkCli(dict(os.environ), tmp_path, version="2.0.99999")

    with pytest.raises(LocalAwsError, match="npm does not have this version of the cdk CLI"):
        cli.run(["--version"], show=lambda _: None, what="cdk --version")


def test_the_cli_that_npx_has_is_run_without_it(tmp_path: Path) -> None:
    modules = tmp_path / ".npm" / "_npx" / "x" / "node_modules"
    (modules / "aws-cdk" / "bin").mkdir(parents=True)
    (modules / "aws-cdk" / "package.json").write_text('{"version": "2.0.1"}')
    (modules / "aws-cdk" / "bin" / "cdk").write_text("echo kept $1")
    node = fake_npx(tmp_path, "echo fetched")

    def said(version: str) -> list[str]:
        home = {"HOME": str(tmp_path)}
        cli = CdkCli(home, tmp_path, node=node, version=version)
        return list(cli.run(["deploy"], show=lambda _: None, what="cdk deploy"))

    assert said("2.0.1") == ["fetched"]  # it is still being installed
    (modules / ".package-lock.json").touch()
    assert said("2.0.1") == ["kept deploy"]
    assert said("2.0.2") == ["fetched"]
