"""What submits jobs, and what it says: rules, schedules, pipes, state machines and functions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batch_constructs.aws import submit_job
from batch_constructs.rules import Finding, check_template

QUEUE = "arn:aws:batch:us-east-1:123456789012:job-queue/queue"
SUBMIT = "arn:aws:states:::batch:submitJob"
SUBMIT_SDK = "arn:aws:scheduler:::aws-sdk:batch:submitJob"


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, "Properties": properties}


def event_rule(**request: Any) -> dict[str, Any]:
    queue = request.pop("JobQueue", QUEUE)
    return resource("AWS::Events::Rule", Targets=[{"Arn": queue, "BatchParameters": request}])


def schedule(**request: Any) -> dict[str, Any]:
    target = {"Arn": SUBMIT_SDK, "Input": json.dumps(request)}
    return resource("AWS::Scheduler::Schedule", Target=target)


def pipe(**request: Any) -> dict[str, Any]:
    return resource(
        "AWS::Pipes::Pipe", Target=QUEUE, TargetParameters={"BatchJobParameters": request}
    )


def machine(resource_: str = SUBMIT, **request: Any) -> dict[str, Any]:
    state = {"Type": "Task", "Resource": resource_, "Parameters": request, "End": True}
    return resource("AWS::StepFunctions::StateMachine", Definition={"States": {"Submit": state}})


PATHS = {
    event_rule: "Properties/Targets/0/BatchParameters",
    schedule: "Properties/Target/Input",
    pipe: "Properties/TargetParameters/BatchJobParameters",
    machine: "Properties/Definition/States/Submit/Parameters",
}
every_submitter = pytest.mark.parametrize("submitter", PATHS, ids=lambda one: one.__name__)


def findings(rule: str, **resources: Any) -> list[Finding]:
    return [one for one in check_template({"Resources": resources}) if one.rule == rule]


def messages(rule: str, **resources: Any) -> list[str]:
    return [one.message for one in findings(rule, **resources)]


class TestBounds:
    """They hold for whatever submits, at both sides of both ends."""

    @pytest.mark.parametrize(
        ("rule", "path", "admitted", "refused", "message"),
        [
            ("array-size", "ArrayProperties/Size", [2, 10000], [1, 10001, 2.5], "the array size"),
            ("submission-attempts", "RetryStrategy/Attempts", [1, 10], [0, 11], "attempts"),
            ("submission-timeout", "Timeout/AttemptDurationSeconds", [60], [59], "timeout"),
            ("job-name", "JobName", ["a", "9-_" * 42], ["-a", "a b", "", "a" * 129], "job name"),
            ("dependency-count", "DependsOn", [[{}] * 20], [[{}] * 21], "dependencies"),
            (
                "submission-share-identifier",
                "ShareIdentifier",
                ["a1", "a*"],
                ["a-b", "*a"],
                "share",
            ),
            ("submission-priority", "SchedulingPriorityOverride", [0, 9999], [-1, 10000], "prio"),
        ],
    )
    @every_submitter
    def test_a_value_outside_is_refused(
        self,
        submitter: Any,
        rule: str,
        path: str,
        admitted: list[Any],
        refused: list[Any],
        message: str,
    ) -> None:
        def check(value: Any) -> list[Finding]:
            way, _, key = path.rpartition("/")
            request = {way: {key: value}} if way else {key: value}
            return findings(rule, Submitter=submitter(**request))

        assert [value for value in admitted if check(value)] == []
        for value in refused:
            [found] = check(value)
            assert found.path == f"{PATHS[submitter]}/{path}"
            assert message in found.message

    @pytest.mark.parametrize("value", ["<name>", {"Ref": "Parameter"}])
    def test_a_name_that_is_not_known_yet_is_none_of_a_wrong_shape(self, value: Any) -> None:
        assert messages("job-name", Rule=event_rule(JobName=value)) == []


CODES: dict[str, Any] = {"Action": "RETRY", "OnExitCode": "1"}
NODES = {"NodeOverrides": {"NodePropertyOverrides": [{"TargetNodes": "0"}]}}


def overriding(**members: Any) -> dict[str, Any]:
    return {"ContainerOverrides": members}


ROOM = submit_job.OVERRIDES_BYTES - submit_job.overrides_length({"Command": [""]})
"""Characters of the longest word that ECS takes as a command."""


def sized(kind: str, value: str) -> dict[str, Any]:
    return overriding(ResourceRequirements=[{"Type": kind, "Value": value}])


def on_node(**members: Any) -> dict[str, Any]:
    node = {"TargetNodes": "0", **overriding(**members)}
    return {"NodeOverrides": {"NodePropertyOverrides": [node]}}


def retrying(*rules: Any) -> dict[str, Any]:
    return {"RetryStrategy": {"EvaluateOnExit": list(rules)}}


class TestOneFloor:
    """What the constructors and the embedded AWS refuse, a template may not say, either."""

    @pytest.mark.parametrize(
        ("rule", "refused", "admitted"),
        [
            ("submission-limit", retrying(*[CODES] * 6), retrying(*[CODES] * 5)),
            ("submission-limit", retrying(CODES | {"OnExitCode": "x"}), retrying(CODES)),
            ("submission-limit", sized("CPU", "1"), sized("VCPU", "1")),
            ("submission-size", sized("MEMORY", "3"), sized("MEMORY", "4")),
            ("submission-size", sized("GPU", "0"), sized("GPU", "1")),
            (
                "submission-size",
                on_node(ResourceRequirements=[{"Type": "GPU", "Value": "0"}]),
                on_node(ResourceRequirements=[{"Type": "GPU", "Value": "1"}]),
            ),
            ("submission-tag", {"Tags": {"aws:x": "y"}}, {"Tags": {"x": "y" * 256}}),
            ("submission-tag", {"Tags": {"x": "y" * 257}}, {"Tags": {"x" * 128: "y"}}),
            (
                "submission-tag",
                {"Tags": {f"x{n}": "y" for n in range(51)}},
                {"Tags": {f"x{n}": "y" for n in range(50)}},
            ),
            *(
                ("submission-length", make(Command=["x" * (ROOM + 1)]), make(Command=["x" * ROOM]))
                for make in (overriding, on_node)
            ),
            ("submission-unknown", {"Bogus": 1}, {"PropagateTags": True}),
            ("submission-unknown", overriding(Bogus=1), overriding(InstanceType="m5.large")),
            ("submission-shape", overriding(Comand=["x"]), overriding(Command=["x"])),
            ("submission-shape", overriding(Command={"x": 1}), NODES),
            (
                "submission-shape",
                overriding(ResourceRequirements=[{"Type": "GPU"}]),
                sized("GPU", "1"),
            ),
        ],
    )
    @pytest.mark.parametrize("submitter", [schedule, machine], ids=lambda one: one.__name__)
    def test_a_request_is_held_to_it(
        self, submitter: Any, rule: str, refused: dict[str, Any], admitted: dict[str, Any]
    ) -> None:
        assert len(messages(rule, Submitter=submitter(**refused))) == 1
        assert messages(rule, Submitter=submitter(**admitted)) == []

    def test_a_rule_of_eventbridge_takes_no_unknown_members(self) -> None:
        assert len(messages("submission-unknown", Rule=event_rule(Bogus=1))) == 1

    @pytest.mark.parametrize(
        "unknown",
        [
            {"ShareIdentifier": "<aws.scheduler.execution-id>"},
            retrying(CODES | {"OnExitCode": "<aws.scheduler.attempt-number>"}),
        ],
    )
    def test_what_the_scheduler_puts_in_is_not_held_to_it(self, unknown: dict[str, Any]) -> None:
        found = check_template({"Resources": {"Submitter": schedule(**unknown)}})

        assert [one for one in found if one.rule.startswith("submission-")] == [
            one for one in found if one.rule == "submission-required"
        ]


class TestRequired:
    """A submission names its definition, itself and its queue."""

    @pytest.mark.parametrize("given", [{"JobName": "a"}, {"JobDefinition": "b", "JobName": "a"}])
    def test_event_bridge_asks_for_two(self, given: dict[str, str]) -> None:
        for submitter, rule in (
            (event_rule, "event-target-parameters"),
            (pipe, "pipe-parameters"),
        ):
            found = findings(rule, Submitter=submitter(**given))

            missing = [] if "JobDefinition" in given else ["JobDefinition"]
            assert [one.path for one in found] == [f"{PATHS[submitter]}/{key}" for key in missing]

    @pytest.mark.parametrize("submitter", [schedule, machine], ids=lambda one: one.__name__)
    def test_the_others_ask_for_three(self, submitter: Any) -> None:
        request = {"JobDefinition": "b", "JobName": "a", "JobQueue": "c"}

        assert findings("submission-required", Submitter=submitter(**request)) == []
        for key in request:
            rest = {name: value for name, value in request.items() if name != key}
            [found] = findings("submission-required", Submitter=submitter(**rest))
            assert found.path == f"{PATHS[submitter]}/{key}"

    def test_a_pipe_to_a_queue_needs_parameters_and_one_to_elsewhere_does_not(self) -> None:
        def lacking(target: Any, **parameters: Any) -> list[str]:
            given = resource("AWS::Pipes::Pipe", Target=target, **parameters)
            queue = resource("AWS::Batch::JobQueue")
            return messages("pipe-parameters", Pipe=given, Queue=queue)

        expected = ["BatchJobParameters is missing; a job queue target needs it"]
        assert lacking(QUEUE) == lacking({"Ref": "Queue"}) == expected
        assert lacking("arn:aws:sqs:us-east-1:123456789012:queue") == []
        assert lacking(QUEUE, TargetParameters={"Ref": "Parameter"}) == []


class TestSchedules:
    """EventBridge's own rates and six fields."""

    @pytest.mark.parametrize(
        ("expression", "is_wrong"),
        [
            ("cron(0 3 * * ? *)", False),
            ("cron(0 3 * * *)", True),
            ("cron(0 3 * * * *)", True),
            ("rate(1 day)", False),
            ("rate(5 days)", False),
            ("rate(0 days)", True),
            ("every day", True),
        ],
    )
    def test_an_expression_that_is_refused_is_named(
        self, expression: str, *, is_wrong: bool
    ) -> None:
        for submitter in (event_rule, schedule):
            given = submitter(JobName="a")
            given["Properties"]["ScheduleExpression"] = expression
            assert bool(messages("schedule-expression", Submitter=given)) is is_wrong
        elsewhere = resource("AWS::Events::Rule", ScheduleExpression=expression, Targets=[])
        assert messages("schedule-expression", Submitter=elsewhere) == []

    @pytest.mark.parametrize(
        ("expression", "problem"),
        [
            ("rate(1 days)", "the unit of 1 is day: write rate(1 day)"),
            ("rate(5 day)", "the unit of 5 is days: write rate(5 days)"),
            ("at(2030-01-01T00:00:00)", "a rule takes rate(…) and cron(…)"),
        ],
    )
    def test_a_rule_is_stricter_than_eventbridge_scheduler(
        self, expression: str, problem: str
    ) -> None:
        for submitter, said in ((event_rule, [problem]), (schedule, [])):
            given = submitter(JobName="a")
            given["Properties"]["ScheduleExpression"] = expression
            found = messages("schedule-expression", Submitter=given)
            assert [problem for one in found if problem in one] == said
            assert len(found) == len(said)

    @pytest.mark.parametrize(
        ("target", "problem"),
        [
            ({"Arn": SUBMIT_SDK}, "Input is missing, so SubmitJob gets no request"),
            (
                {"Arn": SUBMIT_SDK, "Input": "word"},
                'Input is "word", which is not a JSON object',
            ),
            ({"Arn": SUBMIT_SDK, "Input": "{}"}, ""),
            ({"Arn": SUBMIT_SDK, "Input": {"Ref": "Parameter"}}, ""),
            ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "word"}, ""),
        ],
    )
    def test_the_input_has_to_be_a_request(self, target: dict[str, Any], problem: str) -> None:
        given = resource("AWS::Scheduler::Schedule", Target=target)

        assert messages("schedule-input", Schedule=given) == ([problem] if problem else [])


