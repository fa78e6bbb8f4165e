"""The table in which shipped functions claim what they do, so that they do it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.aws.actions import DYNAMODB_UPDATE_ITEM
from batch_constructs.by_way_of import table_key_statements
from batch_constructs.function_settings import is_restorable
from batch_constructs.one_call import OneCall, of

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings


class ClaimsTable:
    """The table (ID ``Claims``), paid by the request; rows expire after sixteen days."""

    def __init__(self, scope: Construct, settings: FunctionSettings) -> None:
        recovery = {"pointInTimeRecoveryEnabled": True} if is_restorable(settings) else None
        call = OneCall(scope)
        made = call.add(
            "aws_dynamodb.Table",
            "Claims",
            {
                "partitionKey": {"name": "key", "type": of("aws_dynamodb.AttributeType.STRING")},
                "billingMode": of("aws_dynamodb.BillingMode.PAY_PER_REQUEST"),
                "timeToLiveAttribute": "expires",
                "encryptionKey": settings.encryption_key,
                "pointInTimeRecoverySpecification": recovery,
                "removalPolicy": RemovalPolicy.DESTROY,  # it holds nothing that is missed
            },
            tell=["tableName", "tableArn"],
        )
        call.make(at_once=True)
        self._name, self._arn = made.attribute("tableName"), made.attribute("tableArn")
        self._key = settings.encryption_key
        tell_checkov(
            made,
            "AWS::DynamoDB::Table",
            PointInTimeRecoverySpecification=recovery,
            SSESpecification=settings.encryption_key,
        )

    def environment(self) -> dict[str, str]:
        """Return what the function is told."""
        return {"CLAIMS_TABLE": self._name}

    def statements(self) -> list[dict[str, Any]]:
        """Return what the function may do, with the table's key, too."""
        actions = ["dynamodb:GetItem", DYNAMODB_UPDATE_ITEM]
        use = {"Effect": "Allow", "Action": actions, "Resource": self._arn}
        return [use, *table_key_statements(self._key)]
