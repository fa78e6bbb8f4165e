"""CloudFormation properties of AWS Batch as requests to its API.

Both have the same members, but CloudFormation capitalises them and lets a template write numbers
and booleans as strings. botocore's model of the API says which is which, and which keys are a
user's own and stay as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch.api_model import SERVICE_MODEL
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape


def to_request(operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request of an operation that a resource's properties describe.

    Raises:
        ProvisioningError: a property does not exist, or a value has the wrong type; all at once.
    """
    problems: list[str] = []
    shape = SERVICE_MODEL.operation_model(operation).input_shape
    request: dict[str, Any] = _value(shape, dict(properties), "#", problems)
    if problems:
        raise ProvisioningError(f"Properties validation failed: {'; '.join(problems)}")
    return request


def known_to(operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the properties that are parameters of the operation."""
    members = {
        name.lower() for name in SERVICE_MODEL.operation_model(operation).input_shape.members
    }
    return {name: value for name, value in properties.items() if name.lower() in members}


def _value(shape: Shape, value: Any, path: str, problems: list[str]) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return _structure(shape, value, path, problems)
    if kind == "list" and isinstance(value, list):
        return [
            _value(shape.member, item, f"{path}/{index}", problems)
            for index, item in enumerate(value)
        ]
    if kind == "map" and isinstance(value, dict):
        return {
            str(key): _value(shape.value, item, f"{path}/{key}", problems)
            for key, item in value.items()
        }
    if kind in _SCALARS and not isinstance(value, dict | list):
        try:
            return _spelled_as_the_api_does(shape, _SCALARS[kind](value))
        except ValueError:
            pass
    problems.append(f"{path}: expected type: {kind}, found: {value!r}")
    return None


def _structure(
    shape: Shape, value: dict[str, Any], path: str, problems: list[str]
) -> dict[str, Any]:
    names = {name.lower(): name for name in shape.members}
    result = {}
    for key, item in value.items():
        name = names.get(key.lower())
        if name is None or (key[:1].islower() and key != "tags"):
            problems.append(f"{path}: extraneous key [{key}] is not permitted")
        else:
            result[name] = _value(shape.members[name], item, f"{path}/{key}", problems)
    return result


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ValueError(value)


def _integer(value: object) -> int:
    number = float(str(value))
    if isinstance(value, bool) or number != int(number):
        raise ValueError(value)
    return int(number)


def _string(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_SCALARS = {
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": lambda value: float(str(value)),
    "double": lambda value: float(str(value)),
    "boolean": _boolean,
}


def _spelled_as_the_api_does(shape: Shape, value: Any) -> Any:
    """Return an enumeration's value in the API's spelling: CloudFormation takes ``managed`` too."""
    for allowed in getattr(shape, "enum", ()):
        if str(value).lower() == allowed.lower():
            return allowed
    return value


def from_response(operation: str, response: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation's response with capitalised members, as Step Functions hands it on."""
    shape = SERVICE_MODEL.operation_model(operation).output_shape
    capitalised: dict[str, Any] = _capitalised(shape, dict(response))
    return capitalised


def _capitalised(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name[:1].upper() + name[1:]: _capitalised(shape.members[name], item)
            for name, item in value.items()
            if name in shape.members
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_capitalised(shape.member, item) for item in value]
    return value
