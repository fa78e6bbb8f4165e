"""Code that runs inside Lambda functions: one folder a function, boto3 only, nothing of ours."""
