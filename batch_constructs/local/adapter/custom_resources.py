"""Custom resources: one whose function fails is told of at once.

CloudFormation waits an hour for an answer, as ministack does, whatever became of the function. Once
its run has failed, nothing on this machine will answer any more.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from batch_constructs.aws.delivery import CUSTOM_RESOURCE_FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESPONSE: Final = "ResponseURL"
"""Where the function of a custom resource answers; the end of the path is the token."""


def install() -> None:
    """Answer for a function that was run for a custom resource and failed."""
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import custom_resource

    run = lambda_svc._execute_function_with_config_scope  # noqa: SLF001 - a touch point
    pending = custom_resource._pending  # noqa: SLF001 - a touch point

    def run_and_answer(func: Any, event: Any) -> Any:
        result = run(func, event)
        if isinstance(event, dict) and _RESPONSE in event and result.get("error"):
            token = event[_RESPONSE].rpartition("/")[2]
            asked = pending.get(token)
            if asked is not None and asked["result"] is None:
                answer = {"Status": CUSTOM_RESOURCE_FAILED, "Reason": _reason(event, result)}
                custom_resource.deliver_response(token, answer)
        return result

    lambda_svc._execute_function_with_config_scope = run_and_answer  # noqa: SLF001 - a touch point


def _reason(event: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Say how the function failed, and what CloudFormation would make of that."""
    body = result.get("body")
    told = body if isinstance(body, dict) else {}
    error = ": ".join(
        str(told[key]) for key in ("errorType", "errorMessage") if told.get(key)
    ) or str(body)
    return (
        f"the function of {event.get('LogicalResourceId')} failed ({error}); on AWS,"
        " CloudFormation would wait an hour for its answer"
    )
