"""Calls that do not fit what is called, told as any other mistake: unknown names, and missing ones.

What a constructor does with its arguments is its own; a call that Python itself or the CDK refuses
never gets that far, and says neither which construct it is nor which name was meant. Arguments of
methods are held to the types in their signatures, all at once, before the method is called.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, is_dataclass, replace
from functools import partial, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import allowed, did_you_mean, each_meant, meant, one_of
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.later_assignment import OURS, is_ours
from batch_constructs.names_in_annotations import let_fields_resolve, let_resolve
from batch_constructs.names_of_the_l2 import class_for, parameters_for
from batch_constructs.reference import COMPUTE_ENVIRONMENT, JOB_DEFINITION, JOB_QUEUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


def telling(public: Any) -> Any:
    """Return what is public, telling wrong calls: a function, or a class with all of its methods.

    A class is changed itself, and so are those of ours that it is built upon.
    """
    if inspect.isfunction(public):
        return _told(public, static=True)
    if inspect.isclass(public):
        for kind in public.__mro__:
            if is_ours(kind):
                let_fields_resolve(kind)
                for name, member in list(vars(kind).items()):
                    if not name.startswith("_") or name == "__init__":
                        _let_tell(kind, name, member)
    return public


def _let_tell(kind: type, name: str, member: Any) -> None:
    function = getattr(member, "__func__", member)
    modules = [one.__module__ for one in kind.__mro__ if is_ours(one)]
    if isinstance(member, property):
        let_resolve(member.fget, member.fget, modules)
    elif inspect.isfunction(function) and not hasattr(function, "_tells"):
        told = _told(function, static=isinstance(member, staticmethod), modules=modules)
        setattr(kind, name, told if function is member else type(member)(told))


def _told(
    function: Callable[..., Any], *, static: bool, modules: Iterable[str] = ()
) -> Callable[..., Any]:
    """Let a function, or a method, tell a call that does not fit it."""
    signature = inspect.signature(function)
    makes = function.__name__ == "__init__"  # which looks at its arguments itself
    fits = surely_fits(signature)

    @wraps(function)
    def called(*given: Any, **named: Any) -> Any:
        if makes and fits(given, named):
            return function(*given, **named)
        try:
            call = signature.bind(*given, **named)
        except TypeError:
            if not (given or static):
                raise
            found = misfit(function, given, named, static=static)
            if makes:
                raise _with_wrong_values_of(function, signature, given, named, found) from None
            raise _with_wrong_types_of(signature, given, named, found).error from None
        if makes:
            return function(*given, **named)
        bound = call.arguments
        owner = None if static else next(iter(bound.values()))
        wrong = dict(_wrong(signature, bound))
        if wrong:
            path = _path(owner, bound) or _name(function)
            raise _with_wrong_values(function, call, wrong, path)
        try:
            return function(*given, **named)
        except Exception as error:
            from batch_constructs.construct import told_at  # noqa: PLC0415  # it loads the CDK

            told = told_at(_path(owner, bound) or _name(function), error)
            if told is error:
                raise
        raise told

    let_resolve(called, function, modules)
    called._tells = True  # type: ignore[attr-defined]  # noqa: SLF001  # a mark of ours
    return called


def surely_fits(
    signature: inspect.Signature,
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], bool]:
    """Return what tells a call that fits a signature; of others, `Signature.bind` knows more."""
    parameters = [*signature.parameters.values()]
    by_place = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    known = {*by_place, *(one.name for one in parameters if one.kind is one.KEYWORD_ONLY)}
    needed = {one.name for one in parameters if one.name in known and one.default is one.empty}

    def fits(given: tuple[Any, ...], named: Mapping[str, Any]) -> bool:
        placed = by_place[: len(given)]
        return (
            len(given) == len(placed)
            and named.keys() <= known
            and named.keys().isdisjoint(placed)
            and needed <= named.keys() | set(placed)
        )

    return fits


def _with_wrong_values(
    function: Callable[..., Any], call: inspect.BoundArguments, wrong: dict[str, str], path: str
) -> Exception:
    """Tell what has a wrong type with what has a wrong value, as far as the method gets to say so.

    Whoever is called reads its arguments before it makes anything, and refuses these at once. It
    never sees what has a wrong type: JavaScript would not survive each of them.
    """
    for name, value in list(call.arguments.items()):
        parameter = call.signature.parameters[name]
        if name in wrong:
            needed = parameter.default is parameter.empty
            call.arguments[name] = None if needed else parameter.default
        elif parameter.kind is parameter.VAR_KEYWORD:
            call.arguments[name] = {one: value[one] for one in value if one not in wrong}
    problems = list(wrong.values())
    told = TypeError(_listed(path, problems))
    return _also_wrong(lambda: function(*call.args, **call.kwargs), told, path, problems, wrong)


def _with_wrong_values_of(
    constructor: Callable[..., Any],
    signature: inspect.Signature,
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    found: Misfit,
) -> Exception:
    """Tell what does not fit a construct with what is wrong beside it, as far as it gets there.

    What is made of it meanwhile is taken out of the tree again, as of each that fails.
    """
    known = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    by_place = [one.name for one in known if one.kind is not one.KEYWORD_ONLY]
    if "scope" not in by_place:
        return found.error
    values = found.meant(signature, given, named)
    arguments = {one.name: values.get(one.name, one.default) for one in known}
    missing = {name for name, value in arguments.items() if value is inspect.Parameter.empty}
    if missing & {"scope", "id"}:
        return found.error
    typed = _with_wrong_types_of(signature, given, named, found)
    if typed.problems != found.problems:  # the scope or the ID can be none: it has no place
        return typed.error
    arguments |= dict.fromkeys(missing)
    places = [arguments.pop(name) for name in by_place]
    return _also_wrong(
        lambda: constructor(*places, **arguments), found.error, found.path, found.problems, missing
    )


def _with_wrong_types_of(
    signature: inspect.Signature,
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    found: Misfit,
) -> Misfit:
    """Tell what does not fit with what beside it is not of the type that is named for it."""
    wrong = dict(_wrong(signature, found.meant(signature, given, named)))
    return replace(found, problems=[*found.problems, *wrong.values()])


def _also_wrong(
    call: Callable[[], object],
    told: Exception,
    path: str,
    problems: list[str],
    missing: Iterable[str],
) -> Exception:
    """Return the error of a call that tells these problems and its own; else the first one."""
    from batch_constructs.noted_problems import known_already  # noqa: PLC0415  # only in an error

    left_out = tuple(f"{name} is None" for name in missing)
    try:
        with known_already(problems):
            call()
    except Exception as error:  # noqa: BLE001  # of whatever kind: it has what it cannot work with
        own, said, rest = str(error).partition(f"{path}:")
        lines = [one.strip() for one in rest.split("\n  - ") if one and said and not own]
        again = [one for one in lines if one not in problems and one.startswith(left_out)]
        if set(problems) <= set(lines) and len(lines) == len(set(lines)) and not again:
            return error.with_traceback(None)
    return told


def _wrong(signature: inspect.Signature, bound: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Say which arguments are not of the types that the signature names, and why."""
    for name, value in bound.items():
        parameter = signature.parameters[name]
        if parameter.annotation == "Unpack[MetricOptions]":
            for option, held in value.items():
                if option not in _METRIC_OPTIONS:
                    near = meant(option, _METRIC_OPTIONS)
                    said = near or f"; {allowed(one_of(_METRIC_OPTIONS))}"
                    yield option, f"{option} is not a parameter of a metric{said}"
                    continue
                period = "Duration | None" if option == "period" else "str | None"
                yield from _wrong_with(option, period, held)
        else:
            yield from _wrong_with(name, str(parameter.annotation), value)


