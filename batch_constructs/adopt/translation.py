"""The properties of a resource as the arguments of our construct.

Which parameter sets a property, ``parameters.json`` says; of which type it is, the signature says.
What is not translated here is put over the property as it stands, once the construct is made.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from typing import TYPE_CHECKING, Any, Final

import batch_constructs as bc
from batch_constructs.adopt import template_values as values
from batch_constructs.adopt.python_source import Call, Entries, Name
from batch_constructs.adopt.template_values import NotTranslatedError
from batch_constructs.aws import parameters
from batch_constructs.aws.compute_environment_facts import DETAILED, CapacityOption
from batch_constructs.aws.container_facts import LEGACY_SIZES
from batch_constructs.aws.scheduling import REPLENISHABLE
from batch_constructs.impact.changes import is_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from batch_constructs.adopt.surroundings import Taken

_OF_ANOTHER_SHAPE: Final = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a value raises that is not of the shape of its property, such as an ``Fn::If``."""

_SECONDS: Final = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_MEBIBYTES: Final = {"gibibytes": 1024, "mebibytes": 1}
_BATCH: Final = {
    "AnyComputeEnvironment": "ComputeEnvironment",
    "AnyJobQueue": "JobQueue",
    "AnySchedulingPolicy": "SchedulingPolicy",
    "AnyServiceEnvironment": "ServiceEnvironment",
}
"""What a parameter is annotated with → the class that takes in such a resource by its ARN."""


