"""One fault, one finding: what only follows from another finding is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batch_constructs.rules.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from batch_constructs.rules.findings import Finding

CAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "amazon-linux-2-eks": ("image-type-orchestration",),
    "efs-mount-target": ("file-system-reference",),
    "eks-allocation-strategy": ("eks-resources",),
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
    "managed-resources": ("unmanaged-vcpus",),
    "multi-node-instance-type": ("node-instance-types",),
    "named-replacement": ("compute-environment-name",),
    "network-mode-platform": ("network-mode",),
    "resource-requirement-missing": (
        "property-name Memory",
        "property-name Vcpus",
        "word-case ResourceRequirements",
    ),
    "runtime-platform-ec2": ("cpu-architecture", "operating-system-family", "windows-arm"),
    "service-role-permissions": ("environment-role-trust",),
    "swappiness-without-swap": ("swappiness",),
    "unmanaged-resources": ("fargate-unmanaged",),
    "unmanaged-service-role": ("fargate-unmanaged",),
    "userdata-type-ecs": ("userdata-type",),
}
"""Rule → the rules that it follows from, where one of them is broken near it in the same resource.

After a blank stands the property that the cause is about, where not every property will do.
"""

_NAME: Final = "property-name"
_TYPE: Final = "property-type"
_MEANT: Final = "write "
"""How the fix of a misspelt name begins."""


def causes_in(found: Collection[Finding]) -> Collection[Finding]:
    """Leave out what follows from another of the findings of one resource.

    Where a rule says what a property may be, that it is of the wrong type says no more; where a
    name is misspelt, that the right one is missing says no more.
    """
    if len(found) < 2:  # noqa: PLR2004  # one follows from nothing
        return found
    told = {one.path for one in found if one.severity is Severity.ERROR and one.rule != _TYPE}
    meant = {_meant(one) for one in found if one.rule == _NAME and one.fix.startswith(_MEANT)}
    return [
        one
        for one in found
        if one.path not in (told if one.rule == _TYPE else meant)
        and not any(_causes(other, one) for other in found if one.rule in CAUSES)
    ]


def _meant(cause: Finding) -> str:
    """Give the path of the property that a cause is about, spelt as it should be."""
    if cause.rule == _NAME and cause.fix.startswith(_MEANT):
        return f"{cause.path.rpartition('/')[0]}/{cause.fix.removeprefix(_MEANT)}"
    return cause.path


def _causes(cause: Finding, one: Finding) -> bool:
    """Tell whether a finding follows from another; two entries of one list are two things."""
    about = _meant(cause).split("/")
    named = {cause.rule, *(f"{cause.rule} {part}" for part in about)}
    if named.isdisjoint(CAUSES[one.rule]):
        return False
    pairs = zip(cause.path.split("/"), one.path.split("/"), strict=False)
    first = next(((here, there) for here, there in pairs if here != there), ("", ""))
    return not all(part.isdigit() for part in first)
