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
from functools import cache, partial
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

import jsii
from jsii._reference_map import register_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_cdk import CfnResource
    from constructs import Construct

T = TypeVar("T")

_NAME: Final = "batch-constructs"
_VERSION: Final = "1.0.0"
_METHODS: Final = {
    "make": ("calls", "given"),
    "tell": ("key", "told"),
    "accounts": ("asked",),
    "amounts": ("asked",),
}

_GIVEN: Final = "$given"
"""The only member of what stands for an object: its place among those that are given."""

_WAITING: Final[list[OneCall]] = []
"""What is made together with what comes after it, in `together`."""

_TOGETHER: Final[list[bool]] = []


class Made(Generic[T]):
    """A resource that is made with others, now or a little later.

    Args:
        call: what makes it.
        id: its ID.

    Attributes:
        made: The resource, once it is made.
    """

    def __init__(self, call: OneCall, id: str) -> None:
        self._call = call
        self._id = id
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
            return f"${{Token[made:{self._id}:{name}]}}"
        return str(jsii.get(self.made, name))

    def take(self, resource: T) -> None:
        """Keep the resource that was made; whoever asks jsii for it gets this very object."""
        register_reference(resource)
        self.made = resource


class OneCall:
    """What is made below one construct, in the order in which it is added.

    Args:
        scope: The construct.
    """

    def __init__(self, scope: Construct) -> None:
        self._scope = scope
        self._specified: list[list[Any]] = []
        self._to_make: list[Made[Any]] = []

    def add(self, kind: type[T], id: str, properties: Mapping[str, Any]) -> Made[T]:
        """Have a resource made, of camelCase properties in which an attribute may stand."""
        made: Made[T] = Made(self, id)
        self._specified.append([getattr(kind, "__jsii_type__"), id, dict(properties)])  # noqa: B009  # mypy knows no such member
        self._to_make.append(made)
        return made

    def override(self, resource: CfnResource, path: str, value: str) -> None:
        """Have a property of a resource that is made already set, once what was added is made."""
        self._specified.append(["override", resource, path, value])

    def make(self, *, at_once: bool = False) -> None:
        """Make what was added, and where others wait (`together`) with them."""
        if self._specified and self not in _WAITING:
            _WAITING.append(self)
        if at_once or not _TOGETHER:
            _make_all()

    def _begin(self) -> tuple[list[Any], list[Made[Any]]]:
        begun = [self._scope, self._specified], self._to_make
        self._specified, self._to_make = [], []
        return begun


def _make_all() -> None:
    begun = [one._begin() for one in _WAITING]  # noqa: SLF001  # of this module
    _WAITING.clear()
    if begun:
        given: list[Any] = []
        calls = json.dumps([call for call, _ in begun], default=partial(_place_of, given))
        resources = jsii.sinvoke(_javascript(), "make", [calls, given])
        made = [one for _, several in begun for one in several]
        for one, resource in zip(made, resources, strict=True):
            one.take(resource)


def _place_of(given: list[Any], one: Any) -> dict[str, int]:
    """Keep an object of the CDK's, and give what stands for it in the text of a call."""
    given.append(one)
    return {_GIVEN: len(given) - 1}


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


def arns_and_accounts(asked: list[tuple[Any, str, bool]]) -> list[tuple[str, str | None]]:
    """Return the ARN of each resource, and the account that it is made in.

    Asked is the resource, the name of its ARN in JavaScript, or "" for none, and whether the app
    is known to make it; of what it does not make, and where only CloudFormation knows, the account
    is None.
    """
    told = jsii.sinvoke(_javascript(), "accounts", [[[*one] for one in asked]])
    return [(arn, account) for arn, account in told]


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
        archive = Path(folder) / "one_call.tgz"
        with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
            for file, content in contents.items():
                member = tarfile.TarInfo(f"package/{file}")
                member.size = len(content.encode())
                tar.addfile(member, BytesIO(content.encode()))
        jsii.load(_NAME, _VERSION, str(archive))
    return type("OneCall", (), {"__jsii_type__": name})
