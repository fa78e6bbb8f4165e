"""The arguments of a construct: read with a look at their type, refused all at once.

A construct turns its arguments into plain CloudFormation properties; whatever is wrong on the way,
and whatever the rules find in the result, is said in one error at the caller's line.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from batch_constructs.amounts import amount
from batch_constructs.aws.bound import A_KEY, Whole, allowed, as_text, refused, shown
from batch_constructs.aws.resource_states import State
from batch_constructs.aws.submit_job import LARGEST_NUMBER
from batch_constructs.checked_once import refusals
from batch_constructs.jsii_objects import constant_of, has_member, is_resolvable, kind_of
from batch_constructs.noted_problems import NotedProblems
from batch_constructs.place import (
    OF_ONE_REGION,
    PASSED_HERE,
    STARTED_FROM_HERE,
    elsewhere,
    in_another_account,
    in_another_partition,
    in_another_region,
)
from batch_constructs.rules import UNKNOWN
from batch_constructs.rules.error_outcomes import UNPROVEN
from batch_constructs.tokens import (
    is_made_up,
    is_secret_value,
    is_token,
    names_a_secret,
    path_maker,
    without_tokens,
)

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from constructs import Construct

    from batch_constructs.aws.bound import Bound, Matching

_A_VALUE_FOR_ALL = (
    "is the value of a secret, which everyone who can describe the resource could read; allowed: "
    "a secret that is fetched when the container starts: give it as secrets={NAME: secret}"
)

_DYNAMIC = "{{resolve:"
"""How a dynamic reference begins, which CloudFormation puts another text in the place of.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

_NOT_UNICODE = re.compile("[\ud800-\udfff]")

T = TypeVar("T")


_SUCH_A_SIZE = {"mebibytes": 2048, "gibibytes": 100}
"""A size that is right in most places, by its unit."""


_NAMES_OF_L2S = frozenset({"state_machine_name", "topic_name"})
"""What an L2 of the CDK is called, which can make its name up."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the rules saw of one construct's resource.

    Attributes:
        type: Its CloudFormation type.
        properties: Its properties, with what is unknown marked as such.
        beside: What they knew of the resources that it refers to.
    """

    type: str
    properties: Mapping[str, Any]
    beside: Mapping[str, Mapping[str, object]]

    @property
    def resource(self) -> dict[str, object]:
        """The resource as it stands in a template."""
        return {"Type": self.type, "Properties": self.properties}


_MAY_HOLD_SECRETS = {"args", "command", "user_data"}
"""Lists of words that somebody may have put a password into."""

_CHECKED: WeakKeyDictionary[Any, Checked] = WeakKeyDictionary()


def checked(construct: Any) -> Checked | None:
    """Return what the rules saw of a construct; nothing of what is not ours, or was imported."""
    return _CHECKED.get(construct) if has_member(construct, "node") else None


