"""What a role allows, and to whom, as AWS's own policies and pages say."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import check_template

ARN = "arn:aws:batch:us-east-1:123456789012"
AWS = "arn:aws:iam::aws:policy"


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def role(service: str = "ec2", *managed: str, **statement: Any) -> dict[str, Any]:
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{service}.amazonaws.com"},
    }
    document = {"Statement": [{"Effect": "Allow", **statement}] if statement else []}
    return resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={"Statement": [trust]},
        ManagedPolicyArns=[f"{AWS}/{name}" for name in managed],
        Policies=[{"PolicyName": "own", "PolicyDocument": document}],
    )


def arn_of(name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, "Arn"]}


def found(rule: str, **resources: Any) -> list[str]:
    return [one.message for one in check_template({"Resources": resources}) if one.rule == rule]


def spot_fleet(rule: str, fleet_role: dict[str, Any], **given: Any) -> list[str]:
    resources = {"Type": "SPOT", "SpotIamFleetRole": arn_of("Role"), **given}
    environment = resource("AWS::Batch::ComputeEnvironment", ComputeResources=resources)
    return found(rule, Role=fleet_role, Environment=environment)


TAGGING, OLD = (f"service-role/AmazonEC2SpotFleet{one}Role" for one in ("Tagging", ""))


class TestSpotFleetRole:
    """A Spot Fleet is launched by BEST_FIT only, which is the default."""

    @pytest.mark.parametrize("given", [{}, {"AllocationStrategy": "BEST_FIT"}, {"Type": "spot"}])
    def test_best_fit_needs_a_role_that_spot_fleet_may_assume(self, given: dict[str, Any]) -> None:
        [message] = spot_fleet("environment-role-trust", role("batch", TAGGING), **given)

        assert message.startswith("spotfleet.amazonaws.com cannot assume Role")

    @pytest.mark.parametrize(
        "given",
        [
            {"AllocationStrategy": "SPOT_PRICE_CAPACITY_OPTIMIZED"},
            {"AllocationStrategy": {"Ref": "Parameter"}},
            {"Type": "EC2"},
            {"Type": {"Ref": "Parameter"}},
        ],
    )
    def test_what_launches_no_spot_fleet_may_have_any_role(self, given: dict[str, Any]) -> None:
        assert spot_fleet("environment-role-trust", role("batch"), **given) == []
        assert spot_fleet("spot-fleet-role-policy", role("spotfleet", OLD), **given) == []

    @pytest.mark.parametrize("everyone", ["*", {"AWS": "*"}, {"AWS": ["123456789012", "*"]}])
    def test_a_role_that_everyone_may_assume_is_no_fault(self, everyone: object) -> None:
        allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": everyone}
        given = resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": [allowed]})

        assert spot_fleet("environment-role-trust", given) == []

    def test_a_role_that_is_not_in_the_template_is_unknown(self) -> None:
        resources = {"Type": "SPOT", "SpotIamFleetRole": "arn:aws:iam::123456789012:role/fleet"}
        environment = resource("AWS::Batch::ComputeEnvironment", ComputeResources=resources)

        for rule in ("environment-role-trust", "spot-fleet-role-policy"):
            assert found(rule, Environment=environment) == []

    @pytest.mark.parametrize(
        ("attached", "problem"),
        [
            ([], "Role does not allow ec2:CreateTags"),
            ([OLD], "Role has the policy AmazonEC2SpotFleetRole, which cannot tag instances"),
            ([OLD, TAGGING], ""),
            ([TAGGING], ""),
            (["NobodyKnowsIt"], ""),
        ],
    )
    def test_best_fit_needs_a_role_that_tags(self, attached: list[str], problem: str) -> None:
        messages = spot_fleet("spot-fleet-role-policy", role("spotfleet", *attached))

        assert messages == ([problem] if problem else [])


class TestInstanceRole:
    """An instance takes its role by a profile, which may have the role's name."""

    def messages(self, rule: str, role_: dict[str, Any], value: Any, **profile: Any) -> list[str]:
        resources = {"Type": "EC2", "InstanceRole": value}
        return found(
            rule,
            Role=role_,
            Profile=resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Role"}], **profile),
            Environment=resource("AWS::Batch::ComputeEnvironment", ComputeResources=resources),
        )

    @pytest.mark.parametrize("name", [{"Ref": "Role"}, "given"])
    def test_a_profile_of_the_role_s_name_is_meant_by_it(self, name: Any) -> None:
        role_ = role()
        role_["Properties"]["RoleName"] = "given"

        messages = self.messages(
            "instance-profile", role_, {"Ref": "Role"}, InstanceProfileName=name
        )
        assert messages == []

    @pytest.mark.parametrize("profile", [{}, {"InstanceProfileName": "other"}])
    def test_a_role_is_no_profile(self, profile: dict[str, Any]) -> None:
        assert self.messages("instance-profile", role(), {"Ref": "Role"}, **profile) == [
            "Role is a role; use an instance profile"
        ]

    def test_the_arn_of_a_role_is_no_profile(self) -> None:
        arn = "arn:aws:iam::123456789012:role/instance"

        assert self.messages("instance-profile", role(), arn) == [
            f'"{arn}" is a role; use the ARN of an instance profile'
        ]

    def test_a_node_of_a_cluster_on_eks_joins_another_way(self) -> None:
        environment = resource(
            "AWS::Batch::ComputeEnvironment",
            EksConfiguration={"EksClusterArn": "arn"},
            ComputeResources={"Type": "EC2", "InstanceRole": arn_of("Profile")},
        )
        profile = resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Role"}])

        assert (
            found(
                "instance-role-permissions", Role=role(), Profile=profile, Environment=environment
            )
            == []
        )

    @pytest.mark.parametrize(
        ("attached", "joins"),
        [
            ("service-role/AmazonEC2ContainerServiceforEC2Role", True),
            ("AmazonSSMManagedInstanceCore", False),
            ("NobodyKnowsIt", True),
        ],
    )
    def test_it_has_to_join_the_cluster(self, attached: str, *, joins: bool) -> None:
        messages = self.messages("instance-role-permissions", role("ec2", attached), {"Ref": "P"})
        assert messages == []
        messages = self.messages(
            "instance-role-permissions", role("ec2", attached), arn_of("Profile")
        )

        assert messages == ([] if joins else ["Role does not allow ecs:RegisterContainerInstance"])


