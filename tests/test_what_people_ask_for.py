"""What people ask for: what each of the ten renders and refuses, and their examples in one app."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks
from aws_cdk import aws_eks_v2 as eks_v2
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

import batch_constructs as bc
from batch_constructs.aws import eks_facts
from batch_constructs.aws.quotas import EVENT_BUS_POLICY_CHARACTERS
from batch_constructs.aws.template_facts import STACK_SET_NAME
from batch_constructs.one_call import members
from batch_constructs.rules import check_template
from tests.judged_by_cfn_lint import cfn_lint_errors
from tests.rendered import somebody_elses

EXAMPLES = Path(__file__).parent.parent / "examples"
ALL = (
    "fast_storage", "gpu_with_efa", "cost_by_team", "images_that_start", "cheapest_instances",
    "one_at_a_time", "engine_on_fargate_spot", "eks_namespace", "many_places",
    "open_telemetry_sidecar",
)  # fmt: skip
"""One example for each of the ten."""
US = cdk.Environment(account="123456789012", region="us-east-1")


def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack", env=US)


def rendered(of: cdk.Stack) -> dict[str, Any]:
    app = of.node.root
    assert isinstance(app, cdk.App)
    template: dict[str, Any] = app.synth().get_stack_by_name(of.stack_name).template
    return template


def properties(of: cdk.Stack, type_: str) -> list[dict[str, Any]]:
    resources = rendered(of)["Resources"].values()
    return [one["Properties"] for one in resources if one["Type"] == type_]


def kubectl(scope: cdk.Stack) -> Any:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:kubectl:1"
    return lambda_.LayerVersion.from_layer_version_arn(scope, "Kubectl", layer)


def cluster(scope: cdk.Stack, version: int) -> Any:
    if version == 2:
        role = cdk.aws_iam.Role.from_role_name(scope, "KubectlRole", "kubectl")
        return eks_v2.Cluster.from_cluster_attributes(
            scope,
            "Cluster",
            cluster_name="shared",
            kubectl_provider=eks_v2.KubectlProvider.from_kubectl_provider_attributes(
                scope,
                "Provider",
                service_token="arn:aws:lambda:us-east-1:123456789012:function:kubectl",
                role=role,
            ),
        )
    return eks.Cluster.from_cluster_attributes(
        scope,
        "Cluster",
        cluster_name="shared",
        kubectl_role_arn="arn:aws:iam::123456789012:role/kubectl",
        kubectl_layer=kubectl(scope),
    )


def own_cluster(scope: cdk.Stack, mode: eks.AuthenticationMode | None = None) -> Any:
    return eks.Cluster(
        scope,
        "Cluster",
        vpc=ec2.Vpc(scope, "ClusterVpc", max_azs=2),
        version=eks.KubernetesVersion.V1_31,
        default_capacity=0,
        kubectl_layer=kubectl(scope),
        authentication_mode=mode,
    )


def nodes(scope: cdk.Stack, of: Any, name: str = "batch", **more: Any) -> bc.EksComputeEnvironment:
    vpc = ec2.Vpc(scope, "Vpc", max_azs=2)
    return bc.EksComputeEnvironment(
        scope, "Nodes", cluster=of, kubernetes_namespace=name, vpc=vpc, **more
    )


def test_a_gpu_job_gets_its_part_of_the_instance_and_what_nvidia_asks_for() -> None:
    settings = bc.gpu_settings("g5.12xlarge", gpus=2)

    assert (settings["gpus"], settings["vcpus"]) == (2, 24)
    assert settings["shared_memory"].to_mebibytes() == settings["memory"].to_mebibytes() // 2
    assert {one.name for one in settings["ulimits"]} == {"memlock", "stack"}
    assert list(settings["devices"]) == []


def test_a_job_on_a_whole_instance_gets_every_adapter() -> None:
    devices = [one.host_path for one in bc.gpu_settings("p4d.24xlarge", efa=True)["devices"]]

    assert devices == [f"/dev/infiniband/uverbs{number}" for number in range(4)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"instance_type": "m7i.large"}, "not known to have GPUs"),
        ({"instance_type": "g5"}, "not known to have GPUs"),
        ({"instance_type": "g5.12xlarge", "gpus": 5}, "allowed: 1 to 4"),
        ({"instance_type": "p4d.24xlarge", "gpus": 4, "efa": True}, "leave efa out, or gpus"),
        ({"instance_type": "g4dn.xlarge", "efa": True}, "leave efa out, or gpus"),
    ],
)
def test_gpus_that_are_not_there_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bc.gpu_settings(**given)


def test_each_network_card_gets_an_adapter() -> None:
    scope = stack()
    vpc = ec2.Vpc(scope, "Vpc", max_azs=1)
    group = ec2.SecurityGroup(scope, "Nodes", vpc=vpc)
    bc.LaunchTemplate(scope, "Template", efa=4, security_groups=[group])

    (template,) = properties(scope, "AWS::EC2::LaunchTemplate")
    found = template["LaunchTemplateData"]["NetworkInterfaces"]
    assert [(one["NetworkCardIndex"], one["DeviceIndex"]) for one in found] == [
        (0, 0), (1, 1), (2, 1), (3, 1),
    ]  # fmt: skip
    assert [one["InterfaceType"] for one in found] == ["efa", *["efa-only"] * 3]


def test_more_adapters_than_an_instance_has_are_refused() -> None:
    with pytest.raises(ValueError, match="efa is 33; allowed: whole numbers from 1 to 32"):
        bc.LaunchTemplate(stack(), "Template", efa=33)


def test_docker_has_the_time_it_is_given() -> None:
    scope = stack()
    minutes = cdk.Duration.minutes
    bc.LaunchTemplate(
        scope,
        "Template",
        image_pull_timeout=minutes(60),
        container_create_timeout=minutes(10),
        container_start_timeout=minutes(8),
    )

    (template,) = properties(scope, "AWS::EC2::LaunchTemplate")
    said = json.dumps(template["LaunchTemplateData"]["UserData"])
    for line in (
        "ECS_IMAGE_PULL_TIMEOUT=3600s",
        "ECS_CONTAINER_CREATE_TIMEOUT=600s",
        "ECS_CONTAINER_START_TIMEOUT=480s",
    ):
        assert f"echo {line} >> /etc/ecs/ecs.config" in said


def test_a_time_out_below_a_minute_is_refused() -> None:
    with pytest.raises(ValueError, match="container_create_timeout is 59 seconds"):
        bc.LaunchTemplate(stack(), "Template", container_create_timeout=cdk.Duration.seconds(59))


def volume(**more: Any) -> dict[str, Any]:
    scope = stack()
    bc.LaunchTemplate(scope, "Template", root_volume=bc.RootVolume(**more))
    (template,) = properties(scope, "AWS::EC2::LaunchTemplate")
    found: dict[str, Any] = template["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"]
    return found


def test_a_disk_is_as_fast_as_its_images_want() -> None:
    gib = cdk.Size.gibibytes

    assert volume(size=gib(100), image_size=gib(40))["Throughput"] == 342
    assert volume(size=gib(500), image_size=gib(400))["Throughput"] == 750, "what 3,000 iops carry"
    assert "Throughput" not in volume(size=gib(100), image_size=gib(10))
    assert volume(size=gib(100), image_size=gib(40), throughput=200)["Throughput"] == 200


@pytest.mark.parametrize(("size", "images"), [(None, 23), (100, 93)])
def test_a_disk_too_small_for_its_images_is_refused(size: int | None, images: int) -> None:
    gib = cdk.Size.gibibytes
    with pytest.raises(ValueError, match=rf"so no job would start: give size=.*\({images + 8}\)"):
        volume(size=None if size is None else gib(size), image_size=gib(images))


def test_a_disk_just_large_enough_is_taken() -> None:
    assert volume(image_size=cdk.Size.gibibytes(22))["VolumeType"] == "gp3"


def fargate(scope: cdk.Stack) -> Any:
    return bc.FargateComputeEnvironment.from_compute_environment_name(scope, "F", "fargate")


def test_definitions_that_name_a_queue_share_its_limit() -> None:
    scope = stack()
    queue = bc.JobQueue(scope, "Q", compute_environments=[fargate(scope)], max_concurrent_jobs=3)
    for name in ("A", "B"):
        bc.FargateJobDefinition(
            scope,
            name,
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            max_concurrent_jobs=queue,
        )

    (limit,) = properties(scope, "AWS::Batch::ConsumableResource")
    assert limit["TotalQuantity"] == 3
    taken = [
        one["ConsumableResourceProperties"]["ConsumableResourceList"]
        for one in properties(scope, "AWS::Batch::JobDefinition")
    ]
    assert len(taken) == 2
    assert taken[0] == taken[1]
    assert taken[0][0]["Quantity"] == 1


def test_a_queue_without_a_limit_is_no_limit() -> None:
    scope = stack()
    queue = bc.JobQueue(scope, "Q", compute_environments=[fargate(scope)])
    with pytest.raises(ValueError, match="max_concurrent_jobs is a queue without a limit"):
        bc.FargateJobDefinition(
            scope,
            "J",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            max_concurrent_jobs=queue,
        )


@pytest.mark.parametrize("limit", [0, -1])
def test_a_queue_lets_one_job_run_at_least(limit: int) -> None:
    scope = stack()
    with pytest.raises(ValueError, match=f"max_concurrent_jobs is {limit}"):
        bc.JobQueue(scope, "Q", compute_environments=[fargate(scope)], max_concurrent_jobs=limit)


@pytest.mark.parametrize("version", [1, 2])
def test_nodes_may_join_and_batch_may_run_pods_in_the_namespace(version: int) -> None:
    scope = stack()
    shared = cluster(scope, version)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    made = nodes(scope, shared, access_entry_state="ENABLED", instance_role=namespace.instance_role)
    namespace.add_compute_environment(made)

    (entry,) = properties(scope, "AWS::EKS::AccessEntry")
    assert entry["Type"] == "EC2_LINUX"
    resources = rendered(scope)["Resources"]
    (environment,) = [
        one for one in resources.values() if one["Type"] == "AWS::Batch::ComputeEnvironment"
    ]
    waited = {resources[one]["Type"] for one in environment["DependsOn"]}
    assert {"AWS::EKS::AccessEntry", "Custom::AWSCDK-EKS-KubernetesResource"} <= waited
    access = "Custom::BatchNamespaceAccess"
    (call,) = [one for one in resources.values() if one["Type"] == access]
    assert call["Properties"]["Cluster"] == "shared"
    assert call["Properties"]["Namespace"] == "batch"
    assert eks_facts.NAMESPACE_POLICY in json.dumps(call["Properties"]["Policy"])
    assert "AWSServiceRoleForBatch" in json.dumps(call["Properties"]["Principal"])
    assert [one for one in call["DependsOn"] if resources[one]["Type"] == environment["Type"]]


def test_the_association_may_give_this_policy_and_no_other() -> None:
    scope = stack()
    shared = cluster(scope, 1)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    namespace.add_compute_environment(
        nodes(scope, shared, access_entry_state="ENABLED", instance_role=namespace.instance_role)
    )

    (statement,) = [
        one
        for role in properties(scope, "AWS::IAM::Role")
        for policy in role.get("Policies", ())
        for one in policy["PolicyDocument"]["Statement"]
        if "eks:AssociateAccessPolicy" in one["Action"]
    ]
    assert statement["Action"] == ["eks:AssociateAccessPolicy", "eks:DisassociateAccessPolicy"]
    assert "access-entry/shared/role/" in json.dumps(statement["Resource"])
    assert eks_facts.NAMESPACE_POLICY in json.dumps(statement["Condition"])


def test_the_roles_are_those_of_awss_guide() -> None:
    made = eks_facts.roles("batch")

    assert [one["kind"] for one in made] == [
        "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding",
    ]  # fmt: skip
    for role, binding in (made[:2], made[2:]):
        assert binding["roleRef"]["name"] == role["metadata"]["name"]
        assert binding["subjects"][0]["name"] == "aws-batch"
    assert made[3]["metadata"]["namespace"] == "batch"


@pytest.mark.parametrize("name", ["default", "kube-jobs", "Batch"])
def test_a_namespace_that_batch_refuses_is_refused(name: str) -> None:
    scope = stack()
    with pytest.raises(ValueError, match="kubernetes_namespace"):
        bc.EksNamespace(scope, "Ns", cluster=cluster(scope, 1), kubernetes_namespace=name)


def test_a_cluster_without_aws_auth_is_no_map_of_roles() -> None:
    scope = stack()
    with pytest.raises(ValueError, match="config_map is given with a cluster that has no aws-auth"):
        bc.EksNamespace(
            scope,
            "Ns",
            cluster=cluster(scope, 1),
            kubernetes_namespace="batch",
            config_map=True,
        )


def test_a_map_of_roles_names_those_of_its_own_stack_alone() -> None:
    scope = stack()
    app: Any = scope.node.root
    other = cdk.Stack(app, "Other", env=US)
    shared = own_cluster(scope)
    by_map: dict[str, Any] = {
        "cluster": shared,
        "kubernetes_namespace": "batch",
        "config_map": True,
    }
    namespace = bc.EksNamespace(scope, "Ns", **by_map)
    made = nodes(other, shared)

    with pytest.raises(
        ValueError,
        match=r"^Stack/Ns: environment Other/Nodes is in another stack than the cluster, .* "
        r"give it instance_role=namespace.instance_role$",
    ):
        namespace.add_compute_environment(made)
    with pytest.raises(ValueError, match="cluster is of another stack, and its aws-auth can only"):
        bc.EksNamespace(other, "Ns", **by_map)


def test_settings_of_a_function_that_a_map_of_roles_does_without_are_refused() -> None:
    scope = stack()
    with pytest.raises(ValueError, match="function_settings is given, and a cluster with aws-auth"):
        bc.EksNamespace(
            scope,
            "Ns",
            cluster=own_cluster(scope),
            kubernetes_namespace="batch",
            function_settings=bc.FunctionSettings(),
        )


@pytest.mark.parametrize(
    ("mode", "state", "entries"),
    [
        (None, None, 0),
        (eks.AuthenticationMode.CONFIG_MAP, None, 0),
        (eks.AuthenticationMode.API_AND_CONFIG_MAP, "ENABLED", 1),
        (eks.AuthenticationMode.API, "ENABLED", 1),
    ],
)
def test_a_cluster_of_the_app_is_prepared_as_it_authenticates(
    mode: eks.AuthenticationMode | None, state: str | None, entries: int
) -> None:
    """One of ``aws_eks`` has no access entries unless it is told to."""
    scope = stack()
    shared = own_cluster(scope, mode)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    role = namespace.instance_role
    made = nodes(scope, shared, access_entry_state=state, instance_role=role)
    namespace.add_compute_environment(made)

    with somebody_elses():  # the cluster is the CDK's
        text = json.dumps(rendered(scope))
        made_entries = properties(scope, "AWS::EKS::AccessEntry")
    assert len(made_entries) == entries
    assert ("Custom::BatchNamespaceAccess" in text) is bool(entries)
    assert ("aws-auth" in text and "system:bootstrappers" in text) is not bool(entries)


@pytest.mark.parametrize(
    ("mode", "config_map", "message"),
    [
        (
            None,
            False,
            "config_map is False, but the cluster only authenticates by CONFIG_MAP:",
        ),
        (
            eks.AuthenticationMode.API,
            True,
            "config_map is True, but the cluster only auth.* by API",
        ),
    ],
)
def test_a_cluster_is_not_asked_for_what_it_does_not_have(
    mode: eks.AuthenticationMode | None,
    config_map: bool,  # noqa: FBT001  # a case
    message: str,
) -> None:
    scope = stack()
    with pytest.raises(ValueError, match=message):
        bc.EksNamespace(
            scope,
            "Ns",
            cluster=own_cluster(scope, mode),
            kubernetes_namespace="batch",
            config_map=config_map,
        )


def test_nodes_ask_for_no_entry_that_the_cluster_cannot_have() -> None:
    scope = stack()
    shared = own_cluster(scope)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    made = nodes(scope, shared, access_entry_state="ENABLED")

    with pytest.raises(ValueError, match="Nodes is .ENABLED., but the cluster has no access entri"):
        namespace.add_compute_environment(made)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"name": "other", "access_entry_state": "ENABLED"}, 'of namespace "other", not "batch"'),
        ({}, "access_entry_state of Stack/Nodes is left out"),
        ({"access_entry_state": "DISABLED"}, 'is "DISABLED"'),
    ],
)
def test_nodes_that_batch_could_not_use_are_refused(more: dict[str, Any], message: str) -> None:
    scope = stack()
    shared = cluster(scope, 1)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    with pytest.raises(ValueError, match=message):
        namespace.add_compute_environment(nodes(scope, shared, **more))


@pytest.mark.parametrize("version", [1, 2])
def test_nodes_of_an_environments_own_role_may_join_too(version: int) -> None:
    scope = stack()
    shared = cluster(scope, version)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    made = nodes(scope, shared, access_entry_state="ENABLED")
    for _ in range(2):
        namespace.add_compute_environment(made)

    entries = properties(scope, "AWS::EKS::AccessEntry")
    principals = [json.dumps(one["PrincipalArn"]) for one in entries]
    assert len(principals) == 2
    assert any("NodesInstanceRole" in one for one in principals)


@pytest.mark.parametrize("added", [True, False])
def test_a_namespace_without_an_environment_is_told(*, added: bool) -> None:
    scope = stack()
    shared = cluster(scope, 1)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    made = nodes(scope, shared, access_entry_state="ENABLED")
    if added:
        namespace.add_compute_environment(made)

    found = cdk.assertions.Annotations.from_stack(scope).find_warning(
        f"/{namespace.node.path}",
        cdk.assertions.Match.string_like_regexp("no compute environment was added"),
    )
    assert bool(found) is not added


def test_an_environment_of_another_cluster_is_refused() -> None:
    scope = stack()
    shared = cluster(scope, 1)
    namespace = bc.EksNamespace(scope, "Ns", cluster=shared, kubernetes_namespace="batch")
    other = "arn:aws:eks:us-east-1:123456789012:cluster/other"
    made = nodes(scope, other, access_entry_state="ENABLED")

    with pytest.raises(ValueError, match='environment is of cluster "other", not "shared"'):
        namespace.add_compute_environment(made)


def test_events_are_not_sent_to_the_bus_that_hears_them() -> None:
    own = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    with pytest.raises(ValueError, match="event_bus_arn is .* the bus that these events already"):
        bc.ForwardedEvents(stack(), "Events", event_bus_arn=own)


def test_a_bus_takes_what_batch_tells_in_other_accounts_and_nothing_else() -> None:
    scope = stack()
    bc.CentralEventBus(scope, "Bus", accounts=["111122223333"], organization_id="o-abcdefghij")

    accounts, organization = (
        one["Statement"] for one in properties(scope, "AWS::Events::EventBusPolicy")
    )
    only = {"events:source": "aws.batch"}
    assert accounts["Principal"] == {"AWS": ["111122223333"]}
    assert accounts["Condition"] == {"StringEquals": only}
    assert organization["Principal"] == "*"
    assert organization["Condition"]["StringEquals"] == {
        **only, "aws:PrincipalOrgID": "o-abcdefghij",
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [{"accounts": ["1111"]}, {"organization_id": "ou-ab12-abcdefgh"}])
def test_what_is_no_account_or_organization_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        bc.CentralEventBus(stack(), "Bus", **wrong)


def test_as_many_accounts_as_the_policy_of_a_bus_has_room_for_may_send() -> None:
    scope = stack()
    accounts = [f"{number:012}" for number in range(610)]
    bc.CentralEventBus(scope, "Bus", accounts=accounts[:609], organization_id="o-abcdefghij")
    arn = "arn:aws-us-gov:events:us-isof-south-1:111122223333:event-bus/" + "x" * 256

    documents = [one["Statement"] for one in properties(scope, "AWS::Events::EventBusPolicy")]
    whole = {"Version": "2012-10-17", "Statement": [{**one, "Resource": arn} for one in documents]}
    assert len(json.dumps(whole, separators=(",", ":"))) <= EVENT_BUS_POLICY_CHARACTERS
    with pytest.raises(ValueError, match="accounts has 610 entries; allowed: at most 609"):
        bc.CentralEventBus(scope, "More", accounts=accounts)


def test_events_are_sent_on_by_a_role_that_may_nothing_else() -> None:
    scope = stack()
    bus = "arn:aws:events:eu-west-1:111122223333:event-bus/batch-events"
    bc.ForwardedEvents(scope, "Events", event_bus_arn=bus)

    (rule,) = properties(scope, "AWS::Events::Rule")
    assert rule["Targets"][0]["Arn"] == bus
    assert rule["EventPattern"]["source"] == ["aws.batch"]
    (policy,) = properties(scope, "AWS::IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", bus)


def test_what_is_no_bus_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the ARN of an event bus"):
        bc.ForwardedEvents(stack(), "Events", event_bus_arn="batch-events")


def test_a_list_without_queues_does_not_mean_all_of_them() -> None:
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/batch-events"
    with pytest.raises(ValueError, match="queues is empty; allowed: at least one"):
        bc.ForwardedEvents(stack(), "Events", event_bus_arn=bus, queues=[])


def test_each_place_has_its_row() -> None:
    scope = stack()
    arns = [
        "arn:aws:batch:us-east-1:123456789012:job-queue/here",
        "arn:aws:batch:eu-west-1:123456789012:job-queue/region",
        "arn:aws:batch:eu-west-1:111122223333:job-queue/account",
    ]
    queues = [bc.JobQueue.from_job_queue_arn(scope, f"Q{n}", arn) for n, arn in enumerate(arns)]
    bc.OverviewDashboard(scope, "Page", queues=queues)

    (dashboard,) = properties(scope, "AWS::CloudWatch::Dashboard")
    text = dashboard["DashboardBody"]["Fn::Sub"]
    graphs = [one["properties"] for one in json.loads(text)["widgets"] if one["type"] == "metric"]
    assert {(one.get("accountId"), one["region"]) for one in graphs[3:]} == {
        ("123456789012", "eu-west-1"), ("111122223333", "eu-west-1"),
    }  # fmt: skip
    assert {one.get("accountId") for one in graphs[:3]} == {None}


def test_hundreds_of_queues_are_divided_and_one_more_moves_none() -> None:
    def where(count: int) -> dict[str, str]:
        scope = stack()
        made = bc.NestedJobQueues(
            scope,
            "Queues",
            queues={f"Team{n}": {} for n in range(count)},
            shared={"compute_environments": [fargate(scope)]},
        )
        return {name: queue.node.path for name, queue in made.queues.items()}

    before, after = where(600), where(601)

    assert {name: after[name] for name in before} == before
    stacks = [path.split("/")[2] for path in after.values()]
    assert max(map(stacks.count, set(stacks))) < 500


def test_no_queue_is_refused() -> None:
    with pytest.raises(ValueError, match="queues is empty"):
        bc.NestedJobQueues(stack(), "Queues", queues={})


def test_the_whole_is_a_stack_set() -> None:
    scope = stack()
    bc.EverywhereStackSet(
        scope,
        "There",
        build=lambda there: bc.ForwardedEvents(
            there, "E", event_bus_arn="arn:aws:events:us-east-1:123456789012:event-bus/batch"
        ),
        regions=["eu-west-1"],
        organizational_units=["ou-ab12-abcdefgh"],
    )

    (made,) = properties(scope, "AWS::CloudFormation::StackSet")
    types = {one["Type"] for one in json.loads(made["TemplateBody"])["Resources"].values()}
    assert types >= {"AWS::Events::Rule", "AWS::IAM::Role", "AWS::SQS::Queue"}
    assert made["PermissionModel"] == "SERVICE_MANAGED"


def everything(there: cdk.Stack) -> None:
    """Fill a stack with what grants something to a role, a key or a topic once it is made."""
    vpc = ec2.Vpc(there, "Vpc", max_azs=2)
    reads = [bc.S3MountVolume(cdk.aws_s3.Bucket(there, "Reads", enforce_ssl=True))]
    template = bc.LaunchTemplate(there, "Template", volumes=reads)
    fast = bc.Ec2ComputeEnvironment(there, "Fast", vpc=vpc, launch_template=template)
    queue = bc.JobQueue(there, "Queue", compute_environments=[fast])
    work = bc.Container(name="work", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(1))
    job = bc.MultiContainerJobDefinition(
        there,
        "Job",
        platform_capability="EC2",
        containers=bc.with_sidecar(
            [work], bc.open_telemetry_collector(), platform_capability="EC2"
        ),
    )
    alerts = bc.AlertTopic(there, "Alerts")
    bc.ScheduleTrigger(there, "Nightly", queue=queue, job_definition=job, schedule="rate(1 day)")
    bc.Workflow(there, "Flow", queue=queue, jobs=[bc.WorkflowJob(name="a", job_definition=job)])
    bc.BatchMonitoring(there, "Watched", queues=[queue], alarm_topic=alerts)
    bc.BatchDashboard(there, "Page", queues=[queue])


def test_a_stack_set_deploys_what_a_stack_would_with_all_rights() -> None:
    scope = stack()
    bc.EverywhereStackSet(
        scope, "There", build=everything, regions=["eu-west-1"], accounts=["111122223333"]
    )
    apart = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack-There")
    everything(apart)

    (made,) = properties(scope, "AWS::CloudFormation::StackSet")
    assert json.loads(made["TemplateBody"])["Resources"] == rendered(apart)["Resources"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "leave one of them out|accounts is left out"),
        ({"accounts": ["1"]}, r"accounts\[0\]"),
        ({"accounts": ["111122223333"], "regions": []}, "regions is empty"),
        ({"organizational_units": ["units"]}, r"organizational_units\[0\]"),
        ({"stack_set_name": "a b"}, "stack_set_name"),
        ({"stack_set_name": "a" * 129}, "stack_set_name has 129 characters"),
    ],
)
def test_a_stack_set_that_reaches_nobody_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bc.EverywhereStackSet(
            stack(), "There", **{"build": lambda _: None, "regions": ["eu-west-1"], **more}
        )


@pytest.mark.parametrize("validated", [True, False])
def test_a_stack_set_is_validated_by_the_cdk_where_its_app_is(*, validated: bool) -> None:
    found = []
    app = cdk.App(builtin_cloud_formation_validation=validated)

    def build(there: cdk.Stack) -> None:
        found.extend(members(there.node.root, "_builtinCloudFormationValidation"))
        bc.JobQueue.from_job_queue_name(there, "Queue", "q").on_job_failed("Failed")

    bc.EverywhereStackSet(
        cdk.Stack(app, "Stack"),
        "There",
        build=build,
        regions=["eu-west-1"],
        accounts=["111122223333"],
    )

    assert found == [validated]


def test_stack_sets_of_one_id_share_no_names() -> None:
    """The resource policies that they make for log groups would write over each other."""
    names, policies = [], []
    for name in ("A", "B", f"C{'x' * 100}"):
        scope = Construct(cdk.Stack(cdk.App(), name), "Some_where é")
        bc.EverywhereStackSet(
            scope,
            f"{'There' * 8}_",
            build=lambda there: bc.JobEventLog(
                there, "Log", queues=[bc.JobQueue.from_job_queue_name(there, "Q", "q")]
            ),
            regions=["eu-west-1"],
            accounts=["111122223333"],
        )
        (made,) = properties(cdk.Stack.of(scope), "AWS::CloudFormation::StackSet")
        names.append(made["StackSetName"])
        made_there = json.loads(made["TemplateBody"])["Resources"].values()
        policies += [
            one["Properties"]["PolicyName"]
            for one in made_there
            if one["Type"] == "AWS::Logs::ResourcePolicy"
        ]

    assert names[0] == f"A-Some-where---{'There' * 8}-"
    assert [len(one) for one in names][1:] == [len(names[0]), 128]
    assert all(STACK_SET_NAME.admits(one) for one in names)
    assert len(set(policies)) == 3


def bucket_beside(construct: Any) -> cdk.aws_s3.Bucket:
    return cdk.aws_s3.Bucket(construct, "Bucket")


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda _there, _vpc: None, "Stack/There: build creates no resource"),
        (
            lambda there, vpc: bc.FargateComputeEnvironment(there, "F", vpc=vpc),
            "Stack/There: build refers to a construct of this app",
        ),
        (
            lambda there, _: ec2.Vpc.from_lookup(there, "V", vpc_id="vpc-1"),
            r"There: build looks something up \(vpc-provider\), .*: create it in build, or import",
        ),
        (
            lambda there, vpc: cdk.aws_s3.CfnBucketPolicy(
                there, "P", bucket=bucket_beside(vpc).bucket_name, policy_document={}
            ),
            "There: build refers to Stack/Vpc/Bucket of this app, whose name .*: create it in",
        ),
    ],
)
def test_a_stack_set_that_could_not_stand_elsewhere_is_refused(build: Any, message: str) -> None:
    scope = stack()
    vpc = ec2.Vpc(scope, "Vpc", max_azs=1)
    with pytest.raises(ValueError, match=message):
        bc.EverywhereStackSet(
            scope,
            "There",
            build=lambda there: build(there, vpc),
            regions=["eu-west-1"],
            accounts=["111122223333"],
        )


def test_what_needs_files_of_this_account_is_refused() -> None:
    def build(there: cdk.Stack) -> None:
        queue = bc.JobQueue.from_job_queue_name(there, "Q", "q")
        bc.JobNotifications(there, "N", queues=[queue], topic=bc.AlertTopic(there, "T"))

    with pytest.raises(ValueError, match="let ForwardedEvents send events"):
        bc.EverywhereStackSet(
            stack(), "There", build=build, regions=["eu-west-1"], accounts=["111122223333"]
        )


def test_the_collector_of_opentelemetry_takes_nothing_from_the_job() -> None:
    main = bc.Container(name="main", image="busybox", vcpus=0.5, memory=cdk.Size.gibibytes(1))

    first, agent = bc.with_sidecar(
        [main], bc.open_telemetry_collector(), platform_capability="FARGATE"
    )

    assert (first.vcpus, first.memory.to_mebibytes()) == (0.5, 1024)
    assert agent.essential is False
    settings = json.loads((agent.environment or {})["AOT_CONFIG_CONTENT"])
    assert settings["service"]["pipelines"]["traces"]["exporters"] == ["awsxray"]


def test_all_ten_in_one_app_have_no_finding_and_fit_into_awss_limits() -> None:
    """Each in a stack of its own, as whoever uses them has them."""
    app = cdk.App(
        context=json.loads((EXAMPLES.parent / "cdk.json").read_text())["context"],
        builtin_cloud_formation_validation=True,
    )
    for name in ALL:
        path = EXAMPLES / name / "app.py"
        assert path.read_text().count("\n") < 60
        spec = importlib.util.spec_from_file_location(f"asked_{name}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.build(app)

    assembly = app.synth()

    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text())
    assert [one for plugin in report["pluginReports"] for one in plugin["violations"]] == []
    for one in assembly.stacks:
        assert len(one.template["Resources"]) <= 500
        found = list(check_template(one.template))
        assert [finding.rule for finding in found if finding.severity != "info"] == []
        assert [match.message for match in cfn_lint_errors(one.template)] == []


@pytest.mark.parametrize(("lets_in", "said"), [(True, []), (False, ["event-bus"])])
def test_a_bus_that_lets_nobody_in_hears_nothing(lets_in: bool, said: list[str]) -> None:  # noqa: FBT001  # a case
    resources: dict[str, Any] = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "central"}},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["aws.batch"]},
            },
        },
    }
    if lets_in:
        resources["Policy"] = {
            "Type": "AWS::Events::EventBusPolicy",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "StatementId": "a"},
        }
    found = check_template({"Resources": resources})
    assert [one.rule for one in found if one.rule == "event-bus"] == said
