"""A name of AWS's stands on the ground floor and nowhere else in the package.

Looked for in the rooms' texts, docstrings and annotations left out, are: what has the shape of a
name of AWS's; every value that the API of AWS Batch enumerates; every pattern of the floor; every
word of the floor's own constants that has a shape of its own, also as a part of a longer text; and
three words of the floor or more in a row. What is not seen: a word without a shape, such as ``job``
or ``image``; a member of an API, since every room speaks of members; a name in a sentence for
people, of which two plain words or more are left without it; and what is put together of parts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType

import botocore.session
import pytest

from batch_constructs.aws.authorization import RESOURCE_FORMS
from batch_constructs.aws.source import Source
from batch_constructs.aws.table import read
from tests.aws.rooms import FILES, ROOMS, known, numbers, parsed, texts, texts_of
from tests.judges.test_sources import floor

RESOURCES = "|".join(
    {form.partition("/")[0] for form in RESOURCE_FORMS.values()} | {"event-bus", "rule"}
)
SHAPES = {
    kind: re.compile(shape, re.DOTALL)
    for kind, shape in {
        "an ARN": rf".*\barn:.*|:?({RESOURCES})/.*|.*:({RESOURCES})/.*|.*\baws-sdk:batch:.*",
        "an alphabet of names": r".*\[((A-Za-z|a-zA-Z)0-9_|\\w)-\].*",
        "an environment variable": r"(AWS|ECS)_[A-Z][A-Z0-9_]+",
        "an error of a service": r"(\w+\.)*[A-Z]\w+Exception",
        "an error of a state machine": r"States\.\w+",
        "a source or a type of events": r"aws\.(batch|s3|events)|(Batch|Object) [A-Z][a-z]+.*",
        "a namespace of metrics": r"AWS/\w+",
        "an option of awslogs": r"awslogs-(create|group|stream-|datetime|multiline).*",
        "an operator of event patterns": r"anything-but|equals-ignore-case",
        "a log group": r"/aws/.*",
        "a principal or a domain": r".*\bamazonaws\.com.*",
        "a right to submit": r"batch:(SubmitJob|TagResource)",
        "a managed policy": r"Amazon[A-Z]\w+(Policy|Role)|(service-role/)?AWS\w*(Policy|Role)",
        "a reason of a status": r"(CAPACITY|MISCONFIGURATION):.*|Host EC2.*",
    }.items()
}
"""Names and patterns that are AWS's, by their shape."""

_SUCH_OVERRIDES = 'LaunchTemplateOverride(launch_template=…, instance_types=["g5"])'
_SUCH_A_FAMILY = 'OperatingSystemFamily.WINDOWS_SERVER_2022_CORE or "WINDOWS_SERVER_2022_CORE"'
ALONE = {
    "client/message.py": """ARRAY_INDICES ARRAY_INDICES= AWS_ACCESS_KEY_ID
        AWS_BATCH_JOB_ARRAY_INDEX AWS_ENDPOINT_URL
        AWS_CONTAINER_AUTHORIZATION_TOKEN AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
        AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
        AWS_ENDPOINT_URL_S3 AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN amazonaws.com
        amazonaws.com.cn""",
}
"""Files that run by themselves and import nothing, with the names of the floor that they have."""

