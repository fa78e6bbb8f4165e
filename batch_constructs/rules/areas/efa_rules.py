"""Rules about Elastic Fabric Adapters: what instances have and need, and what jobs ask for."""

from __future__ import annotations

from batch_constructs.aws import efa, instance_types
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import environment_rule
from batch_constructs.rules.areas.job_on_queue_rules import on_environments
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import rule
from batch_constructs.rules.template import vpc
from batch_constructs.rules.template.listed_parts import listed
from batch_constructs.rules.template.resource_graph import JOB_DEFINITION
from batch_constructs.rules.template.values import listing, mapping, show, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import ComputeEnvironment, JobDefinition


@environment_rule(
    "efa-interfaces",
    severity=Severity.WARNING,
    title="more Elastic Fabric Adapters than the instance type has",
    fix="attach at most one for each network card of the type: efa_interfaces(type) counts them",
    source=efa.SOURCE,
)
def efa_interfaces(environment: ComputeEnvironment) -> Iterator[Fault]:
    """EC2 does not start such an instance, and jobs wait in RUNNABLE.

    For a family, its largest size counts.
    """
    for path, template, names in environment.types_of_launch_templates:
        count = len(template.efa_interfaces or ())
        for name in names or ():
            most = _most_interfaces(name)
            if most is not None and most < count:
                said = f"{template.id} attaches {count} Elastic Fabric Adapters"
                yield path, f"{said}, and {show(name)} has {most}"


def _most_interfaces(name: str) -> int | None:
    """Give the adapters of a type, or of the largest of a family; None if that is not known."""
    types = None if name in instance_types.BUNDLES else instance_types.expand(name)
    if not types or any(one.vcpus is None for one in types):
        return None
    return max(efa.efa_interfaces(one.name) for one in types)


@environment_rule(
    "efa-security-group",
    severity=Severity.WARNING,
    title="security group that does not allow traffic among its own adapters",
    fix="allow all traffic from the group to itself, inbound and outbound",
    source=efa.SECURITY_GROUP_SOURCE,
)
def efa_security_group(environment: ComputeEnvironment) -> Iterator[Fault]:
    """The adapters reach no other node, and a multi-node job hangs."""
    for path, _, template in environment.known_launch_templates:
        for interface in template.efa_interfaces or ():
            written = listing(interface, "Groups") or []
            groups = [environment.neighbour(one, vpc.SECURITY_GROUP) for one in written]
            known = [one for one in groups if one is not None]
            if known and known == groups and not vpc.let_each_other_in_and_out(known):
                names = ", ".join(one.id for one in known)
                yield path, f"{names} does not allow all traffic of the adapters of {template.id}"
                break


@rule(
    "efa-device",
    needs="Devices",
    subject=JOB_DEFINITION,
    severity=Severity.WARNING,
    title="device of an adapter that no instance has",
    fix="give the environment a launch template with as many adapters: LaunchTemplate(efa=…)",
    source=efa.MISSING_DEVICE_SOURCE,
)
def efa_device(job: JobDefinition) -> Iterator[Fault]:
    """Docker does not start a container with a device that does not exist."""
    for container in job.containers:
        devices = listed("", mapping(container.properties, "LinuxParameters"), "Devices")
        wanted = {text(one, "HostPath") or "" for _, one in devices}
        count = sum(one.startswith(efa.DEVICES) for one in wanted)
        if not count:
            continue

        def problem(environment: ComputeEnvironment, count: int = count) -> str | None:
            templates = environment.all_launch_templates
            if templates is None or not environment.is_ec2 or environment.is_eks is not False:
                return None
            attached = [one.efa_interfaces for one in templates]
            most = max((len(one or ()) for one in attached), default=0)
            if None in attached or most >= count:
                return None
            return (
                f"the job asks for {count} Elastic Fabric Adapters, and the instances of "
                f"{environment.id} have {most}"
            )

        yield from on_environments(job, problem, f"{container.path}/LinuxParameters/Devices")
