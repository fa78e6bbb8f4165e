"""docs/client.md, executed against an in-process Batch."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from tests.client.test_batch_client import detail
from tests.functions.aws_in_process import answer

if TYPE_CHECKING:
    from batch_constructs.client import BatchClient
    from tests.functions.aws_in_process import Aws

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = FENCE.findall(PAGE)
REDRIVEN = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8"


@pytest.fixture(autouse=True)
def here(aws: Aws, client: BatchClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that succeed at once, but the one that the page redrives."""

    def tell(body: dict[str, Any]) -> Any:
        known = {job["jobId"]: job for job in aws.batch.jobs}
        jobs = [detail(REDRIVEN, "FAILED", container={})] if REDRIVEN in body["jobs"] else []
        for job_id in body["jobs"]:
            if job_id in known:
                size = known[job_id].get("arrayProperties", {}).get("size")
                counts = {"size": size, "statusSummary": {"SUCCEEDED": size}} if size else {}
                name = known[job_id]["jobName"]
                job = detail(job_id, "SUCCEEDED", arrayProperties=counts, container={})
                jobs.append({**job, "jobName": name})
        return answer(200, {"jobs": jobs})

    def listed(body: dict[str, Any]) -> Any:
        return (
            answer(200, {"jobSummaryList": []})
            if "arrayJobId" in body
            else (aws.batch.ListJobs(body))
        )

    def stopped(body: dict[str, Any]) -> Any:
        return answer(200, {"successful": body["jobs"], "errors": []})

    aws.batch.script |= {
        "DescribeJobs": tell,
        "ListJobs": listed,
        "CancelJobs": stopped,
        "TerminateJobs": stopped,
    }
    monkeypatch.setattr("boto3.client", lambda name, **_: {"batch": client._batch}[name])
    monkeypatch.setattr("batch_constructs.client.client_commands._client", lambda: client)
    monkeypatch.setattr("batch_constructs.client.BatchClient", lambda: client)
    monkeypatch.chdir(tmp_path)
    (graph,) = [text for language, text in SNIPPETS if language == "json"]
    Path("graph.json").write_text(graph)


def test_the_commands_of_the_page_run(aws: Aws) -> None:
    commands = [
        command for language, text in SNIPPETS if language == "sh" for command in text.splitlines()
    ]

    for command in commands:
        words = shlex.split(command.removeprefix("uv run batch-constructs "))
        result = CliRunner().invoke(main, words, catch_exceptions=False)
        assert result.exit_code == 0, f"{command}\n{result.output}"

    assert [job["jobName"] for job in aws.batch.jobs] == [
        "nightly",
        "pages",
        "try",
        "monday--split",
        "monday--work",
        "monday--merge",
        "name-redrive-4c7599ae-0a82-49aa-ba5a-4727fcce14a8-b1b87760",  # memory is changed
    ]


def test_the_python_of_the_page_runs(aws: Aws) -> None:
    (code,) = [text for language, text in SNIPPETS if language == "py"]

    exec(code, {})  # noqa: S102  # our own page

    assert [job["jobName"] for job in aws.batch.jobs] == ["report", "pages"]
    assert aws.calls["batch:CancelJobs"] == aws.calls["batch:TerminateJobs"] == 1
