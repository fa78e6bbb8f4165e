"""Secrets as environment variables: what the container sees, and what may fetch it.

The value never passes through the template: AWS Batch fetches it with the execution role when the
container starts.
https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from aws_cdk import aws_secretsmanager as secretsmanager

from batch_constructs.aws.bound import shown
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.role_actions import DECRYPT, GET_PARAMETERS, GET_SECRET
from batch_constructs.by_way_of import via
from batch_constructs.encryption_key import KEY, is_key
from batch_constructs.jsii_objects import has_member, kind_of
from batch_constructs.one_call import members
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_ssm as ssm

    from batch_constructs.arguments import Arguments

_EXPECTED = (
    'a secret (secretsmanager.ISecret), secret_field(secret, "key") for one JSON field, '
    "or an SSM parameter (ssm.IParameter)"
)


@dataclass(frozen=True)
class SecretField:
    """One JSON field of a secret, or one version of it. Made by ``secret_field``.

    Raises:
        TypeError: ``secret`` is not a secret, or another field not a string.
        ValueError: a part is empty or holds a colon, which separates the parts of a secret's
            reference; or both a stage and an ID are given.
    """

    secret: secretsmanager.ISecret
    key: str | None = None
    version_stage: str | None = None
    version_id: str | None = None

    def __post_init__(self) -> None:
        """Look at every part."""
        if not has_member(self.secret, "secret_arn"):
            raise TypeError(
                f"secret_field: secret is {kind_of(self.secret)}; expected a secretsmanager.ISecret"
            )
        for name in ("key", "version_stage", "version_id"):
            part = getattr(self, name)
            if part is not None and not isinstance(part, str):
                raise TypeError(f"secret_field: {name} is {kind_of(part)}; expected a string")
            if part is not None and (not part or (":" in part and not is_token(part))):
                got = "has a colon in it" if part else "is empty"  # it may be the secret itself
                raise ValueError(
                    f"secret_field: {name} {got}; allowed: a text without a colon: rename it in "
                    "the secret, or leave it out"
                )
        if self.version_stage is not None and self.version_id is not None:
            raise ValueError(
                "secret_field: version_stage and version_id are given; allowed: one of them: "
                "leave one of them out"
            )


def secret_field(
    secret: secretsmanager.ISecret,
    key: str | None = None,
    *,
    version_stage: str | None = None,
    version_id: str | None = None,
) -> SecretSource:
    """Use one JSON field of a secret, or one version of it, as a job's environment variable.

    Args:
        secret: The secret in Secrets Manager.
        key: The JSON field. Default: the whole secret string.
        version_stage: The staging label, such as ``AWSPREVIOUS``. Default: ``AWSCURRENT``.
        version_id: The version's ID, instead of a staging label. Default: by staging label.

    Raises:
        TypeError: ``secret`` is not a secret, or another argument is not a string.
        ValueError: an argument is empty or holds a colon, which separates the parts of a secret's
            reference; or both a stage and an ID are given.

    https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
    """
    return SecretField(secret, key, version_stage, version_id)


@dataclass(frozen=True)
class SecretParameter:
    """A parameter of SSM with the key that it is encrypted with. Made by ``secret_parameter``.

    Raises:
        TypeError: ``parameter`` is not a parameter, or ``encryption_key`` is not a key.
    """

    parameter: ssm.IParameter
    encryption_key: kms.IKey

    def __post_init__(self) -> None:
        """Look at both."""
        if not has_member(self.parameter, "parameter_arn"):
            raise TypeError(
                f"secret_parameter: parameter is {kind_of(self.parameter)}; expected an "
                "ssm.IParameter"
            )
        if not is_key(self.encryption_key):
            raise TypeError(
                f"secret_parameter: encryption_key is {kind_of(self.encryption_key)}; "
                f"expected {KEY}"
            )


def secret_parameter(parameter: ssm.IParameter, *, encryption_key: kms.IKey) -> SecretSource:
    """Use a SecureString parameter that is encrypted with your own key.

    An imported parameter does not know its key. A parameter that is encrypted with the key
    ``aws/ssm`` needs none; pass it directly.

    Args:
        parameter: The parameter in SSM.
        encryption_key: The KMS key that it is encrypted with; the execution role can decrypt with
            it, only through SSM.

    Raises:
        TypeError: ``parameter`` is not a parameter, or ``encryption_key`` is not a key.

    https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-parameters.html
    """
    return SecretParameter(parameter, encryption_key)


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What was read of a secret or parameter; each property would be a jsii crossing."""

    arn: str
    arn_in_policies: str
    key_arn: str | None
    key_is_alias: bool


if TYPE_CHECKING:
    SecretSource: TypeAlias = (
        secretsmanager.ISecret | SecretField | ssm.IParameter | SecretParameter
    )
    """What a secret environment variable can be taken from."""
else:

    def __getattr__(name: str) -> Any:
        """Load the parameters of SSM for what names them: it takes longer than this library."""
        if name != "SecretSource":
            raise AttributeError(name)
        from aws_cdk import aws_ssm as ssm  # noqa: PLC0415

        return secretsmanager.ISecret | SecretField | ssm.IParameter | SecretParameter


