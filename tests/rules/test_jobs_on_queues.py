"""A job on the queues that it can be sent to."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from batch_constructs.aws import instance_types
from batch_constructs.rules import check_template

TYPES = {
    "environment": "ComputeEnvironment",
    "queue": "JobQueue",
    "job": "JobDefinition",
}


def batch(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::Batch::{TYPES[kind]}", "Properties": properties}


def environment(type_: str = "EC2", **resources: Any) -> dict[str, Any]:
    return batch("environment", Type="MANAGED", ComputeResources={"Type": type_, **resources})


def queue(*environments: Any, **properties: Any) -> dict[str, Any]:
    order = [
        {"Order": place, "ComputeEnvironment": {"Ref": one} if isinstance(one, str) else one}
        for place, one in enumerate(environments)
    ]
    return batch("queue", ComputeEnvironmentOrder=order, **properties)


def container(vcpus: Any = None, memory: Any = None, gpus: Any = None, **more: Any) -> Any:
    asked = {"VCPU": vcpus, "MEMORY": memory, "GPU": gpus}
    requirements = [
        {"Type": kind, "Value": str(value)} for kind, value in asked.items() if value is not None
    ]
    return {"ResourceRequirements": requirements, **more}


def job(platform: str = "EC2", **container_: Any) -> dict[str, Any]:
    return batch(
        "job",
        Type="container",
        PlatformCapabilities=[platform],
        ContainerProperties=container(**container_),
    )


def nodes(count: int, *ranges: tuple[str, Any]) -> dict[str, Any]:
    node_ranges = [{"TargetNodes": span, "Container": one} for span, one in ranges]
    return batch(
        "job",
        Type="multinode",
        NodeProperties={"NumNodes": count, "MainNode": 0, "NodeRangeProperties": node_ranges},
    )


def submitter(queue_: str, definition: str = "Job", **parameters: Any) -> dict[str, Any]:
    request = {"JobDefinition": {"Ref": definition}, "JobName": "job", **parameters}
    target = {"Arn": {"Fn::GetAtt": [queue_, "JobQueueArn"]}, "BatchParameters": request}
    return {"Type": "AWS::Events::Rule", "Properties": {"Targets": [target]}}


def messages(rule: str, **resources: Any) -> list[str]:
    found = check_template({"Resources": resources})
    return [one.message for one in found if one.rule == rule]


class TestWhichQueue:
    """The queue that it is sent to, or else all of the template."""

    ONE: ClassVar = {"One": environment(MaxvCpus=1), "First": queue("One")}
    TWO: ClassVar = {"Two": environment(MaxvCpus=2), "Second": queue("Two")}
    RULE = "job-vcpus-over-maximum"

    def test_the_only_queue_is_named(self) -> None:
        assert messages(self.RULE, Job=job(vcpus=2), **self.ONE) == [
            "the job needs 2 vCPUs, but its environments can have only 1 (queue First)"
        ]

    def test_a_job_that_fits_one_of_several_queues_may_be_meant_for_that(self) -> None:
        assert messages(self.RULE, Job=job(vcpus=2), **self.ONE, **self.TWO) == []

    def test_a_job_that_fits_no_queue_is_named_once(self) -> None:
        assert messages(self.RULE, Job=job(vcpus=3), **self.ONE, **self.TWO) == [
            (
                "the job needs 3 vCPUs, but its environments can have only 1 "
                "(every queue of the template)"
            )
        ]

    @pytest.mark.parametrize(("sent_to", "count"), [("First", 1), ("Second", 0)])
    def test_where_the_template_sends_it_counts(self, sent_to: str, count: int) -> None:
        given = {"Job": job(vcpus=2), **self.ONE, **self.TWO, "Rule": submitter(sent_to)}

        assert len(messages(self.RULE, **given)) == count

    def test_every_queue_that_it_is_sent_to_counts(self) -> None:
        rules = {"A": submitter("First"), "B": submitter("Second"), "C": submitter("First")}

        found = messages(self.RULE, Job=job(vcpus=3), **self.ONE, **self.TWO, **rules)

        assert sorted(one.rpartition(" ")[2] for one in found) == ["First)", "Second)"]

    def test_a_queue_of_another_platform_is_not_meant(self) -> None:
        fargate = {"Small": environment("FARGATE", MaxvCpus=1), "Other": queue("Small")}

        assert messages(self.RULE, Job=job(vcpus=2), **fargate) == []

    def test_one_environment_that_is_large_enough_will_do(self) -> None:
        environments = {"One": environment(MaxvCpus=1), "Two": environment(MaxvCpus=2)}

        given = {"Job": job(vcpus=2), **environments, "Queue": queue("One", "Two")}
        assert messages(self.RULE, **given) == []

    def test_an_environment_from_elsewhere_may_be_large_enough(self) -> None:
        elsewhere = {"Fn::ImportValue": "Environment"}

        given = {"Job": job(vcpus=2), "One": environment(MaxvCpus=1)}
        assert messages(self.RULE, **given, Queue=queue("One", elsewhere)) == []


class TestPlatform:
    """Fargate, EC2, Managed Instances and EKS do not mix."""

    @pytest.mark.parametrize(
        ("asked", "offered", "message"),
        [
            ("FARGATE", "EC2", "the job is for Fargate, the queue offers EC2"),
            ("EC2", "FARGATE", "the job is for EC2, the queue offers Fargate"),
            ("EC2", "SPOT", ""),
            ("FARGATE", "FARGATE_SPOT", ""),
        ],
    )
    def test_a_job_goes_where_its_platform_is(self, asked: str, offered: str, message: str) -> None:
        given = {"Job": job(asked), "Environment": environment(offered)}
        found = messages("job-platform", **given, Queue=queue("Environment"))

        assert found == ([f"{message} (queue Queue)"] if message else [])

    def test_what_the_template_submits_is_told_where_it_is_submitted(self) -> None:
        given = {"Job": job("EC2"), "Environment": environment("FARGATE")}
        given |= {"Queue": queue("Environment"), "Rule": submitter("Queue")}

        assert messages("job-platform", **given) == []
        assert messages("submission-platform", **given) == [
            "Job cannot run on Queue: the job is for EC2, the queue offers Fargate"
        ]


class TestNodes:
    """All nodes of a job start at once."""

    RULE = "job-vcpus-over-maximum"

    @pytest.mark.parametrize(
        ("most", "job_", "needed"),
        [
            (6, nodes(3, ("0:", container(2))), ""),
            (5, nodes(3, ("0:", container(2))), "6"),
            (5, nodes(3, ("0:0", container(1)), ("1:", container(2))), ""),
            (4, nodes(3, ("0:0", container(1)), ("1:", container(2))), "5"),
            (4, nodes(3, ("0:5", container(2))), "6"),
            (4, nodes(3, ("0:1", container(2))), ""),
            (1, nodes(3, ("0:", container())), ""),
            (1, nodes(1001, ("0:", container(2))), ""),
        ],
    )
    def test_their_vcpus_add_up(self, most: int, job_: dict[str, Any], needed: str) -> None:
        given = {"Environment": environment(MaxvCpus=most), "Queue": queue("Environment")}
        found = messages(self.RULE, Job=job_, **given)

        assert len(found) == bool(needed)
        assert all(one.startswith(f"the job needs {needed} vCPUs") for one in found)


class TestInstances:
    """The kernel and the agent keep some of an instance's memory."""

    RULE = "job-instance-fit"

    def found(self, job_: dict[str, Any], *types: str, **resources: Any) -> list[str]:
        given = environment(InstanceTypes=list(types), **resources)
        return messages(self.RULE, Job=job_, Environment=given, Queue=queue("Environment"))

    def test_a_job_may_ask_for_what_is_left_and_no_more(self) -> None:
        left = 8192 * 0.99 - 32

        assert self.found(job(memory=int(left)), "m5.large") == []
        [message] = self.found(job(memory=int(left) + 1), "m5.large")
        assert message.startswith(
            "the job requests 8079 MiB, which fits no instance type of Environment; the largest,"
            " m5.large, has 2 vCPUs, 8192 MiB"
        )

    @pytest.mark.parametrize(
        ("asked", "types", "fits"),
        [
            ({"vcpus": 2}, ["m5.large"], True),
            ({"vcpus": 3}, ["m5.large"], False),
            ({"vcpus": 3}, ["m5.large", "m5.xlarge"], True),
            ({"vcpus": 4, "memory": 100}, ["m5.large", "c5.large"], False),
            ({"vcpus": 4000}, ["m5"], False),
            ({"vcpus": 4000}, ["nobody.knows"], True),
            ({"gpus": 1}, ["g5.xlarge"], True),
            ({"gpus": 2}, ["g5.xlarge"], False),
            ({}, ["m5.large"], True),
        ],
    )
    def test_one_type_has_to_have_room(
        self, asked: dict[str, Any], types: list[str], *, fits: bool
    ) -> None:
        assert bool(self.found(job(**asked), *types)) is not fits

    @pytest.mark.parametrize(
        ("asked", "types", "says"),
        [
            ({"gpus": 1}, ["m5.large"], "requests 1 GPUs, but Environment has no GPU instances"),
            ({"gpus": 2}, ["g5.xlarge", "m5.24xlarge"], "the largest, g5.xlarge, has 4 vCPUs"),
            ({"gpus": 2}, ["g5.xlarge"], "what the agent keeps), 1 GPUs"),
            ({"vcpus": 3, "memory": 9000}, ["m5.large"], "requests 3 vCPUs, 9000 MiB, which fits"),
        ],
    )
    def test_what_it_lacks_is_said(
        self, asked: dict[str, Any], types: list[str], says: str
    ) -> None:
        [message] = self.found(job(**asked), *types)

        assert says in message

    def test_fargate_has_no_instances(self) -> None:
        given = {"Environment": environment("FARGATE"), "Queue": queue("Environment")}

        assert messages(self.RULE, Job=job("FARGATE", vcpus=4000), **given) == []

    def test_of_a_type_that_is_not_known_nothing_is_left_unknown(self) -> None:
        unknown = instance_types.InstanceType("new.large", None, None, None, None)

        assert unknown.job_memory_mib is None


