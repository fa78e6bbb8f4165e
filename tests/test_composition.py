"""An app of several kinds of stacks: ours is at home in each, and synthesises without a word."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import pipelines
from constructs import Construct, IConstruct, IMixin

import batch_constructs as bc
from batch_constructs.acknowledgements import OURS
from batch_constructs.known_scope import known_scope
from tests import rendered

PLACE = cdk.Environment(account="123456789012", region="us-east-1")


def _environment(scope: Construct) -> bc.FargateComputeEnvironment:
    vpc = ec2.Vpc(scope, "Vpc", max_azs=2, nat_gateways=1)
    return bc.FargateComputeEnvironment(scope, "Fargate", vpc=vpc)


def _queue(scope: Construct) -> bc.JobQueue:
    return bc.JobQueue(scope, "Queue", compute_environments=[_environment(scope)])


def _trigger(
    scope: Construct, queue: bc.JobQueue, *, service_role: iam.IRole | None = None
) -> bc.FargateJobDefinition:
    definition = bc.FargateJobDefinition(
        scope,
        "Job",
        image="public.ecr.aws/docker/library/busybox",
        vcpus=1,
        memory=cdk.Size.gibibytes(2),
        job_role=service_role,
        execution_role=service_role,
    )
    bc.ScheduleTrigger(
        scope, "Nightly", queue=queue, job_definition=definition, schedule="rate(1 day)"
    )
    return definition


def _all(scope: Construct) -> None:
    _trigger(scope, _queue(scope))


def _templates(app: cdk.Stage) -> dict[str, dict[str, Any]]:
    """Return the templates of an app, nested ones and those of its stages too, by file."""
    files = Path(app.synth().directory).rglob("*.template.json")
    return {str(one.name): json.loads(one.read_text()) for one in files}


def _of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in template["Resources"].values() if one["Type"] == kind]


def _everywhere(app: cdk.Stage, kind: str) -> list[dict[str, Any]]:
    return [one for template in _templates(app).values() for one in _of_type(template, kind)]


def test_a_queue_of_another_stack_is_exported_and_imported() -> None:
    app = cdk.App()
    first, second = (cdk.Stack(app, name, env=PLACE) for name in ("First", "Second"))
    _trigger(second, _queue(first))

    templates = _templates(app)
    (schedule,) = _of_type(templates["Second.template.json"], "AWS::Scheduler::Schedule")
    assert "Fn::ImportValue" in json.dumps(schedule)
    assert "Outputs" in templates["First.template.json"]


def test_a_queue_of_the_parent_is_handed_to_a_nested_stack() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=PLACE)
    _trigger(cdk.NestedStack(stack, "Nested"), _queue(stack))

    (nested,) = _of_type(_templates(app)["Stack.template.json"], "AWS::CloudFormation::Stack")
    assert "Queue" in json.dumps(nested["Properties"]["Parameters"])


def test_a_stage_holds_the_stack() -> None:
    app = cdk.App()
    _all(cdk.Stack(cdk.Stage(app, "Prod", env=PLACE), "Stack"))

    assert len(_everywhere(app, "AWS::Batch::JobQueue")) == 1


def test_a_pipeline_deploys_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "TEMPLATES", {})  # the roles of a pipeline are the CDK's
    app = cdk.App()
    stack = cdk.Stack(app, "Pipeline", env=PLACE)
    source = pipelines.CodePipelineSource.connection(
        "team/app",
        "main",
        connection_arn="arn:aws:codestar-connections:us-east-1:123456789012:connection/a",
    )
    pipeline = pipelines.CodePipeline(
        stack, "Pipeline", synth=pipelines.ShellStep("Synth", input=source, commands=["cdk synth"])
    )
    stage = cdk.Stage(stack, "Prod", env=PLACE)
    _all(cdk.Stack(stage, "Stack"))
    pipeline.add_stage(stage)

    assert len(_everywhere(app, "AWS::Batch::JobQueue")) == 1
    (made,) = _everywhere(app, "AWS::CodePipeline::Pipeline")
    assert "Prod" in {one["Name"] for one in made["Properties"]["Stages"]}


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_no_arn_of_another_partition_is_written(region: str) -> None:
    app = cdk.App()
    place = cdk.Environment(account="123456789012", region=region)
    _all(cdk.Stack(app, "Stack", env=place))

    assert "arn:aws:" not in json.dumps(_templates(app)["Stack.template.json"]["Resources"])


@jsii.implements(cdk.IAspect)
class _Lowering:
    def visit(self, node: IConstruct) -> None:
        if isinstance(node, batch.CfnJobQueue):
            node.priority = 7


def test_an_aspect_visits_the_typed_resource() -> None:
    app = cdk.App()
    _all(cdk.Stack(app, "Stack", env=PLACE))
    cdk.Aspects.of(app).add(_Lowering())

    (queue,) = _everywhere(app, "AWS::Batch::JobQueue")
    assert queue["Properties"]["Priority"] == 7


def test_every_role_gets_the_permissions_boundary() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=PLACE)
    _all(stack)
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "limits")
    iam.PermissionsBoundary.of(stack).apply(boundary)

    roles = _everywhere(app, "AWS::IAM::Role")
    assert roles
    assert all("limits" in json.dumps(one["Properties"]["PermissionsBoundary"]) for one in roles)


@jsii.implements(IMixin)
class _Raising:
    def supports(self, construct: IConstruct) -> bool:
        return isinstance(construct, batch.CfnJobQueue)

    def apply_to(self, construct: IConstruct) -> None:
        assert isinstance(construct, batch.CfnJobQueue)
        construct.priority = 9


@pytest.mark.parametrize(
    "apply",
    [
        lambda stack, _: cdk.Mixins.of(stack).apply(_Raising()),
        lambda _, queue: queue.with_(_Raising()),
    ],
    ids=["to the stack", "to the queue"],
)
def test_a_mixin_is_applied_to_the_typed_resource(apply: Callable[..., object]) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=PLACE)
    apply(stack, _queue(stack))

    (queue,) = _everywhere(app, "AWS::Batch::JobQueue")
    assert queue["Properties"]["Priority"] == 9


@pytest.mark.parametrize("above", ["the app", "the stack", "a construct"])
def test_roles_that_others_made_stand_for_all_of_ours(above: str) -> None:
    app = cdk.App()
    scopes: dict[str, Construct] = {"the app": app}

    def customize(name: str) -> None:
        if above == name:
            made = ("Job/ExecutionRole", "Job/JobRole", "Nightly/Role", "Spot/InstanceRole")
            roles = {f"Stack/Part/{path}": path.replace("/", "-") for path in made}
            iam.Role.customize_roles(scopes[name], use_precreated_roles=roles)

    customize("the app")
    stack = scopes["the stack"] = cdk.Stack(app, "Stack", env=PLACE)
    customize("the stack")
    part = scopes["a construct"] = Construct(stack, "Part")
    customize("a construct")
    _trigger(part, _queue(part)).job_role  # noqa: B018  # asking for it makes it
    bc.SpotComputeEnvironment(part, "Spot", vpc=ec2.Vpc(stack, "Other"))

    resources = _templates(app)["Stack.template.json"]["Resources"].values()
    assert {one["Type"] for one in resources if one["Type"].startswith("AWS::IAM")} == {
        "AWS::IAM::InstanceProfile"
    }
    (job,) = _everywhere(app, "AWS::Batch::JobDefinition")
    assert "role/Job-ExecutionRole" in json.dumps(job)
    report = json.loads((Path(app.outdir) / "iam-policy-report.json").read_text())["roles"]
    rights = {one["roleName"]: one["identityPolicyStatements"] for one in report}
    assert set(rights) == {"Job-ExecutionRole", "Job-JobRole", "Nightly-Role", "Spot-InstanceRole"}
    assert "logs:PutLogEvents" in json.dumps(rights["Job-ExecutionRole"])


def test_cdk_nag_beside_does_not_miss_roles_that_others_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is meant so in a role is told to its packs; these roles are in no template."""
    monkeypatch.setitem(sys.modules, "cdk_nag", ModuleType("cdk_nag"))

    test_roles_that_others_made_stand_for_all_of_ours("the app")


