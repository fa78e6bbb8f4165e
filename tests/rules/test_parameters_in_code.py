"""A parameter inside of code: whoever chooses its value runs code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from batch_constructs.rules import check_resource, check_template
from batch_constructs.rules.code_in_command import code_in
from batch_constructs.rules.interpreters import PROGRAMS, Program


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
            '"Ref::key" is inside code',
        )
    ]


class Counted(list[str]):
    """Words that count how many of them are read."""

    read = 0

    def __getitem__(self, at: Any) -> Any:
        got = super().__getitem__(at)
        self.read += len(got) if isinstance(at, slice) else 1
        return got


def test_words_behind_a_wrapper_are_read_a_few_times_each() -> None:
    """Forty thousand programs behind one took a minute."""
    words = Counted(["nice", *["awk", "-f"] * 500])

    assert code_in(words) == []
    assert words.read < 5 * len(words)


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
    ("words", "places"),
    [
        (["awk", "-f", "program.awk", "{print Ref::key}"], []),
        (["sed", None, "s/a/Ref::key/"], []),
        (["-c", "report", "print('Ref::key')"], []),
        (["sh", "-ce", "cat Ref::key"], [2]),
        (["bash", "-co", "pipefail", "cat Ref::key"], [3]),
        (["bash", "-c", "+O", "extglob", "-x", "cat Ref::key"], [5]),
        (["ksh", "-c", "cat", "-o", "Ref::key"], [2]),
        (["sh", "-c", "eval $2 $1; eval $2 $9", "x", "Ref::a", "Ref::b", "Ref::c"], [2, 4, 5]),
        (["sh", "-c", "eval $1 $@; eval $@", "x", "Ref::a", "Ref::b"], [2, 4, 5]),
        (["nu", "--commands", "open Ref::key"], [2]),
        (["npm", "exec", "-c", "tool Ref::key"], [3]),
        (["npx", "--yes", "-c", "tool Ref::key"], [3]),
        (["npx", "cdk", "deploy", "-c", "stage=Ref::stage"], []),
        (["npm", "run", "job", "--", "-c", "Ref::config"], []),
        (["npm", "exec", "--", "tool", "-c", "Ref::config"], []),
        (["nix-shell", "-p", "jq", "--run", "jq Ref::key"], [4]),
        (["sbatch", "--wrap=tool Ref::key"], [1]),
        (["tar", "xf", "a", "--checkpoint-action=exec=sh Ref::key"], [3]),
        (["tar", "xf", "a", "--to-command=sh Ref::key"], [3]),
        (["tar", "-I", "pigz Ref::options", "-cf", "a"], [2]),
        (["make", "-C", "src", "run", "KEY=Ref::key"], [4]),
        (["make", "KEY:=Ref::key", "run"], [1]),
        (["make", "-C", "Ref::folder", "Ref::target"], []),
        (["capsh", "--user=x", "--", "-c", "cat Ref::key"], [4]),
        (["clickhouse", "local", "-q", "select 'Ref::key'"], [3]),
        (["maxima", "--very-quiet", "--batch-string=f(Ref::key)"], [2]),
        (["wolframscript", "-code", "f[Ref::key]"], [2]),
        (["sh", "-c", 'eval "$0"', "Ref::key"], [2, 3]),
        (["sh", "-c", 'python -c "$0" "$1"', "Ref::code", "Ref::key"], [2, 3]),
        (["sh", "-c", 'eval "$@"', "Ref::name", "Ref::key"], [2, 4]),
        (["pixi", "run", "tool", "Ref::key"], [2, 3]),
        (["yq", '.k = "Ref::key"', "a.yaml"], [1]),
        (["yq", "eval", '.k = "Ref::key"', "a.yaml"], [2]),
        (["yq", "-o", "json", ".k", "Ref::file"], [3]),
        (["bq", "query", "--nouse_legacy_sql", "select 'Ref::key'"], [3]),
        (["bq", "show", "Ref::table"], []),
        (["aws", "athena", "start-query-execution", "--query-string", "select Ref::key"], [4]),
        (["aws", "s3", "cp", "Ref::key", "."], []),
        (["nu", "-le", "open Ref::key"], [2]),
        (["yash", "--cmdline", "cat Ref::key"], [2]),
        (["bash", "-cx", "cat Ref::key"], [2]),
        (["python", "-cprint('Ref::key')"], [1]),
        (["node", "-econsole.log('Ref::key')"], [1]),
        (["python", "train.py", "-cRef::key"], []),
        (["python", "--config-Ref::key"], []),
        (["python", "-Xlog.py", "-c", "print('Ref::key')"], [3]),
        (["perl", "-E", "say"], [2]),
        (["env", "-S", "python -c Ref::key"], [2]),
        (["env", "-iSpython -c Ref::key"], [1]),
        (["env", "--split-string=python Ref::key"], [1]),
        (["vim", "-es", "+s/a/Ref::key/", "a.txt"], [2]),
        (["vim", "+", "a.txt"], []),
        (["redis-cli", "-h", "host", "EVAL", "return 1", "0"], [4]),
        (["crystal", "eval", "puts 1"], [2]),
        (["C:\\Windows\\cmd.exe", "/C", "type", "a.txt"], [2, 3]),
        (["pwsh", "-NoProfile", "-Command", "type", "a.txt"], [3, 4]),
        (["watch", "-n", "5", "cat", "Ref::key"], [3, 4]),
        (["watch", "-x", "cat", "Ref::key"], []),
        (["ssh", "-i", "key.pem", "-p22", "host", "cat", "Ref::key"], [5, 6]),
        (["ssh", "host"], []),
        (["parallel", "-j", "4", "cat", "{}", ":::", "Ref::key"], [3, 4]),
        (["eval", "cat", "Ref::key"], [1, 2]),
        (["jq", "--arg", "a", "Ref::a", "-r", ".x", "Ref::file"], [5]),
        (["jq", "-f", "filter.jq", "Ref::file"], []),
        (["sqlite3", "-separator", ",", "a.db", "select 1", "select 2"], [4, 5]),
        (["sqlite3", "Ref::database"], []),
        (["sqlite3", "-cmd", "select 1", "a.db"], [2]),
        (["duckdb", ":memory:", "select 1"], [2]),
        (["gawk", "-f", "x.awk", "-e", "Ref::key"], [4]),
        (["timeout", "5", "jq", ".a"], [3]),
        (["tool", "--", "jq", ".a"], [3]),
        (["tool", "jq", ".a"], []),
        (["kubectl", "watch", "Ref::pod"], []),
        (["python", "main.py", "eval", "Ref::model"], []),
        (["flock", "-w", "0.5", "/x.lock", "-c", "cat Ref::key"], [5]),
        (["flock", "/x", "./run.sh", "-c", "Ref::config"], []),
        (["script", "/dev/null", "-c", "cat Ref::key"], [3]),
        (["psql", "-h", "db.example.com", "-c", "select 'Ref::key'"], [4]),
        (["mysql", "-h", "db.example.com", "-e", "select 'Ref::key'"], [4]),
        (["powershell", "type", "Ref::key"], [1, 2]),
        (["powershell", "-ExecutionPolicy", "Bypass", "type Ref::key"], [3]),
        (["powershell", "-File", "x.ps1", "Ref::key"], []),
        (["pwsh", "x.ps1", "Ref::key"], []),
        (["sh", "-c", 'eval "$1"', "x", "Ref::key"], [2, 4]),
        (["sh", "-c", 'eval run "${2}"; cat $1', "x", "Ref::a", "Ref::b"], [2, 5]),
        (["sh", "-c", 'eval "$@"', "x", "Ref::a", "Ref::b"], [2, 4, 5]),
        (["sh", "-c", 'python3 -u -c "$1"', "x", "Ref::key"], [2, 4]),
        (["sh", "-c", 'grep -c "$1"', "x", "Ref::key"], [2]),
        (["sh", "-c", 'python -c "import sys" "$1"', "x", "Ref::key"], [2]),
        (["sh", "-c", 'eval "$9"', "x", "Ref::key"], [2]),
        (["bash", "-c", 'bash -c "cat $1"', "x", "Ref::key"], [2, 4]),
        (["bash", "-c", 'sh -c "cat \\$1" x "$1"', "x", "Ref::key"], [2]),
        (["bash", "-c", 'python -c "print(1)" "$1"', "x", "Ref::key"], [2]),
        (["cmd.exe", "/S", "/C", "type Ref::key"], [3]),
        (["cmd", "/d", "/s", "/c", "type", "Ref::key"], [4, 5]),
    ],
)
def test_what_stands_before_a_word_says_whether_it_is_code(
    words: list[str | None], places: list[int]
) -> None:
    assert code_in(words) == places


@pytest.mark.parametrize(
    "command",
    [
        "python script.py Ref::k",
        "aws s3 cp Ref::k .",
        "aws batch submit-job --job-name Ref::k",
        "jq -r .x Ref::file",
        "samtools view -c Ref::bam",
        "bwa mem -t 4 Ref::genome Ref::reads",
        "nextflow run main.nf -c Ref::config",
        "env KEY=Ref::k python main.py",
        "ionice -c 2 python main.py Ref::k",
        "java -jar app.jar -e Ref::environment",
        "ssh -i Ref::key host",
        "parallel gzip ::: Ref::a Ref::b",
        "sqlite3 Ref::database .dump",
        "docker run --env K=Ref::k image",
        "find Ref::folder -name x",
        "xargs -a Ref::list rm",
        "vim Ref::file",
        "make -C Ref::folder all",
        "tar -czf Ref::file .",
        "timeout 60 ./run.sh -c Ref::config",
    ],
)
def test_honest_commands_are_no_alarm(command: str) -> None:
    assert faults({"ContainerProperties": {"Command": command.split()}}) == []


def test_every_program_of_the_table_is_known_once_and_has_its_page() -> None:
    names = [name for one in PROGRAMS for name in one.names.split()]

    assert len(names) == len(set(names))
    assert all(one.page.startswith("https://") for one in PROGRAMS)
    assert all(one.option or one.operand for one in PROGRAMS)


SPELLINGS = (
    *("-c", "-e", "-r", "-q", "-g", "-S", "/c", "eval", "--eval", "-eval", "-cmd", "--execute"),
    *("-ex", "--wrap", "--run", "--command", "run", "query", "--query-string"),
    "--checkpoint-action=exec",
)


WRITTEN_ONTO = ("make gmake",)


@pytest.mark.parametrize(
    "program", [one for one in PROGRAMS if one.option and one.names not in WRITTEN_ONTO]
)
def test_each_program_of_the_table_is_found_by_its_option(program: Program) -> None:
    for name in program.names.split():
        option = next(one for one in SPELLINGS if re.fullmatch(program.option, one))

        assert code_in([name, option, "Ref::key"]) == [2]


TESTS = Path(__file__).parent.parent
EXAMPLES = sorted(TESTS.glob("__snapshots__/test_examples/*.json"))


def test_no_example_puts_a_parameter_inside_of_code() -> None:
    """What stands in an example stands in the stacks of those who begin with it."""
    texts = [file.read_text() for file in EXAMPLES]
    found = [one for text in texts for one in check_template(json.loads(text))]

    assert any('"Ref::' in text for text in texts)
    assert [one for one in found if one.rule.endswith("parameter-in-code")] == []


def test_the_readme_gives_a_parameter_as_a_word_of_its_own() -> None:
    words = re.findall(r'"([^"\n]*Ref::[^"\n]*)"[,\]]', (TESTS.parent / "README.md").read_text())

    assert words
    assert [one for one in words if not re.fullmatch(r"Ref::\w+", one)] == []


def submitted(resource: dict[str, Any]) -> list[tuple[str, str]]:
    found = check_template({"Resources": {"It": resource}})
    return [(one.path, one.message) for one in found if one.rule == "submitted-parameter-in-code"]


def by_a_state(overrides: dict[str, Any], *, language: str) -> dict[str, Any]:
    key = "Arguments" if language == "JSONata" else "Parameters"
    request = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        key: {**request, "ContainerOverrides": overrides},
        "End": True,
    }
    definition = {"QueryLanguage": language, "StartAt": "A", "States": {"A": task}}
    properties = {"DefinitionString": json.dumps(definition), "RoleArn": "arn:aws:iam::1:role/r"}
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}


@pytest.mark.parametrize(
    ("language", "overrides", "named"),
    [
        ("JSONata", {"Command": ["sh", "-c", "{% $states.input.key %}"]}, ["$states.input.key"]),
        ("JSONata", {"Command": ["sh", "-c", "{% 'cat ' & $states.result %}"]}, ["$states.result"]),
        ("JSONata", {"Command": ["sh", "-c", 'cat "$1"', "x", "{% $states.input.key %}"]}, []),
        ("JSONata", {"Command": ["sh", "-c", "{% 'cat ' & $states.context.State.Name %}"]}, []),
        ("JSONPath", {"Command.$": "States.Array('sh', '-c', $.key)"}, ["$.key"]),
        (
            "JSONPath",
            {"Command.$": "States.Array('sh', '-c', States.Format('cat {}', $.key))"},
            ["States.Format('cat {}', $.key)"],
        ),
        ("JSONPath", {"Command.$": "States.Array('python', 'a.py', $.key)"}, []),
        ("JSONPath", {"Command.$": "$.command"}, []),
        ("JSONPath", {"Command": ["sh", "-c", "$.key"]}, []),
    ],
)
def test_the_input_of_a_state_machine_inside_of_code_is_found(
    language: str, overrides: dict[str, Any], named: list[str]
) -> None:
    found = submitted(by_a_state(overrides, language=language))

    assert len(found) == len(named)
    assert all(name in message for name, (_, message) in zip(named, found, strict=True))


@pytest.mark.parametrize(
    ("command", "path", "found"),
    [
        ('["sh", "-c", "cat <key>"]', "$.detail.key", ['"$.detail.key" is inside code']),
        ('["sh", "-c", <key>]', "$.source", ['"$.source" is inside code']),
        ('["sh", "-c", "cat <key>"]', "$.id", []),
        ('["sh", "-c", "cat $1", "x", "<key>"]', "$.detail.key", []),
        ('["python", "report.py", <key>]', "$.detail.key", []),
        ('["sh", "-c", "cat <other>"]', "$.detail.key", []),
    ],
)
def test_a_field_of_an_event_inside_of_code_is_found(
    command: str, path: str, found: list[str]
) -> None:
    target = {
        "Id": "a",
        "Arn": "arn:aws:batch:us-east-1:123456789012:job-queue/q",
        "BatchParameters": {"JobName": "j", "JobDefinition": "d"},
        "InputTransformer": {
            "InputPathsMap": {"key": path},
            "InputTemplate": f'{{"ContainerOverrides": {{"Command": {command}}}}}',
        },
    }
    rule = {"EventPattern": {"source": ["x"]}, "Targets": [target]}

    assert [
        message for _, message in submitted({"Type": "AWS::Events::Rule", "Properties": rule})
    ] == found