def _wrong_with(name: str, annotation: str, value: object) -> Iterator[tuple[str, str]]:
    kind = "id" if name == "id" else annotation.removesuffix(" | None")
    fits, expected = _KINDS.get(kind, (None, ""))
    is_left_out = value is None and annotation.endswith(" | None")
    if not (fits is None or is_left_out or fits(value)):
        yield name, f"{name} is {described(value)}; expected {expected}"


def _listed(before: str, problems: list[str]) -> str:
    if len(problems) == 1:
        return f"{before}: {problems[0]}"
    return f"{before}:" + "".join(f"\n  - {one}" for one in problems)


_METRIC_OPTIONS = ("statistic", "period", "label", "color", "account", "region")

_TARGETS = ("bind", "function_arn", "topic_arn", "queue_arn")
"""What a target of a rule has: one of them."""

_KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Construct": (
        lambda value: has_member(value, "node"),
        "a construct, usually the stack (`self`)",
    ),
    "id": (
        lambda value: isinstance(value, str) and value != "",
        "a non-empty string, unique in its scope",
    ),
    "str": (lambda value: isinstance(value, str), "a string"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "Duration": (
        lambda value: has_member(value, "to_seconds"),
        "a Duration such as Duration.minutes(30)",
    ),
    "iam.IGrantable": (
        lambda value: has_member(value, "grant_principal"),
        "an iam.IGrantable, such as a role or a Lambda function",
    ),
    "iam.IRole": (lambda value: has_member(value, "role_arn"), "an iam.IRole"),
    "logs.ILogGroup": (lambda value: has_member(value, "log_group_name"), "a logs.ILogGroup"),
    "AnyJobQueue": (JOB_QUEUE.fits, JOB_QUEUE.expected),
    "AnyJobQueue | QueueMetrics": (JOB_QUEUE.fits, JOB_QUEUE.expected),
    "AnyJobDefinition": (JOB_DEFINITION.fits, JOB_DEFINITION.expected),
    "AnyComputeEnvironment": (COMPUTE_ENVIRONMENT.fits, COMPUTE_ENVIRONMENT.expected),
    "Share | batch.Share": (
        lambda value: hasattr(value, "share_identifier"),
        'Share(share_identifier="teamA", weight_factor=0.5)',
    ),
    "RuleTarget": (
        lambda value: any(map(partial(has_member, value), _TARGETS)),
        "a Lambda function, an SNS topic, an SQS queue, or a target of aws_events_targets",
    ),
}
"""What a parameter of a method takes, by its type; an ID is a string that says something."""


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """A call that does not fit what is called.

    Attributes:
        called: the name of what is called.
        path: of the construct, as far as it is known.
        problems: a line each.
        misspelled: parameter → the name that was written, and means it.
    """

    called: str
    path: str
    problems: list[str]
    misspelled: dict[str, str]

    @property
    def error(self) -> TypeError:
        """What tells all of it at once."""
        return TypeError(_listed(self.path or self.called, self.problems))

    def meant(
        self, signature: inspect.Signature, given: tuple[Any, ...], named: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments that have a place, each by the name that was meant."""
        known = signature.parameters.values()
        by_place = [one.name for one in known if one.kind is one.POSITIONAL_OR_KEYWORD]
        meant = {written: parameter for parameter, written in self.misspelled.items()}
        values = {meant.get(name, name): value for name, value in named.items()}
        values = dict(zip(by_place, given, strict=False)) | values
        return {name: value for name, value in values.items() if name in signature.parameters}


def misfit(
    function: Callable[..., Any],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    signature: inspect.Signature | None = None,
    *,
    static: bool = False,
) -> Misfit:
    """Say what does not fit: each unknown name, each that is left out, and what has no place."""
    parameters = list((signature or inspect.signature(function)).parameters.values())
    owner = None if static else given[0]
    parameters, given = (parameters, given) if static else (parameters[1:], given[1:])
    misspelled: dict[str, str] = {}
    problems = list(_problems(function, parameters, given, named, misspelled))
    by_place = [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
    made = None if function.__name__ == "__init__" else owner  # else it has no place in the tree
    where = _path(made, dict(zip(by_place, given, strict=False)) | dict(named))
    return Misfit(called=_name(function), path=where, problems=problems, misspelled=misspelled)


def _name(function: Callable[..., Any]) -> str:
    """Return the name that somebody calls: that of a class, where it is the constructor."""
    owner, _, name = function.__qualname__.rpartition(".")
    return owner.rpartition(".")[2] if name == "__init__" else name


def _problems(
    function: Callable[..., Any],
    parameters: list[inspect.Parameter],
    given: tuple[Any, ...],
    named: Mapping[str, Any],
    misspelled: dict[str, str],
) -> Iterator[str]:
    """Say what does not fit, and note which names are misspelled."""
    takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters)
    parameters = [
        one for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    called, known = _name(function), [one.name for one in parameters]
    by_place = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(given) > len(by_place):
        places = " and ".join(by_place) or "none"
        yield (
            f"{called} is given {len(given)} arguments by position; {allowed(places)}: "
            "name the rest"
        )
    free = [name for name in known if name not in {"scope", "id", *by_place[: len(given)]}]
    unknown = [] if takes_any else [one for one in named if one not in known]
    open_ = [one for one in free if one not in named]
    elsewhere = {name: several for name in unknown if (several := parameters_for(name, open_))}
    taken = {one for several in elsewhere.values() for one in several}
    proposed = each_meant(
        [one for one in unknown if one not in elsewhere and class_for(called, one) is None],
        [one for one in open_ if one not in taken],
    )
    misspelled |= {parameter: name for name, parameter in proposed.items()}
    for name in named:
        if name in by_place[: len(given)]:
            yield f"{name} is given by position and by name: leave one of them out"
        elif name in unknown:
            others = f"; {allowed(one_of(free))}" if free else ": leave it out"
            if name in elsewhere:
                near = did_you_mean(one_of(elsewhere[name]))
            elif (better := class_for(called, name)) is not None:
                near = f": make a {better}"
            else:
                near = did_you_mean(proposed[name]) if name in proposed else _taken_by(name, called)
            yield f"{name} is not a parameter of {called}{near or others}"
    for one in parameters:
        given_or_meant = {*by_place[: len(given)], *named, *misspelled, *taken}
        if one.default is one.empty and one.name not in given_or_meant:
            yield f"{one.name} is left out: give it, since {called} needs it"


def _room(kind: type) -> str:
    """Return the folder of a class: what is made for the same things."""
    return kind.__module__.rpartition(".")[0]


def _taken_by(name: str, called: str) -> str:
    """Say who takes an argument that something else was given: its kin, or a value it takes."""
    ours = import_module(OURS)
    noun = "".join(re.findall("[A-Z][a-z]+", called)[-2:])
    public = {one: getattr(ours, one) for one in ours.__all__}
    takers = [
        one
        for one, kind in public.items()
        if inspect.isclass(kind)
        and not issubclass(kind, dict)
        and one not in {called, "WatchedFunction"}  # which holds what others have made
        and name in inspect.signature(kind).parameters
    ]
    kin = [one for one in takers if one.endswith(noun)]
    near = [one for one in takers if _room(public[one]) == _room(public.get(called, str))]
    values = [one for one in takers if is_dataclass(public[one])]
    some = (kin or [one for one in near if one in values] or near or values or takers)[:_SOME]
    if not some:
        return ""
    *others, last = some
    return f"; {', '.join(others)} and {last} take it" if others else f"; {last} takes it"


_SOME = 3
"""How many are named that would take an argument."""


def _path(owner: Any, named: Mapping[str, Any]) -> str:
    """Say which construct it is, as far as its place in the tree is known."""
    scopes: tuple[Any, ...] = (named.get("scope"), owner, named.get("queue"))
    path = next((one.node.path for one in scopes if has_member(one, "node")), "")
    return "/".join(one for one in (path, named.get("id")) if one and isinstance(one, str))
