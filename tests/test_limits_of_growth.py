"""An app that grows stays inside the limits of the services around AWS Batch."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import assertions, cloudformation_include
from aws_cdk import aws_batch as batch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

import batch_constructs as bc
from batch_constructs.aws import quotas
from batch_constructs.aws.event_pattern import length
from batch_constructs.aws.template_facts import RESOURCES
from batch_constructs.check.all_files import Request, run
from batch_constructs.check.stacks_together import StackTemplate, counted_in, too_many_together
from batch_constructs.functions.told import listing
from batch_constructs.role_policies import LEFT_FOR_GRANTS, RolePolicies
from batch_constructs.rules.findings import Finding
from tests import rendered
from tests.everything import template_of_everything

ARN = "arn:aws:batch:ap-southeast-2:123456789012:{}"


def size(statements: list[dict[str, Any]]) -> int:
    document = {"Version": "2012-10-17", "Statement": statements}
    return len(json.dumps(document, separators=(",", ":")))


@jsii.implements(cdk.IStableStringProducer)
class Known:
    def produce(self) -> str:
        return "arn"


def statement(number: int) -> dict[str, Any]:
    resources = [ARN.format(f"job-definition/{place:0128}") for place in range(number)]
    return {"Effect": "Allow", "Action": "batch:SubmitJob", "Resource": resources}


@pytest.mark.parametrize("number", [1, 50, 51, 52, 53, 54, 55, 82, 83, 84, 85, 86, 350])
def test_statements_are_divided_among_policies_that_iam_takes(number: int) -> None:
    asked = statement(number)
    policies = RolePolicies([asked])

    assert size(policies.inline) <= quotas.ROLE_POLICY_CHARACTERS
    assert all(size(one) <= quotas.MANAGED_POLICY_CHARACTERS for one in policies.managed)
    held = [one for part in (policies.inline, *policies.managed) for one in part]
    assert [arn for one in held for arn in one["Resource"]] == asked["Resource"]
    assert {(one["Effect"], one["Action"]) for one in held} == {("Allow", "batch:SubmitJob")}


def test_policies_are_filled_as_far_as_they_go_and_no_further() -> None:
    """Whatever the lengths; a statement of one resource, or of one that is no list, is whole."""
    whole = {"Effect": "Allow", "Action": "logs:Write", "Resource": "arn:" + "y" * 2_300}
    for more in range(260):
        padded = {**statement(1), "Resource": ["z" * (more + 1)]}
        asked = [statement(30), whole, padded, statement(60), whole, statement(60)]
        policies = RolePolicies(asked)

        parts = [policies.inline, *policies.managed]
        assert size(policies.inline) <= quotas.ROLE_POLICY_CHARACTERS - LEFT_FOR_GRANTS
        assert all(size(one) <= quotas.MANAGED_POLICY_CHARACTERS for one in policies.managed)
        assert all(one["Resource"] for part in parts for one in part)
        assert sum(one == whole for part in parts for one in part) == 2


@pytest.mark.parametrize("region", ["eu-west-1", None])
def test_the_stacks_of_an_app_take_together_no_more_log_policies_than_an_account_has(
    tmp_path: Path, region: str | None
) -> None:
    """Where the CLI decides the account, there may be several, and it is a warning."""
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    place = cdk.Environment(account="123456789012", region=region) if region else None
    stacks = [cdk.Stack(app, f"Stack{number}", env=place) for number in range(11)]
    for stack in stacks[:-1]:
        log_policy(stack)
    log_policy(cdk.Stack(app, "Elsewhere", env=cdk.Environment(region="us-east-1")))
    cdk.Validations.of(app).add_plugins(bc.BatchRules())
    app.synth()
    assert told_of_policies(tmp_path) == []

    log_policy(stacks[-1])
    with contextlib.suppress(RuntimeError):
        app.synth(force=True)
    [one] = told_of_policies(tmp_path)
    where = "for aws://123456789012/eu-west-1" if region else "of this app"
    assert one["severity"] == ("error" if region else "warning")
    assert one["description"] == (
        f"there are 11 resource policies of CloudWatch Logs in 11 stacks {where}; an account has "
        "10 in a Region"
    )


def test_a_check_of_an_assembly_counts_the_log_policies_of_its_stacks_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def checked(count: int, *options: str) -> tuple[int, str]:
        artifacts = {}
        for number in range(count):
            file = f"S{number:02}.template.json"
            properties = {"PolicyName": file, "PolicyDocument": "{}"}
            policy = {"Type": "AWS::Logs::ResourcePolicy", "Properties": properties}
            (tmp_path / file).write_text(json.dumps({"Resources": {"Policy": policy}}, indent=1))
            place = {"environment": "aws://123456789012/eu-west-1"}
            stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": file}}
            artifacts[f"S{number:02}"] = {**stack, **place}
        manifest = {"version": "36.0.0", "artifacts": artifacts}
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        code = run(Request([str(tmp_path)], format="github", ignore=frozenset(options)))
        return code, capsys.readouterr().out

    assert checked(10) == (0, "")
    code, said = checked(11)
    assert code == 1
    assert "S10.template.json,line=3,col=3" in said
    assert "there are 11 resource policies of CloudWatch Logs in 11 stacks" in said
    assert checked(11, "log-resource-policies") == (0, "")


_BESIDE: Final[list[tuple[str, int, str, dict[str, Any]]]] = [
    (
        "job queues",
        quotas.BATCH_RESOURCES,
        "warning",
        {"Type": "AWS::Batch::JobQueue", "Properties": {}},
    ),
    (
        "rules of one event bus",
        quotas.RULES_A_BUS,
        "warning",
        {"Type": "AWS::Events::Rule", "Properties": {}},
    ),
    (
        "rules of one event bus with a wildcard",
        quotas.WILDCARD_RULES_A_BUS,
        "error",
        {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventPattern": {"source": [{"wildcard": "a*"}]}},
        },
    ),
]


@pytest.mark.parametrize(("things", "most", "severity", "resource"), _BESIDE)
def test_what_stacks_take_together_of_a_region_is_counted(
    things: str, most: int, severity: str, resource: dict[str, Any]
) -> None:
    """What is of an event bus of a template's own is not counted with that of others."""
    of_a_bus = {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": {"Ref": "Bus"}}}
    own = {f"Own{number}": of_a_bus for number in range(most)}

    def told(count: int) -> list[tuple[str, Finding]]:
        first = {f"A{number}": resource for number in range(most - 1)}
        second = {f"B{number}": resource for number in range(count - most + 1)}
        place = "aws://123456789012/eu-west-1"
        templates = [{"Resources": {**one, **own}} for one in (first, second)]
        elsewhere = StackTemplate("aws://123456789012/us-east-1", "c", counted_in(templates[0]))
        unknown = StackTemplate(None, "d", counted_in(templates[0]))
        beside = [
            StackTemplate(place, file, counted_in(one))
            for file, one in zip("ab", templates, strict=True)
        ]
        return [*too_many_together([*beside, elsewhere, unknown])]

    assert told(most) == []
    [(file, finding)] = told(most + 1)
    assert (file, finding.resource, str(finding.severity)) == ("b", "B1", severity)
    assert finding.message.startswith(f"there are {most + 1} {things} in 2 stacks for aws://")


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("JobQueue JobQueueName main", "JobQueue JobQueueName main", "duplicate-name"),
        ("JobQueue JobQueueName main", "JobQueue JobQueueName other", None),
        ("JobQueue JobQueueName main", "JobQueue Tag main", None),
        (
            "JobDefinition JobDefinitionName tool",
            "JobDefinition JobDefinitionName tool",
            "duplicate-definition-name",
        ),
        ("JobQueue JobQueueName tool", "ComputeEnvironment ComputeEnvironmentName tool", None),
    ],
)
@pytest.mark.parametrize("place", ["aws://123456789012/eu-west-1", "aws://unknown-account/x"])
def test_a_name_is_given_once_by_the_stacks_of_a_place_that_is_known(
    one: str, other: str, told: str | None, place: str
) -> None:
    """Stacks whose account the CLI knows may be the same stack for two."""
    stacks = []
    for file, written in (("a", one), ("b", other)):
        kind, key, name = written.split()
        resource = {"Type": f"AWS::Batch::{kind}", "Properties": {key: name}}
        stacks.append(StackTemplate(place, file, counted_in({"Resources": {"R": resource}})))

    found = [(file, finding.rule) for file, finding in too_many_together(stacks)]

    assert found == ([("b", told)] if told and "unknown" not in place else [])


