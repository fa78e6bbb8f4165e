"""``python -m batch_constructs``: the ``batch-constructs`` command."""

from batch_constructs.cli import main

if __name__ == "__main__":
    main()
