"""Add up the results in a bucket: ``report.py BUCKET`` writes ``reports/JOB.txt``."""

import json
import os
import sys

import boto3

bucket = sys.argv[1]
s3 = boto3.client("s3")
total = 0
for item in s3.list_objects_v2(Bucket=bucket, Prefix="results/").get("Contents", []):
    total += json.load(s3.get_object(Bucket=bucket, Key=item["Key"])["Body"])["words"]
# A secret is there, and stays out of what is printed.
signature = "signed" if os.environ.get("SIGNING_KEY") else "not signed"
key = f"reports/{os.environ['AWS_BATCH_JOB_ID']}.txt"
s3.put_object(Bucket=bucket, Key=key, Body=f"{total} words, {signature}\n".encode())
print("wrote", key)
