"""What starts jobs: schedules, S3, SQS, SNS, events, Lambda."""
