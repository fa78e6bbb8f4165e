"""Images that an app builds: built by an engine or by buildah, then stood for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from batch_constructs.local.cdk_deployment import CdkDeployer
from batch_constructs.local.deployment_plan import Plan
from batch_constructs.local.errors import LocalAwsError
from batch_constructs.local.image_builds import ImageBuild

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/assets:abc"


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put builders on PATH that write down how they were called, and nothing else there."""
    calls = tmp_path / "calls"
    calls.touch()
    for name in ("docker", "podman", "buildah"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\necho "{name} $* in ${{PWD##*/}}" >> {calls}\n'
            'case "$*" in *no-such*) echo no such file; exit 9;; esac\n'
            'for one in "$@"; do\n'
            'case "$one" in *.tar*) echo tar > "${one#oci-archive:}";; esac\n'
            "done\n"
            'case "$*" in *.tar*) test ! -e "${0%/*}/full";; esac\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return calls


def built(tmp_path: Path, **source: Any) -> ImageBuild:
    (tmp_path / "asset.abc").mkdir(exist_ok=True)
    return ImageBuild(
        label="Job/Image", source={"directory": "asset.abc", **source}, assembly=tmp_path
    )


class Server:
    """What the embedded AWS answers on its images."""

    account_id = "123456789012"

    def __init__(self, engine: str | None = None, unmapped: tuple[str, ...] = (IMAGE,)) -> None:
        self.stands: list[dict[str, str]] = []
        self.answer = {"engine": engine, "unmapped": list(unmapped), "processes": list(unmapped)}
        self.access = SimpleNamespace(region="us-east-1", control=self.control)

    def control(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        if action == "stand":
            self.stands.append(request)
        return self.answer


def deployer(tmp_path: Path, server: Server, build: str | None) -> CdkDeployer:
    found = CdkDeployer.__new__(CdkDeployer)
    found._output = tmp_path / "state" / "cdk.out"
    found._record = server  # type: ignore[assignment]
    found._build = build
    found._show = print
    found._said = set()
    return found


def test_an_image_is_built_as_the_app_says(tmp_path: Path, said: Path) -> None:
    build = built(
        tmp_path,
        dockerFile="Own",
        dockerBuildTarget="last",
        dockerBuildArgs={"A": "1", "B": "2"},
        dockerBuildSecrets={"key": "src=key.txt"},
        platform="linux/arm64",
        cacheDisabled=True,
    )

    build.run("docker", IMAGE, {"PATH": str(tmp_path / "bin")})

    assert said.read_text() == (
        f"docker build --tag {IMAGE} --file Own --target last --platform linux/arm64 "
        "--build-arg A=1 --build-arg B=2 --secret id=key,src=key.txt --no-cache . in asset.abc\n"
    )


_OF_BUILDKIT = {
    "cacheFrom": [{"type": "registry", "params": {"ref": "r/a"}}, {"type": "inline"}],
    "cacheTo": {"type": "local", "params": {"dest": "d", "mode": "max"}},
    "dockerOutputs": ["type=docker"],
}


@pytest.mark.parametrize("builder", ["docker", "finch"])
def test_caches_and_outputs_are_handed_to_what_builds_with_buildkit(
    builder: str, tmp_path: Path, said: Path
) -> None:
    (tmp_path / "bin" / "finch").symlink_to("docker")
    build = built(tmp_path, **_OF_BUILDKIT)

    build.run(builder, IMAGE, {"PATH": str(tmp_path / "bin")})

    assert said.read_text() == (
        f"docker build --tag {IMAGE} --cache-from type=registry,ref=r/a --cache-from type=inline "
        "--cache-to type=local,dest=d,mode=max --output type=docker . in asset.abc\n"
    )
    assert build.left_out(builder) == []


@pytest.mark.parametrize("builder", ["podman", "buildah"])
def test_what_a_builder_does_not_take_is_said_once(
    builder: str, tmp_path: Path, said: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = Plan(images={IMAGE: built(tmp_path, **_OF_BUILDKIT, newKey=1)}, named={IMAGE})
    of = deployer(tmp_path, Server(engine=builder), builder)

    of._build_images(plan)
    of._build_images(plan)

    assert f"build --tag {IMAGE} . in asset.abc" in said.read_text()
    assert capsys.readouterr().out == (
        f"Job/Image: {builder} does not support cache_from, cache_to, outputs, newKey, so it is "
        "left out\n"
    )


@pytest.mark.parametrize(
    ("builder", "source", "problem"),
    [
        (
            "docker",
            {"dockerFile": "no-such"},
            r"(?s)Job/Image cannot be built: docker .*no such fi",
        ),
        (
            "finch",
            {},
            "Job/Image is built by finch, which is not installed; --build accepts docker",
        ),
    ],
)
def test_an_image_that_cannot_be_built_says_why(
    builder: str, source: dict[str, Any], problem: str, tmp_path: Path, said: Path
) -> None:
    assert not said.read_text()

    with pytest.raises(LocalAwsError, match=problem):
        built(tmp_path, **source).run(builder, IMAGE, {"PATH": str(tmp_path / "bin")})


def test_an_image_that_a_command_makes_says_what_to_do(tmp_path: Path) -> None:
    build = ImageBuild(label="Image", source={"executable": ["make", "it"]}, assembly=tmp_path)

    with pytest.raises(LocalAwsError, match=r"its own command \(make it\).*local up --image"):
        build.run("docker", IMAGE, {})


@pytest.mark.parametrize(
    ("builder", "saved"),
    [
        ("docker", "docker save --output {file} {image}"),
        ("podman", "podman save --format oci-archive --output {file} {image}"),
        ("buildah", "buildah push {image} oci-archive:{file}"),
    ],
)
def test_what_jobs_run_in_is_built_and_stands_for_its_image(
    builder: str, saved: str, tmp_path: Path, said: Path
) -> None:
    server = Server()
    other = f"{IMAGE}d"
    plan = Plan(images={IMAGE: built(tmp_path), other: built(tmp_path)}, named={IMAGE, "busybox"})

    left = deployer(tmp_path, server, builder)._build_images(plan)

    file = str(tmp_path / "state" / "built" / "abc.tar")
    assert said.read_text().splitlines() == [
        f"{builder} build --tag {IMAGE} . in asset.abc",
        f"{saved.format(file=f'{file}.part', image=IMAGE)} in built",
    ]
    assert [one.name for one in Path(file).parent.iterdir()] == ["abc.tar"]
    assert server.stands == [{"image": IMAGE, "place": file}]
    assert left == []


@pytest.mark.parametrize("builder", ["docker", "podman", "buildah"])
def test_an_archive_that_was_left_half_written_is_not_taken_for_a_whole_one(
    builder: str, tmp_path: Path, said: Path
) -> None:
    full = tmp_path / "bin" / "full"
    full.touch()
    plan = Plan(images={IMAGE: built(tmp_path)}, named={IMAGE})
    server = Server()
    with pytest.raises(LocalAwsError, match="cannot be built"):
        deployer(tmp_path, server, builder)._build_images(plan)
    full.unlink()
    said.write_text("")

    deployer(tmp_path, server, builder)._build_images(plan)

    assert len(said.read_text().splitlines()) == 2
    assert (tmp_path / "state" / "built" / "abc.tar").read_text() == "tar\n"


def test_what_is_built_already_is_not_built_again(tmp_path: Path, said: Path) -> None:
    server = Server()
    file = tmp_path / "state" / "built" / "abc.tar"
    file.parent.mkdir(parents=True)
    file.touch()

    deployer(tmp_path, server, "docker")._build_images(
        Plan(images={IMAGE: built(tmp_path)}, named={IMAGE})
    )

    assert not said.read_text()
    assert server.stands == [{"image": IMAGE, "place": str(file)}]


def test_the_engine_that_runs_jobs_builds_their_images_in_its_own_store(
    tmp_path: Path, said: Path
) -> None:
    server = Server(engine="podman")

    deployer(tmp_path, server, None)._build_images(
        Plan(images={IMAGE: built(tmp_path)}, named={IMAGE})
    )

    assert said.read_text().splitlines() == [f"podman build --tag {IMAGE} . in asset.abc"]
    assert server.stands == []


@pytest.mark.parametrize(
    ("server", "build"),
    [(Server(), None), (Server(unmapped=()), "docker")],
    ids=["nobody is to build", "something stands for it"],
)
def test_nothing_is_built_unasked_or_where_something_stands_for_it(
    server: Server, build: str | None, tmp_path: Path, said: Path
) -> None:
    plan = Plan(images={IMAGE: built(tmp_path)}, named={IMAGE})

    left = deployer(tmp_path, server, build)._build_images(plan)

    assert not said.read_text()
    assert left == server.answer["processes"]
