"""What the constructs are given of the old template: its roles, networks, file systems, and so on.

Each is taken in by its ARN, name or ID, so that it stays what it is and nothing is granted to it.
"""

from __future__ import annotations

import builtins
import json
import keyword
import re
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt import template_values as values
from batch_constructs.adopt.python_source import Call, Name, snake_case, words
from batch_constructs.aws.names import (
    OF_A_PARAMETER,
    PARAMETER_STORE,
    SECRET_FORM,
    SECRETS_MANAGER,
    is_arn,
)
from batch_constructs.impact.changes import is_function
from batch_constructs.rules.template.values import spelled_out

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBNET: Final = "of-subnet-"
_VPC: Final = "vpc-of-subnets"
_FILE_SYSTEM_GROUP: Final = "sg-of-file-systems"
"""What stands for what the template does not name, and what is not rendered either."""

_KEY: Final = re.compile(rf"^(?P<arn>{SECRET_FORM})(?P<rest>:.*)?$")
_SUFFIX: Final = re.compile(r"-(?!(?:[A-Z]?[a-z]+|[A-Z]+|[0-9]+)$)[A-Za-z0-9]{6}$")
"""What AWS Secrets Manager adds to the name of a secret, in its ARN.

Six letters or digits as in ``db-secret`` are taken for a word of the name: of what it adds, at most
one in a hundred looks like that. Both are fetched by the ARN as it is; grants differ.
"""
_PARTS: Final = ("key", "version_stage", "version_id")


class Taken:
    """What a stack takes in, each once, in the order in which it was asked for.

    Attributes:
        statements: Variable → the call that makes it.
    """

    def __init__(self, resources: Mapping[str, Any], used: set[str]) -> None:
        self._resources = resources
        self._used = used
        self._known: dict[str, Name] = {}
        self.statements: dict[str, Call] = {}

    def role(self, value: Any) -> Name:
        """Import a role by its ARN; nothing is granted to it."""
        arn = values.text(value)
        if isinstance(arn, str) and not is_arn(arn):
            raise values.NotTranslatedError
        return self._taken("role", value, "iam.Role.from_role_arn", arn, mutable=False)

    def instance_profile(self, value: Any) -> Name:
        """Import an instance profile by its ARN or its name."""
        given = values.text(value)
        named = isinstance(given, str) and not is_arn(given)
        how = "from_instance_profile_name" if named else "from_instance_profile_arn"
        return self._taken("profile", value, f"iam.InstanceProfile.{how}", given)

    def network(self, subnets: Any) -> Name:
        """Import the VPC of some subnets, with these alone."""
        listed = values.texts(subnets)
        known = subnets if isinstance(subnets, list) else [subnets]
        each = [f"{_SUBNET}{place}" for place, _ in enumerate(known, start=1)]
        vpc = next((found for one in known if (found := self._vpc_of(one))), _VPC)
        return self._taken(
            "vpc",
            subnets,
            "ec2.Vpc.from_vpc_attributes",
            vpc_id=values.text(vpc),
            availability_zones=each,
            private_subnet_ids=listed,
            private_subnet_route_table_ids=each,
        )

    def _vpc_of(self, subnet: Any) -> Any:
        resource = self._resources.get(values.target(subnet) or "", {})
        return resource.get("Properties", {}).get("VpcId")

    def security_groups(self, value: Any) -> list[Any]:
        """Take in security groups by their IDs."""
        if is_function(value):
            of_list = Name(f"cdk.Token.as_list({value!r})[0]")
            return [self._security_group(value, of_list)]
        if not isinstance(value, list):
            raise values.NotTranslatedError
        return [self._security_group(one, values.text(one)) for one in value]

    def _security_group(self, value: Any, group_id: Any) -> Name:
        make = "ec2.SecurityGroup.from_security_group_id"
        return self._taken("security_group", value, make, group_id, mutable=False)

    def launch_template(self, reference: Mapping[str, Any]) -> Name:
        """Import a launch template by its ID or name, with its version."""
        names = {
            "LaunchTemplateId": "launch_template_id",
            "LaunchTemplateName": "launch_template_name",
            "Version": "version_number",
        }
        told = {name: reference[name] for name in names if name in reference}
        keywords = {names[name]: values.text(value) for name, value in told.items()}
        make = "ec2.LaunchTemplate.from_launch_template_attributes"
        return self._taken("launch_template", told, make, **keywords)

    def placement_group(self, value: Any) -> Name:
        """Import a placement group by its name."""
        make = "ec2.PlacementGroup.from_placement_group_name"
        return self._taken("placement_group", value, make, values.text(value))

    def key_pair(self, value: Any) -> Name:
        """Import a key pair by its name."""
        make = "ec2.KeyPair.from_key_pair_name"
        return self._taken("key_pair", value, make, values.text(value))

    def file_system(self, value: Any) -> Name:
        """Import a file system by its ID."""
        return self._taken(
            "file_system",
            value,
            "efs.FileSystem.from_file_system_attributes",
            file_system_id=values.text(value),
            security_group=self._security_group(_FILE_SYSTEM_GROUP, _FILE_SYSTEM_GROUP),
        )

    def access_point(self, value: Any) -> Name:
        """Import an access point by its ID."""
        make = "efs.AccessPoint.from_access_point_id"
        return self._taken("access_point", value, make, values.text(value))

    def secret(self, value: Any) -> Any:
        """Import a secret, one JSON field of it, or a parameter of SSM, by what fetches it."""
        whole, rest = _secret_and_field(value)
        parts = dict(zip(_PARTS, rest.lstrip(":").split(":"), strict=False)) if rest else {}
        secret = self._secret(whole)
        keywords: dict[str, Any] = {name: part for name, part in parts.items() if part}
        return Call("bc.secret_field", [secret], keywords) if keywords else secret

    def _secret(self, value: Any) -> Name:
        name = _parameter_name(value)
        if name is not None:
            make = "ssm.StringParameter.from_secure_string_parameter_attributes"
            return self._taken("parameter", value, make, parameter_name=name)
        whole = not isinstance(value, str) or _SUFFIX.search(value)
        make = f"secretsmanager.Secret.from_secret_{'complete' if whole else 'partial'}_arn"
        return self._taken("secret", value, make, values.text(value))

    def by_arn(self, noun: str, value: Any) -> Name:
        """Take in another resource of AWS Batch, such as a ``JobQueue``, by its ARN or name."""
        given = values.text(value)
        snake = snake_case(noun)
        named = isinstance(given, str) and not is_arn(given)
        make = f"bc.{noun}.from_{snake}_{'name' if named else 'arn'}"
        return self._taken(snake, value, make, given)

    def _taken(
        self, noun: str, value: Any, function: str, *positional: Any, **keywords: Any
    ) -> Name:
        """Take in something once, by a call whose scope and ID are added here."""
        key = f"{noun} {spelled_out(value)}"
        if key not in self._known:
            target = values.target(value)
            name = variable(f"{target}_{noun}" if target else noun, self._used)
            given = "Given" + "".join(part.title() for part in name.split("_"))
            self._known[key] = Name(name)
            self.statements[name] = Call(function, [Name("self"), given, *positional], keywords)
        return self._known[key]


