"""A Lambda function whose code ships with this library, allowed what it needs and nothing else."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from aws_cdk import IgnoreMode, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from batch_constructs import functions
from batch_constructs.construct import BatchConstruct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from constructs import Construct

Statement = dict[str, Any]
_FOLDER = Path(functions.__file__).parent


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
    ) -> None:
        """Make it; ``libraries`` are pure-Python packages that are shipped beside the folder."""
        super().__init__(scope, id)
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            retention=logs.RetentionDays.ONE_MONTH,
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
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=description,
            inline_policies={
                "Policy": iam.PolicyDocument.from_json(
                    {"Version": "2012-10-17", "Statement": [write_log, *statements]}
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
            code=_code(folder, tuple(libraries)),
            environment=dict(environment),
        )


def _code(folder: str, libraries: tuple[str, ...]) -> lambda_.Code:
    """Take a folder of the functions' source, as a package, without anything compiled."""
    if libraries:
        return lambda_.Code.from_asset(_with_libraries(folder, libraries))
    return lambda_.Code.from_asset(
        str(_FOLDER), exclude=["/*", f"!/{folder}", "__pycache__"], ignore_mode=IgnoreMode.GIT
    )


@cache
def _with_libraries(folder: str, libraries: tuple[str, ...]) -> str:
    """Put source and libraries beside each other, from this environment: no network, no Docker."""
    together = Path(mkdtemp(prefix="batch-constructs-"))
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_FOLDER / folder, together / folder, ignore=without)
    for library in libraries:
        spec = find_spec(library)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{library} is not installed beside batch-constructs")
        shutil.copytree(Path(spec.origin).parent, together / library, ignore=without)
    return str(together)
