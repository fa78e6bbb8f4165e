"""How long a log group of ours keeps what it holds, and under which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.applied_settings import default_for
from batch_constructs.encryption_key import admit_logs, is_key, key_argument
from batch_constructs.loaded_late import aws_logs as logs
from batch_constructs.one_call import of

if TYPE_CHECKING:
    from batch_constructs.arguments import Arguments

KEPT: Final = of("aws_logs.RetentionDays.ONE_MONTH")
"""How long, where nobody says."""


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """The retention and the key of a log group; no key is the service's own encryption."""

    retention: Any
    encryption_key: Any


def log_settings(
    arguments: Arguments,
    retention: Any,
    encryption_key: Any,
    *,
    default: logs.RetentionDays | None = None,
) -> LogSettings:
    """Read ``log_retention`` and ``log_encryption_key``, or what the app says of them.

    CloudWatch Logs is admitted to the key once the construct is whole.
    """
    if retention is None:
        retention = default_for(arguments.construct, "log_retention")
    kept: Any = default if retention is None else retention
    if kept is None:
        kept = KEPT
    elif not isinstance(kept, logs.RetentionDays):
        arguments.wrong_type("log_retention", retention, "a member of logs.RetentionDays")
    key = encryption_key
    if key is None:
        key = default_for(arguments.construct, "log_encryption_key")
    key_argument(arguments, "log_encryption_key", key)
    if is_key(key):
        admit_logs(arguments.construct, key)
    return LogSettings(retention=kept, encryption_key=key)
