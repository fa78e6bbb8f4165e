"""Calls that do not fit what is called, told as any other mistake: unknown names, and missing ones.

What a function does with its arguments is its own; a call that Python itself or the CDK refuses
never gets that far, and says neither which construct it is nor which name was meant. It is looked
at only when it has failed.
"""

from __future__ import annotations

import inspect
import math
from functools import wraps
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import allowed, did_you_mean, meant, one_of
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.reference import COMPUTE_ENVIRONMENT, JOB_DEFINITION, JOB_QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OURS = __name__.partition(".")[0]


def telling(public: Any) -> Any:
    """Return what is public, telling wrong calls: a function, or a class with all of its methods.

    A class is changed itself, and so are those of ours that it is built upon.
    """
    if inspect.isfunction(public):
        return _told(public, static=True)
    if inspect.isclass(public):
        for kind in public.__mro__:
            if kind.__module__.partition(".")[0] == _OURS:
                for name, member in list(vars(kind).items()):
                    if not name.startswith("_") or name == "__init__":
                        _let_tell(kind, name, member)
    return public


def _let_tell(kind: type, name: str, member: Any) -> None:
    function = getattr(member, "__func__", member)
    if inspect.isfunction(function) and not hasattr(function, "_tells"):
        told = _told(function, static=isinstance(member, staticmethod))
        setattr(kind, name, told if function is member else type(member)(told))


def _told(function: Callable[..., Any], *, static: bool) -> Callable[..., Any]:
    """Let a function, or a method, tell a call that does not fit it."""

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        makes = function.__name__ == "__init__"  # which looks itself, at all at once
        if not (makes or all(map(_is_harmless, (*given, *named.values())))):
            wrong = _wrong(function, given, named, static=static)
            if wrong is not None:
                raise wrong
        try:
            return function(*given, **named)
        except Exception as error:
            told = _cause(error, function, given, named, static=static)
            if told is None:
                raise
        raise told

    called._tells = True  # type: ignore[attr-defined]  # noqa: SLF001  # a mark of ours
    return called


