"""The demo: files that arrive in S3 are counted, every night there is a report, failures are told.

``batch-constructs demo`` deploys it to the embedded AWS. With ``cdk deploy`` it works in AWS too,
where the jobs run in the image instead of in this machine's processes.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc

IMAGE = "public.ecr.aws/docker/library/python:3.13"
# The image has no boto3, and gets it; this machine's Python has it already.
RUN = """python3 -c 'import boto3' 2>/dev/null || pip install --quiet boto3
exec python3 -c "$SCRIPT" "$0" "$@"
"""


class WordCount(cdk.Stack):
    """A bucket whose files are counted by jobs."""

    def __init__(self, scope: cdk.App, id: str) -> None:
        super().__init__(scope, id)
        bucket = s3.Bucket(
            self,
            "Files",
            event_bridge_enabled=True,
            auto_delete_objects=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1)
        environment = bc.FargateComputeEnvironment(self, "Fargate", vpc=vpc, max_vcpus=4)
        queue = bc.JobQueue(self, "Queue", compute_environments=[environment])

        count = self._job(
            "CountWords",
            "count_words.py",
            ["Ref::bucket", "Ref::key"],
            {"bucket": bucket.bucket_name, "key": "incoming/example.txt"},
        )
        bucket.grant_read(count.job_role, "incoming/*")
        bucket.grant_put(count.job_role, "results/*")
        report = self._job(
            "Report",
            "report.py",
            ["Ref::bucket"],
            {"bucket": bucket.bucket_name},
            {"SIGNING_KEY": secretsmanager.Secret(self, "SigningKey")},
        )
        bucket.grant_read(report.job_role, "results/*")
        bucket.grant_put(report.job_role, "reports/*")

        bc.ObjectCreatedTrigger(
            self,
            "FileArrived",
            bucket=bucket,
            prefix="incoming/",
            queue=queue,
            job_definition=count,
            job_name="count",
        )
        nightly = bc.ScheduleTrigger(
            self,
            "Nightly",
            schedule="cron(0 2 * * ? *)",
            queue=queue,
            job_definition=report,
            job_name="nightly-report",
        )
        workflow = bc.Workflow(
            self,
            "Workflow",
            queue=queue,
            jobs=[
                bc.WorkflowJob(name="count", job_definition=count, parameters={"key": "$.key"}),
                bc.WorkflowJob(name="report", job_definition=report, depends_on=["count"]),
            ],
        )
        alerts = bc.AlertTopic(self, "Alerts")
        inbox = sqs.Queue(self, "Inbox")  # an e-mail address, where there is somebody to read it
        alerts.topic.add_subscription(subscriptions.SqsSubscription(inbox))
        bc.JobNotifications(self, "Failures", queue=queue, topic=alerts)

        for name, value in {
            "BucketName": bucket.bucket_name,
            "QueueArn": queue.job_queue_arn,
            "CountArn": count.job_definition_arn,
            "ScheduleName": nightly.resource.ref,
            "InboxUrl": inbox.queue_url,
            "WorkflowArn": workflow.state_machine.state_machine_arn,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _job(
        self,
        id: str,
        script: str,
        arguments: list[str],
        parameters: dict[str, str],
        secrets: dict[str, secretsmanager.ISecret] | None = None,
    ) -> bc.FargateJobDefinition:
        return bc.FargateJobDefinition(
            self,
            id,
            image=IMAGE,
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            command=["sh", "-c", RUN, *arguments],
            environment={
                "PYTHONUNBUFFERED": "1",
                "SCRIPT": Path(__file__).with_name(script).read_text(),
            },
            parameters=parameters,
            secrets=secrets,
            timeout=cdk.Duration.minutes(10),
        )


if __name__ == "__main__":
    app = cdk.App()
    WordCount(app, "BatchConstructsDemo")
    app.synth()