class Translation:
    """One resource, translated into a call of our construct.

    Attributes:
        call: The call, but for scope and ID.
    """

    def __init__(
        self,
        kind: str,
        constructor: str,
        properties: Mapping[str, Any],
        taken: Taken,
        made: Mapping[str, str],
    ) -> None:
        self._kind = kind
        self._taken = taken
        self._made = made
        self._volumes: dict[str, Mapping[str, Any]] = {}
        self.call = Call(f"bc.{constructor}")
        for name, value in properties.items():
            self._read(f"{kind}/{name}", value, self.call, "")

    def _read(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read a property, and what is below it, into the call that it belongs to."""
        entry = parameters.entry(path)
        parameter = "" if entry is None else entry.get("parameter", "")
        step = path.rpartition("/")[2]
        try:
            if step in _SPECIAL:
                getattr(self, _SPECIAL[step])(path, value, into, within)
            elif _is_mapping(value) and self._splits(path, value):
                self._below(path, value, into, within)
            elif isinstance(value, list) and value and self._is_listed(path, value):
                self._each(path, value, parameter, into, within)
            elif parameter:
                self._set(parameter, value, path, into, within)
        except (NotTranslatedError, *_OF_ANOTHER_SHAPE):
            return

    def _below(self, path: str, value: Mapping[str, Any], into: Call, within: str) -> None:
        for volume in value.get("Volumes", ()) if isinstance(value.get("Volumes"), list) else ():
            if isinstance(volume, dict) and isinstance(volume.get("Name"), str):
                self._volumes[volume["Name"]] = volume
        for name, below in value.items():
            self._read(f"{path}/{name}", below, into, within)

    @staticmethod
    def _splits(path: str, value: Mapping[str, Any]) -> bool:
        """Whether the members of a mapping have parameters of their own."""
        return any(parameters.entry(f"{path}/{name}") is not None for name in value)

    @staticmethod
    def _is_listed(path: str, value: list[Any]) -> bool:
        return all(
            _is_mapping(one) and any(parameters.entry(f"{path}/{name}") for name in one)
            for one in value
        )

    def _each(self, path: str, value: list[Any], parameter: str, into: Call, within: str) -> None:
        """Read a list of things that are made of a class each, such as ulimits."""
        if not parameter.endswith("[]"):
            for one in value:
                self._below(path, one, into, within)
            return
        into, name = self._place(parameter, into, within)
        made = []
        for one in value:
            item = Call(
                f"bc.{_class_of(self._annotation(into, name), f'{path}/{next(iter(one))}')}"
            )
            self._below(path, one, item, parameter)
            made.append(item)
        into.keywords[name] = made

    def _set(self, parameter: str, value: Any, path: str, into: Call, within: str) -> None:
        """Set a parameter, or a field of what is given as one."""
        into, name = self._place(parameter, into, within)
        read = self._typed(self._annotation(into, name), value, path)
        if parameter.endswith("[]") and not isinstance(read, list | Call | Name):
            read = [read]
        into.keywords[name] = read

    def _place(self, parameter: str, into: Call, within: str) -> tuple[Call, str]:
        """Find the call that a parameter, or a field of what is given as one, belongs to."""
        if within and not parameter.startswith(within):
            into = self.call  # a role of the job, though it stands with a container
        *way, name = _inside(parameter, within).split(".")
        for step in way:
            if step not in into.keywords:
                into.keywords[step] = Call(f"bc.{_class_of(self._annotation(into, step))}")
            into = into.keywords[step]
            if not isinstance(into, Call):
                raise NotTranslatedError
        return into, name.removesuffix("[]")

    @staticmethod
    def _annotation(call: Call, name: str) -> str:
        constructor = getattr(bc, call.function.removeprefix("bc."))
        if dataclasses.is_dataclass(constructor):
            found = {field.name: str(field.type) for field in dataclasses.fields(constructor)}
        else:
            found = {
                one.name: str(one.annotation)
                for one in inspect.signature(constructor).parameters.values()
            }
        if name not in found:
            raise NotTranslatedError
        return found[name]

    def _typed(self, annotation: str, value: Any, path: str) -> Any:
        """Give a value as a parameter of this annotation takes it."""
        for noun, taken_as in _BATCH.items():
            if noun in annotation:
                return self._batch(taken_as, value)
        for part, read in self._readers(path):
            if re.search(rf"(?<!\w){re.escape(part)}", annotation):  # not int in eks_interfaces
                return read(value)
        raise NotTranslatedError

    def _readers(self, path: str) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        return (
            ("Duration", lambda value: _duration(value, path)),
            ("Size", lambda value: _size(value, path)),
            ("ec2.IVpc", self._taken.network),
            ("ISecurityGroup", self._taken.security_groups),
            ("IPlacementGroup", self._taken.placement_group),
            ("IKeyPair", self._taken.key_pair),
            ("iam.IRole", self._taken.role),
            ("IMachineImage", _refuse),
            ("Mapping[str, str]", _mapping),
            ("Sequence[str", values.texts),
            ("int | str", lambda value: value if isinstance(value, int) else values.text(value)),
            ("bool", values.flag),
            ("int", values.number),
            ("WholeNumber", values.number),
            ("float", values.number),
            ("str", values.text),
        )

    def _batch(self, noun: str, value: Any) -> Any:
        """Give another resource of AWS Batch: the one that was printed, or one by its ARN."""
        known = self._made.get(values.target(value) or "")
        return Name(known) if known else self._taken.by_arn(noun, value)

    def _order(self, path: str, value: Any, into: Call, within: str) -> None:
        member = path.rpartition("/")[2].removesuffix("Order")
        entries = [one for one in _entries(value) if member in one]
        if not entries:
            raise NotTranslatedError
        into, name = self._place(_parameter(path), into, within)
        ordered = sorted(entries, key=lambda one: str(one.get("Order", "")).zfill(9))
        once = {json.dumps(one[member], sort_keys=True): one[member] for one in ordered}
        into.keywords[name] = [self._batch(member, one) for one in once.values()]

    def _queue(self, path: str, value: Any, into: Call, within: str) -> None:
        del within
        into.keywords[_parameter(path)] = self._batch("JobQueue", value)

    def _consumables(self, path: str, value: Any, into: Call, within: str) -> None:
        into, name = self._place(_parameter(path), into, within)
        into.keywords[name] = Entries(
            tuple(
                (
                    self._batch("ConsumableResource", one["ConsumableResource"]),
                    values.number(one["Quantity"]),
                )
                for one in value
            )
        )

    def _subnets(self, path: str, value: Any, into: Call, within: str) -> None:
        del path, within
        into.keywords["vpc"] = self._taken.network(value)

    def _profile(self, path: str, value: Any, into: Call, within: str) -> None:
        del within
        into.keywords[_parameter(path)] = self._taken.instance_profile(value)

    def _launch_template(self, path: str, value: Any, into: Call, within: str) -> None:
        if not isinstance(value, dict) or is_function(value):
            raise NotTranslatedError
        into.keywords[_inside(_parameter(path), within)] = self._taken.launch_template(value)
        if "UserdataType" in value:
            self._read(f"{path}/UserdataType", value["UserdataType"], into, within)
        others = []
        for one in value.get("Overrides", ()):
            other = Call("bc.LaunchTemplateOverride")
            other.keywords["launch_template"] = self._taken.launch_template(one)
            for name in ("TargetInstanceTypes", "UserdataType"):
                if name in one:
                    listed = _parameter(f"{path}/Overrides").removesuffix("[]")
                    self._read(f"{path}/Overrides/{name}", one[name], other, f"{listed}[]")
            others.append(other)
        if others:
            into.keywords[_parameter(f"{path}/Overrides").removesuffix("[]")] = others

    def _requirements(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read vCPUs, memory and GPUs; of those that a condition decides, the first."""
        while isinstance(value, dict) and "Fn::If" in value:
            value = value["Fn::If"][1]
        if not isinstance(value, list):
            raise NotTranslatedError
        for one in value:
            if isinstance(one, dict) and isinstance(one.get("Type"), str):
                own = f"{path}/{one['Type']}"
                self._set(_parameter(own), one.get("Value"), own, into, within)

    def _deprecated_amount(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read vCPUs and memory where AWS had them before there were requirements."""
        above, _, name = path.rpartition("/")
        kind = next(kind for kind, legacy in LEGACY_SIZES.items() if legacy == name)
        own = f"{above}/ResourceRequirements/{kind}"
        self._set(_parameter(own), value, own, into, within)

    def _pod_resources(self, path: str, value: Any, into: Call, within: str) -> None:
        limits = {**value.get("Requests", {}), **value.get("Limits", {})}
        for name, amount in limits.items():
            own = f"{path}/Limits/{name.replace('/', '~1')}"
            entry = parameters.entry(own)
            if entry is not None:
                self._set(entry["parameter"], amount, own, into, within)
        asked = value.get("Requests", {}).get("cpu")
        if asked is not None and asked != limits["cpu"]:
            own = f"{path}/Requests/cpu"
            self._set(_parameter(own), asked, own, into, within)

    def _variables(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read environment variables, a list of names and values, as a mapping."""
        if not isinstance(value, list):
            raise NotTranslatedError
        known = {}
        for one in value:
            if not isinstance(one.get("Name"), str) or one["Name"] in known:
                raise NotTranslatedError
            known[one["Name"]] = values.text(one.get("Value"))
        into, name = self._place(_parameter(path), into, within)
        into.keywords[name] = known

    def _secrets(self, path: str, value: Any, into: Call, within: str) -> None:
        if not isinstance(value, list):
            raise NotTranslatedError
        known = {one["Name"]: self._taken.secret(one["ValueFrom"]) for one in value}
        into, name = self._place(_parameter(path), into, within)
        into.keywords[name] = known

    def _mount_points(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read what is mounted, each with the volume that it names."""
        mounted = []
        for mount in value if isinstance(value, list) else ():
            volume = self._volumes.get(str(mount.get("SourceVolume", mount.get("Name"))))
            if volume is None:
                raise NotTranslatedError
            mounted.append(self._mounted(path, mount, volume))
        if mounted:
            into, name = self._place(_parameter(path), into, within)
            into.keywords[name] = mounted

    def _mounted(self, path: str, mount: Mapping[str, Any], volume: Mapping[str, Any]) -> Call:
        kind = next((name for name in _VOLUMES if name in volume), "Host")
        made = Call(f"bc.{_VOLUMES[kind]}")
        within = _parameter(path)
        for name, value in mount.items():
            self._read(f"{path}/{name}", value, made, within)
        top = f"{path.rpartition('/')[0]}/Volumes"
        if "Containers/VolumeMounts" in path:
            top = path.replace("Containers/VolumeMounts", "Volumes")
        elif "/Containers/" in path:
            top = path.replace("Containers/MountPoints", "Volumes")
        configuration = volume.get(kind)
        for name, value in _leaves(configuration if isinstance(configuration, dict) else {}):
            field = _parameter(f"{top}/{kind}/{name}").rpartition(".")[2]
            if field == "file_system":
                made.keywords[field] = self._taken.file_system(value)
            elif field == "access_point":
                made.keywords[field] = self._taken.access_point(value)
            elif field:
                made.keywords[field] = self._typed(self._annotation(made, field), value, name)
        return made

    def _exact_name(self, path: str, value: Any, into: Call, within: str) -> None:
        """Keep the name as it is, not as a prefix."""
        del within
        exact = (parameters.entry(path) or {})["also"][0]
        into.keywords[exact] = values.text(value)

    def _spot(self, path: str, value: Any, into: Call, within: str) -> None:
        del within
        into.keywords[_parameter(path)] = value == CapacityOption.SPOT

    def _detailed(self, path: str, value: Any, into: Call, within: str) -> None:
        del within
        into.keywords[_parameter(path)] = value == DETAILED

    def _comes_back(self, path: str, value: Any, into: Call, within: str) -> None:
        del within
        into.keywords[_parameter(path)] = value == REPLENISHABLE

    def _capability(self, path: str, value: Any, into: Call, within: str) -> None:
        if into.function == "bc.MultiContainerJobDefinition" and isinstance(value, list) and value:
            self._set(_parameter(path), value[0], path, into, within)

    def _one_type(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read the instance types of an environment, or the one of a node range."""
        one = isinstance(value, list) and within.startswith("node_ranges") and len(value) == 1
        self._set(_parameter(path), value[0] if one else value, path, into, within)

    def _pull_secrets(self, path: str, value: Any, into: Call, within: str) -> None:
        named = [one["Name"] for one in value]
        self._set(_parameter(path), named, path, into, within)

    def _platform(self, path: str, value: Any, into: Call, within: str) -> None:
        """Read what says the platform; the L2 writes an empty mapping where nothing is said."""
        if value != {}:
            self._below(path, value, into, within)
            return
        for name in ("CpuArchitecture", "OperatingSystemFamily", "PlatformVersion"):
            parameter = _parameter(f"{path}/{name}")
            if parameter:
                call, field = self._place(parameter, into, within)
                call.keywords[field] = Call("cdk.Token.as_string", [None])

    def _skip(self, path: str, value: Any, into: Call, within: str) -> None:
        """Leave a property to what else decides it."""


_SPECIAL: Final = {
    "AllowedInstanceTypes": "_one_type",
    "CapacityOptionType": "_spot",
    "ComputeEnvironmentName": "_exact_name",
    "ComputeEnvironmentOrder": "_order",
    "ConsumableResourceList": "_consumables",
    "ConsumableResourceName": "_exact_name",
    "Ec2InstanceProfileArn": "_skip",
    "Env": "_variables",
    "Environment": "_variables",
    "FargatePlatformConfiguration": "_platform",
    "ImagePullSecrets": "_pull_secrets",
    "InstanceRole": "_profile",
    "InstanceTypes": "_one_type",
    "JobQueue": "_queue",
    "LaunchTemplate": "_launch_template",
    "Memory": "_deprecated_amount",
    "Monitoring": "_detailed",
    "MountPoints": "_mount_points",
    "PlatformCapabilities": "_capability",
    "ResourceRequirements": "_requirements",
    "ResourceType": "_comes_back",
    "Resources": "_pod_resources",
    "RuntimePlatform": "_platform",
    "Secrets": "_secrets",
    "SecretOptions": "_secrets",
    "ServiceEnvironmentOrder": "_order",
    "Subnets": "_subnets",
    "Vcpus": "_deprecated_amount",
    "VolumeMounts": "_mount_points",
    "Volumes": "_skip",
}
"""The properties whose shape is another one than that of their parameter."""

_VOLUMES: Final = {
    "EfsVolumeConfiguration": "EfsVolume",
    "S3FilesVolumeConfiguration": "S3FilesVolume",
    "EmptyDir": "EmptyDirVolume",
    "HostPath": "HostPathVolume",
    "Secret": "KubernetesSecretVolume",
    "PersistentVolumeClaim": "PersistentVolumeClaimVolume",
    "Host": "HostVolume",
}


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    """Give the entries of a list, and those that a condition decides, whichever way."""
    if isinstance(value, dict) and "Fn::If" in value:
        value = value["Fn::If"][1:]
    if isinstance(value, list):
        for one in value:
            yield from _entries(one)
    elif _is_mapping(value):
        yield value


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and not is_function(value)


def _parameter(path: str) -> str:
    entry = parameters.entry(path)
    return "" if entry is None else str(entry.get("parameter", ""))


def _inside(parameter: str, within: str) -> str:
    """Give a parameter's name in what it is a field of."""
    return parameter.removeprefix(within).removeprefix(".")


def _class_of(annotation: str, path: str = "") -> str:
    """Find the class that a parameter takes, by its annotation or by what is below it."""
    owners = (parameters.entry(path) or {}).get("of", [])
    for name in [*re.findall(r"[A-Z]\w+", annotation), *owners]:
        if name in bc.__all__ and dataclasses.is_dataclass(getattr(bc, name)):
            return str(name)
    raise NotTranslatedError


def _leaves(value: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, below in value.items():
        if isinstance(below, dict) and not is_function(below):
            found += _leaves(below, f"{above}{name}/")
        else:
            found.append((f"{above}{name}", below))
    return found


def _mapping(value: Any) -> Any:
    """Give a mapping of texts, of a mapping or of a list of keys and values."""
    if isinstance(value, list):
        value = {one["Key"]: one["Value"] for one in value if isinstance(one, dict)}
    if not isinstance(value, dict) or is_function(value):
        raise NotTranslatedError
    return {name: values.text(one) for name, one in value.items()}


def _duration(value: Any, path: str) -> Call:
    minutes = "Minutes" in path.rpartition("/")[2]
    if is_function(value):
        unit = "minutes" if minutes else "seconds"
        return Call(f"cdk.Duration.{unit}", [values.number(value)])
    return _amount("cdk.Duration", values.whole(value) * (60 if minutes else 1), _SECONDS)


def _size(value: Any, path: str) -> Call:
    gibibytes = "GiB" in path.rpartition("/")[2]
    if is_function(value):
        unit = "gibibytes" if gibibytes else "mebibytes"
        return Call(f"cdk.Size.{unit}", [values.number(value)])
    amount = values.whole(_pod_amount(value))
    return _amount("cdk.Size", amount * (1024 if gibibytes else 1), _MEBIBYTES)


def _amount(noun: str, amount: int, units: Mapping[str, int]) -> Call:
    """Give an amount in the largest unit in which it is whole."""
    for unit, size in units.items():
        if amount and amount % size == 0:
            return Call(f"{noun}.{unit}", [amount // size])
    return Call(f"{noun}.{list(units)[-1]}", [amount])


def _pod_amount(value: Any) -> Any:
    """Give the number of an amount of Kubernetes: mebibytes, gibibytes, or as it is."""
    found = re.fullmatch(r"(\d+)(Mi|Gi)", value) if isinstance(value, str) else None
    if found is None:
        return value
    return int(found[1]) * (1024 if found[2] == "Gi" else 1)


def _refuse(value: Any) -> Any:
    raise NotTranslatedError(value)
