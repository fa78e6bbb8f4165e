"""Images without a container engine: what is mapped to them, and root file systems."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.batch.image_runtimes import ImageError, ImageRuntimes, runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

    def test_a_file_system_is_the_same_for_all_jobs_and_can_be_read_only(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))

        def run(command: str, **point: Any) -> dict[str, Any]:
            volume = {"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-12345678"}}
            mount = {"sourceVolume": "v", "containerPath": "/data/in", **point}
            return account.run(command, container={"volumes": [volume], "mountPoints": [mount]})

        run("echo kept > /data/in/file")
        read = run("cat /data/in/file; echo x > /data/in/file || echo refused", readOnly=True)
        again = run("cat /other/file", containerPath="/other")

        assert account.log(read)[0] == "kept"
        assert account.log(read)[-1] == "refused"
        assert account.log(again) == ["kept"]

    def test_a_volume_of_the_task_is_gone_with_it(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        account = ready(make_account, tmp_path, image=str(image))
        volumes = {
            "volumes": [{"name": "v", "host": {}}],
            "mountPoints": [{"sourceVolume": "v", "containerPath": "/scratch"}],
        }

        jobs = [account.run("ls /scratch; echo > /scratch/file", container=volumes) for _ in "12"]

        assert [account.log(job) for job in jobs] == [[], []]

    def test_a_mount_leads_to_nothing_of_this_machine_s_whatever_the_image_links_to(
        self, make_account: MakeAccount, tmp_path: Path, image: Path
    ) -> None:
        outside = tmp_path / "outside"
        linked = layer({"sh": "bin/sh", "data": str(outside)})
        blobs = image / "blobs" / "sha256"
        index = json.loads((image / "index.json").read_text())
        manifest_place = blobs / index["manifests"][0]["digest"].removeprefix("sha256:")
        manifest = json.loads(manifest_place.read_text())
        digest = hashlib.sha256(linked).hexdigest()
        (blobs / digest).write_bytes(linked)
        manifest["layers"].append({"digest": f"sha256:{digest}", "size": len(linked)})
        manifest_place.write_text(json.dumps(manifest))
        account = ready(make_account, tmp_path, image=str(image))
        point = {"sourceVolume": "v", "containerPath": "/data/new"}

        job = account.run(
            "echo x > /data/new/file; ls /data/new",
            container={"volumes": [{"name": "v"}], "mountPoints": [point]},
        )

        assert account.log(job) == ["file"]
        assert not outside.exists()

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
    assert "cannot replace an image" in job["statusReason"]


@pytest.fixture
def registry(image: Path) -> Iterator[tuple[str, list[str]]]:
    """A registry on this machine with that image, and what it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            kind, _, reference = self.path.removeprefix("/v2/tools/busybox/").partition("/")
            (descriptor,) = json.loads((image / "index.json").read_text())["manifests"]
            digest = descriptor["digest"] if kind == "manifests" else reference
            blob = image / "blobs" / "sha256" / digest.removeprefix("sha256:")
            body = blob.read_bytes() if digest and blob.exists() else b""
            self.send_response(200 if body or self.path == "/v2/" else 404)
            self.send_header("Content-Type", "application/vnd.oci.image.manifest.v1+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


@with_busybox
@pytest.mark.skipif(shutil.which("skopeo") is None, reason="needs skopeo: apt-get install skopeo")
class TestARegistry:
    @pytest.mark.parametrize("named", [True, False])
    def test_a_job_runs_in_its_image_copied_once(
        self,
        make_account: MakeAccount,
        tmp_path: Path,
        registry: tuple[str, list[str]],
        *,
        named: bool,
    ) -> None:
        place, asked = registry
        image = f"{place}/tools/busybox:1"
        source = f"docker://{image}" if named else "docker://"
        account = ready(make_account, tmp_path, image=source)

        jobs = [
            account.run(
                "cat /etc/kept", container={"image": "any/busybox" if named else f"{image}.busybox"}
            )
            for _ in range(2)
        ]

        assert [account.log(job) for job in jobs] == [["of the image"]] * 2
        assert len([path for path in asked if "manifests" in path]) == 1

    def test_what_it_does_not_have_is_said(
        self, make_account: MakeAccount, tmp_path: Path, registry: tuple[str, list[str]]
    ) -> None:
        source = f"docker://{registry[0]}/others/busybox"
        account = ready(make_account, tmp_path, image=source)

        reason = account.run("true")["statusReason"]

        assert reason.startswith(f"CannotPullContainerError: {source} cannot be copied: ")


@pytest.mark.parametrize("source", ["docker-daemon:", "containers-storage:"])
def test_a_store_of_an_engine_is_read_by_skopeo_as_the_user(
    make_account: MakeAccount, tmp_path: Path, source: str
) -> None:
    tool = tmp_path / "bin" / "skopeo"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "$HOME: $@" >&2\nexit 1\n')
    tool.chmod(0o755)
    account, _ = make_account(
        images={"*busybox": source},
        environment={"PATH": f"{tool.parent}:{os.environ['PATH']}", "HOME": "/home/of-the-user"},
    )
    account.environment()
    account.queue()

    reason = account.run("true")["statusReason"]

    unsigned = "" if Path("/etc/containers/policy.json").exists() else "--insecure-policy "
    assert f"/home/of-the-user: {unsigned}copy --quiet --override-os linux " in reason
    assert f" {source}public.ecr.aws/docker/library/busybox oci:" in reason


def test_without_skopeo_the_fix_is_said(make_account: MakeAccount, tmp_path: Path) -> None:
    account, _ = make_account(images={"*": "docker://"}, environment={"PATH": str(tmp_path)})
    account.environment()
    account.queue()

    assert "apt-get install skopeo" in account.run("true")["statusReason"]


@with_busybox
def test_an_image_is_unpacked_once(tmp_path: Path, image: Path) -> None:
    first = runtime(image, tmp_path / "images")
    assert first.root is not None
    before = (first.root / "etc").stat().st_mtime_ns

    again = runtime(image, tmp_path / "images")

    assert again == first
    assert (first.root / "etc").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "files",
    [
        {"../../outside": b"x"},
        {"/outside": b"x"},
        {"up": "../..", "up/outside": b"x"},
        {"sub/deep": "../../../..", "sub/deep/outside": b"x"},
    ],
)
def test_a_layer_writes_within_its_root_whatever_it_says(
    tmp_path: Path, files: dict[str, bytes | str]
) -> None:
    image = oci_layout(tmp_path / "image", [layer(files)])

    root = runtime(image, tmp_path / "images").root

    assert root is not None
    assert (root / "outside").read_bytes() == b"x"
    assert not (tmp_path / "outside").exists()


