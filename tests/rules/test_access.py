"""Who may do what: names compared as text, policies, boundaries, conditions, keys, and order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.rules import Finding, check_template
from batch_constructs.rules.access.arn_patterns import CLOSED, HOLE, matches, spelled
from batch_constructs.rules.access.rights import rights
from batch_constructs.rules.template.resource_graph import Resource, Template
from batch_constructs.rules.template.template_conditions import Worlds

BATCH = "arn:aws:batch:us-east-1:123456789012"
QUEUE, OTHER = f"{BATCH}:job-queue/queue", f"{BATCH}:job-queue/other"
JOB = f"{BATCH}:job-definition/job"
HERE = "arn:${AWS::Partition}:batch:${AWS::Region}:${AWS::AccountId}"
SUBMIT = "batch:SubmitJob"


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def allow(action: Any, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


def deny(action: Any, on: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, on, **more), "Effect": "Deny"}


def role(*statements: Any, **more: Any) -> dict[str, Any]:
    policy = {"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}
    return resource("AWS::IAM::Role", Policies=[policy], **more)


def arn_of(id_: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [id_, "Arn"]}


def template_of(**resources: Any) -> Template:
    return next(iter(Worlds({"Resources": resources}, resources))).template


def view(id_: str, **resources: Any) -> Resource:
    found = template_of(**resources).get(id_)
    assert found is not None
    return found


def findings(rule: str, **resources: Any) -> list[Finding]:
    return [one for one in check_template({"Resources": resources}) if one.rule == rule]


def submits(queue: Any = QUEUE, **more: Any) -> dict[str, Any]:
    parameters = {"JobDefinition": JOB, "JobName": "job", **more}
    target = {"Arn": queue, "RoleArn": arn_of("Role"), "BatchParameters": parameters}
    return resource("AWS::Events::Rule", Targets=[target])


class TestNames:
    """A pattern matches, does not, or may, whatever stands in the holes."""

    @pytest.mark.parametrize(
        ("pattern", "name", "expected"),
        [
            ("*", "anything", True),
            ("a*c", "abc", True),
            ("a?c", "abc", True),
            ("a?c", "ac", False),
            ("a?c", "abbc", False),
            ("a*", "ba", False),
            ("*a", "ab", False),
            ("a.c", "abc", False),
            ("A", "a", False),
            (HOLE, "anything", None),
            (f"a{HOLE}", "abc", None),
            (f"a{HOLE}", "bc", False),
            (f"{HOLE}c", "ab", False),
            ("a*", f"a{HOLE}", True),
            ("ab*", f"a{HOLE}", None),
            ("a?", f"a{HOLE}", None),
            ("abc", f"a{HOLE}", None),
            ("abc", f"x{HOLE}", False),
            (f"a{HOLE}", f"a{HOLE}", None),
            (f"a{HOLE}", f"b{HOLE}", False),
            (f"{HOLE}a", f"{HOLE}b", False),
            (f"a{HOLE}b{HOLE}", f"{HOLE}a{HOLE}", None),
            (f"arn:{CLOSED}:batch", f"arn:{CLOSED}:batch", True),
            ("arn:aws:batch", f"arn:{CLOSED}:batch", None),
            ("arn:aws:batch:a", f"arn:{CLOSED}:a", False),
            ("arn:*:a", f"arn:{CLOSED}:a", True),
            (f"{CLOSED}:a", "x:y:a", False),
        ],
    )
    def test_a_pattern_and_a_name(self, pattern: str, name: str, expected: object) -> None:
        assert matches(pattern, name) is expected

    @pytest.mark.parametrize(
        ("pattern", "name", "expected"),
        [
            ({"Ref": "A"}, {"Ref": "A"}, True),
            ({"Ref": "A"}, {"Fn::GetAtt": ["A", "JobQueueArn"]}, True),
            ({"Ref": "A"}, {"Ref": "B"}, False),
            ({"Ref": "A"}, QUEUE, False),
            (QUEUE, {"Ref": "A"}, False),
            (f"{BATCH}:job-queue/*", {"Ref": "A"}, None),
            ("arn:*:batch:*:*:job-queue/*", {"Ref": "A"}, True),
            ("arn:*:batch:*:*:job-queue/A-*", {"Ref": "A"}, None),
            ("arn:*:batch:*:*:job-definition/*", {"Ref": "A"}, False),
            ({"Ref": "Named"}, QUEUE, None),
            ({"Ref": "Named"}, OTHER, False),
            (
                {"Fn::Sub": "arn:aws:batch:${AWS::Region}:${AWS::AccountId}:job-queue/queue"},
                {"Ref": "Named"},
                None,
            ),
            (
                {"Fn::Sub": "arn:aws:batch:${AWS::Region}:${AWS::AccountId}:job-queue/${Word}"},
                {"Ref": "Named"},
                None,
            ),
            ({"Ref": "Parameter"}, {"Ref": "A"}, None),
            ({"Ref": "Own"}, {"Ref": "Own"}, True),
            ({"Ref": "Own"}, {"Ref": "A"}, None),
            ({"Ref": "Job"}, {"Ref": "Job"}, True),
            (f"{JOB}:*", {"Ref": "Job"}, None),
            (JOB, {"Ref": "Job"}, False),
            (f"{JOB}:7", {"Ref": "Job"}, None),
        ],
    )
    def test_references_are_spelled_out(self, pattern: Any, name: Any, expected: object) -> None:
        resources = {
            "A": resource("AWS::Batch::JobQueue"),
            "B": resource("AWS::Batch::JobQueue"),
            "Named": resource("AWS::Batch::JobQueue", JobQueueName="queue"),
            "Job": resource("AWS::Batch::JobDefinition", JobDefinitionName="job"),
            "Own": resource("Custom::Queue"),
            "Seen": resource("Test", Pattern=pattern, Name=name),
        }
        seen = view("Seen", **resources)
        got = [spelled(seen.properties[key], seen.template) for key in ("Pattern", "Name")]

        assert matches(*got) is expected

    def test_a_name_that_refers_to_itself_ends(self) -> None:
        queue = resource("AWS::Batch::JobQueue", JobQueueName={"Fn::Sub": "${A}-x"})
        seen = view("Seen", A=queue, Seen=resource("Test", Name={"Ref": "A"}))

        assert spelled(seen.properties["Name"], seen.template).endswith("job-queue/\0-x")


class TestRights:
    """The policies of a role are asked for one action on one resource."""

    def allowed(self, *statements: Any, action: str = SUBMIT, **more: Any) -> bool | None:
        return rights(view("Role", Role=role(*statements, **more))).allow(action, QUEUE)

    @pytest.mark.parametrize(
        ("statements", "expected"),
        [
            ([], False),
            ([allow(SUBMIT, QUEUE)], True),
            ([allow("BATCH:submit*", QUEUE)], True),
            ([allow(SUBMIT, OTHER)], False),
            ([allow("batch:ListJobs", QUEUE)], False),
            ([allow(SUBMIT, [OTHER, QUEUE])], True),
            ([allow(SUBMIT), deny(SUBMIT, QUEUE)], False),
            ([allow(SUBMIT), deny(SUBMIT, OTHER)], True),
            ([allow(SUBMIT), deny("batch:*", {"Ref": "Parameter"})], None),
            ([allow(SUBMIT), deny(SUBMIT, Condition={"Bool": {"aws:x": "true"}})], None),
            ([allow(SUBMIT, {"Ref": "Parameter"})], None),
            ([allow({"Ref": "Parameter"})], None),
            ([allow(SUBMIT, Condition={"StringEquals": {"aws:x": "y"}})], None),
            ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], True),
            ([{"Effect": "Allow", "NotAction": "batch:*", "Resource": "*"}], False),
            ([{"Effect": "Allow", "Action": SUBMIT, "NotResource": OTHER}], True),
            ([{"Effect": "Allow", "Action": SUBMIT, "NotResource": QUEUE}], False),
            ([allow(SUBMIT), {"Effect": "Deny", "Action": SUBMIT, "NotResource": QUEUE}], True),
            ([allow(SUBMIT), {"Effect": "Deny", "Action": SUBMIT, "NotResource": OTHER}], False),
            ([{"Ref": "Statement"}], None),
            ([{"Effect": {"Ref": "Effect"}, "Action": SUBMIT, "Resource": "*"}], None),
        ],
    )
    def test_a_policy(self, statements: list[Any], expected: object) -> None:
        assert self.allowed(*statements) is expected

    @pytest.mark.parametrize(
        ("arns", "expected"),
        [
            (["arn:aws:iam::aws:policy/service-role/AWSBatchServiceEventTargetRole"], True),
            ([{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSBatchFullAccess"}], True),
            (["arn:aws:iam::aws:policy/service-role/AWSBatchServiceRole"], False),
            (["arn:aws:iam::aws:policy/NobodyKnowsIt"], None),
            (["arn:aws:iam::123456789012:policy/own"], None),
            ([{"Ref": "Parameter"}], None),
            ({"Ref": "Parameter"}, None),
        ],
    )
    def test_managed_policies(self, arns: Any, expected: object) -> None:
        assert self.allowed(ManagedPolicyArns=arns) is expected

    @pytest.mark.parametrize(
        ("boundary", "expected"),
        [
            ("arn:aws:iam::aws:policy/PowerUserAccess", True),
            ("arn:aws:iam::aws:policy/AmazonS3FullAccess", False),
            ("arn:aws:iam::123456789012:policy/own", None),
            ({"Ref": "Parameter"}, None),
        ],
    )
    def test_a_boundary_lets_less_through(self, boundary: Any, expected: object) -> None:
        assert self.allowed(allow(SUBMIT), PermissionsBoundary=boundary) is expected
        assert self.allowed(PermissionsBoundary=boundary) is False

    def test_a_boundary_of_the_template_may_deny(self) -> None:
        def allowed(*statements: Any) -> bool | None:
            document = {"Statement": list(statements)}
            boundary = resource("AWS::IAM::ManagedPolicy", PolicyDocument=document)
            given = role(allow(SUBMIT), PermissionsBoundary={"Ref": "Boundary"})
            return rights(view("Role", Role=given, Boundary=boundary)).allow(SUBMIT, QUEUE)

        assert allowed(allow("*"))
        assert allowed(allow("*"), deny(SUBMIT, OTHER))
        assert allowed(allow("*"), deny(SUBMIT, QUEUE)) is False

    @pytest.mark.parametrize("type_", ["Policy", "ManagedPolicy", "RolePolicy"])
    @pytest.mark.parametrize(
        ("named", "expected"),
        [({"Ref": "Role"}, True), ("my-role", True), ("other", False), ({"Ref": "P"}, None)],
    )
    def test_a_policy_of_its_own_names_its_role(
        self, type_: str, named: Any, expected: object
    ) -> None:
        key = {"RoleName": named} if type_ == "RolePolicy" else {"Roles": [named]}
        document = {"Statement": allow(SUBMIT)}
        policy = resource(f"AWS::IAM::{type_}", PolicyDocument=document, **key)
        given = view("Role", Role=role(RoleName="my-role"), Policy=policy)

        assert rights(given).allow(SUBMIT, QUEUE) is expected

    @pytest.mark.parametrize(
        ("policies", "expected"),
        [
            ([{"Statement": [allow(SUBMIT, QUEUE)]}], True),
            ({"Version": "2012-10-17", "Statement": allow(SUBMIT, OTHER)}, False),
            ("AWSBatchFullAccess", True),
            (["arn:aws:iam::aws:policy/AWSBatchFullAccess"], True),
            ([{"SQSPollerPolicy": {"QueueName": "q"}}], None),
        ],
    )
    def test_the_policies_of_a_serverless_function(self, policies: Any, expected: object) -> None:
        function = view("F", F=resource("AWS::Serverless::Function", Policies=policies))

        assert rights(function).allow(SUBMIT, QUEUE) is expected


class TestConditions:
    """A condition on what a submission says is looked at, any other is not known."""

    @pytest.mark.parametrize(
        ("condition", "is_denied"),
        [
            ({"StringEquals": {"batch:ShareIdentifier": "team"}}, False),
            ({"StringEquals": {"Batch:shareidentifier": ["x", "team"]}}, False),
            ({"StringEquals": {"batch:ShareIdentifier": "other"}}, True),
            ({"StringLike": {"batch:ShareIdentifier": "te*"}}, False),
            ({"StringLike": {"batch:ShareIdentifier": "x*"}}, True),
            ({"StringEquals": {"batch:ShareIdentifier": "te*"}}, True),
            ({"StringEqualsIgnoreCase": {"batch:ShareIdentifier": "TEAM"}}, False),
            ({"StringNotEquals": {"batch:ShareIdentifier": "team"}}, True),
            ({"StringNotEquals": {"batch:ShareIdentifier": "other"}}, False),
            ({"Null": {"batch:ShareIdentifier": "true"}}, True),
            ({"Null": {"batch:ShareIdentifier": "false"}}, False),
            ({"StringEqualsIfExists": {"batch:ShareIdentifier": "other"}}, True),
            ({"StringEquals": {"batch:ShareIdentifier": {"Ref": "Parameter"}}}, False),
            ({"StringEquals": {"aws:PrincipalTag/x": "other"}}, False),
            ({"Unheard": {"batch:ShareIdentifier": "other"}}, False),
            ({"Ref": "Parameter"}, False),
        ],
    )
    def test_the_share_of_a_submission(self, condition: Any, *, is_denied: bool) -> None:
        found = self.found(condition, ShareIdentifier="team")

        assert bool(found) is is_denied

    def test_a_submission_without_a_share(self) -> None:
        assert self.found({"StringEquals": {"batch:ShareIdentifier": "team"}})
        assert not self.found({"StringEqualsIfExists": {"batch:ShareIdentifier": "team"}})
        assert not self.found({"StringNotEquals": {"batch:ShareIdentifier": "team"}})

    def found(self, condition: Any, **request: Any) -> list[Finding]:
        target = {
            "Arn": "arn:aws:scheduler:::aws-sdk:batch:submitJob",
            "RoleArn": arn_of("Role"),
            "Input": json.dumps({"JobQueue": QUEUE, "JobDefinition": JOB, **request}),
        }
        return findings(
            "submitter-permission",
            Role=role(allow(SUBMIT, Condition=condition)),
            Schedule=resource("AWS::Scheduler::Schedule", Target=target),
        )


class TestWhatIsMissing:
    """A finding prints the statement, ready to paste into the template."""

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            (QUEUE, QUEUE),
            ({"Ref": "Queue"}, {"Ref": "Queue"}),
            ({"Fn::GetAtt": ["Queue", "JobQueueArn"]}, {"Fn::GetAtt": ["Queue", "JobQueueArn"]}),
            (
                {"Fn::Sub": f"{HERE}:job-queue/q"},
                {"Fn::Sub": f"{HERE}:job-queue/q"},
            ),
        ],
    )
    def test_the_queue(self, target: Any, expected: Any) -> None:
        [found] = findings(
            "submitter-permission",
            Role=role(allow(SUBMIT, [OTHER, f"{BATCH}:job-definition/*", f"{BATCH}:job/*"])),
            Queue=resource("AWS::Batch::JobQueue"),
            Rule=submits(target),
        )
        before, _, statement = found.fix.partition(": ")

        assert before == "add to the policies of Role"
        assert json.loads(statement) == allow(SUBMIT, expected)

    def test_the_definition_by_its_name_and_its_revisions(self) -> None:
        rule = submits(JobDefinition="job")
        [found] = findings("submitter-permission", Role=role(allow(SUBMIT, QUEUE)), Rule=rule)
        place = f"{HERE}:job-definition"

        statement = json.loads(found.fix.partition(": ")[2])
        assert statement["Resource"] == [
            *({"Fn::Sub": f"{place}/{one}"} for one in ("job", "job:*")),
            {"Fn::Sub": f"{HERE}:job/*"},
        ]

    def test_the_jobs_where_they_are_missing_too(self) -> None:
        """The reference requires them: what is pasted works either way."""
        [found] = findings(
            "submitter-permission",
            Role=role(allow(SUBMIT, f"{BATCH}:job-definition/*")),
            Rule=submits(QUEUE),
        )

        statement = json.loads(found.fix.partition(": ")[2])
        assert statement["Resource"] == [QUEUE, {"Fn::Sub": f"{HERE}:job/*"}]

    @pytest.mark.parametrize(
        ("given", "what"),
        [
            (role(allow(SUBMIT), deny(SUBMIT, QUEUE)), "a statement with the effect Deny"),
            (
                role(
                    allow(SUBMIT),
                    PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess",
                ),
                "the permissions boundary",
            ),
        ],
    )
    def test_what_forbids_it_is_named_instead(self, given: dict[str, Any], what: str) -> None:
        [found] = findings("submitter-permission", Role=given, Rule=submits())

        assert found.message.endswith(f": {what} forbids it")
        assert found.fix.startswith(f"let {what} admit {{")


class TestFunctions:
    """What a function submits is guessed from its environment and its rights."""

    def found(self, given: dict[str, Any], **variables: Any) -> list[str]:
        function = resource(
            "AWS::Lambda::Function", Role=arn_of("Role"), Environment={"Variables": variables}
        )
        found = findings(
            "submitter-permission",
            Role=given,
            Queue=resource("AWS::Batch::JobQueue"),
            Other=resource("AWS::Batch::JobQueue"),
            Job=resource("AWS::Batch::JobDefinition"),
            Function=function,
        )
        return [one.message.partition("SubmitJob")[2] for one in found]

    def test_one_that_may_submit_elsewhere_is_named(self) -> None:
        given = role(allow(SUBMIT, [{"Ref": "Other"}, {"Ref": "Job"}]))

        assert self.found(given, QUEUE={"Ref": "Queue"}) == [" on the job queue Queue"]
        assert self.found(given, QUEUE={"Ref": "Other"}, JOB={"Ref": "Job"}) == []
        assert self.found(given, QUEUE=QUEUE) == [' on the job queue "queue"']

    def test_one_of_several_queues_may_be_there_to_be_looked_at(self) -> None:
        queues = {"A": {"Ref": "Queue"}, "B": {"Ref": "Other"}}
        submit = allow(SUBMIT, [{"Ref": "Other"}, {"Ref": "Job"}])

        assert self.found(role(submit), **queues) == [" on the job queue Queue"]
        assert self.found(role(submit, allow("batch:ListJobs")), **queues) == []

    def test_what_all_functions_of_sam_have_stands_in_the_globals(self) -> None:
        def found(shared: Any, own: Any) -> list[str]:
            policies = [{"Statement": [allow(SUBMIT, {"Ref": "Other"})]}]
            function = resource("AWS::Serverless::Function", Policies=policies, **own)
            queues = {id_: resource("AWS::Batch::JobQueue") for id_ in ("Queue", "Other")}
            template = {"Globals": shared, "Resources": {"F": function, **queues}}
            seen = check_template(template)
            return [one.message for one in seen if one.rule == "submitter-permission"]

        def variables(**given: Any) -> dict[str, Any]:
            return {"Environment": {"Variables": given}}

        of_all = variables(QUEUE={"Ref": "Queue"})
        told = ["F does not allow batch:SubmitJob on the job queue Queue"]
        assert found({"Function": of_all}, {}) == told
        assert found({"Function": of_all}, variables(STAGE="dev")) == told
        assert found({"Function": of_all}, variables(QUEUE={"Ref": "Other"})) == []
        assert found({"StateMachine": of_all}, {}) == []
        assert found("none", {}) == []

    def test_one_of_sam_has_its_policies_inline(self) -> None:
        def found(on: Any) -> list[Finding]:
            function = resource(
                "AWS::Serverless::Function",
                Policies=[{"Statement": [allow(SUBMIT, on)]}],
                Environment={"Variables": {"QUEUE": {"Ref": "Queue"}}},
            )
            queues = {id_: resource("AWS::Batch::JobQueue") for id_ in ("Queue", "Other")}
            return findings("submitter-permission", F=function, **queues)

        assert [one.path for one in found({"Ref": "Other"})] == ["Properties/Policies"]
        assert found({"Ref": "Queue"}) == []


class TestOrder:
    """A right that comes from a resource of its own is there only for what waits for it."""

    def found(
        self,
        *,
        depends: Any = None,
        mentions: Any = None,
        own: bool = False,
        statements: list[Any] | None = None,
    ) -> list[str]:
        statement = allow("ecs:*")
        environment = resource(
            "AWS::Batch::ComputeEnvironment",
            ServiceRole=arn_of("Role"),
            Tags={"x": mentions or "y"},
        )
        if depends:
            environment["DependsOn"] = depends
        policy = resource(
            "AWS::IAM::Policy", Roles=[{"Ref": "Role"}], PolicyDocument={"Statement": statement}
        )
        found = findings(
            "policy-created-later",
            Role=role(*([statement] if own else statements or [])),
            Policy=policy,
            Between={**resource("AWS::SNS::Topic"), "DependsOn": ["Policy"]},
            Environment=environment,
        )
        return [one.message for one in found]

    def test_nothing_waits_for_it(self) -> None:
        assert self.found() == [
            "Role gets ecs:DescribeClusters from Policy, which Environment does not depend on"
        ]
        assert self.found(depends="Role")

    @pytest.mark.parametrize("depends", ["Policy", ["Policy"], "Between", ["Role", "Between"]])
    def test_the_environment_depends_on_it(self, depends: Any) -> None:
        assert self.found(depends=depends) == []

    @pytest.mark.parametrize(
        "mentions",
        [
            {"Ref": "Between"},
            {"Fn::GetAtt": ["Between", "TopicName"]},
            {"Fn::GetAtt": "Between.TopicName"},
            {"Fn::Sub": "x-${Between}"},
            {"Fn::Join": ["", [{"Fn::Sub": ["${Between.TopicName}", {}]}]]},
        ],
    )
    def test_the_environment_mentions_what_waits_for_it(self, mentions: Any) -> None:
        assert self.found(mentions=mentions) == []

    def test_the_role_has_the_right_itself(self) -> None:
        assert self.found(own=True) == []
        assert self.found(statements=[allow("s3:*")])

    def test_a_policy_that_waits_itself_cannot_be_waited_for(self) -> None:
        policy = resource(
            "AWS::IAM::Policy",
            Roles=[{"Ref": "Role"}],
            PolicyDocument={"Statement": allow("ecs:*", {"Ref": "Environment"})},
        )
        document = {"Statement": [allow("ecs:*"), allow("x:*", {"Ref": "Environment"})]}
        policy["Properties"]["PolicyDocument"] = document
        environment = resource("AWS::Batch::ComputeEnvironment", ServiceRole=arn_of("Role"))

        [found] = findings(
            "policy-created-later", Role=role(), Policy=policy, Environment=environment
        )
        assert found.fix == "move what Policy allows without Environment into Policies of the role"

    def test_state_machines_and_mappings_are_looked_at_as_they_are_created(self) -> None:
        state = {"Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}}
        machine = resource(
            "AWS::StepFunctions::StateMachine",
            RoleArn=arn_of("Role"),
            Definition={"States": {"A": state}},
        )
        function = resource(
            "AWS::Lambda::Function",
            Role=arn_of("Role"),
            Environment={"Variables": {"A": {"Ref": "Jobs"}}},
        )
        reads = resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn_of("Queue"),
            FunctionName={"Ref": "Function"},
        )
        policy = resource(
            "AWS::IAM::Policy",
            Roles=[{"Ref": "Role"}],
            PolicyDocument={"Statement": allow(["sqs:*", "events:*"])},
        )
        given = {
            "Role": role(),
            "Policy": policy,
            "Jobs": resource("AWS::Batch::JobQueue"),
            "Queue": resource("AWS::SQS::Queue"),
            "Function": function,
            "Machine": machine,
            "Mapping": reads,
        }

        found = findings("policy-created-later", **given)
        assert [one.resource for one in found] == ["Machine", "Mapping"]
        given["Function"] = {**function, "DependsOn": "Policy"}
        assert [one.resource for one in findings("policy-created-later", **given)] == ["Machine"]


ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}


class TestKeys:
    """A key is used by whom its policy admits, or by whom the account allows it."""

    @pytest.mark.parametrize(
        ("principal", "own", "condition", "is_denied"),
        [
            (ROOT, [], None, True),
            (ROOT, [allow("kms:Decrypt", arn_of("Key"))], None, False),
            (ROOT, [allow("kms:Decrypt", arn_of("Other"))], None, True),
            (ROOT, [allow("kms:*"), deny("kms:Decrypt")], None, True),
            ({"AWS": "123456789012"}, [allow("kms:*")], None, False),
            ({"AWS": arn_of("Role")}, [], None, False),
            ({"AWS": arn_of("Role")}, [deny("kms:*")], None, True),
            ({"AWS": "arn:aws:iam::123456789012:role/other"}, [allow("kms:*")], None, True),
            ({"AWS": {"Ref": "Parameter"}}, [], None, False),
            ({"AWS": "*"}, [], None, False),
            ({"Service": "batch.amazonaws.com"}, [allow("kms:*")], None, True),
            (
                ROOT,
                [allow("kms:*")],
                {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}},
                True,
            ),
            (
                {"AWS": "*"},
                [],
                {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}},
                False,
            ),
        ],
    )
    def test_the_key_of_a_secret(
        self, principal: Any, own: list[Any], condition: Any, *, is_denied: bool
    ) -> None:
        more = {"Condition": condition} if condition else {}
        policy = {"Statement": [{**allow("kms:*"), "Principal": principal, **more}]}
        assert bool(self.found(policy, *own)) is is_denied

    def test_a_key_without_a_policy_leaves_it_to_the_account(self) -> None:
        assert self.found(None)
        assert not self.found(None, allow("kms:Decrypt"))

    @pytest.mark.parametrize(
        "key", [{"Ref": "Key"}, arn_of("Key"), "alias/mine", {"Ref": "Alias"}], ids=str
    )
    def test_a_key_is_found_by_its_alias_too(self, key: Any) -> None:
        assert self.found(None, key=key)

    def test_the_secret_may_be_an_attachment_with_a_field(self) -> None:
        assert self.found(None, source={"Fn::Sub": "${Attached}:password::"})
        assert not self.found(None, source={"Ref": "Elsewhere"})

    def found(self, policy: Any, *own: Any, key: Any = None, source: Any = None) -> list[Finding]:
        secrets = [{"Name": "A", "ValueFrom": source or {"Ref": "Secret"}}]
        container = {"ExecutionRoleArn": arn_of("Role"), "Secrets": secrets}
        return findings(
            "secret-key",
            Role=role(allow("secretsmanager:*"), *own),
            Key=resource("AWS::KMS::Key", **({"KeyPolicy": policy} if policy else {})),
            Other=resource("AWS::KMS::Key"),
            Alias=resource("AWS::KMS::Alias", AliasName="alias/mine", TargetKeyId={"Ref": "Key"}),
            Secret=resource("AWS::SecretsManager::Secret", KmsKeyId=key or arn_of("Key")),
            Attached=resource(
                "AWS::SecretsManager::SecretTargetAttachment", SecretId={"Ref": "Secret"}
            ),
            Job=resource("AWS::Batch::JobDefinition", ContainerProperties=container),
        )

    @pytest.mark.parametrize(
        ("principal", "is_admitted"),
        [
            ("autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", True),
            ("autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_batch", True),
            ("spotfleet.amazonaws.com/AWSServiceRoleForEC2SpotFleet", True),
            ("ecs.amazonaws.com/AWSServiceRoleForECS", False),
        ],
    )
    def test_the_key_of_a_volume(self, principal: str, *, is_admitted: bool) -> None:
        arn = f"arn:aws:iam::123456789012:role/aws-service-role/{principal}"
        statement = {**allow("kms:*"), "Principal": {"AWS": arn}}
        device = {"Ebs": {"KmsKeyId": arn_of("Key")}}
        launch = {"LaunchTemplateData": {"BlockDeviceMappings": [device]}}
        resources = {"Type": "SPOT", "LaunchTemplate": {"LaunchTemplateId": {"Ref": "Launch"}}}
        found = findings(
            "volume-key",
            Key=resource("AWS::KMS::Key", KeyPolicy={"Statement": [statement]}),
            Launch=resource("AWS::EC2::LaunchTemplate", **launch),
            Environment=resource("AWS::Batch::ComputeEnvironment", ComputeResources=resources),
        )
        assert (found == []) is is_admitted

    @pytest.mark.parametrize(
        ("context", "is_admitted"),
        [
            ("arn:aws:logs:us-east-1:123456789012:log-group:/jobs", True),
            ("arn:aws:logs:us-east-1:123456789012:log-group:/other", False),
            ("arn:aws:logs:us-east-1:123456789012:*", True),
        ],
    )
    def test_the_key_of_a_log_group(self, context: str, *, is_admitted: bool) -> None:
        statement = {
            **allow(["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*"]),
            "Principal": {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}},
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": context}},
        }
        log = {"LogConfiguration": {"Options": {"awslogs-group": {"Ref": "Group"}}}}
        found = findings(
            "log-group-key",
            Key=resource("AWS::KMS::Key", KeyPolicy={"Statement": [statement]}),
            Group=resource("AWS::Logs::LogGroup", LogGroupName="/jobs", KmsKeyId=arn_of("Key")),
            Job=resource("AWS::Batch::JobDefinition", ContainerProperties=log),
        )
        assert (found == []) is is_admitted
