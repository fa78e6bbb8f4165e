"""A stack as it is deployed: its template, read from CloudFormation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.template_facts import STACK_SET_NAME
from batch_constructs.rules.template import template_files

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack of an account.

    Attributes:
        name: Its name.
        template: Its template, as CloudFormation has expanded it.
        account: Its account.
        region: Its Region.
    """

    name: str
    template: Mapping[str, Any]
    account: str
    region: str


def is_meant(argument: str) -> bool:
    """Whether an argument can only mean a stack: no file has that name, and a stack can."""
    return STACK_SET_NAME.admits(argument) and not Path(argument).exists()


def read(name: str) -> DeployedStack:
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
    return DeployedStack(
        name=stack["StackName"],
        template=dict(template_files.document(text).template),
        account=account,
        region=region,
    )
