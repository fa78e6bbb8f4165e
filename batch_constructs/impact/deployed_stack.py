"""A stack as it is deployed: its template and what is said beside it, read from CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.error_names import VALIDATION_ERROR
from batch_constructs.aws.template_facts import STACK_SET_NAME
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def is_meant(argument: str) -> bool:
    """Whether an argument can only mean a stack: no file has that name, and a stack can."""
    return STACK_SET_NAME.admits(argument) and not Path(argument).exists()


def read(name: str) -> DescribedStack:
    """Read a stack with the credentials and the Region that boto3 finds.

    Raises:
        UnreadableTemplateError: there is no such stack.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415  # when a stack is asked for

    cloudformation = _cloudformation()
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if not _says_there_is_none(error):
            raise
        raise template_files.UnreadableTemplateError(
            f"there is no such file, and CloudFormation has no stack of this name: {error}"
        ) from None
    body = cloudformation.get_template(StackName=name, TemplateStage="Processed")
    template = body["TemplateBody"]
    text = template if isinstance(template, str) else json.dumps(template)
    _, _, _, region, account, _ = stack["StackId"].split(":", 5)
    return DescribedStack(
        name=stack["StackName"],
        template=dict(template_files.document(text).template),
        account=account,
        region=region,
        tags={one["Key"]: one["Value"] for one in stack.get("Tags", ())},
        options={
            "terminationProtection": stack.get("EnableTerminationProtection", False),
            "notificationArns": stack.get("NotificationARNs", []),
        },
    )


def importers(export: str) -> tuple[list[str], str]:
    """Give the stacks that import an export, and why they cannot be told, if so.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415  # as above

    try:
        pages = _cloudformation().get_paginator("list_imports").paginate(ExportName=export)
        return [one for page in pages for one in page["Imports"]], ""
    except ClientError as error:
        return [], "" if _says_there_is_none(error) else str(error)


def _cloudformation() -> Any:
    import boto3  # noqa: PLC0415  # as above

    from batch_constructs.client.deadline import patient_client  # noqa: PLC0415  # as boto3

    return patient_client(boto3.client, "cloudformation")


def _says_there_is_none(error: ClientError) -> bool:
    """Whether there is no such stack, or nobody imports such an export."""
    return bool(error.response["Error"]["Code"] == VALIDATION_ERROR)
