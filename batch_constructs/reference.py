"""References to resources of AWS Batch: ours, an L2, an L1, an ARN or a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws import names
from batch_constructs.aws import resource_kinds as kinds
from batch_constructs.aws.bound import as_text, refused
from batch_constructs.aws.names import (
    ACCOUNT_ID_LENGTH,
    GENERATED_NAME_ENDING,
    GENERATED_NAME_SHORTEST_LIMIT,
    LONGEST_PARTITION,
    LONGEST_REGION,
    RESOURCE_NAME,
    RESOURCE_NAME_LENGTH,
)
from batch_constructs.dynamic_references import with_tokens
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.known_scope import known_scope
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from constructs import Construct


def read_arn(scope: Construct, id: str, parameter: str, arn: Any, *, form: str, such: str) -> str:
    """Look at an ARN that something is taken in by; ``such`` is one.

    Raises:
        ValueError: it is no such ARN.
    """
    arguments = Arguments(scope)
    arn = with_tokens(arn)
    if not isinstance(arn, str) or not (is_token(arn) or re.fullmatch(form, arn)):
        arguments.wrong_value(f"{parameter} {refused(arn, f'an ARN such as {such}')}")
    arguments.refuse(id)
    return str(as_text(arn))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How one kind of resource is referred to.

    Attributes:
        noun: What AWS calls it.
        resource: How its ARNs call it, before the slash.
        attribute: How the CDK calls it: ``…_arn``, ``…_ref``.
        has_revision: Whether its ARN ends with a colon and a revision.
        unless: What only another kind of resource has that has such an ARN too.
    """

    noun: str
    resource: str
    attribute: str
    has_revision: bool = False
    unless: str | None = None

    def fits(self, value: object) -> bool:
        """Whether a value is such a resource: ours, an L2 or an L1."""
        if self.unless is not None and has_member(value, self.unless):
            return False
        return has_member(value, f"{self.attribute}_arn") or has_member(
            value, f"{self.attribute}_ref"
        )

    @property
    def expected(self) -> str:
        """What is expected where such a resource is."""
        return (
            f"a {self.noun} of batch_constructs or aws_cdk.aws_batch, or one imported with from_…"
        )

    def arn_of(self, value: Any) -> str:
        """Return the ARN of such a resource: ours, an L2 or an L1.

        Raises:
            TypeError: it is none of these.
        """
        if not self.fits(value):
            raise TypeError(f"{self.attribute} is {described(value)}; expected {self.expected}")
        if has_member(value, f"{self.attribute}_arn"):
            return str(getattr(value, f"{self.attribute}_arn"))
        reference = getattr(value, f"{self.attribute}_ref")
        return str(getattr(reference, f"{self.attribute}_arn"))

    def arn(self, scope: Construct, id: str, arn: object) -> str:
        """Look at an ARN that something is taken in by.

        Raises:
            ValueError: it is no ARN of such a resource.
        """
        revision = r"(:[1-9]\d*)?" if self.has_revision else ""
        rest = f"{self.resource}/{RESOURCE_NAME.pattern}{revision}"
        form = names.form("batch", rest, account=rf"\d{{{ACCOUNT_ID_LENGTH}}}")
        like = "NAME:REVISION" if self.has_revision else "NAME"
        such = names.arn(self.resource, like, region="REGION", account="ACCOUNT")
        return read_arn(scope, id, f"{self.attribute}_arn", arn, form=form, such=such)

    def arn_of_name(self, scope: Construct, id: str, name: str) -> str:
        """Return the ARN of a name in the account and the Region of the scope's stack.

        Raises:
            ValueError: it is no name of such a resource.
        """
        arguments = Arguments(scope)
        arguments.text(f"{self.attribute}_name", name, required=True, bound=RESOURCE_NAME)
        arguments.refuse(id)
        return known_scope(scope).arn("batch", f"{self.resource}/{name}")

    def name(self, arn: str) -> str:
        """Read the name out of an ARN, without a revision; of a token, CloudFormation reads it."""
        marker = names.marker(self.resource)
        if marker in arn:
            return arn.split(marker, 1)[1].split(":", 1)[0]
        if is_made_up(arn):
            return arn  # until the CLI has looked
        from batch_constructs.asked_once import part_of  # noqa: PLC0415  # loads the CDK

        return part_of(part_of(arn, ":", 5) if self.has_revision else arn, "/", 1)

    def arn_without_revision(self, value: Any) -> str:
        """Return the ARN of such a resource up to its name, in its own account and Region."""
        arn = self.arn_of(value)
        marker = names.marker(self.resource)
        if marker in arn:
            before, name = arn.split(marker, 1)
            return f"{before}{marker}{name.split(':', 1)[0]}"
        if is_made_up(arn):
            return arn  # until the CLI has looked
        from batch_constructs.asked_once import part_of  # noqa: PLC0415  # loads the CDK

        return known_scope(value).arn("batch", part_of(arn, ":", 5))  # job-definition/NAME

    def longest_arn(self, value: Any) -> int:
        """Count the characters of the ARN without a revision, at most, whatever is not known yet.

        What is not known are the partition, the Region and the account, and the name where
        CloudFormation makes one of the logical ID.
        """
        arn = self.arn_of(value)
        if f":{self.resource}/" in arn and not is_token(arn):
            return len(self.arn_without_revision(value))
        before = ("arn", "x" * LONGEST_PARTITION, "batch", "x" * LONGEST_REGION)
        written = ":".join((*before, "x" * ACCOUNT_ID_LENGTH, f"{self.resource}/"))
        return len(written) + self._longest_name(value)

    def _longest_name(self, value: Any) -> int:
        from batch_constructs.one_call import name_of  # noqa: PLC0415  # loads jsii

        attribute = names.as_member(self.attribute.title().replace("_", ""))
        name, logical_id = name_of(value, f"{attribute}Name")
        if name is not None:
            return RESOURCE_NAME_LENGTH if is_token(name) else len(name)
        if logical_id is None:
            return RESOURCE_NAME_LENGTH  # taken in by what only CloudFormation knows
        generated = len(logical_id) + GENERATED_NAME_ENDING
        return min(max(generated, GENERATED_NAME_SHORTEST_LIMIT), RESOURCE_NAME_LENGTH)

    def beside(
        self, value: Any, resource: str, name: str, *, service: str = "batch", separator: str = "/"
    ) -> str:
        """Return another ARN in the account and the Region of such a resource."""
        arn = self.arn_of(value)
        if names.marker(self.resource) in arn:
            _, partition, _, region, account, *_ = arn.split(":")
            return ":".join(
                ["arn", partition, service, region, account, f"{resource}{separator}{name}"]
            )
        return known_scope(value).arn(service, f"{resource}{separator}{name}")


COMPUTE_ENVIRONMENT = Reference(
    noun="compute environment", resource=kinds.COMPUTE_ENVIRONMENT, attribute="compute_environment"
)

JOB_DEFINITION = Reference(
    noun="job definition",
    resource=kinds.JOB_DEFINITION,
    attribute="job_definition",
    has_revision=True,
)

JOB_QUEUE = Reference(
    noun="job queue",
    resource=kinds.JOB_QUEUE,
    attribute="job_queue",
    unless="grant_submit_service_job",
)
"""A queue that jobs are submitted to with SubmitJob: a ``ServiceJobQueue`` is none."""
