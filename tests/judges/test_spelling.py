"""All that this run refused is spelt in one way, whoever refused it."""

from __future__ import annotations

import pytest

from batch_constructs.client import BatchClient
from tests import rendered
from tests.spelling import second_spellings


def test_every_refusal_is_spelt_as_everywhere() -> None:
    with pytest.raises(ValueError, match="allowed are"):
        BatchClient(object()).submit("a b", queue="q", job_definition="d")

    assert rendered.REFUSALS
    wrong = {said: found for said in rendered.REFUSALS if (found := second_spellings(said))}
    assert wrong == {}
