"""What `adopt` prints declares what the old template does: the same resources, byte for byte."""

from __future__ import annotations

import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from click.testing import CliRunner, Result

from batch_constructs.adopt import kinds, printed_stack
from batch_constructs.adopt.surroundings import Taken
from batch_constructs.cli import main
from batch_constructs.impact.verdict import Effect, impact
from batch_constructs.rules.template import template_files
from batch_constructs.rules.template.yaml_loader import Reading
from scripts.diff_adopted_templates import in_two_parts
from tests.adopt.l2_apps import APPS
from tests.integration_apps import rewritten

TEMPLATES = sorted((Path(__file__).parent / "templates").iterdir())
OLD = [*APPS, *(file.stem for file in TEMPLATES)]


@cache
def l2_template(name: str) -> str:
    return json.dumps(rewritten.at_once({name: APPS[name]})[name])


def written(name: str, directory: Path) -> Path:
    """Give the file of an old template, an L2 app's or one that was written otherwise."""
    for file in TEMPLATES:
        if file.stem == name:
            return file
    path = directory / f"{name}.template.json"
    path.write_text(l2_template(name))
    return path


def adopt(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["adopt", *map(str, arguments)])


def declared(source: str, directory: Path) -> dict[str, Any]:
    """Run what was printed, and read the template of its app."""
    app, out = directory / "app.py", directory / "cdk.out"
    app.write_text(source)
    whole_app = cdk.App
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cdk, "App", lambda **given: whole_app(**as_the_cli_runs_it(out), **given))
        patch.setenv("CDK_VALIDATION", "false")
        runpy.run_path(str(app), run_name="__main__")
    (file,) = out.glob("*.template.json")
    template: dict[str, Any] = json.loads(file.read_text())
    return template


def as_the_cli_runs_it(out: Path) -> dict[str, Any]:
    return {
        "outdir": str(out),
        "analytics_reporting": False,
        "context": {"aws:cdk:enable-path-metadata": True},
    }


@pytest.mark.parametrize("name", OLD)
def test_what_is_printed_declares_the_same_resources(name: str, tmp_path: Path) -> None:
    path = written(name, tmp_path)
    old = json.loads(json.dumps(template_files.read(path)))

    new = declared(adopt(path).stdout, tmp_path)

    assert new == old
    assert {one.effect for one in impact(old, new).values()} == {Effect.NONE}


@pytest.mark.parametrize("name", OLD)
def test_every_resource_of_aws_batch_is_one_of_our_constructs(name: str, tmp_path: Path) -> None:
    path = written(name, tmp_path)
    resources: Any = template_files.read(path)["Resources"]
    ours = [one for one in resources.values() if one["Type"].startswith("AWS::Batch::")]

    printed = adopt(path)

    assert "AWS::Batch::" not in printed.stderr
    assert printed.stdout.count(" = bc.") - printed.stdout.count(" = bc.%s.from_") >= len(ours)


def test_the_resources_of_other_services_stay_l1s_and_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    topic, queue = {"Type": "AWS::SNS::Topic"}, {"Type": "AWS::SQS::Queue"}
    file.write_text(json.dumps({"Resources": {"It": topic, "In": queue, "Too": topic}}))

    printed = adopt(file)

    assert (printed.exit_code, 'cdk.CfnResource(self, "It"' in printed.stdout) == (0, True)
    assert printed.stderr == ("other services stay as L1s: 2 AWS::SNS::Topic, 1 AWS::SQS::Queue\n")


