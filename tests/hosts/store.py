"""An object store: a real S3 server (moto) on loopback, in this process; each test has a bucket of its own."""

from __future__ import annotations

import itertools
import socket
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key-of-a-test", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test"}
_numbers = itertools.count(1)


class Bucket:
    """`runs`: the address of its folder of runs."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.name = f"lab-{next(_numbers)}"
        self.runs = f"s3://{self.name}/runs"
        self.env = {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        self._server: ThreadedMotoServer | None = None
        self.start()
        options = {name.lower(): value for name, value in CREDENTIALS.items()}
        self.client = boto3.client("s3", endpoint_url=self.env["AWS_ENDPOINT_URL"], region_name="us-east-1", **options)
        self.client.create_bucket(Bucket=self.name)

    def start(self) -> None:
        """What it held it holds again after `stop`."""
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=f"runs/{key}", Body=data)

    def put_run(self, run_dir: Path) -> None:
        for path in run_dir.rglob("*"):
            if path.is_file():
                self.put(f"{run_dir.name}/{path.relative_to(run_dir)}", path.read_bytes())

    def take(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=f"runs/{key}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
