"""What the roles of a job have to allow."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.rules import Finding, check_template

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:name"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/name"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tool"
TOKEN = "ecr:GetAuthorizationToken"
LAYERS = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
STREAMS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def role(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = {"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}
    return resource("AWS::IAM::Role", Policies=[policy])


def findings(
    rule: str, *actions: str, platform: str = "FARGATE", others: Any = None, **container: Any
) -> list[Finding]:
    """Check a job whose execution role allows certain actions."""
    job = resource(
        "AWS::Batch::JobDefinition",
        PlatformCapabilities=[platform],
        ContainerProperties={"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, **container},
    )
    template = {"Resources": {"Role": role(*actions), "Job": job, **(others or {})}}
    return [one for one in check_template(template) if one.rule == rule]


class TestExecutionRole:
    """The agent writes the log and pulls the image with it."""

    def lacking(self, *actions: str, **container: Any) -> list[str]:
        found = findings("execution-role-permissions", *actions, **container)
        return [one.message.removeprefix("Role does not allow ") for one in found]

    @pytest.mark.parametrize(
        ("actions", "container", "missing"),
        [
            (STREAMS, {"Image": "busybox"}, ""),
            ([], {"Image": "busybox"}, "logs:CreateLogStream, logs:PutLogEvents"),
            (STREAMS[:1], {"Image": "busybox"}, "logs:PutLogEvents"),
            ([], {"LogConfiguration": {"LogDriver": "splunk"}}, ""),
            (STREAMS, {"Image": ECR}, ", ".join([TOKEN, *LAYERS])),
            ([*STREAMS, TOKEN], {"Image": ECR}, ", ".join(LAYERS)),
            ([*STREAMS, TOKEN, *LAYERS], {"Image": ECR}, ""),
            ([], {"Image": "busybox", "platform": "EC2"}, ""),
        ],
    )
    def test_it_may_do_what_the_container_needs(
        self, actions: list[str], container: dict[str, Any], missing: str
    ) -> None:
        assert self.lacking(*actions, **container) == ([missing] if missing else [])

    @pytest.mark.parametrize("creates", ["true", True, "false"])
    def test_a_log_group_that_it_is_to_make_takes_a_right(self, creates: object) -> None:
        log = {"LogDriver": "awslogs", "Options": {"awslogs-create-group": creates}}

        made = self.lacking(*STREAMS, "logs:CreateLogGroup", LogConfiguration=log)
        missing = self.lacking(*STREAMS, LogConfiguration=log)

        assert made == []
        assert missing == ([] if creates == "false" else ["logs:CreateLogGroup"])

    def test_the_fix_is_the_managed_policy_unless_that_lacks_the_right(self) -> None:
        log = {"LogDriver": "awslogs", "Options": {"awslogs-create-group": "true"}}
        rule = "execution-role-permissions"

        [logs] = findings(rule, Image="busybox")
        [group] = findings(rule, *STREAMS, LogConfiguration=log)

        assert logs.fix.startswith("attach service-role/AmazonECSTaskExecutionRolePolicy, or add ")
        assert group.fix.startswith("add to the policies of Role: {")
        assert group.fix.endswith("; or create the log group in the template")


class TestSecrets:
    """A bare name is taken for a parameter's."""

    @pytest.mark.parametrize(
        ("source", "action", "what"),
        [
            (SECRET, "secretsmanager:GetSecretValue", SECRET),
            (PARAMETER, "ssm:GetParameters", PARAMETER),
            ("name", "ssm:GetParameters", "name"),
            ({"Ref": "Secret"}, "secretsmanager:GetSecretValue", "Secret"),
            ({"Ref": "Parameter"}, "ssm:GetParameters", "Parameter"),
        ],
    )
    def test_each_kind_takes_its_right(self, source: Any, action: str, what: str) -> None:
        others = {
            "Secret": resource("AWS::SecretsManager::Secret"),
            "Parameter": resource("AWS::SSM::Parameter"),
        }
        given: dict[str, Any] = {
            "Secrets": [{"Name": "WORD", "ValueFrom": source}],
            "others": others,
        }

        [found] = findings("secret-permission", **given)

        assert findings("secret-permission", action, **given) == []
        assert found.message == f"Role does not allow {action}, which {what} needs"
        assert ("of a Secrets Manager secret" in found.fix) is (action[:3] == "ssm")

    @pytest.mark.parametrize(
        ("readable", "told"),
        [
            ({"Ref": "Secret"}, False),
            ({"Ref": "Other"}, True),
            ({"Fn::Sub": "${Other}*"}, True),
            ({"Fn::Sub": "${Secret}*"}, False),
            ("arn:aws:secretsmanager:us-east-1:123456789012:secret:*-??????", False),
        ],
    )
    def test_a_right_to_another_secret_of_the_template_is_none(
        self, readable: Any, *, told: bool
    ) -> None:
        """CloudFormation makes both names up; neither is the other's."""
        reader = role("secretsmanager:GetSecretValue")
        reader["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] = readable
        others = {
            "Role": reader,
            "Secret": resource("AWS::SecretsManager::Secret"),
            "Other": resource("AWS::SecretsManager::Secret"),
        }
        secrets = [{"Name": "WORD", "ValueFrom": {"Ref": "Secret"}}]

        assert bool(findings("secret-permission", Secrets=secrets, others=others)) is told

    def test_a_parameter_is_named_as_the_template_writes_it(self) -> None:
        written = "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/name"
        secrets = [{"Name": "WORD", "ValueFrom": {"Fn::Sub": written}}]

        [found] = findings("secret-permission", Secrets=secrets)

        assert found.message == f"Role does not allow ssm:GetParameters, which {written} needs"

    @pytest.mark.parametrize(
        "source",
        [
            {"Ref": "Unknown"},
            {"Fn::Sub": "${Unknown}"},
            {"Fn::Sub": "name-${Unknown}"},
            "arn:aws:other:us-east-1:123456789012:name",
            {"Ref": "Topic"},
        ],
    )
    def test_what_is_of_no_known_kind_takes_no_known_right(self, source: Any) -> None:
        secrets = [{"Name": "WORD", "ValueFrom": source}]
        topic = {"Topic": resource("AWS::SNS::Topic")}

        assert findings("secret-permission", Secrets=secrets, others=topic) == []

    @pytest.mark.parametrize(
        "container",
        [
            {"LogConfiguration": {"SecretOptions": [{"Name": "token", "ValueFrom": SECRET}]}},
            {"RepositoryCredentials": {"CredentialsParameter": SECRET}},
        ],
    )
    def test_a_log_driver_and_a_registry_have_secrets_too(self, container: dict[str, Any]) -> None:
        assert len(findings("secret-permission", **container)) == 1


WRITING = {
    "Effect": "Allow",
    "Action": "elasticfilesystem:ClientWrite",
    "Principal": {"AWS": "*"},
}
CLOSED = {"Statement": [WRITING]}


class TestFileSystem:
    """With IAM authorization the file system asks the job role."""

    def messages(self, *actions: str, iam: str = "ENABLED", policy: Any = CLOSED) -> list[str]:
        authorization = {"FileSystemId": {"Ref": "System"}, "AuthorizationConfig": {"Iam": iam}}
        container: dict[str, Any] = {
            "JobRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            "Volumes": [{"EfsVolumeConfiguration": authorization}],
        }
        system = {} if policy is None else {"FileSystemPolicy": policy}
        others = {"System": resource("AWS::EFS::FileSystem", **system)}
        found = findings("efs-permission", *actions, others=others, **container)
        return [one.message for one in found]

    def test_the_job_role_or_the_file_system_has_to_allow_it(self) -> None:
        [message] = self.messages()

        assert message.startswith("Role does not allow elasticfilesystem:ClientMount, nor does ")
        assert self.messages("elasticfilesystem:ClientMount") == []

    def test_it_matters_with_iam_authorization_only(self) -> None:
        assert self.messages(iam="DISABLED") == []

    def test_a_file_system_without_a_policy_of_its_own_lets_everybody_in(self) -> None:
        assert self.messages(policy=None) == []

    @pytest.mark.parametrize(
        ("principal", "condition", "is_admitted"),
        [
            ({"AWS": "*"}, None, True),
            ("*", None, True),
            ({"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, None, True),
            ({"AWS": "arn:aws:iam::123456789012:role/other"}, None, False),
            ({"AWS": {"Ref": "Parameter"}}, None, True),
            ({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, None, False),
            ({"AWS": "*"}, {"Bool": {"aws:SecureTransport": "true"}}, True),
        ],
    )
    def test_its_policy_may_name_the_role(
        self, principal: Any, condition: Any, *, is_admitted: bool
    ) -> None:
        statement = {
            "Effect": "Allow",
            "Action": "elasticfilesystem:Client*",
            "Principal": principal,
            **({"Condition": condition} if condition else {}),
        }
        assert (self.messages(policy={"Statement": [statement]}) == []) is is_admitted


@pytest.mark.parametrize(("execution", "is_one"), [("Role", True), ("Other", False), (None, False)])
def test_one_role_for_both_is_a_finding_only_if_it_is_one(
    execution: str | None, *, is_one: bool
) -> None:
    arn = {"Fn::GetAtt": [execution, "Arn"]} if execution else None
    found = findings(
        "one-role-for-both",
        "ssm:GetParameters",
        others={"Other": role("ssm:GetParameters")},
        JobRoleArn={"Fn::GetAtt": ["Role", "Arn"]},
        **({"ExecutionRoleArn": arn} if arn else {"ExecutionRoleArn": "arn"}),
    )

    assert bool(found) is is_one
