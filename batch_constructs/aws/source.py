"""Where AWS says a thing: the address of its page, and its sentence."""

from __future__ import annotations

from batch_constructs.aws.record import Record
from batch_constructs.aws.typing_names import Final

_DOCS: Final = "https://docs.aws.amazon.com"


class Source(Record):
    """A page of AWS's, or of somebody who saw AWS do it, and what it says.

    Attributes:
        page: the address.
        says: its sentence, quoted where it is AWS's own, or a summary.
        member: the member of AWS Batch's API that it is about, as ``Shape.member``; else empty.
    """

    page: str
    says: str
    member: str = ""

    def __init__(self, page: str, says: str, member: str = "") -> None:
        # many of them are made at every start
        self.__dict__.update(page=page, says=says, member=member)

    def __str__(self) -> str:
        about = f"{self.member}: " if self.member else ""
        return f"{about}{self.says} {self.page}"


def api(member: str, says: str) -> Source:
    """Name a page of the AWS Batch API reference by ``Shape.member``.

    A request's shape is called as its operation with ``Request``, as botocore calls it:
    ``SubmitJobRequest.jobName``. Without a member the page as a whole is meant.
    """
    shape, _, name = member.partition(".")
    if shape.endswith("Request"):
        shape = shape.removesuffix("Request")
        anchor = f"#Batch-{shape}-request-{name}" if name else ""
    else:
        anchor = f"#Batch-Type-{shape}-{name}" if name else ""
    return Source(f"{_DOCS}/batch/latest/APIReference/API_{shape}.html{anchor}", says, member)


def guide(page: str, says: str) -> Source:
    """Name a page of the AWS Batch user guide, such as ``service_IAM_role``."""
    return Source(f"{_DOCS}/batch/latest/userguide/{page}.html", says)


def cloudformation(page: str, says: str) -> Source:
    """Name a page of the CloudFormation reference, such as ``aws-resource-batch-jobqueue``."""
    return Source(f"{_DOCS}/AWSCloudFormation/latest/TemplateReference/{page}.html", says)


def docs(path: str, says: str) -> Source:
    """Name any other page of AWS's documentation by its path."""
    return Source(f"{_DOCS}/{path}", says)


def seen(page: str, says: str) -> Source:
    """Name a public thread, post or sample in which AWS was seen to do it."""
    return Source(page, says)


def probed(name: str, says: str) -> Source:
    """Name a fault that a public project deploys, and what AWS answered.

    Args:
        name: the project's own name of the fault, with its service: ``batch/pf-batch-…``.
        says: the answer.
    """
    return Source(f"https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/{name}", says)
