"""A fact of AWS stands on the ground floor and nowhere else in the package."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore.session
import pytest

from batch_constructs.aws.authorization import RESOURCE_FORMS
from batch_constructs.aws.bound import Counting, Decimal, Matching, OneOf, Whole
from batch_constructs.aws.source import Source
from batch_constructs.aws.table import read
from tests.judges.test_sources import floor, limits

PACKAGE = Path(__file__).parents[2] / "batch_constructs"
ROOMS = sorted(path for path in PACKAGE.glob("**/*.py") if "aws" not in path.parts)
SMALLEST = 20
"""Smaller numbers mean too many things to be told apart by a search."""

UNITS = {24, 60, 100, 1000, 1024, 1440, 3600, 86_400, 1_000_000}
"""Hours, minutes, seconds, days, percent, thousands: numbers of a unit, not of a limit."""

OURS = {
    20: "entries on a page; characters of a random part; seconds of waiting",
    21: "the bytes of a manifest's line",
    30: "seconds of waiting",
    32: "characters of a digest; how deep a template is looked at",
    40: "seconds of waiting; characters and nodes that are looked at",
    50: "characters of a rule's name, of which the rest is for our endings",
    64: "bits of a digest; columns of a line",
    80: "characters that are shown; percent of a budget; bytes of a row",
    90: "percent of a time",
    120: "seconds of waiting",
    128: "the exit code of a signal; characters of a random part",
    200: "HTTP's status; characters that are shown",
    255: "the largest exit code",
    256: "the memory of our functions, the vCPUs of an environment by default",
    300: "seconds of waiting, of a metric's period",
    365: "days of a year",
    400: "HTTP's status; how deep YAML may be",
    900: "seconds between two readings",
    512: "bytes that are read or kept free",
    600: "seconds of waiting",
    2048: "an example in a message; characters of a pattern that is compared",
    4096: "buckets of a hash; bytes that are read at a time",
    10_000: "jobs, events and columns that are looked at; more is said to be more",
    16_384: "bytes that are read at a time",
    65_536: "bytes that are read at a time",
}
"""Numbers that rooms choose for themselves, and that AWS happens to have among its limits."""

PLACES = {
    ("local/batch/host.py", 262144): "a flag of Linux's mount",
    ("triggers/gateway_arguments.py", 1048576): "the bytes of a mebibyte",
    ("triggers/exponential_pattern.py", 2000): "how large a pattern is still looked at",
    ("triggers/submit_function.py", 2500): "what of a function's environment a submission takes",
}
"""The same of numbers that mean AWS's limit elsewhere."""


def facts(value: Any) -> Iterator[Any]:  # noqa: C901  # a case for each kind of fact
    """Give the numbers and the words in a value of the floor."""
    match value:
        case bool():
            return
        case int() | float() | str():
            yield value
        case Whole():
            yield from (value.low, value.high, *value.also)
        case Decimal():
            yield from (value.low, value.high)
        case Counting():
            yield from (value.low, value.high)
        case Matching():
            yield from (value.longest, value.pattern)
        case OneOf():
            yield from value.values
        case tuple() | list() | set() | frozenset():
            for one in value:
                yield from facts(getattr(one, "bound", one))
        case dict():
            for key, one in value.items():
                yield from facts(key)
                yield from facts(one)


@cache
def known() -> frozenset[Any]:
    constants = [
        value
        for module in floor()
        for name, value in vars(module).items()
        if not name.startswith("__")
    ]
    bounds = [limit.bound for limit in limits()]
    return frozenset(fact for one in (constants, bounds) for fact in facts(one) if fact is not None)