class TestGpus:
    """A bundle has none."""

    @pytest.mark.parametrize(
        ("types", "gpus", "has_none"),
        [
            (["optimal"], 1, True),
            (["optimal", "nobody.knows"], 1, False),
            (["optimal"], 0, False),
            (["optimal"], None, False),
            ([], 1, False),
        ],
    )
    def test_a_gpu_job_waits_for_ever_where_there_are_none(
        self, types: list[str], gpus: int | None, *, has_none: bool
    ) -> None:
        given = {"Environment": environment(InstanceTypes=types), "Queue": queue("Environment")}
        found = messages("job-gpu-queue", Job=job(gpus=gpus), **given)

        assert bool(found) is has_none


ARM = {"RuntimePlatform": {"CpuArchitecture": "ARM64"}}


class TestArchitecture:
    """An image runs on one architecture."""

    @pytest.mark.parametrize(
        ("asked", "offered", "differs"),
        [
            ({"Image": "arm64v8/busybox"}, "m5.large", True),
            ({"Image": "tool:1-arm64"}, "m5.large", True),
            ({"Image": "tool:1-arm64"}, "m7g.large", False),
            ({"Image": "amd64/busybox"}, "m7g.large", True),
            ({"Image": "tool:x86_64"}, "m7g.large", True),
            ({"Image": "alarm64"}, "m5.large", False),
            ({"Image": {"Fn::Sub": "${Registry}/tool:arm64"}}, "m5.large", True),
            ({"Image": {"Ref": "Image"}}, "m5.large", False),
            (ARM, "m5.large", True),
            ({**ARM, "Image": "amd64/busybox"}, "m7g.large", False),
        ],
    )
    def test_on_ec2_the_instances_have_it(
        self, asked: dict[str, Any], offered: str, *, differs: bool
    ) -> None:
        given = {"Environment": environment(InstanceTypes=[offered])}
        found = messages("job-architecture", Job=job(**asked), **given, Queue=queue("Environment"))

        assert bool(found) is differs

    @pytest.mark.parametrize(
        ("asked", "differs"),
        [
            ({"Image": "arm64v8/busybox"}, True),
            ({"Image": "arm64v8/busybox", **ARM}, False),
            ({"Image": "amd64/busybox"}, False),
            ({"Image": "arm64v8/busybox", "RuntimePlatform": {"Ref": "Platform"}}, False),
            (
                {
                    "Image": "arm64v8/busybox",
                    "RuntimePlatform": {"CpuArchitecture": {"Ref": "Architecture"}},
                },
                False,
            ),
        ],
    )
    def test_on_fargate_the_job_says_it(self, asked: dict[str, Any], *, differs: bool) -> None:
        assert bool(messages("job-architecture", Job=job("FARGATE", **asked))) is differs


