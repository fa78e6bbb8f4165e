"""Cases of conditions that are too long to write out: what is one over a bound, or just within."""

from __future__ import annotations

import json
from typing import Any

from batch_constructs.aws import submit_job
from batch_constructs.aws.job_definition_facts import BYTES
from batch_constructs.aws.launch_template_facts import USER_DATA_BYTES
from batch_constructs.aws.quotas import (
    ADVANCED_PARAMETER_CHARACTERS,
    FUNCTION_POLICY_BYTES,
    MAPPING_ATTRIBUTES,
    PARAMETER_CHARACTERS,
    STACK_NAME_CHARACTERS,
    STACK_PARAMETER_BYTES,
    STANDARD_TIER,
)


def _of(rule: str, says: str, case: dict[str, Any], *, told: bool = True) -> dict[str, Any]:
    return {"rule": rule, "told": told, "type": "template", "case": case, "says": says}


def _resources(**resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "Resources": {
            id_: {"Type": type_, "Properties": properties}
            for id_, (type_, properties) in resources.items()
        }
    }


def _substituted(characters: int) -> dict[str, Any]:
    text = {"Fn::Sub": "x" * characters + "${AWS::Region}"}
    return _resources(J=("AWS::Batch::JobDefinition", {"Parameters": {"text": text}}))


TOPIC: dict[str, Any] = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
"""What a template without resources would lack."""


def _mapping(count: int) -> dict[str, Any]:
    return TOPIC | {"Mappings": {"M": {"Key": {f"k{number}": "v" for number in range(count)}}}}


def _default(length: int) -> dict[str, Any]:
    return TOPIC | {"Parameters": {"P": {"Type": "String", "Default": "x" * length}}}


def _parameter(length: int, **more: str) -> dict[str, Any]:
    return _resources(P=("AWS::SSM::Parameter", {"Value": "x" * length, **more}))


def _launched(user_data: object) -> dict[str, Any]:
    launch = {"LaunchTemplate": {"LaunchTemplateId": {"Ref": "L"}}}
    return _resources(
        E=("AWS::Batch::ComputeEnvironment", {"ComputeResources": {"Type": "EC2", **launch}}),
        L=("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"UserData": user_data}}),
    )


def _base64(length: int) -> dict[str, Any]:
    """Write user data of so many known characters beside one that only the deployment tells."""
    return {"Fn::Base64": {"Fn::Sub": "x" * length + "${AWS::Region}"}}


def _scheduled(written: object) -> dict[str, Any]:
    arn = "arn:aws:scheduler:::aws-sdk:batch:submitJob"
    return _resources(S=("AWS::Scheduler::Schedule", {"Target": {"Arn": arn, "Input": written}}))


def _command(length: int) -> dict[str, Any]:
    """Write a submission whose command has so many characters, and some that nobody knows."""
    written = json.dumps({"ContainerOverrides": {"Command": ["x" * length + "${AWS::Region}"]}})
    return _scheduled({"Fn::Sub": written})


def _payload(size: int) -> dict[str, Any]:
    """Write a submission that is as long as it may be while the array has ten jobs."""
    request: dict[str, Any] = {"ArrayProperties": {"Size": 10}, "Parameters": {"k": ""}}
    room = submit_job.JOB_BYTES - submit_job.job_length(request)
    request["Parameters"]["k"] = "x" * room
    request["ArrayProperties"]["Size"] = size
    return _scheduled(json.dumps(request))


def _permissions(function: object) -> dict[str, Any]:
    """Write two permissions that are too long together."""
    given = {"FunctionName": function, "Principal": "events.amazonaws.com"}
    given["SourceArn"] = "x" * (FUNCTION_POLICY_BYTES // 2)
    return _resources(
        F=("AWS::Lambda::Function", {}),
        First=("AWS::Lambda::Permission", given),
        Second=("AWS::Lambda::Permission", given),
    )


LONG_NAME = "x" * (STACK_NAME_CHARACTERS + 1)
MORE = [
    _of("stack-sections", "Mappings/M/Key: there are", _mapping(MAPPING_ATTRIBUTES + 1)),
    _of("stack-sections", "", _mapping(MAPPING_ATTRIBUTES), told=False),
    _of("stack-sections", "", TOPIC | {"Mappings": {"M": {"Key": [1]}, "N": [1]}}, told=False),
    _of("template-text-length", "Parameters/P: the default", _default(STACK_PARAMETER_BYTES + 1)),
    _of("template-text-length", "", _default(STACK_PARAMETER_BYTES), told=False),
    _of("template-text-length", "", TOPIC | {"Parameters": {"P": 1, "Q": {}}}, told=False),
    _of("template-text-length", "Outputs: a name", TOPIC | {"Outputs": {LONG_NAME: {"Value": 1}}}),
    _of(
        "template-text-length",
        "",
        TOPIC | {"Outputs": {f"Fn::ForEach::{LONG_NAME}": {"Value": 1}}},
        told=False,
    ),
    _of("parameter-size", "of any tier", _parameter(ADVANCED_PARAMETER_CHARACTERS + 1)),
    _of(
        "parameter-size",
        "of the standard tier",
        _parameter(PARAMETER_CHARACTERS + 1, Tier=STANDARD_TIER),
    ),
    _of("user-data-size", "bytes or more", _launched(_base64(USER_DATA_BYTES + 1))),
    _of("user-data-size", "", _launched(_base64(USER_DATA_BYTES)), told=False),
    _of("job-definition-size", "bytes", _substituted(BYTES)),
    _of("job-definition-size", "", _substituted(BYTES - 1000), told=False),
    _of("submission-length", "", _command(submit_job.OVERRIDES_BYTES)),
    _of("submission-payload", "", _payload(100)),
    _of("submission-payload", "", _payload(10), told=False),
    _of("function-policy-size", "Second/: 2 permissions", _permissions("elsewhere")),
    _of("function-policy-size", "F/: 2 permissions", _permissions({"Ref": "F"})),
]
