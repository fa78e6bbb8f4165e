"""The table in which shipped functions claim what they do, so that they do it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.aws.actions import DYNAMODB_UPDATE_ITEM
from batch_constructs.function_settings import point_in_time_recovery

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings


class ClaimsTable:
    """The table (ID ``Claims``), paid by the request; rows expire after sixteen days."""

    def __init__(self, scope: Construct, settings: FunctionSettings) -> None:
        recovery = point_in_time_recovery(settings)
        self.table = dynamodb.Table(
            scope,
            "Claims",
            partition_key=dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires",
            encryption_key=settings.encryption_key,
            point_in_time_recovery_specification=recovery,
            removal_policy=RemovalPolicy.DESTROY,  # it holds nothing that is missed
        )
        tell_checkov(
            self.table,
            "AWS::DynamoDB::Table",
            PointInTimeRecoverySpecification=recovery,
            SSESpecification=settings.encryption_key,
        )

    def environment(self) -> dict[str, str]:
        """Return what the function is told."""
        return {"CLAIMS_TABLE": self.table.table_name}

    def statement(self) -> dict[str, Any]:
        """Return what the function may do."""
        return {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem", DYNAMODB_UPDATE_ITEM],
            "Resource": self.table.table_arn,
        }
