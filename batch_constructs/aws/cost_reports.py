"""AWS's Cost and Usage Report as a data export, with what each task cost of its instance.

https://docs.aws.amazon.com/cur/latest/userguide/split-cost-allocation-data.html
"""

from __future__ import annotations

from batch_constructs.aws.bound import Matching
from batch_constructs.aws.source import Source, docs, seen
from batch_constructs.aws.typing_names import Final

REGION: Final = "us-east-1"
"""Where exports are made; their files may be in a bucket of any Region."""

REGION_SOURCE: Final[Source] = docs(
    "general/latest/gr/billing.html",
    "Data Exports has one endpoint, bcm-data-exports.us-east-1.api.aws.",
)

EXPORT: Final = "AWS::BCMDataExports::Export"

TABLE: Final = "COST_AND_USAGE_REPORT"
RESOURCES: Final = "INCLUDE_RESOURCES"
SPLIT: Final = "INCLUDE_SPLIT_COST_ALLOCATION_DATA"
GRANULARITY: Final = "TIME_GRANULARITY"
DAILY: Final = "DAILY"
GRANULARITIES: Final = (DAILY, "HOURLY", "MONTHLY")
ON: Final = "TRUE"
"""Names and values of the table's configuration."""

TABLE_SOURCE: Final[Source] = docs(
    "cur/latest/userguide/table-dictionary-cur2.html",
    "The table COST_AND_USAGE_REPORT, its columns and its configurations: TIME_GRANULARITY is"
    " HOURLY, DAILY or MONTHLY; INCLUDE_RESOURCES adds line_item_resource_id.",
)

SPLIT_PREFIX: Final = "split_line_item_"
"""What the names of the columns begin with that a report has with split cost allocation data."""

SPLIT_SOURCE: Final[Source] = docs(
    "cur/latest/userguide/table-dictionary-cur2-split-line-item.html",
    '"The feature is limited to Amazon ECS (including Fargate), AWS Batch, and Amazon EKS only."'
    " Each column is added by INCLUDE SPLIT COST ALLOCATION DATA.",
)

COLUMNS: Final = (
    "bill_payer_account_id",
    "line_item_usage_account_id",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
    "line_item_product_code",
    "line_item_usage_type",
    "line_item_line_item_type",
    "line_item_resource_id",
    "line_item_usage_amount",
    "line_item_currency_code",
    "line_item_unblended_cost",
    "resource_tags",
    *(
        f"{SPLIT_PREFIX}{name}"
        for name in (
            "parent_resource_id",
            "actual_usage",
            "reserved_usage",
            "split_usage",
            "split_usage_ratio",
            "split_cost",
            "unused_cost",
            "net_split_cost",
            "net_unused_cost",
            "public_on_demand_split_cost",
            "public_on_demand_unused_cost",
        )
    ),
)
"""Who used what, when, with which tags, at which cost; and of a task its part of its instance."""

QUERY: Final = f"SELECT {', '.join(COLUMNS)} FROM {TABLE}"  # noqa: S608  # constants alone

BATCH_TAGS: Final = (
    "aws:batch:compute-environment",
    "aws:batch:job-definition",
    "aws:batch:job-queue",
)
"""What AWS Batch itself puts on the tasks of its jobs."""

BATCH_TAGS_SOURCE: Final[Source] = seen(
    "https://github.com/aws-samples/serverless-batch-cost-guardian",
    "AWS's own sample, of a post in its blog, activates the AWS-generated cost allocation tags"
    ' "aws:batch:compute-environment", "aws:batch:job-definition", and "aws:batch:job-queue", which'
    " appear up to 24 hours after a job ran. No page of AWS's documentation that was found names"
    " them: a job of the account that pays, and `aws ce list-cost-allocation-tags --type"
    " AWSGenerated` a day later, tell.",
)

ACTIVATED_AT_ONCE: Final = 20
"""How many tags a call activates."""

ACTIVATION_SOURCE: Final[Source] = docs(
    "aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html",
    "CostAllocationTagsStatus: 1 to 20 items.",
)

OPT_IN_SOURCE: Final[Source] = docs(
    "cur/latest/userguide/enabling-split-cost-allocation-data.html",
    "The account that pays opts in, in the Cost Management preferences; data begin a day later.",
)

WRITERS: Final = ("bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com")
"""Who writes the files."""

SOURCES: Final = (("bcm-data-exports", "export"), ("cur", "definition"))
"""For whom they write: the service and the kind of resource in its ARN."""

WRITERS_SOURCE: Final[Source] = docs(
    "cur/latest/userguide/dataexports-s3-bucket.html",
    "The bucket's policy lets both put objects and read the policy, for exports and definitions of"
    " reports of the account. A newer edition of the page lets the first one put objects and asks"
    " for no more; the policy of the older one is right for both.",
)

EXPORT_NAME: Final = Matching(
    r"[0-9A-Za-z\-_]{1,128}", "1 to 128 letters, digits, hyphens and underscores"
)
EXPORT_NAME_CHARACTERS: Final = 128

EXPORT_NAME_SOURCE: Final[Source] = docs(
    "aws-cost-management/latest/APIReference/API_DataExports_Export.html",
    "Name: pattern [0-9A-Za-z\\-_]+, 1 to 128 characters.",
)
