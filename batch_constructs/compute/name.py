"""A readable compute environment name that does not stand in the way of a replacement.

CloudFormation replaces a compute environment by creating the new one first, which fails while the
old one has the same name. So the name that a user gives is a prefix; what follows it is a hash of
the properties whose change needs a replacement: with these the name changes too, and with nothing
else. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-computeenvironment.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

import jsii
from aws_cdk import IResolveContext, IStringProducer, Lazy

from batch_constructs.unknown import is_token

HASH_LENGTH = 8


def replaceable_name(prefix: str, create_only: Callable[[], Mapping[str, object]]) -> str:
    """Return a token that becomes ``PREFIX-HASH`` when the template is written.

    ``create_only`` is asked that late because tags count, and ``Tags.of(app)`` adds them last.
    """
    return Lazy.uncached_string(_Producer(prefix, create_only))


def name_with_hash(prefix: str, create_only: Mapping[str, object]) -> str:
    """Return the prefix and the hash of the properties, tokens aside: these differ by synthesis."""
    text = json.dumps(_without_tokens(create_only), sort_keys=True)
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"


@jsii.implements(IStringProducer)
class _Producer:
    def __init__(self, prefix: str, create_only: Callable[[], Mapping[str, object]]) -> None:
        self._prefix = prefix
        self._create_only = create_only

    def produce(self, context: IResolveContext) -> str:
        del context
        return name_with_hash(self._prefix, self._create_only())


def _without_tokens(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _without_tokens(item) for key, item in value.items()}
    if is_token(value):
        return "token"
    if isinstance(value, list | tuple):
        return [_without_tokens(item) for item in value]
    return value
