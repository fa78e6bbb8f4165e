"""Job queues: order, time limits, who may submit, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam

import batch_constructs as bc
from batch_constructs.aws import job_queue_facts, names, scheduling
from batch_constructs.aws.limits import tables

Properties = Callable[[str], dict[str, Any]]
QUEUE = "AWS::Batch::JobQueue"


@pytest.fixture
def spot(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.SpotComputeEnvironment:
    return bc.SpotComputeEnvironment(stack, "Spot", vpc=vpc)


@pytest.fixture
def on_demand(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.Ec2ComputeEnvironment:
    return bc.Ec2ComputeEnvironment(stack, "OnDemand", vpc=vpc)


@pytest.fixture
def fargate(stack: cdk.Stack, vpc: ec2.Vpc) -> bc.FargateComputeEnvironment:
    return bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc)


def test_environments_are_tried_in_the_order_of_the_list(
    stack: cdk.Stack,
    spot: bc.SpotComputeEnvironment,
    on_demand: bc.Ec2ComputeEnvironment,
    properties: Properties,
) -> None:
    bc.JobQueue(stack, "Queue", compute_environments=[spot, on_demand], priority=10)

    rendered = properties(QUEUE)
    order = rendered["ComputeEnvironmentOrder"]
    assert [entry["Order"] for entry in order] == [1, 2]
    assert [entry["ComputeEnvironment"]["Fn::GetAtt"][0][:4] for entry in order] == ["Spot", "OnDe"]
    assert rendered["Priority"] == 10
    assert rendered["State"] == "ENABLED"


def test_a_job_that_can_never_start_is_cancelled_after_an_hour(
    stack: cdk.Stack, fargate: bc.FargateComputeEnvironment, properties: Properties
) -> None:
    bc.JobQueue(stack, "Queue", compute_environments=[fargate])

    assert properties(QUEUE)["JobStateTimeLimitActions"] == [
        {
            "Action": "CANCEL",
            "MaxTimeSeconds": 3600,
            "Reason": f"MISCONFIGURATION:{reason}",
            "State": "RUNNABLE",
        }
        for reason in ("COMPUTE_ENVIRONMENT_MAX_RESOURCE", "JOB_RESOURCE_REQUIREMENT")
    ]


def test_time_limits_are_the_users_own_or_none(
    stack: cdk.Stack, fargate: bc.FargateComputeEnvironment
) -> None:
    limit = bc.TimeLimit(
        reason=bc.TimeLimitReason.INSUFFICIENT_INSTANCE_CAPACITY, after=cdk.Duration.hours(4)
    )
    own = bc.JobQueue(stack, "Own", compute_environments=[fargate], time_limits=[limit])
    none = bc.JobQueue(stack, "None", compute_environments=[fargate], time_limits=[])

    (action,) = stack.resolve(own.resource.job_state_time_limit_actions)
    assert action == {
        "action": "CANCEL",
        "maxTimeSeconds": 14400,
        "reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "state": "RUNNABLE",
    }
    assert none.resource.job_state_time_limit_actions is None


def test_a_queue_can_be_disabled_named_and_tagged(
    stack: cdk.Stack, fargate: bc.FargateComputeEnvironment, properties: Properties
) -> None:
    policy = batch.FairshareSchedulingPolicy(stack, "Policy")
    bc.JobQueue(
        stack,
        "Queue",
        compute_environments=[fargate],
        enabled=False,
        job_queue_name="nightly",
        scheduling_policy=policy,
        tags={"Team": "genomics"},
    )

    rendered = properties(QUEUE)
    assert rendered["State"] == "DISABLED"
    assert rendered["JobQueueName"] == "nightly"
    assert rendered["Tags"] == {"Team": "genomics"}
    assert "Fn::GetAtt" in rendered["SchedulingPolicyArn"]


class TestGrantSubmit:
    """The grant allows one definition, by name and by revision, in one queue, and tags."""

    @pytest.fixture
    def role(self, stack: cdk.Stack) -> iam.Role:
        return iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

    def statements(self, stack: cdk.Stack) -> list[dict[str, Any]]:
        template = stack.node.root.synth(force=True)  # type: ignore[attr-defined]  # the root is the app
        resources = template.get_stack_by_name("Stack").template["Resources"]
        (policy,) = (r for n, r in resources.items() if n.startswith("RoleDefaultPolicy"))
        found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
        return found

    def test_it_allows_exactly_this_queue_and_this_definition(
        self, stack: cdk.Stack, fargate: bc.FargateComputeEnvironment, role: iam.Role
    ) -> None:
        jobs = [
            *("arn:", {"Ref": "AWS::Partition"}, ":batch:", {"Ref": "AWS::Region"}, ":"),
            *({"Ref": "AWS::AccountId"}, ":job/*"),
        ]
        queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate])
        definition = bc.JobDefinition.from_job_definition_arn(
            stack, "Definition", "arn:aws:batch:us-east-1:123456789012:job-definition/tool:7"
        )

        grant = queue.grant_submit(role, definition)

        assert grant.success
        assert self.statements(stack) == [
            {
                "Action": "batch:SubmitJob",
                "Effect": "Allow",
                "Resource": [
                    stack.resolve(queue.job_queue_arn),
                    "arn:aws:batch:us-east-1:123456789012:job-definition/tool",
                    "arn:aws:batch:us-east-1:123456789012:job-definition/tool:*",
                    {"Fn::Join": ["", jobs]},
                ],
            },
            {
                "Action": "batch:TagResource",
                "Effect": "Allow",
                "Resource": {"Fn::Join": ["", jobs]},
            },
        ]

    def test_a_definition_of_the_same_stack_is_named_without_its_revision(
        self, stack: cdk.Stack, fargate: bc.FargateComputeEnvironment, role: iam.Role
    ) -> None:
        queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate])
        definition = bc.FargateJobDefinition(
            stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2)
        )

        queue.grant_submit(role, definition)

        resource = {"Fn::Select": [5, {"Fn::Split": [":", {"Ref": "JobB9D00F9F"}]}]}
        by_name: list[Any] = [
            *("arn:", {"Ref": "AWS::Partition"}, ":batch:", {"Ref": "AWS::Region"}, ":"),
            *({"Ref": "AWS::AccountId"}, ":", resource),
        ]
        assert self.statements(stack)[0]["Resource"][1:3] == [
            {"Fn::Join": ["", by_name]},
            {"Fn::Join": ["", [*by_name, ":*"]]},
        ]

    def test_in_another_region_the_queue_and_the_definition_keep_their_own(
        self, app: cdk.App
    ) -> None:
        here = cdk.Stack(
            app, "Here", env=cdk.Environment(account="111111111111", region="us-east-1")
        )
        there = cdk.Stack(
            app, "There", env=cdk.Environment(account="111111111111", region="eu-west-1")
        )
        queue = bc.JobQueue.from_job_queue_name(here, "Queue", "shared")
        definition = bc.JobDefinition.from_job_definition_name(here, "Job", "tool")
        role = iam.Role(there, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))

        queue.grant_submit(role, definition)

        template = app.synth().get_stack_by_name("There").template["Resources"]
        (policy,) = (r for r in template.values() if r["Type"] == "AWS::IAM::Policy")
        named = str(policy["Properties"]["PolicyDocument"]["Statement"])
        assert named.count("us-east-1:111111111111") == 5
        assert "AWS::Region" not in named

    @pytest.mark.parametrize("level", ["L2", "L1"])
    def test_it_works_on_queues_and_definitions_of_the_cdk(
        self, level: str, stack: cdk.Stack, vpc: ec2.Vpc, role: iam.Role
    ) -> None:
        queue: Any
        definition: Any
        if level == "L2":
            queue = batch.JobQueue(stack, "Queue")
            queue.add_compute_environment(batch.FargateComputeEnvironment(stack, "CE", vpc=vpc), 1)
            definition = batch.EcsJobDefinition.from_job_definition_arn(
                stack, "Job", "arn:aws:batch:us-east-1:123456789012:job-definition/tool:7"
            )
        else:
            queue = batch.CfnJobQueue(stack, "Queue", priority=1)
            definition = batch.CfnJobDefinition(stack, "Job", type="container")

        bc.grant_submit(queue, role, definition)

        assert self.statements(stack)[0]["Action"] == "batch:SubmitJob"

    def test_a_grantee_that_is_none_is_named(
        self, stack: cdk.Stack, fargate: bc.FargateComputeEnvironment, role: iam.Role
    ) -> None:
        queue = bc.JobQueue(stack, "Queue", compute_environments=[fargate])
        definition = bc.JobDefinition.from_job_definition_name(stack, "Definition", "tool")
        with pytest.raises(TypeError, match="grantee is str"):
            queue.grant_submit("role", definition)  # type: ignore[arg-type]  # the mistake
        with pytest.raises(TypeError, match="job_definition is str"):
            queue.grant_submit(role, "tool")  # type: ignore[arg-type]  # the mistake


class TestImports:
    """What exists already is taken in by ARN or by name."""

    def test_a_queue_by_arn_has_its_name(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:job-queue/shared"
        queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", arn)
        assert (queue.job_queue_arn, queue.job_queue_name) == (arn, "shared")

    def test_a_queue_by_name_has_an_arn_of_this_account(self, stack: cdk.Stack) -> None:
        queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "shared")
        joined = stack.resolve(queue.job_queue_arn)["Fn::Join"][1]
        assert joined[-1] == ":job-queue/shared"
        assert queue.job_queue_name == "shared"

    def test_a_queue_by_token_is_taken_as_it_is(self, stack: cdk.Stack) -> None:
        token = cdk.CfnParameter(stack, "Arn").value_as_string
        assert bc.JobQueue.from_job_queue_arn(stack, "Queue", token).job_queue_arn == token

    def test_an_environment_by_arn_has_its_name(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:compute-environment/shared"
        taken = bc.FargateComputeEnvironment.from_compute_environment_arn(stack, "CE", arn)
        assert (taken.compute_environment_arn, taken.compute_environment_name) == (arn, "shared")

    @pytest.mark.parametrize(
        ("take_in", "arn", "member"),
        [
            (bc.JobQueue.from_job_queue_arn, "job-queue/x", "resource"),
            (bc.JobQueue.from_job_queue_arn, "job-queue/x", "compute_environments"),
            (bc.ServiceJobQueue.from_job_queue_arn, "job-queue/x", "resource"),
            (
                bc.ConsumableResource.from_consumable_resource_arn,
                "consumable-resource/x",
                "resource",
            ),
            (
                bc.ServiceEnvironment.from_service_environment_arn,
                "service-environment/x",
                "resource",
            ),
            (bc.QuotaShare.from_quota_share_arn, "job-queue/q/quota-share/x", "resource"),
        ],
    )
    def test_what_is_taken_in_is_of_its_class_and_says_what_it_does_not_know(
        self, take_in: Callable[..., object], arn: str, member: str, stack: cdk.Stack
    ) -> None:
        taken = take_in(stack, "It", f"arn:aws:batch:us-east-1:123456789012:{arn}")

        assert isinstance(taken, take_in.__self__)  # type: ignore[attr-defined]  # its class
        said = f"Stack/It: {member} is unknown: .* use {member} where it is created"
        with pytest.raises(ValueError, match=said):
            getattr(taken, member)

    def test_a_quota_share_by_arn_has_its_name(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:job-queue/q/quota-share/research"
        share = bc.QuotaShare.from_quota_share_arn(stack, "Share", arn)
        assert (share.quota_share_arn, share.quota_share_name) == (arn, "research")

    def test_a_quota_share_by_token_leaves_its_name_to_cloudformation(
        self, stack: cdk.Stack
    ) -> None:
        token = cdk.CfnParameter(stack, "Arn").value_as_string
        share = bc.QuotaShare.from_quota_share_arn(stack, "Share", token)
        assert stack.resolve(share.quota_share_name) == {
            "Fn::Select": [3, {"Fn::Split": ["/", {"Ref": "Arn"}]}]
        }

    def test_a_service_environment_has_its_name_made_or_taken_in(self, stack: cdk.Stack) -> None:
        taken = bc.ServiceEnvironment.from_service_environment_name(stack, "Taken", "training")
        made = bc.ServiceEnvironment(
            stack, "Made", capacity_limits=[bc.CapacityLimit(max_capacity=1)]
        )
        assert taken.service_environment_name == "training"
        assert "Fn::Select" in stack.resolve(made.service_environment_name)

    def test_a_definition_by_arn_has_its_name_without_revision(self, stack: cdk.Stack) -> None:
        arn = "arn:aws:batch:us-east-1:123456789012:job-definition/tool:3"
        taken = bc.FargateJobDefinition.from_job_definition_arn(stack, "Job", arn)
        assert (taken.job_definition_arn, taken.job_definition_name) == (arn, "tool")

    @pytest.mark.parametrize(
        ("take_in", "wrong"),
        [
            (bc.JobQueue.from_job_queue_arn, "job_queue_arn"),
            (bc.JobDefinition.from_job_definition_arn, "job_definition_arn"),
            (bc.ComputeEnvironment.from_compute_environment_arn, "compute_environment_arn"),
            (bc.ServiceJobQueue.from_job_queue_arn, "job_queue_arn"),
            (bc.QuotaShare.from_quota_share_arn, "quota_share_arn"),
        ],
    )
    def test_a_text_that_is_no_arn_is_refused(
        self, take_in: Callable[..., object], wrong: str, stack: cdk.Stack
    ) -> None:
        with pytest.raises(ValueError, match=f'Stack/X: {wrong} is "nonsense"; allowed: an ARN'):
            take_in(stack, "X", "nonsense")


class TestRefusals:
    """What AWS Batch would refuse is an error at the caller's line."""

    def test_one_to_three_environments(
        self, stack: cdk.Stack, vpc: ec2.Vpc, spot: bc.SpotComputeEnvironment
    ) -> None:
        four = [spot, *(bc.SpotComputeEnvironment(stack, f"S{i}", vpc=vpc) for i in range(3))]
        with pytest.raises(ValueError, match="has 4 compute environments; allowed: 1 to 3"):
            bc.JobQueue(stack, "Queue", compute_environments=four)

    def test_a_queue_without_environments(self, stack: cdk.Stack) -> None:
        with pytest.raises(ValueError, match="Stack/Queue: .*compute_environments"):
            bc.JobQueue(stack, "Queue", compute_environments=[])

    def test_fargate_beside_ec2(
        self,
        stack: cdk.Stack,
        fargate: bc.FargateComputeEnvironment,
        on_demand: bc.Ec2ComputeEnvironment,
    ) -> None:
        said = r"Fargate \(compute_environments\[0\]\) and EC2 \(compute_environments\[1\]\)"
        with pytest.raises(ValueError, match=said):
            bc.JobQueue(stack, "Queue", compute_environments=[fargate, on_demand])

    def test_x86_beside_arm(self, stack: cdk.Stack, vpc: ec2.Vpc) -> None:
        arm = bc.Ec2ComputeEnvironment(stack, "Arm", vpc=vpc, instance_types=["c7g"])
        x86 = bc.Ec2ComputeEnvironment(stack, "X86", vpc=vpc, instance_types=["c7i"])
        with pytest.raises(ValueError, match="(?i)arm.*x86|x86.*arm"):
            bc.JobQueue(stack, "Queue", compute_environments=[arm, x86])

    def test_the_same_environment_twice(
        self, stack: cdk.Stack, spot: bc.SpotComputeEnvironment
    ) -> None:
        with pytest.raises(ValueError, match="twice"):
            bc.JobQueue(stack, "Queue", compute_environments=[spot, spot])

    def test_a_negative_priority(self, stack: cdk.Stack, spot: bc.SpotComputeEnvironment) -> None:
        with pytest.raises(
            ValueError, match="priority is -1; allowed: whole numbers from 0 to 1000"
        ):
            bc.JobQueue(stack, "Queue", compute_environments=[spot], priority=-1)

    def test_a_time_limit_outside_ten_minutes_to_a_day(
        self, stack: cdk.Stack, spot: bc.SpotComputeEnvironment
    ) -> None:
        limit = bc.TimeLimit(
            reason=bc.TimeLimitReason.JOB_RESOURCE_REQUIREMENT, after=cdk.Duration.minutes(1)
        )
        with pytest.raises(
            ValueError,
            match=r"time_limits\[0\]\.after is 1 minute .60 seconds.; allowed: 600 to 86400",
        ):
            bc.JobQueue(stack, "Queue", compute_environments=[spot], time_limits=[limit])

    @pytest.mark.parametrize("wrong", [None, "spot", ["spot"], 3])
    def test_something_else_than_environments(self, wrong: Any, stack: cdk.Stack) -> None:
        with pytest.raises((TypeError, ValueError), match=r"Stack/Queue:\s.*compute_environments"):
            bc.JobQueue(stack, "Queue", compute_environments=wrong)

    def test_an_unknown_priority_is_no_error(
        self, stack: cdk.Stack, spot: bc.SpotComputeEnvironment
    ) -> None:
        number = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
        bc.JobQueue(
            stack, "Queue", compute_environments=[spot], priority=number
        )  # tokens are floats


