"""The texts of questions to CloudWatch Logs Insights.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from __future__ import annotations

from string import Template

from batch_constructs.aws.batch_events import CHANGES
from batch_constructs.aws.consoles import batch_console
from batch_constructs.aws.service_principals import CLOUDFORMATION

_LAST_FAILURES = Template(r"""
fields @timestamp, detail.jobName as job, detail.container.exitCode as exitCode,
    detail.statusReason as reason,
    $page
| filter detail.status = "FAILED"
| parse detail.jobQueue /job-queue\/(?<queue>.+)/
| sort @timestamp desc
| dedup detail.jobId
| limit 20
""")

REGION_OF_EVENT = '", region, "'
"""In the query of the last failures: the Region that an event is of, where it may be any."""

FAILURES_BY_REASON = r"""
filter detail.status = "FAILED"
| parse detail.jobQueue /job-queue\/(?<queue>.+)/
| stats count_distinct(detail.jobId) as jobs by queue, detail.statusReason
| sort jobs desc
""".strip()
"""How often jobs failed for which reason, from job events."""

BLOCKED_QUEUES = r"""
fields @timestamp, detail.jobName as job, detail.jobId as jobId, detail.statusReason as reason
| filter `detail-type` like /Queue Blocked/
| parse detail.jobQueue /job-queue\/(?<queue>.+)/
| sort @timestamp desc
| limit 50
""".strip()
"""What blocked queues, from job events."""

ERRORS = """
fields @timestamp, @logStream, @message
| filter @message like /(?i)(error|exception|traceback|fatal|killed)/
| sort @timestamp desc
| limit 100
""".strip()
"""Lines that speak of an error, from the logs of jobs."""

NOISIEST_JOBS = """
stats sum(strlen(@message)) as bytes, count(*) as lines by @logStream
| sort bytes desc
| limit 25
""".strip()
"""The log streams with most bytes, from the logs of jobs: who makes the logs expensive."""

WHO_DID_WHAT = """
fields @timestamp, detail.eventName as action, detail.userIdentity.arn as who,
    detail.sourceIPAddress as address, detail.requestParameters.jobQueue as queue,
    coalesce(detail.requestParameters.jobName, detail.requestParameters.jobId) as job,
    detail.requestParameters.reason as reason, detail.errorCode as error
| sort @timestamp desc
| dedup detail.eventID
| limit 200
""".strip()
"""Calls to AWS Batch and their callers, from CloudTrail's events, of which two rules write some."""

CHANGES_BY_HAND = f"""
fields @timestamp, detail.eventName as action, detail.userIdentity.arn as who,
    detail.sourceIPAddress as address, detail.requestParameters.jobQueue as queue,
    detail.requestParameters.computeEnvironment as environment
| filter detail.eventName like /^({"|".join(CHANGES)})/
| filter detail.sourceIPAddress != "{CLOUDFORMATION}"
| sort @timestamp desc
| dedup detail.eventID
| limit 200
""".strip()
"""Changes that no deployment made, from CloudTrail's events."""


def last_failures(region: str, console: str | None) -> str:
    """Return the query of the jobs that failed last, from job events.

    Their console pages are with them, or their IDs where no console is known.
    """
    page = "detail.jobId as jobId"
    if console is not None:
        jobs = f"{batch_console(console, region)}#jobs"
        page = f'concat("{jobs}/detail/",\n        detail.jobId) as page'
    return _LAST_FAILURES.substitute(page=page).strip()
