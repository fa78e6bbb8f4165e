"""Make `batch_constructs/aws/instance_types.json` from the tables that moto ships.

moto (Apache-2.0, on PyPI) carries what `DescribeInstanceTypes` answered when it was released; the
API model of botocore names every type there ever was. An older moto still knows the types that
have been retired since. None of them is a dependency of the rules. In an empty directory:

    uv pip install --no-deps --target new moto==5.2.5
    uv pip install --no-deps --target old moto==4.2.14
    uv run python scripts/make_instance_types.py new/moto old/moto
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.session

OUTPUT = Path(__file__).parent.parent / "batch_constructs" / "aws" / "instance_types.json"


def read(package: Path) -> dict[str, dict[str, Any]]:
    """Read the table of one moto release."""
    found = next((package / "ec2" / "resources").glob("instance_types.json*"))
    raw = found.read_bytes()
    table: dict[str, dict[str, Any]] = json.loads(
        gzip.decompress(raw) if found.suffix == ".gz" else raw
    )
    return table


def facts(instance: dict[str, Any]) -> list[int]:
    """Give vCPUs, memory in MiB and GPUs."""
    devices = instance.get("GpuInfo", {}).get("Gpus", [])
    return [
        int(instance["VCpuInfo"]["DefaultVCpus"]),
        int(instance["MemoryInfo"]["SizeInMiB"]),
        sum(int(device["Count"]) for device in devices),
    ]


def main() -> None:
    """Write the table, families and sizes sorted, so that a newer one is a small diff."""
    instances: dict[str, dict[str, Any]] = {}
    for package in reversed(sys.argv[1:]):
        instances |= read(Path(package))
    model = botocore.session.Session().get_service_model("ec2")
    names = set(model.shape_for("InstanceType").enum)
    families: dict[str, dict[str, Any]] = defaultdict(
        lambda: {"arm64": None, "disks": None, "sizes": {}}
    )
    for name in sorted(names | set(instances)):
        family, _, size = name.partition(".")
        families[family]["sizes"][size] = facts(instances[name]) if name in instances else None
        if name in instances:
            processors = instances[name]["ProcessorInfo"]["SupportedArchitectures"]
            families[family]["arm64"] = any(str(one).startswith("arm64") for one in processors)
            families[family]["disks"] = bool(instances[name].get("InstanceStorageSupported"))
    adapters = {
        name: instance["NetworkInfo"]["EfaInfo"]["MaximumEfaInterfaces"]
        for name, instance in sorted(instances.items())
        if "EfaInfo" in instance.get("NetworkInfo", {})
    }
    rows = [f'    "{family}": {json.dumps(entry)}' for family, entry in sorted(families.items())]
    today = datetime.now(tz=UTC).date().isoformat()
    head = ["{", f'  "date": "{today}",', '  "families": {']
    OUTPUT.write_text("\n".join([*head, ",\n".join(rows), "  }", "}"]) + "\n")
    lines = ",\n".join(f'    "{name}": {count}' for name, count in adapters.items())
    (OUTPUT.parent / "efa.json").write_text(
        f'{{\n  "date": "{today}",\n  "interfaces": {{\n{lines}\n  }}\n}}\n'
    )
    print(f"{OUTPUT.name}: {len(names | set(instances))} types in {len(families)} families")


if __name__ == "__main__":
    main()
