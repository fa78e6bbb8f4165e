"""Deploying runs the app as the cdk CLI would run it, or leaves that to the CLI."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from batch_constructs.local.cdk_deployment import CdkApp, CdkDeployer
from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable

APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
out.mkdir(parents=True, exist_ok=True)
stack = {
    "type": "aws:cloudformation:stack",
    "environment": "aws://" + os.environ["CDK_DEFAULT_ACCOUNT"] + "/us-east-1",
    "properties": {"templateFile": "t.json"},
}
(out / "t.json").write_text('{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
found = {"artifacts": {context.get("name", "Jobs"): stack}, "missing": context.get("missing", [])}
(out / "manifest.json").write_text(json.dumps(found))
print("the app says this")
"""


class Deployed:
    """A deployer for an app of one file, what it showed, and what the CLI was asked for."""

    def __init__(self, directory: Path, app: str) -> None:
        self.directory = directory
        self.shown: list[str] = []
        self.asked: list[list[str]] = []
        (directory / "app.py").write_text(app)
        answers: dict[str, dict[str, Any]] = {
            "types": {"types": ["AWS::SNS::Topic"]},
            "images": {"engine": None, "processes": []},
        }
        access = SimpleNamespace(region="us-east-1", control=lambda action, _: answers[action])
        self.deployer = deployer = CdkDeployer.__new__(CdkDeployer)
        deployer._app = CdkApp(directory=directory, command="python3 app.py")
        deployer._output = self.output = directory / "cdk.out"
        deployer._show = self.shown.append
        deployer._said = set()
        deployer._build = None
        deployer._record = SimpleNamespace(account_id="123456789012", access=access)  # type: ignore[assignment]
        deployer._environment = {"HOME": str(directory / "home"), "PATH": "/usr/bin:/bin"}
        deployer._cli = self  # type: ignore[assignment]
        complete = {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}
        deployer._client = lambda _: SimpleNamespace(describe_stacks=lambda **_: complete)

    def run(self, arguments: list[str], **_: Any) -> None:
        """Do what the CLI does."""
        self.asked.append(arguments)
        if arguments[0] == "synth":
            raise LocalAwsError("the CLI is asked to run the app")

    def configure(self, **settings: Any) -> None:
        (self.directory / "cdk.json").write_text(json.dumps(settings))


@pytest.fixture
def deployed(tmp_path: Path) -> Callable[[str], Deployed]:
    return lambda app: Deployed(tmp_path, app)


def test_what_is_deployed_is_what_the_app_wrote_and_what_it_printed_is_shown(
    deployed: Callable[[str], Deployed],
) -> None:
    here = deployed(APP)
    here.configure(context={"name": "Named"})

    names = here.deployer.deploy()

    assert names == ["Named"]
    assert "the app says this" in here.shown
    (words,) = here.asked
    assert words[0] == "deploy"
    assert words[-2:] == ["--app", str(here.output)]


@pytest.mark.parametrize("before", [False, True])
def test_an_app_that_writes_nothing_is_not_deployed(
    deployed: Callable[[str], Deployed], *, before: bool
) -> None:
    here = deployed(APP)
    if before:
        here.deployer.deploy()
    (here.directory / "app.py").write_text("print('synth() is forgotten')")
    here.asked.clear()

    with pytest.raises(LocalAwsError, match=r"without writing a cloud assembly.*call synth\(\)"):
        here.deployer.deploy()

    assert here.asked == []
    assert (here.output / "manifest.json").exists() is before  # what destroy knows the stacks by


def test_an_app_that_fails_says_why(deployed: Callable[[str], Deployed]) -> None:
    here = deployed("raise SystemExit('no queue')")

    with pytest.raises(LocalAwsError, match=r"python3 app.py failed:\nno queue"):
        here.deployer.deploy()


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cdk.json", '{"app": '),
        ("cdk.json", "[1]"),
        ("cdk.json", '{"context": 3}'),
        ("cdk.json", '{"build": "make"}'),
        ("cdk.json", json.dumps({"context": {"long": "x" * 200_000}})),
        ("cdk.json", '{"context": {"missing": [{"key": "vpc"}]}}'),
        ("cdk.context.json", "{"),
        ("home/.cdk.json", "{}"),
    ],
)
def test_what_the_cli_has_to_read_itself_is_left_to_it(
    deployed: Callable[[str], Deployed], file: str, text: str
) -> None:
    here = deployed(APP)
    (here.directory / "home").mkdir()
    (here.directory / file).write_text(text)

    with pytest.raises(LocalAwsError, match="the CLI is asked to run the app"):
        here.deployer.deploy()
