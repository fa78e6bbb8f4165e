"""What lets AWS Batch run pods in a namespace, which CloudFormation has no resource for.

https://docs.aws.amazon.com/batch/latest/userguide/eks-access-entries.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, CustomResource, Duration, Stack

from batch_constructs.aws.eks_facts import NAMESPACE_POLICY
from batch_constructs.construct import BatchConstruct, arn_prefix
from batch_constructs.function_alarms import WatchedFunction, watch
from batch_constructs.shipped_function import ShippedFunction

if TYPE_CHECKING:
    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings


class NamespaceAccess(BatchConstruct):
    """Associates an access policy with the access entry that AWS Batch makes.

    Creates, below its own ID: ``Function`` (a Lambda function with its role and log group) and
    ``Association`` (Custom::BatchNamespaceAccess).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        kubernetes_namespace: str,
        principal_arn: str,
        function_settings: FunctionSettings,
    ) -> None:
        super().__init__(scope, id)
        policy = Stack.of(self).format_arn(
            service="eks",
            region="",
            account="aws",
            resource="cluster-access-policy",
            resource_name=NAMESPACE_POLICY,
        )
        # an access entry's ARN ends with an ID that AWS gives it
        of_roles = f"access-entry/{cluster_name}/role/{Aws.ACCOUNT_ID}/*"
        entries = f"{arn_prefix('eks')}{of_roles}"
        shipped = ShippedFunction(
            self,
            "Function",
            folder="eks_access",
            module="associate",
            description="Lets AWS Batch use a namespace of an Amazon EKS cluster",
            environment={},
            statements=[
                {
                    "Effect": "Allow",
                    "Action": ["eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"],
                    "Resource": entries,
                    "Condition": {"StringEquals": {"eks:policyArn": policy}},
                },
                {
                    "Effect": "Allow",
                    "Action": "eks:ListAssociatedAccessPolicies",
                    "Resource": entries,
                },
            ],
            timeout=Duration.minutes(5),
            settings=function_settings,
        )
        watch(self, WatchedFunction(handler=shipped.handler), None, function_settings)
        self.association = CustomResource(
            self,
            "Association",
            resource_type="Custom::BatchNamespaceAccess",
            service_token=shipped.handler.function_arn,
            properties={
                "Cluster": cluster_name,
                "Namespace": kubernetes_namespace,
                "Policy": policy,
                "Principal": principal_arn,
            },
        )
