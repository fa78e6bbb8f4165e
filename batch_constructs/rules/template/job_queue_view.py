"""A job queue of a template as rules see it, with its environments."""

from __future__ import annotations

from functools import cached_property

from batch_constructs.rules.template.compute_environment_view import ComputeEnvironment
from batch_constructs.rules.template.resource_view import (
    COMPUTE_ENVIRONMENT,
    SCHEDULING_POLICY,
    Resource,
)
from batch_constructs.rules.template.values import (
    Properties,
    Text,
    absent,
    entries,
    listing,
    number,
    text,
)


class JobQueue(Resource):
    """An `AWS::Batch::JobQueue`."""

    @cached_property
    def order(self) -> list[tuple[int, Properties]]:
        """Give the entries of ComputeEnvironmentOrder, with their positions, as written."""
        return list(entries(self.properties, "ComputeEnvironmentOrder"))

    @cached_property
    def environments(self) -> list[ComputeEnvironment]:
        """Give the compute environments that are in the template, in the order they are tried."""
        found: list[tuple[float, ComputeEnvironment]] = []
        for position, entry in self.order:
            environment = self._environment(entry.get("ComputeEnvironment"))
            if isinstance(environment, ComputeEnvironment):
                order = number(entry, "Order")
                found.append((position if order is None else order, environment))
        found.sort(key=lambda entry: entry[0])
        return [environment for _, environment in found]

    def _environment(self, value: object) -> Resource | None:
        """Find an environment by a reference, or by its name."""
        found = self.neighbour(value, COMPUTE_ENVIRONMENT)
        if found is not None or not isinstance(value, str | Text):
            return found
        name = (value if isinstance(value, str) else value.pattern).rpartition("/")[2]
        return self._environments_by_name.get(name)

    @property
    def _environments_by_name(self) -> dict[str, Resource]:
        memory = self.template.memory
        known = memory.get("environments by name")
        if known is None:
            known = memory["environments by name"] = {
                name: one
                for one in reversed(self.template.all(COMPUTE_ENVIRONMENT))
                if (name := text(one.properties, "ComputeEnvironmentName")) is not None
            }
        return known  # type: ignore[return-value]  # what was put there

    @cached_property
    def is_known_in_full(self) -> bool:
        """Tell whether every compute environment of the queue is in the template."""
        written = listing(self.properties, "ComputeEnvironmentOrder")
        return bool(written) and len(self.environments) == len(written or ())

    @property
    def scheduling_policy(self) -> Resource | None:
        """Give the scheduling policy, if it is in the template."""
        return self.neighbour(self.properties.get("SchedulingPolicyArn"), SCHEDULING_POLICY)

    @property
    def is_fifo(self) -> bool:
        """Tell whether the queue has no scheduling policy for sure."""
        return absent(self.properties, "SchedulingPolicyArn")

    @property
    def is_fair_share(self) -> bool:
        """Tell whether the queue has a fair-share policy for sure."""
        policy = self.scheduling_policy
        return policy is not None and (
            "FairsharePolicy" in policy.properties
            or policy.properties.get("QuotaSharePolicy") is None
        )
