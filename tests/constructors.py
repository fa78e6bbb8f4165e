"""Every construct of the library with arguments that are right, each one shared resource given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_eks_v2 as eks_v2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1"
MEMORY = cdk.Size.gibibytes(2)


def eks_cluster(stack: cdk.Stack, role: iam.IRole) -> eks_v2.ICluster:
    """Take in a cluster of which this stack knows how to run kubectl."""
    provider = eks_v2.KubectlProvider.from_kubectl_provider_attributes(
        stack,
        f"Provider{len(stack.node.children)}",
        service_token="arn:aws:lambda:us-east-1:123456789012:function:kubectl",
        role=role,
    )
    return eks_v2.Cluster.from_cluster_attributes(
        stack,
        f"Cluster{len(stack.node.children)}",
        cluster_name="shared",
        kubectl_provider=provider,
    )


def add_pods(namespace: bc.EksNamespace, vpc: ec2.IVpc) -> None:
    """Give a namespace an environment, and with it what lets AWS Batch use the namespace."""
    environment = bc.EksComputeEnvironment(
        cdk.Stack.of(namespace),
        "Pods",
        vpc=vpc,
        cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
        kubernetes_namespace=namespace.kubernetes_namespace,
        access_entry_state="ENABLED",
        instance_role=namespace.instance_role,
    )
    namespace.add_compute_environment(environment)


@dataclass
class Given:
    """What a team has already, in one stack: what a construct could leave something behind on."""

    stack: cdk.Stack

    def __post_init__(self) -> None:
        """Make it all."""
        stack = self.stack
        self.vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
        services = ("batch", "ec2", "ecs", "ecs-tasks", "spotfleet")
        trusted = [iam.ServicePrincipal(f"{service}.amazonaws.com") for service in services]
        self.role = iam.Role(stack, "Role", assumed_by=iam.CompositePrincipal(*trusted))
        self.key = kms.Key(stack, "Key")
        self.topic = sns.Topic(stack, "Topic", master_key=self.key)
        self.messages = sqs.Queue(stack, "Messages", encryption_master_key=self.key)
        self.bucket = s3.Bucket(stack, "Bucket")
        self.secret = secretsmanager.Secret(stack, "Secret")
        self.file_system = efs.FileSystem(stack, "Files", vpc=self.vpc)
        self.log_group = logs.LogGroup(stack, "Logs")
        self.template = bc.LaunchTemplate(stack, "Template")
        self.licences = bc.ConsumableResource(stack, "Licences", total_quantity=5)
        self.environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=self.vpc)
        self.queue = bc.JobQueue(stack, "Queue", compute_environments=[self.environment])
        self.other_queue = bc.JobQueue(stack, "Other", compute_environments=[self.environment])
        self.definition = bc.FargateJobDefinition(
            stack, "Definition", image=IMAGE, vcpus=1, memory=MEMORY, job_role=self.role
        )
        self.service_environment = bc.ServiceEnvironment(
            stack, "Service", capacity_limits=[bc.CapacityLimit(max_capacity=1)]
        )
        self.quotas = bc.QuotaSharePolicy(stack, "Quotas")
        self.service_queue = bc.ServiceJobQueue(
            stack,
            "ServiceQueue",
            service_environments=[self.service_environment],
            scheduling_policy=self.quotas,
        )

    def arguments(self, name: str) -> dict[str, Any]:
        """Return the arguments of a construct: those it needs, and those that are resources."""
        found: dict[str, Any] = getattr(self, f"_{name}", dict)()
        return found

    def _network(self) -> dict[str, Any]:
        return {"vpc": self.vpc}

    def _FargateComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802  # called as the construct
        return {**self._network(), "service_role": self.role}

    def _Ec2ComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802
        template = {"launch_template": self.template}
        return {**self._network(), **template, "instance_role": self.role}

    def _SpotComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802
        roles = {"instance_role": self.role, "spot_fleet_role": self.role}
        return {**self._network(), **roles, "allocation_strategy": "BEST_FIT"}

    def _EksComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802
        cluster = {"cluster": "arn:aws:eks:us-east-1:123456789012:cluster/shared"}
        return {**self._network(), **cluster, "kubernetes_namespace": "jobs"}

    def _ManagedInstancesComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802
        roles = {"instance_role": self.role, "infrastructure_role": self.role}
        return {**self._network(), **roles}

    def _UnmanagedComputeEnvironment(self) -> dict[str, Any]:  # noqa: N802
        return {"service_role": self.role, "cluster_tags": {"team": "whole"}}

    def _BatchEndpoints(self) -> dict[str, Any]:  # noqa: N802
        return {**self._network(), "compute_environments": [self.environment]}

    def _roles(self) -> dict[str, Any]:
        return {"job_role": self.role, "execution_role": self.role}

    def _container(self) -> dict[str, Any]:
        volume = bc.EfsVolume(
            name="files",
            file_system=self.file_system,
            container_path="/files",
            allow_from=[self.environment],
        )
        secrets = {"PASSWORD": self.secret}
        size = {"image": IMAGE, "vcpus": 1, "memory": MEMORY}
        return {**size, "secrets": secrets, "volumes": [volume]}

    def _FargateJobDefinition(self) -> dict[str, Any]:  # noqa: N802
        return {**self._container(), **self._roles(), "log_encryption_key": self.key}

    _Ec2JobDefinition = _FargateJobDefinition

    def _MultiContainerJobDefinition(self) -> dict[str, Any]:  # noqa: N802
        containers = [bc.Container(name="main", **self._container())]
        return {"containers": containers, "platform_capability": "FARGATE", **self._roles()}

    def _MultiNodeJobDefinition(self) -> dict[str, Any]:  # noqa: N802
        nodes = bc.NodeRange(target_nodes=2, container=bc.Container(**self._container()))
        return {"node_ranges": [nodes], **self._roles()}

    def _EksJobDefinition(self) -> dict[str, Any]:  # noqa: N802
        return {"containers": [bc.PodContainer(image=IMAGE, vcpus=1, memory=MEMORY)]}

    def _EksNamespace(self) -> dict[str, Any]:  # noqa: N802
        return {"cluster": eks_cluster(self.stack, self.role), "kubernetes_namespace": "jobs"}

    def _CentralEventBus(self) -> dict[str, Any]:  # noqa: N802
        return {"accounts": ["111122223333"]}

    def _ForwardedEvents(self) -> dict[str, Any]:  # noqa: N802
        bus = "arn:aws:events:us-east-1:111122223333:event-bus/batch-events"
        return {"event_bus_arn": bus, "queues": [self.queue]}

    def _OverviewDashboard(self) -> dict[str, Any]:  # noqa: N802
        return {"queues": [self.queue]}

    def _NestedJobQueues(self) -> dict[str, Any]:  # noqa: N802
        return {"queues": {"Night": {"compute_environments": [self.environment]}}}

    def _EverywhereStackSet(self) -> dict[str, Any]:  # noqa: N802
        def build(stack: cdk.Stack) -> None:
            bc.ConsumableResource(stack, "Licences", total_quantity=1)

        return {"build": build, "regions": ["us-east-1"], "accounts": ["111122223333"]}

    def _JobQueue(self) -> dict[str, Any]:  # noqa: N802
        return {
            "compute_environments": [self.environment],
            "spot_rescue_queue": self.other_queue,
        }

    def _ServiceJobQueue(self) -> dict[str, Any]:  # noqa: N802
        return {"service_environments": [self.service_environment]}

    def _QuotaShare(self) -> dict[str, Any]:  # noqa: N802
        limits = [bc.CapacityLimit(max_capacity=1, capacity_unit="ml.m5.large")]
        return {"queue": self.service_queue, "capacity_limits": limits, "quota_share_name": "one"}

    def _ServiceEnvironment(self) -> dict[str, Any]:  # noqa: N802
        return {"capacity_limits": [bc.CapacityLimit(max_capacity=1)]}

    def _ConsumableResource(self) -> dict[str, Any]:  # noqa: N802
        return {"total_quantity": 1}

    def _SpotRescue(self) -> dict[str, Any]:  # noqa: N802
        return {"queue": self.queue, "rescue_queue": self.other_queue}

    def _SubmitFunction(self) -> dict[str, Any]:  # noqa: N802
        return {"queue": self.queue, "job_definition": self.definition}

    def _EventTrigger(self) -> dict[str, Any]:  # noqa: N802
        return {
            **self._SubmitFunction(),
            "event_pattern": {"source": ["mine"]},
            "dead_letter_queue": self.messages,
        }

    def _ObjectCreatedTrigger(self) -> dict[str, Any]:  # noqa: N802
        dead = {"dead_letter_queue": self.messages}
        return {**self._SubmitFunction(), **dead, "bucket": self.bucket}

    def _ScheduleTrigger(self) -> dict[str, Any]:  # noqa: N802
        dead = {"dead_letter_queue": self.messages}
        return {**self._SubmitFunction(), **dead, "schedule": "cron(0 3 * * ? *)"}

    def _SubmissionGateway(self) -> dict[str, Any]:  # noqa: N802
        own = {"encryption_key": self.key, "alarm_topic": self.topic}
        return {**self._SubmitFunction(), **own, "mode": "coalesce"}

    def _Workflow(self) -> dict[str, Any]:  # noqa: N802
        job = bc.WorkflowJob(name="one", job_definition=self.definition)
        return {"jobs": [job], "queue": self.queue}

    def _queues(self) -> dict[str, Any]:
        return {"queues": [self.queue]}

    _JobCounters = _JobGauges = _queues

    def _alarmed(self) -> dict[str, Any]:
        return {**self._queues(), "alarm_topic": self.topic}

    _BatchDashboard = _AuditTrail = _alarmed

    def _BatchMonitoring(self) -> dict[str, Any]:  # noqa: N802
        return {**self._alarmed(), "alarm_name_prefix": "team"}  # beside those of a dashboard

    def _JobEventLog(self) -> dict[str, Any]:  # noqa: N802
        return {**self._queues(), "log_encryption_key": self.key}

    def _JobNotifications(self) -> dict[str, Any]:  # noqa: N802
        return {**self._queues(), "topic": self.topic}

    def _JobLogQueries(self) -> dict[str, Any]:  # noqa: N802
        return {"log_groups": [self.log_group]}

    def _CostGuard(self) -> dict[str, Any]:  # noqa: N802
        """Its gauges read a queue of their own: a stack reads none twice."""
        budget = bc.VcpuBudget.of_vcpu_hours(1)
        return {"queues": [self.other_queue], "budget": budget, "topic": self.topic}
