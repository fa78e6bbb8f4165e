"""Job definitions for Amazon EKS.

https://docs.aws.amazon.com/batch/latest/userguide/eks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batch_constructs.arguments import Arguments
from batch_constructs.aws.job_definition_facts import JobDefinitionType
from batch_constructs.jobs.job_arguments import (
    DEFAULTS,
    REFUSED_THOUGH_NO_ERROR,
    ConsumptionArguments,
    Job,
    JobArguments,
)
from batch_constructs.jobs.own_job_definition import OwnJobDefinition
from batch_constructs.jobs.pod import Pod, pod_properties
from batch_constructs.one_call import OneCall
from batch_constructs.shared_arguments import spells_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self, Unpack

    from aws_cdk import aws_batch as batch
    from constructs import Construct

    from batch_constructs.aws.pod_facts import DnsPolicy
    from batch_constructs.jobs.job_arguments import EksJobArguments
    from batch_constructs.jobs.keywords_of_many import EksKeywords
    from batch_constructs.jobs.pod import PodContainer


@spells_out(JobArguments, ConsumptionArguments, defaults=DEFAULTS)
class EksJobDefinition(OwnJobDefinition):
    """A job that is a pod on Amazon EKS.

    The pod acts as its service account, logs as the cluster logs, and its images are pulled by the
    nodes: there are no roles and no log group of its own.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        containers: Its containers, at most ten.
        init_containers: Containers that run before these, one after the other. Default: none.
        service_account_name: The Kubernetes service account, which can represent an IAM role.
            Default: the namespace's default one.
        host_network: Whether the pod shares its node's network, and with it the node's credentials.
            None omits it, which means yes to AWS Batch. Default: no.
        dns_policy: ``Default``, ``ClusterFirst`` or ``ClusterFirstWithHostNet``. Default:
            ``ClusterFirstWithHostNet`` on the node's network, otherwise ``ClusterFirst``.
        image_pull_secrets: Names of Kubernetes secrets for private registries. Default: none.
        labels: Labels of the pod. Default: none.
        annotations: Annotations of the pod. Default: none.
        namespace: Its Kubernetes namespace; the job's environment must use the same namespace.
            Default: that of the compute environment.
        share_process_namespace: Whether its containers see each other's processes. Default: no.
        parameters: Default values for ``Ref::name`` in the commands; a submission can override
            them. Default: none.
        tags: Tags of the definition; on EKS jobs do not inherit them. Default: those of the stack.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave a job stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    if TYPE_CHECKING:

        @classmethod
        def from_mapping(  # type: ignore[override]  # noqa: D102  # fewer than any; editors show what it overrides
            cls,
            scope: Construct,
            definitions: Mapping[str, Mapping[str, Any]],
            **shared: Unpack[EksKeywords],
        ) -> dict[str, Self]:
            raise NotImplementedError

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        containers: Sequence[PodContainer],
        init_containers: Sequence[PodContainer] | None = None,
        service_account_name: str | None = None,
        host_network: bool | None = False,
        dns_policy: DnsPolicy | batch.DnsPolicy | str | None = None,
        image_pull_secrets: Sequence[str] | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        namespace: str | None = None,
        share_process_namespace: bool = False,
        **shared: Unpack[EksJobArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        pod = pod_properties(
            arguments,
            Pod(
                containers=containers,
                init_containers=init_containers,
                service_account_name=service_account_name,
                host_network=host_network,
                dns_policy=dns_policy,
                image_pull_secrets=image_pull_secrets,
                labels=labels,
                annotations=annotations,
                namespace=namespace,
                share_process_namespace=share_process_namespace,
            ),
        )
        job = Job(arguments, shared, kind=JobDefinitionType.CONTAINER, capability=None, on_eks=True)
        eks = {"EksProperties": {"PodProperties": pod}}
        arguments.check(
            "AWS::Batch::JobDefinition",
            {**job.known, **eks},
            beside=job.beside,
            refuse_also=REFUSED_THOUGH_NO_ERROR,
        )
        arguments.refuse()
        self._make(OneCall(self), {**job.properties, **eks}, job.kept)
