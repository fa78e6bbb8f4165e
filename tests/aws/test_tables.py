"""The limits of all tables are found by their type."""

from __future__ import annotations

from batch_constructs.aws.limits import limits_of
from tests.judges.test_sources import limits


def test_every_limit_is_found_by_its_type() -> None:
    assert limits()
    for limit in limits():
        assert limit in limits_of(limit.type), limit.rule


def test_a_type_without_limits_has_none() -> None:
    assert limits_of("AWS::S3::Bucket") == ()
