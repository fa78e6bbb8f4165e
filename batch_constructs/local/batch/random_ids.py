"""IDs as `uuid.uuid4` makes them, of which each job takes six."""

from __future__ import annotations

import random


def new_id() -> str:
    """Return a UUID of version 4. It is no secret.

    It asks nothing of the system, which would let another thread go first.
    """
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
