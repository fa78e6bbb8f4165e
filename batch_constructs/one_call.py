"""Resources that are made in one call to JavaScript.

Each call costs Python a third of a millisecond, whatever it does, and a definition with its roles
and its log group is four resources and the names that join them. So `one_call.js` makes them with
the CDK's own classes, and what comes back are the CDK's own objects: tags, aspects, escape hatches
and typed children are what they are of resources that Python makes one by one. See
docs/decisions/0012-one-call-a-definition.md.
"""

from __future__ import annotations

import json
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import jsii
from jsii._reference_map import register_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_cdk import CfnResource
    from constructs import IConstruct

T = TypeVar("T")

_NAME: Final = "batch-constructs"
_VERSION: Final = "1.0.0"
_METHODS: Final = {
    "make": ("calls", "given"),
    "tell": ("key", "told"),
    "members": ("one", "names"),
    "weaken": ("resource",),
    "place": ("one", "member", "known"),
    "check": ("plugin",),
    "scope": ("scope", "checked", "key"),
    "consumed": ("definition",),
    "subnets": ("vpc", "selection"),
    "validated": ("context",),
    "amounts": ("asked",),
}

_JAVASCRIPT: Final = "$javascript"
"""The only member of what stands for what JSON cannot say: a kind, and what it takes."""

_WAITING: Final[list[OneCall]] = []
"""What is made together with what comes after it, in `together`."""

_TOGETHER: Final[list[bool]] = []

_NUMBERS: Final = count()


@dataclass(frozen=True, slots=True)
class InJavaScript:
    """A value that is made where it is used: asking for it would be a call of its own."""

    words: tuple[Any, ...]


def new(name: str, *arguments: Any) -> InJavaScript:
    """Have an object of a class of aws-cdk-lib made, such as ``aws_iam.ServicePrincipal``."""
    return InJavaScript(("new", name, *arguments))


def of(name: str, *arguments: Any) -> InJavaScript:
    """Have a constant of a class of aws-cdk-lib, or what its static method returns."""
    return InJavaScript(("of", name, *arguments))


def as_json(value: Any) -> InJavaScript:
    """Have the text of a value, as ``Stack.to_json_string`` writes it."""
    return InJavaScript(("json", value))


class Made(Generic[T]):
    """A resource that is made with others, now or a little later.

    Args:
        call: what makes it.

    Attributes:
        number: What JavaScript knows it by.
        made: The resource, once it is made.
    """

    def __init__(self, call: OneCall) -> None:
        self._call = call
        self.number = next(_NUMBERS)
        self._told: dict[str, str] = {}
        self.made: T | None = None

    @property
    def resource(self) -> T:
        """The resource; it is made now, with all that waits, if it was not."""
        if self.made is None:
            self._call.make(at_once=True)
        return cast("T", self.made)

    def attribute(self, name: str) -> str:
        """Return an attribute by its name in JavaScript: its token, or what stands for that."""
        if self.made is None:
            return f"${{Token[made:{self.number}:{name}]}}"
        told = self._told.get(name)
        return str(jsii.get(self.made, name)) if told is None else told

    def take(self, resource: T, told: Mapping[str, str]) -> None:
        """Keep the resource that was made; whoever asks jsii for it gets this very object."""
        register_reference(resource)
        self.made = resource
        self._told.update(told)


class OneCall:
    """What is made below one construct, in the order in which it is added.

    Args:
        scope: The construct.
        one_by_one: Whether each is made as it is added, for what Python makes with it.
    """

    def __init__(self, scope: IConstruct, *, one_by_one: bool = False) -> None:
        self._scope = scope
        self._one_by_one = one_by_one
        self._specified: list[list[Any]] = []
        self._to_make: list[tuple[Made[Any], Sequence[str]]] = []

    def add(
        self, kind: type[T], id: str, *properties: Mapping[str, Any], tell: Sequence[str] = ()
    ) -> Made[T]:
        """Have a resource made, of camelCase properties.

        In these may stand attributes of what was added before, what was added itself, and what
        `new` and `of` return. An ID with slashes is a path; constructs on the way are made.
        ``tell`` names attributes that are known from then on without another call.
        """
        made: Made[T] = Made(self)
        name = getattr(kind, "__jsii_type__")  # noqa: B009  # mypy knows no such member
        self._specified.append([name, id, properties, [*tell], made.number])
        self._to_make.append((made, tell))
        if self._one_by_one:
            self.make(at_once=True)
        return made

    def call(self, on: object, method: str, *arguments: Any) -> None:
        """Have a method of an object called when it is its turn, such as ``node.addDependency``."""
        self._specified.append(["call", on, method, arguments])
        if self._one_by_one:
            self.make(at_once=True)

    def make(self, *, at_once: bool = False) -> None:
        """Make what was added, and where others wait (`together`) with them."""
        if self._specified and self not in _WAITING:
            _WAITING.append(self)
        if at_once or not _TOGETHER:
            _make_all()

    def _begin(self) -> tuple[list[Any], list[tuple[Made[Any], Sequence[str]]]]:
        begun = [self._scope, self._specified], self._to_make
        self._specified, self._to_make = [], []
        return begun


def _make_all() -> None:
    begun = [one._begin() for one in _WAITING]  # noqa: SLF001  # of this module
    _WAITING.clear()
    if begun:
        given: list[Any] = []
        calls = json.dumps([call for call, _ in begun], default=partial(_spoken, given))
        resources = jsii.sinvoke(_javascript(), "make", [calls, given])
        made = [one for _, several in begun for one in several]
        for (one, names), (resource, *told) in zip(made, resources, strict=True):
            one.take(resource, dict(zip(names, told, strict=True)))