@pytest.mark.parametrize("level", ["L2", "L1", "imported"])
def test_environments_of_the_cdk_are_accepted(
    level: str, stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties
) -> None:
    environment: Any
    if level == "L2":
        environment = batch.FargateComputeEnvironment(stack, "CE", vpc=vpc)
    elif level == "L1":
        environment = batch.CfnComputeEnvironment(
            stack,
            "CE",
            type="UNMANAGED",
            service_role="arn:aws:iam::123456789012:role/batch",
        )
    else:
        environment = bc.ComputeEnvironment.from_compute_environment_name(stack, "CE", "shared")

    bc.JobQueue(stack, "Queue", compute_environments=[environment])

    assert len(properties(QUEUE)["ComputeEnvironmentOrder"]) == 1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (bc.JobQueue, "1 to 3 compute environments"),
        (bc.JobQueue, "; 0 to 1000."),
        (bc.JobQueue, "up to 128 letters"),
        (bc.TimeLimit, "10 minutes to 24 hours"),
        (bc.FairSharePolicy, "at most 500"),
        (bc.FairSharePolicy, "up to 7 days"),
        (bc.FairSharePolicy, "0 to 99"),
        (bc.FairSharePolicy, "Default: 10 minutes"),
        (bc.Share, "up to 255 letters and digits"),
        (bc.Share, "0.0001 to 999.9999"),
    ],
)
def test_a_docstring_says_the_limit_that_aws_says(kind: type, said: str) -> None:
    """A limit that AWS changes is changed in both places."""
    bounds: dict[str, Any] = {one.rule: one.bound for table in tables().values() for one in table}
    environments, seconds = (
        job_queue_facts.CONTAINER_JOBS.environments,
        bounds["time-limit-seconds"],
    )
    priority, reserved = bounds["job-queue-priority"], bounds["compute-reservation"]
    share, weight = bounds["share-identifier"].allowed, bounds["share-weight"]
    texts = [
        f"{environments.allowed} {environments.things}",
        f"; {priority.low} to {priority.high}.",
        f"up to {names.RESOURCE_NAME.longest} letters",
        f"{seconds.low // 60} minutes to {seconds.high // 3600} hours",
        bounds["share-count"].allowed,
        f"up to {bounds['share-decay'].high // 86_400} days",
        f"{reserved.low} to {reserved.high}",
        f"Default: {scheduling.DEFAULT_SHARE_DECAY_SECONDS // 60} minutes",
        f"up to {share.removeprefix('1 to ').partition(',')[0]}",
        f"{weight.low} to {weight.high}",
    ]

    assert said in texts
    assert said in " ".join((kind.__doc__ or "").split())
