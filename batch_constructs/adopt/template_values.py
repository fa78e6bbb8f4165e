"""Values of a template as Python has them: literals, and tokens of what CloudFormation reads."""

from __future__ import annotations

from typing import Any, Final

from batch_constructs.adopt.python_source import Call, Name
from batch_constructs.aws.resource_states import State
from batch_constructs.impact.changes import is_function

_PSEUDO_PARAMETERS: Final = {
    "AWS::AccountId": "ACCOUNT_ID",
    "AWS::NoValue": "NO_VALUE",
    "AWS::NotificationARNs": "NOTIFICATION_ARNS",
    "AWS::Partition": "PARTITION",
    "AWS::Region": "REGION",
    "AWS::StackId": "STACK_ID",
    "AWS::StackName": "STACK_NAME",
    "AWS::URLSuffix": "URL_SUFFIX",
}
_ATTRIBUTE: Final = 2


class NotTranslatedError(Exception):
    """A value that no argument of ours can say; it is put over the property as it stands."""


def text(value: Any) -> Any:
    """Give a text, or the token of one."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | dict):
        raise NotTranslatedError
    if not isinstance(value, dict):
        return str(value)
    if not is_function(value):
        raise NotTranslatedError
    return _token(value)


def _token(value: dict[str, Any]) -> Any:
    function, argument = next(iter(value.items()))
    if function == "Ref" and argument in _PSEUDO_PARAMETERS:
        return Name(f"cdk.Aws.{_PSEUDO_PARAMETERS[argument]}")
    if function == "Ref":
        return Call("cdk.Fn.ref", [argument])
    if function == "Fn::GetAtt":
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if len(parts) == _ATTRIBUTE and all(isinstance(part, str) for part in parts):
            return Call("cdk.Token.as_string", [Call("cdk.Fn.get_att", list(parts))])
    if function == "Fn::ImportValue" and isinstance(argument, str):
        return Call("cdk.Fn.import_value", [argument])
    return Call("cdk.Token.as_string", [value])


def texts(value: Any) -> Any:
    """Give a list of texts, or the token of one."""
    if is_function(value):
        return Call("cdk.Token.as_list", [value])
    if not isinstance(value, list):
        raise NotTranslatedError
    return [text(one) for one in value]


def number(value: Any) -> Any:
    """Give a number, or the token of one."""
    if is_function(value):
        return Call("cdk.Token.as_number", [value])
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotTranslatedError
    try:
        read = float(value)
    except ValueError:
        raise NotTranslatedError from None
    return int(read) if read == int(read) else read


def whole(value: Any) -> int:
    """Give a whole number that is known."""
    read = number(value)
    if not isinstance(read, int):
        raise NotTranslatedError
    return read


def flag(value: Any) -> bool:
    """Give True or False, of whichever spelling."""
    read = str(value).upper()
    if read in {"TRUE", State.ENABLED}:
        return True
    if read in {"FALSE", State.DISABLED}:
        return False
    raise NotTranslatedError


def target(value: Any) -> str | None:
    """Give the logical ID that a value refers to, as a whole."""
    if not is_function(value):
        return None
    function, argument = next(iter(value.items()))
    if function == "Ref" and isinstance(argument, str):
        return argument
    if function == "Fn::GetAtt":
        return str(argument.split(".")[0] if isinstance(argument, str) else argument[0])
    return None