class Arguments(NotedProblems):
    """The arguments of one construct, and all that is wrong with them.

    Every reader returns a value that can stand in CloudFormation properties; where an argument has
    the wrong type it notes the problem and returns UNKNOWN, so that the other arguments are still
    judged before ``refuse`` raises.

    Attributes:
        construct: The construct whose arguments they are.
    """

    def __init__(self, construct: Construct) -> None:
        super().__init__(construct)
        self._hidden: dict[str, str] = {}
        self._seen: Checked | None = None

    @classmethod
    def of_a_value(cls) -> Arguments:
        """Return a reader of a value that no construct has yet: it notes what is wrong."""
        nowhere: Any = None
        return cls(nowhere)

    def within(self, parameter: str, *, between: str = ".") -> Arguments:
        """Return a view for the fields of what is given as a parameter, with the same problems."""
        view = Arguments(self.construct)
        view._wrong_types = self._wrong_types
        view._wrong_values = self._wrong_values
        view._hidden = self._hidden
        view._durations = self._durations
        view._within = f"{self._within}{parameter}{between}"
        return view

    def number(
        self,
        parameter: str,
        value: Any,
        *,
        required: bool = False,
        bound: Bound | None = None,
        most: int = LARGEST_NUMBER,
    ) -> Any:
        """Read a number up to ``most``; a whole one comes back as an int: AWS refuses ``1.0``."""
        if value is None:
            return self._left_out(parameter, "a number", required=required)
        if not isinstance(value, list | tuple) and is_token(value):
            return value if isinstance(value, float) else _as_number(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.wrong_type(parameter, value, "a number")
        finite = isinstance(value, int) or math.isfinite(value)  # a large int fits into no float
        if finite:
            value = int(value) if value == int(value) else value
            wrong = bound.wrong(value) if bound is not None else None
            if wrong is not None or getattr(bound, "high", None) or abs(value) <= most:
                return self.bounded(parameter, value, bound)
        numbers = f"{'numbers' if bound is None else bound.allowed} up to {most}"
        numbers = numbers if finite else "finite numbers"
        return self.wrong_value(f"{parameter} {refused(value, numbers)}")

    def text(
        self,
        parameter: str,
        value: object,
        *,
        required: bool = False,
        bound: Bound | None = None,
    ) -> Any:
        """Read a string that says something: an empty one is refused."""
        if value is None:
            return self._left_out(parameter, "a string", required=required)
        if value == "":
            mend = "give one" if required else "leave it out for the default"
            return self.wrong_value(f"{parameter} is empty: {mend}")
        return self.bounded(parameter, self._string(parameter, value), bound)

    def bounded(self, parameter: str, value: Any, bound: Bound | None) -> Any:
        """Note a value that is out of bounds, where no rule looks at it; unknown ones may be."""
        if bound is None or value is None or value is UNKNOWN or is_token(value):
            return value
        if isinstance(value, str) and _DYNAMIC in value:
            return value
        wrong = bound.wrong(value)
        if wrong is not None:
            return self.wrong_value(f"{parameter} {wrong}")
        return int(value) if isinstance(bound, Whole) else value

    def within_text(self, **values: object) -> bool:
        """Refuse tokens as objects where what is given becomes a part of a text."""
        objects = [parameter for parameter, value in values.items() if is_resolvable(value)]
        for parameter in objects:
            self.wrong_value(
                f"{parameter} is a token as an object, but it becomes part of a text here: give "
                "cdk.Token.as_string(…) or cdk.Token.as_number(…) of it"
            )
        return not objects

    def flag(self, parameter: str, value: object, *, required: bool = False) -> Any:
        """Read True or False."""
        if value is None:
            return self._left_out(parameter, "True or False", required=required)
        if isinstance(value, str) and is_token(value):
            from aws_cdk import Token  # noqa: PLC0415  # loaded by whoever made the token

            # L1s take a truth value that is not known as an object, and not as a text
            return None if is_made_up(value) else Token.as_any(value)
        if isinstance(value, bool) or (is_resolvable(value) and is_token(value)):
            return value
        return self.wrong_type(parameter, value, "True or False")

    def switch(self, parameter: str, value: object) -> Any:
        """Read True or False where False is AWS's own default: it is left out."""
        return None if value is False else self.flag(parameter, value, required=True)

    def state(self, parameter: str, value: object) -> Any:
        """Read True or False as ENABLED or DISABLED."""
        if isinstance(value, bool):
            return State.ENABLED if value else State.DISABLED
        return self.wrong_type(parameter, value, "True or False")

    def texts(
        self,
        parameter: str,
        value: Sequence[str] | None,
        *,
        filled: bool = False,
        bound: Matching | None = None,
    ) -> Any:
        """Read a sequence of strings, as a list; ``filled`` or with a bound, none is empty."""
        if value is None:
            return None
        if is_resolvable(value):
            return _as_list(value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            secret = parameter in _MAY_HOLD_SECRETS
            return self.wrong_type(parameter, value, "a list of strings", secret=secret)
        if is_token(value):
            return list(value)
        read = self._string
        if filled or bound is not None:
            read = partial(self.text, required=True, bound=bound)
        return [read(f"{parameter}[{index}]", item) for index, item in enumerate(value)]

    def one_by_one(self, parameter: str, value: object) -> bool:
        """Refuse a list that only CloudFormation knows, where each entry has to be looked at."""
        if not (is_resolvable(value) or (isinstance(value, list | tuple) and is_token(value))):
            return True
        self.wrong_value(
            f"{parameter} is a list that only CloudFormation knows, but each of its entries has "
            "to be known here; allowed: a list whose entries may be tokens: give Fn.select(0, …) "
            "for each"
        )
        return False

    def each(
        self,
        parameter: str,
        value: Any,
        kind: type[T],
        expected: str,
        read: Callable[[Arguments, T], Any],
        *,
        some: bool = False,
    ) -> list[Any]:
        """Read each entry of a sequence, with a view for its fields; ``expected`` shows one."""
        listed = self.items(parameter, value, expected, some=some)
        return [
            read(self.within(f"{parameter}[{place}]"), item)
            if isinstance(item, kind)
            else self.wrong_type(f"{parameter}[{place}]", item, expected)
            for place, item in enumerate(listed)
        ]

    def resources(
        self,
        parameter: str,
        value: Any,
        fits: str | Callable[[Any], bool],
        one: str,
        several: str,
        *,
        some: bool = False,
    ) -> list[Any]:
        """Read a sequence of resources, and return those that fit: that have a member, or pass.

        ``one`` and ``several`` say what is expected; ``some`` that it may not be empty.
        """
        listed = self.items(parameter, value, several, some=some)
        found = []
        for place, item in enumerate(listed):
            if has_member(item, fits) if isinstance(fits, str) else fits(item):
                found.append(item)
            else:
                self.wrong_type(f"{parameter}[{place}]", item, one)
        return found

    def role(self, parameter: str, value: Any, expected: str = "an iam.IRole") -> None:
        """Look at a role that is given: that it is one, and of the stack's account."""
        if value is None:
            return
        if not has_member(value, "role_arn"):
            self.wrong_type(parameter, value, expected)
        else:
            self.of_this_account(parameter, value, "roleArn", PASSED_HERE)

    def of_this_account(self, parameter: str, resource: Any, member: str, because: str) -> None:
        """Note a resource of IAM of another account than the stack's; ``because`` says what to do.

        ``member`` is what its ARN is called in JavaScript.
        """
        problem = in_another_account(self.construct, resource, member, because)
        if problem is not None:
            self.wrong_value(f"{parameter}: {problem}")

    def of_this_region(self, parameter: str, resource: Any, arn: str, because: str) -> bool:
        """Note a resource of another Region than the stack's; ``because`` says what to do."""
        problem = in_another_region(self.construct, resource, arn, because)
        if problem is not None:
            self.wrong_value(f"{parameter}: {problem}")
        return problem is None

    def of_this_partition(self, parameter: str, arn: Any) -> None:
        """Note an ARN of another partition than the stack's, where any Region will do."""
        problem = in_another_partition(self.construct, str(arn))
        if problem is not None:
            self.wrong_value(f"{parameter}: {problem}")

    def of_this_place(self, parameter: str, resource: Any, because: str, arn: str = "") -> None:
        """Note a construct of another Region or account; ``because`` says what to do."""
        problem = elsewhere(self.construct, arn, because, resource=resource)
        if problem is not None:
            self.wrong_value(f"{parameter}: {problem}")

    def started_here(self, parameter: str, resource: Any) -> None:
        """Look at what instances start with and no other Region, nor account, can use."""
        if self.of_this_region(parameter, resource, "", OF_ONE_REGION):
            self.of_this_place(parameter, resource, STARTED_FROM_HERE)

    def items(self, parameter: str, value: Any, expected: str, *, some: bool = False) -> list[Any]:
        """Read a sequence of anything, as a list; ``expected`` says of what."""
        if value is None and not some:
            return []
        if isinstance(value, str | Mapping) or not isinstance(value, Sequence):
            self.wrong_type(parameter, value, f"a list of {expected}")
            return []
        if some and not value:
            self.wrong_value(f"{parameter} is empty; {allowed('at least one')}: give {expected}")
        return list(value)

    def mapping(self, parameter: str, value: Mapping[str, str] | None) -> dict[str, Any]:
        """Read a mapping of strings to strings, as a dict."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.wrong_type(parameter, value, "a mapping of names to strings", secret=True)
            return {}
        return {
            self.name(parameter, name): self._string(
                f"{parameter}[{shown(name)}]", item, secret=True
            )
            for name, item in value.items()
        }

    def name(self, parameter: str, name: object) -> Any:
        """Read a name that a mapping has an entry for."""
        if name == "":
            return self.wrong_value(f"{A_KEY}{parameter} is empty: give every entry a key")
        return self._string(f"{A_KEY}{parameter}", name)

    def choice(self, parameter: str, value: object, expected: str) -> Any:
        """Read an enumeration's member or its string, as the string AWS knows."""
        held = getattr(value, "value", value)
        held = constant_of(held) or held
        if held is None or isinstance(held, str):
            return as_text(held)
        if kind_of(value).startswith("aws_cdk.") and has_member(value, "of"):
            return self.wrong_value(
                f"{parameter} is made by {type(value).__name__}.of(…), and only the CDK can read "
                f"its text; expected {expected}: give the text itself"
            )
        return self.wrong_type(parameter, value, expected)

    def mebibytes(self, parameter: str, value: Size | None, *, required: bool = False) -> Any:
        """Read a Size in whole MiB."""
        if value is None:
            return self._left_out(parameter, "a Size", required=required)
        return self._size(parameter, value, "mebibytes", "MiB")

    def gibibytes(self, parameter: str, value: Size | None) -> Any:
        """Read a Size in whole GiB."""
        return self._size(parameter, value, "gibibytes", "GiB")

    def seconds(self, parameter: str, value: Duration | None) -> Any:
        """Read a Duration in whole seconds."""
        return self._duration(parameter, value, "seconds")

    def minutes(self, parameter: str, value: Duration | None) -> Any:
        """Read a Duration in whole minutes."""
        return self._duration(parameter, value, "minutes")

    def _left_out(self, parameter: str, expected: str, *, required: bool) -> Any:
        return self.wrong_type(parameter, None, expected) if required else None

    def _string(self, parameter: str, value: object, *, secret: bool = False) -> Any:
        """Read a string, which may be empty."""
        if isinstance(value, str):
            if (
                value.startswith("${Token[")
                and parameter not in _NAMES_OF_L2S
                and _is_made_up_if_needed(value)
            ):
                return self.wrong_value(
                    f"{parameter} is PhysicalName.GENERATE_IF_NEEDED, which only L2s of the CDK "
                    "understand: leave it out, or give a name"
                )
            if (made := path_maker(value)) is not None:
                return self.wrong_value(
                    f"{parameter} is made by {made}, which has no effect here: write the path "
                    'itself, such as "$.day", if a path is read here; otherwise the value'
                )
            if is_token(value) or names_a_secret(value):
                self._hidden[f"{self._within}{parameter}"] = value
            if (not value.isascii() and _NOT_UNICODE.search(value)) or "\0" in value:
                return self.wrong_value(
                    f"{parameter} contains a character that no template can contain: remove NUL "
                    "and halves of characters"
                )
            return as_text(value)
        if is_resolvable(value) and has_member(value, "unsafe_unwrap"):
            return self.wrong_value(f"{parameter} {_A_VALUE_FOR_ALL}")
        return (
            _as_string(value)
            if is_resolvable(value)
            else self.wrong_type(parameter, value, "a string", secret=secret)
        )

    def check(
        self,
        resource_type: str,
        properties: dict[str, Any],
        *,
        beside: Mapping[str, Mapping[str, object]] | None = None,
        refuse_also: frozenset[str] = frozenset(),
    ) -> None:
        """Let the rules read the properties; ``checked`` returns these as the rules see them.

        Findings of severity error are refused, and those of the rules in ``refuse_also`` whatever
        their severity; so is what nobody saw AWS take, or refuse (`UNPROVEN`).
        """
        known = without_tokens(properties)
        errors_and = refuse_also | UNPROVEN
        check = partial(refusals, resource_type, beside=beside or {}, errors_and=errors_and)
        refused = check(known)
        if refused:
            from batch_constructs.refusal import causes, told  # noqa: PLC0415  # only in an error

            problems = told(causes(refused, check, known), resource_type.rpartition("::")[2], known)
            self._wrong_values += self._but_for_known(problems)
        self._seen = Checked(type=resource_type, properties=known, beside=beside or {})

    @property
    def problems(self) -> list[str]:
        """All that is wrong so far, a line each, without credentials."""
        self._expect_no_secret_value()
        return super().problems

    def refuse(self, id: str | None = None, *, added: tuple[str, str] | None = None) -> None:
        """Raise what is wrong, as `NotedProblems.refuse` does; or keep what the rules saw."""
        super().refuse(id, added=added)
        if self._seen is not None:
            _CHECKED[self.construct] = self._seen

    def _expect_no_secret_value(self) -> None:
        """Refuse the value of a secret that is hidden in a string: the template would name it."""
        for parameter, text in self._hidden.items():
            if is_secret_value(text):
                self._wrong_values += self._but_for_known([f"{parameter} {_A_VALUE_FOR_ALL}"])
        self._hidden.clear()

    def _size(self, parameter: str, value: Size | None, factory: str, unit: str) -> Any:
        from aws_cdk import Size  # noqa: PLC0415  # loaded by the caller

        if value is None:
            return None
        if not isinstance(value, Size):
            such = f"Size.{factory}({_SUCH_A_SIZE[factory]})"
            return self.wrong_type(parameter, value, f"a Size such as {such}")
        return self._amount(parameter, amount(value, factory), unit)

    def _duration(self, parameter: str, value: Duration | None, unit: str) -> Any:
        from aws_cdk import Duration  # noqa: PLC0415  # loaded by the caller

        if value is None:
            return None
        if not isinstance(value, Duration):
            return self.wrong_type(parameter, value, "a Duration such as Duration.minutes(30)")
        read = self._amount(parameter, amount(value, unit), unit)
        self._durations[f"{self._within}{parameter}"] = (f"{read} {unit}", value)
        return read

    def _amount(self, parameter: str, read: float | None, unit: str) -> Any:
        """Expect a whole number of a unit."""
        if read is None:
            return self.wrong_value(
                f"{parameter} is a token in another unit than {unit}, which cannot be converted "
                f"before the deployment: give the token in {unit}"
            )
        if is_token(read):
            return read
        if read != int(read):
            return self.wrong_value(
                f"{parameter} {refused(read, f'a whole number of {unit}', unit)}"
            )
        return int(read)


def _as_number(token: Any) -> float:
    from aws_cdk import Token  # noqa: PLC0415  # loaded by whoever made the token

    return Token.as_number(token)


def _as_string(token: Any) -> str:
    from aws_cdk import Token  # noqa: PLC0415  # loaded by whoever made the token

    return Token.as_string(token)


def _as_list(token: Any) -> list[str]:
    from aws_cdk import Token  # noqa: PLC0415  # loaded by whoever made the token

    return Token.as_list(token)


def _is_made_up_if_needed(token: str) -> bool:
    from batch_constructs.asked_once import made_up_if_needed  # noqa: PLC0415  # it loads the CDK

    return token == made_up_if_needed()