def test_a_bus_and_a_rule_of_a_bus_are_called_so_once() -> None:
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "central"}}
    rules: list[dict[str, Any]] = [
        {"Type": "AWS::Events::Rule", "Properties": {"Name": "a", **of}}
        for of in ({}, {"EventBusName": "central"}, {"EventBusName": {"Ref": "B"}})
    ]
    several = {"B": bus, **{f"R{at}": one for at, one in enumerate(rules)}}
    spelt_out = {**rules[0]["Properties"], "EventBusName": "default"}
    again = {**several, "R0": {**rules[0], "Properties": spelt_out}}
    stacks = [
        StackTemplate("aws://1/eu-west-1", file, counted_in({"Resources": one}))
        for file, one in (("a", several), ("b", again))
    ]

    found = {finding.message.partition(" in 2 ")[0] for _, finding in too_many_together(stacks)}

    begins = "there are 2 resources called"
    assert found == {
        f'{begins} EventBus "central"',
        f'{begins} Rule "a"',
        f'{begins} Rule "a" of central',
    }


def test_what_is_nested_is_where_its_parent_is(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Main", env=cdk.Environment(account="1" * 12, region="eu-west-1"))
    for number in range(11):
        log_policy(cdk.NestedStack(stack, f"Nested{number}"))
    cdk.Validations.of(app).add_plugins(bc.BatchRules())

    with pytest.raises(RuntimeError, match="11 resource policies of CloudWatch Logs in 11 stacks"):
        app.synth()
    assert run(Request([str(tmp_path)])) == 1


def test_a_stack_without_resources_hides_no_findings(tmp_path: Path) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    outputs = cdk.Stack(app, "Outputs", synthesizer=cdk.LegacyStackSynthesizer())
    for number in range(201):
        cdk.CfnOutput(outputs, f"Output{number}", value="x")
    bc.ConsumableResource(cdk.Stack(app, "Main"), "Licences", total_quantity=1)

    with (
        rendered.somebody_elses(),
        pytest.raises(RuntimeError, match="201 outputs|Outputs: there are 201"),
    ):
        app.synth()


def log_policy(stack: cdk.Stack) -> None:
    logs.CfnResourcePolicy(stack, "Policy", policy_name=stack.stack_name, policy_document="{}")


def told_of_policies(assembly: Path) -> list[dict[str, Any]]:
    report = json.loads((assembly / "validation-report.json").read_text())
    found = [one for plugin in report["pluginReports"] for one in plugin.get("violations", ())]
    return [one for one in found if one["ruleName"].endswith("log-resource-policies")]


def test_a_token_counts_as_the_longest_arn_unless_its_length_is_known(stack: cdk.Stack) -> None:
    token = cdk.Lazy.string(Known())
    asked = [{**statement(1), "Resource": [f"{token}{number}" for number in range(100)]}]
    tokens = {text: 10 for one in asked for text in one["Resource"]}

    assert len(RolePolicies(asked).managed) == 2
    assert RolePolicies(asked, lengths=tokens).managed == []


def test_what_has_room_in_one_policy_stays_in_one() -> None:
    most = next(n for n in range(1, 100) if RolePolicies([statement(n + 1)]).managed)

    assert RolePolicies([statement(most)]).managed == []
    assert len(RolePolicies([statement(most + 1)]).managed) == 1


def test_a_role_has_ten_managed_policies_and_no_more() -> None:
    most = next(n for n in range(200, 600) if RolePolicies([statement(n + 1)]).problem("less"))

    assert len(RolePolicies([statement(most)]).managed) == quotas.MANAGED_POLICIES_A_ROLE
    assert RolePolicies([statement(most)]).problem("less") is None
    assert "needs 11 managed policies for its permissions; allowed: 10 of 6144" in str(
        RolePolicies([statement(most + 1)]).problem("less")
    )


@pytest.mark.parametrize("number", range(20, 26))
def test_what_the_cdk_adds_to_a_role_has_room_beside(number: int, stack: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", ARN.format("job-queue/main"))
    jobs = [
        bc.WorkflowJob(
            name=f"job{one}",
            job_definition=bc.JobDefinition.from_job_definition_arn(
                stack, f"Job{one}", ARN.format(f"job-definition/{one:0128}:1")
            ),
        )
        for one in range(number)
    ]
    bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs)

    assert exceeded(dict(assertions.Template.from_stack(stack).to_json())) == []


def test_what_grants_add_to_the_roles_of_functions_is_no_more_than_is_left_for_it() -> None:
    resources = template_of_everything()["Resources"]
    added = {
        id_: len(json.dumps(spelt_out(one["Properties"]["PolicyDocument"]), separators=(",", ":")))
        for id_, one in resources.items()
        if one["Type"] == "AWS::IAM::Policy" and "FunctionRole" in id_
    }
    assert len(added) > 5
    assert {id_: size for id_, size in added.items() if size > LEFT_FOR_GRANTS} == {}


def test_a_workflow_with_too_many_definitions_says_so_and_the_way_out(stack: cdk.Stack) -> None:
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", ARN.format("job-queue/main"))
    jobs = [
        bc.WorkflowJob(
            name=f"job{number}",
            job_definition=bc.JobDefinition.from_job_definition_arn(
                stack, f"Job{number}", ARN.format(f"job-definition/{number:0128}:1")
            ),
        )
        for number in range(250)
    ]

    with pytest.raises(ValueError, match=r"managed policies.*divide the workflow, or let jobs"):
        bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs)


