"""Loops are written out where they can be; of macros it is said that nobody can tell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from batch_constructs.cli import main
from batch_constructs.impact.verdict import Effect, impact

if TYPE_CHECKING:
    from pathlib import Path

QUEUE = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 1}}
OTHER = {"Type": "AWS::Batch::JobQueue", "Properties": {"Priority": 2}}
LIST = {"Ref": "List"}


def looping(collection: Any, body: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    loop = ["I", collection, {"Q${I}": QUEUE} if body is None else body]
    return {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"List": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        "Resources": {"Fn::ForEach::Queues": loop},
        **sections,
    }


def effects(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {name: one.effect.value for name, one in impact(old, new).items()}


def test_a_loop_of_literals_is_written_out() -> None:
    old, new = looping(["a", "b"]), looping(["a", "c"])

    assert effects(old, new) == {"Qa": "none", "Qc": "create", "Qb": "delete"}


def test_a_loop_within_a_loop_of_literals_is_written_out() -> None:
    body = {"Fn::ForEach::Inner": ["J", ["x", "y"], {"Q${I}${J}": QUEUE}]}

    assert effects(looping(["a", "b"], body), looping(["b"], body)) == {
        "Qbx": "none",
        "Qby": "none",
        "Qax": "delete",
        "Qay": "delete",
    }


def test_what_a_loop_wrote_may_be_written_by_hand() -> None:
    old = looping(["a"])

    assert effects(old, {"Resources": {"Qa": QUEUE}}) == {"Qa": "none"}


@pytest.mark.parametrize(
    ("old", "new", "effect"),
    [
        (looping(LIST), looping(LIST), Effect.NONE),
        (looping(LIST), looping(LIST, {"Q${I}": OTHER}), Effect.IN_PLACE),
        (looping(LIST), looping({"Ref": "Another"}), Effect.DELETE),
        (looping(LIST), {"Resources": {}}, Effect.DELETE),
        ({"Resources": {}}, looping(LIST), Effect.CREATE),
    ],
)
def test_a_loop_that_only_the_deployment_knows_is_told_as_what_it_may_do(
    old: dict[str, Any], new: dict[str, Any], effect: Effect
) -> None:
    assert impact(old, new)["Q${I}"].effect is effect


def test_a_loop_around_one_that_only_the_deployment_knows_may_delete() -> None:
    body = {"Fn::ForEach::Inner": ["J", LIST, {"Q${I}${J}": QUEUE}]}

    found = impact(looping(["a", "b"], body), looping(["b"], body))["Q${I}${J}"]

    assert (found.effect, found.because) == (Effect.DELETE, ["Fn::ForEach"])
    assert "what Fn::ForEach no longer creates of it" in found.notes[0]


def test_a_condition_within_a_loop_counts() -> None:
    body = {"Q${I}": {**QUEUE, "Condition": "It"}}
    conditions = {"It": {"Fn::Equals": [{"Ref": "Env"}, "a"]}}
    changed = {"It": {"Fn::Equals": [{"Ref": "Env"}, "b"]}}

    old, new = (looping(LIST, body, Conditions=one) for one in (conditions, changed))

    assert effects(old, new) == {"Q${I}": "delete"}


def test_a_function_in_the_place_of_all_properties_may_replace() -> None:
    old, new = (
        {
            "Resources": {
                "Q": {
                    "Type": "AWS::Batch::JobQueue",
                    "Properties": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": one}},
                }
            }
        }
        for one in ({"Location": "a"}, {"Location": "b"})
    )

    found = impact(old, new)["Q"]

    assert (found.effect, found.because) == (Effect.REPLACE, ["Properties"])


SAM = "AWS::Serverless-2016-10-31"
FUNCTION = {"Type": "AWS::Serverless::Function", "Properties": {"MemorySize": 128}}


def of(macros: Any, resource: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"Transform": macros, "Resources": {"It": resource}, **sections}


@pytest.mark.parametrize(
    ("old", "new", "untold"),
    [
        (of("Mine", QUEUE), of(["Mine", "Other"], QUEUE), ["Template/Transform"]),
        (of("Mine", QUEUE), of({"Name": "Mine", "Parameters": {}}, QUEUE), ["Template/Transform"]),
        ({"Resources": {"It": QUEUE}}, of("Mine", QUEUE), ["Template/Transform"]),
        (of("Mine", QUEUE), of("Mine", QUEUE), []),
        (of("Mine", QUEUE), of(["Mine"], OTHER), ["Template/Transform"]),
        (of(SAM, QUEUE), of(SAM, OTHER), []),
        (of(SAM, FUNCTION), of(SAM, FUNCTION, Globals={"Function": {}}), ["Template/Globals"]),
        (of(SAM, FUNCTION), of(SAM, {**FUNCTION, "Properties": {}}), ["It"]),
        ({"Resources": {"It": QUEUE}}, of("AWS::LanguageExtensions", QUEUE), []),
    ],
)
def test_what_a_macro_makes_of_a_change_cannot_be_told(
    old: dict[str, Any], new: dict[str, Any], untold: list[str]
) -> None:
    found = impact(old, new)

    assert [name for name, one in found.items() if one.effect is Effect.UNKNOWN] == untold
    assert all("get-template" in found[name].notes[0] for name in untold)


@pytest.mark.parametrize(("resource", "code"), [({"It": QUEUE}, 2), ({}, 1)])
def test_the_command_ends_with_2_where_it_cannot_tell_and_nothing_goes_for_sure(
    tmp_path: Path, resource: dict[str, Any], code: int
) -> None:
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    new = {"Transform": ["Mine", "Other"], "Resources": resource}
    for file, template in zip(files, (of("Mine", QUEUE), new), strict=True):
        file.write_text(json.dumps(template))

    result = CliRunner().invoke(main, ["impact", *map(str, files)])

    assert result.exit_code == code
    assert result.output.startswith("unknown               Template/Transform")
