"""Tags of AWS Batch's resources.

https://docs.aws.amazon.com/batch/latest/userguide/using-tags.html
"""

from __future__ import annotations

from typing import Final

from batch_constructs.aws.bound import Counting, Matching
from batch_constructs.aws.source import Source, guide

COUNT: Final = Counting(0, 50, "tags")
KEY: Final = Matching(r"(?s)(?!(?i:aws:)).+", "1 to 128 characters, not aws: first", 128)
VALUE: Final = Matching(r"(?s).*", "at most 256 characters", 256)

SOURCE: Final[Source] = guide(
    "using-tags",
    "Tag restrictions: at most 50 tags for each resource, keys of 128 and values of 256 characters;"
    " keys that begin with aws: are reserved.",
)
