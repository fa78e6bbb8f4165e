"""``python -m batch_constructs``: the ``batch-constructs`` command."""

from __future__ import annotations

import gc
import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command; a plain check starts without what the others need."""
    if sys.argv[1:2] == ["check"]:
        try:
            _check_plainly()
        except KeyboardInterrupt:
            sys.stderr.write("interrupted\n")
            sys.exit(_INTERRUPTED)
    try:
        from batch_constructs.cli import main as whole  # noqa: PLC0415  # as above
    except KeyboardInterrupt:  # before there is anything that could say how to go on
        import shlex  # noqa: PLC0415  # as above

        again = shlex.join(["batch-constructs", *sys.argv[1:]])
        sys.stderr.write(f"interrupted before anything was done. To continue here: {again}\n")
        sys.exit(_INTERRUPTED)
    whole()


def _check_plainly() -> None:
    """Check, and end, if the arguments are simple."""
    gc.disable()  # a short life, with many small objects that are all in use
    from batch_constructs.check.plain_arguments import plain  # noqa: PLC0415  # see above

    request = plain(sys.argv[2:])
    if request is not None:
        from batch_constructs.check.all_files import run  # noqa: PLC0415  # as above

        code = run(request)
        os._exit(code)  # to take everything apart would be a tenth of a check of one file


if __name__ == "__main__":
    main()
