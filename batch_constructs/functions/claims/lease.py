"""How long a claim is left to its holder, so that nobody else does the same work meanwhile.

A holder begins nothing after its deadline, its last call ends within ``CALL_SECONDS``, what that
call made is listed ``LISTED_SECONDS`` later, and no two clocks are further apart than
``CLOCKS_APART_SECONDS``. A lease is all of that: when it is over by anybody's clock, the holder
does nothing any more and whatever it did can be seen. Clocks that are further apart, or a list that
is later, by more than a holder left unused of its time, can make something happen twice.
"""

from __future__ import annotations

from batch_constructs.aws.delivery import LONGEST_FUNCTION_SECONDS

RESERVE_SECONDS = 5.0
"""What stays of a function's time for writing down what became of its work."""

CALL_SECONDS = 15.0
"""How long a call that does something may take, connecting and retries of the SDK included."""

LISTED_SECONDS = 60.0
"""After so long AWS Batch lists a job that was submitted."""

CLOCKS_APART_SECONDS = 30.0
"""How far apart the clocks of two functions may be."""

AFTERMATH_SECONDS = CALL_SECONDS + LISTED_SECONDS + CLOCKS_APART_SECONDS
"""From a holder's last beginning until somebody else may take over."""

LONGEST_SECONDS = LONGEST_FUNCTION_SECONDS + AFTERMATH_SECONDS
"""No lease is longer."""


def lease_until(deadline: float) -> float:
    """Return until when a claim is left to a holder that begins nothing after ``deadline``."""
    return deadline + AFTERMATH_SECONDS
