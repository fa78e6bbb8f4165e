"""What a message may say of its own job: the members of ``SubmitJob``, each by a name of ours.

https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
"""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Admission(StrEnum):
    """What a message or an event can set besides parameters and environment variables."""

    ARRAY_SIZE = "array_size"
    COMMAND = "command"
    CONSUMABLE_RESOURCES = "consumable_resources"
    CONTAINERS = "containers"
    """Overrides of a job of several containers, whatever they are."""
    GPUS = "gpus"
    INSTANCE_TYPE = "instance_type"
    MEMORY = "memory"
    NODES = "nodes"
    """Overrides of a multi-node job, whatever they are."""
    PODS = "pods"
    """Overrides of a job on Amazon EKS, whatever they are."""
    RETRY = "retry"
    SCHEDULING_PRIORITY = "scheduling_priority"
    SHARE_IDENTIFIER = "share_identifier"
    TAGS = "tags"
    TIMEOUT = "timeout"
    VCPUS = "vcpus"


_MEMBERS: Final = {
    "arrayProperties": Admission.ARRAY_SIZE,
    "consumableResourcePropertiesOverride": Admission.CONSUMABLE_RESOURCES,
    "ecsPropertiesOverride": Admission.CONTAINERS,
    "eksPropertiesOverride": Admission.PODS,
    "nodeOverrides": Admission.NODES,
    "propagateTags": Admission.TAGS,
    "retryStrategy": Admission.RETRY,
    "schedulingPriorityOverride": Admission.SCHEDULING_PRIORITY,
    "shareIdentifier": Admission.SHARE_IDENTIFIER,
    "tags": Admission.TAGS,
    "timeout": Admission.TIMEOUT,
}
_OVERRIDES: Final = {
    "command": Admission.COMMAND,
    "instanceType": Admission.INSTANCE_TYPE,
    "memory": Admission.MEMORY,
    "vcpus": Admission.VCPUS,
}
_SIZES: Final = {"VCPU": Admission.VCPUS, "MEMORY": Admission.MEMORY, "GPU": Admission.GPUS}
CONTAINER_MEMBERS: Final = {
    **{name: member for member, name in _OVERRIDES.items()},
    **dict.fromkeys(_SIZES.values(), "resourceRequirements"),
}
"""What a message may set of a container → the member of ``containerOverrides`` that says it."""

_ALWAYS: Final = ("parameters", "environment")
_ALWAYS_OVERRIDDEN: Final = "environment"


def not_admitted(asked: Mapping[str, Any], allow: frozenset[str]) -> list[str]:
    """Say what of a request is not admitted, each with the name that would admit it.

    Args:
        asked: members of ``SubmitJob`` as they came; what is not known is not admitted.
        allow: the names of what is admitted.
    """
    return [
        f"{member} (allow {name!s})" if name else f"{member} (not to be allowed)"
        for member, name in _asked(asked)
        if name not in allow
    ]


def asked_for(asked: Mapping[str, Any]) -> list[Admission]:
    """Give the names that admit what a request holds."""
    return [name for _, name in _asked(asked) if name is not None]


def _asked(asked: Mapping[str, Any]) -> Iterator[tuple[str, Admission | None]]:
    for member, value in asked.items():
        if member != "containerOverrides" or not isinstance(value, dict):
            if member not in _ALWAYS:
                yield member, _MEMBERS.get(member)
            continue
        for part, override in value.items():
            if part == "resourceRequirements" and isinstance(override, list):
                for one in override:
                    kind = one.get("type") if isinstance(one, dict) else None
                    name = _SIZES.get(kind) if isinstance(kind, str) else None
                    yield f"containerOverrides.resourceRequirements {kind!s:.20}", name
            elif part != _ALWAYS_OVERRIDDEN:
                yield f"containerOverrides.{part}", _OVERRIDES.get(part)
