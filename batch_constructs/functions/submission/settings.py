"""What the construct tells the function, by environment variables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batch_constructs.aws import container_variables as variables
from batch_constructs.aws.overridden_containers import from_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.aws.overridden_containers import Containers


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One gateway's settings."""

    job_queue: str
    job_definition: str
    name_prefix: str
    per_second: float
    """Submissions a second of one function: the gateway's rate by its concurrency."""

    ledger_table: str
    dead_letter_queue_url: str
    max_receives: int
    window_seconds: float
    most_remembered: int | None = None
    """So many messages of the window have room in memory; the next wait in the queue."""

    manifest_bucket: str | None = None
    """Set in array mode."""

    manifest_prefix: str = ""
    region: str = ""
    share_identifier: str | None = None
    scheduling_priority: int | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None
    fifo: bool = False
    allow: frozenset[str] = frozenset()
    """What a message may set beside parameters and environment."""

    containers: Containers | None = None
    """Of a job that does not take ``containerOverrides``."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read them from the function's environment."""
        priority = environment.get("SCHEDULING_PRIORITY")
        most = environment.get("MOST_REMEMBERED")
        return cls(
            job_queue=environment["JOB_QUEUE"],
            job_definition=environment["JOB_DEFINITION"],
            name_prefix=environment["NAME_PREFIX"],
            per_second=float(environment["SUBMISSIONS_PER_SECOND"]),
            ledger_table=environment["LEDGER_TABLE"],
            dead_letter_queue_url=environment["DEAD_LETTER_QUEUE_URL"],
            max_receives=int(environment["MAX_RECEIVES"]),
            window_seconds=float(environment["WINDOW_SECONDS"]),
            most_remembered=None if most is None else int(most),
            manifest_bucket=environment.get("MANIFEST_BUCKET"),
            manifest_prefix=environment.get("MANIFEST_PREFIX", ""),
            region=environment.get(variables.REGION, ""),
            share_identifier=environment.get("SHARE_IDENTIFIER"),
            scheduling_priority=None if priority is None else int(priority),
            parameters=json.loads(environment.get("PARAMETERS", "{}")),
            idempotency_key=environment.get("IDEMPOTENCY_KEY"),
            fifo=environment.get("FIFO") == "true",
            allow=allowed(environment),
            containers=from_text(environment.get("CONTAINERS")),
        )


def allowed(environment: Mapping[str, str]) -> frozenset[str]:
    """Read what a message or an event may set beside parameters and environment."""
    return frozenset(filter(None, environment.get("ALLOW", "").split(",")))
