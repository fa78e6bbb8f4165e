"""Types that ministack has, where it differs from AWS.

AWS: ``Ref`` of a secret is its ARN, of an instance profile its name; a VPC has ``CidrBlock``; an
empty ``GenerateSecretString`` generates a secret; a parameter's generated name has no slash;
alarms may be on expressions; policies and environment variables have a size; what AWS refuses
of a property is refused; a function's code is in its bucket; a VPC is found by ``isDefault``;
a topic's own policy lets nobody in who needs rights of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.actions import SOURCE_OWNER
from batch_constructs.local.cloudformation.first_look import look_first
from batch_constructs.local.cloudformation.refused_properties import check_properties
from batch_constructs.local.cloudformation.resource_type import ProvisioningError, generated_name
from batch_constructs.local.cloudformation.sizes import check_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.local.cloudformation.resource_type import Properties

    Made = tuple[str, dict[str, Any]]
    """Physical ID and attributes."""


def install() -> None:
    """Correct the handlers of these types."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS  # noqa: SLF001 - a touch point
    _generate_by_default(handlers["AWS::SecretsManager::Secret"])
    _translate(
        handlers["AWS::SecretsManager::Secret"],
        outward=lambda _, attributes: str(attributes["Arn"]),
        inward=_secret_name,
    )
    _translate(
        handlers["AWS::IAM::InstanceProfile"],
        outward=lambda arn, _: arn.rsplit("/", 1)[-1],
        inward=_instance_profile_arn,
    )
    _add_cidr_block(handlers["AWS::EC2::VPC"])
    _name_without_slash(handlers["AWS::SSM::Parameter"])
    _record_metric_math(handlers["AWS::CloudWatch::Alarm"])
    _keep_topics_to_the_owner(handlers["AWS::SNS::Topic"])
    look_first(handlers["AWS::Lambda::Function"], _expect_code)
    check_sizes(handlers)
    check_properties(handlers)
    _find_the_default_vpc()


def _find_the_default_vpc() -> None:
    """Read the filter ``isDefault``, as the CDK writes it, as AWS does: as ``is-default``."""
    from ministack.services import ec2

    theirs = ec2._matches_vpc_filters  # noqa: SLF001 - a touch point

    def matches_vpc_filters(vpc: Any, filters: dict[str, Any]) -> bool:
        wanted = filters.get("isDefault")
        if wanted is not None and str(vpc["IsDefault"]).lower() not in wanted:
            return False
        return bool(theirs(vpc, filters))

    ec2._matches_vpc_filters = matches_vpc_filters  # noqa: SLF001 - a touch point


