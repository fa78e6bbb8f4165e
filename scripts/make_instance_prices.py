"""Make `batch_constructs/aws/instance_prices.json` from the price list that Karpenter ships.

AWS's Karpenter (Apache-2.0) carries what AWS's price list asked on demand for Linux in us-east-1,
with the day it was asked, for clusters that cannot ask themselves. It is no dependency.

    uv run python scripts/make_instance_prices.py zz_generated.pricing_aws.go

https://github.com/aws/karpenter-provider-aws/tree/main/pkg/providers/pricing
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

OUTPUT = Path(__file__).parent.parent / "batch_constructs" / "aws" / "instance_prices.json"


def main() -> None:
    """Write the table, families and sizes sorted, so that a newer one is a small diff."""
    text = Path(sys.argv[1]).read_text()
    made = re.search(r"generated at (\d{4}-\d\d-\d\d)\S* for us-east-1", text)
    if made is None:
        raise SystemExit("the file does not say of which day it is, or not for us-east-1")
    families: dict[str, dict[str, float]] = defaultdict(dict)
    for name, price in sorted(re.findall(r'"([a-z0-9-]+\.[a-z0-9-]+)": ([0-9.]+)', text)):
        family, _, size = name.partition(".")
        families[family][size] = float(price)
    rows = [f'    "{family}": {json.dumps(sizes)}' for family, sizes in sorted(families.items())]
    head = ["{", f'  "date": "{made[1]}",', '  "region": "us-east-1",', '  "families": {']
    OUTPUT.write_text("\n".join([*head, ",\n".join(rows), "  }", "}"]) + "\n")
    print(f"{OUTPUT.name}: {sum(map(len, families.values()))} types in {len(families)} families")


if __name__ == "__main__":
    main()