def numbers(tree: ast.AST) -> Iterator[tuple[int, float]]:
    """Give every number of a module, products such as ``24 * 1024`` worked out."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow):
            try:
                value = eval(compile(ast.Expression(node), "", "eval"), {})  # noqa: S307  # numbers
            except (NameError, AttributeError, TypeError):
                continue
            inside |= {id(part) for part in ast.walk(node)}
            if isinstance(value, int | float):
                yield node.lineno, value
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in inside:
            continue
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", ROOMS, ids=[str(path.relative_to(PACKAGE)) for path in ROOMS])
def test_no_number_of_awss_is_written_in_a_room(path: Path) -> None:
    wanted = {fact for fact in known() if isinstance(fact, int | float) and fact >= SMALLEST}
    found = [
        (line, value)
        for line, value in numbers(ast.parse(path.read_text()))
        if value in wanted - UNITS - OURS.keys()
        and (str(path.relative_to(PACKAGE)), value) not in PLACES
    ]

    assert found == []


RESOURCES = "|".join({form.partition("/")[0] for form in RESOURCE_FORMS.values()} | {"rule"})
SHAPES = {
    "an ARN": rf".*\barn:.*|:?({RESOURCES})/.*|.*:({RESOURCES})/.*|.*\baws-sdk:batch:.*",
    "an alphabet of names": r".*\[(A-Za-z|a-zA-Z)0-9_-\].*",
    "an environment variable": r"(AWS|ECS)_[A-Z][A-Z0-9_]+",
    "an error of a service": r"(\w+\.)*[A-Z]\w+Exception",
    "a source or a type of events": r"aws\.(batch|s3|events)|(Batch|Object) [A-Z][a-z]+.*",
    "a namespace of metrics": r"AWS/\w+",
    "an option of awslogs": r"awslogs-(create|group|stream-|datetime|multiline).*",
    "an operator of event patterns": r"anything-but|equals-ignore-case",
    "a log group": r"/aws/.*",
    "a principal or a domain": r".*\bamazonaws\.com.*",
    "a right to submit": r"batch:(SubmitJob|TagResource)",
    "a managed policy": r"Amazon[A-Z]\w+(Policy|Role)|(service-role/)?AWS\w*(Policy|Role)",
    "a reason of a status": r"(CAPACITY|MISCONFIGURATION):.*|Host EC2.*",
}
"""Names and patterns that are AWS's, by their shape."""

EXCUSED_FILES = {
    "client/message.py": "it is copied into images by itself, and imports nothing",
    "local/batch/host.py": "it runs as a program by itself, and imports nothing",
    "rules/access/arn_patterns.py": "how Ref and GetAtt spell a resource, in the rules' notation",
    "rules/access/missing_statement.py": "how a template spells an ARN of its own place",
}
EXCUSED = {
    "container": "a member of the API too, and a word of ours",
    "FIFO": "a setting of our function",
    ("local/batch/container_metadata.py", "RUNNING"): "how ECS calls the status of a task",
    ("local/drill.py", "RUNNING"): "how Step Functions calls the status of an execution",
    ("local/drill.py", "SUCCEEDED"): "how Step Functions calls the status of an execution",
    ("local/adapter/state_machines.py", "SUCCEEDED"): "how Step Functions calls that of a task",
    ("functions/ecs_cluster/lookup.py", "FAILED"): "what CloudFormation is answered",
    ("local/batch/service_job_details.py", "TrainingJobArn"): "said of no other service",
    ("instance_volumes.py", "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+"): "a path",
    (
        "rules/areas/submitter_rules.py",
        "use batch:submitJob.sync to wait for the job, or aws-sdk:batch:submitJob.waitForTaskToken",
    ): "what people write, in a message",
    ("jobs/log_group.py", "arn:"): "how an ARN of another Region of the account begins",
    ("construct.py", "arn:"): "how every ARN of the stack's own place begins",
    ("rules/access/job_needs.py", "arn:"): "how an ARN of any partition begins",
    ("rules/access/job_needs.py", "arn:${AWS::Partition}:ecr:"): "how a template spells it",
    ("triggers/schedule_trigger.py", "arn:"): "the partition before what the floor says",
    ("workflows/asl.py", "arn:"): "the partition before what the floor says",
    ("local/adapter/state_machines.py", "arn:aws:"): "the partition before what the floor says",
    ("local/adapter/targets.py", "arn:aws:"): "the partition before what the floor says",
    ("local/cloudformation/bucket_deployment_type.py", "arn:aws:s3:::"): "it has no other part",
    ("rules/access/kms_keys.py", "arn:aws:iam::111122223333:root"): "any account",
    ("local/batch/service_jobs.py", "/aws/sagemaker/TrainingJobs"): "said of no other service",
}
"""What has the shape of a fact that stands elsewhere, and why it is none."""


