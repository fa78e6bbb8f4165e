"""An ARN that nobody knows yet is reckoned as long as it can be, and no longer."""

from __future__ import annotations

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_batch as batch

import batch_constructs as bc
from batch_constructs.aws import names
from batch_constructs.reference import JOB_DEFINITION

FRAME = "arn:aws-us-gov:batch:us-isof-south-1:123456789012:job-definition/"


def definition(stack: cdk.Stack, id: str, name: str | None = None) -> bc.FargateJobDefinition:
    return bc.FargateJobDefinition(
        stack,
        id,
        image="busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        job_definition_name=name,
    )


def test_no_partition_and_no_region_has_a_longer_or_a_shorter_name() -> None:
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    regions = {
        region
        for partition in partitions
        for service in ("batch", "ec2", "iam", "sts")
        for region in session.get_available_regions(service, partition)
    }

    assert max(map(len, partitions)) == names.LONGEST_PARTITION
    assert max(map(len, regions)) == names.LONGEST_REGION
    assert min(map(len, partitions)) == names.SHORTEST_PARTITION
    assert min(map(len, regions)) == names.SHORTEST_REGION
    assert all(map(names.REGION_CODE.admits, regions))


def test_an_arn_that_is_written_down_is_as_long_as_it_is(stack: cdk.Stack) -> None:
    arn = "arn:aws:batch:us-east-1:123456789012:job-definition/name"
    imported = bc.JobDefinition.from_job_definition_arn(stack, "Job", f"{arn}:1")

    assert JOB_DEFINITION.longest_arn(imported) == len(arn)


def test_a_name_that_was_given_is_as_long_as_it_is(stack: cdk.Stack) -> None:
    assert JOB_DEFINITION.longest_arn(definition(stack, "Job", "name")) == len(f"{FRAME}name")


def test_a_name_that_is_a_token_may_have_all_that_aws_takes(stack: cdk.Stack) -> None:
    name = cdk.CfnParameter(stack, "Name").value_as_string

    assert JOB_DEFINITION.longest_arn(definition(stack, "Job", name)) == len(FRAME) + 128


@pytest.mark.parametrize(("id", "length"), [("J", 40), ("J" * 30, 54), ("J" * 200, 128)])
def test_a_name_that_cloudformation_makes_is_a_logical_id_with_an_ending(
    stack: cdk.Stack, id: str, length: int
) -> None:
    """The logical ID is the ID and eight digits; sixteen characters come behind."""
    assert JOB_DEFINITION.longest_arn(definition(stack, id)) == len(FRAME) + length


def test_an_l1_is_reckoned_alike(stack: cdk.Stack) -> None:
    job = batch.CfnJobDefinition(stack, "J" * 30, type="container")

    assert JOB_DEFINITION.longest_arn(job) == len(FRAME) + 30 + 16


def test_what_was_taken_in_by_a_token_may_have_all_that_aws_takes(stack: cdk.Stack) -> None:
    arn = cdk.Fn.import_value("Job")
    job = bc.JobDefinition.from_job_definition_arn(stack, "Job", arn)

    assert JOB_DEFINITION.longest_arn(job) == len(FRAME) + 128
