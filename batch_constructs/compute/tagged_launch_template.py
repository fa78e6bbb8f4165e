"""The tags of a launch template itself, beside those of the instances that it starts.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-launchtemplate-launchtemplatetagspecification.html
"""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import ITaggableV2, Lazy, TagManager, TagType
from aws_cdk import aws_ec2 as ec2

from batch_constructs.compute.instance_tags import Producer

_ITSELF = "launch-template"


@jsii.implements(ITaggableV2)
class TaggedLaunchTemplate(ec2.CfnLaunchTemplate):
    """The L1 of a launch template that ``Tags.of(…)`` reaches, as it reaches the L2.

    They stand beside the template's data, so that no change of them makes another version.
    """

    _tag_manager: TagManager | None = None

    @property
    def cdk_tag_manager(self) -> TagManager:
        """The tags that ``Tags.of(…)`` gives, for the CDK."""
        if self._tag_manager is None:
            self._tag_manager = TagManager(
                TagType.KEY_VALUE, ec2.CfnLaunchTemplate.CFN_RESOURCE_TYPE_NAME
            )
            if self.tag_specifications is None:
                self.tag_specifications = Lazy.uncached_any(Producer(self._specified))
        return self._tag_manager

    def _specified(self) -> list[dict[str, Any]] | None:
        manager = self._tag_manager
        given = {} if manager is None else manager.tag_values()
        tags = [{"key": key, "value": value} for key, value in given.items()]
        return [{"resourceType": _ITSELF, "tags": tags}] if tags else None
