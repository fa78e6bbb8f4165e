"""Step Functions integrations with AWS Batch: ``batch:submitJob``, ``.sync``, and the SDK's."""

from __future__ import annotations

import contextvars
import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws import operations
from batch_constructs.aws.error_names import (
    MODELLED,
    NO_PERMISSIONS,
    OF_STEP_FUNCTIONS,
    RUNTIME_ERROR,
    STEP_FUNCTIONS_UNCLEAR,
    TASK_FAILED,
)
from batch_constructs.aws.job_states import JobState
from batch_constructs.aws.names import STATES_CALL, STATES_SUBMIT_JOB
from batch_constructs.aws.service_principals import STATES
from batch_constructs.local.adapter.service_rights import refused_role
from batch_constructs.local.adapter.task_rights import right_of
from batch_constructs.local.cloudformation.property_values import from_response, to_request
from batch_constructs.local.cloudformation.resource_type import ProvisioningError
from batch_constructs.local.role_sessions import UntrustingRoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batch_constructs.local.adapter.execution_ends import AwaitedJobs
    from batch_constructs.local.role_sessions import RoleSessions

OPTIMIZED = f"arn:aws:{STATES_SUBMIT_JOB}"
SDK = f"arn:aws:{STATES_CALL}"
_role: contextvars.ContextVar[str] = contextvars.ContextVar("state_machine_role")
_execution: contextvars.ContextVar[str] = contextvars.ContextVar("execution")


def reported(response: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and cause under which deployed machines report what Batch answered."""
    code = response["Error"]["Code"]
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    name = f"{OF_STEP_FUNCTIONS}{code}" if code in MODELLED else STEP_FUNCTIONS_UNCLEAR[0]
    return name, (
        f"{response['Error']['Message']} (Service: AWSBatch; Status Code: {status}; "
        f"Error Code: {code})"
    )


def install(
    *, ended: Callable[[str], Mapping[str, Any]], roles: RoleSessions, jobs: AwaitedJobs
) -> None:
    """Register the integrations.

    Args:
        ended: waits until a job has ended, and returns its description.
        roles: gives clients that act as the state machine's role.
        jobs: notes for which jobs executions wait.
    """
    from ministack.services import stepfunctions

    theirs = stepfunctions._execute_task  # noqa: SLF001 - a touch point

    def execute_task(state: Any, raw_input: Any, execution: Any, context: Any) -> Any:
        # An integration is called without its execution; the role travels beside it.
        machine = stepfunctions._state_machines.get(  # noqa: SLF001 - a touch point
            context["StateMachine"]["Id"].split(":execution:")[0]
        )
        token = _role.set(machine["roleArn"] if machine else "")
        of = _execution.set(context["Execution"]["Id"])
        try:
            return theirs(state, raw_input, execution, context)
        finally:
            _role.reset(token)
            _execution.reset(of)

    def submit_job(resource: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        answer = call(operations.SUBMIT_JOB, parameters)
        if not resource.endswith(".sync"):
            return answer
        with jobs.awaited(_execution.get(), answer["JobId"], _role.get()):
            described = ended(answer["JobId"])
        job = from_response(operations.DESCRIBE_JOBS, {"jobs": [described]})["Jobs"][0]
        if job["Status"] != JobState.SUCCEEDED:
            raise stepfunctions._ExecutionError(  # noqa: SLF001 - a touch point
                TASK_FAILED, json.dumps(job)
            )
        return dict(job)

    def sdk_call(resource: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        action = resource.removeprefix(SDK)
        return call(action[:1].upper() + action[1:], parameters)

    def call(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            request = to_request(operation, parameters)
            batch = roles.client("batch", _role.get(), STATES)
            answer = getattr(batch, xform_name(operation))(**request)
        except ClientError as refusal:
            raise stepfunctions._ExecutionError(  # noqa: SLF001 - a touch point
                *reported(refusal.response)
            ) from refusal
        except (BotoCoreError, ProvisioningError, UntrustingRoleError) as problem:
            raise stepfunctions._ExecutionError(  # noqa: SLF001 - a touch point
                RUNTIME_ERROR, str(problem)
            ) from problem
        answer.pop("ResponseMetadata", None)
        return from_response(operation, answer)

    for name in ("_invoke_resource", "_invoke_with_callback"):
        setattr(stepfunctions, name, _as_role(getattr(stepfunctions, name)))
    stepfunctions._execute_task = execute_task  # noqa: SLF001 - a touch point
    stepfunctions._SERVICE_DISPATCH[OPTIMIZED] = submit_job  # noqa: SLF001 - a touch point
    stepfunctions._SERVICE_DISPATCH[SDK] = sdk_call  # noqa: SLF001 - a touch point


def _as_role(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task call what the machine's role may call."""
    from ministack.services import stepfunctions

    def invoke_resource(resource: str, parameters: Any, *more: Any) -> Any:
        right = right_of(resource, parameters)
        refusal = None if right is None else refused_role(_role.get(), STATES, right)
        if refusal is not None:
            raise stepfunctions._ExecutionError(  # noqa: SLF001 - a touch point
                NO_PERMISSIONS, refusal
            )
        return invoke(resource, parameters, *more)

    return invoke_resource
