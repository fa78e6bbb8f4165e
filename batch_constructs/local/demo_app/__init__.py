"""The app of ``batch-constructs demo``, and what its jobs run."""
