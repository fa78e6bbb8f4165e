"""What Step Functions tells about executions of state machines, EventBridge among others.

https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final

SOURCE: Final = "aws.states"
EXECUTION_STATUS_CHANGE: Final = "Step Functions Execution Status Change"
RUNNING: Final = "RUNNING"
SUCCEEDED: Final = "SUCCEEDED"
TIMED_OUT: Final = "TIMED_OUT"
NOT_SUCCEEDED: Final = ("FAILED", TIMED_OUT, "ABORTED")
"""Whether an execution goes on, or did what it was for, or how else it ended."""
