"""``Custom::CDKBucketDeployment``: files of an app's assets in a bucket, without the AWS CLI."""

from __future__ import annotations

import io
import mimetypes
import secrets
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from batch_constructs.local.cloudformation.resource_type import Properties, Provisioned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.local.cloudformation.network_types import Client


@dataclass(frozen=True, kw_only=True)
class BucketDeploymentType:
    """Copies the sources into the destination, and prunes what is in none of them.

    Args:
        client: gives boto3 clients.
    """

    client: Client
    type_name: str = "Custom::CDKBucketDeployment"
    name_property: str | None = None
    tags_are_a_map: bool = False

    def create(self, logical_id: str, properties: Properties) -> Provisioned:
        """Copy the files."""
        del logical_id
        return self._deployed(f"aws.cdk.s3deployment.{secrets.token_hex(16)}", properties)

    def update(
        self, logical_id: str, physical_id: str, old: Properties, new: Properties
    ) -> Provisioned:
        """Copy the files again; those at an earlier destination go where they are not retained."""
        del logical_id
        places = ("DestinationBucketName", "DestinationBucketKeyPrefix")
        if any(old.get(key) != new.get(key) for key in places):
            self.delete(physical_id, old)
        return self._deployed(physical_id, new)

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the files, where they are not retained."""
        del physical_id
        if not _is(properties, "RetainOnDelete", default=True):
            self._prune(properties, kept=set())

    def _deployed(self, physical_id: str, properties: Properties) -> Provisioned:
        s3, bucket = self.client("s3"), properties["DestinationBucketName"]
        prefix = _prefix(properties)
        kept = set()
        for name, body in self._files(properties):
            if _is_left_out(name, properties):
                continue
            kept.add(f"{prefix}{name}")
            kind = mimetypes.guess_type(name)[0]
            s3.put_object(
                Bucket=bucket,
                Key=f"{prefix}{name}",
                Body=body,
                ContentType=kind if kind is not None else "binary/octet-stream",
            )
        if _is(properties, "Prune", default=True):
            self._prune(properties, kept=kept)
        return Provisioned(
            physical_id=physical_id,
            attributes={
                "DestinationBucketArn": f"arn:aws:s3:::{bucket}",
                "SourceObjectKeys": properties["SourceObjectKeys"],
            },
        )

    def _files(self, properties: Properties) -> Iterator[tuple[str, bytes]]:
        sources = zip(properties["SourceBucketNames"], properties["SourceObjectKeys"], strict=True)
        every = properties.get("SourceMarkers", [])
        for position, (bucket, key) in enumerate(sources):
            body = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            markers = every[position] if position < len(every) else {}
            if not _is(properties, "Extract", default=True):
                yield key, body
                continue
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for name in archive.namelist():
                    if not name.endswith("/"):
                        yield name, _filled_in(archive.read(name), markers)

    def _prune(self, properties: Properties, *, kept: set[str]) -> None:
        s3, bucket = self.client("s3"), properties["DestinationBucketName"]
        prefix = _prefix(properties)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for key in [found["Key"] for page in pages for found in page.get("Contents", [])]:
            if key not in kept and not _is_left_out(key.removeprefix(prefix), properties):
                s3.delete_object(Bucket=bucket, Key=key)


def _prefix(properties: Properties) -> str:
    prefix = str(properties.get("DestinationBucketKeyPrefix", "")).strip("/")
    return f"{prefix}/" if prefix else ""


def _is(properties: Properties, key: str, *, default: bool) -> bool:
    return str(properties.get(key, default)).lower() == "true"


def _filled_in(body: bytes, markers: dict[str, str]) -> bytes:
    """Put values in that are known at deployment only."""
    for marker, value in markers.items():
        body = body.replace(marker.encode(), str(value).encode())
    return body


def _is_left_out(name: str, properties: Properties) -> bool:
    """Tell by the exclusions, and the inclusions that win over them, whether a file is left."""
    excluded = any(fnmatchcase(name, pattern) for pattern in properties.get("Exclude", []))
    return excluded and not any(fnmatchcase(name, one) for one in properties.get("Include", []))
