"""How every construct of ours is made: whole, or not at all.

https://docs.aws.amazon.com/cdk/v2/guide/constructs.html
"""

from __future__ import annotations

import inspect
import traceback
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

import jsii
from aws_cdk import Stage
from constructs import Construct
from jsii._reference_map import register_reference

from batch_constructs import later_assignment
from batch_constructs.asked_once import own_account_id, own_partition, own_region
from batch_constructs.aws.actions import SOURCE_ACCOUNT
from batch_constructs.aws.bound import shown
from batch_constructs.aws.names import as_member
from batch_constructs.jsii_objects import described, javascript_error
from batch_constructs.known_scope import forget
from batch_constructs.validation_plugin import install, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.one_call import Made

L1 = TypeVar("L1", bound=Construct)
T = TypeVar("T")

_FREE_FORM = frozenset(
    {"Options", "Parameters", "Tags", "CapacityTags", "Labels", "Annotations", "Limits", "Requests"}
)
"""Properties whose keys are the user's own."""


_UNDER_CONSTRUCTION: list[Construct] = []
"""The constructs of ours that are being made, the outermost first, with all that these made."""

_ONCE_MADE: list[Callable[[], object]] = []
"""What is done to other people's resources when the outermost of these is whole."""


def once_made(act: Callable[[], object]) -> None:
    """Do something to a resource that was given, such as a grant, when it cannot be refused.

    Nothing takes a grant back. So it waits until the construct that is being made is whole, with
    whatever a subclass adds; outside of a constructor it is done at once.
    """
    if _UNDER_CONSTRUCTION:
        _ONCE_MADE.append(act)
    else:
        act()


@contextmanager
def all_or_none(scope: Construct | None = None) -> Iterator[None]:
    """Make a construct, or several below a scope, whole; or leave everything as it was.

    What JavaScript refuses becomes an error of ours with a path: the scope's, or, without one, that
    of the first construct that was begun.
    """
    depth, waiting = len(_UNDER_CONSTRUCTION), len(_ONCE_MADE)
    if scope is not None:
        _UNDER_CONSTRUCTION.append(scope)  # so that none of the several is the outermost
    first = len(_UNDER_CONSTRUCTION)
    try:
        yield
        if depth == 0:
            for act in _ONCE_MADE:
                act()
    except Exception as error:
        begun = _UNDER_CONSTRUCTION[first:]
        del _UNDER_CONSTRUCTION[depth:], _ONCE_MADE[waiting:]
        if scope is None and not begun:
            raise
        path = (begun[0] if scope is None else scope).node.path
        _remove(begun)
        told = told_at(path, error)
        if told is error:
            raise
        raise told from told.__cause__
    else:
        del _UNDER_CONSTRUCTION[depth:first]
    finally:
        if depth == 0:
            _UNDER_CONSTRUCTION.clear()
            _ONCE_MADE.clear()


@contextmanager
def in_an_app_of_its_own() -> Iterator[None]:
    """Make constructs of another app: they are whole by themselves, and not with the one around."""
    outer, waiting = [*_UNDER_CONSTRUCTION], [*_ONCE_MADE]
    del _UNDER_CONSTRUCTION[:], _ONCE_MADE[:]
    try:
        yield
    finally:
        _UNDER_CONSTRUCTION[:], _ONCE_MADE[:] = outer, waiting


def _remove(begun: list[Construct]) -> None:
    forget()
    for one in reversed(begun):
        if one.node.scope is not None:
            one.node.scope.node.try_remove_child(one.node.id)


class _AllOrNothing(jsii.JSIIAbstractClass):
    """Makes a construct whole, or leaves everything as it was: the same ID can be tried again.

    What JavaScript refuses becomes an error of ours, at the caller's line, with the path; what
    Python code raises, such as a subclass or a callback, stays what it is.
    """

    if not TYPE_CHECKING:  # a type checker would take its return type for every construct's

        def __call__(self, *args: Any, **options: Any) -> Any:
            try:
                with all_or_none():
                    made = super().__call__(*args, **options)
            except (TypeError, ValueError) as error:
                if not _is_refused_by_us(error):
                    raise
                # What helps is the caller's line and the message, not the ten frames in between.
                raise error.with_traceback(None) from error.__cause__
            vars(made)["_is_whole"] = True
            return made

    @property
    def __signature__(self) -> inspect.Signature:
        """The constructor's own, for ``help()`` and editors."""
        own = inspect.signature(getattr(self, "__init__"))  # noqa: B009  # of the class, not of one
        parameters = list(own.parameters.values())[1:]
        return own.replace(parameters=parameters, return_annotation=inspect.Signature.empty)