@pytest.mark.parametrize(
    ("noun", "properties", "why"),
    [
        (
            "ComputeEnvironment",
            {"Type": "MANAGED", "ComputeResources": {"Type": {"Ref": "AWS::StackName"}}},
            "its ComputeResources/Type, which determines its construct, is {'Ref': 'AWS::",
        ),
        (
            "ComputeEnvironment",
            {"Type": "MANAGED"},
            "its ComputeResources/Type, which determines its construct, is not there",
        ),
        (
            "ComputeEnvironment",
            {"Type": "MANAGED", "ComputeResources": {"Fn::If": ["C", {"Type": "EC2"}, {}]}},
            "its ComputeResources, which determines its construct, is {'Fn::If': ['C', {'Ty",
        ),
        (
            "JobDefinition",
            {"ContainerProperties": {}, "PlatformCapabilities": ["EC2", "FARGATE"]},
            "its PlatformCapabilities, which determines its construct, is ['EC2', 'FAR",
        ),
        (
            "JobDefinition",
            {"Type": "container"},
            "its ContainerProperties, which determines its construct, is not there",
        ),
        ("Unheard", {"Of": 1}, "there is no construct for its type"),
    ],
)
def test_what_no_construct_is_for_stays_an_l1_with_the_property_that_would_tell(
    noun: str, properties: dict[str, Any], why: str, tmp_path: Path
) -> None:
    file = tmp_path / "old.json"
    resource = {"Type": f"AWS::Batch::{noun}", "Properties": properties}
    file.write_text(json.dumps({"Resources": {"It": resource}}))

    assert f"It (AWS::Batch::{noun}) stays as an L1: {why}" in adopt(file).stderr


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ("Fargate", "FargateComputeEnvironment"),
        ("spot", "SpotComputeEnvironment"),
        ({"Fn::If": ["A", "FARGATE", "FARGATE_SPOT"]}, "FargateComputeEnvironment"),
        ({"Fn::If": ["A", "EC2", {"Fn::If": ["B", "SPOT", "EC2"]}]}, "Ec2ComputeEnvironment"),
        ({"Ref": "Purchase"}, "Ec2ComputeEnvironment"),
        ({"Fn::If": ["A", "FARGATE", {"Ref": "Purchase"}]}, None),
        ({"Ref": "Anything"}, None),
        ({"Ref": "AnEnvironment"}, None),
    ],
)
def test_the_kind_of_an_environment_may_be_decided_by_conditions_and_parameters(
    written: Any, called: str | None
) -> None:
    parameters = {"Purchase": {"AllowedValues": ["EC2", "SPOT"]}, "Anything": {"Type": "String"}}
    properties = {"Type": "MANAGED", "ComputeResources": {"Type": written}}

    assert kinds.constructor("ComputeEnvironment", properties, parameters) == called


def test_an_environment_in_both_branches_of_an_order_is_named_once(tmp_path: Path) -> None:
    name = "arn:aws:batch:us-east-1:111122223333:compute-environment/{}"
    one, other = (
        {"Order": order, "ComputeEnvironment": name.format(place)}
        for order, place in ((1, "a"), (2, "b"))
    )
    order = {"Fn::If": ["Both", [one, other], [one]]}
    queue = {"Type": "AWS::Batch::JobQueue", "Properties": {"ComputeEnvironmentOrder": order}}
    file = tmp_path / "old.json"
    condition = {"Both": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}
    file.write_text(json.dumps({"Conditions": condition, "Resources": {"It": queue}}))

    printed = adopt(file)

    named = "compute_environments=[compute_environment, compute_environment_2],"
    assert named in printed.stdout
    assert declared(printed.stdout, tmp_path)["Resources"] == {"It": queue}


@pytest.mark.parametrize(
    ("line", "uses"),
    [
        ("run(role)", True),
        ("run(role=1)", False),
        ('run(command=["assume", "role"])', False),
        ("run(self.role)", False),
    ],
)
def test_a_block_uses_a_variable_where_it_stands_as_one(line: str, *, uses: bool) -> None:
    assert printed_stack._mentions([f"        {line}"], "role") is uses


def test_what_our_construct_refuses_stays_an_l1_and_is_declared_the_same(tmp_path: Path) -> None:
    definition = {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "Type": "container",
            "PlatformCapabilities": ["FARGATE"],
            "ContainerProperties": {
                "Image": "busybox",
                "ExecutionRoleArn": "arn:aws:iam::111122223333:role/execution",
                "ResourceRequirements": [
                    {"Type": "VCPU", "Value": "0.3"},
                    {"Type": "MEMORY", "Value": "100"},
                ],
            },
        },
    }
    old = {"Resources": {"Odd": definition}}
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    printed = adopt(file)

    assert "Odd (AWS::Batch::JobDefinition) stays as an L1: vcpus is 0.3" in printed.stderr
    assert declared(printed.stdout, tmp_path)["Resources"] == old["Resources"]