def _secret_and_field(value: Any) -> tuple[Any, str]:
    """Split what a secret is fetched by into the secret, and what names a part of it."""
    if isinstance(value, str):
        found = _KEY.match(value)
        return (found["arn"], found["rest"] or "") if found else (value, "")
    if is_function(value) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        pair = isinstance(parts, list) and len(parts) == 2  # noqa: PLR2004  # a secret, and a field
        if separator == "" and pair and isinstance(parts[1], str) and parts[1].startswith(":"):
            return parts[0], parts[1]
    if is_function(value) and isinstance(value.get("Fn::Sub"), str):
        found = re.fullmatch(r"\$\{(\w+)\}(:[^$]*)", value["Fn::Sub"])
        if found:
            return {"Ref": found[1]}, found[2]
    return value, ""


def _parameter_name(value: Any) -> str | None:
    """Give the name of a parameter of SSM, where what fetches a value says that it is one."""
    if isinstance(value, dict):
        last = value["Fn::Join"][1][-1] if "Fn::Join" in value else None
        text = json.dumps(value)
        told = isinstance(last, str) and PARAMETER_STORE in text and "secretsmanager" not in text
        return last.rpartition(OF_A_PARAMETER)[2] if told and isinstance(last, str) else None
    if not isinstance(value, str) or SECRETS_MANAGER in value:
        return None
    return value.partition(OF_A_PARAMETER)[2] if is_arn(value) else value


def variable(text: str, used: set[str]) -> str:
    """Make a name for a variable that is not in use yet, and note it."""
    text = re.sub(r"(?<=\w)[0-9A-F]{8}(?=_|$)", "", text)
    parts = [one for one in snake_case("_".join(words(text))).split("_") if one]
    name = "_".join(one for one, before in zip(parts, ["", *parts], strict=False) if one != before)
    wanted = name if name and not name[0].isdigit() else f"it_{name}"
    if keyword.iskeyword(wanted) or hasattr(builtins, wanted):
        wanted = f"{wanted}_"
    name, place = wanted, 2
    while name in used:
        name, place = f"{wanted}_{place}", place + 1
    used.add(name)
    return name
