"""References to resources of AWS Batch: ours, an L2, an L1, an ARN or a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.bound import shown
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.jsii_objects import has_member, kind_of
from batch_constructs.tokens import is_made_up, is_token

if TYPE_CHECKING:
    from constructs import Construct


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

    def expected(self, value: object) -> str:
        """Say what a value is, and what it should be."""
        return (
            f"is {kind_of(value)}; expected a {self.noun} of batch_constructs or aws_cdk.aws_batch,"
            " or one that is taken in with from_…"
        )

    def arn_of(self, value: Any) -> str:
        """Return the ARN of such a resource: ours, an L2 or an L1.

        Raises:
            TypeError: it is none of these.
        """
        if not self.fits(value):
            raise TypeError(f"{self.attribute} {self.expected(value)}")
        if has_member(value, f"{self.attribute}_arn"):
            return str(getattr(value, f"{self.attribute}_arn"))
        reference = getattr(value, f"{self.attribute}_ref")
        return str(getattr(reference, f"{self.attribute}_arn"))

    def arn(self, scope: Construct, id: str, arn: object) -> str:
        """Look at an ARN that something is taken in by.

        Raises:
            ValueError: it is no ARN of such a resource.
        """
        if isinstance(arn, str) and (
            is_token(arn) or re.fullmatch(rf"arn:[^:]+:batch:[^:]*:[^:]*:{self.resource}/.+", arn)
        ):
            return arn
        revision = ":REVISION" if self.has_revision else ""
        raise ValueError(
            f"{scope.node.path}/{id}: {shown(arn)} is not a {self.noun}'s ARN; expected "
            f"arn:aws:batch:REGION:ACCOUNT:{self.resource}/NAME{revision}"
        )

    def arn_of_name(self, scope: Construct, id: str, name: object) -> str:
        """Return the ARN of a name in the account and the Region of the scope's stack.

        Raises:
            ValueError: it is no name of such a resource.
        """
        if not isinstance(name, str) or not (is_token(name) or RESOURCE_NAME.admits(name)):
            raise ValueError(
                f"{scope.node.path}/{id}: {shown(name)} is not a {self.noun}'s name; allowed are "
                f"{RESOURCE_NAME.allowed}"
            )
        from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

        return Stack.of(scope).format_arn(
            service="batch", resource=self.resource, resource_name=name
        )

    def name(self, arn: str) -> str:
        """Read the name out of an ARN, without a revision; of a token, CloudFormation reads it."""
        marker = f":{self.resource}/"
        if marker in arn:
            return arn.split(marker, 1)[1].split(":", 1)[0]
        if is_made_up(arn):
            return arn  # until the CLI has looked
        from aws_cdk import Fn  # noqa: PLC0415  # the CDK is loaded when a construct is made

        if self.has_revision:
            arn = Fn.select(5, Fn.split(":", arn))
        return Fn.select(1, Fn.split("/", arn))

    def arn_without_revision(self, value: Any) -> str:
        """Return the ARN of such a resource up to its name, in its own account and Region."""
        arn = self.arn_of(value)
        marker = f":{self.resource}/"
        if marker in arn:
            before, name = arn.split(marker, 1)
            return f"{before}{marker}{name.split(':', 1)[0]}"
        if is_made_up(arn):
            return arn  # until the CLI has looked
        from aws_cdk import ArnFormat, Fn, Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

        return Stack.of(value).format_arn(
            service="batch",
            resource=Fn.select(5, Fn.split(":", arn)),  # such as job-definition/NAME
            arn_format=ArnFormat.NO_RESOURCE_NAME,
        )

    def beside(self, value: Any, resource: str, name: str) -> str:
        """Return another ARN of AWS Batch in the account and the Region of such a resource."""
        arn = self.arn_of(value)
        if f":{self.resource}/" in arn:
            return ":".join([*arn.split(":")[:5], f"{resource}/{name}"])
        from aws_cdk import Stack  # noqa: PLC0415  # the CDK is loaded when a construct is made

        return Stack.of(value).format_arn(service="batch", resource=resource, resource_name=name)


JOB_DEFINITION = Reference(
    noun="job definition", resource="job-definition", attribute="job_definition", has_revision=True
)

JOB_QUEUE = Reference(
    noun="job queue",
    resource="job-queue",
    attribute="job_queue",
    unless="grant_submit_service_job",
)
"""A queue that jobs are submitted to with SubmitJob: a ``ServiceJobQueue`` is none."""
