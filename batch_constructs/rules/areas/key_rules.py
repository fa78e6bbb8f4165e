"""Rules about customer managed keys: whether what is encrypted with them can be used."""

from __future__ import annotations

from batch_constructs.aws.actions import ENCRYPTED_LOG_GROUP, KMS_ENCRYPT, KMS_GENERATE_DATA_KEY
from batch_constructs.aws.names import log_group_in_arn
from batch_constructs.aws.role_actions import (
    CREATE_GRANT,
    DECRYPT,
    KEY_OF_LOGS_ACTIONS,
    KEY_OF_VOLUMES_ACTIONS,
)
from batch_constructs.aws.service_principals import DOMAIN, LAUNCHING_ROLES, LOGS, linked_role
from batch_constructs.aws.source import docs
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.access import missing_statement
from batch_constructs.rules.access.arn_patterns import HOLE, LOG_GROUP, arn, name_of
from batch_constructs.rules.access.kms_keys import key_of, may_use
from batch_constructs.rules.access.resource_policy import service_linked_role
from batch_constructs.rules.areas.log_group_rules import groups_in_use
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.once import once
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    ComputeEnvironment,
    Resource,
)
from batch_constructs.rules.template.values import entries, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator


_OF_LOGS: Final = (KMS_ENCRYPT, DECRYPT, KMS_GENERATE_DATA_KEY, "kms:ReEncryptFrom")
"""One of each group of ``KEY_OF_LOGS_ACTIONS``."""


@rule(
    "log-group-key",
    LOG_GROUP,
    title="log group with a key that CloudWatch Logs cannot use",
    fix=f"allow logs.REGION.{DOMAIN} in the key policy",
    source=docs(
        "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
        "Set permissions on the KMS key: the service principal logs.region.amazonaws.com needs"
        " kms:Encrypt*, kms:Decrypt*, kms:ReEncrypt*, kms:GenerateDataKey* and kms:Describe*.",
    ),
)
def log_group_key(group: Resource) -> Iterator[Fault]:
    """The log group cannot be created: the key *is not allowed to be used*."""
    key = key_of(group.properties.get("KmsKeyId"), group.template)
    if key is None or group.id not in groups_in_use(group):
        return
    name = name_of(group.id, "LogGroupName", group.template)
    known = {ENCRYPTED_LOG_GROUP.lower(): arn("logs", log_group_in_arn(name))}
    denied = [action for action in _OF_LOGS if may_use(key, LOGS, action, known) is False]
    if denied:
        principal = {"Service": f"logs.${{AWS::Region}}.{DOMAIN}"}
        statement = missing_statement.statement(KEY_OF_LOGS_ACTIONS, ["*"], principal)
        yield (
            "KmsKeyId",
            f"the key {key.id} does not allow {LOGS} {', '.join(denied)}",
            f"add to the key policy of {key.id}: {statement}",
        )


@rule(
    "volume-key",
    COMPUTE_ENVIRONMENT,
    severity=Severity.WARNING,
    title="volume with a key that no launching service can use",
    fix="allow AWSServiceRoleForAutoScaling in the key policy, or AWSServiceRoleForEC2SpotFleet "
    "for Spot with BEST_FIT",
    source=docs(
        "autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html",
        '"The predefined permissions also include access to your AWS managed keys. However, they do'
        ' not include access to your customer managed keys"',
    ),
)
def volume_key(environment: ComputeEnvironment) -> Iterator[Fault]:
    """Instances terminate as soon as they are launched, and jobs stay RUNNABLE."""
    if not environment.is_ec2 or environment.is_unmanaged:
        return
    for path, reference in environment.launch_templates:
        template = environment.launch_template(reference)
        key = None if template is None else _closed_key(template)
        if key is not None:
            role = linked_role(*LAUNCHING_ROLES[0])
            principal = {"AWS": missing_statement.arn("iam", role, region=False)}
            statement = missing_statement.statement(KEY_OF_VOLUMES_ACTIONS, ["*"], principal)
            yield (
                path,
                (
                    f"a volume is encrypted with {key.id}, whose policy allows {CREATE_GRANT} to "
                    "no service-linked role"
                ),
                f"add to the key policy of {key.id}: {statement}",
            )
            return


@once
def _closed_key(launch_template: Resource) -> Resource | None:
    """Give the first key of a volume that no launching service may use."""
    roles = [service_linked_role(service, f"{name}{HOLE}") for service, name in LAUNCHING_ROLES]
    data = mapping(launch_template.properties, "LaunchTemplateData")
    for _, device in entries(data, "BlockDeviceMappings"):
        key = key_of(mapping(device, "Ebs").get("KmsKeyId"), launch_template.template)
        if key is not None and not any(
            may_use(key, role, CREATE_GRANT) is not False for role in roles
        ):
            return key
    return None
