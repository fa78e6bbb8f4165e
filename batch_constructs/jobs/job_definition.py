"""What every job definition has: an ARN, a name, and a place in other people's wiring.

https://docs.aws.amazon.com/batch/latest/userguide/job_definitions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from batch_constructs.construct import BatchConstruct
from batch_constructs.jsii_objects import has_member
from batch_constructs.reference import Reference

if TYPE_CHECKING:
    from aws_cdk import aws_batch as batch
    from aws_cdk.interfaces import aws_batch as batch_interfaces
    from constructs import Construct

    AnyJobDefinition: TypeAlias = (
        "JobDefinition | batch.IJobDefinition | batch_interfaces.IJobDefinitionRef"
    )
    """Ours, an ``aws_batch`` L2 or an L1."""


class JobDefinition(BatchConstruct):
    """A job definition, ours or imported: its ARN and its name.

    Job definitions are made by ``FargateJobDefinition``, ``Ec2JobDefinition``,
    ``MultiContainerJobDefinition``, ``MultiNodeJobDefinition`` and ``EksJobDefinition``; this class
    takes in those that exist already.
    """

    _resource: batch.CfnJobDefinition
    _arn: str | None = None

    @property
    def job_definition_arn(self) -> str:
        """The ARN, with the revision that this stack registers."""
        if self._arn is None:
            self._arn = self._resource.ref
        return self._arn

    @property
    def job_definition_name(self) -> str:
        """The name, without a revision: what a submission of the newest revision names."""
        return job_definition_name(self.job_definition_arn)

    @classmethod
    def from_job_definition_arn(
        cls, scope: Construct, id: str, job_definition_arn: str
    ) -> JobDefinition:
        """Take in a job definition by its ARN, with a revision or without.

        Raises:
            ValueError: the text is no job definition's ARN.
        """
        return _ImportedJobDefinition(scope, id, _REFERENCE.arn(scope, id, job_definition_arn))

    @classmethod
    def from_job_definition_name(
        cls, scope: Construct, id: str, job_definition_name: str
    ) -> JobDefinition:
        """Take in a job definition of the stack's account and Region by its name.

        Raises:
            ValueError: the text is no job definition's name.
        """
        arn = _REFERENCE.arn_of_name(scope, id, job_definition_name)
        return _ImportedJobDefinition(scope, id, arn)


class _ImportedJobDefinition(JobDefinition):
    def __init__(self, scope: Construct, id: str, arn: str) -> None:
        super().__init__(scope, id)
        self._arn = arn


_REFERENCE = Reference(
    noun="job definition", resource="job-definition", attribute="job_definition", parts=7
)


def job_definition_name(arn: str) -> str:
    """Read the name out of a job definition's ARN; of a token, CloudFormation reads it."""
    return _REFERENCE.name(arn)


def job_definition_arn_without_revision(definition: AnyJobDefinition) -> str:
    """Return the ARN that a submission by name is authorised against."""
    return _REFERENCE.arn_without_revision(definition)


def job_definition_arn_to_submit(definition: AnyJobDefinition) -> str:
    """Return the ARN by which what is deployed now still submits after the next deployment.

    CloudFormation deregisters a revision when it registers the next one. So the ARN is one without
    a revision, which stands for the newest, unless old revisions are kept, or the definition was
    taken in by an ARN: then that is what is meant.
    """
    made_here = has_member(definition, "cfn_resource_type") or (
        definition.node.default_child is not None  # type: ignore[union-attr]  # constructs, all of them
    )
    if not made_here or _keeps_old_revisions(definition):
        return job_definition_arn(definition)
    return job_definition_arn_without_revision(definition)


def _keeps_old_revisions(definition: Any) -> bool:
    if getattr(definition, "skip_deregister_on_update", None) is True:
        return True  # an L2
    policy = getattr(definition, "properties", {}).get("ResourceRetentionPolicy", {})
    return policy.get("SkipDeregisterOnUpdate") is True


def is_job_definition(value: object) -> bool:
    """Whether a value is a job definition: ours, an L2 or an L1."""
    return _REFERENCE.fits(value)


def job_definition_arn(definition: AnyJobDefinition) -> str:
    """Return the ARN of a job definition: ours, an L2 or an L1.

    Raises:
        TypeError: it is none of these.
    """
    return _REFERENCE.arn_of(definition)
