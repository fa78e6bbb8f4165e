"""A path that leads nowhere fails a Step Functions execution, where ministack makes it null.

The error is ``States.Runtime``, which nothing retries or catches. See
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.error_names import RUNTIME_ERROR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def install() -> None:
    """Look whether paths lead somewhere, before ministack follows them."""
    from ministack.services import stepfunctions

    params = stepfunctions._resolve_params_obj  # noqa: SLF001 - a touch point
    argument = stepfunctions._eval_intrinsic_arg  # noqa: SLF001 - a touch point
    input_path = stepfunctions._apply_input_path  # noqa: SLF001 - a touch point
    output_path = stepfunctions._apply_output_path  # noqa: SLF001 - a touch point
    matches = stepfunctions._error_matches  # noqa: SLF001 - a touch point

    def resolve_params_obj(template: Any, data: Any, ctx: Any = None) -> Any:
        for key, path in template.items() if isinstance(template, dict) else ():
            if key.endswith(".$") and isinstance(path, str) and path.startswith("$"):
                _require(path, data, ctx, missing=_for_field(key, path, data))
        return params(template, data, ctx)

    def eval_intrinsic_arg(arg: Any, data: Any, ctx: Any) -> Any:
        if arg[0] == "path":
            _require(arg[1], data, ctx, missing=_invalid(arg[1]))
        return argument(arg, data, ctx)

    def apply_input_path(state: Mapping[str, Any], data: Any, ctx: Any = None) -> Any:
        path = state.get("InputPath") or "$"
        _require(path, data, ctx, missing=_invalid(path))
        return input_path(state, data, ctx)

    def apply_output_path(state: Mapping[str, Any], data: Any, ctx: Any = None) -> Any:
        path = state.get("OutputPath") or "$"
        _require(path, data, ctx, missing=_invalid(path))
        return output_path(state, data, ctx)

    def error_matches(names: Sequence[str], error: str) -> bool:
        return error != RUNTIME_ERROR and bool(matches(names, error))

    stepfunctions._resolve_params_obj = resolve_params_obj  # noqa: SLF001 - a touch point
    stepfunctions._eval_intrinsic_arg = eval_intrinsic_arg  # noqa: SLF001 - a touch point
    stepfunctions._apply_input_path = apply_input_path  # noqa: SLF001 - a touch point
    stepfunctions._apply_output_path = apply_output_path  # noqa: SLF001 - a touch point
    stepfunctions._error_matches = error_matches  # noqa: SLF001 - a touch point


def _for_field(field: str, path: str, data: Any) -> str:
    shown = json.dumps(data, separators=(",", ":"), default=str)
    return (
        f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input "
        f"'{shown}'"
    )


def _invalid(path: str) -> str:
    return f"Invalid path '{path}' : No results for path: {path}"


def _require(path: str, data: Any, ctx: Any, *, missing: str) -> None:
    """Fail the execution unless a path leads somewhere; beyond the end of a list it finds null."""
    from ministack.services import stepfunctions

    given = (path[1:], ctx if ctx is not None else {}) if path.startswith("$$") else (path, data)
    tokens = stepfunctions._parse_jsonpath_tokens(given[0])  # noqa: SLF001 - a touch point
    if tokens is None:
        problem = f"the embedded Step Functions does not support paths such as '{path}'"
    elif _leads_somewhere(tokens, given[1]):
        return
    else:
        problem = missing
    raise stepfunctions._ExecutionError(RUNTIME_ERROR, problem)  # noqa: SLF001 - a touch point


def _leads_somewhere(tokens: Sequence[tuple[str, Any]], data: Any) -> bool:
    for kind, value in tokens:
        if kind == "wildcard":
            return isinstance(data, list | dict)
        if kind == "field":
            if not isinstance(data, dict) or value not in data:
                return False
            data = data[value]
        elif not isinstance(data, list):
            return False
        elif value >= len(data):
            return True
        else:
            data = data[value]
    return True