CORE = "AmazonSSMManagedInstanceCore"


class TestInstanceRoleInContainers:
    """What the instance may read, every container on it reads."""

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            (
                role("ec2", CORE),
                f"the policy {CORE} of Role allows ssm:GetParameter on every resource",
            ),
            (
                role("ec2", Action="secretsmanager:Get*", Resource="*"),
                "Role allows secretsmanager:GetSecretValue on every resource",
            ),
            (role("ec2", Action="ssm:GetParameter", Resource="arn:aws:ssm:::parameter/one"), ""),
            (role("ec2", Action="ssm:GetParameter", Resource="arn:aws:ssm:::parameter/one/*"), ""),
            (
                role("ec2", Action="ssm:GetParameter", Resource="arn:aws:ssm:x:1:parameter/*"),
                "Role allows ssm:GetParameter on every parameter",
            ),
            (
                role(
                    "ec2",
                    Action="secretsmanager:BatchGetSecretValue",
                    Resource={"Fn::Sub": "arn:aws:secretsmanager:x:${AWS::AccountId}:secret:*"},
                ),
                "Role allows secretsmanager:BatchGetSecretValue on every secret",
            ),
            (
                role(
                    "ec2",
                    Action="secretsmanager:GetSecretValue",
                    Resource="arn:aws:secretsmanager:x:1:secret:one-*",
                ),
                "",
            ),
            *(
                (
                    role("ec2", Action=action, Resource="*"),
                    f"Role allows {action} on every resource",
                )
                for action in ("ssm:GetParametersByPath", "ssm:GetParameterHistory")
            ),
            (
                role("ec2", "service-role/AmazonEC2RoleforSSM"),
                "the policy AmazonEC2RoleforSSM of Role allows ssm:GetParameters on every resource",
            ),
            (
                role("ec2", CORE, Action="ssm:GetParameter", Resource="arn:aws:ssm:::parameter/a"),
                f"the policy {CORE} of Role allows ssm:GetParameter on every resource",
            ),
            (role("ec2", Action="ssmmessages:OpenDataChannel", Resource="*"), ""),
            (role("ec2", "service-role/AmazonEC2ContainerServiceforEC2Role"), ""),
        ],
    )
    @pytest.mark.parametrize("metadata", [None, {"HttpPutResponseHopLimit": 2}])
    def test_it_is_said(
        self, given: dict[str, Any], problem: str, metadata: dict[str, Any] | None
    ) -> None:
        assert self.messages(given, metadata) == ([problem] if problem else [])

    @pytest.mark.parametrize(
        "given",
        [
            role("ec2", "SecretsManagerReadWrite"),
            role("ec2", "AdministratorAccess"),
            role("ec2", "AmazonSSMFullAccess"),
            role("ec2", Action="ssm:*", Resource="*"),
            role("ec2", NotAction="iam:*", Resource="*"),
        ],
    )
    def test_what_is_told_of_the_role_is_not_told_of_the_environment(
        self, given: dict[str, Any]
    ) -> None:
        assert self.messages(given, None) == []
        assert self.messages(given, None, "broad-permissions") != []

    def test_so_do_containers_on_managed_instances(self) -> None:
        provider = {"InstanceLaunchTemplate": {"Ec2InstanceProfileArn": arn_of("Profile")}}
        environment = resource(
            "AWS::Batch::ComputeEnvironment",
            ComputeResources={"Type": "MANAGED_INSTANCES", "ManagedInstancesProvider": provider},
        )
        assert found(
            "instance-role-in-containers",
            Role=role("ec2", CORE),
            Profile=resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Role"}]),
            Environment=environment,
        ) == [f"the policy {CORE} of Role allows ssm:GetParameter on every resource"]

    def test_where_there_is_no_metadata_nobody_reads_it(self) -> None:
        given = role("ec2", "AmazonSSMManagedInstanceCore")

        assert self.messages(given, {"HttpEndpoint": "disabled"}) == []

    def messages(
        self,
        given: dict[str, Any],
        metadata: dict[str, Any] | None,
        rule: str = "instance-role-in-containers",
    ) -> list[str]:
        environment = resource(
            "AWS::Batch::ComputeEnvironment",
            ComputeResources={
                "Type": "EC2",
                "InstanceRole": arn_of("Profile"),
                "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Template"}},
            },
        )
        return found(
            rule,
            Role=given,
            Profile=resource("AWS::IAM::InstanceProfile", Roles=[{"Ref": "Role"}]),
            Environment=environment,
            Template=resource(
                "AWS::EC2::LaunchTemplate", LaunchTemplateData={"MetadataOptions": metadata or {}}
            ),
        )


