"""Count the words of a file in S3: ``count_words.py BUCKET KEY`` writes ``results/NAME.json``."""

import json
import os
import sys
from pathlib import PurePosixPath

import boto3

bucket, key = sys.argv[1:]
s3 = boto3.client("s3")
print("counting the words of", key)
text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
result = {"words": len(text.split()), "job": os.environ["AWS_BATCH_JOB_ID"]}
result_key = f"results/{PurePosixPath(key).stem}.json"
s3.put_object(Bucket=bucket, Key=result_key, Body=json.dumps(result).encode())
print("wrote", result_key)
