"""A cluster of Amazon EKS made ready for AWS Batch: namespace, permissions, nodes, a queue."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_lambda as lambda_

import batch_constructs as bc

KUBECTL = "arn:aws:lambda:us-east-1:123456789012:layer:kubectl:1"  # a layer of yours


def build(app: cdk.App) -> cdk.Stack:
    """Declare a namespace in a cluster that is there, nodes that join it, and a pod."""
    stack = cdk.Stack(app, "EksNamespace")
    public = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=[public])
    cluster = eks.Cluster.from_cluster_attributes(
        stack,
        "Cluster",
        cluster_name="shared",
        kubectl_role_arn="arn:aws:iam::123456789012:role/shared-kubectl",
        kubectl_layer=lambda_.LayerVersion.from_layer_version_arn(stack, "Kubectl", KUBECTL),
    )
    namespace = bc.EksNamespace(stack, "Batch", cluster=cluster, kubernetes_namespace="batch")
    nodes = bc.EksComputeEnvironment(
        stack,
        "Nodes",
        cluster=cluster,
        kubernetes_namespace=namespace.kubernetes_namespace,
        access_entry_state=bc.AccessEntryState.ENABLED,
        instance_role=namespace.instance_role,
        vpc=vpc,
    )
    namespace.add_compute_environment(nodes)
    bc.JobQueue(stack, "Queue", compute_environments=[nodes])
    image = "public.ecr.aws/docker/library/busybox:stable"
    pod = bc.PodContainer(image=image, vcpus=1, memory=cdk.Size.gibibytes(1))
    bc.EksJobDefinition(stack, "Pod", containers=[pod])
    return stack


if __name__ == "__main__":
    app = cdk.App()
    build(app)
    app.synth()
