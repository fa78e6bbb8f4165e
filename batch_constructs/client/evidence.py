"""What other services than AWS Batch know of a job that waits or has failed; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.compute_environment_facts import ON_INSTANCES, is_scaling_group_of
from batch_constructs.aws.error_names import NO_LOG_STREAM, NO_SUCH_ENTITY, NOT_FOUND
from batch_constructs.aws.names import as_member
from batch_constructs.aws.service_principals import EC2, ENVIRONMENT_ROLES, JOB_ROLES, trusts
from batch_constructs.aws.updates import has_role_of_its_own
from batch_constructs.client.job_log import streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_LAST_LINES: Final = 5
_ACTIVITIES: Final = 50
_SUCCESSFUL: Final = "Successful"
_ENDED: Final = (_SUCCESSFUL, "Failed", "Cancelled")
_JOINED_AFTER: Final = timedelta(minutes=10)
"""So long after its launch an instance has surely started its ECS agent."""

MORE_CAPACITY: Final = (
    "allow more instance types or zones; on Spot, put an on-demand environment behind this one"
)
_FIXES_OF_A_LAUNCH: Final = (
    (("limit", "quota", "count exceeded"), "ask for a higher quota of Amazon EC2"),
    (("capacity",), MORE_CAPACITY),
    (("",), "see https://docs.aws.amazon.com/autoscaling/ec2/userguide/CHAP_Troubleshooting.html"),
)
"""Words of why a launch failed, in small letters, and what to do; the first that fits counts."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One thing that keeps a job from running.

    Args:
        cause: what is wrong.
        fix: what to do about it.
    """

    cause: str
    fix: str

    def __str__(self) -> str:
        return f"{self.cause}; {self.fix}"


class NoSuchEntityError(Exception):
    """IAM has no such role or instance profile."""


class Evidence:
    """Asks services, and notes what they do not tell instead of ending there.

    Args:
        batch: a boto3 client of AWS Batch.
        client: makes the boto3 client of another service. None: no other is asked.
    """

    def __init__(self, batch: Any, client: Callable[..., Any] | None) -> None:
        self._clients: dict[tuple[str, str | None], Any] = {("batch", None): batch}
        self._make = client
        self._notes: dict[str, None] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What was seen beside the reasons, and what could not be read."""
        return tuple(self._notes)

    def note(self, text: str) -> None:
        """Note what is worth knowing, once."""
        self._notes[text] = None

    def ask(
        self, operation: str, service: str = "batch", *, region: str | None = None, **request: Any
    ) -> Mapping[str, Any]:
        """Return an answer; an empty one, and a note, if there is none.

        Raises:
            NoSuchEntityError: IAM has no such thing.
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # when used

        if service != "batch" and self._make is None:
            return {}
        try:
            client = self._client(service, region)
            answer: Mapping[str, Any] = getattr(client, operation)(**request)
        except (BotoCoreError, ClientError) as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code")
            if code == NO_SUCH_ENTITY:
                raise NoSuchEntityError from error
            if code != NOT_FOUND or NO_LOG_STREAM not in str(error):  # a job that wrote nothing
                self.note(f"not read: {error}")
            return {}
        return answer

    def _client(self, service: str, region: str | None) -> Any:
        place = (service, region)
        if place not in self._clients and self._make is not None:
            # `LocalAws.client` takes a service alone, as a function of a user may
            options = {} if region is None else {"region_name": region}
            self._clients[place] = self._make(service, **options)
        return self._clients[place]

    def instances(self, environment: Mapping[str, Any], since: int) -> Iterator[Reason]:
        """Say why an environment's instances do not start, or do not join its cluster.

        Args:
            environment: as AWS Batch describes it.
            since: milliseconds since 1970; what was tried before is of no interest.
        """
        if environment.get("computeResources", {}).get("type") not in ON_INSTANCES:
            return
        name = environment["computeEnvironmentName"]
        running: set[str] | None = None
        launches: list[Mapping[str, Any]] = []
        for group in self._scaling_groups:
            if is_scaling_group_of(name, group["AutoScalingGroupName"]):
                running = (running or set()) | {
                    one["InstanceId"]
                    for one in group.get("Instances", [])
                    if one["LifecycleState"] == "InService"
                }
                of_it = self._launches(group["AutoScalingGroupName"])
                launches += of_it
                yield from _failed_launch(name, of_it, since)
        if "ecsClusterArn" in environment:
            yield from self._joined(name, environment["ecsClusterArn"], running, launches)

    @cached_property
    def _scaling_groups(self) -> list[Mapping[str, Any]]:
        """All Auto Scaling groups, since none can be asked for by the beginning of its name."""
        found: list[Mapping[str, Any]] = []
        next_page: dict[str, str] = {}
        while True:
            page = self.ask("describe_auto_scaling_groups", "autoscaling", **next_page)
            found += page.get("AutoScalingGroups", [])
            if not page.get("NextToken"):
                return found
            next_page = {"NextToken": page["NextToken"]}

    def _launches(self, group: str) -> list[Mapping[str, Any]]:
        """Give the newest launches of a group that have ended."""
        answer = self.ask(
            "describe_scaling_activities",
            "autoscaling",
            AutoScalingGroupName=group,
            MaxRecords=_ACTIVITIES,
        )
        return [
            one
            for one in answer.get("Activities", [])
            if one["StatusCode"] in _ENDED and "launch" in one.get("Description", "").lower()
        ]

    def _joined(
        self,
        environment: str,
        cluster: str,
        running: set[str] | None,
        launches: list[Mapping[str, Any]],
    ) -> Iterator[Reason]:
        """Say which instances are not in the cluster, or are silent.

        Args:
            environment: its name.
            cluster: of which its instances should be.
            running: those that its Auto Scaling groups started; None where none was read, as with
                a Spot Fleet.
            launches: what those groups tried. An instance is in service before its agent is.
        """
        listed = self.ask("list_container_instances", "ecs", cluster=cluster)
        arns = listed.get("containerInstanceArns", [])
        if not listed or listed.get("nextToken"):  # unknown, or too many to look at
            return
        request = {"cluster": cluster, "containerInstances": arns}
        answer = self.ask("describe_container_instances", "ecs", **request) if arns else {}
        agents = {
            one["ec2InstanceId"]: one.get("agentConnected")
            for one in answer.get("containerInstances", [])
        }
        launched = "" if running is None else f"{len(running)} launched, "
        self.note(f"instances of {environment}: {launched}{len(arns)} in its cluster")
        if len(agents) < len(arns):
            return
        missing = sorted((running or set()) - agents.keys())
        if missing and not _had_time(launches):
            self.note(f"not in the cluster of {environment} yet: {', '.join(missing)}")
            missing = []
        for instance in missing:
            yield Reason(
                cause=f"the instance {instance} has not joined the cluster of {environment}",
                fix="check that its subnet reaches Amazon ECS and its role may register it",
            )
        for instance in sorted(one for one, connected in agents.items() if connected is False):
            yield Reason(
                cause=f"the ECS agent of the instance {instance} of {environment} is disconnected",
                fix="look at the agent's log there, or terminate the instance",
            )

    def environment_roles(self, environment: Mapping[str, Any]) -> Iterator[Reason]:
        """Say which roles of an environment do not exist, or do not trust who assumes them."""
        for path, trust in ENVIRONMENT_ROLES.items():
            found: Any = environment
            for part in path.split("/"):
                found = found.get(as_member(part), {})
            if found and has_role_of_its_own(found):
                yield from self._role(found, trust.service)

    def job_roles(self, job: Mapping[str, Any]) -> Iterator[Reason]:
        """Say which roles of a job do not exist, or do not trust Amazon ECS."""
        tasks = [job.get("container", {}), *job.get("ecsProperties", {}).get("taskProperties", [])]
        members = ("executionRoleArn", "jobRoleArn", "taskRoleArn")
        for arn in dict.fromkeys(task.get(member) for task in tasks for member in members):
            if arn:
                yield from self._role(arn, JOB_ROLES.service)

    def _role(self, arn: str, service: str) -> Iterator[Reason]:
        name, kind = arn.rpartition("/")[2], "instance profile" if service == EC2 else "role"
        try:
            if service == EC2:
                answer = self.ask("get_instance_profile", "iam", InstanceProfileName=name)
                roles = answer.get("InstanceProfile", {}).get("Roles", [])
            else:
                answer = self.ask("get_role", "iam", RoleName=name)
                roles = [answer["Role"]] if answer else []
        except NoSuchEntityError:
            yield Reason(cause=f"there is no {kind} {name}", fix="create it, or name another")
            return
        if answer and not roles:
            yield Reason(cause=f"the {kind} {name} has no role", fix="add a role to it")
        for role in roles:
            if not trusts(role["AssumeRolePolicyDocument"], service):
                yield Reason(
                    cause=f"the role {role['RoleName']} does not trust {service}",
                    fix="allow that service sts:AssumeRole in the role's trust policy",
                )

    def stopped_task(self, job: Mapping[str, Any]) -> list[str]:
        """Return why Amazon ECS stopped the last task of a job, as long as it remembers."""
        last = (job.get("attempts") or [{}])[-1]
        said: list[str] = []
        for place in (last.get("container", {}), *last.get("taskProperties", [])):
            arn = place.get("taskArn", "")
            if arn.count("/") > 1:
                task = {"cluster": arn.split("/")[1], "tasks": [arn]}
                answer = self.ask("describe_tasks", "ecs", **task)
                for one in answer.get("tasks", []):
                    reasons = [each.get("reason", "") for each in one.get("containers", [])]
                    said += [one.get("stoppedReason", ""), *reasons]
        return said

    def last_lines(self, job: Mapping[str, Any], stream: str) -> tuple[str, ...]:
        """Return the last lines that a job wrote to a stream."""
        for where in streams(job):
            if where.name == stream:
                answer = self.ask(
                    "get_log_events",
                    "logs",
                    region=where.region,
                    logGroupName=where.group,
                    logStreamName=stream,
                    limit=_LAST_LINES,
                    startFromHead=False,
                )
                return tuple(one["message"] for one in answer.get("events", []))
        return ()


def _failed_launch(
    environment: str, launches: list[Mapping[str, Any]], since: int
) -> Iterator[Reason]:
    """Say why the newest launch failed, if it was tried since a job was submitted."""
    newest: Mapping[str, Any] = max(launches, key=lambda one: one["StartTime"], default={})
    said = newest.get("StatusMessage", "")
    if (
        said
        and newest["StatusCode"] != _SUCCESSFUL
        and newest["StartTime"].timestamp() * 1000 >= since
    ):
        fixes = (
            fix for words, fix in _FIXES_OF_A_LAUNCH if any(word in said.lower() for word in words)
        )
        yield Reason(
            cause=f"an instance of {environment} could not be launched: {said}", fix=next(fixes)
        )


def _had_time(launches: list[Mapping[str, Any]]) -> bool:
    """Whether the newest instance had time to join its cluster; not where no launch is known."""
    worked = [
        one.get("EndTime", one["StartTime"]) for one in launches if one["StatusCode"] == _SUCCESSFUL
    ]
    return bool(worked) and datetime.now(UTC) - max(worked) > _JOINED_AFTER
