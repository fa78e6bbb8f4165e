"""Sessions of roles, as AWS services open them.

Not by AssumeRole: that would ask whether the role trusts this account, where AWS asks whether it
trusts the service; `batch_constructs.local.role_sessions` has asked that.
"""

from __future__ import annotations

import secrets
import time

from batch_constructs.aws.credentials import TEMPORARY_KEY
from batch_constructs.aws.names import account_in, arn


def open_session(role_arn: str, session_name: str, seconds: int) -> dict[str, str]:
    """Return the credentials of a new session, as AssumeRole's response names them."""
    from ministack.services import sts

    account_id = account_in(role_arn)
    role_name = role_arn.rsplit("/", 1)[-1]
    credentials = {
        "AccessKeyId": f"{TEMPORARY_KEY}{secrets.token_hex(8).upper()}",
        "SecretAccessKey": secrets.token_hex(20),
        "SessionToken": secrets.token_hex(32),
    }
    sts.register_session(
        credentials["AccessKeyId"],
        {
            "Arn": arn(
                "assumed-role",
                f"{role_name}/{session_name}",
                service="sts",
                region="",
                account=account_id,
            ),
            "UserId": f"{role_name}:{session_name}",
            "SecretAccessKey": credentials["SecretAccessKey"],
            "SessionToken": credentials["SessionToken"],
            "Expiration": time.time() + seconds,
            "AccountId": account_id,
            "PrincipalType": "AssumedRole",
        },
    )
    return credentials
