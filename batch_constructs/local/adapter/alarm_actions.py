"""Actions of alarms: a topic is told where its policy lets alarms in."""

from __future__ import annotations

import logging
from typing import Any

from batch_constructs.aws.actions import SNS_PUBLISH
from batch_constructs.aws.service_principals import ALARMS
from batch_constructs.local.adapter.service_rights import refused_service

_LOG = logging.getLogger("batch_constructs.alarms")
_ACTIONS = ("AlarmActions", "InsufficientDataActions", "OKActions")


def install() -> None:
    """Leave out the topics that do not let alarms in."""
    from ministack.services import cloudwatch

    theirs = cloudwatch._dispatch_alarm_actions  # noqa: SLF001 - a touch point

    def dispatch(alarm: dict[str, Any], *more: Any) -> None:
        source = str(alarm["AlarmArn"])
        told: dict[str, list[str]] = {}
        for kind in _ACTIONS:
            told[kind] = []
            for topic in alarm.get(kind) or ():
                refusal = refused_service(ALARMS, source, (SNS_PUBLISH, topic))
                if refusal is None:
                    told[kind].append(topic)
                else:
                    _LOG.warning("%s could not tell %s: %s", source, topic, refusal)
        theirs({**alarm, **told}, *more)

    cloudwatch._dispatch_alarm_actions = dispatch  # noqa: SLF001 - a touch point
