"""Placeholders of tools that write templates: Jinja, the Serverless Framework and its plugins.

What they will put there is unknown, so it is never a finding.
"""

from __future__ import annotations

from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import Final

_AUTHENTICATORS: Final = "EC2PrivateDNSName|SessionName|SessionNameRaw|AccountID|AccessKeyID"
_SOURCES: Final = "self|opt|env|sls|param|ssm|cf|s3|aws|git|custom|file|strToBool"
OPENINGS: Final = pattern(
    r"\A\{\{(?=\s*\.[^{}]{0,400}\}\}\Z)"
    rf"|\{{\{{(?!resolve:|\s*\.|(?:{_AUTHENTICATORS})\}}\}})"
    r"|\{%(?![^%]{0,400}\$(?:states\b|[A-Za-z]\w*\())|\#\{(?=[\w:.]+\})"
    rf"|\$\{{(?!aws:[A-Z])(?=(?:{_SOURCES})[:(])"
)
"""Where a placeholder begins. ``#{…}`` is a pseudo parameter of a plugin, ``{{resolve:`` AWS's.

``${aws:InstanceId}`` and its like are the CloudWatch agent's, and ``{{SessionName}}`` is of the
``aws-auth`` ConfigMap of Amazon EKS. ``{{.Name}}`` is a format of Docker within a longer text, and
may be a placeholder of Go where it is the whole of one. ``{% … %}`` with ``$states`` or a function
is JSONata: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

CLOSINGS: Final = {"{{": "}}", "{%": "%}", "#{": "}", "${": "}"}

_SIGNS: Final = ("{{", "{%", "#{", *("${" + one for one in _SOURCES.split("|")))


def first_placeholder(text: str) -> int:
    """Give where the first placeholder begins, -1 where there is none."""
    # most templates have no sign of any, and need no expression for it
    found = OPENINGS.search(text) if any(map(text.__contains__, _SIGNS)) else None
    return found.start() if found else -1


_JINJA: Final = pattern(r"\{%|\{\{(?!resolve:)")


def jinja_line(text: str) -> int | None:
    """Give the line of the first placeholder of Jinja, if there is any."""
    found = _JINJA.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None
