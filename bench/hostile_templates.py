"""How long a check takes of files that are made to take long.

uv run python bench/hostile_templates.py

Each file has at most 1 MB. Each is checked by a command of its own, and what it takes is the CPU
time of that command, start-up included, its modules being compiled as those of an installed package
are. On a machine that is busy, it takes up to twice as long: the first line says how busy it is.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 1_000_000


def resources(**some: Any) -> str:
    """Write a template."""
    return json.dumps({"Resources": some})


def definition(**properties: Any) -> dict[str, Any]:
    """Write a job definition."""
    return {"Type": "AWS::Batch::JobDefinition", "Properties": {"Type": "container", **properties}}


def container(**properties: Any) -> dict[str, Any]:
    """Write a job definition of one container."""
    sizes = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]
    return definition(
        ContainerProperties={"Image": "busybox", "ResourceRequirements": sizes, **properties}
    )


def several(containers: int, word: str) -> dict[str, Any]:
    """Write a job definition of several containers."""
    sizes = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]
    some = [
        {"Image": "x", "Name": f"c{n}", "ResourceRequirements": sizes, "Command": [word]}
        for n in range(containers)
    ]
    return definition(EcsProperties={"TaskProperties": [{"Containers": some}]})


def nodes(number: int) -> dict[str, Any]:
    """Write a job definition of ten nodes."""
    sizes = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]
    one = {"Image": f"x{number}", "Command": ["a"], "ResourceRequirements": sizes}
    ranges = [{"TargetNodes": f"{n}:{n}", "Container": one} for n in range(10)]
    properties = {"NumNodes": 10, "MainNode": 0, "NodeRangeProperties": ranges}
    return definition(Type="multinode", NodeProperties=properties)


def pod(number: int) -> dict[str, Any]:
    """Write a job definition of a pod of eight containers."""
    limits = {"Limits": {"cpu": "1", "memory": "2048Mi"}}
    some = [
        {"Image": f"x{number}", "Name": f"c{n}", "Command": ["a"], "Resources": limits}
        for n in range(8)
    ]
    return definition(EksProperties={"PodProperties": {"Containers": some}})


def queue(*environments: Any) -> dict[str, Any]:
    """Write a job queue."""
    order = [{"Order": n, "ComputeEnvironment": one} for n, one in enumerate(environments)]
    return {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {"Priority": 1, "ComputeEnvironmentOrder": order},
    }


def environment(**more: Any) -> dict[str, Any]:
    """Write a Fargate environment."""
    compute = {
        "Type": "FARGATE",
        "MaxvCpus": 4,
        "Subnets": ["subnet-1"],
        "SecurityGroupIds": ["sg-1"],
    }
    return {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {"Type": "MANAGED", "ComputeResources": compute | more},
    }


def role(*statements: Any) -> dict[str, Any]:
    """Write a role with a policy."""
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ]
            },
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [*statements]}}],
        },
    }


def merge_bomb() -> str:
    """Write YAML whose merges grow as a power."""
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    return "\n".join([*lines, "Resources: {T: {<<: *a11, Type: 'AWS::SNS::Topic'}}"])


def alias_bomb() -> str:
    """Write YAML whose aliases grow as a power."""
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join([*lines, "Resources: {T: {Type: 'AWS::Batch::JobQueue', Properties: *a11}}"])


def many_merges() -> str:
    """Write YAML in which one long mapping is merged again and again."""
    members = ", ".join(f"k{n}: v" for n in range(40_000))
    merges = "\n".join(f"m{n}: {{<<: *a}}" for n in range(30_000))
    return f"a: &a {{{members}}}\n{merges}\nResources: {{T: {{Type: 'AWS::SNS::Topic'}}}}"


def conditions(count: int, definitions: int) -> str:
    """Write many definitions that all depend on many conditions."""
    names = [f"C{n}" for n in range(count)]
    value: Any = "x"
    for name in names:
        value = {"Fn::If": [name, value, "y"]}
    return json.dumps(
        {
            "Parameters": {f"P{name}": {"Type": "String"} for name in names},
            "Conditions": {name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in names},
            "Resources": {
                f"D{n}": container(Environment=[{"Name": "a", "Value": value}])
                for n in range(definitions)
            },
        }
    )


def many_containers(definitions: int, conditions: int) -> str:
    """Write definitions of eight containers each, all under conditions."""
    names = [f"C{n}" for n in range(conditions)]
    image: Any = "busybox"
    for name in names:
        image = {"Fn::If": [name, image, "alpine"]}
    sizes = [{"Type": "VCPU", "Value": "1"}, {"Type": "MEMORY", "Value": "2048"}]
    some = [
        {"Image": "x", "Name": f"c{n}", "ResourceRequirements": sizes, "Command": ["a"]}
        for n in range(7)
    ]
    task = {"Containers": [*some, {"Image": image}]}
    return json.dumps(
        {
            "Parameters": {f"P{name}": {"Type": "String"} for name in names},
            "Conditions": {name: {"Fn::Equals": [{"Ref": f"P{name}"}, "yes"]} for name in names},
            "Resources": {
                f"D{n}": definition(EcsProperties={"TaskProperties": [task]})
                for n in range(definitions)
            },
        }
    )


def found(value: Any, definitions: int) -> str:
    """Write definitions that all find one long value in a mapping."""
    look_up = {"Fn::FindInMap": ["M", "a", "b"]}
    jobs = {
        f"D{n}": container(Command=look_up if isinstance(value, list) else [look_up])
        for n in range(definitions)
    }
    return json.dumps({"Mappings": {"M": {"a": {"b": value}}}, "Resources": jobs})


def wired(count: int) -> str:
    """Write jobs, queues, and rules that send each job to each queue."""
    parts: dict[str, Any] = {"E": environment()}
    for n in range(count):
        parts[f"Q{n}"] = queue({"Ref": "E"})
        parts[f"J{n}"] = container()
    for n in range(count):
        targets = [
            {
                "Id": str(m),
                "Arn": {"Ref": f"Q{n}"},
                "RoleArn": "x",
                "BatchParameters": {"JobDefinition": {"Ref": f"J{m}"}, "JobName": "x"},
            }
            for m in range(5)
        ]
        parts[f"R{n}"] = {
            "Type": "AWS::Events::Rule",
            "Properties": {"ScheduleExpression": "rate(1 day)", "Targets": targets},
        }
    return resources(**parts)


def statements(role: int, count: int) -> list[dict[str, Any]]:
    """Write statements of a role that are all different."""
    return [
        {
            "Effect": "Allow",
            "Action": [f"s3:Get*{n}", "batch:SubmitJob"],
            "Resource": [f"arn:aws:s3:::b{role}-{n}/*", "*"],
        }
        for n in range(count)
    ]


def variables_in_yaml(definitions: int, variables: int, value: str) -> str:
    """Write YAML of many definitions, with a finding in each."""
    lines = ["Resources:"]
    for n in range(definitions):
        lines += [f"  J{n}:", "    Type: AWS::Batch::JobDefinition", "    Properties:"]
        lines += ["      Type: container", "      ContainerProperties:", "        Image: busybox"]
        lines += ["        Environment:"]
        lines += [
            f"          - {{Name: n{one}, Value: {value.format(n)}}}" for one in range(variables)
        ]
    return "\n".join(lines)


def instances(environments: int, types: int) -> str:
    """Write environments of the same instance types again and again, queues of three, and jobs."""
    some = ["c7g.large", "m7i.xlarge", "r7g.2xlarge", "c6a", "m6i", "r6g", "c5", "m5"] * types
    on_ec2 = {"Type": "EC2", "InstanceTypes": some, "MinvCpus": 0, "InstanceRole": "x"}
    return resources(
        **{f"E{n}": environment(**on_ec2) for n in range(environments)},
        **{
            f"Q{n}": queue(*[{"Ref": f"E{(n + m) % environments}"} for m in range(3)])
            for n in range(environments)
        },
        **{f"J{n}": container() for n in range(environments)},
    )


def firewalls(count: int, ports: int) -> str:
    """Write environments with many security groups each, which open one port after the other."""
    rules = [
        {"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "CidrIp": "10.0.0.0/8"}
        for n in range(ports)
    ]
    groups = [{"Ref": f"G{n}"} for n in range(count)]
    return resources(
        **{f"E{n}": environment(SecurityGroupIds=groups) for n in range(count)},
        **{
            f"G{n}": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {
                    "GroupDescription": "x",
                    "VpcId": "vpc-1",
                    "SecurityGroupEgress": rules,
                },
            }
            for n in range(count)
        },
        **{f"Q{n}": queue({"Ref": f"E{n}"}) for n in range(count)},
        **{f"J{n}": container(Image="docker.io/x") for n in range(count)},
    )


def sam(functions: int, variables: int) -> str:
    """Write functions of SAM that share variables, and have some of their own."""
    return json.dumps(
        {
            "Transform": "AWS::Serverless-2016-10-31",
            "Globals": {
                "Function": {"Environment": {"Variables": {f"V{n}": "x" for n in range(variables)}}}
            },
            "Resources": {
                f"F{n}": {
                    "Type": "AWS::Serverless::Function",
                    "Properties": {
                        "Policies": [{"Statement": statements(n, 1)}],
                        "Environment": {"Variables": {f"W{m}": str(n) for m in range(variables)}},
                    },
                }
                for n in range(functions)
            },
        }
    )


def joined(states: int) -> str:
    """Write a state machine that is put together from pieces."""
    task = '{"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", '
    pieces: list[Any] = ['{"States": {"S": ']
    for n in range(states):
        pieces += [f'{task}"Parameters": {{"JobName": "a", "JobQueue": "', {"Ref": "Q"}]
        pieces += ['", "JobDefinition": "', {"Ref": "J"}, f'"}}}}, "S{n}": ']
    definition = {"Fn::Join": ["", [*pieces, "{}}}"]]}
    machine = {"Type": "AWS::StepFunctions::StateMachine"}
    return resources(
        M=machine | {"Properties": {"DefinitionString": definition}},
        Q=queue("e"),
        J=container(),
    )


CASES: dict[str, Callable[[], str]] = {
    "merge bomb": merge_bomb,
    "alias bomb": alias_bomb,
    "many merges": many_merges,
    "alias to itself": lambda: "a: &a [*a]\nResources: {T: {Type: 'AWS::SNS::Topic'}}",
    "one name twice among many, JSON": lambda: (
        '{"Resources": {' + ",".join(f'"N{n % 30_000}": {{}}' for n in range(60_000)) + "}}"
    ),
    "one name twice among many, YAML": lambda: (
        "Resources:\n" + "\n".join(f"  N{n % 30_000}: {{}}" for n in range(60_000))
    ),
    "one name again and again": lambda: (
        '{"Resources": {' + ",".join('"N": {}' for _ in range(100_000)) + "}}"
    ),
    "brackets in an action": lambda: resources(
        R=role({"Effect": "Allow", "Action": "batch:" + "[" * 500_000, "Resource": "*"}),
        J=container(JobRoleArn={"Fn::GetAtt": ["R", "Arn"]}),
    ),
    "stars in an action": lambda: resources(
        R=role({"Effect": "Allow", "Action": "*a" * 200_000 + "b", "Resource": "*"}),
        J=container(JobRoleArn={"Fn::GetAtt": ["R", "Arn"]}),
    ),
    "many actions": lambda: resources(
        R=role(
            *[{"Effect": "Allow", "Action": f"batch:A*{n}", "Resource": "*"} for n in range(9000)]
        ),
        **{f"J{n}": container(JobRoleArn={"Fn::GetAtt": ["R", "Arn"]}) for n in range(400)},
    ),
    "token beginnings": lambda: resources(J=container(Command=["${Token[" * 120_000])),
    "dynamic reference beginnings": lambda: resources(J=container(Command=["{{resolve:" * 90_000])),
    "substitution beginnings": lambda: resources(
        J=container(Command=[{"Fn::Sub": "${" * 450_000}])
    ),
    "substitutions": lambda: resources(J=container(Command=[{"Fn::Sub": "${A.B}" * 150_000}])),
    "many definitions": lambda: resources(**{f"J{n}": container() for n in range(4000)}),
    "500 definitions, 10 conditions": lambda: conditions(10, 500),
    "500 definitions, 40 conditions": lambda: conditions(40, 150),
    "340 definitions of 8 containers": lambda: many_containers(340, 0),
    "290 definitions of 8 containers, 10 conditions": lambda: many_containers(290, 10),
    "490 definitions, each another": lambda: resources(
        **{
            f"J{n}": container(
                Command=["run", str(n)],
                Environment=[{"Name": f"N{m}", "Value": str(n)} for m in range(20)],
            )
            for n in range(490)
        }
    ),
    "410 definitions of 8 containers, each another": lambda: resources(
        **{f"J{n}": several(8, str(n)) for n in range(410)}
    ),
    "220 definitions of 10 nodes": lambda: resources(**{f"J{n}": nodes(n) for n in range(220)}),
    "490 definitions of a pod of 8 containers": lambda: resources(
        **{f"J{n}": pod(n) for n in range(490)}
    ),
    "assignments in 490 commands": lambda: resources(
        **{f"J{n}": container(Command=["sh", "-c", f"{n} {'TOKEN=$T;' * 160}"]) for n in range(490)}
    ),
    "7,200 variables that are defaults": lambda: json.dumps(
        {
            "Parameters": {f"P{n}": {"Type": "String", "Default": "x" * 400} for n in range(190)},
            "Resources": {
                f"J{n}": container(
                    Environment=[
                        {"Name": f"PASSWORD{m}", "Value": {"Ref": f"P{(n + m) % 190}"}}
                        for m in range(15)
                    ]
                )
                for n in range(480)
            },
        }
    ),
    "6,500 conditions of one parameter": lambda: json.dumps(
        {
            "Parameters": {"P": {"Type": "String"}},
            "Conditions": {f"C{n}": {"Fn::Equals": [{"Ref": "P"}, f"v{n}"]} for n in range(6_500)},
            "Resources": {"J": container(Command=[{"Fn::If": ["C1", "a", "b"]}])},
        }
    ),
    "words that code evaluates": lambda: resources(
        J=container(Command=["sh", "-c", "eval $1 " * 100, *["Ref::a"] * 70_000])
    ),
    "programs behind a wrapper": lambda: resources(
        J=container(Command=["nice", *["awk", "-f"] * 40_000, "Ref::a"])
    ),
    "a text found by 490 definitions": lambda: found("x" * 480_000, 490),
    "brackets found by 490 definitions": lambda: found("${" * 240_000, 490),
    "a list found by 490 definitions": lambda: found(["x y"] * 70_000, 490),
    "190 roles of 28 statements, 190 jobs": lambda: resources(
        **{f"R{n}": role(*statements(n, 28)) for n in range(190)},
        **{f"J{n}": container(JobRoleArn={"Fn::GetAtt": [f"R{n}", "Arn"]}) for n in range(190)},
    ),
    "450 definitions of 40 variables, YAML": lambda: variables_in_yaml(450, 40, "v{}"),
    "440 definitions of 20 substitutions, YAML": lambda: variables_in_yaml(
        440, 20, "!Sub '${{AWS::Region}}{}'"
    ),
    "490 definitions of 28 variables with the signs of tokens": lambda: resources(
        **{
            f"J{n}": container(
                Environment=[
                    {"Name": f"A{m}", "Value": f"https://sk-test.eyJ.glxapp-xox{n}{m}"}
                    for m in range(28)
                ]
            )
            for n in range(490)
        }
    ),
    "490 definitions of 28 secrets in variables": lambda: resources(
        **{
            f"J{n}": container(
                Environment=[{"Name": f"API_KEY_{m}", "Value": f"{n}x{m}"} for m in range(28)]
            )
            for n in range(490)
        }
    ),
    "490 definitions of 90 tags": lambda: resources(
        **{
            f"J{n}": definition(
                Tags={f"k{m}": f"v{n}" for m in range(90)}, ContainerProperties={"Image": "x"}
            )
            for n in range(490)
        }
    ),
    "490 definitions of 9 volumes": lambda: resources(
        **{
            f"J{n}": container(
                Volumes=[
                    {"Name": f"v{m}", "EfsVolumeConfiguration": {"FileSystemId": f"fs-{m}"}}
                    for m in range(9)
                ],
                MountPoints=[
                    {"SourceVolume": f"v{m}", "ContainerPath": f"/v{m}"} for m in range(9)
                ],
            )
            for n in range(490)
        }
    ),
    "host paths of many directories": lambda: resources(
        L={
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"UserData": {"Fn::Base64": "mount /scratch"}}},
        },
        **{
            f"J{n}": container(Volumes=[{"Name": "v", "Host": {"SourcePath": "/a" * 45_000}}])
            for n in range(10)
        },
    ),
    "one managed policy again and again": lambda: resources(
        R={
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": []},
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
                * 9_000,
            },
        },
        E={
            "Type": "AWS::Batch::ComputeEnvironment",
            "Properties": {
                "Type": "MANAGED",
                "ComputeResources": {"Type": "EC2", "InstanceRole": {"Ref": "R"}, "Subnets": ["s"]},
            },
        },
    ),
    "instance types again and again": lambda: instances(100, 110),
    "100 environments of 100 security groups": lambda: firewalls(100, 70),
    "300 functions of SAM of 200 variables": lambda: sam(300, 100),
    "a state machine of 3,000 pieces": lambda: joined(3_000),
    "450 definitions of 55 variables, YAML": lambda: variables_in_yaml(450, 55, "v{}"),
    "a chain of conditions": lambda: json.dumps(
        {
            "Conditions": {
                f"C{n}": {"Fn::Not": [{"Condition": f"C{n + 1}"}]} for n in range(6_500)
            },
            "Resources": {"T": {"Type": "AWS::SNS::Topic", "Condition": "C0"}},
        }
    ),
    "249 jobs, 249 queues": lambda: resources(
        E=environment(),
        **{f"Q{n}": queue({"Ref": "E"}) for n in range(249)},
        **{f"J{n}": container() for n in range(249)},
    ),
    "166 jobs, queues and environments": lambda: resources(
        **{f"E{n}": environment() for n in range(166)},
        **{f"Q{n}": queue({"Ref": f"E{n}"}) for n in range(166)},
        **{f"J{n}": container() for n in range(166)},
    ),
    "160 jobs, queues and rules": lambda: wired(160),
    "nested lists": lambda: '{"Resources": {"J": ' + "[" * 490_000 + "]" * 490_000 + "}}",
    "nested YAML": lambda: "Resources: " + "[" * 900_000,
    "deep indentation": lambda: "\n".join(" " * n + "a:" for n in range(1_300)),
    "many small values": lambda: "Resources: {T: [" + "a," * 490_000 + "]}",
    "many small objects": lambda: "Resources: {T: [" + "{a: b}," * 135_000 + "]}",
    "nulls": lambda: '{"Resources": {"T": [' + ",".join(["null"] * 190_000) + "]}}",
    "a long number": lambda: "Resources: {T: " + "1:" * 490_000 + "1}",
    "many digits": lambda: '{"Resources": {"T": ' + "9" * 900_000 + "}}",
    "unknown names": lambda: resources(
        J=definition(**{f"ContainerPropertie{n}": 1 for n in range(30_000)})
    ),
    "references to nothing": lambda: resources(
        T={
            "Type": "AWS::SNS::Topic",
            "Properties": {"Tags": [{"Ref": f"N{n}"} for n in range(19_900)]},
        }
    ),
    "variables of one name": lambda: resources(
        J=container(Environment=[{"Name": "a", "Value": "b"}] * 19_900)
    ),
    "variables": lambda: resources(
        J=container(Environment=[{"Name": f"a{n}", "Value": "b"} for n in range(19_900)])
    ),
    "mount points": lambda: resources(
        J=container(
            Volumes=[{"Name": f"v{n}"} for n in range(9_900)],
            MountPoints=[{"SourceVolume": f"v{n}", "ContainerPath": f"/{n}"} for n in range(9_900)],
        )
    ),
    "subnets": lambda: resources(E=environment(Subnets=[f"subnet-{n}" for n in range(60_000)])),
    "shares": lambda: resources(
        P={
            "Type": "AWS::Batch::SchedulingPolicy",
            "Properties": {
                "FairsharePolicy": {
                    "ShareDistribution": [{"ShareIdentifier": f"s{n}"} for n in range(19_900)]
                }
            },
        }
    ),
    "exit conditions": lambda: resources(
        J=definition(
            RetryStrategy={"EvaluateOnExit": [{"OnExitCode": "1", "Action": "EXIT"}] * 19_000}
        )
    ),
    "node ranges": lambda: resources(
        J=definition(
            Type="multinode",
            NodeProperties={
                "NumNodes": 1000,
                "MainNode": 0,
                "NodeRangeProperties": [{"TargetNodes": f"{n}:{n}"} for n in range(19_900)],
            },
        )
    ),
    "loops": lambda: json.dumps(
        {
            "Transform": "AWS::LanguageExtensions",
            "Resources": {
                "Fn::ForEach::A": [
                    "A",
                    [f"a{n}" for n in range(300)],
                    {
                        "Fn::ForEach::B": [
                            "B",
                            [f"b{n}" for n in range(300)],
                            {"T${A}${B}": {"Type": "AWS::SNS::Topic"}},
                        ]
                    },
                ]
            },
        }
    ),
    "an event pattern": lambda: resources(
        R={
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.batch"],
                    "detail": {"status": [{"wildcard": "*a" * 200_000}]},
                }
            },
        }
    ),
    "misspelled names of 8,000 states": lambda: resources(
        M={
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "Definition": {
                    "StartAt": "State0",
                    "States": {
                        f"State{n}": {"Type": "Pass", "Next": f"Stage{n + 1}"} for n in range(8000)
                    },
                }
            },
        }
    ),
    "a state machine": lambda: resources(
        M={
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "DefinitionString": json.dumps(
                    {
                        "States": {
                            f"S{n}": {
                                "Type": "Task",
                                "Resource": "arn:aws:states:::batch:submitJob.sync",
                                "Parameters": {
                                    "JobName": "a",
                                    "JobQueue": "q",
                                    "JobDefinition": "d",
                                },
                            }
                            for n in range(5_000)
                        }
                    }
                )
            },
        }
    ),
    "substitutions that do not end in a state machine": lambda: resources(
        M={
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "Definition": {"States": {"A": {"Type": "Task", "Resource": "${" * 400_000}}},
                "DefinitionSubstitutions": {"a": "b"},
            },
        }
    ),
    "ignore comments": lambda: (
        "# batch-constructs: ignore a\n" * 33_000
        + "Resources: {Q: {Type: 'AWS::Batch::JobQueue', Properties: {Priority: -1}}}"
    ),
    "a long line of signs": lambda: "Resources: {T: '" + "#{" * 450_000 + "'}",
    "Jinja": lambda: "{% if x %}\n" * 90_000,
}


def cpu(command: list[str], compiled: str) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Run a command, its modules compiled in a folder; give the CPU time it took, in seconds."""
    kept = {name: value for name, value in os.environ.items() if "DONTWRITE" not in name}
    where = {**kept, "PYTHONPYCACHEPREFIX": compiled}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=where)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def main() -> None:
    """Measure, and print a table."""
    check = str(Path(sys.executable).parent / "batch-constructs")
    wanted = sys.argv[1:]
    start = time.process_time()
    sum(range(30_000_000))
    took = time.process_time() - start
    print(f"{took:6.2f} s  a sum of 30,000,000 numbers: the busier the machine, the longer")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.yaml"
        file.write_text(resources(J=container()))
        cpu([check, "check", str(file)], folder)
        for name, make in CASES.items():
            if wanted and name not in wanted:
                continue
            text = make()
            if len(text) > SIZE:
                raise ValueError(f"{name} has {len(text)} characters")
            file.write_text(text)
            seconds, done = cpu([check, "check", "--format", "json", str(file)], folder)
            said = done.stderr.strip().replace(str(file), "")[:70] or f"{len(done.stdout)} B told"
            trouble = "  TRACEBACK" if "Traceback" in done.stderr else ""
            print(f"{seconds:6.2f} s  exit {done.returncode}  {name:46} {said}{trouble}")


if __name__ == "__main__":
    main()
