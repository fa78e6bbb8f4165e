"""Secrets as environment variables: what the container sees, and what may fetch it.

The value never passes through the template: AWS Batch fetches it with the execution role when the
container starts.
https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from aws_cdk import Aws

from batch_constructs.offers import offers
from batch_constructs.unknown import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_ssm as ssm

    from batch_constructs.arguments import Arguments

_EXPECTED = (
    'a secret (secretsmanager.ISecret), secret_field(secret, "key") for one JSON field, '
    "or an SSM parameter (ssm.IParameter)"
)


@dataclass(frozen=True)
class SecretField:
    """One JSON field of a secret, or one version of it. Made by ``secret_field``."""

    secret: secretsmanager.ISecret
    key: str | None = None
    version_stage: str | None = None
    version_id: str | None = None


@dataclass(frozen=True)
class SecretParameter:
    """A parameter of SSM with the key that it is encrypted with. Made by ``secret_parameter``."""

    parameter: ssm.IParameter
    encryption_key: kms.IKey


def secret_parameter(parameter: ssm.IParameter, *, encryption_key: kms.IKey) -> SecretParameter:
    """Take a SecureString parameter that is encrypted with a key of your own.

    An imported parameter does not tell its key; one that is encrypted with the key ``aws/ssm``
    needs none and is given as it is.

    Args:
        parameter: The parameter in SSM.
        encryption_key: The KMS key that it is encrypted with; the execution role may decrypt with
            it, through SSM only.

    Raises:
        TypeError: ``parameter`` is no parameter, or ``encryption_key`` is no key.

    https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-parameters.html
    """
    for name, value, attribute, expected in (
        ("parameter", parameter, "parameter_arn", "an ssm.IParameter"),
        ("encryption_key", encryption_key, "key_arn", "a kms.IKey"),
    ):
        if not offers(value, attribute):
            raise TypeError(
                f"secret_parameter: {name} is {type(value).__name__}; expected {expected}"
            )
    return SecretParameter(parameter, encryption_key)


def secret_field(
    secret: secretsmanager.ISecret,
    key: str | None = None,
    *,
    version_stage: str | None = None,
    version_id: str | None = None,
) -> SecretField:
    """Take one JSON field of a secret, or one version of it, as a job's environment variable.

    Args:
        secret: The secret in Secrets Manager.
        key: The JSON field. Default: the whole secret string.
        version_stage: The staging label, such as ``AWSPREVIOUS``. Default: ``AWSCURRENT``.
        version_id: The version's ID, instead of a staging label. Default: by staging label.

    Raises:
        TypeError: ``secret`` is not a secret.
        ValueError: ``key`` holds a colon, which separates the parts of a secret's reference, or
            both a stage and an ID are given.

    https://docs.aws.amazon.com/batch/latest/userguide/specifying-sensitive-data-secrets.html
    """
    if not offers(secret, "secret_arn"):
        raise TypeError(
            f"secret_field: secret is {type(secret).__name__}; expected a secretsmanager.ISecret"
        )
    if key is not None and (not key or (":" in key and not is_token(key))):
        raise ValueError(
            f"secret_field: key is {key!r}; allowed is the name of a JSON field without a colon: "
            "rename the field in the secret"
        )
    if version_stage is not None and version_id is not None:
        raise ValueError(
            f"secret_field: version_stage is {version_stage!r} and version_id is {version_id!r}; "
            "only one of them may be given: leave one out"
        )
    return SecretField(secret, key, version_stage, version_id)


@dataclass(frozen=True)
class _Known:
    """What was read of a secret or parameter; each property would be a jsii crossing."""

    arn: str
    arn_in_policies: str
    key_arn: str | None


SecretSource: TypeAlias = "secretsmanager.ISecret | SecretField | ssm.IParameter | SecretParameter"
"""What a secret environment variable can be taken from."""

_KNOWN: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


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
        self._secrets: dict[str, _Known] = {}
        self._parameters: dict[str, _Known] = {}
        if secrets is not None and not isinstance(secrets, Mapping):
            arguments.wrong_type(parameter, secrets, f"a mapping of names to {_EXPECTED}")
            return
        for name, source in (secrets or {}).items():
            variable = arguments.text(f"a name in {parameter}", name)
            value = self._value_from(arguments, f"{parameter}[{name!r}]", source)
            self.properties.append({"Name": variable, "ValueFrom": value})

    def statements(self) -> list[dict[str, Any]]:
        """Return what fetches exactly these secrets and parameters, with their KMS keys."""
        statements = []
        if self._secrets:
            statements.append(_allow(["secretsmanager:GetSecretValue"], list(self._secrets)))
        if self._parameters:
            statements.append(_allow(["ssm:GetParameters"], list(self._parameters)))
        for service, known in (("secretsmanager", self._secrets), ("ssm", self._parameters)):
            keys = sorted({item.key_arn for item in known.values() if item.key_arn is not None})
            if keys:
                via = f"{service}.{Aws.REGION}.amazonaws.com"
                condition = {"StringEquals": {"kms:ViaService": via}}
                statements.append(_allow(["kms:Decrypt"], keys) | {"Condition": condition})
        return statements

    def _value_from(self, arguments: Arguments, parameter: str, source: Any) -> Any:
        field = source if isinstance(source, SecretField) else None
        held = source if field is None else field.secret
        if offers(held, "secret_arn"):
            known = _known(held, "secret_arn")
            self._secrets[known.arn_in_policies] = known
            if field is None:
                return known.arn
            parts = (field.key, field.version_stage, field.version_id)
            return ":".join([known.arn, *(part if part is not None else "" for part in parts)])
        if isinstance(source, SecretParameter):
            known = replace(
                _known(source.parameter, "parameter_arn"), key_arn=source.encryption_key.key_arn
            )
            self._parameters[known.arn_in_policies] = known
            return known.arn
        if field is None and offers(held, "parameter_arn"):
            known = _known(held, "parameter_arn")
            self._parameters[known.arn_in_policies] = known
            return known.arn
        return arguments.wrong_type(parameter, source, _EXPECTED)


def _known(source: Any, arn_attribute: str) -> _Known:
    if source not in _KNOWN:
        arn = getattr(source, arn_attribute)
        key = getattr(source, "encryption_key", None)
        in_policies = arn
        # A secret imported by its name has no full ARN: AWS appends a hyphen and six characters.
        if arn_attribute == "secret_arn" and source.secret_full_arn is None:
            in_policies = f"{arn}-??????"
        _KNOWN[source] = _Known(arn, in_policies, None if key is None else key.key_arn)
    return _KNOWN[source]


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    """Write a statement as the CDK does: one action or resource without a list."""
    one_action, one_resource = len(actions) == 1, len(resources) == 1
    return {
        "Effect": "Allow",
        "Action": actions[0] if one_action else actions,
        "Resource": resources[0] if one_resource else resources,
    }