class TestEventBus:
    """AWS's own events are on the default bus."""

    @pytest.mark.parametrize(
        ("bus", "given", "is_wrong"),
        [
            ("own", {"EventPattern": {"source": ["aws.batch"]}}, True),
            ({"Ref": "Bus"}, {"EventPattern": {"source": ["aws.batch"]}}, True),
            ("default", {"EventPattern": {"source": ["aws.batch"]}}, False),
            ("arn:aws:events:us-east-1:1:event-bus/default", {"EventPattern": {}}, False),
            ({"Ref": "Parameter"}, {"EventPattern": {"source": ["aws.batch"]}}, False),
            ("own", {"EventPattern": {"source": ["com.example"]}}, False),
            ("own", {"EventPattern": {"source": ["aws.s3"]}}, False),
            ("own", {"EventPattern": {"source": ["aws.s3"]}, "submits": True}, True),
        ],
    )
    def test_what_waits_on_another_bus_waits_in_vain(
        self, bus: Any, given: dict[str, Any], *, is_wrong: bool
    ) -> None:
        properties = dict(given)
        targets = [{"Arn": QUEUE, "BatchParameters": {}}] if properties.pop("submits", 0) else []
        rule = resource("AWS::Events::Rule", EventBusName=bus, Targets=targets, **properties)
        found = messages("event-bus", Rule=rule, Bus=resource("AWS::Events::EventBus"))

        assert bool(found) is is_wrong


