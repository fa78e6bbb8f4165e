"""Use queues and environments that are there already.

What another stack, another tool or somebody's console made comes in by its ARN or name, and
works wherever one of ours does. Nothing of it is changed.
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
