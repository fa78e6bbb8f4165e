"""``AWS::IAM::ServiceLinkedRole``, over the API of IAM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    ProvisioningError,
)

if TYPE_CHECKING:
    from batch_constructs.local.cloudformation.network_types import Client

_DESCRIPTION: Final = "Description"


@dataclass(frozen=True, kw_only=True)
class ServiceLinkedRoleType:
    """The role of a service; all but its description replaces it.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "AWS::IAM::ServiceLinkedRole"
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Have the service's role made."""
        del logical_id
        request = {
            name: properties[name]
            for name in ("AWSServiceName", "CustomSuffix")
            if name in properties
        }
        try:
            name = self.client("iam").create_service_linked_role(**request)["Role"]["RoleName"]
        except ClientError as problem:
            raise ProvisioningError(str(problem)) from problem
        if _DESCRIPTION in properties:  # which ministack does not take when it makes one
            self._describe(name, properties[_DESCRIPTION])
        return Provisioned(physical_id=name, attributes={"RoleName": name})

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the description."""
        if {**old, _DESCRIPTION: ""} != {**new, _DESCRIPTION: ""}:
            return self.create(logical_id, new)
        self._describe(physical_id, new.get(_DESCRIPTION, ""))
        return Provisioned(physical_id=physical_id, attributes={"RoleName": physical_id})

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the role."""
        del properties
        self.client("iam").delete_service_linked_role(RoleName=physical_id)

    def _describe(self, name: str, text: str) -> None:
        self.client("iam").update_role_description(RoleName=name, Description=text)
