"""Whether a resource of AWS Batch is on, and whether it works."""

from __future__ import annotations

from enum import StrEnum

from batch_constructs.aws.source import Source, api
from batch_constructs.aws.typing_names import Final


class State(StrEnum):
    """Whether a queue, an environment, a quota share or an option of one is on.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateJobQueue.html
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


DISABLED_SOURCE: Final[Source] = api(
    "CreateComputeEnvironmentRequest.state",
    "\"If the state is DISABLED, then the Batch scheduler doesn't attempt to place jobs within"
    ' the environment."',
)


class Status(StrEnum):
    """What becomes of a queue, an environment or a quota share; ``INVALID`` is of no use to Batch.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentDetail.html
    """

    CREATING = "CREATING"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    VALID = "VALID"
    INVALID = "INVALID"


class DefinitionStatus(StrEnum):
    """Whether a revision of a job definition can be submitted.

    https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeJobDefinitions.html
    """

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
