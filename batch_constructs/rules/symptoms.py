"""What one sees in AWS of what a rule finds: a heading of `docs/troubleshooting.md`."""

from __future__ import annotations

from types import MappingProxyType

from batch_constructs.aws.job_states import CANNOT_PULL, NOT_INITIALIZED
from batch_constructs.aws.operations import SUBMIT_JOB
from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.error_outcomes import (
    FAILS,
    INVALID,
    NEVER_STARTS,
    NEVER_SUBMITS,
    outcome_of_error,
)
from batch_constructs.rules.findings import Severity

if TYPE_CHECKING:
    from batch_constructs.rules.rule import Rule

_REFUSED: Final = "My template is rejected, or the deployment fails"
_WITHOUT_EFFECT: Final = "A setting has no effect"
_SUBMISSION: Final = "My submission is rejected"
_RUNNABLE: Final = "My job stays in `RUNNABLE`"
_PULL: Final = f"`{CANNOT_PULL}Error`"
_START: Final = f"`{NOT_INITIALIZED}`"
_INVALID: Final = "My environment is `INVALID`"
_PROGRAM: Final = "My program fails"
_DENIED: Final = f"`AccessDenied` on `{SUBMIT_JOB}`"
_OPEN: Final = "Somebody can do more than they should"
_COSTS: Final = "It costs more than I thought"

_OF_RULE: Final = MappingProxyType(
    {
        "bucket-notifications": "Nothing happens when a file arrives",
        "consumable-too-much": _RUNNABLE,
        "created-disabled": _RUNNABLE,
        "disabled-environment": _RUNNABLE,
        "disabled-with-instances": _COSTS,
        "efa-device": _START,
        "efa-security-group": _PROGRAM,
        "efs-mount-target": _START,
        "efs-mount-target-ingress": _START,
        "egress-image": _PULL,
        "execution-role-permissions": _PULL,
        "log-group-retention": _COSTS,
        "multi-node-public-subnets": _RUNNABLE,
        "open-ingress": _OPEN,
        "parameter-in-code": _OPEN,
        "pinned-revision": "`JobDefinition … is not ACTIVE`",
        "priority-on-fifo-queue": _WITHOUT_EFFECT,
        "public-image-isolated": _PULL,
        "public-subnets-without-public-ip": _PULL,
        "root-volume-size": _RUNNABLE,
        "unused-environment": _RUNNABLE,
        "volume-performance": _RUNNABLE,
        "schedule-expression": "My schedule does not start anything",
        "queue-disabled-environments": _RUNNABLE,
        "secret-endpoint": _START,
        "secret-key": _START,
        "secret-permission": _START,
        "secret-region": _START,
        "submit-revision": "`JobDefinition … is not ACTIVE`",
        "user-data-secret": _OPEN,
    }
)
"""Rules with a symptom of their own; the others have that of their chapter."""

_OF_AREA: Final = MappingProxyType(
    {
        "alarm": "My alarm never goes off, or nobody is told",
        "batch_quota": _REFUSED,
        "command": _PROGRAM,
        "creation_order": "Permissions are denied, but only right after the first deployment",
        "efa": _RUNNABLE,
        "environment_role": _INVALID,
        "event": "My alarm never goes off, or nobody is told",
        "job_network": _PULL,
        "job_on_queue": _RUNNABLE,
        "job_role": _START,
        "key": _START,
        "launch_template": _INVALID,
        "log_group": "My log is empty, or missing",
        "message_queue": "Nothing happens when a file arrives",
        "mounted_path": _PROGRAM,
        "multi_node_queue": _RUNNABLE,
        "network": _RUNNABLE,
        "open_door": _OPEN,
        "packing": _COSTS,
        "policy": _OPEN,
        "policy_size": _REFUSED,
        "submit_permission": _DENIED,
        "secret": _OPEN,
        "stack_quota": _REFUSED,
        "submit_request": _SUBMISSION,
        "submitted_parameter": _PROGRAM,
        "submitted_text": _OPEN,
        "submitter": _SUBMISSION,
        "update": _REFUSED,
    }
)
"""Area → what one sees of a warning or an info."""

_OF_OUTCOME: Final = MappingProxyType(
    {INVALID: _INVALID, NEVER_STARTS: _START, NEVER_SUBMITS: _SUBMISSION, FAILS: _PROGRAM}
)


def symptom_of(rule: Rule) -> str:
    """Name what one sees in AWS of what a rule finds, as the documentation's heading has it."""
    if rule.id in _OF_RULE:
        return _OF_RULE[rule.id]
    if rule.severity is Severity.ERROR:
        return _OF_OUTCOME.get(outcome_of_error(rule.id), _REFUSED)
    return _OF_AREA.get(rule.area, _WITHOUT_EFFECT)
