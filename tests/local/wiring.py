"""Resources that are made by the services' own APIs, with no more rights than are given."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from batch_constructs.testing.local_aws import LocalAws

ACCOUNT = "123456789012"
_RETURNS_ONE = "def handler(event, context):\n    return 1\n"


class Wiring:
    """Resources that are made by the services' own APIs, with no more rights than are given."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self.aws = aws
        self.client = aws.client
        self._name = name

    def named(self, kind: str) -> str:
        return f"{self._name}-{kind}"

    def queue(self, kind: str, policy: dict[str, Any] | None = None) -> tuple[str, str]:
        """Make a queue; return its URL and ARN."""
        sqs, name = self.client("sqs"), self.named(kind)
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        if policy is not None:
            statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn, **policy}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
        return url, arn

    def role(self, service: str, *actions: str, on: str = "*", effect: str = "Allow") -> str:
        """Make a role that a service assumes; return its ARN."""
        iam, name = self.client("iam"), self.named(f"{service}-{len(actions)}")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": f"{service}.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = {"Version": "2012-10-17", "Statement": [trust]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        if actions:
            rights = {"Effect": effect, "Action": list(actions), "Resource": on}
            iam.put_role_policy(
                RoleName=name,
                PolicyName="rights",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [rights]}),
            )
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def function(self, role: str, code: str = _RETURNS_ONE) -> str:
        """Make a function; return its ARN."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", code)
        made = self.client("lambda").create_function(
            FunctionName=self.named("function"),
            Runtime="python3.12",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
        )
        return str(made["FunctionArn"])

    def rule(self, target: dict[str, Any]) -> Callable[[], None]:
        """Make a rule with a target; return what sends it an event."""
        events, name = self.client("events"), self.named("rule")
        pattern = json.dumps({"source": [name]})
        events.put_rule(Name=name, EventPattern=pattern)
        events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
        entry = {"Source": name, "DetailType": "x", "Detail": "{}"}
        return lambda: events.put_events(Entries=[entry])

    def received(self, url: str, seconds: int) -> list[dict[str, Any]]:
        answer = self.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=seconds, MessageAttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def execution(self, state: dict[str, Any], role: str) -> dict[str, Any]:
        """Run a machine of one state; return how it ended."""
        states = self.client("stepfunctions")
        machine = states.create_state_machine(
            name=self.named("machine"),
            roleArn=role,
            definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}),
        )
        started = states.start_execution(stateMachineArn=machine["stateMachineArn"])
        while True:
            found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
            if found["status"] != "RUNNING":
                return found
            time.sleep(0.05)