def _cause(
    error: Exception,
    function: Callable[..., Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    *,
    static: bool,
) -> Exception | None:
    """Tell what made a call fail, where it does not say so itself."""
    if not (given or static):
        return None
    within = error.__traceback__ and error.__traceback__.tb_next
    if isinstance(error, TypeError) and not within:  # Python could not even call it
        return misfit(function, given, named, static=static)
    if function.__name__ == "__init__":
        return None  # a construct is made whole, or says what is wrong
    wrong = _wrong(function, given, named, static=static)
    if wrong is not None:
        return wrong
    from batch_constructs.construct import told_at  # noqa: PLC0415  # it loads the CDK

    owner, bound = _bound(function, given, named, static=static)
    told = told_at(_path(owner, bound) or _name(function), error)
    return None if told is error else told


def _is_harmless(value: object) -> bool:
    """Whether jsii outlives a value: a number that is none, or endless, ends its process."""
    return not isinstance(value, float) or math.isfinite(value)


def _wrong(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    *,
    static: bool,
) -> TypeError | None:
    """Say which arguments are not what their names mean everywhere."""
    owner, bound = _bound(function, given, named, static=static)
    may_be = {one.name: one.default for one in inspect.signature(function).parameters.values()}
    wrong = [
        f"{name} is {described(value)}; expected {_KNOWN[name][1]}"
        for name, value in bound.items()
        if name in _KNOWN and value is not may_be[name] and not _KNOWN[name][0](value)
    ]
    return TypeError(_listed(_path(owner, bound) or _name(function), wrong)) if wrong else None


def _bound(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    *,
    static: bool,
) -> tuple[Any, dict[str, Any]]:
    """Return whose method it is, and its arguments by their names."""
    arguments = dict(inspect.signature(function).bind(*given, **named).arguments)
    return None if static else arguments.pop(next(iter(arguments))), arguments


def _listed(before: str, problems: list[str]) -> str:
    if len(problems) == 1:
        return f"{before}: {problems[0]}"
    return f"{before}:" + "".join(f"\n  - {one}" for one in problems)


_KNOWN: dict[str, tuple[Callable[[Any], bool], str]] = {
    "scope": (lambda value: has_member(value, "node"), "a construct, usually the stack (`self`)"),
    "id": (
        lambda value: isinstance(value, str) and value != "",
        "a non-empty string, unique in its scope",
    ),
    "grantee": (
        lambda value: has_member(value, "grant_principal"),
        "an iam.IGrantable, such as a role or a Lambda function",
    ),
    "description": (lambda value: isinstance(value, str), "a string"),
    "metric_name": (lambda value: isinstance(value, str), "a string"),
    "period": (
        lambda value: has_member(value, "to_seconds"),
        "a Duration such as Duration.minutes(30)",
    ),
    "queue": (JOB_QUEUE.fits, JOB_QUEUE.expected),
    "job_definition": (JOB_DEFINITION.fits, JOB_DEFINITION.expected),
    "environment": (COMPUTE_ENVIRONMENT.fits, COMPUTE_ENVIRONMENT.expected),
    "compute_environment": (COMPUTE_ENVIRONMENT.fits, COMPUTE_ENVIRONMENT.expected),
    "share": (
        lambda value: hasattr(value, "share_identifier"),
        'Share(share_identifier="teamA", weight_factor=0.5)',
    ),
}
"""What a parameter of a method takes, by its name, which means the same everywhere."""


def misfit(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    signature: inspect.Signature | None = None,
    *,
    static: bool = False,
) -> TypeError:
    """Say what does not fit: each unknown name, each that is left out, and what has no place."""
    parameters = list((signature or inspect.signature(function)).parameters.values())
    owner = None if static else given[0]
    parameters, given = (parameters, given) if static else (parameters[1:], given[1:])
    problems = list(_problems(function, parameters, given, named))
    by_place = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
    made = None if function.__name__ == "__init__" else owner  # else it has no place in the tree
    where = _path(made, dict(zip(by_place, given, strict=False)) | dict(named))
    return TypeError(_listed(where or _name(function), problems))


def _name(function: Callable[..., Any]) -> str:
    """Return the name that somebody calls: that of a class, where it is the constructor."""
    owner, _, name = function.__qualname__.rpartition(".")
    return owner.rpartition(".")[2] if name == "__init__" else name


def _problems(
    function: Callable[..., Any],
    parameters: list[inspect.Parameter],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
) -> Iterator[str]:
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters)
    parameters = [
        one for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    called, known = _name(function), [one.name for one in parameters]
    by_place = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(given) > len(by_place):
        places = " and ".join(by_place) or "none"
        yield f"{called} is given {len(given)} arguments by place; {allowed(places)}: name the rest"
    free = [name for name in known if name not in {"scope", "id", *by_place[: len(given)]}]
    wanted = set()
    for name in named:
        if name in by_place[: len(given)]:
            yield f"{name} is given by place and by name: leave one of them out"
        elif name not in known and not takes_any:
            near = meant(name, free)
            wanted |= {one for one in free if near == did_you_mean(one)}
            others = f"; {allowed(one_of(free))}" if free else ": leave it out"
            yield f"{name} is no parameter of {called}{near or others}"
    for one in parameters:
        given_or_meant = {*by_place[: len(given)], *named, *wanted}
        if one.default is one.empty and one.name not in given_or_meant:
            yield f"{one.name} is left out: give it, since {called} needs it"


def _path(owner: Any, named: Mapping[str, Any]) -> str:
    """Say which construct it is, as far as its place in the tree is known."""
    scopes: tuple[Any, ...] = (named.get("scope"), owner, named.get("queue"))
    path = next((one.node.path for one in scopes if has_member(one, "node")), "")
    return "/".join(one for one in (path, named.get("id")) if one and isinstance(one, str))
