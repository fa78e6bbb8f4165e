"""Which conditions of a template a finding needs."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def needed(
    worlds: Sequence[Mapping[str, bool | None]], there: Collection[int], possible: Collection[int]
) -> str:
    """Say in which worlds a finding is, by conditions: ``when Spot is true``; empty for all.

    Args:
        worlds: whether each condition holds, in each world that was looked at.
        there: the places of the worlds in which the finding is.
        possible: the places of those in which the resource is.
    """
    elsewhere = [worlds[place] for place in possible if place not in there]
    first, *others = (worlds[place] for place in there)
    known = {
        name: holds
        for name, holds in first.items()
        if holds is not None and all(other[name] is holds for other in others)
    }
    said: list[str] = []
    while elsewhere and known:
        apart = {name: sum(one[name] is not known[name] for one in elsewhere) for name in known}
        name = max(apart, key=lambda one: apart[one])
        if not apart[name]:
            break
        elsewhere = [one for one in elsewhere if one[name] is known[name]]
        said.append(f"{name} is {'true' if known.pop(name) else 'false'}")
    return f"when {' and '.join(said)}" if said else ""
