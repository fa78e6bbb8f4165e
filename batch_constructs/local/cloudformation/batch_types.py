"""What is special about single ``AWS::Batch::*`` types, and the list of them all."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.aws.compute_environment_facts import (
    BEST_FIT,
    IN_PLACE_STRATEGIES,
    ON_FARGATE,
)
from batch_constructs.aws.updates import (
    FARGATE_SCALES,
    SCALES,
    SERVICE_LINKED_ROLE,
    create_only,
    is_best_fit,
)
from batch_constructs.local.cloudformation.batch_provider import BatchResource
from batch_constructs.local.cloudformation.property_values import to_request
from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    ProvisioningError,
    generated_name,
)

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.batch_provider import Handle
    from batch_constructs.local.cloudformation.resource_type import ResourceType


class ComputeEnvironmentType(BatchResource):
    """``AWS::Batch::ComputeEnvironment``: ``ReplaceComputeEnvironment`` says how it changes.

    See https://docs.aws.amazon.com/batch/latest/userguide/updating-compute-environments.html
    """

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the compute environment."""
        return super().create(logical_id, _of_the_api(properties))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Update in place, or create another where the change cannot be made in place."""
        table = create_only(self.type_name)
        given_once = any(_at(old, path) != _at(new, path) for path in table.always)
        changed = {path for path in table.perhaps if _at(old, path) != _at(new, path)}
        if given_once or (changed and _replaces(new)):
            if self.name_property in new:
                raise ProvisioningError(
                    "CloudFormation cannot update a stack when a custom-named resource requires "
                    f"replacing. Rename {new[self.name_property]} and update the stack again."
                )
            return self.create(logical_id, new)
        changed -= SCALES | FARGATE_SCALES if _kind(new) in ON_FARGATE else SCALES
        if changed:
            _check_infrastructure_update(old, new, changed)
        return super().update(logical_id, physical_id, old, _of_an_update(old, new))


def _of_the_api(properties: Properties) -> Properties:
    """Return the properties less those that only CloudFormation knows."""
    kept = {
        name: value
        for name, value in properties.items()
        if name not in ("ReplaceComputeEnvironment", "UpdatePolicy")
    }
    if "ComputeResources" in kept:
        kept["ComputeResources"] = {
            name: value
            for name, value in _resources(kept).items()
            if name != "UpdateToLatestImageVersion"
        }
    return kept


def _of_an_update(old: Properties, new: Properties) -> Properties:
    """Return the properties less those that an update does not take, since they are given once.

    The strategy ``BEST_FIT`` is one of these; so a strategy that stays is left out.
    """
    taken: Properties = deepcopy(new)
    strategy = "ComputeResources/AllocationStrategy"
    stays = {strategy} if _at(old, strategy) == _at(new, strategy) else set()
    for path in create_only("AWS::Batch::ComputeEnvironment").always | stays:
        holder, _, name = path.rpartition("/")
        within = _at(taken, holder) if holder else None
        if isinstance(within, dict):
            within.pop(name, None)
    return taken


def _resources(properties: Properties) -> dict[str, Any]:
    resources: dict[str, Any] = properties.get("ComputeResources", {})
    return resources


def _at(properties: Properties, path: str) -> object:
    """Return the value at a path; None where there is none."""
    found: Any = properties
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _kind(properties: Properties) -> str:
    return str(_resources(properties).get("Type", "")).upper()


def _replaces(properties: Properties) -> bool:
    return str(properties.get("ReplaceComputeEnvironment", True)).lower() != "false"


def _check_infrastructure_update(old: Properties, new: Properties, changed: set[str]) -> None:
    """Refuse what an infrastructure update cannot do.

    Raises:
        ProvisioningError: the service role or the allocation strategy does not allow it.
    """
    role = str(new.get("ServiceRole", SERVICE_LINKED_ROLE))
    what = ", ".join(sorted(path.rpartition("/")[2] for path in changed))
    if SERVICE_LINKED_ROLE not in role:
        raise ProvisioningError(
            f"cannot change {what} in place: the compute environment uses the service role {role}, "
            f"and infrastructure updates need {SERVICE_LINKED_ROLE}"
        )
    for properties in (old, new):
        if is_best_fit(_kind(properties), _resources(properties).get("AllocationStrategy")):
            raise ProvisioningError(
                f"cannot change {what} in place: the allocation strategy is {BEST_FIT}, and "
                f"infrastructure updates need one of {', '.join(sorted(IN_PLACE_STRATEGIES))}"
            )


class JobQueueType(BatchResource):
    """``AWS::Batch::JobQueue``: its scheduling policy can be replaced but not removed."""

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the queue in place, unless it is to lose its scheduling policy."""
        policy = "SchedulingPolicyArn"
        if policy in old and policy not in new:
            raise ProvisioningError(
                "a fair-share scheduling policy of a job queue can be replaced but not removed"
            )
        return super().update(logical_id, physical_id, old, new)