ODD = {"Fn::If": ["C", {}, {}]}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        *(
            ("AWS::IAM::ManagedPolicy", {"PolicyDocument": document})
            for document in (
                *({}, ODD, {"Statement": ODD}, {"Statement": {"Action": "*"}}),
                {"Statement": [{"Sid": "x"}, ODD]},
                {"Statement": [{"Effect": "Allow", "NotAction": "s3:*", "NotResource": "*"}]},
                {"Statement": [{"Effect": "Allow", "Action": ODD, "Resource": ODD}]},
            )
        ),
        *(("AWS::IAM::Role", {"Policies": one}) for one in (ODD, [ODD], [{"PolicyName": "p"}])),
        *(
            ("AWS::IAM::Role", {"ManagedPolicyArns": one})
            for one in (ODD, [ODD], [{"Ref": "AWS::StackId"}])
        ),
    ],
)
def test_cdk_nag_beside_takes_policies_as_others_write_them(
    kind: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cdk_nag", ModuleType("cdk_nag"))
    app = cdk.App(builtin_cloud_formation_validation=False)
    cdk.Validations.of(app).add_plugins(bc.BatchRules())
    stack = cdk.Stack(app, "Stack")
    cdk.CfnCondition(stack, "C", expression=cdk.Fn.condition_equals("a", "b"))
    cdk.CfnResource(stack, "Theirs", type=kind, properties=given)

    with rendered.somebody_elses():
        try:
            app.synth()
        except RuntimeError as error:
            refused = str(error)
        else:
            refused = ""

    assert not refused or "is missing (batch-constructs)" in refused, "no more than our own rules"


@pytest.mark.parametrize(
    ("synthesizer", "named"),
    [
        (lambda: cdk.DefaultStackSynthesizer(qualifier="team1"), "cdk-team1-"),
        (cdk.LegacyStackSynthesizer, "AssetParameters"),
        (cdk.CliCredentialsStackSynthesizer, "cdk-hnb659fds-assets"),
    ],
    ids=["a qualifier", "legacy", "the CLI's credentials"],
)
def test_assets_of_functions_go_where_the_synthesizer_says(
    synthesizer: Callable[[], Any], named: str
) -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack", env=PLACE, synthesizer=synthesizer())
    queue = _queue(stack)
    bc.SubmitFunction(stack, "Submit", queue=queue, job_definition=_trigger(stack, queue))

    functions = _everywhere(app, "AWS::Lambda::Function")
    assert named in json.dumps(functions[0]["Properties"]["Code"])


def flags() -> dict[str, Any]:
    """Read which flags the installed CDK knows, with the values that it recommends."""
    [bundle] = Path(cdk.__file__).parent.glob("_jsii/*.tgz")
    with tarfile.open(bundle, "r|gz") as files:
        for file in files:
            if file.name == "package/recommended-feature-flags.json":
                read = files.extractfile(file)
                assert read is not None
                found: dict[str, Any] = json.load(read)
                return found
    return {}


@pytest.mark.parametrize("recommended", [True, False], ids=["all flags", "none"])
def test_the_flags_of_the_cdk_make_no_other_resources_of_aws_batch(*, recommended: bool) -> None:
    known = flags()
    assert len(known) > 50
    context = known if recommended else dict.fromkeys(known, False)
    usual, flagged = cdk.App(), cdk.App(context=context)
    for app in (usual, flagged):
        _all(cdk.Stack(app, "Stack", env=PLACE))

    for kind in ("ComputeEnvironment", "JobQueue", "JobDefinition"):
        made = _everywhere(flagged, f"AWS::Batch::{kind}")
        assert len(made) == 1
        assert made[0]["Properties"].keys() == (
            _everywhere(usual, f"AWS::Batch::{kind}")[0]["Properties"].keys()
        )


class OwnNames(cdk.NestedStack):
    """Somebody's stack that has attributes of names that ours have."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._parent = self._made_in = scope
        self.licences = bc.ConsumableResource(self, "Licences", total_quantity=1)


def test_a_stack_may_have_attributes_of_any_name() -> None:
    app = cdk.App()
    stack = OwnNames(cdk.Stack(app, "Stack", env=PLACE), "Own")

    assert stack.licences.env.region == PLACE.region
    assert app.synth().get_stack_by_name("Stack").template["Resources"]


def test_an_id_with_a_slash_is_called_as_the_cdk_calls_it() -> None:
    """The paths of ours tell which findings of others are meant so."""
    stack = cdk.Stack(cdk.App(), "Stack")
    licences = bc.ConsumableResource(stack, "team/licences", total_quantity=1)

    assert known_scope(licences).path == licences.node.path == "Stack/team--licences"
    assert OURS[-1][1] == licences.node.path


def test_what_is_known_of_a_scope_is_asked_again_where_what_was_made_is_taken_away() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    with pytest.raises(ValueError, match="total_quantity"):
        bc.ConsumableResource(stack, "Licences", total_quantity=-1)
    iam.Role.customize_roles(stack)
    queue = bc.JobQueue.from_job_queue_name(stack, "Queue", "q")

    assert known_scope(queue).customizes_roles
