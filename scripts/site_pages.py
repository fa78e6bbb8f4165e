"""Pages of the site that are made of what stands elsewhere; a hook of MkDocs (mkdocs.yml).

The README is the first page, each example and how-to is one, and the reference is read off the
code: signatures as Python sees them, words as the docstrings have them.
"""

from __future__ import annotations

import ast
import enum
import importlib.util
import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import griffe
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import command_page  # type: ignore[import-not-found]  # noqa: E402  # beside this file
import make_api  # type: ignore[import-not-found]  # noqa: E402  # beside this file
import parameter_facts  # type: ignore[import-not-found]  # noqa: E402  # beside this file

import batch_constructs  # noqa: E402  # of this checkout
from batch_constructs.aws import quotas  # noqa: E402  # as above
from batch_constructs.aws.bound import Bound  # noqa: E402  # as above
from batch_constructs.aws.limits import tables  # noqa: E402  # as above

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

_ROOMS = {
    "compute": ("Compute environments", "Where jobs run."),
    "queues": ("Job queues", "How jobs wait, and who goes first."),
    "jobs": ("Job definitions", "What a job is: its containers, roles, secrets and logs."),
    "triggers": ("Triggers", "What starts jobs."),
    "workflows": ("Workflows", "Jobs that wait for jobs."),
    "monitoring": ("Monitoring", "Notifications, metrics, alarms and dashboards."),
    "": ("Shared values", "Values that several constructs accept."),
}
"""Room → the title of its page of the reference, and what stands there."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the examples, the how-tos and the decisions into the navigation."""
    decisions = [f"decisions/{one.name}" for one in sorted((ROOT / "docs/decisions").glob("*.md"))]
    how_tos = [f"how-to/{one.stem}.md" for one in _how_tos()]
    examples = [f"examples/{one.parent.name}.md" for one in _examples()]
    assert config.nav is not None  # noqa: S101  # mkdocs.yml has one
    config.nav[1:1] = [{"How to": ["how-to/index.md", *how_tos]}, {"Examples": examples}]
    config.nav.append({"Decisions": decisions})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for path, content in _pages():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files that are no pages into their names."""
    del page
    markdown = markdown.replace("](../README.md", "](index.md")
    markdown = markdown.replace("](../CHANGELOG.md)", "](changelog.md)")
    markdown = re.sub(r"\[([^\]]+)\]\(\.\./CONTRIBUTING\.md\)", r"\1", markdown)
    return re.sub(r"\[([^\]]+)\]\((?:\.\./)+(?!\w+\.md)[^)]*\)", _named, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Let a path in a table break at its slashes, and nowhere else (site.css)."""
    return re.sub(r"(?<=<td>).*(?=</td>)", lambda cell: _CODE.sub(_breaking, cell[0]), html)


_CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")


def _breaking(code: re.Match[str]) -> str:
    return code[0].replace("/", "/<wbr>")


def _named(link: re.Match[str]) -> str:
    """Keep a link to an example, which has a page; of another file, keep what it is called."""
    if how_to := re.search(r"\.\./examples/how_to/(\w+)\.py", link[0]):
        return f"[{link[1]}](how-to/{how_to[1]}.md)"
    if "../examples/how_to" in link[0]:
        return f"[{link[1]}](how-to/index.md)"
    example = re.search(r"\.\./examples/(\w+)", link[0])
    return f"[{link[1]}](examples/{example[1]}.md)" if example else link[1]


def _pages() -> Iterator[tuple[str, str]]:
    readme = (ROOT / "README.md").read_text()
    readme = re.sub(r"\[([^\]]+)\]\((?!https?:|docs/|examples/|CHANGELOG)[^)]+\)", r"\1", readme)
    readme = readme.replace("](docs/decisions)", "](decisions/0001-rooms.md)")
    readme = re.sub(r"(?m)^!\[.*$", r'<div class="picture" markdown>\g<0></div>', readme)
    readme = readme.replace("](docs/", "](").replace("](examples/how_to)", "](how-to/index.md)")
    readme = re.sub(r"\]\(examples/(\w+)\)", r"](examples/\1.md)", readme)
    yield "index.md", readme.replace("](CHANGELOG.md)", "](changelog.md)")
    yield "changelog.md", (ROOT / "CHANGELOG.md").read_text()
    for app in _examples():
        yield f"examples/{app.parent.name}.md", _example(app)
    for file in _how_tos():
        yield f"how-to/{file.stem}.md", _how_to(file)
    yield "how-to/index.md", _listed(_how_tos())
    yield "reference/limits.md", _limits()
    yield "reference/commands.md", command_page.page()
    for room, (title, about) in _ROOMS.items():
        yield f"reference/{room or 'values'}.md", _reference(room, title, about)