EXCUSED = {
    ("functions/submission/settings.py", "FIFO"): "a setting of our function",
    ("triggers/submission_gateway.py", "FIFO"): "a setting of our function",
    ("rules/access/arn_patterns.py", "rule/%"): "how GetAtt spells it, in the rules' notation",
    ("rules/access/arn_patterns.py", "arn:"): "how every ARN begins",
    ("rules/access/arn_patterns.py", ".amazonaws.com/%"): "how GetAtt spells a repository",
    ("rules/access/missing_statement.py", "arn:${AWS::Partition}:"): "how a template spells it",
    ("local/batch/container_metadata.py", "RUNNING"): "how ECS calls the status of a task",
    ("local/adapter/pipes.py", "RUNNING"): "how Pipes calls the state of a pipe",
    ("functions/job_events/cause.py", "OutOfMemory"): "a cause, as our metric calls it",
    ("monitoring/job_gauges.py", "JobsSubmitted"): "a gauge of ours",
    ("local/environment_variables.py", "us-east-1"): "where the embedded AWS says it is",
    ("compute/launch_template_overrides.py", _SUCH_OVERRIDES): "an example in a message",
    ("jobs/single_container_job_definition.py", _SUCH_A_FAMILY): "an example in a message",
    ("local/batch/service_job_details.py", "TrainingJobArn"): "said of no other service",
    ("instance_volumes.py", "(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+"): "a path",
    (
        "rules/areas/submitter_rules.py",
        "use batch:submitJob.sync to wait for the job, or aws-sdk:batch:submitJob.waitForTaskToken",
    ): "what people write, in a message",
    ("jobs/log_group.py", "arn:"): "how an ARN of another Region of the account begins",
    ("queue_senders.py", '"arn::events:::rule/",'): "how many characters it has",
    ("queue_senders.py", '"arn::sns:::",'): "how many characters it has",
    (
        "rules/access/policy_document.py",
        r"arn:[^:]*:(?:ssm|secretsmanager):[^:]*:[^:]*:(?P<kind>parameter(?=/\*)|secret(?=:\*))[:/]\*+",
    ): "what is written for all of them",
    ("jobs/past_the_l1.py", "NodeProperties/NodeRangeProperties/*"): "where the L1 lacks it",
    ("mounted_bucket.py", "arn:"): "how an ARN begins, which may be a token",
    ("construct.py", "arn:"): "how every ARN of the stack's own place begins",
    ("rules/access/job_needs.py", "arn:"): "how an ARN of any partition begins",
    ("rules/access/job_needs.py", "arn:${AWS::Partition}:ecr:"): "how a template spells it",
    ("triggers/schedule_trigger.py", "arn:"): "the partition before what the floor says",
    ("workflows/asl.py", "arn:"): "the partition before what the floor says",
    ("local/adapter/state_machines.py", "arn:aws:"): "the partition before what the floor says",
    ("local/adapter/task_rights.py", "arn:aws:"): "the partition before what the floor says",
    ("local/adapter/targets.py", "arn:aws:"): "the partition before what the floor says",
    ("local/cloudformation/bucket_deployment_type.py", "arn:aws:s3:::"): "it has no other part",
    ("rules/access/kms_keys.py", "arn:aws:iam::111122223333:root"): "any account",
    ("rules/areas/log_group_rules.py", "STANDARD"): "a class of log groups",
    ("testing/synthesis.py", "ERROR"): "a level of the CDK's annotations",
    (
        "rules/areas/policy_language_rules.py",
        "write * or an ARN, such as arn:aws:s3:::bucket/*",
    ): "an example in a message",
    ("local/batch/service_jobs.py", "/aws/sagemaker/TrainingJobs"): "said of no other service",
}
"""What looks like a fact that stands elsewhere, and why it is none."""

EXCUSES = EXCUSED.keys() | {(file, name) for file in ALONE for name in ALONE[file].split()}


@cache
def values_of_the_api() -> frozenset[str]:
    """Give every value that AWS Batch's API enumerates, by botocore."""
    model = botocore.session.get_session().get_service_model("batch")
    shapes = map(model.shape_for, model.shape_names)
    values = {value for shape in shapes for value in getattr(shape, "enum", ())}
    return frozenset(values - OF_SENTENCES.keys())


OF_OTHER_APIS = ("cloudwatch", "ecs", "events", "logs", "scheduler", "stepfunctions", "sts")


@cache
def members() -> frozenset[str]:
    """Give the members and properties that rooms speak of, in either case."""
    session = botocore.session.get_session()
    found = set(re.findall(r'"(\w+)"', json.dumps(read("model"))))
    for service in ("batch", *OF_OTHER_APIS):
        model = session.get_service_model(service)
        for shape in map(model.shape_for, model.shape_names):
            found |= {*getattr(shape, "members", ())}
    return frozenset(one[:1].upper() + one[1:] for one in found)


