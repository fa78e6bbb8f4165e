"""What an app, a stage or a stack wants of every log group and function of this library in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_constructs.acknowledgements import OURS
from batch_constructs.applied_settings import APPLIED
from batch_constructs.arguments import Arguments
from batch_constructs.encryption_key import key_argument
from batch_constructs.function_settings import FunctionSettings
from batch_constructs.jsii_objects import has_member, kind_of
from batch_constructs.known_scope import identity
from batch_constructs.loaded_late import aws_logs as logs

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct


class DefaultSettings:
    """Default settings for the log groups, functions and tables of this library in a scope.

    One call sets for an app what you would otherwise pass to each constructor::

        DefaultSettings.of(app).apply(
            log_retention=logs.RetentionDays.ONE_YEAR,
            log_encryption_key=key,
            function_settings=FunctionSettings(vpc=vpc, reserved_concurrency=5),
        )

    Arguments of a constructor take precedence, and so do the settings of a stack over those of its
    app. For the permissions boundary of all roles, the CDK has a similar call:
    ``iam.PermissionsBoundary.of(app).apply(policy)``.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """

    def __init__(self, scope: Construct) -> None:
        """Store a scope, which ``of`` has checked."""
        self._scope = scope

    @staticmethod
    def of(scope: Construct) -> DefaultSettings:
        """Take an app, a stage, a stack, or any other construct.

        Raises:
            TypeError: it is not a construct.
        """
        if not has_member(scope, "node"):
            raise TypeError(f"scope is {kind_of(scope)}; expected an app, a stage or a stack")
        return DefaultSettings(scope)

    def apply(
        self,
        *,
        log_retention: logs.RetentionDays | None = None,
        log_encryption_key: kms.IKey | None = None,
        function_settings: FunctionSettings | None = None,
    ) -> None:
        """Set defaults for everything created in the scope from now on; the latest ones count.

        Args:
            log_retention: How long log groups keep their logs: those of job definitions, functions,
                workflows, event logs and audit trails. Default: each construct's own.
            log_encryption_key: A key for these log groups; CloudWatch Logs gets permission to use
                it. For an imported key, a warning lists the missing permissions. Default: each
                construct's own.
            function_settings: For all constructs with a function; its settings for logs and keys
                take precedence over the other two. Default: as ``FunctionSettings`` says.

        Raises:
            ValueError: the scope already contains something of this library, which would not get
                the defaults.
            TypeError: arguments of the wrong type; all of them are listed.
        """
        path = self._scope.node.path or "the app"
        arguments = Arguments.of_a_value()
        if log_retention is not None and not isinstance(log_retention, logs.RetentionDays):
            arguments.wrong_type("log_retention", log_retention, "a member of logs.RetentionDays")
        key_argument(arguments, "log_encryption_key", log_encryption_key)
        if function_settings is not None and not isinstance(function_settings, FunctionSettings):
            arguments.wrong_type("function_settings", function_settings, "FunctionSettings(…)")
        if arguments.problems:
            raise TypeError("\n".join(f"{path}: {one}" for one in arguments.problems))
        inside = self._scope.node.path and f"{self._scope.node.path}/"
        app = identity(self._scope.node.root)
        made = next((one for of, one in OURS if of == app and one.startswith(inside)), None)
        if made is not None:
            raise ValueError(
                f"{path}: {made} already exists and would not get these settings: call "
                "DefaultSettings.of(…).apply(…) before you create anything of this library there"
            )
        APPLIED[identity(self._scope)] = {
            "log_retention": log_retention,
            "log_encryption_key": log_encryption_key,
            "function_settings": function_settings,
        }
