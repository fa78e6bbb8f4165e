"""``Globals`` of AWS SAM: what all functions, or all state machines, of a template have.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
"""

from __future__ import annotations

from collections.abc import Mapping

from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.template.written_lengths import is_intrinsic

_SECTION: Final = "Globals"
_OF_SAM: Final = "AWS::Serverless::"


def with_globals(template: Mapping[str, object]) -> Mapping[str, object]:
    """Give each resource of AWS SAM what the template says of all of its kind."""
    shared, resources = template.get(_SECTION), template.get("Resources")
    if not isinstance(shared, Mapping) or not isinstance(resources, Mapping):
        return template
    return {
        **template,
        "Resources": {id_: _with(shared, resource) for id_, resource in resources.items()},
    }


def _with(shared: Mapping[str, object], resource: object) -> object:
    type_ = str(resource.get("Type")) if isinstance(resource, Mapping) else ""
    given = shared.get(type_.removeprefix(_OF_SAM)) if type_.startswith(_OF_SAM) else None
    if given is None or not isinstance(resource, Mapping):
        return resource
    return {**resource, "Properties": _merged(given, resource.get("Properties", {}))}


def _merged(shared: object, own: object) -> object:
    """Put two values together: objects by member, lists one behind the other; else its own.

    A function of CloudFormation's is a value, whatever it gives.
    """
    if isinstance(shared, list) and isinstance(own, list):
        return [*shared, *own]
    if not isinstance(shared, Mapping) or not isinstance(own, Mapping):
        return own
    if is_intrinsic(shared) or is_intrinsic(own):
        return own
    both = {name: _merged(shared[name], own[name]) for name in own if name in shared}
    return {**shared, **own, **both}
