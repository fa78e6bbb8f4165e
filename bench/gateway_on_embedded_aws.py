"""Ten thousand messages through the deployed gateway: duplicates, poison, 429s, and sudden deaths.

Run ``uv run python bench/gateway_on_embedded_aws.py coalesce 10000``, or ``job_per_message`` and
another number, a minute for each 700 messages. The construct is deployed to the embedded AWS, where
its function really runs as a process. A proxy between function and AWS Batch answers a third of the
submissions with 429; after some it kills the function's process before the answer arrives. Jobs
wait in a disabled environment: what counts is how many there are.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import aws_cdk as cdk
import psutil
from aws_cdk import aws_ec2 as ec2

import batch_constructs as bc
from batch_constructs.testing.local_aws import LocalAws

if TYPE_CHECKING:
    from collections.abc import Mapping

POISON = 50
TIMEOUT_SECONDS, VISIBILITY_SECONDS = 30, 60


def declare(mode: str) -> cdk.Stack:
    """A gateway in front of a queue that starts nothing."""
    stack = cdk.Stack(cdk.App(), "Gateway")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["us-east-1a"],
        private_subnet_ids=["subnet-12345678"],
    )
    environment = bc.FargateComputeEnvironment(stack, "Fargate", vpc=vpc, enabled=False)
    queue = bc.JobQueue(stack, "Queue", compute_environments=[environment])
    job = bc.FargateJobDefinition(
        stack, "Job", image="busybox", vcpus=1, memory=cdk.Size.gibibytes(2), command=["true"]
    )
    gateway = bc.SubmissionGateway(
        stack,
        "Gateway",
        queue=queue,
        job_definition=job,
        mode=mode,
        max_submissions_per_second=50,
        idempotency_key="$.parameters.n",
        max_batching_window=cdk.Duration.seconds(5),
        max_receive_count=100,
    )
    for name, value in {
        "QueueArn": queue.job_queue_arn,
        "SourceUrl": gateway.message_queue.queue_url,
        "LettersUrl": gateway.dead_letter_queue.queue_url,
        "Function": gateway.function.function_name,
        "Mapping": str(gateway.node.find_child("Mapping").ref),  # type: ignore[attr-defined]
        "Manifests": gateway.manifest_bucket.bucket_name if gateway.manifest_bucket else "none",
    }.items():
        cdk.CfnOutput(stack, name, value=value)
    return stack


class Proxy:
    """Between the function and AWS Batch: throttles, and kills who calls."""

    def __init__(self, to: str, *, deaths: list[int]) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.calls: Counter[str] = Counter()
        self.deaths = 0
        chance = random.Random(7)  # noqa: S311  # a seed
        lock = threading.Lock()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name http.server calls
                body = self.rfile.read(int(self.headers["Content-Length"]))
                submits = self.path == "/v1/submitjob"
                with lock:
                    proxy.calls[self.path] += 1
                    throttled = submits and chance.random() < 1 / 3
                    number = proxy.calls["passed"]
                    if submits and not throttled:
                        proxy.calls["passed"] += 1
                if throttled:
                    self.answer(
                        429, b'{"message": "Too Many Requests"}', "TooManyRequestsException"
                    )
                    return
                headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
                with urlopen(Request(to + self.path, body, headers)) as found:  # noqa: S310  # ours
                    content = found.read()
                if submits and number in deaths:
                    proxy.kill(self.client_address[1])
                    return
                self.answer(200, content)

            def answer(self, status: int, content: bytes, error: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                if error:
                    self.send_header("x-amzn-errortype", error)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def kill(self, port: int) -> None:
        """Kill the process at the other end of a connection."""
        for connection in psutil.net_connections("tcp"):
            ours = connection.raddr and connection.raddr.port == self.port
            if ours and connection.laddr.port == port and connection.pid:
                self.deaths += 1
                psutil.Process(connection.pid).kill()


def main(mode: str, count: int) -> None:
    """Send, wait, count."""
    deaths = [0, 1] if mode == "coalesce" else [count // 20, count // 3, count // 2]
    with LocalAws() as aws:
        outputs = aws.deploy(declare(mode)).outputs
        proxy = Proxy(aws.endpoint_url, deaths=deaths)
        sqs, function = aws.client("sqs"), aws.client("lambda")
        variables = function.get_function_configuration(FunctionName=outputs["Function"])
        variables["Environment"]["Variables"]["AWS_ENDPOINT_URL_BATCH"] = proxy.url
        function.update_function_configuration(
            FunctionName=outputs["Function"],
            Timeout=TIMEOUT_SECONDS,
            Environment=variables["Environment"],
        )
        sqs.set_queue_attributes(
            QueueUrl=outputs["SourceUrl"], Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)}
        )
        function.update_event_source_mapping(UUID=outputs["Mapping"], BatchSize=1000)
        good = [json.dumps({"parameters": {"n": str(number)}}) for number in range(count)]
        everything = [*good, *good[::10], *(f"poison {number}" for number in range(POISON))]
        random.Random(7).shuffle(everything)  # noqa: S311  # a seed
        started = time.monotonic()
        send(sqs, outputs["SourceUrl"], everything)
        wait_until_empty(sqs, outputs["SourceUrl"])
        seconds = time.monotonic() - started
        counted = children(aws, outputs) if mode == "coalesce" else jobs(aws, outputs)
        letters = count_letters(sqs, outputs["LettersUrl"])
        print(f"mode {mode}: {seconds:.0f} s, calls {dict(proxy.calls)}, killed {proxy.deaths}")
        print(f"good messages {len(counted)} of {count}, most often {max(counted.values())} time")
        print(f"poison set aside with a reason {len(letters)} of {POISON}")


def send(sqs: Any, url: str, bodies: list[str]) -> None:
    """Put messages on a queue, ten a call."""
    for at in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": text}
            for number, text in enumerate(bodies[at : at + 10])
        ]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)


def wait_until_empty(sqs: Any, url: str) -> None:
    """Wait until nothing waits and nothing is in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while True:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if not any(int(found[name]) for name in names):
            return
        time.sleep(2)


