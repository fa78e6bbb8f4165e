"""What a template writes, with its references to secrets: they are unknown to all other rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batch_constructs.aws.credential_names import SECRET_ATTRIBUTES, gives_a_credential
from batch_constructs.aws.credentials import credential_in
from batch_constructs.aws.pattern import pattern
from batch_constructs.aws.typing_names import Any, Final
from batch_constructs.rules.template.intrinsics import Resolver

NO_ECHO: Final = "no-echo"
ATTRIBUTE: Final = "attribute"
DEFAULT: Final = "default"
SECRET_REFERENCE: Final = pattern(
    rf"\{{\{{resolve:(secretsmanager|ssm-secure|{NO_ECHO}|{ATTRIBUTE}|{DEFAULT}):([A-Za-z0-9.]*)"
)
"""A reference to a secret; and what stands for the value of a parameter that is not shown, for an
attribute of a resource that is secret, and for a parameter whose default is a credential."""


class AsWritten:
    """What a template writes, with references to secrets, in resources of its own or of others."""

    def __init__(self, template: Mapping[str, object]) -> None:
        mappings, conditions, parameters = sections(template)
        known = {
            name: value
            for name, one in parameters.items()
            if isinstance(one, Mapping) and (value := _value(name, one)) is not None
        }
        known.update(_secret_attributes(template.get("Resources")))
        texts = {
            name: one["Default"]
            for name, one in parameters.items()
            if isinstance(one, Mapping)
            and one.get("Type") == "String"
            and name in known
            and known[name] == one.get("Default") != ""
        }
        self._with_defaults = (
            Resolver({}, mappings=mappings, parameters=texts, condition=lambda _: True)
            if texts
            else None
        )
        self._found_elsewhere = _opens_a_reference([mappings, known])
        self._resolvers = [
            Resolver(
                {},
                mappings=mappings,
                parameters=known,
                condition=lambda _, holds=holds: holds,  # type: ignore[misc]  # bound as it is made
                as_written=True,
            )
            for holds in ((True, False) if conditions else (True,))
        ]

    def of(self, properties: object, *, opens_none: bool = False) -> list[object]:
        """Give properties with the references to secrets that are in them.

        First as they stand there; then as the functions of CloudFormation put them together,
        parameters at their defaults: once for conditions that hold, and once for those that do not.
        Nothing where no reference can be: few resources have one, and to put a template together
        twice is a fifth of its check.

        Args:
            properties: as they are written.
            opens_none: whether it is known that no string of theirs begins a reference.
        """
        if not self._found_elsewhere and (opens_none or not _opens_a_reference(properties)):
            return []
        return [properties, *(one.resolve(properties) for one in self._resolvers)]

    def with_defaults(self, value: object) -> str | None:
        """Give the text that a value is while each parameter has its default, if it needs one."""
        if self._with_defaults is None or not isinstance(value, dict):
            return None
        found = self._with_defaults.resolve(value)
        return found if isinstance(found, str) else None


def _secret_attributes(resources: object) -> Iterator[tuple[str, str]]:
    """Give what stands for the secret attributes of resources, as `Fn::GetAtt` names them."""
    for id_, one in resources.items() if isinstance(resources, Mapping) else ():
        kind = one.get("Type") if isinstance(one, Mapping) else None
        attribute = SECRET_ATTRIBUTES.get(kind) if isinstance(kind, str) else None
        if attribute is not None:
            name = f"{id_}.{attribute}"
            yield name, f"{{{{resolve:{ATTRIBUTE}:{name}}}}}"


_LISTS: Final = (list, tuple)
_SEVERAL: Final = (dict, list, tuple, Mapping)
"""What holds other values: plain ones first, since to ask for a `Mapping` is dear."""


def _opens_a_reference(value: Any) -> bool:
    """Look for a bracket that a reference may begin with; pieces of one may stand apart.

    Behind a ``$`` stands what `Fn::Sub` replaces, as nearly every template has it.
    """
    met: set[int] = set()
    rest: list[Any] = [[value]]
    while rest:
        value = rest.pop()
        if id(value) in met:
            continue
        met.add(id(value))
        for one in value if isinstance(value, _LISTS) else value.values():
            if isinstance(one, str):
                if "{" in one and one.count("{") > one.count("${"):
                    return True
            elif isinstance(one, _SEVERAL):
                rest.append(one)
    return False


def sections(template: Mapping[str, object]) -> Iterator[Mapping[str, Any]]:
    """Give mappings, conditions and parameters of a template."""
    for name in ("Mappings", "Conditions", "Parameters"):
        section = template.get(name)
        yield section if isinstance(section, Mapping) else {}


def _value(name: object, parameter: Mapping[str, object]) -> object:
    if str(parameter.get("NoEcho")).lower() == "true":
        return f"{{{{resolve:{NO_ECHO}:{name}}}}}"
    default = parameter.get("Default")
    if isinstance(default, str) and (
        credential_in(default) is not None or gives_a_credential(default)
    ):
        return f"{{{{resolve:{DEFAULT}:{name}}}}}"
    return default
