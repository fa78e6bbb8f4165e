"""The tests that docs/testing.md shows are run as a project's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


@pytest.mark.local_aws
def test_the_tests_of_the_page_pass_as_a_projects_own(pytester: pytest.Pytester) -> None:
    page = PAGE.read_text()
    (setting, *_) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    shown = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    pytester.makepyfile("\n\n".join([setting, *shown]))

    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--snapshot-update")

    done.assert_outcomes(passed=2)
