"""The Python of one stack: our constructs, what they are given, and all else as it stands."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING, Any, Final

from batch_constructs.adopt import kinds
from batch_constructs.adopt.python_source import Call, Name, render, words
from batch_constructs.adopt.sections import METADATA, Sections, free_id
from batch_constructs.adopt.shared_names import SharedNames
from batch_constructs.adopt.stack_options import stack_options
from batch_constructs.adopt.surroundings import Taken, variable
from batch_constructs.adopt.translation import Translation
from batch_constructs.aws.template_facts import CONSTRUCT_PATH, NOT_IN_A_STACK_NAME, PATH_IS_SAID
from batch_constructs.impact.changes import section
from batch_constructs.rules import Severity, check_template
from batch_constructs.written_secrets import RESOLVED

if TYPE_CHECKING:
    from batch_constructs.impact.described_stack import DescribedStack

_MODULES: Final = ("ec2", "efs", "iam", "secretsmanager", "ssm")
_RESERVED: Final = frozenset(
    {
        *("app", "bc", "cdk", "cloudformation_include", "file", "id", "json", "options", "path"),
        *("paths", "resource", "scope", "self", "tempfile", *_MODULES),
    }
)
"""What the printed program calls something else."""

NOT_OURS: Final = "it is not a resource of AWS Batch"
_INDENT: Final = 8


class PrintedStack:
    """What is printed of a stack, and what is known of each resource by now.

    Attributes:
        old: The stack as it is.
        as_l1: Logical ID → why the resource stays as an L1.
        mends: Logical ID → what is done to our construct's resource once it is made.
        lines: Logical ID → the lines that make it and what it is given, in what was printed last.
        ids: Logical ID → the ID of our construct.
    """

    def __init__(self, old: DescribedStack) -> None:
        self.old = old
        self.as_l1: dict[str, str] = {}
        self.mends: dict[str, list[Any]] = {}
        self.lines: dict[str, list[range]] = {}
        self.ids: dict[str, str] = {}
        self._l1_ids: dict[str, str] = {}
        for logical_id, resource in self.resources.items():
            type_ = str(resource.get("Type"))
            kind = type_.removeprefix(kinds.BATCH)
            if not type_.startswith(kinds.BATCH):
                self.as_l1[logical_id] = NOT_OURS
            elif self._constructor(resource) is None:
                self.as_l1[logical_id] = kinds.why_none(kind, properties_of(resource))

    @property
    def class_name(self) -> str:
        """What the stack's class is called."""
        name = "".join(word[:1].upper() + word[1:] for word in words(self.old.name))
        name = name if name[:1].isalpha() else f"The{name}"
        return name if name.endswith("Stack") else f"{name}Stack"

    @property
    def resources(self) -> dict[str, Any]:
        """The resources, but for the CDK's own."""
        found = section(self.old.template, "Resources")
        return {name: one for name, one in found.items() if name != METADATA}

    @property
    def ours(self) -> list[str]:
        """The logical IDs that constructs of ours declare, in the order in which they are made."""
        left = {name: one for name, one in self.resources.items() if name not in self.as_l1}
        return sorted(
            left, key=lambda name: kinds.KINDS.index(left[name]["Type"].removeprefix(kinds.BATCH))
        )

    def _constructor(self, resource: dict[str, Any]) -> str | None:
        kind = str(resource.get("Type")).removeprefix(kinds.BATCH)
        parameters = section(self.old.template, "Parameters")
        return kinds.constructor(kind, properties_of(resource), parameters)

    def source(self) -> str:
        """Print the module."""
        used = set(_RESERVED)
        ids = {name for name in self.resources if name in self.as_l1}
        sections = Sections(self.old, lambda text: variable(text, used), ids)
        made: dict[str, str] = {}
        names = SharedNames(self.resources, self.as_l1, lambda text: variable(text, used))
        written = [(one, name) for (_, name), one in names.variables.items()]
        blocks: list[tuple[list[str], list[str]]] = [([], _statements(written))]
        blocks += [([], _statements(sections.statements))]
        self._l1_ids = {}
        blocks += [([], self._l1(name, used, ids, names)) for name in self.as_l1]
        taken = Taken(self.resources, used)
        self.ids = {}
        ours: dict[str, list[str]] = {}
        for logical_id in self.ours:
            self.ids[logical_id] = own = self._construct_id(logical_id, ids)
            ids.add(own)
            made[logical_id] = variable(own, used)
            ours[logical_id] = self._construct(logical_id, made, taken, names)
        users = {
            given: [name for name, block in ours.items() if _mentions(block, given)]
            for given in taken.statements
        }
        blocks += [
            (users[given], _statements([(given, call)])) for given, call in taken.statements.items()
        ]
        blocks += [([name], block) for name, block in ours.items()]
        sections.statements.clear()
        sections.outputs()
        blocks += [([], _statements(sections.statements)), ([], self._paths())]
        lines = [*self._head(taken, sections), *_statements(self._acknowledged())]
        self.lines = {}
        for owners, block in blocks:
            if not block:
                continue
            lines += [""]
            first = sum(text.count("\n") + 1 for text in lines) + 1
            lines += block
            last = sum(text.count("\n") + 1 for text in lines) + 1
            for owner in owners:
                self.lines.setdefault(owner, []).append(range(first, last))
        return "\n".join([*lines, "", "", *self._foot()]) + "\n"

    def _paths(self) -> list[str]:
        """Print the paths in the old template's metadata, where they are others now."""
        here = self._stack_id
        now = {name: f"{here}/{own}" for name, own in self._l1_ids.items()}
        now |= {name: f"{here}/{own}/Resource" for name, own in self.ids.items()}
        before = {
            name: path
            for name, resource in self.resources.items()
            if (path := _path_of(resource)) is not None and path != now[name]
        }
        if not before:
            return []
        return [
            (
                "        # The previous paths of the resources, which a diff would show; once "
                "this is"
            ),
            "        # deployed, remove it.",
            f"        paths = {render(before, _INDENT, 8)}",
            "        for resource in self.node.find_all():",
            "            if cdk.CfnResource.is_cfn_resource(resource):",
            "                path = paths.get(self.resolve(resource.logical_id))",
            "                if path is not None:",
            f'                    resource.add_metadata("{CONSTRUCT_PATH}", path)',
        ]

    @property
    def _stack_id(self) -> str:
        return NOT_IN_A_STACK_NAME.sub("-", self.old.name)

    def _head(self, taken: Taken, sections: Sections) -> list[str]:
        calls = " ".join(call.function for call in taken.statements.values())
        modules = [one for one in _MODULES if f"{one}." in calls]
        include = ["from aws_cdk import cloudformation_include"] if sections.others else []
        written = ["import json", "import tempfile", "from pathlib import Path", ""]
        lines = [
            '"""A stack as it was, with the constructs of batch-constructs."""',
            "",
            *(written if include else []),
            "import aws_cdk as cdk",
            *(f"from aws_cdk import aws_{one} as {one}" for one in modules),
            *include,
            "from constructs import Construct",
            "",
            "import batch_constructs as bc",
            "",
            "",
            f"class {self.class_name}(cdk.Stack):",
            "    def __init__(self, scope: Construct, id: str, **options) -> None:",
            "        super().__init__(scope, id, **options)",
        ]
        if include:
            lines += [
                "",
                "        # Sections that the CDK has no construct for.",
                '        file = Path(tempfile.mkdtemp()) / "sections.json"',
                f"        file.write_text(json.dumps({render(sections.others, _INDENT)}))",
                "        cloudformation_include.CfnInclude(",
                '            self, "Sections", template_file=str(file)',
                "        )",
            ]
        return lines

    def _foot(self) -> list[str]:
        call = Call(self.class_name, [Name("app"), self._stack_id], stack_options(self.old))
        app = Call("cdk.App")
        if not any(_path_of(one) for one in self.resources.values()):
            app.keywords["post_cli_context"] = {PATH_IS_SAID: False}
        return [
            'if __name__ == "__main__":',
            f"    app = {render(app, 4, 6)}",
            f"    {render(call, 4)}",
            "    app.synth()",
        ]

    def _acknowledged(self) -> list[tuple[str, Any]]:
        """Acknowledge what the rules find in the old template, which is deployed as it is."""
        found = {
            finding.rule: finding.message
            for finding in check_template(self.old.template)
            # what a secret is written into is an error of constructs of ours, whoever wrote it
            if finding.severity is Severity.ERROR or finding.rule in RESOLVED
        }
        return [
            (
                "",
                Call(
                    "cdk.Validations.of(self).acknowledge",
                    [
                        Call(
                            "cdk.Acknowledgment",
                            keywords={
                                "id": f"batch-constructs::{rule}",
                                "reason": (
                                    "This was already the case when the template was adopted: "
                                    f"{message}"
                                ),
                            },
                        )
                    ],
                ),
            )
            for rule, message in found.items()
        ]

    def _construct_id(self, logical_id: str, ids: set[str]) -> str:
        """Choose the ID with which the CDK made the logical ID, where it did, or that itself."""
        path = _path_of(self.resources[logical_id])
        steps = [] if path is None else path.removesuffix("/Resource").split("/")
        wished = steps[-1] if len(steps) > 1 else logical_id
        own = free_id(wished, ids, "Our")
        return own if own == wished else free_id(logical_id, ids, "Our")

    def _construct(
        self, logical_id: str, made: dict[str, str], taken: Taken, names: SharedNames
    ) -> list[str]:
        resource = self.resources[logical_id]
        kind = resource["Type"].removeprefix(kinds.BATCH)
        properties = properties_of(resource)
        constructor = self._constructor(resource)
        call = Translation(kind, str(constructor), properties, taken, made).call
        kinds.add_what_is_left_out(kind, properties, call)
        names.put_into(kind, properties, call)
        call.positional = [Name("self"), self.ids[logical_id]]
        name = made[logical_id]
        mends = [
            (f"{name}.{mend[0]}", mend[1])
            if isinstance(mend, tuple)
            else ("", Call(f"{name}.{mend.function}", mend.positional))
            for mend in self.mends.get(logical_id, ())
        ]
        return _statements([(name, call), *mends])

    def _l1(self, logical_id: str, used: set[str], ids: set[str], names: SharedNames) -> list[str]:
        resource = self.resources[logical_id]
        own = free_id(logical_id, ids - {logical_id}, "The")
        ids.add(own)
        self._l1_ids[logical_id] = own
        call = Call("cdk.CfnResource", [Name("self"), own], {"type": resource["Type"]})
        if properties_of(resource):
            call.keywords["properties"] = names.written(properties_of(resource))
        attributes = attributes_of(resource)
        if not attributes and own == logical_id:
            return _statements([("", call)])
        name = variable(logical_id, used)
        renamed = [("", Call(f"{name}.override_logical_id", [logical_id]))]
        overrides = [
            ("", Call(f"{name}.add_override", [attribute, value]))
            for attribute, value in attributes.items()
        ]
        return _statements([(name, call), *(renamed if own != logical_id else []), *overrides])


