"""What the tests of constructs share: an app, a stack, a VPC, and a look at a template."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_ec2 as ec2
from botocore.loaders import JSONFileLoader, Loader

from tests import rendered
from tests.workers import (
    is_judge,
    pytest_configure,
    pytest_configure_node,
    pytest_runtest_protocol,
)

__all__ = ["pytest_configure", "pytest_configure_node", "pytest_runtest_protocol"]

Resources = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def app() -> cdk.App:
    return cdk.App()


@pytest.fixture
def stack(app: cdk.App) -> cdk.Stack:
    return cdk.Stack(app, "Stack")


@pytest.fixture
def vpc(stack: cdk.Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)


@pytest.fixture
def resources(app: cdk.App, stack: cdk.Stack) -> Resources:
    """Synthesise, and return the stack's resources by logical ID, of one type if it is named."""

    def of_type(kind: str | None = None) -> dict[str, dict[str, Any]]:
        template = app.synth(force=True).get_stack_by_name(stack.stack_name).template
        return {
            name: resource
            for name, resource in template["Resources"].items()
            if kind is None or resource["Type"] == kind
        }

    return of_type


@pytest.fixture
def properties(resources: Resources) -> Callable[[str], dict[str, Any]]:
    """Synthesise, and return the properties of the one resource of a type."""

    def of_the_only(kind: str) -> dict[str, Any]:
        found = resources(kind)
        assert len(found) == 1, f"{len(found)} of {kind}"
        only: dict[str, Any] = next(iter(found.values()))["Properties"]
        return only

    return of_the_only


LONGEST = (
    "tests/test_project.py",
    "tests/test_security_packs.py",
    "tests/testing/test_page.py",
    "tests/judges/test_schemas.py",
)
"""What takes minutes begins first: at the end, the other worker would wait for it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the judges sit last: they judge what all other tests have rendered."""
    items.sort(key=lambda item: (is_judge(item), not item.nodeid.startswith(LONGEST)))


def share_models_of_aws() -> None:
    """Look for botocore's models and read each once a run, and not once a session of boto3."""
    read = lru_cache(maxsize=64)(JSONFileLoader().load_file)
    JSONFileLoader.load_file = lambda _loader, file_path: read(file_path)
    made = lru_cache(botocore.session.create_loader)

    def shared(paths: str | None) -> Loader:
        loader = made(paths)
        loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # each session appends boto3's
        return loader

    botocore.session.create_loader = shared


def listen_to_interruptions() -> None:
    """Let what the tests start hear Ctrl-C, also where a shell started the tests beside itself.

    Such a shell has it ignored, and whoever is started then ignores it, too.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave_out_validation() -> None:
    """Let apps leave out the CDK's own validation, which costs each of them seconds.

    The CDK makes warnings of what it finds, and AWS's texts judge each template here. Whoever reads
    its report says ``builtin_cloud_formation_validation=True``.
    """
    make = cdk.App.__init__

    def make_quickly(app: cdk.App, **options: Any) -> None:
        make(app, **{"builtin_cloud_formation_validation": False, **options})

    setattr(cdk.App, "__init__", make_quickly)  # noqa: B010  # mypy lets nobody assign a method


listen_to_interruptions()
rendered.keep()
leave_out_validation()
share_models_of_aws()
