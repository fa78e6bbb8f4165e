"""CDK tokens, seen from Python without asking the CDK: a look at a token costs no jsii crossing.

A token stands for a value that only CloudFormation, or a later phase of synthesis, knows. The CDK
hides one in a string (``${Token[…]}``), a number (a huge negative float) or a list (one marked
string). https://docs.aws.amazon.com/cdk/v2/guide/tokens.html

What a look-up answers before the CLI has looked is as unknown as a token: synthesis goes through
with what the CDK makes up, then the CLI looks, and synthesises again.
https://docs.aws.amazon.com/cdk/v2/guide/context.html
"""

from __future__ import annotations

import math
import re
import sys
from typing import Any, TypeAlias

from batch_constructs.aws.credential_names import SECRET_ATTRIBUTES
from batch_constructs.aws.network import LOOKED_UP
from batch_constructs.jsii_objects import LARGEST_NUMBER_TOKEN, is_resolvable
from batch_constructs.rules import UNKNOWN

WholeNumber: TypeAlias = int | float  # both show in an editor, which says why
"""A whole number. The CDK types its tokens, such as ``CfnParameter.value_as_number``, as float;
one that is known to have a fraction is refused."""

_MARKS = ("${Token[", "#{Token[")

_PARAMETER_MADE_UP = "dummy-value-for-"
_ARN_MADE_UP = "/DUMMY_ARN"  # of a role or a repository, in an account and a Region made up as well
_ZONES_MADE_UP = ("dummy1a", "dummy1b", "dummy1c")
_MADE_UP = frozenset(
    {*LOOKED_UP, *_ZONES_MADE_UP, "vpc-12345", "sg-12345678", "ami-1234", "1.2.3.4/5"}
)


def is_token(value: object) -> bool:
    """Whether a value is, or contains, a CDK token, or what a look-up made up."""
    if isinstance(value, str):
        return is_made_up(value) or ("Token[" in value and any(mark in value for mark in _MARKS))
    if isinstance(value, float):
        return -math.inf < value < LARGEST_NUMBER_TOKEN
    if isinstance(value, list | tuple):
        return len(value) == 1 and isinstance(value[0], str) and value[0].startswith(_MARKS[1])
    return not isinstance(value, int | dict | None) and is_resolvable(value)


_PERHAPS_A_PATH = re.compile(r"\$\{Token\[(?!TOKEN\.|AWS\.)")
"""A token with a name, as paths have one, but no reference to a resource or a parameter."""


def event_paths(value: str) -> tuple[list[str], bool]:
    """Return the paths of each ``events.EventField`` of the CDK in a text, and if one is all of it.

    To CloudFormation such a field is the text of its path.
    """
    events = sys.modules.get("aws_cdk.aws_events")
    if events is None or not _PERHAPS_A_PATH.search(value):
        return [], False
    from aws_cdk import Tokenization  # noqa: PLC0415  # loaded by whoever made the token

    parts = Tokenization.reverse_string(value)
    return [one.path for one in parts.tokens if isinstance(one, events.EventField)], (
        parts.length == 1
    )


def path_maker(value: str) -> str | None:
    """Name what of the CDK made a path in a text; the path is read only where it is looked for."""
    step_functions = sys.modules.get("aws_cdk.aws_stepfunctions")
    if step_functions is None and "aws_cdk.aws_events" not in sys.modules:
        return None
    if not _PERHAPS_A_PATH.search(value):
        return None
    if step_functions is not None and step_functions.JsonPath.is_encoded_json_path(value):
        return "sfn.JsonPath"
    return "events.EventField" if event_paths(value)[0] else None


def is_made_up(value: str) -> bool:
    """Whether a text is, or contains, what a look-up answers before the CLI has looked."""
    return value in _MADE_UP or _PARAMETER_MADE_UP in value or _ARN_MADE_UP in value


_SECRETS: dict[str, bool] = {}
"""What is known of strings with tokens: to ask the CDK costs jsii crossings."""

_SECRET_REFERENCES = ("{{resolve:secretsmanager:", "{{resolve:ssm-secure:")


def names_a_secret(text: str) -> bool:
    """Whether a dynamic reference to a secret stands in a text as it is written."""
    return any(mark in text for mark in _SECRET_REFERENCES)


def is_secret_value(text: str) -> bool:
    """Whether a string holds a secret's value: written so, or as ``unsafe_unwrap()`` gives it.

    So does the value of a parameter with ``no_echo=True``, and an attribute that is a secret, such
    as that of an access key. Only dynamic references are resolved: a lazy value would be fixed too
    early.
    """
    if names_a_secret(text):
        return True
    if text not in _SECRETS:
        from aws_cdk import Tokenization  # noqa: PLC0415  # loaded by whoever made the token

        _SECRETS[text] = any(map(_is_secret, Tokenization.reverse_string(text).tokens))
    return _SECRETS[text]


def _is_secret(token: Any) -> bool:
    from aws_cdk import App, CfnDynamicReference, CfnParameter, Reference, Stack  # noqa: PLC0415  # as above

    if isinstance(token, Reference):
        target = token.target
        if isinstance(target, CfnParameter):
            return bool(target.no_echo)
        attribute = SECRET_ATTRIBUTES.get(getattr(target, "cfn_resource_type", ""))
        return attribute is not None and token.display_name == attribute
    if not isinstance(token, CfnDynamicReference):
        return False
    try:
        return names_a_secret(str(Stack(App()).resolve(token)))
    except RuntimeError:  # it is of a stack with an account and a Region of its own
        return True


def without_tokens(value: Any) -> Any:
    """Copy plain data for the rules, with UNKNOWN in every place where a token stands."""
    if isinstance(value, dict):
        return {key: without_tokens(item) for key, item in value.items()}
    if is_token(value):
        return UNKNOWN
    if isinstance(value, list | tuple):
        return [without_tokens(item) for item in value]
    return value