def has_a_shape(word: str) -> bool:
    """Tell whether a word of the floor can be looked for, whatever stands around it."""
    steps = word.split("/")
    if re.search("[A-Za-z]", word) is None or all(
        one[:1].upper() + one[1:] in members() for one in steps
    ):
        return False
    return re.search(SHAPE_OF_ITS_OWN, word) is not None and not word.startswith("AWS::")


SHAPE_OF_ITS_OWN = re.compile(
    r"\w[ :./-]\w.*\S$|/\w|[a-z][A-Z]|^[A-Z\d]+_[A-Z\d_]+$|^[A-Z]{5,}$|^[a-z]{1,3}\d[a-z]*$"
)
"""Two words; a colon, dot, slash, hyphen or capital inside; capitals alone; an instance family."""

ONLY_BY_THEMSELVES = re.compile(r"[A-Z]{5,}")
"""Words that short messages have, such as ``is INVALID``."""

OF_SENTENCES = {
    "multi-node": "how a message calls jobs",
    "single-node": "how a message calls jobs",
    "Managed Instances": "how a message calls jobs",
    "not for service jobs": "how a metric is described",
    "s3": "how a service is called",
    "to write": "what a message says of a bucket, too",
    "JOB_DEFINITION": "a variable of our functions, too",
    "SHARE_IDENTIFIER": "a variable of our functions, too",
    "container": "a member of the API too, and a word of ours",
    "detail-type": "a member of every event",
}
"""Words of the floor that are no names of AWS's alone."""


@cache
def words_of_the_floor() -> frozenset[str]:
    """Give those that can be looked for: of constants, enumerations, instance families."""
    enumerated = {
        str(one)
        for module in floor()
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum)
        for one in kind
    }
    written = {str(one) for one in known() if isinstance(one, str)}
    families = {*read("instance_types")["families"]}
    return frozenset(filter(has_a_shape, enumerated | written | families)) - OF_SENTENCES.keys()


@cache
def as_a_whole(word: str) -> re.Pattern[str]:
    """Give the pattern of a word that is no part of another, nor an action of another service."""
    before = r"(?:(?<!:)|(?<=\bbatch:))" if word.isalnum() else ""
    after = r"(?![\w-])" if word[-1].isalnum() else ""
    return re.compile(rf"(?<![\w-]){before}{re.escape(word)}{after}")


def stands_in(word: str, text: str) -> bool:
    if ONLY_BY_THEMSELVES.fullmatch(word):
        return word == text
    return as_a_whole(word).search(text) is not None


def words_in(text: str, words: Iterable[str]) -> set[str]:
    """Give those words of the floor in a text that it does not say in a sentence."""
    row = set(re.findall(r"[^\s,|]+", text))
    if len(row) > 2 and row <= values_of_the_api() | known():
        return row
    near = [one for one in words if one in text and stands_in(one, text)]
    left = text
    for word in sorted(near, key=len, reverse=True):
        left = left.replace(word, " ")
    if len(re.findall(r"(?<![\w:])[a-z]{2,}(?![\w:])", left)) > 1:
        return {one for one in near if one.count(" ") > 1}
    return set(near)


def names_in(texts: Collection[str]) -> dict[str, set[str]]:
    """Give what looks like a name of AWS's, and why: its shape, or the words of the floor in it."""
    together = "\n".join(texts)
    words = [one for one in words_of_the_floor() if one in together]
    found = {}
    for text in texts:
        kinds = {kind for kind, shape in SHAPES.items() if shape.fullmatch(text)}
        if text in values_of_the_api():
            kinds.add("a value of AWS Batch's API")
        if len(text) > 1 and text in known() and re.search(r"[\\\[(]", text):
            kinds.add("a pattern of the floor's")
        found[text] = kinds | words_in(text, words)
    return {text: kinds for text, kinds in found.items() if kinds}


