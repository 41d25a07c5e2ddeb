"""An S3 of moto's in a process of its own, with one bucket, for a service to put copies into."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from service import free_port, listens
from waiting import eventually

NAME = "copies"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


class Bucket:
    """`environment` is what a service needs to use it; `names()` what is in it."""

    def __init__(self, log: Path) -> None:
        self._log, port = log, free_port()
        self._command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self._port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = _CREDENTIALS | {"AWS_ENDPOINT_URL_S3": self.url, "IMGSRV_BUCKET": NAME}
        self.client: Any = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
        ).client("s3", endpoint_url=self.url)

    def __enter__(self) -> "Bucket":
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=dict(os.environ))
        assert eventually(lambda: self._process.poll() is not None or listens(self._port)), self._log.read_text()
        self.client.create_bucket(Bucket=NAME)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()

    def names(self) -> list[str]:
        return [entry["Key"] for entry in self.client.list_objects_v2(Bucket=NAME).get("Contents", [])]
