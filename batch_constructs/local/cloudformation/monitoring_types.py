"""Types that audit and query: a trail, over the CloudTrail API; a saved query is but recorded."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    generated_name,
)

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.network_types import Client
    from batch_constructs.local.cloudformation.resource_type import ResourceType

_CREATE = {
    "S3BucketName": "S3BucketName",
    "S3KeyPrefix": "S3KeyPrefix",
    "SnsTopicName": "SnsTopicName",
    "IncludeGlobalServiceEvents": "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail": "IsMultiRegionTrail",
    "EnableLogFileValidation": "EnableLogFileValidation",
    "CloudWatchLogsLogGroupArn": "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn": "CloudWatchLogsRoleArn",
    "KMSKeyId": "KmsKeyId",
    "IsOrganizationTrail": "IsOrganizationTrail",
}
_FLAGS = (
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "EnableLogFileValidation",
    "IsOrganizationTrail",
)


@dataclass(frozen=True, kw_only=True)
class TrailType:
    """A trail; whether it logs and what it selects are calls of their own.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "AWS::CloudTrail::Trail"
    name_property: str | None = "TrailName"
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the trail and start it."""
        name = properties.get("TrailName", generated_name(logical_id))
        self._trails.create_trail(
            Name=name, **_request(properties), TagsList=properties.get("Tags", [])
        )
        return self._configured(name, properties)

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the trail in place."""
        del logical_id, old
        self._trails.update_trail(Name=physical_id, **_request(new))
        return self._configured(physical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the trail."""
        del properties
        self._trails.delete_trail(Name=physical_id)

    @property
    def _trails(self) -> Any:
        return self.client("cloudtrail")

    def _configured(self, name: str, properties: Properties) -> Provisioned:
        if properties.get("EventSelectors"):
            self._trails.put_event_selectors(
                TrailName=name, EventSelectors=properties["EventSelectors"]
            )
        if str(properties.get("IsLogging", True)).lower() == "true":
            self._trails.start_logging(Name=name)
        else:
            self._trails.stop_logging(Name=name)
        arn = self._trails.get_trail(Name=name)["Trail"]["TrailARN"]
        return Provisioned(physical_id=name, attributes={"Arn": arn})


def _request(properties: Properties) -> dict[str, Any]:
    request = {api: properties[name] for name, api in _CREATE.items() if name in properties}
    for flag in _FLAGS:
        if flag in request:
            request[flag] = str(request[flag]).lower() == "true"
    return request


@dataclass(frozen=True, kw_only=True)
class RecordedType:
    """A type whose resources have an ID, and that is all.

    Args:
        type_name: such as ``AWS::Logs::QueryDefinition``.
        id_attribute: the attribute that ``Fn::GetAtt`` gives the ID under.
    """

    type_name: str
    id_attribute: str
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Give the resource an ID."""
        del logical_id, properties
        return self._recorded(str(uuid.uuid4()))

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Keep the ID."""
        del logical_id, old, new
        return self._recorded(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Forget the resource."""

    def _recorded(self, physical_id: str) -> Provisioned:
        return Provisioned(physical_id=physical_id, attributes={self.id_attribute: physical_id})


def monitoring_types(client: Client) -> list[ResourceType]:
    """Return the types."""
    query = RecordedType(type_name="AWS::Logs::QueryDefinition", id_attribute="QueryDefinitionId")
    return [TrailType(client=client), query]
