"""Job definitions as a whole: their kind, retries, timeout, size, and nodes.

https://docs.aws.amazon.com/batch/latest/APIReference/API_RegisterJobDefinition.html
"""

from __future__ import annotations

from functools import partial
from typing import Final

from batch_constructs.aws.bound import Counting, Matching, OneOf, Whole
from batch_constructs.aws.limit import NODES, TASKS, Limit
from batch_constructs.aws.names import RESOURCE_NAME
from batch_constructs.aws.platforms import CAPABILITIES, WINDOWS_FAMILIES
from batch_constructs.aws.source import Source, api, guide
from batch_constructs.aws.submit_job import (
    ATTEMPTS,
    ATTEMPTS_SOURCE,
    SCHEDULING_PRIORITY,
    TIMEOUT_SECONDS,
)

BYTES: Final = 24 * 1024
"""The longest definition, as the request that registers it."""

BYTES_SOURCE: Final[Source] = guide(
    "service_limits",
    'Service quotas: "Maximum job definition size (for RegisterJobDefinition API operations)'
    ' 24 KiB".',
)

FARGATE_SECONDS: Final = 14 * 24 * 60 * 60
"""How long a job on Fargate may run."""

FARGATE_SECONDS_SOURCE: Final[Source] = guide(
    "job_timeouts",
    "Jobs on Fargate resources cannot expect to run for more than 14 days, whatever their"
    " JobTimeout.attemptDurationSeconds.",
)

EXIT_CODE: Final = Matching(
    r"[0-9]+\*?|\*", "digits, perhaps with an asterisk at the end", longest=512
)
"""The exit codes that an exit condition is about."""

EXIT_REASON: Final = Matching(
    r"[A-Za-z0-9.:\s]*\*?",
    "letters, digits, periods, colons and spaces, perhaps with an asterisk at the end",
    longest=512,
)
"""The reasons, and the status reasons, that an exit condition is about."""

CONTAINER_TYPE: Final = "container"
MULTI_NODE_TYPE: Final = "multinode"
"""The types of job definition."""

NODE_COUNT: Final = Whole(1, 1000)
"""The nodes of a multi-node parallel job."""

_limit = partial(Limit, type="AWS::Batch::JobDefinition")
_task = partial(_limit, within=TASKS)
_exit_condition = partial(_limit, within=("RetryStrategy/EvaluateOnExit/*",))
_node_range = partial(_limit, within=("NodeProperties",))