@cache
def values_of_the_api() -> frozenset[str]:
    """Give every value that AWS Batch's API enumerates, by botocore."""
    model = botocore.session.get_session().get_service_model("batch")
    shapes = map(model.shape_for, model.shape_names)
    return frozenset(value for shape in shapes for value in getattr(shape, "enum", ()))


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the texts of a module, but for docstrings, annotations and what quotes AWS's pages."""
    passed: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                passed.add(id(text))
            case ast.Call(func=ast.Name(id="api" | "docs" | "guide" | "cloudformation" | "seen")):
                passed |= {id(part) for part in ast.walk(node)}
            case ast.AnnAssign() | ast.arg() if node.annotation is not None:
                passed |= {id(part) for part in ast.walk(node.annotation)}
    for node in ast.walk(tree):
        if id(node) in passed or not isinstance(node, ast.Constant):
            continue
        if isinstance(node.value, str):
            yield node.lineno, node.value


@cache
def names_of_awss() -> dict[tuple[str, str], set[str]]:
    """Give what has the shape of AWS's names in the rooms: file and text → kinds."""
    found: dict[tuple[str, str], set[str]] = {}
    for path in ROOMS:
        name = str(path.relative_to(PACKAGE))
        for _, text in texts(ast.parse(path.read_text())):
            kinds = {kind for kind, shape in SHAPES.items() if re.fullmatch(shape, text, re.DOTALL)}
            if text in values_of_the_api():
                kinds.add("a value of AWS Batch's API")
            if kinds and path.name != "__init__.py":  # names what a room hands on
                found[name, text] = kinds
    return found


def test_no_name_and_no_pattern_of_awss_is_written_in_a_room() -> None:
    """They are looked for by their kind: a value that the API enumerates, or their shape."""
    assert {
        one: kinds
        for one, kinds in names_of_awss().items()
        if one[0] not in EXCUSED_FILES and one not in EXCUSED and one[1] not in EXCUSED
    } == {}


def test_each_excuse_is_needed() -> None:
    found = names_of_awss()
    texts_found = {text for _, text in found}
    files = {name for name, _ in found}

    assert [one for one in EXCUSED if one not in found and one not in texts_found] == []
    assert set(EXCUSED_FILES) <= files


def test_a_bare_word_in_a_room_is_found() -> None:
    tree = ast.parse('''"""FARGATE_SPOT"""
kind: "FARGATE" = f"{x}:job-queue/"
api("", "EC2")
state = "RUNNABLE"''')

    assert {text for _, text in texts(tree)} == {":job-queue/", "RUNNABLE"}


SAID_TWICE = {
    r"/(\d+)(?=/|$)": "a place in a list, in the path of a finding",
    r"[^A-Za-z0-9]": "what is no letter and no digit, in names of ours",
    r"(?<=[a-z])(?=[A-Z])": "where a name in camelCase is divided",
    r"[0-9a-f]{64}": "a SHA-256 digest",
    frozenset({"key", "version_id", "version_stage"}): "parameters of ours, read and printed",
    frozenset({"MinvCpus", "MaxvCpus", "DesiredvCpus"}): "compared, and updated in place",
}
"""Patterns and lists of names that stand in two rooms, and are no facts of AWS's."""


