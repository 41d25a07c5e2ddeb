"""Takes what was deleted out of CloudFront's caches: called with log lines that name paths.

CloudWatch Logs sends the lines of the logger `imgsrv.purge`, some at a time, packed. An exception makes Lambda try
again, twice, and then put the event into a queue that has an alarm.
"""

import base64
import gzip
import hashlib
import json
import os

MOST = 15  # paths with a wildcard that CloudFront purges at a time


def handler(event, context):
    """The paths that are being purged."""
    batch = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    lines = [json.loads(line["message"]) for line in batch["logEvents"]]
    paths = few(path for line in lines for path in line.get("paths", []))
    if paths:
        _purge(paths, [line["id"] for line in batch["logEvents"]])
    return paths


def few(paths):
    """At most MOST patterns that cover all paths: whole projects, or everything, where there are too many."""
    paths = sorted(set(paths))
    if len(paths) > MOST:
        paths = sorted({"/".join([*path.split("/")[:3], "*"]) for path in paths})
    return paths if len(paths) <= MOST else ["/*"]


def _purge(paths, lines):
    import boto3  # the runtime's own

    # One request for the same lines, however often Lambda tries.
    reference = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    items = {"Quantity": len(paths), "Items": paths}
    boto3.client("cloudfront").create_invalidation(
        DistributionId=os.environ["DISTRIBUTION"], InvalidationBatch={"Paths": items, "CallerReference": reference}
    )
