"""The submission gateway: SQS messages become AWS Batch jobs, each exactly once."""