class TestStateMachines:
    """Waiting for a job takes a rule of Step Functions' own."""

    @pytest.mark.parametrize(
        ("suffix", "actions", "missing"),
        [
            (".sync", [], "events:PutTargets, events:PutRule, events:DescribeRule"),
            (".sync", ["events:Put*"], "events:DescribeRule"),
            (".sync", ["events:*"], ""),
            ("", [], ""),
        ],
    )
    def test_its_role_may_have_it_made(self, suffix: str, actions: list[str], missing: str) -> None:
        statement = {"Effect": "Allow", "Action": ["batch:*", *actions], "Resource": "*"}
        policy = {"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}
        given = machine(f"{SUBMIT}{suffix}", JobName="a")
        given["Properties"]["RoleArn"] = {"Fn::GetAtt": ["Role", "Arn"]}
        role = resource("AWS::IAM::Role", Policies=[policy])

        found = messages("state-machine-wait", Machine=given, Role=role)

        assert found == ([f"Role does not allow {missing}"] if missing else [])

    def test_the_optimized_integration_calls_nobody_back(self) -> None:
        def found(resource_: str) -> list[str]:
            return messages("state-machine-callback", Machine=machine(resource_, JobName="a"))

        assert len(found(f"{SUBMIT}.waitForTaskToken")) == 1
        sdk = "arn:aws:states:::aws-sdk:batch:submitJob.waitForTaskToken"
        assert found(sdk) == found(f"{SUBMIT}.sync") == []


class TestOverrides:
    """They go with the kind of job, and with Fargate's sizes."""

    def found(self, rule: str, platform: str, **request: Any) -> list[str]:
        capability = {} if platform == "EKS" else {"PlatformCapabilities": [platform]}
        job = resource(
            "AWS::Batch::JobDefinition",
            **capability,
            **({"EksProperties": {}} if platform == "EKS" else {"ContainerProperties": {}}),
        )
        submit = machine(JobDefinition={"Ref": "Job"}, **request)
        return messages(rule, Machine=submit, Job=job)

    @pytest.mark.parametrize(
        ("properties", "taken", "refused"),
        [
            (
                "ContainerProperties",
                "ContainerOverrides",
                ("EksPropertiesOverride", "NodeOverrides"),
            ),
            ("EcsProperties", "EcsPropertiesOverride", ("ContainerOverrides", "NodeOverrides")),
            ("EksProperties", "EksPropertiesOverride", ("ContainerOverrides", "NodeOverrides")),
            ("NodeProperties", "NodeOverrides", ("ContainerOverrides",)),
        ],
    )
    def test_an_override_of_another_kind_of_job_is_refused(
        self, properties: str, taken: str, refused: tuple[str, ...]
    ) -> None:
        job = resource("AWS::Batch::JobDefinition", **{properties: {}})
        for override in (taken, *refused):
            request: dict[str, Any] = {"JobDefinition": {"Ref": "Job"}, override: {}}
            submit = machine(**request)
            found = messages("override-kind", Machine=submit, Job=job)
            expected = f"{override} is set, but Job has {properties}"
            assert found == ([expected] if override in refused else [])

    def test_an_override_in_the_input_of_a_rule_is_seen(self) -> None:
        job = resource("AWS::Batch::JobDefinition", NodeProperties={})
        target = {
            "Arn": "arn:aws:batch:us-east-1:123456789012:job-queue/q",
            "BatchParameters": {"JobDefinition": {"Ref": "Job"}, "JobName": "a"},
            "Input": '{"ContainerOverrides": {"Command": ["x"]}}',
        }

        found = messages(
            "override-kind", Rule=resource("AWS::Events::Rule", Targets=[target]), Job=job
        )

        assert found == ["ContainerOverrides is set, but Job has NodeProperties"]

    def test_a_kind_that_nobody_knows_takes_any(self) -> None:
        either = {"Fn::If": ["C", {}, {"Ref": "AWS::NoValue"}]}
        job = resource("AWS::Batch::JobDefinition", EcsProperties=either)
        submit = machine(JobDefinition={"Ref": "Job"}, ContainerOverrides={})

        assert messages("override-kind", Machine=submit, Job=job) == []

    def test_an_array_of_multi_node_jobs_is_refused(self) -> None:
        submit = machine(JobDefinition={"Ref": "Job"}, ArrayProperties={"Size": 5})

        def found(**properties: Any) -> list[str]:
            job = resource("AWS::Batch::JobDefinition", **properties)
            return messages("multi-node-array", Machine=submit, Job=job)

        assert found(NodeProperties={}) == ["an array is submitted, but Job is multi-node"]
        assert found(ContainerProperties={}) == []

    @pytest.mark.parametrize(
        ("overrides", "problem"),
        [
            ({"Vcpus": 1}, "Vcpus is overridden, which Fargate does not support"),
            ({"Memory": 1}, "Memory is overridden, which Fargate does not support"),
            ({"size": ("1", "4096")}, ""),
            ({"size": ("1", "1024")}, "Fargate does not offer 1 vCPU with 1024 MiB"),
            ({"size": ("3", "4096")}, "Fargate does not offer 3 vCPU with 4096 MiB"),
            ({"size": ("1", None)}, ""),
            ({"size": (None, "1")}, ""),
        ],
    )
    def test_a_size_that_fargate_does_not_offer_is_refused(
        self, overrides: dict[str, Any], problem: str
    ) -> None:
        given = dict(overrides)
        if size := given.pop("size", None):
            pairs = zip(("VCPU", "MEMORY"), size, strict=True)
            given["ResourceRequirements"] = [
                {"Type": kind, "Value": value} for kind, value in pairs if value
            ]

        found = self.found("override-size", "FARGATE", ContainerOverrides=given)

        assert found == ([problem] if problem else [])
        assert self.found("override-size", "EC2", ContainerOverrides=given) == []

    @pytest.mark.parametrize(
        "way",
        [
            lambda one: {"ContainerOverrides": one},
            lambda one: {"EcsPropertiesOverride": {"TaskProperties": [{"Containers": [one]}]}},
            lambda one: {"NodeOverrides": {"NodePropertyOverrides": [{"ContainerOverrides": one}]}},
        ],
    )
    @pytest.mark.parametrize(("name", "is_reserved"), [("AWS_BATCH_X", True), ("AWS_X", False)])
    def test_a_reserved_variable_is_found_wherever_it_is_overridden(
        self, way: Any, name: str, *, is_reserved: bool
    ) -> None:
        overrides = way({"Environment": [{"Name": name, "Value": "x"}]})

        assert bool(self.found("reserved-override", "EC2", **overrides)) is is_reserved


class TestQueues:
    """A fair-share queue asks for a share, a FIFO queue refuses one, a disabled one takes none."""

    @pytest.mark.parametrize(
        ("policy", "request_", "rule"),
        [
            ("fair", {}, "share-identifier-missing"),
            ("fair", {"ShareIdentifier": "a"}, ""),
            ("none", {"ShareIdentifier": "a"}, "share-identifier-fifo"),
            ("none", {}, ""),
        ],
    )
    def test_a_share_goes_with_the_queue(
        self, policy: str, request_: dict[str, str], rule: str
    ) -> None:
        properties = {"SchedulingPolicyArn": {"Ref": "Policy"}} if policy == "fair" else {}
        resources = {
            "Policy": resource("AWS::Batch::SchedulingPolicy", FairsharePolicy={}),
            "Queue": resource("AWS::Batch::JobQueue", **properties),
            "Machine": machine(JobQueue={"Ref": "Queue"}, **request_),
        }

        for one in ("share-identifier-missing", "share-identifier-fifo"):
            assert bool(messages(one, **resources)) is (one == rule)

    def test_a_rule_cannot_send_a_share_at_all(self) -> None:
        queue = resource("AWS::Batch::JobQueue", SchedulingPolicyArn={"Ref": "Policy"})
        policy = resource("AWS::Batch::SchedulingPolicy", FairsharePolicy={})

        def found(submitter: Any) -> str:
            given = submitter(JobQueue={"Ref": "Queue"})
            [message] = messages(
                "share-identifier-missing", Queue=queue, Policy=policy, Submitter=given
            )
            return message

        assert found(event_rule).endswith(", which this target cannot send")
        assert not found(machine).endswith(", which this target cannot send")

    @pytest.mark.parametrize(("queue", "rule"), [("DISABLED", None), (None, "DISABLED")])
    def test_a_disabled_queue_is_a_finding_of_what_is_not_disabled_itself(
        self, queue: str | None, rule: str | None
    ) -> None:
        given = event_rule(JobQueue={"Fn::GetAtt": ["Queue", "JobQueueArn"]})
        given["Properties"] |= {"State": rule} if rule else {}
        resources = {
            "Queue": resource("AWS::Batch::JobQueue", **({"State": queue} if queue else {})),
            "Rule": given,
        }

        assert bool(messages("disabled-queue", **resources)) is (queue is not None)
        both = {**resources, "Queue": resource("AWS::Batch::JobQueue", State="DISABLED")}
        assert bool(messages("disabled-queue", **both)) is (rule is None)

    @pytest.mark.parametrize(
        ("key", "other"), [("JobDefinition", "Queue"), ("JobQueue", "Definition")]
    )
    def test_a_queue_is_no_definition_and_the_other_way_round(self, key: str, other: str) -> None:
        right = {"JobDefinition": "Definition", "JobQueue": "Queue"}[key]
        resources = {
            "Queue": resource("AWS::Batch::JobQueue"),
            "Definition": resource("AWS::Batch::JobDefinition"),
            "Bucket": resource("AWS::S3::Bucket"),
        }

        def found(target: str) -> list[str]:
            request: dict[str, Any] = {key: {"Ref": target}}
            given = machine(**request)
            return messages("submission-reference", Machine=given, **resources)

        assert len(found(other)) == 1
        assert found(right) == found("Bucket") == found("Elsewhere") == []


class TestPinnedRevision:
    """The first update registers another revision."""

    def found(self, value: str, **definition: Any) -> list[str]:
        job = resource("AWS::Batch::JobDefinition", JobDefinitionName="job", **definition)
        variables = {"Variables": {"JOB": value}}
        return messages(
            "pinned-revision",
            Job=job,
            Machine=machine(JobDefinition=value),
            Function=resource("AWS::Lambda::Function", Environment=variables),
        )

    @pytest.mark.parametrize("value", ["job:3", f"{QUEUE[:37]}:job-definition/job:3"])
    def test_a_revision_written_by_hand_is_found_wherever_it_is_written(self, value: str) -> None:
        assert len(self.found(value)) == 2

    @pytest.mark.parametrize("value", ["job", "other:3"])
    def test_a_name_and_a_definition_from_elsewhere_are_none(self, value: str) -> None:
        assert self.found(value) == []

    @pytest.mark.parametrize(("kept", "count"), [(True, 0), (False, 2)])
    def test_a_revision_that_is_kept_lasts(self, *, kept: bool, count: int) -> None:
        policy = {"SkipDeregisterOnUpdate": kept}

        assert len(self.found("job:3", ResourceRetentionPolicy=policy)) == count
