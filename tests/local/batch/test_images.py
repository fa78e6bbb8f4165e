"""Images without a container engine: what is mapped to them, and root file systems."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.batch.image_runtimes import ImageError, ImageRuntimes, runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account

    MakeAccount = Callable[..., tuple[Account, BatchService]]

BUSYBOX = shutil.which("busybox", path="/bin:/usr/bin:/usr/lib/busybox")
with_busybox = pytest.mark.skipif(
    BUSYBOX is None or sys.platform != "linux",
    reason="needs a static busybox on Linux: apt-get install busybox-static",
)


def layer(files: dict[str, bytes | str]) -> bytes:
    """Return a layer: text is a link's target, bytes are a program."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size, member.mode = len(content), 0o755
                archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def oci_layout(place: Path, layers: list[bytes], **config: Any) -> Path:
    """Write an OCI layout."""
    blobs = place / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": f"sha256:{digest}", "size": len(content)}

    manifest = {
        "config": blob(json.dumps({"os": "linux", "config": config}).encode()),
        "layers": [blob(one) for one in layers],
    }
    index = {"manifests": [blob(json.dumps(manifest).encode())]}
    (place / "index.json").write_text(json.dumps(index))
    (place / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return place


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image of busybox, in two layers, the second of which takes something away."""
    assert BUSYBOX is not None
    programs: dict[str, bytes | str] = {"bin/busybox": Path(BUSYBOX).read_bytes()}
    programs |= {f"bin/{name}": "busybox" for name in ("sh", "cat", "ls", "pwd", "env", "sleep")}
    first = layer({**programs, "etc/gone": b"x", "etc/kept": b"of the image", "full/a": b"x"})
    second = layer({"etc/.wh.gone": b"", "full/.wh..wh..opq": b"", "full/b": b"x"})
    return oci_layout(
        tmp_path / "image",
        [first, second],
        Env=["PATH=/bin", "OF_IMAGE=yes", "COLOUR=red"],
        Entrypoint=["sh", "-c"],
        Cmd=["echo default"],
        WorkingDir="/work",
    )


def ready(make_account: MakeAccount, place: Path, **images: str) -> Account:
    account, _ = make_account(state_directory=place / "state", images={"*busybox": images["image"]})
    account.environment()
    account.queue()
    return account


@with_busybox
class TestAnImage:
    def test_its_command_runs_in_its_root_file_system(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))
        environment = [{"name": "COLOUR", "value": "blue"}]

        job = account.run(
            "cat /etc/kept; echo; ls /etc/gone /full; pwd; env; exit 3",
            container={"environment": environment},
        )

        log = account.log(job)
        assert job["container"]["exitCode"] == 3
        assert log[0] == "of the image"
        assert "ls: /etc/gone: No such file or directory" in log
        assert "b" in log
        assert "a" not in log
        assert "/work" in log
        assert {"OF_IMAGE=yes", "COLOUR=blue", "PATH=/bin", "HOME=/root"} <= set(log)

    def test_a_job_without_a_command_runs_the_image_s(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))

        assert account.log(account.run()) == ["default"]

    def test_an_archive_of_it_is_as_good(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        with tarfile.open(tmp_path / "image.tar", "w") as archive:
            archive.add(image, arcname=".")
        account = ready(make_account, tmp_path, image=str(tmp_path / "image.tar"))

        assert account.log(account.run("echo hello")) == ["hello"]

    def test_what_a_job_writes_the_next_one_does_not_find(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))
        account.run("echo x > /etc/written")

        job = account.run("ls /etc/written || echo clean")

        if "clean" not in account.log(job):
            pytest.skip("this Linux has no overlay file system for users")
        assert account.log(job)[-1] == "clean"

    def test_it_sees_nothing_of_this_machine_s_files(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))

        job = account.run(f"ls {tmp_path} || echo nothing")

        assert account.log(job)[-1] == "nothing"

    def test_a_job_of_another_image_is_a_process_of_this_machine(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))

        job = account.run("ls", str(image), container={"image": "python:3.13"})

        assert "index.json" in account.log(job)


def test_a_virtual_environment_comes_first_on_the_path(
    make_account: MakeAccount, tmp_path: Path
) -> None:
    programs = tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (programs / "mine").write_text("#!/bin/sh\necho of the environment\n")
    (programs / "mine").chmod(0o755)
    account = ready(make_account, tmp_path, image=str(tmp_path / "venv"))

    assert account.log(account.run("mine")) == ["of the environment"]


def test_what_stands_for_no_image_is_said(make_account: MakeAccount, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    account = ready(make_account, tmp_path, image=str(tmp_path / "empty"))

    job = account.run("true")

    assert job["status"] == "FAILED"
    assert "CannotPullContainerError" in job["statusReason"]
    assert "stands for no image" in job["statusReason"]


@with_busybox
def test_an_image_is_unpacked_once(tmp_path: Path, image: Path) -> None:
    first = runtime(image, tmp_path / "images")
    assert first.root is not None
    before = (first.root / "etc").stat().st_mtime_ns

    again = runtime(image, tmp_path / "images")

    assert again == first
    assert (first.root / "etc").stat().st_mtime_ns == before


def test_a_layer_cannot_write_outside_of_its_root(tmp_path: Path) -> None:
    image = oci_layout(tmp_path / "image", [layer({"../../outside": b"x"})])

    with pytest.raises((ImageError, tarfile.TarError)):
        runtime(image, tmp_path / "images")

    assert not (tmp_path / "outside").exists()


def test_the_first_pattern_that_matches_is_taken(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
    places = {"*/python:*": str(tmp_path / "one"), "*": str(tmp_path / "two")}
    images = ImageRuntimes(places, tmp_path / "images")

    found = [images.find(name) for name in ("public.ecr.aws/x/python:3", "busybox")]

    assert [one.root for one in found if one is not None] == [tmp_path / "one", tmp_path / "two"]
