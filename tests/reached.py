"""Whether a value that a constructor took stands in the template, as CloudFormation reads it."""

from __future__ import annotations

import json
import re

import aws_cdk as cdk
from constructs import IConstruct

UNREADABLE = re.compile(r"\w+\[TOKEN|Token\[|jsii\.|object at 0x|e\+2\d\d|<aws_cdk")
"""What no template may hold: a token that nobody resolved, and what Python calls an object."""


def written(stack: cdk.Stack, below: IConstruct) -> str:
    """Write the properties of each resource below a construct as they would stand in a template.

    Raises:
        RuntimeError: the CDK cannot.
    """
    resources = [one for one in below.node.find_all() if isinstance(one, cdk.CfnResource)]
    return json.dumps(stack.resolve([one._cfn_properties for one in resources]))


def invalid(below: IConstruct) -> list[str]:
    """List what the CDK's own validation says at synthesis."""
    return [said for one in below.node.find_all() for said in one.node.validate()]
