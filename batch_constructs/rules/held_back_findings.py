"""One fault, one finding: what only follows from another finding is held back."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING, Final
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.respelled import MEANT, MISSPELLED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from batch_constructs.rules.findings import Finding

CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "amazon-linux-2-eks": ("image-type-orchestration",),
    "efs-mount-target": ("file-system-reference",),
    "eks-allocation-strategy": ("allocation-strategy", "eks-resources"),
    "evaluate-on-exit-all-retry": (
        "evaluate-on-exit-action",
        "evaluate-on-exit-code",
        "evaluate-on-exit-condition",
        "evaluate-on-exit-reason",
        "evaluate-on-exit-status-reason",
    ),
    "evaluate-on-exit-condition": ("evaluate-on-exit-action",),
    "fargate-environment-network": ("eks-resources",),
    "fargate-execution-role": ("multi-node-platform",),
    "fargate-size": ("multi-node-platform",),
    "job-platform": (
        "fargate-only-parameters",
        "multi-node-platform",
        "word-case PlatformCapabilities",
    ),
    "job-vcpus-over-maximum": ("fargate-size",),
    "main-node": ("node-count",),
    "managed-resources": ("property-missing MaxvCpus", "unmanaged-vcpus"),
    "multi-node-instance-type": ("node-instance-types",),
    "named-replacement": ("compute-environment-name",),
    "network-mode-platform": ("network-mode",),
    "node-range": ("node-count",),
    "pod-volume-mount": ("pod-volume-name", "property-missing Name"),
    "policy-statement": ("policy-element",),
    "resource-requirement-missing": (
        "property-name Memory",
        "property-name Vcpus",
        "resource-requirement-type",
        "word-case ResourceRequirements",
    ),
    "runtime-platform-ec2": ("cpu-architecture", "operating-system-family", "windows-arm"),
    "service-role-permissions": ("environment-role-trust",),
    "swappiness-without-swap": ("swappiness",),
    "ulimit-order": ("property-type HardLimit", "property-type SoftLimit"),
    "unknown-volume": ("volume-name",),
    "unmanaged-resources": ("fargate-unmanaged",),
    "unmanaged-service-role": ("fargate-unmanaged",),
    "userdata-type-ecs": ("userdata-type",),
}
"""Rule → the rules that it follows from, where one of them is broken near it in the same resource.

After a blank stands the property that the cause is about, where not every property will do.
"""

_NAMED: Final = frozenset().union(*CAUSES.values())
_TYPE: Final = "property-type"
_IN_A_REQUEST: Final = "submission-shape"


def causes_in(found: Collection[Finding]) -> Collection[Finding]:
    """Leave out what follows from another of the findings of one resource.

    Where a rule says what a property may be, that it is of the wrong type says no more; where a
    name is misspelled, that the right one is missing says no more.
    """
    if len(found) < 2:  # noqa: PLR2004  # one follows from nothing
        return found
    told = {one.path for one in found if one.severity is Severity.ERROR and one.rule != _TYPE}
    meant = {_meant(one) for one in found if _misspells(one)}
    causes = _by_name(found)
    return [
        one
        for one in found
        if one.path not in (told if one.rule == _TYPE else meant)
        and not any(
            _are_about_one_thing(cause, one.path.split("/"))
            for name in CAUSES.get(one.rule, ())
            for cause in causes.get(name, ())
        )
    ]


def _by_name(found: Collection[Finding]) -> dict[str, list[list[str]]]:
    """Give the paths of findings by what `CAUSES` calls them: the rule, or it and a property."""
    made: dict[str, list[list[str]]] = {}
    for one in found:
        named = {one.rule, *(f"{one.rule} {part}" for part in _meant(one).split("/"))}
        for name in named & _NAMED:
            made.setdefault(name, []).append(one.path.split("/"))
    return made


def _misspells(one: Finding) -> bool:
    return one.rule in (MISSPELLED, _IN_A_REQUEST) and one.fix.startswith(MEANT)


def _meant(cause: Finding) -> str:
    """Give the path of the property that a cause is about, spelled as it should be."""
    if _misspells(cause):
        return f"{cause.path.rpartition('/')[0]}/{cause.fix.removeprefix(MEANT)}"
    return cause.path


def _are_about_one_thing(cause: list[str], path: list[str]) -> bool:
    """Tell whether two paths may be about one thing; two entries of one list are two things."""
    pairs = zip(cause, path, strict=False)
    first = next(((here, there) for here, there in pairs if here != there), ("", ""))
    return not all(part.isdigit() for part in first)
