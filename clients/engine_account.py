"""What a workflow engine finds in the account, deployed with this library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from batch_constructs import Ec2ComputeEnvironment, JobQueue

if TYPE_CHECKING:
    from batch_constructs.testing.local_aws import LocalAws


@dataclass(frozen=True)
class EngineAccount:
    """A queue, a bucket, a role for the jobs, and a role for the head with no more than it needs.

    Args:
        aws: the embedded AWS.
        queue: the queue's ARN.
        bucket: the bucket's name.
        job_role: the ARN of the jobs' role, which may read and write the bucket.
        head_role: the ARN of the head's role: `JobQueue.grant_engine`, and the bucket.
    """

    aws: LocalAws
    queue: str
    bucket: str
    job_role: str
    head_role: str

    @classmethod
    def deploy(cls, aws: LocalAws) -> Self:
        """Deploy it."""
        stack = cdk.Stack(cdk.App(), "Engine")
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
        queue = JobQueue(
            stack,
            "Queue",
            compute_environments=[Ec2ComputeEnvironment(stack, "Ec2", vpc=vpc, max_vcpus=8)],
        )
        bucket = s3.Bucket(stack, "Bucket")
        job_role = iam.Role(
            stack, "JobRole", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com")
        )
        head_role = iam.Role(stack, "HeadRole", assumed_by=iam.AccountRootPrincipal())
        for role in (job_role, head_role):
            bucket.grant_read_write(role)
        queue.grant_engine(head_role, job_roles=[job_role])
        for name, value in {
            "Queue": queue.job_queue_arn,
            "Bucket": bucket.bucket_name,
            "JobRole": job_role.role_arn,
            "HeadRole": head_role.role_arn,
        }.items():
            cdk.CfnOutput(stack, f"{name}Output", value=value)
        out = aws.deploy(stack).outputs
        return cls(
            aws,
            queue=out["QueueOutput"],
            bucket=out["BucketOutput"],
            job_role=out["JobRoleOutput"],
            head_role=out["HeadRoleOutput"],
        )

    def client(self, service: str) -> Any:
        """Return a boto3 client, as the administrator."""
        return self.aws.client(service)

    def as_head(self) -> dict[str, str]:
        """Return the environment of a program that runs with the head's role."""
        given = self.client("sts").assume_role(RoleArn=self.head_role, RoleSessionName="head")
        keys = given["Credentials"]
        return {
            **self.aws.environment,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def read(self, key: str) -> str:
        """Return an object of the bucket."""
        body: bytes = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body.decode()
