"""``batch-constructs check``: name what AWS Batch would refuse, in any template."""

from __future__ import annotations

import json
import sys

import click

from batch_constructs.aws.typing_names import Any
from batch_constructs.check import all_files
from batch_constructs.check.findings_report import FORMATS
from batch_constructs.rules.error_outcomes import outcome_of_error
from batch_constructs.rules.findings import Severity
from batch_constructs.rules.rulebook import RULES
from batch_constructs.rules.symptoms import symptom_of


def _known(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Refuse the name of a rule that there is not."""
    del context, parameter
    for name in value if isinstance(value, tuple) else [value]:
        if name is not None and name not in RULES:
            from difflib import get_close_matches  # noqa: PLC0415  # only in an error

            close = get_close_matches(name, RULES, 1)
            nearest = f"; its nearest is {close[0]}" if close else ""
            raise click.BadParameter(f"there is no rule {name}{nearest}")
    return value


def _explain(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Explain a rule, and do no more."""
    if _known(context, parameter, value) is not None:
        click.echo(explanation(str(value)))
        context.exit()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("templates", nargs=-1, required=True, metavar="TEMPLATE|CDK_OUT…")
@click.option(
    "--format",
    type=click.Choice(FORMATS),
    default="text",
    help="The format of the findings.",
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option(
    "--ignore", multiple=True, metavar="RULE", callback=_known, help="Leave out this rule."
)
@click.option("--fix", is_flag=True, help="Fix, in the file, what has only one possible fix.")
@click.option("--baseline", metavar="FILE", help="Report only what is not in this file.")
@click.option("--write-baseline", metavar="FILE", help="Write all findings to this file.")
@click.option("--only-templates", is_flag=True, help="Skip files that are not templates.")
@click.option("--processes", type=click.IntRange(1), help="How many processes to use.")
@click.option(
    "--explain",
    metavar="RULE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Explain a rule; check nothing.",
)
def check(
    templates: tuple[str, ...], ignore: tuple[str, ...], *, as_json: bool, **options: Any
) -> None:
    """Find what AWS Batch would reject, or what would leave a job stuck, with the fix.

    TEMPLATE is a CloudFormation template in JSON or YAML, from any tool, or - for standard input.
    CDK_OUT is the output of cdk synth, or any directory of templates.

    Exits with 0 if there is no error (and, with --strict, no warning), with 1 if there is one, and
    with 2 if a file cannot be read. Standard error lists what could not be checked.
    """
    if as_json:
        if options["format"] not in ("text", "json"):
            raise click.UsageError(f"--json is given with --format {options['format']}: give one")
        options["format"] = "json"
    request = all_files.Request(templates, ignore=frozenset(ignore), **options)
    sys.exit(all_files.run(request))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("rules", nargs=-1, required=True, metavar="RULE…", callback=_known)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per rule.")
def explain(rules: tuple[str, ...], *, as_json: bool) -> None:
    """Explain a rule: what it checks, how to fix a finding, and where AWS documents it."""
    if as_json:
        for name in rules:
            click.echo(json.dumps(_facts(name)))
        return
    click.echo("\n\n".join(map(explanation, rules)))


def _facts(name: str) -> dict[str, Any]:
    rule = RULES[name]
    return {
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "about": list(rule.subjects),
        "explanation": rule.explanation,
        "fix": rule.fix,
        "whatYouWouldSee": symptom_of(rule),
        "source": str(rule.source),
    }


def explanation(name: str) -> str:
    """Write all that is known about a rule."""
    rule = RULES[name]
    about = ", ".join(rule.subjects) if len(rule.subjects) <= _FEW else "several types"
    is_error = rule.severity is Severity.ERROR
    becomes = f" ({outcome_of_error(rule.id)})" if is_error else ""
    lines = [
        f"{rule.id}: {rule.title}",
        f"  {rule.severity}{becomes}, about {about}",
        f"  {rule.explanation}" if rule.explanation else "",
        f"  fix: {rule.fix}",
        f"  what you would see: {symptom_of(rule)}",
        f"  source: {rule.source}",
    ]
    return "\n".join(line for line in lines if line)


_FEW = 4
