"""Amazon EKS: what AWS Batch needs in a cluster, by roles of Kubernetes or by access policies.

https://docs.aws.amazon.com/batch/latest/userguide/getting-started-eks.html
https://docs.aws.amazon.com/batch/latest/userguide/eks-access-entries.html
"""

from __future__ import annotations

from batch_constructs.aws.source import Source, docs, guide
from batch_constructs.aws.typing_names import Any, Final

USER: Final = "aws-batch"
"""What AWS Batch is called in a cluster; the names of its pods begin so, too."""

SERVICE_ROLE: Final = "AWSServiceRoleForBatch"
SERVICE_ROLE_PATH: Final = "aws-service-role/batch.amazonaws.com"
"""Left out in the `aws-auth` ConfigMap, which takes no ARN with a path."""

CONFIG_MAP: Final = "CONFIG_MAP"
API: Final = "API"
BOTH: Final = "API_AND_CONFIG_MAP"
"""How a cluster authenticates: by its `aws-auth` ConfigMap, by access entries, or by both."""

MODES_SOURCE: Final[Source] = docs(
    "eks/latest/userguide/grant-k8s-access.html",
    "CONFIG_MAP: the ConfigMap alone; API_AND_CONFIG_MAP: both; API: access entries alone.",
)

NAMESPACE_POLICY: Final = "AWSBatchNamespacePolicy"
"""Of access policies of Amazon EKS: pods of one namespace."""

NAMESPACE_POLICY_SOURCE: Final[Source] = guide(
    "eks-access-entries",
    '"Without the namespace-scoped policy association, jobs will remain stuck in `RUNNABLE` status.'
    ' The cluster-level policy alone does not grant pod management permissions."',
)

NAMESPACE_SCOPE: Final = "namespace"
"""The scope of an access policy that holds in some namespaces.

https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessScope.html
"""

NODE_ENTRY: Final = "EC2_LINUX"
"""The type of the access entry by which nodes join."""

NODE_USER: Final = "system:node:{{EC2PrivateDNSName}}"
NODE_GROUPS: Final = ("system:bootstrappers", "system:nodes")
"""Who a node is, in the `aws-auth` ConfigMap."""

_READ: Final = ["get", "list", "watch"]
_RBAC: Final = "rbac.authorization.k8s.io"

CLUSTER_RULES: Final[list[dict[str, Any]]] = [
    {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["nodes"], "verbs": _READ},
    {"apiGroups": [""], "resources": ["pods"], "verbs": _READ},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
    {"apiGroups": [""], "resources": ["configmaps"], "verbs": _READ},
    {
        "apiGroups": ["apps"],
        "resources": ["daemonsets", "deployments", "statefulsets", "replicasets"],
        "verbs": _READ,
    },
    {
        "apiGroups": [_RBAC],
        "resources": ["clusterroles", "clusterrolebindings"],
        "verbs": ["get", "list"],
    },
]
NAMESPACE_RULES: Final[list[dict[str, Any]]] = [
    {
        "apiGroups": [""],
        "resources": ["pods"],
        "verbs": ["create", "get", "list", "watch", "delete", "patch"],
    },
    {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get", "list"]},
    {"apiGroups": [_RBAC], "resources": ["roles", "rolebindings"], "verbs": ["get", "list"]},
]
RULES_SOURCE: Final[Source] = guide(
    "getting-started-eks",
    "Step 2: Prepare your Amazon EKS cluster for AWS Batch: the cluster role, and the role of each"
    " namespace.",
)


def roles(namespace: str) -> list[dict[str, Any]]:
    """Return the roles and bindings of AWS Batch in a cluster and in a namespace."""
    made = []
    for name, kind, rules in (
        (f"{USER}-cluster-role-{namespace}", "ClusterRole", CLUSTER_RULES),
        (f"{USER}-compute-environment-role", "Role", NAMESPACE_RULES),
    ):
        metadata: dict[str, Any] = {"name": name}
        bound: dict[str, Any] = {"name": f"{name}-binding"}
        if kind == "Role":
            metadata["namespace"] = bound["namespace"] = namespace
        made += [
            {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": metadata, "rules": rules},
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": f"{kind}Binding",
                "metadata": bound,
                "subjects": [{"kind": "User", "name": USER, "apiGroup": _RBAC}],
                "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": name},
            },
        ]
    return made