class SchedulingPolicyType(BatchResource):
    """``AWS::Batch::SchedulingPolicy``: it keeps the kind that it was made of."""

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the policy in place, unless it is to lose what it shares by."""
        kinds = [one for one in ("FairsharePolicy", "QuotaSharePolicy") if one in old]
        gone = [one for one in kinds if one not in new]
        if gone:
            raise ProvisioningError(f"a {gone[0]} cannot be removed once it is set")
        return super().update(logical_id, physical_id, old, new)


@dataclass(frozen=True, kw_only=True)
class JobDefinitionType(BatchResource):
    """``AWS::Batch::JobDefinition``: every update registers a revision, and retires the one before.

    Args:
        kept: ARNs of revisions that ``SkipDeregisterOnUpdate`` keeps active.
    """

    kept: set[str] = field(default_factory=set)

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Register the first revision."""
        name = properties.get(self.name_property, generated_name(logical_id))
        return self._register({**properties, self.name_property: name})

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Register the next revision; CloudFormation then deletes the one before."""
        del logical_id, old
        name = physical_id.rsplit("/", 1)[1].rsplit(":", 1)[0]
        policy = new.get("ResourceRetentionPolicy", {})
        if str(policy.get("SkipDeregisterOnUpdate", False)).lower() == "true":
            self.kept.add(physical_id)
        return self._register({**new, self.name_property: name})

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Deregister the revision, unless an update meant to keep it."""
        del properties
        if physical_id in self.kept:
            self.kept.discard(physical_id)
            return
        self.call(operations.DEREGISTER_JOB_DEFINITION, {"jobDefinition": physical_id})

    def _register(self, properties: Properties) -> Provisioned:
        known = {
            name: value for name, value in properties.items() if name != "ResourceRetentionPolicy"
        }
        request = to_request(operations.REGISTER_JOB_DEFINITION, known)
        return self.provisioned(
            self.call(operations.REGISTER_JOB_DEFINITION, request)["jobDefinitionArn"]
        )


class ConsumableResourceType(BatchResource):
    """``AWS::Batch::ConsumableResource``: an update sets its total quantity."""

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Set the total quantity, and the tags."""
        del logical_id
        if old.get("TotalQuantity") != new.get("TotalQuantity"):
            self.call(
                operations.UPDATE_CONSUMABLE_RESOURCE,
                {
                    "consumableResource": physical_id,
                    "operation": "SET",
                    "quantity": int(new["TotalQuantity"]),
                },
            )
        self.retag(physical_id, old, new)
        return self.provisioned(physical_id)

    def provisioned(self, arn: str) -> Provisioned:
        """Return the resource with its quantities."""
        state = self.call(operations.DESCRIBE_CONSUMABLE_RESOURCE, {"consumableResource": arn})
        return Provisioned(
            physical_id=arn,
            attributes={
                self.arn_attribute: arn,
                "AvailableQuantity": state.get("availableQuantity", 0),
                "InUseQuantity": state.get("inUseQuantity", 0),
                "CreatedAt": state.get("createdAt", 0),
            },
        )


def batch_types(handle: Handle) -> list[ResourceType]:
    """Return every ``AWS::Batch::*`` type."""
    with_status: dict[str, Any] = {
        "handle": handle,
        "has_status": True,
        "disabled_before_deletion": True,
    }
    return [
        ComputeEnvironmentType(noun="ComputeEnvironment", **with_status),
        JobQueueType(noun="JobQueue", **with_status),
        BatchResource(noun="ServiceEnvironment", **with_status),
        JobDefinitionType(noun="JobDefinition", handle=handle),
        SchedulingPolicyType(
            noun="SchedulingPolicy", handle=handle, prefix="", identified_by="arn"
        ),
        ConsumableResourceType(noun="ConsumableResource", handle=handle),
        BatchResource(
            noun="QuotaShare",
            handle=handle,
            identified_by="quotaShareArn",
            disabled_before_deletion=True,
        ),
    ]
