"""What parameters of the ``aws_batch`` L2s are called here, for those who write one of these.

https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_batch-readme.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_NAMES: Final = {
    "container": ("image", "vcpus", "memory", "command"),
    "cpu": ("vcpus",),
    "ephemeral_storage_size": ("ephemeral_storage",),
    "fargate_cpu_architecture": ("cpu_architecture",),
    "fargate_platform_version": ("platform_version",),
    "gpu": ("gpus",),
    "instance_classes": ("instance_types",),
    "job_state_time_limit_actions": ("time_limits",),
    "linux_parameters": ("init_process", "shared_memory", "swap", "devices", "tmpfs"),
    "logging": ("log_group", "log_configuration"),
    "maxv_cpus": ("max_vcpus",),
    "minv_cpus": ("min_vcpus",),
    "retry_attempts": ("retry_policy",),
    "retry_strategies": ("retry_policy",),
    "spot_bid_percentage": ("bid_percentage",),
    "terminate_on_update": ("update_policy",),
    "update_timeout": ("update_policy",),
    "use_optimal_instance_classes": ("instance_types",),
}

_CLASSES: Final = {("Ec2ComputeEnvironment", "spot"): "SpotComputeEnvironment"}


def parameters_for(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Give the parameters, of those that are known, that say what one of an L2 says."""
    return tuple(one for one in _NAMES.get(name, ()) if one in known)


def class_for(called: str, name: str) -> str | None:
    """Give the class that is, where an L2 takes a parameter, what is made here."""
    return _CLASSES.get((called, name))
