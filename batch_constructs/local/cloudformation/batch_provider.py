"""The seven ``AWS::Batch::*`` types, over the AWS Batch API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.aws.names import as_member
from batch_constructs.aws.resource_states import State, Status
from batch_constructs.local.batch.service_errors import ServiceError
from batch_constructs.local.cloudformation.property_values import known_to, to_request
from batch_constructs.local.cloudformation.resource_type import (
    Properties,
    Provisioned,
    ProvisioningError,
    generated_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Handle = Callable[[str, Mapping[str, Any]], dict[str, Any]]

SETTLE_TIMEOUT_SECONDS = 60
_SETTLE_PAUSE_SECONDS = 0.05
_NOT_FOUND = ("does not exist", "not found")


@dataclass(frozen=True, kw_only=True)
class BatchResource:
    """A type whose resources are created, updated and deleted by one operation each.

    Args:
        handle: answers an operation of the AWS Batch API.
        noun: what its operations are called after, such as ``JobQueue``.
        prefix: what stands before ``Name`` and ``Arn`` in its members. Default: the noun.
        identified_by: the member of the update and delete requests that says which resource.
            Default: the noun.
        has_status: whether it has one to wait for.
        disabled_before_deletion: whether the API deletes it only when it is disabled.
    """

    handle: Handle
    noun: str
    prefix: str | None = None
    identified_by: str | None = None
    has_status: bool = False
    disabled_before_deletion: bool = False
    tags_are_a_map: bool = True

    @property
    def type_name(self) -> str:
        """Such as ``AWS::Batch::JobQueue``."""
        return f"AWS::Batch::{self.noun}"

    @property
    def name_property(self) -> str:
        """The property that names the resource."""
        return f"{self.noun if self.prefix is None else self.prefix}Name"

    @property
    def arn_attribute(self) -> str:
        """The attribute that ``Fn::GetAtt`` gives the ARN under."""
        return f"{self.noun if self.prefix is None else self.prefix}Arn"

    @property
    def identifier(self) -> str:
        """The member of a request that says which resource."""
        return as_member(self.noun) if self.identified_by is None else self.identified_by

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Create the resource, under a generated name if it has none; wait until it is ready."""
        named = {self.name_property: generated_name(logical_id), **properties}
        response = self.call(f"Create{self.noun}", to_request(f"Create{self.noun}", named))
        arn = response[as_member(self.arn_attribute)]
        self.settle(arn)
        return self.provisioned(arn)

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Change the resource in place; tags are set one by one."""
        del logical_id
        operation = f"Update{self.noun}"
        changed = {**to_request(operation, known_to(operation, new)), self.identifier: physical_id}
        self.call(operation, changed)
        self.retag(physical_id, old, new)
        self.settle(physical_id)
        return self.provisioned(physical_id)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource, disabled before if need be; one that is gone already is no error."""
        del properties
        operation = f"Delete{self.noun}"
        try:
            if self.disabled_before_deletion:
                self.call(
                    f"Update{self.noun}", {self.identifier: physical_id, "state": State.DISABLED}
                )
                self.settle(physical_id)
            self.call(operation, {self.identifier: physical_id})
            self.settle(physical_id)
        except ProvisioningError as problem:
            if not any(phrase in str(problem) for phrase in _NOT_FOUND):
                raise

    def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call the API, with its refusals in CloudFormation's words."""
        try:
            return self.handle(operation, request)
        except ServiceError as refusal:
            raise ProvisioningError(
                f'Resource handler returned message: "{refusal.message} (Service: Batch, '
                f'Status Code: {refusal.http_status})" (HandlerErrorCode: InvalidRequest)'
            ) from refusal

    def settle(self, arn: str) -> None:
        """Wait until the resource is neither being created, updated nor deleted.

        Raises:
            ProvisioningError: it became INVALID, or went on for too long.
        """
        deadline = time.monotonic() + SETTLE_TIMEOUT_SECONDS
        while (state := self._status(arn)) is not None and state.get("status") in _PASSING:
            if time.monotonic() > deadline:
                raise ProvisioningError(f"{arn} is still {state['status']}")
            time.sleep(_SETTLE_PAUSE_SECONDS)
        if state is not None and state.get("status") == Status.INVALID:
            raise ProvisioningError(
                f"{arn} is INVALID: {state.get('statusReason', 'no reason given')}"
            )

    def _status(self, arn: str) -> dict[str, Any] | None:
        if not self.has_status:
            return None
        several = f"{as_member(self.noun)}s"
        described: list[dict[str, Any]] = self.call(f"Describe{self.noun}s", {several: [arn]})[
            several
        ]
        return described[0] if described else None

    def retag(self, arn: str, old: Properties, new: Properties) -> None:
        """Bring the resource's tags to what the template says, leaving others' tags alone."""
        before, after = dict(old.get("Tags", {})), dict(new.get("Tags", {}))
        gone = [key for key in before if key not in after]
        if gone:
            self.call(operations.UNTAG_RESOURCE, {"resourceArn": arn, "tagKeys": gone})
        set_now = {key: str(value) for key, value in after.items() if before.get(key) != value}
        if set_now:
            self.call(operations.TAG_RESOURCE, {"resourceArn": arn, "tags": set_now})

    def provisioned(self, arn: str) -> Provisioned:
        """Return the resource as CloudFormation sees it: its physical ID is its ARN."""
        return Provisioned(physical_id=arn, attributes={self.arn_attribute: arn})


_PASSING = (Status.CREATING, Status.UPDATING, Status.DELETING)
