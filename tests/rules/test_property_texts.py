"""What the text of properties tells is what a look at each of their values tells."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batch_constructs.aws.credential_names import may_name_a_credential
from batch_constructs.aws.piped_passwords import PASSWORD_READERS
from batch_constructs.rules.template.as_written import _opens_a_reference
from batch_constructs.rules.template.intrinsics import Resolver
from batch_constructs.rules.template.property_texts import PropertyTexts
from batch_constructs.rules.template.resource_view import names_in

WORDS = st.sampled_from(
    ["a", "Ref", "Fn::Sub", "Fn::Join", "{", "}", "{}", '": ', '{"', "${A}", "{{resolve:", "\\", ""]
)
TEXTS = st.lists(WORDS, max_size=4).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)
PROPERTIES = st.dictionaries(TEXTS, VALUES, max_size=4)


def text_of(properties: Any) -> Any:
    text = PropertyTexts({"Resources": {"R": {"Properties": properties}}}).of("R")
    assert text is not None
    return text


@given(PROPERTIES)
def test_properties_that_are_what_they_say_need_not_be_resolved(properties: Any) -> None:
    if text_of(properties).is_what_it_says:
        assert Resolver({"a": {}}).resolve(properties) == properties


@given(PROPERTIES)
def test_what_opens_no_reference_has_no_bracket_of_one(properties: Any) -> None:
    if text_of(properties).opens_no_reference:
        assert not _opens_a_reference(properties)


@given(st.dictionaries(st.from_regex(r"[A-Za-z]{1,5}", fullmatch=True), VALUES, max_size=4))
def test_every_name_of_a_property_is_found(properties: Any) -> None:
    plain = {name for name in names_in(properties) if json.dumps(name) == f'"{name}"'}

    assert plain <= text_of(properties).names()


def test_most_properties_are_what_they_say() -> None:
    text = text_of({"Image": "a", "Command": ["b", {"c": 1.5}]})

    assert text.is_what_it_says
    assert text.names() == {"Image", "Command", "c"}


def test_a_number_that_is_a_token_of_the_cdk_is_not_what_it_says() -> None:
    assert not text_of({"Vcpus": -1.8881545897087505e289}).is_what_it_says


def test_what_reads_a_password_is_named_in_any_text_that_has_one() -> None:
    for reader in PASSWORD_READERS:
        assert may_name_a_credential(reader.command)
