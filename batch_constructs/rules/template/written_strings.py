"""The strings that stand in a resource or a template, and the references to secrets among them."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.template.as_written import SECRET_REFERENCE
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.values import HOLDERS, Base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from batch_constructs.rules.template.resource_graph import Resource


def strings(
    path: str, value: object, *, names: bool = False, shortest: int = 0
) -> Iterator[tuple[str, str]]:
    """Give every string below a value, with its path; what contains itself is gone through once.

    Names are given as well where they are asked for, and shorter ones are not where nobody wants
    them: most are short, and their paths are what takes time. Of `Fn::Join` as it is written the
    whole is given, too: pieces may be a reference together.
    """
    met: set[int] = set()
    rest: list[tuple[str, object]] = [(path, value)]
    while rest:
        path, value = rest.pop()
        if isinstance(value, HOLDERS):
            if id(value) in met:
                continue
            met.add(id(value))
            if isinstance(value, dict) and "Fn::Join" in value:
                yield f"{path}/Fn::Join", _joined(value["Fn::Join"])
            if names and isinstance(value, dict):
                yield from (
                    (f"{path}/{key}" if path else key, key) for key in value if len(key) >= shortest
                )
            below = value.items() if isinstance(value, dict) else enumerate(value)
            found = [
                (f"{path}/{key}" if path else str(key), one)
                for key, one in below
                if type(one) is not str or len(one) >= shortest
            ]
            rest += reversed(found)
        elif isinstance(value, Base64):
            rest.append((path, value.content))
        elif written := literal(value):
            yield path, written


def _joined(argument: object) -> str:
    """Put the pieces of `Fn::Join` together; what is no text is a NUL."""
    match argument:
        case [str(delimiter), list(pieces)] if len(delimiter) <= len(_REFERENCE):
            return delimiter.join(one if isinstance(one, str) else "\0" for one in pieces)
    return ""


_REFERENCE: Final = "{{resolve:secretsmanager:"
"""How a reference begins; a longer delimiter of `Fn::Join` is part of none that pieces make."""


def secrets_written(resource: Resource) -> dict[str, tuple[str, str]]:
    """Give the paths where a secret's value is written, each with its service and its name.

    They are the same whatever conditions hold.
    """
    known = resource.template.secrets_written
    if resource.id not in known:
        written = resource.template.properties_as_written(resource.id)
        known[resource.id] = references_in(written)
    return known[resource.id]


def references_in(several: Iterable[object]) -> dict[str, tuple[str, str]]:
    """Give the paths of references to secrets in properties, each with its service and its name."""
    found: dict[str, tuple[str, str]] = {}
    for properties in several:
        for path, value in strings("", properties):
            reference = SECRET_REFERENCE.search(value) if "{" in value else None
            if reference is not None:
                found.setdefault(path.partition("/Fn::")[0], (reference[1], reference[2]))
    return found
