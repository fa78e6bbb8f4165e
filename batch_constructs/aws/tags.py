"""Tags of AWS Batch's resources.

https://docs.aws.amazon.com/batch/latest/userguide/tag-restrictions.html
"""

from __future__ import annotations

from typing import Final

from batch_constructs.aws.bound import Counting, Matching
from batch_constructs.aws.source import Source, guide

COUNT: Final = Counting(0, 50, "tags")
KEY: Final = Matching(
    r"(?s)(?!(?i:aws:)).+", "keys of 1 to 128 characters that do not begin with aws:", 128
)
VALUE: Final = Matching(r"(?s).*", "values of at most 256 characters", 256)

SOURCE: Final[Source] = guide(
    "tag-restrictions",
    "At most 50 tags for each resource, keys of 128 and values of 256 characters; \"Don't use aws:,"
    " AWS:, or any upper or lowercase combination of such as a prefix … it is reserved for AWS"
    ' use."',
)
