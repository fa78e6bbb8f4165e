"""What one event costs the Lambda code: milliseconds and memory, over 100,000 events.

    uv run python bench/job_events.py [EVENTS]

The events are the ends of jobs, every tenth delivered twice; SNS and DynamoDB answer at once, so
what is measured is the code's own work. Prints a table; docs/monitoring.md quotes it.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

from batch_constructs.functions.claims.invocation import Invocation
from batch_constructs.functions.claims.rows import Claims
from batch_constructs.functions.job_events.count import Counter
from batch_constructs.functions.job_events.notify import Notifier
from tests.functions.small_dynamodb import SmallDynamoDb
from tests.monitoring import job_story as story

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
DUPLICATE_EVERY = 10
NOW = 1_780_000_600.0

Event = dict[str, Any]


class Topic:
    """SNS: counts."""

    def __init__(self) -> None:
        """Start with nothing published."""
        self.published = 0

    def publish(self, **_: object) -> None:
        """Count a message."""
        self.published += 1


def deliveries() -> list[str]:
    """Return events as JSON, as Lambda's runtime gets them."""
    lives = [
        story.exhausted_job()[-1],
        story.reclaimed_spot_job()[-1],
        story.never_started_job()[-1],
        story.retried_job()[-1],
    ]
    texts = [json.dumps(life) for life in lives]
    job_id = lives[0]["detail"]["jobId"]
    which = [n - 1 if n and n % DUPLICATE_EVERY == 0 else n for n in range(EVENTS)]
    return [texts[n % len(texts)].replace(job_id, f"job-{n:08d}") for n in which]


def measure(name: str, handle: Callable[[Event], object], events: list[str]) -> None:
    """Run all events through a function; print the time an event and the memory that stays."""
    gc.collect()
    began = time.process_time()
    for text in events:
        handle(json.loads(text))
    milliseconds = (time.process_time() - began) * 1000 / len(events)
    tracemalloc.start()
    handle(json.loads(events[0].replace("job-", "one-")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{name:<8} {milliseconds:.4f} ms an event, {peak / 1024:.0f} KiB at its peak")


def main() -> None:
    """Measure both functions."""
    events = deliveries()
    topic, lines = Topic(), []
    invocation = Invocation(deadline=NOW + 25, clock=lambda: NOW)
    notify_claims = Claims(dynamodb=SmallDynamoDb(), table="claims", clock=lambda: NOW)
    count_claims = Claims(dynamodb=SmallDynamoDb(), table="claims", clock=lambda: NOW)
    notifier = Notifier(sns=topic, topic_arn="topic", claims=notify_claims, batch=None)
    counter = Counter(
        claims=count_claims,
        namespace="BatchConstructs",
        count_by=("Cause", "JobDefinitionName", "ShareIdentifier"),
        write=lambda _: None,
    )
    measure("notify", lambda event: notifier.handle(event, invocation), events)
    measure(
        "count",
        lambda event: lines.append(counter.handle(event, invocation) is not None),
        events,
    )
    print(f"{len(events)} events, {topic.published} messages, {sum(lines)} counted")
    print(
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB in all, events included"
    )


if __name__ == "__main__":
    main()
