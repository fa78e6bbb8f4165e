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
from jsii import _reference_map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_cdk import CfnResource
    from constructs import IConstruct

T = TypeVar("T")

_NAME: Final = "batch-constructs"
_VERSION: Final = "1.0.0"
_TYPE: Final = f"{_NAME}.OneCall"
_METHODS: Final = {
    "make": ("calls", "given"),
    "tell": ("key", "told"),
    "members": ("one", "names"),
    "values": ("asked",),
    "nameOf": ("construct", "member"),
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

_AS_REFERENCE: Final = getattr(jsii.sinvoke, "__wrapped__", None)
"""What calls JavaScript, and leaves the objects that it returns as references."""

_OBJECTS: Final[Any] = getattr(_reference_map, "_refs", None)
"""What jsii knows objects by; neither is promised, and without one of them nothing waits."""

_LATE: Final = _AS_REFERENCE is not None and type(getattr(_OBJECTS, "_refs", None)) is dict


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


def code_of(folder: str) -> InJavaScript:
    """Have the code of a function made, as ``Code.from_asset`` makes it of a folder."""
    return InJavaScript(("code", folder))


def as_json(value: Any) -> InJavaScript:
    """Have the text of a value, as ``Stack.to_json_string`` writes it."""
    return InJavaScript(("json", value))


class Made(Generic[T]):
    """A resource that is made with others, now or a little later.

    Args:
        call: what makes it.

    Attributes:
        number: What JavaScript knows it by.
    """

    def __init__(self, call: OneCall) -> None:
        self._call = call
        self.number = next(_NUMBERS)
        self._told: dict[str, str] = {}
        self._reference: Any = None
        self._resource: T | None = None

    @property
    def is_made(self) -> bool:
        """Whether it was made."""
        return self._reference is not None

    @property
    def resource(self) -> T:
        """The resource; it is made now, with all that waits, if it was not."""
        if not self.is_made:
            self._call.make(at_once=True)
        if self._resource is None:
            _UNSEEN.pop(self._reference.ref, None)
            seen: Any = _reference_map
            self._resource = seen.resolve_reference(jsii.kernel, self._reference)
            _reference_map.register_reference(self._resource)
        return cast("T", self._resource)

    def attribute(self, name: str) -> str:
        """Return an attribute by its name in JavaScript: its token, or what stands for that."""
        if not self.is_made:
            return f"${{Token[made:{self.number}:{name}]}}"
        told = self._told.get(name)
        return str(jsii.get(self.resource, name)) if told is None else told

    def take(self, reference: Any, told: Mapping[str, str]) -> None:
        """Keep what jsii knows the resource by; whoever asks for it gets one and the same object.

        That object, and with it the module of its class, is loaded when somebody does: most
        resources are looked at by nobody, and a module of the CDK is a hundredth of a second.
        """
        self._reference = reference
        _UNSEEN[reference.ref] = self
        self._told.update(told)

    def have(self, resource: Any, told: Mapping[str, str]) -> None:
        """Keep the resource itself."""
        self._reference, self._resource = resource.__jsii_ref__, resource
        _reference_map.register_reference(resource)
        self._told.update(told)


class _Known(dict[str, Any]):
    """The objects that jsii knows, by reference; a resource that was made is one when asked for."""

    def __missing__(self, reference: str) -> Any:
        """Give a resource that nobody has seen yet; of others, jsii makes an object."""
        return _UNSEEN[reference].resource


_UNSEEN: Final[dict[str, Made[Any]]] = {}


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
        self, kind: str, id: str, *properties: Mapping[str, Any], tell: Sequence[str] = ()
    ) -> Made[Any]:
        """Have a resource made of a class such as ``aws_iam.Role``, of camelCase properties.

        In these may stand attributes of what was added before, what was added itself, and what
        `new` and `of` return. An ID with slashes is a path; constructs on the way are made.
        ``tell`` names attributes that are known from then on without another call.
        """
        made: Made[Any] = Made(self)
        self._specified.append([kind, id, properties, [*tell], made.number])
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
        asked = javascript(), "make", [calls, given]
        if _LATE and _AS_REFERENCE is not None:
            resources = _AS_REFERENCE(jsii.kernel, *asked)
        else:
            resources = jsii.sinvoke(*asked)
        made = [one for _, several in begun for one in several]
        for (one, names), (resource, *told) in zip(made, resources, strict=True):
            keep = one.take if _LATE else one.have
            keep(resource, dict(zip(names, told, strict=True)))


def _spoken(given: list[Any], value: Any) -> dict[str, list[Any]]:
    """Give what stands in JSON for a value that it cannot say; the CDK's objects are kept."""
    if isinstance(value, InJavaScript):
        return {_JAVASCRIPT: [*value.words]}
    if isinstance(value, Made):
        return {_JAVASCRIPT: ["made", value.number]}
    given.append(value)
    return {_JAVASCRIPT: ["given", len(given) - 1]}


