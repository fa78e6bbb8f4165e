"""Event patterns: what AWS's pages show is taken, what its published matcher refuses is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from hypothesis import given
from hypothesis import strategies as st

from batch_constructs.aws.event_pattern import length, unknown_fields, wrong
from batch_constructs.aws.quotas import EVENT_PATTERN_CHARACTERS
from batch_constructs.local.adapter import refused_patterns
from batch_constructs.rules import UNKNOWN, check_resource, check_template

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws

COMPARISONS: list[Any] = [
    "done",
    "",
    5,
    True,
    None,
    {"prefix": "us-"},
    {"prefix": ""},
    {"prefix": {"equals-ignore-case": "Batch"}},
    {"suffix": ".png"},
    {"suffix": {"equals-ignore-case": ".PNG"}},
    {"equals-ignore-case": "alice"},
    {"exactly": "alice"},
    {"anything-but": "initializing"},
    {"anything-but": 123},
    {"anything-but": ["stopped", "overloaded"]},
    {"anything-but": [100, 200, 300]},
    {"anything-but": {"prefix": "init"}},
    {"anything-but": {"prefix": "**"}},
    {"anything-but": {"suffix": [".png", ".jpg"]}},
    {"anything-but": {"equals-ignore-case": ["a", ""]}},
    {"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}},
    {"exists": True},
    {"exists": False},
    {"wildcard": "a*b*c"},
    {"wildcard": r"a\**\\*"},
    {"wildcard": ""},
    {"numeric": ["=", 301.8]},
    {"numeric": [">=", -5_000_000_000, "<=", 5_000_000_000]},
    123456789012,
    {"numeric": ["<", 10]},
    {"numeric": ["<=", -5e-3]},
    {"numeric": [">", 0, "<=", 5]},
    {"numeric": [">=", 0, "<", 5]},
    {"cidr": "10.0.0.0/24"},
    {"cidr": "010.0.0.0/0"},
    {"cidr": "0.0.0.0/31"},
    {"cidr": "2001:db8::/127"},
]
"""What a field may be compared with."""

REFUSED: list[tuple[Any, str, str]] = [
    ([], "/0", "is a list"),
    ({}, "/0", "has 0 operators; allowed: 1"),
    ({"prefix": "a", "suffix": "b"}, "/0", "has 2 operators; allowed: 1"),
    ({"startswith": "x"}, "/0", 'has the operator "startswith"; allowed: anything-but, cidr'),
    ({"Prefix": "x"}, "/0", 'has the operator "Prefix"'),
    ({"prefix": 3}, "/0/prefix", "is 3; expected a string"),
    ({"prefix": ["a"]}, "/0/prefix", 'is ["a"]; expected a string'),
    ({"prefix": {"suffix": "a"}}, "/0/prefix", "expected a string or equals-ignore-case"),
    ({"suffix": {"equals-ignore-case": 5}}, "/0/suffix", "is 5; expected a string"),
    ({"equals-ignore-case": ["a"]}, "/0/equals-ignore-case", "expected a string"),
    ({"exactly": 33}, "/0/exactly", "expected a string"),
    ({"exists": "true"}, "/0/exists", 'is "true"; allowed: true or false'),
    ({"exists": 1}, "/0/exists", "is 1; allowed:"),
    ({"wildcard": 5}, "/0/wildcard", "expected a string"),
    ({"wildcard": "a**b"}, "/0/wildcard", "allowed: one asterisk"),
    ({"wildcard": r"\**\***"}, "/0/wildcard", "allowed: one asterisk"),
    ({"wildcard": r"a\b"}, "/0/wildcard", "allowed: a backslash before"),
    ({"wildcard": "a\\"}, "/0/wildcard", "allowed: a backslash before"),
    ({"anything-but": True}, "/0/anything-but", "expected strings or numbers"),
    ({"anything-but": None}, "/0/anything-but", "expected strings or numbers"),
    ({"anything-but": []}, "/0/anything-but", "is empty; allowed: at least one value"),
    ({"anything-but": ["a", 1]}, "/0/anything-but", "expected strings or numbers, not both"),
    ({"anything-but": [["a"]]}, "/0/anything-but", "expected strings or numbers"),
    ({"anything-but": {"cidr": "1.0.0.0/8"}}, "/0/anything-but", "expected values, or one of"),
    ({"anything-but": {}}, "/0/anything-but", "expected values, or one of"),
    (
        {"anything-but": {"prefix": "a", "suffix": "b"}},
        "/0/anything-but",
        "expected values, or one of",
    ),
    ({"anything-but": {"prefix": ""}}, "/0/anything-but", "with prefix is empty"),
    ({"anything-but": {"suffix": ["a", ""]}}, "/0/anything-but", "with suffix is empty"),
    ({"anything-but": {"prefix": [1]}}, "/0/anything-but", "with prefix is 1; expected a string"),
    (
        {"anything-but": {"prefix": []}},
        "/0/anything-but",
        "is empty; allowed: at least one value",
    ),
    ({"anything-but": {"wildcard": "**"}}, "/0/anything-but", 'with wildcard is "**"; allowed:'),
    ({"numeric": 5}, "/0/numeric", "expected a list of one or two operators"),
    ({"numeric": []}, "/0/numeric", "expected a list of one or two operators"),
    ({"numeric": ["="]}, "/0/numeric", "expected a list of one or two operators"),
    ({"numeric": [">", 1, "<"]}, "/0/numeric", "expected a list of one or two operators"),
    ({"numeric": ["==", 1]}, "/0/numeric", 'has the operator "=="; allowed: =, <, <=, > or >='),
    ({"numeric": ["=", "1"]}, "/0/numeric", 'is "1"; expected a number'),
    ({"numeric": ["=", True]}, "/0/numeric", "is true; expected a number"),
    ({"numeric": ["=", float("inf")]}, "/0/numeric", "is inf; allowed: numbers that JSON has"),
    (
        {"numeric": [">", 5_000_000_001]},
        "/0/numeric",
        "has 5000000001; allowed: numbers from -5",
    ),
    ({"numeric": [">=", -5_000_000_001, "<", 0]}, "/0/numeric", "has -5000000001; allowed: num"),
    ({"numeric": ["<", 1, ">", 0]}, "/0/numeric", "allowed: a range with > or >= first"),
    ({"numeric": [">", 0, ">", 1]}, "/0/numeric", "allowed: a range with > or >= first"),
    ({"numeric": ["=", 0, "<", 1]}, "/0/numeric", "allowed: a range with > or >= first"),
    ({"numeric": [">", 1, "<", 1]}, "/0/numeric", "allowed: a first number less"),
    (float("inf"), "/0", "allowed: numbers that JSON has"),
    ({"cidr": 5}, "/0/cidr", "expected a string"),
    ({"cidr": "10.0.0.0"}, "/0/cidr", "allowed: a block such as 10.0.0.0/8"),
    ({"cidr": "10.0.0.0/32"}, "/0/cidr", "allowed: a block"),
    ({"cidr": "10.0.0.256/8"}, "/0/cidr", "allowed: a block"),
    ({"cidr": "::1/128"}, "/0/cidr", "allowed: a block"),
    ({"cidr": "host/8"}, "/0/cidr", "allowed: a block"),
]


@pytest.mark.parametrize("value", COMPARISONS, ids=json.dumps)
def test_what_the_user_guide_shows_is_taken(value: Any) -> None:
    assert wrong({"detail": {"state": [value, "other"]}}) == []


@pytest.mark.parametrize(("value", "place", "problem"), REFUSED, ids=str)
def test_what_the_published_matcher_refuses_is_named_with_its_place(
    value: Any, place: str, problem: str
) -> None:
    ((path, message),) = wrong({"detail": {"state": [value, "other"]}})

    assert path == f"detail/state{place}"
    assert message.startswith(problem) or f"; {problem}" in message


@pytest.mark.parametrize(
    ("pattern", "faults"),
    [
        ([], [("", "is []; expected an object of fields")]),
        ({}, [("", "is empty; allowed: at least one field")]),
        ({"detail": {}}, [("detail", "is empty; allowed: at least one field")]),
        ({"source": []}, [("source", "is empty; allowed: at least one value")]),
        ({"source": "shop"}, [("source", 'is "shop"; expected a list: write ["shop"]')]),
        ({"a": {"b": 5}}, [("a/b", "is 5; expected a list: write [5]")]),
        (
            {"source": "a", "detail": {"x": []}},
            [
                ("source", 'is "a"; expected a list: write ["a"]'),
                ("detail/x", "is empty; allowed: at least one value"),
            ],
        ),
    ],
)
def test_a_pattern_is_an_object_whose_values_are_lists(
    pattern: Any, faults: list[tuple[str, str]]
) -> None:
    assert wrong(pattern) == faults


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ([{"a": [1]}, {"b": [2]}], []),
        ([{"a": [1]}, {"$or": [{"b": [2]}, {"c": {"d": [3]}}]}], []),
        ([{"a": [1]}], [("detail/$or", "has one member; allowed: 2 or more")]),
        ([], [("detail/$or", "has no member; allowed: 2 or more")]),
        ({"a": [1]}, [("detail/$or", 'is {"a": [1]}; expected a list of objects')]),
        (
            [{"a": [1]}, ["b"]],
            [("detail/$or/1", 'is ["b"]; expected an object of fields')],
        ),
        (
            [{"a": [1]}, {"prefix": ["b"]}],
            [("detail/$or/1/prefix", "is an operator; allowed below $or are objects of fields")],
        ),
        (
            [{"a": [1]}, {"b": {"exists": [True]}}],
            [("detail/$or/1/b/exists", "is an operator; allowed below $or are objects of fields")],
        ),
        ([{"a": [1]}, {}], [("detail/$or/1", "is empty; allowed: at least one field")]),
    ],
)
def test_or_takes_two_objects_of_fields_or_more(
    members: Any, faults: list[tuple[str, str]]
) -> None:
    assert wrong({"source": ["x"], "detail": {"$or": members}}) == faults


def test_an_operator_s_name_is_a_field_s_name_elsewhere() -> None:
    assert wrong({"detail": {"prefix": ["a"], "exists": {"numeric": [1]}}}) == []


def test_or_makes_a_thousand_combinations_at_most() -> None:
    pattern: Any = {name: {"$or": [{"a": [1]}] * 10} for name in "xyz"}
    assert wrong(pattern) == []

    pattern["x"]["$or"].append({"a": [1]})

    assert wrong(pattern) == [("", "has 1100 combinations of $or; allowed: at most 1000")]


def test_members_within_members_multiply_too() -> None:
    inner = {"$or": [{"a": [1]}] * 25}

    assert wrong({"$or": [inner, inner]}) == [
        ("", "has 1250 combinations of $or; allowed: at most 1000")
    ]


@pytest.mark.parametrize("letter", ["x", "ß"])
def test_a_pattern_has_2048_characters_at_most(letter: str) -> None:
    beside = length({"source": [""]})
    most = EVENT_PATTERN_CHARACTERS - beside

    assert wrong({"source": [letter * most]}) == []
    assert wrong({"source": [letter * (most + 1)]}) == [
        ("", "has 2049 characters; allowed: at most 2048")
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        UNKNOWN,
        {"detail": UNKNOWN},
        {"source": [UNKNOWN]},
        {"$or": UNKNOWN},
        {"$or": [UNKNOWN]},
        {"a": [{"prefix": UNKNOWN}, {"exists": UNKNOWN}, {"cidr": UNKNOWN}]},
        {"a": [{"prefix": {"equals-ignore-case": UNKNOWN}}]},
        {"a": [{"anything-but": UNKNOWN}, {"anything-but": ["a", UNKNOWN]}]},
        {"a": [{"anything-but": {"prefix": UNKNOWN}}, {"anything-but": {"suffix": [UNKNOWN]}}]},
        {"a": [{"numeric": [UNKNOWN, UNKNOWN]}, {"numeric": [">", UNKNOWN, UNKNOWN, 5]}]},
        {"a": [{"numeric": UNKNOWN}, {"wildcard": UNKNOWN}]},
    ],
)
def test_what_is_unknown_is_never_wrong(pattern: Any) -> None:
    assert wrong(pattern) == []


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text("a*\\1", max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["a", "$or", "prefix", "anything-but", "numeric", "wildcard", "cidr"]),
            inner,
            max_size=2,
        ),
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_whatever_stands_in_a_pattern_every_fault_names_a_place_in_it(pattern: Any) -> None:
    for path, message in wrong(pattern):
        here = pattern
        for step in filter(None, path.split("/")):
            here = here[int(step)] if isinstance(here, list) else here[step]
        assert "\n" not in message


@given(PLAIN)
def test_what_is_taken_is_taken_too_where_a_part_of_it_is_unknown(pattern: Any) -> None:
    if wrong(pattern) == []:
        assert wrong({**pattern, next(iter(pattern)): UNKNOWN}) == []


def rule(pattern: Any) -> dict[str, Any]:
    return {"EventPattern": pattern, "State": "ENABLED"}


def test_check_refuses_a_rule_about_anything() -> None:
    found = check_resource("AWS::Events::Rule", rule({"detail": {"a": [{"Exists": True}]}}))

    (one,) = [each for each in found if each.rule == "event-pattern-syntax"]
    assert one.severity.value == "error"
    assert one.path == "Properties/EventPattern/detail/a/0"
    assert one.message.startswith('detail/a/0 has the operator "Exists"; allowed:')


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ('{"source": ["shop"]}', None),
        ('{"source": "shop"}', 'source is "shop"; expected a list: write ["shop"]'),
        ('{"source": ["shop"]', "the pattern is not JSON"),
        ("[]", "the pattern is []; expected an object of fields"),
    ],
)
def test_check_reads_a_pattern_that_is_written_as_text(pattern: str, problem: str | None) -> None:
    found = check_resource("AWS::Events::Rule", rule(pattern))

    assert [one.message for one in found if one.rule == "event-pattern-syntax"] == (
        [] if problem is None else [problem]
    )


def test_check_leaves_intrinsic_functions_alone() -> None:
    pattern = {
        "source": [{"Ref": "AWS::Region"}, {"prefix": {"Fn::Sub": "${AWS::StackName}."}}],
        "detail": {"y": ["b"], "x": {"Fn::If": ["Known", ["a"], {"Ref": "AWS::NoValue"}]}},
    }
    resources = {"R": {"Type": "AWS::Events::Rule", "Properties": rule(pattern)}}
    conditions = {"Known": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}

    assert check_template({"Conditions": conditions, "Resources": resources}) == []


@pytest.mark.parametrize(
    "pattern", [{"source": [{"startswith": "x"}]}, {"$or": [{"source": ["x"]}]}]
)
def test_the_embedded_aws_refuses_what_eventbridge_refuses(
    local_aws: LocalAws, pattern: Any
) -> None:
    events = local_aws.client("events")

    with pytest.raises(ClientError) as refusal:
        events.put_rule(Name="refused", EventPattern=json.dumps(pattern))

    assert refusal.value.response["Error"]["Code"] == "InvalidEventPatternException"


def test_the_embedded_aws_looks_at_the_pattern_of_a_rule_that_is_renamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ministack.services import eventbridge
    from ministack.services.cloudformation import provisioners

    made: list[str] = []
    handler = {"create": lambda *_: made.append("made"), "update": lambda *_: made.append("other")}
    monkeypatch.setattr(eventbridge, "_event_pattern_error", lambda _: None)
    monkeypatch.setitem(provisioners._RESOURCE_HANDLERS, "AWS::Events::Rule", handler)
    refused_patterns.install()
    update: Any = handler["update"]
    old = rule({"source": ["x"]})

    with pytest.raises(ValueError, match="InvalidEventPatternException"):
        update("a", old, {"Name": "b", **rule({"source": [{"startswith": "x"}]})}, "Stack")
    assert made == []
    update("a", old, {"Name": "b", **old}, "Stack")
    assert made == ["other"]


def test_the_embedded_aws_refuses_a_pattern_that_is_too_long(local_aws: LocalAws) -> None:
    events = local_aws.client("events")

    with pytest.raises(ClientError, match="characters; allowed: at most 2048"):
        events.put_rule(Name="long", EventPattern=json.dumps({"source": ["x" * 2048]}))


def test_a_stack_with_a_pattern_that_eventbridge_refuses_is_not_deployed(
    local_aws: LocalAws,
) -> None:
    resources = {"R": {"Type": "AWS::Events::Rule", "Properties": rule({"a": [{"Is": "b"}]})}}
    formation = local_aws.client("cloudformation")

    formation.create_stack(StackName="refused", TemplateBody=json.dumps({"Resources": resources}))
    with pytest.raises(WaiterError):
        formation.get_waiter("stack_create_complete").wait(
            StackName="refused", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
        )

    events = formation.describe_stack_events(StackName="refused")["StackEvents"]
    reasons = " ".join(str(event.get("ResourceStatusReason")) for event in events)
    assert "InvalidEventPatternException: Event pattern is not valid. Reason: Unrec" in reasons


@pytest.mark.parametrize(
    ("pattern", "fields"),
    [
        ({"source": ["a"], "detail": {"anything": ["x"]}, "replay-name": ["r"]}, []),
        ({"sources": ["a"], "detailType": ["x"]}, ["sources", "detailType"]),
        ({"$or": [{"source": ["a"]}, {"status": ["x"]}]}, ["$or/1/status"]),
        ({"$or": {"status": ["x"]}}, []),
        ({"status": [{"exists": True}]}, ["status"]),
        ({"status": ["x", {"exists": False}]}, []),
        ({"status": {"code": ["x"], "text": [{"exists": False}]}}, ["status"]),
        ({"status": {"text": [{"exists": False}]}}, []),
        ({"status": ["x", UNKNOWN]}, []),
        ({"status": UNKNOWN}, []),
        ({"status": "refused for another reason"}, []),
        (["no pattern"], []),
    ],
)
def test_a_field_that_no_event_has_is_told_unless_it_may_be_absent(
    pattern: Any, fields: list[str]
) -> None:
    assert [place for place, _ in unknown_fields(pattern)] == fields
