"""Which parameter of ours sets which property of AWS Batch, as `parameters.json` has it.

An entry of the table, by the property's path such as ``JobDefinition/Timeout``, has one of

- ``parameter``: what the user writes, ``containers[].image`` where it is a field of an entry, with
  ``of``, the classes whose field it is, and ``also``, other parameters that set it too;
- ``by``: in words, what decides it where no parameter does;
- ``left_out``: why nothing sets it, nor anything below it.

``by_key`` says that the parameter is a mapping, of which a problem names the key; ``like`` that
what stands below is as below another property, ``within`` another parameter.
"""

from __future__ import annotations

from functools import cache

from batch_constructs.aws.bound import shown
from batch_constructs.aws.table import read
from batch_constructs.aws.typing_names import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

Entry = dict[str, Any]


@cache
def table() -> dict[str, Entry]:
    """Read the table; a few milliseconds, so only where an error is told or a page is written."""
    entries: dict[str, Entry] = read("parameters")
    return entries


def entry(path: str) -> Entry | None:
    """Find what is known of a property, by its path without positions in lists."""
    known = table()
    if path in known:
        return known[path]
    above = path
    while "/" in above:
        above = above.rpartition("/")[0]
        near = known.get(above, {})
        if "left_out" in near:
            return near
        if "like" in near and (found := entry(near["like"] + path.removeprefix(above))):
            return _moved(found, near)
    return None


def _moved(found: Entry, into: Entry) -> Entry:
    """Return an entry of a property that another one is like, as the parameter is called there."""
    old = table()[into["like"]].get("parameter", "")
    new = into.get("within", into.get("parameter", ""))

    def moved(name: str) -> str:
        name = name.removeprefix(old).removeprefix(".") if old else name
        return ".".join(part for part in (new, name) if part)

    return {
        **found,
        **({"parameter": moved(found["parameter"])} if "parameter" in found else {}),
        **({"also": [moved(one) for one in found["also"]]} if "also" in found else {}),
    }


def parameter_at(type: str, path: str, properties: Mapping[str, Any]) -> str:
    """Name the parameter that a value comes from, such as ``containers[1].image``.

    ``path`` leads to the value below the properties of a resource, positions in lists included.
    Where nothing is known of the property itself, the nearest one above it counts; empty for none.
    """
    value: Any = properties
    way, name = type, ""
    positions: list[str] = []
    for step in path.split("/") if path else ():
        if isinstance(value, list | tuple) and step.isdigit():
            place = int(step)
            value = value[place] if place < len(value) else None
            if name.endswith("[]"):
                positions.append(f"[{step}]")
            kind = value.get("Type") if isinstance(value, dict) else None
            if entry(f"{way}/{kind}") is None:
                continue
            way = f"{way}/{kind}"  # what is told apart by its type has a parameter for each
        else:
            value = value.get(step) if isinstance(value, dict) else None
            way = f"{way}/{step}"
            if (entry(way.rpartition("/")[0]) or {}).get("by_key"):
                name = f"{name}[{shown(step)}]"
        name = (entry(way) or {}).get("parameter", name)
    first, *rest = name.split("[]")
    positions += [""] * len(rest)
    return first + "".join(f"{at}{part}" for at, part in zip(positions, rest, strict=False))