def job_role(rule: str, given: dict[str, Any]) -> list[str]:
    container = {"JobRoleArn": arn_of("Role"), "Image": "busybox"}
    job = resource("AWS::Batch::JobDefinition", Type="container", ContainerProperties=container)
    return found(rule, Role=given, Job=job)


class TestBroadPermissions:
    """What a managed policy allows is read from AWS's own document."""

    @pytest.mark.parametrize(
        ("attached", "problem"),
        [
            ("AdministratorAccess", "the policy AdministratorAccess allows nearly everything"),
            ("PowerUserAccess", "the policy PowerUserAccess allows nearly everything"),
            (
                "AWSBatchFullAccess",
                'the policy AWSBatchFullAccess allows "batch:*" on every resource',
            ),
            (
                "CloudWatchLogsFullAccess",
                'the policy CloudWatchLogsFullAccess allows "logs:*" on every resource',
            ),
            ("AmazonS3ReadOnlyAccess", ""),
            ("NobodyKnowsIt", ""),
        ],
    )
    def test_of_a_managed_policy(self, attached: str, problem: str) -> None:
        messages = job_role("broad-permissions", role("ecs-tasks", attached))

        assert messages == ([problem] if problem else [])

    @pytest.mark.parametrize(
        ("statement", "is_broad"),
        [
            ({"Action": "s3:*", "Resource": "*"}, True),
            ({"Action": "*", "Resource": "*"}, True),
            ({"Action": "kms:Decrypt", "Resource": "*"}, True),
            ({"Action": "s3:GetObject", "Resource": "*"}, False),
            ({"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}, False),
            ({"Action": "s3:*", "Resource": "*", "Condition": {}}, False),
            ({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, False),
        ],
    )
    def test_of_a_statement_of_one_s_own(
        self, statement: dict[str, Any], *, is_broad: bool
    ) -> None:
        messages = job_role("broad-permissions", role("ecs-tasks", **statement))

        assert bool(messages) is is_broad

    @pytest.mark.parametrize("action", ["batch:*", "s3:*"])
    def test_a_role_that_has_nothing_to_do_with_batch_is_judged_by_batch_only(
        self, action: str
    ) -> None:
        messages = found("broad-permissions", Role=role("lambda", Action=action, Resource="*"))

        assert len(messages) == (action == "batch:*")

    def test_a_role_that_has_nothing_to_do_with_batch_may_have_any_policy_of_aws(self) -> None:
        assert found("broad-permissions", Role=role("lambda", "AWSBatchFullAccess")) == []


class TestOpenTrust:
    """A role that everybody may assume."""

    @pytest.mark.parametrize(
        ("statement", "is_open"),
        [
            ({"Principal": "*"}, True),
            ({"Principal": {"AWS": "*"}}, True),
            ({"Principal": {"AWS": ["123456789012", "*"]}}, True),
            ({"Principal": {"AWS": ["123456789012"]}}, False),
            ({"Principal": {"Service": "ecs-tasks.amazonaws.com"}}, False),
            ({"Principal": "*", "Condition": {}}, False),
            ({"Principal": "*", "Effect": "Deny"}, False),
        ],
    )
    @pytest.mark.parametrize("is_used", [True, False])
    def test_it_is_found_where_a_job_has_it(
        self, statement: dict[str, Any], *, is_open: bool, is_used: bool
    ) -> None:
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **statement}]}
        given = resource("AWS::IAM::Role", AssumeRolePolicyDocument=trust)
        messages = job_role("open-trust", given) if is_used else found("open-trust", Role=given)

        assert bool(messages) is (is_open and is_used)