def _path_of(resource: dict[str, Any]) -> str | None:
    metadata = resource.get("Metadata")
    path = metadata.get(CONSTRUCT_PATH) if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else None


def properties_of(resource: dict[str, Any]) -> dict[str, Any]:
    """Give the properties of a resource."""
    found = resource.get("Properties")
    return found if isinstance(found, dict) else {}


def attributes_of(resource: dict[str, Any]) -> dict[str, Any]:
    """Give what a resource says beside its type and properties, but for the CDK's own path."""
    found = {name: one for name, one in resource.items() if name not in {"Type", "Properties"}}
    metadata = found.get("Metadata")
    if isinstance(metadata, dict):
        found["Metadata"] = {name: one for name, one in metadata.items() if name != CONSTRUCT_PATH}
    return {name: one for name, one in found.items() if one != {}}


def _mentions(block: list[str], variable: str) -> bool:
    """Whether a variable is used, and not a parameter of its name."""
    tree = ast.parse(textwrap.dedent("\n".join(block)))
    return any(isinstance(one, ast.Name) and one.id == variable for one in ast.walk(tree))


def _statements(statements: list[tuple[str, Any]]) -> list[str]:
    lines = []
    for name, value in statements:
        before = f"{name} = " if name else ""
        lines.append(f"{' ' * _INDENT}{before}{render(value, _INDENT, len(before))}")
    return lines
