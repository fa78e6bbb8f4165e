"""A stack as it is deployed: its template and what is said beside it, read from CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
"""

from __future__ import annotations

import json
from pathlib import Path

from batch_constructs.aws.template_facts import STACK_SET_NAME
from batch_constructs.impact.described_stack import DescribedStack
from batch_constructs.rules.template import template_files


def is_meant(argument: str) -> bool:
    """Whether an argument can only mean a stack: no file has that name, and a stack can."""
    return STACK_SET_NAME.admits(argument) and not Path(argument).exists()


def read(name: str) -> DescribedStack:
    """Read a stack with the credentials and the Region that boto3 finds.

    Raises:
        UnreadableTemplateError: there is no such stack, or it cannot be read.
    """
    import boto3  # noqa: PLC0415  # when a stack is asked for
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # with boto3

    try:
        cloudformation = boto3.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        body = cloudformation.get_template(StackName=name, TemplateStage="Processed")
    except (BotoCoreError, ClientError) as error:
        raise template_files.UnreadableTemplateError(
            f"there is no such file, and CloudFormation has no stack of this name: {error}"
        ) from None
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


def importers(export: str) -> list[str]:
    """Give the stacks that import an export; none where nobody does, or nobody may ask.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html
    """
    import boto3  # noqa: PLC0415  # as above
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # with boto3

    try:
        pages = boto3.client("cloudformation").get_paginator("list_imports")
        return [one for page in pages.paginate(ExportName=export) for one in page["Imports"]]
    except (BotoCoreError, ClientError):
        return []
