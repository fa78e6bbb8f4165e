"""A cluster of Amazon EKS made ready for AWS Batch: namespace, permissions, nodes that may join.

https://docs.aws.amazon.com/batch/latest/userguide/getting-started-eks.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import Stack
from aws_cdk import aws_eks as eks
from aws_cdk import aws_iam as iam

from batch_constructs.arguments import Arguments
from batch_constructs.aws import eks_facts as aws
from batch_constructs.aws.bound import shown
from batch_constructs.aws.compute_environment_facts import AccessEntryState
from batch_constructs.aws.managed_policies import EKS_NODE
from batch_constructs.aws.pod_facts import ENVIRONMENT_NAMESPACE
from batch_constructs.compute.eks_compute_environment import EksComputeEnvironment
from batch_constructs.compute.environment_roles import INSTANCE_ROLE, make_instance_role
from batch_constructs.compute.namespace_access import NamespaceAccess
from batch_constructs.construct import BatchConstruct, once_made
from batch_constructs.function_settings import read_function_settings
from batch_constructs.jsii_objects import described, has_member
from batch_constructs.known_argument import known_flag
from batch_constructs.known_scope import are_in_one_stack
from batch_constructs.tokens import is_token
from batch_constructs.unused_at_synthesis import warn_if_unused

if TYPE_CHECKING:
    from aws_cdk import aws_eks_v2 as eks_v2
    from constructs import Construct

    from batch_constructs.function_settings import FunctionSettings


NODE_ACCESS: Final = "NodeAccess"
"""The ID of an access entry by which nodes join."""


class EksNamespace(BatchConstruct):
    """A namespace of an Amazon EKS cluster in which AWS Batch can run pods, on nodes that can join.

    Creates, below its own ID: ``InstanceRole/Resource`` (AWS::IAM::Role with AWS's policies for
    nodes), ``NodeAccess`` (AWS::EKS::AccessEntry), and below the cluster the manifest of the
    namespace; for the first environment ``BatchAccess``, a Lambda function with its role and log
    group which associates AWS's access policy ``AWSBatchNamespacePolicy`` with the access entry
    that AWS Batch makes. With ``config_map``, instead of the last two, the roles and bindings of
    AWS's guide and the entries of the ``aws-auth`` ConfigMap.

    Attributes:
        kubernetes_namespace: Its name.
        instance_role: The role of nodes, for ``EksComputeEnvironment(instance_role=…)``.

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        cluster: The cluster, of ``aws_eks`` or ``aws_eks_v2``. An imported cluster must be able to
            run ``kubectl``: ``from_cluster_attributes`` with ``kubectl_role_arn`` and
            ``kubectl_layer``, or with ``kubectl_provider``.
        kubernetes_namespace: The namespace; not ``default``, not ``kube-…``.
        create_namespace: Whether to create the namespace. Default: yes.
        config_map: Whether to use the cluster's ``aws-auth`` ConfigMap, without access entries; it
            has to be an ``eks.Cluster`` of the same stack. Default: as that cluster authenticates,
            which by default is by its ConfigMap; for other clusters, no.
        function_settings: ``FunctionSettings``: network, key, concurrency, log and permissions
            boundary of the function. Default: none.

    Raises:
        ValueError: a namespace that AWS Batch refuses, a cluster that cannot run ``kubectl``, or
            that has no ``aws-auth``.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/batch/latest/userguide/eks-access-entries.html
    """

    kubernetes_namespace: str
    instance_role: iam.Role

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.ICluster | eks_v2.ICluster,
        kubernetes_namespace: str,
        create_namespace: bool = True,
        config_map: bool | None = None,
        function_settings: FunctionSettings | None = None,
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        if not has_member(cluster, "add_manifest"):
            arguments.wrong_type("cluster", cluster, "a cluster of aws_eks or aws_eks_v2")
        name = arguments.text(
            "kubernetes_namespace",
            kubernetes_namespace,
            required=True,
            bound=ENVIRONMENT_NAMESPACE,
        )
        makes = known_flag(arguments, "create_namespace", create_namespace)
        self._mode = _mode(cluster)
        self._by_map = _is_by_map(arguments, self._mode, config_map=config_map)
        if self._by_map and self._mode is not None and not are_in_one_stack(cluster, self):
            instead = (
                "leave config_map out"
                if self._mode == aws.BOTH
                else "let the cluster have access entries "
                f"(authentication_mode=AuthenticationMode.{aws.BOTH})"
            )
            arguments.wrong_value(
                "cluster is of another stack, and its aws-auth can only name roles of its own "
                f"stack: create the namespace in the cluster's stack, or {instead}"
            )
        self._function_settings = read_function_settings(arguments, function_settings)
        if self._by_map and function_settings is not None:
            arguments.wrong_value(
                "function_settings is given, and a cluster with aws-auth needs no function: leave "
                "it out"
            )
        arguments.refuse()

        self._cluster: Any = cluster
        self.kubernetes_namespace = str(name)
        self.instance_role = make_instance_role(self, EKS_NODE, session_access=False)
        self._ready: list[Construct] = []
        self._mapped: set[str] = set()
        documents: list[dict[str, Any]] = []
        if makes is not False:
            metadata = {
                "name": self.kubernetes_namespace,
                "labels": {"name": self.kubernetes_namespace},
            }
            documents.append({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        if self._by_map:
            documents += aws.roles(self.kubernetes_namespace)
        else:
            self._ready.append(self._node_access(self, self.instance_role))
        self._access: NamespaceAccess | None = None
        if documents:
            once_made(partial(self._add_manifest, documents))
        if self._by_map:
            once_made(self._map_roles)
        self._has_environment = False
        warn_if_unused(
            self,
            "batch-constructs:eks-namespace-unused",
            "no compute environment was added, so those in the namespace do not wait for it, and "
            "AWS Batch may have no access to it, with all jobs in RUNNABLE: call "
            "namespace.add_compute_environment(environment)",
            is_used=lambda: self._has_environment,
        )

    def add_compute_environment(self, environment: EksComputeEnvironment) -> None:
        """Make an environment wait for what it needs in the cluster, including the namespace.

        Nodes with a role that the environment created get an access entry, so they can join. A role
        that you passed needs one already.

        Its ``access_entry_state`` has to be ``ENABLED``, as that of all environments of the
        cluster, unless the cluster authenticates by the ``aws-auth`` ConfigMap; then leave it out.

        Raises:
            TypeError: it is no ``EksComputeEnvironment`` of the app.
            ValueError: it is of another cluster or namespace, or leaves its access entry out, or
                asks for one that the cluster cannot have; or with ``config_map`` it is of another
                stack and made its role itself.
        """
        if not isinstance(environment, EksComputeEnvironment):
            raise TypeError(
                f"{self.node.path}: environment is {described(environment)}; expected an "
                "EksComputeEnvironment"
            )
        known: Any = environment.resource.eks_configuration
        names = ("eksClusterArn", "kubernetesNamespace", "accessEntry")
        given = {name: _member(known, name) for name in names}
        here, there = (
            str(one).rpartition("/")[2] for one in (self._cluster.cluster_arn, given[names[0]])
        )
        if here != there and not is_token(here) and not is_token(there):
            raise ValueError(
                f"{self.node.path}: environment is of cluster {shown(there)}, not {shown(here)}: "
                "give it the cluster of the namespace"
            )
        if given["kubernetesNamespace"] != self.kubernetes_namespace:
            raise ValueError(
                f"{self.node.path}: environment is of namespace "
                f"{shown(given['kubernetesNamespace'])}, not {shown(self.kubernetes_namespace)}: "
                "give it kubernetes_namespace=namespace.kubernetes_namespace"
            )
        state = _member(given["accessEntry"], "desiredState")
        if not self._by_map and state != AccessEntryState.ENABLED:
            instead = ", or config_map=True to the namespace" if self._mode == aws.BOTH else ""
            raise ValueError(
                f"{self.node.path}: access_entry_state of {environment.node.path} is "
                f"{shown(state) if state else 'left out'}, so AWS Batch cannot use the "
                f"namespace: give access_entry_state=AccessEntryState.ENABLED{instead}"
            )
        if self._mode == aws.CONFIG_MAP and state == AccessEntryState.ENABLED:
            raise ValueError(
                f"{self.node.path}: access_entry_state of {environment.node.path} is "
                f"{shown(state)}, but the cluster has no access entries: leave it out, or give "
                f"the cluster authentication_mode=AuthenticationMode.{aws.BOTH}"
            )
        self._has_environment = True
        self._let_join(environment)
        # behind the manifest, which is made once this construct is whole
        once_made(lambda: environment.resource.node.add_dependency(*self._ready))
        if not self._by_map:
            if self._access is None:
                self._access = NamespaceAccess(
                    self,
                    "BatchAccess",
                    cluster_name=self._cluster.cluster_name,
                    kubernetes_namespace=self.kubernetes_namespace,
                    principal_arn=self._role_arn(f"{aws.SERVICE_ROLE_PATH}/{aws.SERVICE_ROLE}"),
                    function_settings=self._function_settings,
                )
            self._access.association.node.add_dependency(environment.resource)

    def _let_join(self, environment: EksComputeEnvironment) -> None:
        """Let the nodes of a role that the environment made itself join the cluster."""
        role = environment.instance_role
        own = environment.node.try_find_child(INSTANCE_ROLE)
        if role is None or own is None or own.node.path != role.node.path:
            return
        if self._by_map:
            if not are_in_one_stack(self._cluster, role):
                raise ValueError(
                    f"{self.node.path}: environment {environment.node.path} is in another stack "
                    "than the cluster, whose aws-auth can only name roles of its own stack, and "
                    "created its role itself: give it instance_role=namespace.instance_role"
                )
            if role.node.path not in self._mapped:
                self._mapped.add(role.node.path)
                self._map_nodes(role)
        elif environment.node.try_find_child(NODE_ACCESS) is None:
            entry = self._node_access(environment, role)
            environment.resource.node.add_dependency(entry)

    def _node_access(self, scope: Construct, role: iam.IRole) -> eks.CfnAccessEntry:
        return eks.CfnAccessEntry(
            scope,
            NODE_ACCESS,
            cluster_name=self._cluster.cluster_name,
            principal_arn=role.role_arn,
            type=aws.NODE_ENTRY,
        )

    def _map_nodes(self, role: iam.IRole) -> None:
        self._cluster.aws_auth.add_role_mapping(
            role, groups=list(aws.NODE_GROUPS), username=aws.NODE_USER
        )

    def _add_manifest(self, documents: list[dict[str, Any]]) -> None:
        try:
            self._ready.append(self._cluster.add_manifest(f"{self.node.addr}", *documents))
        except RuntimeError as error:
            raise ValueError(
                f"{self.node.path}: cluster cannot run kubectl ({str(error).splitlines()[0]}): "
                "import it with kubectl_role_arn and kubectl_layer, or with kubectl_provider"
            ) from error

    def _role_arn(self, name: str) -> str:
        """Return the ARN of a role of this account."""
        return Stack.of(self).format_arn(
            service="iam", region="", resource="role", resource_name=name
        )

    def _map_roles(self) -> None:
        """Write AWS Batch and the nodes into the ``aws-auth`` ConfigMap."""
        batch = iam.Role.from_role_arn(
            self,
            "ServiceRole",
            self._role_arn(aws.SERVICE_ROLE),
            mutable=False,
        )
        self._cluster.aws_auth.add_role_mapping(batch, groups=[], username=aws.USER)
        self._map_nodes(self.instance_role)


def _mode(cluster: Any) -> str | None:
    """Tell how a cluster that the app makes authenticates; None for others, which do not tell."""
    if not has_member(cluster, "aws_auth"):
        return None
    mode = cluster.authentication_mode
    return aws.CONFIG_MAP if mode is None else str(mode.name)


def _is_by_map(arguments: Arguments, mode: str | None, *, config_map: bool | None) -> bool:
    """Whether roles go into the ``aws-auth`` ConfigMap, refused where that leads nowhere."""
    if config_map is None:
        return mode == aws.CONFIG_MAP
    chosen = known_flag(arguments, "config_map", config_map) is True
    if chosen and mode is None:
        arguments.wrong_value(
            "config_map is given with a cluster that has no aws-auth here: leave it out, or "
            "give the eks.Cluster that the app makes"
        )
    elif (chosen, mode) in {(True, aws.API), (False, aws.CONFIG_MAP)}:
        arguments.wrong_value(
            f"config_map is {chosen}, but the cluster only authenticates by {mode}: leave it out"
        )
    return chosen


def _member(value: Any, name: str) -> Any:
    """Read a member of a nested property, a mapping or a struct of the CDK."""
    if isinstance(value, dict):
        return value.get(name)
    snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in name)
    return getattr(value, snake, None)
