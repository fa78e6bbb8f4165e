"""The roles of a job: one that starts its container, one that its own code acts as.

https://docs.aws.amazon.com/batch/latest/userguide/execution-IAM-role.html
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from aws_cdk import aws_iam as iam

from batch_constructs.acknowledgements import note_rights
from batch_constructs.aws.actions import STS_ASSUME_ROLE
from batch_constructs.aws.authorization import POLICY_VERSION
from batch_constructs.aws.service_principals import ECS_TASKS
from batch_constructs.construct import given as given_properties
from batch_constructs.construct import once_made, own_account
from batch_constructs.known_scope import known_scope
from batch_constructs.place import arn_of_role
from batch_constructs.role_policies import MORE_POLICY, RolePolicies, policy_of
from batch_constructs.roles_of_other_stacks import as_grantee

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batch_constructs.construct import BatchConstruct
    from batch_constructs.one_call import Made, OneCall


_HAVE_ROOM: Final = 30
"""As many resources always have room in one inline policy."""


@cache
def _trust() -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ECS_TASKS},
        "Action": STS_ASSUME_ROLE,
        "Condition": own_account(),
    }
    return {"Version": POLICY_VERSION, "Statement": [statement]}


class ExecutionRole:
    """The role that starts a container: given, or an own one (ID ``ExecutionRole``).

    The own role is an L1 with its one policy inline; the L2 view of it is made when somebody asks
    (see docs/decisions/0002-roles-and-logs.md). What has no room inline, such as a hundred secrets,
    stands in managed policies (IDs ``MorePolicy1`` and so on). Below ``iam.Role.customize_roles``
    it is an L2.
    """

    def __init__(
        self,
        scope: BatchConstruct,
        call: OneCall,
        given: iam.IRole | None,
        statements: Sequence[dict[str, Any]],
    ) -> None:
        if given is None and known_scope(scope).customizes_roles:  # which takes L2s alone
            given = iam.Role(scope, "ExecutionRole", assumed_by=_ecs_tasks())
        self._scope = scope
        self._role = given
        self._made: Made[iam.CfnRole] | None = None
        if given is None:
            inline, *more = _divided(statements)
            policies = [{"policyName": "Execution", "policyDocument": policy_of(inline)}]
            arns = [
                call.add(
                    "aws_iam.CfnManagedPolicy",
                    f"{MORE_POLICY}{n}",
                    {"policyDocument": policy_of(one)},
                ).attribute("ref")
                for n, one in enumerate(more, start=1)
            ]
            self._made = call.add(
                "aws_iam.CfnRole",
                "ExecutionRole",
                given_properties(
                    assumeRolePolicyDocument=_trust(),
                    managedPolicyArns=arns,
                    policies=policies if inline else [],
                ),
            )
            return
        allow(scope, given, statements)

    @property
    def arn(self) -> str:
        """The role's ARN, or what stands for it until the role is made."""
        if self._made is not None:
            return self._made.attribute("attrArn")
        assert self._role is not None  # noqa: S101  # one of the two is always there
        return arn_of_role(self._role)

    def role(self) -> iam.IRole:
        """Return the role as the CDK's L2s take it."""
        if self._role is None:
            assert self._made is not None  # noqa: S101  # one of the two is always there
            self._role = iam.Role.from_role_name(
                self._scope, "GrantableExecutionRole", self._made.resource.ref
            )
        return self._role


def too_much_to_read(statements: Sequence[dict[str, Any]]) -> str | None:
    """Say that an own execution role cannot hold what it needs, if that is so."""
    if _have_room(statements):
        return None
    return RolePolicies(statements).problem(
        "give fewer secrets, or put several values into one secret (secret_field)"
    )


def _divided(statements: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Divide what an own role may do: what has room inline, and what each managed policy has."""
    if _have_room(statements):
        return [[*statements]]
    policies = RolePolicies(statements)
    return [policies.inline, *policies.managed]


def _have_room(statements: Sequence[dict[str, Any]]) -> bool:
    listed = [one["Resource"] for one in statements if isinstance(one["Resource"], list)]
    return sum(map(len, listed)) <= _HAVE_ROOM


def allow(scope: BatchConstruct, role: iam.IRole, statements: Iterable[dict[str, Any]]) -> None:
    """Allow something to a role, once the construct that needs it is made."""
    for statement in statements:
        once_made(partial(_allow, scope, role, statement))


def _allow(scope: BatchConstruct, role: iam.IRole, statement: dict[str, Any]) -> None:
    role = as_grantee(scope, role)
    role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))
    note_rights(role, statement["Action"], statement["Resource"])


def add_job_role(call: OneCall) -> Made[iam.Role]:
    """Have the role made that the container's own code acts as; it is allowed nothing yet."""
    return call.add("aws_iam.Role", "JobRole", {"assumedBy": _ecs_tasks()})


@cache
def _ecs_tasks() -> iam.IPrincipal:
    return iam.ServicePrincipal(ECS_TASKS, conditions=own_account())
