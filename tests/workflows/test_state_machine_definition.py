"""A long state machine lies in an object, says the same, and has an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

import batch_constructs as bc
from batch_constructs.aws import names, quotas
from batch_constructs.workflows import state_machine_definition
from batch_constructs.workflows.state_machine_definition import too_long


def machine(tmp_path: Path, *, parameter: str = "x") -> tuple[dict[str, Any], str]:
    """Synthesise a workflow: the state machine's properties, and the construct's ASL."""
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/main"
    )
    definitions = [
        bc.FargateJobDefinition(
            stack,
            f"Job{n}",
            image="busybox",
            vcpus=1,
            memory=cdk.Size.gibibytes(2),
        )
        for n in range(2)
    ]
    jobs = [
        bc.WorkflowJob(
            name=f"job{n}",
            job_definition=definitions[n % 2],
            environment={"P": parameter, "PLACE": stack.region},
        )
        for n in range(4)
    ]
    workflow = bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs)
    app.synth()
    resources = json.loads((tmp_path / stack.template_file).read_text())["Resources"]
    [found] = [
        one["Properties"]
        for one in resources.values()
        if one["Type"] == "AWS::StepFunctions::StateMachine"
    ]
    return found, json.dumps(workflow.asl)


def joined(value: Any) -> str:
    """Write a value as CloudFormation would, with references as they are written."""
    match value:
        case {"Fn::Join": ["", parts]}:
            return "".join(map(joined, parts))
        case str():
            return value
    return f"<{json.dumps(value, sort_keys=True)}>"


@pytest.mark.parametrize("parameter", ["x", "${Of0} ${HOME}"])
def test_what_is_longer_than_a_template_has_room_for_says_the_same_in_an_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parameter: str
) -> None:
    inline, text = machine(tmp_path / "inline", parameter=parameter)
    monkeypatch.setattr(state_machine_definition, "LONGEST_IN_TEMPLATE", len(text) - 1)
    apart, _ = machine(tmp_path / "apart", parameter=parameter)

    assert "DefinitionS3Location" not in inline
    assert "DefinitionString" not in apart
    [file] = (tmp_path / "apart").glob("asset.*.json")
    written = file.read_text()
    for place, value in apart["DefinitionSubstitutions"].items():
        written = written.replace(f"${{{place}}}", joined(value))
    assert written == joined(inline["DefinitionString"])
    assert len(apart["DefinitionSubstitutions"]) == 5  # partition, Region, account, two definitions


def test_what_just_has_room_stays_in_the_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, text = machine(tmp_path / "before")
    monkeypatch.setattr(state_machine_definition, "LONGEST_IN_TEMPLATE", len(text))
    inline, _ = machine(tmp_path / "inline")

    assert "DefinitionString" in inline


TOKENS = {
    "none": ("", 0),
    "partition": (cdk.Aws.PARTITION, names.LONGEST_PARTITION),
    "Region": (cdk.Aws.REGION, names.LONGEST_REGION),
    "account": (cdk.Aws.ACCOUNT_ID, names.ACCOUNT_ID_LENGTH),
    "ARN": (cdk.Fn.ref("Job"), names.LONGEST_ARN),
}


@pytest.mark.parametrize(("token", "length"), TOKENS.values(), ids=TOKENS)
def test_a_definition_may_be_as_long_as_step_functions_takes_and_no_longer(
    token: str, length: int
) -> None:
    left = quotas.STATE_MACHINE_CHARACTERS - length

    assert too_long(token + "x" * left) is None
    assert "has 1048577 characters; Step Functions allows 1048576: divide the workflow" in str(
        too_long(token + "x" * (left + 1))
    )


def test_a_workflow_whose_definition_is_too_long_is_refused(
    stack: cdk.Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_machine_definition, "STATE_MACHINE_CHARACTERS", 100)
    queue = bc.JobQueue.from_job_queue_arn(
        stack, "Queue", "arn:aws:batch:us-east-1:123456789012:job-queue/main"
    )
    job = bc.JobDefinition.from_job_definition_name(stack, "Job", "job")
    jobs = [bc.WorkflowJob(name="job", job_definition=job)]

    with pytest.raises(ValueError, match=r"/Workflow: its state machine has [\d,]+ chara"):
        bc.Workflow(stack, "Workflow", queue=queue, jobs=jobs)
    assert stack.node.try_find_child("Workflow") is None
