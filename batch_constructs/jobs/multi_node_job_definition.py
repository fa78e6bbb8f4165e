"""Multi-node parallel job definitions: one job on several instances at once, as MPI needs it.

https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import Token
from aws_cdk import aws_ec2 as ec2

from batch_constructs.arguments import Arguments
from batch_constructs.aws.bound import Whole, allowed
from batch_constructs.aws.job_definition_facts import NODE_COUNT, JobDefinitionType
from batch_constructs.aws.platforms import PlatformCapability
from batch_constructs.construct import given
from batch_constructs.jobs.consumed_resources import Consumes
from batch_constructs.jobs.ecs_job_definition import EcsArguments, EcsJobDefinition
from batch_constructs.jobs.ecs_task import (
    OF_SEVERAL,
    Task,
    TaskOfNodes,
    refuse_of_pods,
    task_options,
)
from batch_constructs.jobs.job_arguments import DEFAULTS, Job, JobArguments
from batch_constructs.jobs.pod import Pod, pod_properties
from batch_constructs.rules import UNKNOWN
from batch_constructs.shared_arguments import spells_out
from batch_constructs.tokens import WholeNumber, is_made_up, is_token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self, Unpack

    from constructs import Construct

    from batch_constructs.jobs.consumed_resources import ConsumedQuantities
    from batch_constructs.jobs.container import Container
    from batch_constructs.jobs.ecs_job_definition import NodesJobArguments
    from batch_constructs.jobs.keywords_of_many import MultiNodeKeywords


@dataclass(frozen=True, kw_only=True)
class NodeRange(TaskOfNodes):
    """Nodes of a multi-node job that run the same thing: a container, containers, or a pod.

    Attributes:
        target_nodes: How many nodes, following those of the previous range; or a range in AWS's
            notation, such as ``"0:3"``, ``":3"`` or ``"4:"``, for nested ranges.
        container: The one container of each node.
        containers: The containers of each node, if there are several.
        pod: The pod of each node, on Amazon EKS.
        instance_type: The instance type, the same for all ranges. Default: chosen among those of
            the compute environment, the same for all nodes.
        enable_execute_command: Whether ECS Exec can open a shell in the containers; the job role
            gets the necessary permissions. Default: no.
        consumable_resources: How much of each ``ConsumableResource`` each node takes while it runs.
            Default: nothing.
    """

    target_nodes: int | str
    container: Container | None = None
    containers: Sequence[Container] | None = None
    pod: Pod | None = None
    instance_type: str | ec2.InstanceType | None = None
    consumable_resources: ConsumedQuantities | None = None


@spells_out(JobArguments, EcsArguments, defaults=DEFAULTS)
class MultiNodeJobDefinition(EcsJobDefinition):
    """A job that runs on several connected EC2 instances at once.

    The nodes communicate directly. Their compute environment has to allow this
    (``environment.connections.allow_internally(ec2.Port.all_traffic())``), and a cluster placement
    group keeps them close together.

    Creates, below its own ID: ``Resource`` (AWS::Batch::JobDefinition) and, except for pods,
    ``ExecutionRole`` (AWS::IAM::Role, which can only write these logs, read these secrets and pull
    these images), ``JobRole/Resource`` (AWS::IAM::Role, without permissions until you grant some)
    and ``LogGroup`` (AWS::Logs::LogGroup, deleted with the stack).

    Args:
        scope: The parent construct, usually the stack.
        id: Its ID, unique in the scope.
        node_ranges: What the nodes run; together, the ranges must include every node.
        main_node: The index of the main node; the job ends when it ends.
        num_nodes: How many nodes. Default: as many as the ranges include; required if one range is
            open (``"4:"``).
        parameters: Default values for ``Ref::name`` in the commands; a submission can override
            them. Default: none.
        job_role: The role that the containers' code uses. Default: a new one.
        use_instance_role: Whether the code uses the role of the instance it runs on, which all jobs
            there share, instead of its own role; not with pods. Grant permissions to the
            environment's ``instance_role`` then. Default: no.
        execution_role: The role that starts the containers; it gets the necessary permissions.
            Default: a new one.
        retry_policy: Which failures are retried. Default: ``RetryPolicy()``: up to three attempts
            for lost hosts and failed image pulls, no retries for the job's own failures.
        propagate_tags: Whether ECS tasks get the tags of the job and of the definition. Default:
            yes; pods never do.

    Raises:
        ValueError: arguments that AWS Batch would refuse, or that would leave a job stuck; all of
            them are listed.
        TypeError: arguments of the wrong type; all of them are listed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-batch-jobdefinition.html
    """

    if TYPE_CHECKING:

        @classmethod
        def from_mapping(  # type: ignore[override]  # noqa: D102  # fewer than any; editors show what it overrides
            cls,
            scope: Construct,
            definitions: Mapping[str, Mapping[str, Any]],
            **shared: Unpack[MultiNodeKeywords],
        ) -> dict[str, Self]:
            raise NotImplementedError

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        node_ranges: Sequence[NodeRange],
        main_node: WholeNumber = 0,
        num_nodes: WholeNumber | None = None,
        use_instance_role: bool = False,
        **shared: Unpack[NodesJobArguments],
    ) -> None:
        super().__init__(scope, id)
        arguments = Arguments(self)
        nodes = Nodes(arguments, node_ranges)
        counted = nodes.count if num_nodes is None else arguments.number("num_nodes", num_nodes)
        if num_nodes is None and nodes.made_up is not None:
            counted = Token.as_number({"Ref": "AWS::AccountId"})  # what the second pass counts
        if num_nodes is None and (arguments.is_wrong("node_ranges") or nodes.malformed):
            counted = UNKNOWN
        if num_nodes is None and isinstance(counted, int) and not NODE_COUNT.admits(counted):
            wrong = f"has {counted} nodes; {allowed(NODE_COUNT.allowed)}"
            counted = arguments.wrong_value(f"node_ranges {wrong}: change target_nodes")
        if counted is None:
            arguments.wrong_value("num_nodes is left out, and a node range is open: give num_nodes")
        ends = None if arguments.is_wrong("node_ranges") or nodes.malformed else nodes.count
        if ends is not None and isinstance(counted, int) and counted not in (ends, UNKNOWN):
            counted = arguments.wrong_value(
                f"num_nodes is {counted}, and the last node of node_ranges is {ends - 1}: "
                "leave num_nodes out, or give node_ranges whose target_nodes end there"
            )
        for parameter, given_here in (
            ("job_role", shared.get("job_role") is not None),
            ("execution_role", shared.get("execution_role") is not None),
            ("use_instance_role", use_instance_role is True),
        ):
            if nodes.on_eks and given_here:
                arguments.wrong_value(
                    f"{parameter} is given for pods, which use their service account: leave it "
                    "out, and give the pods a service_account_name"
                )
        main = arguments.number("main_node", main_node)
        job = Job(
            arguments,
            shared,
            kind=JobDefinitionType.MULTINODE,
            capability=None if nodes.on_eks else PlatformCapability.EC2,
            on_eks=nodes.on_eks,
        )
        self._define(
            arguments,
            job,
            nodes.tasks,
            lambda tasks: {
                "NodeProperties": given(
                    MainNode=main, NumNodes=counted, NodeRangeProperties=nodes.ranges(tasks)
                )
            },
            {**shared, "use_instance_role": use_instance_role},
            job_role_at_once=bool(nodes.tasks),
            beside=nodes.beside,
        )


class Nodes:
    """The node ranges of one job, read.

    Attributes:
        count: How many nodes the ranges hold; None if one is open or not known.
        tasks: The tasks of those ranges that run on ECS, in order.
        beside: The consumable resources that the ranges refer to.
        on_eks: Whether the nodes are pods.
        malformed: Whether a range is no range, which the rules say.
        made_up: A range that a look-up has yet to find, if there is one.
    """

    def __init__(self, arguments: Arguments, ranges: Sequence[NodeRange]) -> None:
        self.tasks: list[Task] = []
        self.beside: dict[str, dict[str, object]] = {}
        self.on_eks = False
        self.malformed = False
        self.made_up: str | None = None
        self._read: list[tuple[dict[str, Any], Task | None]] = []
        self._next: int | None = 0
        self._last = -1
        expected = "NodeRange(target_nodes=2, container=Container(…))"
        arguments.each("node_ranges", ranges, NodeRange, expected, self._add, some=True)

    @property
    def count(self) -> int | None:
        """How many nodes the ranges hold; None if one is open."""
        return None if self._next is None else self._last + 1

    def ranges(self, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return CloudFormation's ``NodeRangeProperties``, with the properties of the tasks."""
        left = iter(tasks)
        found = []
        for properties, task in self._read:
            if task is None:
                found.append(properties)
            elif task.single:
                found.append({**properties, "Container": next(left)})
            else:
                found.append({**properties, "EcsProperties": {"TaskProperties": [next(left)]}})
        return found

    def _add(self, arguments: Arguments, entry: NodeRange) -> None:
        place = len(self._read)
        consumes = Consumes(arguments, entry.consumable_resources, label=f"of range {place} ")
        self.beside.update(consumes.beside)
        properties = given(
            TargetNodes=self._target(arguments, entry.target_nodes),
            InstanceTypes=_instance_types(arguments, entry.instance_type),
            ConsumableResourceProperties=consumes.properties,
        )
        options = task_options(arguments, vars(entry))
        kinds = [
            name for name in ("container", "containers", "pod") if getattr(entry, name) is not None
        ]
        if len(kinds) != 1:
            if kinds:
                arguments.only_one(kinds[1], kinds[0])
            else:
                arguments.wrong_value("container is left out: give container, containers or pod")
            self._read.append(({**properties, "Container": UNKNOWN}, None))
            return
        if entry.containers is None:
            for parameter, kind in OF_SEVERAL.items():
                if options.pop(kind.__name__, None) is not None:
                    arguments.wrong_value(
                        f"{parameter} is given without containers, which it belongs to:"
                        " leave it out, or give containers=[…]"
                    )
        task: Task | None = None
        if entry.pod is not None:
            refuse_of_pods(arguments, options)
            self.on_eks = True
            properties["EksProperties"] = {"PodProperties": _pod(arguments, entry.pod)}
        elif entry.container is not None:
            task = Task(
                arguments, [entry.container], options=options, single=True, label="container"
            )
        else:
            several = "Container(image=…, vcpus=1, memory=…)"
            containers = arguments.items("containers", entry.containers, several, some=True)
            task = Task(arguments, containers, options=options, single=False)
        if task is not None:
            self.tasks.append(task)
        self._read.append((properties, task))

    def _target(self, arguments: Arguments, nodes: int | str) -> Any:
        """Return a range as AWS writes it, and count its nodes."""
        if isinstance(nodes, str):
            self.made_up = nodes if is_made_up(nodes) else self.made_up
            self.malformed |= not (is_token(nodes) or re.fullmatch(r"\d*:\d*|\d+", nodes))
            first, colon, last = nodes.partition(":")
            last = last if colon else first
            if last.isdigit() and (first.isdigit() or not first):
                self._last = max(self._last, int(last))
                if self._next is not None:
                    self._next = int(last) + 1
            else:
                self._next = None
            return nodes
        number = arguments.number("target_nodes", nodes, bound=Whole(1))
        if is_token(number):
            return arguments.wrong_value(
                "target_nodes is a token, which cannot be counted before the deployment; allowed: "
                'a number, or a range: give target_nodes="0:" and the token as num_nodes'
            )
        if not isinstance(number, int) or self._next is None:
            if isinstance(number, int) and self.made_up is not None:
                return self.made_up  # where it begins, the second pass knows
            if isinstance(number, int):
                arguments.wrong_value(
                    f"target_nodes is {number} after an open range; allowed: a range as AWS "
                    'writes it: give one such as "4:7"'
                )
            return number
        first_node, self._next = self._next, self._next + number
        self._last = max(self._last, self._next - 1)
        return f"{first_node}:{self._next - 1}"


def _pod(arguments: Arguments, pod: Pod) -> Any:
    if not isinstance(pod, Pod):
        return arguments.wrong_type("pod", pod, "Pod(containers=[PodContainer(…)])")
    return pod_properties(arguments.within("pod"), pod)


def _instance_types(arguments: Arguments, instance_type: str | ec2.InstanceType | None) -> Any:
    if instance_type is None:
        return None
    if isinstance(instance_type, ec2.InstanceType):
        return [instance_type.to_string()]
    return [arguments.text("instance_type", instance_type)]
