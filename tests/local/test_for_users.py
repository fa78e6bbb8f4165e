"""What users' own tests get: the plugin, ``local_aws``, ``deploy(stack)``, events."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from batch_constructs.local.errors import LocalAwsError
from batch_constructs.testing.local_aws import LocalAws

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "local.md"


def snippet(language: str, containing: str) -> str:
    """The snippet of the documentation that contains a word."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    (found,) = [text for text in fence.findall(PAGE.read_text()) if containing in text]
    return str(found)


@pytest.mark.local_aws
def test_a_project_s_own_suite_deploys_submits_and_sees_events(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(snippet("python", "def test_my_job"))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_the_plugin_costs_a_suite_without_the_fixture_nothing() -> None:
    heavy = "{'boto3', 'aws_cdk', 'batch_constructs.testing.local_aws'}"
    code = textwrap.dedent(
        f"""
        import sys
        import batch_constructs.testing.plugin
        print(sorted({heavy} & set(sys.modules)))
        """
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


@pytest.mark.local_aws
def test_a_stack_that_fails_says_what_failed_in_it(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    stack = new_stack()
    cdk.CfnResource(
        stack, "Policy", type="AWS::Batch::SchedulingPolicy", properties={"Nonsense": "x"}
    )

    with pytest.raises(LocalAwsError, match=r"Policy \(AWS::Batch::SchedulingPolicy\): .*Nonsense"):
        local_aws.deploy(stack)


@pytest.mark.local_aws
def test_deploying_the_same_stack_again_changes_nothing(
    local_aws: LocalAws, new_stack: Callable[[], cdk.Stack]
) -> None:
    def stack() -> cdk.Stack:
        made = new_stack()
        sqs.Queue(made, "Queue")
        return made

    assert local_aws.deploy(stack()) == local_aws.deploy(stack())


@pytest.mark.local_aws
def test_an_event_that_does_not_come_is_said_with_those_that_did(local_aws: LocalAws) -> None:
    with local_aws.events({"source": ["of.another.test"]}) as events:
        local_aws.client("events").put_events(
            Entries=[{"Source": "of.another.test", "DetailType": "Came", "Detail": "{}"}]
        )
        events.wait_for(lambda event: event["detail-type"] == "Came")

        with pytest.raises(TimeoutError, match="received: Came"):
            events.wait_for(lambda event: event["detail-type"] == "Other", timeout_seconds=0)


def test_a_server_that_was_not_started_is_said() -> None:
    with pytest.raises(RuntimeError, match="the embedded AWS is not running; start it first"):
        LocalAws().deploy(cdk.Stack(cdk.App(), "Any"))


@pytest.mark.local_aws
@pytest.mark.cdk_cli
def test_the_commands_of_the_documentation_deploy_the_app_of_the_readme(tmp_path: Path) -> None:
    root = PAGE.parents[1]
    for name in ("app.py", "cdk.json"):
        shutil.copy(root / name, tmp_path)
    commands = snippet("sh", "local deploy").replace("uv run ", f"{sys.executable} -m ")
    script = "set -e\n" + commands.replace("batch-constructs", "batch_constructs")

    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\w+: \d+ resources$", done.stdout, re.MULTILINE)
    assert re.search(r"^  there +AWS::Batch::JobQueue +\w+ \(VALID\)$", done.stdout, re.MULTILINE)
    assert "missing" not in done.stdout
    assert "http://127.0.0.1:" in done.stdout.splitlines()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.py", "cdk.json"]
