"""Tags of AWS Batch's resources.

https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html
"""

from __future__ import annotations

from batch_constructs.aws.bound import Counting, Matching
from batch_constructs.aws.source import Source, api, docs, guide
from batch_constructs.aws.typing_names import Final

COUNT: Final = Counting(0, 50, "tags")
KEY: Final = Matching(
    r"(?s)(?!(?i:aws:)).+", "keys of 1 to 128 characters that do not begin with aws:", 128
)
ASCII_KEY: Final = Matching(
    r"(?!(?i:aws:))[A-Za-z0-9 +\-=._:/@]+",
    "keys of ASCII letters, digits, spaces and + - = . _ : / @ that do not begin with aws:",
    128,
)
"""The key of a tag that becomes the name of a metric's dimension.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
"""

VALUE: Final = Matching(r"(?s).*", "values of at most 256 characters", 256)

SOURCE: Final[Source] = guide(
    "tag-restrictions",
    "At most 50 tags for each resource, keys of 128 and values of 256 characters; \"Don't use aws:,"
    " AWS:, or any upper or lowercase combination of such as a prefix … it is reserved for AWS"
    ' use."',
)

PLAIN_SOURCE: Final[Source] = docs(
    "AWSCloudFormation/latest/TemplateReference/aws-properties-resourcegroups-group-tag.html",
    '"Do not store personally identifiable information (PII) or other confidential or sensitive'
    ' information in tags."',
)

INSTANCES_SOURCE: Final[Source] = api(
    "ComputeResourceUpdate.tags",
    '"When updating a compute environment, changing this setting requires an infrastructure update'
    ' of the compute environment."',
)
"""Tags of instances change in place wherever an infrastructure update is possible."""

PROPAGATED_SOURCE: Final[Source] = api(
    "SubmitJobRequest.propagateTags",
    '"For tags with the same name, job tags are given priority over job definitions tags. If the'
    " total number of combined tags from the job and job definition is over 50, the job is moved to"
    " the FAILED state. When specified, this overrides the tag propagation setting in the job"
    ' definition."; RegisterJobDefinitionRequest.propagateTags.',
)

MERGED_SOURCE: Final[Source] = guide(
    "launch-templates",
    "Tags of instances are merged between the launch template and the compute environment; where"
    " both have a key, the compute environment's value is taken.",
)
