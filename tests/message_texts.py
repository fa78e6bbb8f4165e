"""Every sentence that the code may say to somebody: its texts, with ``{}`` for what is put in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import batch_constructs as bc

PACKAGE = Path(bc.__file__).parent


class Text(NamedTuple):
    """One text of the code, and where it stands."""

    file: str
    line: int
    said: str


def texts(*rooms: str) -> Iterator[Text]:
    """Give every text of at least three words that is no docstring, in some rooms or in all."""
    for file in _files():
        if not rooms or file.startswith(rooms):
            yield from _texts_of(file)


@cache
def _files() -> list[str]:
    files = [str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py"))]
    return [file for file in files if "project/template" not in file]


@cache
def _texts_of(file: str) -> list[Text]:
    """Read a file once for all tests."""
    tree = ast.parse((PACKAGE / file).read_text())
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = ((node, _said(node)) for node in _outermost(tree))
    return [
        Text(file, node.lineno, text)
        for node, text in said
        if id(node) not in told and len(re.findall(r"[A-Za-z]{2,}", text)) >= 3
    ]


def _outermost(tree: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.JoinedStr):
            yield child
            for part in child.values:
                yield from _outermost(part)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            if not isinstance(tree, ast.JoinedStr | ast.FormattedValue):
                yield child
        else:
            yield from _outermost(child)


def _said(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(_said(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "{}"