def written(tree: ast.AST) -> Iterator[str | frozenset[str]]:
    """Give the patterns of a module, and its lists of three names or more, whatever their order."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="re")) | ast.Name(id="pattern"),
                args=[ast.Constant(value=str(pattern)), *_],
            ):
                yield pattern
            case ast.Tuple(elts=names) | ast.List(elts=names) | ast.Set(elts=names):
                texts = [one.value for one in names if isinstance(one, ast.Constant)]
                if len(texts) == len(names) > 2 and all(isinstance(one, str) for one in texts):
                    yield frozenset(map(str, texts))


def test_no_pattern_and_no_list_of_names_stands_in_two_files() -> None:
    """What two rooms need has one place: on the floor if it is AWS's."""
    places: dict[str | frozenset[str], set[str]] = {}
    for path in sorted(PACKAGE.glob("**/*.py")):
        public = path.name == "__init__.py"  # names what a room hands on
        for one in () if public else written(ast.parse(path.read_text())):
            places.setdefault(one, set()).add(str(path.relative_to(PACKAGE)))
    twice = {one: found for one, found in places.items() if len(found) > 1}

    assert {one: found for one, found in twice.items() if one not in SAID_TWICE} == {}
    assert set(SAID_TWICE) <= set(twice), "what stands once need not be excused"


ACTION_OR_KEY = re.compile(r"[a-z][a-z0-9-]+:[A-Z]\w+\*?")


def test_no_action_and_no_condition_key_is_written_twice() -> None:
    """What two policies name has one place, ``aws/actions.py`` if none is nearer."""
    places: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.glob("**/*.py")):
        for line, text in texts(ast.parse(path.read_text())):
            if ACTION_OR_KEY.fullmatch(text):
                places.setdefault(text, []).append(f"{path.relative_to(PACKAGE)}:{line}")

    assert {text: found for text, found in places.items() if len(found) > 1} == {}
    assert len(places) > 100


WORDS = {"two": 2, "three": 3, "six": 6}
SIZES_AND_TIMES = (1, 1024, 1024**2, 3600, 86_400)


def said(module: ModuleType) -> set[float]:
    """Give the numbers of the sentences of AWS's that stand in a module, or at its limits."""
    sources = [
        str(one)
        for value in vars(module).values()
        for one in (value if isinstance(value, tuple) else [value])
        if isinstance(one, Source)
    ]
    noun = module.__name__.rpartition(".")[2]
    lines = [line for table in read("limits").values() for line in table]
    sources += [line["says"] for line in lines if f'"{noun}.' in json.dumps(line)]
    text = " ".join([module.__doc__ or "", *sources])
    found = {float(one.replace(",", "")) for one in re.findall(r"\d+(?:,\d{3})+", text)}
    found |= {float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)}
    return found | {number for word, number in WORDS.items() if re.search(rf"\b{word}\b", text)}


def bounds(module: ModuleType) -> Iterator[tuple[str, float]]:
    """Give the numbers of a module's constants, by their names, products worked out."""
    for node in ast.parse(Path(str(module.__file__)).read_text()).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.BinOp() as product):
                if isinstance(value := vars(module)[name], int | float):
                    yield name, value
                else:
                    yield from ((name, number) for _, number in numbers(product))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                if not name.startswith("_") and not name.endswith("_SOURCE"):
                    yield from ((name, number) for _, number in numbers(value))


@pytest.mark.parametrize("module", floor(), ids=lambda one: one.__name__.rpartition(".")[2])
def test_each_bound_of_the_floor_stands_in_a_sentence_of_awss(module: ModuleType) -> None:
    """Fargate's sizes are a table of AWS's, which no sentence tells."""
    known_there = said(module)
    found = [
        (name, number)
        for name, number in bounds(module)
        if number > 1
        and (module.__name__.rpartition(".")[2], name) != ("fargate_sizes", "MEMORY")
        and not any(number / unit in known_there for unit in SIZES_AND_TIMES)
    ]

    assert found == []
