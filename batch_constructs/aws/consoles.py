"""Where the console of each partition is.

https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/getting-started.html
"""

from __future__ import annotations

from batch_constructs.aws.typing_names import Final

CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-eusc": "console.amazonaws-eusc.eu",
}
"""Partition → domain, before which the Region stands.

https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-console.html
https://docs.amazonaws.cn/en_us/aws/latest/userguide/endpoints-arns.html
https://docs.aws.eu/general/latest/gr/endpoints.html
"""

WITHOUT_CONSOLE: Final = ("aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f")
"""Partitions whose consoles no public page names."""


def batch_console(console: str, region: str) -> str:
    """Return the address of AWS Batch in a Region's console, behind which a page is named.

    https://docs.aws.amazon.com/batch/latest/userguide/monitoring-job-status.html
    """
    return f"{console}/batch/home?region={region}"


def console(partition: str, region: str) -> str | None:
    """Return the address of a Region's console; None of a partition whose console is not known."""
    domain = CONSOLES.get(partition)
    return None if domain is None else f"https://{region}.{domain}"