class TestOneRoleForBoth:
    """The program in the container gets what the agent may do."""

    @pytest.mark.parametrize(
        ("attached", "reads_secrets"),
        [
            ("AmazonSSMManagedInstanceCore", True),
            ("SecretsManagerReadWrite", True),
            ("service-role/AmazonECSTaskExecutionRolePolicy", False),
        ],
    )
    def test_it_matters_where_the_role_reads_secrets(
        self, attached: str, *, reads_secrets: bool
    ) -> None:
        container = {"JobRoleArn": arn_of("Role"), "ExecutionRoleArn": arn_of("Role")}
        job = resource("AWS::Batch::JobDefinition", ContainerProperties=container)
        messages = found("one-role-for-both", Role=role("ecs-tasks", attached), Job=job)

        assert bool(messages) is reads_secrets


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("service-role/AmazonECSTaskExecutionRole", "AmazonECSTaskExecutionRolePolicy"),
        ("AmazonECSTaskExecutionRolePolicy", "service-role/AmazonECSTaskExecutionRolePolicy"),
        ("service-role/AmazonS3ReadOnlyAccess", "there is AmazonS3ReadOnlyAccess"),
        ("service-role/awsbatchservicerole", "service-role/AWSBatchServiceRole"),
        ("service-role/AWSBatchServiceRole", ""),
        ("NobodyKnowsIt", ""),
    ],
)
def test_a_managed_policy_has_its_path_and_its_case(written: str, right: str) -> None:
    messages = found("managed-policy-name", Role=role("ec2", written))

    assert len(messages) == bool(right)
    assert all(message.endswith(right) for message in messages)


