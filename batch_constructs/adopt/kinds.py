"""Which construct of ours declares a resource, and in which order they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt.python_source import Call
from batch_constructs.aws import parameters
from batch_constructs.aws.compute_environment_facts import (
    ENDED_ECS_IMAGES,
    ENDED_EKS_IMAGES,
    AllocationStrategy,
    EnvironmentType,
    ResourceType,
)
from batch_constructs.aws.container_facts import AWSLOGS
from batch_constructs.aws.job_definition_facts import PLACEHOLDER
from batch_constructs.aws.names import DEFAULT_LOG_GROUP, LOG_GROUP_OPTION
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.aws.updates import has_role_of_its_own, is_replaced
from batch_constructs.impact.changes import is_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BATCH: Final = "AWS::Batch::"

KINDS: Final = (
    "ServiceEnvironment",
    "ComputeEnvironment",
    "SchedulingPolicy",
    "ConsumableResource",
    "JobQueue",
    "QuotaShare",
    "JobDefinition",
)
"""In an order in which each is made before what refers to it."""

_ON_INSTANCES: Final[Mapping[str, str]] = {
    ResourceType.EC2: "Ec2ComputeEnvironment",
    ResourceType.SPOT: "SpotComputeEnvironment",
}
_ON_ONE_PLATFORM: Final[Mapping[str, str]] = {
    PlatformCapability.FARGATE: "FargateJobDefinition",
    PlatformCapability.EC2: "Ec2JobDefinition",
}
_TELLING: Final[Mapping[str, str]] = {
    "ComputeEnvironment": "ComputeResources/Type",
    "JobDefinition": "PlatformCapabilities",
}
"""What tells which construct is for a resource, where it is one of a few."""

_ENDED_IMAGES: Final = (*ENDED_ECS_IMAGES, *ENDED_EKS_IMAGES)
_GIVEN_LATER: Final = "given at submission"
_WITH_LOGS: Final = ("bc.Container", "bc.Ec2JobDefinition", "bc.FargateJobDefinition")


def constructor(
    kind: str, properties: Mapping[str, Any], parameters: Mapping[str, Any]
) -> str | None:
    """Name the construct that declares a resource of these properties; None for none of ours.

    Args:
        kind: what comes behind ``AWS::Batch::`` in its type.
        properties: its properties.
        parameters: the parameters of its template.
    """
    match kind:
        case "ComputeEnvironment":
            return _environment(properties, parameters)
        case "JobDefinition":
            return _definition(properties)
        case "JobQueue":
            on_service = "ServiceEnvironmentOrder" in properties
            return "ServiceJobQueue" if on_service else "JobQueue"
        case "SchedulingPolicy":
            shared = "QuotaSharePolicy" in properties
            return "QuotaSharePolicy" if shared else "FairSharePolicy"
        case "ServiceEnvironment" | "ConsumableResource" | "QuotaShare":
            return kind
    return None


def why_none(kind: str, properties: Mapping[str, Any]) -> str:
    """Say why no construct declares a resource of these properties."""
    path = _TELLING.get(kind)
    if kind == "JobDefinition" and "ContainerProperties" not in properties:
        path = "ContainerProperties"
    if path is None:
        return "there is no construct for its type"
    found: Any = properties
    way: list[str] = []
    for step in path.split("/"):
        if is_function(found):
            break
        found = found.get(step) if isinstance(found, dict) else None
        way.append(step)
    value = "not there" if found is None else repr(found)
    return f"its {'/'.join(way) or 'Properties'}, which determines its construct, is {value}"


def _environment(properties: Mapping[str, Any], parameters: Mapping[str, Any]) -> str | None:
    if str(properties.get("Type")).upper() == EnvironmentType.UNMANAGED:
        return "UnmanagedComputeEnvironment"
    resources = properties.get("ComputeResources")
    written = resources.get("Type") if isinstance(resources, dict) else None
    on_eks = "EksConfiguration" in properties
    found = {_of_resources(kind, on_eks=on_eks) for kind in _branches(written, parameters)}
    if found == {*_ON_INSTANCES.values()}:
        return _ON_INSTANCES[ResourceType.EC2]
    return found.pop() if len(found) == 1 else None


def _branches(value: Any, parameters: Mapping[str, Any]) -> Iterator[Any]:
    """Give what a value may be, where a condition or a parameter decides."""
    match value:
        case {"Fn::If": [_, *branches]}:
            for one in branches:
                yield from _branches(one, parameters)
        case {"Ref": str(name)}:
            yield from parameters.get(name, {}).get("AllowedValues", [value])
        case _:
            yield value


def _of_resources(kind: Any, *, on_eks: bool) -> str | None:
    if not isinstance(kind, str):
        return None
    kind = kind.upper()
    if on_eks:
        return "EksComputeEnvironment"
    if kind.startswith(ResourceType.FARGATE):
        return "FargateComputeEnvironment"
    if kind == ResourceType.ECS_MANAGED_INSTANCES:
        return "ManagedInstancesComputeEnvironment"
    return _ON_INSTANCES.get(kind)


def _definition(properties: Mapping[str, Any]) -> str | None:
    if "NodeProperties" in properties:
        return "MultiNodeJobDefinition"
    if "EksProperties" in properties:
        return "EksJobDefinition"
    if "EcsProperties" in properties:
        return "MultiContainerJobDefinition"
    if "ContainerProperties" not in properties:
        return None
    match properties.get("PlatformCapabilities", [PlatformCapability.EC2]):
        case [str(platform)]:
            return _ON_ONE_PLATFORM.get(platform)
    return None


def add_what_is_left_out(kind: str, properties: Mapping[str, Any], call: Call) -> None:
    """Say what AWS's default is where ours is another one."""
    if kind == "JobQueue" and "JobStateTimeLimitActions" not in properties:
        call.keywords[_parameter("JobQueue/JobStateTimeLimitActions")] = []
    if kind == "ComputeEnvironment":
        _add_to_environment(properties, call)
    if kind != "JobDefinition":
        return
    retry = _parameter("JobDefinition/RetryStrategy")
    given = call.keywords.get(retry)
    if given is None:
        call.keywords[retry] = Call("bc.RetryPolicy.never")
    elif isinstance(given, Call):
        given.keywords.setdefault("rules", [])
    containers = [
        call,
        *_calls(call.keywords.get("containers")),
        *(
            one
            for nodes in _calls(call.keywords.get("node_ranges"))
            for one in [nodes.keywords.get("container"), *_calls(nodes.keywords.get("containers"))]
        ),
    ]
    _add_parameters(call, [one for one in containers if isinstance(one, Call)])
    _add_host_network(properties, call)
    for container in containers:
        if isinstance(container, Call) and container.function in _WITH_LOGS:
            _add_log_group(container)