def five_hundred_jobs(
    scope: Construct, *, queues: list[Any], definitions: list[Any]
) -> bc.Workflow:
    jobs = [
        bc.WorkflowJob(
            name=f"job{number}",
            queue=queues[number % len(queues)],
            job_definition=definitions[number % len(definitions)],
            depends_on=[f"job{number - 100}"] if number >= 100 else [],
        )
        for number in range(500)
    ]
    return bc.Workflow(scope, "Workflow", jobs=jobs)


def queues_of(number: int, stack: cdk.Stack) -> list[Any]:
    """Make queues of one environment that stands elsewhere."""
    environment = bc.ComputeEnvironment.from_compute_environment_arn(
        stack, "Environment", ARN.format("compute-environment/main")
    )
    return [
        bc.JobQueue(stack, f"Queue{each}", compute_environments=[environment])
        for each in range(number)
    ]


def test_fifty_queues_two_hundred_definitions_and_a_workflow_of_five_hundred_jobs(
    tmp_path: Path,
) -> None:
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    queues = queues_of(50, stack)
    work = cdk.Stack(app, "Work")
    role = iam.Role(work, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    definitions = [
        bc.FargateJobDefinition(
            work,
            f"Definition{number}",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
            job_role=role,
            execution_role=role,
        )
        for number in range(200)
    ]
    workflow = five_hundred_jobs(work, queues=queues, definitions=definitions)
    gauges = bc.JobGauges(stack, "Gauges", queues=queues)
    bc.CostGuard(
        stack,
        "Guard",
        queues=queues,
        gauges=gauges,
        budget=bc.VcpuBudget.of_vcpu_hours(100),
        action=bc.GuardAction.DISABLE_QUEUES,
    )
    bc.AuditTrail(stack, "Audit", queues=queues)
    bc.JobEventLog(stack, "Log", queues=queues)

    app.synth()

    for one in (stack, work):
        text = (tmp_path / one.template_file).read_text()
        assert len(text.encode()) <= quotas.TEMPLATE_BYTES
        assert exceeded(json.loads(text)) == []
    machine = json.dumps(spelt_out(work.resolve(json.dumps(workflow.asl))))
    assert len(machine) <= quotas.STATE_MACHINE_CHARACTERS
    submitted = {
        json.dumps(work.resolve(one)) for one in submit_resources_of(tmp_path / work.template_file)
    }
    assert len(submitted) == 50 + 2 * 200 + 1  # queues, definitions with and without revision, jobs


def submit_resources_of(file: Path) -> list[Any]:
    """Give all that may be submitted by the roles and managed policies of a template."""
    documents = [
        document
        for one in json.loads(file.read_text())["Resources"].values()
        for document in [
            *(part["PolicyDocument"] for part in one.get("Properties", {}).get("Policies", [])),
            one.get("Properties", {}).get("PolicyDocument", {}),
        ]
    ]
    return [
        resource
        for document in documents
        for statement in document.get("Statement", [])
        if statement["Action"] == "batch:SubmitJob"
        for resource in statement["Resource"]
    ]


def test_two_hundred_definitions_with_all_defaults_are_in_two_nested_stacks(
    tmp_path: Path,
) -> None:
    """Each is three resources, and a stack takes five hundred."""
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    parts = [cdk.NestedStack(stack, f"Part{number}") for number in range(2)]
    definitions = [
        bc.FargateJobDefinition(
            parts[number % 2],
            f"Definition{number}",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
        )
        for number in range(200)
    ]
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", ARN.format("job-queue/main"))
    five_hundred_jobs(stack, queues=[queue], definitions=definitions)

    app.synth()

    for one in (stack, *parts):
        text = (tmp_path / one.template_file).read_text()
        assert len(text.encode()) <= quotas.TEMPLATE_BYTES
        assert exceeded(json.loads(text)) == []


def test_as_many_queues_as_a_region_has_are_watched_by_all_there_is(
    tmp_path: Path,
) -> None:
    """In a stack, and one that is nested, with the alarms and the dashboard."""
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    queues = queues_of(quotas.BATCH_RESOURCES, stack)
    topic = bc.AlertTopic(stack, "Alerts")
    gauges = bc.JobGauges(stack, "Gauges", queues=queues)
    counters = bc.JobCounters(stack, "Counters", queues=queues)
    log = bc.JobEventLog(stack, "Log", queues=queues)
    told = bc.JobNotifications(stack, "Told", queues=queues, topic=topic)
    budget = bc.VcpuBudget.of_vcpu_hours(100)
    guard = bc.CostGuard(
        stack,
        "Guard",
        queues=queues,
        gauges=gauges,
        budget=budget,
        action=bc.GuardAction.DISABLE_QUEUES,
    )
    alarms = cdk.NestedStack(stack, "Alarms")
    monitoring = bc.BatchMonitoring(
        alarms,
        "Monitoring",
        queues=queues,
        gauges=gauges,
        event_log=log,
        alarm_topic=topic,
        functions=[counters, told, guard],
        thresholds=bc.AlarmThresholds(vcpu_hours_per_day=100),
    )
    bc.BatchDashboard(
        alarms,
        "Dashboard",
        queues=queues,
        gauges=gauges,
        counters=counters,
        price_per_vcpu_hour=0.04,
        monitoring=monitoring,
    )
    bc.AuditTrail(stack, "Audit", queues=queues, alarm_topic=topic)

    app.synth()

    for one in (stack, alarms):
        text = (tmp_path / one.template_file).read_text()
        assert exceeded(json.loads(text)) == []
        assert len(text.encode()) <= quotas.TEMPLATE_BYTES


def _hundred_queues_watched(stack: cdk.Stack, *, scope: Construct) -> None:
    queues = queues_of(100, stack)
    bc.BatchMonitoring(scope, "Monitoring", queues=queues)


def test_a_hundred_queues_with_monitoring_in_one_stack_say_how_many_and_the_way_out() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    _hundred_queues_watched(stack, scope=stack)

    with pytest.raises(ValueError, match=r"(?s)5\d\d is greater .* of 500.*NestedStack\(stack"):
        app.synth()


@pytest.mark.parametrize("stage", [False, True])
@pytest.mark.parametrize("nested", [False, True])
def test_a_test_that_renders_one_stack_is_told_the_way_out_which_works_there(
    *, nested: bool, stage: bool
) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(cdk.Stage(app, "Stage") if stage else app, "Large")
    scope = cdk.NestedStack(stack, "Monitoring") if nested else stack
    _hundred_queues_watched(stack, scope=scope)

    if not nested:
        way_out = r"Large has 5\d\d resources; CloudFormation allows 500.*NestedStack\(stack"
        with pytest.raises(RuntimeError, match=way_out):
            assertions.Template.from_stack(stack)
        return
    for one in (stack, scope):
        found = dict(assertions.Template.from_stack(one).to_json())
        assert len(found["Resources"]) > 100
        assert exceeded(found) == []


@pytest.mark.parametrize("more", [0, 1])
def test_a_stack_has_five_hundred_resources_and_no_more(more: int) -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    for number in range(60):
        queue = ARN.format("compute-environment/main")
        batch.CfnJobQueue(
            stack,
            f"Other{number}",
            priority=1,
            compute_environment_order=[{"order": 1, "computeEnvironment": queue}],
        )
    environment = bc.ComputeEnvironment.from_compute_environment_arn(
        stack, "Environment", ARN.format("compute-environment/main")
    )
    for number in range(440 + more):
        bc.JobQueue(stack, f"Queue{number}", compute_environments=[environment])

    if more:
        with pytest.raises(
            RuntimeError, match="Large has 501 resources; CloudFormation allows 500"
        ):
            assertions.Template.from_stack(stack)
    else:
        assert len(assertions.Template.from_stack(stack).to_json()["Resources"]) == 500


def test_the_rules_count_resources_where_the_cdk_was_told_not_to(tmp_path: Path) -> None:
    template = tmp_path / "many.json"
    topic = {"Type": "AWS::SNS::Topic"}
    template.write_text(json.dumps({"Resources": {f"T{n}": topic for n in range(498)}}))
    app = cdk.App(
        builtin_cloud_formation_validation=False,
        context={"@aws-cdk/core:stackResourceLimit": 0},
    )
    stack = cdk.Stack(app, "Lifted")
    cloudformation_include.CfnInclude(stack, "Many", template_file=str(template))
    bc.AlertTopic(stack, "Alerts")

    with pytest.raises(RuntimeError, match="there are 501 resources; CloudFormation allows 500"):
        app.synth()


def test_a_hundred_queues_are_monitored_in_a_nested_stack() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Large")
    nested = cdk.NestedStack(stack, "Nested")
    _hundred_queues_watched(stack, scope=nested)

    folder = Path(app.synth().directory)

    for name in (stack.template_file, nested.template_file):
        template = json.loads((folder / name).read_text())
        assert len(template["Resources"]) > 100
        assert exceeded(template) == []


@pytest.mark.parametrize(("logs", "policies"), [(1, 1), (10, 1), (11, 2)])
def test_ten_event_logs_of_a_stack_share_one_policy(
    logs: int, policies: int, stack: cdk.Stack
) -> None:
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", ARN.format("job-queue/main"))
    for number in range(logs):
        bc.JobEventLog(stack, f"Log{number}", queues=[queue])

    template = assertions.Template.from_stack(stack)
    found = template.find_resources("AWS::Logs::ResourcePolicy").values()
    documents = [str(spelt_out(one["Properties"]["PolicyDocument"])) for one in found]
    assert len(documents) == policies
    assert all(len(one) <= 5120 for one in documents)


@pytest.mark.parametrize(("queues", "moved"), [(5, False), (60, True)])
def test_what_a_function_is_told_moves_to_parameters_where_it_has_no_room(
    queues: int, *, moved: bool, stack: cdk.Stack
) -> None:
    arns = [ARN.format(f"job-queue/{number:0100}") for number in range(queues)]
    watched = [
        bc.JobQueue.from_job_queue_arn(stack, f"Queue{number}", arn)
        for number, arn in enumerate(arns)
    ]
    bc.JobGauges(stack, "Gauges", queues=watched)

    template = assertions.Template.from_stack(stack)
    assert exceeded(dict(template.to_json())) == []
    parameters = template.find_resources("AWS::SSM::Parameter")
    held = [one["Properties"]["Value"] for one in parameters.values()]
    assert not any("QUEUES0" in name for name in parameters), "they are counted from 1"
    assert all(len(one) <= quotas.PARAMETER_CHARACTERS for one in held)
    assert ",".join(held) == (",".join(arns) if moved else "")
    ids = [one[:-8] for one in template.find_resources("AWS::SSM::Parameter")]
    assert {one.rstrip("0123456789") + "1" for one in ids} <= set(ids)  # counted from one
    assert not [one for one in ids if one.endswith("S0")]


def test_a_function_reads_its_lists_wherever_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    class Store:
        """Parameter Store."""

        def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803  # boto3's
            return {"Parameter": {"Value": {"a": "x,y", "b": "z"}[Name]}}

    monkeypatch.setattr(listing, "_parameters", Store)

    told = {"A": "x,y,z", "B_PARAMETERS": "a,b", "C": ""}
    assert [listing.listed(told, name) for name in "ABC"] == [["x", "y", "z"]] * 2 + [[]]


LENGTHS = {"Ref": 100, "Fn::GetAtt": 130}
"""What a reference comes to, at most: the ARN or the name of what this stack makes."""

GENERATED = 40
"""A name that CloudFormation makes of a logical ID, at most."""


PSEUDO = {"AWS::AccountId": "123456789012", "AWS::Partition": "aws", "AWS::Region": "us-east-1"}


def test_events_of_many_queues_are_forwarded_by_as_many_rules_as_it_takes(
    stack: cdk.Stack,
) -> None:
    arns = [ARN.format(f"job-queue/{number:0100}") for number in range(40)]
    queues = [bc.JobQueue.from_job_queue_arn(stack, f"Q{n}", arn) for n, arn in enumerate(arns)]
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/batch-events"

    forwarded = bc.ForwardedEvents(stack, "Events", event_bus_arn=bus, queues=queues)

    rules = [one for one in forwarded.node.children if isinstance(one, events.CfnRule)]
    patterns: list[Any] = [rule.event_pattern for rule in rules]
    named = [pattern["detail"]["jobQueue"] for pattern in patterns]
    assert [arn for group in named for arn in group] == arns
    assert all(length(one) <= quotas.EVENT_PATTERN_CHARACTERS for one in patterns)
    full = {**patterns[0], "detail": {"jobQueue": arns[: len(named[0]) + 1]}}
    assert length(full) > quotas.EVENT_PATTERN_CHARACTERS
    assert rules[0] is forwarded.resource


def _notifications(stack: cdk.Stack, **given: Any) -> object:
    return bc.JobNotifications(stack, "Many", **given)


def _counters(stack: cdk.Stack, **given: Any) -> object:
    return bc.JobCounters(stack, "Many", **given)


def _rule(_: cdk.Stack, *, queues: list[Any], job_definitions: list[Any]) -> object:
    return queues[0].on_job_failed("Many", job_definitions=job_definitions)


@pytest.mark.parametrize(
    ("make", "second"),
    [
        (_notifications, "JobNotifications with blocked=False"),
        (_counters, "JobCounters"),
        (_rule, "rule"),
    ],
)
def test_more_definitions_than_a_rule_has_room_for_are_refused_by_the_users_own_parameter(
    make: Callable[..., object], second: str, stack: cdk.Stack
) -> None:
    queue = bc.JobQueue.from_job_queue_arn(stack, "Queue", ARN.format("job-queue/q"))
    definitions = [
        bc.Ec2JobDefinition.from_job_definition_arn(
            stack, f"D{n}", ARN.format(f"job-definition/{n:0100}:1")
        )
        for n in range(20)
    ]
    way_out = f"give fewer job_definitions here, and the others to a second {second}$"
    said = rf"Many.*: the event pattern has \d+ characters; .*: {way_out}"

    with pytest.raises(ValueError, match=said):
        make(stack, queues=[queue], job_definitions=definitions)


def spelt_out(value: Any) -> Any:
    """Write a value as CloudFormation would."""
    if isinstance(value, list):
        return [spelt_out(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and next(iter(value)).startswith(("Ref", "Fn::")):
        return written(value)
    return {name: spelt_out(one) for name, one in value.items()}


def written(intrinsic: dict[str, Any]) -> str:
    """Write what an intrinsic function comes to."""
    [(name, argument)] = intrinsic.items()
    if name == "Fn::Join":
        return str(argument[0]).join(str(spelt_out(part)) for part in argument[1])
    if name == "Fn::Select":
        return "job-definition/" + "x" * GENERATED
    return PSEUDO.get(str(argument), "x" * LENGTHS.get(name, 130))


def exceeded(template: dict[str, Any]) -> list[str]:
    """Say which limits a template exceeds."""
    found = []
    resources = template["Resources"]
    attached = [
        (role.get("Ref"), spelt_out(one["Properties"]["PolicyDocument"]))
        for one in resources.values()
        if one["Type"] == "AWS::IAM::Policy"
        for role in one["Properties"].get("Roles", ())
    ]
    if len(resources) > RESOURCES:
        found.append(f"{len(resources)} resources")
    if len(json.dumps(template)) > quotas.TEMPLATE_BYTES:
        found.append("a template of more than 1 MB")
    for id_, one in resources.items():
        properties = spelt_out(one.get("Properties", {}))
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        documents += [document for role, document in attached if role == id_]
        inline = sum(len(json.dumps(policy, separators=(",", ":"))) for policy in documents)
        if one["Type"] == "AWS::IAM::Role" and inline > quotas.ROLE_POLICY_CHARACTERS:
            found.append(f"{id_}: inline policies of {inline}")
        if one["Type"] == "AWS::IAM::ManagedPolicy":
            length = len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
            if length > quotas.MANAGED_POLICY_CHARACTERS:
                found.append(f"{id_}: a managed policy of {length}")
        variables = properties.get("Environment", {}).get("Variables", {})
        length = sum(len(name) + len(str(value)) for name, value in variables.items())
        if one["Type"] == "AWS::Lambda::Function" and length > quotas.FUNCTION_ENVIRONMENT_BYTES:
            found.append(f"{id_}: environment variables of {length}")
        pattern = json.dumps(properties.get("EventPattern", {}), separators=(",", ":"))
        if one["Type"] == "AWS::Events::Rule" and len(pattern) > quotas.EVENT_PATTERN_CHARACTERS:
            found.append(f"{id_}: a pattern of {len(pattern)}")
    policies = [one for one in resources.values() if one["Type"] == "AWS::Logs::ResourcePolicy"]
    if len(policies) > 1:
        found.append(f"{len(policies)} of ten CloudWatch Logs resource policies")
    return found