def test_a_managed_policy_whose_name_is_not_known_is_none_of_ours() -> None:
    given = role("ec2")
    given["Properties"]["ManagedPolicyArns"] = [{"Fn::Sub": f"{AWS}/${{Path}}/AWSBatchServiceRole"}]

    assert found("managed-policy-name", Role=given) == []


QUEUE, NAME, JOBS = f"{ARN}:job-queue/queue", f"{ARN}:job-definition/job", f"{ARN}:job/*"


class TestSubmitting:
    """Who may submit, to which queue, and which revision."""

    def messages(self, rule: str, *resources: str, definition: str = "job") -> list[str]:
        target = {
            "Arn": QUEUE,
            "RoleArn": arn_of("Role"),
            "BatchParameters": {"JobDefinition": definition, "JobName": "job"},
        }
        return found(
            rule,
            Role=role("events", Action="batch:SubmitJob", Resource=list(resources)),
            Rule=resource("AWS::Events::Rule", Targets=[target]),
        )

    @pytest.mark.parametrize(
        ("resources", "lacks"),
        [
            ([QUEUE, NAME], ""),
            ([QUEUE, f"{NAME}:*", JOBS], ""),
            (["*"], ""),
            ([f"{ARN}:*"], ""),
            (["arn:aws:batch:*"], ""),
            ([f"{ARN}:job-*"], ""),
            ([QUEUE], "job definition"),
            ([QUEUE, JOBS], "job definition"),
            ([NAME, "arn:aws:sqs:us-east-1:123456789012:job-queue"], "job queue"),
            ([f"{ARN}:/v1/submitjob"], "job queue and no job definition"),
        ],
    )
    def test_it_takes_the_queue_and_the_definition(self, resources: list[str], lacks: str) -> None:
        own = role("events", Action="batch:SubmitJob", Resource=resources)

        expected = f"batch:SubmitJob is allowed on no {lacks}; both are needed"
        assert found("submit-resources", Role=own) == ([expected] if lacks else [])

    def test_a_role_that_submits_is_judged_by_what_it_submits(self) -> None:
        assert self.messages("submit-resources", QUEUE) == []
        assert self.messages("submitter-permission", QUEUE) == [
            'Role does not allow batch:SubmitJob on the job definition "job"'
        ]

    @pytest.mark.parametrize(
        ("definition", "allowed", "is_denied"),
        [
            ("job:3", NAME, True),
            ("job:3", f"{NAME}:2", True),
            (f"{NAME}:3", f"{NAME}:2", True),
            (f"{NAME}:3", f"{ARN}:job-definition/other:*", True),
            ("job", f"{ARN}:job-definition/other", True),
            ("job", NAME, False),
            ("job", f"{NAME}:*", False),
            ("job", f"{NAME}:2", False),
            ("job:3", f"{NAME}:*", False),
            ("job:3", f"{NAME}:?", False),
            ("job", f"{ARN}:job-definition/*", False),
            ("job", f"{ARN}:*", False),
        ],
    )
    def test_a_revision_and_another_definition_are_two_things(
        self, definition: str, allowed: str, *, is_denied: bool
    ) -> None:
        messages = self.messages("submitter-permission", QUEUE, allowed, definition=definition)

        assert bool(messages) is is_denied

    @pytest.mark.parametrize(
        ("allowed", "only"),
        [
            ([NAME], "the bare name"),
            ([f"{NAME}:*"], "its revisions"),
            ([NAME, f"{NAME}:*"], ""),
            ([f"{ARN}:job-definition/*"], ""),
            ([f"{ARN}:job-definition/other"], ""),
        ],
    )
    def test_what_a_submission_by_name_is_checked_against_is_open(
        self, allowed: list[str], only: str
    ) -> None:
        messages = self.messages("submit-revision", QUEUE, *allowed)

        said = f'"job" is submitted by name, but batch:SubmitJob is allowed on {only} only'
        assert messages == ([said] if only else [])

    def test_a_policy_that_is_not_known_may_allow_the_rest(self) -> None:
        target = {"RoleArn": arn_of("Role"), "BatchParameters": {"JobDefinition": "job:3"}}
        rule = resource("AWS::Events::Rule", Targets=[target])

        for attached, is_known in (([], True), (["NobodyKnowsIt"], False)):
            given = role("events", *attached, Action="batch:SubmitJob", Resource=[f"{NAME}:2"])
            assert bool(found("submitter-permission", Role=given, Rule=rule)) is is_known
            assert bool(found("submit-resources", Role=given)) is is_known

    @pytest.mark.parametrize(
        ("value", "allowed", "is_denied"),
        [
            ({"Ref": "Job"}, NAME, True),
            ({"Ref": "Job"}, f"{NAME}:*", False),
            ({"Ref": "Job"}, {"Ref": "Job"}, False),
            ("job", {"Ref": "Job"}, False),
            ({"Ref": "Nameless"}, NAME, True),
            ({"Ref": "Nameless"}, {"Ref": "Job"}, True),
            ("job", {"Ref": "Nameless"}, True),
            ({"Fn::Sub": "${Word}-job"}, NAME, True),
            ({"Fn::Sub": "${Word}job"}, NAME, False),
            ({"Ref": "Parameter"}, NAME, False),
            ("elsewhere", NAME, True),
        ],
    )
    @pytest.mark.parametrize("submitter", ["rule", "function"])
    def test_ref_of_a_definition_is_a_revision(
        self, submitter: str, value: Any, allowed: Any, *, is_denied: bool
    ) -> None:
        target = {"RoleArn": arn_of("Role"), "BatchParameters": {"JobDefinition": value}}
        rule = resource("AWS::Events::Rule", Targets=[target])
        function = resource(
            "AWS::Lambda::Function",
            Role=arn_of("Role"),
            Environment={"Variables": {"JOB": value, "EMPTY": ""}},
        )
        messages = found(
            "submitter-permission",
            Role=role("events", Action="batch:SubmitJob", Resource=[QUEUE, allowed]),
            Job=resource("AWS::Batch::JobDefinition", JobDefinitionName="job"),
            Nameless=resource("AWS::Batch::JobDefinition"),
            Submitter=rule if submitter == "rule" else function,
        )

        is_any_word = value == "elsewhere" or (isinstance(value, dict) and "Fn::Sub" in value)
        if submitter == "function" and is_any_word:
            is_denied = False  # a function's variable may be anything
        assert bool(messages) is is_denied

    def test_a_role_of_two_targets_is_named_once(self) -> None:
        target = {"Arn": QUEUE, "RoleArn": arn_of("Role"), "BatchParameters": {}}
        rule = resource("AWS::Events::Rule", Targets=[target, target])

        for one, given in (("submitter-permission", role("events")), ("submitter-trust", role())):
            assert len(found(one, Role=given, Rule=rule)) == 1

    @pytest.mark.parametrize(
        ("variables", "submits"),
        [
            (["Queue", "Job"], True),
            (["Queue"], False),
            (["Job", "Elsewhere"], False),
            (["Queue", "Job", "Other"], True),
        ],
    )
    def test_a_function_that_has_a_queue_and_a_definition_at_hand_submits(
        self, variables: list[str], *, submits: bool
    ) -> None:
        function = resource(
            "AWS::Lambda::Function",
            Role=arn_of("Role"),
            Environment={"Variables": {name: {"Ref": name} for name in variables}},
        )
        messages = found(
            "submitter-permission",
            Role=role("lambda"),
            Queue=resource("AWS::Batch::JobQueue"),
            Job=resource("AWS::Batch::JobDefinition"),
            Other=resource("AWS::S3::Bucket"),
            Function=function,
        )

        assert bool(messages) is submits

    @pytest.mark.parametrize(
        ("attached", "submits"),
        [
            ("service-role/AWSBatchServiceEventTargetRole", True),
            ("service-role/AWSBatchServiceRole", False),
            ("NobodyKnowsIt", True),
        ],
    )
    def test_a_role_without_the_right_is_named(self, attached: str, *, submits: bool) -> None:
        target = {"Arn": QUEUE, "RoleArn": arn_of("Role"), "BatchParameters": {}}
        rule = resource("AWS::Events::Rule", Targets=[target])
        messages = found("submitter-permission", Role=role("events", attached), Rule=rule)

        assert messages == ([] if submits else ["Role does not allow batch:SubmitJob"])


