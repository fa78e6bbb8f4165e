"""A job definition that this app makes, alone or with many others.

https://docs.aws.amazon.com/batch/latest/userguide/job_definitions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import shown
from batch_constructs.construct import all_or_none, l1_properties, made_here, put_tags
from batch_constructs.jobs.job_definition import JobDefinition
from batch_constructs.jobs.old_revisions import retire_others
from batch_constructs.jobs.past_the_l1 import past_the_l1
from batch_constructs.jobs.submitted_containers import know_containers
from batch_constructs.jsii_objects import described
from batch_constructs.one_call import OneCall, together

if TYPE_CHECKING:
    from typing import Self

    from aws_cdk import aws_batch as batch
    from constructs import Construct

    from batch_constructs.function_alarms import WatchedFunction


def _expect_mapping(scope: Construct, parameter: str, value: object, of: str) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{scope.node.path}: {parameter} is {described(value)}; expected a mapping of {of}"
        )


class OwnJobDefinition(JobDefinition):
    """A job definition of this stack: its L1, which is made in one call with what it needs."""

    _jsii_class = "constructs.Construct"  # `one_call.js` makes a Resource of it
    watched_function: WatchedFunction | None

    @property
    def resource(self) -> batch.CfnJobDefinition:
        """The L1 resource, for escape hatches and for an ``IJobDefinitionRef``."""
        return made_here(self, self._made).resource

    @classmethod
    def from_mapping(
        cls, scope: Construct, definitions: Mapping[str, Mapping[str, Any]], **shared: Any
    ) -> dict[str, Self]:
        """Create many definitions at once, for example from a table or a file.

        It creates what the constructor creates, in less than half the time::

            jobs = FargateJobDefinition.from_mapping(
                self,
                {"Align": {"vcpus": 4, "memory": Size.gibibytes(8)}, "Call": {"vcpus": 1}},
                image="genomics:1.4",
                memory=Size.gibibytes(2),
            )
            jobs["Align"].grant_submit(role, queue)

        Args:
            scope: The parent construct, usually the stack.
            definitions: ID → the arguments of its definition, named as in the constructor.
            shared: Arguments for all of them; a definition's own take precedence. A shared ``Size``
                or ``Duration`` is read once.

        Raises:
            ValueError: some arguments are wrong; all problems are listed, one per line.
            TypeError: only types are wrong.
        """
        _expect_mapping(scope, "definitions", definitions, "IDs and the arguments of each")
        made: dict[str, Self] = {}
        faults: list[Exception] = []
        with all_or_none(scope), together():
            for name, own in definitions.items():
                try:
                    _expect_mapping(scope, f"definitions[{shown(name)}]", own, "arguments")
                    made[name] = cls(scope, name, **{**shared, **own})
                except (ValueError, TypeError) as fault:
                    faults.append(fault)
            if faults:
                kind = (
                    TypeError if all(isinstance(one, TypeError) for one in faults) else ValueError
                )
                raise kind("\n".join(map(str, faults)))
        return made

    def _make(self, call: OneCall, properties: Mapping[str, Any], kept: int | None) -> None:
        """Make the L1 (ID ``Resource``), and in the same call what it waits for."""
        know_containers(self, properties)
        self._said = properties
        tags = properties.get("Tags")
        own = {name: value for name, value in properties.items() if name != "Tags"}
        self._made = call.add("aws_batch.CfnJobDefinition", "Resource", l1_properties(own))
        call.make()
        for path, value in past_the_l1(properties):
            self.resource.add_property_override(path, value)
        if tags:
            put_tags(self.resource, tags)
        if kept is not None:
            self.watched_function = retire_others(self, self.resource, kept)
