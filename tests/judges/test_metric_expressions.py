"""Numbers judge every metric expression that any test has rendered."""

from __future__ import annotations

from tests import rendered
from tests.monitoring.rendered_expressions import expressions_of
from tests.monitoring.test_metric_math import wrong


def test_every_expression_says_by_numbers_what_it_means() -> None:
    found = {
        str(each): each
        for template in rendered.TEMPLATES.values()
        for each in expressions_of(template)
    }

    assert [text for text, each in found.items() if wrong(each)] == []