def test_what_the_cdk_does_not_take_in_leaves_those_that_are_given_it_as_l1s(
    tmp_path: Path,
) -> None:
    """Here a launch template without a name and an ID."""

    def environment(template: dict[str, str]) -> dict[str, Any]:
        resources = {"Type": "EC2", "InstanceTypes": ["c7i"], "MaxvCpus": 4}
        given = {
            **resources,
            "AllocationStrategy": "BEST_FIT_PROGRESSIVE",
            "InstanceRole": "arn:aws:iam::111122223333:instance-profile/instances",
            "LaunchTemplate": template,
            "SecurityGroupIds": ["sg-1"],
            "Subnets": ["subnet-1"],
        }
        properties = {"Type": "MANAGED", "ComputeResources": given}
        return {"Type": "AWS::Batch::ComputeEnvironment", "Properties": properties}

    old = {
        "Odd": environment({"Version": "1"}),
        "Too": environment({"Version": "1"}),
        "Good": environment({"LaunchTemplateName": "jobs"}),
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": old}))

    printed = adopt(file)

    left = [line.partition(" ")[0] for line in printed.stderr.splitlines()]
    assert (printed.exit_code, left) == (0, ["Odd", "Too"])
    assert "launchTemplateId" in printed.stderr
    assert declared(printed.stdout, tmp_path)["Resources"] == old


@pytest.mark.parametrize("allowed", [[1, 2], [True, False], ["a", 1]])
def test_a_parameter_may_allow_what_is_no_text(allowed: list[Any], tmp_path: Path) -> None:
    old = {
        "Parameters": {
            "Size": {"Type": "String", "AllowedValues": allowed, "Default": allowed[0]},
            "Name": {"Type": "String", "AllowedValues": ["x"]},
        },
        "Resources": {
            "It": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Size"}}}
        },
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    assert declared(adopt(file).stdout, tmp_path)["Parameters"] == old["Parameters"]


@pytest.mark.parametrize(
    ("type_", "name"), [("AWS::Batch::SchedulingPolicy", "Name"), ("AWS::SNS::Topic", "TopicName")]
)
def test_what_has_the_name_of_a_part_of_the_printed_program_is_called_otherwise_there(
    type_: str, name: str, tmp_path: Path
) -> None:
    resources = {
        one: {"Type": type_, "Properties": {name: one}, "Metadata": {"aws:cdk:path": f"A/{one}"}}
        for one in ("Class", "File", "Json", "Paths", "Resource", "Super")
    }
    rules = {"R": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "a"]}}]}}
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": resources, "Rules": rules}))

    assert declared(adopt(file).stdout, tmp_path)["Resources"] == resources


@pytest.mark.parametrize("name", ["Default", "Resource"])
@pytest.mark.parametrize("type_", ["AWS::Batch::SchedulingPolicy", "AWS::SNS::Topic"])
def test_an_id_that_the_cdk_takes_for_none_is_kept(name: str, type_: str, tmp_path: Path) -> None:
    parameter = {"Type": "String", "Default": "a"}
    old: dict[str, Any] = {
        "Parameters": {"P": parameter},
        "Conditions": {name: {"Fn::Equals": [{"Ref": "P"}, "a"]}},
        "Mappings": {name: {"a": {"b": "c"}}},
        "Resources": {
            name: {
                "Type": type_,
                "Properties": {"Tags": {"a": "b"}},
                "Condition": name,
                "Metadata": {"aws:cdk:path": f"A/{name}"},
            },
            f"The{name}": {
                "Type": "AWS::SNS::Topic",
                "Metadata": {"aws:cdk:path": f"A/The{name}"},
                "DependsOn": name,
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}}},
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    new = declared(adopt(file).stdout, tmp_path)

    for section, was in old.items():
        assert {key: one for key, one in new[section].items() if key in was} == was
    assert new["Resources"].keys() == old["Resources"].keys()