def policy_statement(statement: Mapping[str, Any]) -> InJavaScript:
    """Have a statement of a policy made, as IAM writes it."""
    return of("aws_iam.PolicyStatement.fromJson", statement)


def service_statement(
    service: str, actions: Sequence[str], resource: str, conditions: Mapping[str, Any]
) -> InJavaScript:
    """Have a statement made that lets a service of AWS do something with a resource."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": [*actions],
        "Resource": resource,
    }
    return policy_statement({**statement, "Condition": conditions} if conditions else statement)


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
    pairs = [
        [one.number if isinstance(one, Made) else one, value]
        for one, value in told
        if not isinstance(one, Made) or one.is_made
    ]
    if pairs:
        jsii.sinvoke(javascript(), "tell", [key, pairs])


def members(one: object, *names: str) -> list[Any]:
    """Return several members of an object, by their names in JavaScript, or ways to them."""
    return [*jsii.sinvoke(javascript(), "members", [one, [*names]])]


def values(*asked: list[Any]) -> list[Any]:
    """Return constants (``["Aws.REGION"]``) and what static methods return, with what they take."""
    return [*jsii.sinvoke(javascript(), "values", [json.dumps(asked)])]


def name_of(construct: object, member: str) -> tuple[str | None, str | None]:
    """Return the name of a resource, or else its logical ID; neither of what is none."""
    name, logical_id = jsii.sinvoke(javascript(), "nameOf", [construct, member])
    return name, logical_id


def refer_weakly(resource: CfnResource) -> None:
    """Have other stacks refer to a resource weakly, wherever it is; whoever says otherwise does."""
    jsii.sinvoke(javascript(), "weaken", [resource])


def arn_and_place(resource: Any, member: str, *, known: bool) -> tuple[str, str | None, str | None]:
    """Return the ARN of a resource, and the Region and the account that it is in.

    Its ARN is asked for by its name in JavaScript, or is empty without one. ``known`` says that it
    is where it says; of others that no app makes, Region and account are None.
    """
    arn, region, account = jsii.sinvoke(javascript(), "place", [resource, member, known])
    return arn, region, account


def check_with(plugin: object) -> None:
    """Have a plugin added to the validations of each app of which a scope is checked."""
    jsii.sinvoke(javascript(), "check", [plugin])


def scope_of(scope: IConstruct, key: str, *, checked: bool) -> tuple[tuple[Any, list[Any]], Any]:
    """Return the root of a scope, and of a checked one the app and the stages that it is in.

    Beside them are its path, Region and account, and whether its context has the key.
    """
    (root, stages), told = jsii.sinvoke(javascript(), "scope", [scope, checked, key])
    return (root, stages), told


def consumed(definition: CfnResource) -> list[str]:
    """Return what the jobs and the nodes of a definition consume, as overrides leave it."""
    return [*jsii.sinvoke(javascript(), "consumed", [definition])]


def subnets_of(vpc: Any, selection: Any) -> tuple[list[str], bool, list[str], list[str | None]]:
    """Return the IDs of subnets, whether they are yet to be looked up, and the VPC's zones.

    The last are the Region and the account of the VPC, as `arn_and_place` gives them.
    """
    ids, pending, zones, place = jsii.sinvoke(javascript(), "subnets", [vpc, selection])
    return [*ids], bool(pending), [*zones], [*place]


def validated(context: object) -> tuple[Any, list[str]]:
    """Return the app that the CDK validates, and the files of its templates."""
    app, files = jsii.sinvoke(javascript(), "validated", [context])
    return app, [*files]


def amounts(asked: list[tuple[Any, list[str]]]) -> list[list[float | None]]:
    """Return sizes and durations in some units, by the names of JavaScript's methods.

    None is for a token of another unit, which has no number before the deployment.
    """
    told = jsii.sinvoke(javascript(), "amounts", [[[*one] for one in asked]])
    return [[*one] for one in told]


@cache
def javascript() -> type:
    """Load `one_call.js`, as the CDK's packages load theirs; Node then keeps what it compiles."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "one_call.tar"
        file.write_bytes(archive())
        jsii.load(_NAME, _VERSION, str(file))
    if _LATE:
        _OBJECTS._refs = _Known(_OBJECTS._refs)  # noqa: SLF001  # jsii has no other way
    return type("OneCall", (), {"__jsii_type__": _TYPE})


def archive() -> bytes:
    """Return an assembly of jsii, as an archive that is the same in each process.

    jsii keeps what it unpacks, by the archive's bytes, and makes an index of what it never saw.
    """
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
            _TYPE: {
                "assembly": _NAME,
                "fqn": _TYPE,
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
    written = BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        for file, content in contents.items():
            member = tarfile.TarInfo(f"package/{file}")
            member.size = len(content.encode())
            tar.addfile(member, BytesIO(content.encode()))
    return written.getvalue()
