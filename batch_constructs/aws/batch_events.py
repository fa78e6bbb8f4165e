"""What AWS Batch tells EventBridge: the source, the types of events, and whom they are about.

https://docs.aws.amazon.com/batch/latest/userguide/batch_cwe_events.html

Events come at least once, and in no certain order.
"""

from __future__ import annotations

from batch_constructs.aws.source import Source, api, guide
from batch_constructs.aws.typing_names import Final

SOURCE: Final = "aws.batch"
JOB_STATE_CHANGE: Final = "Batch Job State Change"
JOB_QUEUE_BLOCKED: Final = "Batch Job Queue Blocked"
SERVICE_JOB_STATE_CHANGE: Final = "Batch Service Job State Change"
SERVICE_JOB_QUEUE_BLOCKED: Final = "Batch Service Job Queue Blocked"

QUEUE_BLOCKED: Final = (JOB_QUEUE_BLOCKED, SERVICE_JOB_QUEUE_BLOCKED)

API_CALL: Final = "AWS API Call via CloudTrail"
"""Calls of AWS Batch's API have the same source."""

CHANGES: Final = ("Create", "Update", "Delete", "Register", "Deregister")
"""How the names of calls begin that change what there is."""

DETAIL_TYPES: Final = (
    JOB_STATE_CHANGE,
    JOB_QUEUE_BLOCKED,
    SERVICE_JOB_STATE_CHANGE,
    SERVICE_JOB_QUEUE_BLOCKED,
    API_CALL,
)
"""Every type of event whose source is AWS Batch."""

EVENTS_SOURCE: Final[Source] = guide(
    "batch_cwe_events",
    "The detail of an event holds the ARNs of the queue and of the definition, and the status in"
    " capitals.",
)

ARRAY_INDEX: Final = ("arrayProperties", "index")
"""Where the detail of an event has the index of an array's child; no other job has one."""

NODE_INDEX: Final = ("nodeDetails", "nodeIndex")
"""Where it has the index of a node of a multi-node job."""

NODE_SIGN: Final = "#"
"""What stands in the ID of a node before its index."""

CHILDREN_SOURCE: Final[Source] = api(
    "ArrayPropertiesDetail.index",
    '"This parameter is returned for array job children."; JobDetail.nodeDetails is there of nodes.'
    " By the user guide the detail of an event is like a JobDetail; AWS publishes no sample of a"
    " child's.",
)
