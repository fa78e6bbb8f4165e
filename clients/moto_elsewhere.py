"""A plugin of pytest: moto's own tests talk to the AWS that the environment names, not to moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import moto
from moto import settings

if TYPE_CHECKING:
    from collections.abc import Callable


def _as_it_is(function: Callable[..., Any] | None = None, **_: object) -> Any:
    """Stand in for `moto.mock_aws`, which would answer the requests itself."""
    return (lambda given: given) if function is None else function


moto.mock_aws = _as_it_is  # type: ignore[assignment]  # a stand-in
settings.TEST_SERVER_MODE = True  # skips what looks into moto's own memory
