"""Where a container's output goes, and with which options and secrets.

https://docs.aws.amazon.com/batch/latest/APIReference/API_LogConfiguration.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batch_constructs.aws.container_facts import AWSLOGS
from batch_constructs.aws.names import LOG_GROUP_OPTION, LOG_REGION_OPTION
from batch_constructs.construct import given
from batch_constructs.jobs.log_group import write_statement
from batch_constructs.jobs.secrets import Secrets
from batch_constructs.tokens import is_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batch_constructs.arguments import Arguments
    from batch_constructs.jobs.secrets import SecretSource


@dataclass(frozen=True, kw_only=True)
class LogConfiguration:
    """Where output goes: a log driver with its options.

    Secret options are read when the container starts.

    Fargate supports ``awslogs``, ``splunk`` and, with a log router, ``awsfirelens``; EC2 supports
    all.

    Attributes:
        driver: ``awslogs``, ``splunk``, ``awsfirelens``, ``fluentd``, ``gelf``, ``json-file``,
            ``journald`` or ``syslog``.
        options: The driver's options, such as ``{"mode": "non-blocking"}``. ``awslogs`` writes to
            the definition's log group unless ``awslogs-group`` names another. Default: none.
        secret_options: Options whose values are fetched when the container starts: a secret,
            ``secret_field(secret, "key")``, or an SSM parameter. Default: none.
    """

    driver: str = AWSLOGS
    options: Mapping[str, str] | None = None
    secret_options: Mapping[str, SecretSource] | None = None


class ContainerLog:
    """The log configuration of one container."""

    def __init__(self, arguments: Arguments, log: LogConfiguration | None) -> None:
        if log is not None and not isinstance(log, LogConfiguration):
            expected = 'LogConfiguration(driver="splunk", options={…})'
            arguments.wrong_type("log_configuration", log, expected)
            log = None
        log = LogConfiguration() if log is None else log
        inner = arguments.within("log_configuration")
        self._driver = inner.text("driver", log.driver)
        self._options = inner.mapping("options", log.options)
        self._secrets = Secrets(inner, log.secret_options, parameter="secret_options")
        self.needs_group = self._driver == AWSLOGS and LOG_GROUP_OPTION not in self._options

    def configuration(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """Return CloudFormation's ``LogConfiguration``; ``group`` names the definition's own."""
        return given(
            LogDriver=self._driver,
            Options={**(group if self.needs_group else {}), **self._options},
            SecretOptions=self._secrets.properties,
        )

    def statements(self) -> list[dict[str, Any]]:
        """Return what the driver needs, beside the definition's own log group."""
        own = [] if self._other_group is None else [self._write(self._other_group)]
        return [*own, *self._secrets.statements()]

    def _write(self, group: str) -> dict[str, Any]:
        return write_statement(group, self._options.get(LOG_REGION_OPTION))

    @property
    def _other_group(self) -> str | None:
        name = self._options.get(LOG_GROUP_OPTION) if self._driver == AWSLOGS else None
        return name if isinstance(name, str) or is_token(name) else None
