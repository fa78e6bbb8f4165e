"""What is done at once, and what others wait for no longer than they have to."""

from __future__ import annotations

import os
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.batch.host_link import HostLink
from batch_constructs.local.batch.random_ids import new_id
from tests.local.batch.conftest import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batch_constructs.local.batch import BatchService
    from tests.local.batch.conftest import Account, RecordingPorts

ROLE = f"arn:aws:iam::{ACCOUNT}:role/job"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:login-AbCdEf"


def test_a_job_that_waits_for_nobody_is_on_its_way_when_its_submission_is_answered(
    ready: Account, service: BatchService, monkeypatch: pytest.MonkeyPatch
) -> None:
    started_by: list[int] = []
    run = HostLink.run

    def noted(*given: Any, **more: Any) -> None:
        started_by.append(threading.get_ident())
        run(*given, **more)

    monkeypatch.setattr(HostLink, "run", noted)
    ready.definition("true")

    service.handle("SubmitJob", {"jobName": "job", "jobQueue": "queue", "jobDefinition": "job"})

    assert started_by == [threading.get_ident()]


@pytest.mark.parametrize("waits_for", ["role", "secret", "image"])
def test_requests_are_answered_while_a_job_waits_for_others(
    make_account: Callable[..., tuple[Account, BatchService]],
    ports: RecordingPorts,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    waits_for: str,
) -> None:
    there, in_time = threading.Event(), []

    def slow(*_: Any, **__: Any) -> str:
        in_time.append(there.wait(20))
        return "value"

    def slow_role(*, container: str, job_role_arn: str | None) -> dict[str, str]:
        return {**ports.environment, "OF": slow(container, job_role_arn)}

    monkeypatch.setattr(ports, "secret_value", slow)
    if waits_for == "role":
        monkeypatch.setattr(ports, "job_environment", slow_role)
    skopeo = tmp_path / "skopeo"
    wait = f'for _ in $(seq 200); do [ -e "{tmp_path}/there" ] && exit 1; sleep 0.1; done'
    skopeo.write_text(f"#!/bin/sh\n{wait}\n")
    skopeo.chmod(0o755)
    account, _ = make_account(
        images={"*:slow": "docker://"},
        environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    account.environment()
    account.queue()
    containers: dict[str, dict[str, Any]] = {
        "role": {"jobRoleArn": ROLE},
        "secret": {"secrets": [{"name": "PASSWORD", "valueFrom": SECRET}]},
        "image": {"image": "any:slow"},
    }
    account.definition("true", container=containers[waits_for])

    job_id = account.submit()

    assert account.job(job_id)["status"] == "STARTING"
    there.set()
    (tmp_path / "there").touch()
    account.ended(job_id)
    assert all(in_time)


def test_any_number_of_jobs_can_fail_before_they_run(ready: Account) -> None:
    ready.definition("true")
    too_long = {"environment": [{"name": "A", "value": "x" * 9000}]}

    job = ready.ended(ready.submit(arrayProperties={"size": 600}, containerOverrides=too_long))

    assert job["arrayProperties"]["statusSummary"]["FAILED"] == 600


def test_an_id_is_a_uuid_of_version_4_and_no_other_is_like_it() -> None:
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all((uuid.UUID(one).version, str(uuid.UUID(one))) == (4, one) for one in ids)
    assert {uuid.UUID(one).variant for one in ids} == {uuid.RFC_4122}