def test_a_number_with_a_point_keeps_it_and_a_text_stays_one(tmp_path: Path) -> None:
    """To JavaScript, 1.0 is 1: a version that is a text to AWS would be another one."""
    container = {
        "Image": "a",
        "ResourceRequirements": [
            {"Type": "VCPU", "Value": "1"},
            {"Type": "MEMORY", "Value": "2048"},
        ],
        "Environment": [{"Name": "VERSION", "Value": 1.0}],
    }
    resources = {
        "J": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {"Type": "container", "ContainerProperties": container},
        },
        "P": {
            "Type": "AWS::Batch::SchedulingPolicy",
            "Properties": {"FairsharePolicy": {"ShareDecaySeconds": 600.0}, "Tags": {"V": "1.0"}},
        },
        "T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": 1.0, "TopicName": "2.0"}},
    }
    old = {
        "Parameters": {"P1": {"Type": "Number", "MinValue": 1.0, "Default": 2.0}},
        "Mappings": {"M": {"a": {"b": 1.0, "c": "1", "d": True}}},
        "Conditions": {"C": {"Fn::Equals": [1.0, {"Ref": "P1"}]}},
        "Outputs": {"O": {"Value": 1.0}, "F": {"Value": True}},
        "Resources": resources,
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    new = declared(adopt(file).stdout, tmp_path)

    environment = new["Resources"]["J"]["Properties"]["ContainerProperties"]["Environment"]
    assert environment == [{"Name": "VERSION", "Value": "1.0"}]
    assert new["Resources"]["P"] == resources["P"]
    assert new["Resources"]["T"]["Properties"] == {"DisplayName": "1.0", "TopicName": "2.0"}
    assert new["Parameters"]["P1"] == {"Type": "Number", "MinValue": "1.0", "Default": "2.0"}
    assert new["Mappings"]["M"]["a"] == {"b": "1.0", "c": "1", "d": True}
    assert new["Conditions"]["C"] == {"Fn::Equals": ["1.0", {"Ref": "P1"}]}
    assert [new["Outputs"][one]["Value"] for one in "OF"] == ["1.0", "true"]


def test_a_flag_is_no_number(tmp_path: Path) -> None:
    policy = {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"FairsharePolicy": {}}}
    policy["Properties"]["FairsharePolicy"]["ShareDecaySeconds"] = True  # type: ignore[index]  # a mapping
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": {"P": policy}}))

    new = declared(adopt(file).stdout, tmp_path)["Resources"]["P"]

    assert new["Properties"]["FairsharePolicy"]["ShareDecaySeconds"] is True


ARN = "arn:aws:batch:eu-central-1:111122223333"


def test_who_names_a_queue_or_a_definition_as_a_text_follows_it(tmp_path: Path) -> None:
    submitted = {"JobName": "render", "JobDefinition": "render:3"}
    schedule = json.dumps({"JobName": "render", "JobQueue": "nightly", "JobDefinition": "render"})
    resources = {
        "Q": {
            "Type": "AWS::Batch::JobQueue",
            "Properties": {
                "JobQueueName": "nightly",
                "Priority": 1,
                "ComputeEnvironmentOrder": [
                    {"Order": 1, "ComputeEnvironment": f"{ARN}:compute-environment/nightly"}
                ],
            },
        },
        "J": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "JobDefinitionName": "render",
                "Type": "container",
                "ContainerProperties": {
                    "Image": "nightly",
                    "ResourceRequirements": [
                        {"Type": "VCPU", "Value": "1"},
                        {"Type": "MEMORY", "Value": "2048"},
                    ],
                },
            },
        },
        "R": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Name": "nightly",
                "EventPattern": {
                    "detail": {
                        "jobQueue": [f"{ARN}:job-queue/nightly", f"{ARN}:job-queue/nightly-2"]
                    }
                },
                "Targets": [
                    {
                        "Id": "nightly",
                        "Arn": {"Fn::Sub": "arn:${AWS::Partition}:batch:::job-queue/nightly"},
                        "BatchParameters": submitted,
                    }
                ],
            },
        },
        "S": {"Type": "AWS::Scheduler::Schedule", "Properties": {"Target": {"Input": schedule}}},
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": resources}))
    source = adopt(file).stdout

    same = declared(source, tmp_path)["Resources"]
    renamed = source.replace('nightly_name = "nightly"', 'nightly_name = "weekly"')
    renamed = renamed.replace('render_name = "render"', 'render_name = "paint"')
    (tmp_path / "renamed").mkdir()
    found = declared(renamed, tmp_path / "renamed")["Resources"]

    assert same == resources
    rule = found["R"]["Properties"]
    assert found["Q"]["Properties"]["JobQueueName"] == "weekly"
    assert found["J"]["Properties"]["JobDefinitionName"] == "paint"
    assert (rule["Name"], rule["Targets"][0]["Id"]) == ("nightly", "nightly")
    assert rule["EventPattern"]["detail"]["jobQueue"] == [
        f"{ARN}:job-queue/weekly",
        f"{ARN}:job-queue/nightly-2",
    ]
    assert rule["Targets"][0]["Arn"] == {
        "Fn::Sub": "arn:${AWS::Partition}:batch:::job-queue/weekly"
    }
    assert rule["Targets"][0]["BatchParameters"] == {**submitted, "JobDefinition": "paint:3"}
    assert json.loads(found["S"]["Properties"]["Target"]["Input"]) == {
        "JobName": "render",
        "JobQueue": "weekly",
        "JobDefinition": "paint",
    }
    environments = found["Q"]["Properties"]["ComputeEnvironmentOrder"]
    assert environments[0]["ComputeEnvironment"] == f"{ARN}:compute-environment/nightly"


