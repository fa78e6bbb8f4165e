"""Write docs/contract.md: what every parameter makes of each kind of value.

uv run python scripts/make_contract.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.contract import VALUE_OBJECTS, World, table  # noqa: E402  # found by the path above
from tests.test_public_api import MADE_BY_US  # noqa: E402  # as above

HEAD = """# The contract of every parameter

This page shows what happens if you pass a value of each kind to each parameter of each construct,
and to each field of their value objects. **takes** means that it works. *refuses* means a
`TypeError` or a `ValueError` in one line, with the construct's path, the parameter and what is
allowed. An empty cell means that there is no value of this kind. No value causes an error from
jsii, and none is silently ignored: a token or a look-up that a parameter takes is in the template
as a reference, or the cell says why it has no effect. `tests/test_contract.py` checks this, and
`scripts/make_contract.py` writes this page.

- *token*: a reference such as a `CfnParameter`'s, as a string, a number or a list; *within*: as an
  entry of a list or of a mapping; *as an object*: an `IResolvable`.
- *look-up*: the value that `value_from_lookup` returns before the CLI has looked it up. If a
  parameter takes it, the template passes the CDK's validation, so that the CLI can do the look-up.
- *another Region*: a resource whose ARN is in another Region, or whose stack is.
- *L1*, *L2*, *value of the CDK*: the equivalent from `aws_batch`, `aws_ecs` and others.
"""


def main() -> None:
    """Write the page."""
    world = World()
    lines = [HEAD]
    for name in [*MADE_BY_US, *VALUE_OBJECTS]:
        lines += [f"## {name}\n", table(world.answers(name))]
    (ROOT / "docs" / "contract.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