def told_at(path: str, error: Exception) -> Exception:
    """Return an error of JavaScript's as one of ours, with the construct's path; or as it is."""
    said = javascript_error(error)
    if isinstance(said, str):
        return ValueError(f"{path}: {said}")
    if isinstance(error, TypeError) and _is_of_jsii(error):
        return TypeError(f"{path}: {error}")
    return said or error


_REFUSING: Final = frozenset(
    f"batch_constructs.{name}" for name in ("construct", "noted_problems", "wrong_call")
)
"""The modules whose errors say all there is to say."""


def _is_refused_by_us(error: Exception) -> bool:
    """Whether an error was raised by what refuses arguments, and not by what a user wrote."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return bool(frames) and frames[-1][0].f_globals.get("__name__") in _REFUSING


def _is_of_jsii(error: TypeError) -> bool:
    """Whether the CDK's own look at the type of an argument raised it."""
    modules = [
        str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    cdk = any(module.startswith(("aws_cdk", "typeguard")) for module in modules)
    return cdk and str(error).startswith("type of argument")


if TYPE_CHECKING:  # so that what is abstract is so to them
    import abc

    _Abstract = abc.ABC
else:
    _Abstract = object


class BuiltUpon(_Abstract):
    """What may have classes that are only built upon, and say what to do instead of making one."""

    _instead: ClassVar[str]
    """What to do instead: a class that has this itself cannot be made."""

    __signature__ = inspect.Signature()
    """For ``help()``: what cannot be made takes nothing; constructs have their own."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        """Refuse one that cannot be made."""
        if "_instead" in vars(cls):
            raise TypeError(f"{cls.__name__} is abstract: {cls._instead}")
        return super().__new__(cls)


@cache
def stand_in(kind: type[Construct]) -> type | None:
    """Return what jsii makes in the place of a construct of ours: no more than JavaScript sees.

    At each construct jsii goes through all that its class and those above have of their own, for
    what JavaScript may call; ours have a hundred such names, of which it calls one or none. So it
    is handed a class with those alone, and the construct takes the place of what it made. None is
    for a construct that is an L2 as well, or that overrides what every construct has.
    """
    if getattr(kind, "__jsii_type__", None) != getattr(Construct, "__jsii_type__"):  # noqa: B009  # mypy knows no such member
        return None
    interfaces = [*dict.fromkeys(getattr(kind, "__jsii_ifaces__", ()))]
    called: dict[str, Any] = {}
    for part in kind.mro()[: kind.mro().index(Construct)]:
        for name, member in vars(part).items():
            if name.startswith("__"):
                continue
            if hasattr(Construct, name):
                return None
            if any(hasattr(one, name) for one in interfaces):
                called.setdefault(name, member)
    own = {"__jsii_type__": kind._jsii_class, "__jsii_ifaces__": interfaces}  # type: ignore[attr-defined]  # noqa: SLF001  # ours
    return type(kind.__name__, (), {**called, **own})


class BatchConstruct(Construct, BuiltUpon, metaclass=_AllOrNothing):
    """A construct whose scope and ID are looked at before the CDK sees them.

    The first one in an app also adds the rules (``BatchRules``) to the app's synthesis.
    """

    _is_of_batch_constructs: ClassVar = True
    _jsii_class: ClassVar[str] = "constructs.Construct"
    """What it is to JavaScript."""
    _made_in: tuple[Construct, str]
    """The scope, and the ID as the CDK calls it: `known_scope.made_in` asks for them."""

    def __init__(self, scope: Construct, id: str, **options: Any) -> None:
        """Create it; the options are those of the L2 that it also is."""
        if not isinstance(scope, Construct):
            raise TypeError(
                f"scope is {described(scope)}; expected a construct, usually the stack (`self`)"
            )
        if isinstance(scope, Stage):
            raise TypeError(f"scope is {described(scope)}; expected a stack, or a construct in one")
        if not isinstance(id, str) or not id:
            got = shown(id) if isinstance(id, str | float | None) else described(id)
            raise TypeError(
                f"{scope.node.path}: id is {got}; expected a non-empty string, unique in its scope"
            )
        try:
            if not options and (kind := stand_in(type(self))) is not None:
                made = kind()
                jsii.create(kind, made, [scope, id])
                setattr(self, "__jsii_ref__", getattr(made, "__jsii_ref__"))  # noqa: B009, B010  # mypy knows no such member
                register_reference(self)
            else:
                super().__init__(scope, id, **options)
        except RuntimeError as error:
            told = told_at(f"{scope.node.path}/{id}", error)
            raise told from told.__cause__
        self._made_in = scope, id.replace("/", "--")  # as the CDK calls it
        _UNDER_CONSTRUCTION.append(self)
        install(scope)
        if not isinstance(scope, BatchConstruct):
            note(scope, self._made_in[1])

    def _keep(self, **made: Made[Any] | None) -> None:
        """Keep resources as attributes, each of which is loaded when it is asked for."""
        vars(self)["_kept"] = vars(self).get("_kept", {}) | made

    if not TYPE_CHECKING:  # to a type checker a class with them has and takes any attribute

        def __getattr__(self, name: str) -> Any:
            """Return a resource that was kept; or say what is wrong, as if this were not there."""
            kept = vars(self).get("_kept", {})
            if name not in kept:
                return object.__getattribute__(self, name)
            made = kept[name]
            vars(self)[name] = resource = None if made is None else made.resource
            return resource

        def __setattr__(self, name: str, value: object) -> None:
            """Set an attribute; once the construct is made, none that tells of it.

            Raises:
                AttributeError: it does, or its name is nearly that of one that does.
            """
            if name[0] != "_" and "_is_whole" in self.__dict__:
                wrong = later_assignment.problem(self, name)
                if wrong is not None:
                    raise AttributeError(f"{self.node.path}: {wrong}")
            object.__setattr__(self, name, value)


def made_here(construct: Construct, part: T | None, member: str = "resource") -> T:
    """Return what a member of a construct is; one that was imported by its ARN or name has none.

    Raises:
        ValueError: it has none.
    """
    if part is None:
        raise ValueError(
            f"{construct.node.path}: {member} is unknown: it was imported by its ARN or name, "
            f"and nothing else is known: use {member} where it is created"
        )
    return part


def l1_properties(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Spell CloudFormation properties as an L1 takes them below its first level: in camelCase."""
    return {as_member(name): _l1_value(name, value) for name, value in properties.items()}


def _l1_value(name: str, value: Any) -> Any:
    if isinstance(value, dict) and name not in _FREE_FORM:
        return l1_properties(value)
    if isinstance(value, list):
        return [l1_properties(item) if isinstance(item, dict) else item for item in value]
    return value


def make_l1(kind: type[L1], scope: Construct, id: str, properties: Mapping[str, Any]) -> L1:
    """Make an L1 of camelCase properties: what its constructor does, without a second look.

    The generated constructors look at the type of each of their arguments, which ours have been
    looked at for; over a definition's resources that is a tenth of its price.
    """
    made = kind.__new__(kind)
    jsii.create(kind, made, [scope, id, dict(properties)])
    return made


def put_tags(resource: Construct, tags: Mapping[str, str] | None) -> None:
    """Tag one resource; its own tags win over those of the stack, as its own are nearer."""
    from aws_cdk import Tags  # noqa: PLC0415  # few resources have tags of their own

    for key, value in (tags or {}).items():
        Tags.of(resource).add(key, value)


def given(**properties: Any) -> dict[str, Any]:
    """Collect the properties that are there: None means left out, and an empty one is left out."""
    return {
        name: value
        for name, value in properties.items()
        if value is not None and value not in ({}, [])
    }


@cache
def arn_prefix(service: str, account: str | None = None) -> str:
    """Return ``arn:PARTITION:service:REGION:ACCOUNT:`` for the stack that the text lands in."""
    whose = own_account_id() if account is None else account
    return f"arn:{own_partition()}:{service}:{own_region()}:{whose}:"


@cache
def own_account() -> dict[str, Any]:
    """Return the condition that a service acts for nobody but this account."""
    return {"StringEquals": {SOURCE_ACCOUNT: own_account_id()}}
