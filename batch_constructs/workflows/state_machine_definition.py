"""Where the text of a state machine lies: in the template, or in an object if it is long.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from batch_constructs.asset_folder import asset_folder
from batch_constructs.aws.names import (
    ACCOUNT_ID_LENGTH,
    LONGEST_ARN,
    LONGEST_PARTITION,
    LONGEST_REGION,
)
from batch_constructs.aws.quotas import STATE_MACHINE_CHARACTERS, TEMPLATE_BYTES
from batch_constructs.one_call import InJavaScript, of

LONGEST_IN_TEMPLATE: Final = TEMPLATE_BYTES // 4
"""Characters that a state machine may take of a template, which holds the definitions too."""

_TOKEN: Final = re.compile(r"\$\{Token\[([A-Za-z0-9:._-]*?)(?:\.\d+)?\]\}")

_LONGEST: Final = {
    "AWS.Partition": LONGEST_PARTITION,
    "AWS.Region": LONGEST_REGION,
    "AWS.AccountId": ACCOUNT_ID_LENGTH,
}
"""What a token stands for → how long that is, at most."""


class Definition(NamedTuple):
    """The body of a state machine, and what CloudFormation puts into it."""

    body: InJavaScript
    substitutions: dict[str, str] | None


def too_long(text: str) -> str | None:
    """Say that Step Functions does not take a definition, if so; tokens are as long as can be."""
    length = len(_TOKEN.sub("", text)) + sum(
        _LONGEST.get(what, LONGEST_ARN) for what in _TOKEN.findall(text)
    )
    if length <= STATE_MACHINE_CHARACTERS:
        return None
    return (
        f"its state machine has {length} characters; Step Functions allows "
        f"{STATE_MACHINE_CHARACTERS}: divide the workflow, or use array jobs or for_each for "
        "jobs that are alike"
    )


def definition_of(text: str) -> Definition:
    """Put a long definition into an object, since with its jobs' no template has room for it.

    What only CloudFormation knows is put in as the object is read.
    """
    if len(text) <= LONGEST_IN_TEMPLATE:
        return Definition(of("aws_stepfunctions.DefinitionBody.fromString", text), None)
    name = "Of"
    while f"${{{name}" in text:
        name += "Of"
    places = {token: f"{name}{n}" for n, token in enumerate(_tokens(text))}
    written = _TOKEN.sub(lambda found: f"${{{places[found[0]]}}}", text)
    file = asset_folder() / "definition.asl.json"
    file.write_text(written, encoding="utf-8")
    body = of("aws_stepfunctions.DefinitionBody.fromFile", str(file))
    return Definition(body, {place: token for token, place in places.items()})


def _tokens(text: str) -> list[str]:
    """Give every token once, in order."""
    return list(dict.fromkeys(found[0] for found in _TOKEN.finditer(text)))
