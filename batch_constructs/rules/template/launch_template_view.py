"""A launch template as rules see it: what instances run, mount and are attached to."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cached_property

from batch_constructs.aws.efa import INTERFACE_TYPES
from batch_constructs.aws.launch_template_facts import USER_DATA_BYTES
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import Final
from batch_constructs.rules.template.iam_roles import literal
from batch_constructs.rules.template.resource_view import Resource
from batch_constructs.rules.template.values import (
    Base64,
    Properties,
    Reference,
    Text,
    Unknown,
    mapping,
)

_RUNS_OTHERS: Final = pattern(
    r"\b(ansible\S*|aws|cfn-init|curl|git|python3?|source|wget)\b|\b(ba)?sh (-|/)"
)
"""What fetches or runs commands that do not stand in the user data."""

_WORD_BEGINS: Final = (" ", "\t", "\n", "'", '"', "=", "/")

_ROOTS: Final = ("", "/mnt", "/media")
"""Directories that are not mounted themselves."""


def _outermost(path: str) -> str:
    """Give the outermost directory of a path that may be mounted: what names the path names it."""
    if path in _ROOTS:
        return ""
    root = max((one for one in _ROOTS if path.startswith(f"{one}/")), key=len, default=None)
    within = path if root is None else path[len(root) + 1 :]
    first = within.partition("/")[0]
    return first if root is None else f"{root}/{first}"


class LaunchTemplate(Resource):
    """An `AWS::EC2::LaunchTemplate`."""

    @cached_property
    def data(self) -> Properties:
        """Give LaunchTemplateData."""
        return mapping(self.properties, "LaunchTemplateData")

    @property
    def _content(self) -> object:
        """Give the user data as they are written, within ``Fn::Base64`` if that encodes them."""
        data = self.data.get("UserData")
        return data.content if isinstance(data, Base64) else data

    @cached_property
    def user_data(self) -> bytes:
        """Give the user data before they are encoded, with a NUL for each part nobody knows."""
        data = self.data.get("UserData")
        if isinstance(data, Base64):
            return (literal(self._content) or "").encode(errors="replace")
        from base64 import b64decode  # noqa: PLC0415  # seldom needed

        with suppress(ValueError):
            known = "".join((literal(data) or "").partition("\0")[0].split())
            return b64decode(known[: len(known) // 4 * 4], validate=True)
        return b""

    @cached_property
    def script(self) -> str:
        """Give the user data as text, empty if they are not known."""
        return self.user_data.decode("utf-8", "replace")

    def speaks_of(self, path: str) -> bool | None:
        """Tell whether the user data name a path, or what it is in; None if nobody knows.

        Those that are longer than EC2 takes are told of, and many jobs may ask.
        """
        if len(self.script) > USER_DATA_BYTES:
            return None
        name = _outermost(path)
        if name and re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w.-])", self.script):
            return True
        return None if self._may_run_others else False

    @cached_property
    def _may_run_others(self) -> bool:
        if not isinstance(self.properties.get("LaunchTemplateData"), dict):
            return True
        content = self._content
        if isinstance(content, Text) and isinstance(self.data.get("UserData"), Base64):
            before = ("", *content.parts)
            if any(
                isinstance(part, Unknown)
                and (not isinstance(one, str) or one.endswith(_WORD_BEGINS))
                for one, part in zip(before, content.parts, strict=False)
            ):
                return True
        elif not isinstance(content, str | None):
            return True
        return _RUNS_OTHERS.search(self.script) is not None

    @property
    def references(self) -> list[Reference]:
        """Give the resources that the user data refer to."""
        return self._content.references if isinstance(self._content, Text) else []

    @cached_property
    def efa_interfaces(self) -> list[Properties] | None:
        """Give its Elastic Fabric Adapters, None if they are not known."""
        data = self.properties.get("LaunchTemplateData")
        written = data.get("NetworkInterfaces", []) if isinstance(data, dict) else None
        if not isinstance(written, list) or not all(
            isinstance(one, dict) and isinstance(one.get("InterfaceType", ""), str)
            for one in written
        ):
            return None
        return [one for one in written if one.get("InterfaceType") in INTERFACE_TYPES]
