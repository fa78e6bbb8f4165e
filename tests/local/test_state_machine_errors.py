"""State machines of the embedded AWS report what Batch answered as deployed ones do."""

from __future__ import annotations

from typing import Any

import pytest

from batch_constructs.local.adapter.state_machines import reported


def refusal(code: str, status: int) -> dict[str, Any]:
    return {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("TooManyRequestsException", 429, "Batch.AWSBatchException"),
        ("AccessDeniedException", 403, "Batch.AWSBatchException"),
        ("ClientException", 400, "Batch.ClientException"),
        ("ServerException", 500, "Batch.ServerException"),
    ],
)
def test_an_error_has_the_name_and_the_cause_that_deployed_machines_report(
    code: str, status: int, name: str
) -> None:
    cause = f"no (Service: AWSBatch; Status Code: {status}; Error Code: {code})"

    assert reported(refusal(code, status)) == (name, cause)
