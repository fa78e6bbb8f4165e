"""IDs as `uuid.uuid4` makes them, of which each job takes six."""

from __future__ import annotations

import random
import uuid


def new_id() -> str:
    """Return a UUID of version 4. It is no secret.

    It asks nothing of the system, which would let another thread go first.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