def test_a_name_that_nobody_else_has_stays_where_it_is(tmp_path: Path) -> None:
    policy = {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"Name": "fair"}}
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": {"P": policy}}))

    assert "_name = " not in adopt(file).stdout


def test_what_the_cdk_cannot_declare_is_said_with_the_property(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": None}}
    file.write_text(json.dumps({"Resources": {"It": topic}}))

    printed = adopt(file)

    assert printed.exit_code == 2
    assert "declares It differently from the template: with another TopicName" in printed.stderr


def test_text_of_a_template_cannot_become_code(tmp_path: Path) -> None:
    odd = '"""); raise SystemExit("run")  # \'\\'
    old = {
        "Description": odd,
        "Resources": {"It": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": odd}}},
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    assert declared(adopt(file).stdout, tmp_path)["Resources"] == old["Resources"]


def test_one_stack_of_several_is_named(tmp_path: Path) -> None:
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path / "cdk.out"))
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, env=cdk.Environment(region="eu-central-1"))
        cdk.CfnResource(stack, f"In{name}", type="AWS::SNS::Topic")
    app.synth()

    printed = adopt(tmp_path / "cdk.out", "--stack", "Two")
    unnamed = adopt(tmp_path / "cdk.out")
    unknown = adopt(tmp_path / "cdk.out", "--stack", "Three")

    assert "InTwo" in printed.stdout
    assert "InOne" not in printed.stdout
    assert 'env=cdk.Environment(region="eu-central-1")' in printed.stdout
    assert (unnamed.exit_code, unknown.exit_code) == (2, 2)
    assert "there are several stacks (One, Two): name one with --stack" in unnamed.stderr
    assert "there is no stack Three; there are One, Two" in unknown.stderr


def sizes(vcpus: str) -> list[dict[str, str]]:
    return [{"Type": "VCPU", "Value": vcpus}, {"Type": "MEMORY", "Value": "2048"}]


def test_a_file_that_is_no_template_is_said(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text("[]")

    assert (adopt(file).exit_code, adopt(tmp_path / "none").exit_code) == (2, 2)


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        (
            {
                "Type": "AWS::Batch::JobDefinition",
                "Properties": {
                    "Type": "container",
                    "ContainerProperties": {
                        "Image": "busybox",
                        "Vcpus": 1,
                        "Memory": 512,
                        "Command": ["run", "Ref::file"],
                    },
                },
            },
            {},
        ),
        (
            {
                "Type": "AWS::Batch::ComputeEnvironment",
                "Properties": {
                    "Type": "MANAGED",
                    "ComputeResources": {
                        "Type": "EC2",
                        "MaxvCpus": 4,
                        "MinvCpus": 0,
                        "InstanceRole": "ecsInstanceRole",
                        "InstanceTypes": ["c6i"],
                        "Subnets": {"Ref": "Subnets"},
                        "SecurityGroupIds": {"Ref": "Groups"},
                        "Ec2Configuration": [{"ImageType": "ECS_AL2"}],
                    },
                },
            },
            {
                "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
                "Groups": {"Type": "CommaDelimitedList", "MaxLength": "100", "NoEcho": True},
            },
        ),
        (
            {
                "Type": "AWS::Batch::JobDefinition",
                "Properties": {
                    "Type": "container",
                    "ContainerProperties": {
                        "Image": "busybox",
                        "ResourceRequirements": {"Fn::If": ["Large", sizes("4"), sizes("1")]},
                    },
                },
            },
            {},
        ),
    ],
    ids=[
        "a parameter without a default",
        "an image that new environments do not take",
        "sizes that a condition decides",
    ],
)
def test_what_only_a_new_resource_may_not_have_is_one_of_our_constructs(
    resource: dict[str, Any], parameters: dict[str, Any], tmp_path: Path
) -> None:
    old = {"Resources": {"It": resource}, **({"Parameters": parameters} if parameters else {})}
    file = tmp_path / "old.json"
    file.write_text(json.dumps(old))

    printed = adopt(file)

    assert printed.stderr == ""
    assert declared(printed.stdout, tmp_path) == old


