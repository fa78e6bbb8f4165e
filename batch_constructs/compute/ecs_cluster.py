"""The ECS cluster of an unmanaged compute environment, which CloudFormation does not return.

https://docs.aws.amazon.com/batch/latest/userguide/unmanaged-compute-environments.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration

from batch_constructs.aws.actions import BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS
from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.shipped_function import ShippedFunction, the_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings

_FUNCTION = "BatchConstructsEcsClusterLookup"
_TAG_ANY = ["ecs:TagResource", "ecs:UntagResource"]


class EcsCluster(BatchConstruct):
    """Looks a compute environment's ECS cluster up while the stack is deployed.

    Creates, below its own ID: ``Lookup`` (AWS::CloudFormation::CustomResource), and in the stack,
    once for all environments, ``BatchConstructsEcsClusterLookup`` (a Lambda function with its role
    and log group).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        compute_environment_arn: str,
        cluster_tags: Mapping[str, str],
        function_settings: FunctionSettings,
    ) -> None:
        super().__init__(scope, id)
        self._lookup = CustomResource(
            self,
            "Lookup",
            resource_type="Custom::BatchEcsCluster",
            service_token=_function(self, function_settings).handler.function_arn,
            properties={
                "ComputeEnvironment": compute_environment_arn,
                "ClusterTags": dict(cluster_tags),
            },
        )

    @property
    def arn(self) -> str:
        """The cluster's ARN."""
        return self._lookup.get_att_string("EcsClusterArn")

    @property
    def name(self) -> str:
        """The cluster's name."""
        return self._lookup.get_att_string("EcsClusterName")


def _function(scope: Construct, settings: FunctionSettings) -> ShippedFunction:
    return the_only(
        scope,
        _FUNCTION,
        folder="ecs_cluster",
        module="lookup",
        description="Finds the ECS clusters of unmanaged AWS Batch compute environments",
        environment={},
        statements=[
            {
                "Effect": "Allow",
                "Action": BATCH_DESCRIBE_COMPUTE_ENVIRONMENTS,
                "Resource": "*",  # AWS takes no resource here
            },
            {
                "Effect": "Allow",
                "Action": _TAG_ANY,
                # The clusters of AWS Batch: ENVIRONMENT_Batch_UUID and AWSBatch-ENVIRONMENT-UUID.
                "Resource": [
                    f"{arn_prefix('ecs')}cluster/*_Batch_*",
                    f"{arn_prefix('ecs')}cluster/AWSBatch-*",
                ],
            },
        ],
        timeout=Duration.minutes(5),
        settings=settings,
    )
