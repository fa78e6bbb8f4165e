"""What instances mount before the ECS agent starts, and jobs then see."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3express as s3express

import batch_constructs as bc
from batch_constructs.instance_volumes import mount_commands
from batch_constructs.rules import check_template
from tests.triggers.conftest import joined

Properties = Callable[[str], dict[str, Any]]
Resources = Callable[..., dict[str, dict[str, Any]]]
POLICY = "AWS::IAM::Policy"
SIZE: dict[str, Any] = {"image": "busybox", "vcpus": 1, "memory": cdk.Size.gibibytes(2)}

WRONG: Any = "reads"


@pytest.fixture
def lustre(stack: cdk.Stack, vpc: ec2.Vpc) -> fsx.LustreFileSystem:
    return fsx.LustreFileSystem(
        stack,
        "Work",
        vpc=vpc,
        vpc_subnet=vpc.private_subnets[0],
        storage_capacity_gib=1200,
        lustre_configuration=fsx.LustreConfiguration(
            deployment_type=fsx.LustreDeploymentType.SCRATCH_2
        ),
    )


@pytest.fixture
def bucket(stack: cdk.Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Reads", "reads")


def in_a_network(stack: cdk.Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
    )


def environment(stack: cdk.Stack, vpc: ec2.IVpc, *volumes: Any) -> bc.Ec2ComputeEnvironment:
    template = bc.LaunchTemplate(stack, "Template", volumes=volumes)
    return bc.Ec2ComputeEnvironment(
        stack, "Environment", vpc=vpc, launch_template=template, instance_types=["m6id"]
    )


def taken_in(stack: cdk.Stack) -> fsx.IFileSystem:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Servers", "sg-0123456789abcdef0")
    return fsx.LustreFileSystem.from_lustre_file_system_attributes(
        stack,
        "There",
        file_system_id="fs-0123456789abcdef0",
        dns_name="fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com",
        security_group=group,
    )


def user_data(properties: Properties) -> str:
    data = properties("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    return joined(data["UserData"]["Fn::Base64"])


def statements(resources: Resources) -> dict[str, Any]:
    """Return what the one policy allows: actions, joined → the statement."""
    (policy,) = resources(POLICY).values()
    found = policy["Properties"]["PolicyDocument"]["Statement"]
    listed = [(one["Action"], one) for one in found]
    return {" ".join([of] if isinstance(of, str) else of): one for of, one in listed}


def test_an_instance_mounts_lustre_and_both_sides_admit_each_other(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    lustre: fsx.LustreFileSystem,
    properties: Properties,
    resources: Resources,
) -> None:
    environment(stack, vpc, bc.FsxLustreVolume(file_system=lustre))

    assert "mount -t lustre -o relatime,flock " in user_data(properties)
    admitted = {
        (joined(one["Properties"]["SourceSecurityGroupId"]), joined(one["Properties"]["GroupId"]))
        for one in resources("AWS::EC2::SecurityGroupIngress").values()
    }
    groups = {name for pair in admitted for name in pair}
    (own,) = (name for name in groups if "Environment" in name)
    (servers,) = groups - {own}
    assert admitted == {(servers, servers), (own, servers), (servers, own)}


def test_an_instance_may_read_the_prefix_of_a_bucket_and_no_more(
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    bucket: s3.IBucket,
    properties: Properties,
    resources: Resources,
) -> None:
    environment(stack, vpc, bc.S3MountVolume(bucket, prefix="runs/"))

    written = user_data(properties)
    assert "mount-s3 --allow-other --read-only --prefix runs/ reads /mnt/s3" in written
    allowed = statements(resources)
    assert set(allowed) == {"s3:ListBucket", "s3:GetObject"}
    assert allowed["s3:ListBucket"]["Condition"] == {"StringLike": {"s3:prefix": "runs/*"}}
    assert joined(allowed["s3:GetObject"]["Resource"]).endswith(":s3:::reads/runs/*")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_directory_bucket_is_mounted_with_a_session_of_its_kind(
    read_only: bool,  # noqa: FBT001  # a case
    stack: cdk.Stack,
    vpc: ec2.Vpc,
    properties: Properties,
    resources: Resources,
) -> None:
    name = "reads--use1-az4--x-s3"
    express = s3express.CfnDirectoryBucket.from_bucket_name(stack, "Express", name)
    environment(stack, vpc, bc.S3MountVolume(express, prefix="runs/", read_only=read_only))

    assert f"--prefix runs/ {name} /mnt/s3" in user_data(properties)
    session = statements(resources)["s3express:CreateSession"]
    assert len(statements(resources)) == 1
    assert joined(session["Resource"]).endswith(f":bucket/{name}")
    held = session.get("Condition", {}).get("StringEquals", {})
    assert held == ({"s3express:SessionMode": "ReadOnly"} if read_only else {})


def test_a_mounted_directory_bucket_comes_with_the_key_that_it_is_encrypted_with(
    stack: cdk.Stack, vpc: ec2.Vpc, resources: Resources
) -> None:
    kind = s3express.CfnDirectoryBucket
    made = kms.Key(stack, "Key")
    given = cdk.CfnParameter(stack, "KeyGiven").value_as_string
    plain = "1234abcd-12ab-34cd-56ef-1234567890ab"
    foreign = f"arn:aws:kms:us-east-1:210987654321:key/{plain}"
    volumes = []
    for number, key in enumerate([made.key_arn, plain, foreign, given]):
        default = kind.ServerSideEncryptionByDefaultProperty(
            sse_algorithm="aws:kms", kms_master_key_id=key
        )
        rule = kind.ServerSideEncryptionRuleProperty(server_side_encryption_by_default=default)
        bucket = kind(
            stack,
            f"Express{number}",
            data_redundancy="SingleAvailabilityZone",
            location_name="use1-az4",
            bucket_encryption=kind.BucketEncryptionProperty(
                server_side_encryption_configuration=[rule]
            ),
        )
        volumes.append(bc.S3MountVolume(bucket, name=f"s{number}"))
    environment(stack, vpc, *volumes)

    (policy,) = resources(POLICY).values()
    keys = [
        one
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        if "kms:Decrypt" in one["Action"]
    ]
    assert all(one["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"] for one in keys)
    granted = [
        resource
        for one in keys
        for resource in (
            one["Resource"] if isinstance(one["Resource"], list) else [one["Resource"]]
        )
    ]
    assert stack.resolve(made.key_arn) in granted
    assert foreign in granted
    assert any("Fn::Join" in one and f":key/{plain}" in str(one) for one in granted)
    (either,) = [one for one in granted if "Fn::Select" in str(one)]
    (index, split) = either["Fn::Join"][1][1]["Fn::Select"]
    assert index == 1
    separator, text = split["Fn::Split"]
    for value, arn in ((foreign, foreign), (plain, f"arn:aws:kms:r:a:key/{plain}")):
        written = "".join(
            {"KeyGiven": value, "AWS::Partition": "aws", "AWS::Region": "r", "AWS::AccountId": "a"}[
                one["Ref"]
            ]
            if isinstance(one, dict)
            else one
            for one in text["Fn::Join"][1]
        )
        assert f"arn:{written.split(separator)[index]}" == arn


def test_a_file_system_that_stands_already_is_mounted_by_its_name(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties, resources: Resources
) -> None:
    environment(stack, vpc, bc.FsxLustreVolume(file_system=taken_in(stack), mount_name="fxr4vbev"))

    mounted = "fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com@tcp:/fxr4vbev /mnt/lustre"
    assert mounted in user_data(properties)
    admitted = {
        joined(one["Properties"]["GroupId"])
        for one in resources("AWS::EC2::SecurityGroupIngress").values()
    }
    assert len(admitted) == 2
    assert "sg-0123456789abcdef0" in admitted


def test_a_file_system_of_the_app_is_mounted_by_no_other_name(
    stack: cdk.Stack, lustre: fsx.LustreFileSystem
) -> None:
    volume = bc.FsxLustreVolume(file_system=lustre, mount_name="fsx")
    with pytest.raises(ValueError, match=r"volumes\[0\].mount_name is given for a file system"):
        bc.LaunchTemplate(stack, "Template", volumes=[volume])


def test_a_bucket_that_is_written_to_is_granted_so_with_its_key(
    stack: cdk.Stack, vpc: ec2.Vpc, properties: Properties, resources: Resources
) -> None:
    bucket = s3.Bucket(stack, "Results", encryption_key=kms.Key(stack, "Key"))
    environment(stack, vpc, bc.S3MountVolume(bucket, read_only=False))

    assert "--allow-delete --allow-overwrite --dir-mode=0777 --file-mode=0666 " in (
        user_data(properties)
    )
    allowed = statements(resources)
    assert "s3:GetObject s3:PutObject s3:AbortMultipartUpload s3:DeleteObject" in allowed
    assert any("kms:Decrypt" in actions and "GenerateDataKey" in actions for actions in allowed)


def test_a_job_sees_what_its_instance_mounts(
    stack: cdk.Stack, bucket: s3.IBucket, properties: Properties
) -> None:
    volumes: list[bc.AnyInstanceVolume] = [
        bc.S3MountVolume(bucket, container_path="/reads"),
        bc.InstanceStoreVolume(host_path="/nvme"),
    ]
    bc.Ec2JobDefinition(stack, "Job", **SIZE, volumes=volumes)

    container = properties("AWS::Batch::JobDefinition")["ContainerProperties"]
    assert container["Volumes"] == [
        {"Name": "s3", "Host": {"SourcePath": "/mnt/s3"}},
        {"Name": "scratch", "Host": {"SourcePath": "/nvme"}},
    ]
    assert container["MountPoints"] == [
        {"SourceVolume": "s3", "ContainerPath": "/reads", "ReadOnly": True},
        {"SourceVolume": "scratch", "ContainerPath": "/nvme", "ReadOnly": False},
    ]


@pytest.mark.parametrize(("mounts", "off"), [(True, False), (False, True)])
def test_an_instance_that_cannot_mount_switches_itself_off(
    mounts: bool,  # noqa: FBT001  # a case
    off: bool,  # noqa: FBT001  # a case
    bucket: s3.IBucket,
    tmp_path: Path,
) -> None:
    """The commands run in a shell, with programs that note that they were called."""
    calls = tmp_path / "calls"
    for program, succeeds in {
        "dnf": True,
        "mkdir": True,
        "mount-s3": mounts,
        "mountpoint": mounts,
        "sleep": True,
        "systemctl": True,
        "shutdown": True,
    }.items():
        script = tmp_path / program
        end = "true" if succeeds else "false"
        script.write_text(f'#!/bin/sh\necho "{program} $*" >> {calls}\n{end}\n')
        script.chmod(0o755)
    commands = "\n".join(mount_commands(bc.S3MountVolume(bucket)))
    commands = commands.replace("/dev/console", str(tmp_path / "console"))

    subprocess.run(["bash", "-c", commands], env={"PATH": f"{tmp_path}:/bin"}, check=True)

    called = [line.split()[0] for line in calls.read_text().splitlines()]
    assert ("shutdown" in called) is off
    assert ("systemctl" in called) is off
    assert called.count("mount-s3") == (1 if mounts else 5)


def test_no_volume_of_an_instance_is_shown_on_fargate(stack: cdk.Stack, bucket: s3.IBucket) -> None:
    with pytest.raises(
        ValueError, match=r"Stack/Job: volumes\[0\] is S3MountVolume, which instances"
    ):
        bc.FargateJobDefinition(stack, "Job", **SIZE, volumes=[bc.S3MountVolume(bucket)])


def test_nodes_of_amazon_eks_mount_nothing(
    stack: cdk.Stack, vpc: ec2.Vpc, bucket: s3.IBucket
) -> None:
    template = bc.LaunchTemplate(stack, "Template", volumes=[bc.S3MountVolume(bucket)])

    with pytest.raises(ValueError, match="launch_template Stack/Template has volumes"):
        bc.EksComputeEnvironment(
            stack,
            "Environment",
            vpc=vpc,
            cluster="arn:aws:eks:us-east-1:123456789012:cluster/shared",
            kubernetes_namespace="batch",
            launch_template=template,
        )


def test_a_bucket_is_not_mounted_by_a_role_that_nobody_knows(
    stack: cdk.Stack, vpc: ec2.Vpc, bucket: s3.IBucket
) -> None:
    profile = iam.InstanceProfile.from_instance_profile_arn(
        stack, "Profile", "arn:aws:iam::123456789012:instance-profile/theirs"
    )
    template = bc.LaunchTemplate(stack, "Template", volumes=[bc.S3MountVolume(bucket)])

    with pytest.raises(ValueError, match="instance_role is an instance profile that does not say"):
        bc.Ec2ComputeEnvironment(
            stack, "Environment", vpc=vpc, launch_template=template, instance_role=profile
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda _: [bc.FsxLustreVolume(file_system=WRONG)], r"volumes\[0\].file_system is str"),
        (
            lambda b: [bc.FsxLustreVolume(file_system=taken_in(cdk.Stack.of(b)))],
            r"volumes\[0\].mount_name is missing for a file system that is not in the app",
        ),
        (
            lambda b: [
                bc.FsxLustreVolume(file_system=taken_in(cdk.Stack.of(b)), mount_name="fs-01234567")
            ],
            r"volumes\[0\].mount_name has 11 characters; allowed: at most 8",
        ),
        (
            lambda b: [
                bc.S3MountVolume(
                    s3.Bucket.from_bucket_arn(
                        cdk.Stack.of(b),
                        "Express",
                        "arn:aws:s3express:us-east-1:123456789012:bucket/reads--use1-az4--x-s3",
                    )
                )
            ],
            r"volumes\[0\].bucket is an s3.IBucket of .* give s3express.CfnDirectoryBucket",
        ),
        (lambda _: [bc.S3MountVolume(WRONG)], r"volumes\[0\].bucket is str \"reads\"; expected"),
        (
            lambda b: [bc.S3MountVolume(b, prefix="x")],
            r"volumes\[0\].prefix is \"x\"; .*: write \"x/\"",
        ),
        (lambda b: [bc.S3MountVolume(b, host_path="/usr")], r"volumes\[0\].host_path is \"/usr\""),
        (lambda b: [bc.S3MountVolume(b, name="a b")], r"volumes\[0\].name is \"a b\""),
        (
            lambda b: [bc.S3MountVolume(b), bc.S3MountVolume(b, prefix="x/")],
            r"volumes\[1\].host_path is \"/mnt/s3\", like that of volumes\[0\]",
        ),
        (
            lambda _: [bc.InstanceStoreVolume(), bc.InstanceStoreVolume(name="b")],
            "volumes: the instance's own disks are mounted twice",
        ),
        (lambda _: [bc.EfsVolume], r"volumes\[0\] is type; expected FsxLustreVolume"),
    ],
)
def test_what_cannot_be_mounted_is_refused(
    make: Callable[[s3.IBucket], list[Any]], message: str, stack: cdk.Stack, bucket: s3.IBucket
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        bc.LaunchTemplate(stack, "Template", volumes=make(bucket))


def found_by_check(app: cdk.App) -> dict[str, str]:
    """Synthesise; return what the rule about host paths says, by stack."""
    folder = Path(app.synth().directory)
    report = json.loads((folder / "validation-report.json").read_text())
    return {
        resource["constructPath"].partition("/")[0]: one["description"]
        for plugin in report["pluginReports"]
        for one in plugin["violations"]
        if one["ruleName"] == "unmounted-host-path"
        for resource in one["violatingConstructs"]
    }


def test_a_job_is_told_that_no_instance_of_its_queue_mounts_what_it_wants_to_see(
    app: cdk.App,
) -> None:
    reads = bc.S3MountVolume(named("reads"), prefix="x/")
    pairs: dict[str, tuple[list[Any] | None, Any]] = {
        "Same": ([reads, bc.InstanceStoreVolume()], reads),
        "NoTemplate": (None, reads),
        "NotOfThisName": (None, bc.S3MountVolume(named("reads"), host_path="/reads")),
        "Lacks": ([bc.InstanceStoreVolume()], reads),
        "OtherPrefix": ([bc.S3MountVolume(named("reads"), prefix="y/")], reads),
        "OtherBucket": ([bc.S3MountVolume(named("writes"), prefix="x/")], reads),
        "OtherKind": ([bc.InstanceStoreVolume(name="s3")], reads),
        "ToRead": ([reads], replace(reads, read_only=False)),
        "ToWrite": ([replace(reads, read_only=False)], reads),
        "OwnDisks": ([bc.InstanceStoreVolume(read_only=True)], bc.InstanceStoreVolume()),
    }
    for name, (mounted, shown) in pairs.items():
        stack = cdk.Stack(app, name)
        vpc = in_a_network(stack)
        template = None if mounted is None else bc.LaunchTemplate(stack, "T", volumes=mounted)
        instances = bc.Ec2ComputeEnvironment(
            stack, "E", vpc=vpc, instance_types=["m6id"], launch_template=template
        )
        bc.JobQueue(stack, "Queue", compute_environments=[instances])
        bc.Ec2JobDefinition(stack, "Job", **SIZE, volumes=[shown])

    told = found_by_check(app)

    assert set(told) == {*pairs} - {"Same", "ToWrite", "OwnDisks"}
    assert re.search(
        "may write to .*, which the instances of .* mount to read only", told["ToRead"]
    )
    assert "mounts /mnt/s3, which the instances" in told["Lacks"]
    assert "mounts /reads, which the instances" in told["NotOfThisName"]
    assert "mounts x/ of the bucket reads at /mnt/s3, where" in told["OtherPrefix"]
    assert "mount y/ of the bucket reads" in told["OtherPrefix"]
    assert "mount x/ of the bucket writes" in told["OtherBucket"]
    assert "mount the instance's own disks" in told["OtherKind"]


def named(name: str) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(cdk.Stack(), "Bucket", name)


@pytest.mark.parametrize(
    ("capability", "why"),
    [("MANAGED_INSTANCES", "accept no launch template"), ("FARGATE", "Fargate has none")],
)
def test_a_job_that_runs_where_nobody_mounts_gets_no_volume_of_instances(
    capability: str, why: str, stack: cdk.Stack, bucket: s3.IBucket
) -> None:
    container = bc.Container(name="a", **SIZE, volumes=[bc.S3MountVolume(bucket)])

    with pytest.raises(ValueError, match=rf"containers\[0\].volumes\[0\] is S3MountVolume.*{why}"):
        bc.MultiContainerJobDefinition(
            stack, "Job", platform_capability=capability, containers=[container]
        )


OTHER = "210987654321"


def in_two_accounts(app: cdk.App, bucket: Callable[[cdk.Stack, cdk.Stack], s3.IBucket]) -> Any:
    """Mount a bucket in an environment, and by S3 Files in a job; return both templates."""
    here, there = (
        cdk.Stack(app, name, env=cdk.Environment(account=account, region="us-east-1"))
        for name, account in (("Here", "123456789012"), ("There", OTHER))
    )
    theirs = bucket(here, there)
    environment(here, in_a_network(here), bc.S3MountVolume(theirs, prefix="x/", read_only=False))
    files = bc.S3FilesVolume(
        name="files",
        file_system_arn="arn:aws:s3files:us-east-1:123456789012:file-system/fs-1",
        container_path="/files",
        bucket=theirs,
    )
    bc.FargateJobDefinition(here, "Job", **SIZE, volumes=[files])
    assembly = app.synth()
    return [assembly.get_stack_by_name(one.stack_name) for one in (here, there)]


def test_a_bucket_and_its_key_in_another_account_let_the_account_of_the_jobs_in(
    app: cdk.App,
) -> None:
    def made(_: cdk.Stack, there: cdk.Stack) -> s3.IBucket:
        key = kms.Key(there, "Key")
        return s3.Bucket(there, "Bucket", bucket_name="theirs", encryption_key=key)

    here, there = in_two_accounts(app, made)

    found = there.template["Resources"].values()
    (bucket_policy,) = [one for one in found if one["Type"] == "AWS::S3::BucketPolicy"]
    (key,) = [one for one in found if one["Type"] == "AWS::KMS::Key"]
    in_policy = bucket_policy["Properties"]["PolicyDocument"]["Statement"]
    of_key = key["Properties"]["KeyPolicy"]["Statement"][-1]
    for one in (*in_policy, of_key):
        assert joined(one["Principal"]["AWS"]).endswith(":iam::123456789012:root")
    assert in_policy[1]["Action"][:2] == ["s3:GetObject", "s3:PutObject"]
    assert in_policy[0]["Condition"] == {"StringLike": {"s3:prefix": "x/*"}}
    assert {"Action": "s3:ListBucket"}.items() <= in_policy[2].items()
    assert of_key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    (role_policy,) = [
        one["Properties"]["PolicyDocument"]["Statement"]
        for name, one in here.template["Resources"].items()
        if one["Type"] == POLICY and name.startswith("EnvironmentInstanceRole")
    ]
    (use,) = [one for one in role_policy if "kms:Decrypt" in one["Action"]]
    assert joined(use["Resource"]).endswith(f":{OTHER}:key/*")
    assert [one for one in here.messages if "bucket-policy" in str(one.entry.data)] == []


def test_the_owner_of_an_imported_bucket_in_another_account_is_told_what_to_allow(
    app: cdk.App,
) -> None:
    def imported(here: cdk.Stack, _: cdk.Stack) -> s3.IBucket:
        return s3.Bucket.from_bucket_attributes(here, "Theirs", bucket_name="theirs", account=OTHER)

    here, _ = in_two_accounts(app, imported)

    told = [str(one.entry.data) for one in here.messages if "bucket-policy" in str(one.entry.data)]
    assert len(told) == 2
    for one in told:
        assert f"the bucket theirs is of account {OTHER}, and its policy cannot be" in one
        assert "let it allow account 123456789012 s3:ListBucket, s3:GetObject" in one
    assert "s3:DeleteObject below x/, and the policy of its key" in told[0]


@pytest.mark.parametrize(("account", "times"), [(OTHER, 1), ("123456789012", 0)])
def test_the_owner_of_a_directory_bucket_in_another_account_is_told_what_to_allow(
    account: str, times: int, app: cdk.App
) -> None:
    stack = cdk.Stack(app, "Here", env=cdk.Environment(account="123456789012", region="us-east-1"))
    arn = f"arn:aws:s3express:us-east-1:{account}:bucket/reads--use1-az4--x-s3"
    theirs = s3express.CfnDirectoryBucket.from_directory_bucket_arn(stack, "Theirs", arn)
    environment(stack, in_a_network(stack), bc.S3MountVolume(theirs))

    told = [
        str(one.entry.data)
        for one in app.synth().get_stack_by_name("Here").messages
        if "bucket-policy" in str(one.entry.data)
    ]
    assert len(told) == times
    for one in told:
        assert "allow account 123456789012 s3express:CreateSession, and the policy" in one


def test_disks_that_no_type_has_and_a_file_system_out_of_reach_are_told(
    app: cdk.App, stack: cdk.Stack, vpc: ec2.Vpc, lustre: fsx.LustreFileSystem
) -> None:
    template = bc.LaunchTemplate(
        stack, "Template", volumes=[bc.FsxLustreVolume(lustre), bc.InstanceStoreVolume()]
    )
    elsewhere = ec2.Vpc(stack, "Elsewhere", max_azs=1)
    for name, where, types in [("Right", vpc, ["m6id"]), ("Wrong", elsewhere, ["m7i"])]:
        bc.Ec2ComputeEnvironment(
            stack, name, vpc=where, instance_types=types, launch_template=template
        )

    found = check_template(app.synth().get_stack_by_name("Stack").template)
    told = {(one.rule, one.resource[:5]) for one in found if one.severity == "warning"}

    assert told == {("instance-store-types", "Wrong"), ("file-system-vpc", "Wrong")}