def _spoken(given: list[Any], value: Any) -> dict[str, list[Any]]:
    """Give what stands in JSON for a value that it cannot say; the CDK's objects are kept."""
    if isinstance(value, InJavaScript):
        return {_JAVASCRIPT: [*value.words]}
    if isinstance(value, Made) and value.made is None:
        return {_JAVASCRIPT: ["made", value.number]}
    given.append(value.made if isinstance(value, Made) else value)
    return {_JAVASCRIPT: ["given", len(given) - 1]}


def policy_statement(statement: Mapping[str, Any]) -> InJavaScript:
    """Have a statement of a policy made, as IAM writes it."""
    return of("aws_iam.PolicyStatement.fromJson", statement)


@contextmanager
def together() -> Iterator[None]:
    """Make what the constructs in it consist of in one call, at its end or when it is asked for."""
    waiting = len(_WAITING)
    _TOGETHER.append(True)
    try:
        yield
    except Exception:
        del _WAITING[waiting:]
        raise
    finally:
        _TOGETHER.pop()
    if not _TOGETHER:
        _make_all()


def tell(key: str, told: list[tuple[Any, Any]]) -> None:
    """Add a piece of metadata to each of many resources; what was refused was never made."""
    made = [[one.made if isinstance(one, Made) else one, value] for one, value in told]
    pairs = [pair for pair in made if pair[0] is not None]
    if pairs:
        jsii.sinvoke(_javascript(), "tell", [key, pairs])


def members(one: object, *names: str) -> list[Any]:
    """Return several members of an object, by their names in JavaScript."""
    return [*jsii.sinvoke(_javascript(), "members", [one, [*names]])]


def refer_weakly(resource: CfnResource) -> None:
    """Have other stacks refer to a resource weakly, wherever it is; whoever says otherwise does."""
    jsii.sinvoke(_javascript(), "weaken", [resource])


def arn_and_place(resource: Any, member: str, *, known: bool) -> tuple[str, str | None, str | None]:
    """Return the ARN of a resource, and the Region and the account that it is in.

    Its ARN is asked for by its name in JavaScript, or is empty without one. ``known`` says that it
    is where it says; of others that no app makes, Region and account are None.
    """
    arn, region, account = jsii.sinvoke(_javascript(), "place", [resource, member, known])
    return arn, region, account


def check_with(plugin: object) -> None:
    """Have a plugin added to the validations of each app of which a scope is checked."""
    jsii.sinvoke(_javascript(), "check", [plugin])


def scope_of(scope: IConstruct, key: str, *, checked: bool) -> tuple[tuple[Any, list[Any]], Any]:
    """Return the root of a scope, and of a checked one the app and the stages that it is in.

    Beside them are its path, Region and account, and whether its context has the key.
    """
    (root, stages), told = jsii.sinvoke(_javascript(), "scope", [scope, checked, key])
    return (root, stages), told


def consumed(definition: CfnResource) -> list[str]:
    """Return what the jobs and the nodes of a definition consume, as overrides leave it."""
    return [*jsii.sinvoke(_javascript(), "consumed", [definition])]


def subnets_of(vpc: Any, selection: Any) -> tuple[list[str], bool, list[str]]:
    """Return the IDs of subnets, whether they are yet to be looked up, and the VPC's zones."""
    ids, pending, zones = jsii.sinvoke(_javascript(), "subnets", [vpc, selection])
    return [*ids], bool(pending), [*zones]


def validated(context: object) -> tuple[Any, list[str]]:
    """Return the app that the CDK validates, and the files of its templates."""
    app, files = jsii.sinvoke(_javascript(), "validated", [context])
    return app, [*files]


def amounts(asked: list[tuple[Any, list[str]]]) -> list[list[float | None]]:
    """Return sizes and durations in some units, by the names of JavaScript's methods.

    None is for a token of another unit, which has no number before the deployment.
    """
    told = jsii.sinvoke(_javascript(), "amounts", [[[*one] for one in asked]])
    return [[*one] for one in told]


@cache
def _javascript() -> type:
    """Load `one_call.js`, as the CDK's packages load theirs: an assembly of jsii, in an archive."""
    name = f"{_NAME}.OneCall"
    any_value = {"type": {"primitive": "any"}}
    methods = [
        {
            "name": method,
            "static": True,
            "parameters": [{"name": parameter, **any_value} for parameter in parameters],
            "returns": any_value,
        }
        for method, parameters in _METHODS.items()
    ]
    described = {
        "schema": "jsii/0.10.0",
        "name": _NAME,
        "version": _VERSION,
        "jsiiVersion": jsii.__version__,
        "types": {
            name: {
                "assembly": _NAME,
                "fqn": name,
                "kind": "class",
                "name": "OneCall",
                "methods": methods,
            }
        },
    }
    package = {"name": _NAME, "version": _VERSION, "main": "index.js", "jsii": {"outdir": "."}}
    contents = {
        "package.json": json.dumps(package),
        ".jsii": json.dumps(described),
        "index.js": files("batch_constructs").joinpath("one_call.js").read_text(),
    }
    with TemporaryDirectory() as folder:
        archive = Path(folder) / "one_call.tar"
        with tarfile.open(archive, "w") as tar:
            for file, content in contents.items():
                member = tarfile.TarInfo(f"package/{file}")
                member.size = len(content.encode())
                tar.addfile(member, BytesIO(content.encode()))
        jsii.load(_NAME, _VERSION, str(archive))
    return type("OneCall", (), {"__jsii_type__": name})