@cache
def names_of_awss() -> dict[tuple[str, str], set[str]]:
    """Give what looks like a name of AWS's in the rooms: file and text → why."""
    return {
        (file, text): kinds
        for file in ROOMS
        for text, kinds in names_in({text for _, text in texts_of(file)}).items()
    }


def test_no_name_and_no_pattern_of_awss_is_written_in_a_room() -> None:
    assert {one: kinds for one, kinds in names_of_awss().items() if one not in EXCUSES} == {}


def test_each_excuse_is_needed() -> None:
    assert EXCUSES - names_of_awss().keys() == set()


@pytest.mark.parametrize(
    "text",
    [
        "FARGATE",
        "JobsMovedToPending",
        "alias/aws/sns",
        "policy/service-role/AWSBatchServiceRole",
        "batch:CancelJob or batch:TerminateJob",
        "awslogs splunk awsfirelens",
        "Your Spot Task was interrupted",
        "stopped, since Your Spot Task was interrupted, as one says",
        "nvidia.com/gpu",
        "g4dn",
        "p3",
        ":job-queue/",
        "[A-Za-z0-9][\\w-]{0,127}",
        r"\d{12}",
    ],
)
def test_a_name_of_awss_in_a_room_is_found(text: str) -> None:
    assert names_in([text])


@pytest.mark.parametrize("text", ["job", "say what SubmitJob takes of it", "ecs:TagResource"])
def test_what_is_no_name_or_stands_in_a_sentence_is_let_be(text: str) -> None:
    assert names_in([text]) == {}


def test_docstrings_annotations_and_pages_are_not_searched() -> None:
    tree = ast.parse('''"""FARGATE_SPOT"""
kind: "FARGATE" = f"{x}:job-queue/"
api("", "EC2")
state = "RUNNABLE"''')

    assert {text for _, text in texts(tree)} == {":job-queue/", "RUNNABLE"}


SAID_TWICE = {
    r"/(\d+)(?=/|$)": "a place in a list, in the path of a finding",
    r"[^A-Za-z0-9]": "what is no letter and no digit, in names of ours",
    r"[0-9a-f]{64}": "a SHA-256 digest",
    r"([0-9]{1,5})(?:-([0-9]{1,5}))?": "indices of ours, read by a file that runs by itself, too",
    frozenset({"key", "version_id", "version_stage"}): "parameters of ours, read and printed",
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
    for file in FILES:
        public = file.endswith("__init__.py")  # names what a room hands on
        for one in () if public else written(parsed(file)):
            places.setdefault(one, set()).add(file)
    twice = {one: found for one, found in places.items() if len(found) > 1}

    assert {one: found for one, found in twice.items() if one not in SAID_TWICE} == {}
    assert set(SAID_TWICE) <= set(twice), "what stands once need not be excused"


def test_no_sentence_of_a_page_is_quoted_twice() -> None:
    places: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.walk(parsed(file)):
            match node:
                case ast.Call(
                    func=ast.Name(id="api" | "docs" | "guide" | "cloudformation" | "seen"),
                    args=[page, ast.Constant(value=str(says))],
                ):
                    key = f"{ast.unparse(page)} {says}"
                    places.setdefault(key, []).append(f"{file}:{node.lineno}")

    assert {said: found for said, found in places.items() if len(found) > 1} == {}
    assert len(places) > 300


ACTION_OR_KEY = re.compile(
    r"([a-z][a-z0-9-]+:[A-Z]\w+\*?|(?i:aws|cdk|iam|kms):\w[\w-]*)(:[\w:-]+)?"
)
"""Also the keys of what the CDK says of its own; whoever compares keys writes small letters."""


def test_no_action_and_no_condition_key_is_written_twice() -> None:
    """What two policies name has one place, ``aws/actions.py`` if none is nearer."""
    places: dict[str, list[str]] = {}
    for file in FILES:
        for line, text in texts_of(file):
            if ACTION_OR_KEY.fullmatch(text):
                places.setdefault(text.lower(), []).append(f"{file}:{line}")

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
