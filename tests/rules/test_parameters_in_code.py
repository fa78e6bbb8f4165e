"""A parameter inside of code: whoever chooses its value runs code."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_resource
from batch_constructs.rules.interpreters import code_at


def faults(properties: dict[str, Any]) -> list[tuple[str, str]]:
    found = check_resource("AWS::Batch::JobDefinition", properties)
    return [(one.path, one.message) for one in found if one.rule == "parameter-in-code"]


@pytest.mark.parametrize(
    "before",
    [
        ["python", "-c"],
        ["python3.13", "-uc"],
        ["/usr/bin/python3", "-u", "-c"],
        ["sh", "-c"],
        ["/bin/bash", "-euo", "pipefail", "-c"],
        ["bash", "-lc"],
        ["env", "A=b", "timeout", "5", "sh", "-c"],
        ["busybox", "sh", "-c"],
        ["node", "-e"],
        ["node", "--eval"],
        ["perl", "-ne"],
        ["ruby", "-e"],
        ["php", "-r"],
        ["Rscript", "-e"],
        ["julia", "-E"],
        ["pwsh", "-NoProfile", "-Command"],
        ["C:\\\\Windows\\\\cmd.exe", "/C"],
        ["-c"],
        ["sh", "-c", "-e"],
        ["su", "-c"],
        ["awk"],
        ["/usr/bin/gawk", "-F", ",", "-v", "a=b"],
        ["mawk", "-F,", "--"],
        ["busybox", "awk"],
        ["gawk", "-e"],
        ["sed"],
        ["sed", "-n"],
        ["sed", "-i.bak", "-E"],
        ["sed", "-ne"],
        ["elixir", "-e"],
        ["clickhouse-client", "--query"],
        ["tcsh", "-c"],
    ],
)
def test_it_is_found_behind_the_option_of_any_interpreter(before: list[str]) -> None:
    command = [*before, "run --key Ref::key; true", "Ref::other"]

    assert faults({"ContainerProperties": {"Command": command}}) == [
        (
            f"Properties/ContainerProperties/Command/{len(before)}",
            '"Ref::key" stands inside of code',
        )
    ]


@pytest.mark.parametrize(
    "command", [["node", "--eval=f(Ref::key)"], ["bash", "--command=Ref::key"]]
)
def test_it_is_found_in_the_option_itself(command: list[str]) -> None:
    [(path, _)] = faults({"ContainerProperties": {"Command": command}})

    assert path == "Properties/ContainerProperties/Command/1"


def test_a_parameter_that_is_the_code_is_found() -> None:
    assert faults({"ContainerProperties": {"Command": ["sh", "-c", "Ref::script"]}})


@pytest.mark.parametrize(
    "command",
    [
        ["python", "-c", "import sys; print(sys.argv[1])", "Ref::key"],
        ["sh", "-c", 'cat "$1"', "cat", "Ref::key"],
        ["python", "main.py", "-c", "Ref::config"],
        ["python", "-m", "tool", "-c", "Ref::config"],
        ["grep", "-c", "Ref::word"],
        ["gzip", "-c", "Ref::file"],
        ["awk", "{print $1}", "Ref::file"],
        ["awk", "-f", "program.awk", "Ref::file"],
        ["awk", "-v", "key=Ref::key", "{print key}"],
        ["awk", "-F", "Ref::separator", "{print}"],
        ["sed", "-f", "script.sed", "Ref::file"],
        ["sed", "-n", "1p", "Ref::file"],
        ["sed", "-n", "-e", "1p", "Ref::file"],
        ["awk"],
        ["-c", "Ref::config"],
        ["/references/Ref::genome"],
        ["sh", "-c"],
        ["sh", "-c", "-e"],
        [],
    ],
)
def test_a_word_of_its_own_is_no_code(command: list[str]) -> None:
    assert faults({"ContainerProperties": {"Command": command}}) == []


def test_the_arguments_of_a_pod_follow_its_command() -> None:
    container = {"Command": ["sh", "-c"], "Args": ["echo Ref::key"]}
    pod = {"PodProperties": {"Containers": [container]}}

    assert [path for path, _ in faults({"EksProperties": pod})] == [
        "Properties/EksProperties/PodProperties/Containers/0/Args/0"
    ]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["awk", "-f", "program.awk", "{print Ref::key}"], None),
        (["sed", None, "s/a/Ref::key/"], None),
        (["-c", "report", "print('Ref::key')"], None),
        (["sh", "-ce", "cat Ref::key"], 2),
        (["bash", "-cx", "cat Ref::key"], 2),
        (["python", "-cprint('Ref::key')"], 1),
        (["node", "-econsole.log('Ref::key')"], 1),
        (["python", "train.py", "-cRef::key"], None),
        (["python", "--config-Ref::key"], None),
        (["python", "-Xlog.py", "-c", "print('Ref::key')"], 3),
    ],
)
def test_what_stands_before_a_word_says_whether_it_is_code(
    words: list[str | None], place: int | None
) -> None:
    assert code_at(words) == place
