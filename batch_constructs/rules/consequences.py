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
    "job-platform": ("fargate-only-parameters", "multi-node-platform", "word-case"),
    "managed-resources": ("unmanaged-vcpus",),
    "multi-node-instance-type": ("node-instance-types",),
    "named-replacement": ("compute-environment-name",),
    "network-mode-platform": ("network-mode",),
    "resource-requirement-missing": ("word-case",),
    "runtime-platform-ec2": ("cpu-architecture", "operating-system-family", "windows-arm"),
    "service-role-permissions": ("environment-role-trust",),
    "swappiness-without-swap": ("swappiness",),
    "unmanaged-resources": ("fargate-unmanaged",),
    "unmanaged-service-role": ("fargate-unmanaged",),
    "userdata-type-ecs": ("userdata-type",),
}
"""Rule → the rules that it follows from, where one of them is broken in the same resource."""

_TYPE: Final = "property-type"


def causes_in(found: Collection[Finding]) -> Collection[Finding]:
    """Leave out what follows from another of the findings of one resource.

    Where a rule says what a property may be, that it is of the wrong type says no more.
    """
    if len(found) < 2:  # noqa: PLR2004  # one follows from nothing
        return found
    rules = {one.rule for one in found}
    told = {one.path for one in found if one.severity is Severity.ERROR and one.rule != _TYPE}
    return [
        one
        for one in found
        if rules.isdisjoint(CAUSES.get(one.rule, ()))
        and (one.rule != _TYPE or one.path not in told)
    ]
