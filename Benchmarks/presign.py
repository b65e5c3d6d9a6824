"""Prints an address that anyone may use for an hour: presign.py METHOD /PATH, for the service and the keys in AWS_*.

Signature Version 4 with query parameters, as in the reference of Amazon S3's API.
"""
import datetime
import hashlib
import hmac
import os
import sys
import urllib.parse

method, path = sys.argv[1:3]
endpoint = os.environ["AWS_ENDPOINT_URL"]
region = os.environ.get("AWS_REGION", "us-east-1")
host = urllib.parse.urlsplit(endpoint).netloc
now = datetime.datetime.now(datetime.timezone.utc)
day, moment = now.strftime("%Y%m%d"), now.strftime("%Y%m%dT%H%M%SZ")
scope = f"{day}/{region}/s3/aws4_request"
query = urllib.parse.urlencode(sorted({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": os.environ["AWS_ACCESS_KEY_ID"] + "/" + scope,
    "X-Amz-Date": moment, "X-Amz-Expires": "3600", "X-Amz-SignedHeaders": "host",
}.items()), quote_via=urllib.parse.quote, safe="-_.~")
path = urllib.parse.quote(path, safe="/-_.~")
canonical = f"{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
for part in [day, region, "s3", "aws4_request"]:
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
print(f"{endpoint}{path}?{query}&X-Amz-Signature={hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}")
