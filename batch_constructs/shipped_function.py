"""A Lambda function whose code ships with this library, allowed what it needs and nothing else."""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_cdk import RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam

from batch_constructs import functions
from batch_constructs.acknowledgements import tell_checkov
from batch_constructs.applied_settings import default_for
from batch_constructs.asset_folder import asset_folder
from batch_constructs.aws.delivery import LAMBDA_EVENT_AGE_SECONDS, LAMBDA_RETRIES
from batch_constructs.aws.names import LATEST_VERSION
from batch_constructs.aws.role_actions import LOG_STREAM_ACTIONS
from batch_constructs.aws.service_principals import LAMBDA
from batch_constructs.by_way_of import let_put_aside_and_take_back
from batch_constructs.construct import BatchConstruct
from batch_constructs.encryption_key import admit_logs
from batch_constructs.function_settings import FunctionSettings, network_statements
from batch_constructs.known_queue import arn_of
from batch_constructs.log_settings import KEPT
from batch_constructs.one_call import Made, OneCall, code_of, new, of
from batch_constructs.role_policies import RolePolicies, as_document
from batch_constructs.told_variables import ToldVariables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Duration
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

Statement = dict[str, Any]
_FOLDER = Path(functions.__file__).parent
_ROOT, _OURS = _FOLDER.parent, functions.__name__.partition(".")[0]
_IMPORT = re.compile(rf"^ *from ({_OURS}[.\w]*) import (\([^)]*\)|.*)", re.MULTILINE)
"""Found in text: to parse it all took longer than all else that a function is made of."""