def _examples() -> list[Path]:
    return sorted((ROOT / "examples").glob("*/app.py"))


def _how_tos() -> list[Path]:
    return sorted((ROOT / "examples" / "how_to").glob("*.py"))


def _example(app: Path) -> str:
    """Show an example: what its README says, its picture, its code."""
    readme = (app.parent / "README.md").read_text()
    code = app.read_text()
    wide = "---\nhide:\n  - toc\n---\n"  # the picture needs the room
    return f"{wide}{readme}\n{_picture(app)}\n## The app\n\n```python\n{code}```\n"


def _how_to(file: Path) -> str:
    """Show a how-to: its docstring's first line is the title, the rest is what to know."""
    code = file.read_text()
    tree = ast.parse(code)
    title, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    body = "".join(code.splitlines(keepends=True)[tree.body[0].end_lineno :]).lstrip("\n")
    return f"# {title.rstrip('.')}\n{rest}\n\n```python\n{body}```\n{_picture(file)}"


def _listed(how_tos: list[Path]) -> str:
    lines = ["# How to\n", "Each is a complete file. The test suite synthesizes all of them.\n"]
    for file in how_tos:
        title = (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]
        lines.append(f"- [{title.rstrip('.')}]({file.stem}.md)")
    return "\n".join(lines) + "\n"


def _picture(app: Path) -> str:
    """Draw what an app's stack creates."""
    import aws_cdk as cdk  # the table of rooms needs no CDK

    from batch_constructs.diagram.batch_part import picture_of  # as above
    from batch_constructs.diagram.svg import as_svg  # as above

    spec = importlib.util.spec_from_file_location(f"page_{app.parent.name}_{app.stem}", app)
    assert spec is not None  # noqa: S101  # it is a file
    assert spec.loader is not None  # noqa: S101  # as above
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cdk_app = cdk.App(context={"aws:cdk:enable-path-metadata": True})  # as the CLI has it
    stack = module.build(cdk_app)
    assembly = Path(cdk_app.synth(skip_validation=True).directory)
    template = json.loads((assembly / f"{stack.stack_name}.template.json").read_text())
    picture = picture_of(template)
    if not picture.nodes:
        return ""
    drawn = "".join(line for line in as_svg(picture).splitlines() if not line.startswith("<?xml"))
    wide = re.search(r'viewBox="0 0 (\d+)', drawn)
    drawn = drawn.replace("<svg ", f'<svg style="width: {wide[1]}px" ', 1) if wide else drawn
    return f'\n## What it creates\n\n<div class="picture">{drawn}</div>\n'


def _reference(room: str, title: str, about: str) -> str:
    """Write the page of one room."""
    homes = batch_constructs._HOME  # the table of public names
    here = [name for name in batch_constructs.__all__ if _room(homes[name]) == room]
    here.sort(key=_place)  # constructs first, then values, then what only names types
    return "\n".join([f"# {title}\n\n{about}\n", *("\n".join(_entry(name)) for name in here)])


def _limits() -> str:
    """List what AWS allows: AWS Batch's own limits, and those of its neighbours."""
    lines = ["# Limits\n", "What AWS allows, each with its page. Constructors, rules and the"]
    lines += ["embedded AWS read the same table.\n", "## AWS Batch\n"]
    lines += ["| property | allowed | |", "|---|---|---|"]
    for table in tables().values():
        for one in table:
            kind = one.type.removeprefix("AWS::Batch::")
            allowed = _cell(_allowed(one.bound))
            lines.append(f"| {kind} `{one.name}` | {allowed} | [AWS]({one.source.page}) |")
    lines += ["\n## Other services\n", "| | allowed | |", "|---|---|---|"]
    for name, value, about in _quotas():
        source = next(
            (found for part in _shorter(name) if (found := vars(quotas).get(f"{part}_SOURCE"))),
            None,
        )
        page = f"[AWS]({source.page})" if source else ""
        what = about or name.replace("_", " ").capitalize()
        lines.append(f"| {_cell(what.rstrip('.'))} | {_cell(value)} | {page} |")
    return "\n".join(lines) + "\n"


def _quotas() -> Iterator[tuple[str, str, str]]:
    """Give the name of each quota, its value, and what the source says of it."""
    body = ast.parse(inspect.getsource(quotas)).body
    for place, one in enumerate(body):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            name = one.target.id
            value = getattr(quotas, name)
            after = body[place + 1] if place + 1 < len(body) else None
            said = getattr(getattr(after, "value", None), "value", "")
            if isinstance(value, int):
                yield name, f"{value:,}", said if isinstance(said, str) else ""
            elif isinstance(value, Bound):
                yield name, _allowed(value), said if isinstance(said, str) else ""


def _allowed(bound: Bound) -> str:
    told = bound.allowed  # a text, or what makes one
    return told if isinstance(told, str) else told()


