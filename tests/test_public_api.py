"""The public names: complete, sorted, documented, shaped alike, and in nobody's way."""

from __future__ import annotations

import ast
import builtins
import collections.abc
import dataclasses
import importlib.util
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TypedDict, Unpack, get_args

import aws_cdk as cdk
import cattrs
import constructs
import pytest
from constructs import Construct

import batch_constructs as bc
from batch_constructs.shared_arguments import spells_out

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "batch_constructs"
CONSTRUCTS = [
    name
    for name in bc.__all__
    if inspect.isclass(getattr(bc, name)) and issubclass(getattr(bc, name), Construct)
]
MADE_BY_US = [name for name in CONSTRUCTS if "__init__" in vars(getattr(bc, name))]


@pytest.fixture(scope="module")
def api() -> ModuleType:
    """The program that writes docs/api.txt."""
    spec = importlib.util.spec_from_file_location("make_api", ROOT / "scripts" / "make_api.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_public_names_are_sorted_and_all_resolve() -> None:
    assert list(bc.__all__) == sorted(bc.__all__)
    assert set(dir(bc)) == set(bc.__all__)
    assert all(getattr(bc, name) is not None for name in bc.__all__)


def test_what_type_checkers_see_is_what_resolves() -> None:
    """The imports for type checkers and the table of homes say the same."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    seen = {
        alias.asname or alias.name: (node.module or "").removeprefix("batch_constructs.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batch_constructs.")
        for alias in node.names
    }
    assert seen == bc._HOME
    assert set(seen) == set(bc.__all__)


def test_a_name_that_is_none_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'JobQeue'"):
        bc.JobQeue  # type: ignore[attr-defined]  # noqa: B018  # the mistake


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("JobDefinition", ["Ec2JobDefinition", "FargateJobDefinition", "from_job_definition_arn"]),
        ("ComputeEnvironment", ["SpotComputeEnvironment", "from_compute_environment_arn"]),
        ("ManagedComputeEnvironment", ["EksComputeEnvironment"]),
        ("SchedulingPolicy", ["FairSharePolicy", "QuotaSharePolicy"]),
        ("ImportedJobDefinition", ["JobDefinition.from_job_definition_attributes"]),
        ("QueueEvents", ["JobQueue", "events_of"]),
        ("QueueMetrics", ["JobQueue", "metrics_of"]),
    ],
)
def test_what_is_only_built_upon_says_what_to_make_and_leaves_no_trace(
    name: str, kinds: list[str]
) -> None:
    stack = cdk.Stack()

    with pytest.raises(TypeError, match=f"{name} is abstract: (create|import) ") as refusal:
        getattr(bc, name)(stack, "It")

    assert all(kind in str(refusal.value) for kind in kinds)
    assert stack.node.children == []


@pytest.mark.parametrize(
    "name", ["SecretSource", "WholeNumber", *(one for one in bc.__all__ if one[:3] == "Any")]
)
def test_an_alias_is_a_union_of_classes_at_run_time(name: str) -> None:
    members = get_args(getattr(bc, name))

    assert len(members) > 1
    assert all(inspect.isclass(one) for one in members)


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_constructor_takes_scope_and_id_and_then_keywords_only(name: str) -> None:
    parameters = list(inspect.signature(getattr(bc, name).__init__).parameters.values())

    assert [parameter.name for parameter in parameters[:3]] == ["self", "scope", "id"]
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters[3:])


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_constructs_docstring_tells_every_parameter_and_what_it_creates(name: str) -> None:
    kind = getattr(bc, name)
    text = inspect.getdoc(kind) or ""

    for parameter in list(inspect.signature(kind.__init__).parameters)[1:]:
        assert re.search(rf"^ +{parameter}: ", text, re.MULTILINE), parameter
    assert "Creates" in text
    assert "Raises:" in text
    assert "https://docs.aws.amazon.com/" in text


RESOURCE = {"stack", "env", "apply_removal_policy", "apply_cross_stack_reference_strength"}
"""What JavaScript shall call: ours are ``IResource`` to it."""


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_no_name_of_ours_overrides_a_member_of_the_cdk_by_accident(name: str) -> None:
    """A Python member with the name of a jsii member would be called by JavaScript."""
    kind = getattr(bc, name)
    own = {
        member
        for base in kind.__mro__
        if base.__module__.startswith("batch_constructs")
        for member in vars(base)
        if not member.startswith("_")
    }
    assert own & (set(dir(Construct)) | set(dir(cdk.Resource)) - RESOURCE) == set()


@pytest.mark.parametrize("name", bc.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(bc, name))


def test_the_page_of_the_api_is_the_code(api: ModuleType) -> None:
    assert api.PAGE.read_text() == api.page(), "run: uv run python scripts/make_api.py"


def test_the_api_changes_with_the_changelog(api: ModuleType) -> None:
    """Whoever changes the API says so there, and puts in the mark of the page as it is now."""
    unreleased = (ROOT / "CHANGELOG.md").read_text().split("\n## ")[1]

    assert api.mark(api.page()) in unreleased, (
        "the public API changed: say what did under Unreleased in CHANGELOG.md, and make the mark "
        f"there {api.mark(api.page())}"
    )


OF_OTHERS = {"Any", "Construct", "Duration", "IPolicyValidationContext", "Mapping", "Sequence"}
OF_OTHERS |= {
    "Iterator",
    "Node",
    "ReferenceStrength",
    "RemovalPolicy",
    "ResourceEnvironment",
    "Self",
    "Size",
    "Stack",
}
OF_OTHERS |= {"Callable", "TagManager", "TimeZone", "Unpack"}
NOT_TO_BE_MADE = {"SpotRescue", "WatchedDelivery", "WatchedFunction"}
"""What constructs of ours make, and nobody else."""


def test_every_type_in_a_public_signature_can_be_imported(api: ModuleType) -> None:
    annotations = re.sub(r"= .*?(?=, \w+: |\)|$)", "", api.page(), flags=re.MULTILINE)
    named = set(re.findall(r"(?:: |-> |\[|\| |, )([A-Z]\w+)(?![\w.])", annotations))

    assert named - set(bc.__all__) - OF_OTHERS - NOT_TO_BE_MADE - {"None"} == set()


_NO_NAMES_OF_OURS = {
    "SpotRescue",  # made by a queue, and by nothing else: decision 8
    "ResourceEnvironment",  # of aws_cdk.interfaces
}
"""Types of attributes that are no public name of ours."""


def test_every_attribute_has_a_type_that_can_be_imported(api: ModuleType) -> None:
    """What the page names can be written down by whoever annotates a program."""
    page = api.page()
    assert [line for line in page.splitlines() if re.fullmatch(r" {4}[a-z]\w+", line)] == []

    types: set[str] = set()
    for line in page.splitlines()[1:]:
        if not re.match(r" +[A-Z_0-9]+ = ", line):
            told = re.sub(r"'[^']*'", "", line)
            types.update(re.findall(r"(?<![\w.])[A-Z]\w*(?!\w|\.)", told))
    elsewhere = {*dir(cdk), *dir(constructs), *dir(typing), *dir(collections.abc), *dir(builtins)}
    assert types - {*bc.__all__, *elsewhere} == _NO_NAMES_OF_OURS


def test_every_annotation_of_the_api_resolves_at_run_time() -> None:
    """Documentation tools and dependency injection ask ``typing.get_type_hints``."""
    for name in bc.__all__:
        for function in functions_of(getattr(bc, name)):
            hints = typing.get_type_hints(function)
            assert not any(isinstance(one, str | typing.ForwardRef) for one in hints.values()), name


def test_every_annotation_of_a_class_resolves_at_run_time() -> None:
    """What makes value objects of a table or a file asks the class itself."""
    for kind in (
        one for one in (getattr(bc, name) for name in bc.__all__) if isinstance(one, type)
    ):
        hints = typing.get_type_hints(kind)
        assert not any(isinstance(one, str | typing.ForwardRef) for one in hints.values()), kind
        if dataclasses.is_dataclass(kind):
            assert {one.name for one in dataclasses.fields(kind)} <= set(hints)
            own = inspect.get_annotations(kind)
            assert own == {one: hints[one] for one in own}


def test_a_value_object_is_made_by_what_reads_its_types() -> None:
    fields = {"name": "a", "mount_path": "/a", "host_path": "/b", "read_only": True}
    assert cattrs.structure(fields, bc.HostPathVolume) == bc.HostPathVolume(
        name="a", mount_path="/a", host_path="/b", read_only=True
    )


def functions_of(public: object) -> Iterator[FunctionType]:
    if isinstance(public, FunctionType):
        yield public
    if isinstance(public, type):
        for kind in public.__mro__:
            if kind.__module__.startswith("batch_constructs"):
                for name, member in vars(kind).items():
                    one = getattr(member, "fget", None) or getattr(member, "__func__", member)
                    if isinstance(one, FunctionType) and (name == "__init__" or name[0] != "_"):
                        yield one


def test_arguments_that_constructors_share_have_their_types_at_run_time() -> None:
    hints = typing.get_type_hints(bc.Ec2ComputeEnvironment.__init__)

    assert hints["scope"] is Construct
    assert hints["tags"] == collections.abc.Mapping[str, str] | None
    assert set(hints) == {*inspect.signature(bc.Ec2ComputeEnvironment).parameters, "return"}


class Shared(TypedDict):
    """Arguments.

    Args:
        image: What runs.
    """

    image: str


class Job:
    """A job.

    Args:
        own: Its own.

    Raises:
        ValueError: never.
    """

    def __init__(self, *, own: str, **shared: Unpack[Shared]) -> None:
        self.said = (own, shared)


@pytest.mark.parametrize("compiled", [str, inspect.cleandoc])
def test_arguments_are_told_whether_or_not_python_keeps_the_indentation_of_docstrings(
    monkeypatch: pytest.MonkeyPatch, compiled: Callable[[str], str]
) -> None:
    """Since 3.13 the compiler takes it away."""
    for kind in (Shared, Job):
        monkeypatch.setattr(kind, "__doc__", compiled(str(kind.__doc__)))
    monkeypatch.setattr(Job, "__init__", Job.__init__)
    spells_out(Shared, defaults={})(Job)

    told = "Args:\n    own: Its own.\n    image: What runs.\n\nRaises:"
    assert told in str(inspect.getdoc(Job))