class ShippedFunction(BatchConstruct):
    """A function, its role and its log group.

    Creates, below its own ID: ``LogGroup``, ``Role`` and ``Handler`` (AWS::Lambda::Function).
    """

    log_group: logs.LogGroup
    role: iam.Role
    handler: lambda_.Function
    unseen_handler: Made[lambda_.Function]
    """The same for what is made in JavaScript: Python need not load the module of its class."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        folder: str,
        module: str,
        description: str,
        environment: Mapping[str, str | Sequence[str]],
        statements: Sequence[Statement],
        timeout: Duration,
        memory_mebibytes: int = 256,
        code: Mapping[str, str] | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
        event_age: Duration | None = None,
        retry_attempts: int = LAMBDA_RETRIES,
        settings: FunctionSettings | None = None,
        way_out: str = "name fewer queues, or divide them",
    ) -> None:
        """Make it.

        Args:
            scope: What it belongs to.
            id: Its ID, unique in the scope.
            folder: The folder of ``functions`` that ships.
            module: The module of that folder that has the handler.
            description: What it does.
            environment: What it is told; lists for which there is no room lie in parameters.
            statements: What it may do.
            timeout: How long it may take.
            memory_mebibytes: How much memory it has.
            code: Further modules, beside the folder: name → Python.
            dead_letter_queue: Where events go that it failed to handle, of those that nobody waits
                for: EventBridge's dead-letter queue has only what could not be handed over. It may
                take them from there again.
            event_age: How long such an event is tried, at most six hours. Default: six hours.
            retry_attempts: How often it is tried again. Default: twice.
            settings: How it runs. Default: outside of any VPC, with AWS's keys.
            way_out: What to do where its role cannot hold what it may do.
        """
        super().__init__(scope, id)
        wanted = self.settings = FunctionSettings() if settings is None else settings
        key = wanted.encryption_key
        log_key = default_for(self, "log_encryption_key") if key is None else key
        if log_key is not None:
            admit_logs(self, log_key, parameter="encryption_key")
        call = OneCall(self)
        log_group = call.add(
            "aws_logs.LogGroup",
            "LogGroup",
            {
                "retention": KEPT if wanted.log_retention is None else wanted.log_retention,
                "encryptionKey": log_key,
                "removalPolicy": RemovalPolicy.DESTROY,
            },
        )
        tell_checkov(log_group, "AWS::Logs::LogGroup", KmsKeyId=log_key)
        write_log = {
            "Effect": "Allow",
            "Action": list(LOG_STREAM_ACTIONS),
            "Resource": log_group.attribute("logGroupArn"),
        }
        told = ToldVariables(self, environment)
        network = [] if wanted.vpc is None else network_statements()
        policies = RolePolicies([write_log, *network, *told.statements, *statements])
        problem = policies.problem(way_out)
        if problem is not None:
            raise ValueError(f"{scope.node.path}: {problem}")
        role = call.add(
            "aws_iam.Role",
            "Role",
            {
                "assumedBy": new("aws_iam.ServicePrincipal", LAMBDA),
                "description": description,
                "permissionsBoundary": wanted.permissions_boundary,
                "inlinePolicies": {"Policy": as_document(policies.inline)},
            },
        )
        more = policies.attach(call, role)
        concurrency = wanted.reserved_concurrency
        if concurrency is not None and not isinstance(concurrency, int | float):
            concurrency = Token.as_number(concurrency)
        subnets = wanted.vpc_subnets
        if isinstance(subnets, dict):
            from aws_cdk import aws_ec2 as ec2  # noqa: PLC0415  # with a VPC

            subnets = ec2.SubnetSelection(**subnets)
        source = _together(folder, tuple((code or {}).items()))
        handler = call.add(
            "aws_lambda.Function",
            "Handler",
            {
                "description": description,
                "runtime": of("aws_lambda.Runtime.PYTHON_3_14"),
                "architecture": of("aws_lambda.Architecture.ARM_64"),
                "memorySize": memory_mebibytes,
                "timeout": timeout,
                "role": role,
                "logGroup": log_group,
                "handler": f"{folder}.{module}.handler",
                "code": code_of(source),
                "environment": told.variables,
                "environmentEncryption": key,
                "reservedConcurrentExecutions": concurrency,
                "vpc": wanted.vpc,
                "vpcSubnets": subnets,
                "securityGroups": wanted.security_groups and list(wanted.security_groups),
            },
        )
        tell_checkov(
            handler,
            "AWS::Lambda::Function",
            ReservedConcurrentExecutions=concurrency,
            VpcConfig=wanted.vpc,
            KmsKeyArn=key,
        )
        if more:
            call.call(handler, "node.addDependency", *more)
        if dead_letter_queue is not None:
            age = LAMBDA_EVENT_AGE_SECONDS if event_age is None else event_age.to_seconds()
            call.add(
                "aws_lambda.CfnEventInvokeConfig",
                "Handler/EventInvokeConfig/Resource",
                {
                    "functionName": handler.attribute("functionName"),
                    "qualifier": LATEST_VERSION,
                    "maximumEventAgeInSeconds": age,
                    "maximumRetryAttempts": retry_attempts,
                    "destinationConfig": {"onFailure": {"destination": arn_of(dead_letter_queue)}},
                },
            )
        call.make(at_once=True)
        self._keep(log_group=log_group, role=role, handler=handler)
        self.unseen_handler = handler
        if dead_letter_queue is not None:
            # back, too: so that the queue can be mapped to the function for a while
            let_put_aside_and_take_back(self.role, dead_letter_queue)


def the_only(
    scope: Construct, id: str, *, settings: FunctionSettings, **options: Any
) -> ShippedFunction:
    """Return the stack's one function of an ID, watched; it is made where it is not there yet.

    Raises:
        ValueError: it is there with other settings.
    """
    from batch_constructs.function_alarms import WatchedFunction, watch  # noqa: PLC0415  # rarely

    stack = Stack.of(scope)
    there = stack.node.try_find_child(id)
    if isinstance(there, ShippedFunction):
        if there.settings != settings:
            raise ValueError(
                f"{scope.node.path}: function_settings differ from those of another construct "
                "that shares the stack's only function: give all of them the same"
            )
        return there
    made = ShippedFunction(stack, id, settings=settings, **options)
    watch(made, WatchedFunction(handler=made.handler), None, settings)
    return made


@cache
def _together(folder: str, code: tuple[tuple[str, str], ...]) -> str:
    """Put source, what it reads of the ground floor and of claims, and further code together.

    All of it comes from this environment: no network, no Docker. The CDK copies it into the cloud
    assembly at once, so that nothing stays here when Python ends.
    """
    together = asset_folder()
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_FOLDER / folder, together / folder, ignore=without)
    for module in sorted(_imported(_FOLDER / folder)):
        copy = together.joinpath(*module.split(".")).with_suffix(".py")
        copy.parent.mkdir(parents=True, exist_ok=True)
        for package in (copy.parent, *copy.parent.parents):
            if package == together:
                break
            (package / "__init__.py").touch()
        shutil.copy(_source(module), copy)
    for name, text in code:
        together.joinpath(f"{name}.py").write_text(text, encoding="utf-8")
    return str(together)


def _imported(folder: Path) -> set[str]:
    """Name the modules of this library that a folder's code imports, and those that they do."""
    found: set[str] = set()
    unread = list(folder.glob("*.py"))
    while unread:
        for package, names in _IMPORT.findall(unread.pop().read_text(encoding="utf-8")):
            named = {package, *(f"{package}.{name}" for name in re.findall(r"\w+", names))}
            new = {module for module in named - found if _source(module).exists()}
            unread += [_source(module) for module in new]
            found |= new
    return found


def _source(module: str) -> Path:
    """Return the file of a module of this library."""
    return _ROOT.joinpath(*module.split(".")[1:]).with_suffix(".py")