class TestMultiNode:
    """It needs On-Demand instances of a type that the queue offers, in one zone."""

    @pytest.mark.parametrize(("type_", "count"), [("SPOT", 1), ("EC2", 0)])
    def test_it_does_not_run_on_spot(self, type_: str, count: int) -> None:
        given = {"Environment": environment(type_), "Queue": queue("Environment")}

        found = messages("multi-node-spot", Job=nodes(2, ("0:", container(1))), **given)
        assert len(found) == count
        assert messages("multi-node-spot", Job=job(vcpus=1), **given) == []

    @pytest.mark.parametrize(
        ("offered", "is_missing"),
        [
            (["c5.large"], True),
            (["p5"], True),
            (["p4d.24xlarge"], False),
            (["p4d"], False),
            (["optimal", "c5.large"], False),
            ([], False),
        ],
    )
    @pytest.mark.parametrize("place", ["node", "container"])
    def test_its_instance_type_has_to_be_offered(
        self, place: str, offered: list[str], *, is_missing: bool
    ) -> None:
        job_ = nodes(2, ("0:", container(1)))
        [node] = job_["Properties"]["NodeProperties"]["NodeRangeProperties"]
        if place == "node":
            node["InstanceTypes"] = ["p4d.24xlarge"]
        else:
            node["Container"]["InstanceType"] = "p4d.24xlarge"
        given = {"Environment": environment(InstanceTypes=offered), "Queue": queue("Environment")}

        assert bool(messages("multi-node-instance-type", Job=job_, **given)) is is_missing

    def test_a_family_is_no_instance_type(self) -> None:
        job_ = nodes(2, ("0:", container(1)))
        [node] = job_["Properties"]["NodeProperties"]["NodeRangeProperties"]
        node["InstanceTypes"] = ["p4d"]
        given = {"Environment": environment(InstanceTypes=["c5"]), "Queue": queue("Environment")}

        assert messages("multi-node-instance-type", Job=job_, **given) == []

    @pytest.mark.parametrize(
        ("strategy", "zones", "is_spread"),
        [
            ("cluster", ["a", "b"], True),
            (None, ["a", "b"], True),
            ("spread", ["a", "b"], False),
            ("cluster", ["a", "a"], False),
            ("cluster", ["a", None], False),
        ],
    )
    def test_a_cluster_placement_group_is_in_one_zone(
        self, strategy: str | None, zones: list[str | None], *, is_spread: bool
    ) -> None:
        def ec2(type_: str, **properties: Any) -> dict[str, Any]:
            known = {key: value for key, value in properties.items() if value is not None}
            return {"Type": f"AWS::EC2::{type_}", "Properties": known}

        subnets = {
            f"Subnet{place}": ec2("Subnet", AvailabilityZone=zone)
            for place, zone in enumerate(zones)
        }
        named = [*({"Ref": name} for name in subnets), "subnet-0a1b2c3d"]
        found = messages(
            "placement-group-zones",
            **subnets,
            Group=ec2("PlacementGroup", Strategy=strategy),
            Environment=environment(PlacementGroup={"Ref": "Group"}, Subnets=named),
        )

        assert bool(found) is is_spread