LIMITS: Final = (
    _limit(
        rule="job-definition-name",
        name="JobDefinitionName",
        noun="the job definition name",
        bound=RESOURCE_NAME,
        source=api(
            "RegisterJobDefinitionRequest.jobDefinitionName",
            '"It can be up to 128 letters long. It can contain uppercase and lowercase letters,'
            ' numbers, hyphens (-), and underscores (_)."',
        ),
        title="job definition name of a wrong shape",
        why="Batch refuses the name when the definition is registered.",
    ),
    _limit(
        rule="job-definition-type",
        name="Type",
        noun="the type of the job definition",
        bound=OneOf((CONTAINER_TYPE, MULTI_NODE_TYPE), any_case=True),
        source=api("RegisterJobDefinitionRequest.type", "Valid values: container | multinode."),
        title="unknown type of job definition",
        why="There are two types of job definition; jobs on EKS are of type container.",
    ),
    _limit(
        rule="platform-capabilities",
        name="PlatformCapabilities/*",
        noun="the platform",
        bound=OneOf(CAPABILITIES),
        source=api(
            "RegisterJobDefinitionRequest.platformCapabilities",
            "Valid values: EC2 | FARGATE | MANAGED_INSTANCES.",
        ),
        title="unknown platform capability",
        why="The platform is what the environments of the queue must be.",
    ),
    _limit(
        rule="scheduling-priority",
        name="SchedulingPriority",
        noun="the scheduling priority",
        bound=SCHEDULING_PRIORITY,
        source=api(
            "RegisterJobDefinitionRequest.schedulingPriority",
            '"The minimum supported value is 0 and the maximum supported value is 9999."',
        ),
        title="scheduling priority out of range",
        why="It orders the jobs of one share identifier.",
    ),
    _limit(
        rule="job-timeout",
        within=("Timeout",),
        name="AttemptDurationSeconds",
        noun="the timeout",
        bound=TIMEOUT_SECONDS,
        source=api(
            "JobTimeout.attemptDurationSeconds",
            '"The minimum value for the timeout is 60 seconds."; so also'
            " RegisterJobDefinitionRequest.timeout.",
        ),
        title="timeout below a minute",
        why="After it, Batch ends an attempt; it is in seconds.",
    ),
    _limit(
        rule="retry-attempts",
        within=("RetryStrategy",),
        name="Attempts",
        noun="the number of attempts",
        bound=ATTEMPTS,
        source=ATTEMPTS_SOURCE,
        title="number of attempts out of range",
        why="The first run counts: 1 means no retry.",
    ),
    _limit(
        rule="evaluate-on-exit-count",
        within=("RetryStrategy",),
        name="EvaluateOnExit",
        noun="the retry strategy",
        bound=Counting(0, 5, "exit conditions"),
        source=api("RetryStrategy.evaluateOnExit", '"Array of up to 5 objects"'),
        title="too many exit conditions",
        why="Five conditions are the limit.",
    ),
    _exit_condition(
        rule="evaluate-on-exit-action",
        name="Action",
        noun="the action of an exit condition",
        bound=OneOf(("RETRY", "EXIT"), any_case=True),
        source=api(
            "EvaluateOnExit.action",
            'Valid values: RETRY | EXIT. "The values aren\'t case sensitive."',
        ),
        title="unknown action of an exit condition",
        why="A failed job is retried or it is over.",
    ),
    _exit_condition(
        rule="evaluate-on-exit-code",
        name="OnExitCode",
        noun="the exit code pattern",
        bound=EXIT_CODE,
        source=api(
            "EvaluateOnExit.onExitCode",
            '"The pattern can be up to 512 characters long. It can contain only numbers, and can'
            ' end with an asterisk (*)"',
        ),
        title="exit code pattern of a wrong shape",
        why="It is a prefix, not a regular expression, a range or a list.",
    ),
    *(
        _exit_condition(
            rule=rule,
            name=name,
            noun=f"the {name} pattern",
            bound=EXIT_REASON,
            source=api(
                f"EvaluateOnExit.{name[0].lower()}{name[1:]}",
                '"The pattern can contain up to 512 characters. It can contain letters, numbers,'
                " periods (.), colons (:), and white … It can optionally end with an asterisk"
                ' (*)"',
            ),
            title=f"{name} pattern of a wrong shape",
            why="It is a prefix, not a regular expression.",
        )
        for rule, name in (
            ("evaluate-on-exit-reason", "OnReason"),
            ("evaluate-on-exit-status-reason", "OnStatusReason"),
        )
    ),
    _node_range(
        rule="node-count",
        name="NumNodes",
        noun="the number of nodes",
        bound=NODE_COUNT,
        source=guide(
            "mnp-node-groups",
            '"You can have up to 1,000 nodes in a single job. This is the default limit for'
            ' instances in an Amazon ECS cluster."; NodeProperties.numNodes.',
        ),
        title="number of nodes out of range",
        why="1,000 is the default limit of instances in an Amazon ECS cluster.",
    ),
    _node_range(
        rule="node-range-count",
        name="NodeRangeProperties",
        noun="the job",
        bound=Counting(0, 5, "node ranges"),
        source=guide(
            "mnp-node-groups",
            '"You can use AWS Batch to specify up to five distinct node groups for each job.";'
            " NodeProperties.nodeRangeProperties.",
        ),
        title="more than five node ranges",
        why="A node range is a node group, and a job has at most five.",
    ),
    _limit(
        rule="one-task",
        within=("EcsProperties", f"{NODES}/EcsProperties"),
        name="TaskProperties",
        noun="the job",
        bound=Counting(1, 1, "tasks"),
        source=api(
            "EcsProperties.taskProperties",
            '"This object is currently limited to one task element."; so also'
            " RegisterJobDefinitionRequest.ecsProperties and NodeRangeProperty.ecsProperties.",
        ),
        title="more than one task",
        why="A job, or a node of one, is one task.",
    ),
    _task(
        rule="container-count",
        name="Containers",
        noun="the task",
        bound=Counting(1, 10, "containers"),
        source=api(
            "EcsProperties.taskProperties",
            '"the task element can run up to 10 containers."; EcsTaskProperties.containers.',
        ),
        title="no container, or more than ten",
        why="Ten containers are the limit.",
    ),
    _task(
        rule="operating-system-family",
        name="RuntimePlatform/OperatingSystemFamily",
        noun="the operating system family",
        bound=OneOf(("LINUX", *WINDOWS_FAMILIES)),
        source=api(
            "RuntimePlatform.operatingSystemFamily",
            '"Valid values are: LINUX (default), WINDOWS_SERVER_2019_CORE,'
            ' WINDOWS_SERVER_2019_FULL, WINDOWS_SERVER_2022_CORE, and WINDOWS_SERVER_2022_FULL."',
        ),
        title="unknown operating system family",
        why="Fargate offers these.",
    ),
    _task(
        rule="cpu-architecture",
        name="RuntimePlatform/CpuArchitecture",
        noun="the CPU architecture",
        bound=OneOf(("X86_64", "ARM64")),
        source=api("RuntimePlatform.cpuArchitecture", '"Valid values are X86_64 and ARM64."'),
        title="unknown CPU architecture",
        why="Spelt exactly so.",
    ),
    _task(
        rule="ephemeral-storage",
        name="EphemeralStorage/SizeInGiB",
        noun="the ephemeral storage",
        bound=Whole(21, 200, unit="GiB"),
        source=api(
            "EphemeralStorage.sizeInGiB",
            '"The minimum supported value is 21 GiB and the maximum supported value is 200 GiB."',
        ),
        title="ephemeral storage out of range",
        why="20 GiB come with every task; what is given here is the whole.",
    ),
    _task(
        rule="assign-public-ip",
        name="NetworkConfiguration/AssignPublicIp",
        noun="the public IP address",
        bound=OneOf(("ENABLED", "DISABLED")),
        source=api("NetworkConfiguration.assignPublicIp", "Valid values: ENABLED | DISABLED."),
        title="unknown value for the public IP address",
        why="A word, not a boolean.",
    ),
    _task(
        rule="network-mode",
        name="NetworkMode",
        noun="the network mode",
        bound=OneOf(("host",)),
        source=api("EcsTaskProperties.networkMode", '"Valid values: host."'),
        title="unknown network mode",
        why="Managed Instances know one mode.",
    ),
    _task(
        rule="ipc-mode",
        name="IpcMode",
        noun="the IPC mode",
        bound=OneOf(("host", "task", "none")),
        source=api("EcsTaskProperties.ipcMode", '"The valid values are host, task, or none."'),
        title="unknown IPC mode",
        why="Which IPC namespace the containers of the task share.",
    ),
    _task(
        rule="pid-mode",
        name="PidMode",
        noun="the PID mode",
        bound=OneOf(("host", "task")),
        source=api("EcsTaskProperties.pidMode", '"The valid values are host or task."'),
        title="unknown PID mode",
        why="Which process namespace the containers of the task share.",
    ),
)
