"""``batch-constructs diagram``: a picture of a template's AWS Batch part."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from batch_constructs.diagram.batch_part import picture_of
from batch_constructs.diagram.mermaid import as_mermaid
from batch_constructs.diagram.picture import Picture
from batch_constructs.diagram.svg import as_svg
from batch_constructs.rules.template import template_files

_FORMATS: Final = {"mermaid": as_mermaid, "svg": as_svg}
_NOTHING_TO_DRAW: Final = 1
_UNREADABLE: Final = 2


@click.command("diagram", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("template", metavar="TEMPLATE|CDK_OUT")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(_FORMATS)),
    default="mermaid",
    help="GitHub, GitLab and most wikis draw Mermaid; every browser draws SVG.",
)
def diagram_command(template: str, format_: str) -> None:
    """Draw what starts jobs, where they wait and run, what they can access, and who gets told.

    TEMPLATE is a CloudFormation template in JSON or YAML, from any tool; CDK_OUT is the output of
    cdk synth, whose stacks are drawn together. The picture goes to standard output. The same
    template always gives the same picture.

    Exits with 0, with 1 if the template has no AWS Batch resources, and with 2 if it cannot be
    read.
    """
    try:
        pictures = {
            Path(file).name.partition(".")[0]: picture_of(template_files.read(file))
            for file in template_files.find(template)
        }
    except template_files.UnreadableTemplateError as error:
        click.echo(f"{template}: {error}", err=True)
        sys.exit(_UNREADABLE)
    drawn = {name: one for name, one in pictures.items() if one.nodes}
    if not drawn:
        click.echo(f"{template}: there is nothing of AWS Batch to draw", err=True)
        sys.exit(_NOTHING_TO_DRAW)
    picture = next(iter(drawn.values()))
    if len(drawn) > 1:
        picture = Picture()
        for name, one in drawn.items():
            picture = picture.beside(one, name)
    click.echo(_FORMATS[format_](picture), nl=False)
