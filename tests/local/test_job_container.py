"""A job lives as in its container: what it finds about itself, and what it does not find."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.api_job import submit
from tests.local.test_lock import BROWSERS, request

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

pytestmark = pytest.mark.local_aws
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


def run(aws: LocalAws, *command: str, **options: Any) -> dict[str, Any]:
    suffix = f"-{os.urandom(4).hex()}"
    return aws.wait_for_job(submit(aws.client, list(command), suffix=suffix, **options))


def lines(aws: LocalAws, *command: str, **options: Any) -> list[str]:
    job = run(aws, *command, **options)
    found = aws.job_output(job)
    assert job["status"] == "SUCCEEDED", found
    return found


def told(aws: LocalAws, program: str, **options: Any) -> Any:
    """Run a program of this Python as a job, and return the JSON that it prints."""
    said = lines(aws, sys.executable, "-c", textwrap.dedent(program), **options)
    return json.loads("\n".join(said))


def job_role(aws: LocalAws, name: str) -> str:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }
    return str(
        aws.client("iam").create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )["Role"]["Arn"]
    )


def test_a_job_has_a_home_of_its_own(local_aws: LocalAws) -> None:
    home, directory = lines(local_aws, "sh", "-c", "echo $HOME; pwd")

    assert home == directory
    assert home != os.environ["HOME"]


def test_a_login_shell_reads_no_profile_of_the_user(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch_constructs.testing.local_aws import LocalAws

    for name in (".bash_profile", ".profile", ".bashrc"):
        (tmp_path / name).write_text("echo of the user; export SECRET=of-the-user\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BASH_ENV", str(tmp_path / ".bashrc"))

    with LocalAws() as aws:
        assert lines(aws, "bash", "-lc", "echo got $SECRET") == ["got"]


def test_an_engine_runs_jobs_as_the_user_s_shell_would(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch_constructs.local.server import LocalServer
    from batch_constructs.testing.local_aws import LocalAws

    (tmp_path / "podman").write_text('#!/bin/sh\necho "$HOME: $1"; shift $(($# - 1)); echo "$1"\n')
    (tmp_path / "podman").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with LocalAws(LocalServer(engine="podman")) as aws:
        assert lines(aws, "echo", "hello") == [f"{tmp_path}: run", "hello"]
        assert aws.server.record.access.control("images", {"images": ["busybox"]}) == {
            "engine": "podman",
            "unmapped": ["busybox"],
            "processes": [],
        }


@on_linux
@pytest.mark.parametrize("job", ["first", "in the place of the first"])
def test_its_entry_in_the_list_of_users_has_that_home(local_aws: LocalAws, job: str) -> None:
    del job
    found = told(
        local_aws,
        """
        import json, os, pwd
        homes = [one.pw_dir for one in pwd.getpwall() if one.pw_uid == os.getuid()]
        print(json.dumps([homes, os.getcwd(), os.listdir(os.path.dirname(os.getcwd()))]))
        """,
    )

    homes, directory, beside = found
    assert set(homes) == {directory}
    assert not [
        name for name in beside if name.endswith(".passwd")
    ]  # it is only the job that sees it


@on_linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount")
def test_what_a_job_mounts_the_next_one_in_its_place_does_not_find(local_aws: LocalAws) -> None:
    first = lines(
        local_aws, "sh", "-c", "pwd; mount -t tmpfs of-a-job /mnt; grep of-a-job /proc/mounts"
    )
    second = lines(local_aws, "sh", "-c", "pwd; grep of-a-job /proc/mounts || echo none")

    assert first[1].startswith("of-a-job /mnt")
    assert second == [first[0], "none"]


@on_linux
def test_a_job_finds_no_process_but_those_of_jobs_and_no_key_in_them(local_aws: LocalAws) -> None:
    found = told(
        local_aws,
        """
        import json, os, pathlib
        seen = {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdecimal():
                seen[entry.name] = (entry / "environ").read_bytes().decode(errors="replace")
        print(json.dumps(seen))
        """,
    )
    secret = local_aws.server.record.access.secret_access_key
    if str(os.getpid()) in found:
        pytest.skip("this Linux gives no PID namespaces")

    assert "1" in found
    assert len(found) < 10
    assert all(secret not in environment for environment in found.values())
    assert all(
        "AWS_BATCH_JOB_ID" in environment or "HOME" not in environment
        for environment in found.values()
    )


def test_a_job_has_its_role_s_credentials_from_where_they_are_renewed(local_aws: LocalAws) -> None:
    role = job_role(local_aws, "of-a-job")

    found = told(
        local_aws,
        """
        import boto3, json, os
        credentials = boto3.Session().get_credentials()
        print(json.dumps({
            "arn": boto3.client("sts").get_caller_identity()["Arn"],
            "method": credentials.method,
            "renewable": hasattr(credentials, "_refresh_using"),
            "static": [name for name in os.environ if name in
                       ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")],
        }))
        """,
        container={"jobRoleArn": role},
    )

    assert found["arn"].endswith("assumed-role/of-a-job/ecs-tasks")
    assert found["method"] == "container-role"
    assert found["renewable"]
    assert found["static"] == []


def test_a_job_without_a_role_has_no_credentials(local_aws: LocalAws) -> None:
    assert lines(local_aws, "sh", "-c", "echo got $AWS_CONTAINER_CREDENTIALS_FULL_URI") == ["got"]


def test_a_job_reads_about_itself_as_in_amazon_ecs(local_aws: LocalAws) -> None:
    found = told(
        local_aws,
        """
        import json, os, urllib.request
        base = os.environ["ECS_CONTAINER_METADATA_URI_V4"]
        read = lambda path: json.load(urllib.request.urlopen(base + path))
        print(json.dumps({
            "container": read(""), "task": read("/task"),
            "execution": os.environ["AWS_EXECUTION_ENV"], "job": os.environ["AWS_BATCH_JOB_ID"],
        }))
        """,
    )
    job = local_aws.client("batch").describe_jobs(jobs=[found["job"]])["jobs"][0]

    container, task = found["container"], found["task"]
    assert found["execution"] == "AWS_ECS_FARGATE"
    assert task["TaskARN"] == job["container"]["taskArn"]
    assert task["LaunchType"] == "FARGATE"
    assert container["Labels"]["com.amazonaws.ecs.task-arn"] == task["TaskARN"]
    assert container["LogOptions"]["awslogs-stream"] == job["container"]["logStreamName"]
    assert [one["DockerId"] for one in task["Containers"]] == [container["DockerId"]]


def test_a_job_reads_what_it_uses_and_the_tags_of_its_task(local_aws: LocalAws) -> None:
    found = told(
        local_aws,
        """
        import json, os, urllib.request
        base = os.environ["ECS_CONTAINER_METADATA_URI_V4"]
        read = lambda path: json.load(urllib.request.urlopen(base + path))
        held, until = bytearray(64 << 20), os.times().user + 0.2
        while os.times().user < until:
            pass
        print(json.dumps({
            "container": read(""), "stats": read("/stats"), "all": read("/task/stats"),
            "tagged": read("/taskWithTags"), "used": os.times().user,
        }))
        """,
        tags={"team": "genomics"},
        propagateTags=True,
    )

    stats, identity = found["stats"], found["container"]["DockerId"]
    in_user_mode = stats["cpu_stats"]["cpu_usage"]["usage_in_usermode"] / 1e9
    assert found["tagged"]["TaskTags"] == {"team": "genomics"}
    assert stats["id"] == identity
    assert list(found["all"]) == [identity]
    assert stats["pids_stats"]["current"] == 1
    assert 0.2 <= in_user_mode <= found["used"]
    assert stats["memory_stats"]["usage"] > 64 << 20
    assert stats["memory_stats"]["limit"] == found["container"]["Limits"]["Memory"] << 20


class TestTheEndpointsLock:
    @pytest.fixture
    def addresses(self, local_aws: LocalAws) -> dict[str, str]:
        found: dict[str, str] = told(
            local_aws,
            """
            import json, os
            print(json.dumps({
                "credentials": os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"],
                "token": os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"],
                "metadata": os.environ["ECS_CONTAINER_METADATA_URI_V4"],
            }))
            """,
            container={"jobRoleArn": job_role(local_aws, f"of-{os.urandom(4).hex()}")},
        )
        url = local_aws.endpoint_url
        return {key: value.removeprefix(url) for key, value in found.items()}

    def test_credentials_take_the_container_s_token(
        self, local_aws: LocalAws, addresses: dict[str, str]
    ) -> None:
        path, token = addresses["credentials"], addresses["token"]
        other = path.replace("of-", "off")

        assert request(local_aws, "GET", path, {"Authorization": token})[0] == 200
        assert request(local_aws, "GET", path)[0] == 403
        assert request(local_aws, "GET", path, {"Authorization": "x" * 64})[0] == 403
        assert request(local_aws, "GET", other, {"Authorization": token})[0] == 403
        assert request(local_aws, "POST", path, {"Authorization": token}, "")[0] == 403

    def test_metadata_take_the_container_s_address(
        self, local_aws: LocalAws, addresses: dict[str, str]
    ) -> None:
        path = addresses["metadata"]

        assert request(local_aws, "GET", path)[0] == 404  # its job has ended
        assert request(local_aws, "GET", path[:-1] + "x")[0] == 403
        assert request(local_aws, "GET", path.rpartition("/")[0])[0] == 403

    @pytest.mark.parametrize("browser", [one for one in BROWSERS.values() if one])
    def test_no_page_is_answered_even_with_the_token(
        self, local_aws: LocalAws, addresses: dict[str, str], browser: dict[str, str]
    ) -> None:
        headers = {"Authorization": addresses["token"], **browser}

        assert request(local_aws, "GET", addresses["credentials"], headers)[0] == 403
        assert request(local_aws, "GET", addresses["metadata"], browser)[0] == 403
