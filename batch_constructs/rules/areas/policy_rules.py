"""Rules about the policies of a role: what anyone can do with it, and names that do not exist."""

from __future__ import annotations

from functools import cache, partial

from batch_constructs.aws.managed_policies import (
    ALMOST_EVERYTHING,
    TASK_EXECUTION,
    managed_policies,
)
from batch_constructs.aws.names import AWS_POLICY
from batch_constructs.aws.source import docs
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.access.rights import rights
from batch_constructs.rules.areas.environment_role_rules import INSTANCE_ROLE, environment_role
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rule import Fault, rule
from batch_constructs.rules.template.iam_roles import (
    ROLE,
    policy_name,
    role_of,
)
from batch_constructs.rules.template.resource_graph import (
    COMPUTE_ENVIRONMENT,
    JOB_DEFINITION,
    ComputeEnvironment,
    JobDefinition,
    Resource,
)
from batch_constructs.rules.template.submitted_jobs import submissions
from batch_constructs.rules.template.values import Text, entries, listing, mapping, show

if TYPE_CHECKING:
    from collections.abc import Iterator

_warning = partial(rule, severity=Severity.WARNING)


@rule(
    "managed-policy-name",
    ROLE,
    title="AWS managed policy that does not exist",
    fix="write the policy with its path, in AWS's spelling and case",
    source=docs(
        "IAM/latest/UserGuide/reference_identifiers.html",
        ("The ARN of a managed policy includes its path and its name, which are case-sensitive."),
    ),
)
def managed_policy_name(role: Resource) -> Iterator[Fault]:
    """IAM answers that the policy *does not exist or is not attachable*."""
    right = _spellings()
    for position, arn in enumerate(listing(role.properties, "ManagedPolicyArns") or ()):
        written = arn.pattern if isinstance(arn, Text) else arn
        got = written.partition(AWS_POLICY)[2] if isinstance(written, str) else ""
        meant = right.get(got.rpartition("/")[2].lower(), got)
        if got != meant and "\0" not in got:
            message = f"there is no AWS managed policy {show(got)}; there is {meant}"
            yield f"ManagedPolicyArns/{position}", message, f"write {meant}"


@cache
def _spellings() -> dict[str, str]:
    """Give how AWS spells its policies, by their names in lower case."""
    found = {name.lower(): policy.name for name, policy in managed_policies().items()}
    found["amazonecstaskexecutionrole"] = TASK_EXECUTION  # a role is often called so
    return found


@_warning(
    "open-trust",
    ROLE,
    title="role that anyone can assume",
    fix="name the service under Principal",
    source=docs(
        "IAM/latest/UserGuide/reference_policies_elements_principal.html",
        "A principal of * in a trust policy is everyone, in every account.",
    ),
)
def open_trust(role: Resource) -> Iterator[Fault]:
    """Every AWS account may assume it."""
    for position, one in entries(mapping(role.properties, "AssumeRolePolicyDocument"), "Statement"):
        principal = one.get("Principal")
        aws = principal.get("AWS") if isinstance(principal, dict) else None
        anybody = "*" in (principal, aws) or (isinstance(aws, list) and "*" in aws)
        allowed = anybody and one.get("Effect") == "Allow" and "Condition" not in one
        if allowed and _is_for_batch(role):
            yield (
                f"AssumeRolePolicyDocument/Statement/{position}/Principal",
                "the principal is *, which is everyone",
            )


def _is_for_batch(role: Resource) -> bool:
    """Tell whether a role is one of a job, an instance, or a submitter."""
    memory = role.template.memory
    known = memory.get("roles for batch")
    if known is None:
        known = set(_roles_for_batch(role))
        memory["roles for batch"] = known
    return role.id in known  # type: ignore[operator]  # a set was put there


def _roles_for_batch(role: Resource) -> Iterator[str]:
    template = role.template
    for submission in submissions(template):
        if submission.role is not None:
            yield submission.role.id
    values: list[object] = []
    for job in template.all(JOB_DEFINITION):
        for task in job.tasks if isinstance(job, JobDefinition) else ():
            values += [
                task.properties.get(task.role_key),
                task.properties.get("ExecutionRoleArn"),
            ]
    for environment in template.all(COMPUTE_ENVIRONMENT):
        if isinstance(environment, ComputeEnvironment):
            values.append(environment_role(environment, INSTANCE_ROLE))
    for value in values:
        found = role_of(role, value)
        if found is not None:
            yield found.id


@_warning(
    "broad-permissions",
    ROLE,
    title="role with far more permissions than it needs",
    fix="name the actions and the resources",
    source=docs("IAM/latest/UserGuide/best-practices.html", '"Apply least-privilege permissions"'),
)
def broad_permissions(role: Resource) -> Iterator[Fault]:
    """Anyone who can run code in the container, or submit a job, gets these permissions."""
    attached: dict[str, str] = {}
    for position, arn in enumerate(listing(role.properties, "ManagedPolicyArns") or ()):
        name = policy_name(arn)
        attached[name] = f"ManagedPolicyArns/{position}"
        if name in ALMOST_EVERYTHING and _is_for_batch(role):
            yield attached[name], f"the policy {name} allows nearly everything"
    found: dict[tuple[str, str], list[str]] = {}
    for statement in rights(role).statements:
        managed = statement.managed
        if not statement.opens_everything or managed in ALMOST_EVERYTHING:
            continue
        if statement.but_actions:
            if _is_for_batch(role):
                yield "Policies", "the role allows every action except those under NotAction"
            continue
        who = f"the policy {managed}" if managed else "the role"
        too_much = statement.far_too_much if _is_for_batch(role) else ()
        for action in statement.actions or ():
            if action in too_much or (not managed and action in ("batch:*", "batch:**")):
                path = attached.get(managed, "Policies")
                found.setdefault((path, who), []).append(f'"{action}"')
    for (path, who), actions in found.items():
        yield path, f"{who} allows {', '.join(dict.fromkeys(actions))} on every resource"
