"""Use existing queues and environments.

Import what another stack, another tool or the console created by its ARN or name. It works
wherever one of ours does, and nothing about it changes.
"""

import aws_cdk as cdk

import batch_constructs as bc


def build(app: cdk.App) -> cdk.Stack:
    """Declare it."""
    stack = cdk.Stack(app, "UseWhatIsThere")
    report = bc.FargateJobDefinition(
        stack,
        "Report",
        image="public.ecr.aws/docker/library/python:3.13",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        command=["python", "-c", "print('hello')"],
        assign_public_ip=True,
    )
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "research")
    bc.ScheduleTrigger(
        stack,
        "Nightly",
        schedule="rate(1 day)",
        queue=queue,
        job_definition=report,
    )
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