def _translate(
    handler: dict[str, Any],
    *,
    outward: Callable[[str, dict[str, Any]], str],
    inward: Callable[[str], str],
) -> None:
    """Let the template see another physical ID than ministack's handler does."""
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_translated(logical_id: str, properties: Properties, stack_name: str) -> Made:
        physical_id, attributes = create(logical_id, properties, stack_name)
        return outward(physical_id, attributes), attributes

    def update_translated(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Made:
        updated, attributes = update(inward(physical_id), old, new, stack_name, logical_id)
        return outward(updated, attributes), attributes

    def delete_translated(physical_id: str, properties: Properties) -> None:
        delete(inward(physical_id), properties)

    handler.update(create=create_translated, update=update_translated, delete=delete_translated)


def _generate_by_default(handler: dict[str, Any]) -> None:
    """Generate a secret where the template asks for one with no wishes, as CDK does."""
    create = handler["create"]

    def create_generated(logical_id: str, properties: Properties, stack_name: str) -> Made:
        if properties.get("GenerateSecretString") == {}:
            properties = {**properties, "GenerateSecretString": {"PasswordLength": 32}}
        made: Made = create(logical_id, properties, stack_name)
        return made

    handler["create"] = create_generated


def _secret_name(arn: str) -> str:
    from ministack.services import secretsmanager

    for name, secret in secretsmanager._secrets.items():  # noqa: SLF001 - a touch point
        if secret["ARN"] == arn:
            return str(name)
    return arn


def _instance_profile_arn(name: str) -> str:
    from ministack.services import iam

    profile = iam._instance_profiles.get(name)  # noqa: SLF001 - a touch point
    return str(profile["Arn"]) if profile is not None else name


def _name_without_slash(handler: dict[str, Any]) -> None:
    """Generate parameters' names as AWS does: CDK builds their ARN in the belief of no slash."""
    create, update = handler["create"], handler["update"]

    def create_named(logical_id: str, properties: Properties, stack_name: str) -> Made:
        name = {"Name": f"CFN-{generated_name(logical_id)}"}
        made: Made = create(logical_id, {**name, **properties}, stack_name)
        return made

    def update_named(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Made:
        name = {"Name": physical_id}
        made: Made = update(physical_id, {**name, **old}, {**name, **new}, stack_name, logical_id)
        return made

    handler.update(create=create_named, update=update_named)


def _add_cidr_block(handler: dict[str, Any]) -> None:
    create, update = handler["create"], handler["update"]

    def with_cidr_block(made: Made, properties: Properties) -> Made:
        vpc_id, attributes = made
        return vpc_id, {
            **attributes,
            "CidrBlock": properties.get("CidrBlock", "10.0.0.0/16"),
            "CidrBlockAssociations": [vpc_id.replace("vpc-", "vpc-cidr-assoc-")],
            "Ipv6CidrBlocks": [],
        }

    def create_vpc(logical_id: str, properties: Properties, stack_name: str) -> Made:
        return with_cidr_block(create(logical_id, properties, stack_name), properties)

    def update_vpc(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Made:
        return with_cidr_block(update(physical_id, old, new, stack_name, logical_id), new)

    handler.update(create=create_vpc, update=update_vpc)


def _record_metric_math(handler: dict[str, Any]) -> None:
    """Record alarms on expressions, which ministack refuses: their metric never has data."""
    create, update = handler["create"], handler["update"]

    def without_math(properties: Properties) -> Properties:
        if "Metrics" not in properties:
            return properties
        kept = {name: value for name, value in properties.items() if name != "Metrics"}
        return {**kept, "Namespace": "MetricMath", "MetricName": "NotEvaluated", "Period": 60}

    def create_alarm(logical_id: str, properties: Properties, stack_name: str) -> Made:
        made: Made = create(logical_id, without_math(properties), stack_name)
        return made

    def update_alarm(
        physical_id: str, old: Properties, new: Properties, stack_name: str, logical_id: str
    ) -> Made:
        made: Made = update(
            physical_id, without_math(old), without_math(new), stack_name, logical_id
        )
        return made

    handler.update(create=create_alarm, update=update_alarm)


def _keep_topics_to_the_owner(handler: dict[str, Any]) -> None:
    """Give a topic the policy that SNS gives it, in place of one that lets every role publish.

    https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.iam.permissions.html
    """
    from ministack.services import sns

    create = handler["create"]

    def create_topic(logical_id: str, properties: Properties, stack_name: str) -> Made:
        topic, attributes = create(logical_id, properties, stack_name)
        stored = sns._topics[topic]["attributes"]  # noqa: SLF001 - a touch point
        policy = json.loads(stored["Policy"])
        owner = {"StringEquals": {SOURCE_OWNER: stored["Owner"]}}
        for statement in policy["Statement"]:
            statement["Condition"] = owner
        stored["Policy"] = json.dumps(policy)
        return topic, attributes

    handler["create"] = create_topic


def _expect_code(properties: Properties) -> None:
    """Refuse a function whose code is not there, as Lambda does, in place of one without any."""
    from ministack.services import lambda_svc

    code = properties.get("Code") or {}
    bucket, key = code.get("S3Bucket"), code.get("S3Key")
    if bucket and key:
        read = lambda_svc._fetch_code_from_s3  # noqa: SLF001 - a touch point
        if read(bucket, key, code.get("S3ObjectVersion")) is None:
            raise ProvisioningError(
                f"Error occurred while GetObject: there is no s3://{bucket}/{key}, which Code names"
            )
