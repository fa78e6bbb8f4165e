"""The tags of instances: those that are given, and those that ``Tags.of(…)`` gives.

AWS Batch does not pass an environment's tags on to its instances, so ``Tags.of(app)`` is heard here
as well. Tags of instances change in place where the environment can be updated; those of the
environment itself never do.
https://docs.aws.amazon.com/batch/latest/userguide/infrastructure-updates.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import IAnyProducer, IResolveContext, Lazy, TagManager, TagType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_cdk import CfnResource

INSTANCES = "AWS::EC2::Instance"
"""What ``include_resource_types`` and ``exclude_resource_types`` call the instances."""


class TaggedInstances:
    """Whatever starts instances: ``Tags.of(…)`` reaches these as ``AWS::EC2::Instance``.

    The constructs that are so say ``@jsii.implements(ITaggableV2)``.
    """

    _tag_manager: TagManager | None = None
    _own_tags: Mapping[str, str]
    _tagged: tuple[CfnResource, Mapping[str, Callable[[dict[str, str]], Any]]]

    def _tag_instances(
        self,
        resource: CfnResource,
        own: Mapping[str, str],
        shapes: Mapping[str, Callable[[dict[str, str]], Any]],
    ) -> None:
        """Say where tags stand in a resource, which has its own already, and in which shape."""
        self._own_tags = own
        self._tagged = resource, shapes

    @property
    def cdk_tag_manager(self) -> TagManager:
        """The tags of the instances that ``Tags.of(…)`` gives, for the CDK."""
        if self._tag_manager is None:
            self._tag_manager = TagManager(TagType.MAP, INSTANCES)
            resource, shapes = self._tagged
            for path, shape in shapes.items():
                producer = Producer(partial(self._shaped, shape))
                resource.add_property_override(path, Lazy.uncached_any(producer))
        return self._tag_manager

    def _all_tags(self) -> dict[str, str]:
        """Return the tags; its own win over those of the stack, as its own are nearer."""
        manager = self._tag_manager
        given: Any = None if manager is None else manager.render_tags()
        return {**(given or {}), **self._own_tags}

    def _shaped(self, shape: Callable[[dict[str, str]], Any]) -> Any:
        tags = self._all_tags()
        return shape(tags) if tags else None


def with_all_tags(environment: object, properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an environment's properties with the tags of its instances, as they are by now."""
    tags = environment._all_tags() if isinstance(environment, TaggedInstances) else {}  # noqa: SLF001
    if not tags:
        return properties
    return {**properties, "ComputeResources": {**properties["ComputeResources"], "Tags": tags}}


@jsii.implements(IAnyProducer)
class Producer:
    """Gives what is known once all tags are."""

    def __init__(self, produced: Callable[[], Any]) -> None:
        self._produced = produced

    def produce(self, context: IResolveContext) -> Any:  # noqa: ARG002  # the CDK's own
        """Give it."""
        return self._produced()