@pytest.mark.parametrize(
    ("name", "expanded"),
    [
        ("Fn::ForEach::Queues", ["Name", ["A"], {}]),
        ("Fn::Transform", {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}}),
        ("Included", {"Fn::Transform": {"Name": "AWS::Include"}}),
    ],
)
def test_a_template_that_is_to_be_expanded_first_is_said(
    name: str, expanded: Any, tmp_path: Path
) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": {name: expanded}}))

    printed = adopt(file)

    assert printed.exit_code == 2
    assert f"{name} is not a resource; expand the template first" in printed.stderr


def test_empty_tags_which_the_cdk_leaves_out_make_an_l1_with_the_reason(tmp_path: Path) -> None:
    policy = {"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"Tags": {}}}
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"Resources": {"P": policy}}))

    printed = adopt(file)

    assert "P (AWS::Batch::SchedulingPolicy) stays as an L1: no override restores its Tags\n" in (
        printed.stderr
    )
    assert declared(printed.stdout, tmp_path)["Resources"]["P"] == policy


def test_a_parameter_without_echo_in_a_job_is_taken_in_as_it_is(tmp_path: Path) -> None:
    """It stands in the deployed definition; our constructs refuse what anybody writes anew."""
    environment = [{"Name": "A", "Value": {"Ref": "Pw"}}]
    sizes = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]
    container = {"Image": "busybox", "ResourceRequirements": sizes, "Environment": environment}
    job = {"Type": "container", "ContainerProperties": container}
    template = {
        "Parameters": {"Pw": {"Type": "String", "NoEcho": True}},
        "Resources": {"J": {"Type": "AWS::Batch::JobDefinition", "Properties": job}},
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(template))

    printed = adopt(file)

    assert printed.exit_code == 0
    assert "batch-constructs::secret-resolved" in printed.stdout
    assert declared(printed.stdout, tmp_path)["Resources"]["J"]["Properties"] == job


def test_rules_about_parameters_are_taken_in(tmp_path: Path) -> None:
    assertion = {"Assert": {"Fn::Contains": [["a"], {"Ref": "Env"}]}}
    queue = {"Priority": 1, "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "x"}]}
    template = {
        "Parameters": {"Env": {"Type": "String"}},
        "Rules": {"R": {"Assertions": [assertion]}},
        "Resources": {"Q": {"Type": "AWS::Batch::JobQueue", "Properties": queue}},
    }
    file = tmp_path / "old.json"
    file.write_text(json.dumps(template))

    printed = adopt(file)

    assert printed.exit_code == 0, printed.stderr
    found = declared(printed.stdout, tmp_path)
    assert found["Rules"]["R"] == template["Rules"]["R"]  # type: ignore[index]
    assert found["Parameters"]["Env"] == {"Type": "String"}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("db-a1B2c3", "complete"),
        ("db-AbCdEf", "complete"),
        ("db-secret", "partial"),
        ("db-Secret", "partial"),
        ("DB-SECRET", "partial"),
        ("db-202612", "partial"),
        ("db", "partial"),
    ],
)
def test_a_secret_whose_name_ends_in_a_word_is_taken_in_without_its_suffix(
    name: str, how: str
) -> None:
    taken = Taken({}, set())

    taken.secret(f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}")

    (call,) = taken.statements.values()
    assert call.function == f"secretsmanager.Secret.from_secret_{how}_arn"


@pytest.mark.parametrize(
    ("written", "in_two"),
    [
        ("!GetAtt Db.Endpoint.Address", '!GetAtt [Db, "Endpoint.Address"]'),
        ("!GetAtt 'Db.Endpoint.Address'", '!GetAtt [Db, "Endpoint.Address"]'),
        ("[!GetAtt Net.Outputs.A, b]", '[!GetAtt [Net, "Outputs.A"], b]'),
        ("!GetAtt Role.Arn", "!GetAtt Role.Arn"),
    ],
)
def test_an_attribute_with_a_point_is_written_as_the_cli_reads_two_parts(
    written: str, in_two: str
) -> None:
    assert in_two_parts(written) == in_two
    assert Reading(written).value == Reading(in_two).value
