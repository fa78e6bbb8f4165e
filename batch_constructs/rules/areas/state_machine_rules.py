"""Rules about state machines: what Step Functions refuses of any definition."""

from __future__ import annotations

from functools import partial
from itertools import chain

from batch_constructs.aws import states_language as language
from batch_constructs.aws.bound import allowed, meant, one_of
from batch_constructs.aws.error_names import ANY_ERROR
from batch_constructs.aws.names import is_arn
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.limit_rules import register
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.state_machine_view import (
    DEEPEST,
    STATE_MACHINE,
    STATE_MACHINES,
    machines_of,
    state_machine_definition,
    states_of,
)
from batch_constructs.rules.template.values import (
    UNKNOWN,
    PartlyKnown,
    Properties,
    absent,
    entries,
    flag,
    given,
    mapping,
    settled,
    show,
    text,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from batch_constructs.aws.bound import Decimal, Whole
    from batch_constructs.rules.template.resource_graph import Resource

register("state_machines", area="state_machine")

_rule = partial(rule, subject=STATE_MACHINES)


@rule(
    "state-machine-definition",
    STATE_MACHINE,
    title="state machine without a definition",
    fix="give one of Definition, DefinitionString and DefinitionS3Location",
    source=language.DEFINITION_SOURCE,
)
def state_machine_one_definition(source: Resource) -> Iterator[Fault]:
    """CloudFormation or Step Functions refuses it."""
    properties = source.properties
    there = [one for one in language.definitions() if given(properties, one)]
    if len(there) > 1:
        yield there[1], *_several_given(there)
    elif all(absent(properties, one) for one in language.definitions()):
        yield "Definition", "there is no definition"
    written = settled(properties.get("DefinitionString"))
    definition = state_machine_definition(source)
    if written is not None and definition is UNKNOWN:
        said = f'DefinitionString is "{show(written)}", which is not JSON'
        yield "DefinitionString", said, "write the definition as JSON"
    for path, machine in machines_of(source):
        for field in ("StartAt", "States"):
            if machine and absent(machine, field):
                yield f"{path}{field}", f"{field} is missing", f"give {field}"


def _several_given(there: Sequence[str]) -> tuple[str, str]:
    """Say that there is more than one of what there may be one of, and what to do."""
    said = one_of(there, last="and")
    return f"{said} are given; {allowed('one of them')}", f"keep one of {said}"


@_rule(
    "state-machine-states",
    title="state machine with a state that leads nowhere",
    fix="name a state of the same level in StartAt and Next, or set End to true",
    source=language.STATES_SOURCE,
)
def state_machine_states(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition.

    A Choice has Next in its rules; Succeed and Fail end the state machine.
    """
    for path, machine, states in _known_machines(source):
        for where, named in _named_states(machine, states):
            if isinstance(named, str) and named not in states and not _OF_ANOTHER.search(named):
                said = f'{where.rpartition("/")[2]} is "{show(named)}"; there is no such state'
                yield f"{path}{where}", f"{said}{meant(named, states)}"
        for name, state in states.items():
            if (
                isinstance(state, dict)
                and language.goes_on(state.get("Type"))
                and absent(state, "Next")
                and (absent(state, "End") or flag(state, "End") is False)
            ):
                said = f'the state "{show(name)}" has neither Next nor End'
                yield f"{path}States/{name}", said, "set Next to a state, or End to true"


_OF_ANOTHER: Final = pattern(r"[^ -\uDFFF]|\$\{")
"""What stands in a name that is not known yet."""


@_rule(
    "state-machine-unreachable",
    title="state that no other one leads to",
    fix="name it in StartAt, or in Next, Default or Catch of another state, or remove it",
    source=language.REACHED_SOURCE,
)
def state_machine_unreachable(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition. It needs a state that ends it, too."""
    for path, machine, states in _known_machines(source):
        named = [one for _, one in _named_states(machine, states)]
        if not all(isinstance(one, str) and one in states for one in named):
            continue  # what is unknown, or misspelled, may mean any
        led_to = states if absent(machine, "StartAt") else {*named}
        for name in states:
            if name not in led_to:
                yield f"{path}States/{name}", f'no state leads to "{show(name)}"'
        outermost = machine is state_machine_definition(source)
        if outermost and not any(map(_may_end, states.values())):
            said = "no state ends the state machine"
            yield f"{path}States", said, "set End to true in its last state"


def _may_end(state: object) -> bool:
    """Tell whether a state ends its state machine, or may."""
    if not isinstance(state, dict):
        return True
    kind, end = state.get("Type"), state.get("End", False)
    return not language.goes_on_or_chooses(kind) or (end is not None and end is not False)


def _known_machines(source: Resource) -> Iterator[tuple[str, Properties, Properties]]:
    """Give the state machines whose states are all known, with their paths and states."""
    for path, machine in machines_of(source):
        states = mapping(machine, "States")
        known = not isinstance(states, PartlyKnown) and not any(map(_OF_ANOTHER.search, states))
        if states and known:
            yield path, machine, states


def _named_states(machine: Properties, states: Properties) -> Iterator[tuple[str, object]]:
    """Give the states that a state machine names as its first or a next one."""
    if not absent(machine, "StartAt"):
        yield "StartAt", machine.get("StartAt")
    for name, state in states.items():
        if not isinstance(state, dict) or isinstance(state, PartlyKnown):
            yield f"States/{name}", UNKNOWN
            continue
        for field in ("Next", "Default"):
            if not absent(state, field):
                yield f"States/{name}/{field}", state.get(field)
        for field in ("Choices", "Catch"):
            for where, one in _next_of_each(state.get(field, [])):
                yield f"States/{name}/{field}{where}", one


def _next_of_each(listed: object) -> Iterator[tuple[str, object]]:
    """Give the states that the entries of a list name as the next one."""
    if not isinstance(listed, list):
        yield "", UNKNOWN
        return
    for position, one in enumerate(listed):
        if not isinstance(one, dict):
            yield f"/{position}", UNKNOWN
        elif not absent(one, "Next"):
            yield f"/{position}/Next", one.get("Next")


@_rule(
    "state-name",
    title="name of a state that Step Functions does not take",
    fix="give each state a name of its own",
    source=language.NAME_SOURCE,
)
def state_name(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition, also where two branches have a state of one name."""
    known: set[str] = set()
    for path, _, states in _known_machines(source):
        for name in states:
            if len(name) > language.NAME_LENGTH:
                most = allowed(f"at most {language.NAME_LENGTH}")
                said = f'the name "{show(name)}" has {len(name)} characters; {most}'
                yield f"{path}States/{name}", said, "shorten the name"
            if name in known:
                yield f"{path}States/{name}", f'"{show(name)}" is the name of another state, too'
            known.add(name)


@_rule(
    "state-field",
    title="state with a field of another type of state, or without one that it needs",
    fix="remove it, or change the Type of the state",
    source=language.FIELDS_SOURCE,
)
def state_field(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, state in states_of(source):
        kind = state.get("Type")
        if absent(state, "Type"):
            yield f"{path}/Type", "Type is missing", "give Type"
            continue
        if not isinstance(kind, str) or kind not in language.fields():
            continue
        taken = language.fields()[kind]
        for field in state:
            if field in language.all_fields() and field not in taken and given(state, field):
                yield f"{path}/{field}", f"{field} is not a field of {kind}"
        needed = language.required().get(kind, ())
        if needed and all(absent(state, one) for one in needed):
            said = f"{kind} needs {one_of(needed)}"
            yield f"{path}/{needed[0]}", said, f"give {one_of(needed)}"
        for group in language.exclusive():
            there = [one for one in group if given(state, one) and state[one] is not False]
            if len(there) > 1 and taken.issuperset(there):
                yield f"{path}/{there[1]}", *_several_given(there)


@_rule(
    "state-word",
    title="word that the language of state machines does not have",
    fix="use one of the words that are allowed",
    source=language.FIELDS_SOURCE,
)
def state_word(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    within: Iterable[tuple[str, Properties]] = chain(
        machines_of(source),
        ((f"{path}/", state) for path, state in states_of(source)),
        ((f"{path}/", processor) for path, processor in _processors(source)),
        ((f"{path}/", retrier) for path, retrier in _listed(source, "Retry")),
    )
    for path, one in within:
        for field, words in language.words().items():
            got = settled(one.get(field))
            problem = None if got is None else words.wrong(got)
            if problem:
                yield f"{path}{field}", f"{field} {problem}"


@_rule(
    "state-number",
    title="number in a state machine that is out of range",
    fix="use a number that is allowed",
    source=language.NUMBERS_SOURCE,
)
def state_number(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, machine in machines_of(source):
        yield from _beyond(path, machine, language.numbers_of_a_machine())
    for path, state in states_of(source):
        yield from _beyond(f"{path}/", state, language.numbers())
    for path, retrier in _listed(source, "Retry"):
        yield from _beyond(f"{path}/", retrier, language.numbers_of_a_retrier())


def _beyond(
    path: str, within: Properties, bounds: Mapping[str, Whole | Decimal]
) -> Iterator[Fault]:
    for field in bounds:
        got = within.get(field)
        problem = bounds[field].wrong(got) if type(got) in (int, float) else None  # type: ignore[arg-type]  # it is one
        if problem:
            yield f"{path}{field}", f"{field} {problem}", bounds[field].fix(field)


@_rule(
    "state-errors",
    title="Retry or Catch that Step Functions does not take",
    fix="give ErrorEquals, with States.ALL alone in the last entry",
    source=language.ERRORS_SOURCE,
)
def state_errors(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, state in states_of(source):
        for field in ("Retry", "Catch"):
            handlers = state.get(field)
            last = len(handlers) - 1 if isinstance(handlers, list) else 0
            for position, one in entries(state, field):
                where = f"{path}/{field}/{position}"
                if field == "Catch" and absent(one, "Next"):
                    yield f"{where}/Next", "Next is missing", "set Next to a state"
                if absent(one, "ErrorEquals"):
                    yield f"{where}/ErrorEquals", "ErrorEquals is missing"
                errors = texts(one, "ErrorEquals")
                if ANY_ERROR in errors and (len(errors) > 1 or position < last):
                    stands = "among other errors" if len(errors) > 1 else "before other entries"
                    yield f"{where}/ErrorEquals", f"{ANY_ERROR} stands {stands}"


@_rule(
    "state-choice",
    title="Choice with rules that Step Functions does not take",
    fix="give each rule a Variable with one comparison, And, Or, Not, or a Condition",
    source=language.CHOICES_SOURCE,
)
def state_choice(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, one in _listed(source, "Choices"):
        if absent(one, "Next"):
            yield f"{path}/Next", "Next is missing", "set Next to a state"
        yield from _rules_of_a_choice(path, one, 0)


def _rules_of_a_choice(path: str, one: Properties, depth: int) -> Iterator[Fault]:
    if isinstance(one, PartlyKnown) or depth > DEEPEST:
        return
    begins = [field for field in language.SELECTORS if field in one]
    if len(begins) != 1:
        got = one_of(begins, last="and") if begins else "none"
        yield path, f"the rule has {got} of {one_of(language.SELECTORS)}; {allowed('one of them')}"
    elif begins == ["Variable"]:
        compares = [field for field in one if field in language.comparators()]
        if len(compares) != 1:
            others = [field for field in one if field not in _OF_A_RULE]
            hint = meant(next(iter(others), ""), language.comparators())
            yield path, f"the rule has {len(compares)} comparisons; {allowed('1')}{hint}"
    for field in language.COMBINED:
        inner = one.get(field)
        for place, part in (
            enumerate(inner) if isinstance(inner, list) else (("", inner),)  # of Not
        ):
            if isinstance(part, dict):
                where = f"{path}/{field}/{place}".rstrip("/")
                if given(part, "Next"):
                    said = "Next stands in a rule inside of another"
                    yield f"{where}/Next", said, "move Next to the outermost rule"
                yield from _rules_of_a_choice(where, part, depth + 1)


_OF_A_RULE: Final = (*language.SELECTORS, "Next", "Comment", "Assign", "Output")


@_rule(
    "state-query-language",
    title="field of the other query language",
    fix="use the fields of one query language, or set QueryLanguage",
    source=language.QUERY_SOURCE,
)
def state_query_language(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition. JSONPath is the default."""
    definition = state_machine_definition(source)
    whole = definition.get("QueryLanguage") if isinstance(definition, dict) else UNKNOWN
    for path, state in states_of(source):
        spoken = state.get("QueryLanguage", whole)
        spoken = language.JSON_PATH if spoken is None else spoken
        other = _OTHERS.get(spoken) if isinstance(spoken, str) else None
        if other is None:
            continue
        foreign = language.only_of(other)
        taken = language.fields().get(str(state.get("Type")), frozenset())
        for field in state:
            if field in foreign and field in taken and given(state, field):
                yield f"{path}/{field}", f"{field} is of {other}, and the state of {spoken}"


_OTHERS: Final = {
    language.JSON_PATH: language.JSONATA,
    language.JSONATA: language.JSON_PATH,
}


@_rule(
    "state-json-path",
    title="path that does not begin with $",
    fix="begin it with $, as in $.name",
    source=language.PATHS_SOURCE,
)
def state_json_path(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, state in chain(states_of(source), _listed(source, "Choices")):
        for field in state:
            got = text(state, field) if field in language.paths() else None
            computed = language.may_be_computed(field)
            if got is not None and not _is_a_path(got, computed=computed):
                yield f"{path}/{field}", f'{field} is "{show(got)}"'
    for path, state in states_of(source):
        for field in ("Parameters", "ItemSelector", "ResultSelector"):
            for name, value in mapping(state, field).items():
                is_path = not isinstance(value, str) or _is_a_path(value, computed=True)
                if name.endswith(".$") and not is_path:
                    said = f'{name} is "{show(value)}", which is not a path'
                    fix = f"begin it with $, or write {name.removesuffix('.$')}"
                    yield f"{path}/{field}/{name}", said, fix


def _is_a_path(written: str, *, computed: bool) -> bool:
    return written.startswith("$") or (computed and written.startswith("States."))


@_rule(
    "state-resource",
    title="Task without a resource that Step Functions knows",
    fix="set Resource to an ARN",
    source=language.RESOURCE_SOURCE,
)
def state_resource(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition. An integration needs Parameters, or Arguments."""
    for path, state in states_of(source):
        got = settled(state.get("Resource")) if state.get("Type") == "Task" else None
        if not got:
            continue
        if not is_arn(got):
            yield f"{path}/Resource", f'Resource is "{show(got)}", which is not an ARN'
        elif (
            language.is_an_integration(got)
            and state.get("Parameters", state.get("Arguments")) is None
        ):
            yield f"{path}/Parameters", "Parameters is missing", "give Parameters"


@_rule(
    "state-map",
    title="distributed Map without its kind of execution",
    fix="set ExecutionType to STANDARD or EXPRESS",
    source=language.MAP_SOURCE,
)
def state_map(source: Resource) -> Iterator[Fault]:
    """Step Functions refuses the definition."""
    for path, processor in _processors(source):
        if processor.get("Mode") == language.DISTRIBUTED and absent(processor, "ExecutionType"):
            yield f"{path}/ExecutionType", "ExecutionType is missing"


def _listed(source: Resource, field: str) -> Iterator[tuple[str, Properties]]:
    """Give the entries of a list of the states, such as Retry."""
    for path, state in states_of(source):
        for position, one in entries(state, field):
            yield f"{path}/{field}/{position}", one


def _processors(source: Resource) -> Iterator[tuple[str, Properties]]:
    """Give how the states of type Map are run."""
    for path, state in states_of(source):
        where = "ItemProcessor/ProcessorConfig"
        yield f"{path}/{where}", mapping(mapping(state, "ItemProcessor"), "ProcessorConfig")
