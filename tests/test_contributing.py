"""What CONTRIBUTING says of where a property and a rule stand is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batch_constructs.jobs.container import ContainerArguments, InstanceContainerArguments
from batch_constructs.jobs.job_arguments import JobArguments

ROOT = Path(__file__).parents[1]
SECTION = (ROOT / "CONTRIBUTING.md").read_text()
SECTION = SECTION[SECTION.index("## Add a property") : SECTION.index("## Conventions")]
CONSTRUCTORS = sorted(ROOT.glob("batch_constructs/jobs/*_job_definition.py"))


def test_each_file_that_it_names_is_there() -> None:
    named = re.findall(r"`([a-z_]+/[\w/]+\.(?:py|json))`", SECTION)

    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "part",
    [JobArguments, ContainerArguments, InstanceContainerArguments],
    ids=lambda one: one.__name__,
)
def test_no_constructor_spells_out_a_property_of_whole_jobs_or_of_containers(part: type) -> None:
    """So it is five files: a line of two tables, the parameter, a stack that sets it, the log."""
    names = set(part.__annotations__)
    spelled = {
        (path.name, name)
        for path in CONSTRUCTORS
        for name in re.findall(r"^        (\w+): [^=\n]*= ", path.read_text(), re.MULTILINE)
    }

    assert {one for one in spelled if one[1] in names} == set()
