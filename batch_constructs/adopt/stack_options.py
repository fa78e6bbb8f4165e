"""What a stack is given beside its template: place, tags, protection, and how it is deployed."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

from batch_constructs.adopt.python_source import Call
from batch_constructs.adopt.sections import BOOTSTRAP_PARAMETER, METADATA
from batch_constructs.impact.changes import section
from batch_constructs.impact.cloud_assembly import DESTINATIONS

if TYPE_CHECKING:
    from batch_constructs.impact.described_stack import DescribedStack

_DEFAULT: Final = cdk.DefaultStackSynthesizer
_STANDARD: Final = "DefaultStack"
_QUALIFIER: Final = "${Qualifier}"
_BUCKET: Final = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<prefix>.*?)[0-9a-f]+\.json")
_PARAMETERS: Final = {
    "bootstrap_stack_version_ssm_parameter": _DEFAULT.DEFAULT_BOOTSTRAP_STACK_VERSION_SSM_PARAMETER,
    "deploy_role_arn": _DEFAULT.DEFAULT_DEPLOY_ROLE_ARN,
    "cloud_formation_execution_role": _DEFAULT.DEFAULT_CLOUDFORMATION_ROLE_ARN,
    "lookup_role_arn": _DEFAULT.DEFAULT_LOOKUP_ROLE_ARN,
    "file_assets_bucket_name": _DEFAULT.DEFAULT_FILE_ASSETS_BUCKET_NAME,
    "bucket_prefix": "",
    "file_asset_publishing_role_arn": _DEFAULT.DEFAULT_FILE_ASSET_PUBLISHING_ROLE_ARN,
    "image_asset_publishing_role_arn": _DEFAULT.DEFAULT_IMAGE_ASSET_PUBLISHING_ROLE_ARN,
    "image_assets_repository_name": _DEFAULT.DEFAULT_IMAGE_ASSETS_REPOSITORY_NAME,
    "file_asset_publishing_external_id": "",
    "image_asset_publishing_external_id": "",
    "deploy_role_external_id": "",
    "lookup_role_external_id": "",
}
"""Parameters of the CDK's synthesizer, each with its default."""


def stack_options(stack: DescribedStack) -> dict[str, Any]:
    """Give the keyword arguments of ``cdk.Stack`` with which a stack stays what it is."""
    said = stack.options
    place = {"account": stack.account, "region": stack.region}
    known = {name: value for name, value in place.items() if value is not None}
    found: dict[str, Any] = {
        "stack_name": stack.name,
        "analytics_reporting": None if METADATA in section(stack.template, "Resources") else False,
        "description": stack.template.get("Description"),
        "synthesizer": _synthesizer(stack),
        "env": Call("cdk.Environment", keywords=known) if known else None,
        "tags": dict(stack.tags or {}) or None,
        "termination_protection": said.get("terminationProtection") or None,
        "notification_arns": said.get("notificationArns") or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _synthesizer(stack: DescribedStack) -> Call | None:
    """Give what deploys a stack with its roles and its bucket, where the CDK's default does not."""
    said = _said(stack)
    if "templateFile" in stack.options and "deploy_role_arn" not in said:
        kind = "CliCredentialsStack" if "file_assets_bucket_name" in said else "LegacyStack"
    elif "templateFile" in stack.options and "file_assets_bucket_name" not in said:
        kind = "Bootstrapless"
    else:
        kind = _STANDARD
    synthesizer = f"{kind}Synthesizer"
    takes = inspect.signature(getattr(cdk, synthesizer).__init__).parameters
    qualifier = _qualifier(stack, said)
    keywords: dict[str, Any] = {}
    if qualifier != _DEFAULT.DEFAULT_QUALIFIER and "qualifier" in takes:
        keywords["qualifier"] = qualifier
    for parameter, value in said.items():
        default = _PARAMETERS[parameter].replace(_QUALIFIER, qualifier)
        name = parameter if parameter in takes else f"{parameter}_arn"
        if name in takes and _anywhere(value, stack) != default:
            keywords[name] = value
    if kind == _STANDARD and BOOTSTRAP_PARAMETER not in section(stack.template, "Parameters"):
        keywords["generate_bootstrap_version_rule"] = False
    if kind == _STANDARD and not keywords:
        return None
    return Call(f"cdk.{synthesizer}", keywords=keywords)


def _said(stack: DescribedStack) -> dict[str, str]:
    """Give what is said of a stack, by the synthesizer's parameters."""
    options = stack.options
    bootstrap = section(stack.template, "Parameters").get(BOOTSTRAP_PARAMETER, {})
    lookup = options.get("lookupRole", {})
    file, image = (
        options.get(DESTINATIONS, {}).get(kind, {}) for kind in ("files", "dockerImages")
    )
    bucket = _BUCKET.fullmatch(str(options.get("stackTemplateAssetObjectUrl")))
    found = {
        "bootstrap_stack_version_ssm_parameter": bootstrap.get("Default"),
        "deploy_role_arn": options.get("assumeRoleArn"),
        "deploy_role_external_id": options.get("assumeRoleExternalId"),
        "cloud_formation_execution_role": options.get("cloudFormationExecutionRoleArn"),
        "lookup_role_arn": lookup.get("arn"),
        "lookup_role_external_id": lookup.get("assumeRoleExternalId"),
        "file_asset_publishing_role_arn": file.get("assumeRoleArn"),
        "file_asset_publishing_external_id": file.get("assumeRoleExternalId"),
        "image_asset_publishing_role_arn": image.get("assumeRoleArn"),
        "image_asset_publishing_external_id": image.get("assumeRoleExternalId"),
        "image_assets_repository_name": image.get("repositoryName"),
        "file_assets_bucket_name": bucket and bucket["bucket"],
        "bucket_prefix": bucket and bucket["prefix"],
    }
    return {name: str(value) for name, value in found.items() if value is not None}


def _qualifier(stack: DescribedStack, said: dict[str, str]) -> str:
    """Find the qualifier in the first name that is made of one."""
    for parameter, value in said.items():
        before, made_of_one, after = _PARAMETERS[parameter].partition(_QUALIFIER)
        text = _anywhere(value, stack)
        if made_of_one and text.startswith(before) and text.endswith(after):
            return text[len(before) : len(text) - len(after)]
    return _DEFAULT.DEFAULT_QUALIFIER


def _anywhere(text: str, stack: DescribedStack) -> str:
    """Write a name as it is in any account and Region."""
    for place, name in ((stack.account, "AccountId"), (stack.region, "Region")):
        text = text.replace(place, f"${{AWS::{name}}}") if place else text
    return text
