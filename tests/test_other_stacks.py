"""What another stack of the app makes is given to ours: only one of the two refers to the other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import batch_constructs as bc
from batch_constructs.aws import quotas

JOB: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}


@pytest.fixture
def shared(app: cdk.App) -> cdk.Stack:
    """A stack of what several share."""
    return cdk.Stack(app, "Shared")


def template(app: cdk.App, stack: cdk.Stack) -> dict[str, Any]:
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return found


def policies(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: one["Properties"]
        for name, one in found.get("Resources", {}).items()
        if one["Type"] == "AWS::IAM::Policy"
    }


def role(scope: cdk.Stack, service: str = "ecs-tasks", **options: Any) -> iam.Role:
    return iam.Role(
        scope, "Role", assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com"), **options
    )


def writes_its_log(here: cdk.Stack, there: cdk.Stack) -> str:
    bc.FargateJobDefinition(here, "Job", **JOB, execution_role=role(there))
    return "logs:CreateLogStream"


def pulls_its_image(here: cdk.Stack, there: cdk.Stack) -> str:
    image = ecs.ContainerImage.from_ecr_repository(ecr.Repository(here, "Repository"))
    bc.FargateJobDefinition(here, "Job", **{**JOB, "image": image}, execution_role=role(there))
    return "ecr:BatchGetImage"


def mounts_a_file_system(here: cdk.Stack, there: cdk.Stack) -> str:
    system = efs.FileSystem(here, "Files", vpc=ec2.Vpc(here, "Vpc", max_azs=2, nat_gateways=0))
    volume = bc.EfsVolume(name="files", file_system=system, container_path="/files")
    bc.FargateJobDefinition(here, "Job", **JOB, job_role=role(there), volumes=[volume])
    return "elasticfilesystem:ClientMount"


def is_granted_a_bucket(here: cdk.Stack, there: cdk.Stack) -> str:
    job = bc.FargateJobDefinition(here, "Job", **JOB, job_role=role(there))
    s3.Bucket(here, "Bucket").grant_read(job)
    return "s3:List*"


def passes_the_role_of_instances(here: cdk.Stack, there: cdk.Stack) -> str:
    bc.ManagedInstancesComputeEnvironment(
        here,
        "Environment",
        vpc=ec2.Vpc(here, "Vpc", max_azs=2),
        infrastructure_role=role(there, "ecs"),
    )
    return "iam:PassRole"


def mounts_a_bucket(here: cdk.Stack, there: cdk.Stack) -> str:
    managed = "service-role/AmazonEC2ContainerServiceforEC2Role"
    instances = role(
        there, "ec2", managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(managed)]
    )
    volumes = [bc.S3MountVolume(s3.Bucket(here, "Bucket"))]
    bc.Ec2ComputeEnvironment(
        here,
        "Environment",
        vpc=ec2.Vpc(here, "Vpc", max_azs=2),
        instance_role=instances,
        launch_template=bc.LaunchTemplate(here, "Template", volumes=volumes),
    )
    return "s3:ListBucket"


USES: list[Callable[[cdk.Stack, cdk.Stack], str]] = [
    writes_its_log,
    pulls_its_image,
    mounts_a_file_system,
    is_granted_a_bucket,
    passes_the_role_of_instances,
    mounts_a_bucket,
]


@pytest.mark.parametrize("use", USES)
def test_a_role_of_another_stack_has_what_ours_needs_in_our_stack(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack, use: Callable[[cdk.Stack, cdk.Stack], str]
) -> None:
    action = use(stack, shared)

    assert action in json.dumps(policies(template(app, stack)))
    assert policies(template(app, shared)) == {}


def test_a_role_has_policies_of_two_stacks_that_are_alike_by_two_names(
    app: cdk.App, shared: cdk.Stack
) -> None:
    """A role has one policy of a name: the second would be written over the first."""
    given = role(shared)
    stacks = [cdk.Stack(app, name) for name in ("Blue", "Green")]
    for one in stacks:
        bc.FargateJobDefinition(one, "Job", **JOB, execution_role=given)

    named = [
        one["PolicyName"] for stack in stacks for one in policies(template(app, stack)).values()
    ]
    assert len(set(named)) == len(stacks)


def test_a_role_has_one_policy_for_all_definitions_of_a_stack(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    """IAM takes 10,240 characters of them, and the CDK writes statements that are alike as one."""
    given = role(shared)
    for name in ("One", "Two"):
        bc.FargateJobDefinition(stack, name, **JOB, execution_role=given)

    assert len(policies(template(app, stack))) == 1


def test_what_a_role_has_no_room_for_stands_in_managed_policies_of_each_stack(
    app: cdk.App, shared: cdk.Stack
) -> None:
    """The inline policies of a role count together, the role's own and those of all stacks."""
    given = role(shared)
    given.add_to_policy(
        iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::inputs/*"])
    )
    stacks = [cdk.Stack(app, name) for name in ("Blue", "Green")]
    for one in stacks:
        job = bc.FargateJobDefinition(one, "Job", **JOB, execution_role=given, job_role=given)
        for number in range(50):
            topic = f"arn:aws:sns:eu-west-1:123456789012:{'topic' * 30}{number}"
            sns.Topic.from_topic_arn(one, f"Topic{number}", topic).grant_publish(job)

    for _ in range(2):  # a second synthesis says the same
        assembly = app.synth(force=True)
        found = [
            (made["Type"], len(json.dumps(document, separators=(",", ":"))), json.dumps(document))
            for stack in (shared, *stacks)
            for made in assembly.get_stack_by_name(stack.stack_name).template["Resources"].values()
            if (document := made["Properties"].get("PolicyDocument"))
        ]
        inline = [length for kind, length, _ in found if kind == "AWS::IAM::Policy"]
        managed = [length for kind, length, _ in found if kind == "AWS::IAM::ManagedPolicy"]
        assert len(inline) == 1 + len(stacks)
        assert sum(inline) <= quotas.ROLE_POLICY_CHARACTERS
        assert max(managed) <= quotas.MANAGED_POLICY_CHARACTERS
        assert sum(text.count("arn:aws:sns:") for *_, text in found) == 50 * len(stacks)


def test_nested_stacks_beside_each_other_do_not_wait_for_each_other(
    app: cdk.App, stack: cdk.Stack
) -> None:
    roles, jobs = (cdk.NestedStack(stack, name) for name in ("Roles", "Jobs"))
    bc.FargateJobDefinition(jobs, "Job", **JOB, execution_role=role(roles))

    nested = [
        one["Properties"]
        for one in template(app, stack)["Resources"].values()
        if one["Type"] == "AWS::CloudFormation::Stack"
    ]
    assert ["Parameters" in one for one in nested] == [False, True]


def test_a_role_that_takes_no_policies_gets_none(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    bc.FargateJobDefinition(
        stack, "Job", **JOB, execution_role=role(shared).without_policy_updates()
    )

    assert policies(template(app, stack)) == policies(template(app, shared)) == {}


def test_a_role_that_stands_for_one_of_others_gets_no_policy(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    iam.Role.customize_roles(shared, use_precreated_roles={"Role": "of-others"})
    bc.FargateJobDefinition(stack, "Job", **JOB, execution_role=role(shared))

    assert policies(template(app, stack)) == {}


def test_a_managed_environment_waits_for_the_policy_of_its_role(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    passes_the_role_of_instances(stack, shared)

    found = template(app, stack)
    [environment] = [
        one
        for one in found["Resources"].values()
        if one["Type"] == "AWS::Batch::ComputeEnvironment"
    ]
    assert set(policies(found)) <= set(environment["DependsOn"])


def test_a_role_with_a_path_is_named_with_it_in_a_policy_of_a_resource(
    stack: cdk.Stack, shared: cdk.Stack
) -> None:
    job = bc.FargateJobDefinition(stack, "Job", **JOB, job_role=role(shared, path="/jobs/"))

    principal = job.grant_principal.policy_fragment.principal_json
    assert ":role/jobs/" in json.dumps(stack.resolve(principal))


def network(scope: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(scope, "Vpc", max_azs=2, nat_gateways=0)


def isolated(scope: cdk.Stack, vpc: ec2.IVpc) -> bc.FargateComputeEnvironment:
    subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
    return bc.FargateComputeEnvironment(scope, "Environment", vpc=vpc, vpc_subnets=subnets)


def mount(
    scope: cdk.Stack, system: efs.FileSystem, environment: ec2.IConnectable
) -> bc.FargateJobDefinition:
    volume = bc.EfsVolume(
        name="files", file_system=system, container_path="/files", allow_from=[environment]
    )
    return bc.FargateJobDefinition(scope, "Job", **JOB, volumes=[volume])


def files_beside_the_network(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = network(there)
    mount(here, efs.FileSystem(there, "Files", vpc=vpc), isolated(here, vpc))


def environment_beside_the_network(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = network(there)
    mount(here, efs.FileSystem(here, "Files", vpc=vpc), isolated(there, vpc))


def files_of_a_third_stack(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc, third = network(there), cdk.Stack(cdk.Stage.of(here), "Third")
    mount(here, efs.FileSystem(third, "Files", vpc=vpc), isolated(there, vpc))


def definition_beside_files_that_knows_the_queue(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        there,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=["a"],
        isolated_subnet_ids=["subnet-1"],
        isolated_subnet_route_table_ids=["rtb-1"],
    )
    environment = isolated(there, vpc)
    job = mount(here, efs.FileSystem(here, "Files", vpc=vpc), environment)
    queue = bc.JobQueue(there, "Queue", compute_environments=[environment])
    bc.ScheduleTrigger(here, "Nightly", queue=queue, job_definition=job, schedule="rate(1 day)")


def lustre_beside_the_network(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = network(there)
    scratch = fsx.LustreDeploymentType.SCRATCH_2
    system = fsx.LustreFileSystem(
        there,
        "Files",
        vpc=vpc,
        vpc_subnet=vpc.isolated_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(deployment_type=scratch),
    )
    volumes = [bc.FsxLustreVolume(file_system=system)]
    bc.Ec2ComputeEnvironment(
        here,
        "Environment",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnets=vpc.isolated_subnets),
        launch_template=bc.LaunchTemplate(here, "Template", volumes=volumes),
    )


def endpoints_beside_the_network(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = network(there)
    bc.BatchEndpoints(there, "Endpoints", vpc=vpc, compute_environments=[isolated(here, vpc)])


def endpoints_away_from_the_network(here: cdk.Stack, there: cdk.Stack) -> None:
    vpc = network(there)
    bc.BatchEndpoints(here, "Endpoints", vpc=vpc, compute_environments=[isolated(there, vpc)])


@pytest.mark.parametrize(
    "lay_out",
    [
        files_beside_the_network,
        environment_beside_the_network,
        files_of_a_third_stack,
        definition_beside_files_that_knows_the_queue,
        lustre_beside_the_network,
        endpoints_beside_the_network,
        endpoints_away_from_the_network,
    ],
)
def test_what_is_mounted_and_who_mounts_it_may_be_of_two_stacks(
    app: cdk.App,
    stack: cdk.Stack,
    shared: cdk.Stack,
    lay_out: Callable[[cdk.Stack, cdk.Stack], None],
) -> None:
    """The CDK refuses stacks that refer to each other."""
    lay_out(stack, shared)

    found = [json.dumps(one.template) for one in app.synth().stacks]
    assert any('"AWS::EC2::SecurityGroupIngress"' in one for one in found)


def leaves_its_dead_letters(here: cdk.Stack, there: cdk.Stack) -> None:
    bc.EventTrigger(
        here,
        "Trigger",
        queue=bc.JobQueue.from_job_queue_name(here, "Queue", "queue"),
        job_definition=bc.FargateJobDefinition(here, "Job", **JOB),
        event_pattern={"source": ["mine"]},
        dead_letter_queue=sqs.Queue(there, "Letters"),
    )


def tells_a_queue(here: cdk.Stack, there: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "queue")
    bc.events_of(queue).on_job_failed("Failed", target=sqs.Queue(there, "Told"))


def tells_a_target(here: cdk.Stack, there: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_name(here, "Queue", "queue")
    target = targets.SqsQueue(sqs.Queue(there, "Told"))
    bc.JobNotifications(here, "Notifications", queues=[queue], targets=[target])


@pytest.mark.parametrize("send", [leaves_its_dead_letters, tells_a_queue, tells_a_target])
def test_a_rule_sends_to_a_queue_of_another_stack(
    app: cdk.App,
    stack: cdk.Stack,
    shared: cdk.Stack,
    send: Callable[[cdk.Stack, cdk.Stack], None],
) -> None:
    """The queue admits all rules of the account: by name, its stack would wait for the rule's."""
    send(stack, shared)

    [policy] = [
        one["Properties"]
        for one in template(app, shared)["Resources"].values()
        if one["Type"] == "AWS::SQS::QueuePolicy"
    ]
    [statement] = policy["PolicyDocument"]["Statement"]
    rules = json.dumps(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert ":rule/*" in rules
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}


SUBMIT: dict[str, Callable[[cdk.Stack, Any, Any], object]] = {
    "schedule": lambda here, queue, job: bc.ScheduleTrigger(
        here, "It", schedule="rate(1 day)", queue=queue, job_definition=job
    ),
    "event": lambda here, queue, job: bc.EventTrigger(
        here, "It", event_pattern={"source": ["a"]}, queue=queue, job_definition=job
    ),
    "function": lambda here, queue, job: bc.SubmitFunction(
        here, "It", queue=queue, job_definition=job
    ),
    "gateway": lambda here, queue, job: bc.SubmissionGateway(
        here, "It", queue=queue, job_definition=job
    ),
    "workflow": lambda here, queue, job: bc.Workflow(
        here, "It", queue=queue, jobs=[bc.WorkflowJob(name="a", job_definition=job)]
    ),
}


@pytest.mark.parametrize("submitter", SUBMIT)
def test_a_definition_that_another_stack_submits_may_change(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack, submitter: str
) -> None:
    """CloudFormation refuses to change an export in use, and deregisters the old revision."""
    job = bc.FargateJobDefinition(shared, "Job", **JOB)
    SUBMIT[submitter](stack, bc.JobQueue.from_job_queue_name(stack, "Queue", "q"), job)

    assembly = app.synth()
    outputs = assembly.get_stack_by_name("Shared").template["Outputs"].values()
    assert [one for one in outputs if "Export" in one] == []
    written = json.dumps(assembly.get_stack_by_name(stack.stack_name).template["Resources"])
    arn = '{"Fn::GetStackOutput": '
    without_revision = '{"Fn::Select": [5, {"Fn::Split": [":", ' + arn
    assert written.count(arn) == written.count(without_revision) > 0


def nested_in(stack: cdk.Stack, levels: int) -> cdk.Stack:
    for level in range(levels):
        stack = cdk.NestedStack(stack, f"Level{level}")
    return stack


@pytest.mark.parametrize(
    ("levels", "consumer", "order"),
    [
        (1, 0, ("Job", "Other")),
        (2, 1, ("Job", "Other")),
        (1, 1, ("Other", "Job")),
        (2, 0, ("Other", "Job")),
    ],
)
def test_a_definition_in_a_nested_stack_may_change_as_well(
    app: cdk.App,
    stack: cdk.Stack,
    shared: cdk.Stack,
    levels: int,
    consumer: int,
    order: tuple[str, str],
) -> None:
    """Whatever else the nested stack hands on is exported as the app wants it."""
    inner = nested_in(shared, levels)
    jobs = {name: bc.FargateJobDefinition(inner, name, **JOB) for name in order}
    topic = sns.Topic(inner, "Topic")
    user = nested_in(stack, consumer)
    SUBMIT["event"](user, bc.JobQueue.from_job_queue_name(user, "Queue", "q"), jobs["Job"])
    cdk.CfnOutput(stack, "Told", value=topic.topic_arn)
    cdk.CfnOutput(stack, "Again", value=jobs["Other"].job_definition_arn)

    outputs = app.synth().get_stack_by_name("Shared").template["Outputs"]
    exported = {name: "Export" in one for name, one in outputs.items()}
    assert sorted(exported.values()) == [False, False, True]
    assert [name for name, is_one in exported.items() if is_one and "Topic" in name]


def test_the_strength_of_a_definition_in_a_nested_stack_is_the_users(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    """As it has to be for a while where an export is deployed already."""
    job = bc.FargateJobDefinition(cdk.NestedStack(shared, "Nested"), "Job", **JOB)
    job.apply_cross_stack_reference_strength(cdk.ReferenceStrength.BOTH)
    cdk.CfnOutput(stack, "Arn", value=job.job_definition_arn)

    assembly = app.synth()
    assert list(
        assembly.get_stack_by_name(stack.stack_name).template["Outputs"]["Arn"]["Value"]
    ) == ["Fn::GetStackOutput"]
    outputs = assembly.get_stack_by_name("Shared").template["Outputs"].values()
    assert any("Export" in one for one in outputs)


def test_a_launch_template_in_a_nested_stack_may_change_as_well(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack
) -> None:
    launched = bc.LaunchTemplate(cdk.NestedStack(shared, "Nested"), "Launch")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=launched)

    outputs = app.synth().get_stack_by_name("Shared").template["Outputs"].values()
    (version,) = (one for one in outputs if "LatestVersionNumber" in str(one))
    assert "Export" not in version


def test_a_definition_of_the_same_stack_is_submitted_by_its_revision(stack: cdk.Stack) -> None:
    """Both change in one deployment, and the old revision goes last."""
    job = bc.FargateJobDefinition(stack, "Job", **JOB)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "q")
    bc.EventTrigger(stack, "It", event_pattern={"source": ["a"]}, queue=queue, job_definition=job)

    found = cdk.assertions.Template.from_stack(stack).find_resources("AWS::Events::Rule")
    (rule,) = found.values()
    submitted = rule["Properties"]["Targets"][0]["BatchParameters"]["JobDefinition"]
    assert submitted == stack.resolve(job.job_definition_arn)


@pytest.mark.parametrize("kind", [bc.LaunchTemplate, ec2.LaunchTemplate])
def test_a_launch_template_that_an_environment_elsewhere_uses_may_change(
    app: cdk.App, stack: cdk.Stack, shared: cdk.Stack, kind: Any
) -> None:
    launched = kind(shared, "Launch")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1, nat_gateways=1)
    bc.Ec2ComputeEnvironment(stack, "Environment", vpc=vpc, launch_template=launched)

    outputs = app.synth().get_stack_by_name("Shared").template["Outputs"].values()
    (version,) = (one for one in outputs if "LatestVersionNumber" in str(one))
    assert "Export" not in version


@pytest.mark.parametrize("waits", [False, True])
def test_what_grants_to_a_role_of_another_region_is_deployed_after_the_role(
    app: cdk.App,
    waits: bool,  # noqa: FBT001 - a case
) -> None:
    """Unless that stack waits for this one already."""
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account="123456789012", region=region))
        for name, region in (("Here", "eu-west-1"), ("There", "us-east-1"))
    )
    if waits:
        there.add_dependency(here)
    bc.FargateJobDefinition(here, "Job", **JOB, execution_role=role(there, role_name="known"))

    assert (there in here.dependencies) is not waits