class TestWindows:
    """Fargate Spot has no Windows."""

    @pytest.mark.parametrize(
        ("family", "environments", "is_stuck"),
        [
            ("WINDOWS_SERVER_2022_CORE", ["FARGATE_SPOT"], True),
            ("WINDOWS_SERVER_2022_CORE", ["FARGATE_SPOT", "FARGATE"], False),
            ("LINUX", ["FARGATE_SPOT"], False),
        ],
    )
    def test_a_job_for_it_needs_another_environment(
        self, family: str, environments: list[str], *, is_stuck: bool
    ) -> None:
        made = {f"E{place}": environment(type_) for place, type_ in enumerate(environments)}
        runtime = {"RuntimePlatform": {"OperatingSystemFamily": family}}
        found = messages(
            "windows-fargate-spot", Job=job("FARGATE", **runtime), **made, Queue=queue(*made)
        )

        assert bool(found) is is_stuck


class TestPriority:
    """It is for the shares of a fair-share queue."""

    @pytest.mark.parametrize(
        ("priority", "policy", "is_in_vain"),
        [(5, None, True), (0, None, False), (5, {"Ref": "Policy"}, False)],
    )
    def test_on_a_fifo_queue_it_has_no_effect(
        self, priority: int, policy: Any, *, is_in_vain: bool
    ) -> None:
        job_ = job()
        job_["Properties"]["SchedulingPriority"] = priority
        given = {"SchedulingPolicyArn": policy} if policy else {}
        found = messages(
            "priority-on-fifo-queue",
            Job=job_,
            Environment=environment(),
            Queue=queue("Environment", **given),
            Policy={"Type": "AWS::Batch::SchedulingPolicy", "Properties": {"FairsharePolicy": {}}},
        )

        assert bool(found) is is_in_vain
