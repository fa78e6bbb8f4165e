"""What a CDK object offers, asked without a jsii crossing and without naming its class.

Ours, L2s, L1s and imported resources are told apart by what they have: ``job_queue_arn``,
``role_arn``. The CDK's interfaces cannot be asked with ``isinstance``, and reading an attribute to
see whether it is there would be a crossing.
"""

from __future__ import annotations


def has_member(value: object, attribute: str) -> bool:
    """Whether a value has a public attribute.

    An imported resource comes from jsii as a proxy with one delegate for each interface that it
    has; its own class says nothing.
    """
    delegates = getattr(value, "__dict__", {}).get("_delegates", ())
    return any(hasattr(kind, attribute) for kind in (type(value), *map(type, delegates)))
