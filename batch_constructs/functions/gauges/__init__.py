"""How things stand now: what AWS Batch's own metrics, being transitions, cannot say."""
