"""What AWS Batch refuses, and what leaves a job stuck: as data, and small pure functions.

The rules read CloudFormation properties and the resource graph of a template. They need neither
the CDK nor boto3.
"""

from __future__ import annotations

from batch_constructs.rules.engine import check_resource, check_template
from batch_constructs.rules.findings import Finding, Severity
from batch_constructs.rules.template.values import UNKNOWN

__all__ = ["UNKNOWN", "Finding", "Severity", "check_resource", "check_template"]
