"""The language of state machines: what Step Functions takes of their states.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.bound import Decimal, OneOf, Whole
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.source import Source, docs, probed, seen
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_GUIDE: Final = "step-functions/latest/dg"

JSON_PATH: Final = "JSONPath"
JSONATA: Final = "JSONata"
DISTRIBUTED: Final = "DISTRIBUTED"
EXPRESS: Final = "EXPRESS"
MACHINE_TYPES: Final = ("STANDARD", EXPRESS)


@cache
def fields() -> Mapping[str, frozenset[str]]:
    """Give the fields of each type of state."""
    in_and_out = "Type Comment QueryLanguage InputPath OutputPath Output"
    goes_on = f"{in_and_out} Next End Assign"
    with_result = f"{goes_on} ResultPath Parameters"
    may_fail = f"{with_result} ResultSelector Arguments Retry Catch"
    tolerated = "ToleratedFailureCount ToleratedFailurePercentage"
    written = {
        "Choice": f"{in_and_out} Assign Choices Default",
        "Fail": "Type Comment QueryLanguage Error ErrorPath Cause CausePath",
        "Map": f"{may_fail} ItemProcessor Iterator ItemsPath Items ItemSelector ItemReader"
        f" ItemBatcher ResultWriter MaxConcurrency MaxConcurrencyPath Label {tolerated}"
        f" {' '.join(f'{one}Path' for one in tolerated.split())}",
        "Parallel": f"{may_fail} Branches",
        "Pass": f"{with_result} Result",
        "Succeed": in_and_out,
        "Task": f"{may_fail} Resource Credentials TimeoutSeconds TimeoutSecondsPath"
        " HeartbeatSeconds HeartbeatSecondsPath",
        "Wait": f"{goes_on} Seconds SecondsPath Timestamp TimestampPath",
    }
    return {kind: frozenset(names.split()) for kind, names in written.items()}


@cache
def all_fields() -> frozenset[str]:
    """Give the fields of all states."""
    return frozenset[str]().union(*fields().values())


def goes_on(kind: object) -> bool:
    """Tell whether states of a type lead to another one, or end the state machine."""
    return isinstance(kind, str) and "Next" in fields().get(kind, ())


def goes_on_or_chooses(kind: object) -> bool:
    """Tell whether states of a type are known not to end the state machine by themselves."""
    return goes_on(kind) or kind == "Choice"


@cache
def required() -> Mapping[str, tuple[str, ...]]:
    """Give the fields of which each type of state needs one."""
    return {
        "Choice": ("Choices",),
        "Map": ("ItemProcessor", "Iterator"),
        "Parallel": ("Branches",),
        "Task": ("Resource",),
        "Wait": ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    }


@cache
def exclusive() -> tuple[tuple[str, ...], ...]:
    """Give the fields of which a state takes one."""
    either = (
        *("TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "ToleratedFailureCount"),
        *("ToleratedFailurePercentage", "Error", "Cause"),
    )
    return (
        ("Next", "End"),
        required()["Wait"],
        required()["Map"],
        *((one, f"{one}Path") for one in either),
    )


FIELDS_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-state-fields",
    "\"Field 'Retry' is not supported\" is what Step Functions answers to a field of another type"
    ' of state; "There should only be one of the following fields: [Next, End]" to two of which'
    " there may be one.",
)


@cache
def only_of(query_language: object) -> frozenset[str]:
    """Give the fields that only states of one query language have."""
    if query_language == JSONATA:
        return frozenset(("Arguments", "Items", "Output"))
    named = "InputPath OutputPath ResultPath Parameters ResultSelector Result"
    return frozenset(named.split()) | {one for one in all_fields() if one.endswith("Path")}


QUERY_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-query-language",
    "\"The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the"
    " 'JSONPath' QueryLanguage\" is what Step Functions answers.",
)

NAME_LENGTH: Final = 80
NAME_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-name-limits",
    'A name has at most 80 characters: "INVALID_STATE_NAME". It stands once in the whole state'
    ' machine: "DUPLICATE_STATE_NAME".',
)

STATES_SOURCE: Final[Source] = docs(
    f"{_GUIDE}/statemachine-structure.html",
    'StartAt: "A string that must exactly match (is case sensitive) the name of one of the'
    ' state objects." Next: the name of the next state; a state that is not the last one needs'
    " it, any other End: true.",
)

REACHED_SOURCE: Final[Source] = seen(
    "https://github.com/localstack/localstack/issues/11978",
    'Step Functions was seen to answer "MISSING_TRANSITION_TARGET: State \\"pass2\\" is not'
    ' reachable." and, without a state that ends it, "MISSING_END_STATE: Workflow has no terminal'
    ' state" (badmintoncryer/cdk-preflight, pf-sfn-asl-terminal-state).',
)

_MOST: Final = 99_999_999
RETRIES: Final = Whole(1, _MOST)
RETRY_SECONDS: Final = Whole(1, _MOST, unit="seconds")
BACKOFF_RATE: Final = Decimal(1)
"""How often a state tries again, after how long, and how that grows."""


@cache
def numbers() -> Mapping[str, Whole | Decimal]:
    """Give the bounds of the fields of a state."""
    return {
        "HeartbeatSeconds": Whole(1, _MOST),
        "MaxConcurrency": Whole(0),
        "Seconds": Whole(0, _MOST),
        "TimeoutSeconds": Whole(1, _MOST),
        "ToleratedFailureCount": Whole(0),
        "ToleratedFailurePercentage": Decimal(0, 100),
    }


@cache
def numbers_of_a_machine() -> Mapping[str, Whole | Decimal]:
    """Give the bounds of the fields of a state machine."""
    return {one: bound for one, bound in numbers().items() if one == "TimeoutSeconds"}


@cache
def numbers_of_a_retrier() -> Mapping[str, Whole | Decimal]:
    """Give the bounds of the fields of an entry of Retry."""
    return {
        "BackoffRate": BACKOFF_RATE,
        "IntervalSeconds": Whole(1, _MOST),
        "MaxAttempts": Whole(0, _MOST),
        "MaxDelaySeconds": Whole(1, 31_622_400),
    }


NUMBERS_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-numeric-ranges",
    '"Minimum value is 1 at /States/A/TimeoutSeconds" is what Step Functions answers. Its guide has'
    " 99999999 as the largest TimeoutSeconds, IntervalSeconds and MaxAttempts, 31622400 as the"
    " largest MaxDelaySeconds, 1.0 as the least BackoffRate, and 0 to 100 as percentages.",
)

ERRORS_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-retry-catch",
    '"States.ALL must appear alone and at end of list" is what Step Functions answers. Each entry'
    " needs ErrorEquals, and one of Catch needs Next.",
)


@cache
def words() -> Mapping[str, OneOf]:
    """Give the words that fields take."""
    return {
        "JitterStrategy": OneOf(("FULL", "NONE")),
        "Mode": OneOf(("INLINE", DISTRIBUTED)),
        "ExecutionType": OneOf(MACHINE_TYPES),
        "QueryLanguage": OneOf((JSON_PATH, JSONATA)),
        "Type": OneOf(tuple(sorted(fields()))),
    }


@cache
def comparators() -> frozenset[str]:
    """Give the comparisons of a rule of a Choice."""
    compared = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
    return frozenset(
        (
            *("BooleanEquals", "BooleanEqualsPath", "StringMatches"),
            *("IsBoolean", "IsNull", "IsNumeric", "IsPresent", "IsString", "IsTimestamp"),
            *(
                f"{kind}{one}{path}"
                for kind in ("String", "Numeric", "Timestamp")
                for one in compared
                for path in ("", "Path")
            ),
        )
    )


COMBINED: Final = ("And", "Or", "Not")
"""What a rule of a Choice combines."""

SELECTORS: Final = ("Variable", *COMBINED, "Condition")
"""What a rule of a Choice begins with."""

CHOICES_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-choice-rules",
    '"Value cannot be empty at /States/C/Choices" is what Step Functions answers. A rule has a'
    " Variable with one comparison, And, Or, Not, or a Condition; only the outermost has Next.",
)


@cache
def paths() -> frozenset[str]:
    """Give the fields of a state, or of a rule of a Choice, that say a path."""
    return frozenset(one for one in all_fields() if one.endswith("Path")) | {"Variable"}


def may_be_computed(path: str) -> bool:
    """Tell whether a path may be an intrinsic function, too."""
    return path in ("ErrorPath", "CausePath")


PATHS_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-jsonpath-syntax",
    '"Value must be a valid JSONPath. at /States/A/InputPath" is what Step Functions answers. A'
    " path begins with $; what stands under a name that ends with .$ is a path or an intrinsic"
    " function.",
)

MAP_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-map-distributed",
    '"These fields are required: [ExecutionType] at /States/M/ItemProcessor/ProcessorConfig" is'
    " what Step Functions answers to DISTRIBUTED without it.",
)


def is_an_integration(resource: str) -> bool:
    """Tell whether the Resource of a Task is an API that Step Functions calls."""
    return _INTEGRATION.match(resource) is not None


_INTEGRATION: Final = pattern(r"arn:[^:]+:states:[^:]*:[^:]*:(?!activity:)")

RESOURCE_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-asl-resource-arn",
    '"The resource provided … is not recognized. The value is not a valid resource ARN, or the'
    ' resource is not available in this region." An integration needs its arguments: "Parameters'
    ' field is required for resource ARN".',
)


@cache
def definitions() -> tuple[str, ...]:
    """Give the properties of a state machine of which it takes one."""
    return ("Definition", "DefinitionString", "DefinitionS3Location")


DEFINITION_SOURCE: Final[Source] = probed(
    "stepfunctions/pf-sfn-definition-exactly-one",
    '"Required key [DefinitionS3Location], [DefinitionString] or [Definition] not found" is what'
    " CloudFormation answers to none. A definition is JSON, with StartAt and States.",
)
