"""Definitions of state machines: what Step Functions refuses, its API refuses here as well."""

from __future__ import annotations

from typing import Any

from batch_constructs.local.cloudformation.refused_properties import refused


def install() -> None:
    """Look at the definitions of state machines, whoever makes or changes them."""
    from ministack.services import stepfunctions

    theirs = stepfunctions._validate_definition_jsonata  # noqa: SLF001 - a touch point

    def reason(definition: Any) -> Any:
        problem = theirs(definition)
        if problem or not isinstance(definition, str):
            return problem
        machine = {"RoleArn": "", "DefinitionString": definition}
        faults = list(refused("AWS::StepFunctions::StateMachine", machine))
        return f"Invalid State Machine Definition: '{'; '.join(faults)}'" if faults else None

    stepfunctions._validate_definition_jsonata = reason  # noqa: SLF001 - a touch point
