"""A bucket that instances mount by Mountpoint for Amazon S3: what it is, and what that needs.

https://github.com/awslabs/mountpoint-s3/blob/main/doc/CONFIGURATION.md#iam-permissions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.acknowledgements import note_key_grant, note_rights
from batch_constructs.asked_once import own_partition
from batch_constructs.aws.actions import (
    KMS_GENERATE_DATA_KEY,
    S3_GET_OBJECT,
    S3_LIST_BUCKET,
    S3_PUT_OBJECT,
    S3EXPRESS_CREATE_SESSION,
)
from batch_constructs.aws.role_actions import DECRYPT, KEY_OF_SESSION_ACTIONS
from batch_constructs.aws.storage import DIRECTORY_BUCKET_SERVICE, READ_ONLY_SESSION
from batch_constructs.by_way_of import by_way_of, via
from batch_constructs.construct import arn_prefix
from batch_constructs.jsii_objects import has_member
from batch_constructs.place import OF_ONE_REGION, Place
from batch_constructs.rules.template.iam_roles import several
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from batch_constructs.arguments import Arguments

_DIRECTORY = "directory_bucket_ref"
"""What only a directory bucket has."""


def expect_bucket(arguments: Arguments, bucket: Any) -> None:
    """Note what is wrong with a bucket that is mounted."""
    if has_member(bucket, _DIRECTORY):
        arn = bucket.directory_bucket_ref.directory_bucket_arn
        arguments.of_this_region("bucket", bucket, arn, OF_ONE_REGION)
        return
    if not has_member(bucket, "bucket_arn"):
        arguments.wrong_type("bucket", bucket, "an s3.IBucket or an s3express.CfnDirectoryBucket")
        return
    arn = bucket.bucket_arn
    arguments.of_this_partition("bucket", arn)
    if f":{DIRECTORY_BUCKET_SERVICE}:" in arn:
        arguments.wrong_value(
            f'bucket is an s3.IBucket of "{arn}", which is a directory bucket: give '
            's3express.CfnDirectoryBucket.from_bucket_name(scope, id, "NAME--ZONE--x-s3")'
        )


def bucket_name(bucket: Any) -> str:
    """Return the name by which Mountpoint mounts it."""
    if has_member(bucket, _DIRECTORY):
        return str(bucket.directory_bucket_ref.bucket_name)
    return str(bucket.bucket_name)


def grant_bucket(
    scope: Construct, bucket: Any, role: iam.IRole, *, prefix: str, read_only: bool
) -> None:
    """Grant what Mountpoint needs, and no more."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # loaded by whoever made the role

    from batch_constructs.roles_of_other_stacks import as_grantee  # noqa: PLC0415  # loads it, too

    role = as_grantee(scope, role)
    express = has_member(bucket, _DIRECTORY)
    granted = (
        _session(bucket, read_only=read_only)
        if express
        else _objects(bucket, prefix, read_only=read_only)
    )
    for statement in granted:
        role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))
        note_rights(role, statement["Action"], statement["Resource"])
    key = None if express else bucket.encryption_key
    owner = let_in_from_another_account(scope, bucket, granted)
    if key is not None and owner is not None:
        actions = [DECRYPT] if read_only else [DECRYPT, KMS_GENERATE_DATA_KEY]
        use = {"Effect": "Allow", "Action": actions, "Condition": via("s3")}
        _let_in_by_key(scope, key, use)
        # a key has no name by which another account could know it
        keys = f"{arn_prefix('kms', owner)}key/*"
        role.add_to_principal_policy(iam.PolicyStatement.from_json({**use, "Resource": keys}))
        note_rights(role, actions, keys)
    elif key is not None:
        grant = key.grant_decrypt if read_only else key.grant_encrypt_decrypt
        by_way_of(grant(role), "s3")
        note_key_grant(role, key)


def _session(bucket: Any, *, read_only: bool) -> list[dict[str, Any]]:
    """Return the one right of directory buckets, which know no others, and that to their key."""
    session: dict[str, Any] = {
        "Effect": "Allow",
        "Action": S3EXPRESS_CREATE_SESSION,
        "Resource": bucket.directory_bucket_ref.directory_bucket_arn,
    }
    if read_only:
        session["Condition"] = {"StringEquals": READ_ONLY_SESSION}
    key = _key_of_sessions(bucket)
    if key is None:
        return [session]
    return [
        session,
        {"Effect": "Allow", "Action": [*KEY_OF_SESSION_ACTIONS], "Resource": _key_arn(bucket, key)},
    ]