def listed(aws: LocalAws, queue: str) -> list[dict[str, Any]]:
    """Describe every job of the queue."""
    batch = aws.client("batch")
    pages = batch.get_paginator("list_jobs").paginate(
        jobQueue=queue, filters=[{"name": "JOB_NAME", "values": ["Gateway-*"]}]
    )
    ids = [job["jobId"] for page in pages for job in page["jobSummaryList"]]
    chunks = [ids[at : at + 100] for at in range(0, len(ids), 100)]
    return [job for chunk in chunks for job in batch.describe_jobs(jobs=chunk)["jobs"]]


def jobs(aws: LocalAws, outputs: Mapping[str, str]) -> Counter[str]:
    """Message → how many jobs it became."""
    return Counter(job["parameters"]["n"] for job in listed(aws, outputs["QueueArn"]))


def children(aws: LocalAws, outputs: Mapping[str, str]) -> Counter[str]:
    """Message → how many children fetch it."""
    s3 = aws.client("s3")
    found: Counter[str] = Counter()
    for job in listed(aws, outputs["QueueArn"]):
        key = f"manifests/{job['jobName']}"
        manifest = s3.get_object(Bucket=outputs["Manifests"], Key=key)["Body"].read()
        for index in range(job.get("arrayProperties", {}).get("size", 1)):
            offset, length = map(int, manifest[21 * index : 21 * index + 20].split())
            found[json.loads(manifest[offset : offset + length])["parameters"]["n"]] += 1
    return found


def count_letters(sqs: Any, url: str) -> set[str]:
    """Bodies in the dead-letter queue that have a reason."""
    found: set[str] = set()
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["Reason"]
    ).get("Messages"):
        found |= {each["Body"] for each in messages if each["MessageAttributes"]["Reason"]}
    return found


if __name__ == "__main__":
    chosen = [*sys.argv[1:], *["coalesce", "10000"][len(sys.argv) - 1 :]]
    main(chosen[0], int(chosen[1]))
