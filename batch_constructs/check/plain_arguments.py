"""The arguments of a check, read without click where that is simple: it takes half of a start."""

from __future__ import annotations

from batch_constructs.aws.typing_names import TYPE_CHECKING, Any, Final
from batch_constructs.check.findings_report import FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_constructs.check.all_files import Request

_FLAGS: Final = ("strict", "fix", "only-templates")
_FILES: Final = ("baseline", "write-baseline")


def plain(arguments: Sequence[str]) -> Request | None:
    """Read arguments that are all known and right; None for any other, and for help."""
    templates: list[str] = []
    options: dict[str, Any] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, is_set, value = argument.removeprefix("--").partition("=")
        if argument == "-" or not argument.startswith("-"):
            templates.append(argument)
        elif name in _FLAGS and not is_set:
            options[name.replace("-", "_")] = True
        elif name == "format" or name in _FILES:
            value = value if is_set else next(waiting, "")
            if not value or value.startswith("-") or (name == "format" and value not in FORMATS):
                return None
            options[name.replace("-", "_")] = value
        else:
            return None
    if not templates:
        return None
    from batch_constructs.check.all_files import Request  # noqa: PLC0415  # see above

    return Request(templates, **options)