def _key_of_sessions(bucket: Any) -> str | None:
    """Return the ARN or the ID of the key of a directory bucket that the app makes."""
    encryption = bucket.bucket_encryption if has_member(bucket, "bucket_encryption") else None
    rules = getattr(encryption, "server_side_encryption_configuration", None)
    for rule in rules if isinstance(rules, list) else ():
        default = getattr(rule, "server_side_encryption_by_default", None)
        key: str | None = getattr(default, "kms_master_key_id", None)
        if key is not None:
            return key
    return None


def _key_arn(bucket: Any, key: str) -> str:
    """Return the ARN of a key that is given by its ARN or its ID."""
    from aws_cdk import Aws, Fn, Reference, Stack, Tokenization  # noqa: PLC0415  # as above

    if key.startswith("arn:"):
        return key
    stack = Stack.of(bucket)
    own = f"{Aws.PARTITION}:kms:{stack.region}:{stack.account}:key/{key}"
    if not is_token(key):
        return f"arn:{own}"
    token: Any = Tokenization.reverse_string(key).first_token
    if Reference.is_reference(token) and token.display_name == "Arn":
        return key
    # Behind the first "arn:" is the rest of an ARN that was given, or else that of the ID's.
    return f"arn:{Fn.select(1, Fn.split('arn:', f'{key}arn:{own}'))}"


def _objects(bucket: s3.IBucket, prefix: str, *, read_only: bool) -> list[dict[str, Any]]:
    listing: dict[str, Any] = {
        "Effect": "Allow",
        "Action": S3_LIST_BUCKET,
        "Resource": bucket.bucket_arn,
    }
    if prefix:
        listing["Condition"] = {"StringLike": {"s3:prefix": f"{prefix}*"}}
    actions = [S3_GET_OBJECT]
    if not read_only:
        actions += [S3_PUT_OBJECT, "s3:AbortMultipartUpload", "s3:DeleteObject"]
    objects = {"Effect": "Allow", "Action": actions, "Resource": f"{bucket.bucket_arn}/{prefix}*"}
    return [listing, objects]


def let_in_from_another_account(
    scope: Construct, bucket: Any, granted: Sequence[Mapping[str, Any]]
) -> str | None:
    """Allow the account of a scope in a bucket of another account, and return that account.

    There, a role's own policy is not enough. The account gets the permissions of the role. An
    imported bucket keeps its policy, and a warning asks its owner to change it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
    """
    express = has_member(bucket, _DIRECTORY)
    arn = bucket.directory_bucket_ref.directory_bucket_arn if express else bucket.bucket_arn
    owner, own = Place.of(bucket, arn).account, Place.of_stack(scope).account
    if owner is None or own is None or owner == own:
        return None
    from aws_cdk import Annotations  # noqa: PLC0415  # as above
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # as above

    added = not express and all(
        bucket.add_to_resource_policy(
            iam.PolicyStatement.from_json({**one, "Principal": _account(own)})
        ).statement_added
        for one in granted
    )
    if not added:
        actions = [str(action) for one in granted for action in several(one["Action"])]
        below = next((f" below {p}" for p in map(_prefix_of, granted) if p), "")
        Annotations.of(scope).add_warning_v2(
            "batch-constructs:bucket-policy",
            f"the bucket {bucket_name(bucket)} is of account {owner}, and its policy cannot be "
            f"changed here: let it allow account {own} {', '.join(actions)}{below}, and the policy "
            f"of its key, if it has one, {DECRYPT} and, to write, {KMS_GENERATE_DATA_KEY}",
        )
    return owner


def _account(number: str) -> dict[str, str]:
    return {"AWS": f"arn:{own_partition()}:iam::{number}:root"}


def _prefix_of(statement: Mapping[str, Any]) -> str:
    listed = statement.get("Condition", {}).get("StringLike", {}).get("s3:prefix", "")
    return str(listed).removesuffix("*")


def _let_in_by_key(scope: Construct, key: Any, use: Mapping[str, Any]) -> None:
    """Allow the account of a scope in the policy of a key."""
    from aws_cdk import aws_iam as iam  # noqa: PLC0415  # as above

    own = str(Place.of_stack(scope).account)
    in_its_policy = {**use, "Principal": _account(own), "Resource": "*"}  # the key itself
    key.add_to_resource_policy(iam.PolicyStatement.from_json(in_its_policy))
