"""Write docs/contract.md: what every parameter makes of each kind of value.

uv run python scripts/make_contract.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.contract import KINDS, VALUE_OBJECTS, World  # noqa: E402  # found by the path above
from tests.test_public_api import MADE_BY_US  # noqa: E402  # as above

HEAD = """# The contract of every parameter

Each parameter of each construct, and each field of the value objects that they take, was given a
value of each kind. **takes** is what works; *refuses*
is one line of a `TypeError` or a `ValueError`, with the construct's path, the parameter and what is
allowed; an empty place has no value of the kind. No value ends in an error of jsii's, and none
is passed over in silence: what is known later than the template is written (tokens and look-ups)
and is taken, stands in the template as the reference that it is, or the place says why it decides
nothing. `tests/test_contract.py` holds the constructs to it; `scripts/make_contract.py` writes this
page.

- *token*: a reference such as a `CfnParameter`'s, as a string, a number or a list; *within*: as an
  entry of a list or of a mapping; *as an object*: an `IResolvable`.
- *look-up*: what `value_from_lookup` answers before the CLI has looked. What takes it passes the
  CDK's validation with it, so that the CLI looks.
- *another Region*: a resource whose ARN names one, or of a stack there.
- *L1*, *L2*, *value of the CDK*: what `aws_batch`, `aws_ecs` and others have for the same.
"""


def main() -> None:
    """Write the page."""
    world = World()
    lines = [HEAD]
    for name in [*MADE_BY_US, *VALUE_OBJECTS]:
        table: dict[str, dict[str, str]] = {}
        for one in world.answers(name):
            table.setdefault(one.parameter, {})[one.kind] = one.told
        lines += [
            f"## {name}\n",
            f"| parameter | {' | '.join(KINDS)} |",
            "|---" * (len(KINDS) + 1) + "|",
            *(
                f"| `{parameter}` | {' | '.join(found.get(kind, '') for kind in KINDS)} |"
                for parameter, found in table.items()
            ),
            "",
        ]
    (ROOT / "docs" / "contract.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
