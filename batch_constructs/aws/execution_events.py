"""What Step Functions tells EventBridge about executions of state machines.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from typing import Final

SOURCE: Final = "aws.states"
EXECUTION_STATUS_CHANGE: Final = "Step Functions Execution Status Change"
NOT_SUCCEEDED: Final = ("FAILED", "TIMED_OUT", "ABORTED")
"""How an execution ends that did not do what it was for."""
