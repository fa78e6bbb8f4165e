"""A construct that is refused leaves nothing behind, and errors of others are left alone."""

from __future__ import annotations

import inspect
from typing import Any, cast

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ecs as ecs

import batch_constructs as bc
from tests.constructors import IMAGE, MEMORY, Given
from tests.test_public_api import MADE_BY_US


class MineError(RuntimeError):
    """An error of the user's own."""


def failing(name: str, error: Exception) -> Any:
    """Return a subclass whose constructor fails once the construct itself is made."""
    kind = getattr(bc, name)

    def init(self: Any, *args: Any, **options: Any) -> None:
        kind.__init__(self, *args, **options)
        raise error

    return type(name, (kind,), {"__init__": init})


@pytest.fixture(scope="module")
def given() -> Given:
    app = cdk.App(builtin_cloud_formation_validation=False)
    return Given(cdk.Stack(app, "Stack"))


def template(given: Given) -> dict[str, Any]:
    app = cast("cdk.App", given.stack.node.root)
    found: dict[str, Any] = app.synth(force=True).get_stack_by_name("Stack").template
    return found


@pytest.fixture(scope="module")
def before(given: Given) -> dict[str, Any]:
    return template(given)


@pytest.mark.parametrize("name", MADE_BY_US)
def test_a_construct_that_a_subclass_breaks_off_leaves_nothing_behind(
    name: str, given: Given, before: dict[str, Any]
) -> None:
    """No child, no function of the stack, no grant on what was given."""
    error = MineError("mine")
    with pytest.raises(MineError) as raised:
        failing(name, error)(given.stack, "X", **given.arguments(name))

    assert raised.value is error
    assert given.stack.node.try_find_child("X") is None
    assert template(given) == before


@pytest.mark.parametrize("name", ["Ec2JobDefinition", "FargateJobDefinition"])
def test_an_image_that_cannot_be_bound_leaves_nothing_behind(
    name: str, given: Given, before: dict[str, Any]
) -> None:
    arguments = {**given.arguments(name), "image": ecs.ContainerImage.from_asset("/nowhere")}
    with pytest.raises(
        ValueError, match="Stack/X: image: Cannot find image directory at /nowhere: give"
    ):
        getattr(bc, name)(given.stack, "X", **arguments)

    assert template(given) == before


def test_what_is_granted_waits_until_the_outermost_construct_is_made(stack: cdk.Stack) -> None:
    given = Given(stack)
    policy = given.role.node.try_find_child

    class Team(bc.FargateJobDefinition):
        def __init__(self) -> None:
            super().__init__(stack, "Team", **given.arguments("FargateJobDefinition"))
            assert policy("DefaultPolicy") is None

    Team()
    assert policy("DefaultPolicy") is not None


def test_an_id_can_be_tried_again(given: Given) -> None:
    sizes: dict[str, Any] = {"image": IMAGE, "memory": MEMORY}
    with pytest.raises(ValueError, match="vcpus is 3"):
        bc.FargateJobDefinition(given.stack, "Again", vcpus=3, **sizes)
    bc.FargateJobDefinition(given.stack, "Again", vcpus=1, **sizes)
    assert given.stack.node.try_remove_child("Again")


@jsii.implements(cdk.IStringProducer)
class Producer:
    """Something of the user's that JavaScript calls."""

    def produce(self, context: cdk.IResolveContext) -> str:  # noqa: ARG002  # as JavaScript calls it
        raise KeyError("mine")


def test_an_error_of_the_users_own_callback_passes_through_javascript(given: Given) -> None:
    image = cdk.Lazy.uncached_string(Producer())
    with pytest.raises(KeyError, match="mine"):
        bc.FargateJobDefinition(given.stack, "X", image=image, vcpus=1, memory=MEMORY)
    assert given.stack.node.try_find_child("X") is None


@pytest.mark.parametrize("error", [TypeError("type of argument x"), RuntimeError("Error: mine")])
def test_an_error_that_looks_like_one_of_the_cdk_is_the_users_all_the_same(
    error: Exception, given: Given
) -> None:
    cause = KeyError("why")
    error.__cause__ = cause
    with pytest.raises(type(error)) as raised:
        failing("ConsumableResource", error)(given.stack, "X", total_quantity=1)

    assert raised.value is error
    assert raised.value.__cause__ is cause


@pytest.mark.parametrize("name", MADE_BY_US)
def test_help_and_editors_see_the_parameters_of_a_construct(name: str) -> None:
    kind = getattr(bc, name)

    shown = inspect.signature(kind).parameters
    own = inspect.signature(kind.__init__).parameters
    assert ["self", *shown] == list(own)