def _shorter(name: str) -> Iterator[str]:
    words = name.split("_")
    yield from ("_".join(words[:end]) for end in range(len(words), 0, -1))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _room(home: str) -> str:
    room = home.partition(".")[0]
    return room if room in _ROOMS else ""


def _place(name: str) -> int:
    value = getattr(batch_constructs, name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return 2
    return 0 if inspect.isclass(value) and hasattr(value, "is_construct") else 1


def _entry(name: str) -> Iterator[str]:
    value = getattr(batch_constructs, name)
    yield f"## {name}\n"
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        yield (
            "One of: " + ", ".join(f"`{make_api._called(one)}`" for one in get_args(value)) + ".\n"
        )
        return
    if inspect.isfunction(value):
        yield _code(f"{name}{_call(value, skip=0)}")
        yield from _told(value)
        return
    if issubclass(value, enum.Enum):
        yield from _told(value)
        yield from (f"- `{member.name}`: `{member.value}`" for member in value)
        yield ""
        return
    has_constructor = "_instead" not in vars(value) and not getattr(value, "_is_protocol", False)
    if has_constructor:
        yield _code(f"{name}{_call(value.__init__, skip=1)}")
    yield from _told(value, types=_types(value.__init__) if has_constructor else {}, kind=name)
    for method, kind, function in _methods(value):
        yield f"### {method} {{ #{name}.{method} }}\n"
        if kind == "property":
            yield _code(f"{method}: {function.__annotations__.get('return', 'Any')}")
        else:
            prefix = "@classmethod\n" if kind == "classmethod" else ""
            yield _code(f"{prefix}{method}{_call(function, skip=1)}")
        yield from _told(function, types=_types(function))


def _methods(kind: type) -> Iterator[tuple[str, str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for base in (one for one in kind.__mro__ if one.__module__.startswith("batch_constructs")):
        for name, member in vars(base).items():
            if name.startswith("_"):
                continue
            if isinstance(member, property):
                found.setdefault(name, ("property", member.fget))
            elif isinstance(member, classmethod):
                found.setdefault(name, ("classmethod", member.__func__))
            elif inspect.isfunction(member):
                found.setdefault(name, ("method", member))
    for name in sorted(found):
        yield name, *found[name]


def _call(function: Any, *, skip: int) -> str:
    """Write a signature, a parameter a line."""
    lines = "".join(f"    {one},\n" for one in make_api._parameters(function, skip=skip))
    returned = getattr(function, "__annotations__", {}).get("return")
    arrow = "" if returned in (None, "None") else f" -> {returned}"
    return f"(\n{lines}){arrow}" if lines else f"(){arrow}"


def _types(function: Any) -> dict[str, str]:
    """Parameter → its type and default, for the list of parameters."""
    parameters = inspect.signature(function).parameters.values()
    return {
        one.name: f"{one.annotation}{_default(one.default)}"
        for one in parameters
        if one.annotation is not one.empty
    }


def _default(value: Any) -> str:
    """Write a default that says something; None means what the text says."""
    is_plain = isinstance(value, bool | int | float | str)
    return f" = {value!r}" if is_plain and not isinstance(value, enum.Enum) else ""


def _code(text: str) -> str:
    return f"```python\n{text}\n```\n"


def _told(documented: Any, types: dict[str, str] | None = None, kind: str = "") -> Iterator[str]:
    """Give a docstring as Markdown: its prose, and what it and AWS say of each parameter."""
    types = types or {}
    docstring = griffe.Docstring(inspect.getdoc(documented) or "")
    for section in docstring.parse("google", warnings=False):
        if section.kind is griffe.DocstringSectionKind.text:
            yield _plain(section.value) + "\n"
        elif isinstance(section.value, list):
            yield f"**{section.kind.value.capitalize()}**\n"
            for one in section.value:
                name = getattr(one, "name", "") or str(getattr(one, "annotation", ""))
                type_ = f" (`{types[name]}`)" if name in types else ""
                said = _plain(" ".join(one.description.split()))
                allowed = parameter_facts.told(kind, name)
                yield f"- `{name}`{type_}: {said} {allowed}".rstrip()
            yield ""


def _plain(text: str) -> str:
    """Write reStructuredText's inline code as Markdown's, and make links of addresses."""
    text = re.sub(r"::\n\n((?: {4}.*\n?|\n)+)", _block, text)
    text = text.replace("``", "`")
    return re.sub(r"(?<![(<`\w])(https?://[^\s)]+?)(?=[.,]?(?:\s|\)|$))", r"<\1>", text)


def _block(found: re.Match[str]) -> str:
    code = "\n".join(line.removeprefix("    ") for line in found[1].rstrip().splitlines())
    return f":\n\n```python\n{code}\n```\n\n"
