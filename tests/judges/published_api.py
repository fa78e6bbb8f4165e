"""AWS's own text about AWS Batch's API, and those around it, as botocore publishes it."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

import botocore.session


@cache
def model(service: str = "batch") -> Any:
    return botocore.session.Session().get_service_model(service)


@cache
def text_of(shape: str, member: str = "") -> str:
    """Give the documentation of a member and of its type, or of a shape with all its members."""
    owner = model().shape_for(shape)
    if member:
        texts = [owner.members[member].documentation]
        target = owner.members[member]
        while target.type_name == "list":
            target = target.member
        texts.append(model().shape_for(target.name).documentation)
    else:
        texts = [owner.documentation, *(m.documentation for m in owner.members.values())]
    return plain(" ".join(texts))


def plain(text: str) -> str:
    """Take the mark-up, the kinds of quotation marks and the breaks out of a text."""
    text = re.sub(r"</?(?:code|i|b|a|em)\b[^>]*>", "", text)
    text = html.unescape(re.sub(r"<[^>]+>", " ", text))
    text = re.sub(r"[\u2018\u2019]", "'", re.sub(r"[\u201c\u201d`]", '"', text))
    return re.sub(r"\s+", " ", re.sub(r'[\s"()]+', " ", text)).strip().lower()


def members(shape: str) -> set[str]:
    return set(model().shape_for(shape).members)


def has_shape(shape: str) -> bool:
    return shape in model().shape_names


@cache
def text_around(member: str) -> str:
    """Give all that is said of a member, its shape, its type, and the operation it belongs to."""
    shape, _, name = member.partition(".")
    texts = [text_of(shape)]
    operation = shape.removesuffix("Request")
    if operation in model().operation_names:
        texts.append(plain(model().operation_model(operation).documentation))
    if name:
        target = model().shape_for(shape).members[name]
        while target.type_name == "list":
            target = target.member
        texts += [text_of(shape, name)]
        if target.type_name == "structure":
            texts.append(text_of(target.name))
        texts += [plain(" ".join(getattr(target, "enum", ())))]
    return " ".join(texts)


def values_of(member: str) -> list[str]:
    """Give the values of a member that is an enumeration."""
    shape, _, name = member.partition(".")
    if not name:
        return []
    return list(getattr(model().shape_for(shape).members[name], "enum", ()))