def test_links_lead_to_where_they_lead_within_the_image(tmp_path: Path) -> None:
    below = layer({"run/a": b"a", "var/run": "/run", "lib": "usr/lib", "usr/lib/b": b"b"})
    above = layer({"var/run/c": b"c", "lib/d": b"d"})

    root = runtime(oci_layout(tmp_path / "image", [below, above]), tmp_path / "images").root

    assert root is not None
    assert (root / "run" / "c").read_bytes() == b"c"
    assert (root / "usr" / "lib" / "d").read_bytes() == b"d"
    assert (root / "lib").is_symlink()


def test_hard_links_share_a_file_of_the_image(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        first = tarfile.TarInfo("bin/a")
        first.size = 1
        archive.addfile(first, io.BytesIO(b"x"))
        second = tarfile.TarInfo("bin/b")
        second.type, second.linkname = tarfile.LNKTYPE, "bin/a"
        archive.addfile(second)

    image = oci_layout(tmp_path / "image", [packed.getvalue()])
    root = runtime(image, tmp_path / "images").root

    assert root is not None
    assert (root / "bin" / "b").samefile(root / "bin" / "a")


def test_a_link_that_leads_to_itself_is_said(tmp_path: Path) -> None:
    image = oci_layout(tmp_path / "image", [layer({"a": "a", "a/b": b"x"})])

    with pytest.raises(ImageError, match="is a link to itself"):
        runtime(image, tmp_path / "images")


def test_the_first_pattern_that_matches_is_taken(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "bin").mkdir(parents=True)
    places = {"*/python:*": str(tmp_path / "one"), "*": str(tmp_path / "two")}
    images = ImageRuntimes(places, tmp_path / "images", {})

    found = [images.find(name) for name in ("public.ecr.aws/x/python:3", "busybox")]

    assert [one.root for one in found if one is not None] == [tmp_path / "one", tmp_path / "two"]


def test_what_is_said_later_to_stand_for_an_image_comes_behind_what_was_said_first(
    tmp_path: Path,
) -> None:
    images = ImageRuntimes({"a*": "first"}, tmp_path / "images", {})

    images.stand_for("abc", "second")
    images.stand_for("x[1]", "third")

    assert [images.place(one) for one in ("abc", "x[1]", "x1")] == ["first", "third", None]
