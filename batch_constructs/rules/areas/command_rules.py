"""Rules about the command of a container: parameters in it, and what becomes of them."""

from __future__ import annotations

from batch_constructs.aws.bound import shown
from batch_constructs.aws.job_definition_facts import PLACEHOLDER
from batch_constructs.aws.source import api
from batch_constructs.aws.typing_names import TYPE_CHECKING
from batch_constructs.rules.areas import job_rule
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.submitted_jobs import is_submitted, without_default
from batch_constructs.rules.template.values import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batch_constructs.rules.rule import Fault
    from batch_constructs.rules.template.resource_graph import JobDefinition


@job_rule(
    "parameter-without-default",
    severity=Severity.INFO,
    title="parameter without a value",
    fix="give the parameter a default under Parameters, or pass it with every submission",
    source=api(
        "RegisterJobDefinitionRequest.parameters",
        '"Default parameter substitution placeholders to set in the job definition.";'
        " ContainerProperties.command, TaskContainerProperties.command, EksContainer.command,"
        " EksContainer.args.",
    ),
)
def parameter_without_default(job: JobDefinition) -> Iterator[Fault]:
    """If a submission does not pass it, the program gets the literal text ``Ref::name``.

    The submission may pass it, as in AWS's own examples. Submissions in the template itself are
    checked separately.
    """
    if is_submitted(job):
        return
    for name, path in without_default(job).items():
        yield (
            path,
            f"{shown(f'Ref::{name}')} names a parameter that has no default",
            f"give Parameters a default for {shown(name)}",
        )


def commands(job: JobDefinition) -> Iterator[tuple[str, list[object]]]:
    """Give every command, and the arguments of pods, with their paths."""
    for container in job.containers:
        yield f"{container.path}/Command", listing(container.properties, "Command") or []
    for pod in job.pods:
        for path, properties in pod.containers:
            for key in ("Command", "Args"):
                yield f"{path}/{key}", listing(properties, key) or []


@job_rule(
    "parameter-in-code",
    severity=Severity.WARNING,
    title="parameter inside code or shell text",
    fix="pass it as a separate word after the code, and read it there as an argument: "
    'sys.argv[1] in Python, "$1" in a shell (after a word for $0)',
    source=api(
        "RegisterJobDefinitionRequest.parameters",
        '"Default parameter substitution placeholders to set in the job definition."; what stands'
        " for a parameter is put into ContainerProperties.command as it is.",
    ),
)
def parameter_in_code(job: JobDefinition) -> Iterator[Fault]:
    """Anyone who can choose the value can run code with the job's role.

    For example, the value may be the key of an object.
    """
    for words in _whole_commands(job):
        written = [literal(word) for _, word in words]
        if not any("Ref::" in word for word in written if word):
            continue
        from batch_constructs.rules.code_in_command import marked_code  # noqa: PLC0415  # seldom needed

        for place, name in marked_code(written, PLACEHOLDER):
            yield words[place][0], f"{shown(f'Ref::{name}')} is inside code"


def _whole_commands(job: JobDefinition) -> Iterator[list[tuple[str, object]]]:
    """Give the words of every command with their paths; a pod's arguments follow its command."""
    for container in job.containers:
        path = f"{container.path}/Command"
        yield _words(path, listing(container.properties, "Command"))
    for pod in job.pods:
        for path, properties in pod.containers:
            yield [
                word
                for key in ("Command", "Args")
                for word in _words(f"{path}/{key}", listing(properties, key))
            ]


def _words(path: str, command: list[object] | None) -> list[tuple[str, object]]:
    return [(f"{path}/{place}", word) for place, word in enumerate(command or ())]