_FETCH = {"secretsmanager": GET_SECRET, "ssm": GET_PARAMETERS}
"""Service → the action that fetches a value from it."""

_KNOWN: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


def refuse_fields(arguments: Arguments, secrets: Any) -> None:
    """Refuse a field or a version of a secret, where the platform knows whole secrets only.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    """
    for name, source in secrets.items() if isinstance(secrets, Mapping) else ():
        if isinstance(source, SecretField) and (
            source.key or source.version_stage or source.version_id
        ):
            arguments.wrong_value(
                f"secrets[{shown(name)}] is one key or version of a secret, which needs "
                "platform_version 1.4.0 or later: set platform_version to 1.4.0, or leave it out"
            )


class Secrets:
    """The secrets of one container: its properties, and the statements its execution role needs."""

    def __init__(
        self,
        arguments: Arguments,
        secrets: Mapping[str, SecretSource] | None,
        *,
        parameter: str = "secrets",
    ) -> None:
        self.properties: list[dict[str, Any]] = []
        self._arns: dict[str, list[str]] = {"secretsmanager": [], "ssm": []}
        self._keys: dict[str, set[str]] = {"secretsmanager": set(), "ssm": set()}
        if secrets is not None and not isinstance(secrets, Mapping):
            expected = f"a mapping of names to {_EXPECTED}"
            arguments.wrong_type(parameter, secrets, expected, secret=True)
            return
        for place, (name, source) in enumerate((secrets or {}).items(), 1):
            variable = arguments.name(parameter, name)
            whose = shown(name) if _is_variable(name) else f"entry {place}, whose name is not shown"
            value = self._value_from(arguments, f"{parameter}[{whose}]", source)
            self.properties.append({"Name": variable, "ValueFrom": value})

    def statements(self) -> list[dict[str, Any]]:
        """Return what fetches exactly these secrets and parameters, with their KMS keys."""
        statements = [
            _allow([_FETCH[service]], arns) for service, arns in self._arns.items() if arns
        ]
        for service, keys in self._keys.items():
            if keys:
                statements.append(_allow([DECRYPT], sorted(keys)) | {"Condition": via(service)})
        return statements

    def _value_from(self, arguments: Arguments, parameter: str, source: Any) -> Any:
        if isinstance(source, SecretField):
            parts = (source.key, source.version_stage, source.version_id)
            arn = self._fetch(arguments, parameter, "secretsmanager", source.secret)
            return ":".join([arn, *(part if part is not None else "" for part in parts)])
        if isinstance(source, SecretParameter):
            self._keys["ssm"].add(source.encryption_key.key_arn)
            return self._fetch(arguments, parameter, "ssm", source.parameter)
        if has_member(source, "secret_arn"):
            return self._fetch(arguments, parameter, "secretsmanager", source)
        if has_member(source, "parameter_arn"):
            return self._fetch(arguments, parameter, "ssm", source)
        return arguments.wrong_type(parameter, source, _EXPECTED, secret=True)

    def _fetch(self, arguments: Arguments, parameter: str, service: str, source: Any) -> str:
        """Note what has to be allowed for a secret or a parameter, and return its ARN."""
        known = _known(source, _SECRET_ARN if service == "secretsmanager" else "parameterArn")
        if known.arn_in_policies not in self._arns[service]:
            self._arns[service].append(known.arn_in_policies)
        if known.key_arn is not None:
            self._keys[service].add(known.key_arn)
        if known.key_is_alias:
            arguments.wrong_type(f"the key of {parameter}", source.encryption_key, KEY)
        return known.arn


_SECRET_ARN = "secretArn"  # noqa: S105  # no secret

_VARIABLE = pattern(r"[A-Z_][A-Z0-9_]*|(?:awslogs|fluentd|gelf|splunk|syslog)-[a-z-]+")


def _is_variable(name: object) -> bool:
    """Whether a name is plainly a variable's or a log option's.

    Another may be the secret itself, which somebody gave the wrong way round.
    """
    return not isinstance(name, str) or _VARIABLE.fullmatch(name) is not None


def _known(source: Any, arn_member: str) -> _Known:
    if source not in _KNOWN:
        arn, key, full_arn = members(source, arn_member, "encryptionKey", "secretFullArn")
        in_policies = arn
        # A secret imported by its name has no full ARN: AWS appends a hyphen and six characters.
        if arn_member == _SECRET_ARN and full_arn is None:
            in_policies = f"{arn}-??????"
        alias = key is not None and not is_key(key)
        _KNOWN[source] = _Known(
            arn=arn,
            arn_in_policies=in_policies,
            key_arn=None if key is None or alias else key.key_arn,
            key_is_alias=alias,
        )
    return _KNOWN[source]


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    """Write a statement as the CDK does: one action or resource without a list."""
    one_action, one_resource = len(actions) == 1, len(resources) == 1
    return {
        "Effect": "Allow",
        "Action": actions[0] if one_action else actions,
        "Resource": resources[0] if one_resource else resources,
    }
