"""What each job cost, as AWS bills it: an export of the Cost and Usage Report.

https://docs.aws.amazon.com/cur/latest/userguide/split-cost-allocation-data.html
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from aws_cdk import Annotations, Aws, CfnOutput, Duration, Names, RemovalPolicy, Stack
from aws_cdk import aws_bcmdataexports as exports
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.arguments import Arguments
from batch_constructs.aws import cost_reports
from batch_constructs.aws.actions import (
    S3_GET_BUCKET_POLICY,
    S3_PUT_OBJECT,
    SOURCE_ACCOUNT,
    SOURCE_ARN,
)
from batch_constructs.aws.bound import OneOf
from batch_constructs.aws.names import arn
from batch_constructs.aws.tags import ASCII_KEY
from batch_constructs.construct import BatchConstruct, given
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import Place
from batch_constructs.tokens import is_token
from batch_constructs.whole_days import check_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

_KEPT_DAYS = 400
_WRITTEN_OVER_DAYS = 7


class CostAndUsageExport(BatchConstruct):
    """Exports AWS's Cost and Usage Report with split cost allocation data into a bucket.

    On instances, a task has no price of its own. Split cost allocation data divides the price of
    the instance by what each task reserved or used, so each job gets its cost in US dollars, with
    its queue, its definition and your tags. The files are Parquet, for example for Athena. They are
    rewritten up to three times a day; the data of a month are complete a few days after its end.

    Two steps are not possible in a template. Do them once, in the paying account (the management
    account of an organization): opt in to split cost allocation data for Amazon ECS in the Cost
    Management preferences, and activate the tags, a day after the first job that has them. The
    output ``ActivateTags`` is the command. In an account that does not pay, the export only has the
    costs of that account.

    Creates, below its own ID: ``Resource`` (AWS::BCMDataExports::Export), the output
    ``ActivateTags`` and, unless you pass a bucket, ``Bucket`` (AWS::S3::Bucket). Exports are free;
    you pay for the storage in the bucket.

    Attributes:
        resource: The L1 export.
        bucket: The bucket with the files.
        activate_tags: The command that activates the tags.

    Args:
        scope: The parent construct, usually the stack, which must be in us-east-1: exports only
            exist there.
        id: Its ID, unique in the scope.
        tags: The keys of your tags to show costs by, such as ``["team"]``: tags of job definitions
            and jobs with ``propagate_tags`` (the default), and ``instance_tags`` of environments.
            AWS Batch's own tags are included. Default: none.
        bucket: Your own bucket, in any Region, or of another account. An imported bucket needs a
            policy of its own that allows the writers. Default: a new one.
        prefix: The prefix of the files' names. Default: ``batch``.
        time_granularity: ``"HOURLY"``, ``"DAILY"`` or ``"MONTHLY"``: the time that one line covers.
            Default: ``"DAILY"``.
        retention: How long the files in the new bucket are kept, in whole days. Default: 400 days.
        export_name: A physical name. Default: one derived from its path.

    Raises:
        ValueError: a stack in another Region, or something that AWS would refuse; all of them are
            listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/cur/latest/userguide/what-is-data-exports.html
    """

    activate_tags: str
    bucket: s3.IBucket
    resource: exports.CfnExport

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tags: Sequence[str] | None = None,
        bucket: s3.IBucket | None = None,
        prefix: str = "batch",
        time_granularity: str = cost_reports.DAILY,
        retention: Duration | None = None,
        export_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        region = Place.of_stack(self).region
        if region not in {None, cost_reports.REGION}:
            arguments.wrong_value(
                f"the stack is in {region}, but exports only exist in {cost_reports.REGION}: put "
                "this into a stack there; the bucket can be anywhere"
            )
        arguments.one_by_one("tags", tags)
        read = arguments.texts("tags", tags, bound=ASCII_KEY)
        keys = read if isinstance(read, list) else []
        most = cost_reports.ACTIVATED_AT_ONCE - len(cost_reports.BATCH_TAGS)
        if len(keys) > most:
            arguments.wrong_value(
                f"tags has {len(keys)} entries; allowed: at most {most}, because one call "
                f"activates {cost_reports.ACTIVATED_AT_ONCE}, including AWS Batch's own"
            )
        if bucket is not None and not has_member(bucket, "bucket_arn"):
            arguments.wrong_type("bucket", bucket, "an aws_s3 bucket")
        if bucket is not None and retention is not None:
            arguments.only_one("bucket", "retention", ", which is of its own bucket")
        kept = Duration.days(_KEPT_DAYS) if retention is None else retention
        check_days(arguments, "retention", kept)
        path = arguments.text("prefix", prefix, required=True)
        granularity = arguments.text(
            "time_granularity",
            time_granularity,
            required=True,
            bound=OneOf(cost_reports.GRANULARITIES),
        )
        name = arguments.text("export_name", export_name, bound=cost_reports.EXPORT_NAME)
        arguments.refuse()

        self.bucket = self._bucket(kept) if bucket is None else bucket
        admitted = [self.bucket.add_to_resource_policy(one) for one in self._writers()][-1]
        self.resource = exports.CfnExport(
            self,
            "Resource",
            export={
                "name": name or self._name(),
                "dataQuery": {
                    "queryStatement": cost_reports.QUERY,
                    "tableConfigurations": {
                        cost_reports.TABLE: {
                            cost_reports.GRANULARITY: granularity,
                            cost_reports.RESOURCES: cost_reports.ON,
                            cost_reports.SPLIT: cost_reports.ON,
                        }
                    },
                },
                "destinationConfigurations": {"s3Destination": self._destination(path)},
                "refreshCadence": {"frequency": "SYNCHRONOUS"},
            },
        )
        if admitted.policy_dependable is not None:
            self.resource.node.add_dependency(admitted.policy_dependable)
        elif not admitted.statement_added:
            Annotations.of(self).add_warning_v2(
                "batch-constructs:export-bucket-policy",
                f"the bucket {self.bucket.bucket_name} is imported, so its policy cannot be "
                f"changed here: it must allow {' and '.join(cost_reports.WRITERS)} "
                f"{S3_PUT_OBJECT} and {S3_GET_BUCKET_POLICY} ({cost_reports.WRITERS_SOURCE.page})",
            )
        self.activate_tags = _activation([*keys, *cost_reports.BATCH_TAGS])
        CfnOutput(
            self,
            "ActivateTags",
            value=self.activate_tags,
            description="Run this once, in the paying account, a day after the first job",
        )

    def _name(self) -> str:
        return Names.unique_resource_name(
            self, max_length=cost_reports.EXPORT_NAME_CHARACTERS, allowed_special_characters="-_"
        )

    def _bucket(self, kept: Duration) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
            versioned=True,  # a delivery writes over the files of the month
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=kept, noncurrent_version_expiration=Duration.days(_WRITTEN_OVER_DAYS)
                )
            ],
        )
        tell_checkov(bucket, "AWS::S3::Bucket", VersioningConfiguration=True)
        return bucket

    def _destination(self, prefix: str) -> dict[str, Any]:
        return {
            "s3Bucket": self.bucket.bucket_name,
            "s3Prefix": prefix,
            "s3Region": self.bucket.env.region,
            "s3OutputConfigurations": {
                "format": "PARQUET",
                "compression": "PARQUET",
                "outputType": "CUSTOM",
                "overwrite": "OVERWRITE_REPORT",
            },
            **given(s3BucketOwner=self.bucket.env.account if self._is_of_another_account else None),
        }

    @property
    def _is_of_another_account(self) -> bool:
        """Whether the bucket is of another account than the export for sure."""
        owner, own = self.bucket.env.account, Stack.of(self).account
        return not is_token(owner) and not is_token(own) and owner != own

    def _writers(self) -> list[iam.PolicyStatement]:
        """Let the exports of this account, and of no other, be written, wherever the bucket is."""
        account = Stack.of(self).account if self._is_of_another_account else Aws.ACCOUNT_ID
        place = {
            "account": account, "region": cost_reports.REGION, "partition": Aws.PARTITION,
        }  # fmt: skip
        sources = [
            arn(kind, "*", service=service, **place) for service, kind in cost_reports.SOURCES
        ]
        files = self.bucket.arn_for_objects("*")
        return [
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(one) for one in cost_reports.WRITERS],
                actions=[action],
                resources=[resource],
                conditions={
                    "StringEquals": {SOURCE_ACCOUNT: account},
                    "ArnLike": {SOURCE_ARN: sources},
                },
            )
            for action, resource in (
                (S3_GET_BUCKET_POLICY, self.bucket.bucket_arn),
                (S3_PUT_OBJECT, files),
            )
        ]


def _activation(keys: Sequence[str]) -> str:
    tags = [f"TagKey={key},Status=Active" for key in keys]
    call = ["aws", "ce", "update-cost-allocation-tags-status", "--cost-allocation-tags-status"]
    return shlex.join([*call, *tags])
