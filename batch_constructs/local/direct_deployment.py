"""Deploy a synthesised stack without the ``cdk`` CLI: upload its assets, create or update it."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.template_facts import ROLES_AND_MACROS
from batch_constructs.local.errors import LocalAwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batch_constructs.local.server import ServerRecord

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
_LOOK_AGAIN_SECONDS = 0.1
_TIMEOUT_SECONDS = 600
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack that is deployed.

    Args:
        name: its name.
        outputs: output → value.
        resources: logical ID → physical ID.
    """

    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]


class DirectDeployment:
    """Deploys stacks of a cloud assembly.

    Args:
        record: the server to deploy to.
        client: gives boto3 clients of the server.
    """

    def __init__(self, record: ServerRecord, client: Callable[[str], Any]) -> None:
        self._record = record
        self._client = client
        self._buckets: set[str] = set()

    def deploy(self, name: str, template_path: Path, assets_path: Path | None) -> DeployedStack:
        """Upload the assets, create or update the stack, and wait until it is complete.

        Args:
            name: the stack's name.
            template_path: its template.
            assets_path: its assets' manifest, where it has one.

        Raises:
            LocalAwsError: the stack failed, with what failed in it.
        """
        self._set_bootstrap_version()
        if assets_path is not None:
            self._upload_assets(assets_path)
        request = {
            "StackName": name,
            "TemplateURL": self._upload_template(template_path),
            "Capabilities": list(ROLES_AND_MACROS),
        }
        self._put_stack(name, request)
        return self.describe(name)

    def destroy(self, name: str) -> None:
        """Delete the stack and wait until it is gone.

        Raises:
            LocalAwsError: a resource could not be deleted.
        """
        from botocore.exceptions import WaiterError

        cloudformation = self._client("cloudformation")
        stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        cloudformation.delete_stack(StackName=name)
        try:
            _waiter(cloudformation, "stack_delete_complete").wait(StackName=stack_id)
        except WaiterError as problem:
            raise LocalAwsError(self._failure(stack_id, "destroyed")) from problem

    def describe(self, name: str) -> DeployedStack:
        """Return the stack's outputs and resources."""
        cloudformation = self._client("cloudformation")
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        return DeployedStack(
            name=name,
            outputs={
                output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])
            },
            resources={
                resource["LogicalResourceId"]: resource["PhysicalResourceId"]
                for page in pages
                for resource in page["StackResourceSummaries"]
            },
        )

    def _put_stack(self, name: str, request: Mapping[str, Any]) -> None:
        """Create or update the stack, unless it is up to date."""
        from botocore.exceptions import ClientError, WaiterError

        cloudformation = self._client("cloudformation")
        kind, call = (
            ("update", cloudformation.update_stack)
            if self._exists(name)
            else ("create", cloudformation.create_stack)
        )
        try:
            stack_id = call(**request)["StackId"]
            _waiter(cloudformation, f"stack_{kind}_complete").wait(StackName=stack_id)
        except ClientError as refusal:
            if "No updates are to be performed" in str(refusal):
                return
            raise LocalAwsError(f"the stack {name} was refused: {refusal}") from refusal
        except WaiterError as problem:
            raise LocalAwsError(self._failure(name, "deployed")) from problem

    def _exists(self, name: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            stacks = self._client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return False
        if stacks[0]["StackStatus"] == "ROLLBACK_COMPLETE":
            self.destroy(name)
            return False
        return bool(stacks[0]["StackStatus"] != "DELETE_COMPLETE")

    def _failure(self, name: str, what: str) -> str:
        cloudformation = self._client("cloudformation")
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [event for page in pages for event in page["StackEvents"]]
        reasons = [
            f"  {event['LogicalResourceId']} ({event['ResourceType']}): "
            f"{event.get('ResourceStatusReason', event['ResourceStatus'])}"
            for event in reversed(events)
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        if not reasons:
            reasons = [
                f"  {stack['StackStatus']}: {stack.get('StackStatusReason', 'no reason given')}"
            ]
        return "\n".join([f"the stack {name} could not be {what}:", *reasons])

    def _set_bootstrap_version(self) -> None:
        """Say that the account is bootstrapped: templates of CDK ask for it."""
        ssm = self._client("ssm")
        if not ssm.get_parameters(Names=[BOOTSTRAP_VERSION])["Parameters"]:
            ssm.put_parameter(Name=BOOTSTRAP_VERSION, Value="30", Type="String")

    def _upload_assets(self, manifest: Path) -> None:
        assets = json.loads(manifest.read_text())
        s3 = self._client("s3")
        for asset in assets.get("files", {}).values():
            source = asset["source"]
            if "path" not in source:
                raise LocalAwsError(f"assets made by {source} are not supported here")
            path = manifest.parent / source["path"]
            body = _zipped(path) if source.get("packaging") == "zip" else path.read_bytes()
            for destination in asset["destinations"].values():
                bucket = self._placed(destination["bucketName"])
                self._make_bucket(bucket)
                s3.put_object(Bucket=bucket, Key=self._placed(destination["objectKey"]), Body=body)

    def _upload_template(self, path: Path) -> str:
        """Upload the template, which may be larger than a request, and return where it is."""
        bucket = f"cdk-hnb659fds-assets-{self._record.account_id}-{self._record.access.region}"
        self._make_bucket(bucket)
        self._client("s3").put_object(Bucket=bucket, Key=path.name, Body=path.read_bytes())
        return f"{self._record.endpoint_url}/{bucket}/{path.name}"

    def _make_bucket(self, bucket: str) -> None:
        if bucket in self._buckets:
            return
        s3 = self._client("s3")
        if bucket not in [found["Name"] for found in s3.list_buckets()["Buckets"]]:
            s3.create_bucket(Bucket=bucket)
        self._buckets.add(bucket)

    def _placed(self, text: str) -> str:
        return (
            text.replace("${AWS::AccountId}", self._record.account_id)
            .replace("${AWS::Region}", self._record.access.region)
            .replace("${AWS::Partition}", "aws")
        )


def _waiter(cloudformation: Any, name: str) -> Any:
    """Return boto3's waiter, which looks often where it would every thirty seconds."""
    waiter = cloudformation.get_waiter(name)
    waiter.config.delay = _LOOK_AGAIN_SECONDS
    waiter.config.max_attempts = int(_TIMEOUT_SECONDS / _LOOK_AGAIN_SECONDS)
    return waiter


def _zipped(directory: Path) -> bytes:
    if directory.is_file():
        return directory.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(str(path.relative_to(directory)), _FIXED_TIME)
                info.external_attr = (path.stat().st_mode & 0o777) << 16
                archive.writestr(info, path.read_bytes())
    return buffer.getvalue()
