"""AWS Batch on the laptop: the service model and its job runner, in pure Python.

It knows nothing of the server it is embedded in: requests come in by `BatchService.handle` (or by
`rest.respond`, from HTTP), and everything it needs from other services it asks a `Ports` for.
"""

from batch_constructs.local.batch.api_model import OPERATIONS, Operation
from batch_constructs.local.batch.ports import LogEvent, PortError, Ports, SecretReference
from batch_constructs.local.batch.rest import Response, respond
from batch_constructs.local.batch.service import BatchService
from batch_constructs.local.batch.service_errors import ServiceError

__all__ = [
    "OPERATIONS",
    "BatchService",
    "LogEvent",
    "Operation",
    "PortError",
    "Ports",
    "Response",
    "SecretReference",
    "ServiceError",
    "respond",
]
