"""Dynamic references that are written as text, as users of CloudFormation write them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

from __future__ import annotations

import re
from typing import Any, Final

_SERVICES: Final = {
    "ssm": "SSM",
    "ssm-secure": "SSM_SECURE",
    "secretsmanager": "SECRETS_MANAGER",
}
_WRITTEN: Final = re.compile(rf"\{{\{{resolve:({'|'.join(_SERVICES)}):([^{{}}]+)\}}\}}")


def with_tokens(value: Any) -> Any:
    """Return a text with what it refers to as the CDK's own tokens; all else as it is.

    Whoever reads the text, or splits it, then has to do with a token, of which nothing is known.
    """
    if not isinstance(value, str) or "{{resolve:" not in value:
        return value
    return _WRITTEN.sub(_token, value)


def _token(written: re.Match[str]) -> str:
    from aws_cdk import CfnDynamicReference, CfnDynamicReferenceService  # noqa: PLC0415  # seldom needed

    service = CfnDynamicReferenceService[_SERVICES[written[1]]]
    return CfnDynamicReference(service, written[2]).to_string()
