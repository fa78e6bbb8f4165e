"""The errors of the AWS Batch API.

AWS Batch knows two: ``ClientException`` (the request is wrong, HTTP 400) and ``ServerException``
(the service failed, HTTP 500). See
https://docs.aws.amazon.com/batch/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.aws.error_names import CLIENT_EXCEPTION, SERVER_EXCEPTION, SERVER_FAULT

if TYPE_CHECKING:
    from collections.abc import Sequence


class ServiceError(Exception):
    """A request that is answered with an error.

    Args:
        code: the error's name in the API, such as ``ClientException``.
        http_status: the HTTP status it travels with.
        message: what went wrong.
    """

    def __init__(self, code: str, http_status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.http_status = http_status
        self.message = message


def client_error(message: str) -> ServiceError:
    """Say that the request is wrong."""
    return ServiceError(CLIENT_EXCEPTION, 400, message)


NOT_DISABLED = "Cannot delete, resource must be in DISABLED state first"
IN_USE = "Cannot delete, found existing JobQueue relationship"
EXISTS = "Object already exists"
"""What AWS Batch says of a resource of whatever kind."""


def refuse(problems: Sequence[str]) -> None:
    """Refuse a request for what is wrong with it, if anything is.

    Raises:
        ServiceError: with every mistake that was found.
    """
    if problems:
        raise client_error(f"Error executing request, Exception : {'; '.join(problems)}")


def server_error(message: str) -> ServiceError:
    """Say that the service failed."""
    return ServiceError(SERVER_EXCEPTION, SERVER_FAULT, message)


def not_modelled(what: str) -> ServiceError:
    """Say that AWS Batch can do this and the local model cannot.

    It is a ``ClientException`` because SDKs retry a ``ServerException``, and trying again is of no
    use.
    """
    return client_error(f"{what}: not supported by the local AWS Batch")
