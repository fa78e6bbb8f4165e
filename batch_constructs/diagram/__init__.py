"""A picture of a template's AWS Batch part: what starts jobs, where they run, who is told."""