def _add_host_network(properties: Mapping[str, Any], call: Call) -> None:
    """Leave the network of pods to AWS Batch, where the template does."""
    pods = [call] if "EksProperties" in properties else []
    pods += [
        pod
        for nodes in _calls(call.keywords.get("node_ranges"))
        for pod in _calls([nodes.keywords.get("pod")])
    ]
    for pod in pods:
        pod.keywords.setdefault(_parameter(_HOST_NETWORK), None)


_HOST_NETWORK: Final = "JobDefinition/EksProperties/PodProperties/HostNetwork"


def _add_parameters(call: Call, containers: list[Call]) -> None:
    """Give a default to what a command takes of every submission, as our construct wants it."""
    words = [
        word
        for one in containers
        for words in (one.keywords.get("command"), one.keywords.get("args"))
        if isinstance(words, list)
        for word in words
        if isinstance(word, str)
    ]
    taken = [found for word in words for found in PLACEHOLDER.findall(word)]
    known = call.keywords.get(_parameter("JobDefinition/Parameters"), {})
    missing = {name: _GIVEN_LATER for name in taken if name not in known}
    if missing and isinstance(known, dict):
        call.keywords[_parameter("JobDefinition/Parameters")] = {**known, **missing}


def _add_to_environment(properties: Mapping[str, Any], call: Call) -> None:
    kind = str(properties.get("ComputeResources", {}).get("Type")).upper()
    images = _parameter("ComputeEnvironment/ComputeResources/Ec2Configuration")
    if any(f"'{one}'" in str(call.keywords.get(images)) for one in _ENDED_IMAGES):
        del call.keywords[images]  # a new environment takes none of these; this one has it
    if kind == ResourceType.FARGATE_SPOT or (
        kind == ResourceType.SPOT and call.function == "bc.EksComputeEnvironment"
    ):
        call.keywords[_parameter("ComputeEnvironment/ComputeResources/Type")] = True
    else:
        call.keywords.pop("spot", None)
    strategy = _parameter("ComputeEnvironment/ComputeResources/AllocationStrategy")
    if kind not in _ON_INSTANCES:
        return
    call.keywords.setdefault(strategy, AllocationStrategy.BEST_FIT.value)
    replaced = call.keywords.get(_parameter("ComputeEnvironment/ReplaceComputeEnvironment"))
    if replaced is True or (replaced is None and _is_replaced(kind, properties, call, strategy)):
        for path in ("UpdatePolicy", "ComputeResources/UpdateToLatestImageVersion"):
            call.keywords.pop(_parameter(f"ComputeEnvironment/{path}"), None)


def _is_replaced(kind: str, properties: Mapping[str, Any], call: Call, strategy: str) -> bool:
    own = has_role_of_its_own(properties.get("ServiceRole"))
    return is_replaced(kind, call.keywords[strategy], role_of_its_own=own)


def _add_log_group(container: Call) -> None:
    """Name the log group that AWS Batch writes to where a definition says none."""
    parameter = _parameter("JobDefinition/ContainerProperties/LogConfiguration")
    path = "JobDefinition/ContainerProperties/LogConfiguration"
    name = _parameter(f"{path}/LogDriver").rpartition(".")[2]
    log = container.keywords.setdefault(parameter, Call(f"bc.{_class(f'{path}/LogDriver')}"))
    if isinstance(log, Call) and log.keywords.get(name, AWSLOGS) == AWSLOGS:
        options = log.keywords.setdefault("options", {})
        options.setdefault(LOG_GROUP_OPTION, DEFAULT_LOG_GROUP)


def _calls(value: Any) -> list[Call]:
    return [one for one in value if isinstance(one, Call)] if isinstance(value, list) else []


def _parameter(path: str) -> str:
    return str((parameters.entry(path) or {}).get("parameter", "")).removesuffix("[]")


def _class(path: str) -> str:
    return str((parameters.entry(path) or {})["of"][0])
