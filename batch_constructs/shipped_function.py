"""A Lambda function whose code ships with this library, allowed what it needs and nothing else."""

from __future__ import annotations

import ast
import shutil
from atexit import register
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from batch_constructs import aws, functions
from batch_constructs.aws.service_principals import LAMBDA
from batch_constructs.construct import BatchConstruct
from batch_constructs.function_settings import NETWORK_STATEMENT, FunctionSettings, admit_logs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from constructs import Construct

Statement = dict[str, Any]
_FOLDER = Path(functions.__file__).parent
_FLOOR = Path(aws.__file__).parent


class ShippedFunction(BatchConstruct):
    """A function, its role and its log group.

    Creates, below its own ID: ``LogGroup``, ``Role`` and ``Handler`` (AWS::Lambda::Function).
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        folder: str,
        module: str,
        description: str,
        environment: Mapping[str, str],
        statements: Sequence[Statement],
        timeout: Duration,
        memory_mebibytes: int = 256,
        libraries: Sequence[str] = (),
        settings: FunctionSettings | None = None,
    ) -> None:
        """Make it; ``libraries`` are pure-Python packages that are shipped beside the folder."""
        super().__init__(scope, id)
        wanted = self.settings = FunctionSettings() if settings is None else settings
        key = wanted.encryption_key
        if key is not None:
            admit_logs(key)
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=wanted.log_retention or logs.RetentionDays.ONE_MONTH,
            encryption_key=key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        write_log = {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": self.log_group.log_group_arn,
        }
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(LAMBDA),
            description=description,
            permissions_boundary=wanted.permissions_boundary,
            inline_policies={
                "Policy": iam.PolicyDocument.from_json(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            write_log,
                            *statements,
                            *([] if wanted.vpc is None else [NETWORK_STATEMENT]),
                        ],
                    }
                )
            },
        )
        self.handler = lambda_.Function(
            self,
            "Handler",
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=memory_mebibytes,
            timeout=timeout,
            role=self.role,
            log_group=self.log_group,
            handler=f"{folder}.{module}.handler",
            code=lambda_.Code.from_asset(_together(folder, tuple(libraries))),
            environment=dict(environment),
            environment_encryption=key,
            reserved_concurrent_executions=wanted.reserved_concurrency,
            vpc=wanted.vpc,
            vpc_subnets=wanted.vpc_subnets,
            security_groups=wanted.security_groups and list(wanted.security_groups),
        )


@cache
def _together(folder: str, libraries: tuple[str, ...]) -> str:
    """Put source, what it reads of the ground floor, and libraries beside each other.

    All of it comes from this environment: no network, no Docker. The CDK copies it into the cloud
    assembly at once, so that nothing stays here when Python ends.
    """
    together = Path(mkdtemp(prefix="batch-constructs-"))
    register(shutil.rmtree, together, ignore_errors=True)
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_FOLDER / folder, together / folder, ignore=without)
    floor = together.joinpath(*aws.__name__.split("."))
    floor.mkdir(parents=True)
    (floor.parent / "__init__.py").touch()
    for module in _facts_of(_FOLDER / folder):
        shutil.copy(_FLOOR / f"{module}.py", floor)
    for library in libraries:
        spec = find_spec(library)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{library} is not installed beside batch-constructs")
        shutil.copytree(Path(spec.origin).parent, together / library, ignore=without)
    return str(together)


def _facts_of(folder: Path) -> set[str]:
    """Name the modules of the ground floor that a folder's code imports, and those that they do."""
    found = {"__init__"}
    unread = list(folder.glob("*.py"))
    while unread:
        for node in ast.walk(ast.parse(unread.pop().read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(
                f"{aws.__name__}."
            ):
                module = str(node.module).removeprefix(aws.__name__).lstrip(".")
                named = {module} if module else {alias.name for alias in node.names}
                unread += [_FLOOR / f"{new}.py" for new in named - found]
                found |= named
    return found
