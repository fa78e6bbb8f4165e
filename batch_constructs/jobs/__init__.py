"""Job definitions: what a job is, which roles and secrets it has, where its output goes."""
