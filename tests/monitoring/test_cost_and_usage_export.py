"""The export of AWS's Cost and Usage Report: what is asked for, who writes it, and where."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack, assertions
from aws_cdk import aws_s3 as s3

from batch_constructs import CostAndUsageExport

HOME = Environment(account="123456789012", region="us-east-1")


def stack(region: str | None = "us-east-1") -> Stack:
    app = App(builtin_cloud_formation_validation=False)
    env = None if region is None else Environment(account="123456789012", region=region)
    return Stack(app, "Stack", env=env)


def only(of: Stack, kind: str) -> dict[str, Any]:
    [found] = assertions.Template.from_stack(of).find_resources(kind).values()
    properties: dict[str, Any] = found["Properties"]
    return properties


def export_of(of: Stack) -> dict[str, Any]:
    export: dict[str, Any] = only(of, "AWS::BCMDataExports::Export")["Export"]
    return export


def test_a_line_says_of_which_task_it_is_and_what_that_cost_of_its_instance() -> None:
    here = stack()
    CostAndUsageExport(here, "Bills")

    query = export_of(here)["DataQuery"]
    assert query["TableConfigurations"] == {
        "COST_AND_USAGE_REPORT": {
            "TIME_GRANULARITY": "DAILY",
            "INCLUDE_RESOURCES": "TRUE",
            "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "TRUE",
        }
    }
    columns, table = re.fullmatch(r"SELECT (.+) FROM (\w+)", query["QueryStatement"]).groups()  # type: ignore[union-attr]
    assert table == "COST_AND_USAGE_REPORT"
    assert {
        "line_item_resource_id",
        "line_item_unblended_cost",
        "resource_tags",
        "split_line_item_split_cost",
        "split_line_item_unused_cost",
    } <= set(columns.split(", "))


def test_aws_s_writers_may_write_for_this_account_and_do_nothing_else() -> None:
    here = stack()
    CostAndUsageExport(here, "Bills")

    statements = only(here, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    allowed = [one for one in statements if one["Effect"] == "Allow"]
    assert [one["Action"] for one in allowed] == ["s3:GetBucketPolicy", "s3:PutObject"]
    for one in allowed:
        assert one["Principal"] == {
            "Service": ["bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com"]
        }
        account = one["Condition"]["StringEquals"]["aws:SourceAccount"]
        assert account == {"Ref": "AWS::AccountId"}
        sources = json.dumps(one["Condition"]["ArnLike"]["aws:SourceArn"])
        assert ":bcm-data-exports:" in sources
        assert ":cur:" in sources
        assert sources.count("AWS::AccountId") == 2


def test_the_export_waits_for_the_policy_of_its_bucket() -> None:
    """AWS looks at the policy as it makes the export."""
    here = stack()
    CostAndUsageExport(here, "Bills")

    template = assertions.Template.from_stack(here)
    [export] = template.find_resources("AWS::BCMDataExports::Export").values()
    [policy] = template.find_resources("AWS::S3::BucketPolicy")
    assert export["DependsOn"] == [policy]


def test_its_own_bucket_is_closed_kept_and_emptied_by_and_by() -> None:
    here = stack()
    CostAndUsageExport(here, "Bills", retention=Duration.days(90))

    template = assertions.Template.from_stack(here)
    [bucket] = template.find_resources("AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == "Retain"
    [rule] = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 90
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


def test_a_bucket_of_another_region_is_named_with_it() -> None:
    here = stack()
    app: Any = here.node.root
    there = Stack(app, "There", env=Environment(account="123456789012", region="eu-west-1"))
    bucket = s3.Bucket(there, "Bucket", bucket_name="bills")
    CostAndUsageExport(here, "Bills", bucket=bucket, prefix="jobs", export_name="jobs")

    export = export_of(here)
    destination = export["DestinationConfigurations"]["S3Destination"]
    assert destination["S3Region"] == "eu-west-1"
    assert destination["S3Prefix"] == "jobs"
    assert "S3BucketOwner" not in destination
    assert export["Name"] == "jobs"
    sources = json.dumps(only(there, "AWS::S3::BucketPolicy")["PolicyDocument"])
    assert sources.count(":bcm-data-exports:us-east-1:") == 2
    assert sources.count(":cur:us-east-1:") == 2
    assert "AWS::Region" not in sources


def test_a_bucket_of_another_account_admits_the_writers_for_the_account_of_the_export() -> None:
    here = stack()
    app: Any = here.node.root
    there = Stack(app, "There", env=Environment(account="111122223333", region="eu-west-1"))
    bucket = s3.Bucket(there, "Bucket", bucket_name="bills")
    CostAndUsageExport(here, "Bills", bucket=bucket)

    destination = export_of(here)["DestinationConfigurations"]["S3Destination"]
    assert destination["S3BucketOwner"] == "111122223333"
    for one in only(there, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]:
        assert one["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        assert json.dumps(one["Condition"]["ArnLike"]).count(":us-east-1:123456789012:") == 2


def test_a_bucket_that_was_taken_in_has_to_admit_the_writers_itself() -> None:
    here = stack()
    bucket = s3.Bucket.from_bucket_name(here, "Bucket", "bills")
    CostAndUsageExport(here, "Bills", bucket=bucket)

    warnings = assertions.Annotations.from_stack(here).find_warning(
        "*", assertions.Match.string_like_regexp("bills is imported, so its policy cannot")
    )
    assert len(warnings) == 1


@pytest.mark.parametrize("time_granularity", ["HOURLY", "DAILY", "MONTHLY"])
def test_a_line_covers_an_hour_a_day_or_a_month(time_granularity: str) -> None:
    here = stack()
    CostAndUsageExport(here, "Bills", time_granularity=time_granularity)

    tables = export_of(here)["DataQuery"]["TableConfigurations"]
    assert tables["COST_AND_USAGE_REPORT"]["TIME_GRANULARITY"] == time_granularity


def test_the_command_that_activates_the_tags_is_an_output() -> None:
    here = stack()
    bills = CostAndUsageExport(here, "Bills", tags=["team", "cost centre"])

    [output] = assertions.Template.from_stack(here).find_outputs("*").values()
    assert output["Value"] == bills.activate_tags
    assert "'TagKey=cost centre,Status=Active'" in bills.activate_tags
    assert " TagKey=aws:batch:job-queue,Status=Active" in bills.activate_tags


def test_two_exports_of_a_stack_have_two_names() -> None:
    here = stack()
    for name in ("A", "B"):
        CostAndUsageExport(here, name)

    template = assertions.Template.from_stack(here)
    exports = template.find_resources("AWS::BCMDataExports::Export").values()
    assert len({one["Properties"]["Export"]["Name"] for one in exports}) == 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"time_granularity": "WEEKLY"}, 'time_granularity is "WEEKLY"; allowed: DAILY'),
        ({"tags": ["it's"]}, r"tags\[0\] is \"it's\"; allowed: keys"),
        ({"tags": ["a,b"]}, r'tags\[0\] is "a,b"; allowed: keys'),
        ({"tags": ["aws:team"]}, r'tags\[0\] is "aws:team"; allowed: keys'),
        ({"tags": [f"k{number}" for number in range(18)]}, "tags has 18 entries; allowed: at"),
        ({"retention": Duration.hours(30)}, "retention is 30 hours; allowed: whole days"),
        ({"export_name": "jobs of us"}, 'export_name is "jobs of us"; allowed: 1 to 128'),
        ({"prefix": ""}, "prefix"),
        (
            {"bucket": lambda here: s3.Bucket(here, "B"), "retention": Duration.days(9)},
            "bucket is given with retention, which is of its own bucket",
        ),
    ],
)
def test_what_aws_would_refuse_or_nobody_could_mean_is_refused(
    given: dict[str, Any], told: str
) -> None:
    here = stack()
    made = {name: one(here) if callable(one) else one for name, one in given.items()}
    with pytest.raises(ValueError, match=told):
        CostAndUsageExport(here, "Bills", **made)


def test_seventeen_tags_are_as_many_as_a_call_activates() -> None:
    bills = CostAndUsageExport(stack(), "Bills", tags=[f"k{number}" for number in range(17)])

    assert bills.activate_tags.count("TagKey=") == 20


def test_a_stack_of_another_region_is_told_where_exports_are_made() -> None:
    with pytest.raises(
        ValueError, match="the stack is in eu-west-1, but exports only exist in us-"
    ):
        CostAndUsageExport(stack("eu-west-1"), "Bills")


def test_a_stack_that_is_deployed_anywhere_may_be_deployed_there() -> None:
    here = stack(None)
    CostAndUsageExport(here, "Bills")

    template = assertions.Template.from_stack(here)
    template.resource_count_is("AWS::BCMDataExports::Export", 1)
