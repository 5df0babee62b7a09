"""A second S3 server, of no code that is the first one's: it checks no signatures and keeps nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from tests.services.ports import lasting_port
from tests.services.seaweed import REGION

_READY_S = 30.0


@contextmanager
def running_moto() -> Iterator[str]:
    """Yields host and port, spoken to over plain http with any credentials."""
    port = lasting_port()
    program = Path(sys.executable).with_name("moto_server")
    quiet = subprocess.DEVNULL
    command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
    try:
        endpoint = f"127.0.0.1:{port}"
        _wait_ready(endpoint, process)
        yield endpoint
    finally:
        process.kill()
        process.wait()


def _wait_ready(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + _READY_S
    with PoolManager(timeout=Timeout(5), retries=Retry(0)) as connections:
        client = Minio(
            endpoint, "test", "testsecret123", secure=False, region=REGION, http_client=connections
        )
        while True:
            try:
                client.list_buckets()
            except (MinioException, HTTPError):
                if process.poll() is not None or time.monotonic() > give_up_at:
                    pytest.fail("the second S3 server did not start")
                time.sleep(0.05)  # the one wait for a process that offers nothing to wait on
            else:
                return
