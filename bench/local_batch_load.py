"""Ten thousand jobs through a queue of two vCPUs of the local AWS Batch.

Run it with ``uv run python bench/local_batch_load.py [JOBS] [array]``. Four tenths are the children
of one array job, four tenths single jobs, both in a queue of low priority; two tenths come in last,
in a queue of high priority. With ``array``, all are the children of one. It prints what a job takes
of a CPU, jobs a second, memory, and whether the order was kept, and exits 1 where a job is lost or
the order is not kept.

CPU time (user and system, of all processes) is what others on the machine change least. It is
counted for the jobs, and for as many bare processes, which ``subprocess.run`` starts before and
behind them, a tenth each, one after the other; the host's is what it and the jobs' own processes
took, which end with it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batch_constructs.local.batch import BatchService, LogEvent, SecretReference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PAGE_MIB = 4096 / 2**20


class Ports:
    """A world that remembers only when jobs started, and counts their ends."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: Counter[str] = Counter()
        self.all_ended = threading.Event()
        self.expected = 0

    def secret_value(self, secret: SecretReference, *, execution_role_arn: str | None) -> str:
        """No job has secrets."""
        raise NotImplementedError

    def parameter_value(self, name_or_arn: str, *, execution_role_arn: str | None) -> str:
        """No job has parameters."""
        raise NotImplementedError

    def put_log_events(
        self, *, log_group: str, log_stream: str, events: Sequence[LogEvent], create_group: bool
    ) -> None:
        """Drop the lines."""

    def put_event(self, event: Mapping[str, Any]) -> None:
        """Remember a start, count an end."""
        detail = event["detail"]
        if detail["status"] == "STARTING":
            self.started.append(detail["jobName"])
        if detail["status"] in ("SUCCEEDED", "FAILED") and "size" not in detail.get(
            "arrayProperties", {}
        ):
            self.ended[detail["status"]] += 1
            if self.ended.total() == self.expected:
                self.all_ended.set()

    def put_metrics(self, data: Sequence[Mapping[str, Any]]) -> None:
        """Nobody looks at metrics."""

    def create_cluster(self, name: str) -> str:
        """Each environment has a cluster, which does nothing here."""
        return f"arn:aws:ecs:us-east-1:123456789012:cluster/{name}"

    def delete_cluster(self, arn: str) -> None:
        """No environment is deleted."""
        raise NotImplementedError

    def job_environment(self, *, container: str, job_role_arn: str | None) -> Mapping[str, str]:
        """Give the jobs a path, and no role."""
        del container, job_role_arn
        return {"PATH": "/usr/bin:/bin"}


def resident_mib(pid: str = "self") -> float:
    """Return the memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MIB


def set_up(service: BatchService) -> None:
    """Create one environment, two queues and a definition."""
    service.handle(
        "CreateComputeEnvironment",
        {
            "computeEnvironmentName": "ce",
            "type": "MANAGED",
            "computeResources": {
                "type": "FARGATE",
                "maxvCpus": 2,
                "subnets": ["subnet-1"],
                "securityGroupIds": ["sg-1"],
            },
        },
    )
    for name, priority in (("low", 1), ("high", 10)):
        service.handle(
            "CreateJobQueue",
            {
                "jobQueueName": name,
                "priority": priority,
                "computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "ce"}],
            },
        )
    service.handle(
        "RegisterJobDefinition",
        {
            "jobDefinitionName": "true",
            "type": "container",
            "containerProperties": {
                "image": "busybox",
                "command": ["true"],
                "resourceRequirements": [
                    {"type": "VCPU", "value": "1"},
                    {"type": "MEMORY", "value": "2048"},
                ],
            },
        },
    )


def accept_jobs(service: BatchService, state: str) -> None:
    """Let jobs start or wait."""
    request = {"computeEnvironment": "ce", "state": state}
    service.handle("UpdateComputeEnvironment", request)


def submit(service: BatchService, queue: str, **more: Any) -> None:
    """Submit a job that is named after its queue."""
    request = {"jobName": queue, "jobQueue": queue, "jobDefinition": "true", **more}
    service.handle("SubmitJob", request)


class Cpu:
    """CPU time from now on, in milliseconds: this process's, and that of others that have ended."""

    def __init__(self) -> None:
        self._before = os.times()

    def own(self) -> float:
        """Return what this process took."""
        now = os.times()
        return 1000 * (now.user + now.system - self._before.user - self._before.system)

    def others(self) -> float:
        """Return what ended processes took that this one, or such a process, had started."""
        now, before = os.times(), self._before
        later = now.children_user + now.children_system
        return 1000 * (later - before.children_user - before.children_system)


def bare_processes(number: int) -> tuple[float, float]:
    """Start processes one after the other; return how many a second, and CPU time of each."""
    begin, cpu = time.monotonic(), Cpu()
    for _ in range(number):
        subprocess.run(["true"], check=True)
    return number / (time.monotonic() - begin), (cpu.own() + cpu.others()) / number


def main() -> int:
    """Submit, wait, and print the figures."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    children = jobs if "array" in sys.argv else jobs * 4 // 10
    singles = 0 if "array" in sys.argv else children
    bare = [bare_processes(jobs // 10)]
    ports = Ports()
    ports.expected = jobs
    with tempfile.TemporaryDirectory() as directory:
        service = BatchService(
            account_id="123456789012",
            region="us-east-1",
            ports=ports,
            state_directory=Path(directory),
        )
        service.start()
        set_up(service)
        memory = [resident_mib()]
        begin, cpu = time.monotonic(), Cpu()
        accept_jobs(service, "DISABLED")
        submit(service, "low", arrayProperties={"size": children})
        for _ in range(singles):
            submit(service, "low")
        for _ in range(jobs - children - singles):
            submit(service, "high")
        submitted, submissions = time.monotonic() - begin, cpu.own()
        accept_jobs(service, "ENABLED")
        while not ports.all_ended.wait(timeout=5):
            memory.append(resident_mib())
            print(f"  {ports.ended.total()} ended, {memory[-1]:.0f} MiB")
        seconds = time.monotonic() - begin
        memory.append(resident_mib())
        service.stop()
        took = {
            "the submission": submissions,
            "the rest of the service": cpu.own() - submissions,
            "the host and the job's process": cpu.others(),
        }
    bare.append(bare_processes(jobs // 10))
    each, alone = sum(took.values()) / jobs, sum(one for _, one in bare) / len(bare)
    highest = ports.started.count("high")
    early = ports.started[:highest].count("low")
    print(f"submitted in {submitted:.1f} s; {dict(ports.ended)} in {seconds:.1f} s")
    print(f"{jobs / seconds:.0f} jobs a second; bare processes: {bare[0][0]:.0f}, {bare[1][0]:.0f}")
    parts = ", ".join(f"{what} {spent / jobs:.2f}" for what, spent in took.items())
    print(f"CPU time of a job: {each:.2f} ms ({parts})")
    print(f"CPU time of a bare process: {alone:.2f} ms; a job takes {each / alone:.1f} times that")
    print(f"memory {memory[0]:.0f} MiB before, {max(memory):.0f} at most, {memory[-1]:.0f} after")
    print(f"jobs of low priority that started before one of high priority: {early}")
    return 0 if ports.ended["SUCCEEDED"] == jobs and early == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
