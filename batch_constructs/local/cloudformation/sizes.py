"""What AWS refuses for its size or number, where ministack takes it: the rules say of what."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.local.cloudformation.first_look import look_first
from batch_constructs.local.cloudformation.resource_type import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SIZED: Final = (
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SSM::Parameter",
)
"""Types whose size is known exactly where their functions are resolved."""

_AT_LEAST: Final = re.compile(r"(\d (?:bytes|characters)) or more")

_AREAS: Final = ("policy_size", "stack_quota")
"""Rules about sizes and numbers."""


def check_sizes(handlers: Mapping[str, dict[str, Any]]) -> None:
    """Let the handlers of these types look at sizes before they make or change anything."""
    for kind in SIZED:
        look_first(handlers[kind], partial(_check, kind))


def _check(kind: str, properties: Mapping[str, Any]) -> None:
    for problem in exceeded({"Resources": {"": {"Type": kind, "Properties": properties}}}):
        raise ProvisioningError(_AT_LEAST.sub(r"\1", problem))  # all is resolved by now


def exceeded(template: Mapping[str, object]) -> Iterator[str]:
    """Say which limits of the services around AWS Batch a template exceeds; see `rules/`."""
    # loaded by the first stack, so that the server starts at once
    from batch_constructs.rules.findings import Severity
    from batch_constructs.rules.rulebook import rules_about
    from batch_constructs.rules.template.loops import unroll
    from batch_constructs.rules.template.whole import Whole

    whole = Whole(unroll(template))
    for rule in rules_about(Whole.type):
        if rule.area in _AREAS and rule.severity is Severity.ERROR:
            for path, message, *_ in rule.find(whole):
                place = path.removeprefix("Resources").strip("/")
                yield f"{place}: {message}" if place else message