@pytest.mark.parametrize(
    ("allowed", "kind", "problem"),
    [
        ([], "EC2", "allows nothing; it needs ecs:CreateCluster and more"),
        (["ecs:*", "ec2:*"], "EC2", "does not allow autoscaling:CreateAutoScalingGroup"),
        (["ecs:*", "ec2:*", "autoscaling:*"], "EC2", ""),
        (["ecs:*"], "FARGATE", ""),
        (["ecs:Describe*", "ecs:Create*"], "FARGATE", "does not allow ecs:RegisterTaskDefinition"),
    ],
)
def test_a_service_role_may_do_what_its_environment_takes(
    allowed: list[str], kind: str, problem: str
) -> None:
    given = role("batch", Action=allowed, Resource="*") if allowed else role("batch")
    environment = resource(
        "AWS::Batch::ComputeEnvironment",
        ServiceRole=arn_of("Role"),
        ComputeResources={"Type": kind},
    )
    messages = found("service-role-permissions", Role=given, Environment=environment)

    assert messages == ([f"Role {problem}"] if problem else [])


@pytest.mark.parametrize(
    ("value", "name", "profile", "is_wrong"),
    [
        ({"Ref": "Role"}, "given", None, False),
        ({"Ref": "Role"}, "given", {"Roles": ["other"]}, False),
        ({"Ref": "Role"}, "given", {"Roles": [{"Ref": "Role"}]}, True),
        ({"Ref": "Role"}, "given", {"Roles": ["given"], "InstanceProfileName": "given"}, False),
        ({"Ref": "Role"}, None, None, True),
        ({"Fn::GetAtt": ["Role", "Arn"]}, "given", {"InstanceProfileName": "given"}, True),
        ("given", "given", {"InstanceProfileName": "given"}, False),
    ],
)
def test_a_role_s_name_may_be_that_of_a_profile(
    value: Any, name: str | None, profile: Any, *, is_wrong: bool
) -> None:
    given = role()
    if name:
        given["Properties"]["RoleName"] = name
    resources = {"Role": given}
    if profile:
        resources["Profile"] = resource("AWS::IAM::InstanceProfile", **profile)
    environment = resource(
        "AWS::Batch::ComputeEnvironment", ComputeResources={"Type": "EC2", "InstanceRole": value}
    )

    assert bool(found("instance-profile", Environment=environment, **resources)) is is_wrong


def test_the_role_in_a_profile_of_its_name_is_judged() -> None:
    given = role("batch")
    given["Properties"]["RoleName"] = "given"
    environment = resource(
        "AWS::Batch::ComputeEnvironment",
        ComputeResources={"Type": "EC2", "InstanceRole": {"Ref": "Role"}},
    )
    profile = resource(
        "AWS::IAM::InstanceProfile", InstanceProfileName="given", Roles=[{"Ref": "Role"}]
    )
    resources = {"Role": given, "Profile": profile, "Environment": environment}

    assert found("environment-role-trust", **resources)
    assert found("instance-role-permissions", **resources)
