"""``batch-constructs init``: a project that works, with its test, its checks and its CI."""
