"""The demo: files that arrive in S3 are counted, every night there is a report, failures are told.

``batch-constructs demo`` deploys it to the embedded AWS. With ``cdk deploy`` it works in AWS too,
where the jobs run in the image instead of in this machine's processes.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from batch_constructs import (
    AlertTopic,
    FargateComputeEnvironment,
    FargateJobDefinition,
    JobNotifications,
    JobQueue,
)

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
        environment = FargateComputeEnvironment(self, "Fargate", vpc=vpc, max_vcpus=4)
        queue = JobQueue(self, "Queue", compute_environments=[environment])
        parameters = {"bucket": bucket.bucket_name, "key": "incoming/example.txt"}
        count = self._job("CountWords", "count_words.py", ["Ref::bucket", "Ref::key"], parameters)
        bucket.grant_read(count.job_role, "incoming/*")
        bucket.grant_put(count.job_role, "results/*")
        key = secretsmanager.Secret(self, "SigningKey")
        report = self._job(
            "Report",
            "report.py",
            ["Ref::bucket"],
            {"bucket": bucket.bucket_name},
            {"SIGNING_KEY": key},
        )
        bucket.grant_read(report.job_role, "results/*")
        bucket.grant_put(report.job_role, "reports/*")

        self._count_what_arrives(bucket, queue, count)
        schedule = self._report_every_night(queue, report)
        inbox = self._tell_failures(queue)
        workflow = self._workflow(bucket, queue, count, report)
        for name, value in {
            "BucketName": bucket.bucket_name,
            "QueueArn": queue.job_queue_arn,
            "CountArn": count.job_definition_arn,
            "ScheduleName": schedule.schedule_name,
            "InboxUrl": inbox.queue_url,
            "WorkflowArn": workflow.state_machine_arn,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _job(
        self,
        id: str,
        script: str,
        arguments: list[str],
        parameters: dict[str, str],
        secrets: dict[str, secretsmanager.ISecret] | None = None,
    ) -> FargateJobDefinition:
        return FargateJobDefinition(
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

    def _count_what_arrives(
        self, bucket: s3.Bucket, queue: JobQueue, count: FargateJobDefinition
    ) -> None:
        arrived = events.Rule(
            self,
            "FileArrived",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [bucket.bucket_name]},
                    "object": {"key": [{"prefix": "incoming/"}]},
                },
            ),
        )
        parameters = {
            "bucket": events.EventField.from_path("$.detail.bucket.name"),
            "key": events.EventField.from_path("$.detail.object.key"),
        }
        arrived.add_target(
            targets.BatchJob(
                queue.job_queue_arn,
                queue,
                count.job_definition_arn,
                count,
                job_name="count",
                event=events.RuleTargetInput.from_object({"Parameters": parameters}),
            )
        )

    def _report_every_night(
        self, queue: JobQueue, report: FargateJobDefinition
    ) -> scheduler.Schedule:
        submitter = iam.Role(
            self, "NightlySubmitter", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com")
        )
        queue.grant_submit(submitter, report)
        return scheduler.Schedule(
            self,
            "Nightly",
            schedule=scheduler.ScheduleExpression.cron(hour="2", minute="0"),
            target=scheduler_targets.Universal(
                service="batch",
                action="submitJob",
                role=submitter,
                input=scheduler.ScheduleTargetInput.from_object(
                    {
                        "JobName": "nightly-report",
                        "JobQueue": queue.job_queue_arn,
                        "JobDefinition": report.job_definition_arn,
                    }
                ),
            ),
        )

    def _tell_failures(self, queue: JobQueue) -> sqs.Queue:
        alerts = AlertTopic(self, "Alerts")
        inbox = sqs.Queue(self, "Inbox")  # an e-mail address, where there is somebody to read it
        alerts.topic.add_subscription(subscriptions.SqsSubscription(inbox))
        JobNotifications(self, "Failures", queue=queue, topic=alerts)
        return inbox

    def _workflow(
        self,
        bucket: s3.Bucket,
        queue: JobQueue,
        count: FargateJobDefinition,
        report: FargateJobDefinition,
    ) -> sfn.StateMachine:
        counted = tasks.BatchSubmitJob(
            self,
            "Count",
            job_name="workflow-count",
            job_queue_arn=queue.job_queue_arn,
            job_definition_arn=count.job_definition_arn,
            payload=sfn.TaskInput.from_object(
                {"bucket": bucket.bucket_name, "key": sfn.JsonPath.string_at("$.key")}
            ),
        )
        reported = tasks.BatchSubmitJob(
            self,
            "ReportAll",
            job_name="workflow-report",
            job_queue_arn=queue.job_queue_arn,
            job_definition_arn=report.job_definition_arn,
        )
        return sfn.StateMachine(
            self,
            "Workflow",
            definition_body=sfn.DefinitionBody.from_chainable(counted.next(reported)),
        )


if __name__ == "__main__":
    app = cdk.App()
    WordCount(app, "BatchConstructsDemo")
    app.synth()
